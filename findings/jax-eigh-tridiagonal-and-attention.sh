#!/usr/bin/env bash
# JAX 0.10.2, double precision, CPU: a derivative that is silently wrong, and a function that is silently single precision.
#
# - jax.scipy.linalg.eigh_tridiagonal finds the eigenvalues by bisection, in a loop of comparisons. Forward mode passes
#   through it without an error and gives numbers that are linear in the eigenvalue, as if only the ends of the interval
#   moved in which the loop starts; where the first row does not touch these ends, it gives 0 for every eigenvalue. Reverse
#   mode raises ValueError because of the loop. The slope of the k-th eigenvalue in the first diagonal entry is the square of the first entry of its eigenvector;
#   jax.numpy.linalg.eigh of the same matrix gives that.
# - jax.nn.dot_product_attention with float64 inputs returns float64, but the weights are computed in float32: value and
#   gradient differ by about 1e-7 from the same three lines written by hand, and a check of the gradient by differences
#   with a step of 1e-5 fails in the second digit.
# Seen on 2026-11-27: tangents 0.481, 0.362, 0.239, 0.043 (truly 0.652, 0.329, 0.020, 0.0001) and 0, 0, 0, 0 (truly 0.048,
# 0.068, 0.884, 0.0001); a difference of 7e-8 and a dtype of float64.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check jax==0.10.2 jaxlib==0.10.2
JAX_PLATFORMS=cpu JAX_ENABLE_X64=1 "$folder/env/bin/python" - <<'PY'
import sys

import jax
import jax.numpy as jnp
from jax.scipy.linalg import eigh_tridiagonal

wrong = 0


def expect(holds, *shown):
    global wrong
    wrong += not holds
    print("as seen " if holds else "CHANGED ", *shown)


d, e = jnp.array([1.0, 2.0, 4.0, 7.0]), jnp.ones(3)  # the first row ends the interval that holds all eigenvalues
inner = jnp.array([4.0, 1.0, 2.0, 7.0])  # here it does not
first = jnp.eye(4)[0]


def eigenvalues(d):
    return eigh_tridiagonal(d, e, eigvals_only=True)


def dense(d):
    return jnp.linalg.eigh(jnp.diag(d) + jnp.diag(e, 1) + jnp.diag(e, -1))[0]


value, tangent = jax.jvp(eigenvalues, (d,), (first,))
right_value, right_tangent = jax.jvp(dense, (d,), (first,))
step = 1e-5
measured = (eigenvalues(d + step * first) - eigenvalues(d - step * first)) / (2 * step)
expect(jnp.allclose(value, right_value, rtol=1e-12), "eigenvalues, right:", value)
expect(jnp.allclose(tangent, jnp.array([0.481, 0.362, 0.239, 0.043]), atol=1e-3), "their tangent, forward mode:", tangent)
expect(jnp.allclose(measured, right_tangent, rtol=1e-6), "truly, by eigh and by differences:", right_tangent)
tangent = jax.jvp(eigenvalues, (inner,), (first,))[1]
expect(jnp.all(tangent == 0), "tangent, the row inside:", tangent, "truly", jax.jvp(dense, (inner,), (first,))[1])
try:
    found = jax.grad(lambda d: eigenvalues(d)[0])(d)
except ValueError as error:
    found = type(error).__name__
expect(isinstance(found, str), "reverse mode:", found)

q, k, v = (jax.random.normal(key, (1, 4, 2, 3)) for key in jax.random.split(jax.random.key(0), 3))


def by_hand(q):
    weights = jax.nn.softmax(jnp.einsum("bthd,bshd->bhts", q, k) / jnp.sqrt(3.0))
    return jnp.einsum("bhts,bshd->bthd", weights, v)


attention = jax.nn.dot_product_attention(q, k, v)
gap = float(jnp.abs(attention - by_hand(q)).max())
expect(attention.dtype == jnp.float64 and 1e-9 < gap < 1e-5, "attention:", attention.dtype, "differs by", gap)
sys.exit(bool(wrong))
PY
