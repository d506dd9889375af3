"""The chapter's figures: labels, scales, alt text and the data drawn, not pixels."""

import numpy as np
from drawings import data, drawn, is_loglog, names, panels

from slopes.plots import implicit

STEPS = np.array([1, 10, 100])
VALUE, SLOPE = np.array([1e-1, 1e-4, 1e-10]), np.array([1e0, 1e-2, 1e-8])


def test_lag_shows_both_errors_with_the_slopes_above():
    drawing = implicit.lag(STEPS, VALUE, SLOPE)
    (ax,) = panels(drawing)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("steps", "relative error")
    assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "log")
    assert drawn(ax, STEPS, VALUE)
    assert drawn(ax, STEPS, SLOPE)
    places = {text.get_text(): text.get_position()[1] for text in ax.texts}
    assert places["slope"] > SLOPE[1]
    assert places["value"] < VALUE[1]
    assert "after 1 to 100 steps" in drawing.alt
    assert "from 1.0e-01 to 1.0e-10" in drawing.alt
    assert "ends at 1.0e-08" in drawing.alt


TOLS = np.array([1e-2, 1e-6, 1e-10])
ERRORS = {"one tolerance": 2 * TOLS, "loose": np.full(3, 1e-3)}


def test_tolerances_falls_to_the_right_and_shows_where_both_are_equal():
    drawing = implicit.tolerances(TOLS, ERRORS)
    (ax,) = panels(drawing)
    assert is_loglog(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == (
        "tolerance of the search",
        "error of the gradient",
    )
    left, right = ax.get_xlim()
    assert left > right
    assert all(drawn(ax, TOLS, error) for error in ERRORS.values())
    assert any(np.array_equal(x, y) for x, y in data(ax))
    assert names(ax) == {*ERRORS, "the tolerance"}
    assert "from 1e-02 to 1e-10" in drawing.alt
    assert "2.0e-10 for one tolerance and 1.0e-03 for loose" in drawing.alt


def test_memory_shows_each_way_with_its_ends():
    ways = {"unrolled": 8.0 * STEPS, "implicit": np.full(3, 32.0)}
    drawing = implicit.memory(STEPS, ways)
    (ax,) = panels(drawing)
    assert is_loglog(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("steps", "kilobytes")
    assert all(drawn(ax, STEPS, k) for k in ways.values())
    assert names(ax) == set(ways)
    assert "after 1 and 100 steps: 8 and 800 for unrolled and 32 and 32 for implicit" in drawing.alt
