#!/usr/bin/env bash
# JAX 0.10.2 and 0.12.0.1 on the processor: two limits of implicit derivatives.
#
# lax.custom_root(..., has_aux=True) whose auxiliary output is an integer, such as a count of steps:
# on 0.10.2 jax.grad raises a TypeError about float0 from inside JAX (the value is found, and a
# floating-point count is fine); on 0.12.0.1 the gradient is right.
# lax.custom_linear_solve of a tuple of which one part of the right-hand side does not depend on the
# parameter: jax.jvp is right, and jax.grad ends in an AssertionError without a word, on both.
# Right would be the gradient: 1 in both examples. The cure: let counts pass as floating-point
# numbers, and make the tuple one vector (ravel_pytree).
# Seen on 2026-11-28: TypeError, AssertionError (0.10.2); 1.0, AssertionError (0.12.0.1).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
new=$(python3 -c 'import sys; print("0.12.0.1" if sys.version_info >= (3, 12) else "0.10.2")')
"$folder/env/bin/pip" install --quiet --disable-pip-version-check "jax==$new" "jaxlib==$new"
JAX_PLATFORMS=cpu JAX_ENABLE_X64=1 "$folder/env/bin/python" - <<'END'
import jax


def counted(a, count):
    """The root of x = a, beside a number that the search reports."""
    return jax.lax.custom_root(
        lambda x: x - a, 0.0, lambda f, x: (x - f(x), count), lambda _, b: b, has_aux=True
    )[0]


def pair(a):
    """The second number of the root (a, a) of (x0 - a, x1 - x0): 0 on the right of its row."""

    def tangent(linear, b):
        solve = lambda _, b: (b[0], b[0] + b[1])
        return jax.lax.custom_linear_solve(linear, b, solve, solve)

    equations = lambda x: (x[0] - a, x[1] - x[0])
    return jax.lax.custom_root(equations, (0.0, 0.0), lambda _, x: (x[0] + a, a), tangent)[1]


def outcome(run):
    try:
        return float(run())
    except Exception as error:
        return type(error).__name__, str(error)[:60]


old = jax.__version_info__ < (0, 12)
found = {
    "value with an integer": outcome(lambda: counted(3.0, 7)),
    "gradient with a float": outcome(lambda: jax.grad(counted)(3.0, 7.0)),
    "gradient with an integer": outcome(lambda: jax.grad(counted)(3.0, 7)),
    "tuple, forward mode": outcome(lambda: jax.jvp(pair, (3.0,), (1.0,))[1]),
    "tuple, reverse mode": outcome(lambda: jax.grad(pair)(3.0)),
}
print("JAX", jax.__version__)
for name, result in found.items():
    print(f"{name:25s}", result)
assert found["value with an integer"] == 3.0 and found["gradient with a float"] == 1.0
assert found["tuple, forward mode"] == 1.0
assert found["gradient with an integer"][0] == "TypeError" if old else found["gradient with an integer"] == 1.0
assert found["tuple, reverse mode"] == ("AssertionError", "")
END
