"""Values: exact, shared, nested, piece by piece."""

import math
from fractions import Fraction
from typing import NamedTuple

import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from expressions import U, x, y

from slopes import symbolic
from slopes.compare import agree
from slopes.elementary import ELEMENTARY, OF_TWO, of_number
from slopes.problems import PROBLEMS
from slopes.symbolic import (
    constant,
    diff,
    evaluate,
    exp,
    function,
    log,
    piecewise,
    sin,
    sqrt,
)


def test_fractions_are_exact_and_floats_stay_floats():
    expr = (x**2 + x / 3) / y
    assert evaluate(expr, {x: Fraction(1, 2), "y": 5}) == Fraction(1, 12)
    assert evaluate(1 / x, {x: 4}) == 0.25
    assert evaluate(constant(0.1) * x, {x: 3}) == 0.1 * 3


def test_each_shared_node_is_evaluated_once():
    calls = []

    class Counting:
        @staticmethod
        def sin(a):
            calls.append(a)
            return math.sin(a)

        cos = staticmethod(math.cos)

    f = sin(x) * (1 + sin(x)) + sin(x) ** 2
    evaluate([f, diff(f, x)], {x: 0.3}, m=Counting)
    function([f, diff(f, x)], [x], m=Counting)(0.3)
    assert calls == [0.3, 0.3]


def test_values_keep_the_nesting():
    expr = [x, (x + 1, [x + 2]), 5]
    assert evaluate(expr, {x: 1}) == [1, (2, [3]), 5]
    assert function(expr, [x])(1) == [1, (2, [3]), 5]
    assert function((x,), [x])(1) == (1,)
    assert function([], [x])(1) == []


def test_expressions_may_be_put_in():
    assert evaluate(sin(x) + x, {x: y**2}, m=symbolic) is sin(y**2) + y**2
    chosen = piecewise((x < 1, x), 2)
    assert evaluate(chosen, {x: y + 1}, m=symbolic) is piecewise((y + 1 < 1, y + 1), 2)


def test_only_the_piece_that_holds_is_evaluated_with_numbers():
    expr = piecewise((x > 0, log(x)), (x < -1, 1 / (x + 1)), 0)
    for point, value in ((-1.0, 0), (-2.0, -1.0), (1.0, 0.0), (np.float64(-1.0), 0)):
        assert evaluate(expr, {x: point}) == value
        assert evaluate(expr, {x: point}, m=np) == value
        assert function(expr, [x])(point) == value


def test_arrays_choose_by_where():
    expr = piecewise((x > 0, x**2), (x <= -1, -x), 0)
    points = np.array([-2.0, -0.5, 3.0])
    for m in (np, jnp):
        for run in (
            lambda m: evaluate(expr, {x: m.asarray(points)}, m=m),
            lambda m: function(expr, [x], m=m)(m.asarray(points)),
            lambda m: function(expr, [x], m=m, arrays=True)(m.asarray(points)),
        ):
            np.testing.assert_array_equal(run(m), [2.0, 0.0, 9.0])
    with pytest.raises(TypeError, match="m must have the function where, got m=math"):
        evaluate(expr, {x: points})


def test_joined_conditions():
    inside = piecewise(((x > 0) & (x < 1), 1), 0)
    outside = piecewise(((x <= 0) | (x >= 1), 1), 0)
    for point in (-1.0, 0.0, 0.5, 1.0, 2.0):
        assert evaluate(inside, {x: point}) + evaluate(outside, {x: point}) == 1
        assert function(inside, [x])(point) + function(outside, [x])(point) == 1
    points = np.array([-1.0, 0.5, 1.0])
    np.testing.assert_array_equal(function(inside, [x], m=np)(points), [0, 1, 0])


@pytest.mark.parametrize("point", [-2.0, 0.5, 2.0])
def test_a_piecewise_function_is_differentiated_piece_by_piece(point):
    huber = piecewise((abs(x) < 1, x**2 / 2), abs(x) - 0.5)
    (problem,) = (p for p in PROBLEMS if p.name == "huber")
    assert evaluate(diff(huber, x), {x: point}) == problem.derivative(point)


def test_conventions_at_kinks_are_pinned():
    assert evaluate(diff(abs(x), x), {x: 0.0}) == 0
    assert evaluate(diff(symbolic.maximum(x, 0), x), {x: 0.0}) == 1
    assert evaluate(diff(symbolic.maximum(0, x), x), {x: 0.0}) == 0
    with pytest.raises(ZeroDivisionError):
        evaluate(diff(sqrt(x), x), {x: 0.0})


def test_single_precision_stays_single():
    fn = function(diff(exp(-(x**2) / 2) / 3, x), [x], m=np)
    points = np.linspace(-1, 1, 5, dtype=np.float32)
    assert fn(points).dtype == np.float32
    exact = -points.astype(float) * np.exp(-(points.astype(float) ** 2) / 2) / 3
    assert agree(fn(points), exact, tol=8 * 2.0**-24)


def test_pieces_that_are_ints_are_divided_exactly():
    """They came out as Python's ints, and 1/3 as a float."""
    third = symbolic.sign(x) / 3
    assert evaluate(third, {x: Fraction(1, 2)}) == Fraction(1, 3)
    assert evaluate(diff(abs(x) / 3, x), {x: Fraction(-1, 2)}) == Fraction(-1, 3)
    with mpmath.workdps(50):
        value = mpmath.mpf(1)
        for found in (
            evaluate(third, {x: value}, m=mpmath.mp),
            function(third, [x], m=mpmath.mp)(value),
            function(third + symbolic.sign(x) * exp(x), [x], m=mpmath.mp)(value) - mpmath.e,
            function(piecewise((x > 2, exp(x) * sin(exp(x))), 1) / 3, [x], m=mpmath.mp)(value),
        ):
            assert abs(found - mpmath.mpf(1) / 3) < mpmath.mpf(10) ** -48


def test_substitution_stays_exact():
    third = x * Fraction(1, 3)
    assert evaluate(third, {x: y}, m=symbolic) is y * Fraction(1, 3)
    assert evaluate(diff(2**x, x), {x: y}, m=symbolic) is diff(2**y, y)


def test_named_tuples_keep_their_kind():
    assert evaluate(Pair(x, 2 * x), {x: 3}) == Pair(3, 6)
    assert isinstance(evaluate(Pair(x, [x, x]), {x: 3}), Pair)
    assert function(Pair(x, 2 * x), [x])(3) == (3, 6)


class Pair(NamedTuple):
    """Two expressions or numbers."""

    first: object
    second: object


@pytest.mark.parametrize("name", ELEMENTARY)
def test_every_function_has_its_value_from_math_and_from_numpy(name):
    f, at = getattr(symbolic, name)(x), 1.0 if name == "acosh" else 0.3
    right = of_number(name)(at)
    for found in (evaluate(f, {x: at}), function(f, [x])(at)):
        assert found == right
    for run in (lambda p: evaluate(f, {x: p}, m=np), function(f, [x], m=np)):
        assert agree(run(np.array([at])), [right], tol=8 * U)


@pytest.mark.parametrize("name", OF_TWO)
def test_every_function_of_two_has_its_value_from_math_and_from_numpy(name):
    f = getattr(symbolic, name)(x, y)
    for m, number in ((math, float), (np, np.array)):
        for found in (
            evaluate(f, {x: number(0.3), y: number(0.7)}, m=m),
            function(f, [x, y], m=m)(number(0.3), number(0.7)),
        ):
            assert agree(found, of_number(name)(0.3, 0.7), tol=8 * U)
