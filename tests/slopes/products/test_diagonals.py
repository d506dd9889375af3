"""The diagonal: closed forms; the estimate's mean, its spread, and how often its bar covers."""

import math
from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from slopes.compare import agree
from slopes.problems import PROBLEMS
from slopes.products import DiagonalEstimate, hessian_diagonal, hutchinson

U = 2.0**-53
SECOND = 4096 * U
N, SAMPLES, KEYS = 12, 64, 2000

MATRIX = np.random.default_rng(5).normal(size=(N, N))
MATRIX = MATRIX + MATRIX.T
X = jnp.asarray(np.linspace(-1.0, 1.0, N))
BESIDE = (MATRIX**2).sum(axis=1) - np.diag(MATRIX) ** 2  # variance of one sample


def quadratic(x):
    return 0.5 * x @ (jnp.asarray(MATRIX, x.dtype) @ x)


@pytest.mark.parametrize(
    "problem", [p for p in PROBLEMS if p.second and not p.branches], ids=lambda p: p.name
)
def test_the_exact_diagonal_is_that_of_the_closed_form(problem):
    diagonal = jax.jit(partial(hessian_diagonal, problem.build(jnp)))
    for point in problem.points:
        second = np.asarray(problem.second(point))
        exact = np.diag(second) if second.ndim else second
        scale = np.abs(second).max()
        found = np.asarray(diagonal(jnp.asarray(point, float)))
        assert np.abs(found - exact).max() <= SECOND * scale


def test_the_chunk_changes_memory_and_nothing_else():
    whole = hessian_diagonal(quadratic, X)
    assert agree(whole, np.diag(MATRIX), tol=64 * U)
    assert agree(hessian_diagonal(quadratic, X, chunk=5), whole, tol=64 * U)

    def temporary(chunk, n=300):
        fn = jax.jit(lambda x: hessian_diagonal(lambda x: jnp.sum(jnp.sin(x)) ** 2, x, chunk=chunk))
        return fn.lower(jnp.ones(n)).compile().memory_analysis().temp_size_in_bytes

    few = temporary(10)
    assert few < 0.2 * temporary(300)
    assert few < 8 * 300**2 / 4  # far from the matrix


# --- the estimate ---------------------------------------------------------------------------------


@cache
def many():
    def one(key):
        return hutchinson(quadratic, X, key=key, samples=SAMPLES)

    return jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(11), KEYS))


def unbiased(found):
    """Each entry's mean over the keys is the diagonal, within five of its standard errors."""
    spread = np.sqrt(BESIDE / (SAMPLES * KEYS))
    return bool((np.abs(found.value.mean(axis=0) - np.diag(MATRIX)) < 5 * spread).all())


def as_wide_as_theory_says(found):
    """The mean square of the bar is the variance of the mean.

    A variance from 64 samples is uncertain by sqrt(2 / 63); 2000 of them make that 0.4 percent.
    """
    relative = np.asarray(found.error**2).mean(axis=0) * SAMPLES / BESIDE
    return bool((np.abs(relative - 1) < 5 * math.sqrt(2 / (SAMPLES - 1) / KEYS)).all())


def covers(found):
    """One bar covers as often as a Student variable of 63 degrees of freedom, 0.679."""
    inside = np.abs(np.asarray(found.value) - np.diag(MATRIX)) < np.asarray(found.error)
    spread = math.sqrt(0.679 * 0.321 / KEYS)
    return bool((np.abs(inside.mean(axis=0) - 0.679) < 5 * spread).all())


def test_the_estimate_is_unbiased_and_its_bar_covers_as_often_as_it_should():
    found = many()
    assert unbiased(found)
    assert as_wide_as_theory_says(found)
    assert covers(found)


def scaled(factor):
    return lambda found: found._replace(error=factor * found.error)


def one_key(found):
    """Ignore the key: the signs of the first every time."""
    return found._replace(value=jnp.broadcast_to(found.value[0], found.value.shape))


@pytest.mark.parametrize(
    ("wrong", "check"),
    [
        (scaled(math.sqrt(SAMPLES)), covers),  # the spread of one sample, not of the mean
        (scaled(math.sqrt(1 - 1 / SAMPLES)), as_wide_as_theory_says),  # n for n - 1
        (scaled(1.15), covers),
        (one_key, unbiased),
    ],
)
def test_a_wrong_estimate_is_caught(wrong, check):
    assert not check(wrong(many()))


def test_a_diagonal_matrix_is_found_by_every_sample_with_no_error():
    found = hutchinson(lambda x: jnp.sum(x**4), X, key=jax.random.key(3), samples=5)
    assert agree(found.value, 12 * np.asarray(X) ** 2, tol=8 * U)
    assert np.abs(found.error).max() <= 8 * U * 12
    assert found.samples == 5


def test_large_means_do_not_drown_a_small_spread():
    def fn(x):
        return 0.5e8 * (x[0] ** 2 + x[1] ** 2) + 1e-3 * x[0] * x[1]

    found = hutchinson(fn, jnp.ones(2), key=jax.random.key(0), samples=400)
    # a sum of squares minus the square of a sum would be off by 1e16 u, about 1
    assert agree(found.error * math.sqrt(400), np.full(2, 1e-3), tol=0.05)


def test_the_estimate_comes_built_like_the_point():
    x = {"a": jnp.ones((2, 3)), "b": jnp.float64(2.0)}
    found = hutchinson(
        lambda x: jnp.sum(x["a"] ** 2) + x["b"] ** 3, x, key=jax.random.key(0), samples=2
    )
    assert isinstance(found, DiagonalEstimate)
    assert found.value["a"].tolist() == [[2.0] * 3] * 2
    assert found.value["b"] == 12.0
    assert found.error["a"].shape == (2, 3)


def test_an_old_key_and_a_new_one_serve_and_single_precision_stays_single():
    x = jnp.ones(3, jnp.float32)
    for key in (jax.random.key(0), jax.random.PRNGKey(0)):
        found = hutchinson(lambda x: jnp.sum(x**3), x, key=key, samples=2)
        assert found.value.dtype == jnp.float32
        assert found.value.tolist() == [6.0] * 3


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16])
def test_half_precision_keeps_count_of_many_samples(dtype):
    # the square of 3000 is no float16, and 257 is no bfloat16: the bar would be 0, or too small
    samples = np.int64(3000)
    found = hutchinson(
        lambda x: x[0] * x[1], jnp.ones(2, dtype), key=jax.random.key(0), samples=samples
    )
    assert found.error.dtype == dtype
    assert agree(found.error.astype(float), np.full(2, 1 / math.sqrt(3000)), tol=0.02)
    assert (np.abs(found.value) < 4 * found.error).all()


def test_more_samples_than_a_root_of_the_largest_int32_serve_in_single_precision():
    with jax.enable_x64(False):
        found = hutchinson(
            lambda x: x[0] * x[1], jnp.ones(2, jnp.float32), key=jax.random.key(0), samples=50_000
        )
    assert agree(np.float64(found.error), np.full(2, 1 / math.sqrt(50_000)), tol=0.02)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"samples": 1}, ValueError, "samples must be at least 2, got samples=1"),
        ({"samples": True}, TypeError, "samples must be an integer, got samples=True"),
        ({"key": 0}, TypeError, r"key must be a key, such as jax\.random\.key\(0\), got key=0"),
        ({"key": np.ones(2)}, TypeError, "key must be a key"),
    ],
)
def test_bad_input_gets_the_stated_error(options, error, message):
    with pytest.raises(error, match=message):
        hutchinson(quadratic, X, **({"key": jax.random.key(0), "samples": 4} | options))
