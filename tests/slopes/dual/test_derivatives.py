"""Derivatives by dual numbers: constants, lists, types of floats, one evaluation."""

import math
from fractions import Fraction

import numpy as np
import pytest
from duals import parts

from slopes import dual
from slopes.dual import Dual, derivative, gradient, jacobian, jvp
from slopes.problems import by_name


def test_constants_have_derivative_zero_in_the_shape_of_the_value():
    assert derivative(lambda x: 3.0, 2.0) == 0.0  # noqa: ARG005
    assert derivative(lambda x: 3, np.float32(2.0)).dtype == np.float32  # noqa: ARG005
    np.testing.assert_array_equal(derivative(lambda x: 3.0, np.ones(2)), [0.0, 0.0])  # noqa: ARG005
    np.testing.assert_array_equal(derivative(lambda x: np.ones(2), 1.0), [0, 0])  # noqa: ARG005
    assert jvp(lambda x: 3.0, [1.0, 2.0], [1.0, 1.0]) == (3.0, 0.0)  # noqa: ARG005
    np.testing.assert_array_equal(gradient(lambda x: 3.0, [1.0, 2.0]), [0, 0])  # noqa: ARG005
    assert jacobian(lambda x: [3.0, x[0], 1.0], [1.0, 2.0]).tolist() == [[0, 0], [1, 0], [0, 0]]
    inner = derivative(lambda x: derivative(lambda y: 2.0 * x, 1.0), 2.0)  # noqa: ARG005
    assert inner == 0.0


def test_lists_and_tuples_of_outputs_become_arrays():
    np.testing.assert_array_equal(derivative(lambda x: [x, x**2, 1.0], 3.0), [1.0, 6.0, 0.0])
    y, y_dot = jvp(lambda x: (x[0] * x[1], 2 * x[0]), np.array([3.0, 5.0]), np.array([1.0, 0.0]))
    np.testing.assert_array_equal(y, [15.0, 6.0])
    np.testing.assert_array_equal(y_dot, [5.0, 2.0])
    np.testing.assert_array_equal(jacobian(lambda x: 2 * x, [1.0, 2.0]), 2 * np.eye(2))
    np.testing.assert_array_equal(jacobian(lambda x: x[0] * x[1], [1.0, 2.0]), [[2.0, 1.0]])
    np.testing.assert_array_equal(gradient(lambda x: [x.sum()], [1.0, 2.0]), [1.0, 1.0])
    np.testing.assert_array_equal(derivative(dual.sin, [0.0, 0.0]), [1.0, 1.0])


def test_integers_become_floats_in_the_drivers_and_stay_in_the_number_type():
    assert type(derivative(lambda x: x * x, 3)) is float
    assert gradient(lambda x: x[0] * x[1], [3, 5]).dtype == np.float64
    assert parts(Dual(3, 1) * 2) == (6, 2)
    assert derivative(lambda x: x * x / 3, Fraction(1, 2)) == Fraction(1, 3)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_narrow_floats_stay_narrow(dtype):
    x = np.array([0.5, 0.25], dtype)

    def fn(t):
        return (dual.exp(-(t**2) / 2) + 1.5 * dual.tanh(t) / (1 + t)).sum()

    def each(t):
        return dual.where(t > 0.3, abs(dual.sqrt(t)) + dual.maximum(t, 0.1), 2**t) % 3

    assert gradient(fn, x).dtype == dtype
    assert derivative(each, x).dtype == dtype
    y, y_dot = jvp(fn, x, [1.0, 2.0])
    assert (y.dtype, y_dot.dtype) == (dtype, dtype)
    scalar = derivative(lambda t: dual.sin(t) * 2 + 0.5 / t, dtype(0.5))
    assert scalar.dtype == dtype
    assert scalar == pytest.approx(2 * math.cos(0.5) - 2.0, rel=8 * float(np.finfo(dtype).eps))
    assert jacobian(lambda t: [t[0], 1.0, t[1] ** 2], x).dtype == dtype
    assert derivative(lambda t: t, np.array(0.5, dtype)).dtype == dtype


def test_arguments_are_not_modified():
    x, v = np.array([1.0, 2.0]), np.array([1.0, 0.0])
    kept = x.copy(), v.copy()
    jvp(lambda t: dual.exp(t) * t / (1 + t) ** 3 - t**t, x, v)
    jacobian(lambda t: dual.exp(t) * t * t + t, x)
    np.testing.assert_array_equal((x, v), kept)


def test_a_directional_derivative_takes_one_evaluation_and_so_does_a_jacobian():
    calls = []
    fn = by_name("tridiagonal").build(dual)
    jacobian(lambda x: calls.append(1) or fn(x), [-1.0] * 6)
    assert len(calls) == 1
