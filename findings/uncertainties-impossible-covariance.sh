#!/usr/bin/env bash
# uncertainties 3.2.3 with NumPy 2.4.6: a covariance matrix that no quantities can have is accepted and changed.
#
# - correlated_values([1, 2], [[1, 2], [2, 1]]): variances 1 and a covariance of 2 are a correlation of 2. No error;
#   both numbers come back with the variance 1.5 (the negative eigenvalue, -1, is left out), where 1 was given.
# - correlated_values([1, 2], [[1, 1.1], [1.1, 1]]) likewise: variances of 1.05.
# - wrap(f) of a function that returns a NumPy array without axes, as JAX's functions return their own, gives
#   NotImplemented as its value, and no error; float(f(x)) repairs it.
# Right would be an error for each.
# Seen on 2026-11-28: 1.5; 1.05; NotImplemented.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check uncertainties==3.2.3 numpy==2.4.6
"$folder/env/bin/python" - <<'PY'
import sys

import numpy as np
from uncertainties import correlated_values, ufloat, wrap

wrong = 0


def expect(name, found, seen, true):
    global wrong
    same = found is seen if seen is NotImplemented else abs(found - seen) < 1e-9
    wrong += not same
    print("as seen " if same else "CHANGED ", name, found, "truly", true)


for covariance, seen in ((2.0, 1.5), (1.1, 1.05)):
    first, _ = correlated_values([1, 2], [[1, covariance], [covariance, 1]])
    expect(f"variance 1, covariance {covariance}:", first.std_dev**2, seen, "refused")
expect("wrap:", wrap(lambda x: np.array(2 * x))(ufloat(0.5, 0.1)), NotImplemented, "1.0+/-0.2 or an error")
sys.exit(bool(wrong))
PY
