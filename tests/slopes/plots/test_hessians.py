"""The chapter's figures: labels, scales, alt text and the data drawn, not pixels."""

import numpy as np
from drawings import curve_colours, data, drawn, is_loglog, names, panels

from slopes.plots import hessians, style

MANY = np.array([1, 10, 100, 1000])
WAYS = {"form the matrix": 4e9 + 2e6 * MANY, "products": 4e6 * MANY}


def test_price_shows_each_way_and_where_two_cross():
    drawing = hessians.price(MANY, WAYS, crossing=2000.0)
    (ax,) = panels(drawing)
    assert is_loglog(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("number of products", "operations")
    assert all(drawn(ax, MANY, operations) for operations in WAYS.values())
    assert any(np.all(x == 2000.0) for x, _ in data(ax))
    assert names(ax) == set(WAYS)
    assert "against 1 to 1000 products" in drawing.alt
    assert "one product costs 4.0e+09 for form the matrix and 4.0e+06 for products" in drawing.alt
    assert "dashed line at 2000 products" in drawing.alt


SAMPLES = np.array([4, 16, 64, 256])
BARS = {"dense": 200.0 / np.sqrt(SAMPLES), "banded": 100.0 / np.sqrt(SAMPLES)}
ERRORS = {name: 1.1 * bar for name, bar in BARS.items()}


def test_estimates_shows_errors_as_dots_and_bars_as_lines():
    drawing = hessians.estimates(SAMPLES, ERRORS, BARS)
    (ax,) = panels(drawing)
    assert is_loglog(ax)
    assert ax.get_ylabel() == "relative error, root mean square"
    for name in BARS:
        assert drawn(ax, SAMPLES, ERRORS[name])
        assert drawn(ax, SAMPLES, BARS[name])
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [line.get_linestyle() for line in dots] == ["None"] * 2
    (x, y) = data(ax)[-1]
    assert np.isclose(np.ptp(np.log(y)) / np.ptp(np.log(x)), 0.5)
    assert names(ax) - {""} == {*BARS, "slope \N{MINUS SIGN}1/2"}
    assert "4 to 256 products for dense and banded" in drawing.alt
    assert "from 1e+02 and 50 to 12 and 6.2" in drawing.alt


STEPS = np.array([2, 5, 9])
LOW, HIGH = np.array([-1.0, -2.5, -3.0]), np.array([2.0, 4.5, 5.0])
RESIDUALS = np.array([[1.0, 2.0], [0.5, 0.25], [0.0, 0.125]])
SPECTRUM = np.array([-3.0, 0.0, 1.0, 5.0])


def test_ritz_shows_both_ends_with_their_bars_and_the_spectrum():
    drawing = hessians.ritz(STEPS, LOW, HIGH, RESIDUALS, SPECTRUM)
    (ax,) = panels(drawing)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("products", "eigenvalue")
    assert drawn(ax, STEPS, LOW)
    assert drawn(ax, STEPS, HIGH)
    bars = [line.get_segments() for line in ax.collections]
    heights = [np.array([np.ptp(segment[:, 1]) for segment in bar]) / 2 for bar in bars]
    assert np.allclose(heights, [RESIDUALS[:, 1], RESIDUALS[:, 0]])
    assert any(np.array_equal(y, SPECTRUM) for _, y in data(ax))
    assert {-3.0, 5.0} <= {y[0] for _, y in data(ax) if len(y) == 2}
    assert names(ax) == {"highest found", "lowest found"}
    assert "after 2 to 9 products" in drawing.alt
    assert "lowest goes from -1 to -3, the highest from 2 to 5" in drawing.alt
    assert "the 4 true eigenvalues, from -3 to 5," in drawing.alt


def test_each_curve_has_its_label_in_its_colour():
    for drawing in (
        hessians.price(MANY, WAYS, crossing=2000.0),
        hessians.estimates(SAMPLES, ERRORS, BARS),
    ):
        (ax,) = panels(drawing)
        labels = [c for text, c in curve_colours(ax).items() if text and "slope" not in text]
        assert labels == [style.PALETTE[role][0] for role in style.COLOURS[:2]]


def test_no_figure_changes_what_it_is_given():
    ways = {name: values.copy() for name, values in WAYS.items()}
    steps, low, high, residuals = STEPS.copy(), LOW.copy(), HIGH.copy(), RESIDUALS.copy()
    hessians.price(MANY, ways, crossing=1.0)
    hessians.ritz(steps, low, high, residuals, SPECTRUM)
    assert all(np.array_equal(ways[name], WAYS[name]) for name in WAYS)
    assert np.array_equal(low, LOW)
    assert np.array_equal(high, HIGH)
    assert np.array_equal(residuals, RESIDUALS)
    assert np.array_equal(steps, STEPS)


def test_every_figure_has_a_test_here():
    told = {test.split("_shows")[0] for test in globals()}
    assert {f"test_{name}" for name in hessians.__all__} <= told
