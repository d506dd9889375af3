"""Symbolic derivatives: rules, sharing, values, printing, source, refusals."""

import cmath
import copy
import gc
import math
import pickle
import subprocess
import sys
import threading
from fractions import Fraction
from typing import NamedTuple

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from matplotlib.mathtext import MathTextParser

from slopes import _printing, _symbolic, symbolic
from slopes.compare import agree, relative_error
from slopes.problems import PROBLEMS
from slopes.symbolic import (
    constant,
    count_nodes,
    diff,
    evaluate,
    exp,
    free_symbols,
    function,
    gradient,
    graph,
    jacobian,
    log,
    piecewise,
    simplify,
    sin,
    sqrt,
    symbol,
    symbols,
    to_latex,
    to_python,
)

U = 2.0**-53
x, y, z = symbols("x y z")
POINT = {"x": 0.7312871, "y": -1.1347093}
SMOOTH = [problem for problem in PROBLEMS if not problem.branches]


def exact_slope(expr, name, values):
    """Numerical derivative with 40 digits: it knows no rule."""
    with mpmath.workdps(60):
        others = {key: mpmath.mpf(value) for key, value in values.items()}

        def fn(t):
            return evaluate(expr, {**others, name: t}, m=Digits)

        return float(mpmath.diff(fn, others[name]))


class Digits:
    """mpmath as a namespace, with the name that it lacks."""

    def __getattr__(self, name):
        return getattr(mpmath.mp, name)

    @staticmethod
    def log2(a):
        return mpmath.log(a, 2)


Digits = Digits()


def close(value, exact, ops=200):
    """Whether two numbers agree up to rounding in `ops` operations of size 1 or of theirs."""
    return abs(value - exact) <= ops * U * max(abs(exact), 1.0)


# --- expressions at random ------------------------------------------------------------------------

# Every one is defined and smooth at all real numbers; sizes stay moderate.
UNARY = [
    sin,
    symbolic.cos,
    symbolic.tanh,
    symbolic.atan,
    symbolic.asinh,
    lambda a: exp(sin(a)),
    lambda a: log(2 + symbolic.cos(a)),
    lambda a: symbolic.log1p(a**2),
    lambda a: sqrt(1 + a**2),
    lambda a: 1 / (2 + sin(a)),
    lambda a: (1 + a**2) ** constant(Fraction(1, 3)),
    lambda a: symbolic.tanh(a) ** 3,
    lambda a: -a,
    abs,
]
BINARY = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / (1 + b**2),
    lambda a, b: (1 + a**2) ** symbolic.tanh(b),
    lambda a, b: piecewise((a < b, sin(a)), a * b),
    symbolic.maximum,
    symbolic.hypot,
    lambda a, b: symbolic.atan2(a, 1 + b**2),
]
NUMBERS = st.sampled_from([-2, -1, 0, 1, 2, 3, 0.1, 2.5, Fraction(1, 3)])


class Recipe:
    """What to build: Hypothesis draws it, and the test makes the expression."""

    def __init__(self, make, *parts):
        self.make, self.parts = make, parts

    def __call__(self):
        return self.make(*(part() for part in self.parts))

    def __repr__(self):
        # Not the expression: what makes one must not run while Hypothesis draws.
        line = self.make.__code__.co_firstlineno if hasattr(self.make, "__code__") else 0
        return f"{self.make.__name__}@{line}{self.parts}"


def recipes(makers, *inner):
    return st.builds(Recipe, st.sampled_from(makers), *inner)


LEAVES = st.one_of(
    st.builds(Recipe, st.sampled_from([lambda: x, lambda: x, lambda: y])),
    NUMBERS.map(lambda number: Recipe(lambda: constant(number))),
)


def grown(inner):
    shared = recipes([lambda a: a * sin(a) - a], inner)
    return st.one_of(recipes(UNARY, inner), recipes(BINARY, inner, inner), shared)


EXPRESSIONS = st.recursive(LEAVES, grown, max_leaves=12)

# These are not defined everywhere, and are guarded by conditions of their own.
GUARDED = [
    lambda a: piecewise((a > 0, log(a)), 0),
    lambda a: piecewise((a > 0, log(a) * sqrt(a)), (a < -1, sqrt(-a)), a),
    lambda a: piecewise((a <= 1, sin(a)), sqrt(a - 1) + log(a)),
    lambda a: piecewise(((a > 0) & (a < 3), log(a)), (abs(a) > 5, 1 / a), 2),
]


def grown_with_guards(inner):
    return st.one_of(grown(inner), recipes(GUARDED, inner), recipes(GUARDED, inner))


RISKY = st.recursive(LEAVES, grown_with_guards, max_leaves=8)


def checked(expr, name="x", values=POINT, ops=2000):
    """Whether the derivative is that of 40 digits; the checker that is checked below."""
    exact = exact_slope(expr, name, values)
    scale = max(1.0, *(abs(v) for v in all_values(diff(expr, symbol(name)), values)))
    return abs(evaluate(diff(expr, symbol(name)), values) - exact) <= ops * U * scale


def all_values(expr, values):
    """Values of all nodes that are numbers: they set the scale of rounding errors."""
    nodes = [n for n in _symbolic.topological([expr]) if isinstance(n, symbolic.Expr)]
    found = []
    for node in nodes:
        value = evaluate(node, values, m=mpmath.mp)
        found.append(float(abs(value)))
    return found or [0.0]


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
    """SymPy as a namespace, with the two names that it lacks."""

    def __getattr__(self, name):
        return getattr(sympy, name)

    log1p = staticmethod(lambda a: sympy.log(1 + a))
    mpf = sympy.Integer


Sympy = Sympy()


def has(expr, op):
    return any(node.op == op for node in _symbolic.topological([expr]))


@settings(max_examples=60)
@given(EXPRESSIONS)
def test_simplifying_keeps_values_and_adds_no_operation(recipe):
    expr = recipe()
    simple = simplify(expr)
    scale = max(1.0, *all_values(expr, POINT), *all_values(simple, POINT))
    assert abs(evaluate(simple, POINT) - evaluate(expr, POINT)) <= 200 * U * scale
    assert operations(simple) <= operations(expr)
    assert simplify(simple) is simple


def operations(expr):
    return sum(bool(node.args) for node in _symbolic.topological([expr]))


@settings(max_examples=60)
@given(EXPRESSIONS)
def test_repr_is_python_that_makes_the_same_object(recipe):
    expr = recipe()
    assume(not any(isinstance(n.value, Fraction) for n in _symbolic.topological([expr])))
    names = {name: on_constants(name) for name in (*symbolic.SLOPES, "atan2")}
    again = eval(repr(expr), {**names, "piecewise": piecewise, "x": x, "y": y})  # noqa: S307
    assert again is expr or constant(again) is expr


def on_constants(name):
    """A function that leaves sin(2) as it is: of plain numbers it would be a plain number."""

    def fn(*args):
        return _symbolic.call(name, *map(_symbolic.operand, args))

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


# --- against closed forms -------------------------------------------------------------------------


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


@pytest.mark.parametrize("name", sorted(symbolic.SLOPES))
def test_every_function_has_the_slope_of_forty_digits(name):
    call = abs if name == "abs" else getattr(symbolic, name)
    for a in (1.3, 2.0) if name == "acosh" else (0.3, 0.77, 0.05):
        exact = exact_slope(call(x), "x", {"x": a})
        assert close(evaluate(diff(call(x), x), {x: a}), exact)


@pytest.mark.parametrize("name", sorted({*symbolic.SLOPES} - {"abs"}))
def test_every_function_takes_numbers_and_arrays(name):
    fn, a = getattr(symbolic, name), 1.0 if name == "acosh" else 0.3
    assert fn(a) == getattr(math, name)(a)
    assert fn(np.array([a])) == getattr(np, name)(np.array([a]))
    assert isinstance(fn(np.float32(a)), np.float32)
    assert fn.__name__ == name


def test_functions_of_two_arguments_take_numbers_and_arrays():
    assert symbolic.atan2(1.0, 2.0) == math.atan2(1.0, 2.0)
    assert symbolic.hypot(3.0, 4.0) == 5.0
    assert (symbolic.maximum(1, 2), symbolic.minimum(1, 2), symbolic.sign(-3.0)) == (2, 1, -1)
    np.testing.assert_array_equal(symbolic.where(np.array([True, False]), 1, 2), [1, 2])
    assert symbolic.where(x < 1, 2, 3) is piecewise((x < 1, 2), 3)
    assert symbolic.minimum(x, 2) is piecewise((x <= 2, x), 2)
    assert symbolic.hypot(x, 3) is sqrt(x**2 + 9)


def test_mpmath_gets_fractions_with_all_digits():
    third = x * Fraction(1, 3)
    with mpmath.workdps(50):
        for value in (
            evaluate(third, {x: mpmath.mpf(1)}, m=mpmath.mp),
            function(third, [x], m=mpmath.mp)(mpmath.mpf(1)),
        ):
            assert abs(3 * value - 1) < mpmath.mpf(10) ** -48


def test_complex_numbers_go_through():
    import cmath

    slope = diff(exp(x) / sqrt(x), x)
    h = 1e-100
    fn = function(exp(x) / sqrt(x), [x], m=cmath)
    assert close(fn(complex(1.5, h)).imag / h, evaluate(slope, {x: 1.5}))


# --- rules ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expr", "slope"),
    [
        (3 * x**2 + 2 * x, "6*x + 2"),
        (x * y, "y"),
        (x / y, "1/y"),
        (y / x, "-(y/x**2)"),
        (x**3, "3*x**2"),
        (x**y, "y*x**(y - 1)"),
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
        (symbolic.atan2(y, x), "-(y/(x**2 + y**2))"),
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


# --- negative controls ----------------------------------------------------------------------------

CONTROL = sin(x * y) * exp(x) / (1 + x**2) - symbolic.tanh(x) ** 3


def test_the_control_is_right_as_long_as_the_rules_are():
    assert checked(CONTROL)


@pytest.mark.parametrize("op", ["+", "-", "*", "/", "**", "sin", "exp", "tanh"])
def test_a_rule_that_is_wrong_by_one_part_in_two_thousand_is_caught(op, monkeypatch):
    table = symbolic.RULES if op in symbolic.RULES else symbolic.SLOPES
    right = table[op]
    monkeypatch.setitem(table, op, lambda *given: right(*given) * (1 + 1 / 2000))
    expr = CONTROL + y if op == "+" else CONTROL + x
    assert not checked(expr if op == "+" else CONTROL) or not checked(CONTROL + x * x)


def test_a_simplification_that_is_wrong_is_caught(monkeypatch):
    monkeypatch.setitem(_symbolic.OPERATORS, "**", lambda a, _: a)
    assert evaluate(simplify(CONTROL), POINT) != pytest.approx(evaluate(CONTROL, POINT))


def test_source_that_computes_in_vain_is_caught():
    guarded = piecewise((x > 0, log(x)), 0) + piecewise((x > 1, log(x) ** 2), 0)
    assert function(guarded, [x])(-1.0) == 0
    eager = function(guarded, [x], m=symbolic, arrays=True)
    with pytest.raises(ValueError, match="math domain"):
        eager(-1.0)


# --- sharing --------------------------------------------------------------------------------------


def test_equal_expressions_are_one_object():
    assert x is symbol("x")
    assert sin(x + 1) * y is sin(x + 1) * y
    assert (x + 1 == x + 1) is True
    assert (x + 1 == 1 + x) is False
    assert (x == 2) is False
    assert len({x + 1, x + 1, x + 2}) == 2
    assert (x < 1) is (x < 1)


def test_one_and_one_point_zero_are_two_constants():
    assert constant(1) is not constant(1.0)
    assert constant(0.0) is not constant(-0.0)
    assert constant(Fraction(2, 1)) is constant(2)
    assert constant(np.int64(3)) is constant(3)
    assert constant(np.float32(0.5)) is constant(0.5)
    assert math.copysign(1, evaluate(constant(-0.0), {})) == -1


def test_a_derivative_refers_to_the_nodes_of_the_function():
    f = exp(sin(x) * x)
    assert f in _symbolic.topological([diff(f, x)])


def product(n):
    total = sin(x)
    for i in range(1, n):
        total = total * sin(x + i)
    return total


def logistic(n):
    total = x
    for _ in range(n):
        total = 4 * total * (1 - total)
    return total


def nested(n):
    total = x
    for _ in range(n):
        total = sin(total)
    return total


@pytest.mark.parametrize("family", [product, nested, logistic])
def test_derivatives_grow_linearly_with_sharing(family):
    sizes = [count_nodes(diff(family(n), x)) for n in (20, 40, 80)]
    assert sizes[2] - sizes[1] == 2 * (sizes[1] - sizes[0])
    assert sizes[2] < 6 * count_nodes(family(80))


@pytest.mark.parametrize("family", [product, nested])
def test_trees_grow_quadratically(family):
    sizes = [count_nodes(diff(family(n), x), shared=False) for n in (100, 200)]
    assert sizes[1] / sizes[0] == pytest.approx(4, rel=0.05)


def test_a_tree_is_counted_without_being_written():
    y = x
    for _ in range(100):
        y = y * sin(y)
    assert count_nodes(y) == 201
    assert count_nodes(y, shared=False) == 3 * 2**100 - 2 > 10**30
    assert count_nodes([y, y], shared=False) == 2 * (3 * 2**100 - 2)
    assert count_nodes([y, [y]]) == 201


def test_ten_thousand_levels_hit_no_recursion_limit():
    deep = nested(10_000)
    slope = diff(deep, x)
    assert count_nodes(slope) == 29_999
    assert 0 < evaluate(slope, {x: 0.5}) < 1e-4  # the sines fall like the root of 3 / n
    assert len(to_latex(deep)) > 100_000
    assert repr(slope) == "<Expr '*', 29999 nodes, as a tree 5e+07>"
    assert slope._repr_latex_() is None
    assert pickle.loads(pickle.dumps(slope)) is slope  # noqa: S301
    assert copy.deepcopy(slope) is slope
    assert len(graph(deep).labels) == 10_001
    assert free_symbols(slope) == (x,)


def test_source_of_ten_thousand_levels_hits_no_recursion_limit():
    # In another process, where no types are checked: here each call of a helper costs its check.
    program = (
        "from slopes.symbolic import *\n"
        "x = f = symbol('x')\n"
        "for _ in range(10_000):\n    f = sin(f)\n"
        "slope = diff(f, x)\n"
        "assert function(slope, [x])(0.5) == evaluate(slope, {x: 0.5})\n"
        "assert simplify(slope) is slope\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_many_pieces_hit_no_recursion_limit():
    steps = piecewise(*((x < i, i * x) for i in range(1500)), 0)
    slope = diff(steps, x)
    assert evaluate(slope, {x: 1234.5}) == 1235
    assert function(slope, [x], m=np)(1234.5) == 1235
    with pytest.raises(ValueError, match="at most 60 piecewise"):
        to_python(slope, [x])
    assert repr(x < steps * steps + steps) == "<Condition '<'>"


def test_nested_nodes_are_given_back_however_deep():
    gc.collect()
    before = len(_symbolic._TABLE)
    deep = nested(40_000)
    assert len(_symbolic._TABLE) > before + 39_990
    del deep
    gc.collect()
    assert len(_symbolic._TABLE) == before


def test_threads_make_one_node_of_each_kind():
    made = []
    barrier = threading.Barrier(8)

    def work():
        barrier.wait()
        y = x
        for i in range(200):
            y = sin(y) + i
        made.append(y)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert all(y is made[0] for y in made)


def test_a_node_made_by_another_thread_in_between_is_taken(monkeypatch):
    class Late(dict):
        def get(self, key):
            first, self.asked = not hasattr(self, "asked"), True
            return None if first else super().get(key)

    number = constant(12345)
    expr = x + number
    monkeypatch.setattr(_symbolic, "_TABLE", Late({("+", None, x, number): expr}))
    assert _symbolic._interned(symbolic.Expr, "+", (x, number)) is expr


def test_pickles_of_conditions_and_pieces_come_back_as_themselves():
    expr = piecewise(((x < 1) & (y >= Fraction(1, 3)), 0.1 * x), y)
    assert pickle.loads(pickle.dumps(expr)) is expr  # noqa: S301
    assert copy.copy(expr) is expr


def test_expressions_cannot_be_changed():
    with pytest.raises(AttributeError, match="cannot be changed"):
        x.name = "y"
    with pytest.raises(AttributeError, match="cannot be changed"):
        del x.name


# --- trivial operations and collecting ------------------------------------------------------------

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


# --- values ---------------------------------------------------------------------------------------


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


# --- source ---------------------------------------------------------------------------------------


def test_source_names_what_is_shared():
    f = sin(x**2)
    assert to_python([f, diff(f, x)], ["x"], name="both", m="np") == (
        "def both(x):\n    t0 = x**2\n    return [np.sin(t0), np.cos(t0)*(2*x)]\n"
    )


def test_source_of_pieces_computes_in_each_what_it_needs():
    f = piecewise((x > 0, log(x) * (1 + log(x))), -x)
    assert to_python(f, x) == (
        "def fn(x):\n"
        "    if x > 0:\n"
        "        t0 = m.log(x)\n"
        "        t1 = t0*(1 + t0)\n"
        "    else:\n"
        "        t1 = -x\n"
        "    return t1\n"
    )
    assert to_python(f, x, arrays=True) == (
        "def fn(x):\n    t0 = m.log(x)\n    return m.where(x > 0, t0*(1 + t0), -x)\n"
    )


def test_source_shares_between_choices_by_the_same_condition():
    f = piecewise((x > 0, log(x)), 0)
    text = to_python([f, diff(f, x), piecewise((x > 0, log(x) ** 2), 1)], [x])
    assert "cache" not in text
    assert text.count("m.log(x)") == 1


def test_what_both_pieces_need_is_computed_before_and_what_is_there_is_not_repeated():
    root = sqrt(x)
    both = piecewise((x > 1, root * y), root / (y + root))
    assert to_python(both, [x, y]).startswith("def fn(x, y):\n    t0 = m.sqrt(x)\n    return")
    inside = piecewise((x > 1, log(x - 1) * y), log(x - 1))
    text = to_python(piecewise((y > 0, inside), (y < -1, y), log(x - 1)), [x, y])
    assert text.count("m.log") == 1
    fn = function(piecewise((y > 0, inside), (y < -1, y), log(x - 1)), [x, y])
    assert [fn(0.5, -2.0), fn(3.0, 2.0), fn(3.0, -0.5)] == [-2.0, 2 * math.log(2), math.log(2)]


def test_a_choice_that_is_used_twice_is_made_once():
    f = piecewise((x > 0, log(x) * (1 + log(x))), -x)
    text = to_python([f, f + 1], [x])
    assert text.count("if ") == 1
    assert text.endswith("return [t1, t1 + 1]\n")


def test_source_of_what_some_pieces_need_is_a_function_with_a_cache():
    f = piecewise((x > 0, log(x)), 0) + piecewise((x > 1, log(x) ** 2), 0)
    text = to_python(f, [x])
    assert text.startswith("from functools import cache\n")
    assert text.count("m.log(x)") == 1
    assert function(f, [x])(-1.0) == 0
    assert function(f, [x])(math.e) == 2


def test_temporaries_and_namespace_stay_clear_of_the_arguments():
    t0, t2, m, m_ = symbols("t0 t2 m m_")
    shared = sin(t0 + m)
    expr = shared * (1 + shared) ** 2 / (m_ + shared * t2) + exp(shared * t2)
    fn = function(expr, [t0, t2, m, m_])
    values = {"t0": 0.1, "t2": 0.2, "m": 0.3, "m_": 0.4}
    assert fn(**values) == evaluate(expr, values)
    assert fn.__doc__.startswith("def fn(t0, t2, m, m_):\n    t1 = m__.sin(t0 + m)\n    t3 =")
    with pytest.raises(ValueError, match="m must not be the name of an argument"):
        to_python(expr, [t0, t2, m, m_])
    assert to_python(x + 0 * m, [x, m], m="np") == "def fn(x, m):\n    return x\n"


def test_the_function_may_have_the_name_of_an_argument_or_temporary():
    assert function(symbol("fn") * 2, ["fn"])(3) == 6
    made = {"m": math}
    exec(to_python(sin(x) * (sin(x) + 1), [x], name="t0"), made)
    assert made["t0"](0.5) == math.sin(0.5) * (math.sin(0.5) + 1)


def test_arguments_that_hide_a_function_are_refused():
    with pytest.raises(ValueError, match="args must not hide a function"):
        function(abs(symbol("abs")), ["abs"])
    a = symbol("cache")
    twice = piecewise((a > 0, log(a)), 0) + piecewise((a > 1, log(a) ** 2), 0)
    with pytest.raises(ValueError, match="args must not hide a function"):
        function(twice, [a])
    assert function(twice, [a], arrays=True, m=np)(1.0) == 0


def test_arguments_may_be_one_symbol_and_need_not_occur():
    assert function(x**2, x)(3) == 9
    assert function(x**2, "x")(3) == 9
    assert function(x, [x, y])(1, 2) == 1


@pytest.mark.parametrize("n", [1, 50, 200])
def test_long_lines_are_broken_by_names(n):
    text = to_python(nested(n), [x])
    assert max(map(len, text.splitlines())) < 120


# --- formulas -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (x**2 + 3 * x + 2, "x^{2} + 3 x + 2"),
        (x - (y - z), r"x - \left(y - z\right)"),
        (x - (y + z), r"x - \left(y + z\right)"),
        (x + (y - z), "x + y - z"),
        (x * (y + z), r"x \left(y + z\right)"),
        (-(x + y), r"-\left(x + y\right)"),
        (-(x * y), "-x y"),
        (x * -2 - 1, "-2 x - 1"),
        ((-2 * x) ** 3, r"\left(-2 x\right)^{3}"),
        ((-2 * x) * y, r"\left(-2 x\right) y"),
        (y - 2 * x, "y - 2 x"),
        (x / (1 + y), r"\frac{x}{1 + y}"),
        (-1 / x, r"-\frac{1}{x}"),
        ((x / y) ** 2, r"\left(\frac{x}{y}\right)^{2}"),
        ((x + y) ** 2, r"\left(x + y\right)^{2}"),
        (x ** (y + 1), "x^{y + 1}"),
        (x ** (y**z), "x^{y^{z}}"),
        ((x**y) ** z, r"\left(x^{y}\right)^{z}"),
        (2 * 3**x, r"2 \cdot 3^{x}"),
        (2 * (3**x * y), r"2 \cdot 3^{x} y"),
        (2 * x**-1, r"2 \frac{1}{x}"),
        (2 * constant(3) ** Fraction(1, 2), r"2 \sqrt{3}"),
        (x**-2, r"\frac{1}{x^{2}}"),
        (x ** Fraction(1, 2), r"\sqrt{x}"),
        (x ** Fraction(1, 3), r"x^{\frac{1}{3}}"),
        (x ** Fraction(2, 3), r"x^{\frac{2}{3}}"),
        (x ** Fraction(-1, 2), r"x^{-\frac{1}{2}}"),
        (sqrt(x + 1), r"\sqrt{x + 1}"),
        (sqrt(x) ** 3, r"\left(\sqrt{x}\right)^{3}"),
        (symbolic.cbrt(x), r"\sqrt[3]{x}"),
        (sin(x) ** 2, r"\sin^{2}\left(x\right)"),
        (sin(x) ** y, r"\left(\sin\left(x\right)\right)^{y}"),
        (log(x) ** 2, r"\left(\log\left(x\right)\right)^{2}"),
        (x * sin(y), r"x \sin\left(y\right)"),
        (exp(-x), "e^{-x}"),
        (exp(x) ** 2, r"\left(e^{x}\right)^{2}"),
        (abs(x - 1) ** 2, r"\left|x - 1\right|^{2}"),
        (symbolic.log1p(x), r"\log\left(1 + x\right)"),
        (symbolic.log1p(-x), r"\log\left(1 + \left(-x\right)\right)"),
        (2 * symbolic.expm1(x), r"2 \left(e^{x} - 1\right)"),
        (symbolic.atan(x), r"\arctan\left(x\right)"),
        (symbolic.asinh(x), r"\operatorname{arsinh}\left(x\right)"),
        (symbolic.log10(x), r"\log_{10}\left(x\right)"),
        (symbolic.atan2(y, x), r"\operatorname{atan2}\left(y, x\right)"),
        (constant(Fraction(-1, 2)), r"-\frac{1}{2}"),
        (Fraction(-1, 2) * x, r"-\frac{1}{2} x"),
        (1.5e-7 * x, r"1.5 \cdot 10^{-7} x"),
        ((x < 1), "x < 1"),
        ((x >= 1) & ((y < 1) | (x <= y)), None),
        (symbol("alpha_1"), r"\alpha_{1}"),
        (symbol("x1"), "x_{1}"),
        (symbol("x_max_2"), r"x_{\mathrm{max},2}"),
        (symbol("rate"), r"\mathrm{rate}"),
        (symbol("lambda_"), r"\lambda"),
        (symbol("sigma2"), r"\sigma_{2}"),
        (symbol("ab2"), r"\mathrm{ab2}"),
        (symbol("_"), r"\_"),
    ],
)
def test_formulas_are_written_as_by_hand(expr, text):
    expected = (
        r"\left(x \ge 1\right) \wedge \left(\left(y < 1\right) \vee \left(x \le y\right)\right)"
    )
    assert to_latex(expr) == (text or expected)


def test_pieces_are_cases():
    expr = piecewise((x < 0, -x), (x < 1, y), 2)
    cases = (
        r"\begin{cases} -x & \text{if } x < 0 \\ y & \text{if } x < 1 \\ "
        r"2 & \text{otherwise} \end{cases}"
    )
    assert to_latex(expr) == cases
    assert to_latex(2 * expr) == rf"2 \left({cases}\right)"
    assert (x / y)._repr_latex_() == r"$\displaystyle \frac{x}{y}$"
    assert repr(x >= 1) == "x >= 1"
    assert repr((x >= 1) & (y < 2)) == "(x >= 1) & (y < 2)"


def test_what_is_too_long_to_read_is_summarised_or_refused():
    big = logistic(60)
    assert repr(big).startswith("<Expr '*', 183 nodes, as a tree")
    with pytest.raises(ValueError, match="expr must have at most 100000 nodes as a tree"):
        to_latex(big)
    with pytest.raises(ValueError, match="expr must have at most 100000 nodes to be listed"):
        graph(big, shared=False)
    assert len(graph(big).labels) == 183


# --- structure ------------------------------------------------------------------------------------


def test_graphs_with_and_without_sharing():
    f = (x + 1) * sin(x + 1)
    whole = graph(f)
    assert whole.labels == ("*", "+", "x", "1", "sin")
    assert whole.edges == ((0, 1), (1, 2), (1, 3), (0, 4), (4, 1))
    tree = graph(f, shared=False)
    assert len(tree.labels) == count_nodes(f, shared=False) == 8
    assert len(tree.edges) == 7
    assert graph(-x / 3 + Fraction(1, 2)).labels[:2] == ("-", "1/2")
    assert graph(-x).labels == ("-", "x")
    assert graph(x * x).edges == ((0, 1), (0, 2))


@settings(max_examples=30)
@given(EXPRESSIONS)
def test_graphs_have_a_label_for_each_node_and_an_edge_for_each_argument(recipe):
    expr = recipe()
    assume(count_nodes(expr, shared=False) < 500)
    for shared in (True, False):
        labels, edges = graph(expr, shared=shared)
        assert len(labels) == count_nodes(expr, shared=shared)
        assert all(parent < len(labels) > child for parent, child in edges)
    assert len(edges) == len(labels) - 1


def test_symbols_are_listed_by_name():
    assert free_symbols([z * y, x, 3]) == (x, y, z)
    assert free_symbols(piecewise((x < 1, 2), 3)) == (x,)
    assert symbols("b, a") == (symbol("b"), symbol("a"))


def test_public_names_exist():
    assert all(hasattr(symbolic, name) for name in symbolic.__all__)
    assert all(hasattr(_printing, name) for name in _printing.__all__)
    assert all(hasattr(_symbolic, name) for name in _symbolic.__all__)


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "2x", "a b", "lambda", "x-y", "ﬁ", "__debug__", "f()"])
def test_names_that_are_no_identifiers_are_refused(name):
    with pytest.raises(ValueError, match="name must be a Python identifier"):
        symbol(name)


@pytest.mark.parametrize(
    ("run", "error", "message"),
    [
        (lambda: symbol(3), TypeError, "name must be a string, got name=3"),
        (lambda: symbols(3), TypeError, "names must be a string"),
        (lambda: symbols(" , "), ValueError, "names must hold at least one"),
        (lambda: constant(True), TypeError, "value must be an int, a Fraction or a float"),
        (lambda: constant(1j), TypeError, "value must be an int"),
        (lambda: constant(math.nan), ValueError, "value must be finite, got value=nan"),
        (lambda: x + math.inf, ValueError, "value must be finite"),
        (lambda: bool(x > 0), TypeError, "instead of `if`, write piecewise"),
        (lambda: 0 < x < 1, TypeError, "join conditions with & or |"),
        (lambda: 1 if x else 2, TypeError, "neither true nor false, got x"),
        (lambda: math.sin(x), TypeError, "take sin, exp, ... from slopes.symbolic"),
        (lambda: np.array([1.0]) * x, TypeError, "unsupported operand"),
        (lambda: x * np.array([1.0]), TypeError, "does not support ufuncs"),
        (lambda: np.sin(x), TypeError, "ufunc"),
        (lambda: x + True, TypeError, "unsupported operand"),
        (lambda: x + "1", TypeError, "unsupported operand"),
        (lambda: x < "1", TypeError, "not supported"),
        (lambda: (x < 1) & True, TypeError, "unsupported operand"),
        (lambda: piecewise(), TypeError, "the last of the pieces must be the value"),
        (lambda: piecewise((x < 1, 2)), TypeError, "the last of the pieces"),
        (lambda: piecewise(x < 1, 2), TypeError, "a piece must be a pair"),
        (lambda: piecewise((x == 1, 2), 3), TypeError, "condition must compare expressions"),
        (lambda: piecewise((x < 1, "a"), 3), TypeError, "expr must be an expression or a number"),
        (lambda: diff(x, 2), TypeError, "x must be a symbol, got 2"),
        (lambda: diff(x, x + 1), TypeError, "x must be a symbol"),
        (lambda: diff("x", x), TypeError, "expr must be an expression"),
        (lambda: diff(x, x, 1.5), TypeError, "order must be an int"),
        (lambda: diff(x, x, True), TypeError, "order must be an int"),
        (lambda: diff(x, x, -1), ValueError, "order must be 0 or more, got order=-1"),
        (lambda: gradient(x, x), TypeError, "xs must be a list or a tuple"),
        (lambda: jacobian(x, [x]), TypeError, "exprs must be a list or a tuple"),
        (lambda: evaluate(x, 3), TypeError, "values must map symbols to numbers"),
        (lambda: evaluate(x, {x + 1: 3}), TypeError, "a key of values must be a symbol"),
        (lambda: evaluate(x * y, {x: 3}), ValueError, r"got none for \['y'\]"),
        (lambda: evaluate(None, {}), TypeError, "expr must be an expression"),
        (lambda: evaluate(symbolic.cbrt(x), {x: 1}, m=jax), TypeError, "m must have the function"),
        (lambda: function(symbolic.cbrt(x), [x], m=jax), TypeError, "the function cbrt, got m=jax"),
        (lambda: function(x * y, [x]), ValueError, r"args must have every symbol .* \['y'\]"),
        (lambda: function(x, [x, x]), ValueError, "args must be different"),
        (lambda: function(x, [x, 2]), TypeError, "an entry of args must be a symbol"),
        (lambda: function(x, 2), TypeError, "args must be a list or a tuple"),
        (lambda: to_python(x, [x], name="a b"), ValueError, "name must be an identifier"),
        (lambda: to_python(x, [x], m="np;x"), ValueError, "m must be an identifier"),
    ],
)
def test_refusals_name_the_rule_and_the_value(run, error, message):
    with pytest.raises(error, match=message):
        run()


def test_numbers_from_either_side():
    assert 2 - x is constant(2) - x
    assert 2 / x is constant(2) / x
    assert 2**x is constant(2) ** x
    assert np.float64(2.0) * x is 2.0 * x
    assert (np.float64(2.0) < x) is (x > 2.0)
    assert (x >= 1) is (x >= 1)
    assert float(constant(Fraction(1, 2))) == 0.5
    assert sum([x, y]) is x + y


# --- Defects that were found, one test each -------------------------------------------------------


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


def test_the_logarithm_of_an_exponential_is_kept_for_it_differs_for_complex_numbers():
    assert evaluate(log(exp(x)), {x: 4j}, m=cmath) == cmath.log(cmath.exp(4j))


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


def test_substitution_stays_exact():
    third = x * Fraction(1, 3)
    assert evaluate(third, {x: y}, m=symbolic) is y * Fraction(1, 3)
    assert evaluate(diff(2**x, x), {x: y}, m=symbolic) is diff(2**y, y)


@pytest.mark.parametrize("value", [[1, 2, 3], (1, 2), "ab"])
def test_sequences_are_no_values(value):
    with pytest.raises(TypeError, match=r"values must be numbers or arrays, .*; numpy.array"):
        evaluate(2 * x, {x: value})


def test_formulas_too_large_for_a_float_still_have_a_repr_and_errors():
    expr = x
    for _ in range(1100):
        expr = 4 * expr * (1 - expr)
    assert repr(expr).endswith(" nodes, as a tree 10**332>")
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(expr)
    with pytest.raises(ValueError, match=r"got 10\*\*332; to_python"):
        to_latex(expr)
    with pytest.raises(ValueError, match=r"to be listed, got 10\*\*332"):
        graph(expr, shared=False)


def test_names_that_hide_what_the_source_calls_are_refused():
    for name in ("abs", "cache", "m"):
        with pytest.raises(ValueError, match="name must not be that of `m` or of a function"):
            to_python(sin(abs(x)), [x], name=name)
    for m in ("abs", "cache", "cache.m"):
        with pytest.raises(ValueError, match="m must not be the name of an argument or of"):
            to_python(sin(abs(x)), [x], m=m)
    with pytest.raises(ValueError, match="name must not be that of `m`"):
        to_python(x, [x], m="fn")


def test_an_argument_may_be_called_cache_where_nothing_is_cached():
    assert function(2 * symbol("cache"), ["cache"])(3) == 6


def test_each_side_of_a_condition_is_walked_once_for_all_choices_by_it(monkeypatch):
    """1000 choices by one condition looked at each node of its sides 1000 times."""
    looked_at = 0

    class Watched(list):
        def __iter__(self):
            nonlocal looked_at
            looked_at += len(self)
            return super().__iter__()

    def scope(**fields):
        made = plain(**fields)
        made.nodes = Watched(made.nodes)
        return made

    plain = _printing.Scope
    monkeypatch.setattr(_printing, "Scope", scope)
    counts = []
    for n in (50, 100):
        total, looked_at = constant(0), 0
        for i in range(1, n + 1):
            total = total + piecewise((x > 0, log(x + i) * sin(log(x + i))), 0)
        text = to_python(total, [x])
        counts.append(looked_at)
        made = {"m": math}
        exec(text, made)
        assert made["fn"](1.5) == evaluate(total, {x: 1.5})
    assert counts[1] < 2.5 * counts[0]


def test_a_choice_inside_of_a_side_that_was_written_before_joins_it():
    inner = piecewise((y > 0, sqrt(y) * sin(sqrt(y))), 0)
    total = piecewise((x > 0, log(x) * sin(log(x))), 0) + piecewise((x > 0, inner * y), 0)
    fn = function(total, [x, y])
    for values in ((1.5, 2.0), (1.5, -2.0), (-1.5, 2.0), (-1.5, -2.0)):
        assert fn(*values) == evaluate(total, dict(zip((x, y), values, strict=True)))


def test_ints_too_large_for_an_array_are_floats_beside_one():
    high = diff(x**30, x, order=20)
    for m in (np, jnp):
        value = function(high, [x], m=m)(m.asarray(0.5))
        assert relative_error(float(value), evaluate(high, {x: 0.5})) < 10 * U
    assert "." not in to_python(high, [x]) + to_python(x + 10**400, [x], arrays=True)


def test_a_comparison_of_two_numbers_has_a_truth_value():
    assert bool(constant(1) < 2) is True
    assert max(constant(1), constant(3), constant(2)) is constant(3)
    with pytest.raises(TypeError, match="neither true nor false"):
        bool((x < 1) & (x < 2))


def test_named_tuples_keep_their_kind():
    assert evaluate(Pair(x, 2 * x), {x: 3}) == Pair(3, 6)
    assert isinstance(evaluate(Pair(x, [x, x]), {x: 3}), Pair)
    assert function(Pair(x, 2 * x), [x])(3) == (3, 6)


class Pair(NamedTuple):
    """Two expressions or numbers."""

    first: object
    second: object


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (x + (-y - z), r"x + \left(-y - z\right)"),
        (x + (-3 - y), r"x + \left(-3 - y\right)"),
        (x + (-2 * y - z), r"x + \left(-2 y - z\right)"),
        (x + (y - z), "x + y - z"),
    ],
)
def test_no_sign_follows_a_sign_in_a_formula(expr, expected):
    assert to_latex(expr) == expected


def test_the_cube_root_and_the_power_of_one_third_look_different():
    """At -8 one is -2, the other 1 + 1.73j."""
    assert to_latex(symbolic.cbrt(x)) != to_latex(x ** Fraction(1, 3))
