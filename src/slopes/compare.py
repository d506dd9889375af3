r"""Say how far apart two derivatives are, and how fast an error falls.

The relative error of an approximation :math:`\hat y` to :math:`y \ne 0` is
:math:`|\hat y - y| / |y|`; a method has order :math:`p` when its error falls like :math:`h^p`,
which is a straight line of slope :math:`p` in log-log axes. Each function is a few array
operations, linear in the number of entries. None returns NaN: a value that is NaN has an
infinite error and no correct digit, and an exact value that is NaN is refused.
Comparing entry by entry fails where the exact entry is zero; `agree` measures whole arrays
against their largest entry instead. Reference: Higham, *Accuracy and Stability of Numerical
Algorithms*, 2nd ed., section 1.2.
"""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from slopes._typing import Numbers, Value

__all__ = ["Agreement", "Order", "agree", "digits", "measured_order", "relative_error"]

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


def relative_error(value: Numbers | Value, exact: Numbers | Value) -> Errors:
    r"""Relative error of each entry, :math:`|\hat y - y| / |y|`.

    Where the exact entry is 0 there is no scale to measure against: the error is 0 if the value
    is 0 too, else infinite. Equal infinities have error 0. The difference is taken in double
    precision, so that rounding in the comparison does not hide an error of the value.

    Parameters
    ----------
    value : number or array
        What was computed, real or complex. Any shape that broadcasts with `exact`.
    exact : number or array
        What it should be; not NaN.

    Returns
    -------
    float or array
        Errors in [0, inf], in the broadcast shape; a float if both are numbers.
        inf where `value` is NaN.

    Raises
    ------
    ValueError
        If `exact` has a NaN.

    Examples
    --------
    >>> relative_error(3.0, 4.0)
    0.25
    >>> relative_error([0.0, 1e-9, float("nan")], [0.0, 0.0, 1.0])
    array([ 0., inf, inf])
    """
    y, y_hat = _exact(exact), _wide(value)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        error = np.abs(y_hat - y) / np.abs(y)
        # The difference of two large numbers may overflow where its share does not.
        error = np.where(np.isinf(error) & (y != 0), np.abs(y_hat / y - 1), error)
    return _plain(np.where(y_hat == y, 0.0, np.where(np.isnan(error), np.inf, error)))


def digits(value: Numbers | Value, exact: Numbers | Value) -> Errors:
    r"""Correct decimal digits of each entry, :math:`-\log_{10}` of its relative error.

    Parameters
    ----------
    value : number or array
        What was computed. Its dtype sets the cap: digits beyond the unit roundoff u of that
        dtype are luck. Python's numbers count as double precision.
    exact : number or array
        What it should be; not NaN.

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
    u = _unit_roundoff(np.asarray(value).dtype)
    return _plain(np.log10(1 / np.clip(error, u, 1.0)))


def agree(value: Numbers | Value, other: Numbers | Value, *, tol: float) -> Agreement:
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
    a, b = _wide(value), _wide(other)
    if a.shape != b.shape:
        raise ValueError(f"other must have the shape of value, {a.shape}, got other={other!r}")
    error = _scaled(a, b)
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


def _wide(value: Any) -> np.ndarray:
    """Return an array in double precision, real or complex."""
    array = np.asarray(value)
    return array.astype(np.result_type(array.dtype, np.float64), copy=False)


def _exact(exact: Any) -> np.ndarray:
    array = _wide(exact)
    if np.isnan(array).any():
        raise ValueError(f"exact must not be NaN, got exact={exact!r}")
    return array


def _plain(array: np.ndarray | np.floating[Any]) -> Errors:
    """Return a float for an array of no dimension: it prints and compares as readers expect."""
    return array if isinstance(array, np.ndarray) and array.ndim else float(array)


def _unit_roundoff(dtype: np.dtype[Any]) -> float:
    """Return half the gap between 1 and its successor, double precision's for integers."""
    if dtype.kind in "biu":
        dtype = np.dtype(np.float64)
    # np.finfo knows only NumPy's own types; spacing also answers for JAX's bfloat16.
    one = np.ones((), dtype).real
    return float(np.spacing(one)) / 2


def _scaled(a: np.ndarray, b: np.ndarray) -> Float[np.ndarray, "..."]:
    """Return |a - b| over the largest finite magnitude; 0 where equal, inf where NaN."""
    same = a == b
    magnitude = np.maximum(np.abs(a), np.abs(b))
    scale = np.max(magnitude, initial=0.0, where=np.isfinite(magnitude))
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        error = np.abs(a - b) / scale
        error = np.where(np.isinf(error), np.abs(a / scale - b / scale), error)  # it overflowed
    return np.where(same, 0.0, np.where(np.isnan(error), np.inf, error))


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
