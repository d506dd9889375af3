"""Colourings, judged by their definitions."""

import itertools
import time

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopes import finite, products


def band(n, width):
    return np.abs(np.subtract.outer(np.arange(n), np.arange(n))) <= width


def arrow(n):
    matrix = np.eye(n, dtype=bool)
    matrix[0] = matrix[:, 0] = True
    return matrix


@st.composite
def matrices(draw, *, square=False):
    m = draw(st.integers(1, 8))
    n = m if square else draw(st.integers(1, 8))
    bits = st.lists(st.booleans(), min_size=n, max_size=n)
    return np.array(draw(st.lists(bits, min_size=m, max_size=m)))


def is_star(symmetric, colours):
    """The definition, path by path."""
    n = len(colours)
    apart = symmetric & ~np.eye(n, dtype=bool)
    if any(colours[i] == colours[j] for i, j in np.argwhere(apart)):
        return False
    return all(
        len({colours[v] for v in path}) > 2
        for path in itertools.permutations(range(n), 4)
        if all(apart[a, b] for a, b in itertools.pairwise(path))
    )


@given(matrices())
def test_columns_of_one_colour_share_no_row(matrix):
    colours = products.colour_columns(matrix)
    for colour in range(colours.max() + 1):
        group = matrix[:, colours == colour]
        assert group.shape[1] > 0
        assert group.sum(axis=1).max() <= 1


@given(matrices(square=True))
def test_no_path_of_four_has_two_colours_only(matrix):
    symmetric = matrix | matrix.T
    colours = products.colour_symmetric(symmetric)
    assert is_star(symmetric, colours)


def test_the_definition_catches_a_colouring_that_is_no_star():
    assert is_star(band(4, 1), [0, 1, 2, 0])
    assert not is_star(band(4, 1), [0, 1, 0, 1])
    assert not is_star(band(4, 1), [0, 0, 1, 2])


@pytest.mark.parametrize("width", [0, 1, 2, 5])
def test_a_band_takes_as_many_colours_as_its_rows_have_entries(width):
    colours = products.colour_columns(band(40, width))
    assert colours.max() + 1 == 2 * width + 1
    np.testing.assert_array_equal(colours, np.arange(40) % (2 * width + 1))


def test_a_chain_takes_three_colours_and_an_arrow_two():
    assert products.colour_symmetric(band(40, 1)).max() + 1 == 3
    assert products.colour_symmetric(arrow(40)).max() + 1 == 2
    assert products.colour_columns(arrow(40)).max() + 1 == 40


def test_a_hub_that_comes_last_makes_stars_too():
    last = arrow(6)[::-1, ::-1]
    colours = products.colour_symmetric(last)
    assert is_star(last, colours)
    assert colours.max() + 1 == 2


def test_the_fullest_first_may_save_a_colour():
    rng = np.random.default_rng(0)
    for _ in range(200):
        matrix = rng.random((12, 12)) < 0.2
        ours = products.colour_columns(matrix).max() + 1
        assert ours <= len(finite.group_columns(matrix))
        if ours < len(finite.group_columns(matrix)):
            return
    raise AssertionError("the second order never helped")


def test_ten_thousand_columns_take_a_moment_even_with_a_full_row():
    n = 10_000
    zeros, ones, i = np.zeros(n - 1, int), np.arange(1, n), np.arange(n)
    pattern = np.concatenate([i, zeros, ones]), np.concatenate([i, ones, zeros]), (n, n)
    start = time.perf_counter()
    assert products.colour_symmetric(pattern).max() == 1
    assert products.colour_columns(pattern).max() == n - 1
    assert time.perf_counter() - start < 20  # by pairs of columns it would be minutes


def test_a_matrix_without_columns_has_no_colours():
    assert products.colour_columns(np.zeros((3, 0), bool)).shape == (0,)
    assert products.colour_symmetric(np.zeros((0, 0), bool)).shape == (0,)


@pytest.mark.parametrize("pattern", [np.ones((2, 3)), np.triu(np.ones((3, 3)))])
def test_a_pattern_that_is_not_symmetric_is_refused(pattern):
    with pytest.raises(ValueError, match="pattern must be symmetric"):
        products.colour_symmetric(jnp.asarray(pattern))
