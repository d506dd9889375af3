r"""Say how far apart two derivatives are, and how fast an error falls.

The relative error of an approximation :math:`\hat y` to :math:`y \ne 0` is
:math:`|\hat y - y| / |y|`; a method has order :math:`p` when its error falls like :math:`h^p`,
which is a straight line of slope :math:`p` in log-log axes. Each function is a few array
operations, linear in the number of entries. None returns NaN: a value that is NaN has an
infinite error and no correct digit, and an exact value that is NaN is refused.
Floats are subtracted in double precision; large integers, fractions, decimals and numbers of
mpmath as the fractions that they are, one by one, so that the answer is right to its last digit.
Comparing entry by entry fails where the exact entry is zero; `agree` measures whole arrays
against their largest entry instead. Reference: Higham, *Accuracy and Stability of Numerical
Algorithms*, 2nd ed., section 1.2.
"""

import math
from fractions import Fraction
from functools import lru_cache
from numbers import Rational
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from slopes._typing import Exact, Numbers, Value

__all__ = [
    "Agreement",
    "Order",
    "agree",
    "digits",
    "measured_order",
    "relative_error",
    "unit_roundoff",
]

Errors = float | Float[np.ndarray, "..."]


class Agreement(NamedTuple):
    """Whether two arrays agree; it counts as true exactly when they do."""

    agrees: bool
    """True when `error` is at most the tolerance."""
    error: float
    """Largest difference, divided by the largest magnitude in either array."""
    where: tuple[int, ...]
    """Index of that difference, ``()`` for numbers."""

    def __bool__(self) -> bool:
        """Return `agrees`: without this a tuple of three would always be true."""
        return self.agrees


class Order(NamedTuple):
    """A measured order of convergence."""

    order: float
    """Slope of log(error) against log(step)."""
    spread: float
    """Standard error of the slope; 0 when the points lie on a line."""


def relative_error(value: Numbers | Value | Exact, exact: Numbers | Value | Exact) -> Errors:
    r"""Relative error of each entry, :math:`|\hat y - y| / |y|`.

    Where the exact entry is 0 there is no scale to measure against: the error is 0 if the value
    is 0 too, else infinite. Equal infinities have error 0. The difference is taken in double
    precision, or in fractions, so that rounding in the comparison hides no error of the value.

    Parameters
    ----------
    value : number or array
        What was computed, real or complex. Any shape that broadcasts with `exact`.
    exact : number or array
        What it should be; not NaN. Either may hold integers of any size, fractions, decimals or
        numbers of mpmath.

    Returns
    -------
    float or array
        Errors in [0, inf], in the broadcast shape; a float if both are numbers.
        inf where `value` is NaN.

    Raises
    ------
    ValueError
        If `exact` has a NaN.
    TypeError
        If either holds what is no number.

    Examples
    --------
    >>> relative_error(3.0, 4.0)
    0.25
    >>> relative_error([0.0, 1e-9, float("nan")], [0.0, 0.0, 1.0])
    array([ 0., inf, inf])
    >>> relative_error(0.1, Fraction(1, 10))
    5.551115123125783e-17
    """
    _demand_numbers(exact)
    if _is_exact(value) or _is_exact(exact):
        # An array is walked through as what it holds, not as the dtype that holds it.
        with np.errstate(invalid="ignore"):  # NaN is compared, and infinity
            return _plain(_ERRORS(np.asarray(value, object), np.asarray(exact, object)))
    y, y_hat = _wide(exact), _wide(value)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        error = np.abs(y_hat - y) / np.abs(y)
        # The difference of two large numbers may overflow where its share does not.
        error = np.where(np.isinf(error) & (y != 0), np.abs(y_hat / y - 1), error)
    return _plain(np.where(y_hat == y, 0.0, np.where(np.isnan(error), np.inf, error)))


def digits(value: Numbers | Value | Exact, exact: Numbers | Value | Exact) -> Errors:
    r"""Correct decimal digits of each entry, :math:`-\log_{10}` of its relative error.

    Parameters
    ----------
    value : number or array
        What was computed. Its dtype sets the cap: digits beyond the unit roundoff u of that
        dtype are luck. Numbers without one count as double precision.
    exact : number or array
        What it should be; not NaN. Either may be exact, as in `relative_error`.

    Returns
    -------
    float or array
        Digits in [0, -log10(u)]: at most 15.95 in float64, 7.22 in float32, 3.31 in float16.

    Raises
    ------
    ValueError
        If `exact` has a NaN.

    Examples
    --------
    >>> round(digits(3.14159, 3.141592653589793), 2)
    6.07
    >>> round(digits(0.0, 0.0), 2)
    15.95
    """
    error = np.asarray(relative_error(value, exact))
    u = unit_roundoff(np.asarray(value).dtype)
    return _plain(np.log10(1 / np.clip(error, u, 1.0)))


def agree(
    value: Numbers | Value | Exact, other: Numbers | Value | Exact, *, tol: float
) -> Agreement:
    r"""Compare two arrays as wholes: :math:`\max|a - b| \le \mathrm{tol}\,\max(|a|, |b|)`.

    The scale is the largest magnitude in either array, so that rounding in an entry that should
    be 0 is judged by its neighbours. Neither argument is taken as exact.

    Parameters
    ----------
    value, other : number or array
        Of one shape: a column is not compared with a row by broadcasting.
    tol : float
        Largest relative difference that still counts as agreement, in [0, inf).

    Returns
    -------
    Agreement
        True or false, with the relative difference and the index where it is found.
        A NaN in either disagrees, with an infinite error; equal infinities agree.

    Raises
    ------
    ValueError
        If the shapes differ, or `tol` is negative or not finite.

    Examples
    --------
    >>> agree([1.0, 2.0], [1.0, 2.5], tol=0.1)
    Agreement(agrees=False, error=0.2, where=(1,))
    >>> bool(agree(1.0, 1.0 + 1e-15, tol=1e-14))
    True
    """
    if not 0 <= tol < np.inf:
        raise ValueError(f"tol must be finite and not negative, got tol={tol!r}")
    exact = _is_exact(value) or _is_exact(other)
    a, b = (np.asarray(x, object) if exact else _wide(x) for x in (value, other))
    if a.shape != b.shape:
        raise ValueError(f"other must have the shape of value, {a.shape}, got other={other!r}")
    error = _scaled_exactly(a, b) if exact else _scaled(a, b)
    if error.size == 0:
        return Agreement(agrees=True, error=0.0, where=())
    where = np.unravel_index(np.argmax(error), error.shape)
    largest = float(error[where])
    return Agreement(largest <= tol, largest, tuple(int(i) for i in where))


def measured_order(steps: Numbers, errors: Numbers) -> Order:
    r"""Order of convergence: the least-squares slope of log(error) against log(step).

    Parameters
    ----------
    steps : array, shape (k,)
        At least three positive steps, not all equal.
    errors : array, shape (k,)
        The error at each step, positive. Leave out steps at which rounding has taken over:
        they are not described by an order.

    Returns
    -------
    Order
        The slope, and its standard error as the spread: a slope that deserves its name has a
        spread well below 0.1.

    Raises
    ------
    ValueError
        If the lengths differ, there are fewer than three points, a step or an error is zero,
        negative or not finite, or all steps are equal.

    Examples
    --------
    >>> steps = np.array([0.1, 0.01, 0.001])
    >>> order, spread = measured_order(steps, 3.0 * steps**2)
    >>> round(order, 6), spread < 1e-6
    (2.0, True)
    """
    h, error = _positive("steps", steps), _positive("errors", errors)
    if h.shape != error.shape:
        raise ValueError(
            f"errors must have one entry for each step, {h.size}, got errors={errors!r}"
        )
    if h.min() == h.max():
        raise ValueError(f"steps must not be all equal, got steps={steps!r}")
    dx, dy = _centred_log(h), _centred_log(error)
    sxx = float(dx @ dx)
    slope = float(dx @ dy) / sxx
    residual = dy - slope * dx
    return Order(slope, float(np.sqrt(residual @ residual / (h.size - 2) / sxx)))


@lru_cache
def unit_roundoff(dtype: Any = float) -> float:
    """Return the unit roundoff u of a format: half the gap between 1 and the next number.

    Parameters
    ----------
    dtype : dtype or what NumPy takes for one
        A complex format counts as that of its parts; integers and objects, and formats wider than
        double precision, count as double precision.

    Returns
    -------
    float
        At least 2**-53.

    Examples
    --------
    >>> unit_roundoff() == 2.0**-53, unit_roundoff(np.float32) == 2.0**-24
    (True, True)
    """
    kind = np.dtype(dtype)
    if kind.kind not in "fV":  # V: bfloat16 and its like, of which np.finfo knows nothing
        kind = kind.type(0).real.dtype if kind.kind == "c" else np.dtype(float)
    u = 0.5
    while u > 2.0**-53 and kind.type(1 + u) != kind.type(1):
        u /= 2
    return u


def _wide(value: Any) -> np.ndarray:
    """Return an array in double precision, real or complex."""
    array = np.asarray(value)
    return array.astype(np.result_type(array.dtype, np.float64), copy=False)


def _demand_numbers(exact: Any) -> None:
    """Refuse NaN, the only number that differs from itself."""
    array = np.asarray(exact)
    if (array != array).any():  # isnan knows no fractions
        raise ValueError(f"exact must not be NaN, got exact={exact!r}")


def _plain(array: np.ndarray | np.floating[Any]) -> Errors:
    """Return a float for an array of no dimension: it prints and compares as readers expect."""
    return np.asarray(array, float) if np.ndim(array) else float(array)


def _scaled(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return |a - b| over the largest finite magnitude; 0 where equal, inf where NaN."""
    same = a == b
    magnitude = np.maximum(np.abs(a), np.abs(b))
    scale = np.max(magnitude, initial=0.0, where=np.isfinite(magnitude))
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        error = np.abs(a - b) / scale
        error = np.where(np.isinf(error), np.abs(a / scale - b / scale), error)  # it overflowed
    return np.where(same, 0.0, np.where(np.isnan(error), np.inf, error))


# --- Exact numbers: subtracted as fractions, whatever their size ---


def _is_exact(value: Any) -> bool:
    """Whether a double would not hold a number: an object of its own, or an integer of 64 bits."""
    array = np.asarray(value)
    if array.dtype.kind in "iu":
        return bool(array.dtype.itemsize == 8 and (np.abs(array.astype(float)) >= 2.0**53).any())
    return bool(array.dtype.kind == "O")


def _error_of_one(value: Any, exact: Any) -> float:
    (a, b), (c, d) = _parts(value), _parts(exact)
    if (a, b) == (c, d):
        return 0.0
    if not (c or d) or not all(isinstance(part, Fraction) for part in (a, b, c, d)):
        return math.inf
    scale = max(abs(c), abs(d))
    return _size(a - c, b - d, scale) / _size(c, d, scale)


_ERRORS = np.vectorize(_error_of_one, otypes=[float])


def _scaled_exactly(a: np.ndarray, b: np.ndarray) -> Float[np.ndarray, "..."]:
    """Do what `_scaled` does."""
    pairs = [(_parts(x), _parts(y)) for x, y in zip(a.flat, b.flat, strict=True)]
    numbers = [z for pair in pairs for z in pair if all(isinstance(part, Fraction) for part in z)]
    scale = max((abs(part) for z in numbers for part in z), default=Fraction(0)) or Fraction(1)
    size = max((_size(*z, scale) for z in numbers), default=1.0) or 1.0
    errors = [0.0 if x == y else _difference(x, y, scale) / size for x, y in pairs]
    return np.array(errors, dtype=float).reshape(a.shape)


def _difference(x: tuple[Any, Any], y: tuple[Any, Any], scale: Fraction) -> float:
    if not all(isinstance(part, Fraction) for part in (*x, *y)):
        return math.inf
    return _size(x[0] - y[0], x[1] - y[1], scale)


def _size(re: Any, im: Any, scale: Any) -> float:
    """Magnitude over the scale; infinite where no float is as large."""
    try:
        return math.hypot(re / scale, im / scale)
    except OverflowError:
        return math.inf


def _parts(x: Any) -> tuple[Any, Any]:
    """Real and imaginary part of one number, each a fraction if it is finite."""
    return _fraction(getattr(x, "real", x)), _fraction(getattr(x, "imag", 0))


def _fraction(x: Any) -> Fraction | float:
    """Return a real number as it is; one that is not finite as a float."""
    if hasattr(x, "_mpf_"):  # of mpmath or SymPy, neither of which is imported here
        sign, mantissa, exponent, _ = x._mpf_
        finite = mantissa or not exponent
        return (
            Fraction((-1) ** sign * int(mantissa)) * Fraction(2) ** exponent if finite else float(x)
        )
    if isinstance(x, Rational):
        return Fraction(int(x.numerator), int(x.denominator))
    if not hasattr(x, "as_integer_ratio"):
        raise TypeError(f"value and exact must be made of real or complex numbers, got {x!r}")
    try:
        return Fraction(*x.as_integer_ratio())
    except (OverflowError, ValueError):  # infinity, NaN
        return float(x)


def _positive(name: str, values: Numbers) -> np.ndarray:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or array.size < 3:
        raise ValueError(f"{name} must be a sequence of at least three, got {name}={values!r}")
    if not (np.isfinite(array) & (array > 0)).all():
        raise ValueError(
            f"{name} must be positive and finite, got {name}={values!r}; "
            "leave out what has no logarithm"
        )
    return array


def _centred_log(values: np.ndarray) -> np.ndarray:
    centred: np.ndarray = np.log(values) - np.log(values).mean()
    return centred
