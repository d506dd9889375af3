"""What the chapter on keys says of JAX: errors that readers meet, and what no error reports."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import random

REPORTED = {
    "draw twice": lambda key: (random.normal(key), random.normal(key)),
    "split, then draw": lambda key: (random.split(key), random.normal(key)),
    "split twice": lambda key: (random.split(key), random.split(key)),
    "one child twice": lambda key: _twice(*random.split(key)),
    "inside jit": jax.jit(lambda key: random.normal(key) + random.uniform(key)),
    "inside scan": lambda key: jax.lax.scan(
        lambda carry, _: (carry, random.normal(key)), 0.0, None, length=3
    ),
}
PASSED = {
    "fold in one number twice": lambda key: (
        random.normal(random.fold_in(key, 0)),
        random.normal(random.fold_in(key, 0)),
    ),
    "draw, then fold in": lambda key: (random.normal(key), random.fold_in(key, 0)),
    "fold in, then draw": lambda key: (random.fold_in(key, 0), random.normal(key)),
    "one key for all rows": lambda key: jax.vmap(lambda x: x + random.normal(key))(jnp.zeros(3)),
    "one seed twice": lambda _: (random.normal(random.key(3)), random.normal(random.key(3))),
    "clone": lambda key: (random.normal(random.clone(key)), random.normal(key)),
}


def _twice(key, _):
    return random.normal(key), random.normal(key)


@pytest.mark.parametrize("program", REPORTED.values(), ids=REPORTED)
def test_a_key_consumed_twice_is_reported_if_asked_for(program):
    with jax.debug_key_reuse(True), pytest.raises(jax.errors.KeyReuseError, match="consumed"):
        program(random.key(0))


@pytest.mark.parametrize("program", REPORTED.values(), ids=REPORTED)
def test_a_key_consumed_twice_passes_unasked(program):
    with jax.debug_key_reuse(False):
        program(random.key(0))


@pytest.mark.parametrize("program", PASSED.values(), ids=PASSED)
def test_what_the_guard_does_not_see(program):
    with jax.debug_key_reuse(True):
        program(random.key(0))


@pytest.mark.parametrize("name", ["draw twice", "split, then draw", "inside jit"])
def test_the_guard_does_not_see_legacy_keys(name):
    with jax.debug_key_reuse(True):
        REPORTED[name](random.PRNGKey(0))


def test_child_keys_are_the_bits_that_the_key_would_draw():
    words = np.asarray(random.key_data(random.split(random.key(4), 3))).astype("uint64")
    bits = np.asarray(random.bits(random.key(4), (3,), "uint64"))
    assert np.array_equal((words[:, 0] << np.uint64(32)) | words[:, 1], bits)


def test_folding_in_a_number_gives_the_child_of_that_number():
    key = random.key(5)
    folded = jnp.stack([random.key_data(random.fold_in(key, i)) for i in range(3)])
    assert jnp.array_equal(folded, random.key_data(random.split(key, 3)))


def test_arrays_of_one_key_begin_alike():
    key = random.key(0)
    matrix = random.normal(key, (4, 4))
    assert jnp.array_equal(matrix[0], random.normal(key, (4,)))
    assert jnp.array_equal(matrix.ravel()[:7], random.normal(key, (7,)))


def test_legacy_keys_draw_the_same_numbers():
    assert random.normal(random.PRNGKey(3)) == random.normal(random.key(3))


REFUSED = {
    "arithmetic": (lambda key: key + 1, TypeError, "does not accept dtypes key<fry>"),
    "several keys for one": (
        lambda key: random.normal(random.split(key)),
        ValueError,
        "accepts a single key",
    ),
    "a seed for a key": (lambda _: random.normal(0), TypeError, "invalid PRNG key data"),
    "a shape for a key": (lambda _: random.normal((3,)), TypeError, "unexpected PRNG key type"),
    "NumPy": (np.asarray, TypeError, "cannot be converted to a NumPy array"),
}


@pytest.mark.parametrize(("program", "kind", "words"), REFUSED.values(), ids=REFUSED)
def test_jax_refuses_what_is_no_key_or_not_one(program, kind, words):
    with pytest.raises(kind, match=words):
        program(random.key(0))


def test_a_key_that_a_compiled_function_closes_over_gives_one_number_for_ever():
    key = random.key(1)
    frozen = jax.jit(lambda x: x + random.normal(key))
    assert frozen(0.0) == frozen(0.0) == random.normal(key)


def test_numpy_draws_once_for_each_trace():
    rng, other = np.random.default_rng(0), np.random.default_rng(0)
    shaken = jax.jit(lambda x: x + rng.normal())
    assert shaken(0.0) == shaken(0.0) == other.normal()
    assert shaken(jnp.zeros(2))[0] == other.normal()
