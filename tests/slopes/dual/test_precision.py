"""Constants of narrow types beside dual numbers: no digit is lost, nothing wraps round."""

import operator
import warnings

import mpmath
import numpy as np
import pytest
from duals import U, exact_derivative

from slopes import dual
from slopes.compare import relative_error
from slopes.dual import Dual, derivative, jacobian, jvp

INTEGERS = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64]
KINDS = [*INTEGERS, np.bool_, np.float16, np.float32]
# A program of a variable and a constant, and the same in mpmath.
PROGRAMS = {
    "sum": (operator.add, operator.add),
    "difference": (lambda q, c: c - q * q, lambda q, c: c - q * q),
    "product": (operator.mul, operator.mul),
    "quotient": (operator.truediv, operator.truediv),
    "reciprocal": (lambda q, c: c / q, lambda q, c: c / q),
    "negative": (lambda q, c: -(c * q), lambda q, c: -(c * q)),
    "power": (operator.pow, operator.pow),
    "exponential": (lambda q, c: c**q, lambda q, c: c**q),
    "remainder": (operator.mod, lambda q, c: q - mpmath.floor(q / c) * c),
    "rest": (lambda q, c: (2 * c) % q, lambda q, c: 2 * c - mpmath.floor(2 * c / q) * q),
    "hypot": (dual.hypot, mpmath.hypot),
    "angle": (dual.atan2, mpmath.atan2),
    "other angle": (lambda q, c: dual.atan2(c, q), lambda q, c: mpmath.atan2(c, q)),
    "larger": (lambda q, c: dual.maximum(c, 2 * q), lambda q, c: max(c, 2 * q)),
    "chosen": (
        lambda q, c: dual.where(q > c, q * c, c**q),
        lambda q, c: q * c if q > c else c**q,
    ),
    "product of vectors": (
        lambda q, c: dual.stack([q, 1.0]) @ np.stack([c, c]),
        lambda q, c: q * c,
    ),
}
POINTS = [1.7, np.float64(1.7), np.array([1.7, 1.7])]


def constant(kind):
    """Return one that the type holds, and that float16 does not round off."""
    return kind(1) if kind is np.bool_ else kind(3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("point", POINTS, ids=["float", "float64", "array"])
def test_a_narrow_constant_costs_no_digit(kind, name, point):
    # np.uint8(2) ** q had its logarithm from float16, and atan2 the slope of -uint8(3), 253.
    ours, theirs = PROGRAMS[name]
    c = constant(kind)
    exact = exact_derivative(lambda q: theirs(q, mpmath.mpf(float(c))), 1.7)
    if name == "product of vectors" and np.ndim(point):
        found = [jacobian(lambda z: ours(z[0], c), [1.7])[0, 0]]
    else:
        found = derivative(lambda q: ours(q, c), point)
    assert np.asarray(found).dtype == np.float64
    assert np.all(np.abs(np.asarray(found) - exact) <= 16 * U * max(abs(exact), 1.0))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["exponential", "other angle", "power"])
def test_an_array_of_narrow_constants_costs_no_digit_either(kind, name):
    ours, theirs = PROGRAMS[name]
    c = np.array([1, 1, 0, 1]).astype(kind) if kind is np.bool_ else np.array([1, 2, 3, 5], kind)
    exact = [exact_derivative(lambda q, c=e: theirs(q, mpmath.mpf(float(c))), 1.7) for e in c]
    found = derivative(lambda q: ours(q, c), 1.7)
    assert np.all(np.abs(found - exact) <= 16 * U * np.maximum(np.abs(exact), 1.0))


def test_fractions_of_narrow_floats_are_the_fractions_that_they_are():
    # x ** float16(0.1) took the exponent minus 1 in float16: slope off by 1e-4.
    for kind in (np.float16, np.float32):
        c = kind(0.1)
        exact = exact_derivative(lambda q, c=c: q ** mpmath.mpf(float(c)), 1.7)
        for point in POINTS:
            assert np.all(relative_error(derivative(lambda q, c=c: q**c, point), exact) <= 8 * U)
            found = derivative(lambda q, c=c: c**q, point)
            exact_base = exact_derivative(lambda q, c=c: mpmath.mpf(float(c)) ** q, 1.7)
            assert np.all(relative_error(found, exact_base) <= 8 * U)


def test_an_exponent_at_the_edge_of_its_type_does_not_wrap_round():
    exact = -128 * 1.25**-129
    for point in (1.25, np.array([1.25])):
        assert np.all(
            relative_error(derivative(lambda q: q ** np.int8(-128), point), exact) < 1e-13
        )


def test_a_narrow_number_that_is_a_constant_of_an_inner_derivative_costs_no_digit():
    # Outside float16, inside float64: their power is a float64, and so is the logarithm in it.
    narrow = np.array([2.0], np.float16)
    mixed = derivative(lambda c: derivative(lambda q: c**q, np.array([1.7])), narrow)
    exact = exact_derivative(lambda c: c ** mpmath.mpf(1.7) * mpmath.log(c), 2.0)
    assert relative_error(mixed[0], exact) <= 16 * U
    mixed = derivative(lambda c: derivative(lambda q: c * q**2, np.float16(2.0)), 1.7)
    assert (mixed, np.asarray(mixed).dtype) == (4.0, np.float64)


@pytest.mark.parametrize("kind", [*INTEGERS, np.bool_])
@pytest.mark.parametrize("name", ["log", "sqrt", "exp", "sin", "atan", "tanh"])
def test_functions_of_narrow_integers_are_those_of_the_number(kind, name):
    # numpy.log(numpy.uint8(2)) is a float16: three digits in the product with a variable.
    c, fn = constant(kind), getattr(dual, name)
    for form in (c, np.array([c, c])):
        assert np.all(fn(form) == getattr(np, name)(np.asarray(form, float)))
        found = derivative(lambda q, form=form, fn=fn: q * fn(form), np.array([1.5, 1.5]))
        assert np.all(relative_error(found, float(getattr(mpmath, name)(int(c)))) <= 4 * U)
    for both in (dual.hypot, dual.atan2):
        assert both(c, c) == both(float(c), float(c))


@pytest.mark.parametrize("kind", [*INTEGERS, np.bool_])
def test_a_dual_number_makes_floats_of_numpys_integers(kind):
    # -uint8(1) is 255, 100 + int8(100) is -56 and True + True is True.
    x = Dual(kind(1), kind(1))
    assert [type(part) for part in (x.value, x.tangent)] == [np.float64, np.float64]
    assert ((1 - x).tangent, (x + x).value, (x * np.int8(100) + np.int8(100)).value) == (-1, 2, 200)
    rows = Dual(np.ones(2, kind), np.ones((2, 2), kind))
    assert (rows.dtype, (-rows).tangent.min()) == (np.float64, -1.0)
    y, y_dot = jvp(lambda t: 2 - t * t, np.array([1, 0], kind), np.array([1, 1], kind))
    assert (y.tolist(), y_dot.tolist()) == ([1.0, 2.0], [-2.0, 0.0])


def test_pythons_integers_stay_exact_beside_each_other_and_do_not_wrap_beside_numpys():
    assert (Dual(3, 1) * 10**30).value == 3 * 10**30
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (Dual(300, 1) * np.int8(100)).value == 30_000


def test_narrow_variables_stay_narrow_beside_constants_of_python_and_of_their_own_type():
    x = np.array([0.5, 0.25], np.float16)
    for c in (3, 3.0, np.float16(3.0), np.int8(3), np.array([1, 2], np.int8), True):
        assert derivative(lambda q, c=c: c * q + q / c + q**2, x).dtype == np.float16
        assert derivative(lambda q, c=c: c * q, np.float16(0.5)).dtype == np.float16
    assert derivative(lambda q: np.float32(3) ** q, x).dtype == np.float32


@pytest.mark.parametrize(
    "odd", [np.ma.array([5.0, 7.0], mask=[0, 1]), np.ones((1, 2)).view(np.matrix)]
)
def test_arrays_whose_arithmetic_is_another_are_refused(odd):
    # A product of matrices is no product of entries, and a masked entry has no number.
    x = np.ones(2)
    for operation in (operator.mul, operator.add, operator.pow, dual.maximum, dual.hypot, dual.dot):
        with pytest.raises(TypeError):
            derivative(lambda q, f=operation: f(q, odd), x)
        with pytest.raises((TypeError, np.linalg.LinAlgError)):  # a matrix knows powers only
            derivative(lambda q, f=operation: f(odd, q), x)
    with pytest.raises(TypeError, match="x must be real"):
        derivative(dual.sin, odd)
    with pytest.raises(TypeError, match="value must be real"):
        Dual(odd, 1.0)
    with pytest.raises(TypeError, match="fn must return numbers"):
        derivative(lambda _: odd, x)
