"""Default steps and the number formats they belong to."""

import math

import ml_dtypes
import numpy as np
import pytest
from differences import BENCHMARK, DTYPES, U

from slopes import finite


@pytest.mark.parametrize(
    ("nodes", "order", "law"),
    [
        ((0, 1), 1, lambda u: 2 * u ** (1 / 2)),
        ((-1, 1), 1, lambda u: (3 * u) ** (1 / 3)),
        ((-1, 0, 1), 2, lambda u: (48 * u) ** (1 / 4)),
    ],
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_optimal_steps_follow_the_root_laws(nodes, order, law, dtype):
    u = float(ml_dtypes.finfo(dtype).eps) / 2
    assert finite.unit_roundoff(dtype) == u
    assert finite.optimal_step(nodes, order, dtype=dtype) == pytest.approx(law(u), rel=1e-9)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", BENCHMARK.FORMULAS)
def test_the_minimum_of_a_u_curve_lies_within_a_factor_three_of_the_prediction(dtype, name):
    nodes, order = BENCHMARK.FORMULAS[name]
    ratio = BENCHMARK.best_step(dtype, nodes, order) / finite.optimal_step(
        nodes, order, dtype=dtype
    )
    assert 1 / 3 <= ratio <= 3


@pytest.mark.parametrize("dtype", [np.int32, bool, np.complex128, np.longdouble])
def test_unit_roundoff_of_other_dtypes_is_that_of_float64(dtype):
    assert finite.unit_roundoff(dtype) == U


def test_unit_roundoff_of_complex64_is_that_of_its_parts():
    assert finite.unit_roundoff(np.complex64) == 2.0**-24


@pytest.mark.parametrize("x", [0.0, 1.0, -3.0, 1e6])
def test_default_steps_reach_the_accuracy_that_theory_promises(x):
    # sin at scale max(|x|, 1) does not change by its own size for x = 1e6: take x / scale.
    scale = max(abs(x), 1.0)
    exact = math.cos(x / scale) / scale

    def fn(t):
        return math.sin(t / scale)

    assert abs(finite.forward(fn, x) - exact) * scale < 4 * math.sqrt(U)
    assert abs(finite.central(fn, x) - exact) * scale < 4 * U ** (2 / 3)


def test_default_step_is_chosen_for_the_dtype_of_the_values():
    narrow = finite.central(lambda x: np.float32(math.exp(np.float32(x))), 1.0)
    assert abs(narrow - math.e) < 10 * (2.0**-24) ** (2 / 3)
    half = finite.central(lambda x: np.float16(math.exp(np.float16(x))), 1.0)
    assert abs(half - math.e) < 10 * (2.0**-11) ** (2 / 3)


def test_float32_points_stay_float32():
    kinds = set()

    def fn(x):
        kinds.add(np.asarray(x).dtype.name)
        return np.exp(x)

    found = finite.central(fn, np.float32(1))
    assert kinds == {"float32"}
    assert abs(found - math.e) < 10 * (2.0**-24) ** (2 / 3)


@pytest.mark.parametrize("scheme", [finite.forward, finite.central])
def test_a_step_that_rounds_to_nothing_is_refused(scheme):
    with pytest.raises(
        ValueError, match=r"step must be large enough to change x=1\.0 in its dtype"
    ):
        scheme(math.exp, 1.0, step=1e-17)


def test_a_step_that_changes_float64_but_not_float16_is_refused():
    with pytest.raises(ValueError, match="step must be large enough"):
        finite.central(np.exp, np.float16(1), step=1e-5)
