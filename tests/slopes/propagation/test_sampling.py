"""Random inputs: the error bars are right, and the factor exists where Cholesky's does not."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from slopes.propagation import draws, factor, monte_carlo, propagate
from slopes.propagation.arguments import flatten
from slopes.propagation.sampling import factored

U = 2.0**-53
KEY = jax.random.key(0)


def pulls(wrong=1.0):
    """Mean and spread of exp of a normal number, 400 times, in units of their error bars."""
    s, samples = 0.5, 1000
    mean = np.exp(s**2 / 2)
    spread = mean * np.sqrt(np.exp(s**2) - 1)
    run = jax.jit(jax.vmap(lambda k: monte_carlo(jnp.exp, 0.0, s**2, key=k, samples=samples)))
    found = run(jax.random.split(KEY, 400))
    return (np.asarray((found.value - mean) / (wrong * found.value_error)),
            np.asarray((found.error - spread) / (wrong * found.error_error)))  # fmt: skip


def test_the_bar_of_the_mean_is_right():
    pull, _ = pulls()
    assert abs(pull.mean()) < 4 / np.sqrt(400)
    assert abs(pull.std() - 1) < 4 / np.sqrt(800)


def test_the_bar_of_the_spread_is_right_to_a_tenth():
    _, pull = pulls()  # skewed, as the estimate of a fourth moment is: the median lies below
    assert abs(np.median(pull)) < 0.4
    assert abs(np.mean(np.abs(pull) < 1) - 0.68) < 0.08


def test_a_bar_that_is_half_too_large_is_caught():
    pull, _ = pulls(wrong=1.5)
    assert abs(pull.std() - 1) > 4 / np.sqrt(800)


def test_a_linear_map_gives_what_propagation_gives():
    cov = jnp.array([[0.04, 0.03], [0.03, 0.09]])

    def fn(x):
        return jnp.stack([x[0] - x[1], x[0] + x[1]])

    right = propagate(fn, jnp.ones(2), cov)
    found = monte_carlo(fn, jnp.ones(2), cov, key=KEY, samples=20_000)
    assert np.all(abs(found.value - right.value) < 4 * found.value_error)
    assert np.all(abs(found.error - right.error) < 4 * found.error_error)
    assert np.allclose(found.cov, right.cov, atol=5e-3)
    normal = found.error / np.sqrt(2 * 20_000)  # the fourth moment of a normal number
    assert np.allclose(found.error_error, normal, rtol=0.05)
    assert found.samples == 20_000


def test_the_difference_of_a_quantity_with_itself_has_no_spread():
    found = monte_carlo(lambda x: x - x, 1.0, 1.0, key=KEY, samples=100)
    assert [float(part) for part in found[:5]] == [0.0] * 5


def test_pieces_change_nothing_and_may_leave_a_rest():
    runs = [monte_carlo(jnp.sin, 0.3, 0.5, key=KEY, samples=1000, chunk=c) for c in (1000, 7, 9999)]
    assert all(np.allclose(run.error, runs[0].error, rtol=64 * U) for run in runs)


def test_draws_have_the_shape_of_the_mean_and_the_covariance_asked_for():
    mean = {"a": jnp.array(1.0), "b": jnp.array([2.0, 3.0])}
    cov = jnp.array([[1.0, 0.5, 0.0], [0.5, 1.0, 0.2], [0.0, 0.2, 0.3]])
    drawn = draws(mean, cov, key=KEY, samples=40_000)
    assert drawn["a"].shape == (40_000,)
    rows = np.column_stack([drawn["a"], drawn["b"]])
    assert np.allclose(rows.mean(0), [1, 2, 3], atol=4 / np.sqrt(40_000))
    assert np.allclose(np.cov(rows.T), cov, atol=4 * np.sqrt(2 / 40_000))


# --- the factor -----------------------------------------------------------------------------------


def test_of_a_regular_matrix_it_is_choleskys():
    rng = np.random.default_rng(2)
    root = rng.normal(size=(6, 6))
    cov = root @ root.T
    assert np.allclose(factor(jnp.asarray(cov)), np.linalg.cholesky(cov), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("rank", [1, 2, 4])
@pytest.mark.parametrize("seed", range(5))
def test_of_a_singular_matrix_it_exists(rank, seed):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(5, rank)) * np.logspace(-6, 6, 5)[:, None]
    cov = jnp.asarray(root @ root.T)
    L = np.asarray(factor(cov))
    scale = np.sqrt(np.diag(cov))
    assert np.all(np.abs(L @ L.T - cov) <= 64 * 5 * U * np.outer(scale, scale))
    # A column that rounding leaves has the size of a root of it, and of the condition.
    assert np.count_nonzero(np.abs(L / scale[:, None]).max(0) > 1e-5) == rank
    assert np.array_equal(L, np.tril(L))


def test_a_fixed_input_has_a_row_of_zeros():
    L = factor(jnp.diag(jnp.array([4.0, 0.0, 9.0])))
    assert L.tolist() == [[2, 0, 0], [0, 0, 0], [0, 0, 3]]
    assert factor(jnp.ones((2, 2))).tolist() == [[1, 0], [1, 0]]


def test_its_derivative_is_finite_where_the_matrix_is_singular():
    slope = jax.grad(lambda s: factor(s * jnp.ones((2, 2))).sum())(4.0)
    assert float(slope) == pytest.approx(2 / (2 * 2.0))  # of 2 sqrt(s)


@pytest.mark.parametrize("seed", range(20))
def test_a_singular_matrix_of_single_precision_is_judged_by_its_own_digits(seed):
    # In double precision its rounding counted as a negative variance, for eight of the seeds.
    root = np.random.default_rng(seed).uniform(0.1, 1, (3, 2)).astype("float32")
    cov, mean = jnp.asarray(root @ root.T), jnp.zeros(3)
    assert (factor(cov).dtype, mean.dtype) == (np.float32, np.float64)
    for L in (factor(cov), factored(cov, flatten(jnp.sum, mean))):
        assert np.allclose(L @ L.T, cov, rtol=0, atol=64 * 3 * 2.0**-24 * float(cov.max()))
    assert draws(mean, cov, key=KEY, samples=2).shape == (2, 3)
    total = propagate(jnp.sum, mean, cov)
    assert float(total.cov) == pytest.approx(float((root.sum(0, dtype=float) ** 2).sum()), rel=1e-6)


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize("samples", [1, 0, -5])
def test_one_sample_has_no_spread(samples):
    with pytest.raises(ValueError, match="samples must be at least 2"):
        monte_carlo(jnp.sin, 0.0, 1.0, key=KEY, samples=samples)


@pytest.mark.parametrize("samples", [2.0, True, "many"])
def test_a_count_is_an_integer(samples):
    with pytest.raises(TypeError, match="samples must be an integer"):
        monte_carlo(jnp.sin, 0.0, 1.0, key=KEY, samples=samples)


def test_other_bad_input_is_refused():
    with pytest.raises(TypeError, match=r"key must be a key, such as jax.random.key\(0\)"):
        monte_carlo(jnp.sin, 0.0, 1.0, key=7, samples=10)
    with pytest.raises(ValueError, match="chunk must be at least 1"):
        monte_carlo(jnp.sin, 0.0, 1.0, key=KEY, samples=10, chunk=0)
    with pytest.raises(ValueError, match="samples must be at least 1"):
        draws(0.0, 1.0, key=KEY, samples=0)
    with pytest.raises(ValueError, match="cov must be a covariance matrix"):
        factor(jnp.ones((2, 3)))


def test_old_keys_will_do():
    assert draws(0.0, 1.0, key=jax.random.PRNGKey(0), samples=3).shape == (3,)


def test_samples_at_which_the_function_is_not_defined_are_counted():
    points = draws(jnp.ones(2), jnp.eye(2), key=KEY, samples=1000)
    lost = int(np.sum(np.asarray(points).min(axis=1) < 0))
    assert 100 < lost < 500
    with pytest.raises(ValueError, match=f"finite at every sample, got {lost} of 1000 ") as refused:
        monte_carlo(jnp.sqrt, jnp.ones(2), jnp.eye(2), key=KEY, samples=1000)
    assert len(str(refused.value)) < 200  # not a print of all values
    found = jax.jit(lambda m: monte_carlo(jnp.sqrt, m, jnp.eye(2), key=KEY, samples=10))
    assert np.isnan(found(jnp.ones(2)).error).any()  # compiled, it cannot look
