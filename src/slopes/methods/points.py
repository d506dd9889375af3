"""Points and shapes: a problem takes a number or several, and its derivative has a shape."""

from typing import Any

import numpy as np

from slopes import finite
from slopes.problems import Problem

__all__ = ["inputs", "matrix", "replaced", "shaped", "shaped_as", "steps"]


def inputs(problem: Problem, x: Any) -> Any:
    """Return the point as a float or an array."""
    return float(x) if problem.kind == "scalar" else np.array(x, dtype=float)


def shaped_as(x: Any, values: np.ndarray) -> Any:
    """Give an array of shape (n,) the form of the point x: a number stays one."""
    return tuple(values.tolist()) if np.ndim(x) else float(values[0])


def replaced(x: Any, j: int, t: Any) -> Any:
    """Return the point x with input j replaced by t."""
    return [*x[:j], t, *x[j + 1 :]] if np.ndim(x) else t


def steps(x: Any) -> np.ndarray:
    """Return the best steps of central differences for functions that change on the scale of x."""
    h: np.ndarray = finite.optimal_step(finite.CENTRAL) * np.maximum(np.abs(np.atleast_1d(x)), 1.0)
    return h


def matrix(problem: Problem, derivative: Any) -> np.ndarray:
    """Give a derivative the shape (m, n)."""
    return np.asarray(derivative, dtype=float).reshape(-1, len(problem.domain))


def shaped(problem: Problem, jac: np.ndarray) -> np.ndarray:
    """Give a matrix of shape (m, n) the shape of the problem's derivative."""
    return np.asarray({"scalar": jac[0, 0], "gradient": jac[0], "jacobian": jac}[problem.kind])
