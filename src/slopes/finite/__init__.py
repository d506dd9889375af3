r"""Numerical differentiation: slopes from nothing but values of a function.

A stencil of nodes :math:`s_k` and step :math:`h` estimates a derivative of order :math:`d` as

.. math:: f^{(d)}(x) \approx h^{-d} \sum_k w_k\, f(x + s_k h).

Cost: one evaluation per node with a non-zero weight, per input; no memory to speak of. It works on
any code that returns numbers, and it fails where rounding meets truncation: a large step misses
the curve, a small one divides the rounding error of ``fn`` by almost nothing. `derivative` finds
the best compromise itself and returns an error bar; the fixed formulas leave it to the caller.
Everywhere the step is the one that rounding leaves, not the one that was asked for, and a value is
copied as soon as it is returned, so that `fn` may fill one array of its own again and again.
Reference: B. Fornberg, "Generation of finite difference formulas on arbitrarily spaced grids",
Mathematics of Computation 51 (1988) 699-706.
"""

from slopes.compare import unit_roundoff
from slopes.finite.estimates import Estimate, derivative
from slopes.finite.imaginary import complex_step
from slopes.finite.patterns import group_columns
from slopes.finite.stencils import (
    CENTRAL,
    FORWARD,
    central,
    forward,
    optimal_step,
    stencil,
    weights,
)
from slopes.finite.vectors import directional, gradient, hessian, jacobian

__all__ = [
    "CENTRAL",
    "FORWARD",
    "Estimate",
    "central",
    "complex_step",
    "derivative",
    "directional",
    "forward",
    "gradient",
    "group_columns",
    "hessian",
    "jacobian",
    "optimal_step",
    "stencil",
    "unit_roundoff",
    "weights",
]
