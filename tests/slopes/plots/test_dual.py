"""The chapter's figures: labels, scales, alt text and the data drawn, not pixels."""

import numpy as np
import pytest
from drawings import data, drawn, is_loglog, names, panels

from slopes.plots import dual, style

U = 2.0**-53


def colours(ax):
    return [line.get_color() for line in ax.lines]


# --- pushforward ----------------------------------------------------------------------------------

X = np.linspace(0.0, 3.0, 7)
PAIRS = {"at": [1.0, 2.0], "values": [1.0, 4.0], "slopes": [2.0, -4.0]}


def arrows(ax):
    """Start and end of each arrow."""
    return [(text.xyann, text.xy) for text in ax.texts if getattr(text, "arrow_patch", None)]


def test_pushforward_shows_a_tangent_above_each_arrow():
    drawing = dual.pushforward(X, X**2, **PAIRS)
    (ax,) = panels(drawing)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$x$", "$g(x)$")
    assert drawn(ax, X, X**2)
    found = arrows(ax)
    below, above = found[::2], found[1::2]
    lengths = [end[0] - start[0] for start, end in found]
    assert np.allclose(lengths, lengths[0])
    assert all(start[1] == end[1] < 0 for start, end in below)
    rises = [(end[1] - start[1]) / (end[0] - start[0]) for start, end in above]
    assert np.allclose(rises, PAIRS["slopes"])
    assert [start for start, _ in above] == list(zip(PAIRS["at"], PAIRS["values"], strict=True))
    assert {"+2.00", "-4.00"} <= names(ax)
    assert "+2.00 at 1 and -4.00 at 2 for each unit" in drawing.alt


def test_pushforward_tells_of_one_number_alone():
    drawing = dual.pushforward(X, X**2, at=[1.0], values=[1.0], slopes=[2.0])
    assert "rising by +2.00 at 1 for each" in drawing.alt


def test_pushforward_wants_a_slope_for_each_number():
    with pytest.raises(ValueError, match="argument"):
        dual.pushforward(X, X**2, **(PAIRS | {"slopes": [2.0]}))


ACROSS = pytest.mark.parametrize("across", [False, True])

# --- iterations -----------------------------------------------------------------------------------

VALUE = np.array([1.0, 1e-2, 1e-4, 1e-8, 0.0])
SLOPE = np.array([2.0, 1e-1, 1e-3, 1e-7, 1e-15])


@ACROSS
def test_iterations_shows_value_and_derivative_of_each_method(across):
    errors = {"Newton": (VALUE, SLOPE), "Picard": (SLOPE, SLOPE)}
    drawing = dual.iterations(errors, goal=1e-12, across=across)
    for ax, (name, pair) in zip(placed_panels(drawing, across), errors.items(), strict=True):
        assert ax.get_xlabel() == f"iterations, {name}"
        assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "log")
        for err in pair:
            assert drawn(ax, np.arange(5.0), np.maximum(err, 1e-17))
        assert any(np.all(y == 1e-12) for _, y in data(ax))
        assert {"value", "derivative"} <= names(ax)
    assert drawing.figure.axes[0].get_ylabel() == "relative error"
    assert "with Newton, the value needs 4 iterations and the derivative 4 to" in drawing.alt
    assert drawing.alt.endswith("to come below 1e-12.")


def placed_panels(drawing, across):
    """The axes of a row, of which only the first names the scale that they share; or all axes."""
    if not across:
        return panels(drawing)
    first, *rest = drawing.figure.axes
    assert all(ax.get_shared_y_axes().joined(first, ax) for ax in rest)
    return [first, *rest]


def test_iterations_tells_when_the_goal_was_not_reached():
    drawing = dual.iterations({"slow": (VALUE[:3], SLOPE[:3])}, goal=1e-3)
    assert "the value needs 2 iterations and the derivative more than 2 to" in drawing.alt


# --- stopped --------------------------------------------------------------------------------------


def test_stopped_shows_three_errors_and_the_tolerance():
    distance = np.array([1e-12, 1e-10, 1e-8])
    value, slope, cured = distance / 2, np.array([1.0, 1e-4, 1e-6]), np.array([1e-11, 0.0, 1e-16])
    drawing = dual.stopped(distance, value, slope, cured, tol=1e-10)
    (ax,) = panels(drawing)
    assert is_loglog(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$|x-1|$", "relative error")
    for err in (value, slope, np.maximum(cured, 1e-17)):
        assert drawn(ax, distance, err)
    assert any(np.all(y == 1e-10) for _, y in data(ax))
    assert names(ax) == {"tolerance", "value", "derivative", "derivative, one iteration more"}
    assert "tolerance of 1e-10" in drawing.alt
    assert "wrong by up to 1e+00, and by at most 1e-11 with" in drawing.alt


# --- rounding -------------------------------------------------------------------------------------

POINTS = np.array([1e-4, 1e-2, 1.0])
FOUND = dual.Errors(
    value=np.array([0.0, U, U]),
    derivative=np.array([1e5, 1e-6, U]),
    predicted=np.array([1e2, 1e-5, U]),
    cured=np.array([U, 2 * U, 3 * U]),
)


@ACROSS
def test_rounding_shows_four_series_of_each_program(across):
    names_of = ("sin(x) / x", "tanh x")
    points, found = dict.fromkeys(names_of, POINTS), dict.fromkeys(names_of, FOUND)
    drawing = dual.rounding(points, found, u=U, across=across)
    for ax, name in zip(placed_panels(drawing, across), names_of, strict=True):
        assert is_loglog(ax)
        assert (ax.get_xlabel(), ax.get_title()) == ("$x$", name)
        for series in FOUND:
            assert drawn(ax, POINTS, np.clip(series, U / 4, 10.0))
    (legend,) = drawing.figure.legends
    told = [text.get_text() for text in legend.get_texts()]
    assert told == ["value", "derivative", "cured", "predicted"]
    assert "tanh x, value up to 1e-16, derivative up to 1e+05, the worse of them" in drawing.alt


def test_rounding_keeps_marker_and_colour_of_a_series_in_the_legend():
    drawing = dual.rounding({"f": POINTS}, {"f": FOUND}, u=U)
    (ax,) = panels(drawing)
    (legend,) = drawing.figure.legends
    curves = {(line.get_marker(), line.get_color()) for line in ax.lines[:4]}
    assert {(line.get_marker(), line.get_color()) for line in legend.get_lines()} == curves
    assert style.PALETTE["blue"][0] in colours(ax)


def test_rounding_has_room_for_two_programs():
    three = dict.fromkeys("abc", FOUND)
    with pytest.raises(ValueError, match=r"errors must be of at most two programs, .*'c'\]"):
        dual.rounding(dict.fromkeys("abc", POINTS), three, u=U)


# --- all of them ----------------------------------------------------------------------------------


def test_every_figure_has_a_test_here():
    told = {test.split("_shows")[0] for test in globals()}
    assert {f"test_{name}" for name in dual.__all__ if name != "Errors"} <= told


def test_no_figure_changes_what_it_is_given():
    points, found = POINTS.copy(), dual.Errors(*(series.copy() for series in FOUND))
    dual.rounding({"f": points}, {"f": found}, u=U)
    assert np.array_equal(points, POINTS)
    assert all(np.array_equal(a, b) for a, b in zip(found, FOUND, strict=True))
