"""Formulas with fixed nodes for a function of one number, their weights and their best steps."""

import math
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Inexact

from slopes._typing import Fn, Numbers, Scalar
from slopes.compare import unit_roundoff
from slopes.finite.adaptive import checked_point, held
from slopes.finite.checks import as_double, checked_nodes, checked_step, step_that_vanishes
from slopes.finite.values import evaluate, narrower

__all__ = [
    "CENTRAL",
    "FORWARD",
    "best_step",
    "central",
    "formula",
    "fornberg",
    "forward",
    "optimal_step",
    "stencil",
    "weights",
]

FORWARD = (0.0, 1.0)
CENTRAL = (-1.0, 1.0)


def forward(fn: Fn, x: Any, *, step: Scalar | None = None) -> Any:
    r"""Divide a difference to the right: ``(fn(x + h) - fn(x)) / h``.

    Its error is :math:`|f''| h / 2` from truncation and at most :math:`2 u |f| / h` from rounding.

    Parameters
    ----------
    fn : callable
        Function of one number; its values may be arrays.
    x : number
        Where. Python's, NumPy's or JAX's, of any floating dtype.
    step : float, optional
        h > 0, in units of `x`. By default :math:`2 \sqrt u \max(|x|, 1)`, best where the function
        changes by its own size over that scale; u belongs to the narrower of the dtypes of `x` and
        of the values.

    Returns
    -------
    number or array
        Derivative, in double precision, with the shape of ``fn(x)``.

    Raises
    ------
    TypeError
        If `x` is complex or no scalar, or `fn` returns no numbers.
    ValueError
        If `x` is not finite, `step` is not positive or so small that ``x + step`` rounds to `x` in
        the dtype of `x` or of the values, `fn` is not finite at a place of the stencil, or it is
        real at one and complex at another.

    Notes
    -----
    Two evaluations; four if the values are narrower than `x`, see `stencil`.

    Examples
    --------
    >>> import math
    >>> print(f"{forward(math.exp, 1.0):.6f}")
    2.718282
    """
    return stencil(fn, x, nodes=FORWARD, step=step)


def central(fn: Fn, x: Any, *, step: Scalar | None = None) -> Any:
    r"""Divide a symmetric difference: ``(fn(x + h) - fn(x - h)) / (2 h)``.

    Its error is :math:`|f^{(3)}| h^2 / 6` from truncation and at most :math:`u |f| / h` from
    rounding.

    Parameters
    ----------
    fn, x
        See `forward`.
    step : float, optional
        h > 0, in units of `x`; by default :math:`\sqrt[3]{3u} \max(|x|, 1)`, see `forward`.

    Returns
    -------
    number or array
        Derivative, in double precision, with the shape of ``fn(x)``.

    Raises
    ------
    TypeError, ValueError
        As `forward` does.

    Notes
    -----
    Two evaluations; four if the values are narrower than `x`, see `stencil`.

    Examples
    --------
    >>> import math
    >>> print(f"{central(math.exp, 1.0):.9f}")
    2.718281828
    """
    return stencil(fn, x, nodes=CENTRAL, step=step)


def stencil(fn: Fn, x: Any, *, nodes: Numbers, order: int = 1, step: Scalar | None = None) -> Any:
    r"""Differentiate the polynomial through the values at ``x + step * nodes``.

    Parameters
    ----------
    fn, x
        See `forward`.
    nodes : sequence of k numbers
        Distinct places in units of `step`, relative to `x`: ``(0, 1, 2)`` looks to the right only.
    order : int
        Order of the derivative, 1 to k - 1.
    step : float, optional
        h > 0, in units of `x`; by default `optimal_step` times :math:`\max(|x|, 1)`.

    Returns
    -------
    number or array
        Derivative, in double precision, with the shape of ``fn(x)``.

    Raises
    ------
    TypeError, ValueError
        As `forward` and `weights` do; also where two places round to the same number.

    Notes
    -----
    One evaluation per node of non-zero weight; two if the values are narrower than `x`: the first
    round tells, the second moves to places that they can hold. The weights belong to the places
    that rounding leaves, so that a place which is not where it was asked for is no error.

    References
    ----------
    B. Fornberg, Mathematics of Computation 51 (1988) 699-706.

    Examples
    --------
    >>> import math
    >>> print(f"{stencil(math.sin, 0.5, nodes=(-1, 0, 1), order=2):.6f}")
    -0.479426
    """
    s, _ = formula(nodes, order)
    point, kind = checked_point(x)
    given = None if step is None else checked_step(step)

    def apply(narrow: Any) -> tuple[Any, Any]:
        h = given or max(abs(point), 1.0) * best_step(s, order, narrow)
        return _apply(fn, point, kind, narrow, s, order, h)

    total, seen = apply(kind)
    # Before the first value its dtype is a guess: that of x. A narrower one means another step,
    # and places that the narrower numbers can hold.
    return total if narrower(kind, seen) == kind else apply(seen)[0]


def _apply(
    fn: Fn, point: float, kind: Any, narrow: Any, s: Any, order: int, h: float
) -> tuple[Any, Any]:
    """Apply a stencil at places of dtype `kind` that dtype `narrow` can hold."""
    places = _places(point, kind, narrow, s, h)
    values = evaluate(fn, places.__getitem__, len(places))
    w = weights([(float(place) - point) / h for place in places], order)
    # The weights add up to 0; differences keep what their rounding would lose.
    differences = as_double(values) - as_double(values)[0]
    total = sum(wk * change for wk, change in zip(w, differences, strict=True))
    return (total / h**order)[()], values.dtype


def _places(point: float, kind: Any, narrow: Any, s: Any, h: float) -> list[Any]:
    """Round the nodes of a stencil to numbers; refuse a step that makes two of them one."""
    places = [held(narrow.type(point + h * node), kind) for node in s]
    if len({float(place) for place in places}) < s.size:
        raise step_that_vanishes(h, point)
    return places


def weights(nodes: Numbers, order: int, *, at: Scalar = 0.0) -> Inexact[np.ndarray, " k"]:
    r"""Find the weights that turn values at the nodes into a derivative.

    The derivative of the polynomial through the values is a sum :math:`\sum_k w_k f(s_k)`.
    Fornberg's recursion adds one node after another and solves no linear system.

    Parameters
    ----------
    nodes : sequence of k numbers
        Places :math:`s_k`, finite and distinct, in any order.
    order : int
        Order of the derivative, from 0 (interpolation) to k - 1.
    at : float
        Where the derivative is taken.

    Returns
    -------
    array, shape (k,)
        Weights :math:`w_k`.

    Raises
    ------
    ValueError
        If nodes coincide or are not finite, or there are too few for the order.

    Notes
    -----
    Time of order k squared times `order`. Exact for polynomials of degree below k, up to rounding.

    References
    ----------
    B. Fornberg, Mathematics of Computation 51 (1988) 699-706.

    Examples
    --------
    >>> weights([-1, 0, 1], 2)
    array([ 1., -2.,  1.])
    """
    return np.array(fornberg(checked_nodes(nodes, order, least=0), order, at))


def fornberg(s: Any, order: int, at: Any = 0.0) -> Any:
    """Find the weights for checked nodes, shape (k, ...): of each column its own."""
    # Products of tiny or huge gaps would leave the range of the numbers; powers of two are exact.
    power = math.frexp(float(np.abs(s).max()))[1]
    s, centre = np.ldexp(s, -power), np.ldexp(np.asarray(at, dtype=float), -power)
    # Row j: weights of node j for the derivatives 0..order.
    table = np.zeros((s.shape[0], order + 1, *s.shape[1:]))
    table[0, 0] = 1.0
    degrees = np.arange(1, order + 1).reshape(-1, *(1 for _ in s.shape[1:]))
    product = np.ones(s.shape[1:])
    for i in range(1, len(s)):
        gaps = s[i] - s[:i]
        ratio, product = product / np.prod(gaps, axis=0), np.prod(gaps, axis=0)
        table[i] = -(s[i - 1] - centre) * table[i - 1] * ratio
        table[i, 1:] += degrees * table[i - 1, :-1] * ratio
        moved = (s[i] - centre) * table[:i]
        moved[:, 1:] -= degrees * table[:i, :-1]
        table[:i] = moved / gaps[:, None]
    return np.ldexp(table[:, order], -power * order)


def formula(nodes: Numbers, order: int) -> tuple[Any, Any]:
    """Nodes whose values are needed, for their weight is not zero, and the weights."""
    return _formula(tuple(checked_nodes(nodes, order).tolist()), int(order))


@lru_cache
def _formula(nodes: tuple[float, ...], order: int) -> tuple[Any, Any]:
    s = np.array(nodes)
    size = np.abs(fornberg(s, order))
    s = s[size > 1e-12 * size.max()]
    w = fornberg(s, order)
    s.flags.writeable = w.flags.writeable = False  # they are kept for the next call
    return s, w


def optimal_step(nodes: Numbers, order: int = 1, *, dtype: Any = float) -> float:
    r"""Balance truncation against rounding for a stencil, at scale 1.

    With accuracy :math:`p` and order :math:`d`, the error of a function whose value and
    derivatives are all of size 1 is about :math:`C h^p + R u / h^d` where
    :math:`C = |\sum w_k s_k^{p+d}| / (p+d)!` and :math:`R = \sum |w_k|`. It is least at

    .. math:: h = \Big( \frac{d R u}{p C} \Big)^{1/(p+d)},

    which is :math:`2\sqrt u` for `forward`, :math:`\sqrt[3]{3u}` for `central` and
    :math:`\sqrt[4]{48u}` for the second difference.

    Parameters
    ----------
    nodes : sequence of k numbers
        Distinct places in units of the step.
    order : int
        Order of the derivative, 1 to k - 1.
    dtype : dtype
        Of the values; it decides u.

    Returns
    -------
    float
        Step for a function of scale 1: multiply by the distance on which yours changes.

    Raises
    ------
    ValueError
        As `weights` does.

    References
    ----------
    N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM (2002).

    Examples
    --------
    >>> print(f"{optimal_step((-1, 1)):.2e}")
    6.93e-06
    """
    return best_step(checked_nodes(nodes, order), order, np.dtype(dtype))


def best_step(s: Any, order: int, kind: Any) -> float:
    """Find the optimal step for checked nodes."""
    return _balance(tuple(s.tolist()), order, unit_roundoff(kind))


@lru_cache
def _balance(nodes: tuple[float, ...], order: int, u: float) -> float:
    s = np.array(nodes)
    w = fornberg(s, order)
    # The first moment after those that the weights make vanish; symmetry makes one more vanish.
    moments = [abs(float(w @ s**k)) / math.factorial(k) for k in (s.size, s.size + 1)]
    gained = bool(moments[0] * np.abs(s).max() < 1e-9 * moments[1])
    C, p = moments[gained], s.size - order + int(gained)
    return float((order * np.abs(w).sum() * u / (p * C)) ** (1 / (p + order)))
