#!/usr/bin/env bash
# Optimistix 0.1.0 with lineax 0.1.1 and JAX 0.10.2 on the processor, double precision: the gradient
# of optimistix.fixed_point with its default ImplicitAdjoint writes out the Jacobian. For
# x = tanh(W x + b) with 1000 unknowns the compiled gradient by b needs 16 MB of temporary memory,
# two matrices of 8 MB, where the four or five vectors that a matrix-free solve keeps are 40 kB.
# Doubling n makes it four times as much. The gradient itself is right.
# A linear solver that needs products alone avoids it: ImplicitAdjoint(linear_solver=GMRES).
# Seen on 2026-11-28: 16.0 MB at n = 1000, 64.0 MB at n = 2000.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check \
  jax==0.10.2 jaxlib==0.10.2 optimistix==0.1.0 lineax==0.1.1
JAX_PLATFORMS=cpu JAX_ENABLE_X64=1 "$folder/env/bin/python" - <<'END'
import jax
import jax.numpy as jnp
import lineax
import optimistix


def layer(x, args):
    W, b = args
    return jnp.tanh(W @ x + b)


def megabytes(n, **adjoint):
    solver = optimistix.FixedPointIteration(rtol=1e-10, atol=1e-10)

    def loss(b, W):
        return optimistix.fixed_point(
            layer, solver, jnp.zeros(n), args=(W, b), max_steps=1000, throw=False,
            adjoint=optimistix.ImplicitAdjoint(**adjoint),
        ).value.sum()

    lowered = jax.jit(jax.grad(loss)).lower(jnp.ones(n), jnp.ones((n, n)))
    return lowered.compile().memory_analysis().temp_size_in_bytes / 1e6


default = {n: megabytes(n) for n in (1000, 2000)}
free = megabytes(1000, linear_solver=lineax.GMRES(rtol=1e-10, atol=1e-10))
print("default adjoint, MB by n:", default)
print(f"GMRES, n = 1000: {free:.2f} MB")
assert 15 < default[1000] < 17 and 3.9 < default[2000] / default[1000] < 4.1
assert free < 1
END
