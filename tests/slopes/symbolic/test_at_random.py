"""Expressions at random: against forty digits, SymPy and one another."""

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
from expressions import EXPRESSIONS, POINT, RISKY, U, all_values, checked, has, operations, x, y
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from matplotlib.mathtext import MathTextParser

from slopes.compare import agree
from slopes.elementary import ELEMENTARY, OF_TWO
from slopes.symbolic import (
    constant,
    count_nodes,
    diff,
    evaluate,
    expression,
    function,
    gradient,
    node,
    piecewise,
    simplify,
    to_latex,
    to_python,
)


@settings(max_examples=60)
@given(EXPRESSIONS, st.sampled_from(["x", "y"]))
def test_derivatives_are_those_of_forty_digits(recipe, name):
    expr = recipe()
    assume(max(all_values(expr, POINT)) < 1e6)
    assert checked(expr, name)


@settings(max_examples=40)
@given(EXPRESSIONS)
def test_derivatives_are_those_of_sympy(recipe):
    expr = recipe()
    assume(count_nodes(expr, shared=False) < 60 and not has(expr, "piecewise"))
    names = {"x": sympy.Symbol("x", real=True), "y": sympy.Symbol("y", real=True)}
    theirs = evaluate(expr, names, m=Sympy)
    slope = sympy.diff(theirs, names["x"]) if isinstance(theirs, sympy.Basic) else 0
    numbers = {names[key]: sympy.Float(value, 30) for key, value in POINT.items()}
    exact = float(sympy.N(sympy.sympify(slope).subs(numbers), 20))
    scale = max(all_values(diff(expr, x), POINT))
    assert abs(evaluate(diff(expr, x), POINT) - exact) <= 2000 * U * max(scale, 1.0)


class Sympy:
    """SymPy as a namespace, with the names that it lacks."""

    def __getattr__(self, name):
        return getattr(sympy, name)

    log1p = staticmethod(lambda a: sympy.log(1 + a))
    hypot = staticmethod(lambda a, b: sympy.sqrt(a**2 + b**2))
    mpf = sympy.Integer


Sympy = Sympy()


@settings(max_examples=60)
@given(EXPRESSIONS)
def test_simplifying_keeps_values_and_adds_no_operation(recipe):
    expr = recipe()
    simple = simplify(expr)
    scale = max(1.0, *all_values(expr, POINT), *all_values(simple, POINT))
    assert abs(evaluate(simple, POINT) - evaluate(expr, POINT)) <= 200 * U * scale
    assert operations(simple) <= operations(expr)
    assert simplify(simple) is simple


@settings(max_examples=60)
@given(EXPRESSIONS)
def test_repr_is_python_that_makes_the_same_object(recipe):
    expr = recipe()
    assume(not any(isinstance(n.value, Fraction) for n in node.topological([expr])))
    names = {name: on_constants(name) for name in ("abs", *ELEMENTARY, *OF_TWO)}
    again = eval(repr(expr), {**names, "piecewise": piecewise, "x": x, "y": y})  # noqa: S307
    assert again is expr or constant(again) is expr


def on_constants(name):
    """A function that leaves sin(2) as it is: of plain numbers it would be a plain number."""

    def fn(*args):
        return expression.call(name, *map(expression.operand, args))

    return fn


@settings(max_examples=60)
@given(st.lists(RISKY, min_size=1, max_size=3), st.floats(-6, 6), st.floats(-6, 6))
def test_source_computes_what_evaluate_does_bit_by_bit(recipes, a, b):
    exprs = [recipe() for recipe in recipes]
    # Guarded logarithms and roots: whatever is computed in vain raises, or warns with NumPy.
    try:
        expected = evaluate(exprs, {x: a, y: b})
    except ArithmeticError:  # see the next test
        assume(False)
    assert function(exprs, [x, y])(a, b) == expected
    text = to_python(exprs, [x, y], name="formula", m="ns")
    made = {"ns": math}
    exec(text, made)
    assert made["formula"](a, b) == expected


@settings(max_examples=25)
@given(RISKY, st.floats(-6, 6), st.floats(-6, 6))
def test_derivatives_of_guarded_expressions_are_guarded_too(recipe, a, b):
    expr = recipe()
    slopes = gradient(expr, [x, y])
    fn = function([expr, slopes], [x, y])
    try:
        expected = evaluate([expr, slopes], {x: a, y: b})
    except (ArithmeticError, ValueError) as error:  # the slope of a root at 0, say
        with pytest.raises(type(error)):
            fn(a, b)
    else:
        assert fn(a, b) == expected


@settings(max_examples=40)
@given(EXPRESSIONS)
def test_arrays_give_what_numbers_give(recipe):
    expr = recipe()
    points = np.linspace(-2, 2, 7)
    fn, one = function(expr, [x, y], m=np), function(expr, [x, y])
    expected = [one(float(p), 0.3) for p in points]
    scale = max(1.0, *map(abs, expected), max(all_values(expr, POINT)))
    assume(scale < 1e6)
    for found in (fn(points, 0.3), evaluate(expr, {x: points, y: 0.3}, m=np)):
        assert agree(np.broadcast_to(found, 7), expected, tol=1e-9) or scale * 1e-12 > np.max(
            np.abs(found - np.array(expected))
        )


@settings(max_examples=40)
@given(EXPRESSIONS)
def test_formulas_are_read_by_another_parser(recipe):
    expr = recipe()
    assume(not has(expr, "piecewise") and count_nodes(expr, shared=False) < 80)
    text = to_latex(expr)
    MathTextParser("path").parse(f"${text}$")
    assert text.count(r"\left") == text.count(r"\right")
