"""The chapter's figures: labels, scales, alt text and the data drawn, not pixels."""

import numpy as np
import pytest
from drawings import data, drawn, names, panels

from slopes.plots import fitting


def test_a_profile_lies_beside_its_parabola():
    values, rises = np.array([1.0, 2.0, 3.0]), np.array([2.0, 0.0, 3.0])
    drawing = fitting.profiles(values, rises, best=2.0, error=0.5, name="rate in 1/s")
    (ax,) = panels(drawing)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("rate in 1/s", "rise of $L$")
    assert drawn(ax, values, rises)
    assert drawn(ax, values, np.array([2.0, 0.0, 2.0]))
    assert {"profile", "parabola"} <= names(ax)
    assert any(np.allclose(y, 0.5) for _, y in data(ax))
    assert "reaches 2 at 1 and 3 at 3, where the parabola has 2 and 2." in drawing.alt


def test_influences_stand_beside_the_data():
    x, y, moved = np.array([0.0, 1.0]), np.array([3.0, 2.0]), np.array([0.5, -0.75])
    curve = np.array([0.0, 0.5, 1.0]), np.array([3.0, 2.4, 2.0])
    drawing = fitting.influences(x, y, np.full(2, 0.1), curve, moved, name="the slope")
    left, right = panels(drawing)
    assert (left.get_xlabel(), left.get_ylabel()) == ("$x$", "$y$")
    assert (right.get_xlabel(), right.get_ylabel()) == ("$x$", "influence")
    assert drawn(left, x, y)
    assert drawn(left, *curve)
    assert drawn(right, x, moved)
    assert (
        "influence of each datum on the slope: from -0.75 to 0.5, strongest at x = 1."
        in drawing.alt
    )


def test_pulls_have_area_one_and_one_density_beside_them():
    sets = np.stack([np.linspace(-3, 3, 7), np.zeros(7)], axis=1)
    drawing = fitting.pulls(sets, ("$a$", "$b$"))
    axes = panels(drawing)
    assert [ax.get_xlabel() for ax in axes] == ["pull of $a$", "pull of $b$"]
    for ax in axes:
        (stairs,) = ax.patches
        heights, edges, _ = stairs.get_data()
        assert np.sum(heights * np.diff(edges)) == pytest.approx(1)
        x, curve = data(ax)[0]
        assert np.trapezoid(curve, x) == pytest.approx(1, abs=1e-3)
    assert "7 pulls" in drawing.alt
    assert "$a$ with mean 0.00 and width 2.00 and $b$ with mean 0.00 and width 0.00" in drawing.alt
