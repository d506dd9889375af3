"""What the iterations accept as maps, points and numbers; errors name the rule."""

from collections.abc import Callable
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.flatten_util import ravel_pytree

from slopes import _arguments
from slopes._arguments import floating, size

__all__ = ["Map", "demand_count", "demand_number", "norm", "rows", "started"]

Map: TypeAlias = Callable[..., Any]
"""A function of a point, and perhaps of more, that returns a point of the same kind."""


def started(g: Map, x: Any, args: tuple[Any, ...]) -> tuple[Any, Any]:
    """Make the start a tree of arrays that the map keeps in kind, and give its image too."""
    point = floating("x", x)
    if not size(point):
        raise ValueError(f"x must hold at least one number, got x={x!r}")
    shaped = jax.eval_shape(lambda y: g(y, *args), point)
    kinds: list[Any] = [jax.tree.structure(tree) for tree in (point, shaped)]

    def fitted(leaf: Any, to: Any) -> Any:
        if leaf.shape != to.shape:
            raise ValueError(f"g must return the shape {leaf.shape} of x, got shape={to.shape!r}")
        if leaf.dtype != to.dtype and not (
            leaf.weak_type and jnp.issubdtype(to.dtype, jnp.floating)
        ):
            raise TypeError(f"g must return the dtype {leaf.dtype} of x, got dtype={to.dtype!r}")
        return lax.convert_element_type(leaf, to.dtype)

    if kinds[0] != kinds[1]:
        raise TypeError(f"g must return the structure {kinds[0]} of x, got {kinds[1]}")
    point = jax.tree.map(fitted, point, shaped)
    return point, g(point, *args)


def demand_count(name: str, value: Any, least: int) -> int:
    """Check a count, which must be known while JAX traces."""
    return _arguments.demand_count(name, value, least, "an int that is not traced")


def demand_number(name: str, value: Any, rule: str, holds: Callable[[float], bool]) -> None:
    """Check a number that steers; a traced one is the caller's business."""
    if isinstance(value, bool | str | complex) or np.ndim(value):
        raise TypeError(f"{name} must be one real number, got {name}={value!r}")
    if not isinstance(value, jax.core.Tracer) and not holds(float(value)):
        raise ValueError(f"{name} must be {rule}, got {name}={value!r}")


def rows(tree: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Make a tree one row of its widest precision, and give the way back."""
    leaves = jax.tree.leaves(tree)
    widest = max((leaf.dtype for leaf in leaves), key=lambda kind: kind.itemsize)
    flat, back = ravel_pytree(jax.tree.map(lambda leaf: leaf.astype(widest), tree))

    def unravel(row: Any) -> Any:
        return jax.tree.map(lambda leaf, to: leaf.astype(to.dtype), back(row), tree)

    return flat, unravel


def norm(row: Any) -> Any:
    """Euclidean norm that neither overflows nor underflows; infinite where a number is nan."""
    top = jnp.max(jnp.abs(row))
    usable = (top > 0) & jnp.isfinite(top)
    scale = jnp.where(usable, top, 1)
    scaled = jnp.where(usable, row / scale, 0)
    # The 1 keeps the root's slope finite where there is nothing to measure.
    length = scale * jnp.sqrt(jnp.where(usable, jnp.sum(scaled * scaled), 1))
    return jnp.where(usable, length, jnp.where(top == 0, 0, jnp.inf).astype(row.dtype))
