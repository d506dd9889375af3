#!/usr/bin/env bash
# autograd 1.9.1 with NumPy 2.4.6: gradients that are nan where the function is smooth and autograd.numpy supports it.
#
# - numpy.linalg.norm(x, inf): nan in the entry of largest magnitude, at every point (the rule for a general order p
#   is used with p = inf). At (1, -2) the gradient is (0, -1).
# - numpy.prod with one zero among its factors: nan in that entry (the rule divides the product by the factor).
#   At (0, 2, 3) the gradient is (6, 0, 0). With two zeros all are nan in these entries; the gradient is 0.
# - numpy.sinc at 0 is nan (0 is right), and at 1e-8 it is -2.1e-8 (-3.29e-8 is right).
# - numpy.linalg.det of a singular matrix raises LinAlgError, although its gradient, the transposed matrix of
#   cofactors, exists: [[4, -2], [-2, 1]] for [[1, 2], [2, 4]].
# NumPy's warnings (divide, invalid) appear for the first three; there is no error.
# Seen on 2026-11-27: [0, nan]; [nan, 0, 0]; [nan, nan, 0]; nan; -2.106e-08; LinAlgError.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check autograd==1.9.1 numpy==2.4.6
"$folder/env/bin/python" -W ignore - <<'PY'
import sys

import autograd.numpy as np
from autograd import grad

wrong = 0


def gradient(fn, at):
    try:
        return grad(fn)(at)
    except np.linalg.LinAlgError as error:
        return type(error).__name__


def expect(name, found, seen, true):
    global wrong
    same = found == seen if isinstance(seen, str) else np.allclose(found, seen, rtol=1e-3, atol=0, equal_nan=True)
    wrong += not same
    print("as seen " if same else "CHANGED ", name, found, "truly", true)


nan = np.nan
expect("norm(x, inf):", gradient(lambda x: np.linalg.norm(x, np.inf), np.array([1.0, -2.0])), [0, nan], [0, -1])
expect("prod, one zero:", gradient(np.prod, np.array([0.0, 2.0, 3.0])), [nan, 0, 0], [6, 0, 0])
expect("prod, two zeros:", gradient(np.prod, np.array([0.0, 0.0, 3.0])), [nan, nan, 0], [0, 0, 0])
expect("sinc at 0:", gradient(np.sinc, 0.0), nan, 0)
expect("sinc at 1e-8:", gradient(np.sinc, 1e-8), -2.106e-8, -3.29e-8)
expect("det, singular:", gradient(np.linalg.det, np.array([[1.0, 2.0], [2.0, 4.0]])), "LinAlgError", "[[4, -2], [-2, 1]]")
sys.exit(bool(wrong))
PY
