"""Expressions for tests of `slopes.symbolic`: families, random ones, and an oracle."""

from fractions import Fraction

import mpmath
from hypothesis import strategies as st

from slopes import symbolic
from slopes.symbolic import (
    constant,
    diff,
    evaluate,
    exp,
    log,
    piecewise,
    sin,
    sqrt,
    symbol,
    symbols,
)

U = 2.0**-53


x, y, z = symbols("x y z")


POINT = {"x": 0.7312871, "y": -1.1347093}


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


def nodes(expr):
    """Every node once."""
    found, stack = {}, [expr]
    while stack:
        node = stack.pop()
        if node not in found:
            found[node] = None
            stack.extend(node.args)
    return list(found)


def all_values(expr, values):
    """Values of all nodes that are numbers: they set the scale of rounding errors."""
    numbers = [n for n in nodes(expr) if isinstance(n, symbolic.Expr)]
    return [float(abs(evaluate(n, values, m=mpmath.mp))) for n in numbers]


def has(expr, op):
    return any(n.op == op for n in nodes(expr))


def operations(expr):
    return sum(bool(n.args) for n in nodes(expr))


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
