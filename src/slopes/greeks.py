r"""Price a European option once, and take its sensitivities as derivatives.

With the asset's value :math:`S`, the strike's present value :math:`X = K e^{-rT}` and the spread
:math:`s = \sigma\sqrt T` of the logarithm, Black and Scholes' price of a call is

.. math:: C = S\,N(d_1) - X\,N(d_2), \qquad d_{1,2} = \frac{\log(S/X)}{s} \pm \frac s2 .

Its differential is :math:`\dd C = N(d_1)\,\dd S - N(d_2)\,\dd X + S\,N'(d_1)\,\dd s`, as the two
terms from :math:`\dd d_1` cancel. That is the rule given to JAX: plain differentiation would
subtract the two cancelling terms in floating point. All higher derivatives come from the rule.
Cost: two normal distribution functions a price; ten sensitivities need a few more exponentials.
It fails where :math:`N(d_1)` underflows, some 38 standard deviations out of the money; the price
out of the money loses :math:`\abs{d_1}/s` times :math:`d_1^2` roundoffs. A traced argument cannot
be checked: outside of its range the result is NaN.
Reference: Glasserman, *Monte Carlo Methods in Financial Engineering*, Springer 2003, chapter 7.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.stats import norm
from jaxtyping import Array, Float

__all__ = [
    "Estimate", "Greeks", "ImpliedVolatility", "Market", "bumped", "call", "digital", "explain",
    "greeks", "implied_volatility", "likelihood_ratio", "monte_carlo", "pathwise", "put",
]  # fmt: skip

Number = float | Float[np.ndarray, "..."] | Float[Array, "..."]
Option = Callable[..., Any]
Payoff = Callable[[Any], Any]

REASONS = ("the bracket is as tight as rounding allows", "the price is outside of its bounds")
TIGHT = 64  # halvings of a bracket between 1e-8 and 40 need 60; Newton's steps mostly ten


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


class ImpliedVolatility(NamedTuple):
    """A volatility found from a price; differentiable in all arguments of the search."""

    value: Any
    """The volatility, 0 where none exists."""
    converged: Any
    """Whether a volatility with this price exists and was found."""
    iterations: Any
    """Steps made."""
    residual: Any
    """Price at the value minus the given price."""
    reason: Any
    """Why it stopped: a code for `explain`."""


class Estimate(NamedTuple):
    """A mean over draws, and its standard error."""

    value: Any
    """The mean."""
    error: Any
    """Standard deviation over the square root of the number of draws."""


@jax.custom_jvp
def _black(asset: Any, cash: Any, spread: Any) -> Any:
    """Price the right to give `cash` for `asset`."""
    d1, d2 = _places(asset, cash, spread)
    return asset * norm.cdf(d1) - cash * norm.cdf(d2)


@_black.defjvp
def _black_rule(at: Any, along: Any) -> Any:
    d1, d2 = _places(*at)
    slopes = norm.cdf(d1), -norm.cdf(d2), at[0] * norm.pdf(d1)
    return _black(*at), sum(slope * dot for slope, dot in zip(slopes, along, strict=True))


def _places(asset: Any, cash: Any, spread: Any) -> tuple[Any, Any]:
    middle = jnp.log(asset / cash) / spread
    return middle + spread / 2, middle - spread / 2


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
    ValueError
        If an argument that is no tracer is outside of its range.

    Examples
    --------
    >>> print(f"{call(100.0, 100.0, 1.0, 0.05, 0.2):.4f}")
    10.4506
    """
    _check(spot=spot, strike=strike, expiry=expiry, rate=rate, volatility=volatility)
    cash, spread = strike * jnp.exp(-rate * expiry), volatility * jnp.sqrt(expiry)
    return _black(spot, cash, spread)


def put(spot: Number, strike: Number, expiry: Number, rate: Number, volatility: Number) -> Any:
    """Price the right to sell at the strike: a call on cash, paid with the asset; as `call`."""
    _check(spot=spot, strike=strike, expiry=expiry, rate=rate, volatility=volatility)
    cash, spread = strike * jnp.exp(-rate * expiry), volatility * jnp.sqrt(expiry)
    return _black(cash, spot, spread)


def digital(spot: Number, strike: Number, expiry: Number, rate: Number, volatility: Number) -> Any:
    """Price one unit of money, paid if the asset ends above the strike; arguments as `call`."""
    _check(spot=spot, strike=strike, expiry=expiry, rate=rate, volatility=volatility)
    discount = jnp.exp(-rate * expiry)
    _, d2 = _places(spot, strike * discount, volatility * jnp.sqrt(expiry))
    return discount * norm.cdf(d2)


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
    ValueError
        If an argument that is no tracer is outside of its range.

    Notes
    -----
    The gradient is one reverse pass; its derivatives along spot and along volatility are two
    forward passes over it.

    Examples
    --------
    >>> print(f"{greeks(call, 100.0, 100.0, 1.0, 0.05, 0.2).delta:.4f}")
    0.6368
    """
    _check(spot=spot, strike=strike, expiry=expiry, rate=rate, volatility=volatility)
    one = jnp.vectorize(lambda *at: tuple(_greeks(option, *at)))
    return Greeks(*one(spot, strike, expiry, rate, volatility))


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


def implied_volatility(
    price: Number, spot: Number, strike: Number, expiry: Number, rate: Number
) -> ImpliedVolatility:
    r"""Find the volatility at which a call has the given price.

    Newton's steps on the logarithm of the price out of the money, kept in a bracket that shrinks;
    the derivative is implicit, :math:`\dd\sigma = (\dd p - \dd_{\ne\sigma} C) / C_\sigma`.

    Parameters
    ----------
    price : number or array
        Of the call; between ``max(0, spot - strike * exp(-rate * expiry))`` and ``spot``.
    spot, strike, expiry, rate : number or array
        As `call` takes them.

    Returns
    -------
    ImpliedVolatility
        Each field of the broadcast shape. Where the price is outside of its bounds `converged` is
        False, the value is 0 and so is its derivative.

    Raises
    ------
    ValueError
        If an argument that is no tracer is outside of its range.

    Examples
    --------
    >>> found = implied_volatility(10.450583572185565, 100.0, 100.0, 1.0, 0.05)
    >>> print(f"{found.value:.6f}", explain(int(found.reason)))
    0.200000 the bracket is as tight as rounding allows
    """
    _check(spot=spot, strike=strike, expiry=expiry, rate=rate)
    _demand("price", price, "finite", np.isfinite)
    search = jnp.vectorize(lambda *at: tuple(_implied(*at)))
    return ImpliedVolatility(*search(price, spot, strike, expiry, rate))


def explain(reason: int) -> str:
    """Give the words of a reason's code."""
    return REASONS[reason]


def _implied(price: Any, *at: Any) -> ImpliedVolatility:
    held = jax.lax.stop_gradient((price, *at))
    sigma, valid, steps = _search(*held)
    residual = jnp.where(valid, _call(*held[1:], jnp.where(valid, sigma, 1)) - held[0], -held[0])
    value = jnp.where(valid, _attach(jnp.where(valid, sigma, 1), price, *at), 0)
    return ImpliedVolatility(value, valid, steps, residual, 1 - valid.astype(int))


def _search(price: Any, spot: Any, strike: Any, expiry: Any, rate: Any) -> Any:
    cash, root = strike * jnp.exp(-rate * expiry), jnp.sqrt(expiry)
    low, high = jnp.minimum(spot, cash), jnp.maximum(spot, cash)
    target = price - jnp.maximum(spot - cash, 0)  # of the option out of the money
    valid = (target > 0) & (target < low)

    def gap(s: Any) -> Any:  # a call on the smaller one, paid with the larger, has the target
        return jnp.log(_black(low, high, s)) - jnp.log(jnp.where(valid, target, low / 2))

    def step(state: Any) -> Any:
        left, right, s, count, _ = state
        value, slope = jax.value_and_grad(gap)(s)
        left, right = jnp.where(value < 0, s, left), jnp.where(value < 0, right, s)
        newton = s - value / slope
        new = jnp.where((newton > left) & (newton < right), newton, jnp.sqrt(left * right))
        done = jnp.abs(new - s) <= 2 * np.finfo(s.dtype).eps * s
        return left, right, new, count + 1, done

    start = jnp.sqrt(2 * jnp.abs(jnp.log(spot / cash))) + 0.1  # where the price bends
    state = (jnp.full_like(start, 1e-8), jnp.full_like(start, 40), start, 0, ~valid)
    *_, s, count, _ = jax.lax.while_loop(lambda at: ~at[4] & (at[3] < TIGHT), step, state)
    return s / root, valid, count


_call: Option = call


@jax.custom_jvp
def _attach(sigma: Any, *_at: Any) -> Any:
    """Hand on a volatility whose derivative is that of the solution."""
    return sigma


@_attach.defjvp
def _attach_rule(at: Any, along: Any) -> Any:
    sigma, price, *rest = at
    _, price_dot, *rest_dot = along
    sigma = _attach(sigma, price, *rest)  # so that the rule can be differentiated again
    _, moved = jax.jvp(lambda *r: _call(*r, sigma), tuple(rest), tuple(rest_dot))
    return sigma, (price_dot - moved) / jax.grad(call, 4)(*rest, sigma)


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
    ValueError
        If an argument that is no tracer is outside of its range.
    """
    _demand("step", step, "positive and below the spot", lambda h: (h > 0) & (h < market.spot))
    up, down = (market._replace(spot=market.spot + h) for h in (step, -step))
    z = _normals(market, key, draws)
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
    _check(**market._asdict())
    if draws < 2:
        raise ValueError(f"draws must be at least 2, got draws={draws!r}")
    return jax.random.normal(key, (draws,))


def _estimate(values: Any) -> Estimate:
    return Estimate(values.mean(), values.std(ddof=1) / jnp.sqrt(values.size))


def _check(**arguments: Any) -> None:
    for name, value in arguments.items():
        if name == "rate":
            _demand(name, value, "finite", np.isfinite)
        else:
            _demand(name, value, "positive and finite", lambda v: (v > 0) & (v < np.inf))


def _demand(name: str, value: Any, rule: str, holds: Callable[[Any], Any]) -> None:
    """Refuse a value that is no tracer and breaks the rule."""
    if not isinstance(value, jax.core.Tracer) and not np.all(holds(np.asarray(value))):
        raise ValueError(f"{name} must be {rule}, got {name}={value!r}")
