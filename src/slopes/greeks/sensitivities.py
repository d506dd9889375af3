"""Ten sensitivities of a price: its gradient, and two directions of its Hessian."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from slopes.greeks.arguments import Number, Option, checked

__all__ = ["Greeks", "greeks"]


class Greeks(NamedTuple):
    """Ten sensitivities of a price; those to time are for time that passes."""

    delta: Any
    """Slope in the spot."""
    dual_delta: Any
    """Slope in the strike."""
    theta: Any
    """Minus the slope in the expiry."""
    rho: Any
    """Slope in the rate."""
    vega: Any
    """Slope in the volatility."""
    gamma: Any
    """Slope of delta in the spot."""
    charm: Any
    """Minus the slope of delta in the expiry."""
    vanna: Any
    """Slope of delta in the volatility."""
    volga: Any
    """Slope of vega in the volatility."""
    veta: Any
    """Minus the slope of vega in the expiry."""


def greeks(
    option: Option, spot: Number, strike: Number, expiry: Number, rate: Number, volatility: Number
) -> Greeks:
    """Compute ten sensitivities of a price: its gradient, and two directions of its Hessian.

    Parameters
    ----------
    option : Callable
        `call`, `put`, `digital`, or any function of these five arguments that returns one number.
    spot, strike, expiry, rate, volatility : number or array
        As `call` takes them.

    Returns
    -------
    Greeks
        Each of the broadcast shape.

    Raises
    ------
    TypeError
        If an argument is no real number or array of them.
    ValueError
        If an argument that is no tracer is outside of its range.

    Notes
    -----
    The gradient is one reverse pass; its derivatives along spot and along volatility are two
    forward passes over it.

    Examples
    --------
    >>> from slopes.greeks import call
    >>> print(f"{greeks(call, 100.0, 100.0, 1.0, 0.05, 0.2).delta:.4f}")
    0.6368
    """
    at = checked(spot, strike, expiry, rate, volatility)
    one = jnp.vectorize(lambda *at: tuple(_greeks(option, *at)))
    return Greeks(*one(*at))


def _greeks(option: Option, spot: Any, strike: Any, expiry: Any, rate: Any, sigma: Any) -> Greeks:
    def gradient(spot: Any, sigma: Any) -> Any:
        return jax.grad(option, (0, 1, 2, 3, 4))(spot, strike, expiry, rate, sigma)

    one, none = jnp.ones_like(spot), jnp.zeros_like(spot)
    first, by_spot = jax.jvp(gradient, (spot, sigma), (one, none))
    _, by_sigma = jax.jvp(gradient, (spot, sigma), (none, one))
    delta, dual_delta, by_expiry, rho, vega = first
    gamma, _, later, _, vanna = by_spot
    _, _, vega_later, _, volga = by_sigma
    return Greeks(delta, dual_delta, -by_expiry, rho, vega,
                  gamma, -later, vanna, volga, -vega_later)  # fmt: skip
