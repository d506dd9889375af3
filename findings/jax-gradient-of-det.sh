#!/usr/bin/env bash
# JAX 0.12.0.1 (Python 3.12 or newer), double precision, CPU: the gradient of a determinant.
#
# The gradient of det is the transposed matrix of cofactors, [[2, 0], [0, 0]] at the singular matrix diag(0, 2).
# jax.grad(jax.numpy.linalg.det) gives zeros there, at diag(0, 2, 3) too (right: 6 at the top left), and jax.jacfwd agrees
# with it; no warning. A singular matrix that is not diagonal, [[1, 2], [2, 4]], gets its right gradient. The values are
# right, differences of det give the cofactors, and 0.10.2 was right everywhere.
# Besides (0.10.2 too): jax.numpy.power(x, 0.0) has the slope nan at x = 0 (right: 0, the function is 1), while x**0 is right.
# Seen on 2026-11-27: zeros; zeros; [[4, -2], [-2, 1]]; nan; 0.
set -euo pipefail
python3 -c 'import sys; sys.exit(sys.version_info < (3, 12))' || { echo "needs Python 3.12 or newer"; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check jax==0.12.0.1 jaxlib==0.12.0.1
JAX_PLATFORMS=cpu JAX_ENABLE_X64=1 "$folder/env/bin/python" - <<'PY'
import sys

import jax
import jax.numpy as jnp

wrong = 0


def expect(name, found, seen, true):
    global wrong
    same = bool(jnp.allclose(jnp.asarray(found), jnp.asarray(seen), atol=1e-12, equal_nan=True))
    wrong += not same
    print("as seen " if same else "CHANGED ", name, jnp.asarray(found).tolist(), "truly", true)


det = jnp.linalg.det
two, three = jnp.diag(jnp.array([0.0, 2.0])), jnp.diag(jnp.array([0.0, 2.0, 3.0]))
corner = jnp.zeros((2, 2)).at[0, 0].set(1.0)
expect("gradient at diag(0, 2):", jax.grad(det)(two), jnp.zeros((2, 2)), "[[2, 0], [0, 0]]")
expect("forward mode:", jax.jacfwd(det)(two), jnp.zeros((2, 2)), "[[2, 0], [0, 0]]")
expect("a difference:", (det(two + 1e-3 * corner) - det(two - 1e-3 * corner)) / 2e-3, 2.0, 2)
expect("gradient at diag(0, 2, 3):", jax.grad(det)(three), jnp.zeros((3, 3)), "6 at the top left")
expect("at [[1, 2], [2, 4]]:", jax.grad(det)(jnp.array([[1.0, 2.0], [2.0, 4.0]])), [[4.0, -2.0], [-2.0, 1.0]],
       "the same")
expect("power(x, 0.0) at 0:", jax.grad(lambda x: jnp.power(x, 0.0))(0.0), jnp.nan, 0)
expect("x**0 at 0:", jax.grad(lambda x: x**0)(0.0), 0.0, 0)
sys.exit(bool(wrong))
PY
