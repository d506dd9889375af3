"""The chapter's figures: labels, scales, alt text and the data drawn, not pixels."""

import numpy as np
import pytest
from drawings import data, drawn, is_loglog, names, panels

from slopes.plots import batching, style

ACROSS = pytest.mark.parametrize("across", [False, True])


# --- cobwebs --------------------------------------------------------------------------------------

X = np.linspace(0.0, 8.0, 9)
INWARDS = np.array([[6.0, 6.0], [6.0, 5.0], [5.0, 5.0]])
AWAY = np.array([[7.5, 7.5], [7.5, 9.0], [9.0, 9.0]])


@ACROSS
def test_cobwebs_show_graph_diagonal_orbits_and_fixed_points(across):
    fixed = [batching.Fixed(3.0, 0.6), batching.Fixed(7.0, 1.4)]
    drawing = batching.cobwebs(X, X**2 / 8, [INWARDS, AWAY], fixed=fixed, across=across)
    (ax,) = panels(drawing)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$x_k$", "$x_{k+1}$")
    assert drawn(ax, X, X**2 / 8)
    assert drawn(ax, np.array([0.0, 8.0]), np.array([0.0, 8.0]))
    for web in (INWARDS, AWAY):
        assert drawn(ax, *web.T)
        assert drawn(ax, web[:1, 0], web[:1, 1])
    assert {"slope 0.6", "slope 1.4"} <= names(ax)
    assert "an orbit from 6 ends at 5 and an orbit from 7.5 leaves" in drawing.alt
    assert "Fixed points are 3 with slope 0.6 and 7 with slope 1.4." in drawing.alt


def test_a_cobweb_that_overflows_has_left():
    web = np.array([[7.5, 7.5], [7.5, np.inf]])
    drawing = batching.cobwebs(X, X, [web], fixed=[batching.Fixed(3.0, 0.6)])
    assert "an orbit from 7.5 leaves. Fixed points are 3 with" in drawing.alt


# --- ends -----------------------------------------------------------------------------------------


def test_ends_show_who_stays_and_who_leaves():
    start = np.array([-8.0, -1.0, 2.0, 8.0])
    drawing = batching.ends(start, np.array([np.inf, 3.0, 3.5, 40.0]), top=10.0)
    (ax,) = panels(drawing)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$x_0$", "last $x$")
    assert drawn(ax, start[1:3], np.array([3.0, 3.5]))
    assert drawn(ax, start[[0, 3]], np.array([10.0, 10.0]))
    assert "2 of 4 orbits have left; those that start from -1 to 2 are between 3 and 3.5" in (
        drawing.alt
    )


def test_ends_can_all_be_gone():
    drawing = batching.ends(np.array([8.0, 9.0]), np.array([np.inf, np.nan]), top=10.0)
    assert drawing.alt == "Last point over first point: 2 of 2 orbits have left."


# --- sizes ----------------------------------------------------------------------------------------


def test_sizes_show_the_operations_of_each_loop():
    lengths = np.array([1, 10, 100])
    counts = {"Python loop": 3 * lengths, "scan": np.array([4, 4, 4])}
    drawing = batching.sizes(lengths, counts)
    (ax,) = panels(drawing)
    assert is_loglog(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("steps of the loop", "operations traced")
    for count in counts.values():
        assert drawn(ax, lengths, count)
    assert {"Python loop", "scan", "slope 1"} <= names(ax)
    assert "for 1 to 100 steps: Python loop 3 to 300 and scan 4 to 4." in drawing.alt


# --- diagram --------------------------------------------------------------------------------------

A = np.array([3.0, 3.5, 4.0])
VALUES = np.array([[0.1, 0.2, 0.0], [0.1, 0.8, 0.9999]])


@ACROSS
def test_a_diagram_shows_points_and_exponents_over_one_range(across):
    drawing = batching.diagram(
        A, VALUES, np.array([-1.0, -np.inf, 0.5]), marks={"here": 3.2}, across=across
    )
    ax, below = panels(drawing)
    assert (ax.get_ylabel(), below.get_ylabel()) == ("$x$ after settling", "Lyapunov exponent")
    assert ax.get_xlabel() == below.get_xlabel() == "$a$"
    assert ax.get_xlim() == below.get_xlim() == (3.0, 4.0)
    assert drawn(below, A, np.array([-1.0, -2.0, 0.5]))
    for panel in (ax, below):
        assert any(np.all(x == 3.2) for x, _ in data(panel))
    assert "here" in names(ax)
    assert "they fill 1 of 220 boxes at the left edge and 2 at the right;" in drawing.alt
    assert "positive for 33% of the parameters, at most 0.50" in drawing.alt


def test_a_box_of_a_diagram_holds_ink_where_points_are():
    drawing = batching.diagram(A, VALUES, np.zeros(3), marks={})
    (image,) = drawing.figure.axes[0].get_images()
    ink = np.asarray(image.get_array())[..., 3]
    rows, columns = np.nonzero(ink)
    middles = (rows + 0.5) / len(ink)
    for column in range(3):
        found = middles[columns == column]
        assert all(np.abs(found - value).min() < 1 / len(ink) for value in VALUES[:, column])
    assert np.count_nonzero(ink) == 5  # two points of the first orbit share a box


# --- growth ---------------------------------------------------------------------------------------


def test_a_diagram_does_not_draw_points_outside_of_its_range():
    values = np.array([[0.5, -0.2, np.nan], [0.5, 1.5, 1.0]])
    drawing = batching.diagram(np.arange(3.0), values, np.zeros(3), marks={})
    ink = panels(drawing)[0].images[0].get_array()[..., 3] > 0
    assert ink.sum(axis=0).tolist() == [1, 0, 1]
    assert "they fill 1 of 220 boxes at the left edge and 1 at the right;" in drawing.alt


def test_growth_of_a_gap_that_stays_small_is_told():
    gap, derivative = np.array([1e-8, 2e-8, 4e-8, 8e-8]), np.array([1.0, 2.0, 4.0, 8.0])
    drawing = batching.growth(gap, derivative, 1e-8 * derivative, exponent=0.693)
    assert "apart after one step and are never 0.1 apart, at most 8e-08;" in drawing.alt


def test_growth_shows_gap_and_derivative_and_what_foretells_them():
    gap, derivative = np.array([1e-8, 2e-8, 0.3, 0.2]), np.array([1.0, 2.0, 4.0, 8.0])
    drawing = batching.growth(gap, derivative, 1e-8 * derivative, exponent=0.693)
    (ax,) = panels(drawing)
    assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "log")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("steps $k$", "size")
    for series in (gap, derivative, 1e-8 * derivative):
        assert drawn(ax, np.arange(1.0, 5.0), series)
    assert {"gap", "derivative", "slope 0.693 a step"} <= names(ax)
    assert "start 1e-08 apart after one step and are more than 0.1 apart after 3, at most 0.3;" in (
        drawing.alt
    )
    assert "to 8e+00 after 4 steps, by the factor exp(0.693) a step." in drawing.alt


# --- Newton's basins ------------------------------------------------------------------------------


@ACROSS
def test_basins_have_the_colour_of_their_root_and_none_where_there_is_none(across):
    root = np.array([[0, 1], [2, -1]])
    drawing = batching.newton_basins(
        root,
        np.array([[3, 9], [3, 50]]),
        half_width=1.5,
        roots=[1 + 0j, 1j, -1 + 0j],
        across=across,
    )
    (ax,) = panels(drawing)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("real part", "imaginary part")
    assert drawn(ax, np.array([1.0, 0.0, -1.0]), np.array([0.0, 1.0, 0.0]))
    (image,) = ax.get_images()
    pixels = np.asarray(image.get_array())
    assert len({tuple(pixels[place][:3]) for place in ((0, 0), (0, 1), (1, 0))}) == 3
    assert pixels[1, 1, 3] == 0 < pixels[0, 1, 3] < pixels[0, 0, 3]
    assert "the 3 roots take 25%, 25% and 25% of the square, and 100% of" in drawing.alt


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return np.dot(linear, (0.2126, 0.7152, 0.0722))


@pytest.mark.parametrize("colour", batching.PIXELS)
def test_colours_that_no_theme_switches_stand_out_on_both_papers(colour):
    for paper in style.PALETTE["paper"]:
        low, high = sorted([luminance(colour), luminance(paper)])
        assert (high + 0.05) / (low + 0.05) >= 3
