r"""Fixed points: Picard's iteration, and Anderson's acceleration of it.

A fixed point of :math:`g` is a point :math:`x^*=g(x^*)`. Picard's iteration repeats :math:`g`, and
its residual :math:`f_k=g(x_k)-x_k` shrinks by the factor :math:`\lvert g'\rvert` a step, if at all.
Anderson's acceleration keeps the last :math:`m` differences of residuals and of values, as columns
of :math:`\Delta F` and :math:`\Delta G`, and takes from the step what they predict:

.. math:: x_{k+1} = g(x_k) - \Delta G\,\gamma, \qquad
   \gamma = \arg\min_\gamma \lVert f_k - \Delta F\,\gamma\rVert_2 .

Cost: one evaluation of :math:`g` a step, and a QR factorisation of n x m numbers; memory for 2nm
numbers. On a linear map it is GMRES, one evaluation behind. It stops early or crawls where
:math:`I-g'` is singular, and a step that makes matters worse is answered with one of Picard's.
Points are arrays or trees of arrays; all runs under `jax.jit` and `jax.vmap`. The loop has forward
mode, with a derivative that lags the value, and no reverse mode: differentiate the solution, not
the loop, which is what `slopes.implicit` is for.
Inside: `result` has the named result and its reasons, `arguments` what both iterations accept,
`mixing` the memory and its least squares, `search` the iterations.
Reference: H. F. Walker and P. Ni, *Anderson acceleration for fixed-point iterations*, SIAM Journal
on Numerical Analysis 49 (2011) 1715-1735.
"""

from slopes.fixedpoint import result, search
from slopes.fixedpoint.result import *  # noqa: F403
from slopes.fixedpoint.search import *  # noqa: F403

__all__ = [*result.__all__, *search.__all__]
