"""What dual numbers cost: operations on arrays against derivatives by hand."""

import mpmath
import numpy as np
import pytest
from _programs import POINT, in_turns, loop
from duals import U, exact_derivative
from loading import load

from slopes import dual
from slopes.compare import relative_error
from slopes.dual import derivative, jvp

BENCHMARK = load("dual")
# Operations of value and slope by hand, counted on paper with all that the two share done once.
BY_HAND = {"exp(-x^2/2)": 5, "1/(1 + exp(-x))": 6, "sin(x) exp(x)/(1 + x^2)": 14, "tanh(x)": 3,
           "log1p(exp(x))": 4, "polynomial of degree 4": 14, "sqrt(1 + x^2)": 4}  # fmt: skip


@pytest.mark.parametrize("name", BENCHMARK.FUNCTIONS)
def test_dual_numbers_take_at_most_thrice_the_array_operations_of_derivatives_by_hand(name):
    counts = BENCHMARK.operations(name)
    assert counts["hand"] == BY_HAND[name]  # the rival is no straw man: nothing is done twice
    assert counts["dual"] <= 3 * counts["hand"]


@pytest.mark.parametrize("name", BENCHMARK.FUNCTIONS)
def test_each_direction_costs_at_most_two_and_a_half_times_the_function(name):
    one, nine = (BENCHMARK.per_direction(name, k) for k in (1, 9))
    assert (nine["dual"] - one["dual"]) / 8 <= 2.5 * one["fn"]


@pytest.mark.parametrize("name", BENCHMARK.FUNCTIONS)
def test_the_derivatives_by_hand_in_the_benchmark_are_right(name):
    build, by_hand = BENCHMARK.FUNCTIONS[name]
    x = np.linspace(-2.0, 2.0, 7)
    for ours, theirs in zip(jvp(build(dual), x, np.ones(7)), by_hand(x), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=64 * U, atol=64 * U)


def test_the_scalar_program_has_sixty_operations_and_its_derivative_is_right():
    x = BENCHMARK.counting(np.array([POINT]))
    with BENCHMARK.counted() as tally:
        loop(np.sin)(x)
    assert tally.total == 60
    exact = exact_derivative(loop(mpmath.sin), POINT)
    assert relative_error(derivative(loop(dual.sin), POINT), exact) <= 60 * 4 * U


def test_rivals_take_turns_and_the_first_round_is_left_out():
    calls = []
    rivals = {"one": lambda: calls.append("one"), "two": lambda: calls.append("two")}
    found = in_turns(rivals, rounds=3, calls=2)
    assert calls == ["one", "one", "two", "two"] * 4
    for row in found.values():
        assert 0 < row["low"] <= row["lower"] <= row["median"] <= row["upper"]


def test_the_counter_of_operations_counts_entries():
    with BENCHMARK.counted() as tally:
        x = BENCHMARK.counting(np.ones(5))
        (x + 1) * x[:2].sum()
    assert tally.total == 5 + 2 + 5
