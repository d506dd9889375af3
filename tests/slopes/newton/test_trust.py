"""The trust region: known minima, negative curvature on the way, scales, and reasons to stop."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from slopes import newton


def valley(x):
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


def test_a_quadratic_function_takes_the_steps_that_the_radius_needs():
    scale = jnp.arange(1.0, 11.0)
    found = newton.newton_cg(lambda x: x @ (scale * x) / 2, jnp.ones(10), radius=100.0, tol=1e-10)
    assert found.converged
    assert np.abs(found.value).max() < 1e-9


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_rosenbrock_is_solved_whether_large_or_small(scale):
    found = newton.newton_cg(lambda x: scale * valley(x), jnp.array([-1.2, 1.0]))
    assert found.converged
    assert np.abs(found.value - 1).max() < 1e-5


def test_a_function_whose_square_overflows_is_solved_too():
    found = newton.newton_cg(lambda x: 1e200 * ((x - 1) ** 2 + (x - 1) ** 4), 3.0)
    assert found.converged
    assert abs(found.value - 1) < 1e-9


@pytest.mark.parametrize("unit", [1e17, 1e-17])
def test_a_radius_of_another_size_than_the_point_grows_or_shrinks_to_it(unit):
    found = newton.newton_cg(lambda x: (x / unit - 1) ** 2, 3 * unit)
    assert found.converged
    assert abs(found.value / unit - 1) < 1e-7


def test_results_of_another_precision_are_taken_in_that_of_the_point():
    x = jnp.zeros(2, jnp.float32)
    found = newton.newton_cg(lambda x: jnp.sum((x.astype(jnp.float64) - 2) ** 2), x)
    assert found.converged
    assert found.value.dtype == found.residual.dtype == jnp.float32


def test_a_curvature_that_is_nan_is_told():
    found = newton.newton_cg(lambda x: (x - 1) ** 2 + jnp.abs(x) ** 1.5, 0.0)
    assert found.reason == newton.NOT_FINITE
    assert found.value == 0.0


def test_a_step_of_negative_curvature_goes_to_the_edge_and_down():
    found = newton.newton_cg(
        lambda x: jnp.cos(x[0]) + jnp.cos(x[1]), jnp.array([0.1, -0.2]), radius=0.5
    )
    assert found.converged
    assert np.allclose(np.abs(found.value), np.pi, atol=1e-6)


def test_an_offset_that_hides_the_last_decrease_ends_at_rounding():
    found = newton.newton_cg(lambda x: 1e12 + valley(x), jnp.array([-1.2, 1.0]), tol=0.0)
    assert jnp.isfinite(found.value).all()
    assert valley(found.value) < 1e-3  # 10 roundings of 1e12


def test_a_step_that_leaves_the_domain_is_taken_back():
    found = newton.newton_cg(lambda x: x - jnp.log(x), 0.01, radius=50.0)
    assert found.converged
    assert abs(found.value - 1) < 1e-6


def test_what_has_no_minimum_is_not_called_solved():
    assert not newton.newton_cg(lambda x: -x * x, 1.0, steps=20).converged
    assert not newton.newton_cg(lambda x: jnp.exp(x) - 2 * x**3, 5.0, steps=2).converged


def test_a_start_that_is_not_finite_is_refused_and_a_stationary_one_returned():
    bad = newton.newton_cg(jnp.log, -1.0)
    assert bad.reason == newton.NOT_FINITE
    assert bad.value == -1.0
    assert bad.residual == jnp.inf
    there = newton.newton_cg(valley, jnp.ones(2))
    assert there.converged
    assert there.iterations == 0
    assert there.evaluations == 1


def test_many_starts_at_once_agree_with_single_calls():
    starts = jnp.array([[-1.2, 1.0], [2.0, 2.0], [1.0, 1.0], [0.0, -3.0]])
    many = jax.jit(jax.vmap(lambda x: newton.newton_cg(valley, x)))(starts)
    assert many.converged.all()
    assert np.abs(many.value - 1).max() < 1e-5
    alone = newton.newton_cg(valley, starts[3])
    assert alone.iterations == many.iterations[3]


def test_single_precision_ends_near_the_minimum():
    found = newton.newton_cg(valley, jnp.array([-1.2, 1.0], jnp.float32), tol=1e-4)
    assert found.value.dtype == jnp.float32
    assert np.abs(found.value - 1).max() < 1e-2


def test_a_radius_must_be_above_zero_where_it_can_be_looked_at():
    with pytest.raises(ValueError, match="radius must be above 0, got radius=0"):
        newton.newton_cg(valley, jnp.ones(2), radius=0.0)
    traced = jax.jit(lambda r, t: newton.newton_cg(valley, jnp.zeros(2), radius=r, tol=t))
    assert traced(1.0, 1e-8).converged
