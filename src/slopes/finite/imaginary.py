"""The complex step: a derivative from one value beside the real line."""

import math
from typing import Any

import numpy as np

from slopes._typing import Fn, Scalar
from slopes.compare import unit_roundoff
from slopes.finite.adaptive import checked_point
from slopes.finite.checks import as_double, checked_step
from slopes.finite.values import finite_copy

__all__ = ["complex_step"]


def complex_step(fn: Fn, x: Any, *, step: Scalar | None = None) -> Any:
    r"""Read the derivative off the imaginary part: ``imag(fn(x + i h)) / h``.

    :math:`f(x + ih) = f(x) + ih f'(x) - h^2 f''(x)/2 - \dots`: nothing is subtracted, so nothing
    cancels, and h may be so small that the error :math:`|f^{(3)}| h^2 / 6` is below the roundoff.

    Parameters
    ----------
    fn : callable
        Analytic function that computes with complex numbers; its values may be arrays.
    x : number
        Where.
    step : float, optional
        h > 0, in units of `x`; by default a power of two near :math:`2^{-75} |x|` (:math:`2^{-100}`
        at 0), in single precision :math:`2^{-14} |x|`: its square vanishes beside that of `x`, and
        it stays clear of underflow.

    Returns
    -------
    number or array
        Derivative, in double precision, with the shape of ``fn(x)``.

    Raises
    ------
    TypeError
        If `fn` returns real numbers, so that the imaginary part was lost on the way, or if `x` is
        complex itself.
    ValueError
        If `x` is not finite, `step` not positive or so small that it underflows, or `fn` is not
        real on the real line at `x`, as the logarithm of a negative number.

    Notes
    -----
    One evaluation, in complex arithmetic; a second one where the imaginary part is suspiciously
    large. Where the products of `x` and h underflow, as in ``x * x`` below 1e-142, so does the
    derivative. It is silently wrong where `fn` uses ``abs``, ``conj``,
    or branches on the imaginary part: ``abs(x)`` returns a real number and is caught, while
    ``abs(x) + x`` is not.

    References
    ----------
    J. N. Lyness and C. B. Moler, SIAM Journal on Numerical Analysis 4 (1967) 202-210.
    W. Squire and G. Trapp, SIAM Review 40 (1998) 110-112.

    Examples
    --------
    >>> import cmath
    >>> complex_step(cmath.exp, 1.0)
    np.float64(2.718281828459045)
    """
    point, kind = checked_point(x)
    given = None if step is None else checked_step(step)
    h = given or _tiny_step(point, kind)
    value = _complex_value(fn, point, h, kind)
    held = _held(kind, value)
    if h < float(np.finfo(held).tiny):  # stored inexactly or as 0, though x may be wide
        if given:
            raise ValueError(f"step must not underflow in {held}, got step={step!r}")
        h = _tiny_step(point, held)
        value = _complex_value(fn, point, h, kind)
    # A large imaginary part may be a steep function, or one that is not real at x itself.
    suspect = 2.0**-20 if held == np.float64 else 2.0**-7  # the step is relatively larger there
    large = np.abs(value.imag) > suspect * np.abs(value.real)
    if large.any():
        on_axis = _complex_value(fn, point, 0.0, kind)
        if (np.abs(on_axis.imag) > np.abs(value.imag) / 2)[large].any():
            raise ValueError(
                f"fn must be real on the real line near x, got fn({point!r})={on_axis[()]!r}; "
                "the complex step needs it, central does not"
            )
    return (as_double(value).imag / float(held.type(h)))[()]


def _tiny_step(point: float, kind: Any) -> float:
    """Power of two whose square vanishes beside x squared; far from underflow."""
    u = unit_roundoff(kind)
    share, least = (2.0**-75, 2.0**-1000) if u <= 2.0**-53 else (2.0**-14, 2.0**-100)
    return max(share * 2.0 ** math.frexp(point)[1] if point else 2.0**-100, least)


def _held(kind: Any, value: Any) -> Any:
    """Dtype in which `fn` met the step: complex numbers have two, whatever that of x."""
    single = unit_roundoff(kind) > 2.0**-53 or value.dtype == np.complex64
    return np.dtype(np.float32 if single else np.float64)


def _place(point: float, h: float, kind: Any) -> Any:
    """Return x + ih: Python's own complex number for float64, so that cmath serves too."""
    wide = unit_roundoff(kind) <= 2.0**-53
    return complex(point, h) if wide else np.complex64(complex(point, h))


def _complex_value(fn: Fn, point: float, h: float, kind: Any) -> Any:
    """Value at x + ih, which must be complex."""
    place = _place(point, h, kind)
    value = finite_copy(fn(place), place)
    if value.dtype.kind != "c":
        raise TypeError(
            f"fn must return complex values for complex x, got fn(x)={value[()]!r}; "
            "code that drops the imaginary part needs central instead"
        )
    return value
