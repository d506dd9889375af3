"""Rules: what a derivative is, and how it reads."""

import math
from fractions import Fraction

import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from expressions import POINT, U, x, y

from slopes import symbolic
from slopes.compare import agree, relative_error
from slopes.symbolic import (
    constant,
    count_nodes,
    diff,
    evaluate,
    exp,
    function,
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


# --- High orders ---


def logistic_function(t):
    return 1 / (1 + symbolic.exp(-t))


@pytest.mark.parametrize("order", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("at", [-300.0, -30.0, -1.0, 0.0, 2.0, 30.0])
def test_derivatives_of_a_sigmoid_do_not_overflow(order, at):
    """The denominator came out to the power 2**order: 0 instead of 9.4e-14 at -30."""
    slope = diff(logistic_function(x), x, order)
    with mpmath.workdps(400):
        right = mpmath.diff(lambda t: 1 / (1 + mpmath.exp(-t)), mpmath.mpf(at), order)
        scale = mpmath.exp(-abs(at)) * math.factorial(order)
    for value in (
        evaluate(slope, {x: at}),
        function(slope, [x])(at),
        function(slope, [x], m=np)(np.array([at]))[0],
    ):
        assert abs(value - right) <= 200 * U * (abs(right) + scale)


@pytest.mark.parametrize("order", [1, 5, 10, 20])
def test_derivatives_of_quotients_are_exact(order):
    for at in (Fraction(1), Fraction(-5, 2), Fraction(10**40)):
        right = (-1) ** order * math.factorial(order) / (1 + at) ** (order + 1)
        assert evaluate(diff(1 / (1 + x), x, order), {x: at}) == right
        assert evaluate(diff(1 / (1 + x) ** 3, x, order), {x: at}) == Fraction(
            right * (order + 1) * (order + 2) / 2 / (1 + at) ** 2
        )
    assert evaluate(diff(1 / (1 + x), x, 10), {x: 1.0}) == pytest.approx(1771.875, rel=1e-14)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_slopes_of_quotients_square_nothing(scale):
    value = evaluate(diff(x / (x + y), x), {x: scale, y: scale})
    assert value == pytest.approx(0.25 / scale, rel=1e-14)


@pytest.mark.parametrize(
    ("expr", "right"),
    [
        (sin(x) / (2 + symbolic.cos(x)), lambda t: mpmath.sin(t) / (2 + mpmath.cos(t))),
        (log(x) / x**2, lambda t: mpmath.log(t) / t**2),
        (sqrt(x) / (1 + x), lambda t: mpmath.sqrt(t) / (1 + t)),
        (symbolic.tanh(x) / x, lambda t: mpmath.tanh(t) / t),
    ],
)
def test_sixth_derivatives_of_quotients_are_those_of_sixty_digits(expr, right):
    with mpmath.workdps(60):
        exact = float(mpmath.diff(right, mpmath.mpf(1.75), 6))
    assert relative_error(evaluate(diff(expr, x, 6), {x: 1.75}), exact) < 1e-11


def test_quotients_grow_by_a_bounded_number_of_nodes_for_each():
    def fraction(n):
        total = x
        for _ in range(n):
            total = 1 + x / total
        return total

    sizes = [count_nodes(diff(fraction(n), x)) for n in (20, 40, 80)]
    assert sizes[2] - sizes[1] == 2 * (sizes[1] - sizes[0]) == 40 * 5
    orders = [count_nodes(diff(logistic_function(x), x, order)) for order in (2, 4, 8)]
    assert orders == [13, 37, 133]


# --- A symbol as exponent ---


@pytest.mark.parametrize("kind", [float, np.array, jnp.array])
@pytest.mark.parametrize(("n", "right"), [(0, 0.0), (1, 1.0), (2, 0.0), (3, 0.0)])
def test_a_power_has_its_slope_at_zero_whatever_the_exponent(kind, n, right):
    """It was 0 * 0**-1 for n = 0: NaN, or a division by zero."""
    m = {float: math, np.array: np, jnp.array: jnp}[kind]
    slope = diff(x**y, x)
    assert evaluate(slope, {x: kind(0.0), y: n}, m=m) == right
    assert function(slope, [x, y], m=m)(kind(0.0), n) == right
    assert function(slope, [x, y], m=m)(kind(0.0), kind(float(n))) == right


@pytest.mark.parametrize(("n", "right"), [(0, 0), (1, 0), (2, 2), (3, 0), (4, 0)])
def test_a_power_has_its_second_slope_at_zero_whatever_the_exponent(n, right):
    assert evaluate(diff(x**y, x, 2), {x: 0.0, y: n}) == right
    assert evaluate(diff((x - 1) ** (2 * y), x, 2), {x: 1.0, y: Fraction(n, 2)}) == right


def test_a_slope_that_is_infinite_is_no_number():
    with pytest.raises(ZeroDivisionError):
        evaluate(diff(x**y, x), {x: 0.0, y: 0.5})
