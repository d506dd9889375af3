r"""Newton's method: roots, minima, and linear systems solved with products alone.

Newton's step makes a linear model zero, or a quadratic model least:

.. math:: J(x)\,s = -f(x), \qquad H(x)\,s = -\nabla f(x).

Near a solution with a regular matrix the number of right digits doubles with each step; far away
the plain step may lead anywhere, so each method here checks what a step brought, and shortens it.
Cost of a step: n products for the matrix and of the order of n^3 operations to solve, or a few
products by conjugate gradients, without the matrix. A singular or indefinite system is handled or
refused, with the reason in the result; from a finite start no result holds a nan. All methods run
under `jax.jit` and `jax.vmap`, on arrays and trees of arrays. Bounds are not offered: SciPy and
Optimistix have them.
Inside: `result` has the named result and its reasons, `arguments` what all methods accept,
`linear` conjugate gradients, `dense` the steps that solve with a matrix, `trust` the trust region,
`least_squares` sums of squares.
Reference: Nocedal and Wright, *Numerical Optimization*, 2nd ed., chapters 3 to 7 and 11.
"""

from slopes.newton import dense, least_squares, linear, result, trust
from slopes.newton.dense import *  # noqa: F403
from slopes.newton.least_squares import *  # noqa: F403
from slopes.newton.linear import *  # noqa: F403
from slopes.newton.result import *  # noqa: F403
from slopes.newton.trust import *  # noqa: F403

__all__ = [
    *dense.__all__,
    *least_squares.__all__,
    *linear.__all__,
    *result.__all__,
    *trust.__all__,
]
