r"""Prices and their slopes by simulation: the payoff is differentiated, or the density.

With :math:`S_T = S\,e^{(r-\sigma^2/2)T + \sigma\sqrt T Z}` and the density :math:`p` of
:math:`S_T`, the price is :math:`\int g\,p` and its slope, in whatever moves the asset, is

.. math:: \int g'\,\partial S_T\,p \quad\text{(pathwise)} \qquad\text{or}\qquad
   \int g\,(\partial\log p)\,p \quad\text{(likelihood ratio)}.

The first needs a payoff without jumps; the second takes any, and is noisier where both are right.
Its error bar means something only if draws meet the payoff: where none pays, it is 0 as well.
Cost: a few operations a draw; errors fall with the square root of the number of draws.
Reference: Glasserman, *Monte Carlo Methods in Financial Engineering*, Springer 2003, chapter 7.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from slopes.greeks.arguments import Option, Payoff, check, demand

__all__ = [
    "Estimate", "Market", "bumped", "likelihood_ratio", "monte_carlo", "pathwise",
]  # fmt: skip


class Market(NamedTuple):
    """What a Monte-Carlo price depends on besides the payoff; each a number."""

    spot: Any
    """Value of the asset today."""
    expiry: Any
    """Years until the payment."""
    rate: Any
    """Continuous rate of interest, per year."""
    volatility: Any
    """Standard deviation of the asset's logarithm, per square root of a year."""


class Estimate(NamedTuple):
    """A mean over draws, and its standard error."""

    value: Any
    """The mean."""
    error: Any
    """Standard deviation over the square root of the number of draws."""


def monte_carlo(payoff: Payoff, market: Market, *, key: Any, draws: int) -> Estimate:
    """Estimate a price by the mean of discounted payoffs.

    Parameters
    ----------
    payoff : Callable
        From the asset's value at expiry, one number, to the payment.
    market : Market
        Four numbers.
    key : array
        A key of `jax.random`.
    draws : int
        At least 2.

    Returns
    -------
    Estimate
        Value and error of the price.

    Raises
    ------
    TypeError
        If an argument is no real number.
    ValueError
        If an argument that is no tracer is outside of its range.
    """
    z = _normals(market, key, draws)
    return _estimate(jax.vmap(lambda z: _discounted(payoff, market, z))(z))


def pathwise(payoff: Payoff, market: Market, *, key: Any, draws: int) -> Market:
    """Estimate the slopes of a price by the mean of the payoffs' derivatives, draw by draw.

    Right for a payoff without jumps; a jump, whose slope is 0 almost everywhere, is not seen.
    Arguments and errors as `monte_carlo`; returns a `Market` of estimates.
    """
    slope = jax.grad(lambda market, z: _discounted(payoff, market, z))
    slopes = jax.vmap(slope, (None, 0))(market, _normals(market, key, draws))
    return Market(*map(_estimate, slopes))


def likelihood_ratio(payoff: Payoff, market: Market, *, key: Any, draws: int) -> Market:
    """Estimate the slopes of a price by payoff times the slope of the log density.

    Right for every payoff that can be integrated; the density is differentiated, not the payoff.
    Arguments and errors as `monte_carlo`; returns a `Market` of estimates.
    """

    def weight(market: Market, end: Any) -> Any:  # log of discount times density, up to a constant
        z = (jnp.log(end / market.spot) - _drift(market)) / _spread(market)
        return -market.rate * market.expiry - z**2 / 2 - jnp.log(_spread(market))

    def slopes(z: Any) -> Market:
        score = jax.grad(weight)(market, _end(market, z))
        return Market(*(_discounted(payoff, market, z) * part for part in score))

    return Market(*map(_estimate, jax.vmap(slopes)(_normals(market, key, draws))))


def bumped(
    payoff: Payoff, market: Market, *, step: float, key: Any, draws: int, other: Any = None
) -> Estimate:
    """Estimate delta by a central difference of two Monte-Carlo prices.

    Parameters
    ----------
    payoff, market, key, draws
        As `monte_carlo` takes them.
    step : float
        Of the spot, positive and below it.
    other : array, optional
        Key for the lower price; without it both prices use the same, common, random numbers.

    Returns
    -------
    Estimate
        Value and error of the difference quotient; its bias is of the order of ``step**2``.

    Raises
    ------
    TypeError
        If an argument is no real number.
    ValueError
        If an argument that is no tracer is outside of its range.
    """
    z = _normals(market, key, draws)
    most = jnp.inf if isinstance(market.spot, jax.core.Tracer) else market.spot
    demand("step", step, "positive and below the spot", lambda h: (h > 0) & (h < most))
    up, down = (market._replace(spot=market.spot + h) for h in (step, -step))
    below = z if other is None else _normals(market, other, draws)
    price: Option = jax.vmap(lambda market, z: _discounted(payoff, market, z), (None, 0))
    return _estimate((price(up, z) - price(down, below)) / (2 * step))


def _spread(market: Market) -> Any:
    return market.volatility * jnp.sqrt(market.expiry)


def _drift(market: Market) -> Any:
    return (market.rate - market.volatility**2 / 2) * market.expiry


def _end(market: Market, z: Any) -> Any:
    return market.spot * jnp.exp(_drift(market) + _spread(market) * z)


def _discounted(payoff: Payoff, market: Market, z: Any) -> Any:
    return jnp.exp(-market.rate * market.expiry) * payoff(_end(market, z))


def _normals(market: Market, key: Any, draws: int) -> Any:
    check(**market._asdict())
    if draws < 2:
        raise ValueError(f"draws must be at least 2, got draws={draws!r}")
    return jax.random.normal(key, (draws,), jnp.result_type(float, *market))


def _estimate(values: Any) -> Estimate:
    return Estimate(values.mean(), values.std(ddof=1) / jnp.sqrt(values.size))
