"""Negative controls: a rule, a sum or a transpose that is wrong is caught."""

import numpy as np
import pytest
from tapes import draw, gap, rounding, transposed, whole

from slopes import tape
from slopes.tape import pullback, record


@record.primitive(lambda _y, x: lambda w: w * (1 + 1 / 2000) * tape.cos(x))
def wrong_sine(x):
    return np.sin(x)


def test_a_rule_that_is_wrong_by_one_part_in_two_thousand_is_caught():
    x = np.array([0.3, -2.0])
    assert gap(wrong_sine, np.sin, x) > 1000 * rounding(x)


def test_a_backward_pass_that_forgets_to_sum_over_what_was_broadcast_is_caught(monkeypatch):
    def forgetful(share, form):
        return share.ravel()[: np.prod(form[0], dtype=int)].reshape(form[0])

    monkeypatch.setattr(pullback, "unbroadcast", forgetful)
    a, b = draw(2, 3), draw(3)
    assert gap(np.multiply, np.multiply, a, b) > 1000 * rounding(a, b)


@pytest.mark.parametrize("x", [3.0, np.array(3.0)])
def test_a_sum_over_uses_that_keeps_only_the_last_is_caught(monkeypatch, x):
    monkeypatch.setattr(pullback, "joined", lambda _bar, share: share)
    assert tape.gradient(lambda x: x * x, x) != 6


def test_an_index_that_counts_twice_only_once_is_caught(monkeypatch):
    def lossy(*pieces, indices, shape, dtype):
        out = np.zeros(shape, dtype)
        for index, w in zip(indices, pieces, strict=True):
            out[index] += w
        return out

    monkeypatch.setattr(pullback, "scatter", lossy)
    assert not transposed(lambda x: x[[0, 0]], lambda x: x[[0, 0]], whole((3,)))
