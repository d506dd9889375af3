"""Loops, branches and recursion in dual numbers."""

import math

import pytest
from duals import U

from slopes.dual import derivative


def test_programs_with_loops_branches_and_recursion_run_unchanged():
    def power(x, n):
        return 1.0 if n == 0 else x * power(x, n - 1)

    def collatz(x):
        steps = 0
        while x < 100 and steps < 50:
            x = x / 2 if steps % 2 else 3 * x + 1
            steps += 1
        return x

    assert derivative(lambda x: power(x, 5), 2.0) == 80.0
    assert derivative(collatz, 5.0) == 3**6 / 2**5
    assert derivative(lambda x: math.prod([x, x, x]), 2.0) == 12.0
    assert derivative(lambda x: sum([x, x**2]), 2.0) == 5.0


def test_a_loop_may_end_when_a_difference_is_exactly_zero():
    # The derivative of abs at 0 does not exist, but nobody asks for it.
    def root(x):
        new, old = 0.5 * (1 + x), x
        while abs(new - old) > 0:
            new, old = 0.5 * (new + x / new), new
        return new

    assert derivative(root, 4.0) == pytest.approx(0.25, rel=4 * U)


def test_the_derivative_of_an_iteration_that_stops_early_is_that_of_the_program():
    def early(x):
        y = x
        while abs(y * y - x) > 1e-8:
            y = 0.5 * (y + x / y)
        return y

    assert derivative(early, 1.0) == 1.0  # the loop body never ran; the function's slope is 0.5
