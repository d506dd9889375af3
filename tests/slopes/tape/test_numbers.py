"""The short way for numbers gives what arrays of one entry, and the traced way, give."""

import math
from fractions import Fraction

import numpy as np
import pytest

from slopes import tape


def program(x):
    y = x
    for k in range(3):
        y = tape.sin(3.5 * y * (1 - y) + x / (2 + y) - (y**2 - k) * 2**y)
        y = (+y * y + 1) ** x - (-y % 7) / 8
    return tape.exp(-y) + 1 // (x + 2)


def test_the_short_way_the_general_way_and_arrays_are_one():
    short = tape.value_and_gradient(program, 0.3)
    record = tape.trace(program, 0.3)
    assert short == (record.entries[record.output].value, tape.backward(record)[0])
    y, slope = tape.value_and_gradient(lambda x: tape.sum(program(x)), np.array([0.3]))
    assert y == pytest.approx(short[0], rel=1e-14)
    assert slope[0] == pytest.approx(short[1], rel=1e-13)
    nested = tape.gradient(lambda a: tape.gradient(lambda x: a * program(x), 0.3), 1.0)
    assert nested == pytest.approx(short[1], rel=1e-14)


class Twice(float):
    """A float of another type, which its arithmetic forgets."""


@pytest.mark.parametrize(
    "two", [2, 2.0, np.float64(2), np.float32(2), np.int8(2), np.array(2.0), Twice(2), np.uint64(2)]
)
def test_numbers_of_all_kinds_are_constants(two):
    for fn, slope in (
        (lambda x: x * two, 2), (lambda x: two * x, 2), (lambda x: x**two, 6),
        (lambda x: x + two, 1),
        (lambda x: two - x, -1), (lambda x: x / two, 0.5), (lambda x: two / x, -2 / 9),
        (lambda x: two**x, 8 * math.log(2)), (lambda x: x - two, 1),
    ):  # fmt: skip
        y, found = tape.value_and_gradient(fn, 3.0)
        assert (type(y), type(found)) == (float, float)
        assert found == pytest.approx(slope, rel=1e-15)


@pytest.mark.parametrize("yes", [True, np.True_])
def test_a_boolean_is_one_or_zero(yes):
    assert tape.gradient(lambda x: x * yes + (x > 5) * x, 3.0) == 1


@pytest.mark.parametrize("start", [3, 3.0, np.float64(3), np.int16(3), np.array(3.0)])
def test_a_point_may_be_any_number(start):
    assert tape.value_and_gradient(lambda x: x * x, start) == (9.0, 6.0)


def test_a_number_in_single_precision_stays_single():
    y, slope = tape.value_and_gradient(lambda x: 3 * x * x + tape.sin(x), np.float32(3))
    assert (y.dtype, slope.dtype) == (np.float32, np.float32)


@pytest.mark.parametrize("move", [lambda x: x, lambda x: x.T, lambda x: tape.broadcast_to(x, ())])
def test_a_slope_has_the_precision_of_its_number(move):
    three = np.float64(3)
    for fn in (lambda x: x * three, lambda x: three * x, lambda x: x + three, lambda x: x / three):
        y, slope = tape.value_and_gradient(lambda x, fn=fn: fn(move(x)), np.float32(3))
        assert (type(y), slope.dtype) == (float, np.float32)


@pytest.mark.parametrize("bad", [1j, np.complex128(1j), Fraction(1, 2), None, "1", [1j]])
def test_what_is_not_real_is_refused(bad):
    for fn in (lambda x: x * bad, lambda x: bad * x, lambda x: x**bad, lambda x: x - bad):
        with pytest.raises(TypeError, match=r"must (be real|give real)"):
            tape.gradient(fn, 3.0)


def test_zero_and_overflow_warn_as_numpy_does():
    for fn in (
        lambda x: x / 0,
        lambda x: 1 / (x - 3),
        lambda x: x * 1e308,
        lambda x: (x - 3) ** -1,
    ):
        with pytest.raises(RuntimeWarning):
            tape.gradient(fn, 3.0)


def test_numbers_of_two_tapes_meet():
    def fn(x, y):
        return tape.gradient(lambda z: x * z * z + z * y - z / x, 2.0)

    assert tape.gradient(fn, 3.0, 5.0, argnums=(0, 1)) == (4 + 1 / 9, 1)


def test_two_plain_numbers_have_a_power():
    assert (tape.power(2, -1), tape.power(4.0, 0.5)) == (0.5, 2.0)


def test_a_number_beyond_floats_is_refused():
    with pytest.raises((TypeError, OverflowError)):
        tape.gradient(lambda x: x * 10**400, 1.0)


@pytest.mark.parametrize("kind", [np.bool_, np.int8, np.uint8, np.int16])
def test_functions_of_narrow_integers_keep_all_digits(kind):
    # NumPy gives a half-precision cosine of an int8.
    one, many = kind(1), np.array([1, 1], kind)
    assert tape.gradient(lambda t: t * tape.cos(one), 1.0) == math.cos(1)
    assert tape.gradient(lambda t: tape.sum(t * tape.exp(many)), 1.0) == 2 * math.e
    assert tape.gradient(lambda t: t * tape.atan2(one, one), 1.0) == math.pi / 4
    assert tape.cos(True) == math.cos(1)


def test_a_product_of_narrow_integers_does_not_wrap_round():
    assert tape.prod(np.array([100, 100], np.int8)) == 10_000
    assert tape.prod(np.array([[100], [3]], np.int8), axis=0, keepdims=True).tolist() == [[300]]
