"""Against the closed forms of problems, and every function against forty digits."""

import cmath
import math
from fractions import Fraction

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from expressions import (
    U,
    close,
    x,
)

from slopes import symbolic
from slopes.compare import agree
from slopes.elementary import ELEMENTARY, of_array, of_number
from slopes.problems import PROBLEMS
from slopes.symbolic import (
    diff,
    evaluate,
    exp,
    function,
    gradient,
    jacobian,
    piecewise,
    simplify,
    sqrt,
    symbols,
)

SMOOTH = [problem for problem in PROBLEMS if not problem.branches]


def inputs_of(problem):
    if problem.kind == "scalar":
        return x, [x]
    xs = symbols(" ".join(f"x{i}" for i in range(len(problem.points[0]))))
    return list(xs), list(xs)


def slopes_of(problem):
    x, xs = inputs_of(problem)
    y = problem.build(symbolic)(x)
    if problem.kind == "jacobian":
        return jacobian(y, xs), xs
    return (gradient(y, xs) if problem.kind == "gradient" else diff(y, xs[0])), xs


def mapped(fn, expr):
    return tuple(mapped(fn, e) for e in expr) if isinstance(expr, tuple) else fn(expr)


@pytest.mark.parametrize("problem", SMOOTH, ids=lambda p: p.name)
def test_problems_have_their_closed_derivatives(problem):
    slopes, xs = slopes_of(problem)
    simple = mapped(simplify, slopes)
    compiled = [function(slopes, xs), function(simple, xs), function(slopes, xs, m=np)]
    for point in problem.points:
        place = (point,) if problem.kind == "scalar" else point
        exact = problem.derivative(point)
        found = [fn(*place) for fn in compiled]
        found.append(evaluate(slopes, dict(zip(xs, place, strict=True))))
        for value in found:
            assert agree(np.array(value, dtype=float), exact, tol=500 * U)


@pytest.mark.parametrize("problem", [p for p in SMOOTH if p.second], ids=lambda p: p.name)
def test_problems_have_their_closed_second_derivatives(problem):
    slopes, xs = slopes_of(problem)
    second = diff(slopes, xs[0]) if problem.kind == "scalar" else jacobian(slopes, xs)
    fn = function(second, xs)
    for point in problem.points:
        place = (point,) if problem.kind == "scalar" else point
        assert agree(np.array(fn(*place), dtype=float), problem.second(point), tol=5000 * U)


@pytest.mark.parametrize("name", ["rosenbrock", "softmax", "kepler"])
def test_compiled_gradients_run_under_jit_and_vmap(name):
    (problem,) = (p for p in PROBLEMS if p.name == name)
    slopes, xs = slopes_of(problem)
    fn = jax.jit(function(slopes, xs, m=jnp))
    for point in problem.points:
        assert agree(np.array(fn(*point)), problem.derivative(point), tol=500 * U)
    columns = [jnp.array(column) for column in zip(*problem.points, strict=True)]
    rows = jax.vmap(fn)(*columns)
    leaves = np.array([np.array(leaf) for leaf in jax.tree.leaves(rows)])
    exact = np.array([problem.derivative(p).ravel() for p in problem.points]).T
    assert agree(leaves, exact, tol=500 * U)


@pytest.mark.parametrize("name", ELEMENTARY)
def test_every_function_takes_numbers_and_arrays(name):
    fn, a = getattr(symbolic, name), 1.0 if name == "acosh" else 0.3
    assert fn(a) == of_number(name)(a)
    assert fn(np.array([a])) == of_array(name)(np.array([a]))
    assert isinstance(fn(np.float32(a)), np.float32)
    assert fn.__name__ == name


def test_functions_of_two_arguments_take_numbers_and_arrays():
    assert symbolic.atan2(1.0, 2.0) == math.atan2(1.0, 2.0)
    assert symbolic.hypot(3.0, 4.0) == 5.0
    assert (symbolic.maximum(1, 2), symbolic.minimum(1, 2), symbolic.sign(-3.0)) == (2, 1, -1)
    np.testing.assert_array_equal(symbolic.where(np.array([True, False]), 1, 2), [1, 2])
    assert symbolic.where(x < 1, 2, 3) is piecewise((x < 1, 2), 3)
    assert symbolic.minimum(x, 2) is piecewise((x <= 2, x), 2)
    assert symbolic.logaddexp(800.0, 800.0) == 800 + math.log(2)


def test_mpmath_gets_fractions_with_all_digits():
    third = x * Fraction(1, 3)
    with mpmath.workdps(50):
        for value in (
            evaluate(third, {x: mpmath.mpf(1)}, m=mpmath.mp),
            function(third, [x], m=mpmath.mp)(mpmath.mpf(1)),
        ):
            assert abs(3 * value - 1) < mpmath.mpf(10) ** -48


def test_complex_numbers_go_through():

    slope = diff(exp(x) / sqrt(x), x)
    h = 1e-100
    fn = function(exp(x) / sqrt(x), [x], m=cmath)
    assert close(fn(complex(1.5, h)).imag / h, evaluate(slope, {x: 1.5}))
