#!/usr/bin/env bash
# num-dual 0.15.1 (dual numbers compiled from Rust, Python bindings), Python 3.11 and newer, x86-64.
#
# tanh is computed as sinh/cosh and differentiated as a quotient. Its value can exceed 1 and its slope can be
# negative (at 19); from 360 or so on, where the square of cosh overflows while the value is still right, the slope
# is nan, and from 711 on the value is nan too. The true slope is 1/cosh(x)**2: 1.26e-16 at 19, 0 in double
# precision at 400 and 800. No error, no warning.
#
# The spherical Bessel functions of a small argument are evaluated by their closed forms in sine and cosine, which
# cancel: sph_j2 is 17 times its true value x**2/15 at 1e-4 and has the wrong sign at 1e-5; the second derivative of
# sph_j1 (truly -x/5) is wrong by a factor of about -18 at 1e-4. At 0 itself all of them are right.
#
# Seen on 2026-11-27: the table below. The last column is the truth, by mpmath with 40 digits.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check num-dual==0.15.1 mpmath==1.3.0
"$folder/env/bin/python" - <<'PY'
import math
import sys

import mpmath
import num_dual

mpmath.mp.dps = 40
wrong = 0


def expect(holds, *shown):
    global wrong
    wrong += not holds
    print("as seen " if holds else "CHANGED ", *shown)


for x, seen in [
    (18.0, lambda v, s: abs(s / float(mpmath.sech(18) ** 2) - 1) < 0.1),
    (19.0, lambda v, s: v > 1 and s < 0),
    (400.0, lambda v, s: v == 1 and math.isnan(s)),
    (800.0, lambda v, s: math.isnan(v) and math.isnan(s)),
]:
    value, slope = num_dual.first_derivative(lambda t: t.tanh(), x)
    expect(seen(value, slope), f"tanh at {x}:", value, slope, "truly", float(mpmath.sech(x) ** 2))

for order, x, which, true, seen in [
    (2, 0.0, 0, 0.0, lambda ratio: ratio is None),
    (2, 1e-3, 0, 1e-6 / 15, lambda ratio: 1e-4 < abs(ratio - 1) < 1e-2),
    (2, 1e-4, 0, 1e-8 / 15, lambda ratio: ratio > 10),
    (2, 1e-5, 0, 1e-10 / 15, lambda ratio: ratio < -1e5),
    (1, 1e-4, 2, -1e-4 / 5, lambda ratio: ratio < -10),
    (1, 1e-6, 2, -1e-6 / 5, lambda ratio: ratio > 1e8),
]:
    found = num_dual.second_derivative(lambda t, name=f"sph_j{order}": getattr(t, name)(), x)[which]
    ratio = found / true if true else None
    words = ("value", "slope", "second derivative")[which]
    expect(seen(ratio) and (ratio is not None or found == 0),
           f"{words} of sph_j{order} at {x}:", found, "truly", true)

sys.exit(bool(wrong))
PY
