"""What topics built with JAX accept, and how they refuse the rest: errors name the rule."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["demand_count", "demand_key", "floating", "in_words", "size"]


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


def size(tree: Any) -> int:
    """Count the numbers in a tree."""
    return sum(leaf.size for leaf in jax.tree.leaves(tree))


def demand_count(name: str, value: Any, least: int, kind: str = "an integer") -> int:
    """Give an int; refuse what is none, or too small: 2.0 and True are slips of the keyboard."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be {kind}, got {name}={value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {name}={value!r}")
    return int(value)


def demand_key(key: Any) -> None:
    """Refuse a number in the place of a key; both forms of JAX's keys will do."""
    dtype = getattr(key, "dtype", np.dtype(object))
    if not jnp.issubdtype(dtype, jax.dtypes.prng_key) and dtype != np.uint32:
        raise TypeError(f"key must be a key, such as jax.random.key(0), got key={key!r}")


def in_words(words: Mapping[int, str], reason: Any) -> str:
    """Say why a method stopped, by the code in a result that is not traced."""
    told = words.get(reason if isinstance(reason, int) else np.asarray(reason).item())
    if told is None:
        raise ValueError(f"reason must be one of {sorted(words)}, got reason={reason!r}")
    return told
