"""Simulated prices and slopes against their own error bars."""

import jax
import jax.numpy as jnp
import pytest

from slopes import greeks as g

MARKET = g.Market(100.0, 1.0, 0.05, 0.2)
KEY = jax.random.key(7)


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
