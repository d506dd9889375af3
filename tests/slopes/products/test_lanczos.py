"""The ends of the spectrum against LAPACK's eigenvalues of the matrix, and what goes wrong."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from slopes.products import curvature, lanczos

U = 2.0**-53
N = 50
KEY = jax.random.key(4)


def with_eigenvalues(values, seed=3):
    q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(values), len(values))))
    matrix = q @ np.diag(values) @ q.T
    return (matrix + matrix.T) / 2


def bend(matrix, **options):
    H = jnp.asarray(matrix)
    return curvature(lambda x, H: 0.5 * x @ (H @ x), jnp.zeros(len(H), H.dtype), H,
                     **({"key": KEY} | options))  # fmt: skip


@cache
def compiled(steps):
    return jax.jit(lambda matrix: bend(matrix, steps=steps))


SPECTRA = {
    "spread": np.linspace(-3.0, 5.0, N),
    "clustered": np.concatenate([np.full(20, -1.0), np.full(29, 2.0), [7.0]]),
    "one": np.full(N, 3.0),
    "rank one": np.concatenate([np.zeros(N - 1), [4.0]]),
    "graded": 10.0 ** -np.arange(N),
    "negative": -np.linspace(1.0, 2.0, N),
}
spectra = pytest.mark.parametrize("name", SPECTRA)


@spectra
def test_as_many_steps_as_inputs_give_both_ends_to_rounding(name):
    matrix = with_eigenvalues(SPECTRA[name])
    exact = np.linalg.eigvalsh(matrix)
    found = compiled(N)(matrix)
    scale = np.abs(exact).max()
    # N products, each of N roundings of size scale
    assert abs(found.lowest - exact[0]) <= N * 4 * U * scale
    assert abs(found.highest - exact[-1]) <= N * 4 * U * scale
    assert found.converged
    assert found.iterations == N


@spectra
@pytest.mark.parametrize("steps", [1, 2, 8])
def test_an_eigenvalue_lies_within_each_residual_and_none_is_found_outside(name, steps):
    matrix = with_eigenvalues(SPECTRA[name])
    exact = np.linalg.eigvalsh(matrix)
    found = compiled(steps)(matrix)
    slack = N * 4 * U * np.abs(exact).max()
    for value, residual in zip((found.lowest, found.highest), found.residuals, strict=True):
        assert np.abs(exact - value).min() <= residual + slack
    assert exact[0] - slack <= found.lowest <= found.highest <= exact[-1] + slack
    assert found.iterations == steps


def test_the_directions_have_unit_length_and_the_curvature_that_is_stated():
    matrix = with_eigenvalues(SPECTRA["spread"])
    found = compiled(8)(matrix)
    pairs = ((found.lowest, found.along_lowest), (found.highest, found.along_highest))
    for residual, (value, y) in zip(found.residuals, pairs, strict=True):
        y = np.asarray(y)
        assert abs(np.linalg.norm(matrix @ y - value * y) - residual) <= N * 4 * U * 5
        assert abs(np.linalg.norm(y) - 1) <= N * U
        assert abs(y @ matrix @ y - value) <= N * 4 * U * 5


def test_few_steps_do_not_claim_to_have_converged():
    matrix = with_eigenvalues(SPECTRA["spread"])
    assert not compiled(8)(matrix).converged
    assert compiled(N)(matrix).converged
    residual = float(compiled(8)(matrix).residuals.max())
    assert residual > 1e-3 * 5
    loose = jax.jit(lambda matrix: bend(matrix, steps=8, tol=1.1 * residual / 4))
    assert loose(matrix).converged


def test_an_exhausted_start_does_not_end_the_search():
    # two eigenvalues only: the Krylov space of any start has two dimensions
    matrix = with_eigenvalues(np.concatenate([np.full(N - 1, 1.0), [-2.0]]))
    found = compiled(8)(matrix)
    assert abs(found.lowest + 2) <= N * 4 * U * 2
    assert abs(found.highest - 1) <= N * 4 * U * 2


def test_without_projection_the_basis_is_lost(monkeypatch):
    matrix = with_eigenvalues(SPECTRA["graded"])
    product = lambda v: jnp.asarray(matrix) @ v  # noqa: E731
    flat = jnp.zeros(N)

    def skew():
        basis, *_ = lanczos._lanczos(product, flat, KEY, 30)
        return float(jnp.abs(basis @ basis.T - jnp.eye(30)).max())

    assert skew() < N * U
    monkeypatch.setattr(lanczos, "_orthogonal", lambda basis, w: w - (basis @ w) @ basis)
    assert skew() > 100 * N * U  # once is not enough


def test_a_function_without_curvature_has_none():
    found = curvature(lambda x: jnp.sum(x) * 2.0, jnp.ones(4), key=KEY)
    assert found.lowest == found.highest == 0.0
    assert found.converged


def test_a_number_and_a_pytree_serve_as_points():
    assert curvature(lambda x: x**4, 2.0, key=KEY).highest == 48.0
    found = curvature(
        lambda x: jnp.sum(x["a"] ** 2) - x["b"] ** 2, {"a": jnp.ones(3), "b": 1.0}, key=KEY
    )
    assert abs(found.lowest + 2) < 8 * U
    assert abs(abs(found.along_lowest["b"]) - 1) < 8 * U
    assert found.iterations == 4


def test_single_precision_stays_single():
    matrix = with_eigenvalues(SPECTRA["spread"]).astype(np.float32)
    found = compiled(N)(matrix)
    assert found.highest.dtype == jnp.float32
    assert abs(found.highest - 5) <= N * 4 * 2.0**-24 * 5


@pytest.mark.parametrize(("dtype", "small"), [(np.float32, 2.0**-90), (np.float64, 2.0**-600)])
def test_the_unit_of_the_function_does_not_matter(dtype, small):
    # squares of numbers of this size are zero, or infinite; a power of two rounds nothing
    matrix = with_eigenvalues(SPECTRA["spread"]).astype(dtype)
    found = compiled(8)(matrix)
    assert found.residuals.max() > 0.01
    for scale in (small, 1 / small):
        scaled = compiled(8)(matrix * dtype(scale))
        for name in ("lowest", "highest", "residuals"):
            back = np.asarray(getattr(scaled, name)) / dtype(scale)
            assert np.allclose(back, getattr(found, name), rtol=1e3 * np.finfo(dtype).eps)


def test_half_precision_is_refused():
    with pytest.raises(TypeError, match="x must hold numbers of 32 or 64 bits, got dtype=float16"):
        bend(np.eye(3, dtype=np.float16))


def test_compiled_it_is_the_same_and_not_a_number_is_not_converged():
    matrix = jnp.asarray(with_eigenvalues(SPECTRA["spread"]))

    found, plain = compiled(N)(matrix), bend(matrix, steps=N)
    assert found.converged
    assert abs(found.lowest - plain.lowest) <= N * 4 * U * 5
    assert abs(found.highest - plain.highest) <= N * 4 * U * 5
    assert not compiled(N)(matrix * jnp.nan).converged


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"steps": 0}, ValueError, "steps must be at least 1, got steps=0"),
        ({"steps": 2.0}, TypeError, r"steps must be an integer, got steps=2\.0"),
        ({"tol": -1.0}, ValueError, r"tol must be at least 0, got tol=-1\.0"),
        ({"tol": float("nan")}, ValueError, "tol must be at least 0, got tol=nan"),
        ({"key": 3}, TypeError, "key must be a key"),
    ],
)
def test_bad_input_gets_the_stated_error(options, error, message):
    with pytest.raises(error, match=message):
        bend(np.eye(3), **options)


def test_a_second_derivative_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match=r"fn must have finite second derivatives at x, got resid"):
        curvature(lambda x: jnp.sum(jnp.sqrt(x)), jnp.zeros(3), key=KEY)
