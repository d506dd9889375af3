"""The adaptive derivative of polynomials, which never bend."""

import math
from fractions import Fraction

import numpy as np
import pytest

from slopes import finite
from slopes.compare import digits


@pytest.mark.parametrize(("degree", "order", "least"), [(2, 1, 14), (4, 1, 13.5), (2, 2, 14)])
def test_polynomials_are_differentiated_to_the_last_digits(degree, order, least):
    # The first fit of x^2 + 3 x + 2 was 10^8 wide, where 3 x is lost: 2.99999999695 +- 1e-7.
    draw = np.random.default_rng(11)
    right = []
    for _ in range(40):
        c, x = draw.uniform(-3, 3, degree + 1), draw.choice([0.0, 1.0, draw.uniform(-3, 3)])
        found = finite.derivative(
            lambda t, c=c: sum(a * t**k for k, a in enumerate(c)), x, order=order
        )
        exact = sum(
            Fraction(a) * math.perm(k, order) * Fraction(x) ** max(k - order, 0)
            for k, a in enumerate(c)
        )
        right.append(digits(found.value, float(exact)))
        assert found.evaluations < 100
    assert np.median(right) > least + 0.5
    assert np.quantile(right, 0.1) > least - 0.5


@pytest.mark.parametrize(
    ("fn", "slope"),
    [
        (lambda x: x * x + 3 * x + 2, 3),
        (lambda x: x**2 + 1, 0),
        (lambda x: x**6 - x**5 + 3 * x + 2, 3),
    ],
)
def test_polynomials_at_zero_have_bars_of_rounding_size(fn, slope):
    found = finite.derivative(fn, 0.0)
    assert abs(found.value - slope) <= found.error < 256 * 2.0**-53 * max(slope, 1)
