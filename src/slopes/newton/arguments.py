"""What the methods accept as points, functions and numbers; errors name the rule."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from slopes import _arguments
from slopes._arguments import floating

__all__ = [
    "demand_above_zero",
    "demand_count",
    "demand_tolerance",
    "flattened",
    "norm",
    "one_number",
    "unit",
]


def flattened(name: str, tree: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Give the numbers of a tree as one row, and the function that makes the tree of a row."""
    flat, restore = ravel_pytree(floating(name, tree))
    if not flat.size:
        raise ValueError(f"{name} must hold at least one number, got {name}={tree!r}")
    return flat, restore


def one_number(y: Any) -> Any:
    """Refuse what is not one real number, the result of a function to be minimised."""
    if not jax.tree_util.all_leaves([y]) or jnp.shape(y) != ():
        shape = jax.tree.map(jnp.shape, y)
        raise ValueError(f"fn must return one number, got shape={shape!r}; take the sum")
    if not jnp.issubdtype(jnp.result_type(y), jnp.floating):
        raise TypeError(
            f"fn must return a real floating-point number, got dtype={jnp.result_type(y)}"
        )
    return y


def demand_count(name: str, value: Any) -> int:
    """Give an int of at least 1, which must be known while JAX traces."""
    return _arguments.demand_count(name, value, 1, "an integer that is not traced")


def demand_tolerance(name: str, value: Any) -> None:
    """Refuse a number that is negative or nan; a traced one cannot be looked at."""
    if not isinstance(value, jax.core.Tracer) and not value >= 0:
        raise ValueError(f"{name} must be at least 0, got {name}={value!r}")


def demand_above_zero(name: str, value: Any) -> None:
    """Refuse a number that is not above zero; a traced one cannot be looked at."""
    if not isinstance(value, jax.core.Tracer) and not value > 0:
        raise ValueError(f"{name} must be above 0, got {name}={value!r}")


def norm(v: Any) -> Any:
    """Euclidean norm without overflow: the largest entry is taken out first; not finite if v is."""
    most = jnp.max(jnp.abs(v))
    scale = jnp.where((most > 0) & jnp.isfinite(most), most, 1)
    return scale * jnp.sqrt(jnp.sum((v / scale) ** 2))


def unit(v: Any) -> float:
    """Machine epsilon of an array's type."""
    return float(jnp.finfo(v.dtype).eps)  # type: ignore[no-untyped-call]
