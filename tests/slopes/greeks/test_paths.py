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


def test_a_bump_is_found_where_the_spot_is_traced():
    # TracerBoolConversionError once: the step was compared with a spot that has no value yet
    def delta(spot):
        return g.bumped(payoff_of_call, MARKET._replace(spot=spot), step=0.5, key=KEY, draws=100)

    one, many = delta(100.0), jax.vmap(delta)(jnp.array([90.0, 100.0]))
    assert jnp.allclose(many.value[1], one.value, rtol=1e-12)
    assert jnp.allclose(many.error[1], one.error, rtol=1e-12)
    with pytest.raises(ValueError, match="step must be positive and below the spot, got step=-1"):
        jax.jit(lambda s: g.bumped(payoff_of_call, MARKET._replace(spot=s), step=-1.0, key=KEY,
                                   draws=100))(100.0)  # fmt: skip


def test_a_likelihood_ratio_is_blind_where_no_draw_pays():
    far = MARKET._replace(spot=40.0)
    found = g.likelihood_ratio(payoff_of_digital, far, key=KEY, draws=20_000).spot
    assert found.value == 0 == found.error
    assert jax.grad(g.digital)(40.0, 100.0, 1.0, 0.05, 0.2) > 2e-6


def test_a_spot_that_is_no_number_is_refused_before_the_step():
    with pytest.raises(TypeError, match="spot must be a real number"):
        g.bumped(payoff_of_call, MARKET._replace(spot="a"), step=0.5, key=KEY, draws=100)
