"""What all functions of this package accept, and how they refuse the rest."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Real

from slopes._typing import Array, Scalar

__all__ = ["Number", "Option", "Payoff", "check", "checked", "demand", "of_one_dtype"]

Number = Scalar | Real[Array, "..."]
Option = Callable[..., Any]
Payoff = Callable[[Any], Any]


def check(**arguments: Any) -> None:
    """Refuse a rate that is not finite, and what else is not positive and finite, by name."""
    for name, value in arguments.items():
        if name == "rate":
            demand(name, value, "finite", np.isfinite)
        else:
            demand(name, value, "positive and finite", lambda v: (v > 0) & (v < np.inf))


def checked(spot: Number, strike: Number, expiry: Number, rate: Number, sigma: Number) -> list[Any]:
    """Check an option's five arguments, and bring them to one dtype."""
    check(spot=spot, strike=strike, expiry=expiry, rate=rate, volatility=sigma)
    return of_one_dtype(spot, strike, expiry, rate, sigma)


def demand(name: str, value: Any, rule: str, holds: Callable[[Any], Any]) -> None:
    """Refuse a value that is no tracer and is no real number, or breaks the rule."""
    if isinstance(value, jax.core.Tracer):
        return
    numbers = np.asarray(value)
    if not any(jnp.issubdtype(numbers.dtype, kind) for kind in (jnp.integer, jnp.floating)):
        raise TypeError(f"{name} must be a real number or an array of them, got {name}={value!r}")
    if not np.all(holds(numbers)):
        raise ValueError(f"{name} must be {rule}, got {name}={value!r}")


def of_one_dtype(*arguments: Any) -> list[Any]:
    """Bring all to the widest dtype among them, which is floating."""
    dtype = jnp.result_type(float, *arguments)
    return [jnp.asarray(value, dtype) for value in arguments]
