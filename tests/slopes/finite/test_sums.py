"""Error bars on sums of two scales, and at every scale of x and of the values."""

import math

import mpmath
import numpy as np
import pytest
from _sums import covering, sums

from slopes import finite

U = 2.0**-53


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_error_bar_holds_on_sums_of_two_scales(seed):
    found = covering(finite.derivative, list(sums(seed, 300)))
    assert found.covered >= 0.99
    assert found.worst < 30
    assert found.digits > 13.5
    assert found.evaluations < 60


def test_a_bar_that_is_a_hundred_times_too_short_is_caught():
    def boastful(fn, x, order):
        value, error, count = finite.derivative(fn, x, order=order)
        return value, error / 100, count

    assert covering(boastful, list(sums(1, 100))).covered < 0.5


def test_the_levels_near_x_are_what_makes_it_hold(monkeypatch):
    drawn = list(sums(2, 300))
    assert covering(finite.derivative, drawn).worst < 30
    monkeypatch.setattr(finite.adaptive, "_contradicting", lambda *_: None)
    assert covering(finite.derivative, drawn).worst > 1000


@pytest.mark.parametrize(
    ("fn", "x", "order", "true"),
    [
        (lambda x: x * x + math.atan(x), 20.0, 1, 40 + 1 / 401),
        (lambda x: x + 1 / x, 1000.0, 1, 1 - 1e-6),
        (lambda x: x + 1 / x, 1000.0, 2, 2e-9),
        (lambda x: x * x + 0.1 * math.exp(-x / 50), 0.04, 1, 0.08 - 0.002 * math.exp(-0.0008)),
        (lambda x: 3 * x + 1e-3 / (x - 7), 5.0, 1, 3 - 1e-3 / 4),
        (lambda x: -x * x + 1e-2 * math.tanh(x - 30), 12.0, 1, -24 + 1e-2 / math.cosh(18) ** 2),
        (lambda x: x**3 + math.exp(-((x - 3) ** 2)), 6.0, 1, 108 - 6 * math.exp(-9)),
    ],
)
def test_sums_that_a_wide_fit_got_wrong(fn, x, order, true):
    value, error, evaluations = finite.derivative(fn, x, order=order)
    assert abs(value - true) <= max(error, 4 * U * abs(true))
    assert error < 1e-6 * abs(true)
    assert evaluations < 150


SCALES = [10.0**e for e in (-290, -200, -150, -100, -30, 30, 100, 150, 154, 200, 250, 300)]


@pytest.mark.parametrize("x", SCALES)
@pytest.mark.parametrize(
    ("fn", "true"),
    [
        (math.sqrt, lambda x: 1 / (2 * mpmath.sqrt(x))),
        (math.log, lambda x: 1 / x),
        (math.cbrt, lambda x: mpmath.cbrt(x) / x / 3),
        (lambda x: 3 * x, lambda _: mpmath.mpf(3)),
    ],
)
def test_the_scale_of_x_does_not_matter(fn, true, x):
    value, error, _ = finite.derivative(fn, x)
    slope = float(true(mpmath.mpf(x)))
    assert abs(value - slope) <= max(error, 4 * U * abs(slope))
    assert error <= 1e-10 * abs(slope)


@pytest.mark.parametrize("x", [1e100, 1e154, 1e156, 1e200, 1e300])
def test_a_product_of_two_large_numbers_is_no_noise(x):
    value, error, _ = finite.derivative(lambda x: math.hypot(1, x), x)
    assert abs(value - 1) <= max(error, 4 * U)
    assert error <= 1e-10


def test_the_scale_of_the_values_does_not_matter():
    slopes = [
        finite.derivative(lambda x, a=a: a * math.sin(x), 1.0) for a in (2.0**-900, 1, 2.0**900)
    ]
    ratios = [
        (s.value / a, s.error / a) for s, a in zip(slopes, (2.0**-900, 1, 2.0**900), strict=True)
    ]
    assert np.allclose(ratios[0], ratios[1], rtol=1e-12)
    assert np.allclose(ratios[2], ratios[1], rtol=1e-12)


def test_points_that_rounding_has_pushed_together_are_fitted_all_the_same():
    # Half-widths of a few spacings: twice the same point makes the normal equations singular.
    basis = np.ones((17, 16))
    assert np.isfinite(finite.adaptive._least_squares(basis)).all()
