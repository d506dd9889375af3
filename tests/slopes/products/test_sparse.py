"""Sparse Jacobians and Hessians against dense ones, closed forms, and wrong patterns."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize
import scipy.sparse

from slopes import products
from slopes.compare import agree, unit_roundoff

KEY = jax.random.key(3)
U = unit_roundoff()


def diffusion(x):
    padded = jnp.pad(x, 1)
    return padded[:-2] - 2 * padded[1:-1] ** 2 + padded[2:]


def diffusion_by_hand(x):
    n = len(x)
    return np.eye(n, k=1) + np.eye(n, k=-1) - 4 * np.diag(x)


def rosenbrock(x):
    return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def star(x):
    """Every variable meets the first one."""
    return jnp.sum(jnp.sin(x[0] * x[1:])) + x[0] ** 4


def convolution(x):
    stencil = jnp.zeros_like(x).at[jnp.array([0, 1, -1])].set(jnp.array([-2, 1, 1], x.dtype))
    return jnp.fft.ifft(jnp.fft.fft(stencil) * jnp.fft.fft(jnp.sin(x))).real


def small_systems(x):
    y = x.reshape(-1, 2)
    a, b = y[:, 0], y[:, 1]
    matrix = jnp.stack([jnp.stack([2 + a * a, b], -1), jnp.stack([b, 3 + a], -1)], -2)
    return jnp.linalg.solve(matrix, y[..., None]).ravel()


def search(x):
    """A root by iteration: each output has a loop of its own."""
    return jax.lax.fori_loop(0, 30, lambda _, y: (y + x / y) / 2, x) * jnp.roll(x, 1)


def column(x):
    return x[:, None] ** 2


def wide(x):
    """More inputs than outputs: one product of the rows has it all."""
    return jnp.sum(x.reshape(6, 4) ** 2, axis=1)


@pytest.mark.parametrize("n", [3, 10, 100])
def test_a_tridiagonal_jacobian_is_its_closed_form_in_three_products(n):
    x = jnp.linspace(0.5, 2, n)
    jac = products.sparse_jacobian(diffusion, x, key=KEY)
    assert jac.colours.max() + 1 == 3
    np.testing.assert_array_equal(jac(x).todense(), diffusion_by_hand(x))


@pytest.mark.parametrize(
    "fn",
    [diffusion, convolution, small_systems, search, wide, column, jnp.cumsum],
)
def test_it_agrees_with_the_dense_jacobian_at_another_point(fn):
    jac = products.sparse_jacobian(fn, jnp.linspace(0.5, 2, 24), key=KEY)
    x = jnp.linspace(1.7, 0.9, 24)
    dense = jax.jacfwd(fn)(x).reshape(jac.pattern.shape)
    # Each product rounds a few times at each step; 30 steps of the search are the longest program.
    assert agree(jac(x).todense(), dense, tol=64 * U)
    assert jac.prove(x, key=jax.random.key(8)) < 64 * U


def test_rows_are_coloured_where_that_takes_fewer_products():
    jac = products.sparse_jacobian(wide, jnp.ones(24), key=KEY)
    assert jac.by_rows
    assert jac.colours.tolist() == [0] * 6
    jac = products.sparse_jacobian(lambda x: x[0] * x[1:], jnp.ones(6), key=KEY)
    assert not jac.by_rows
    assert jac.colours.max() + 1 == 2


@pytest.mark.parametrize(("fn", "colours"), [(rosenbrock, 3), (star, 2), (lambda x: x @ x, 1)])
def test_a_hessian_agrees_with_the_dense_one_in_few_products(fn, colours):
    x = jnp.linspace(0.5, 2, 30)
    hess = products.sparse_hessian(fn, x, key=KEY)
    assert hess.colours.max() + 1 == colours
    dense = hess(1.3 * x).todense()
    assert agree(dense, jax.hessian(fn)(1.3 * x), tol=16 * U)
    assert agree(dense, dense.T, tol=16 * U)


def test_rosenbrocks_hessian_is_that_of_scipy():
    x = np.linspace(-1, 2, 50)
    hess = products.sparse_hessian(rosenbrock, jnp.asarray(x), key=KEY)
    assert agree(hess(x).todense(), scipy.optimize.rosen_hess(x), tol=16 * U)


def test_any_star_coloured_hessian_is_read_right():
    rng = np.random.default_rng(5)
    for _ in range(5):
        matrix = np.where(rng.random((20, 20)) < 0.08, rng.normal(size=(20, 20)), 0)
        matrix = jnp.asarray(matrix + matrix.T)
        fn = lambda x, a=matrix: x @ a @ x / 2  # noqa: E731
        hess = products.sparse_hessian(fn, jnp.ones(20), key=KEY, pattern=matrix != 0)
        assert agree(hess(jnp.ones(20)).todense(), matrix, tol=4 * U)


def test_arrays_of_any_shape_have_the_jacobian_of_their_flat_forms():
    def fn(x):
        return jnp.sin(x.T) * x[0, 0]

    x = jnp.arange(1.0, 7.0).reshape(2, 3)
    jac = products.sparse_jacobian(fn, x, key=KEY)
    dense = jax.jacfwd(lambda flat: fn(flat.reshape(2, 3)).ravel())(x.ravel())
    assert agree(jac(x).todense(), dense, tol=4 * U)


def test_single_precision_stays_single_precision():
    x = jnp.linspace(0.5, 2, 20, dtype=jnp.float32)
    jac = products.sparse_jacobian(convolution, x, key=KEY)
    assert jac(x).dtype == jnp.float32
    assert len(jac.pattern.rows) == 60
    assert agree(jac(x).todense(), jax.jacfwd(convolution)(x), tol=64 * unit_roundoff(jnp.float32))


def test_a_result_rounded_to_single_precision_is_judged_by_it():
    x = jnp.linspace(0.5, 2, 5)
    jac = products.sparse_jacobian(lambda x: x.astype(jnp.float32) ** 2, x, key=KEY)
    assert agree(jac(x).todense(), np.diag(2 * x), tol=unit_roundoff(jnp.float32))


def test_a_product_that_overflows_is_no_proof():
    with pytest.raises(ValueError, match="off by nan"):
        products.sparse_jacobian(lambda x: 3e38 * x, jnp.ones(8, jnp.float32), key=KEY)


def test_points_of_another_kind_are_refused():
    jac = products.sparse_jacobian(jnp.sin, jnp.ones(3), key=KEY)
    for act in (jac, jac.values, lambda x: jac.prove(x, key=KEY)):
        with pytest.raises(ValueError, match=r"x must have the shape \(3,\), got x.shape=\(5,\)"):
            act(jnp.ones(5))
        with pytest.raises(TypeError, match="x must hold real floating-point numbers"):
            act(jnp.arange(3))
        with pytest.raises(TypeError, match="x must be one array"):
            act([1.0, 2.0, 3.0])


def test_scipy_takes_the_values_and_the_pattern():
    x = jnp.linspace(0.5, 2, 20)
    jac = products.sparse_jacobian(diffusion, x, key=KEY)
    rows, cols, shape = jac.pattern
    matrix = scipy.sparse.coo_array((np.asarray(jac.values(x)), (rows, cols)), shape=shape)
    np.testing.assert_array_equal(matrix.toarray(), jac(x).todense())


def test_it_runs_inside_other_transformations():
    x = jnp.linspace(0.5, 2, 6)
    jac = products.sparse_jacobian(diffusion, x, key=KEY)
    total = jax.jit(jax.grad(lambda x: jnp.sum(jac.values(x) ** 2)))
    assert agree(total(x), 32 * x, tol=4 * U)  # squares of -4x, and constants
    many = jax.vmap(jac.values)(jnp.stack([x, 2 * x]))
    np.testing.assert_array_equal(many[1], jac.values(2 * x))
    np.testing.assert_array_equal(jax.jit(jac)(x).todense(), jac(x).todense())


def test_a_second_point_compiles_nothing_and_runs_the_function_no_more():
    traces = []

    def fn(x):
        traces.append(x)
        return diffusion(x)

    x = jnp.linspace(0.5, 2, 10)
    jac = products.sparse_jacobian(fn, x, key=KEY)
    before = len(traces)
    jac(x), jac(2 * x), jac.prove(3 * x, key=KEY)
    assert len(traces) == before


def test_memory_is_that_of_the_entries():
    n = 3000
    i = np.arange(n)
    rows, cols = np.concatenate([i, i[1:], i[:-1]]), np.concatenate([i, i[:-1], i[1:]])
    jac = products.sparse_jacobian(diffusion, jnp.ones(n), key=KEY, pattern=(rows, cols, (n, n)))
    memory = jac.values.lower(jnp.ones(n)).compile().memory_analysis()
    entries = 8 * len(rows)
    assert memory.output_size_in_bytes == entries
    assert memory.temp_size_in_bytes < 8 * entries  # a dense matrix has 1000 times as much


@pytest.mark.parametrize("missing", [(4, 4), (4, 5), (9, 8)])
def test_a_pattern_that_misses_an_entry_is_an_error_that_says_so(missing):
    pattern = diffusion_by_hand(np.ones(10)) != 0
    pattern[missing] = False
    with pytest.raises(ValueError, match=r"pattern must hold every entry .* in row \d"):
        products.sparse_jacobian(diffusion, jnp.ones(10), key=KEY, pattern=pattern)


def test_a_hessian_whose_pattern_misses_an_entry_is_an_error_too():
    pattern = np.abs(np.subtract.outer(np.arange(10), np.arange(10))) <= 1
    pattern[4, 5] = pattern[5, 4] = False
    with pytest.raises(ValueError, match="pattern must hold every entry"):
        products.sparse_hessian(rosenbrock, 2 * jnp.ones(10), key=KEY, pattern=pattern)


def test_every_missing_entry_is_found_even_a_small_one():
    matrix = np.where(np.random.default_rng(2).random((5, 5)) < 0.4, 1.0, 0.0)
    for place in np.argwhere(matrix):
        small = matrix.copy()
        small[tuple(place)] = 1e-9
        lacking = matrix != 0
        lacking[tuple(place)] = False
        with pytest.raises(ValueError, match="pattern must hold every entry"):
            products.sparse_jacobian(
                partial(jnp.matmul, jnp.asarray(small)), jnp.ones(5), key=KEY, pattern=lacking
            )


def test_a_branch_that_probing_did_not_see_is_found_by_the_proof():
    def fn(x):
        return x + jnp.where(x[0] > 10, x[::-1], 0)

    jac = products.sparse_jacobian(fn, jnp.ones(4), key=KEY)
    assert jac.prove(2 * jnp.ones(4), key=KEY) == 0
    with pytest.raises(ValueError, match="pattern must hold every entry"):
        jac.prove(20 * jnp.ones(4), key=KEY)


def test_what_is_not_finite_is_no_proof():
    jac = products.sparse_jacobian(lambda x: jnp.log(x), jnp.ones(4), key=KEY)
    with pytest.raises(ValueError, match="off by nan"):
        jac.prove(jnp.zeros(4), key=KEY)


def test_a_looser_tolerance_lets_a_small_entry_go():
    matrix = jnp.eye(4).at[0, 1].set(1e-6)
    kept = products.sparse_jacobian(lambda x: matrix @ x, jnp.ones(4), key=KEY)
    assert len(kept.pattern.rows) == 5
    gone = products.sparse_jacobian(lambda x: matrix @ x, jnp.ones(4), key=KEY, tol=1e-4)
    assert len(gone.pattern.rows) == 4


def test_bad_input_is_refused():
    with pytest.raises(TypeError, match="x_example must hold real floating"):
        products.sparse_jacobian(diffusion, jnp.arange(3), key=KEY)
    with pytest.raises(TypeError, match="x_example must hold real floating"):
        products.sparse_hessian(rosenbrock, jnp.arange(3), key=KEY)
    with pytest.raises(TypeError, match="x_example must be one array"):
        products.sparse_jacobian(lambda x: x[0], [jnp.ones(3), jnp.ones(2)], key=KEY)
    for make in (products.sparse_jacobian, products.sparse_hessian):
        with pytest.raises(TypeError, match="key must be a key"):
            make(jnp.sum, jnp.ones(3), key=3)
        with pytest.raises(ValueError, match="tol must be at least 0 and less than 1"):
            make(jnp.sum, jnp.ones(3), key=KEY, tol=jnp.inf)
    with pytest.raises(TypeError, match="fn must return one array"):
        products.sparse_jacobian(lambda x: (x, x), jnp.ones(3), key=KEY)
    for make, fn in ((products.sparse_jacobian, diffusion), (products.sparse_hessian, rosenbrock)):
        with pytest.raises(ValueError, match=r"pattern must have the shape \(5, 5\)"):
            make(fn, jnp.ones(5), key=KEY, pattern=np.ones((4, 4)))
