"""What the formulas accept as nodes, steps and points; the errors name argument, rule and value."""

import math
from typing import Any

import numpy as np

from slopes._typing import Numbers
from slopes.finite.adaptive import checked_order, real_number

__all__ = [
    "as_double",
    "checked_nodes",
    "checked_step",
    "checked_steps",
    "checked_vector",
    "step_that_vanishes",
]


def as_double(values: Any) -> Any:
    """Numbers in double precision: the formulas must not add rounding errors of their own."""
    return values.astype(complex if values.dtype.kind == "c" else float, copy=False)


def checked_nodes(nodes: Numbers, order: int, least: int = 1) -> Any:
    """Nodes as an array of distinct numbers, more of them than the order."""
    s = np.asarray(nodes, dtype=float)
    if s.ndim != 1 or not np.isfinite(s).all() or len(set(s.tolist())) < s.size:
        raise ValueError(f"nodes must be distinct finite numbers in a row, got nodes={nodes!r}")
    if not least <= checked_order(order) < s.size:
        raise ValueError(
            f"order must be at least {least} and below the number of nodes {s.size}, "
            f"got order={order!r}"
        )
    return s


def checked_step(step: Any) -> float:
    """One positive number."""
    h, _ = real_number(step, "step must be one real number, got step")
    if not (math.isfinite(h) and h > 0):
        raise ValueError(f"step must be positive and finite, got step={step!r}")
    return h


def checked_steps(step: Any, shape: tuple[int, ...]) -> Any:
    """One positive number for each input."""
    array = np.asarray(step)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"step must be real, got step={step!r}")
    h = array.astype(float)
    if h.shape not in ((), shape):
        raise ValueError(
            f"step must be one number or have the shape {shape} of x, got step={step!r}"
        )
    if not (np.isfinite(h) & (h > 0)).all():
        raise ValueError(f"step must be positive and finite, got step={step!r}")
    return np.broadcast_to(h, shape)


def checked_vector(name: str, value: Numbers) -> Any:
    """Row of finite numbers, a copy: `fn` may hold the caller's array and write to it."""
    array = np.array(value)
    if array.dtype.kind in "cOUSM":
        raise TypeError(f"{name} must be real, got {name}={value!r}")
    if array.dtype.kind in "biu":
        array = array.astype(float)
    if array.ndim != 1 or array.size == 0 or not np.isfinite(array).all():
        raise ValueError(f"{name} must be a row of finite numbers, got {name}={value!r}")
    return array


def step_that_vanishes(h: float, point: float) -> ValueError:
    """Error for places that should differ and do not."""
    return ValueError(
        f"step must be large enough to change x={point!r} in its dtype, got step={h!r}; "
        "places that should differ round to the same number"
    )
