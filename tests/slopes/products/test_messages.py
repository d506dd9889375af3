"""What JAX says to newcomers: the errors that the chapter shows, on every release.

A release that words them differently, or that stops raising, fails here; then read
docs/gradients.md again. Classes are compared, and words that all releases share.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest


def selu(x, alpha=1.67, lmbda=1.05):
    """As a well-known quickstart writes it."""
    return lmbda * jnp.where(x > 0, x, alpha * jnp.exp(x) - alpha)


def filled(x):
    x[0] = 1.0
    return x.sum()


RAISED = {
    "several outputs": (
        lambda: jax.grad(lambda x: 2 * x)(jnp.ones(3)),
        TypeError, "Gradient only defined for scalar-output functions. Output had shape: (3,)",
    ),
    "one output in a list": (
        lambda: jax.grad(lambda x: [x])(1.0),
        TypeError, "Gradient only defined for scalar-output functions. Output was [",
    ),
    "an integer": (
        lambda: jax.grad(lambda x: x**2)(2),
        TypeError, "grad requires real- or complex-valued inputs",
    ),
    "an integer exponent": (
        lambda: jax.grad(lambda x, n: x**n, argnums=1)(2.0, 3),
        TypeError, "grad requires real- or complex-valued inputs",
    ),
    "an integer output": (
        lambda: jax.grad(lambda x: jnp.round(x).astype(int))(1.0),
        TypeError, "grad requires real-valued outputs",
    ),
    "a complex output": (
        lambda: jax.grad(lambda x: jnp.exp(1j * x))(1.0),
        TypeError, "got complex128",
    ),
    "NumPy inside": (
        lambda: jax.grad(lambda x: np.sin(x))(1.0),
        jax.errors.TracerArrayConversionError, "__array__() was called on traced array",
    ),
    "math inside": (
        lambda: jax.grad(lambda x: math.sin(x))(1.0),
        jax.errors.ConcretizationTypeError, "The problem arose with the `float` function",
    ),
    "a list": (
        lambda: jax.grad(lambda x: jnp.sum(x))([1.0, 2.0]),
        TypeError, "sum requires ndarray or scalar arguments, got <class 'list'>",
    ),
    "an assignment in place": (
        lambda: jax.grad(filled)(jnp.ones(3)),
        TypeError, "JAX arrays are immutable",
    ),
    "has_aux without a pair": (
        lambda: jax.grad(lambda x: x, has_aux=True)(1.0),
        TypeError, "expected function with aux output to return a two-element tuple",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", RAISED)
def test_jax_refuses(what):
    call, kind, words = RAISED[what]
    with pytest.raises(kind) as raised:
        call()
    assert words in str(raised.value)


def test_a_python_number_in_a_list_is_differentiated_entry_by_entry():
    assert jax.grad(lambda x: x[0] * x[1])([2.0, 3.0]) == [3.0, 2.0]


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_where_nan_begins_where_the_exponential_overflows(dtype):
    last = math.floor(math.log(float(jnp.finfo(dtype).max)))
    at = [jax.grad(selu)(jnp.asarray(x, dtype)) for x in (last, last + 1)]
    assert (last, bool(jnp.isfinite(at[0])), bool(jnp.isnan(at[1]))) == (
        {4: 88, 8: 709}[dtype.dtype.itemsize], True, True,
    )  # fmt: skip
    assert jnp.isfinite(selu(jnp.asarray(last + 1, dtype)))


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_the_double_where_cures_it(dtype):
    def cured(x, alpha=1.67, lmbda=1.05):
        safe = jnp.where(x > 0, jnp.zeros_like(x), x)
        return lmbda * jnp.where(x > 0, x, alpha * jnp.exp(safe) - alpha)

    x = jnp.linspace(-20, 800, 83).astype(dtype)
    assert jnp.all(cured(x) == selu(x))
    slopes = jax.vmap(jax.grad(cured))(x)
    exact = np.where(x > 0, 1.05, 1.05 * 1.67 * np.exp(np.minimum(np.asarray(x, float), 0)))
    assert np.allclose(slopes, exact, rtol=4 * float(jnp.finfo(dtype).eps))
