"""Functions of several inputs: gradient, Jacobian, Hessian and the slope along a direction."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Inexact

from slopes._typing import Fn, Numbers, Scalar
from slopes.compare import unit_roundoff
from slopes.finite.checks import (
    as_double,
    checked_step,
    checked_steps,
    checked_vector,
    step_that_vanishes,
)
from slopes.finite.patterns import checked_groups, masked
from slopes.finite.stencils import CENTRAL, best_step, formula, fornberg
from slopes.finite.values import evaluate, evaluate_batch, narrower

__all__ = ["directional", "gradient", "hessian", "jacobian"]

SECOND = np.array([-1.0, 0.0, 1.0])


def gradient(
    fn: Fn,
    x: Numbers,
    *,
    nodes: Numbers = CENTRAL,
    step: Numbers | None = None,
    batched: bool = False,
) -> Inexact[np.ndarray, " n"]:
    r"""Differentiate a function of n inputs with respect to each.

    Parameters
    ----------
    fn : callable
        Function of an array of shape (n,) with one number as value; if `batched`, of an array of
        shape (k, n) with k values.
    x : array, shape (n,)
        Where.
    nodes : sequence of numbers
        Stencil, in units of the step: `CENTRAL`, or `FORWARD` for fewer evaluations.
    step : float or array of shape (n,), optional
        h > 0 for each input, in its unit; by default the power of two nearest to `optimal_step`
        times :math:`\max(|x_j|, 1)`.
    batched : bool
        Whether `fn` takes all points in one call.

    Returns
    -------
    array, shape (n,)
        Gradient, in double precision.

    Raises
    ------
    TypeError
        If `x` is complex, or `fn` returns no numbers.
    ValueError
        If `x` is no row of finite numbers, `step` not positive or too small to change `x`, or `fn`
        is not finite at a place of the stencil or returns several numbers.

    Notes
    -----
    2 n evaluations, n + 1 with `FORWARD`; one call if `batched`. Twice as many if the values are
    narrower than `x`: the first round tells, the second moves to places that they can hold. `fn`
    may keep its argument or write to it: every call gets an array of its own.

    Examples
    --------
    >>> gradient(lambda x: x[0] * x[1], [3.0, 5.0]).round(9)
    array([5., 3.])
    """
    rows = jacobian(fn, x, nodes=nodes, step=step, batched=batched)
    if rows.shape[0] != 1:
        raise ValueError(
            f"fn must return one number, got shape={rows.shape[:1]!r}; take the jacobian"
        )
    return np.array(rows[0])


def jacobian(
    fn: Fn,
    x: Numbers,
    *,
    nodes: Numbers = CENTRAL,
    step: Numbers | None = None,
    batched: bool = False,
    pattern: Any = None,
) -> Inexact[np.ndarray, "m n"]:
    r"""Differentiate m outputs with respect to n inputs.

    Parameters
    ----------
    fn : callable
        As for `gradient`, but with m values in any shape.
    x, nodes, step, batched
        See `gradient`.
    pattern : bool array, shape (m, n), optional
        Where the Jacobian may differ from 0. Columns that share no row are moved together.

    Returns
    -------
    array, shape (m, n)
        Jacobian, in double precision: one row per output.

    Raises
    ------
    TypeError, ValueError
        As `gradient` does; also if `pattern` has another shape than the Jacobian.

    Notes
    -----
    Two evaluations per group of columns: 2 n without `pattern`, 6 for a tridiagonal Jacobian of any
    size; `gradient` says when twice as many. A `pattern` that misses an entry gives wrong columns
    without a warning; `group_columns` makes the groups.

    Examples
    --------
    >>> jacobian(lambda x: [x[0] * x[1], x[1]], [3.0, 5.0]).round(9)
    array([[5., 3.],
           [0., 1.]])
    """
    point = checked_vector("x", x)
    s, _ = formula(nodes, 1)
    groups: Any = range(point.size) if pattern is None else checked_groups(pattern, point.size)
    # One evaluation at x, if it is a node, serves all columns.
    still = [(k, ()) for k in range(s.size) if s[k] == 0]
    moves = still + [(k, group) for k in range(s.size) if s[k] != 0 for group in groups]

    def apply(h: Any, narrow: Any) -> tuple[Any, Any]:
        places, base, taken = _placed(point, h, s, narrow)
        values = _values(fn, _rows(places, base, moves), batched)
        flat = as_double(values).reshape(len(values), math.prod(values.shape[1:]))
        slopes = _weighted(_by_node(flat, s, groups, point.size), _weights(taken, s))
        slopes /= h[:, None]
        return slopes, values.dtype

    jac: np.ndarray = _stepped(apply, point, s, 1, step).T
    return jac if pattern is None else masked(jac, pattern)


def _by_node(flat: Any, s: Any, groups: Any, n: int) -> list[Any]:
    """Values for each node, shape (n, m): a column finds those of its group."""
    owner: Any = slice(None)
    if not isinstance(groups, range):
        owner = np.empty(n, dtype=int)
        for g, group in enumerate(groups):
            owner[group] = g
    lead = int((s == 0).any())
    blocks = iter(flat[lead:].reshape(s.size - lead, len(groups), flat.shape[1]))
    return [flat[:1] if node == 0 else next(blocks)[owner] for node in s]


def _weighted(at_nodes: list[Any], w: Any) -> Any:
    """Weighted sum of the values at the nodes, in an array of its own.

    The weights add up to 0. Differences keep what rounding of the weights would lose.
    """
    parts = [values - at_nodes[0] for values in at_nodes[1:]]
    for part, weight in zip(parts, w[1:], strict=True):
        part *= weight[:, None]
    return sum(parts[1:], start=parts[0])


def _weights(taken: Any, s: Any) -> Any:
    """Weights of the nodes as they were taken, shape (k, n), or (k, 1) if all are as asked."""
    if (taken == s[:, None]).all():
        return formula(s, 1)[1][:, None]
    return fornberg(taken, 1)


def hessian(
    fn: Fn, x: Numbers, *, step: Numbers | None = None, batched: bool = False
) -> Inexact[np.ndarray, "n n"]:
    r"""Differentiate a function of n inputs twice, by second differences.

    With :math:`\delta_v = f(x+v) - 2 f(x) + f(x-v)`, the diagonal is :math:`\delta_{h_i} / h_i^2`
    and beside it :math:`H_{ij} = (\delta_{h_i+h_j} - \delta_{h_i} - \delta_{h_j}) / (2 h_i h_j)`.

    Parameters
    ----------
    fn : callable
        As for `gradient`.
    x, batched
        See `gradient`.
    step : float or array of shape (n,), optional
        h > 0 for each input, in its unit; by default near :math:`\sqrt[4]{48u} \max(|x_j|, 1)`.

    Returns
    -------
    array, shape (n, n)
        Hessian, in double precision, symmetric.

    Raises
    ------
    TypeError, ValueError
        As `gradient` does.

    Notes
    -----
    :math:`n^2 + n + 1` evaluations; one call if `batched`; `gradient` says when twice as many.
    About half the digits of float64 are lost: expect an error near :math:`10^{-8}` of
    :math:`|f| / \max(|x|, 1)^2`, whatever the size of the Hessian itself.

    Examples
    --------
    >>> hessian(lambda x: x[0] ** 2 * x[1], [3.0, 5.0]).round(5)
    array([[10.,  6.],
           [ 6.,  0.]])
    """
    point = checked_vector("x", x)
    n = point.size
    rows, columns = np.triu_indices(n, 1)
    pairs = [[i, j] for i, j in zip(rows.tolist(), columns.tolist(), strict=True)]
    moves = [(1, ()), *((k, group) for k in (2, 0) for group in (*range(n), *pairs))]

    def apply(h: Any, narrow: Any) -> tuple[Any, Any]:
        places, base, taken = _placed(point, h, SECOND, narrow)
        values = _values(fn, _rows(places, base, moves), batched)
        if values.ndim != 1:
            raise ValueError(
                f"fn must return one number, got shape={values.shape[1:]!r}; "
                "take the hessian of each output"
            )
        wide = as_double(values)
        ends = np.split(wide[1:] - wide[0], 2)
        return _second(ends, (taken[[2, 0]] - taken[1]) * h, rows, columns), values.dtype

    return np.array(_stepped(apply, point, SECOND, 2, step))


def _second(ends: Any, moved: Any, rows: Any, columns: Any) -> Any:
    """Second derivatives from differences to f(x), at either end of a line through x.

    Exact for a quadratic, whatever rounding has made of the distances.
    """
    n = moved.shape[1]
    ahead, behind = (end[:n] for end in ends)
    diagonal = 2 * (ahead / moved[0] - behind / moved[1]) / (moved[0] - moved[1])
    mixed = sum(end[n:] - end[:n][rows] - end[:n][columns] for end in ends)
    areas = (moved[:, rows] * moved[:, columns]).sum(axis=0)
    hess = np.diag(diagonal)
    hess[rows, columns] = hess[columns, rows] = mixed / areas
    return hess


def directional(fn: Fn, x: Numbers, v: Numbers, *, step: Scalar | None = None) -> Any:
    r"""Differentiate along `v`: ``(fn(x + h v) - fn(x - h v)) / (2 h)``.

    Parameters
    ----------
    fn : callable
        Function of an array of shape (n,); its values may be arrays.
    x : array, shape (n,)
        Where.
    v : array, shape (n,)
        Direction; its length counts. The zero vector gives 0.
    step : float, optional
        h > 0; by default the smallest over j of the default step of `central` for
        :math:`x_j`, divided by :math:`|v_j|`: entries that do not move do not count.

    Returns
    -------
    number or array
        :math:`J v`, in double precision, with the shape of ``fn(x)``.

    Raises
    ------
    TypeError
        If `x` or `v` is complex.
    ValueError
        If `x` or `v` is no row of finite numbers, their shapes differ, or `step` is not positive
        or too small to change `x`.

    Notes
    -----
    Two evaluations whatever n is: one random direction checks a whole gradient. Two more for
    entries of `x` that are so much larger than others that rounding changes how far they move.
    `gradient` says when twice as many.

    Examples
    --------
    >>> print(f"{directional(lambda x: x[0] * x[1], [3.0, 5.0], [1.0, 2.0]):.9f}")
    11.000000000
    """
    point, tangent = checked_vector("x", x), as_double(checked_vector("v", v))
    if tangent.shape != point.shape:
        raise ValueError(f"v must have the shape {point.shape} of x, got v.shape={tangent.shape!r}")
    given = None if step is None else checked_step(step)
    if not tangent.any():  # one value tells the shape
        return (0 * _along(fn, point, np.ones_like(tangent), given)[0])[()]
    slope, rest = _along(fn, point, tangent, given)
    while rest.any():
        part, rest = _along(fn, point, rest, None)
        slope = slope + part
    return slope[()]


def _along(fn: Fn, point: Any, v: Any, step: float | None) -> tuple[Any, Any]:
    """Slope along the part of `v` that the step can move, and the rest."""
    # The entry that moves furthest on its own scale sets the step: others may not move at all.
    scale = _scale(point)
    j = int(np.argmax(np.abs(v) / scale))
    length = abs(v[j])

    def best(narrow: Any) -> float:
        return float(_power_of_two(scale[j] * best_step(np.array(CENTRAL), 1, narrow)))

    def quotient(narrow: Any) -> tuple[Any, Any, Any]:
        h = best(narrow) if step is None else step * length
        ends = as_double(point) + np.multiply.outer(CENTRAL, h * (v / length))
        ends = ends.astype(narrow).astype(point.dtype)
        gap = as_double(ends[1]) - as_double(ends[0])
        if gap[j] == 0:
            raise step_that_vanishes(h, float(point[j]))
        values = evaluate(fn, [*ends].__getitem__, 2)
        taken = gap * (v[j] / gap[j])
        wide = as_double(values)
        return (wide[1] - wide[0]) * (v[j] / gap[j]), values.dtype, taken

    slope, seen, taken = quotient(point.dtype)
    if (narrow := narrower(point.dtype, seen)) != point.dtype:
        slope, _, taken = quotient(narrow)
    return slope, _left_out(v, taken, narrow)


def _left_out(v: Any, taken: Any, narrow: Any) -> Any:
    """Part of `v` that rounding of the places has left out, where it matters.

    Half the digits of an entry are enough, and so is what rounding does to an entry of x that is
    four times as large as the one that sets the step.
    """
    u = unit_roundoff(narrow)
    common = 4 * u / best_step(np.array(CENTRAL), 1, narrow)
    rest = v - taken
    enough = np.maximum(math.sqrt(u) * np.abs(v), common * np.abs(v).max())
    return np.where(np.abs(rest) > enough, rest, 0.0)


def _stepped(apply: Any, point: Any, s: Any, order: int, step: Any) -> Any:
    """Apply with the given steps, or with the best for the dtype that comes back."""
    given = None if step is None else checked_steps(step, point.shape)

    def steps(narrow: Any) -> Any:
        return _power_of_two(_scale(point) * best_step(s, order, narrow))

    result, seen = apply(steps(point.dtype) if given is None else given, point.dtype)
    if narrower(point.dtype, seen) == point.dtype:
        return result
    # Narrower than thought: other steps, and places that the narrower numbers can hold.
    return apply(steps(seen) if given is None else given, seen)[0]


def _placed(point: Any, h: Any, s: Any, narrow: Any) -> tuple[Any, Any, Any]:
    """Places of each entry at each node, shape (k, n), x itself, and the nodes as rounding left.

    All in the dtype of x, as numbers that dtype `narrow` can hold.
    """
    kind, wide = point.dtype, as_double(point)
    places = wide + np.multiply.outer(s, h)
    base = point
    if unit_roundoff(narrow) > 2.0**-53:  # rounding to float64 is done already
        places, base = places.astype(narrow).astype(kind), point.astype(narrow).astype(kind)
    taken = (as_double(places) - wide) / h
    still = (np.diff(np.sort(taken, axis=0), axis=0) == 0).any(axis=0)
    if still.any():
        j = int(np.argmax(still))
        raise step_that_vanishes(float(h[j]), float(wide[j]))
    return places, base, taken


def _rows(places: Any, base: Any, moves: list[tuple[int, Any]]) -> tuple[Callable[[int], Any], int]:
    """Give each move a row of its own: x with some entries moved to a node."""

    def row(i: int) -> Any:
        k, moved = moves[i]
        point = base.copy()
        if moved != ():
            point[moved] = places[k][moved]
        return point

    return row, len(moves)


def _values(fn: Fn, rows: tuple[Callable[[int], Any], int], batched: bool) -> Any:
    return (evaluate_batch if batched else evaluate)(fn, *rows)


def _scale(point: Any) -> Any:
    """Distance on which a function of x is taken to change: max(abs(x), 1)."""
    return np.maximum(np.abs(as_double(point)), 1.0)


def _power_of_two(h: Any) -> Any:
    """Round to powers of two: such a step is mostly added to x and divided by without rounding."""
    return np.exp2(np.rint(np.log2(h)))
