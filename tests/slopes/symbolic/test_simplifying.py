"""Trivial operations that are left out, and equal terms and factors that are collected."""

import cmath
import math
from fractions import Fraction

import pytest
from expressions import (
    x,
    y,
    z,
)

from slopes.symbolic import (
    constant,
    diff,
    evaluate,
    exp,
    hypot,
    log,
    piecewise,
    simplify,
    simplifying,
    sin,
    sqrt,
    symbol,
)

a, b = x, sin(y)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (a + 0, a),
        (0 + a, a),
        (a - 0, a),
        (0 - a, -a),
        (a - a, constant(0)),
        (a + a, 2 * a),
        (a + -b, a - b),
        (-a + b, b - a),
        (a - -b, a + b),
        (a + -2 * b, a - 2 * b),
        (-(a - b), b - a),
        (-(-a), a),  # noqa: B002
        (+a, a),
        (-(2 * a), -2 * a),
        (1 * a, a),
        (a * 1.0, a),
        (a * 0, constant(0)),
        (a * 3, 3 * a),
        (-1 * a, -a),
        (2 * (3 * a), 6 * a),
        (Fraction(1, 2) * (2 * a), a),
        (2 * -a, -2 * a),
        (-a * b, -(a * b)),
        (-a * -b, a * b),
        (a * a, a**2),
        (a**2 * a**3, a**5),
        ((a**2) ** 3, a**6),
        ((-a) ** 2, a**2),
        ((-a) ** 3, -(a**3)),
        (sqrt(a) ** 2, a),
        (sqrt(a) * sqrt(a), a),
        (a * (1 / b), a / b),
        ((1 / b) * a, a / b),
        (a**0, constant(1)),
        (a**1, a),
        (constant(1) ** a, constant(1)),
        (a / 1, a),
        (a / -1, -a),
        (0 / a, constant(0)),
        (a / a, constant(1)),
        (-a / b, -(a / b)),
        (-a / -b, a / b),
        (-2 / a, -(2 / a)),
        ((2 * a) / 2, a),
        ((6 * a) / 4, (3 * a) / 2),
        ((3 * a) / -3, -a),
        (constant(2) ** 10, constant(1024)),
        (constant(2) ** -1, constant(Fraction(1, 2))),
        (constant(1) / 3, constant(Fraction(1, 3))),
        (constant(0.5) * 2, constant(1.0)),
        (constant(4.0) ** 0.5, constant(2.0)),
        (constant(3) - 5, constant(-2)),
        (sin(constant(0)), constant(0)),
        (exp(constant(0)), constant(1)),
        (log(constant(1)), constant(0)),
        (exp(log(a)), a),
        (abs(-a), abs(a)),
        (abs(abs(a)), abs(a)),
        (abs(constant(-2)), constant(2)),
        (piecewise((constant(1) < 2, a), b), a),
        (piecewise((constant(1) > 2, a), b), b),
        (piecewise((a < b, a), a), a),
        ((a < b) & (a < b), a < b),
    ],
)
def test_trivial_operations_are_left_out(expr, expected):
    assert expr is expected


@pytest.mark.parametrize(
    "expr",
    [
        constant(1) / 0,
        constant(0) ** -1,
        constant(2) ** Fraction(1, 2),
        constant(2) ** 10**6,
        constant(-1.0) ** 0.5,
        constant(1e308) * 10,
        constant(1e-200) * 1e-200,
        1e-200 * (1e-200 * x),
        10**400 * constant(0.5),
        sqrt(x**2),
        constant(-1) ** constant(0.5),
    ],
)
def test_what_has_no_exact_number_is_left_as_written(expr):
    assert expr.op not in ("constant", "symbol")


def test_underflow_of_factors_does_not_lose_the_product():
    assert evaluate(1e-200 * (1e-200 * x), {x: 1e300}) == pytest.approx(1e-100)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (2 * x + 3 * x, "5*x"),
        (x * y + y * x, "2*(x*y)"),
        ((x + 1) - (1 + x), "0"),
        (x + y - x, "y"),
        (x - (x - y) - 3 + 3, "y"),
        (-(x + y) + x, "-y"),
        (1 + x + 2 - 5, "x - 2"),
        (x**2 * y / x, "x*y"),
        (x / y * (y / x), "1"),
        ((x / y) / (2 * x) * 3, "3/(2*y)"),
        (x ** Fraction(1, 2) * x ** Fraction(1, 2), "x"),
        (x**2 / x ** Fraction(1, 2), "x**(3/2)"),
        ((2 * x) * (y * 3), "6*(x*y)"),
        (-(2 * x) * (0.5 * y) * (1 / y), "-x"),
        (0.1 * x + 0.2 * x, "0.30000000000000004*x"),
        (sin(x * y) - sin(y * x), "0"),
        (piecewise((x * y < y * x + x - x, x), y), "piecewise((x*y < x*y, x), y)"),
        (diff(x / (x + y), x), "y/(x + y)**2"),
        (x - 2 * x, "-x"),
        (x + y + x, "2*x + y"),
        (4 / x + 2 / x, "6/x"),
        (x * 2 / y - 3 * (x / y), "-(x/y)"),
        (diff(1 / (1 + x), x, 3), "-(6/(1 + x)**4)"),
        (x * 1e200 * y * 1e200, None),
        (x / (y * constant(0)), None),
    ],
)
def test_equal_terms_and_factors_are_collected(expr, expected):
    assert repr(simplify(expr)) == (expected or repr(expr))


def test_long_sums_and_products_are_left_alone():
    long = sum((symbol(f"x{i}") for i in range(60)), constant(0))
    assert simplify(long) is long
    many = math.prod([symbol(f"x{i}") for i in range(60)], start=constant(1))
    assert simplify(many) is many


def test_a_simplification_that_costs_sharing_is_not_made():
    # 2*x + y - z is shorter as a formula, but x + y and x - z are there already.
    expr = sin(x + y) * sin(x - z) * ((x + y) + (x - z))
    assert simplify(expr) is expr
    assert repr(simplify((x + y) + (x - z))) == "2*x + y - z"


def test_the_logarithm_of_an_exponential_is_kept_for_it_differs_for_complex_numbers():
    assert evaluate(log(exp(x)), {x: 4j}, m=cmath) == cmath.log(cmath.exp(4j))


def test_simplify_does_not_take_1_for_its_float():
    both = sin(x + 1.0) * sqrt(sin(x + 1))
    assert simplify(both) is both
    pieces = piecewise((y > 0, x + 0.5), x + Fraction(1, 2))
    assert evaluate(simplify(pieces), {x: Fraction(1, 3), y: -1}) == Fraction(5, 6)


@pytest.mark.parametrize(
    "expr", [x + 10**400 + 0.5, 10**400 * x + 0.5 * x, (10**400 * x) * (0.5 * y)]
)
def test_simplify_leaves_ints_that_no_float_can_meet(expr):
    assert simplify(expr) is expr


@pytest.mark.parametrize(
    "grow",
    [
        lambda total, i: total + sin(i * x),
        lambda total, i: sin(i * x) - total,
        lambda total, i: total * sin(i * x),
        lambda total, i: sin(i * x) / total,
        lambda total, i: (total - x) * sin(i * x),
        lambda total, i: sqrt(total + i) ** 3,
    ],
)
def test_simplify_looks_at_a_bounded_number_of_parts_for_each_node(grow, monkeypatch):
    """A sum of 4000 terms was walked to its end from each of its 4000 partial sums."""
    looked_at = 0

    def counted(expr):
        nonlocal looked_at
        looked_at += 1
        return pair(expr)

    pair = simplifying._pair
    monkeypatch.setattr(simplifying, "_pair", counted)
    counts = []
    for n in (200, 400):
        total, looked_at = x, 0
        for i in range(1, n):
            total = grow(total, i)
        simplify(total)
        counts.append(looked_at)
    assert counts[1] < 2.2 * counts[0]


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (1 - x / (x + y), "y/(x + y)"),
        (2 - 2 * x / (x + y), "2*y/(x + y)"),
        (x / (x - 1) - 1, "1/(x - 1)"),
        (1 + x / y, "1 + x/y"),
        (1 - sin(x) / (x + y), "1 - sin(x)/(x + y)"),
        (3 + x - x / (x + y), "3 + x - x/(x + y)"),
        (0.5 - x * 1e300 / (x * 1e-300 + y), "0.5 - 1e+300*x/(1e-300*x + y)"),
    ],
)
def test_a_number_and_a_quotient_become_one_quotient_where_terms_cancel(expr, expected):
    assert repr(simplify(expr)) == expected


def test_a_quotient_of_long_sums_is_left_alone():
    long = sum((symbol(f"x{i}") for i in range(40)), x)
    assert simplify(1 - x / long) is 1 - x / long
    assert simplify(1 - long / (x + y)) is 1 - long / (x + y)


@pytest.mark.parametrize(
    ("term", "value"),
    [
        (y * (y + 1), -11.0),
        (y ** (y + 1), -80.0),
        (sin(y), 1 - math.sin(3)),
        (hypot(y, y + 1), -4.0),
        (-y, 4.0),
    ],
)
def test_a_term_that_stays_when_quotients_cancel_is_no_quotient(term, value):
    # It was read as one: 1 - y*(y + 1) became 1/(y + 1), and 1 - sin(y) an error.
    expr = simplify(1 - term + z / x - z / x)
    assert evaluate(expr, {x: 2.0, y: 3.0, z: 5.0}) == pytest.approx(value, rel=1e-15)
    assert simplify(diff(sqrt(x * x), x, 2)) is constant(0)
