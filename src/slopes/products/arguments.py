"""What the products accept as points, directions and counts; the errors name argument and rule."""

from collections.abc import Callable
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

__all__ = [
    "Tree",
    "as_direction",
    "as_point",
    "demand_count",
    "demand_key",
    "demand_real",
    "returning_one",
]

Tree: TypeAlias = Any
"""A floating-point array, or lists, tuples and dicts of such: a pytree of JAX."""


def as_point(name: str, x: Tree) -> Any:
    """Arrays of real floating-point numbers, at least one."""
    x = jax.tree.map(jnp.asarray, x)
    demand_real(name, x)
    if not sum(leaf.size for leaf in jax.tree.leaves(x)):
        raise ValueError(f"{name} must hold at least one number, got {name}={x!r}")
    return x


def returning_one(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Give the same function, which refuses to return anything but one real number."""

    def checked(*args: Any) -> Any:
        y = fn(*args)
        shapes = [jnp.shape(leaf) for leaf in jax.tree.leaves(y)]
        if shapes != [()]:
            got = f"shape={shapes[0]!r}" if len(shapes) == 1 else f"shapes={shapes!r}"
            raise ValueError(f"fn must return one number, got {got}; take the sum, or a Jacobian")
        demand_real("value of fn", y)
        return y

    return checked


def demand_count(name: str, value: Any, least: int) -> None:
    """Refuse what is no integer, or too small a one: 2.0 and True are slips of the keyboard."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer, got {name}={value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {name}={value!r}")


def demand_key(key: Any) -> None:
    """Refuse a number in the place of a key; both forms of JAX's keys will do."""
    dtype = getattr(key, "dtype", np.dtype(object))
    if not jnp.issubdtype(dtype, jax.dtypes.prng_key) and dtype != np.uint32:
        raise TypeError(f"key must be a key, such as jax.random.key(0), got key={key!r}")


def demand_real(name: str, tree: Any) -> None:
    """Refuse integers, which have no derivative, and complex numbers, which have another one."""
    for leaf in jax.tree.leaves(tree):
        dtype = jnp.result_type(leaf)
        if not jnp.issubdtype(dtype, jnp.floating):
            raise TypeError(
                f"{name} must be of real floating-point numbers, got dtype={str(dtype)!r}; "
                "write 2.0 for 2"
            )


def as_direction(v: Tree, x: Tree) -> Any:
    """Check a direction against its point, and give it the point's dtypes."""
    built, wanted = (jax.tree.map(jnp.shape, tree) for tree in (v, x))
    if len({jax.tree.structure(tree) for tree in (v, x)}) > 1 or built != wanted:
        raise ValueError(f"v must be built like x, shape={wanted!r}, got shape={built!r}")
    if any(jnp.iscomplexobj(leaf) for leaf in jax.tree.leaves(v)):
        raise TypeError(f"v must be real, got v={v!r}")
    return jax.tree.map(lambda part, like: jnp.asarray(part, like.dtype), v, x)
