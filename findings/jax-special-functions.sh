#!/usr/bin/env bash
# JAX 0.10.2 (and 0.12.0.1 where said), double precision, CPU: special functions at ordinary arguments.
#
# - jax.scipy.special.spence: values are right; the gradient is nan for 1 < x <= 2 and 0 at x = 1 (right: -log(x)/(x-1),
#   that is -0.811 at 1.5 and -1 at 1). The same on 0.12.0.1.
# - jax.scipy.special.betaln(x, y): once the larger argument reaches 8 the value has only seven digits, in double precision
#   too: 3e-7 off at (8, 2), 1.3e-7 at (10, 2); with 5 and 2 all sixteen are right. beta.logpdf inherits it. The same on 0.12.0.1.
# - jax.scipy.special.hyp1f1(1.5, 2.5, x): a negative argument makes the series cancel: 2e-4 off at -30, and -199 instead of
#   0.00376 at -50; no warning. The same on 0.12.0.1.
# - second derivatives where both arguments are equal: hypot(x, y) in x at (1, 1) gives 0 instead of 0.3536, betaln(x, y) in
#   x at (2, 2) 0.0386 instead of 0.3611, and both are right at (1, 1.001) and (2, 2.001): each sorts its arguments by
#   maximum and minimum, whose slopes at a tie are one half. First derivatives are right. 0.12.0.1 gives the right values.
# - the second derivative of exp1 raises TypeError ("No constant handler"); 0.12.0.1 gives it.
# Seen on 2026-11-27: these numbers.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check jax==0.10.2 jaxlib==0.10.2 mpmath==1.3.0
JAX_PLATFORMS=cpu JAX_ENABLE_X64=1 "$folder/env/bin/python" - <<'PY'
import math
import sys

import jax
import jax.numpy as jnp
import mpmath
from jax.scipy import special

mpmath.mp.dps = 30
wrong = 0


def expect(holds, *shown):
    global wrong
    wrong += not holds
    print("as seen " if holds else "CHANGED ", *shown)


def off(found, true):
    return abs(float(found) / float(true) - 1)


slope = jax.grad(special.spence)
for x in (1.25, 1.5, 2.0):
    expect(math.isnan(slope(x)), f"slope of spence at {x}:", slope(x), "truly", -math.log(x) / (x - 1))
expect(slope(1.0) == 0, "slope of spence at 1:", slope(1.0), "truly -1")
expect(off(slope(2.5), -math.log(2.5) / 1.5) < 1e-12, "slope of spence at 2.5, right:", slope(2.5))

for x, least, most in [(5.0, 0, 1e-14), (8.0, 1e-8, 1e-6), (10.0, 1e-8, 1e-6)]:
    true = mpmath.log(mpmath.beta(x, 2))
    found = special.betaln(x, 2.0)
    expect(least <= off(found, true) <= most, f"betaln({x}, 2): relative error", off(found, true))

for x, least in [(-10.0, 0), (-30.0, 1e-5), (-50.0, 1e4)]:
    true = mpmath.hyp1f1(1.5, 2.5, x)
    found = special.hyp1f1(1.5, 2.5, x)
    expect(off(found, true) >= least and (least or off(found, true) < 1e-10),
           f"hyp1f1(1.5, 2.5, {x}):", found, "truly", float(true))


def second(fn, x, y):
    return float(jax.grad(jax.grad(fn))(x, y))


expect(second(jnp.hypot, 1.0, 1.0) == 0, "hypot, second derivative at a tie:", second(jnp.hypot, 1.0, 1.0))
expect(off(second(jnp.hypot, 1.0, 1.001), 0.35373) < 1e-4, "beside it, right:", second(jnp.hypot, 1.0, 1.001))
expect(off(second(special.betaln, 2.0, 2.0), 0.0386441) < 1e-4, "betaln at a tie:", second(special.betaln, 2.0, 2.0))
expect(off(second(special.betaln, 2.0, 2.001), 0.361191) < 1e-4, "beside it, right:", second(special.betaln, 2.0, 2.001))

try:
    found = jax.grad(jax.grad(special.exp1))(2.0)
except TypeError as error:
    found = type(error).__name__
expect(found == "TypeError", "second derivative of exp1 at 2:", found, "truly", 3 * math.exp(-2) / 4)
sys.exit(bool(wrong))
PY
