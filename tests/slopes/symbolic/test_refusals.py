"""Refusals name the rule and the value."""

import math
from fractions import Fraction

import jax
import numpy as np
import pytest
from expressions import x, y

from slopes import symbolic
from slopes.symbolic import (
    constant,
    diff,
    evaluate,
    function,
    gradient,
    jacobian,
    piecewise,
    symbol,
    symbols,
    to_python,
)


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


@pytest.mark.parametrize("value", [[1, 2, 3], (1, 2), "ab"])
def test_sequences_are_no_values(value):
    with pytest.raises(TypeError, match=r"values must be numbers or arrays, .*; numpy.array"):
        evaluate(2 * x, {x: value})
