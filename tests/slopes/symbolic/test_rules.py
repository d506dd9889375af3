"""Rules: what a derivative is, and how it reads."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from expressions import POINT, U, x, y

from slopes import symbolic
from slopes.compare import agree, relative_error
from slopes.symbolic import (
    constant,
    diff,
    evaluate,
    exp,
    gradient,
    jacobian,
    log,
    piecewise,
    simplify,
    sin,
    sqrt,
    to_latex,
)


@pytest.mark.parametrize(
    ("expr", "slope"),
    [
        (3 * x**2 + 2 * x, "6*x + 2"),
        (x * y, "y"),
        (x / y, "1/y"),
        (y / x, "-(y/x/x)"),
        (x**3, "3*x**2"),
        (x**y, "y*x**piecewise(((y < 0) | (y > 0), y - 1), 0)"),
        (2**x, "2**x*log(2)"),
        (x**x, "x**x*(log(x) + 1)"),
        (x**-2, "-2*x**-3"),
        (x ** Fraction(1, 2), "1/2*x**(-1/2)"),
        (sin(2 * x), "2*cos(2*x)"),
        (log(x), "1/x"),
        (sqrt(x), "1/(2*sqrt(x))"),
        (abs(x), "piecewise((x > 0, 1), piecewise((x < 0, -1), 0))"),
        (symbolic.sign(x), "0"),
        (-sin(x), "-cos(x)"),
        (y + 7, "0"),
        (piecewise((x < y, x**2), y), "piecewise((x < y, 2*x), 0)"),
        (symbolic.atan2(y, x), "-(y/hypot(y, x)/hypot(y, x))"),
    ],
)
def test_derivatives_read_as_in_a_table(expr, slope):
    assert repr(diff(expr, x)) == slope


@pytest.mark.parametrize("base", [-2.0, -0.5, 0.0, 3.0])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 4])
def test_whole_powers_are_differentiated_at_any_base(base, n):
    value = evaluate(diff(x**n, x), {x: base})
    assert value == (n * base ** (n - 1) if n else 0)


def test_a_symbol_in_the_exponent_is_no_reason_for_a_logarithm():
    assert evaluate(diff(x**y, x), {x: -2.0, y: 3}) == 12.0
    assert evaluate(diff((-x) ** 3, x), {x: 2.0}) == -12.0


def test_orders_are_repeated_derivatives():
    assert diff(x**5, x, 0) is x**5
    assert diff(x**5, x, order=3) is 60 * x**2
    assert diff(x**5, x, order=6) is constant(0)
    assert diff(sin(x), x, order=4) is sin(x)


def test_numbers_are_expressions_too():
    assert diff(3, x) is constant(0)
    assert evaluate(3, {}) == 3
    assert to_latex(Fraction(1, 2)) == r"\frac{1}{2}"
    assert simplify(2.5) is constant(2.5)


def test_jacobians_are_rows_of_gradients():
    rows = jacobian([x * y, x + y, x], (x, y))
    assert rows == (gradient(x * y, [x, y]), gradient(x + y, [x, y]), gradient(x, [x, y]))
    assert rows[2] == (constant(1), constant(0))
    assert jacobian(np.array([x * y, x]), [x])[1] == (constant(1),)


def test_linearity_and_the_product_rule_hold_as_values():
    f, g = sin(x * y), exp(x) / (1 + x**2)
    left = diff(3 * f - 2 * g, x), diff(f * g, x), diff(sin(f), x)
    right = (
        3 * diff(f, x) - 2 * diff(g, x),
        diff(f, x) * g + f * diff(g, x),
        symbolic.cos(f) * diff(f, x),
    )
    assert agree(evaluate(left, POINT), evaluate(right, POINT), tol=50 * U)


def test_mixed_derivatives_commute():
    f = (x * y) ** 3 / (x + y**2) + sin(x * y)
    one, two = diff(diff(f, x), y), diff(diff(f, y), x)
    assert relative_error(evaluate(one, POINT), evaluate(two, POINT)) < 500 * U


@pytest.mark.parametrize(
    ("name", "at"),
    [("tanh", 15.0), ("tanh", 20.0), ("tanh", 300.0), ("asin", 1 - 1e-12), ("acos", 1 - 1e-12),
     ("atanh", 1 - 1e-12), ("acosh", 1 + 1e-12)],
)  # fmt: skip
def test_slopes_keep_their_digits_at_the_ends(name, at):
    """1 - tanh(20)**2 is 0, and the slope is 2e-17."""
    slope = evaluate(diff(getattr(symbolic, name)(x), x), {x: at})
    with mpmath.workdps(400):
        exact = mpmath.diff(getattr(mpmath, name), mpmath.mpf(at), h=mpmath.mpf(10) ** -300)
    assert relative_error(slope, float(exact)) < 200 * U
