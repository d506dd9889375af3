"""Steps as rounding leaves them: a slope belongs to the places where the function was called."""

import math

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from differences import U, counting
from hypothesis import given, settings
from hypothesis import strategies as st

from slopes import finite

# Below a power of two x + h has one bit less than x: the step that is asked for is not taken.
BELOW = [1 - U, math.nextafter(4.0, 0.0), -(1 - U), 0.1, 3e7 + 0.3]
NODES = [finite.CENTRAL, finite.FORWARD, (-2.0, -1.0, 1.0, 2.0), (-1.5, 0.0, 0.7)]


@pytest.mark.parametrize("nodes", NODES)
@pytest.mark.parametrize("step", [None, 1e-9, 1e-12, 0.3])
def test_the_identity_has_slope_one_whatever_rounding_does(nodes, step):
    # Off by 7.5e-9 for a forward difference at the default step, 1.9e-4 for four nodes and 1e-12.
    x = np.array(BELOW)
    steps = None if step is None else step * np.maximum(np.abs(x), 1)
    size = sum(abs(w) for w in finite.weights(nodes, 1))
    for pattern in (None, np.eye(5, dtype=bool)):
        jac = finite.jacobian(lambda x: x, x, nodes=nodes, step=steps, pattern=pattern)
        np.testing.assert_allclose(jac, np.eye(5), rtol=0, atol=32 * size * U)
    batch = finite.jacobian(lambda x: x, x, nodes=nodes, step=steps, batched=True)
    np.testing.assert_allclose(batch, np.eye(5), rtol=0, atol=32 * size * U)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, ml_dtypes.bfloat16])
def test_the_identity_of_narrow_numbers_has_slope_one(dtype):
    # Off by 4.6e-6 in single, by 0.003 in half precision and by 0.03 in bfloat16.
    x = np.array([0.99, 1.99, -3.99, 0.1], dtype=dtype)
    for nodes in NODES:
        jac = finite.jacobian(lambda x: x, x, nodes=nodes)
        np.testing.assert_allclose(jac, np.eye(4), rtol=0, atol=64 * U)


@pytest.mark.parametrize("step", [None, 1e-6])
def test_values_narrower_than_x_belong_to_places_that_they_can_hold(step):
    # 1.0133 for the step 1e-6: the function rounded its argument, the formula did not know it.
    x = [0.3, 1.7, 0.9999999]
    jac = finite.jacobian(lambda x: x.astype(np.float32), x, step=step)
    np.testing.assert_allclose(jac, np.eye(3), rtol=0, atol=64 * U)
    for place in x:
        assert finite.central(np.float32, place, step=step) == pytest.approx(1, abs=64 * U)
        assert finite.forward(np.float32, place, step=step) == pytest.approx(1, abs=64 * U)
    along = finite.directional(lambda x: x[0].astype(np.float32), x, [1.0, 0.0, 0.0], step=step)
    assert along == pytest.approx(1, abs=64 * U)


def test_the_value_at_x_belongs_to_the_place_that_narrow_numbers_hold():
    x = np.array([0.3, 0.7])
    jac = finite.jacobian(lambda p: (1000 * (p - x)).astype(np.float32), x, nodes=finite.FORWARD)
    np.testing.assert_allclose(jac, 1000 * np.eye(2), rtol=8 * 2.0**-24)


def test_compiled_single_precision_has_exact_steps_too():
    with jax.enable_x64(False):
        jac = finite.jacobian(jax.jit(lambda x: 2 * x), np.array([0.3, 0.9999999]), step=1e-5)
    np.testing.assert_allclose(jac, 2 * np.eye(2), rtol=0, atol=64 * U)


@pytest.mark.parametrize("step", [None, 1e-7])
def test_a_line_has_no_curvature_whatever_rounding_does(step):
    # 3.7e-9 at the default step: the two halves of a second difference were not equally long.
    x = np.array([*BELOW[:4], 0.3])
    hess = finite.hessian(lambda x: x[0] + 0 * x[1], x[:2], step=step)
    np.testing.assert_array_equal(hess[:, 1], 0)
    for j in range(5):
        hess = finite.hessian(lambda x, j=j: x[j], x, step=step)
        assert np.abs(hess).max() <= 8 * U / (step or 2.0**-13)


def test_a_hessian_of_mixed_steps_is_that_of_the_quadratic():
    # Closed form; powers of two apart, so that the values of f are exact.
    a = np.array([[2.0, 1.0, 0.5], [1.0, -4.0, 8.0], [0.5, 8.0, 1.0]])
    x = np.array([1 - U, 3.0, 2.0**20])
    centred = x.copy()
    hess = finite.hessian(lambda p: (p - centred) @ a @ (p - centred) / 2, x)
    np.testing.assert_allclose(hess, a, rtol=1e-12)


# --- directions -----------------------------------------------------------------------------------


def from_afar(centre):
    """Sum of the distances, small numbers: no rounding of values hides that of the step."""
    return lambda x: float(np.sum(x - centre))


@pytest.mark.parametrize("step", [None, 1e-3, 1e-6])
def test_a_direction_whose_entries_differ_in_scale(step):
    # 1.93 for 1: the entry 1e12 moved by whole units in its last place.
    x = np.array([1e12, 1.0])
    found = finite.directional(from_afar(x), x, [0.7, 0.3], step=step)
    assert found == pytest.approx(1, rel=1e-7)
    single = np.array([1e6, 1.0], dtype=np.float32)
    found = finite.directional(from_afar(single), single, [0.7, 0.3])
    assert found == pytest.approx(1, rel=1e-3)


@settings(max_examples=60)
@given(
    powers=st.lists(st.integers(-20, 60), min_size=1, max_size=6),
    data=st.data(),
)
def test_directions_of_any_scales_have_the_slope_of_the_sum(powers, data):
    size = len(powers)
    entries = st.floats(-2, 2).filter(lambda v: abs(v) > 1e-3)
    v = np.array(data.draw(st.lists(entries, min_size=size, max_size=size)))
    m = np.array(data.draw(st.lists(st.floats(0.5, 1), min_size=size, max_size=size)))
    x = m * 2.0 ** np.array(powers)
    found = finite.directional(from_afar(x), x, v)
    assert abs(found - math.fsum(v)) <= 1e-7 * np.abs(v).sum()


def test_entries_of_one_scale_need_two_evaluations_and_others_two_more():
    draw = np.random.default_rng(1)
    x, v = draw.uniform(-3, 3, 1000), draw.normal(size=1000)
    # Half the digits of a move are enough: an entry a hundred times as large needs none of its own.
    for first, count in ((x[0], 2), (100.3, 2), (1e12, 4)):
        point = np.array([first, *x[1:]])
        fn, calls = counting(from_afar(point.copy()))
        assert finite.directional(fn, point, v) == pytest.approx(v.sum(), rel=1e-7)
        assert len(calls) == count


def test_a_direction_may_hold_entries_that_are_zero_or_tiny():
    x = np.array([1e12, 1.0, 1e-3])
    centre = x.copy()
    assert finite.directional(from_afar(centre), x, [0.0, 1.0, 0.0]) == 1
    assert finite.directional(from_afar(centre), x, [1.0, 0.0, 1e-9]) == pytest.approx(1 + 1e-9)


# --- the imaginary step ---------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float32, np.float64])
@pytest.mark.parametrize("step", [None, 0.3, 1e-7])
def test_the_imaginary_step_is_the_one_that_the_function_saw(dtype, step):
    # 2.9995 for the step 0.3 in half precision: divided by a step that nobody took.
    assert finite.complex_step(lambda z: 3 * z, dtype(0.75), step=step) == pytest.approx(
        3, rel=2e-7
    )


def test_the_imaginary_step_of_a_compiled_function_in_single_precision():
    with jax.enable_x64(False):
        found = finite.complex_step(jax.jit(lambda z: jnp.multiply(z, 4)), 0.75, step=1e-7 / 3)
    assert found == 4


def test_a_wide_x_is_not_narrowed_for_the_imaginary_step():
    # 0.0300000012: the slope at 0.1 in single precision.
    found = finite.complex_step(lambda z: z**3, np.longdouble(0.1))
    assert found == pytest.approx(0.03, rel=8 * U)
