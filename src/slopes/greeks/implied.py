r"""The volatility that a price implies, found in a few steps and differentiated by its equation.

With low and high the smaller and the larger of :math:`S` and :math:`X`, let :math:`p` be the price
of the option out of the money over low, :math:`q = 1 - p`, :math:`k = \log(high/low)` and
:math:`s = \sigma\sqrt T`. Then :math:`p = N(d_1) - e^k N(d_2)` with :math:`d_{1,2} = -k/s \pm s/2`,
and :math:`p < N(d_1)`, :math:`N(-d_1) < q \le 2N(-d_1)`, :math:`p \le 2N(s/2) - 1` hold the root in

.. math:: \max\bigl(2w,\; z + \sqrt{z^2 + 2k}\bigr) \;\le\; s \;\le\; w + \sqrt{w^2 + 2k},
   \qquad z = N^{-1}(p),\quad w = -N^{-1}(q/2).

Halley's steps solve for what is almost straight in :math:`s`: :math:`(-\log p)^{-1/2}` below
the point :math:`s^2 = 2k` where the price bends, :math:`p` above it, :math:`w` above a half. A
step that leaves the bracket is replaced by its middle. The derivative is implicit,
:math:`\dd\sigma = (\dd p - \dd_{\ne\sigma} C) / C_\sigma`.
Cost: three or four steps, six at most where tried, each two prices. It fails where the price does
not hold the volatility: an error of the price becomes one over vega times as large.
Reference: Jäckel, Let's be rational, *Wilmott* 2015, 40-53, for the three parts; Manaster and
Koehler, *Journal of Finance* 37 (1982) 227-230, for the bend.
"""

import math
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import erfinv, ndtr, ndtri
from jax.scipy.stats import norm

from slopes.greeks.arguments import Number, Option, check, demand, of_one_dtype
from slopes.greeks.prices import black, call, places, scaled_tail

__all__ = ["REASONS", "ImpliedVolatility", "implied_volatility", "why"]

CONVERGED, OUT_OF_STEPS, TOO_LOW, TOO_HIGH, REFUSED = range(5)
REASONS = (
    "a step moves less than rounding does",
    "the steps are used up",
    "the price is not above what the option is worth without volatility",
    "the price is not below that of the asset",
    "an argument is outside of its range",
)
"""Why a search stopped, by its code; a volatility exists for the first two."""
STEPS = 64

_price: Option = call


class ImpliedVolatility(NamedTuple):
    """A volatility found from a price; differentiable in all arguments of the search."""

    value: Any
    """The volatility, 0 where none exists."""
    converged: Any
    """Whether a volatility with this price exists and was found."""
    iterations: Any
    """Steps made."""
    residual: Any
    """Price at the value minus the given price; infinite where an argument is out of its range."""
    reason: Any
    """Why it stopped, a code for `why`."""


def implied_volatility(
    price: Number, spot: Number, strike: Number, expiry: Number, rate: Number, *, steps: int = STEPS
) -> ImpliedVolatility:
    """Find the volatility at which a call has the given price.

    Parameters
    ----------
    price : number or array
        Of the call; between ``max(0, spot - strike * exp(-rate * expiry))`` and ``spot``.
    spot, strike, expiry, rate : number or array
        As `call` takes them.
    steps : int
        Steps at most, positive.

    Returns
    -------
    ImpliedVolatility
        Each field of the broadcast shape. Where no volatility exists, or an argument that JAX
        traces is outside of its range, `converged` is False, the value is 0 and so is its
        derivative; `reason` says which.

    Raises
    ------
    TypeError
        If an argument is no real number or array of them.
    ValueError
        If an argument that is no tracer is outside of its range.

    Examples
    --------
    >>> found = implied_volatility(10.450583572185565, 100.0, 100.0, 1.0, 0.05)
    >>> print(f"{found.value:.6f}", why(int(found.reason)))
    0.200000 a step moves less than rounding does
    """
    check(spot=spot, strike=strike, expiry=expiry, rate=rate)
    demand("price", price, "finite", np.isfinite)
    if steps < 1:
        raise ValueError(f"steps must be positive, got steps={steps!r}")
    search = jnp.vectorize(lambda *at: tuple(_implied(steps, *at)))
    return ImpliedVolatility(*search(*of_one_dtype(price, spot, strike, expiry, rate)))


def why(reason: int) -> str:
    """Say in words why a search stopped.

    Parameters
    ----------
    reason : int
        The field `reason` of one result, not traced.

    Returns
    -------
    str
        The words.

    Raises
    ------
    ValueError
        If there is no such reason.
    """
    if reason not in range(len(REASONS)):
        raise ValueError(f"reason must be in range({len(REASONS)}), got reason={reason!r}")
    return REASONS[reason]


@partial(jax.jit, static_argnums=0)  # or each call that is not traced compiles the loop anew
def _implied(steps: int, *given: Any) -> ImpliedVolatility:
    usable = jnp.isfinite(jnp.stack(given)).all() & (jnp.stack(given[1:4]) > 0).all()
    price, *at = (
        jnp.where(usable, value, 1) for value in given
    )  # so that no nan is differentiated
    spot, strike, expiry, rate = at
    held = jax.lax.stop_gradient((price, spot, strike * jnp.exp(-rate * expiry)))
    spread, count, reason = _search(steps, *held)
    reason = jnp.where(usable, reason, REFUSED)
    exists = reason <= OUT_OF_STEPS
    sigma = jnp.where(exists, spread / jnp.sqrt(jax.lax.stop_gradient(expiry)), 1)
    worth = jnp.where(exists, _price(*at, sigma), jnp.maximum(held[1] - held[2], 0))
    residual = jnp.where(usable, jax.lax.stop_gradient(worth) - held[0], jnp.inf)
    value = jnp.where(exists, _attach(sigma, price, *at), 0)
    return ImpliedVolatility(value, reason == CONVERGED, count, residual, reason)


def _search(steps: int, price: Any, spot: Any, cash: Any) -> tuple[Any, Any, Any]:
    """Find the spread of the logarithm: itself, the steps made, and the reason to stop."""
    low, high = jnp.minimum(spot, cash), jnp.maximum(spot, cash)
    k, eps = jnp.log(high / low), np.finfo(low.dtype).eps
    p = (price - jnp.maximum(spot - cash, 0)) / low
    q = (spot - price) / low
    missing = jnp.where(p <= 0, TOO_LOW, jnp.where(q <= 0, TOO_HIGH, CONVERGED))
    p, q = (jnp.where(missing == CONVERGED, part, 0.5) for part in (p, q))

    def step(state: Any) -> Any:
        left, right, s, count, last, _ = state
        move = _step(p, q, low, high, s)
        up = ~(move <= 0)  # where the price underflows, the move is nan, and s too small
        left, right = jnp.where(up, s, left), jnp.where(up, right, s)
        inside = (s + move >= left) & (s + move <= right)
        new = jnp.where(inside, s + move, (left + right) / 2)
        size = jnp.abs(new - s)
        # Steps are of third order: behind one below the cube root of rounding, one more is all.
        done = (size <= 4 * eps * s) | (last <= jnp.cbrt(eps) * s)
        return left, right, new, count + 1, jnp.where(inside, size, jnp.inf), done

    left, right = _bracket(p, q, k)
    left, right = left * (1 - 8 * eps), right * (1 + 8 * eps)
    state = (
        left,
        right,
        jnp.where(_is_low(p, k), left, jnp.maximum(left, jnp.sqrt(2 * k))),
        0,
        jnp.inf,
        missing != CONVERGED,
    )
    *_, s, count, _, done = jax.lax.while_loop(lambda at: ~at[5] & (at[3] < steps), step, state)
    return s, count, jnp.where(done, missing, OUT_OF_STEPS)


def _bracket(p: Any, q: Any, k: Any) -> tuple[Any, Any]:
    z, w = ndtri(p), _half(p, q)
    root = jnp.sqrt(z**2 + 2 * k)
    below = jnp.where(z < 0, 2 * k / (root + jnp.abs(z)), z + root)
    return jnp.maximum(2 * w, below), w + jnp.sqrt(w**2 + 2 * k)


def _half(p: Any, q: Any) -> Any:
    """Compute w = -ndtri(q / 2), whichever of p and q = 1 - p is the smaller one."""
    return jnp.where(p < q, math.sqrt(2) * erfinv(p), -ndtri(q / 2))


def _is_low(p: Any, k: Any) -> Any:
    """Whether the price is below its bend, where s**2 = 2 * k, d1 = 0 and d2 = -s."""
    return p < 0.5 - scaled_tail(-jnp.sqrt(2 * k)) / math.sqrt(2 * math.pi)


def _step(p: Any, q: Any, low: Any, high: Any, s: Any) -> Any:
    """Compute Halley's step from `s`, in the variable that is almost straight."""
    d1, d2 = places(low, high, s)
    density, bend = norm.pdf(d1), d1 * d2 / s  # slope of the price, and of the slope's logarithm
    part = jnp.where(_is_low(p, jnp.log(high / low)), 0, jnp.where(p < q, 1, 2))
    ways = (
        _below_bend(p, d1, d2, bend),
        ((p - black(low, high, s) / low) / density, bend),
        _above_half(p, q, ndtr(-d1) + high / low * ndtr(d2), density, bend),
    )
    move, curve = (jnp.choose(part, list(three), mode="clip") for three in zip(*ways, strict=True))
    return move / jnp.maximum(1 + move * curve / 2, 0.5)


def _below_bend(p: Any, d1: Any, d2: Any, bend: Any) -> Any:
    """Solve for (-log p)**(-1/2), with the price as density times gap, which do not underflow."""
    gap = jnp.where(d1 < 0, scaled_tail(d1) - scaled_tail(d2), 1)
    length, wanted = d1**2 / 2 + math.log(2 * math.pi) / 2 - jnp.log(gap), -jnp.log(p)
    ratio = length / wanted
    move = 2 * ratio * (length - wanted) / (1 + jnp.sqrt(ratio)) * gap
    return move, bend + (1.5 / length - 1) / gap


def _above_half(p: Any, q: Any, now: Any, density: Any, bend: Any) -> Any:
    """Solve for w, with `now` in place of q."""
    w = -ndtri(now / 2)
    slope = density / norm.pdf(w) / 2
    return (_half(p, q) - w) / slope, bend + w * slope


@jax.custom_jvp
def _attach(sigma: Any, *_at: Any) -> Any:
    """Hand on a volatility whose derivative is that of the solution."""
    return sigma


@_attach.defjvp
def _attach_rule(at: Any, along: Any) -> Any:
    sigma, price, *rest = at
    _, price_dot, *rest_dot = along
    sigma = _attach(sigma, price, *rest)  # so that the rule can be differentiated again
    _, moved = jax.jvp(lambda *r: _price(*r, sigma), tuple(rest), tuple(rest_dot))
    return sigma, (price_dot - moved) / jax.grad(_price, 4)(*rest, sigma)
