"""Reverse mode: exact slopes, transposes, shapes, records, cost, refusals."""

import copy
import gc
import importlib.util
import math
import operator
import pickle
import re
import subprocess
import sys
from collections import namedtuple
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from slopes import finite, tape
from slopes.compare import agree
from slopes.tape import pullback as walk_back
from slopes.tape import record
from slopes.problems import PROBLEMS, as_array, by_name

U = 2.0**-53
# The programs of `slopes.problems` are a few hundred roundings long, Newton's iterations contract
# them; closed forms carry up to 256 U of their own (see test_problems). A second derivative of
# the chirp at 0.05 is a difference of terms 20 times its size.
FIRST = 512 * U
SECOND = 16 * FIRST

cases = pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)


def load(name):
    path = Path(__file__).parents[1] / "benchmarks" / f"{name}.py"
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent))
    return module


BENCHMARK = load("tape")


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def imaginary(fn, x, v):
    """J v by the complex step: no subtraction, and nothing in common with a tape."""
    h = 2.0**-60
    return np.imag(fn(*(a + 1j * h * b for a, b in zip(x, v, strict=True)))) / h


def gap(fn, numpy_fn, *x, seed=1):
    """|<w, J v> - <J^T w, v>| over the size of its terms: 0 up to rounding if J^T is right."""
    rng = np.random.default_rng(seed)
    y, pullback = tape.vjp(fn, *x)
    w, v = rng.normal(size=np.shape(y)), [rng.normal(size=np.shape(a)) for a in x]
    forward = w * imaginary(numpy_fn, x, v)
    backward = [a * b for a, b in zip(pullback(w), v, strict=True)]
    scale = np.abs(forward).sum() + np.sum([np.abs(part).sum() for part in backward])
    return abs(forward.sum() - np.sum([part.sum() for part in backward])) / max(scale, 1e-300)


def rounding(*x):
    """Each sum of n terms is off by at most n U of its terms, each term by a few U."""
    return 64 * U * max(np.prod([np.size(a) for a in x], dtype=int), 1)


# --- the problems of the course -------------------------------------------------------------------


def first(problem, point):
    take = tape.jacobian if problem.kind == "jacobian" else tape.gradient
    return np.asarray(take(problem.build(tape), point))


@cases
def test_every_problem_has_its_exact_derivative(problem):
    for point in problem.points:
        exact = problem.derivative(point)
        assert agree(first(problem, point), exact, tol=FIRST)
        assert agree(first(problem, np.array(point)), exact, tol=FIRST)


@cases
def test_numpy_as_the_namespace_serves_too(problem):
    fn = as_array(problem.build(np), np)
    for point in map(np.array, problem.points):
        assert agree(tape.jacobian(fn, point), problem.derivative(tuple(point.tolist())
                     if point.ndim else float(point)), tol=FIRST)  # fmt: skip


@pytest.mark.parametrize("problem", [p for p in PROBLEMS if p.second], ids=lambda p: p.name)
def test_second_derivatives_by_nesting_are_exact_and_symmetric(problem):
    for point in problem.points:
        hess = tape.hessian(problem.build(tape), np.array(point))
        assert agree(hess, problem.second(point), tol=SECOND)
        assert agree(hess, np.transpose(hess), tol=SECOND)


@cases
def test_reverse_mode_agrees_with_jax(problem):
    for point in map(np.array, problem.points):
        fn, jax_fn = problem.build(tape), as_array(problem.build(jnp), jnp)
        y, pullback = tape.vjp(fn, point)
        w = draw(*np.shape(y))
        _, jax_pullback = jax.vjp(jax_fn, jnp.asarray(point))
        assert agree(pullback(w)[0], np.asarray(jax_pullback(jnp.asarray(w))[0]), tol=FIRST)


@cases
def test_the_pullback_is_the_transpose_of_jaxs_jvp(problem):
    point = np.array(problem.points[0])
    y, pullback = tape.vjp(problem.build(tape), point)
    w, v = draw(*np.shape(y)), draw(*point.shape, seed=1)
    jax_fn = as_array(problem.build(jnp), jnp)
    jv = np.asarray(jax.jvp(jax_fn, (jnp.asarray(point),), (jnp.asarray(v),))[1])
    left, right = w * jv, pullback(w)[0] * v
    scale = np.abs(left).sum() + np.abs(right).sum()
    assert abs(left.sum() - right.sum()) <= FIRST * scale


@cases
def test_finite_differences_see_the_same_slopes(problem):
    point = np.array(problem.points[0])
    fn = as_array(problem.build(np), np)
    numeric = finite.jacobian(fn, np.atleast_1d(point)) if point.ndim else finite.central(fn, point)
    found = first(problem, point)
    # A loose check by intention: the steps that suit all problems at once suit none of them well.
    np.testing.assert_allclose(found, np.reshape(numeric, found.shape), rtol=1e-5, atol=1e-8)


@cases
def test_the_gradient_costs_at_most_five_times_the_function(problem):
    for point in problem.points:
        assert 1 <= BENCHMARK.cost(problem, point).ratio <= 5


# With the sum that adds each message to others, so that programs cannot cost more than their lines.
MOST = {"divide": 7, "asin": 7, "acos": 8, "hypot": 7, "atan2": 12}


@pytest.mark.parametrize(
    "name",
    ["add", "subtract", "multiply", "divide", "negative", "square", "sin", "cos", "tan", "asin",
     "acos", "atan", "sinh", "cosh", "tanh", "exp", "expm1", "log", "log1p", "sqrt", "abs", "hypot",
     "atan2", "maximum", "minimum"],
)  # fmt: skip
def test_no_operation_costs_more_than_is_said(name):
    fn = getattr(tape, name, None) or getattr(np, name)
    x = (0.3, 0.4) if name in BINARY else (0.3,)
    alone = tape.operations(tape.trace(fn, *x))
    both = tape.operations(tape.trace(lambda w, *x: tape.vjp(fn, *x)[1](w), 1.0, *x))
    assert both + len(x) <= MOST.get(name, 5) * alone
    if name in MOST:
        assert both + len(x) == MOST[name]


# --- the rules ------------------------------------------------------------------------------------

UNARY = {
    "negative": (operator.neg, np.negative, (0.3, -2.0)),
    "sin": (tape.sin, np.sin, (0.3, -2.0)),
    "cos": (tape.cos, np.cos, (0.3, -2.0)),
    "tan": (tape.tan, np.tan, (0.3, -1.2)),
    "asin": (tape.asin, np.arcsin, (0.3, -0.8)),
    "acos": (tape.acos, np.arccos, (0.3, -0.8)),
    "atan": (tape.atan, np.arctan, (0.3, -2.0)),
    "sinh": (tape.sinh, np.sinh, (0.3, -2.0)),
    "cosh": (tape.cosh, np.cosh, (0.3, -2.0)),
    "tanh": (tape.tanh, np.tanh, (0.3, -2.0)),
    "exp": (tape.exp, np.exp, (0.3, -2.0)),
    "expm1": (tape.expm1, np.expm1, (0.3, -2.0)),
    "log": (tape.log, np.log, (0.3, 5.0)),
    "log1p": (tape.log1p, np.log1p, (0.3, 5.0)),
    "sqrt": (tape.sqrt, np.sqrt, (0.3, 5.0)),
    "square": (np.square, np.square, (0.3, -2.0)),
    "reciprocal": (np.reciprocal, lambda x: 1 / x, (0.3, -2.0)),
    "cube": (lambda x: x**3, lambda x: x**3, (0.3, -2.0)),
    "identity": (lambda x: +(x**1), lambda x: x + 0, (0.3, -2.0)),
    "two to the x": (lambda x: 2**x, lambda x: 2**x, (0.3, -2.0)),
    "powers": (
        lambda x: x ** np.array([1.0, 2.5]), lambda x: x ** np.array([1.0, 2.5]), (0.3, 2.0),
    ),
}  # fmt: skip
# A function on complex numbers, so that the complex step is an oracle.
BINARY = {
    "add": (tape.Node.__add__, np.add),
    "subtract": (np.subtract, np.subtract),
    "multiply": (np.multiply, np.multiply),
    "divide": (np.divide, np.divide),
    "power": (lambda a, b: tape.exp(a) ** b, lambda a, b: np.exp(a) ** b),
    "hypot": (tape.hypot, lambda a, b: np.sqrt(a * a + b * b)),
    "atan2": (tape.atan2, lambda a, b: np.arctan(a / b)),
    "where": (
        lambda a, b: tape.where(a > b, a, b * b),
        lambda a, b: np.where(a.real > b.real, a, b * b),
    ),
    "maximum": (tape.maximum, lambda a, b: np.where(a.real > b.real, a, b)),
    "minimum": (np.minimum, lambda a, b: np.where(a.real < b.real, a, b)),
}  # fmt: skip


@pytest.mark.parametrize("name", UNARY)
def test_rules_of_one_operand_are_right_to_rounding(name):
    fn, numpy_fn, points = UNARY[name]
    x = np.array(points)
    assert gap(fn, numpy_fn, x) <= rounding(x)


@pytest.mark.parametrize("name", UNARY)
def test_rules_of_one_operand_can_be_differentiated_again(name):
    fn, numpy_fn, points = UNARY[name]
    x = np.array(points)

    def slope(x):
        return tape.gradient(lambda x: tape.sum(fn(x)), x)

    def numeric(x):
        return np.array([np.imag(numpy_fn(x + 2.0**-60 * 1j)) * 2.0**60])[0]

    found = np.diagonal(tape.jacobian(slope, x))
    assert agree(found, finite.jacobian(numeric, x).diagonal(), tol=1e-7)


@pytest.mark.parametrize("name", BINARY)
@settings(max_examples=25)
@given(shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3))
def test_rules_of_two_operands_sum_over_what_was_broadcast(name, shapes):
    fn, numpy_fn = BINARY[name]
    a, b = (draw(*shape, seed=k) for k, shape in enumerate(shapes.input_shapes))
    assert gap(fn, numpy_fn, np.asarray(a), np.asarray(b)) <= rounding(a, b)


@pytest.mark.parametrize(
    ("build", "exact"),
    [
        (lambda x: 2 + x, 1), (lambda x: x - 2, 1), (lambda x: 2 - x, -1), (lambda x: 3 * x, 3),
        (lambda x: x / 4, 0.25), (lambda x: 4 / x, -1), (lambda x: x**3, 12),
        (lambda x: 2.0**x, 4 * math.log(2)), (lambda x: -x, -1), (lambda x: +x, 1), (abs, 1),
        (lambda x: x % 1.5, 1), (lambda x: 5 % x, -2), (lambda x: x // 1.5, 0),
        (lambda x: 5 // x, 0), (lambda x: np.floor_divide(x, 1.5), 0), (np.floor, 0), (np.sign, 0),
        (lambda x: np.float64(3) * x, 3), (lambda x: x * np.float32(3), 3),
        (lambda x: np.positive(x), 1), (np.fabs, 1), (lambda x: tape.clip(x, 0.0, 3.0), 1),
        (lambda x: np.clip(x, 3.0, 4.0), 0), (lambda x: (np.array([1.0, 2.0]) * x)[1], 2),
        (lambda x: tape.stop_gradient(x) * x, 2), (lambda x: x**0, 0),
    ],
)  # fmt: skip
def test_operators_take_numbers_on_either_side(build, exact):
    assert tape.gradient(build, 2.0) == pytest.approx(exact, rel=4 * U)


@pytest.mark.parametrize(
    ("fn", "x", "slope"),
    [(lambda x: x % 0.1, 1.0, 1), (lambda x: x * (x // 0.1), 1.0, 9), (lambda x: x % 3, 1e20, 1),
     (lambda x: x * np.floor_divide(x, 0.1), 1.0, 9), (lambda x: np.remainder(x, 0.1), 1.0, 1),
     (lambda x: 1 % x, 0.1, -9), (lambda x: x * (1 // x), 0.1, 9)],
)  # fmt: skip
def test_remainders_are_those_of_python_where_a_quotient_rounds_up(fn, x, slope):
    # 1 / 0.1 rounds to 10, and 1 // 0.1 is 9.
    assert tape.value_and_gradient(fn, x) == (fn(x), slope)


@pytest.mark.parametrize(
    ("fn", "x", "exact"),
    [
        (lambda x: tape.atan2(x, np.array(100, np.int8)), 1.0, 100 / 10001),
        (lambda x: tape.atan2(np.float16(300), x), 300.0, -1 / 600),
        (lambda x: tape.atan2(1e30 * x, np.float32(1e30)), 1.0, 0.5),
        (lambda x: tape.atan2(1e200 * x, 1e200), 1.0, 0.5),
        (lambda x: tape.atan2(1e-200 * x, 1e-200), 1.0, 0.5),
        (lambda x: tape.sum(tape.atan2([1.0, -1.0], x) * [1, -1]), 1.0, -1.0),
        (lambda x: tape.sum(np.array([3], np.uint8) ** x), 2.0, 9 * math.log(3)),
        (lambda x: x ** np.int8(-128), 1.1, -128 * 1.1**-129.0),
        (lambda x: tape.sum(x ** np.array([-128], np.int8)), 1.1, -128 * 1.1**-129.0),
    ],
)
def test_constants_of_few_bits_and_numbers_of_any_size_leave_the_slope_alone(fn, x, exact):
    assert tape.gradient(fn, x) == pytest.approx(exact, rel=1e-6 if exact == 0.5 else 64 * U)


def test_the_slope_of_a_quotient_survives_where_a_product_would_underflow():
    # -w y / b formed w y first.
    w, a, b = 1e-200, 1e-280, 1e-150
    found = tape.vjp(lambda b: a / b, b)[1](w)[0]
    assert found == pytest.approx(-(w / b) * (a / b), rel=8 * U, abs=0)


def test_copies_of_a_node_are_the_node():
    for take in (copy.copy, copy.deepcopy, lambda x: copy.deepcopy([x])[0]):
        assert tape.gradient(lambda x, take=take: take(x) * 2, 3.0) == 2


def test_an_index_or_a_mask_that_is_changed_later_changes_nothing():
    picks, several, mask = np.array([0, 1, 1]), [0, 1, 1], np.array([True, False, True])

    def fn(x):
        y = tape.sum(x[picks]) + tape.sum(x[several]) + tape.sum(tape.where(mask, x, 0))
        picks[:], several[:], mask[:] = 2, [2, 2, 2], False
        return y

    assert tape.gradient(fn, np.ones(3)).tolist() == [3, 4, 1]


def test_the_least_of_integers_is_found():
    # -min would wrap round: uint8 has no -1, int8 no 128.
    assert tape.min(np.array([0, 1], np.uint8)) == 0
    assert tape.min(np.array([-128, 1], np.int8)) == -128
    assert not tape.min([True, False])


@pytest.mark.parametrize(
    ("fn", "numpy_fn", "shapes"),
    [
        (tape.matmul, np.matmul, ((5, 2, 3), (3, 0))),
        (tape.matmul, np.matmul, ((5, 2, 0), (0, 4))),
        (lambda x: tape.mean(x, 1), lambda x: np.mean(x, 1), ((0, 3),)),
        (lambda x: tape.prod(x, 1), lambda x: np.prod(x, 1), ((0, 3),)),
        (lambda x: np.concatenate([x, x], axis=None), lambda x: np.ravel([x, x]), ((0, 3),)),
    ],
)
def test_axes_of_length_zero_are_axes(fn, numpy_fn, shapes):
    assert transposed(fn, numpy_fn, *map(np.zeros, shapes))


def test_a_mean_in_half_precision_does_not_overflow():
    x = np.full(1000, 100, np.float16)
    y, slope = tape.value_and_gradient(tape.mean, x)
    assert (y, y.dtype, slope.dtype) == (100, np.float16, np.float16)
    assert agree(slope.astype(float), np.full(1000, 1e-3), tol=2.0**-10)


def test_numpys_own_names_for_limits_are_understood():
    x = np.array([-1.0, 0.5, 2.0])
    for clip in (
        lambda x: np.clip(x, 0, None), lambda x: np.clip(x, a_min=0, a_max=None),
        lambda x: -tape.clip(-x, None, 0),
    ):  # fmt: skip
        assert tape.vjp(clip, x)[1](np.ones(3))[0].tolist() == [0, 1, 1]


def test_stop_gradient_holds_lists_and_dicts_fixed():
    def fn(x):
        held = tape.stop_gradient({"a": [x, 2 * x], "b": 5})
        return x * held["a"][1] + held["b"]

    assert tape.value_and_gradient(fn, 3.0) == (23, 6)


def test_lists_take_part_on_either_side():
    x = np.array([2.0, 3.0])
    assert tape.gradient(lambda x: [1.0, 4.0] @ x + x @ [5.0, 6.0], x).tolist() == [6, 10]
    assert tape.gradient(lambda x: tape.sum([1.0, 4.0] * x), x).tolist() == [1, 4]


def test_comparisons_are_plain_booleans():
    seen = []

    def fn(x):
        seen.extend([x < 3, x <= 2, x > 3, x >= 2, x == 2, x != 2, np.float64(3) > x])
        return x if x else 0 * x

    assert tape.gradient(fn, 2.0) == 1
    assert [bool(s) for s in seen] == [True, True, False, True, True, False, True]
    assert {type(s) for s in seen} <= {bool, np.bool}


@pytest.mark.parametrize(
    ("fn", "x", "exact"),
    [
        (tape.abs, 0.0, 0.0),
        (lambda x: tape.maximum(x, 0), 0.0, 0.5),
        (lambda x: tape.minimum(x, 0), 0.0, 0.5),
        (lambda x: tape.clip(x, 0, 1), 1.0, 0.5),
        (lambda x: tape.where(x > 0, x, 0), 0.0, 0.0),
        (lambda x: x if x > 0 else 0.0, 0.0, 0.0),
        (lambda x: tape.max(x), np.array([1.0, 1.0, 0.0]), [0.5, 0.5, 0.0]),
        (lambda x: tape.min(x), np.array([1.0, 1.0, 2.0]), [0.5, 0.5, 0.0]),
        (lambda x: tape.prod(x), np.array([0.0, 2.0, 3.0]), [6.0, 0.0, 0.0]),
        (lambda x: tape.sum(x ** np.array([0.0, 1.0, 2.0])), np.zeros(3), [0.0, 1.0, 0.0]),
        (lambda x: tape.sum(tape.power(x, 2.0 + 0 * x)), np.zeros(2), [0.0, 0.0]),
    ],
)
def test_at_a_kink_the_answer_is_the_mean_of_both_sides(fn, x, exact):
    np.testing.assert_array_equal(tape.gradient(fn, x), exact)


def test_the_slope_of_tanh_keeps_its_digits_where_a_difference_would_lose_them():
    # w (1 - tanh(x)**2) is wrong by a factor of ten at 19.
    exact = 1 / math.cosh(19.0) ** 2
    assert tape.gradient(tape.tanh, 19.0) == pytest.approx(exact, rel=8 * U)
    assert tape.gradient(tape.tanh, 800.0) == 0


def test_log_sum_exp_and_softmax_do_not_overflow():
    x = np.array([1000.0, 1001.0, -1000.0])
    weights = np.exp(x - 1001) / np.exp(x - 1001).sum()
    assert agree(tape.gradient(tape.logsumexp, x), weights, tol=8 * U)
    exact = np.diag(weights) - np.outer(weights, weights)
    assert agree(tape.jacobian(tape.softmax, x), exact, tol=8 * U)
    rows = tape.logsumexp(np.stack([x, x]), axis=1, keepdims=True)
    assert agree(rows, [[tape.logsumexp(x)]] * 2, tol=8 * U)


def test_functions_serve_plain_numbers_and_arrays_like_numpy():
    x = np.array([0.5, 2.0])
    for name in ("sin", "cos", "tan", "atan", "exp", "log", "log1p", "sqrt", "tanh"):
        ours, theirs = getattr(tape, name), getattr(np, {"atan": "arctan"}.get(name, name))
        np.testing.assert_array_equal(ours(x), theirs(x))
        assert ours(0.5) == theirs(0.5)
    assert tape.sum([1, 2, 3]) == 6
    assert tape.mean([[1.0, 3.0]]) == 2
    assert tape.where(x > 1, x, 0).tolist() == [0, 2]
    assert tape.max([1.0, 4.0]) == 4
    assert tape.matmul([1.0, 2.0], [3.0, 4.0]) == 11
    assert tape.floor(1.5) == 1
    assert tape.sign(-2.0) == -1
    assert tape.astype(1.5, dtype=np.float32).dtype == np.float32
    assert tape.transpose([[1, 2], [3, 4]]).tolist() == [[1, 3], [2, 4]]


# --- linear maps: the backward pass is the transpose ----------------------------------------------


def transposed(fn, numpy_fn, *x):
    """Check a linear function on whole numbers, where nothing rounds."""
    rng = np.random.default_rng(3)
    y, pullback = tape.vjp(fn, *x)
    np.testing.assert_array_equal(y, numpy_fn(*x))
    w = rng.integers(-3, 4, np.shape(y)).astype(float)
    v = [rng.integers(-3, 4, np.shape(a)).astype(float) for a in x]
    left = np.sum(w * numpy_fn(*v))
    return left == np.sum([np.sum(a * b) for a, b in zip(pullback(w), v, strict=True)])


def whole(shape):
    return np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(float)


MOVES = {
    "reshape": (lambda x: x.reshape(3, -1), lambda x: x.reshape(3, -1)),
    "reshape by a tuple": (lambda x: tape.reshape(x, (4, 3, 2)), lambda x: x.reshape(4, 3, 2)),
    "ravel": (lambda x: x.ravel(), np.ravel),
    "numpy's ravel": (np.ravel, np.ravel),
    "T": (lambda x: x.T, np.transpose),
    "transpose": (lambda x: x.transpose(1, 2, 0), lambda x: x.transpose(1, 2, 0)),
    "transpose by a tuple": (lambda x: x.transpose((1, 2, 0)), lambda x: x.transpose(1, 2, 0)),
    "numpy's transpose": (lambda x: np.transpose(x, (-1, 0, 1)), lambda x: x.transpose(2, 0, 1)),
    "expand": (lambda x: tape.expand_dims(x, 1), lambda x: np.expand_dims(x, 1)),
    "squeeze": (lambda x: tape.squeeze(x[:1]), lambda x: np.squeeze(x[:1])),
    "squeeze an axis": (lambda x: np.squeeze(x[:, :1], 1), lambda x: x[:, 0]),
    "broadcast": (
        lambda x: tape.broadcast_to(x, (5, 2, 3, 4)), lambda x: np.broadcast_to(x, (5, 2, 3, 4)),
    ),
    "stack": (lambda x: tape.stack([x[0], x[1]], axis=1), lambda x: np.stack([x[0], x[1]], 1)),
    "stack at the end": (
        lambda x: np.stack([x, 0 * x], axis=-1), lambda x: np.stack([x, 0 * x], -1),
    ),
    "stack of a node": (np.stack, np.stack),
    "concatenate": (
        lambda x: tape.concatenate([x, np.zeros((2, 1, 4)), x[:, :2]], axis=1),
        lambda x: np.concatenate([x, np.zeros((2, 1, 4)), x[:, :2]], axis=1),
    ),
    "concatenate at the end": (
        lambda x: np.concatenate([x, x], axis=-1), lambda x: np.concatenate([x, x], -1),
    ),
    "array": (
        lambda x: tape.array([[x[0, 0, 0], 0.0], [0.0, x[1, 2, 3]]]),
        lambda x: np.array([[x[0, 0, 0], 0.0], [0.0, x[1, 2, 3]]]),
    ),
    "iteration": (
        lambda x: tape.stack([row * 2 for row in x[1]]), lambda x: 2 * x[1],
    ),
    "sum of nodes in a list": (lambda x: tape.sum([x[0], x[1]], axis=0), lambda x: x[0] + x[1]),
    "mean": (lambda x: 6 * x.mean((0, 1)), lambda x: x.sum((0, 1))),
    "numpy's mean": (lambda x: 24 * np.mean(x), np.sum),
    "sum twice over an axis that is gone": (lambda x: x.sum(0).sum(-1), lambda x: x.sum((0, 2))),
    "precision": (lambda x: x.astype(np.float32).astype(float), lambda x: x),
}  # fmt: skip


@pytest.mark.parametrize("name", MOVES)
def test_moves_are_pulled_back_by_their_transpose(name):
    fn, numpy_fn = MOVES[name]
    assert transposed(fn, numpy_fn, whole((2, 3, 4)))


@settings(max_examples=60)
@given(data=st.data(), shape=hnp.array_shapes(min_dims=0, max_dims=3, max_side=4))
def test_basic_indexing_is_pulled_back_by_its_transpose(data, shape):
    index = data.draw(hnp.basic_indices(shape, allow_newaxis=True))
    assert transposed(lambda x: x[index], lambda x: x[index], whole(shape))


@settings(max_examples=60)
@given(data=st.data(), shape=hnp.array_shapes(min_dims=1, max_dims=3, max_side=4))
def test_advanced_indexing_counts_what_occurs_twice(data, shape):
    index = data.draw(hnp.integer_array_indices(shape))
    assert transposed(lambda x: x[index], lambda x: x[index], whole(shape))


@pytest.mark.parametrize(
    "index",
    [[0, 0, 1], (slice(None), [1, 1]), (np.array([True, False, True]),), (0, np.array([2, 2])),
     np.arange(12).reshape(3, 4) % 5 == 0, (..., None, 1), (np.array([False, True, True]), 2)],
    ids=str,
)  # fmt: skip
def test_masks_lists_and_mixtures_index_as_in_numpy(index):
    assert transposed(lambda x: x[index], lambda x: x[index], whole((3, 4)))


@settings(max_examples=40)
@given(
    data=st.data(),
    shape=hnp.array_shapes(min_dims=0, max_dims=3, max_side=3),
    keepdims=st.booleans(),
)
def test_reductions_are_right_over_all_axes(data, shape, keepdims):
    axes = st.lists(st.integers(-len(shape), len(shape) - 1), unique_by=lambda k: k % len(shape))
    axis = data.draw(st.none() | axes.map(tuple)) if shape else None
    x = draw(*shape) if shape else np.array(0.7)
    options = {"axis": axis, "keepdims": keepdims}
    assert transposed(
        lambda x: tape.sum(x, **options), lambda x: np.sum(x, **options), whole(shape)
    )
    for reduce in ("prod", "mean"):
        found = gap(
            lambda x, f=reduce: getattr(tape, f)(x, **options),
            lambda x, f=reduce: getattr(np, f)(x, **options),
            x,
        )
        assert found <= rounding(x)
    for reduce in ("max", "min"):
        y, pullback = tape.vjp(lambda x, f=reduce: getattr(tape, f)(x, **options), x)
        exact = getattr(np, reduce)(x, **options)
        np.testing.assert_array_equal(y, exact)
        w = draw(*np.shape(y))
        spread = x == getattr(np, reduce)(x, axis=axis, keepdims=True)  # no ties among these
        kept = np.reshape(w, np.sum(x, axis=axis, keepdims=True).shape)
        np.testing.assert_array_equal(pullback(w)[0], spread * kept)


def test_methods_are_the_functions_and_numpy_finds_them():
    x = draw(2, 3) + 3
    for name in ("sum", "mean", "prod", "max", "min"):
        for axis in (None, 1):
            one, two, three = (
                tape.jacobian(lambda x, f=f, axis=axis: f(x, axis), x)
                for f in (getattr(tape, name), getattr(tape.Node, name), getattr(np, name))
            )
            np.testing.assert_array_equal(one, two)
            np.testing.assert_array_equal(one, three)


def test_an_empty_product_is_one():
    assert tape.prod(np.zeros((0,))) == 1
    assert tape.prod(np.zeros((3, 0)), axis=1).tolist() == [1, 1, 1]
    assert tape.gradient(lambda x: tape.prod(x[:0]) + x[0], np.ones(2)).tolist() == [1, 0]


MATRICES = [
    ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)),
    ((5, 2, 3), (3,)), ((2, 3), (5, 3, 4)), ((3,), (5, 3, 4)), ((5, 2, 3), (5, 3, 4)),
    ((1, 2, 3), (5, 3, 4)), ((6, 1, 2, 3), (5, 3, 4)), ((5, 2, 3), (6, 1, 3, 4)), ((1, 3), (3, 1)),
]  # fmt: skip


@pytest.mark.parametrize("shapes", MATRICES, ids=str)
@pytest.mark.parametrize("fn", [tape.matmul, operator.matmul, np.matmul])
def test_matrix_products_of_all_ranks_are_right(fn, shapes):
    a, b = whole(shapes[0]), whole(shapes[1])
    assert transposed(lambda a: fn(a, b), lambda a: a @ b, a)
    assert transposed(lambda b: fn(a, b), lambda b: a @ b, b)
    assert gap(fn, np.matmul, draw(*shapes[0]), draw(*shapes[1])) <= rounding(a, b)


@pytest.mark.parametrize("shapes", [((), (3,)), ((3,), ()), ((3,), (3,)), ((2, 3), (3,))], ids=str)
def test_dot_is_that_of_numpy(shapes):
    a, b = (np.asarray(draw(*shape)) for shape in shapes)
    for fn in (tape.dot, np.dot):
        assert gap(fn, np.dot, a, b) <= rounding(a, b)


def test_a_matrix_product_can_be_differentiated_twice():
    A, x = draw(3, 3), draw(3)
    assert agree(tape.hessian(lambda x: x @ A @ x, x), A + A.T, tol=16 * U)


# --- negative controls ----------------------------------------------------------------------------


@record.primitive(lambda _y, x: lambda w: w * (1 + 1 / 2000) * tape.cos(x))
def wrong_sine(x):
    return np.sin(x)


def test_a_rule_that_is_wrong_by_one_part_in_two_thousand_is_caught():
    x = np.array([0.3, -2.0])
    assert gap(wrong_sine, np.sin, x) > 1000 * rounding(x)


def test_a_backward_pass_that_forgets_to_sum_over_what_was_broadcast_is_caught(monkeypatch):
    def forgetful(share, record):
        return share.ravel()[: np.prod(record.shape, dtype=int)].reshape(record.shape)

    monkeypatch.setattr(tape, "unbroadcast", forgetful)
    a, b = draw(2, 3), draw(3)
    assert gap(np.multiply, np.multiply, a, b) > 1000 * rounding(a, b)


def test_a_sum_over_uses_that_keeps_only_the_last_is_caught(monkeypatch):
    monkeypatch.setattr(tape.Cotangent, "add", lambda self, share: setattr(self, "dense", share))
    assert tape.gradient(lambda x: x * x, 3.0) != 6


def test_an_index_that_counts_twice_only_once_is_caught(monkeypatch):
    def lossy(*pieces, indices, shape, dtype):
        out = np.zeros(shape, dtype)
        for index, w in zip(indices, pieces, strict=True):
            out[index] += w
        return out

    monkeypatch.setattr(tape, "scatter", lossy)
    assert not transposed(lambda x: x[[0, 0]], lambda x: x[[0, 0]], whole((3,)))


# --- purity, nesting, length ----------------------------------------------------------------------


def test_the_pullback_called_twice_gives_the_same():
    x = draw(4)
    _, pullback = tape.vjp(lambda x: tape.sum(tape.sin(x) * x[0]), x)
    before = x.copy()
    np.testing.assert_array_equal(pullback(1.0)[0], pullback(1.0)[0])
    np.testing.assert_array_equal(2 * pullback(1.0)[0], pullback(2.0)[0])
    np.testing.assert_array_equal(x, before)


def test_a_second_backward_pass_through_a_fourth_power_starts_afresh():
    # micrograd: the second backward() adds to stale inner gradients, 96 instead of 32 + 32.
    _, pullback = tape.vjp(lambda x: (x**2) ** 2, 2.0)
    assert pullback(1.0)[0] + pullback(1.0)[0] == 64
    assert tape.hessian(lambda x: (x**2) ** 2, 2.0) == 48


def test_results_share_no_memory_with_one_another_or_with_the_covector():
    w = np.ones(3)
    _, pullback = tape.vjp(lambda a, b: a + b, np.zeros(3), np.zeros(3))
    one, two = pullback(w)
    one += 1
    assert two.tolist() == [1, 1, 1] == w.tolist()
    whole_sum = tape.gradient(lambda x: tape.sum(x), np.zeros(3))
    whole_sum += 1  # a broadcast view could not be written to
    assert whole_sum.tolist() == [2, 2, 2]


def test_fan_out_adds():
    assert tape.gradient(lambda x: x + x + x * x + tape.sin(x), 1.0) == 4 + math.cos(1.0)
    x = np.arange(3.0)
    found = tape.gradient(lambda x: tape.sum(x * x) + x[0] + x[-1] + tape.sum(x[1:]), x)
    assert found.tolist() == [1, 3, 6]


def test_perturbations_of_nested_closures_are_not_confused():
    assert tape.gradient(lambda x: x * tape.gradient(lambda y: x + y, 1.0), 1.0) == 1
    assert tape.gradient(lambda x: tape.gradient(lambda y: x * y * y, x), 3.0) == 12
    inner = tape.gradient(lambda x: tape.gradient(lambda y: x, 1.0) + x, 1.0)  # noqa: ARG005
    assert inner == 1
    third = tape.gradient(lambda x: tape.hessian(lambda y: x * y**3, x), 2.0)
    assert third == 2 * 6 * 2.0


def test_derivatives_of_any_order_nest():
    fn = tape.sin
    for _ in range(5):
        fn = (lambda f: lambda x: tape.gradient(f, x))(fn)
    assert fn(0.3) == pytest.approx(math.cos(0.3), rel=64 * U)


def test_second_derivatives_pass_through_indexing_reductions_and_branches():
    def fn(x):
        y = tape.stack([x[0] * x[1], x[2]]) @ x[[1, 1]]
        z = tape.concatenate([x[:2] ** 2, y * x[1:]])
        return tape.logsumexp(z) + tape.max(z) + tape.prod(x) + tape.sum(tape.maximum(z, 1.0))

    def in_jax(x):
        y = jnp.stack([x[0] * x[1], x[2]]) @ x[jnp.array([1, 1])]
        z = jnp.concatenate([x[:2] ** 2, y * x[1:]])
        scores = jax.scipy.special.logsumexp(z) + jnp.max(z)
        return scores + jnp.prod(x) + jnp.sum(jnp.maximum(z, 1.0))

    x = np.array([0.7, -1.2, 0.4])
    assert agree(tape.hessian(fn, x), np.asarray(jax.jit(jax.hessian(in_jax))(x)), tol=64 * U)


LONG = """
import gc
from slopes import tape

def chain(x, length):
    for _ in range(length):
        x = x + 1e-5 * x
    return x

exact = (1 + 1e-5) ** 50_000
assert abs(tape.gradient(lambda x: chain(x, 50_000), 1.0) / exact - 1) < 1e-10
record = tape.trace(lambda x: chain(x, 5_000), 1.0)
assert len(record) == 10_001
assert len(repr(record).splitlines()) == 31
assert abs(tape.backward(record)[0] / (1 + 1e-5) ** 5_000 - 1) < 1e-10
del record
gc.collect()

def squares(x):
    for _ in range(2_000):
        x = x + 1e-4 * x * x
    return x

h = 1e-5
difference = (tape.gradient(squares, 0.1 + h) - tape.gradient(squares, 0.1 - h)) / (2 * h)
assert abs(tape.hessian(squares, 0.1) / difference - 1) < 1e-6
"""


def test_a_hundred_thousand_operations_hit_no_limit():
    # In a process of its own, where nothing checks types a million times.
    done = subprocess.run([sys.executable, "-c", LONG], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_rules_of_an_operation_with_many_operands_do_not_each_receive_them_all():
    # n rules with n operands each: 8 seconds for the gradient through a stack of 32 000 nodes.
    received = []

    def each(k):
        received.append(k)
        return lambda *args: received.append(len(args)) or (lambda w: w)

    join = record.primitive(each=each)(lambda *values: np.sum(values))
    assert tape.gradient(lambda x: join(x, x, x), 1.0) == 3
    assert received == [0, 1, 1, 1, 2, 1]


def test_a_tape_is_freed_without_the_help_of_the_collector():
    def records():
        return sum(type(thing) is record.Record for thing in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = records()
        tape.hessian(lambda x: tape.sum(tape.sin(x) * x), np.ones(2))
        assert records() == before
        kept = tape.vjp(tape.sin, 1.0)
        assert records() == before + 2
        del kept
        assert records() == before
    finally:
        gc.enable()


# --- cost -----------------------------------------------------------------------------------------


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


# --- arguments and results ------------------------------------------------------------------------


def test_parameters_may_be_lists_tuples_and_dicts():
    Pair = namedtuple("Pair", "weight offset")  # noqa: PYI024 (a test's)
    params = {"one": [np.ones(2), 3], "two": (2.0, Pair(np.float32(4), np.ones((1, 2))))}

    def fn(p):
        return tape.sum(p["one"][0] * p["one"][1]) * p["two"][0] + p["two"][1].weight ** 2

    found = tape.gradient(fn, params)
    assert list(found) == ["one", "two"]
    assert found["one"][0].tolist() == [6, 6]
    assert found["one"][1:] == [4.0]
    assert found["two"][0] == 6
    assert type(found["two"][1]) is Pair
    assert found["two"][1].weight == 8
    assert found["two"][1].weight.dtype == np.float32
    assert found["two"][1].offset.tolist() == [[0, 0]]


def test_numbers_come_back_as_numbers():
    for x in (2, 2.0, np.float64(2)):
        y, slope = tape.value_and_gradient(lambda x: x**2, x)
        assert (type(y), type(slope)) == (float, float)
    assert type(tape.hessian(lambda x: x**3, 2.0)) is float
    assert tape.jacobian(lambda x: 3 * x, np.array(2.0)) == 3


def test_single_precision_stays_single():
    x = np.linspace(0.1, 0.9, 5, dtype=np.float32)

    def fn(x):
        y = tape.tanh(2 * x + 1) ** 3 / (1 + x * 0.5)
        y = tape.where(y > 0.5, y, 0) + tape.maximum(x, 0.5) + tape.softmax(x) + tape.prod(x)
        return tape.mean(y) + tape.max(y) + tape.sum(y[[0, 0]]) + x @ x + x[1]

    kinds = {entry.value.dtype if np.ndim(entry.value) else np.asarray(entry.value).dtype
             for entry in tape.trace(fn, x).entries}  # fmt: skip
    assert kinds == {np.dtype(np.float32)}
    y, slope = tape.value_and_gradient(fn, x)
    assert (y.dtype, slope.dtype) == (np.float32, np.float32)
    assert agree(slope, tape.gradient(fn, x.astype(float)), tol=64 * 2.0**-24)


def test_a_precision_that_widens_on_the_way_narrows_on_the_way_back():
    x = np.ones(3, np.float32)
    found = tape.gradient(lambda x: tape.sum(x * np.arange(3.0)), x)
    assert found.dtype == np.float32
    assert found.tolist() == [0, 1, 2]
    _, pullback = tape.vjp(lambda x: 2 * x, x)
    assert pullback(np.ones(3))[0].dtype == np.float32


def test_argnums_choose_the_arguments_and_the_others_may_be_anything():
    def fn(name, a, b):
        return {"product": a * b, "sum": a + b}[name]

    assert tape.gradient(fn, "product", 2.0, 3.0, argnums=1) == 3
    assert tape.gradient(fn, "product", 2.0, 3.0, argnums=(2, 1)) == (2.0, 3.0)
    assert tape.gradient(fn, "sum", 2.0, 3.0, argnums=(1,)) == (1.0,)
    assert tape.jacobian(lambda a, x: [a * x[0], x[1]], 2.0, [1.0, 1.0], argnums=1).tolist() == [
        [2, 0], [0, 1],
    ]  # fmt: skip


def test_the_covector_is_built_like_the_value():
    x = np.array([2.0, 3.0])
    y, pullback = tape.vjp(lambda x: {"a": x * x, "b": [x[0], 7]}, x)
    assert y["a"].tolist() == [4, 9]
    assert y["b"] == [2.0, 7.0]
    assert pullback({"a": np.ones(2), "b": [1.0, 5.0]})[0].tolist() == [5, 6]
    _, pullback = tape.vjp(lambda x: [x[0] * x[1], x[1]], x)
    assert pullback(np.array([1.0, 1.0]))[0].tolist() == pullback([1, 1])[0].tolist() == [3, 3]
    _, pullback = tape.vjp(lambda x: x * 2, x)
    assert pullback([1, 2])[0].tolist() == [2, 4]
    _, pullback = tape.vjp(lambda x: {"a": x, "b": 2 * x}, 1.0)
    assert pullback({"b": 1.0, "a": 0.0}) == (2.0,)  # by key, not by place
    _, pullback = tape.vjp(lambda x: [x, x], 2.0)  # one node, returned twice
    assert pullback([1.0, 2.0]) == (3.0,)


def test_a_function_that_does_not_use_its_argument_has_gradient_zero():
    x = np.ones((2, 2))
    assert tape.gradient(lambda x: 3, x).tolist() == [[0, 0], [0, 0]]  # noqa: ARG005
    assert tape.gradient(lambda x: x.value.sum(), x).tolist() == [[0, 0], [0, 0]]
    found = tape.jacobian(lambda x: [1.0, x[0, 0]], x)
    assert found.tolist() == [[[0, 0], [0, 0]], [[1, 0], [0, 0]]]
    assert tape.jacobian(lambda x: x[:0, 0], x).shape == (0, 2, 2)
    assert tape.vjp(lambda: 3.0)[1](1.0) == ()


def test_jacobians_have_the_shape_of_the_value_and_then_of_the_argument():
    x = draw(2, 3)
    found = tape.jacobian(lambda x: x.T * 2, x)
    exact = np.zeros((3, 2, 2, 3))
    for i, j in np.ndindex(2, 3):
        exact[j, i, i, j] = 2
    np.testing.assert_array_equal(found, exact)
    assert tape.jacobian(lambda x: [x[0], x[1]], x).shape == (2, 3, 2, 3)
    nested = tape.gradient(
        lambda a: tape.sum(tape.jacobian(lambda x: [a * x[0], x[1]], [a, a])), 2.0
    )
    assert nested == 1


def test_the_record_of_an_inner_vjp_is_a_value_of_the_outer():
    def fn(x):
        y, pullback = tape.vjp(lambda y: y * x, 2.0)
        return y + pullback(x)[0] + pullback(3.0)[0]

    assert tape.gradient(fn, 5.0) == 2 + 2 * 5 + 3


# --- the record as data ---------------------------------------------------------------------------


def polynomial(x):
    return x**2 + 3 * x + 2


def test_a_trace_reads_like_the_program():
    record = tape.trace(polynomial, 2.0)
    assert str(record) == (
        "v0  = x        2.0\nv1  = v0 ** 2  4.0\nv2  = 3 * v0   6.0\n"
        "v3  = v1 + v2  10.0\nv4  = v3 + 2   12.0"
    )
    assert [e.op for e in record.entries] == ["input", "power", "multiply", "add", "add"]
    assert [e.symbol for e in record.entries] == ["input", "**", "*", "+", "+"]
    assert [e.parents for e in record.entries] == [(), (0,), (0,), (1, 2), (3,)]
    assert [e.partials for e in record.entries] == [None, (4.0,), (3.0,), (1.0, 1.0), (1.0,)]
    assert (record.inputs, record.output, record.outputs) == ((0,), 4, (4,))
    assert repr(record.entries[1]) == "v1 = v0 ** 2"


def test_the_chain_rule_over_a_trace_gives_its_cotangents():
    record = tape.trace(by_name("kepler").build(tape), [0.6, 2.0])
    bars = [0.0] * len(record)
    bars[record.output] = 1.0
    for entry in reversed(record.entries):
        for j, slope in zip(entry.parents, entry.partials or (), strict=True):
            bars[j] += bars[entry.index] * slope
    found = tape.backward(record)
    assert agree([b or 0.0 for b in found], bars, tol=64 * U)
    assert agree(found[:2], by_name("kepler").derivative((0.6, 2.0)), tol=FIRST)


def test_a_trace_names_arrays_indices_and_constants():
    A = np.ones((2, 3))
    steps = (
        lambda x: A @ x, lambda x: x[1], lambda x: x[0:2], lambda x: x[::2], lambda x: x[..., None],
        lambda x: x[[0, 1]], lambda x: x[np.array([0, 1])], lambda x: -x, lambda x: tape.sum(x),
        lambda x: tape.maximum(x, 0.5), lambda x: tape.stack([x] * 4), lambda x: x * [1, 2, 3],
    )  # fmt: skip
    texts = [tape.trace(step, np.ones(3)).entries[1].text for step in steps]
    assert texts == [
        "float64[2, 3] @ v0", "v0[1]", "v0[0:2]", "v0[::2]", "v0[..., None]", "v0[array[2]]",
        "v0[int64[2]]", "-v0", "sum(v0)", "maximum(v0, 0.5)", "stack(v0, ..., v0)",
        "v0 * array[3]",
    ]  # fmt: skip
    assert tape.trace(lambda x: (-2.0) ** x, 2.0).entries[1].text == "(-2.0) ** v0"
    record = tape.trace(lambda p, q: [p["W"] * q, 5.0, A], {"W": A}, 2.0)
    assert [e.text for e in record.entries] == ["p['W']", "q", "v0 * v1", "5.0", "float64[2, 3]"]
    assert record.outputs == (2, 3, 4)
    assert "[1.0, 1.0, 1.0]" in repr(tape.trace(lambda x: x * x, np.ones(3)))
    assert tape.trace(max, 1.0, 2.0).entries[1].text == "x1"
    assert tape.trace(lambda *x: x[0], 1.0, 2.0).entries[0].text == "x0"


def test_of_a_long_trace_the_beginning_and_the_end_are_shown():
    record = tape.trace(lambda x: sum(x * k for k in range(30)), 1.0)
    lines = repr(record).splitlines()
    assert len(lines) == 31 < len(record)
    assert lines[20] == f"... {len(record) - 30} more"
    assert lines[0].startswith("v0 ")
    assert lines[-1].startswith(f"v{record.output} ")


def test_dead_branches_get_no_cotangent():
    def fn(x):
        tape.exp(x)
        return 2 * x

    assert tape.backward(tape.trace(fn, 1.0)) == (2.0, None, 1.0)
    assert tape.backward(tape.trace(lambda x: 3.0, 1.0)) == (None, 1.0)  # noqa: ARG005


def test_a_sweep_shows_every_step_and_ends_with_the_cotangents():
    record = tape.trace(lambda x: (x[0] + x[1]) * x[0], np.array([2.0, 3.0]))
    steps = list(tape.sweep(record, 2.0))
    assert [s.index for s in steps] == [5, 4, 3, 2, 1, 0]
    for got, kept in zip(steps[-1].cotangents, tape.backward(record, 2.0), strict=True):
        np.testing.assert_array_equal(got, kept)
    np.testing.assert_array_equal(steps[-1].y_bar, [14.0, 4.0])
    assert sum(c is not None for c in steps[0].cotangents) == 3
    received = sum(amount for s in steps for j, amount in s.contributions if j == 0)
    np.testing.assert_array_equal(received, [14.0, 4.0])


def test_a_constant_result_that_is_several_has_no_single_output():
    with pytest.raises(ValueError, match="fn must return one value, got outputs="):
        _ = tape.trace(lambda x: [x, x], 1.0).output


def test_nodes_show_their_value_and_no_address():
    seen = []

    def fn(x):
        seen.extend([repr(x), f"{x[0]:.1f}", x.ndim, x.size, len(x), repr(x[0]), x.dtype])
        assert len({x, x}) == 1
        with pytest.raises(ValueError, match="read-only"):
            x.value[0] = 1.0
        return x[0] * tape.gradient(lambda y: seen.append(repr(y)) or y, x[0])

    tape.gradient(fn, np.array([1.0, 2.0]))
    assert seen[:7] == ["Node(array([1., 2.]))", "1.0", 1, 2, 2, "Node(1.0)", np.dtype(float)]
    assert seen[7] == "Node(Node(1.0))"


# --- refusals -------------------------------------------------------------------------------------

HELD = []


def keep(x):
    HELD.append(x)
    return x * x


def assign(x):
    x[0] = 1.0


def use_after(use):
    HELD.clear()
    tape.gradient(keep, 1.0)
    return use(HELD[0])


SLOPES = [
    (tape.sqrt, 0.0, "got inf from 'sqrt', operation 1 of 2; move x away"),
    (lambda x: tape.sqrt(x * x), 0.0, "got inf from 'sqrt', operation 2 of 3"),
    (lambda x: x**0.5, 0.0, "got inf from 'power'"),
    (lambda x: x**x, 0.0, "from 'power'"),
    (lambda x: tape.hypot(x, 0.0), 0.0, "got nan from 'hypot'"),
    (lambda x: tape.where(x > 0, tape.sqrt(x), 0), 0.0, "got nan from 'sqrt'"),
    (lambda x: 1e200 * (1e200 * x), 1e-300, "got inf from 'multiply'"),
    (lambda x: (tape.exp(x), tape.sqrt(x))[1] + 0 * x, 0.0, "got inf from 'sqrt', operation 2"),
    (lambda x: [tape.sqrt(x), tape.exp(x), tape.sin(x)][0] * 2, 0.0, "operation 1 of 5"),
    (lambda x: tape.sqrt(x[0]) + x[1], np.array([0.0, 1.0]), "got inf from 'sqrt', operation 2"),
]


@pytest.mark.parametrize(("fn", "x", "message"), SLOPES)
def test_a_slope_that_is_not_finite_is_an_error_that_names_the_operation(fn, x, message):
    for call in (
        lambda: tape.gradient(fn, x),
        lambda: tape.backward(tape.trace(fn, x)),
        lambda: tape.gradient(lambda x: tape.gradient(fn, x), x),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            call()


def test_the_remedy_that_the_message_names_helps():
    def safe(x):
        return tape.where(x > 0, tape.sqrt(tape.where(x > 0, x, 1)), 0)

    assert tape.gradient(safe, 0.0) == 0
    assert tape.gradient(safe, 4.0) == 0.25


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: tape.gradient(lambda x: x * 2, np.ones(2)), ValueError,
         "fn must return one number, got shape=(2,); take the jacobian"),
        (lambda: tape.gradient(lambda x: [x, x], 1.0), ValueError,
         "fn must return one number, got a list of 2; take the jacobian"),
        (lambda: tape.gradient(lambda x: None, 1.0), TypeError,  # noqa: ARG005
         "must be real: a number, an array, or a list, tuple or dict of such, got fn(x)=None"),
        (lambda: tape.gradient(lambda x: x > 0, 1.0), TypeError, "fn(x) must be real"),
        (lambda: tape.gradient(lambda x: x * 1e300 * 1e300, 1.0), RuntimeWarning, "overflow"),
        (lambda: tape.gradient(lambda x: x + math.inf, 1.0), ValueError,
         "fn(x) must be finite, got fn(x)=inf"),
        (lambda: tape.gradient(lambda x: x, 1j), TypeError, "x must be real"),
        (lambda: tape.gradient(lambda x: x, "1"), TypeError, "got x='1'"),
        (lambda: tape.gradient(lambda x: x, True), TypeError, "got x=True"),
        (lambda: tape.gradient(lambda x: x, math.nan), ValueError, "x must be finite, got x=nan"),
        (lambda: tape.gradient(lambda p: p["a"], {"a": [1.0, math.inf]}), ValueError,
         "p['a'][1] must be finite, got p['a'][1]=inf"),
        (lambda: tape.gradient(lambda x: x * 1j, 1.0), TypeError,
         "multiply must give real floating-point numbers, got dtype='complex128'"),
        (lambda: tape.gradient(lambda x: x, 1.0, argnums=1), ValueError,
         "argnums must be one or several of [0], each once, got argnums=1"),
        (lambda: tape.gradient(lambda x: x, 1.0, argnums=(0, 0)), ValueError, "each once"),
        (lambda: tape.gradient(assign, np.ones(2)), TypeError,
         "a Node must not be changed in place, got x[0] = ...; build a new one with where"),
        (lambda: tape.gradient(lambda x: math.sin(x), 1.0), TypeError,
         "got Node(1.0): its derivative would be lost; use the functions of slopes.tape instead"),
        (lambda: tape.gradient(lambda x: float(x), 1.0), TypeError, "must not become"),
        (lambda: tape.gradient(lambda x: int(x), 1.0), TypeError, "must not become"),
        (lambda: tape.gradient(lambda x: np.asarray(x), 1.0), TypeError, "must not become"),
        (lambda: tape.gradient(lambda x: np.array([x, x]), 1.0), TypeError, "must not become"),
        (lambda: tape.gradient(lambda x: x.item(), 1.0), TypeError, "must not become"),
        (lambda: tape.gradient(lambda x: np.cbrt(x), 1.0), TypeError,
         "a Node must meet functions that have a rule, got numpy.cbrt; see slopes.tape"),
        (lambda: tape.gradient(lambda x: np.cumsum(x), np.ones(2)), TypeError, "got numpy.cumsum"),
        (lambda: tape.gradient(lambda x: np.add(np.ones(2), x, out=np.ones(2)), 1.0), TypeError,
         "got numpy.add(..., out=...)"),
        (lambda: tape.gradient(lambda x: np.multiply.outer(x, x), np.ones(2)), TypeError,
         "got numpy.multiply.outer"),
        (lambda: tape.gradient(lambda x: operator.iadd(np.ones(2), x), 1.0), TypeError,
         "got numpy.add(..., out=...)"),
        (lambda: tape.gradient(lambda x: len(x), 1.0), TypeError,
         "a Node must have an axis for len() or a loop, got one number"),
        (lambda: tape.gradient(lambda x: list(x), 1.0), TypeError, "got one number"),
        (lambda: tape.gradient(lambda x: tape.dot(x, np.ones((2, 2, 2))), np.ones(2)), ValueError,
         "dot must get at most two axes, got a.ndim=1 and b.ndim=3; use matmul"),
        (lambda: use_after(lambda x: x * 2), ValueError,
         "multiply must be called while its function runs, got a Node that outlived it"),
        (lambda: use_after(lambda x: tape.gradient(lambda y: x, 1.0)), ValueError,  # noqa: ARG005
         "fn(x) must be a Node of a function that is running, got one that outlived its function"),
        (lambda: tape.vjp(lambda x: x, np.ones(2))[1](1.0), ValueError,
         "w must have the shape (2,) of y, got w.shape=()"),
        (lambda: tape.vjp(lambda x: [x, x], 1.0)[1]([1.0, np.ones(1)]), ValueError,
         "w must have the shape () of y, got w[1].shape=(1,)"),
        (lambda: tape.vjp(lambda x: [x, x], 1.0)[1](1.0), ValueError,
         "w must have one part for each of the 2 values that fn returned, got 1"),
        (lambda: tape.vjp(lambda x: x, 1.0)[1](math.inf), ValueError, "w must be finite"),
        (lambda: tape.vjp(lambda x: {"a": x}, 1.0)[1]({"b": 1.0}), ValueError,
         "w must be a dict with keys ['a'] of y, got w={'b': 1.0}"),
        (lambda: tape.vjp(lambda x: [{"a": x}], 1.0)[1]([1.0]), ValueError,
         "w[0] must be a dict with keys ['a'] of y"),
        (lambda: tape.vjp(lambda x: [[x, x], x], 1.0)[1]([1.0, 1.0, 1.0]), ValueError,
         "w must have one part for each of the 2 values that fn returned, got 3"),
        (lambda: tape.jacobian(lambda x: [[x[0]], [x[1]]], np.ones(2)), ValueError,
         "fn must return one array or one list of values, got nested lists; take vjp"),
        (lambda: tape.jacobian(lambda x: {"a": x}, 1.0), ValueError, "got a dict; take vjp"),
        (lambda: tape.gradient(lambda x: x, 1.0, argnums=[0]), ValueError, "got argnums=[0]"),
        (lambda: tape.jacobian(lambda x: x, 1.0, argnums=(0,)), ValueError,
         "argnums must be one number, got argnums=(0,)"),
        (lambda: tape.gradient(np.sum, np.ma.masked_less([1.0, -1.0], 0)), TypeError,
         "must be real"),
        (lambda: tape.gradient(lambda x: x * Fraction(1, 2), 1.0), TypeError,
         "multiply must give real floating-point numbers, got dtype='object'"),
        (lambda: tape.gradient(lambda x: np.sum(x, dtype=float), np.ones(2)), TypeError,
         "got numpy.sum(..., dtype=...); see slopes.tape"),
        (lambda: tape.gradient(pickle.dumps, 1.0), TypeError,
         "a Node must stay with its tape, got Node(1.0) to store; take .value"),
        (lambda: tape.jacobian(lambda x: [x, x[0]], np.ones(2)), ValueError,
         "fn must return values of one shape, got shapes=[(2,), ()]; take vjp"),
        (lambda: tape.jacobian(lambda x: x["a"], {"a": 1.0}), TypeError,
         "x must be a number or an array, got x={'a': 1.0}; take vjp"),
    ],
)  # fmt: skip
def test_bad_input_gets_the_stated_error(call, kind, message):
    with pytest.raises(kind, match=re.escape(message)):
        call()
