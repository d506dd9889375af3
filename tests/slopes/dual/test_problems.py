"""Dual numbers on every problem of the table: derivatives, second derivatives, values."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from duals import U

from slopes import dual
from slopes.compare import agree
from slopes.dual import Dual, derivative, gradient, jacobian, jvp
from slopes.problems import PROBLEMS, by_name

# A problem's value takes up to some hundred operations, each with one rounding, and its condition
# at the points of the table is below some hundred.
TOLERANCE = 1e4 * U
SECOND_TOLERANCE = 1e5 * U
DRIVERS = {"scalar": derivative, "gradient": gradient, "jacobian": jacobian}
CASES = [(problem.name, point) for problem in PROBLEMS for point in problem.points]
SMOOTH = [problem.name for problem in PROBLEMS if not problem.branches]


@pytest.mark.parametrize(("name", "point"), CASES)
def test_the_derivative_of_every_problem_is_exact(name, point):
    problem = by_name(name)
    found = DRIVERS[problem.kind](problem.build(dual), point)
    assert agree(found, problem.derivative(point), tol=TOLERANCE)


@pytest.mark.parametrize(
    ("name", "point"), [case for case in CASES if by_name(case[0]).second is not None]
)
def test_nested_derivatives_give_every_second_derivative(name, point):
    problem = by_name(name)
    fn = problem.build(dual)
    if problem.kind == "scalar":
        found = derivative(lambda t: derivative(fn, t), point)
    else:
        found = jacobian(lambda t: gradient(fn, t), point)
        assert agree(found, found.T, tol=SECOND_TOLERANCE)
    assert agree(found, problem.second(point), tol=SECOND_TOLERANCE)


@pytest.mark.parametrize(("name", "point"), CASES)
def test_the_value_is_that_of_the_program_on_plain_numbers_to_the_last_bit(name, point):
    problem = by_name(name)
    fn = problem.build(dual)
    plain = point if problem.kind == "scalar" else np.array(point)
    y, _ = jvp(fn, plain, np.ones_like(plain)[()])
    np.testing.assert_array_equal(y, fn(plain), strict=False)


@pytest.mark.parametrize("name", SMOOTH)
def test_every_smooth_problem_agrees_with_jax(name):
    problem = by_name(name)
    point = np.array(problem.points[-1], dtype=float)
    v = np.cos(np.arange(point.size, dtype=float)).reshape(point.shape)

    def traced(x):
        y = problem.build(jnp)(x)
        return jnp.stack(y) if isinstance(y, list) else y

    ours = jvp(problem.build(dual), point, v)
    theirs = jax.jvp(traced, (jnp.asarray(point),), (jnp.asarray(v),))
    for mine, other in zip(ours, theirs, strict=True):
        assert agree(mine, np.asarray(other), tol=TOLERANCE)


@pytest.mark.parametrize(
    "name", [p.name for p in PROBLEMS if p.kind == "scalar" and not p.branches]
)
def test_scalar_problems_differentiate_an_array_of_points_entry_by_entry(name):
    problem = by_name(name)
    points = np.array(problem.points)
    found = derivative(problem.build(dual), points)
    assert agree(found, problem.derivative(points), tol=TOLERANCE)


def test_a_rule_that_is_wrong_by_one_part_in_two_thousand_is_caught(monkeypatch):
    right = dual.sin

    def wrong(x):
        y = right(x)
        return Dual(y.value, y.tangent * (1 + 1 / 2000), y.tag)

    monkeypatch.setattr(dual, "sin", wrong)
    problem = by_name("sine")
    found = derivative(problem.build(dual), 1.0)
    assert not agree(found, problem.derivative(1.0), tol=TOLERANCE)
