"""Graphs, symbols and truth values."""

from fractions import Fraction

import pytest
from expressions import EXPRESSIONS, x, y, z
from hypothesis import assume, given, settings

from slopes import symbolic
from slopes.symbolic import (
    constant,
    count_nodes,
    free_symbols,
    graph,
    piecewise,
    sin,
    symbol,
    symbols,
)


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


def test_a_comparison_of_two_numbers_has_a_truth_value():
    assert bool(constant(1) < 2) is True
    assert max(constant(1), constant(3), constant(2)) is constant(3)
    with pytest.raises(TypeError, match="neither true nor false"):
        bool((x < 1) & (x < 2))
