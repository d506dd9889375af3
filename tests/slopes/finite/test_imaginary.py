"""The complex step."""

import cmath
import math

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from differences import U

from slopes import finite
from slopes.compare import relative_error


def squire_trapp(x, m=np):
    """The classic test function of the complex step."""
    return m.exp(x) / (m.sin(x) ** 3 + m.cos(x) ** 3)


@pytest.mark.parametrize(
    ("fn", "x", "exact"),
    [
        (np.exp, 1.0, math.e),
        (np.sin, 0.3, math.cos(0.3)),
        (lambda x: x**3, 2.0, 12.0),
        (np.log, 1e-200, 1e200),
        (cmath.sqrt, 4.0, 0.25),
        (np.tanh, 0.0, 1.0),
    ],
)
def test_complex_step_is_right_to_two_units_in_the_last_place(fn, x, exact):
    assert abs(finite.complex_step(fn, x) - exact) <= 2 * math.ulp(exact)


def test_complex_step_needs_no_luck_with_the_step():
    with mpmath.workdps(40):
        exact = float(mpmath.diff(lambda t: squire_trapp(t, mpmath.mp), 1.5))
    for step in (1e-9, 1e-30, 1e-100, 1e-300):
        assert relative_error(finite.complex_step(squire_trapp, 1.5, step=step), exact) < 8 * U


def test_complex_step_of_a_float32_point_computes_in_complex64():
    kinds = []

    def fn(z):
        kinds.append(z.dtype)
        return np.exp(z)

    assert relative_error(finite.complex_step(fn, np.float32(1)), math.e) < 4 * 2.0**-24
    assert kinds == [np.complex64]


@pytest.mark.parametrize("x", [1e-9, 1e-30])
def test_complex_step_does_not_underflow_in_single_precision(x):
    # 0.0: the step 2^-100 x is no number of single precision.
    with jax.enable_x64(False):
        assert finite.complex_step(jax.jit(jnp.exp), x) == 1
    assert finite.complex_step(np.exp, np.float32(x)) == 1


def test_complex_step_of_a_square_close_to_underflow():
    assert finite.complex_step(lambda x: x * x, 1e-140) == 2e-140


@pytest.mark.parametrize(("x", "step"), [(np.float32(1), 1e-60), (1.0, 1e-320)])
def test_complex_step_refuses_a_step_that_underflows(x, step):
    with pytest.raises(ValueError, match="step must not underflow in float"):
        finite.complex_step(np.exp, x, step=step)


@pytest.mark.parametrize("fn", [np.log, lambda x: x**0.5])
@pytest.mark.parametrize("x", [-2.0, np.float32(-2.0)])
def test_complex_step_refuses_a_function_that_is_not_real_at_x(fn, x):
    # 1.99e30: the imaginary part of log(-2) itself, divided by the step.
    with pytest.raises(ValueError, match="fn must be real on the real line near x, got fn"):
        finite.complex_step(fn, x)


def test_complex_step_at_a_root_and_on_a_cliff_is_no_suspect():
    assert finite.complex_step(lambda x: x - 1, 1.0) == 1
    assert finite.complex_step(lambda x: np.exp(1e12 * (x - 1)), 1.0) == 1e12


def test_complex_step_is_silently_wrong_where_abs_is_mixed_with_x():
    # abs of a complex number loses the imaginary part, and the sum puts another one in its place.
    assert finite.complex_step(lambda x: abs(x) + x, 2.0) == 1.0
    assert finite.central(lambda x: abs(x) + x, 2.0) == pytest.approx(2.0)


def test_complex_step_breaks_at_a_comparison():
    with pytest.raises(TypeError, match="not supported between instances of 'complex'"):
        finite.complex_step(lambda x: x if x > 0 else -x, 1.0)
