"""The derivative that finds its own step: its battery, its error bar, its edges."""

import ctypes
import ctypes.util
import math
import re

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
import scipy.special
from differences import BENCHMARK, DTYPES, U, counting
from hypothesis import given, settings
from hypothesis import strategies as st

from slopes import finite
from slopes.compare import digits, relative_error
from slopes.finite import adaptive


@pytest.fixture(scope="module")
def battery():
    return [BENCHMARK.judge("slopes", BENCHMARK.ours, case) for case in BENCHMARK.CASES]


def test_the_battery_keeps_its_floor(battery):
    assert len(battery) >= 50
    assert len({row.group for row in battery}) == 7
    quiet = BENCHMARK.summary([row for row in battery if row.group != "noisy"])
    everything = BENCHMARK.summary(battery)
    assert quiet.digits >= 13
    assert quiet.failures == everything.failures == 0
    assert everything.cover >= 0.95
    assert everything.ratio <= 30
    assert everything.evaluations <= 60


@pytest.mark.parametrize("order", [1, 2])
def test_a_held_out_battery_keeps_the_floor_too(order):
    cases = BENCHMARK.held_out(seed=7, per_group=12)
    rows = [BENCHMARK.judge("slopes", BENCHMARK.ours, case, order) for case in cases]
    quiet = BENCHMARK.summary([row for row in rows if row.group != "noisy"])
    assert quiet.digits >= {1: 13, 2: 11}[order]
    assert quiet.failures <= 1
    assert BENCHMARK.summary(rows).cover >= 0.9
    assert BENCHMARK.summary(rows).evaluations <= 60


def test_an_error_bar_that_is_too_small_is_caught_by_the_floor(monkeypatch):
    monkeypatch.setattr(adaptive, "COVER", 0.02)
    rows = [BENCHMARK.judge("slopes", BENCHMARK.ours, case) for case in BENCHMARK.CASES[::3]]
    assert BENCHMARK.summary(rows).cover < 0.9


@pytest.mark.parametrize("case", BENCHMARK.CASES[::7], ids=lambda case: case.name)
def test_every_evaluation_is_counted_and_none_is_repeated(case):
    fn, calls = counting(case.fn)
    found = finite.derivative(fn, case.x, bounds=case.bounds)
    assert found.evaluations == len(calls) == len(set(calls))


LIBM = ctypes.CDLL(ctypes.util.find_library("m"))
LIBM.erf.restype, LIBM.erf.argtypes = ctypes.c_double, [ctypes.c_double]


@pytest.mark.parametrize(
    ("fn", "exact"),
    [
        (math.exp, math.exp(0.7)),
        (np.exp, math.exp(0.7)),
        (jax.jit(jnp.exp), math.exp(0.7)),
        (scipy.special.j0, -float(mpmath.besselj(1, 0.7))),
        (LIBM.erf, 2 / math.sqrt(math.pi) * math.exp(-0.49)),
    ],
    ids=["math", "numpy", "jax", "scipy", "ctypes"],
)
def test_any_code_that_returns_numbers_is_differentiated(fn, exact):
    found = finite.derivative(fn, 0.7)
    assert digits(found.value, exact) > 13
    assert abs(found.value - exact) <= found.error
    assert finite.central(fn, 0.7) == pytest.approx(exact, rel=1e-9)


def test_a_jitted_function_in_float32_mode_is_differentiated():
    with jax.enable_x64(False):
        fn = jax.jit(lambda x: jnp.sin(x) * jnp.exp(x))
        exact = math.exp(0.7) * (math.sin(0.7) + math.cos(0.7))
        found = finite.derivative(fn, 0.7)
        assert fn(0.7).dtype == jnp.float32
        assert digits(found.value, exact) > 5
        assert abs(found.value - exact) <= found.error
        assert finite.central(fn, 0.7) == pytest.approx(exact, rel=1e-4)
        rows = finite.gradient(jax.jit(lambda x: jnp.sum(x**2)), np.array([1.1, 2.0]))
        np.testing.assert_allclose(rows, [2.2, 4.0], rtol=1e-4)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_is_differentiated_to_most_of_its_digits(dtype):
    u = finite.unit_roundoff(dtype)
    found = finite.derivative(lambda x: np.asarray(np.exp(float(x))).astype(dtype)[()], dtype(1.0))
    assert relative_error(found.value, math.e) < 256 * u  # the bar that is good enough
    assert abs(found.value - math.e) <= found.error


def test_integers_in_and_out_are_numbers():
    found = finite.derivative(lambda x: int(x > -1e9), 3)
    assert found.value == 0
    assert found.error < 1e-12


@settings(max_examples=30)
@given(
    a=st.floats(0.1, 10),
    x=st.floats(-3, 3),
    order=st.sampled_from([1, 2]),
)
def test_derivatives_of_waves_lie_within_their_error_bars(a, x, order):
    found = finite.derivative(lambda t: math.sin(a * t), x, order=order)
    with mpmath.workdps(30):
        exact = mpmath.mpf(a) * mpmath.cos(mpmath.mpf(a) * mpmath.mpf(x))
        if order == 2:
            exact = -(mpmath.mpf(a) ** 2) * mpmath.sin(mpmath.mpf(a) * mpmath.mpf(x))
    # Not every bar holds (95 % do): thrice the bar does.
    assert abs(found.value - exact) <= 3 * found.error + U * abs(float(exact))
    assert found.error < 1e-9 * a**order


@settings(max_examples=30)
@given(scale=st.integers(-200, 200))
def test_scaling_x_by_a_power_of_two_scales_the_answer_exactly(scale):
    s = 2.0**scale
    plain = finite.derivative(math.sin, 0.7)
    scaled = finite.derivative(lambda x: math.sin(x / s), 0.7 * s)
    if 2.0**-10 < s < 2.0**10:  # within reach of the same climb
        assert scaled.value * s == pytest.approx(plain.value, rel=1e-12)
    assert digits(scaled.value * s, math.cos(0.7)) > 12


def test_derivatives_obey_the_sum_and_product_rules():
    x = 0.6
    f, g = finite.derivative(math.sin, x), finite.derivative(math.exp, x)
    total = finite.derivative(lambda t: math.sin(t) + math.exp(t), x)
    product = finite.derivative(lambda t: math.sin(t) * math.exp(t), x)
    assert abs(total.value - f.value - g.value) <= total.error + f.error + g.error
    expected = f.value * math.exp(x) + math.sin(x) * g.value
    assert abs(product.value - expected) <= product.error + 2 * f.error + g.error


def test_a_kink_has_an_error_as_large_as_the_difference_of_its_slopes():
    found = finite.derivative(abs, 0.0)
    assert found.value == 0
    assert found.error == pytest.approx(2)
    assert finite.derivative(abs, 0.0, order=2).error == math.inf


def test_a_kink_beside_a_large_value_has_an_error_as_large_as_its_slopes():
    found = finite.derivative(lambda x: 5 + abs(x - 1), 1.0)
    assert abs(found.value) <= 1
    assert found.error >= 1


def test_a_kink_of_the_slope_widens_the_bars():
    # Bars of smooth functions are below 1e-12 here. The curvature is 0 on the left, 2 on the right;
    # what comes out is the mean, with a bar of some percent of the jump only.
    slope = finite.derivative(lambda x: x * abs(x) + 3, 0.0)
    assert abs(slope.value) < 2 * slope.error < 1e-2
    curvature = finite.derivative(lambda x: max(x, 0.0) ** 2, 0.0, order=2)
    assert curvature.value == pytest.approx(1)
    assert curvature.error > 0.02


def test_one_stair_of_a_staircase_is_not_taken_for_a_jump():
    # x + 1.57 is rounded far more coarsely than x itself, so that tan is a staircase of x.
    x = 0.0002885920204188352
    found = finite.derivative(lambda t: math.tan(t + 1.5707963267948966), x)
    with mpmath.workdps(40):
        exact = 1 / mpmath.cos(mpmath.mpf(x) + mpmath.mpf(1.5707963267948966)) ** 2
    assert abs(found.value - exact) <= found.error < 1e-6 * abs(found.value)


def test_a_kink_nearby_does_no_harm():
    found = finite.derivative(lambda x: abs(x - 0.5), 0.5 + 1e-6)
    assert found.value == pytest.approx(1, rel=1e-12)
    assert found.error < 1e-9


def test_a_jump_has_an_infinite_error():
    assert finite.derivative(lambda x: math.floor(x + 1.0), 1.0).error == math.inf
    assert finite.derivative(lambda x: math.copysign(1, x), 0.0).error == math.inf


@pytest.mark.parametrize(
    ("fn", "x", "sign"),
    [
        (math.sqrt, 0.0, 1),
        (lambda x: -math.sqrt(1 - x), 1.0, 1),
        (np.cbrt, 0.0, 1),
        (lambda x: math.sqrt(-x), 0.0, -1),
    ],
)
def test_an_infinite_slope_is_named(fn, x, sign):
    found = finite.derivative(fn, x)
    assert found.value == sign * math.inf
    assert found.error == math.inf


def test_an_infinite_curvature_is_named_where_the_slope_is_fine():
    def fn(x):
        return x * math.sqrt(x)

    assert finite.derivative(fn, 0.0, order=2).error == math.inf
    assert abs(finite.derivative(fn, 0.0).value) < 1e-12


@pytest.mark.parametrize("x", [0.0, 1e-9, 0.1])
@pytest.mark.parametrize("outside", ["raise", "nan", "inf", "overflow"])
def test_the_end_of_the_domain_is_noticed_and_avoided(x, outside):
    def fn(t):
        if t >= 0:
            return math.exp(t)
        return {
            "raise": lambda: math.sqrt(t),
            "nan": lambda: math.nan,
            "inf": lambda: math.inf,
            "overflow": lambda: math.exp(1e9),
        }[outside]()

    found = finite.derivative(fn, x)
    assert digits(found.value, math.exp(x)) > 11
    assert abs(found.value - math.exp(x)) <= found.error


def test_the_function_is_never_called_outside_of_its_bounds():
    fn, calls = counting(math.atan)
    found = finite.derivative(fn, 1.0, bounds=(0.9, 1.0))
    assert 0.9 <= min(calls) <= max(calls) <= 1.0
    assert abs(found.value - 0.5) <= found.error < 1e-9


def test_an_exception_at_x_itself_is_the_callers_to_see():
    with pytest.raises(ValueError) as own:  # its words differ from Python to Python
        math.log(-1.0)
    with pytest.raises(ValueError, match=re.escape(str(own.value))):
        finite.derivative(math.log, -1.0)


def test_other_exceptions_are_not_swallowed():
    def fn(x):
        if x != 1.0:
            raise RuntimeError("broken instrument")
        return x

    with pytest.raises(RuntimeError, match="broken instrument"):
        finite.derivative(fn, 1.0)


def test_a_hole_in_the_domain_is_avoided():
    # Finite at the ends of the first interval, NaN within.
    def fn(x):
        return math.nan if 0.15 < abs(x - 1) < 0.2 else math.exp(x)

    found = finite.derivative(fn, 1.0)
    assert abs(found.value - math.e) <= found.error < 1e-9


def test_a_function_that_is_finite_at_too_few_points_has_an_infinite_error():
    def fn(x):
        return x if x == 1 or math.frexp(x - 1)[0] in (-0.75, -0.5, 0.5, 0.75) else math.nan

    found = finite.derivative(fn, 1.0)
    assert found.value == 1
    assert found.error == math.inf


def test_a_point_alone_between_two_walls_still_has_a_derivative():
    found = finite.derivative(math.exp, 1.0, bounds=(1.0 - 1e-12, 1.0 + 1e-12))
    assert abs(found.value - math.e) <= found.error < 0.1


@pytest.mark.parametrize("x", [5e-324, 1e-300, 1e-20, 1e20, 1e300, 1.7e308])
def test_absurd_scales_give_an_answer_or_an_infinite_error(x):
    found = finite.derivative(lambda t: t / 3, x)
    assert found.error == math.inf or abs(found.value - 1 / 3) <= found.error + U
    assert finite.derivative(lambda t: math.exp(-t * t), x).error >= 0


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("x", [0.0, 1.0, 1e8])
def test_a_constant_is_flat_and_cheap(x, order):
    found = finite.derivative(lambda t: 3, x, order=order)  # noqa: ARG005
    assert found.value == 0
    assert found.error < 1e-12
    assert found.evaluations < 60


def test_white_noise_around_nothing_is_not_taken_for_a_slope():
    found = finite.derivative(BENCHMARK.hash_noise, 1.0)
    assert abs(found.value) <= found.error


def test_noise_that_changes_at_every_call_is_endured():
    draw = np.random.default_rng(5)
    found = finite.derivative(lambda x: math.sin(x) + 1e-6 * draw.normal(), 1.0)
    assert abs(found.value - math.cos(1.0)) <= found.error < 1e-3


@pytest.mark.parametrize("x", [1e-4, 1e-6])
def test_cancellation_that_looks_smooth_at_first_is_climbed_over(x):
    # For tiny steps cos(x) is one and the same number, and only 1/x^2 varies: slope -1e4 and more.
    found = finite.derivative(lambda t: (1 - math.cos(t)) / t**2, x)
    assert abs(found.value + x / 12) <= found.error < 1e-4


def test_a_wave_beyond_the_climb_is_not_jumped_over():
    found = finite.derivative(lambda x: math.sin(17920.0 * x) + x * x, -1.99366)
    exact = 17920.0 * math.cos(17920.0 * -1.99366) - 2 * 1.99366
    assert relative_error(found.value, exact) < 1e-9


def test_repr_tells_all_three():
    assert repr(finite.Estimate(1.0, 0.5, 7)) == "Estimate(value=1.0, error=0.5, evaluations=7)"
