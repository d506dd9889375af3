"""Negative controls: what is wrong on purpose is caught."""

import pytest
from expressions import POINT, checked, x, y

from slopes import symbolic
from slopes.elementary import ELEMENTARY
from slopes.symbolic import (
    evaluate,
    exp,
    expression,
    function,
    log,
    piecewise,
    simplify,
    sin,
)

CONTROL = sin(x * y) * exp(x) / (1 + x**2) - symbolic.tanh(x) ** 3


def test_the_control_is_right_as_long_as_the_rules_are():
    assert checked(CONTROL)


@pytest.mark.parametrize("op", ["+", "-", "*", "/", "**", "sin", "exp", "tanh"])
def test_a_rule_that_is_wrong_by_one_part_in_two_thousand_is_caught(op, monkeypatch):
    table = symbolic.RULES if op in symbolic.RULES else ELEMENTARY
    right = table[op] if table is symbolic.RULES else table[op].slope

    def spoilt(*given):
        return right(*given) * (1 + 1 / 2000)

    wrong = spoilt if table is symbolic.RULES else table[op]._replace(slope=spoilt)
    monkeypatch.setitem(table, op, wrong)
    expr = CONTROL + y if op == "+" else CONTROL + x
    assert not checked(expr if op == "+" else CONTROL) or not checked(CONTROL + x * x)


def test_a_simplification_that_is_wrong_is_caught(monkeypatch):
    monkeypatch.setitem(expression.OPERATORS, "**", lambda a, _: a)
    assert evaluate(simplify(CONTROL), POINT) != pytest.approx(evaluate(CONTROL, POINT))


def test_source_that_computes_in_vain_is_caught():
    guarded = piecewise((x > 0, log(x)), 0) + piecewise((x > 1, log(x) ** 2), 0)
    assert function(guarded, [x])(-1.0) == 0
    eager = function(guarded, [x], m=symbolic, arrays=True)
    with pytest.raises(ValueError, match="math domain"):
        eager(-1.0)
