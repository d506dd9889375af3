r"""Numerical differentiation: slopes from nothing but values of a function.

A stencil of nodes :math:`s_k` and step :math:`h` estimates a derivative of order :math:`d` as

.. math:: f^{(d)}(x) \approx h^{-d} \sum_k w_k\, f(x + s_k h).

Cost: one evaluation per node with a non-zero weight, per input; no memory to speak of. It works on
any code that returns numbers, and it fails where rounding meets truncation: a large step misses
the curve, a small one divides the rounding error of ``fn`` by almost nothing. `derivative` finds
the best compromise itself and returns an error bar; the fixed formulas leave it to the caller.
Reference: B. Fornberg, "Generation of finite difference formulas on arbitrarily spaced grids",
Mathematics of Computation 51 (1988) 699-706.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Inexact

from slopes import _adaptive
from slopes._adaptive import unit_roundoff
from slopes._typing import Numbers, Value

__all__ = [
    "Estimate",
    "central",
    "complex_step",
    "derivative",
    "directional",
    "forward",
    "gradient",
    "group_columns",
    "hessian",
    "jacobian",
    "optimal_step",
    "stencil",
    "unit_roundoff",
    "weights",
]

FORWARD = (0.0, 1.0)
CENTRAL = (-1.0, 1.0)
SECOND = (-1.0, 0.0, 1.0)

Function = Callable[[Any], Any]


class Estimate(NamedTuple):
    """A derivative, its error bar, and what it cost."""

    value: float
    """The derivative."""
    error: float
    """Bound on ``|value - truth|``, meant to hold in 95 % of cases; ``inf`` if none was found."""
    evaluations: int
    """Number of calls of the function."""


def forward(fn: Function, x: Any, *, step: float | None = None) -> Any:
    """Difference ``(fn(x + h) - fn(x)) / h``."""
    return stencil(fn, x, nodes=FORWARD, step=step)


def central(fn: Function, x: Any, *, step: float | None = None) -> Any:
    """Difference ``(fn(x + h) - fn(x - h)) / (2 h)``."""
    return stencil(fn, x, nodes=CENTRAL, step=step)


def weights(nodes: Numbers, order: int, *, at: float = 0.0) -> Inexact[np.ndarray, " k"]:
    """Fornberg's weights: the derivative of the interpolating polynomial as a sum of values."""
    s = _checked_nodes(nodes, order)
    table = np.zeros((s.size, order + 1))  # row j: weights of node j for derivatives 0..order
    table[0, 0] = 1.0
    degrees = np.arange(1, order + 1)
    product = 1.0
    for i in range(1, s.size):
        gaps = s[i] - s[:i]
        ratio, product = product / np.prod(gaps), float(np.prod(gaps))
        table[i] = -(s[i - 1] - at) * table[i - 1] * ratio
        table[i, 1:] += degrees * table[i - 1, :-1] * ratio
        moved = (s[i] - at) * table[:i]
        moved[:, 1:] -= degrees * table[:i, :-1]
        table[:i] = moved / gaps[:, None]
    return table[:, order]


def stencil(
    fn: Function, x: Any, *, nodes: Numbers, order: int = 1, step: float | None = None
) -> Any:
    """Derivative from the values of ``fn`` at ``x + step * nodes``."""
    s = _checked_nodes(nodes, order)
    point, kind = _adaptive.checked_point(x)
    if step is not None:
        return _apply(fn, point, kind, kind, s, order, _checked_step(step))[0]
    # Calls before the dtype of fn's values is known assume that it is x's; narrower ones mean
    # another step, and places that the narrower numbers can hold.
    scale = max(abs(point), 1.0)
    h = scale * optimal_step(s, order, dtype=kind)
    total, seen = _apply(fn, point, kind, kind, s, order, h)
    if unit_roundoff(seen) > unit_roundoff(kind):
        h = scale * optimal_step(s, order, dtype=seen)
        total, seen = _apply(fn, point, kind, seen, s, order, h)
    return total


def _apply(
    fn: Function, point: float, kind: Any, held: Any, s: Any, order: int, h: float
) -> tuple[Any, Any]:
    """Apply a stencil at places of type `kind` whose digits type `held` can hold."""
    places = [_adaptive.held(held.type(point + h * node), kind) for node in s]
    # The nodes that rounding allows, not those asked for: the weights are exact for them.
    actual = np.array([float(place) - point for place in places]) / h
    if np.unique(actual).size < s.size:
        raise ValueError(_vanished(h, point))
    used = [(w, p) for w, p in zip(weights(actual, order), places, strict=True) if w]
    values = [np.asarray(fn(place)) for _, place in used]
    total = sum(w * _wide(value) for (w, _), value in zip(used, values, strict=True))
    return (total / h**order)[()], values[0].dtype


def optimal_step(nodes: Numbers, order: int = 1, *, dtype: Any = float) -> float:
    r"""Step at which truncation and rounding of a stencil are in balance, for scale 1.

    With :math:`p` the stencil's accuracy, the error is about :math:`C h^p + R u / h^d` where
    :math:`C = |\sum w_k s_k^{p+d}| / (p+d)!` and :math:`R = \sum |w_k|`, for a function whose value
    and derivatives are all of size 1. Its minimum lies at
    :math:`h = (d R u / (p C))^{1/(p+d)}`: :math:`2\sqrt u` for `forward`,
    :math:`\sqrt[3]{3u}` for `central`, :math:`\sqrt[4]{48u}` for the second difference.
    """
    s = _checked_nodes(nodes, order)
    w = weights(s, order)
    reach = np.abs(s).max()
    top = s.size  # a symmetric stencil gains an order: its next moment vanishes
    moments = [abs(float(w @ s**k)) / math.factorial(k) for k in (top, top + 1)]
    gained = moments[0] < 1e-9 * reach * moments[1]
    C, p = (moments[1], top + 1 - order) if gained else (moments[0], top - order)
    u = unit_roundoff(np.dtype(dtype))
    return float((order * np.abs(w).sum() * u / (p * C)) ** (1 / (p + order)))


def complex_step(fn: Function, x: Any, *, step: float | None = None) -> Any:
    """Derivative ``imag(fn(x + i h)) / h``: no difference, so no cancellation."""
    point, kind = _adaptive.checked_point(x)
    h = 2.0**-100 * (abs(point) or 1.0) if step is None else _checked_step(step)
    place = complex(point, max(h, 2.0**-1000))
    wide = kind == np.float64  # Python's own complex, so that cmath serves too
    value = np.asarray(fn(place if wide else np.complex64(place)))
    if not np.iscomplexobj(value):
        raise TypeError(
            f"fn must return complex values for complex x, got fn(x)={value[()]!r}; "
            "code that drops the imaginary part (abs, float, comparisons) needs central instead"
        )
    return (value.imag.astype(float) / place.imag)[()]


def derivative(
    fn: Function,
    x: Any,
    *,
    order: int = 1,
    bounds: tuple[float, float] = (-math.inf, math.inf),
) -> Estimate:
    """Derivative with an error bar, no tuning."""
    return Estimate(*_adaptive.estimate(fn, x, order, bounds))


def gradient(
    fn: Function,
    x: Numbers,
    *,
    nodes: Numbers = CENTRAL,
    step: Numbers | None = None,
    batched: bool = False,
) -> Inexact[np.ndarray, " n"]:
    """Gradient of a function of n inputs."""
    rows = jacobian(fn, x, nodes=nodes, step=step, batched=batched)
    if rows.shape[0] != 1:
        raise ValueError(
            f"fn must return one number, got shape={rows.shape[:1]!r}; use jacobian for several"
        )
    return rows[0]


def jacobian(
    fn: Function,
    x: Numbers,
    *,
    nodes: Numbers = CENTRAL,
    step: Numbers | None = None,
    batched: bool = False,
    pattern: Bool[np.ndarray, "m n"] | None = None,
) -> Inexact[np.ndarray, "m n"]:
    """Jacobian of a function of n inputs and m outputs."""
    point = _checked_vector("x", x)
    s = _checked_nodes(nodes, 1)
    w = weights(s, 1)
    groups = [[j] for j in range(point.size)] if pattern is None else group_columns(pattern)
    seeds = np.zeros((len(groups), point.size), dtype=bool)
    for row, columns in zip(seeds, groups, strict=True):
        row[columns] = True

    def apply(centre: Any, h: Any) -> tuple[Any, Any]:
        moved = [centre + node * h * seeds for node in s[s != 0]]
        base = [centre[None]] if w[s == 0].any() else []
        values = _evaluate(fn, np.concatenate(base + moved), point.dtype, batched)
        wide = _wide(values).reshape(len(values), -1)
        blocks = wide[len(base) :].reshape(-1, len(groups), wide.shape[1])
        slopes = np.tensordot(w[s != 0], blocks, axes=1)  # (groups, m)
        if base:
            slopes = slopes + w[s == 0] * wide[0]
        return slopes, values.dtype

    (slopes, _), h = _stepped(apply, point, s, 1, step)
    jac = np.empty((slopes.shape[1], point.size), dtype=slopes.dtype)
    for row, columns in zip(slopes, groups, strict=True):
        jac[:, columns] = row[:, None] / h[columns]
    if pattern is not None:
        if pattern.shape != jac.shape:
            raise ValueError(f"pattern must have shape {jac.shape}, got shape={pattern.shape!r}")
        jac[~pattern] = 0
    return jac


def group_columns(pattern: Bool[np.ndarray, "m n"]) -> list[list[int]]:
    """Group columns that share no row, greedily: each joins the first group that it fits."""
    structure = np.asarray(pattern, dtype=bool)
    if structure.ndim != 2:
        raise ValueError(f"pattern must have two axes, got pattern.ndim={structure.ndim!r}")
    groups: list[list[int]] = []
    taken: list[Any] = []
    for j, column in enumerate(structure.T):
        home = next((g for g, rows in enumerate(taken) if not (rows & column).any()), None)
        if home is None:
            groups.append([j])
            taken.append(column.copy())
        else:
            groups[home].append(j)
            taken[home] |= column
    return groups


def hessian(
    fn: Function, x: Numbers, *, step: Numbers | None = None, batched: bool = False
) -> Inexact[np.ndarray, "n n"]:
    """Hessian of a function of n inputs, symmetric by construction."""
    point = _checked_vector("x", x)
    n = point.size
    rows, columns = np.triu_indices(n, 1)
    unit = np.eye(n)
    seeds = np.concatenate([unit, unit[rows] + unit[columns]])
    seeds = np.concatenate([np.zeros((1, n)), seeds, -seeds])

    def apply(centre: Any, h: Any) -> tuple[Any, Any]:
        values = _evaluate(fn, centre + seeds * h, point.dtype, batched)
        if values.ndim != 1:
            raise ValueError(
                f"fn must return one number, got shape={values.shape[1:]!r}; "
                "take the hessian of each output"
            )
        wide = _wide(values)
        plus, minus = np.split(wide[1:], 2)
        return plus + minus - 2 * wide[0], values.dtype

    (second, _), h = _stepped(apply, point, np.array(SECOND), 2, step)
    single = second[:n]
    hess = np.diag(single)
    hess[rows, columns] = (second[n:] - single[rows] - single[columns]) / 2
    hess[columns, rows] = hess[rows, columns]
    return hess / np.outer(h, h)


def directional(fn: Function, x: Numbers, v: Numbers, *, step: float | None = None) -> Any:
    """Derivative of ``fn`` at `x` along `v`, by central differences: two evaluations."""
    point = _checked_vector("x", x)
    tangent = _checked_vector("v", v)
    if tangent.shape != point.shape:
        raise ValueError(f"v must have the shape of x, got v.shape={tangent.shape!r}")
    length = float(np.abs(tangent).max(initial=0.0)) or 1.0
    unit = tangent / length

    def apply(centre: Any, h: Any) -> tuple[Any, Any]:
        moved = np.array([centre - h * unit, centre + h * unit])
        values = _evaluate(fn, moved, point.dtype, batched=False)
        return (_wide(values[1]) - _wide(values[0])) / 2, values.dtype

    given = None if step is None else _checked_step(step) * length
    (half, _), h = _stepped(apply, point, np.array(CENTRAL), 1, given, common=True)
    return half / h[0] * length


def _stepped(
    apply: Any, point: Any, s: Any, order: int, step: Numbers | None, common: bool = False
) -> tuple[tuple[Any, Any], Any]:
    """Apply with the given steps, or with the best for the dtype that comes back."""
    centre = _wide(point)
    if step is not None:
        h = np.broadcast_to(_wide(np.asarray(step)), point.shape)
        if not (np.isfinite(h) & (h > 0)).all():
            raise ValueError(f"step must be positive and finite, got step={step!r}")
        _check_moves(centre, h, point.dtype)
        return apply(centre, h), h
    scale = np.maximum(np.abs(centre), 1.0)
    if common:
        scale = np.full(point.shape, scale.max(initial=1.0))
    h = _power_of_two(scale * optimal_step(s, order, dtype=point.dtype))
    result = apply(centre, h)
    if unit_roundoff(result[1]) > unit_roundoff(point.dtype):
        h = _power_of_two(scale * optimal_step(s, order, dtype=result[1]))
        result = apply(_wide(centre.astype(result[1])), h)
    return result, h


def _power_of_two(h: Any) -> Any:
    """Nearest power of two: such a step changes x without rounding, and h / x is exact."""
    return np.exp2(np.round(np.log2(h)))


def _check_moves(centre: Any, h: Any, kind: Any) -> None:
    """Refuse a step that rounds to nothing somewhere."""
    still = (_wide((centre + h).astype(kind)) == centre) | (
        _wide((centre - h).astype(kind)) == centre
    )
    if still.any():
        j = int(np.argmax(still))
        raise ValueError(_vanished(float(h[j]), float(centre[j])))


def _evaluate(fn: Function, points: Any, kind: Any, batched: bool) -> Any:
    """Values of ``fn`` at the rows of `points`, shape (k, ...): one call if batched, else k."""
    rows = points.astype(kind)
    if not batched:
        return np.stack([np.asarray(fn(row)) for row in rows])
    values = np.asarray(fn(rows))
    if values.shape[:1] != rows.shape[:1]:
        raise ValueError(
            f"fn must return one row per point when batched, got shape={values.shape!r} for "
            f"{len(rows)} points"
        )
    return values


def _wide(values: Any) -> Any:
    """Values in double precision: the formulas must not add rounding errors of their own."""
    return values.astype(complex if np.iscomplexobj(values) else float)


def _checked_nodes(nodes: Numbers, order: int) -> Any:
    s = np.asarray(nodes, dtype=float)
    if s.ndim != 1 or not np.isfinite(s).all() or np.unique(s).size < s.size:
        raise ValueError(f"nodes must be distinct finite numbers in a row, got nodes={nodes!r}")
    if not 0 <= order < s.size:
        raise ValueError(
            f"order must be at least 0 and below the number of nodes {s.size}, got order={order!r}"
        )
    return s


def _checked_step(step: float) -> float:
    if not (math.isfinite(step) and step > 0):
        raise ValueError(f"step must be positive and finite, got step={step!r}")
    return float(step)


def _checked_vector(name: str, value: Numbers) -> Any:
    array = np.asarray(value)
    if np.iscomplexobj(array):
        raise TypeError(f"{name} must be real, got {name}={value!r}")
    if array.ndim != 1 or not np.isfinite(_wide(array)).all():
        raise ValueError(f"{name} must be a row of finite numbers, got {name}={value!r}")
    return array.astype(float) if array.dtype.kind in "iub" else array


def _vanished(h: float, point: float) -> str:
    return (
        f"step must be large enough to change x, got step={h!r}: x + step rounds to x={point!r} "
        "or two places coincide; take a larger step"
    )
