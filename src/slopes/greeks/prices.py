"""Prices of three European options in closed form, with the rule of their slopes."""

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax.scipy.special import erfcx
from jax.scipy.stats import norm

from slopes.greeks.arguments import Number, checked

__all__ = ["call", "digital", "put"]

FAR, LEVELS = 12.0, 10  # Laplace's continued fraction has all digits from there


@jax.custom_jvp
def black(asset: Any, cash: Any, spread: Any) -> Any:
    """Price the right to give `cash` for `asset`.

    As asset * N'(d1) = cash * N'(d2), the tails that are subtracted share a
    factor: with R(d), the tail over the density, the price is
    asset * N'(d1) * (R(d1) - R(d2)) where both d are negative, and more by the
    asset where d1, less by the cash where d2 is not. So no rounding is
    multiplied by more than the price's own condition number, however far out
    of the money.
    """
    d1, d2 = places(asset, cash, spread)
    sure = jnp.where(d1 >= 0, asset, 0) - jnp.where(d2 >= 0, cash, 0)
    return sure + asset * norm.pdf(d1) * (scaled_tail(d1) - scaled_tail(d2))


@black.defjvp
def black_rule(at: Any, along: Any) -> Any:
    """Give the slopes N(d1), -N(d2) and asset * N'(d1)."""
    d1, d2 = places(*at)
    slopes = norm.cdf(d1), -norm.cdf(d2), at[0] * norm.pdf(d1)
    pairs = zip(slopes, along, strict=True)
    return black(*at), sum(slope * dot for slope, dot in pairs)


def places(asset: Any, cash: Any, spread: Any) -> tuple[Any, Any]:
    """Compute d1 and d2."""
    middle = jnp.log(asset / cash) / spread
    return middle + spread / 2, middle - spread / 2


def scaled_tail(d: Any) -> Any:
    """Divide the tail beyond `d`, on its own side of 0, by the density: negative for d >= 0."""
    size = jnp.abs(d)
    near = math.sqrt(math.pi / 2) * erfcx(jnp.minimum(size, FAR) / math.sqrt(2))
    # JAX 0.10.2's erfcx is 0 where erfc is denormal: beyond 13.0, in double precision 37.5.
    far = jnp.maximum(size, FAR)
    below = far
    for level in reversed(range(1, LEVELS)):
        below = far + level / below
    ratio = jnp.where(size < FAR, near, 1 / below)
    return jnp.where(d < 0, ratio, -ratio)


def call(spot: Number, strike: Number, expiry: Number, rate: Number, volatility: Number) -> Any:
    """Price the right to buy at the strike.

    Parameters
    ----------
    spot, strike : number or array
        Value of the asset and price agreed on, positive.
    expiry : number or array
        Years, positive.
    rate : number or array
        Continuous rate of interest per year, finite.
    volatility : number or array
        Per square root of a year, positive.

    Returns
    -------
    array
        Of the broadcast shape.

    Raises
    ------
    TypeError
        If an argument is no real number or array of them.
    ValueError
        If an argument that is no tracer is outside of its range.

    Examples
    --------
    >>> print(f"{call(100.0, 100.0, 1.0, 0.05, 0.2):.4f}")
    10.4506
    """
    return black(*_present(spot, strike, expiry, rate, volatility))


def put(spot: Number, strike: Number, expiry: Number, rate: Number, volatility: Number) -> Any:
    """Price the right to sell at the strike: a call on cash, paid with the asset; as `call`."""
    asset, cash, spread = _present(spot, strike, expiry, rate, volatility)
    return black(cash, asset, spread)


def digital(spot: Number, strike: Number, expiry: Number, rate: Number, volatility: Number) -> Any:
    """Price one unit of money, paid if the asset ends above the strike; arguments as `call`."""
    at = checked(spot, strike, expiry, rate, volatility)
    discount = jnp.exp(-at[3] * at[2])
    _, d2 = places(at[0], at[1] * discount, at[4] * jnp.sqrt(at[2]))
    return discount * norm.cdf(d2)


def _present(*given: Number) -> tuple[Any, Any, Any]:
    """Compute what the closed forms need: the asset, the strike's present value, the spread."""
    spot, strike, expiry, rate, volatility = checked(*given)
    return spot, strike * jnp.exp(-rate * expiry), volatility * jnp.sqrt(expiry)
