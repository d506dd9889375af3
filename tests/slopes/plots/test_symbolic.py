"""The figures of the symbolic chapter: labels, scales, alt text and the data drawn, not pixels."""

import numpy as np
import pytest
from drawings import curve_colours, data, drawn, is_loglog, names, panels

from slopes.plots import style, symbolic

U = 2.0**-53

# --- sharing --------------------------------------------------------------------------------------

TIMES = "\N{MULTIPLICATION SIGN}"
TREE = ([TIMES, "+", "x", "1", "+", "x", "1"], [(0, 1), (1, 2), (1, 3), (0, 4), (4, 5), (4, 6)])
SHARED = ([TIMES, "+", "x", "1"], [(0, 1), (0, 1), (1, 2), (1, 3)])


def sharing(tree=TREE, shared=SHARED, **options):
    return symbolic.sharing(tree, shared, formula="the square of x + 1", **options)


def filled(ax):
    """The places of the boxes that have the accent colour."""
    accent = style.PALETTE["blue"][0]
    boxes = [patch for patch in ax.patches if hasattr(patch, "get_boxstyle")]
    return [k for k, box in enumerate(boxes) if _hex(box.get_facecolor()) == accent]


def _hex(colour):
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour[:3])


def test_sharing_draws_both_graphs_with_all_their_nodes():
    drawing = sharing()
    left, right = drawing.figure.axes
    assert [text.get_text() for text in left.texts] == TREE[0]
    assert [text.get_text() for text in right.texts] == SHARED[0]
    assert left.get_title() == "written out: 7 nodes"
    assert right.get_title() == "shared: 4 nodes"
    assert "the square of x + 1: a tree of 7 nodes, and a graph of 4 nodes, 1 of" in drawing.alt


def test_sharing_fills_what_is_used_several_times():
    left, right = sharing().figure.axes
    assert filled(left) == []
    assert filled(right) == [1]


def test_sharing_colours_the_arrows_to_what_is_shared_but_not_to_leaves():
    shared = ([TIMES, "+", "x", "1"], [(0, 1), (0, 1), (1, 2), (1, 3), (0, 2)])
    left, right = sharing(shared=shared).figure.axes
    accent = style.PALETTE["blue"][0]
    for ax, expected in ((left, []), (right, ["edge-0-1", "edge-0-1"])):
        arrows = [patch for patch in ax.patches if (patch.get_gid() or "").startswith("edge")]
        blue = [patch for patch in arrows if _hex(patch.get_edgecolor()) == accent]
        assert [patch.get_gid() for patch in blue] == expected


@pytest.mark.parametrize("across", [False, True])
def test_sharing_keeps_the_two_graphs_apart_and_their_boxes_undistorted(across):
    drawing = sharing(across=across)
    left, right = drawing.figure.axes
    inches = drawing.figure.get_size_inches()
    for ax in (left, right):
        size = np.array(ax.get_position().size) * inches
        assert np.allclose(size, [ax.get_xlim()[1], ax.get_ylim()[1]])  # one unit is one inch
    first, second = left.get_position(), right.get_position()
    if across:
        assert first.x1 < second.x0
        assert first.y1 == pytest.approx(second.y1)
    else:
        assert first.y0 > second.y1
        assert first.x0 == pytest.approx(second.x0)


# --- swell ----------------------------------------------------------------------------------------

N = np.array([4, 8, 16, 32, 64])
PRODUCT = {"n": N, "written out": 2.0 * N**2, "shared": 5 * N}
TURNS = {"n": N, "written out": N * 2.0**N, "shared": 9 * N}


@pytest.mark.parametrize("across", [False, True])
def test_swell_shows_both_counts_of_both_families(across):
    drawing = symbolic.swell(PRODUCT, TURNS, across=across)
    left, right = panels(drawing)
    for ax, family in ((left, PRODUCT), (right, TURNS)):
        assert drawn(ax, N, family["written out"])
        assert drawn(ax, N, family["shared"])
        assert {"written out", "shared"} <= names(ax)
        assert ax.get_ylabel() == "nodes of the derivative"
    assert is_loglog(left)
    assert (right.get_xscale(), right.get_yscale()) == ("linear", "log")
    assert (left.get_xlabel(), right.get_xlabel()) == (
        "number of factors $n$",
        "number of turns $n$",
    )
    assert "1e+21 nodes; shared, 6e+02." in drawing.alt


def test_swell_has_reference_lines_of_slope_one_and_two():
    left, _ = panels(symbolic.swell(PRODUCT, TURNS))
    slopes = [np.ptp(np.log(y)) / np.ptp(np.log(x)) for x, y in data(left) if len(x) == 2]
    assert np.allclose(slopes, [2, 1])
    assert {"slope 1", "slope 2"} <= names(left)


# --- rounding -------------------------------------------------------------------------------------

X = np.linspace(1, 20, 7)


def test_rounding_shows_each_form_and_an_exact_hit_near_the_bottom():
    hit = np.where(X[2] == X, 0.0, 1e-16)
    drawing = symbolic.rounding(X, {"as derived": hit, "simplified": 1e-16 * X**10}, u=U)
    (ax,) = panels(drawing)
    assert ax.get_yscale() == "log"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$x$", "relative error")
    assert drawn(ax, X, np.maximum(hit, U / 4))
    assert drawn(ax, X, 1e-16 * X**10)
    assert names(ax) == {"as derived", "simplified", "unit roundoff"}
    assert any(np.all(y == U) for _, y in data(ax))
    assert "as derived up to 1e-16, simplified up to 1e-03." in drawing.alt


# --- all of them ----------------------------------------------------------------------------------


def test_more_curves_than_colours_are_refused_not_dropped():
    with pytest.raises(ValueError, match=r"count must be at most 4, .* got count=5"):
        symbolic.rounding(X, {str(k): X for k in range(5)}, u=U)


def test_every_figure_has_a_test_here():
    told = {test.split("_shows")[0].split("_draws")[0] for test in globals()}
    assert {f"test_{name}" for name in symbolic.__all__} <= told


def test_no_figure_changes_what_it_is_given():
    x, errors = X.copy(), {"one": np.zeros_like(X)}
    symbolic.rounding(x, errors, u=U)
    assert np.array_equal(x, X)
    assert not errors["one"].any()


def test_each_curve_has_its_label_in_its_colour():
    (ax,) = panels(symbolic.rounding(X, {"one": X, "two": X}, u=U))
    expected = [style.PALETTE[role][0] for role in style.COLOURS[:2]]
    assert list(curve_colours(ax).values())[:2] == expected
    assert [line.get_color() for line in ax.lines[:2]] == expected
