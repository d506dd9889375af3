"""Implied volatilities against the volatility of an exact price, wherever the price holds it."""

import jax
import mpmath
import numpy as np
import pytest
from options import exact_greeks, slopes_and_condition

from slopes import greeks as g

STRIKES = [1.0, 20.0, 90.0, 99.999, 100.0, 100.1, 120.0, 300.0, 2000.0, 10000.0]
EXPIRIES = [0.0001, 0.02, 1.0, 30.0]
VOLATILITIES = [0.01, 0.05, 0.2, 0.8, 4.0]
MOST = 6  # steps, where the price holds the volatility


def swept(dtype):
    """Exact prices in the given precision, and what each says of its volatility.

    A volatility is known to its own rounding and to the rounding of price and inputs over vega.
    """
    rate, u = dtype(0.01), float(np.finfo(dtype).eps) / 2
    grid = np.array(np.meshgrid(STRIKES, EXPIRIES, VOLATILITIES), dtype).reshape(3, -1)
    prices, known = [], []
    with mpmath.workdps(40):
        for strike, expiry, sigma in grid.T.tolist():
            price, vega, moved = slopes_and_condition((100, strike, expiry, float(rate), sigma))
            prices.append(float(price))
            known.append(float(u * moved / vega) + u * sigma if vega > 1e-300 else np.inf)
    strike, expiry, sigma = grid
    spot, rate = np.full_like(strike, 100), np.full_like(strike, rate)
    return (spot, strike, expiry, rate), sigma, np.array(prices, dtype), np.array(known)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_volatility_of_an_exact_price_is_found_as_well_as_the_price_holds_it(dtype):
    at, sigma, prices, known = swept(dtype)
    found = g.implied_volatility(prices, *at)
    assert found.value.dtype == dtype
    normal = (prices > 100 * np.finfo(dtype).tiny) & (prices < 100)
    held = normal & (known < 0.01 * sigma)
    assert held.sum() > 80
    assert np.all(found.converged[held])
    error = np.abs(np.asarray(found.value, float) - sigma)
    assert np.all((error <= 8 * known)[held])
    assert int(found.iterations[held].max()) <= MOST


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_price_gives_a_nan_or_runs_out_of_steps(dtype):
    at, _, prices, _ = swept(dtype)
    found = g.implied_volatility(prices, *at)
    assert all(np.all(np.isfinite(field)) for field in found)
    assert set(np.unique(found.reason)) <= {0, 2, 3}
    np.testing.assert_array_equal(found.converged, found.reason == 0)
    np.testing.assert_array_equal(found.value == 0, found.reason != 0)
    size = np.finfo(dtype).eps * 100
    assert np.all(np.abs(found.residual)[np.asarray(found.converged)] <= 8 * size)


def test_at_the_money_one_step_confirms_the_start():
    price = g.call(100.0, 100.0, 1.0, 0.0, 0.2)
    assert g.implied_volatility(price, 100.0, 100.0, 1.0, 0.0).iterations == 1


def test_a_search_that_may_not_go_on_says_so():
    at = (100.0, 140.0, 1.0, 0.05)
    price = g.call(*at, 0.2)
    short = g.implied_volatility(price, *at, steps=1)
    assert not short.converged
    assert g.why(int(short.reason)) == "the steps are used up"
    assert short.iterations == 1
    assert abs(short.residual - (g.call(*at, short.value) - price)) < 1e-13
    assert abs(short.residual) > 1e-6


def test_a_traced_argument_out_of_range_gives_no_nan_and_a_reason():
    @jax.jit
    def search(price, spot):
        return g.implied_volatility(price, spot, 100.0, 1.0, 0.0)

    for price, spot in [(np.nan, 100.0), (5.0, -100.0), (5.0, np.inf)]:
        found = search(price, spot)
        assert not found.converged
        assert found.value == 0
        assert found.residual == np.inf
        assert g.why(int(found.reason)) == "an argument is outside of its range"
        slope = jax.grad(lambda p, s: search(p, s).value, (0, 1))(price, spot)
        assert slope == (0, 0)
    assert search(5.0, 100.0).converged


def test_many_searches_are_one_under_jit_and_vmap():
    strikes = np.array([60.0, 100.0, 170.0])
    prices = np.array([g.call(100.0, k, 0.5, 0.02, 0.3) for k in strikes])
    one = [
        g.implied_volatility(p, 100.0, k, 0.5, 0.02) for p, k in zip(prices, strikes, strict=True)
    ]
    many = jax.jit(jax.vmap(lambda p, k: g.implied_volatility(p, 100.0, k, 0.5, 0.02)))
    found = many(prices, strikes)
    np.testing.assert_array_equal(found.iterations, [f.iterations for f in one])
    np.testing.assert_allclose(found.value, [f.value for f in one], rtol=1e-13)


def test_the_derivative_of_an_implied_volatility_is_one_over_vega():
    at, sigma = (100.0, 110.0, 1.0, 0.05), 0.2
    price = g.call(*at, sigma)
    slopes = jax.grad(lambda *a: g.implied_volatility(*a).value, (0, 1))(price, *at)
    want = exact_greeks("call", (*at, sigma))
    assert abs(slopes[0] * float(want["vega"]) - 1) < 1e-12
    assert abs(slopes[1] + float(want["delta"] / want["vega"])) < 1e-12
    twice = jax.grad(jax.grad(lambda p: g.implied_volatility(p, *at).value))(price)
    assert abs(twice * float(want["vega"] ** 3 / want["volga"]) + 1) < 1e-10


def test_forward_and_reverse_derivatives_agree_in_all_arguments():
    at = (100.0, 110.0, 1.0, 0.05)
    price = g.call(*at, 0.2)
    value = lambda *a: g.implied_volatility(*a).value  # noqa: E731
    args = tuple(range(5))
    forward, reverse = (d(value, args)(price, *at) for d in (jax.jacfwd, jax.grad))
    want = exact_greeks("call", (*at, 0.2))
    slopes = [1, *(-want[n] for n in ("delta", "dual_delta")), want["theta"], -want["rho"]]
    for one, other, slope in zip(forward, reverse, slopes, strict=True):
        assert abs(one - other) <= 1e-12 * abs(one)
        assert abs(one * float(want["vega"] / slope) - 1) < 1e-11


@pytest.mark.parametrize("price", [-1.0, 0.0, 14.0, 100.0, 120.0])
def test_a_price_outside_of_its_bounds_has_no_volatility(price):
    strike = 90.0 if price == 14.0 else 110.0  # worth 100 - 90 exp(-0.05), 14.39, without any
    at = (100.0, strike, 1.0, 0.05)
    found = g.implied_volatility(price, *at)
    slope = jax.grad(lambda p: g.implied_volatility(p, *at).value)(price)
    assert not found.converged
    assert found.value == slope == 0
    sure = max(0, 100 - strike * np.exp(-0.05))
    assert abs(found.residual - (sure - price)) < 1e-13
    words = "not above what the option" if price < 100 else "not below that of the asset"
    assert words in g.why(int(found.reason))
