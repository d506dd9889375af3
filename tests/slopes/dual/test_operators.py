"""Operators of dual numbers: with plain numbers, comparisons, roundings, refusals."""

import math
import operator
from fractions import Fraction

import numpy as np
import pytest
from duals import U, parts
from hypothesis import given
from hypothesis import strategies as st

from slopes import dual
from slopes.dual import Dual, derivative, new_tag

OPERATORS = [
    (operator.add, 5.5, 1.0, 1.0),
    (operator.sub, 0.5, 1.0, -1.0),
    (operator.mul, 7.5, 2.5, 3.0),
    (operator.truediv, 1.2, 0.4, -0.48),
    (operator.pow, 3**2.5, 2.5 * 3**1.5, 3**2.5 * math.log(3)),
    (operator.mod, 0.5, 1.0, -1.0),
]


@pytest.mark.parametrize(("operation", "y", "by_left", "by_right"), OPERATORS)
@pytest.mark.parametrize("kind", [float, np.float64, np.float32, np.array, Fraction])
def test_operators_take_plain_numbers_from_either_side(operation, y, by_left, by_right, kind):
    rel = 1e-6 if kind is np.float32 else 16 * U
    left = operation(Dual(3.0, 1.0), kind(2.5))
    right = operation(kind(3.0), Dual(2.5, 1.0))
    assert parts(left) == pytest.approx((y, by_left), rel=rel)
    assert parts(right) == pytest.approx((y, by_right), rel=rel)
    both = operation(Dual(3.0, 1.0), Dual(2.5, 1.0))
    assert parts(both) == pytest.approx((y, by_left + by_right), rel=16 * U)


FLOATS = st.floats(-8, 8).filter(lambda x: abs(x) > 1e-3)


@pytest.mark.parametrize(
    ("operation", "ufunc"),
    [
        (operator.add, np.add),
        (operator.sub, np.subtract),
        (operator.mul, np.multiply),
        (operator.truediv, np.divide),
        (operator.pow, np.power),
        (operator.mod, np.remainder),
        (operator.floordiv, np.floor_divide),
    ],
)
@given(x=st.tuples(FLOATS, FLOATS), y=st.tuples(FLOATS, FLOATS))
def test_operators_among_floats_take_a_shorter_way_to_the_same_bits(operation, ufunc, x, y):
    x, y = Dual(abs(x[0]), x[1]), Dual(y[0], y[1])
    for left, right in ((x, y), (x, y.value), (x.value, y)):
        # Words, which tell floats to the last bit, and why there is no slope.
        assert repr(operation(left, right)) == repr(ufunc(left, right))


def test_the_shorter_way_is_for_floats_of_one_tag_alone():
    inner, outer = Dual(2.0, 1.0, tag=2), Dual(3.0, 1.0, tag=1)
    for product in (inner * outer, outer * inner):
        assert (product.tag, product.tangent.value, product.value.tangent) == (2, 3.0, 2.0)
    assert parts(Dual(2, 1) * Dual(10**30, 1)) == (2 * 10**30, 10**30 + 2)
    wide = Dual(2.0, np.array([1.0, 0.0])) * Dual(3.0, np.array([0.0, 1.0]))
    assert wide.tangent.tolist() == [3.0, 2.0]
    lost = dual.sqrt(Dual(0.0, 1.0))
    for mixed in (lost + x_ for x_ in (1.0, Dual(1.0, 1.0))):
        with pytest.raises(ValueError, match="infinite slope"):
            mixed.tangent  # noqa: B018


def test_negation_and_absolute_value():
    assert parts(-Dual(3.0, 2.0)) == (-3.0, -2.0)
    assert parts(abs(Dual(-3.0, 2.0))) == parts(dual.abs(Dual(-3.0, 2.0))) == (3.0, -2.0)
    assert parts(np.abs(Dual(3.0, 2.0))) == (3.0, 2.0)
    assert dual.abs(-3.0) == 3.0


def test_rounding_down_is_a_constant_and_the_rest_has_slopes_one_and_minus_the_quotient():
    assert Dual(7.5, 1.0) // 2 == 3.0
    assert not isinstance(Dual(7.5, 1.0) // 2, Dual)
    assert 7.5 // Dual(2.0, 1.0) == 3.0
    assert parts(7.5 % Dual(2.0, 1.0)) == (1.5, -3.0)
    quotient, rest = divmod(Dual(7.5, 1.0), 2)
    assert (quotient, *parts(rest)) == (3.0, 1.5, 1.0)
    quotient, rest = divmod(7.5, Dual(2.0, 1.0))
    assert (quotient, *parts(rest)) == (3.0, 1.5, -3.0)
    assert parts((Dual(7.5, 1.0) % np.array([2.0, 3.0]))[1]) == (1.5, 1.0)


ARITHMETIC = (operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv,
              operator.pow, operator.mod, divmod, operator.matmul)  # fmt: skip
ORDER = (operator.lt, operator.le, operator.gt, operator.ge)


@pytest.mark.parametrize(
    ("operation", "other"),
    [(operation, other) for operation in ARITHMETIC for other in (None, {}, 1j, np.array([1j]))]
    + [(operation, other) for operation in ORDER for other in (None, "word")],
)
def test_what_is_no_real_number_is_refused_by_every_operator(operation, other):
    x = Dual(2.0, 1.0)
    for pair in ((x, other), (other, x)):
        with pytest.raises(TypeError):
            operation(*pair)


def test_comparisons_see_values_alone():
    x, y = Dual(2.0, 1.0), Dual(2.0, 5.0)
    assert x == y == 2.0 == x
    assert (x != y) is False
    assert x < 3 < Dual(4.0, 0.0)
    assert x <= y <= 2.0
    assert x > 1 > Dual(0.0, 0.0)
    assert x >= y >= 2.0
    assert x != "2.0"
    assert max(x, 3.0) == 3.0
    assert bool(x)
    assert not Dual(0.0, 1.0)
    np.testing.assert_array_equal(np.array([1.0, 3.0]) < x, [True, False])
    np.testing.assert_array_equal(np.array([2.0, 3.0]) == x, [True, False])
    assert (np.float64(2.0) == x, np.float64(2.0) != x, np.float64(3.0) > x) == (True, False, True)
    assert (np.float64(2.0) <= x, np.float64(2.0) >= x) == (True, True)
    assert np.isfinite(x)
    assert not np.isnan(x)
    nested = Dual(Dual(2.0, 1.0), 1.0, tag=new_tag())
    assert nested == 2.0


def test_nothing_loses_a_tangent_without_a_word():
    x = Dual(2.0, 1.0)
    with pytest.raises(TypeError, match="no hash"):
        hash(x)
    for lossy in (float, complex, math.sin, np.array, np.asarray, lambda t: np.array([t, t])):
        with pytest.raises(TypeError, match=r"lose the tangent|loses the tangent"):
            lossy(x)
    with pytest.raises(TypeError):
        [10, 20, 30][x]
    values = np.zeros(2)
    with pytest.raises((TypeError, ValueError)):
        values[0] = x
    with pytest.raises(TypeError, match="with out must have a rule"):
        values += x


def test_rounding_to_an_integer_gives_a_plain_number_between_the_jumps():
    x = Dual(2.71, 1.0)
    found = (int(x), math.floor(x), math.ceil(x), math.trunc(x), round(x), round(x, 1))
    assert found == (2, 2, 3, 2, 3, 2.7)
    assert all(type(part) is int for part in found[:-1])
    assert int(Dual(0.0, 1.0)) == 0  # between -1 and 1 there is no jump
    assert int(Dual(2.0, 0.0)) == 2  # by convention a number that stands still crosses none
    for jump in (int, math.floor, math.ceil, math.trunc):
        with pytest.raises(ValueError, match=r"x must not be at a jump of \w+, got x=2\.0"):
            jump(Dual(2.0, 1.0))
    with pytest.raises(ValueError, match=r"jump of round, got x=2\.5"):
        round(Dual(2.5, 1.0))
    with pytest.raises(ValueError, match=r"jump of int, got x=2\.0"):
        int(Dual(Dual(2.0, 1.0), 0.0, tag=new_tag()))  # it stands still, but its value moves
    with pytest.raises(TypeError, match=r"x must be one number in int\(x\)"):
        int(Dual(np.ones(2), np.ones(2)))


@pytest.mark.parametrize("name", ["floor", "ceil", "rint", "trunc", "sign"])
def test_numpys_step_functions_are_constants_between_jumps(name):
    fn = getattr(np, name)
    np.testing.assert_array_equal(fn(Dual(np.array([1.2, -0.7]), np.ones(2))), fn([1.2, -0.7]))
    jump = {"rint": 0.5, "sign": 0.0}.get(name, 1.0)
    with pytest.raises(
        ValueError, match=rf"{name}\(x\) has a derivative, got x\[1\]={jump}: a jump"
    ):
        derivative(fn, np.array([0.3, jump]))
    assert derivative(fn, 0.3) == 0.0
