"""Sharing: equal expressions are one object, and derivatives grow linearly."""

import copy
import gc
import math
import pickle
import subprocess
import sys
import threading
import weakref
from fractions import Fraction

import numpy as np
import pytest
from expressions import (
    logistic,
    nested,
    product,
    x,
    y,
)

from slopes import symbolic
from slopes.symbolic import (
    constant,
    count_nodes,
    diff,
    evaluate,
    exp,
    free_symbols,
    function,
    graph,
    node,
    piecewise,
    sin,
    symbol,
    to_latex,
    to_python,
)


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
    assert f in node.topological([diff(f, x)])


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
    before = len(node._TABLE)
    deep = nested(40_000)
    assert len(node._TABLE) > before + 39_990
    del deep
    gc.collect()
    assert len(node._TABLE) == before


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
    monkeypatch.setattr(node, "_TABLE", Late({("+", None, x, number): weakref.ref(expr)}))
    assert node._interned(symbolic.Expr, "+", (x, number)) is expr


def test_a_node_made_anew_is_not_forgotten_with_the_one_before():
    expr = x + 54321
    entry = node._Entry(symbol("another"))
    entry.key = ("+", None, x, constant(54321))
    node._forget(entry)
    assert x + 54321 is expr


def test_pickles_of_conditions_and_pieces_come_back_as_themselves():
    expr = piecewise(((x < 1) & (y >= Fraction(1, 3)), 0.1 * x), y)
    assert pickle.loads(pickle.dumps(expr)) is expr  # noqa: S301
    assert copy.copy(expr) is expr


def test_expressions_cannot_be_changed():
    with pytest.raises(AttributeError, match="cannot be changed"):
        x.name = "y"
    with pytest.raises(AttributeError, match="cannot be changed"):
        del x.name
