"""Array values, counted evaluations, and the errors that bad input gets."""

import cmath
import math
import re

import numpy as np
import pytest
from differences import FREE, counting

from slopes import finite
from slopes.finite import adaptive


def test_array_values_are_differentiated_entry_by_entry():
    found = finite.central(lambda x: np.array([[x, x**2], [x**3, 1.0]]), 2.0)
    np.testing.assert_allclose(found, [[1, 4], [12, 0]], atol=1e-9)
    assert isinstance(finite.central(math.exp, 1.0), float)


def test_complex_values_are_differentiated_too():
    found = finite.central(lambda x: cmath.exp(1j * x), 0.5)
    assert abs(found - 1j * cmath.exp(0.5j)) < 1e-10


@pytest.mark.parametrize(
    ("scheme", "count"),
    [
        (finite.forward, 2),
        (finite.central, 2),
        (finite.complex_step, 1),
        (lambda fn, x: finite.stencil(fn, x, nodes=(-2, -1, 0, 1, 2)), 4),
        (lambda fn, x: finite.stencil(fn, x, nodes=(-1, 0, 1), order=2), 3),
    ],
)
def test_evaluations_of_the_fixed_formulas_are_counted(scheme, count):
    fn, calls = counting(np.exp)
    scheme(fn, 1.0)
    assert len(calls) == count


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: finite.forward(math.exp, 1j), TypeError, "x must be one real number, got x=1j"),
        (
            lambda: finite.central(math.exp, [1.0]),
            TypeError,
            "x must be one real number, got x=[1.0]",
        ),
        (lambda: finite.central(math.exp, math.inf), ValueError, "x must be finite, got x=inf"),
        (
            lambda: finite.forward(math.exp, 1.0, step=-0.1),
            ValueError,
            "step must be positive and finite, got step=-0.1",
        ),
        (
            lambda: finite.weights([0.0, 0.0], 1),
            ValueError,
            "nodes must be distinct finite numbers in a row, got nodes=[0.0, 0.0]",
        ),
        (
            lambda: finite.weights([0.0, 1.0], 2),
            ValueError,
            "order must be at least 0 and below the number of nodes 2, got order=2",
        ),
        (
            lambda: finite.stencil(math.exp, 1.0, nodes=[0, 1], order=0),
            ValueError,
            "order must be at least 1 and below the number of nodes 2, got order=0",
        ),
        (lambda: finite.gradient(sum, [1j]), TypeError, "x must be real, got x=[1j]"),
        (
            lambda: finite.gradient(sum, [1.0, math.nan]),
            ValueError,
            "x must be a row of finite numbers, got x=[1.0, nan]",
        ),
        (
            lambda: finite.gradient(lambda x: x, [1.0, 2.0]),
            ValueError,
            "fn must return one number, got shape=(2,); take the jacobian",
        ),
        (
            lambda: finite.gradient(sum, [1.0], step=0.0),
            ValueError,
            "step must be positive and finite, got step=0.0",
        ),
        (
            lambda: finite.gradient(sum, [0.0, 1e20], step=1.0),
            ValueError,
            "step must be large enough to change x=1e+20 in its dtype, got step=1.0",
        ),
        (
            lambda: finite.gradient(lambda x: x[0], [1.0, 2.0, 3.0], batched=True),
            ValueError,
            "fn must return 6 rows for 6 points when batched, got shape=(3,)",
        ),
        (
            lambda: finite.jacobian(lambda x: x, [1.0, 2.0], pattern=[[True, False]]),
            ValueError,
            "pattern must have the Jacobian's shape (2, 2), got pattern.shape=(1, 2)",
        ),
        (
            lambda: finite.jacobian(lambda x: x, [1.0, 2.0], pattern=[[True]]),
            ValueError,
            "pattern must have 2 columns for 2 inputs, got 1",
        ),
        (
            lambda: finite.group_columns([True, False]),
            ValueError,
            "pattern must have two axes, got pattern.ndim=1",
        ),
        (
            lambda: finite.hessian(lambda x: x, [1.0, 2.0]),
            ValueError,
            "fn must return one number, got shape=(2,); take the hessian of each output",
        ),
        (
            lambda: finite.directional(sum, [1.0, 2.0], [1.0]),
            ValueError,
            "v must have the shape (2,) of x, got v.shape=(1,)",
        ),
        (
            lambda: finite.derivative(math.exp, 1.0, order=3),
            ValueError,
            "order must be 1 or 2, got order=3",
        ),
        (
            lambda: finite.derivative(math.exp, 1.0, bounds=(2.0, 3.0)),
            ValueError,
            "bounds must enclose x=1.0 in order, got bounds=(2.0, 3.0)",
        ),
        (
            lambda: finite.derivative(math.exp, "3"),
            TypeError,
            "x must be one real number, got x='3'",
        ),
        (
            lambda: adaptive.estimate(math.exp, 1.0, 1.0, FREE),
            TypeError,
            "order must be an integer, got order=1.0",
        ),
        (
            lambda: adaptive.estimate(math.exp, 1.0, 1, None),
            TypeError,
            "bounds must be a pair of numbers, got bounds=None",
        ),
        (
            lambda: finite.derivative(lambda x: None, 1.0),  # noqa: ARG005
            TypeError,
            "fn must return one real number, got fn(1.0)=None",
        ),
        (
            lambda: finite.derivative(lambda x: 1j * x, 1.0),
            TypeError,
            "fn must return one real number, got fn(1.0)=",
        ),
        (
            lambda: finite.derivative(lambda x: [x, x], 1.0),
            TypeError,
            "fn must return one real number, got fn(1.0)=",
        ),
        (
            lambda: finite.derivative(lambda x: math.nan * x, 1.0),
            ValueError,
            "fn must be finite at x, got fn(1.0)=nan",
        ),
        (
            lambda: finite.derivative(lambda x: 1.0 if x == 2 else math.nan, 2.0),
            ValueError,
            "fn must be finite near x, got neither side of x=2.0 finite",
        ),
        (
            lambda: finite.complex_step(lambda x: abs(x), -1.0),
            TypeError,
            "fn must return complex values for complex x, got fn(x)=np.float64(1.0)",
        ),
    ],
)
def test_bad_input_gets_the_stated_error(call, kind, message):
    with pytest.raises(kind, match=re.escape(message)):
        call()
