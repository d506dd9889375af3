"""Several inputs: gradient, Jacobian, Hessian, directions."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from differences import U, counting
from hypothesis import given, settings
from hypothesis import strategies as st

from slopes import finite
from slopes.compare import measured_order

X = np.array([0.3, -1.2, 2.0, 0.7])
A = np.array([[1.0, 2.0, 0.0, -1.0], [0.5, 0.0, 3.0, 1.0], [0.0, 1.0, 1.0, 1.0]])


def outputs(x):
    return np.sin(x) @ A.T


def energy(x):
    return np.sum(x[..., :-1] ** 2 * np.exp(x[..., 1:]), axis=-1)


def energy_gradient(x):
    grad = np.zeros_like(x)
    grad[:-1] += 2 * x[:-1] * np.exp(x[1:])
    grad[1:] += x[:-1] ** 2 * np.exp(x[1:])
    return grad


@pytest.mark.parametrize(
    ("nodes", "tol"),
    [(finite.CENTRAL, 1e-9), (finite.FORWARD, 1e-6), ((-2.0, -1.0, 1.0, 2.0), 1e-11)],
)
@pytest.mark.parametrize("batched", [False, True])
def test_gradient_and_jacobian_are_exact_to_the_stencils_accuracy(nodes, tol, batched):
    grad = finite.gradient(energy, X, nodes=nodes, batched=batched)
    np.testing.assert_allclose(grad, energy_gradient(X), atol=10 * tol)
    jac = finite.jacobian(outputs, X, nodes=nodes, batched=batched)
    np.testing.assert_allclose(jac, A * np.cos(X), atol=10 * tol)


def test_nodes_about_a_point_away_from_x_need_no_value_at_x():
    # Weight of the middle node is zero: it is not evaluated.
    fn, calls = counting(energy)
    finite.gradient(fn, X, nodes=(-1.0, 0.0, 1.0))
    assert len(calls) == 2 * X.size


def test_a_batch_is_one_call_and_the_same_numbers():
    fn, calls = counting(energy)
    one_call = finite.gradient(fn, X, batched=True)
    assert [np.shape(c) for c in calls] == [(2 * X.size, X.size)]
    np.testing.assert_array_equal(one_call, finite.gradient(energy, X))
    fn, calls = counting(energy)
    hess = finite.hessian(fn, X, batched=True)
    assert [np.shape(c) for c in calls] == [(X.size**2 + X.size + 1, X.size)]
    np.testing.assert_array_equal(hess, finite.hessian(energy, X))


@pytest.mark.parametrize(
    ("run", "count"),
    [
        (lambda fn: finite.gradient(fn, X), 2 * X.size),
        (lambda fn: finite.gradient(fn, X, nodes=finite.FORWARD), X.size + 1),
        (lambda fn: finite.hessian(fn, X), X.size**2 + X.size + 1),
        (lambda fn: finite.directional(fn, X, np.ones(4)), 2),
    ],
)
def test_evaluations_with_several_inputs_are_counted(run, count):
    fn, calls = counting(energy)
    run(fn)
    assert len(calls) == count


def test_hessian_is_symmetric_and_right():
    hess = finite.hessian(energy, X)
    np.testing.assert_array_equal(hess, hess.T)
    exact = np.asarray(jax.hessian(lambda x: jnp.sum(x[:-1] ** 2 * jnp.exp(x[1:])))(X))
    np.testing.assert_allclose(hess, exact, atol=100 * math.sqrt(U) * np.abs(exact).max())


def test_steps_may_differ_between_inputs():
    steps = np.array([1e-3, 1e-4, 1e-5, 1e-6])
    fn, calls = counting(energy)
    finite.gradient(fn, X, step=steps)
    moved = np.abs(np.array(calls) - X).max(axis=1)
    np.testing.assert_allclose(moved, [*steps, *steps], rtol=1e-9)
    finite.hessian(energy, X, step=1e-3)


def test_a_scalar_output_and_a_list_of_outputs_are_rows():
    assert finite.jacobian(energy, X).shape == (1, 4)
    assert finite.jacobian(lambda x: [x[0], x[1] * x[2]], X).shape == (2, 4)


def test_integer_and_float32_points_are_understood():
    np.testing.assert_allclose(finite.gradient(lambda x: (x**2).sum(), [1, 2]), [2, 4], atol=1e-9)
    narrow = finite.gradient(lambda x: (x**2).sum(), X.astype(np.float32))
    np.testing.assert_allclose(narrow, 2 * X, atol=1e-3)


@settings(max_examples=30)
@given(st.lists(st.floats(-2, 2), min_size=4, max_size=4), st.floats(-3, 3), st.floats(-3, 3))
def test_directional_is_linear_in_v_and_agrees_with_the_jacobian(v, a, b):
    v, w = np.array(v), np.array([1.0, -1.0, 0.5, 2.0])
    tol = 100 * U ** (2 / 3) * (1 + abs(a) + abs(b))
    left = finite.directional(outputs, X, a * v + b * w)
    right = a * finite.directional(outputs, X, v) + b * finite.directional(outputs, X, w)
    np.testing.assert_allclose(left, right, atol=10 * tol)
    np.testing.assert_allclose(finite.directional(outputs, X, v), A * np.cos(X) @ v, atol=10 * tol)


def test_directional_takes_a_step_and_the_zero_vector():
    steps = 2.0 ** -np.arange(3, 9)
    v = np.array([1.0, 2.0, -1.0, 0.5])
    errors = [abs(finite.directional(energy, X, v, step=h) - energy_gradient(X) @ v) for h in steps]
    assert measured_order(steps, np.array(errors)).order == pytest.approx(2, abs=0.1)
    assert finite.directional(energy, X, np.zeros(4)) == 0
    with pytest.raises(ValueError, match="step must be large enough"):
        finite.directional(energy, X, v, step=1e-18)


def test_one_random_direction_catches_a_gradient_that_is_wrong_by_one_part_in_two_thousand():
    v = np.random.default_rng(3).normal(size=4)
    slope = finite.directional(energy, X, v)
    right, wrong = energy_gradient(X), energy_gradient(X)
    wrong[2] *= 1 + 1 / 2000
    assert slope == pytest.approx(right @ v, rel=1e-8)
    assert slope != pytest.approx(wrong @ v, rel=1e-8)


def test_no_output_has_a_jacobian_without_rows():
    assert finite.jacobian(lambda x: x[:0], X).shape == (0, 4)
    assert finite.jacobian(lambda x: x[:0], X, nodes=finite.FORWARD).shape == (0, 4)
