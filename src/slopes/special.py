r"""Values of special functions that Python's `math` or NumPy lacks, for numbers and arrays.

The digamma function and its derivative, the trigamma function,

.. math:: \psi(x) = \frac{\dd}{\dd x} \log\Gamma(x), \qquad
          \psi_1(x) = \psi'(x) = \sum_{k=0}^\infty \frac1{(x+k)^2},

are carried upwards by :math:`\psi(x) = \psi(x+1) - 1/x` to x >= 10, where seven terms of Stirling's
series are exact to double precision; a negative argument is reflected. `erf`, `erfc` and `lgamma`
give arrays what `math` gives numbers. Cost: some 40 operations; a call of `math` for each entry.
The error is at most 16 unit roundoffs of max(1, abs(value)): near a zero of `digamma`, digits
relative to the value are lost. They fail at the poles, the integers below 1.
Reference: *NIST Digital Library of Mathematical Functions*, 5.5, 5.11 and 5.15, release 1.2.4.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["digamma", "erf", "erfc", "lgamma", "logaddexp", "trigamma"]

LARGE = 10.0  # from here on the first term left out of a series is below 5e-17 of the sum
BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)
"""The numbers B_2, B_4, ..., B_14."""


def _by_entry(of_number: Callable[[float], float]) -> Callable[[Any], Any]:
    """Make a function of `math` one of arrays; infinite at a pole and where it overflows."""

    def of_entry(x: float) -> float:
        try:
            return of_number(x)
        except (OverflowError, ValueError):
            return math.inf

    entries = np.vectorize(of_entry, otypes=[float])
    name = of_number.__name__

    def function(x: Any) -> Any:
        x = np.asarray(x)
        kind = x.dtype if x.dtype.kind == "f" else np.dtype(float)
        with np.errstate(all="ignore"):  # the flags that the C library left behind
            return entries(x).astype(kind)[()]

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Compute {name} of every entry of an array, by `math.{name}`."
    return function


erf, erfc, lgamma = map(_by_entry, (math.erf, math.erfc, math.lgamma))


def digamma(x: Any) -> Any:
    """Compute the digamma function, the slope of `lgamma`.

    Parameters
    ----------
    x : number or array
        Real, no integer below 1.

    Returns
    -------
    float or array
        Of the shape of `x`; of its dtype if that is a floating one.

    Raises
    ------
    ValueError
        If `x` is at a pole.

    Examples
    --------
    >>> digamma(1.0)  # Euler's constant, negative
    -0.5772156649015323
    """
    return _of_floats("digamma", x, _digamma)


def trigamma(x: Any) -> Any:
    """Compute the trigamma function, the slope of `digamma`.

    Parameters
    ----------
    x : number or array
        Real, no integer below 1.

    Returns
    -------
    float or array
        Of the shape of `x`; of its dtype if that is a floating one.

    Raises
    ------
    ValueError
        If `x` is at a pole.

    Examples
    --------
    >>> trigamma(1.0)  # pi**2 / 6
    1.6449340668482266
    """
    return _of_floats("trigamma", x, _trigamma)


def logaddexp(x: Any, y: Any) -> Any:
    """Compute ``log(exp(x) + exp(y))`` of two numbers without overflow, as `numpy.logaddexp`."""
    low, high = sorted((x, y))
    if math.isinf(high) and not math.isnan(low):
        return high
    return high + math.log1p(math.exp(low - high))


def _of_floats(name: str, x: Any, formula: Callable[[Any], Any]) -> Any:
    given = np.asarray(x)
    at = given.astype(float)
    if np.any(poles := (at <= 0) & (at == np.floor(at))):
        raise ValueError(f"x must be no integer below 1 in {name}(x), got x={at[poles].flat[0]}")
    with np.errstate(over="ignore"):  # close to a pole the value is infinite
        value = np.where(at < 0, formula(np.where(at < 0, at, -0.5)), formula(np.abs(at)))
    kind = given.dtype if given.dtype.kind == "f" else np.dtype(float)
    result = value.astype(kind)[()]
    return result if isinstance(x, np.ndarray | np.generic) else float(result)


def _digamma(x: Any) -> Any:
    if x.size and np.all(x < 0):
        return _digamma(1 - x) - np.pi / np.tan(np.pi * (x - np.round(x)))
    carried = np.zeros_like(x)
    while np.any(small := x < LARGE):
        carried -= np.where(small, 1 / x, 0.0)
        x = np.where(small, x + 1, x)
    terms = [b / (2 * k) / x ** (2 * k) for k, b in enumerate(BERNOULLI, start=1)]
    return carried + (np.log(x) - 0.5 / x - sum(reversed(terms)))


def _trigamma(x: Any) -> Any:
    if x.size and np.all(x < 0):
        return (np.pi / np.sin(np.pi * (x - np.round(x)))) ** 2 - _trigamma(1 - x)
    carried = np.zeros_like(x)
    while np.any(small := x < LARGE):
        carried += np.where(small, 1 / (x * x), 0.0)
        x = np.where(small, x + 1, x)
    terms = [b / x ** (2 * k + 1) for k, b in enumerate(BERNOULLI, start=1)]
    return carried + (1 / x + 0.5 / (x * x) + sum(reversed(terms)))
