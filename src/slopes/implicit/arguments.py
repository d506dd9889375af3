"""What the functions of this topic accept, and how a tree becomes one vector and back."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from slopes._arguments import floating, size

__all__ = [
    "demand_kind",
    "demand_tolerance",
    "eps",
    "in_precision",
    "norm",
    "real",
    "row",
    "settled",
    "stopping",
]


def real(x: Any, name: str = "x0") -> Any:
    """Arrays of real floating-point numbers, one number at least."""
    arrays = floating(name, x)
    if not size(arrays):
        raise ValueError(f"{name} must hold at least one number, got {name}={x!r}")
    return arrays


def settled(name: str, fn: Callable[[Any], Any], x: Any) -> Any:
    """Give Python's numbers in x the precision in which fn answers, and refuse another kind."""
    answer = jax.eval_shape(fn, x)
    trees: list[Any] = [jax.tree.structure(tree) for tree in (answer, x)]
    if trees[0] == trees[1]:
        x = jax.tree.map(lambda leaf, to: in_precision(leaf, to.dtype), x, answer)
    demand_kind(name, answer, x)
    return x


def in_precision(leaf: jax.Array, kind: Any) -> jax.Array:
    """Give a number that Python wrote, and that has no precision of its own, a precision."""
    return leaf.astype(kind) if leaf.weak_type and jnp.issubdtype(kind, jnp.floating) else leaf


def demand_kind(name: str, got: Any, model: Any) -> None:
    """Refuse a function whose values are not of the kind of its argument."""
    kinds = [
        jax.tree.map(lambda leaf: (jnp.shape(leaf), jnp.result_type(leaf)), tree)
        for tree in (got, model)
    ]
    if kinds[0] != kinds[1]:
        raise ValueError(
            f"{name} must return the structure, shapes and dtypes of its argument, {kinds[1]}, "
            f"got {kinds[0]}"
        )


def demand_tolerance(tol: Any) -> None:
    """Refuse a tolerance that is none; a traced one is the caller's business."""
    if isinstance(tol, bool | str | complex) or np.ndim(tol):
        raise TypeError(f"tol must be one real number, got tol={tol!r}")
    if not isinstance(tol, jax.core.Tracer) and not 0 < tol < 1:
        raise ValueError(f"tol must be between 0 and 1, got tol={tol!r}")


def stopping(found: Any) -> Any:
    """Refuse what a solver gives if nobody can see in it whether the search ended well."""
    if not (
        isinstance(found, tuple) and {"value", "converged"} <= set(getattr(found, "_fields", ()))
    ):
        raise TypeError(
            "solver must return a named tuple with the fields value and converged, got "
            f"{type(found).__name__}"
        )
    return found


def row(tree: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Give all numbers of a tree as one vector, and what makes a tree of such a vector."""
    flat, back = ravel_pytree(tree)
    return flat, lambda numbers: back(numbers)


def eps(tree: Any) -> float:
    """Machine epsilon of the least precise number of a tree."""
    kinds = {jnp.result_type(leaf) for leaf in jax.tree.leaves(tree)}
    return max(float(jnp.finfo(kind).eps) for kind in kinds)  # type: ignore[no-untyped-call]


def norm(tree: Any) -> Any:
    """Euclidean length of all numbers of a tree, which neither overflows nor underflows."""
    flat, _ = row(tree)
    top = jnp.max(jnp.abs(flat))
    scale = jnp.where((top > 0) & jnp.isfinite(top), top, 1)
    return scale * jnp.linalg.norm(flat / scale)
