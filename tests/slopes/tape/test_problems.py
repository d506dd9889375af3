"""The problems of the course: exact slopes, second derivatives, other ways that agree."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tapes import FIRST, SECOND, draw, first

from slopes import finite, tape
from slopes.compare import agree
from slopes.problems import PROBLEMS, as_array

cases = pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)


@cases
def test_every_problem_has_its_exact_derivative(problem):
    for point in problem.points:
        exact = problem.derivative(point)
        assert agree(first(problem, point), exact, tol=FIRST)
        assert agree(first(problem, np.array(point)), exact, tol=FIRST)


@cases
def test_numpy_as_the_namespace_serves_too(problem):
    fn = as_array(problem.build(np), np)
    for point in map(np.array, problem.points):
        assert agree(tape.jacobian(fn, point), problem.derivative(tuple(point.tolist())
                     if point.ndim else float(point)), tol=FIRST)  # fmt: skip


@pytest.mark.parametrize("problem", [p for p in PROBLEMS if p.second], ids=lambda p: p.name)
def test_second_derivatives_by_nesting_are_exact_and_symmetric(problem):
    for point in problem.points:
        hess = tape.hessian(problem.build(tape), np.array(point))
        assert agree(hess, problem.second(point), tol=SECOND)
        assert agree(hess, np.transpose(hess), tol=SECOND)


@cases
def test_reverse_mode_agrees_with_jax(problem):
    for point in map(np.array, problem.points):
        fn, jax_fn = problem.build(tape), as_array(problem.build(jnp), jnp)
        y, pullback = tape.vjp(fn, point)
        w = draw(*np.shape(y))
        _, jax_pullback = jax.vjp(jax_fn, jnp.asarray(point))
        assert agree(pullback(w)[0], np.asarray(jax_pullback(jnp.asarray(w))[0]), tol=FIRST)


@cases
def test_the_pullback_is_the_transpose_of_jaxs_jvp(problem):
    point = np.array(problem.points[0])
    y, pullback = tape.vjp(problem.build(tape), point)
    w, v = draw(*np.shape(y)), draw(*point.shape, seed=1)
    jax_fn = as_array(problem.build(jnp), jnp)
    jv = np.asarray(jax.jvp(jax_fn, (jnp.asarray(point),), (jnp.asarray(v),))[1])
    left, right = w * jv, pullback(w)[0] * v
    scale = np.abs(left).sum() + np.abs(right).sum()
    assert abs(left.sum() - right.sum()) <= FIRST * scale


@cases
def test_finite_differences_see_the_same_slopes(problem):
    point = np.array(problem.points[0])
    fn = as_array(problem.build(np), np)
    numeric = finite.jacobian(fn, np.atleast_1d(point)) if point.ndim else finite.central(fn, point)
    found = first(problem, point)
    # A loose check by intention: the steps that suit all problems at once suit none of them well.
    np.testing.assert_allclose(found, np.reshape(numeric, found.shape), rtol=1e-5, atol=1e-8)
