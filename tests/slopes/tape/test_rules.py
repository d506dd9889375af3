"""Rules: slopes to rounding, constants on either side, kinks, functions on plain numbers."""

import copy
import math
import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp
from scipy import special
from tapes import U, draw, gap, rounding, transposed

from slopes import finite, tape
from slopes.compare import agree

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
    "asinh": (tape.asinh, np.arcsinh, (0.3, -2.0)),
    "acosh": (tape.acosh, np.arccosh, (1.3, 5.0)),
    "atanh": (tape.atanh, np.arctanh, (0.3, -0.8)),
    "log2": (tape.log2, np.log2, (0.3, 5.0)),
    "log10": (tape.log10, np.log10, (0.3, 5.0)),
    "cbrt": (tape.cbrt, lambda x: x ** (1 / 3), (0.3, 5.0)),
    "erf": (tape.erf, special.erf, (0.3, -2.0)),
    "erfc": (tape.erfc, special.erfc, (0.3, -2.0)),
    "lgamma": (tape.lgamma, special.loggamma, (0.3, 5.0)),
    "digamma": (tape.digamma, special.digamma, (0.3, 5.0)),
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
    "logaddexp": (tape.logaddexp, lambda a, b: np.log(np.exp(a) + np.exp(b))),
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


@pytest.mark.parametrize("name", sorted(UNARY.keys() - {"digamma"}))
def test_rules_of_one_operand_can_be_differentiated_again(name):
    fn, numpy_fn, points = UNARY[name]
    x = np.array(points)

    def slope(x):
        return tape.gradient(lambda x: tape.sum(fn(x)), x)

    def numeric(x):
        return np.array([np.imag(numpy_fn(x + 2.0**-60 * 1j)) * 2.0**60])[0]

    found = np.diagonal(tape.jacobian(slope, x))
    assert agree(found, finite.jacobian(numeric, x).diagonal(), tol=1e-7)


def test_the_third_derivative_of_lgamma_is_refused_in_words():
    assert tape.hessian(tape.lgamma, 1.0) == pytest.approx(math.pi**2 / 6, rel=8 * U)
    with pytest.raises(ValueError, match="the third derivative of lgamma is not in the table"):
        tape.hessian(tape.digamma, 1.0)
    assert tape.trace(tape.trigamma, 1.0).entries[1].partials is None


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


NOTHING = -np.inf


@pytest.mark.parametrize(
    ("x", "exact"),
    [
        ([NOTHING, NOTHING], NOTHING), ([NOTHING, 0.0], 0.0), ([], NOTHING),
        ([np.inf, 1.0], np.inf),
        ([np.inf, np.inf], np.inf), ([np.inf, NOTHING], np.inf), ([1, 1], 1 + math.log(2)),
    ],
)  # fmt: skip
def test_log_sum_exp_is_that_of_extended_numbers(x, exact):
    # -inf + -inf was -inf minus -inf, NaN.
    assert tape.logsumexp(np.array(x)) == pytest.approx(exact, rel=4 * U)
    assert math.isnan(tape.logsumexp(np.array([*x, np.nan])))


def test_a_state_that_cannot_be_reached_takes_no_part_in_a_gradient():
    # Forward algorithm of a hidden Markov chain whose third state nothing leads to.
    jump = np.array([[0.0, -1.0, NOTHING], [-2.0, 0.5, NOTHING], [0.0, 0.0, NOTHING]])

    def chain(x, jump):
        return tape.logsumexp(tape.logsumexp(x[:, None] + jump, axis=0))

    x = np.array([0.3, -0.2, 0.1])
    found = tape.gradient(lambda x: chain(x, jump), x)
    assert agree(found, tape.gradient(lambda x: chain(x, jump[:, :2]), x), tol=8 * U)
    rows = tape.logsumexp(jump.T, axis=1, keepdims=True)
    assert rows[2].tolist() == [NOTHING]
    single = tape.logsumexp(jump.astype(np.float32), axis=0)
    assert single.dtype == np.float32
    hess = tape.hessian(lambda x: chain(x, jump), x)
    assert agree(hess, tape.hessian(lambda x: chain(x, jump[:, :2]), x), tol=64 * U)


@pytest.mark.parametrize("x", [[NOTHING, NOTHING], [np.inf, 1.0], [], [np.nan, 1.0]])
def test_softmax_of_nothing_or_of_infinity_is_refused(x):
    with pytest.raises(ValueError, match="a largest entry that is finite along axis=-1"):
        tape.softmax(np.array(x))
    assert tape.softmax(np.array([NOTHING, 0.0])).tolist() == [0, 1]


def test_infinite_weights_are_refused_on_the_way_back():
    for fn in (
        lambda x: tape.logsumexp(x + np.array([np.inf, 0.0])),
        lambda x: tape.logaddexp(x[0], np.inf),
    ):
        with pytest.raises(ValueError, match="must be finite, got"):
            tape.gradient(fn, np.ones(2))


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
