"""Functions of dual numbers: slopes against mpmath, on numbers, arrays and by nesting."""

import cmath
import math
import operator

import mpmath
import numpy as np
import pytest
from duals import U, exact_derivative, parts

from slopes import dual
from slopes.compare import agree, relative_error
from slopes.dual import Dual, derivative, gradient
from slopes.elementary import ELEMENTARY, OF_TWO

FUNCTIONS = {
    "sin": (-2.0, 0.0, 1.0),
    "cos": (-2.0, 0.0, 1.0),
    "tan": (-1.0, 0.0, 1.4),
    "asin": (-0.9, 0.0, 0.5),
    "acos": (-0.9, 0.0, 0.5),
    "atan": (-3.0, 0.0, 1.0),
    "sinh": (-2.0, 0.0, 1.0),
    "cosh": (-2.0, 0.0, 1.0),
    "tanh": (-19.0, -2.0, 0.0, 1.0, 10.0, 40.0),
    "asinh": (-3.0, 0.0, 1.0),
    "acosh": (1.01, 2.0, 50.0),
    "atanh": (-0.9, 0.0, 0.5),
    "exp": (-2.0, 0.0, 1.0),
    "expm1": (-40.0, -2.0, 0.0, 1.0),
    "log": (1e-3, 1.0, 50.0),
    "log2": (1e-3, 1.0, 50.0),
    "log10": (1e-3, 1.0, 50.0),
    "log1p": (-0.9, 0.0, 50.0),
    "sqrt": (1e-3, 1.0, 50.0),
    "cbrt": (-3.0, 1e-3, 50.0),
    "erf": (-2.0, 0.0, 1.0),
    "erfc": (-2.0, 0.0, 1.0),
    "lgamma": (-1.5, 1e-3, 2.0, 50.0),
    "digamma": (-1.5, 1e-3, 2.0, 50.0),
}
MP = {
    "lgamma": lambda x: mpmath.log(abs(mpmath.gamma(x))),
    "log2": lambda x: mpmath.log(x, 2),
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
}
ROWS = [(name, x) for name, points in FUNCTIONS.items() for x in points]


def in_mpmath(name):
    return MP.get(name) or getattr(mpmath, name)


@pytest.mark.parametrize(("name", "x"), ROWS)
def test_the_slope_of_every_function_is_right_to_some_roundings(name, x):
    # Also where the textbook's rule cancels: tanh at 19 by 1 - y**2 is wrong by a factor of 11.
    exact = exact_derivative(in_mpmath(name), x)
    for point in (x, np.float64(x)):
        found = derivative(getattr(dual, name), point)
        assert relative_error(found, exact) <= 16 * U * max(1.0, abs(x))
    found = derivative(getattr(dual, name), np.array([x, x]))
    assert np.all(relative_error(found, [exact, exact]) <= 16 * U * max(1.0, abs(x)))


@pytest.mark.parametrize(("name", "x"), [row for row in ROWS if row[0] != "digamma"])
def test_second_derivatives_of_every_function_follow_by_nesting(name, x):
    fn = getattr(dual, name)
    exact = exact_derivative(in_mpmath(name), x, order=2)
    found = derivative(lambda t: derivative(fn, t), x)
    # The exact one may be 0; elsewhere the condition is that of a difference of some terms.
    slack = 16 * U if abs(exact) < 16 * U and x == 0 else 0.0
    assert found == pytest.approx(exact, rel=1e3 * U * max(1.0, abs(x)), abs=slack)


@pytest.mark.parametrize("x", [1e-200, 3e-162, 1e-3, 300.0, 1e20, 1e155, 1e200])
def test_slopes_that_are_quotients_of_squares_neither_overflow_nor_underflow(x):
    # atan2, asinh and acosh formed squares: slope 0 at 1e200, a jump at 1e-200.
    for point in (x, np.float64(x), np.array([x])):
        slope = derivative(lambda t: dual.atan2(t, x), point)
        assert np.all(relative_error(slope, 0.5 / x) <= 8 * U)
        slope = derivative(lambda t: dual.atan2(x, t), point)
        assert np.all(relative_error(slope, -0.5 / x) <= 8 * U)
        exact = float(1 / mpmath.hypot(1, x))
        assert np.all(relative_error(derivative(dual.asinh, point), exact) <= 8 * U)
        if x > 1:
            with mpmath.workdps(50):
                exact = float(1 / mpmath.sqrt(mpmath.mpf(x) ** 2 - 1))
            assert np.all(relative_error(derivative(dual.acosh, point), exact) <= 8 * U)
    for narrow, at in ((np.float32, 1e20), (np.float16, 300.0)):
        slope = derivative(lambda t, at=at, n=narrow: dual.atan2(t, n(at)), narrow(at))
        assert slope == pytest.approx(0.5 / at, rel=8 * float(np.finfo(narrow).eps))


@pytest.mark.parametrize("name", ["sin", "exp", "sqrt", "atan", "sinh", "log"])
def test_slopes_agree_with_the_complex_step(name):
    x, h = 0.7, 2.0**-60
    step = getattr(cmath, name)(complex(x, h)).imag / h
    assert derivative(getattr(dual, name), x) == pytest.approx(step, rel=16 * U)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_take_plain_numbers_and_arrays_like_math_and_numpy(name):
    x = FUNCTIONS[name][0]
    fn = getattr(dual, name)
    assert fn(x) == getattr(math, name, fn)(x)
    assert relative_error(fn(x), float(in_mpmath(name)(x))) <= 64 * U
    assert type(fn(x)) is float
    of_array = getattr(np, name, lambda points: [fn(float(point)) for point in points])
    np.testing.assert_array_equal(fn(np.array([x])), of_array(np.array([x])))
    assert fn(np.float32(x)).dtype == np.float32
    assert fn.__name__ == name
    assert name in fn.__doc__


def test_every_function_of_the_table_is_tried_and_the_rest_is_refused():
    # The third derivative of lgamma is in no table; the value of trigamma is.
    assert {*FUNCTIONS, "trigamma"} == set(ELEMENTARY)
    assert dual.trigamma(1.0) == pytest.approx(math.pi**2 / 6, rel=4 * U)
    for fn in (dual.trigamma, lambda t: derivative(dual.digamma, t)):
        with pytest.raises(ValueError, match="x must not be differentiated in trigamma"):
            derivative(fn, 2.0)


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if hasattr(np, name)])
def test_numpys_functions_of_the_same_name_take_dual_numbers(name):
    x = Dual(FUNCTIONS[name][0], 2.0)
    ours, theirs = getattr(dual, name)(x), getattr(np, name)(x)
    assert (ours.value, ours.tangent) == (theirs.value, theirs.tangent)


def test_the_slope_of_tanh_vanishes_far_out_without_a_warning():
    for x in (800.0, -800.0, np.array([800.0, -800.0])):
        assert np.all(derivative(dual.tanh, x) == 0.0)
        assert np.all(derivative(lambda t: derivative(dual.tanh, t), x) == 0.0)


TWO = {
    "hypot": (dual.hypot, lambda x, y: mpmath.sqrt(x * x + y * y)),
    "atan2": (dual.atan2, mpmath.atan2),
    "logaddexp": (dual.logaddexp, lambda x, y: mpmath.log(mpmath.exp(x) + mpmath.exp(y))),
    "power": (operator.pow, lambda x, y: x**y),
    "quotient": (operator.truediv, lambda x, y: x / y),
    "remainder": (operator.mod, lambda x, y: x - mpmath.floor(x / y) * y),
    "maximum": (dual.maximum, max),
    "minimum": (dual.minimum, min),
    "difference": (operator.sub, operator.sub),
    "where": (lambda x, y: dual.where(x > y, x * y, x - y), lambda x, y: x * y),
}


@pytest.mark.parametrize("name", TWO)
def test_functions_of_two_numbers_have_both_slopes(name):
    fn, exact = TWO[name]
    x, y = 2.3, 0.7
    by_x = exact_derivative(lambda t: exact(t, mpmath.mpf(y)), x)
    by_y = exact_derivative(lambda t: exact(mpmath.mpf(x), t), y)
    assert agree(gradient(lambda z: fn(z[0], z[1]), [x, y]), [by_x, by_y], tol=32 * U)
    assert agree(derivative(lambda t: fn(t, y), x), by_x, tol=32 * U)
    assert agree(derivative(lambda t: fn(x, t), y), by_y, tol=32 * U)
    rows = np.array([x, x])
    assert agree(derivative(lambda t: fn(t, np.array([y, y])), rows), [by_x] * 2, tol=32 * U)
    assert agree(derivative(lambda t: fn(x, t), np.array([y, y])), [by_y] * 2, tol=32 * U)


def test_every_function_of_two_numbers_of_the_table_is_tried_and_spares_its_arguments():
    assert set(OF_TWO) <= set(TWO)
    for name in OF_TWO:
        x, y = np.array([2.3, 0.4]), np.array([0.7, 5.0])
        derivative(lambda t, n=name, x=x, y=y: TWO[n][0](t * x, t * y), np.ones(2))
        derivative(lambda t, n=name, x=x, y=y: TWO[n][0](x, t * y), np.ones(2))
        assert (x.tolist(), y.tolist()) == ([2.3, 0.4], [0.7, 5.0])


@pytest.mark.parametrize("at", [-1000.0, -2.0, 0.0, 700.0, 1e6])
def test_logaddexp_has_slopes_that_share_one_and_never_overflow(at):
    # Both read the rounded value: u times its size is lost.
    for point in (np.array([at, at]), np.array([at, at + 800.0])):
        by_x, by_y = gradient(lambda z: dual.logaddexp(z[0], z[1]), point)
        assert by_x + by_y == pytest.approx(1.0, rel=4 * U * max(1.0, abs(at)))
    softplus = derivative(lambda t: dual.logaddexp(0.0, t), at)
    assert softplus == pytest.approx(
        float(1 / (1 + mpmath.exp(-at))), rel=4 * U * max(1.0, abs(at))
    )
    found = derivative(lambda t: derivative(lambda s: dual.logaddexp(s, 0.0), t), 0.3)
    s = float(1 / (1 + mpmath.exp(-0.3)))
    assert found == pytest.approx(s * (1 - s), rel=16 * U)


@pytest.mark.parametrize("name", ["hypot", "atan2", "logaddexp", "maximum", "minimum"])
def test_functions_of_two_numbers_take_plain_ones(name):
    fn = getattr(dual, name)
    numpys = getattr(np, name)
    assert fn(2.0, 3.0) == numpys(2.0, 3.0)
    np.testing.assert_array_equal(fn(np.ones(2), 3.0), numpys(np.ones(2), 3.0))
    got = numpys(Dual(2.0, 1.0), 3.0)
    assert parts(got) == parts(fn(Dual(2.0, 1.0), 3.0))
