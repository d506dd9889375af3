"""What is refused, and in which words."""

import jax.numpy as jnp
import numpy as np
import pytest
from jax import random

from slopes import greeks as g

MARKET = g.Market(100.0, 1.0, 0.05, 0.2)


@pytest.mark.parametrize("name", ["spot", "strike", "expiry", "volatility"])
@pytest.mark.parametrize("bad", [0.0, -1.0, np.inf, np.nan])
def test_arguments_that_must_be_positive_are_refused_otherwise(name, bad):
    at = {"spot": 100.0, "strike": 100.0, "expiry": 1.0, "rate": 0.0, "volatility": 0.2}
    for option in (g.call, g.put, g.digital):
        with pytest.raises(ValueError, match=f"{name} must be positive and finite, got {name}="):
            option(**at | {name: bad})


def test_rate_price_step_steps_and_draws_are_checked():
    key = random.key(7)
    with pytest.raises(ValueError, match="rate must be finite, got rate=nan"):
        g.call(100.0, 100.0, 1.0, np.nan, 0.2)
    with pytest.raises(ValueError, match="price must be finite, got price=inf"):
        g.implied_volatility(np.inf, 100.0, 100.0, 1.0, 0.0)
    with pytest.raises(ValueError, match="draws must be at least 2, got draws=1"):
        g.monte_carlo(jnp.sin, MARKET, key=key, draws=1)
    for step in (0.0, 100.0):
        with pytest.raises(ValueError, match="step must be positive and below the spot, got step"):
            g.bumped(jnp.sin, MARKET, step=step, key=key, draws=2)
    with pytest.raises(ValueError, match="steps must be positive, got steps=0"):
        g.implied_volatility(5.0, 100.0, 100.0, 1.0, 0.0, steps=0)


@pytest.mark.parametrize("reason", [-1, 5])
def test_a_reason_that_does_not_exist_is_refused(reason):
    with pytest.raises(ValueError, match=f"reason must be in range.5., got reason={reason}"):
        g.why(reason)


@pytest.mark.parametrize("bad", [1j, True, "100"])
def test_what_is_no_real_number_is_refused(bad):
    with pytest.raises(TypeError, match="spot must be a real number or an array of them, got spot"):
        g.monte_carlo(jnp.sin, MARKET._replace(spot=bad), key=random.key(7), draws=2)
