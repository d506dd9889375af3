"""Dual numbers: rules against exact derivatives, nesting, arrays, kinks, refusals, operations."""

import cmath
import importlib.util
import math
import operator
import re
import sys
from fractions import Fraction
from pathlib import Path

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from slopes import dual
from slopes.compare import agree, relative_error
from slopes.dual import Dual, derivative, gradient, jacobian, jvp, new_tag
from slopes.problems import PROBLEMS, by_name

U = 2.0**-53
# A problem's value takes up to some hundred operations, each with one rounding, and its condition
# at the points of the table is below some hundred.
TOLERANCE = 1e4 * U
SECOND_TOLERANCE = 1e5 * U
DRIVERS = {"scalar": derivative, "gradient": gradient, "jacobian": jacobian}
CASES = [(problem.name, point) for problem in PROBLEMS for point in problem.points]
SMOOTH = [problem.name for problem in PROBLEMS if not problem.branches]


def load(name):
    path = Path(__file__).parents[1] / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent))
    return module


def exact_derivative(fn, x, order=1):
    """Derivative by differences in 150 digits, at the very same float."""
    with mpmath.workdps(150):
        x, h = mpmath.mpf(x), mpmath.mpf(10) ** (-150 // (order + 2))
        if order == 1:
            return float((fn(x + h) - fn(x - h)) / (2 * h))
        return float((fn(x + h) - 2 * fn(x) + fn(x - h)) / h**2)


# --- every problem --------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "point"), CASES)
def test_the_derivative_of_every_problem_is_exact(name, point):
    problem = by_name(name)
    found = DRIVERS[problem.kind](problem.build(dual), point)
    assert agree(found, problem.derivative(point), tol=TOLERANCE)


@pytest.mark.parametrize(
    ("name", "point"), [case for case in CASES if by_name(case[0]).second is not None]
)
def test_nested_derivatives_give_every_second_derivative(name, point):
    problem = by_name(name)
    fn = problem.build(dual)
    if problem.kind == "scalar":
        found = derivative(lambda t: derivative(fn, t), point)
    else:
        found = jacobian(lambda t: gradient(fn, t), point)
        assert agree(found, found.T, tol=SECOND_TOLERANCE)
    assert agree(found, problem.second(point), tol=SECOND_TOLERANCE)


@pytest.mark.parametrize(("name", "point"), CASES)
def test_the_value_is_that_of_the_program_on_plain_numbers_to_the_last_bit(name, point):
    problem = by_name(name)
    fn = problem.build(dual)
    plain = point if problem.kind == "scalar" else np.array(point)
    y, _ = jvp(fn, plain, np.ones_like(plain)[()])
    np.testing.assert_array_equal(y, fn(plain), strict=False)


@pytest.mark.parametrize("name", SMOOTH)
def test_every_smooth_problem_agrees_with_jax(name):
    problem = by_name(name)
    point = np.array(problem.points[-1], dtype=float)
    v = np.cos(np.arange(point.size, dtype=float)).reshape(point.shape)

    def traced(x):
        y = problem.build(jnp)(x)
        return jnp.stack(y) if isinstance(y, list) else y

    ours = jvp(problem.build(dual), point, v)
    theirs = jax.jvp(traced, (jnp.asarray(point),), (jnp.asarray(v),))
    for mine, other in zip(ours, theirs, strict=True):
        assert agree(mine, np.asarray(other), tol=TOLERANCE)


@pytest.mark.parametrize(
    "name", [p.name for p in PROBLEMS if p.kind == "scalar" and not p.branches]
)
def test_scalar_problems_differentiate_an_array_of_points_entry_by_entry(name):
    problem = by_name(name)
    points = np.array(problem.points)
    found = derivative(problem.build(dual), points)
    assert agree(found, problem.derivative(points), tol=TOLERANCE)


def test_a_rule_that_is_wrong_by_one_part_in_two_thousand_is_caught(monkeypatch):
    right = dual.sin

    def wrong(x):
        y = right(x)
        return Dual(y.value, y.tangent * (1 + 1 / 2000), y.tag)

    monkeypatch.setattr(dual, "sin", wrong)
    problem = by_name("sine")
    found = derivative(problem.build(dual), 1.0)
    assert not agree(found, problem.derivative(1.0), tol=TOLERANCE)


# --- the functions --------------------------------------------------------------------------------

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
}
MP = {
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


@pytest.mark.parametrize(("name", "x"), ROWS)
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
    assert fn(x) == getattr(math, name)(x)
    assert type(fn(x)) is float
    np.testing.assert_array_equal(fn(np.array([x])), getattr(np, name)(np.array([x])))
    assert fn(np.float32(x)).dtype == np.float32
    assert fn.__name__ == name
    assert name in fn.__doc__


@pytest.mark.parametrize("name", FUNCTIONS)
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


@pytest.mark.parametrize("name", ["hypot", "atan2", "maximum", "minimum"])
def test_functions_of_two_numbers_take_plain_ones(name):
    fn = getattr(dual, name)
    numpys = getattr(np, name)
    assert fn(2.0, 3.0) == numpys(2.0, 3.0)
    np.testing.assert_array_equal(fn(np.ones(2), 3.0), numpys(np.ones(2), 3.0))
    got = numpys(Dual(2.0, 1.0), 3.0)
    assert parts(got) == parts(fn(Dual(2.0, 1.0), 3.0))


# --- powers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [-2.0, -1.0, 0.0, 3.0])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 2.0, 3.0, 0.0])
def test_whole_powers_have_a_slope_everywhere_zero_included(x, n):
    exact = n * x ** (n - 1) if n else 0.0
    assert derivative(lambda t: t**n, x) == exact
    np.testing.assert_array_equal(derivative(lambda t: t**n, np.array([x, x])), [exact, exact])
    each = derivative(lambda t: t ** np.array([n, 2.0]), np.array([x, 0.0]))
    np.testing.assert_array_equal(each, [exact, 0.0])


def test_negative_and_fractional_powers_have_the_slope_of_the_formula():
    assert derivative(lambda t: t**-2, 2.0) == -0.25
    assert derivative(lambda t: t**0.5, 4.0) == 0.25
    assert derivative(lambda t: t**1.5, 0.0) == 0.0
    assert derivative(lambda t: t**-1, -2.0) == -0.25


def test_a_variable_exponent_needs_the_logarithm_of_a_positive_base():
    assert derivative(lambda t: 2.0**t, 3.0) == pytest.approx(8 * math.log(2), rel=4 * U)
    assert derivative(lambda t: t**t, 2.0) == pytest.approx(4 * (math.log(2) + 1), rel=4 * U)
    assert derivative(lambda t: 0.0**t, 2.0) == 0.0
    assert derivative(lambda t: t**t, Dual(2.0, 1.0)).tangent == pytest.approx(
        4 * ((math.log(2) + 1) ** 2 + 0.5), rel=16 * U
    )
    np.testing.assert_array_equal(derivative(lambda t: np.array([0.0, 1.0]) ** t, 2.0), [0, 0])


def test_an_exponent_that_does_not_move_is_a_constant():
    assert (Dual(-2.0, 1.0) ** Dual(3.0, 0.0)).tangent == 12.0


def test_the_exponent_may_belong_to_an_outer_derivative():
    mixed = derivative(lambda n: derivative(lambda x: x**n, 2.0), 3.0)
    assert mixed == pytest.approx(2.0**2 * (1 + 3 * math.log(2)), rel=16 * U)
    mixed = derivative(lambda x: derivative(lambda n: x**n, 3.0), 2.0)
    assert mixed == pytest.approx(2.0**2 * (1 + 3 * math.log(2)), rel=16 * U)


# --- algebra --------------------------------------------------------------------------------------

small = st.integers(-50, 50)
pairs = st.tuples(small, small)


def parts(x):
    return (x.value, x.tangent)


@given(x=pairs, y=pairs, z=pairs)
def test_dual_numbers_are_a_commutative_ring(x, y, z):
    x, y, z = Dual(*x), Dual(*y), Dual(*z)
    # Integers: no rounding, so the laws hold to the last bit.
    assert parts(x + y) == parts(y + x)
    assert parts(x * y) == parts(y * x)
    assert parts((x + y) + z) == parts(x + (y + z))
    assert parts((x * y) * z) == parts(x * (y * z))
    assert parts(x * (y + z)) == parts(x * y + x * z)
    assert parts(x + 0) == parts(x * 1) == parts(+x) == parts(x)
    assert parts(x + -x) == parts(x - x) == (0, 0)


@given(a=small, b=small)
def test_the_square_of_epsilon_is_zero(a, b):
    assert parts(Dual(0, a) * Dual(0, b)) == (0, 0)


def matrix(x):
    return np.array([[x.value, x.tangent], [0, x.value]], dtype=object)


@given(x=pairs, y=pairs)
def test_the_matrix_picture_respects_sums_products_and_quotients(x, y):
    x, y = Dual(*x), Dual(*y)
    assert (matrix(x) + matrix(y) == matrix(x + y)).all()
    assert (matrix(x) @ matrix(y) == matrix(x * y)).all()
    assume(y.value != 0)
    exact = Dual(Fraction(x.value), Fraction(x.tangent)) / Dual(
        Fraction(y.value), Fraction(y.tangent)
    )
    assert (matrix(exact) @ matrix(y) == matrix(x)).all()


@given(x=pairs, n=st.integers(0, 6))
def test_powers_are_repeated_products(x, n):
    x, product = Dual(*x), Dual(1, 0)
    for _ in range(n):
        product = product * x
    assert parts(x**n) == parts(product)


@given(a=small, b=small)
def test_a_tangent_is_linear_in_the_direction(a, b):
    fn, x = by_name("polar").build(dual), np.array([2.0, 0.5])
    v, w = np.array([1.0, -0.3]), np.array([0.2, 2.0])
    whole = jvp(fn, x, a * v + b * w)[1]
    pieces = a * jvp(fn, x, v)[1] + b * jvp(fn, x, w)[1]
    np.testing.assert_allclose(whole, pieces, rtol=0, atol=64 * U * (abs(a) + abs(b)) * 4)


def test_one_pass_with_all_directions_gives_the_columns_of_single_passes():
    fn, x = by_name("helmholtz").build(dual), np.array([0.2, 0.3, 0.4])
    single = [jvp(fn, x, row)[1] for row in np.eye(3)]
    np.testing.assert_allclose(gradient(fn, x), single, rtol=8 * U)


# --- operators ------------------------------------------------------------------------------------

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


# --- perturbation confusion -----------------------------------------------------------------------


def test_the_classic_confusion_of_two_epsilons_does_not_happen():
    # d/dx x * (d/dy (x + y)) = d/dx x * 1 = 1; one epsilon for both gives 2.
    assert derivative(lambda x: x * derivative(lambda y: x + y, 1.0), 1.0) == 1.0
    assert derivative(lambda x: x * derivative(lambda y: x * y, 2.0), 1.0) == 2.0


def test_one_epsilon_for_both_would_be_confused():
    # The negative control: with a common tag the inner tangent picks up the outer one.
    x = Dual(1.0, 1.0)
    inner = (x + Dual(1.0, 1.0)).tangent
    assert (x * inner).tangent == 2.0


@pytest.mark.parametrize(
    ("fn", "exact"),
    [
        (lambda x: derivative(lambda y: x, 1.0), 0.0),  # noqa: ARG005
        (lambda x: derivative(lambda y: x * y**2, x), 4 * 3.0),
        (lambda x: derivative(lambda y: derivative(lambda z: x * y * z, x), x), 1.0),
        (lambda x: x * derivative(lambda y: y * derivative(lambda z: x * y * z, 2.0), 3.0), 36.0),
        (lambda x: derivative(lambda x: x * x, x) * x, 4 * 3.0),
        (lambda x: derivative(lambda y: y, 3 * x), 0.0),
    ],
)
def test_nested_closures_are_differentiated_with_respect_to_their_own_variable(fn, exact):
    assert derivative(fn, 3.0) == exact


def test_gradients_nest_in_derivatives_and_the_other_way_round():
    def fn(x):
        return gradient(lambda z: x * z[0] ** 2 * z[1], [x, 2.0])[0]  # 4 x**2

    assert derivative(fn, 3.0) == 24.0
    outer = gradient(lambda z: derivative(lambda t: t * z[0] * z[1], z[0]), [3.0, 5.0])
    np.testing.assert_array_equal(outer, [5.0, 3.0])


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_derivatives_nest_to_any_order(order):
    fn = dual.exp
    for _ in range(order):
        fn = (lambda inner: lambda t: derivative(inner, t))(fn)
    assert fn(1.0) == pytest.approx(math.e, rel=32 * U)
    np.testing.assert_allclose(fn(np.array([0.0, 1.0])), [1.0, math.e], rtol=32 * U)


def test_third_derivatives_of_several_inputs():
    third = jacobian(
        lambda a: jacobian(lambda b: gradient(lambda c: c[0] ** 2 * c[1], b), a).reshape(-1),
        [2.0, 3.0],
    )
    exact = np.zeros((2, 2, 2))
    exact[0, 0, 1] = exact[0, 1, 0] = exact[1, 0, 0] = 2.0
    np.testing.assert_array_equal(third.reshape(2, 2, 2), exact)


def test_a_dual_of_an_inner_derivative_that_escapes_is_refused():
    kept = []

    def leak(x):
        derivative(lambda y: kept.append(x * y) or x, 2.0)
        return kept[0]

    with pytest.raises(ValueError, match="with the tag of an inner derivative"):
        derivative(leak, 1.0)


def test_a_function_that_returns_a_function_is_refused():
    # Its later calls would mix two derivatives that share an epsilon.
    with pytest.raises(TypeError, match="fn must return numbers, got"):
        derivative(lambda x: lambda y: x * y, 1.0)


def test_tags_are_new_each_time_and_kept_in_order():
    assert new_tag() < new_tag()
    outer = Dual(Dual(2.0, 1.0), Dual(1.0, 0.0), tag=new_tag())
    cube = outer**3
    assert (cube.value.value, cube.value.tangent, cube.tangent.value) == (8.0, 12.0, 12.0)
    assert cube.tangent.tangent == 12.0
    with pytest.raises(
        ValueError, match=r"tag must be above those of the components, 0, got tag=0"
    ):
        Dual(Dual(2.0, 1.0), 1.0)
    with pytest.raises(TypeError, match=r"tag must be an integer, got tag=1\.5"):
        Dual(2.0, 1.0, tag=1.5)


# --- programs -------------------------------------------------------------------------------------


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


# --- arrays ---------------------------------------------------------------------------------------


def test_a_vector_of_tangents_has_its_directions_last():
    x = Dual(np.array([1.0, 2.0, 3.0]), np.eye(3))
    y = np.ones((2, 1)) * x
    assert (y.value.shape, y.tangent.shape) == ((2, 3), (2, 3, 3))
    z = x[0] * np.arange(4.0)
    assert (z.value.shape, z.tangent.shape) == ((4,), (4, 3))
    np.testing.assert_array_equal(z.tangent[:, 0], np.arange(4.0))
    assert (x + np.zeros((2, 3))).tangent.shape == (2, 3, 3)
    assert (np.zeros((2, 3)) - x).tangent.shape == (2, 3, 3)
    assert (Dual(1.0, 1.0) + np.zeros(3)).tangent.shape == (3,)


@pytest.mark.parametrize(
    "operation",
    [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.mod,
     dual.hypot, dual.atan2, dual.maximum, dual.minimum],
)  # fmt: skip
@pytest.mark.parametrize("swapped", [False, True])
def test_a_square_array_meets_a_vector_with_as_many_directions(operation, swapped):
    # The slope of shape (n, n) was taken for a tangent of n directions: M / z lost an axis.
    x, square = np.array([1.3, 2.6, 4.1]), 1 + np.arange(9.0).reshape(3, 3) / 7

    def meets(z):
        return operation(square, z) if swapped else operation(z, square)

    def outer(z):
        return operation(z[:, None], z * z) if swapped else operation(z * z, z[:, None])

    for fn in (meets, outer):
        if fn is outer and operation in (dual.maximum, dual.minimum, operator.mod):
            x = x + 0.01  # off the ties
        columns = [jvp(fn, x, v)[1].reshape(-1) for v in np.eye(3)]
        np.testing.assert_allclose(jacobian(fn, x), np.stack(columns, axis=1), rtol=8 * U)


def test_arrays_have_entries_slices_masks_and_axes():
    value = np.arange(6.0).reshape(2, 3)
    x = Dual(value, value[..., None] * np.array([1.0, 10.0]))
    for index in (0, -1, (1, 2), (slice(None), 1), (Ellipsis, 0), (Ellipsis, None), None,
                  [1, 0], value > 2, (slice(None), [2, 0]), Ellipsis):  # fmt: skip
        part = x[index]
        np.testing.assert_array_equal(part.value, value[index])
        np.testing.assert_array_equal(part.tangent, value[index][..., None] * [1.0, 10.0])
    assert (len(x), x.shape, x.ndim, x.size, x.dtype) == (2, (2, 3), 2, 6, np.float64)
    assert [row.shape for row in x] == [(3,), (3,)]
    assert (x.T.value.shape, x.T.tangent.shape) == ((3, 2), (3, 2, 2))
    assert (x.reshape(3, 2).tangent.shape, x.reshape(-1).tangent.shape) == ((3, 2, 2), (6, 2))
    assert (np.shape(x), np.ndim(x), np.size(x)) == ((2, 3), 2, 6)
    single = Dual(value, value)
    assert (single[..., 0].tangent.shape, single.T.tangent.shape) == ((2,), (3, 2))


def test_numbers_have_no_entries_and_no_length():
    x = Dual(2.0, 1.0)
    for wrong in (lambda: x[0], lambda: len(x), lambda: list(x), lambda: x[[0]]):
        with pytest.raises(TypeError, match="x must be an array to have"):
            wrong()
    assert parts(x[()]) == parts(x[...]) == (2.0, 1.0)


@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 1)])
def test_sums_and_means_act_on_every_direction(axis):
    value = np.arange(6.0).reshape(2, 3)
    x = Dual(value, np.stack([value, 2 * value], axis=-1))
    for fn in (np.sum, np.mean):
        whole = fn(x, axis=axis)
        np.testing.assert_array_equal(whole.value, fn(value, axis=axis))
        np.testing.assert_array_equal(whole.tangent[..., 1], 2 * fn(value, axis=axis))
    np.testing.assert_array_equal(x.sum(axis).value, dual.sum(value, axis))
    np.testing.assert_array_equal(x.mean(axis).value, dual.mean(value, axis))
    assert dual.sum(Dual(3.0, 1.0)).tangent == 1.0


SHAPES = [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4))]


@pytest.mark.parametrize("reduction", [dual.sum, dual.mean, np.sum, np.mean])
@pytest.mark.parametrize("axis", [5, -3, (0, 7), (0, 0)])
def test_an_axis_that_is_not_there_is_refused(reduction, axis):
    # It was taken modulo the number of axes: sum(axis=5) of two axes summed the second.
    with pytest.raises(ValueError, match=r"out of bounds|repeated axis"):
        reduction(Dual(np.ones((2, 3)), np.ones((2, 3))), axis=axis)
    with pytest.raises(ValueError, match="out of bounds"):
        reduction(Dual(3.0, 1.0), axis=0)


def test_the_mean_of_narrow_floats_does_not_overflow():
    x = np.full(1000, 100, np.float16)
    y, y_dot = jvp(dual.mean, x, np.ones(1000))
    assert (y, y_dot, y.dtype) == (100.0, 1.0, np.float16)


def test_axes_may_be_permuted_in_every_way_numpy_knows():
    x = Dual(np.arange(6.0).reshape(2, 3), np.arange(24.0).reshape(2, 3, 4))
    for turned in (x.T, x.transpose(), x.transpose(1, 0), x.transpose((1, 0)), x.transpose(-1, 0)):
        np.testing.assert_array_equal(turned.value, x.value.T)
        np.testing.assert_array_equal(turned.tangent, x.tangent.transpose(1, 0, 2))


@pytest.mark.parametrize(("left", "right"), SHAPES)
@pytest.mark.parametrize("directions", [(), (4,)])
def test_matrix_products_follow_the_product_rule(left, right, directions):
    draw = np.random.default_rng(7).normal
    A, A_dot = draw(size=left), draw(size=left + directions)
    B, B_dot = draw(size=right), draw(size=right + directions)
    by_left, by_right = A_dot, B_dot
    if directions:
        by_left = np.stack([A_dot[..., k] @ B for k in range(4)], axis=-1)
        by_right = np.stack([A @ B_dot[..., k] for k in range(4)], axis=-1)
    else:
        by_left, by_right = A_dot @ B, A @ B_dot
    np.testing.assert_allclose((Dual(A, A_dot) @ B).tangent, by_left, atol=32 * U)
    np.testing.assert_allclose((A @ Dual(B, B_dot)).tangent, by_right, atol=32 * U)
    both = np.matmul(Dual(A, A_dot), Dual(B, B_dot))
    np.testing.assert_allclose(both.tangent, by_left + by_right, atol=64 * U)
    np.testing.assert_array_equal(both.value, A @ B)


def test_matrix_products_nest():
    A = np.array([[2.0, 1.0], [1.0, 3.0]])
    hess = jacobian(lambda x: gradient(lambda z: 0.5 * (z @ A @ z), x), [1.0, -1.0])
    np.testing.assert_allclose(hess, A, atol=8 * U)
    hess = jacobian(lambda x: gradient(lambda z: dual.dot(z, dual.dot(A, z)), x), [1.0, -1.0])
    np.testing.assert_allclose(hess, 2 * A, atol=16 * U)
    assert dual.dot(A, A).shape == (2, 2)


def test_products_of_other_shapes_are_refused():
    with pytest.raises(
        ValueError, match=r"x and y must be vectors or matrices in x @ y, got x.shape=\(\)"
    ):
        Dual(2.0, 1.0) @ np.ones(2)


def test_lists_are_stacked_and_arrays_joined():
    x = Dual(np.array([1.0, 2.0]), np.eye(2))
    y = dual.stack([x[0], 3.0, x[1] * x[0]])
    np.testing.assert_array_equal(y.value, [1.0, 3.0, 2.0])
    np.testing.assert_array_equal(y.tangent, [[1, 0], [0, 0], [2, 1]])
    assert dual.stack([[x[0], x[1]], [1.0, 2.0]]).tangent.shape == (2, 2, 2)
    joined = np.concatenate([x[1:], np.ones(2), x])
    np.testing.assert_array_equal(joined.tangent[:, 1], [1, 0, 0, 0, 1])
    np.testing.assert_array_equal(dual.concatenate([np.ones(1), np.zeros(1)]), [1.0, 0.0])
    np.testing.assert_array_equal(dual.stack([1.0, 2.0]), [1.0, 2.0])
    assert np.stack([x, x]).tangent.shape == (2, 2, 2)
    nested = dual.stack([Dual(x[0], 1.0, tag=new_tag()), x[1]])
    assert nested.value.tangent.shape == (2, 2)


def test_where_chooses_values_and_tangents():
    x = Dual(np.array([1.0, -2.0]), np.ones(2))
    y = np.where(x > 0, x**2, 5.0)
    np.testing.assert_array_equal(y.value, [1.0, 5.0])
    np.testing.assert_array_equal(y.tangent, [2.0, 0.0])
    assert dual.where(True, 1.0, 2.0) == 1.0
    wide = Dual(np.array([1.0, -2.0]), np.eye(2))
    np.testing.assert_array_equal(dual.where(wide > 0, 0.0, wide).tangent, [[0, 0], [0, 1]])
    assert dual.where(True, wide[0], np.zeros(3)).tangent.shape == (3, 2)
    assert dual.where(np.ones((4, 1), bool), wide[0], wide).tangent.shape == (4, 2, 2)
    # Choose the argument first: the root of the other branch is never taken.
    safe = derivative(lambda t: dual.where(t > 0, dual.sqrt(dual.where(t > 0, t, 1.0)), 0.0),
                      np.array([4.0, 0.0]))  # fmt: skip
    np.testing.assert_array_equal(safe, [0.25, 0.0])
    assert derivative(lambda t: dual.where(t >= 0, t, abs(t)), 0.0) == 1.0
    with pytest.raises(ValueError, match=r"abs\(x\) has a derivative, got x\[1\]=0.0"):
        derivative(lambda t: dual.where(t > 0, abs(t), t), np.array([1.0, 0.0]))


# --- drivers --------------------------------------------------------------------------------------


def test_constants_have_derivative_zero_in_the_shape_of_the_value():
    assert derivative(lambda x: 3.0, 2.0) == 0.0  # noqa: ARG005
    assert derivative(lambda x: 3, np.float32(2.0)).dtype == np.float32  # noqa: ARG005
    np.testing.assert_array_equal(derivative(lambda x: 3.0, np.ones(2)), [0.0, 0.0])  # noqa: ARG005
    np.testing.assert_array_equal(derivative(lambda x: np.ones(2), 1.0), [0, 0])  # noqa: ARG005
    assert jvp(lambda x: 3.0, [1.0, 2.0], [1.0, 1.0]) == (3.0, 0.0)  # noqa: ARG005
    np.testing.assert_array_equal(gradient(lambda x: 3.0, [1.0, 2.0]), [0, 0])  # noqa: ARG005
    assert jacobian(lambda x: [3.0, x[0], 1.0], [1.0, 2.0]).tolist() == [[0, 0], [1, 0], [0, 0]]
    inner = derivative(lambda x: derivative(lambda y: 2.0 * x, 1.0), 2.0)  # noqa: ARG005
    assert inner == 0.0


def test_lists_and_tuples_of_outputs_become_arrays():
    np.testing.assert_array_equal(derivative(lambda x: [x, x**2, 1.0], 3.0), [1.0, 6.0, 0.0])
    y, y_dot = jvp(lambda x: (x[0] * x[1], 2 * x[0]), np.array([3.0, 5.0]), np.array([1.0, 0.0]))
    np.testing.assert_array_equal(y, [15.0, 6.0])
    np.testing.assert_array_equal(y_dot, [5.0, 2.0])
    np.testing.assert_array_equal(jacobian(lambda x: 2 * x, [1.0, 2.0]), 2 * np.eye(2))
    np.testing.assert_array_equal(jacobian(lambda x: x[0] * x[1], [1.0, 2.0]), [[2.0, 1.0]])
    np.testing.assert_array_equal(gradient(lambda x: [x.sum()], [1.0, 2.0]), [1.0, 1.0])
    np.testing.assert_array_equal(derivative(dual.sin, [0.0, 0.0]), [1.0, 1.0])


def test_integers_become_floats_in_the_drivers_and_stay_in_the_number_type():
    assert type(derivative(lambda x: x * x, 3)) is float
    assert gradient(lambda x: x[0] * x[1], [3, 5]).dtype == np.float64
    assert parts(Dual(3, 1) * 2) == (6, 2)
    assert derivative(lambda x: x * x / 3, Fraction(1, 2)) == Fraction(1, 3)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_narrow_floats_stay_narrow(dtype):
    x = np.array([0.5, 0.25], dtype)

    def fn(t):
        return (dual.exp(-(t**2) / 2) + 1.5 * dual.tanh(t) / (1 + t)).sum()

    def each(t):
        return dual.where(t > 0.3, abs(dual.sqrt(t)) + dual.maximum(t, 0.1), 2**t) % 3

    assert gradient(fn, x).dtype == dtype
    assert derivative(each, x).dtype == dtype
    y, y_dot = jvp(fn, x, [1.0, 2.0])
    assert (y.dtype, y_dot.dtype) == (dtype, dtype)
    scalar = derivative(lambda t: dual.sin(t) * 2 + 0.5 / t, dtype(0.5))
    assert scalar.dtype == dtype
    assert scalar == pytest.approx(2 * math.cos(0.5) - 2.0, rel=8 * float(np.finfo(dtype).eps))
    assert jacobian(lambda t: [t[0], 1.0, t[1] ** 2], x).dtype == dtype
    assert derivative(lambda t: t, np.array(0.5, dtype)).dtype == dtype


def test_arguments_are_not_modified():
    x, v = np.array([1.0, 2.0]), np.array([1.0, 0.0])
    kept = x.copy(), v.copy()
    jvp(lambda t: dual.exp(t) * t / (1 + t) ** 3 - t**t, x, v)
    jacobian(lambda t: dual.exp(t) * t * t + t, x)
    np.testing.assert_array_equal((x, v), kept)


def test_a_directional_derivative_takes_one_evaluation_and_so_does_a_jacobian():
    calls = []
    fn = by_name("tridiagonal").build(dual)
    jacobian(lambda x: calls.append(1) or fn(x), [-1.0] * 6)
    assert len(calls) == 1


BENCHMARK = load("dual")
# Operations of value and slope by hand, counted on paper with all that the two share done once.
BY_HAND = {"exp(-x^2/2)": 5, "1/(1 + exp(-x))": 6, "sin(x) exp(x)/(1 + x^2)": 14, "tanh(x)": 3,
           "log1p(exp(x))": 4, "polynomial of degree 4": 14, "sqrt(1 + x^2)": 4}  # fmt: skip


@pytest.mark.parametrize("name", BENCHMARK.FUNCTIONS)
def test_dual_numbers_take_at_most_thrice_the_array_operations_of_derivatives_by_hand(name):
    counts = BENCHMARK.operations(name)
    assert counts["hand"] == BY_HAND[name]  # the rival is no straw man: nothing is done twice
    assert counts["dual"] <= 3 * counts["hand"]


@pytest.mark.parametrize("name", BENCHMARK.FUNCTIONS)
def test_each_direction_costs_at_most_two_and_a_half_times_the_function(name):
    one, nine = (BENCHMARK.per_direction(name, k) for k in (1, 9))
    assert (nine["dual"] - one["dual"]) / 8 <= 2.5 * one["fn"]


@pytest.mark.parametrize("name", BENCHMARK.FUNCTIONS)
def test_the_derivatives_by_hand_in_the_benchmark_are_right(name):
    build, by_hand = BENCHMARK.FUNCTIONS[name]
    x = np.linspace(-2.0, 2.0, 7)
    for ours, theirs in zip(jvp(build(dual), x, np.ones(7)), by_hand(x), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=64 * U, atol=64 * U)


def test_the_counter_of_operations_counts_entries():
    with BENCHMARK.counted() as tally:
        x = BENCHMARK.counting(np.ones(5))
        (x + 1) * x[:2].sum()
    assert tally.total == 5 + 2 + 5


# --- kinks and domains ----------------------------------------------------------------------------

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


# --- refusals -------------------------------------------------------------------------------------


def worded(_):
    return "word"


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: derivative(dual.sin, "3"), TypeError, "x must be real, got x='3'"),
        (lambda: derivative(dual.sin, 1j), TypeError, "x must be real, got x=1j"),
        (lambda: derivative(dual.sin, jnp.ones(1)), TypeError, "take a number or a NumPy array"),
        (lambda: derivative(dual.sin, 10**400), ValueError, "x must be finite, got x=1000"),
        (lambda: dual.stack(["a", Dual(1.0, 1.0)]), TypeError, "x must be real in stack"),
        (lambda: dual.stack([1j, Dual(1.0, 1.0)]), TypeError, "x must be real in stack"),
        (lambda: dual.concatenate([[None], Dual([1.0], 1.0)]), TypeError, "must be real in stack"),
        (lambda: dual.where(True, 1j, Dual(1.0, 1.0)), TypeError, "x must be real in where"),
        (lambda: dual.dot(Dual([1.0], 1.0), [1j]), TypeError, "x must be real in dot"),
        (lambda: dual.maximum(Dual(1.0, 1.0), "a"), TypeError, "x must be real in maximum"),
        (
            lambda: np.sum(Dual(np.ones(2), 1.0), axis=0, keepdims=True),
            TypeError,
            "numpy.sum with axis, keepdims must have a rule",
        ),
        (lambda: np.concatenate([Dual([1.0], 1.0)], axis=1), TypeError, "concatenate with axis"),
        (lambda: np.where(Dual([1.0], 1.0)), TypeError, "numpy.where must have a rule"),
        (lambda: derivative(dual.sin, math.nan), ValueError, "x must be finite, got x=nan"),
        (lambda: gradient(sum, [1.0, math.inf]), ValueError, "x must be finite, got x=array("),
        (lambda: gradient(sum, []), ValueError, "x must be a row of numbers, got x=[]"),
        (lambda: jacobian(sum, 2.0), ValueError, "x must be a row of numbers, got x=2.0"),
        (lambda: jacobian(sum, np.eye(2)), ValueError, "x must be a row of numbers, got x=array("),
        (
            lambda: gradient(lambda x: x, [1.0, 2.0]),
            ValueError,
            "fn must return one number, got 2 of them; take the jacobian",
        ),
        (
            lambda: jvp(sum, [1.0, 2.0], [1.0]),
            ValueError,
            "v must have the shape (2,) of x, got v.shape=(1,)",
        ),
        (lambda: jvp(sum, 1.0, "v"), TypeError, "v must be real, got v='v'"),
        (
            lambda: derivative(dual.sum, np.ones((2, 3))),
            ValueError,
            "fn must act entry by entry on an array of shape (2, 3), got a value of shape ()",
        ),
        (
            lambda: derivative(lambda x: x.reshape(3, 2), np.ones((2, 3))),
            ValueError,
            "fn must act entry by entry on an array of shape (2, 3), got a value of shape (3, 2)",
        ),
        (lambda: derivative(worded, 1.0), TypeError, "fn must return numbers, got fn(x)='word'"),
        (lambda: Dual("2", 1.0), TypeError, "value must be real: a number, an array or a Dual"),
        (lambda: Dual(2.0, 1j), TypeError, "tangent must be real: a number, an array or a Dual"),
        (lambda: Dual(np.array([1j]), 1.0), TypeError, "value must be real"),
        (
            lambda: Dual([1.0, 2.0], np.ones(3)),
            ValueError,
            "(2,) of value, or one axis more at the end, got tangent.shape=(3,)",
        ),
        (lambda: Dual(1.0, np.ones((2, 2))), ValueError, "got tangent.shape=(2, 2)"),
        (
            lambda: Dual([1.0, 2.0], [1.0, 1.0]) * Dual([1.0, 2.0], np.eye(2)),
            ValueError,
            "number of directions, got tangent.shape=(2,) and tangent.shape=(2, 2)",
        ),
        (
            lambda: dual.stack([Dual(1.0, 1.0), Dual(1.0, np.ones(2))]),
            ValueError,
            "tangents must have the same number of directions",
        ),
        (
            lambda: np.arctan2.reduce(Dual([1.0, 2.0], [1.0, 1.0])),
            TypeError,
            "numpy.arctan2.reduce must have a rule for dual numbers, got x=Dual(",
        ),
        (lambda: np.logaddexp(Dual(1.0, 1.0), 1.0), TypeError, "numpy.logaddexp must have a rule"),
        (lambda: np.add([1j], Dual(1.0, 1.0)), TypeError, "numpy.add must have a rule"),
        (
            lambda: np.linalg.norm(Dual([1.0, 2.0], [1.0, 1.0])),
            TypeError,
            "numpy.norm must have a rule for dual numbers",
        ),
        (lambda: 1 / Dual(0.0, 1.0), ZeroDivisionError, "division by zero"),
    ],
)
def test_bad_input_gets_the_stated_error(call, kind, message):
    with pytest.raises(kind, match=re.escape(message)):
        call()


def test_one_tangent_serves_all_entries_and_lists_become_arrays():
    x = Dual([1.0, 2.0], 3.0)
    np.testing.assert_array_equal(x.tangent, [3.0, 3.0])
    assert repr(Dual(np.float64(2.0), 1.0)) == "Dual(2.0, 1.0)"
    assert repr(Dual(2.0, 1.0, tag=7)) == "Dual(2.0, 1.0, tag=7)"


def test_numpys_arithmetic_functions_are_the_operators():
    x = Dual(3.0, 2.0)
    assert parts(np.square(x)) == (9.0, 12.0)
    assert parts(np.reciprocal(x)) == pytest.approx((1 / 3, -2 / 9))
    assert parts(np.negative(x)) == (-3.0, -2.0)
    assert parts(np.positive(x)) == (3.0, 2.0)
    assert parts(np.divide(x, 2.0)) == (1.5, 1.0)
    assert parts(np.float64(2.0) ** x) == pytest.approx((8.0, 16 * math.log(2)))
    assert parts(np.dot(x, 2.0)) == (6.0, 4.0)
    assert parts(np.dot(Dual([1.0, 3.0], [1.0, 0.0]), np.array([2.0, 5.0]))) == (17.0, 2.0)
    assert (np.isinf(x), np.size(x)) == (False, 1)
    quotient, rest = divmod(np.float64(7.5), x)
    assert (quotient, *parts(rest)) == (2.0, 1.5, -4.0)


def test_slopes_that_do_not_exist_do_not_mix_with_steps_either():
    lost = dual.sqrt(Dual(0.0, 1.0))
    assert (lost + 0.5) // 1 == 0.0
    with pytest.raises(ValueError, match="jump of int"):
        int(lost + 1)
    rows = Dual(np.array([0.0, 1.0]), np.eye(2))
    with pytest.raises(ValueError, match=r"abs\(x\) has a derivative, got x\[0\]=0.0"):
        abs(rows).tangent  # noqa: B018
    entry = np.array([[1.0, 0.0]])
    with pytest.raises(ValueError, match=r"sqrt\(x\) has a derivative, got x\[0, 1\]=0.0"):
        derivative(dual.sqrt, entry)
