r"""Price a European option once, and take its sensitivities as derivatives.

With the asset's value :math:`S`, the strike's present value :math:`X = K e^{-rT}` and the spread
:math:`s = \sigma\sqrt T` of the logarithm, Black and Scholes' price of a call is

.. math:: C = S\,N(d_1) - X\,N(d_2), \qquad d_{1,2} = \frac{\log(S/X)}{s} \pm \frac s2 .

Its differential is :math:`\dd C = N(d_1)\,\dd S - N(d_2)\,\dd X + S\,N'(d_1)\,\dd s`, as the two
terms from :math:`\dd d_1` cancel. That is the rule given to JAX: plain differentiation would
subtract the two cancelling terms in floating point. All higher derivatives come from the rule.
Cost: two scaled error functions a price; ten sensitivities need a few more exponentials.
It fails where :math:`N'(d_1)` underflows, some 38 standard deviations out of the money (13 in
single precision). A traced argument cannot be checked: outside of its range prices are NaN.
Inside: `arguments` has what all accept, `prices` the closed forms, `sensitivities` their ten
derivatives, `implied` volatilities from prices, `paths` the simulations.
Reference: Glasserman, *Monte Carlo Methods in Financial Engineering*, Springer 2003, chapter 7.
"""

from slopes.greeks import implied, paths, prices, sensitivities
from slopes.greeks.implied import *  # noqa: F403
from slopes.greeks.paths import *  # noqa: F403
from slopes.greeks.prices import *  # noqa: F403
from slopes.greeks.sensitivities import *  # noqa: F403

__all__ = [*implied.__all__, *paths.__all__, *prices.__all__, *sensitivities.__all__]
