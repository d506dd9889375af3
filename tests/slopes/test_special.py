"""Values that math or NumPy lacks, against mpmath."""

import math

import mpmath
import numpy as np
import pytest

from slopes import special
from slopes.special import digamma, erf, erfc, lgamma, logaddexp, trigamma

U = 2.0**-53
STATED = 16 * U  # of max(1, abs(value)), as the module says
RNG = np.random.default_rng(5)
POSITIVE = np.concatenate([10.0 ** RNG.uniform(-10, 10, 200), RNG.uniform(0, 12, 200)])
NEGATIVE = np.concatenate([RNG.uniform(-50, 0, 200), -0.5 - np.arange(5.0), [-1e-8, -1e5 - 0.3]])
IN_MPMATH = {digamma: mpmath.digamma, trigamma: lambda x: mpmath.psi(1, x)}


def errors(fn, reference, x):
    with mpmath.workdps(60):
        right = [reference(mpmath.mpf(t)) for t in x.tolist()]
        return [
            float(abs(value - y) / max(1, abs(y))) for value, y in zip(fn(x), right, strict=True)
        ]


@pytest.mark.parametrize("fn", IN_MPMATH)
@pytest.mark.parametrize("x", [POSITIVE, NEGATIVE], ids=["positive", "negative"])
def test_the_error_is_within_the_bound_that_is_stated(fn, x):
    assert max(errors(fn, IN_MPMATH[fn], x)) <= STATED


def test_a_term_less_of_the_series_breaks_the_bound(monkeypatch):
    monkeypatch.setattr(special, "BERNOULLI", special.BERNOULLI[:4])
    for fn, reference in IN_MPMATH.items():
        assert max(errors(fn, reference, POSITIVE)) > STATED


@pytest.mark.parametrize("fn", IN_MPMATH)
def test_numbers_give_floats_and_arrays_their_shape_and_dtype(fn):
    assert type(fn(2)) is float
    assert fn(np.ones((2, 3))).shape == (2, 3)
    assert fn(np.ones(2, np.float32)).dtype == np.float32
    assert fn(np.array([1, 2])).dtype == np.float64
    assert fn(np.array([1.5, -1.5])).tolist() == [fn(1.5), fn(-1.5)]


@pytest.mark.parametrize("fn", IN_MPMATH)
@pytest.mark.parametrize("x", [0.0, -1.0, -7])
def test_a_pole_is_refused(fn, x):
    message = rf"x must be no integer below 1 in {fn.__name__}\(x\), got x={float(x)}"
    with pytest.raises(ValueError, match=message):
        fn(np.array([1.0, x]))


def test_the_recurrence_holds_at_published_values():
    # DLMF 5.4.12, 5.4.13 and 5.15: psi(1) = -gamma, psi(1/2) = -gamma - 2 log 2.
    assert digamma(0.5) == pytest.approx(-float(mpmath.euler) - 2 * math.log(2), rel=STATED)
    assert trigamma(0.5) == pytest.approx(math.pi**2 / 2, rel=STATED)


@pytest.mark.parametrize(("fn", "name"), [(erf, "erf"), (erfc, "erfc"), (lgamma, "lgamma")])
def test_arrays_get_what_math_gives_numbers(fn, name):
    x = np.array([[0.3, 2.0], [5.5, 27.5]])
    assert fn(x).tolist() == [[getattr(math, name)(t) for t in row] for row in x.tolist()]
    assert fn(x.astype(np.float32)).dtype == np.float32
    assert fn.__name__ == name


def test_lgamma_is_infinite_at_a_pole_and_where_it_overflows():
    assert lgamma(np.array([0.0, -3.0, 1e308])).tolist() == [math.inf] * 3


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (-1.0, 3.0), (1000.0, 999.0), (-1e300, 5.0)])
def test_logaddexp_is_that_of_mpmath_and_does_not_overflow(x, y):
    with mpmath.workdps(50):
        right = float(mpmath.log(mpmath.exp(x) + mpmath.exp(y)))
    assert logaddexp(x, y) == logaddexp(y, x) == pytest.approx(right, rel=4 * U)


@pytest.mark.parametrize("x", [-math.inf, 0.0, math.inf, math.nan])
@pytest.mark.parametrize("y", [-math.inf, 0.0, math.inf, math.nan])
def test_logaddexp_of_what_is_not_finite_is_that_of_numpy(x, y):
    with np.errstate(invalid="ignore"):
        right = float(np.logaddexp(x, y))
    assert logaddexp(x, y) == pytest.approx(right, nan_ok=True)


def test_the_module_exports_what_it_documents():
    assert all(hasattr(special, name) for name in special.__all__)


@pytest.mark.parametrize("fn", [digamma, trigamma, erf, erfc, lgamma])
def test_of_no_numbers_there_are_no_values(fn):
    assert fn(np.zeros((0, 2))).shape == (0, 2)
