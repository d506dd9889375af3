"""Arrays of dual numbers: shapes, entries, sums, products, joins."""

import operator

import numpy as np
import pytest
from duals import U, parts

from slopes import dual
from slopes.dual import Dual, derivative, gradient, jacobian, jvp, new_tag


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
