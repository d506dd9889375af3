"""The adaptive derivative of rough functions: noise and rounding of some percent."""

import math

import mpmath
import numpy as np
import pytest

from slopes import finite

ROUGH = {
    "noise 1e-1": (lambda y, draw: y + 0.1 * draw.normal(), 0.8),
    "noise 1e-2": (lambda y, draw: y + 0.01 * draw.normal(), 0.95),
    "noise 1e-3": (lambda y, draw: y + 0.001 * draw.normal(), 0.95),
    **{f"{k} digits": (lambda y, draw, k=k: round(y, k), 0.95) for k in range(1, 7)},  # noqa: ARG005
    "staircase": (lambda y, draw: math.floor(1024 * y) / 1024, 0.95),  # noqa: ARG005
}
SHAPES = {
    "sin": (math.sin, math.cos),
    "exp": (math.exp, math.exp),
    "atan": (math.atan, lambda x: 1 / (1 + x * x)),
    "2 + cos 3x": (lambda x: 2 + math.cos(3 * x), lambda x: -3 * math.sin(3 * x)),
}


def rough(kind, shape, seed):
    """Point, estimate and truth for one disturbed function; the noise differs at every call."""
    draw = np.random.default_rng(seed)
    x = draw.uniform(-2, 2)
    fn, slope = SHAPES[shape]
    return x, finite.derivative(lambda t: ROUGH[kind][0](fn(t), draw), x), slope(x)


@pytest.mark.parametrize("kind", ROUGH)
def test_bars_cover_rough_functions_and_are_finite_for_most(kind):
    # The climb jumped over the wave, because no change was 32 times the noise, and fitted the sine
    # of huge arguments: 40 of 40 slopes of sin + 0.1 noise were 0 with a bar of 1e-19.
    rows = [rough(kind, shape, seed) for shape in SHAPES for seed in range(15)]
    covered = [abs(found.value - slope) <= found.error for _, found, slope in rows]
    bounded = [math.isfinite(found.error) for _, found, _ in rows]
    assert np.mean(covered) >= 0.9
    assert np.mean(bounded) >= ROUGH[kind][1]


def test_bars_of_rough_functions_tell_something():
    # An infinite bar covers too. These are a few times noise / scale.
    for kind, size in (("noise 1e-1", 0.1), ("noise 1e-3", 1e-3), ("3 digits", 1e-3)):
        bars = [rough(kind, "sin", seed)[1].error for seed in range(15)]
        assert size < np.median(bars) < 16 * size


@pytest.mark.parametrize("digits_kept", [1, 3])
def test_a_rounded_sine_has_the_slope_of_the_sine(digits_kept):
    # 0.0055 +- 0.047 and -6.8e-22 +- 4e-21 instead of 0.5403.
    found = finite.derivative(lambda x: round(math.sin(x), digits_kept), 1.0)
    assert abs(found.value - math.cos(1.0)) <= found.error < 8 * 10.0**-digits_kept


@pytest.mark.parametrize(
    ("fn", "bar"),
    [
        (lambda x: round(math.sin(x), 6), 1e-5),
        (lambda x: float(np.float32(math.sin(x))), 1e-6),
    ],
)
def test_fine_rounding_costs_no_search(fn, bar):
    # A slope that two levels agree on is no noise, even if the next level is no larger.
    found = finite.derivative(fn, 0.8)
    assert abs(found.value - math.cos(0.8)) <= found.error < bar
    assert found.evaluations < 60


def test_a_wide_flat_stair_widens_the_bar_to_both_readings():
    # 1.0 +- 4.8e-15: the trend. The floor itself has slope 0.
    found = finite.derivative(math.floor, 1.5)
    assert abs(found.value) <= found.error
    assert abs(found.value - 1) <= found.error < 4


@pytest.mark.parametrize("x", [0.53, 0.549, 0.55, 3.456])
@pytest.mark.parametrize("steps", [7, 10, 16])
def test_the_slope_of_a_wide_piece_is_not_lost_to_the_trend_of_all_pieces(x, steps):
    # 11 +- 3e-14 for 1: far away, where no step can be seen, all was smooth.
    found = finite.derivative(lambda t: math.floor(steps * t) + t, x)
    assert abs(found.value - 1) <= found.error < 1e-11


def test_narrow_pieces_with_one_trend_are_rounding():
    # Near 0 the cosine is a staircase, and each stair of (1 - cos x)/x^2 has the slope -1000.
    found = finite.derivative(lambda t: (1 - math.cos(t)) / (t * t), 1e-3)
    assert abs(found.value + 1e-3 / 12) <= found.error < 1e-8


def test_a_wave_that_is_noise_at_every_distance_has_an_infinite_bar():
    # -9e-23 +- 5e-21.
    assert finite.derivative(lambda x: math.sin(1e13 * x), 1.0).error == math.inf


@pytest.mark.parametrize("x", [20.0, 25.0])
def test_a_function_that_is_constant_in_float64_keeps_the_roundoff_in_its_bar(x):
    # 1.4e-22 +- 3.1e-22 for 1.7e-17.
    found = finite.derivative(math.tanh, x)
    with mpmath.workdps(40):
        exact = float(mpmath.sech(x) ** 2)
    assert abs(found.value - exact) <= found.error < 1e-13
