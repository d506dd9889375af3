"""The end of the domain in other words."""

import math

import pytest

from slopes import finite


@pytest.mark.parametrize(("x", "slope"), [(0.0, 0.0), (1e-9, 1.5e-9**0.5 * 1.5**0.5)])
def test_complex_values_beside_x_are_the_end_of_the_domain(x, slope):
    # TypeError: float() argument must be ... not 'complex'.
    found = finite.derivative(lambda t: t**1.5, x)
    assert found.value == pytest.approx(slope, rel=1e-9, abs=1e-12)
    assert finite.derivative(lambda t: t**0.5, 0.0).value == math.inf


@pytest.mark.parametrize("order", [1, 2])
def test_a_slope_that_is_infinite_like_a_logarithm_is_named(order):
    # -93.7 +- 0.92.
    def fn(t):
        return t**order * math.log(abs(t)) if t else 0.0

    if order == 1:
        found = finite.derivative(fn, 0.0)
        assert (found.value, found.error) == (-math.inf, math.inf)
    assert finite.derivative(lambda t: math.nan if t < 0 else fn(t), 0.0, order=order).error > 1e9


@pytest.mark.parametrize(
    ("fn", "x", "bounds", "true"),
    [
        (math.exp, 1.0, (1.0, 2.0), math.e),
        (math.tanh, -0.1, (-0.1, 0.9), 2 * math.tanh(0.1) / math.cosh(0.1) ** 2),
        (math.sin, 2.0, (1.0, 2.0), -math.sin(2)),
        (math.atan, 0.5, (0.5, 9.0), -2 * 0.5 / 1.25**2),
    ],
)
def test_a_bend_measured_from_one_side_is_six_times_as_noisy(fn, x, bounds, true):
    # It denied fits that were right: 2.71 +- 0.04 for exp, -1e5 +- 2e6 for tanh.
    value, error, _ = finite.derivative(fn, x, order=2, bounds=bounds)
    assert abs(value - true) <= error < 1e-7
