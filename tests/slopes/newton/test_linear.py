"""Conjugate gradients: NumPy's solutions, eigenvalues counted, and matrices that it must refuse."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from slopes import newton

U = 2.0**-53


def spd(n, condition):
    """A symmetric matrix with known eigenvalues, and a right-hand side."""
    draw = np.random.default_rng(n)
    turn, _ = np.linalg.qr(draw.normal(size=(n, n)))
    return (turn * np.logspace(0, np.log10(condition), n)) @ turn.T, draw.normal(size=n)


@pytest.mark.parametrize("n", [2, 100, 500])
def test_a_system_is_solved_to_its_condition_number_times_the_tolerance(n):
    A, b = spd(n, 100.0)
    found = newton.conjugate_gradient(lambda v: A @ v, jnp.asarray(b), tol=1e-12)
    exact = np.linalg.solve(A, b)
    assert found.converged
    assert found.reason == newton.CONVERGED
    assert np.linalg.norm(found.value - exact) <= 100 * 2e-12 * np.linalg.norm(exact)
    assert found.residual <= 1e-12 * np.linalg.norm(b)
    assert not found.direction.any()


def test_steps_are_as_many_as_distinct_eigenvalues():
    scale = jnp.tile(jnp.array([1.0, 2.0, 5.0]), 50)
    found = newton.conjugate_gradient(lambda v: scale * v, jnp.ones(150), tol=1e-12)
    assert found.iterations == 3
    assert found.evaluations == 4


def test_a_right_hand_side_of_zeros_needs_no_step_and_gives_no_nan():
    found = newton.conjugate_gradient(lambda v: 2 * v, jnp.zeros(3), tol=0.0)
    assert found.converged
    assert found.iterations == 0
    assert not found.value.any()


def test_negative_curvature_is_reported_with_a_direction_that_shows_it():
    scale = jnp.array([3.0, -1.0])
    found = newton.conjugate_gradient(lambda v: scale * v, jnp.array([1.0, 5.0]))
    assert found.reason == newton.NEGATIVE_CURVATURE
    assert not found.converged
    assert found.direction @ (scale * found.direction) < 0
    assert jnp.isfinite(found.value).all()


def test_a_singular_system_without_a_solution_is_refused():
    scale = jnp.array([1.0, 0.0])
    found = newton.conjugate_gradient(lambda v: scale * v, jnp.ones(2))
    assert found.reason == newton.SINGULAR
    assert abs(scale @ found.direction) <= 4 * U * jnp.linalg.norm(found.direction)


def test_a_singular_system_with_a_solution_is_solved():
    scale = jnp.array([1.0, 0.0])
    found = newton.conjugate_gradient(lambda v: scale * v, jnp.array([2.0, 0.0]))
    assert found.converged
    assert found.value.tolist() == [2.0, 0.0]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_is_refused_and_the_value_stays_finite(bad):
    for call in (
        newton.conjugate_gradient(lambda v: bad * v, jnp.ones(2)),
        newton.conjugate_gradient(lambda v: v, jnp.array([1.0, bad])),
    ):
        assert call.reason == newton.NOT_FINITE
        assert not call.converged
        assert jnp.isfinite(call.value).all()
        assert call.residual == jnp.inf


def test_a_solution_beyond_the_largest_number_is_refused():
    found = newton.conjugate_gradient(lambda v: 1e-200 * v, jnp.array([1e200, 1.0]))
    assert found.reason == newton.NOT_FINITE
    assert not found.converged
    assert found.value.tolist() == [0.0, 0.0]
    assert found.residual == jnp.inf


def test_too_few_steps_and_a_tolerance_below_rounding_are_told_apart():
    A, b = spd(50, 1e4)
    few = newton.conjugate_gradient(lambda v: A @ v, jnp.asarray(b), steps=3)
    assert few.reason == newton.OUT_OF_STEPS
    assert few.iterations == 3
    deep = newton.conjugate_gradient(lambda v: A @ v, jnp.asarray(b), tol=1e-17)
    assert deep.reason == newton.STALLED
    assert deep.residual < 1e-10 * np.linalg.norm(b)


@pytest.mark.parametrize("scale", [1e-30, 1e-4, 1e-2, 1e20])
def test_the_size_of_matrix_and_right_hand_side_does_not_matter_in_single_precision(scale):
    b = jnp.full(5, scale, jnp.float32)
    found = newton.conjugate_gradient(lambda v: jnp.float32(1e-4) * v, b, tol=1e-6)
    assert found.converged
    assert found.value.dtype == jnp.float32
    assert jnp.abs(found.value / (1e4 * b) - 1).max() < 1e-5


def test_trees_jit_and_vmap_agree_with_single_calls():
    def solve(b):
        return newton.conjugate_gradient(lambda v: {"a": 2 * v["a"], "b": 5 * v["b"]}, b)

    rows = {"a": jnp.arange(6.0).reshape(3, 2), "b": jnp.ones(3)}
    many = jax.jit(jax.vmap(solve))(rows)
    assert many.converged.all()
    assert np.allclose(many.value["a"], rows["a"] / 2)
    assert np.allclose(many.value["b"], 0.2)


def test_bad_arguments_are_refused_with_the_rule():
    with pytest.raises(ValueError, match="matvec must return the 2 numbers of b, got 1 numbers"):
        newton.conjugate_gradient(lambda v: v[:1], jnp.ones(2))
    with pytest.raises(ValueError, match="tol must be at least 0, got tol=nan"):
        newton.conjugate_gradient(lambda v: v, jnp.ones(2), tol=float("nan"))
    with pytest.raises(TypeError, match="b must hold real floating-point numbers"):
        newton.conjugate_gradient(lambda v: v, jnp.arange(2))
    with pytest.raises(ValueError, match="b must hold at least one number"):
        newton.conjugate_gradient(lambda v: v, jnp.ones(0))
