r"""Fixed points: Picard's iteration, and Anderson's acceleration of it.

A fixed point of :math:`g` is a point :math:`x^*=g(x^*)`. Picard's iteration repeats :math:`g`, and
its residual :math:`f_k=g(x_k)-x_k` shrinks by the factor :math:`\lvert g'\rvert` a step, if at all.
Anderson's acceleration keeps the last :math:`m` differences of residuals and of values, as columns
of :math:`\Delta F` and :math:`\Delta G`, and takes from the step what they predict:

.. math:: x_{k+1} = g(x_k) - \Delta G\,\gamma, \qquad
   \gamma = \arg\min_\gamma \lVert f_k - \Delta F\,\gamma\rVert_2 .

Cost: one evaluation of :math:`g` a step, and a QR factorisation of n x m numbers; memory for 2nm
numbers. On a linear map it is GMRES, one evaluation behind. It stops early or crawls where
:math:`I-g'` is singular, and a step that makes matters worse is answered with one of Picard's.
Points are arrays or trees of arrays; all runs under `jax.jit` and `jax.vmap`. The loop has forward
mode, with a derivative that lags the value, and no reverse mode: differentiate the solution, not
the loop, which is what `slopes.implicit` is for.
Reference: H. F. Walker and P. Ni, *Anderson acceleration for fixed-point iterations*, SIAM Journal
on Numerical Analysis 49 (2011) 1715-1735.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.flatten_util import ravel_pytree
from jaxtyping import Bool, Float, Int

from slopes._typing import Numbers

__all__ = ["CONVERGED", "NOT_FINITE", "OUT_OF_STEPS", "Found", "anderson", "picard", "why"]

Map: TypeAlias = Callable[..., Any]
"""A function of a point, and perhaps of more, that returns a point of the same kind."""

#: Reasons to stop, the codes in the field `reason`.
CONVERGED, OUT_OF_STEPS, NOT_FINITE = 0, 1, 2
_WORDS = {
    CONVERGED: "the residual is below the tolerance",
    OUT_OF_STEPS: "the steps are used up",
    NOT_FINITE: "the map returned a number that is not finite",
}


class Found(NamedTuple):
    """What an iteration for a fixed point found."""

    value: Any
    """The point, of the structure, shapes and dtypes of the start."""
    converged: Bool[jax.Array, "..."]
    """Whether the residual is below the tolerance."""
    iterations: Int[jax.Array, "..."]
    """Steps that were made, those that were taken back among them."""
    evaluations: Int[jax.Array, "..."]
    """Evaluations of the map: one at the start, and one for each step."""
    residual: Float[jax.Array, "..."]
    """Distance between the point and its image, in the Euclidean norm; infinite at a point whose
    image is not finite."""
    reason: Int[jax.Array, "..."]
    """Why it stopped: `CONVERGED`, `OUT_OF_STEPS` or `NOT_FINITE`, which `why` puts in words."""


class _State(NamedTuple):
    """What a step hands to the next; points are rows of n numbers, columns are kept in order."""

    x: Any
    image: Any
    residual: Any
    filled: Any
    values: Any
    residuals: Any
    steps: Any
    reason: Any


def why(reason: Any) -> str:
    """Say in words why an iteration stopped.

    Parameters
    ----------
    reason : int
        The field `reason` of one result, not traced.

    Returns
    -------
    str
        The words.

    Raises
    ------
    ValueError
        If there is no such reason.

    Examples
    --------
    >>> why(picard(jnp.cos, 1.0).reason)
    'the residual is below the tolerance'
    """
    words = _WORDS.get(reason if isinstance(reason, int) else np.asarray(reason).item())
    if words is None:
        raise ValueError(f"reason must be one of {sorted(_WORDS)}, got reason={reason!r}")
    return words


def picard(
    g: Map, x: Any, *args: Any, tol: Numbers = 1e-8, steps: Numbers = 1000, damping: Numbers = 1.0
) -> Found:
    r"""Repeat a map until it moves its point no more.

    Parameters
    ----------
    g : Callable
        The map, ``g(x, *args)``; it returns the next point, of the structure, shapes and dtypes
        of `x`.
    x : number, array or tree of arrays
        Where to start; real floating-point numbers, at least one.
    *args
        What the map takes besides the point.
    tol : float
        What the residual must come down to, as a part of the residual at the start or of the
        norm of the point (taken as 1 where it is below), whichever is smaller; at least 0.
        A residual of two roundings of the point always counts as none.
    steps : int
        The most steps, at least 1; not traced.
    damping : float
        The part of the step that is made, above 0; 1 for all of it.

    Returns
    -------
    Found
        Point, residual, and why the iteration stopped.

    Raises
    ------
    TypeError
        If `x` holds numbers that are not real floating-point numbers, a count is no int, or the
        map returns another structure or dtype.
    ValueError
        If a number is out of its range, `x` is empty, or the map returns another shape.

    Notes
    -----
    A small residual is not a small error: where the map shrinks distances by the factor q, the
    error is at most the residual over 1 - q.

    Examples
    --------
    >>> found = picard(jnp.cos, 1.0)
    >>> [round(float(found.value), 6), int(found.evaluations)]
    [0.739085, 48]
    """
    return _iterate(
        g, x, args, memory=0, tol=tol, steps=steps, damping=damping, restart=None,
        ridge=None, growth=math.inf,
    )  # fmt: skip


def anderson(
    g: Map,
    x: Any,
    *args: Any,
    memory: Numbers = 5,
    tol: Numbers = 1e-8,
    steps: Numbers = 200,
    damping: Numbers = 1.0,
    restart: Numbers | None = None,
    ridge: Numbers | None = None,
    growth: Numbers = 10.0,
) -> Found:
    r"""Find a fixed point by Anderson's acceleration.

    Parameters
    ----------
    g, x, *args, tol, steps
        As for `picard`.
    memory : int
        How many differences are kept, at least 1; no more than there are numbers in `x`.
    damping : float
        The part of the predicted residual that is added to the mixed points, above 0; 1 for all.
    restart : int, optional
        After how many differences the memory is emptied, at least 1; never by default.
    ridge : float, optional
        Tikhonov's regularisation of the least-squares problem whose columns have length 1, above
        0. It is a pure number: scaling the problem does not change it. By default the root of the
        unit roundoff: as the residual falls to that part of the point, its differences keep half
        of their digits.
    growth : float
        An accelerated step that lets the residual grow by more than this factor is taken back,
        the memory is emptied, and Picard's step is made instead; at least 1, `inf` for never.

    Returns
    -------
    Found
        Point, residual, and why the iteration stopped.

    Raises
    ------
    TypeError, ValueError
        As for `picard`.

    Notes
    -----
    After a step that was taken back comes one of Picard's, so that no two in a row are lost.
    On a linear map the points are the images of those of GMRES, as long as the memory holds all
    steps and GMRES does not stand still; with `restart`, a cycle is as many steps of GMRES and one
    of Picard's.

    Examples
    --------
    >>> found = anderson(jnp.cos, 1.0)
    >>> [round(float(found.value), 6), int(found.evaluations)]
    [0.739085, 6]
    """
    kept = _count("memory", memory, 1)
    most = None if restart is None else _count("restart", restart, 1)
    if ridge is not None:
        _number("ridge", ridge, "positive and finite", lambda number: 0 < number < math.inf)
    _number("growth", growth, "at least 1", lambda number: number >= 1)
    return _iterate(
        g, x, args, memory=kept, tol=tol, steps=steps, damping=damping, restart=most,
        ridge=ridge, growth=growth,
    )  # fmt: skip


def _iterate(
    g: Map, x: Any, args: tuple[Any, ...], *, memory: int, tol: Any, steps: Any, damping: Any,
    restart: int | None, ridge: Any, growth: Any,
) -> Found:  # fmt: skip
    """Run either iteration; both are one loop, and Picard's has no memory."""
    limit = _count("steps", steps, 1)
    _number("tol", tol, "at least 0 and finite", lambda number: 0 <= number < math.inf)
    _number("damping", damping, "positive and finite", lambda number: 0 < number < math.inf)
    point, image = _start(g, x, args)
    flat, unravel = _rows(point)

    def row(y: Any) -> Any:
        return _rows(g(unravel(y), *args))[0]

    first = _rows(image)[0]
    size = _norm(first - flat)
    columns = min(memory, flat.size)
    eps = max(float(jnp.finfo(leaf.dtype).eps) for leaf in jax.tree.leaves(point))  # type: ignore[no-untyped-call]
    mix = _mixer(damping, (eps / 2) ** 0.5 if ridge is None else ridge)

    def judged(state: _State) -> _State:
        bound = tol * jnp.minimum(size, jnp.maximum(1, _norm(state.x)))
        small = state.residual <= jnp.maximum(bound, 2 * eps * _norm(state.x))
        done = small & jnp.isfinite(state.residual)
        out = jnp.where(state.steps < limit, -1, OUT_OF_STEPS)
        going = jnp.where(state.reason < 0, out, state.reason)
        return state._replace(reason=jnp.where(done, CONVERGED, going))

    def step(state: _State) -> _State:
        at = mix(state)
        image = row(at)
        residual = _norm(image - at)
        worse = (state.filled > 0) & (residual > growth * state.residual)
        lost = ~jnp.isfinite(residual)
        kept = _remember(state, at, image, residual, columns, restart)
        back = state._replace(filled=0 * state.filled)
        # Without memory the step was Picard's, and there is nothing else to try.
        back = back._replace(reason=jnp.where(lost & (state.filled == 0), NOT_FINITE, -1))
        chosen = jax.tree.map(lambda a, b: jnp.where(worse | lost, a, b), back, kept)
        return judged(chosen._replace(steps=state.steps + 1))

    none = jnp.zeros((flat.size, columns), flat.dtype)
    broken = jnp.where(jnp.isfinite(size), -1, NOT_FINITE)
    start = _State(flat, first, size, jnp.asarray(0), none, none, jnp.asarray(0), broken)
    end = lax.while_loop(lambda state: state.reason < 0, step, judged(start))
    return Found(
        unravel(end.x), end.reason == CONVERGED, end.steps, end.steps + 1, end.residual, end.reason
    )


def _mixer(damping: Any, ridge: float) -> Callable[[_State], Any]:
    """Give the function from a state to the next point."""

    def mix(state: _State) -> Any:
        residual = state.image - state.x
        columns = state.residuals.shape[1]
        if not columns:
            return state.x + damping * residual
        used = (jnp.arange(columns) < state.filled)[None, :]
        gamma = _least_squares(residual, jnp.where(used, state.residuals, 0), ridge)
        # Where damping is 1, what follows is the image minus the mixed images.
        shift = state.values - (1 - damping) * state.residuals
        return state.x + damping * residual - jnp.where(used, shift, 0) @ gamma

    return mix


def _least_squares(residual: Any, differences: Any, ridge: float) -> Any:
    """Solve for the weights, by QR of the columns at length 1 with the ridge below them.

    The Gram matrix would square the condition number; and a ridge that is not in units of the
    columns switches the acceleration off once the residuals are smaller than it.
    """
    n = len(residual)
    lengths = jax.vmap(_norm, in_axes=1)(differences)
    empty = lengths == 0
    scale = jnp.where(empty, 1, lengths)
    below = jnp.diag(jnp.where(empty, 1, ridge).astype(residual.dtype))
    q, r = jnp.linalg.qr(jnp.concatenate([differences / scale[None, :], below]))
    return jax.scipy.linalg.solve_triangular(r, q[:n].T @ residual) / scale


def _remember(
    state: _State, x: Any, image: Any, residual: Any, columns: int, restart: int | None
) -> _State:
    """Take a step: its differences push out the oldest, unless the memory is due to be emptied."""
    moved = image - state.image
    turned = moved - (x - state.x)
    filled = state.filled + min(columns, 1)
    if restart is not None:
        filled = jnp.where(filled > restart, 0, filled)
    return state._replace(
        x=x,
        image=image,
        residual=residual,
        filled=filled,
        values=jnp.concatenate([moved[:, None], state.values], axis=1)[:, :columns],
        residuals=jnp.concatenate([turned[:, None], state.residuals], axis=1)[:, :columns],
    )


def _rows(tree: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Make a tree one row of its widest precision, and give the way back."""
    leaves = jax.tree.leaves(tree)
    widest = max((leaf.dtype for leaf in leaves), key=lambda kind: kind.itemsize)
    flat, back = ravel_pytree(jax.tree.map(lambda leaf: leaf.astype(widest), tree))

    def unravel(row: Any) -> Any:
        return jax.tree.map(lambda leaf, to: leaf.astype(to.dtype), back(row), tree)

    return flat, unravel


def _norm(row: Any) -> Any:
    """Euclidean norm that neither overflows nor underflows; infinite where a number is nan."""
    top = jnp.max(jnp.abs(row))
    usable = (top > 0) & jnp.isfinite(top)
    scale = jnp.where(usable, top, 1)
    scaled = jnp.where(usable, row / scale, 0)
    # The 1 keeps the root's slope finite where there is nothing to measure.
    length = scale * jnp.sqrt(jnp.where(usable, jnp.sum(scaled * scaled), 1))
    return jnp.where(usable, length, jnp.where(top == 0, 0, jnp.inf).astype(row.dtype))


def _start(g: Map, x: Any, args: tuple[Any, ...]) -> tuple[Any, Any]:
    """Make the start a tree of arrays that the map keeps in kind, and give its image too."""
    point = jax.tree.map(lambda leaf: _real("x", leaf), x)
    if not sum(leaf.size for leaf in jax.tree.leaves(point)):
        raise ValueError(f"x must hold at least one number, got x={x!r}")
    shaped = jax.eval_shape(lambda y: g(y, *args), point)
    kinds: list[Any] = [jax.tree.structure(tree) for tree in (point, shaped)]
    if kinds[0] != kinds[1]:
        raise TypeError(f"g must return the structure {kinds[0]} of x, got {kinds[1]}")

    def fitted(leaf: Any, to: Any) -> Any:
        if leaf.shape != to.shape:
            raise ValueError(f"g must return the shape {leaf.shape} of x, got shape={to.shape!r}")
        if leaf.dtype != to.dtype and not (
            leaf.weak_type and jnp.issubdtype(to.dtype, jnp.floating)
        ):
            raise TypeError(f"g must return the dtype {leaf.dtype} of x, got dtype={to.dtype!r}")
        return lax.convert_element_type(leaf, to.dtype)

    point = jax.tree.map(fitted, point, shaped)
    return point, g(point, *args)


def _real(name: str, leaf: Any) -> jax.Array:
    """One array of real numbers that can move."""
    kind = getattr(leaf, "dtype", type(leaf))
    if kind is not float and not jnp.issubdtype(kind, jnp.floating):
        raise TypeError(
            f"{name} must hold real floating-point numbers, got {name}={leaf!r}; write 2.0 for 2"
        )
    return jnp.asarray(leaf)


def _count(name: str, value: Any, least: int) -> int:
    """Check a count, which must be known while JAX traces."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an int that is not traced, got {name}={value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {name}={value!r}")
    return int(value)


def _number(name: str, value: Any, rule: str, holds: Callable[[float], bool]) -> None:
    """Check a number that steers; a traced one is the caller's business."""
    if isinstance(value, bool | str | complex) or np.ndim(value):
        raise TypeError(f"{name} must be one real number, got {name}={value!r}")
    if not isinstance(value, jax.core.Tracer) and not holds(float(value)):
        raise ValueError(f"{name} must be {rule}, got {name}={value!r}")
