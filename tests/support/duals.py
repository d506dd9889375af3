"""What the tests of dual numbers share: a unit, an oracle, both parts of a number."""

import mpmath

U = 2.0**-53


def exact_derivative(fn, x, order=1):
    """Derivative by differences in 150 digits, at the very same float."""
    with mpmath.workdps(150):
        x, h = mpmath.mpf(x), mpmath.mpf(10) ** (-150 // (order + 2))
        if order == 1:
            return float((fn(x + h) - fn(x - h)) / (2 * h))
        return float((fn(x + h) - 2 * fn(x) + fn(x - h)) / h**2)


def parts(x):
    """Value and tangent."""
    return (x.value, x.tangent)
