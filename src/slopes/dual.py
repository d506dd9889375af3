r"""Automatic differentiation with dual numbers: the derivative travels along with the value.

With :math:`\varepsilon^2 = 0`, Taylor's series of a smooth :math:`g` ends after two terms:

.. math:: g(x + \dot x\,\varepsilon) = g(x) + g'(x)\,\dot x\,\varepsilon.

A program that is run on :math:`x + \varepsilon` therefore returns value and derivative, through
loops, branches and recursion, with no step and no truncation error; rounding remains. Cost: one
run in dual numbers, a small multiple of the operations of ``fn`` per direction (of its time for
long arrays only), and of its memory; a gradient of n inputs costs n directions. It fails where the
code leaves Python and the functions of this module (``math.sin`` of a Dual is a TypeError), and it
differentiates the program, not the function: a branch chosen at a kink or an iteration that stops
early has its own derivative.
``import *`` would put its `abs` and `sum` in the place of Python's.
Reference: Griewank and Walther, *Evaluating Derivatives*, 2nd ed., chapters 3 and 13.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from slopes._dual import (
    Dual,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cbrt,
    concatenate,
    cos,
    cosh,
    dot,
    exp,
    expm1,
    floor,
    hypot,
    is_number,
    is_plain,
    log,
    log1p,
    log2,
    log10,
    make,
    maximum,
    mean,
    minimum,
    new_tag,
    primal,
    shape,
    sign,
    sin,
    sinh,
    sqrt,
    stack,
    tan,
    tanh,
    where,
)
from slopes._dual import absolute as abs  # noqa: A004 (as NumPy has it)
from slopes._dual import total as sum  # noqa: A004
from slopes._typing import Fn, ScalarFn, VectorFn

__all__ = [
    "Dual",
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "concatenate",
    "cos",
    "cosh",
    "derivative",
    "dot",
    "exp",
    "expm1",
    "floor",
    "gradient",
    "hypot",
    "jacobian",
    "jvp",
    "log",
    "log1p",
    "log2",
    "log10",
    "maximum",
    "mean",
    "minimum",
    "new_tag",
    "primal",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "stack",
    "sum",
    "tan",
    "tanh",
    "where",
]


def derivative(fn: ScalarFn, x: Any) -> Any:
    r"""Differentiate a function of one number.

    Parameters
    ----------
    fn : callable
        Function of one number that returns a number, an array or a list of them. For an array `x`
        it acts entry by entry.
    x : number, array or Dual
        Where, finite. Floating dtypes are kept, integers become floats. In nested derivatives it
        may be a Dual of an outer one.

    Returns
    -------
    number or array
        :math:`f'(x)` with the shape of ``fn(x)``, 0 if the value does not depend on `x`;
        lists become arrays. A Dual where an outer derivative is being taken.

    Raises
    ------
    TypeError
        If `x` is not real, or `fn` returns no numbers, or passes its argument to code that knows
        floats only, such as `math` or SciPy.
    ValueError
        If `x` is not finite, or `fn` has no derivative there: a kink, a jump, an infinite slope.

    Notes
    -----
    One evaluation in dual numbers. Each call has its own :math:`\varepsilon`, so that derivatives
    may be nested: ``derivative(lambda t: derivative(fn, t), x)`` is :math:`f''(x)`.

    Examples
    --------
    >>> derivative(lambda x: x**2 + 3 * x + 2, 2.0)
    7.0
    >>> derivative(sin, np.array([0.0, np.pi]))
    array([ 1., -1.])
    """
    point = _point("x", x)
    own = shape(point)
    y, y_dot = _run(fn, point, np.ones(own, _kind(point)) if own else _like(point, 1))
    if y_dot is None:
        return _zeros(shape(y) or own, point)
    if shape(y)[max(len(shape(y)) - len(own), 0) :] != own:
        raise ValueError(
            f"fn must act entry by entry on an array of shape {own}, got a value of shape "
            f"{shape(y)}; take gradient or jacobian"
        )
    return y_dot


def jvp(fn: Fn, x: Any, v: Any) -> tuple[Any, Any]:
    r"""Push a tangent forward: value and directional derivative :math:`J v`, in one pass.

    Parameters
    ----------
    fn : callable
        Function of a number or of an array.
    x : number, array or Dual
        Where, finite.
    v : number, array or Dual
        Tangent, of the shape of `x`; its length counts.

    Returns
    -------
    y : number or array
        ``fn(x)``; a list becomes an array.
    y_dot : number or array
        :math:`J v`, with the shape of `y`.

    Raises
    ------
    TypeError, ValueError
        As `derivative` does; also if the shapes of `x` and `v` differ.

    Notes
    -----
    One evaluation in dual numbers, whatever the number of inputs: no Jacobian is formed.

    Examples
    --------
    >>> jvp(lambda x: x[0] * x[1], [3.0, 5.0], [1.0, 2.0])
    (np.float64(15.0), np.float64(11.0))
    """
    point, tangent = _point("x", x), _point("v", v)
    if shape(point) and not isinstance(tangent, Dual):
        tangent = np.asarray(tangent, _kind(point))
    if shape(tangent) != shape(point):
        raise ValueError(f"v must have the shape {shape(point)} of x, got v.shape={shape(tangent)}")
    y, y_dot = _run(fn, point, tangent)
    return y, _zeros(shape(y), point) if y_dot is None else y_dot


def gradient(fn: VectorFn, x: Any) -> Any:
    r"""Differentiate a function of n inputs, all directions in one pass.

    Parameters
    ----------
    fn : callable
        Function of a Dual of shape (n,), which has entries, a length, slices and arithmetic of
        arrays; its value is one number.
    x : array, shape (n,), or list of numbers
        Where, finite.

    Returns
    -------
    array, shape (n,)
        :math:`\nabla f`; a Dual where an outer derivative is being taken.

    Raises
    ------
    TypeError, ValueError
        As `derivative` does; also if `x` is no row, or `fn` returns several numbers.

    Notes
    -----
    One evaluation with tangents of n directions: time and memory grow with n. The Hessian is
    ``jacobian(lambda t: gradient(fn, t), x)``.

    Examples
    --------
    >>> gradient(lambda x: x[0] * x[1], [3.0, 5.0])
    array([5., 3.])
    """
    jac = jacobian(fn, x)
    if shape(jac)[0] != 1:
        raise ValueError(
            f"fn must return one number, got {shape(jac)[0]} of them; take the jacobian"
        )
    return jac[0]


def jacobian(fn: VectorFn, x: Any) -> Any:
    r"""Differentiate m outputs with respect to n inputs, all directions in one pass.

    Parameters
    ----------
    fn : callable
        Function of a Dual of shape (n,) that returns a list or an array of m numbers, or one.
    x : array, shape (n,), or list of numbers
        Where, finite.

    Returns
    -------
    array, shape (m, n)
        Jacobian: one row per output, whatever the shape of the value.

    Raises
    ------
    TypeError, ValueError
        As `derivative` does; also if `x` is no row.

    Notes
    -----
    One evaluation with tangents of n directions, seeded with the identity matrix.

    Examples
    --------
    >>> jacobian(lambda x: [x[0] * x[1], x[1]], [3.0, 5.0])
    array([[5., 3.],
           [0., 1.]])
    """
    point = _point("x", x)
    if len(shape(point)) != 1 or not shape(point)[0]:
        raise ValueError(f"x must be a row of numbers, got x={x!r}")
    n = shape(point)[0]
    y, y_dot = _run(fn, point, np.eye(n, dtype=_kind(point)))
    return (_zeros((*shape(y), n), point) if y_dot is None else y_dot).reshape(-1, n)


def _run(fn: Callable[[Any], Any], point: Any, tangent: Any) -> tuple[Any, Any]:
    """Run `fn` on a dual number of a new tag: value and tangent, None where it is a constant."""
    tag = new_tag()
    y = fn(make(point, tangent, tag))
    if isinstance(y, (list, tuple)):
        y = stack(y)
    if not is_number(y):
        raise TypeError(f"fn must return numbers, got fn(x)={y!r}")
    if not isinstance(y, Dual) or y.tag < tag:
        return y, None
    if y.tag > tag:
        raise ValueError(
            f"fn must return numbers of its own, got fn(x)={y!r} with the tag of an inner "
            "derivative; take its value or its tangent"
        )
    at = primal(y.tangent)
    slopes = np.asarray(at, dtype=float)
    with np.errstate(all="ignore"):
        whole = float(np.sum(slopes))  # it makes no array, and is finite only if all of them are
    if not math.isfinite(whole) and not np.all(np.isfinite(slopes)):
        kind = "NaN" if np.any(at != at) else "an infinite slope"  # only NaN differs from itself
        raise ValueError(
            f"fn must have a finite derivative at x, got x={primal(point)!r}, where {kind} arose "
            "on the way; look for a pole, an overflow or 0 times infinity"
        )
    return y.value, y.tangent


def _zeros(own: tuple[int, ...], point: Any) -> Any:
    return np.zeros(own, _kind(point)) if own else _like(point, 0)


def _point(name: str, x: Any) -> Any:
    """Check a point or a tangent: finite real numbers, integers made floats."""
    if isinstance(x, (list, tuple)):
        x = stack(x) if x else np.zeros(0)
    if not is_number(x):
        raise TypeError(f"{name} must be real, got {name}={x!r}; take a number or a NumPy array")
    at = primal(x)
    try:
        finite = bool(np.all(np.isfinite(np.asarray(at, dtype=float))))
    except OverflowError:  # an integer of Python's beyond all floats
        finite = False
    if not finite:
        raise ValueError(f"{name} must be finite, got {name}={x!r}")
    return x * 1.0 if np.asarray(at).dtype.kind in "biu" else x


def _kind(x: Any) -> Any:
    """Find the floating dtype for derivatives at a point."""
    kind = np.asarray(primal(x)).dtype
    return kind if kind.kind == "f" else np.dtype(float)


def _like(point: Any, number: int) -> Any:
    """Make a number of the type of a point that is no array."""
    at = primal(point)
    return type(at)(number) if is_plain(at) else _kind(at).type(number)
