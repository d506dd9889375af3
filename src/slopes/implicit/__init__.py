r"""Derivatives of solutions: of fixed points, roots, linear systems and minima.

A solution x of :math:`F(x, \theta) = 0` moves with the parameters so that F stays zero,

.. math:: \frac{\partial F}{\partial x}\,\dot x = -\frac{\partial F}{\partial\theta}\,\dot\theta,

and however it was found, its derivative is one linear system: :math:`F = x - g` for a fixed point,
:math:`F = \nabla f` for a minimum. Each function here solves, and gives JAX that system and its
transpose, so that forward and reverse mode, nested, under `vmap` and `jit`, go through it; the
search itself is never differentiated, and memory does not grow with its steps. Parameters follow
the start, or are closed over. Cost of a derivative: one linear solve to the tolerance of the
search, and one to two digits. A derivative that does not exist is nan: where a root, a minimum or
the linear system was not found, where :math:`\partial F/\partial x` is singular, or so close to it
that what is left of the equation would change the derivative by a tenth.
Inside: `arguments` has what all functions accept, `linear` linear systems, `rule` what JAX is
told, `fixed` fixed points, `zeros` roots and minima.
References: Christianson (1994); Blondel et al. (2022).
"""

from slopes.implicit import fixed, linear, zeros
from slopes.implicit.fixed import *  # noqa: F403
from slopes.implicit.linear import *  # noqa: F403
from slopes.implicit.zeros import *  # noqa: F403

__all__ = [*fixed.__all__, *linear.__all__, *zeros.__all__]
