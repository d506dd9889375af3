"""The algebra of dual numbers: a commutative ring, its matrices, linear tangents."""

from fractions import Fraction

import numpy as np
from duals import U, parts
from hypothesis import assume, given
from hypothesis import strategies as st

from slopes import dual
from slopes.dual import Dual, gradient, jvp
from slopes.problems import by_name

small = st.integers(-50, 50)
pairs = st.tuples(small, small)


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
