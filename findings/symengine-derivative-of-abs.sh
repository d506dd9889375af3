#!/usr/bin/env bash
# symengine 0.15.0 (Python bindings, NumPy 2.4.6) against SymPy 1.14.0: derivatives of abs, Max, sign and floor.
#
# symengine has no rule for them and returns an unevaluated Derivative. subs then puts the number into both slots,
# the expression and the variable: Abs(x**2 - 3).diff(x).subs({x: 2.0}) is the object Derivative(1.0, 2.0), the
# derivative of a number in a number; subs and n() pass without an error. Only float(), Lambdify and a conversion
# to SymPy stop it ("Not Implemented", "Can't calculate derivative wrt 2.0"). So x*Abs(x), which is smooth
# (slope 2|x|), cannot be differentiated numerically this way.
# SymPy gives Heaviside(x) for Max(x, 0), whose value at 2 is 1, and for abs of a real symbol sign(x).
# Seen on 2026-11-27: the lines below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check symengine==0.15.0 sympy==1.14.0 numpy==2.4.6
"$folder/env/bin/python" - <<'PY'
import sys

import symengine
import sympy

wrong = 0


def expect(name, found, seen):
    global wrong
    wrong += str(found) != seen
    print("as seen " if str(found) == seen else "CHANGED ", name, found)


def outcome(fn):
    try:
        return fn()
    except Exception as error:
        return type(error).__name__


x, real = symengine.Symbol("x"), sympy.Symbol("x", real=True)
slope = symengine.Abs(x**2 - 3).diff(x)
expect("Abs(x**2 - 3).diff(x) at 2.0:", slope.subs({x: 2.0}), "Derivative(1.0, 2.0)")
expect("the same, n():", slope.subs({x: 2.0}).n(), "Derivative(1.0, 2.0)")
expect("the same, float():", outcome(lambda: float(slope.subs({x: 2.0}))), "RuntimeError")
expect("the same, to SymPy:", outcome(lambda: sympy.sympify(slope.subs({x: 2.0}))), "ValueError")
expect("the same, Lambdify:", outcome(lambda: symengine.Lambdify([x], [slope])([2.0])), "RuntimeError")
expect("(x*Abs(x)).diff(x) at 2:", (x * symengine.Abs(x)).diff(x).subs({x: 2}), "2 + 2*Derivative(2, 2)")
expect("Max(x, 0).diff(x) at 2:", symengine.Max(x, 0).diff(x).subs({x: 2}), "Derivative(2, 2)")
expect("floor(x).diff(x) at 2.5:", symengine.floor(x).diff(x).subs({x: 2.5}), "Derivative(2, 2.5)")
expect("SymPy, Abs:", sympy.Abs(real**2 - 3).diff(real).subs({real: 2}), "4")
expect("SymPy, Max:", sympy.Max(real, 0).diff(real).subs({real: 2}), "1")
sys.exit(bool(wrong))
PY
