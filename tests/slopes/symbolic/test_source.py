"""Source of a function, and the function it compiles to."""

import math

import jax.numpy as jnp
import numpy as np
import pytest
from expressions import U, nested, x, y

from slopes.compare import relative_error
from slopes.symbolic import (
    constant,
    diff,
    evaluate,
    exp,
    function,
    log,
    piecewise,
    sin,
    source,
    sqrt,
    symbol,
    symbols,
    to_python,
)


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

    plain = source.Scope
    monkeypatch.setattr(source, "Scope", scope)
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
