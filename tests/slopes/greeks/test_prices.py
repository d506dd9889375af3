"""Prices and sensitivities against closed forms in 50 digits."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from options import CASES, exact, exact_greeks, slopes_and_condition

from slopes import greeks as g

U = 2.0**-53
FLAT = (100.0, 100.0, 1.0, 0.0, 0.2)


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
        want = float(exact(kind, at))
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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_price_is_as_exact_as_its_inputs_allow_far_out_of_the_money_too(dtype):
    u, rng = np.finfo(dtype).eps / 2, np.random.default_rng(1)
    deviations = rng.uniform(0, 12 if dtype is np.float32 else 36, 300)
    spread = 10 ** rng.uniform(-3, 0.5, 300)
    strikes = (100 * np.exp(np.minimum(deviations * spread, 40))).astype(dtype)
    sigma = spread.astype(dtype)
    found = g.call(np.full_like(sigma, 100), strikes, np.ones_like(sigma), 0.0, sigma)
    worst = 0
    with mpmath.workdps(40):
        for k, v, price in zip(strikes.tolist(), sigma.tolist(), found.tolist(), strict=True):
            want, _, moved = slopes_and_condition((100, k, 1, 0, v))
            worst = max(worst, float(abs(price - want) / (u * moved)))
    assert found.dtype == dtype
    assert worst < 8


@pytest.mark.parametrize(("dtype", "deviations"), [(np.float32, 12.86), (np.float64, 37.45)])
def test_a_price_is_right_where_the_scaled_error_function_of_jax_has_a_gap(dtype, deviations):
    at = [dtype(a) for a in (100.0, 100 * np.exp(0.2 * deviations), 1.0, 0.0, 0.2)]
    with mpmath.workdps(40):
        want, _, moved = slopes_and_condition(at := [float(a) for a in at])
        error = abs(float(g.call(*map(dtype, at))) - want) / moved
    assert error < 8 * np.finfo(dtype).eps / 2


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


def test_whole_numbers_are_taken_as_real_ones():
    assert g.greeks(g.call, 100, 100, 1, 0, 0.2).delta == g.greeks(g.call, *FLAT).delta
    assert g.implied_volatility(8, 100, 100, 1, 0).converged
