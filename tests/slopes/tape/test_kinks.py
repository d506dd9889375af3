"""Kinks: the mean of both sides, and no second derivative through the choice."""

import math

import numpy as np
import pytest
from tapes import U

from slopes import tape


def second(fn, x):
    return tape.gradient(lambda x: tape.gradient(fn, x), x)


# Smooth functions through a kink, with their second derivative: a slope of 0 or 1/2 at the tie was
# differentiated as a constant, and the answer was 0, -1, 1, ...
THROUGH = [
    (lambda x: abs(-x * x), 0.0, 2, "abs"),
    (lambda x: abs(x) ** 2, 0.0, 2, "abs"),
    (lambda x: tape.maximum(x * x, -x * x), 0.0, 2, "maximum"),
    (lambda x: tape.maximum(x * x, 0.0), 0.0, 2, "maximum"),
    (lambda x: tape.minimum(-x * x, 0.0), 0.0, -2, "minimum"),
    (lambda x: tape.clip(x**3, -1.0, 1.0) * 0 + tape.clip(x * x, 0.0, 9.0), 0.0, 2, "maximum"),
    (lambda x: tape.max(tape.stack([x * x, -x * x])), 0.0, 2, "max or min"),
    (lambda x: tape.min(tape.stack([x * x, 3 * x * x])), 0.0, 2, "max or min"),
    (lambda x: tape.sum(abs(tape.stack([x, x * x]))), 0.0, math.inf, "abs"),
]  # fmt: skip


@pytest.mark.parametrize(("fn", "x", "exact", "op"), THROUGH)
def test_a_second_derivative_through_a_tie_is_refused_not_wrong(fn, x, exact, op):
    message = f"{op} must be away from its kink for a second derivative"
    for call in (lambda: second(fn, x), lambda: tape.hessian(fn, x)):
        with pytest.raises(ValueError, match=message):
            call()
    assert math.isfinite(tape.gradient(fn, x))
    away = second(fn, x + 1e-3)
    assert exact == math.inf or away == pytest.approx(exact, rel=64 * U)


def test_where_takes_a_side_and_is_right_again():
    assert second(lambda x: tape.where(x * x >= 0, x * x, -x * x), 0.0) == 2


def test_a_tie_that_no_cotangent_reaches_does_no_harm():
    fn = lambda x: tape.where(x > 0, abs(x), x * x)  # noqa: E731
    assert second(fn, 0.0) == 2
    x = np.array([0.0, 3.0])
    found = tape.hessian(lambda x: tape.sum(tape.maximum(x, 0.0) * [0, 1]) + x[1] ** 3, x)
    assert found.tolist() == [[0, 0], [0, 18]]


def test_away_from_ties_second_derivatives_pass_through_kinks():
    x = np.array([-1.5, 0.5, 2.0])
    found = tape.hessian(lambda x: tape.sum(abs(x) ** 3) + tape.max(x) ** 2, x)
    assert found.tolist() == np.diag([9.0, 3.0, 12.0 + 2.0]).tolist()


def test_a_record_of_the_first_derivative_at_a_tie_may_be_read_and_counted():
    record = tape.trace(lambda x: tape.gradient(lambda x: abs(-x * x), x), 0.0)
    assert tape.operations(record) > 0
    assert record.entries[record.output].value == 0


def test_single_precision_stays_single_at_a_tie():
    for fn in (abs, lambda x: tape.maximum(x, 0), lambda x: tape.max(x)):
        found = tape.vjp(fn, np.zeros(2, np.float32))
        assert found[1](np.ones(np.shape(found[0]), np.float32))[0].dtype == np.float32
