"""Prices and sensitivities against closed forms in 50 digits; estimators against their errors."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

from slopes import greeks as g

U = 2.0**-53
CASES = [
    (100.0, 100.0, 1.0, 0.05, 0.2),
    (100.0, 130.0, 0.5, 0.01, 0.3),
    (100.0, 60.0, 2.0, -0.01, 0.25),
    (100.0, 101.0, 0.01, 0.03, 0.2),
    (100.0, 400.0, 0.5, 0.02, 0.2),
]
MARKET = g.Market(100.0, 1.0, 0.05, 0.2)
KEY = jax.random.key(7)


def exact(kind, at):
    """Price of mpmath's closed form at numbers of mpmath."""
    s, k, t, r, v = at
    d1 = (mpmath.log(s / k) + (r + v**2 / 2) * t) / (v * mpmath.sqrt(t))
    d2, x = d1 - v * mpmath.sqrt(t), mpmath.exp(-r * t)
    return {
        "call": s * mpmath.ncdf(d1) - k * x * mpmath.ncdf(d2),
        "put": k * x * mpmath.ncdf(-d2) - s * mpmath.ncdf(-d1),
        "digital": x * mpmath.ncdf(d2),
    }[kind]


def exact_greeks(kind, at):
    orders = {
        "delta": (1, 0, 0, 0, 0), "dual_delta": (0, 1, 0, 0, 0), "theta": (0, 0, 1, 0, 0),
        "rho": (0, 0, 0, 1, 0), "vega": (0, 0, 0, 0, 1), "gamma": (2, 0, 0, 0, 0),
        "charm": (1, 0, 1, 0, 0), "vanna": (1, 0, 0, 0, 1), "volga": (0, 0, 0, 0, 2),
        "veta": (0, 0, 1, 0, 1),
    }  # fmt: skip
    with mpmath.workdps(60):
        at = tuple(map(mpmath.mpf, at))
        return {
            name: mpmath.diff(lambda *a: exact(kind, a), at, order) * (-1 if order[2] else 1)
            for name, order in orders.items()
        }


def roundoffs(at):
    """Bound on roundoffs lost: the exponent's d**2, and 1/s for each division by the spread."""
    s, k, t, r, v = at
    spread = v * t**0.5
    d = abs(np.log(s / k) + r * t) / spread + spread
    return 16 * (1 + d**2) * (1 + d) / spread**2 * U


@pytest.mark.parametrize("at", CASES)
@pytest.mark.parametrize("kind", ["call", "put", "digital"])
def test_prices_are_those_of_the_closed_form(kind, at):
    with mpmath.workdps(60):
        want = float(exact(kind, tuple(map(mpmath.mpf, at))))
    assert abs(getattr(g, kind)(*at) - want) <= roundoffs(at) * abs(want)


@pytest.mark.parametrize("at", CASES)
@pytest.mark.parametrize("kind", ["call", "put", "digital"])
def test_ten_sensitivities_are_derivatives_of_the_closed_form(kind, at):
    found, want = g.greeks(getattr(g, kind), *at), exact_greeks(kind, at)
    assert set(found._fields) == set(want)
    for name, value in found._asdict().items():
        size = abs(float(want[name]))
        if name == "theta":  # the interest on the price cancels with the rest
            size += abs(at[3]) * float(getattr(g, kind)(*at))
        assert abs(value - float(want[name])) <= roundoffs(at) * size, name


def test_the_rule_keeps_digits_that_plain_differentiation_loses():
    at = (100.0, 101.5, 0.0001, 0.0, 0.2)

    def plain(s):
        root = at[4] * at[2] ** 0.5
        d1 = jnp.log(s / at[1]) / root + root / 2
        cdf = jax.scipy.stats.norm.cdf
        return s * cdf(d1) - at[1] * cdf(d1 - root)

    want = float(exact_greeks("call", at)["delta"])
    lost = abs(jax.grad(plain)(100.0) - want) / want
    kept = abs(g.greeks(g.call, *at).delta - want) / want
    assert kept <= roundoffs(at)
    assert lost > 3 * kept


def test_sensitivities_take_arrays_and_jit():
    strikes = np.array([80.0, 100.0, 120.0])
    many = jax.jit(lambda k: g.greeks(g.call, 100.0, k, 1.0, 0.05, 0.2))(strikes)
    one = g.greeks(g.call, 100.0, 120.0, 1.0, 0.05, 0.2)
    assert all(m.shape == (3,) for m in many)
    np.testing.assert_allclose([m[2] for m in many], one, rtol=1e-13)


@pytest.mark.parametrize("sigma", [0.05, 0.2, 0.9])
@pytest.mark.parametrize("strike", [80.0, 105.0, 130.0])
def test_the_implied_volatility_has_the_price(strike, sigma):
    at = (100.0, strike, 1.0, 0.05)
    price = g.call(*at, sigma)
    found = g.implied_volatility(price, *at)
    # A price is known to its rounding, so its volatility to that over vega, beside its own.
    vega = g.greeks(g.call, *at, sigma).vega
    known = 8 * U * price / vega + 2 * roundoffs((*at, sigma)) * sigma
    assert found.converged
    assert abs(found.value - sigma) <= known
    assert g.explain(int(found.reason)) == g.REASONS[0]


def test_the_derivative_of_an_implied_volatility_is_one_over_vega():
    at, sigma = (100.0, 110.0, 1.0, 0.05), 0.2
    price = g.call(*at, sigma)
    slopes = jax.grad(lambda *a: g.implied_volatility(*a).value, (0, 1))(price, *at)
    want = exact_greeks("call", (*at, sigma))
    assert abs(slopes[0] * float(want["vega"]) - 1) < 1e-12
    assert abs(slopes[1] + float(want["delta"] / want["vega"])) < 1e-12
    twice = jax.grad(jax.grad(lambda p: g.implied_volatility(p, *at).value))(price)
    assert abs(twice * float(want["vega"] ** 3 / want["volga"]) + 1) < 1e-10


@pytest.mark.parametrize("price", [-1.0, 0.0, 100.0, 120.0])
def test_a_price_outside_of_its_bounds_has_no_volatility(price):
    found = g.implied_volatility(price, 100.0, 110.0, 1.0, 0.05)
    slope = jax.grad(lambda p: g.implied_volatility(p, 100.0, 110.0, 1.0, 0.05).value)(price)
    assert not found.converged
    assert found.value == slope == 0
    assert found.residual == -price
    assert g.explain(int(found.reason)) == g.REASONS[2 if price <= 0 else 3]


def payoff_of_call(end):
    return jnp.maximum(end - 100, 0)


def payoff_of_digital(end):
    return jnp.where(end > 100, 1.0, 0.0)


def close(estimate, want):
    """Within four standard errors, which must be small but not 0."""
    return 0 < estimate.error < 0.05 * abs(want) + 0.05 and abs(estimate.value - want) < (
        4 * estimate.error
    )


def test_a_monte_carlo_price_has_its_error():
    found = g.monte_carlo(payoff_of_call, MARKET, key=KEY, draws=100_000)
    assert close(found, g.call(100.0, 100.0, 1.0, 0.05, 0.2))


def slopes_of(option):
    s, t, r, v = jax.grad(option, (0, 2, 3, 4))(100.0, 100.0, 1.0, 0.05, 0.2)
    return g.Market(s, t, r, v)


@pytest.mark.parametrize("method", [g.pathwise, g.likelihood_ratio])
def test_both_estimators_are_right_for_a_call(method):
    found = method(payoff_of_call, MARKET, key=KEY, draws=200_000)
    for estimate, want in zip(found, slopes_of(g.call), strict=True):
        assert abs(estimate.value - want) < 4 * estimate.error
        assert 0 < estimate.error < 0.05 * abs(want)


def test_a_jump_is_seen_by_the_likelihood_ratio_only():
    found = g.pathwise(payoff_of_digital, MARKET, key=KEY, draws=1000)
    assert found.spot.value == 0 == found.spot.error
    found = g.likelihood_ratio(payoff_of_digital, MARKET, key=KEY, draws=200_000)
    for estimate, want in zip(found, slopes_of(g.digital), strict=True):
        assert abs(estimate.value - want) < 4 * estimate.error


def test_common_random_numbers_shrink_the_error_of_a_difference():
    common = g.bumped(payoff_of_call, MARKET, step=0.5, key=KEY, draws=50_000)
    other = jax.random.key(8)
    apart = g.bumped(payoff_of_call, MARKET, step=0.5, key=KEY, draws=50_000, other=other)
    want = slopes_of(g.call).spot
    assert close(common, want)
    assert abs(apart.value - want) < 4 * apart.error
    assert apart.error > 20 * common.error


@pytest.mark.parametrize("name", ["spot", "strike", "expiry", "volatility"])
@pytest.mark.parametrize("bad", [0.0, -1.0, np.inf, np.nan])
def test_arguments_that_must_be_positive_are_refused_otherwise(name, bad):
    at = {"spot": 100.0, "strike": 100.0, "expiry": 1.0, "rate": 0.0, "volatility": 0.2}
    for option in (g.call, g.put, g.digital):
        with pytest.raises(ValueError, match=f"{name} must be positive and finite, got {name}="):
            option(**at | {name: bad})


def test_rate_price_step_and_draws_are_checked():
    with pytest.raises(ValueError, match="rate must be finite, got rate=nan"):
        g.call(100.0, 100.0, 1.0, np.nan, 0.2)
    with pytest.raises(ValueError, match="price must be finite, got price=inf"):
        g.implied_volatility(np.inf, 100.0, 100.0, 1.0, 0.0)
    with pytest.raises(ValueError, match="draws must be at least 2, got draws=1"):
        g.monte_carlo(payoff_of_call, MARKET, key=KEY, draws=1)
    for step in (0.0, 100.0):
        with pytest.raises(ValueError, match="step must be positive and below the spot, got step"):
            g.bumped(payoff_of_call, MARKET, step=step, key=KEY, draws=2)
