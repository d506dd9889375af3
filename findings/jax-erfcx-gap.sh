#!/usr/bin/env bash
# JAX 0.10.2, CPU: jax.scipy.special.erfcx is 0 where erfc is denormal, and right on both sides of that gap.
#
# - single precision: 0 for x from 9.195 to 9.419; at 9.3 it should be 0.06032.
# - double precision: 0 for x from 26.543 to 26.642; at 26.6 it should be 0.02120.
# erfcx exists since its plain form, exp(x^2) erfc(x), overflows and underflows; in the gap the plain form is still used
# and its second factor is flushed to 0. A difference of two scaled tails, one of them in the gap, is wrong by its whole
# size (a price of an option some 13 deviations out of the money was 40 times too high). 0.12.0.1 is right.
# Seen on 2026-11-28: these numbers.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check jax==0.10.2 jaxlib==0.10.2
JAX_PLATFORMS=cpu JAX_ENABLE_X64=1 "$folder/env/bin/python" - <<'PY'
import sys

import numpy as np
from jax.scipy.special import erfcx

wrong = 0
for dtype, inside, true, outside in [
    (np.float32, 9.3, 0.0603207, (9.19, 9.43)),
    (np.float64, 26.6, 0.0211952, (26.5, 26.7)),
]:
    found = float(erfcx(dtype(inside)))
    sides = [float(erfcx(dtype(x))) for x in outside]
    near = all(0.9 < side / true < 1.1 for side in sides)
    wrong += not (found == 0 and near)
    print("as seen " if found == 0 and near else "CHANGED ", dtype.__name__, inside, found, "truly", true, "beside", sides)
sys.exit(bool(wrong))
PY
