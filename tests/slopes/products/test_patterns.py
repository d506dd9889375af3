"""Where a Jacobian is not zero: read, or found by products."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental.sparse import BCOO

from slopes import products

KEY = jax.random.key(7)


def full(pattern):
    matrix = np.zeros(pattern.shape, bool)
    matrix[pattern.rows, pattern.cols] = True
    return matrix


def wave(x):
    """The neighbours' difference times a sine of the point itself, without a border."""
    return jnp.sin(x) * (jnp.roll(x, 1) - jnp.roll(x, -1))


def circle(n):
    """Entries on the diagonal and beside it, closed to a circle."""
    apart = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    return (apart <= 1) | (apart == n - 1)


def test_places_in_any_order_become_rows_of_increasing_columns():
    pattern = products.as_pattern(([2, 0, 2, 2], [1, 3, 0, 1], (3, 4)))
    assert pattern.rows.tolist() == [0, 2, 2]
    assert pattern.cols.tolist() == [3, 0, 1]
    assert full(pattern).sum() == 3


def test_a_matrix_and_its_places_are_the_same_pattern():
    matrix = np.random.default_rng(3).random((7, 5)) < 0.4
    pattern = products.as_pattern(matrix)
    np.testing.assert_array_equal(full(pattern), matrix)
    np.testing.assert_array_equal(full(pattern.transposed), matrix.T)
    again = products.as_pattern(pattern)
    assert again.shape == pattern.shape
    np.testing.assert_array_equal(full(again), matrix)


@pytest.mark.parametrize("n", [3, 64, 65, 200])
def test_a_pattern_is_found_whatever_the_number_of_chunks(n):
    pattern = products.probe_pattern(wave, jnp.linspace(0.5, 2, n), key=KEY)
    np.testing.assert_array_equal(full(pattern), circle(n))


def test_with_fewer_outputs_rows_are_probed(monkeypatch):
    def fn(x):
        return jnp.sum(x.reshape(3, 5) ** 2, axis=1)

    monkeypatch.setattr(products.patterns, "pushing", None)  # columns cannot be asked for
    pattern = products.probe_pattern(fn, jnp.ones(15), key=KEY)
    np.testing.assert_array_equal(full(pattern), np.kron(np.eye(3), np.ones((1, 5))) == 1)


def test_arrays_of_any_shape_are_counted_as_if_they_were_flat():
    pattern = products.probe_pattern(lambda x: x.T**2, jnp.ones((2, 3)), key=KEY)
    assert pattern.rows.tolist() == list(range(6))
    assert pattern.cols.tolist() == [0, 3, 1, 4, 2, 5]


def test_an_entry_that_is_zero_at_the_example_is_found_beside_it():
    pattern = products.probe_pattern(lambda x: x[:1] * x[1:], jnp.zeros(2), key=KEY)
    assert pattern.cols.tolist() == [0, 1]


def test_a_point_of_the_domain_stays_in_it():
    x = jnp.array([1e-3, 1.0, 1e3])
    pattern = products.probe_pattern(lambda x: jnp.log(x), x, key=KEY)
    assert pattern.cols.tolist() == [0, 1, 2]


def test_rounding_of_a_transform_is_no_entry_unless_it_is_asked_for():
    stencil = jnp.zeros(64).at[jnp.array([0, 1, 63])].set(jnp.array([-2.0, 1.0, 1.0]))

    def fn(x):
        return jnp.fft.ifft(jnp.fft.fft(stencil) * jnp.fft.fft(x)).real

    x = jnp.linspace(1.0, 2.0, 64)
    np.testing.assert_array_equal(full(products.probe_pattern(fn, x, key=KEY)), circle(64))
    with_noise = products.probe_pattern(fn, x, key=KEY, tol=0.0)
    assert len(with_noise.rows) > 2 * circle(64).sum()


def test_no_outputs_or_no_inputs_have_no_entries():
    for fn, x in ((lambda x: x[:0], jnp.ones(3)), (jnp.zeros_like, jnp.ones(0))):
        pattern = products.probe_pattern(fn, x, key=KEY)
        assert len(pattern.rows) == 0
        assert pattern.shape == (0, x.size)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ([1, 0], "pattern must have two axes, got pattern.ndim=1"),
        (([0], [3], (2, 3)), r"pattern must lie inside its shape \(2, 3\)"),
        (([-1], [0], (2, 3)), r"pattern must lie inside its shape \(2, 3\)"),
        (([0, 1], [0], (2, 3)), "pattern must have as many rows as columns"),
        (([], [], (-1, 2)), "pattern must have a shape of two numbers"),
        (((1, 0, 0), (0, 1, 0), (0, 0, 1)), "pattern must have a shape of two numbers"),
    ],
)
def test_what_is_no_pattern_is_refused(pattern, message):
    with pytest.raises(ValueError, match=message):
        products.as_pattern(pattern)


@pytest.mark.parametrize("pattern", [([0.5, 1], [0, 1], (2, 2)), ([0], [1], (2.0, 2))])
def test_places_and_shape_are_integers(pattern):
    with pytest.raises(TypeError, match="pattern must have integers as places and shape"):
        products.as_pattern(pattern)


def test_a_sparse_matrix_is_refused_by_name():
    with pytest.raises(TypeError, match="got a sparse matrix of type BCOO"):
        products.as_pattern(BCOO.fromdense(jnp.eye(3)))


def test_empty_lists_are_a_pattern_without_entries():
    pattern = products.as_pattern(([], [], (2, 3)))
    assert pattern.rows.dtype.kind == pattern.cols.dtype.kind == "i"
    assert (len(pattern.rows), pattern.shape) == (0, (2, 3))


def test_a_shape_may_be_a_list_and_is_not_a_row_of_a_matrix():
    pattern = products.as_pattern(([0, 1], [0, 1], [2, 2]))
    assert pattern.shape == (2, 2)
    np.testing.assert_array_equal(full(pattern), np.eye(2, dtype=bool))


def test_a_row_in_far_smaller_units_is_lost_unless_zero_is_asked_for():
    def fn(x):
        return jnp.stack([x[0] + x[1], 1e-13 * (x[0] + 2 * x[1])])

    assert products.probe_pattern(fn, jnp.ones(2), key=KEY).rows.tolist() == [0, 0]
    exact = products.probe_pattern(fn, jnp.ones(2), key=KEY, tol=0.0)
    assert full(exact).all()
    jac = products.sparse_jacobian(fn, jnp.ones(2), key=KEY, pattern=exact)
    np.testing.assert_array_equal(jac(jnp.ones(2)).todense(), [[1, 1], [1e-13, 2e-13]])


def test_probing_refuses_what_it_cannot_do():
    with pytest.raises(TypeError, match="x_example must hold real floating"):
        products.probe_pattern(wave, jnp.arange(3), key=KEY)
    with pytest.raises(ValueError, match="points must be at least 1, got points=0"):
        products.probe_pattern(wave, jnp.ones(3), key=KEY, points=0)
    for tol in (-1.0, 1.0, jnp.nan):
        with pytest.raises(ValueError, match="tol must be at least 0 and less than 1"):
            products.probe_pattern(wave, jnp.ones(3), key=KEY, tol=tol)
    for fn in (lambda x: jax.lax.complex(x, x), lambda x: x.astype(int)):
        with pytest.raises(TypeError, match="fn must return real floating-point numbers"):
            products.probe_pattern(fn, jnp.ones(3), key=KEY)
    with pytest.raises(TypeError, match="key must be a key"):
        products.probe_pattern(wave, jnp.ones(3), key=0)
    with pytest.raises(ValueError, match="fn must have finite derivatives near x_example, got nan"):
        products.probe_pattern(jnp.sqrt, -jnp.ones(3), key=KEY)
