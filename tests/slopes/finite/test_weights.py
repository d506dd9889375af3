"""Weights and orders of the fixed formulas."""

import math
from fractions import Fraction

import numpy as np
import pytest
from differences import U
from hypothesis import given, settings
from hypothesis import strategies as st

from slopes import finite
from slopes.compare import measured_order
from slopes.finite import stencils

FORMULAS = {
    "forward": ((0.0, 1.0), 1, 1),
    "central": ((-1.0, 1.0), 1, 2),
    "right, three nodes": ((0.0, 1.0, 2.0), 1, 2),
    "five points": ((-2.0, -1.0, 1.0, 2.0), 1, 4),
    "second difference": ((-1.0, 0.0, 1.0), 2, 2),
    "second, five points": ((-2.0, -1.0, 0.0, 1.0, 2.0), 2, 4),
    "second, to the right": ((0.0, 1.0, 2.0, 3.0), 2, 2),
    "third": ((-2.0, -1.0, 1.0, 2.0), 3, 2),
    "uneven": ((-1.5, 0.0, 0.7), 1, 2),
}


def errors_of(nodes, order, steps, x=0.7):
    # Complex-step, mpmath and closed forms elsewhere; here every derivative of exp is exp.
    found = [finite.stencil(math.exp, x, nodes=nodes, order=order, step=h) for h in steps]
    return np.abs(np.array(found) - math.exp(x))


@pytest.mark.parametrize("name", FORMULAS)
def test_measured_order_is_that_of_theory(name):
    nodes, order, accuracy = FORMULAS[name]
    steps = 2.0 ** -np.arange(4, 8 if accuracy > 2 or order > 1 else 12)
    measured = measured_order(steps, errors_of(nodes, order, steps)).order
    assert measured == pytest.approx(accuracy, abs=0.1)


@pytest.mark.parametrize("scheme", [finite.forward, finite.central])
def test_named_schemes_have_the_order_of_their_stencil(scheme):
    steps = 2.0 ** -np.arange(4, 12)
    errors = [abs(scheme(math.exp, 0.7, step=h) - math.exp(0.7)) for h in steps]
    accuracy = {finite.forward: 1, finite.central: 2}[scheme]
    assert measured_order(steps, np.array(errors)).order == pytest.approx(accuracy, abs=0.1)


def test_a_wrong_weight_is_caught_by_the_order_test(monkeypatch):
    right = stencils.weights

    def wrong(nodes, order, **at):
        w = right(nodes, order, **at)
        w[-1] *= 1 + 1 / 2000  # the first value is the reference: it gets no weight
        return w

    monkeypatch.setattr(stencils, "weights", wrong)
    steps = 2.0 ** -np.arange(4, 12)
    found = measured_order(steps, errors_of((-1.0, 1.0), 1, steps)).order
    assert abs(found - 2) > 0.1


def test_extrapolating_two_central_differences_gives_the_five_point_stencil():
    h = 0.125
    coarse, fine = (finite.central(math.sin, 0.4, step=s) for s in (2 * h, h))
    richardson = (4 * fine - coarse) / 3
    five = finite.stencil(math.sin, 0.4, nodes=(-2, -1, 1, 2), step=h)
    assert richardson == pytest.approx(five, rel=32 * U / h)


@pytest.mark.parametrize(
    ("nodes", "order", "known"),
    [
        ((0, 1), 1, (-1, 1)),
        ((-1, 0, 1), 1, (-1 / 2, 0, 1 / 2)),
        ((-1, 0, 1), 2, (1, -2, 1)),
        ((0, 1, 2), 1, (-3 / 2, 2, -1 / 2)),
        ((-2, -1, 0, 1, 2), 1, (1 / 12, -2 / 3, 0, 2 / 3, -1 / 12)),
        ((-2, -1, 0, 1, 2), 2, (-1 / 12, 4 / 3, -5 / 2, 4 / 3, -1 / 12)),
        ((-2, -1, 0, 1, 2), 3, (-1 / 2, 1, 0, -1, 1 / 2)),
        ((-2, -1, 0, 1, 2), 4, (1, -4, 6, -4, 1)),
        ((0, 1, 2, 3, 4), 1, (-25 / 12, 4, -3, 4 / 3, -1 / 4)),
        ((-3, -2, -1, 0, 1, 2, 3), 1, (-1 / 60, 3 / 20, -3 / 4, 0, 3 / 4, -3 / 20, 1 / 60)),
    ],
)
def test_weights_are_those_of_fornbergs_tables(nodes, order, known):
    np.testing.assert_allclose(finite.weights(nodes, order), known, atol=32 * U)


@settings(max_examples=30)
@given(
    nodes=st.lists(st.integers(-8, 8), min_size=2, max_size=6, unique=True),
    at=st.integers(-8, 8),
    data=st.data(),
)
def test_weights_differentiate_every_polynomial_below_the_number_of_nodes(nodes, at, data):
    order = data.draw(st.integers(0, len(nodes) - 1))
    degree = data.draw(st.integers(0, len(nodes) - 1))
    w = finite.weights(nodes, order, at=at)
    exact = Fraction(math.perm(degree, order)) * Fraction(at) ** max(degree - order, 0)
    # In rational arithmetic, so that only the rounding of the weights themselves is measured.
    sums = [Fraction(float(a)) * Fraction(s) ** degree for a, s in zip(w, nodes, strict=True)]
    scale = max(abs(float(term)) for term in [*sums, exact, Fraction(1)])
    assert abs(float(sum(sums) - exact)) <= 1000 * U * scale


def test_weights_do_not_depend_on_the_order_of_the_nodes():
    nodes = np.array([-1.0, 0.3, 2.0, 3.5])
    shuffled = finite.weights(nodes[::-1], 2, at=0.1)[::-1]
    np.testing.assert_allclose(finite.weights(nodes, 2, at=0.1), shuffled, rtol=64 * U)
