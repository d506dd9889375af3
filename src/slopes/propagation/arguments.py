"""What propagation accepts as mean, covariance and factor, and how it lays them flat.

A tree of numbers becomes a vector, its function one from vectors to vectors, and its covariance a
matrix; results take the way back. What is not traced is looked at, and refused if it is no
covariance: a compiled program cannot look, and takes what it is given.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from slopes._arguments import floating, size

__all__ = ["Task", "covariance", "demand_result", "factor_of", "flatten", "like_mean", "roundoff"]


class Task(NamedTuple):
    """A function laid flat at a point."""

    fn: Callable[[jax.Array], jax.Array]
    """From a vector of shape (n,) to a vector of shape (m,)."""
    x: jax.Array
    """The mean, shape (n,)."""
    mean: Any
    """The mean as it was given, its leaves arrays."""
    tree: Callable[[jax.Array], Any]
    """Builds what `fn` returned from a vector of shape (m,)."""
    shape: tuple[int, ...] | None
    """Of the value, if that is an array; None for any other tree."""

    def matrix(self, flat: jax.Array) -> jax.Array:
        """Give a matrix of shape (m, m) the shape of the value twice, if that is an array."""
        return flat if self.shape is None else flat.reshape(2 * self.shape)


def flatten(fn: Callable[[Any], Any], mean: Any) -> Task:
    """Lay a function flat at a point."""
    point = floating("mean", mean)
    leaves = jax.tree.leaves(point)
    if not size(point) or len({leaf.dtype for leaf in leaves}) > 1:
        raise ValueError(f"mean must hold at least one number, all of one dtype, got mean={mean!r}")
    x, tree = ravel_pytree(point)
    _demand_finite("mean", point)
    out = jax.eval_shape(fn, point)
    for leaf in jax.tree.leaves(out):
        if not jnp.issubdtype(leaf.dtype, jnp.floating):
            raise TypeError(f"fn must return real floating-point numbers, got dtype={leaf.dtype}")
    zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), out)
    _, back = ravel_pytree(zeros)
    return Task(lambda x: ravel_pytree(fn(tree(x)))[0], x, point, back, _shape(out))


def covariance(cov: Any, task: Task) -> jax.Array:
    """Check a covariance matrix against its mean; a symmetric array of shape (n, n)."""
    given, shape = floating("cov", cov), _shape(task.mean)
    wanted = 2 * shape if shape is not None else (task.x.size,) * 2
    if not _is_array(given) or given.shape != wanted:
        raise ValueError(
            f"cov must be a covariance matrix of shape {wanted}, variances on its diagonal, "
            f"got cov={cov!r}; for standard deviations s that are independent write jnp.diag(s**2)"
        )
    sigma = given.astype(task.x.dtype).reshape(2 * task.x.shape)
    if not isinstance(sigma, jax.core.Tracer):
        _demand_spread(np.asarray(sigma), cov, tol=math.sqrt(roundoff(cov, task)))
    symmetric: jax.Array = (sigma + sigma.T) / 2
    return symmetric


def roundoff(cov: Any, task: Task) -> float:
    """Machine epsilon of a covariance or of its mean, whichever has fewer digits."""
    dtypes = (getattr(cov, "dtype", task.x.dtype), task.x.dtype)
    return max(float(np.finfo(dtype).eps) for dtype in dtypes)


def _demand_spread(sigma: Any, cov: Any, *, tol: float) -> None:
    """Refuse a matrix that is no covariance, by more than half of the digits that it has."""
    _demand_finite("cov", sigma)
    size = np.sqrt(np.abs(np.diag(sigma)))
    scale = np.where(size > 0, size, 1)
    r = sigma / np.outer(scale, scale)  # a correlation matrix, whatever the units are
    if np.abs(r - r.T).max() > tol:
        raise ValueError(f"cov must be symmetric, got cov={cov!r}")
    if np.linalg.eigvalsh((r + r.T) / 2)[0] < -tol:
        raise ValueError(
            f"cov must have no negative variance in any direction, got cov={cov!r}; a covariance "
            "is at most the product of both standard deviations"
        )


def like_mean(name: str, tree: Any, task: Task) -> jax.Array:
    """Check variances, one for each number of the mean; a vector of shape (n,)."""
    given = floating(name, tree)
    if jax.tree.map(jnp.shape, given) != jax.tree.map(jnp.shape, task.mean):
        raise ValueError(
            f"{name} must have the structure and the shapes of mean, got {name}={tree!r}"
        )
    flat = ravel_pytree(given)[0].astype(task.x.dtype)
    _demand_finite(name, flat)
    if not isinstance(flat, jax.core.Tracer) and float(flat.min()) < 0:
        raise ValueError(f"{name} must not be negative, got {name}={tree!r}")
    return flat


def factor_of(factor: Any, task: Task) -> jax.Array:
    """Check a factor of a covariance against its mean; an array of shape (n, k)."""
    given, shape = floating("factor", factor), _shape(task.mean)
    rows = (task.x.size,) if shape is None else shape
    if not _is_array(given) or given.shape[:-1] != rows or given.size == 0:
        raise ValueError(
            f"factor must have the shape {rows} and an axis of columns, got factor={factor!r}"
        )
    _demand_finite("factor", given)
    columns: jax.Array = given.astype(task.x.dtype).reshape(task.x.size, -1)
    return columns


def demand_result(result: Any, why: str) -> Any:
    """Refuse a result that is not finite, where it can be looked at."""
    if any(_lost(leaf) for leaf in jax.tree.leaves(result)):
        raise ValueError(f"fn must be finite {why}, got {result!r}")
    return result


def _demand_finite(name: str, tree: Any) -> None:
    if any(_lost(leaf) for leaf in jax.tree.leaves(tree)):
        raise ValueError(f"{name} must be finite, got {name}={tree!r}")


def _lost(leaf: Any) -> bool:
    """Whether a leaf that is not traced holds a NaN or an infinity."""
    return not isinstance(leaf, jax.core.Tracer) and not bool(np.all(np.isfinite(leaf)))


def _is_array(tree: Any) -> bool:
    return bool(jax.tree_util.all_leaves([tree]))


def _shape(tree: Any) -> tuple[int, ...] | None:
    return tuple(tree.shape) if _is_array(tree) else None
