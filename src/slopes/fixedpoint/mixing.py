"""A step: the memory of the last differences, and the mixture that they give."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from slopes.fixedpoint.arguments import norm

__all__ = ["State", "least_squares", "mixer", "remember"]


class State(NamedTuple):
    """What a step hands to the next; points are rows of n numbers, columns are kept in order."""

    x: Any
    image: Any
    residual: Any
    filled: Any
    values: Any
    residuals: Any
    steps: Any
    reason: Any


def mixer(damping: Any, ridge: float) -> Callable[[State], Any]:
    """Give the function from a state to the next point."""

    def mix(state: State) -> Any:
        residual = state.image - state.x
        columns = state.residuals.shape[1]
        if not columns:
            return state.x + damping * residual
        used = (jnp.arange(columns) < state.filled)[None, :]
        gamma = least_squares(residual, jnp.where(used, state.residuals, 0), ridge)
        # Where damping is 1, what follows is the image minus the mixed images.
        shift = state.values - (1 - damping) * state.residuals
        return state.x + damping * residual - jnp.where(used, shift, 0) @ gamma

    return mix


def least_squares(residual: Any, differences: Any, ridge: float) -> Any:
    """Solve for the weights, by QR of the columns at length 1 above the ridge.

    The Gram matrix would square the condition number; and a ridge that is not
    in units of the columns switches the acceleration off once the residuals
    are smaller than it.
    """
    n = len(residual)
    lengths = jax.vmap(norm, in_axes=1)(differences)
    empty = lengths == 0
    scale = jnp.where(empty, 1, lengths)
    below = jnp.diag(jnp.where(empty, 1, ridge).astype(residual.dtype))
    q, r = jnp.linalg.qr(jnp.concatenate([differences / scale[None, :], below]))
    return jax.scipy.linalg.solve_triangular(r, q[:n].T @ residual) / scale


def remember(
    state: State, x: Any, image: Any, residual: Any, columns: int, restart: int | None
) -> State:
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
