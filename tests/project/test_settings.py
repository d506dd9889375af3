"""What conftest.py and pyproject.toml promise to every test, each promise put to the proof."""

import os
import warnings

import jax.numpy as jnp
import matplotlib as mpl
import pytest
from hypothesis import settings
from jaxtyping import TypeCheckError

from slopes.compare import agree


def test_jax_computes_in_double_precision():
    assert jnp.asarray(1.0).dtype == jnp.float64


def test_a_float32_that_meets_a_float64_is_an_error():
    with pytest.raises(ValueError, match="no available implicit dtype promotion path"):
        jnp.ones(2, jnp.float32) + jnp.ones(2, jnp.float64)


def test_a_row_that_meets_a_matrix_is_an_error():
    with pytest.raises(ValueError, match="rank_promotion"):
        jnp.ones(2) + jnp.ones((2, 2))


def test_figures_need_no_screen():
    assert mpl.get_backend().lower() == "agg"


def test_a_warning_is_an_error():
    with pytest.raises(UserWarning, match="boo"):
        warnings.warn("boo", stacklevel=1)


def test_examples_are_the_same_at_every_run_of_ci():
    assert settings.get_profile("ci").derandomize
    assert settings.default.derandomize == bool(os.environ.get("CI"))


def test_the_types_of_a_call_are_checked():
    # Needs --jaxtyping-packages=slopes,beartype.beartype among pytest's addopts.
    with pytest.raises(TypeCheckError, match="tol"):
        agree(1.0, 1.0, tol="tight")
