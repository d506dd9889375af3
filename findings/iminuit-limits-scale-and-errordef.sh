#!/usr/bin/env bash
# iminuit 2.33.0, double precision, NumPy only: errors at a limit, an absolute tolerance, a late errordef.
#
# The cost mu^2 with errordef 1 has the error 1. With a limit at its minimum HESSE states 10.6, 5.0 and 82.7 for the
# limits (0, None), (0, 10) and (0, 100); the fit is "valid" and "accurate". MINOS gives 1. The docs warn of limits, not
# of a factor of 80 that the far limit decides.
# The tolerance is absolute, in units of the cost: Rosenbrock's function times 1e-4 ends "valid" and "accurate" at
# (0.61, 0.36) instead of (1, 1); times 1 it ends at (1, 1).
# errordef = 4 after a fit with MINOS: errors times 2, covariance times 4, MINOS as before; no warning.
# Contours of two parameters hold 68 % of both by default, 1.51 errors, while the errors are those of one.
# Seen on 2026-11-28: these numbers.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check iminuit==2.33.0 numpy==2.4.6 scipy==1.17.1
"$folder/env/bin/python" - <<'PY'
import sys

import numpy as np
from iminuit import Minuit

wrong = 0


def expect(name, found, seen, true):
    global wrong
    same = bool(np.allclose(found, seen, rtol=0.02))
    wrong += not same
    print("as seen " if same else "CHANGED ", name, np.round(found, 3), "truly", true)


for limits, seen in (((None, None), 1.0), ((0, None), 10.6), ((0, 10), 5.0), ((0, 100), 82.7)):
    m = Minuit(lambda mu: mu**2, mu=1.0)
    m.errordef, m.limits["mu"] = 1, limits
    m.migrad()
    m.hesse()
    assert m.valid and m.accurate
    expect(f"HESSE, limits {limits}:", m.errors["mu"], seen, 1)
    m.minos()
    expect("  upper end by MINOS:", m.values["mu"] + m.merrors["mu"].upper, 1.0, 1)

for scale, seen in ((1, (1.0, 1.0)), (1e-4, (0.61, 0.36))):
    m = Minuit(lambda a, b: scale * (100 * (b - a**2) ** 2 + (1 - a) ** 2), a=-1.2, b=1.0)
    m.errordef = 1
    m.migrad()
    assert m.valid and m.accurate
    expect(f"Rosenbrock times {scale}:", tuple(m.values), seen, "(1, 1)")

m = Minuit(lambda a, b: a**2 + b**2, a=0.1, b=0.2)
m.errordef = 1
m.migrad()
m.minos()
expect("contour's reach in errors:", np.abs(m.mncontour("a", "b")).max(), 1.51, "1 if it were that of one")
error, cov, upper = m.errors["a"], m.covariance["a", "a"], m.merrors["a"].upper
m.errordef = 4
expect("errors after errordef = 4:", m.errors["a"] / error, 2, 2)
expect("covariance:", m.covariance["a", "a"] / cov, 4, 4)
expect("MINOS:", m.merrors["a"].upper / upper, 1, 2)
sys.exit(bool(wrong))
PY
