r"""Fits by maximum likelihood, and the error bars that they earn.

Data enter as terms, one negative logarithm of a likelihood for each datum, and the fit is the
minimum of their sum :math:`L(\theta)`. Around it, with the Hessian H and the terms' gradients g_i,

.. math:: C = H^{-1}, \quad C_s = H^{-1}\Bigl(\sum_i g_i g_i^\top\Bigr)H^{-1}, \quad
   \frac{\partial\hat\theta}{\partial d} = -H^{-1}\,\partial_d\nabla L,

covariance, sandwich, and influence of a datum. Cost: n products for H, one Jacobian of the terms
for the others, n^3 operations to invert. They fail where the minimum is at an edge, or H is
singular, which the results say: infinite errors, never a nan.
Inside: `terms` has the likelihoods, `errors` what follows from the derivatives at the minimum, by
`inverses` that say where there is none, `search` the fit and the profile of its likelihood.
Reference: Barlow, *Statistics*, chapters 5 and 6; White, Econometrica 50 (1982) 1-25.
"""

from slopes.fitting import errors, search, terms
from slopes.fitting.errors import *  # noqa: F403
from slopes.fitting.search import *  # noqa: F403
from slopes.fitting.terms import *  # noqa: F403

__all__ = [*errors.__all__, *search.__all__, *terms.__all__]
