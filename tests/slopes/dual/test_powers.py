"""Powers of dual numbers: whole, fractional and variable exponents, bases of every sign."""

import math

import numpy as np
import pytest
from duals import U

from slopes.dual import Dual, derivative


@pytest.mark.parametrize("x", [-2.0, -1.0, 0.0, 3.0])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 2.0, 3.0, 0.0])
def test_whole_powers_have_a_slope_everywhere_zero_included(x, n):
    exact = n * x ** (n - 1) if n else 0.0
    assert derivative(lambda t: t**n, x) == exact
    np.testing.assert_array_equal(derivative(lambda t: t**n, np.array([x, x])), [exact, exact])
    each = derivative(lambda t: t ** np.array([n, 2.0]), np.array([x, 0.0]))
    np.testing.assert_array_equal(each, [exact, 0.0])


def test_negative_and_fractional_powers_have_the_slope_of_the_formula():
    assert derivative(lambda t: t**-2, 2.0) == -0.25
    assert derivative(lambda t: t**0.5, 4.0) == 0.25
    assert derivative(lambda t: t**1.5, 0.0) == 0.0
    assert derivative(lambda t: t**-1, -2.0) == -0.25


def test_a_variable_exponent_needs_the_logarithm_of_a_positive_base():
    assert derivative(lambda t: 2.0**t, 3.0) == pytest.approx(8 * math.log(2), rel=4 * U)
    assert derivative(lambda t: t**t, 2.0) == pytest.approx(4 * (math.log(2) + 1), rel=4 * U)
    assert derivative(lambda t: 0.0**t, 2.0) == 0.0
    assert derivative(lambda t: t**t, Dual(2.0, 1.0)).tangent == pytest.approx(
        4 * ((math.log(2) + 1) ** 2 + 0.5), rel=16 * U
    )
    np.testing.assert_array_equal(derivative(lambda t: np.array([0.0, 1.0]) ** t, 2.0), [0, 0])


def test_an_exponent_that_does_not_move_is_a_constant():
    assert (Dual(-2.0, 1.0) ** Dual(3.0, 0.0)).tangent == 12.0


def test_the_exponent_may_belong_to_an_outer_derivative():
    mixed = derivative(lambda n: derivative(lambda x: x**n, 2.0), 3.0)
    assert mixed == pytest.approx(2.0**2 * (1 + 3 * math.log(2)), rel=16 * U)
    mixed = derivative(lambda x: derivative(lambda n: x**n, 3.0), 2.0)
    assert mixed == pytest.approx(2.0**2 * (1 + 3 * math.log(2)), rel=16 * U)
