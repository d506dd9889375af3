"""What products accept as points, functions, counts and keys; errors name the rule."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

__all__ = [
    "as_point", "demand_count", "demand_key", "demand_real", "floating", "like", "returning_one",
    "size",
]  # fmt: skip


def as_point(x: Any) -> Any:
    """Arrays of real floating-point numbers, at least one."""
    point = floating("x", x)
    if not size(point):
        raise ValueError(f"x must hold at least one number, got x={x!r}")
    return point


def size(tree: Any) -> int:
    """Count the numbers in a tree."""
    return sum(leaf.size for leaf in jax.tree.leaves(tree))


def floating(name: str, tree: Any) -> Any:
    """Check that a tree holds real numbers that can move, and make each leaf an array of JAX."""

    def checked(leaf: Any) -> jax.Array:
        kind = getattr(leaf, "dtype", type(leaf))
        if kind is not float and not jnp.issubdtype(kind, jnp.floating):
            raise TypeError(
                f"{name} must hold real floating-point numbers, got {name}={tree!r}; "
                "write 2.0 for 2, or convert with astype(float)"
            )
        return jnp.asarray(leaf)

    return jax.tree.map(checked, tree)


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


def demand_count(name: str, value: Any, least: int) -> int:
    """Give an int; refuse what is none, or too small: 2.0 and True are slips of the keyboard."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an integer, got {name}={value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {name}={value!r}")
    return int(value)


def demand_key(key: Any) -> None:
    """Refuse a number in the place of a key; both forms of JAX's keys will do."""
    dtype = getattr(key, "dtype", np.dtype(object))
    if not jnp.issubdtype(dtype, jax.dtypes.prng_key) and dtype != np.uint32:
        raise TypeError(f"key must be a key, such as jax.random.key(0), got key={key!r}")
