"""Source of a function, and the function it compiles to."""

import math
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from expressions import U, nested, x, y

from slopes import dual, symbolic
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


# --- Numbers of NumPy ---

WIDTHS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


@pytest.mark.parametrize("kind", WIDTHS)
@pytest.mark.parametrize("m", [math, np])
def test_integers_of_numpy_do_not_wrap_round(kind, m):
    f = x**20 + 300 * x
    right = 20 * 10**19 + 300
    point = np.dtype(kind).type(10)
    fn = function(diff(f, x), [x], m=m)
    assert fn(point) == evaluate(diff(f, x), {x: point}, m=m) == fn(x=point) == right


@pytest.mark.parametrize("kind", [*WIDTHS, "bool"])
def test_arrays_of_integers_become_floats(kind):
    slope = diff(x**-2 + x**70, x)
    for points in (np.array([1, 1], kind), np.array(1, kind)):
        for found in (function(slope, [x], m=np)(points), evaluate(slope, {x: points}, m=np)):
            np.testing.assert_array_equal(found, np.full(points.shape, 68.0))
    wide = np.array([100, 7]).astype(kind)
    if kind != "bool":
        np.testing.assert_allclose(function(x**30, [x], m=np)(wide), [1e60, 7.0**30], rtol=4 * U)


def test_arrays_of_integers_of_jax_become_floats_also_when_traced():
    fn = function(diff(x**20, x), [x], m=jnp)
    assert jax.jit(fn)(jnp.array(10)) == fn(jnp.array(10)) == 2e20


@pytest.mark.parametrize("kind", WIDTHS)
def test_negative_powers_of_integers_of_numpy_are_quotients(kind):
    two = np.dtype(kind).type(2)
    assert evaluate(x**-2, {x: two}) == function(x**-2, [x])(two) == 0.25
    assert evaluate(x**-2 + Fraction(1, 2) * y, {x: two, y: Fraction(1, 2)}) == Fraction(1, 2)


def test_truth_values_count_as_zero_and_one():
    for yes in (True, np.True_):
        assert evaluate(x + x, {x: yes}) == function(x + x, [x])(yes) == 2
        assert function(sin(x), [x], m=np)(yes) == math.sin(1)


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_floats_of_numpy_stay_what_they_are(kind):
    half = np.dtype(kind).type(0.5)
    assert function(x**2, [x], m=np)(half).dtype == kind
    assert function(x**2, [x], m=np)(np.array([half])).dtype == kind


def test_functions_of_narrow_integers_have_all_digits():
    assert sin(np.int8(1)) == math.sin(1)  # NumPy's is 0.8413
    assert sin(np.array([1], np.int8))[0] == np.sin(1.0)
    assert symbolic.hypot(np.int8(100), np.int8(100)) == math.hypot(100, 100)


def test_pieces_that_are_ints_are_floats_in_an_array():
    """NumPy's array of ints wrapped round: 3**50 was a negative number."""
    f = piecewise((x > 0, 3), 2) ** 50
    for found in (function(f, [x], m=np), lambda p: evaluate(f, {x: p}, m=np)):
        np.testing.assert_array_equal(found(np.array([1.0, -1.0])), [3.0**50, 2.0**50])
    huge = piecewise((x > 0, 10**400), 2)
    assert "10000000" in to_python(huge, [x], arrays=True)


# --- Pieces that are not taken ---

POLE = piecewise((x > 0, 1 / x), 0)
NESTED_POLES = piecewise((x > 0, piecewise((x > 1, log(x - 1)), 1 / (x - 1))), (x < -1, 1 / x), 0)


@pytest.mark.parametrize("m", [math, np, jnp, dual])
@pytest.mark.parametrize("f", [POLE, NESTED_POLES, diff(NESTED_POLES, x), [POLE, 2 * POLE]])
def test_a_piece_that_is_not_taken_is_not_computed_for_a_number(m, f):
    right = [0, 0] if isinstance(f, list) else 0
    assert function(f, [x], m=m)(0.0) == right
    assert evaluate(f, {x: 0.0}, m=m) == right


def test_exact_numbers_take_one_piece_too():
    fn = function(POLE, [x], m=np)
    assert (fn(Fraction(0)), fn(Fraction(1, 3)), fn(0), fn(np.float64(0.0))) == (0, 3, 0, 0)
    assert evaluate(POLE, {x: Fraction(0)}, m=np) == 0


@pytest.mark.filterwarnings("error")
def test_a_piece_that_no_entry_takes_does_not_warn():
    points = np.array([-2.0, 0.0, 0.5])
    for run in (function(POLE, [x], m=np), lambda p: evaluate(POLE, {x: p}, m=np)):
        np.testing.assert_array_equal(run(points), [0.0, 0.0, 2.0])
    np.testing.assert_array_equal(
        function([NESTED_POLES, x], [x], m=np)(points), [[-0.5, 0.0, -2.0], points]
    )


def test_a_number_beside_an_array_may_be_where_a_piece_has_a_pole():
    """Python's float raised ZeroDivisionError where an array of NumPy holds an infinity."""
    f = piecewise((x > 0, 1 / y), x)
    for m in (np, jnp):
        points = m.asarray([-1.0, -2.0])
        for found in (function(f, [x, y], m=m)(points, y=0.0), evaluate(f, {x: points, y: 0.0}, m)):
            np.testing.assert_array_equal(found, points)
    single = function(f, [x, y], m=np)(np.ones(2, np.float32), 0.3)
    assert single.dtype == np.float32


def test_what_is_not_finite_is_said():
    fn = function(piecewise((x > 0, log(y)), x), [x, y], m=np)
    with pytest.warns(RuntimeWarning, match="invalid value"):
        assert np.isnan(fn(np.ones(1), np.array([-1.0]))).all()
    with pytest.raises(ZeroDivisionError):
        function(POLE * (1 / y), [x, y], m=np)(1.0, 0.0)


def test_pieces_too_deep_for_ifs_are_walked():
    steps = piecewise(*((x < i, 1 / (x - i)) for i in range(1, 100)), 0)
    fn = function(steps, [x], m=np)
    assert fn(98.5) == fn(x=98.5) == -2.0
    assert fn(1.0) == -1.0
