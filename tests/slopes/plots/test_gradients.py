"""The chapter's figures: labels, scales, alt text and the data drawn, not pixels."""

import numpy as np
import pytest
from drawings import data, drawn, is_loglog, names, panels

from slopes.plots import gradients, style

nan, inf = np.nan, np.inf
X = np.array([0.0, 400.0, 700.0, 800.0])
UNUSED = np.array([1.0, 1e173, 1e304, inf])
SLOPES = {"one where": np.array([1.05, 1.05, 1.05, nan]), "two": np.full(4, 1.05)}


@pytest.mark.parametrize("across", [False, True])
def test_branches_shows_the_overflow_and_where_the_slope_ends(across):
    drawing = gradients.branches(X, UNUSED, SLOPES, largest=1.7e308, across=across)
    wide, high = drawing.figure.get_size_inches()
    assert (wide > 2 * high) == across
    top, below = panels(drawing)
    assert drawn(top, X[:3], np.log10(UNUSED[:3]))
    assert any(np.all(y == np.log10(1.7e308)) for _, y in data(top))
    dots = [line.get_xdata().tolist() for line in below.lines if line.get_marker() == "."]
    assert dots == [X[:3].tolist(), X.tolist()]
    assert names(below) == set(SLOPES)
    assert names(top) == {" largest number"}
    assert all(any(np.all(x == 700.0) for x, _ in data(ax)) for ax in (top, below))
    assert drawing.alt.endswith("one where up to 700 and two up to 800.")


def test_growth_shows_a_curve_for_each_stage():
    orders = np.arange(3)
    counts = {"traced": np.array([4, 10, 23]), "compiled": np.array([8, 12, 22])}
    drawing = gradients.growth(orders, counts)
    (ax,) = panels(drawing)
    assert ax.get_yscale() == "log"
    assert all(drawn(ax, orders, count) for count in counts.values())
    assert names(ax) == set(counts)
    assert ax.get_xticks().tolist() == [0, 1, 2]
    assert drawing.alt.endswith("from 4 to 23 traced and 8 to 22 compiled.")


PARTS = np.array([1e-9, 1e-6, 1e-3])
ERRORS = {"double": np.array([1e-9, 1e-6, 1e-3]), "single": np.array([1e-7, 1e-6, 1e-3])}


def test_sabotage_shows_what_is_caught_as_filled_dots():
    drawing = gradients.sabotage(PARTS, ERRORS, {"double": 1e-8, "single": 2.4e-4})
    (ax,) = panels(drawing)
    assert is_loglog(ax)
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    filled = [line.get_markerfacecolor() != "none" for line in dots]
    assert [len(line.get_xdata()) for line in dots] == [2, 1, 1, 2]
    assert filled == [True, False] * 2
    assert {line.get_color() for line in dots[:2]} == {style.PALETTE["blue"][0]}
    assert names(ax) == set(ERRORS)
    assert drawing.alt.endswith("in double from 1e-06 and single from 1e-03.")


def test_every_figure_has_a_test_here():
    told = {test.split("_shows")[0] for test in globals()}
    assert {f"test_{name}" for name in gradients.__all__} <= told


def test_no_figure_changes_what_it_is_given():
    errors = {name: error.copy() for name, error in ERRORS.items()}
    gradients.sabotage(PARTS, errors, {"double": 1e-8, "single": 2.4e-4})
    assert all(np.array_equal(errors[name], ERRORS[name]) for name in ERRORS)
