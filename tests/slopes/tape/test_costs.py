"""Operations and memory of function and backward pass."""

import math
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from loading import load
from tapes import U

from slopes import tape
from slopes.compare import agree
from slopes.elementary import ELEMENTARY
from slopes.problems import PROBLEMS

BENCHMARK = load("tape")
cases = pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)


@cases
def test_the_gradient_costs_at_most_five_times_the_function(problem):
    for point in problem.points:
        assert 1 <= BENCHMARK.cost(problem, point).ratio <= 5


# With the sum that adds each message to others, so that programs cannot cost more than their lines.
MOST = {
    "divide": 7, "asin": 7, "acos": 8, "acosh": 8, "atanh": 6, "erf": 7, "erfc": 7, "hypot": 7,
    "logaddexp": 9, "atan2": 11,
}  # fmt: skip
OF_TWO = {
    "add",
    "subtract",
    "multiply",
    "divide",
    "maximum",
    "minimum",
    "hypot",
    "atan2",
    "logaddexp",
}
AT = {"acosh": (1.5,)}


@pytest.mark.parametrize(
    "name",
    sorted(OF_TWO | (ELEMENTARY.keys() - {"trigamma"}) | {"negative", "square", "abs"}),
)
def test_no_operation_costs_more_than_is_said(name):
    fn = getattr(tape, name, None) or getattr(np, name)
    x = (0.3, 0.4) if name in OF_TWO else AT.get(name, (0.3,))
    alone = tape.operations(tape.trace(fn, *x))
    both = tape.operations(tape.trace(lambda w, *x: tape.vjp(fn, *x)[1](w), 1.0, *x))
    assert both + len(x) <= MOST.get(name, 5) * alone
    if name in MOST:
        assert both + len(x) == MOST[name]


def test_memory_grows_in_proportion_to_the_length():
    sizes = [BENCHMARK.memory(length) for length in (200, 400, 800)]
    per_operation = [(b.record - a.record) / (b.length - a.length)
                     for a, b in pairwise(sizes)]  # fmt: skip
    assert per_operation[1] == pytest.approx(per_operation[0], rel=0.1)
    assert 8000 < per_operation[1] < 2 * 8000  # an array of 1000 numbers, and little else


def test_the_backward_pass_frees_cotangents_as_it_goes():
    sizes = [BENCHMARK.memory(length) for length in (100, 1000)]
    assert sizes[1].backward < 2 * sizes[0].backward < 20 * 8000


def test_the_cost_of_a_gradient_does_not_grow_with_the_number_of_inputs():
    few, many = BENCHMARK.directions(4), BENCHMARK.directions(256)
    assert many.reverse == pytest.approx(few.reverse, rel=0.1)
    assert many.reverse < 5


def test_operations_of_short_programs_are_those_counted_by_hand():
    def count(fn, *x):
        return tape.operations(tape.trace(fn, *x))

    x, A = np.ones(4), np.ones((3, 4))
    assert count(lambda x: x**2 + 3 * x + 2, 2.0) == 4
    assert count(lambda x: tape.sum(x * x), x) == 8
    assert count(lambda x: A @ x, x) == 24
    assert count(lambda x: x @ x, x) == 8
    assert count(lambda x: x[0] * x[1] * x[2] * x[3], x) == 3
    assert count(lambda x: tape.max(x), x) == 4
    assert count(lambda x: x.reshape(2, 2).T, x) == 0
    assert count(lambda x: x**x, 2.0) == 3
    # Speelpenning's product, which math.prod begins with 1 * x[0]: n products; then two for each
    # but one for the first; then each read adds its share to the gradient.
    for n in (4, 64):
        both = count(
            lambda x, w, n=n: tape.vjp(lambda x: math.prod(x[i] for i in range(n)), x)[1](w),
            np.ones(n),
            1.0,
        )
        assert both == n + (2 * n - 1) + n


def test_peak_memory_of_the_network_is_bounded_by_its_parameters():
    loss, params = BENCHMARK.network(tape, tape.logsumexp), BENCHMARK.parameters()
    peak = BENCHMARK.peak(lambda: tape.gradient(loss, params))
    assert peak < 1.5 * sum(p.nbytes for p in params)


def test_the_network_has_the_gradient_of_jax():
    loss, params = BENCHMARK.network(tape, tape.logsumexp), BENCHMARK.parameters()
    with jax.numpy_rank_promotion("allow"):
        in_jax = BENCHMARK.network(jnp, jax.scipy.special.logsumexp)
        exact = jax.jit(jax.grad(in_jax))([jnp.asarray(p) for p in params])
    for ours, theirs in zip(tape.gradient(loss, params), exact, strict=True):
        assert agree(ours, np.asarray(theirs), tol=BENCHMARK.PIXELS * U)
