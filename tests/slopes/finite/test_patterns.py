"""Jacobians that are mostly zero."""

import jax
import numpy as np
import pytest
import scipy.special
from differences import counting
from hypothesis import given
from hypothesis import strategies as st

from slopes import finite


def tridiagonal(n):
    return np.abs(np.subtract.outer(np.arange(n), np.arange(n))) <= 1


def diffusion(x):
    padded = np.pad(x, [(0, 0)] * (x.ndim - 1) + [(1, 1)])
    return padded[..., :-2] - 2 * padded[..., 1:-1] ** 2 + padded[..., 2:]


@pytest.mark.parametrize("n", [3, 10, 50])
def test_a_tridiagonal_jacobian_takes_six_evaluations_of_any_size(n):
    x = np.linspace(0.5, 2, n)
    fn, calls = counting(diffusion)
    jac = finite.jacobian(fn, x, pattern=tridiagonal(n))
    assert len(calls) == 6
    np.testing.assert_allclose(jac, finite.jacobian(diffusion, x), atol=1e-9)
    exact = np.eye(n, k=1) + np.eye(n, k=-1) - 4 * np.diag(x)
    np.testing.assert_allclose(jac, exact, atol=1e-9)
    np.testing.assert_array_equal(
        jac, finite.jacobian(diffusion, x, pattern=tridiagonal(n), batched=True)
    )


def test_a_pattern_that_misses_an_entry_gives_wrong_columns():
    n = 6
    missing = tridiagonal(n)
    missing[2, 3] = False
    jac = finite.jacobian(diffusion, np.ones(n), pattern=missing)
    assert not np.allclose(jac, finite.jacobian(diffusion, np.ones(n)))


@given(st.data())
def test_groups_share_no_row_and_leave_out_no_column(data):
    m, n = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 8))
    rows = st.lists(st.booleans(), min_size=n, max_size=n)
    pattern = np.array(data.draw(st.lists(rows, min_size=m, max_size=m)))
    groups = finite.group_columns(pattern)
    assert sorted(j for group in groups for j in group) == list(range(n))
    assert all(pattern[:, group].sum(axis=1).max() <= 1 for group in groups)
    assert len(groups) >= pattern.sum(axis=1).max()


def test_jax_cannot_see_into_a_compiled_function_as_the_chapter_shows():
    with pytest.raises(jax.errors.TracerArrayConversionError, match="__array__"):
        jax.grad(scipy.special.j0)(1.0)
