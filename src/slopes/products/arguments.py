"""What products accept as points and functions; errors name the rule."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from slopes._arguments import floating, size

__all__ = ["as_point", "demand_real", "like", "returning_one"]


def as_point(x: Any) -> Any:
    """Arrays of real floating-point numbers, at least one."""
    point = floating("x", x)
    if not size(point):
        raise ValueError(f"x must hold at least one number, got x={x!r}")
    return point


def like(name: str, tree: Any, other: str, model: Any) -> Any:
    """Check a tree against the structure and the shapes of another, and give it those dtypes."""
    given = floating(name, tree)
    if jax.tree.map(jnp.shape, given) != jax.tree.map(jnp.shape, model):
        raise ValueError(
            f"{name} must have the structure and the shapes of {other}, got {name}={tree!r}"
        )
    return jax.tree.map(lambda leaf, to: leaf.astype(to.dtype), given, model)


def returning_one(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Give the same function, which refuses to return anything but one real number."""

    def checked(*args: Any) -> Any:
        y = fn(*args)
        shape = jax.tree.map(jnp.shape, y)
        # A list of one number is not a number, nor is an empty tuple, whose shape reads the same.
        if shape != () or not jax.tree_util.all_leaves([y]):
            raise ValueError(
                f"fn must return one number, got shape={shape!r}; take the sum, or a Jacobian"
            )
        demand_real("fn", y)
        return y

    return checked


def demand_real(name: str, y: Any) -> None:
    """Refuse integers, which have no derivative, and complex numbers, which have another one."""
    for leaf in jax.tree.leaves(y):
        if not jnp.issubdtype(jnp.result_type(leaf), jnp.floating):
            raise TypeError(
                f"{name} must return real floating-point numbers, got dtype={jnp.result_type(leaf)}"
            )
