#!/usr/bin/env bash
# JAX 0.10.2 on the processor: two divisions by the same constant with a square between them are
# merged under jit. ((x*x + 21) / 10) ** 2 becomes (x*x + 21) ** 2 * 0.010000000000000002, whose
# factor is rounded. A Python loop that is written out by the trace then leaves the repelling fixed
# point 7 of x -> (x*x + 21) / 10 and is infinite after 200 steps; scan and fori_loop, and Python
# itself, stay at 7 exactly, since (49 + 21) / 10 has no rounding error. JAX 0.12 keeps the
# divisions. Right would be: what is written, or no change without a flag that allows it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check jax==0.10.2 jaxlib==0.10.2
JAX_PLATFORMS=cpu "$folder/env/bin/python" - <<'END'
import math

import jax
from jax import lax

jax.config.update("jax_enable_x64", True)


def step(x):
    return (x * x + 21) / 10


def written_out(x):
    for _ in range(200):
        x = step(x)
    return x


def scanned(x):
    return lax.scan(lambda x, _: (step(x), None), x, length=200)[0]


found = {
    "Python": written_out(7.0),
    "jit(scan)": float(jax.jit(scanned)(7.0)),
    "jit(written out)": float(jax.jit(written_out)(7.0)),
}
text = jax.jit(lambda x: step(step(x))).lower(7.0).compile().as_text()
for name, value in found.items():
    print(f"{name:17s} from 7, 200 steps: {value}")
print("the compiled program has the factor 0.010000000000000002:", "0.010000000000000002" in text)
assert found["Python"] == found["jit(scan)"] == 7.0
assert math.isinf(found["jit(written out)"])
assert "0.010000000000000002" in text
END
