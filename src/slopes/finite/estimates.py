"""The derivative that finds its own step: `derivative` and its answer, an `Estimate`."""

import math
from typing import Any, NamedTuple

from slopes._typing import ScalarFn
from slopes.finite import adaptive

__all__ = ["Estimate", "derivative"]


class Estimate(NamedTuple):
    """A derivative, its error bar and what it cost: the answer of `derivative`."""

    value: float
    """The derivative."""
    error: float
    """Bound on ``|value - truth|``, meant to hold in 95 % of cases; ``inf`` if none was found."""
    evaluations: int
    """Number of calls of the function."""


def derivative(
    fn: ScalarFn,
    x: Any,
    *,
    order: int = 1,
    bounds: tuple[float, float] = (-math.inf, math.inf),
) -> Estimate:
    r"""Find a derivative and its error bar, with nothing to tune.

    Seven neighbouring values give the noise of the function. Pairs at growing distances climb until
    the function bends. There a Chebyshev series is fitted, cut where its coefficients meet the
    noise, and differentiated; the noise beyond the cut makes the error bar. Another fit follows if
    the last one predicts that another width pays. Where noise of some percent hides the bend, the
    values stop growing: the fit then starts at the distance at which they first rise out of their
    noise, and no wider fit is believed unless it shows a shape. Nor is one that denies a slope
    measured nearer to `x`: a sum of a wide and a narrow part needs a fit of the narrow one.

    Parameters
    ----------
    fn : callable
        Real function of one real number: Python, NumPy, jitted JAX, compiled code.
    x : number
        Where. Any scale between 1e-300 and 1e300 at which values and derivative are float64.
    order : int
        1 or 2.
    bounds : pair of floats
        The function is never called outside of them. Without them, values that are NaN or infinite
        and an ArithmeticError or ValueError away from `x` are taken as the end of the domain; so is
        a complex value.

    Returns
    -------
    Estimate
        ``value``, ``error`` and ``evaluations``. The error is infinite where no derivative was
        found, as at a jump or in noise at all distances, and large at a kink, whose value is the
        mean of the two slopes.

    Raises
    ------
    TypeError
        If `x` or ``fn(x)`` is complex or no scalar, `order` no integer or `bounds` no pair.
    ValueError
        If `x` or ``fn(x)`` is not finite, or the function is finite at `x` alone.

    Notes
    -----
    Some 30 to 60 evaluations, on noisy values about 100, on sums of two scales up to 150, at worst
    about 200. The unit roundoff is that of the narrower of the dtypes of `x` and of the values. An
    exception at `x` itself is the caller's to see.
    A kink of the slope itself at `x` is not recognised: the second derivative is then the mean of
    the two sides, with a bar of a few percent of the jump.
    A function that is constant out to a thirtieth of `|x|` or further may be a staircase or the
    rounding of a smooth function; the bar then covers both readings.
    A function of smooth pieces has the slope of its own piece if that reaches a thousandth of
    `|x|` to both sides; narrower pieces are taken for rounding where all is smooth beyond them.
    A structure finer than :math:`u^{0.8} |x|` is taken for noise; a smooth
    structure that all samples miss cannot be seen by any method. Without `bounds` the samples go
    out as far as the function looks smooth.

    References
    ----------
    L. N. Trefethen, Approximation Theory and Approximation Practice, SIAM (2013): Chebyshev
    interpolants, and how fast their coefficients fall.

    Examples
    --------
    >>> import math
    >>> estimate = derivative(math.exp, 1.0)
    >>> abs(estimate.value - math.e) < estimate.error < 1e-12
    True
    >>> derivative(math.sqrt, 0.0)
    Estimate(value=inf, error=inf, evaluations=19)
    """
    return Estimate(*adaptive.estimate(fn, x, order, bounds))
