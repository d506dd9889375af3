"""Kinks, jumps, infinite slopes and domains of dual numbers."""

import math
import re
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from duals import U, exact_derivative

from slopes import dual
from slopes.dual import Dual, derivative, jacobian

NOWHERE = [
    (dual.sqrt, 0.0, "sqrt(x) has a derivative, got x=0.0: an infinite slope there"),
    (dual.cbrt, 0.0, "cbrt(x) has a derivative, got x=0.0: an infinite slope there"),
    (dual.asin, 1.0, "asin(x) has a derivative, got x=1.0: an infinite slope there"),
    (dual.acos, -1.0, "acos(x) has a derivative, got x=-1.0: an infinite slope there"),
    (dual.acosh, 1.0, "acosh(x) has a derivative, got x=1.0: an infinite slope there"),
    (abs, 0.0, "abs(x) has a derivative, got x=0.0: a kink there"),
    (lambda x: x**0.5, 0.0, "x**0.5 has a derivative, got x=0.0: an infinite slope there"),
    (lambda x: dual.hypot(x, 0.0), 0.0, "hypot(x, y) has a derivative, got x=0.0: a kink there"),
    (lambda x: dual.atan2(x, x), 0.0, "atan2(y, x) has a derivative, got x=0.0: a jump there"),
    (lambda x: dual.maximum(x, 0.0), 0.0, "maximum(x, y) has a derivative, got x=0.0: a kink"),
    (lambda x: dual.minimum(x, -x), 0.0, "minimum(x, y) has a derivative, got x=0.0: a kink"),
    (lambda x: x % 2, 4.0, "x % y has a derivative, got x=4.0: a jump there"),
    (lambda x: x // 2, 4.0, "x // y has a derivative, got x=4.0: a jump there"),
    (lambda x: 4.0 % x, 2.0, "x % y has a derivative, got x=4.0: a jump there"),
    (lambda x: x**x, 0.0, "x**y has a derivative, got x=0.0: its slope by y needs log(x)"),
    (lambda x: 0.0**x, 0.0, "x**y has a derivative, got x=0.0: its slope by y needs log(x)"),
    (dual.log, 0.0, "x must be positive in log(x), got x=0.0"),
    (dual.log2, -1.0, "x must be positive in log2(x), got x=-1.0"),
    (dual.log10, 0.0, "x must be positive in log10(x), got x=0.0"),
    (dual.log1p, -1.0, "x must be above -1 in log1p(x), got x=-1.0"),
    (dual.sqrt, -4.0, "x must be at least 0 in sqrt(x), got x=-4.0"),
    (dual.asin, 2.0, "x must be between -1 and 1 in asin(x), got x=2.0"),
    (dual.acos, 2.0, "x must be between -1 and 1 in acos(x), got x=2.0"),
    (dual.atanh, 1.0, "x must be strictly between -1 and 1 in atanh(x), got x=1.0"),
    (dual.acosh, 0.5, "x must be at least 1 in acosh(x), got x=0.5"),
    (dual.lgamma, -2.0, "x must be no integer below 1 in lgamma(x), got x=-2.0"),
    (dual.digamma, 0.0, "x must be no integer below 1 in digamma(x), got x=0.0"),
    (lambda x: x**0.5, -4.0, "x must be at least 0 in x**0.5, got x=-4.0"),
    (lambda x: x**x, -2.0, "x must be positive in x**y with a varying y, got x=-2.0"),
]


@pytest.mark.parametrize(("fn", "x", "message"), NOWHERE)
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("form", ["number", "numpy", "array"])
def test_where_there_is_no_derivative_the_error_says_so(fn, x, message, times, form):
    point = {"number": x, "numpy": np.float64(x), "array": np.array([x])}[form]
    message = re.escape(message).replace("x=", r"x(\[0\])?=")
    again = fn if times == 1 else lambda t: derivative(fn, t)
    # The program may go on with the number, whose value exists; its slope is refused at the end.
    with pytest.raises(ValueError, match=message):
        derivative(lambda t: 3 - 2 * again(t) / 5 + t, point)


@pytest.mark.parametrize("fn", [abs, lambda x: dual.maximum(x, 0 * x), lambda x: x % 1, dual.floor])
def test_a_kink_is_no_obstacle_to_a_number_that_stands_still(fn):
    assert derivative(lambda t: fn(t * t), 0.0) == 0.0


def test_a_kink_is_refused_where_only_a_second_derivative_would_see_it():
    # abs(x * x) is x * x, but the rule of abs cannot know: its slope at 0 is not unique.
    for inner in (lambda x: abs(x * x), lambda x: x * abs(x)):
        with pytest.raises(ValueError, match=r"abs\(x\) has a derivative, got x=0.0"):
            derivative(lambda t, inner=inner: derivative(inner, t), 0.0)
    assert derivative(lambda t: derivative(lambda x: abs(t), 1.0), 0.0) == 0.0  # noqa: ARG005


def test_a_kink_of_an_outer_level_is_found_behind_equal_inner_slopes():
    # |t| * 2 seen through maximum(t + s, -t + s)**2: the tie at t = 0 is one of the values alone.
    for extreme in (dual.maximum, dual.minimum):
        with pytest.raises(ValueError, match=r"imum\(x, y\) has a derivative, got x=1.0: a kink"):
            derivative(
                lambda t, extreme=extreme: derivative(lambda s: extreme(t + s, s - t) ** 2, 1.0),
                0.0,
            )


def test_a_pole_is_refused_whatever_type_the_number_has():
    for pole in (lambda x: 1 / x, lambda x: x**-1, lambda x: x**-0.5):
        for x in (np.float64(0.0), np.array([0.0])):
            with np.errstate(all="ignore"), pytest.raises(ValueError, match="finite derivative"):
                derivative(pole, x)


@pytest.mark.parametrize("name", ["floor", "ceil", "trunc", "sign", "rint"])
@pytest.mark.parametrize("x", [2.0, -1.0, 0.0, 0.5])
def test_the_neighbour_of_a_jump_is_no_jump(name, x):
    for side in (-np.inf, np.inf):
        beside = np.nextafter(x, side)
        assert derivative(getattr(np, name), beside) == 0.0
        assert derivative(lambda t, n=name: getattr(np, n)(t) * 1.0, np.array([beside])) == 0.0
    for rounded in (int, math.floor, math.ceil, math.trunc, round, lambda t: round(t, 1)):
        assert rounded(Dual(float(beside), 1.0)) == rounded(float(beside))


def test_a_number_that_stands_still_crosses_neither_kink_nor_jump():
    # At a kink a theorem; at a jump a convention, which floor(-t * t) shows to be one.
    assert derivative(lambda t: dual.hypot(t * t, 0.0), 0.0) == 0.0
    assert derivative(lambda t: dual.hypot(t * t, 3 * t), 0.1) == pytest.approx(
        exact_derivative(lambda t: mpmath.hypot(t * t, 3 * t), 0.1), rel=8 * U
    )
    np.testing.assert_array_equal(
        jacobian(lambda z: dual.hypot(z * z, 0.0), [0.0, 2.0]), [[0.0, 0.0], [0.0, 4.0]]
    )
    assert derivative(lambda t: dual.floor(-t * t), 0.0) == 0.0
    np.testing.assert_array_equal(derivative(lambda x: dual.stack([2.0, x]) % 1, 0.3), [0.0, 1.0])
    rows = jacobian(lambda z: dual.stack([[2.0, z[0]], [z[1], 3.0]]) % np.ones(2), [0.3, 0.4])
    np.testing.assert_array_equal(rows, [[0, 0], [1, 0], [0, 1], [0, 0]])
    with pytest.raises(ValueError, match="a jump there"):
        derivative(lambda x: dual.stack([2.0, x]) % 1, 3.0)
    with pytest.raises(ValueError, match="infinite slope"):
        derivative(lambda t: dual.sqrt(t * t), 0.0)  # the absolute value


def test_fractions_get_the_same_errors():
    half = Fraction(1, 2)
    assert dual.floor(Dual(Fraction(5, 2), 1)) == 2
    assert math.floor(Dual(Fraction(5, 2), 1)) == 2
    assert derivative(abs, -half) == -1
    with pytest.raises(ValueError, match=r"got x=Fraction\(0, 1\): a kink there"):
        derivative(abs, Fraction(0))
    with pytest.raises(ValueError, match=r"positive in log\(x\), got x=Fraction\(-1, 1\)"):
        derivative(dual.log, Fraction(-1))
    with pytest.raises(ValueError, match=r"at least 0 in x\*\*1/2, got x=Fraction\(-1, 1\)"):
        derivative(lambda x: x**half, Fraction(-1))
    with pytest.raises(ValueError, match="a jump there"):
        (Dual(2**70, 1) % 8).tangent  # noqa: B018


def test_a_tie_of_equal_slopes_is_no_kink():
    assert derivative(lambda x: dual.maximum(x, x), 2.0) == 1.0
    assert derivative(lambda x: dual.minimum(x**2, 2 * x - 1), 1.0) == 2.0


def test_a_missing_slope_is_handed_on_by_every_operation_and_seen_when_read():
    lost = dual.sqrt(Dual(np.array([0.0, 1.0]), np.ones(2)))
    x = Dual(np.ones(2), np.ones(2))
    for y in (lost + x, x - lost, lost * 2, 2 / (lost + 1), -lost, x / (lost + 1), lost[0],
              lost.reshape(2, 1), lost.T, lost.sum(), lost @ np.ones(2), np.ones(2) @ lost,
              dual.exp(lost), abs(lost + 1), dual.stack([lost, x]), lost + np.ones((3, 2)),
              dual.hypot(lost, x), (x + lost) ** 2, dual.maximum(lost, 0.5), lost @ x,
              dual.sqrt(lost), np.ones(2) * lost, lost * x, x * lost, lost.mean()):  # fmt: skip
        with pytest.raises(ValueError, match=r"x must be where sqrt\(x\) has a derivative"):
            y.tangent  # noqa: B018
    assert "sqrt" in repr(lost)
    wide = Dual(np.array([0.0, 1.0]), np.eye(2))
    with pytest.raises(ValueError, match=r"got x\[0\]=0.0"):
        (dual.sqrt(wide) * wide).tangent  # noqa: B018


def test_nan_that_arises_on_the_way_is_refused():
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="where NaN arose on the way"):
        derivative(lambda x: np.inf * x - np.inf * x, np.float64(1.0))


def test_maximum_hands_on_a_nan_as_numpy_does():
    assert math.isnan(dual.maximum(Dual(math.nan, 1.0), 1.0).value)
    assert math.isnan(dual.maximum(1.0, Dual(math.nan, 1.0)).value)
