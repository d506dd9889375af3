"""Errors, digits, agreement and orders: the rulers are measured first."""

import math
import re
from decimal import Decimal
from fractions import Fraction

import jax.numpy as jnp
import ml_dtypes
import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from slopes import compare
from slopes.compare import agree, digits, measured_order, relative_error, unit_roundoff

U = 2.0**-53
# A difference, an absolute value and a quotient: three roundings, each at most U.
THREE_ROUNDINGS = 3 * U

ordinary = st.floats(1e-100, 1e100) | st.floats(-1e100, -1e-100)
anything = st.floats(allow_nan=True, allow_infinity=True)
vectors = arrays(np.float64, st.integers(1, 6), elements=ordinary)

# --- relative_error ---


def test_differences_that_overflow_are_measured_too():
    # inf: the difference was formed before the quotient.
    assert relative_error(1e308, -1e308) == 2
    assert relative_error(np.array([1e308j, 1.0]), np.array([-1e308j, 1.0])).tolist() == [2, 0]
    assert agree(1.7e308, -1.7e308, tol=1.0).error == 2
    assert relative_error(math.inf, 1.0) == relative_error(1e308, 1e-308) == math.inf


@given(exact=ordinary, k=st.integers(1, 50), sign=st.sampled_from([-1, 1]))
def test_a_relative_change_by_a_power_of_two_is_measured(exact, k, sign):
    # exact * (1 + 2**-k) rounds by at most U of itself, which is all that may be lost.
    error = relative_error(exact * (1 + sign * 2.0**-k), exact)
    assert abs(error - 2.0**-k) <= 2 * U


@given(value=anything, exact=anything)
def test_an_error_is_never_nan_and_never_negative(value, exact):
    assume(not math.isnan(exact))
    assert relative_error(value, exact) >= 0


@given(value=ordinary, exact=ordinary, k=st.integers(-50, 50))
def test_units_do_not_matter(value, exact, k):
    assert relative_error(value * 2.0**k, exact * 2.0**k) == relative_error(value, exact)


@pytest.mark.parametrize(
    ("value", "exact", "error"),
    [
        (0.0, 0.0, 0.0),
        (-0.0, 0.0, 0.0),
        (1e-300, 0.0, math.inf),
        (0.0, 2.0, 1.0),
        (math.nan, 1.0, math.inf),
        (math.nan, 0.0, math.inf),
        (math.inf, math.inf, 0.0),
        (math.inf, -math.inf, math.inf),
        (1.0, math.inf, math.inf),
        (math.inf, 1.0, math.inf),
        (3, 4, 0.25),
        (1 + 1e-3j, 1, 1e-3),
    ],
)
def test_the_edges_of_the_relative_error_are_as_documented(value, exact, error):
    assert relative_error(value, exact) == pytest.approx(error, rel=1e-15, abs=0)


def test_integers_are_compared_as_numbers_and_do_not_wrap_around():
    big = np.array([2**62, -(2**62)])
    assert relative_error(big, -big).tolist() == [2.0, 2.0]
    assert relative_error(np.uint8(1), np.uint8(2)) == 0.5


def test_a_float32_value_is_measured_in_double_precision():
    third = np.float32(1) / np.float32(3)
    error = relative_error(third, 1 / 3)
    assert 0 < error <= 2.0**-24


def test_numbers_give_a_float_and_arrays_an_array_of_their_broadcast_shape():
    assert type(relative_error(np.float32(1), 2)) is float
    assert type(relative_error(jnp.asarray(1.0), 2.0)) is float
    assert relative_error(jnp.ones((2, 1)), np.ones(3)).shape == (2, 3)


@pytest.mark.parametrize("fn", [relative_error, digits])
def test_an_exact_value_that_is_nan_is_refused(fn):
    with pytest.raises(ValueError, match=r"exact must not be NaN, got exact=\[1\.0, nan\]"):
        fn(1.0, [1.0, math.nan])


# --- exact numbers ---

HALVES = [Fraction(1, 2), Decimal("0.5"), mpmath.mpf(0.5), mpmath.mpc(0.5), np.longdouble(0.5)]
LARGE = 10**400  # beyond every float


@pytest.mark.parametrize("half", HALVES, ids=lambda half: type(half).__name__)
def test_a_half_is_a_half_in_every_arithmetic(half):
    # TypeError: ufunc 'isnan' not supported for the input types
    for value, exact in ((half, 0.5), (0.5, half), (half, half)):
        assert relative_error(value, exact) == 0.0
        assert agree(value, exact, tol=0.0)
        assert digits(value, exact) == pytest.approx(53 * math.log10(2), rel=1e-15)
    assert relative_error(np.array([half] * 2), 0.25).dtype == np.float64
    assert relative_error(0.75, half) == relative_error([0.75], [half])[0] == 0.5
    assert agree([0.75, 0.5], [half, half], tol=0.1) == (False, 0.25 / 0.75, (0,))


@pytest.mark.parametrize(
    "tenth",
    [Fraction(1, 10), Decimal("0.1"), mpmath.mpf(10) ** -1],
    ids=["fraction", "decimal", "mpf"],
)
def test_what_a_float_lost_when_it_was_stored_is_an_error_of_the_value(tenth):
    # 0.1 is stored as 3602879701896397 / 2**55; mpmath's default precision is double as well.
    lost = 0.0 if isinstance(tenth, mpmath.mpf) else float(Fraction(0.1) / Fraction(1, 10) - 1)
    assert relative_error(0.1, tenth) == lost


def test_digits_beyond_double_precision_are_seen_in_the_error():
    with mpmath.workdps(300):
        exact = mpmath.mpf(2) / 3
        close = exact * (1 + mpmath.mpf(10) ** -200)
        assert relative_error(close, exact) == pytest.approx(1e-200, rel=1e-15)
        assert agree(close, exact, tol=0.0).error == pytest.approx(1e-200, rel=1e-15)


def test_neighbouring_integers_differ_whatever_their_size():
    # int64 was read as a float, which rounds 2**53 + 1 down.
    assert relative_error(2**53, 2**53 + 1) == 1 / (2**53 + 1)
    assert relative_error(np.array([2**53]), np.array([2**53 + 1])).tolist() == [1 / (2**53 + 1)]
    assert relative_error(np.uint64(2**64 - 1), np.uint64(2**64 - 2)) == 1 / (2**64 - 2)
    assert not agree(2**60, 2**60 + 1, tol=0.0)
    assert relative_error(-(2**63), 2**63) == 2.0


def test_integers_beyond_every_float_have_errors():
    assert relative_error(3 * LARGE, 4 * LARGE) == 0.25
    assert relative_error(LARGE, 1) == relative_error(math.inf, LARGE) == math.inf
    assert relative_error(1, LARGE) == 1.0
    assert agree([3 * LARGE, 0], [4 * LARGE, 0], tol=0.1) == (False, 0.25, (0,))
    assert digits(1.0, LARGE) == 0


def test_exact_numbers_keep_the_edges_of_the_relative_error():
    zero, one, nan, inf = Fraction(0), Fraction(1), mpmath.mpf("nan"), mpmath.mpf("inf")
    assert relative_error([zero, one, nan, inf, -inf, one], [0, 0, 1, inf, inf, inf]).tolist() == [
        0, math.inf, math.inf, 0, math.inf, math.inf]  # fmt: skip
    assert agree([inf, zero], [inf, zero], tol=0.0) == (True, 0.0, (0,))
    assert agree([nan, one], [one, one], tol=0.1) == (False, math.inf, (0,))
    assert agree([zero], [Decimal(0)], tol=0.0)
    assert relative_error(Decimal("Infinity"), 1) == math.inf
    assert relative_error(mpmath.mpc(3, 4), mpmath.mpc(0, 0)) == math.inf


def test_complex_numbers_are_compared_in_the_plane():
    assert relative_error(mpmath.mpc(0, 5), mpmath.mpc(3, 1)) == 5 / math.sqrt(10)
    assert relative_error(np.array([1j, 2], object), [1j, 1]).tolist() == [0, 1]
    assert agree([mpmath.mpc(0, 5)], [mpmath.mpc(3, 1)], tol=0.1).error == 1.0


def test_shapes_of_exact_numbers_are_broadcast():
    thirds = np.array([[Fraction(1, 3)], [Fraction(2, 3)]])
    assert relative_error(thirds, [Fraction(1, 3), 1]).tolist() == [[0, 2 / 3], [1, 1 / 3]]
    assert relative_error(np.array([], object), 1.0).shape == (0,)


@pytest.mark.parametrize(
    "nan", [mpmath.mpf("nan"), Decimal("NaN"), np.array([1, math.nan], object)]
)
def test_an_exact_number_that_is_nan_is_refused(nan):
    with pytest.raises(ValueError, match="exact must not be NaN, got exact="):
        relative_error(1.0, nan)


def test_what_is_no_number_is_refused_by_name():
    with pytest.raises(TypeError, match="must be made of real or complex numbers, got 'a'"):
        relative_error(np.array(["a"], object), 1.0)


# --- unit_roundoff ---


@pytest.mark.parametrize(
    ("dtype", "bits"),
    [(np.float16, 11), (ml_dtypes.bfloat16, 8), (np.float32, 24), (float, 53), (np.complex64, 24),
     (complex, 53), (np.longdouble, 53), (np.int8, 53), (object, 53)],
)  # fmt: skip
def test_the_unit_roundoff_is_that_of_the_format(dtype, bits):
    assert unit_roundoff(dtype) == 2.0**-bits


# --- digits ---


@pytest.mark.parametrize("k", range(1, 15))
def test_an_error_in_the_kth_digit_leaves_k_digits(k):
    # The value 1 + 10**-k is itself rounded by U, a relative U * 10**k of the error.
    assert digits(1 + 10.0**-k, 1.0) == pytest.approx(k, abs=U * 10**k)


@pytest.mark.parametrize(
    ("dtype", "bits"),
    [(np.float16, 11), (np.float32, 24), (np.float64, 53), (np.complex64, 24), (np.int32, 53),
     (jnp.bfloat16, 8)],
)  # fmt: skip
def test_the_cap_is_the_unit_roundoff_of_the_dtype(dtype, bits):
    value = jnp.ones((), dtype) if dtype is jnp.bfloat16 else np.ones((), dtype)
    assert digits(value, 1.0) == pytest.approx(bits * math.log10(2), rel=1e-15)


@given(value=anything, exact=anything)
def test_digits_stay_between_zero_and_the_cap(value, exact):
    assume(not math.isnan(exact))
    assert 0 <= digits(value, exact) <= 53 * math.log10(2)


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0, 3.0])
def test_a_value_that_is_not_a_number_or_far_off_has_no_digit(value):
    assert digits(value, 1.0) == 0
    assert not math.copysign(1, digits(value, 1.0)) < 0


def test_digits_keep_the_shape_of_an_array():
    assert digits(np.ones((2, 3)), 1.0).shape == (2, 3)


# --- agree ---


@given(a=vectors)
def test_an_array_agrees_with_itself_at_tolerance_zero(a):
    assert agree(a, a.copy(), tol=0.0) == (True, 0.0, (0,))


@given(a=vectors, data=st.data())
def test_agreement_is_symmetric(a, data):
    b = data.draw(arrays(np.float64, a.shape, elements=ordinary))
    assert agree(a, b, tol=0.5) == agree(b, a, tol=0.5)


@given(a=vectors, data=st.data(), k=st.integers(1, 40))
def test_an_entry_that_is_changed_is_found(a, data, k):
    i = data.draw(st.integers(0, a.size - 1))
    b = a.copy()
    # The change is on the scale of the largest entry, as the verdict is.
    b[i] += 2.0**-k * np.abs(a).max()
    verdict = agree(a, b, tol=2.0**-k / 8)
    assert not verdict
    assert verdict.where == (i,)
    assert verdict.error >= 2.0**-k / 3


def test_a_disagreement_counts_as_false_though_a_tuple_of_three_is_true():
    verdict = agree(1.0, 1.1, tol=1e-3)
    assert len(verdict) == 3
    assert not verdict
    assert agree(1.0, 1.0, tol=0.0)


def test_rounding_in_an_entry_that_should_be_zero_is_judged_by_its_neighbours():
    assert agree([1.0, 1e-17], [1.0, 0.0], tol=U)
    assert not agree([1e-17], [0.0], tol=0.5)


def test_the_tolerance_is_a_limit_that_still_agrees():
    assert agree(1.0, 0.75, tol=0.25)
    assert not agree(1.0, 0.75, tol=math.nextafter(0.25, 0))


@pytest.mark.parametrize(
    ("value", "other", "verdict"),
    [
        ([1.0, math.nan], [1.0, 2.0], (False, math.inf, (1,))),
        (math.nan, math.nan, (False, math.inf, ())),
        (math.inf, math.inf, (True, 0.0, ())),
        (math.inf, 1.0, (False, math.inf, ())),
        ([math.inf, 1.0], [math.inf, 1.5], (False, 0.5 / 1.5, (1,))),
        (0.0, 0.0, (True, 0.0, ())),
        ([], [], (True, 0.0, ())),
        ([[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0], [3.0, 5.0]], (False, 0.2, (1, 1))),
        (1j, 1j, (True, 0.0, ())),
    ],
)
def test_the_edges_of_agreement_are_as_documented(value, other, verdict):
    assert agree(np.asarray(value), np.asarray(other), tol=0.1) == verdict


def test_a_row_is_not_compared_with_a_column():
    with pytest.raises(ValueError, match=r"other must have the shape of value, \(3,\), got other="):
        agree(np.ones(3), np.ones((3, 1)), tol=0.1)


@pytest.mark.parametrize("tol", [-1e-9, math.inf, math.nan])
def test_a_tolerance_that_says_nothing_is_refused(tol):
    with pytest.raises(ValueError, match=rf"tol must be finite and not negative, got tol={tol}"):
        agree(1.0, 1.0, tol=tol)


# --- measured_order ---

orders = st.floats(0.25, 8.0)
spans = st.integers(3, 12)


@given(order=orders, scale=st.floats(1e-3, 1e3), count=spans)
def test_the_order_of_a_pure_power_is_found(order, scale, count):
    steps = 2.0 ** -np.arange(count)
    slope, spread = measured_order(steps, scale * steps**order)
    # Each logarithm, at most 80 in size, is rounded; the steps span a factor of at least 4.
    assert abs(slope - order) < 80 * 4 * U * count
    assert 0 <= spread < 80 * 4 * U * count


@given(order=orders, factor=st.floats(1e-3, 1e3))
def test_units_of_steps_and_errors_do_not_change_the_order(order, factor):
    steps = np.geomspace(1e-1, 1e-4, 7)
    errors = steps**order * (1 + steps)
    before, after = measured_order(steps, errors), measured_order(factor * steps, errors / factor)
    assert after.order == pytest.approx(before.order, abs=1e-12)
    assert after.spread == pytest.approx(before.spread, abs=1e-12)


def test_order_and_spread_are_those_of_numpys_regression():
    rng = np.random.default_rng(7)
    steps = np.geomspace(1e-1, 1e-5, 12)
    errors = steps**2 * np.exp(rng.normal(scale=0.3, size=12))
    (slope, _), covariance = np.polyfit(np.log(steps), np.log(errors), 1, cov=True)
    expected = (slope, math.sqrt(covariance[0, 0]))
    assert measured_order(steps, errors) == pytest.approx(expected, rel=1e-12)


def test_an_error_that_rounding_has_taken_over_shows_in_the_spread():
    steps = np.geomspace(1e-1, 1e-8, 15)
    errors = steps**2 + U / steps
    assert measured_order(steps[:8], errors[:8]).spread < 0.01
    assert measured_order(steps, errors).spread > 0.1


def test_a_forward_difference_is_not_taken_for_a_central_one():
    steps = np.geomspace(1e-1, 1e-3, 5)
    forward = np.abs((np.exp(1 + steps) - np.exp(1)) / steps - np.exp(1))
    order, spread = measured_order(steps, forward)
    assert abs(order - 1) < 0.1
    assert abs(order - 2) > 5 * spread


@pytest.mark.parametrize(
    ("steps", "errors", "message"),
    [
        ([0.1, 0.2], [1.0, 2.0], "steps must be a sequence of at least three, got steps="),
        (0.1, [1.0, 2.0, 3.0], "steps must be a sequence of at least three, got steps="),
        ([0.1, 0.2, 0.3], [[1.0, 2.0, 3.0]], "errors must be a sequence of at least three"),
        ([0.1, 0.2, 0.0], [1.0, 2.0, 3.0], "steps must be positive and finite, got steps="),
        ([0.1, 0.2, 0.3], [1.0, 0.0, 3.0], "errors must be positive and finite, got errors="),
        ([0.1, 0.2, 0.3], [1.0, math.nan, 3.0], "errors must be positive and finite"),
        ([0.1, 0.2, math.inf], [1.0, 2.0, 3.0], "steps must be positive and finite"),
        ([0.1, 0.2, 0.3], [1.0, 2.0, 3.0, 4.0], "errors must have one entry for each step, 3, got"),
        ([0.1, 0.1, 0.1], [1.0, 2.0, 3.0], "steps must not be all equal, got steps="),
    ],
)
def test_what_has_no_order_is_refused(steps, errors, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        measured_order(steps, errors)


def test_the_arguments_are_not_modified():
    steps, errors = np.array([0.1, 0.01, 0.001]), np.array([1.0, 0.1, 0.01])
    before = steps.copy(), errors.copy()
    measured_order(steps, errors)
    agree(steps, errors, tol=0.1)
    relative_error(steps, errors)
    assert (steps == before[0]).all()
    assert (errors == before[1]).all()


def test_the_module_exports_what_it_documents():
    assert all(hasattr(compare, name) for name in compare.__all__)
