"""The chapter's figures: labels, scales, alt text and the data drawn, not pixels."""

import numpy as np
import pytest
from drawings import curve_colours, data, drawn, is_loglog, names, panels

from slopes.plots import propagation, style

SQUARE = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 3.0], [0.0, -3.0]])
COV = np.array([[4.0, 0.0], [0.0, 9.0]])
CLOUD = propagation.Cloud(SQUARE, np.zeros(2), COV, ("$a$ in m", "$b$ in s"))


def test_clouds_show_points_and_both_ellipses():
    other = CLOUD._replace(points=3 * SQUARE + [0.1, 0], names=("$p$", "$q$"))
    drawing = propagation.clouds(CLOUD, other)
    left, right = panels(drawing)
    assert (left.get_xlabel(), left.get_ylabel()) == ("$a$ in m", "$b$ in s")
    assert (right.get_xlabel(), right.get_ylabel()) == ("$p$", "$q$")
    assert drawn(left, *SQUARE.T)
    assert drawn(right, *other.points.T)
    for size, (x, y) in zip((1, 2), data(left)[1:3], strict=True):
        assert np.allclose((x / 2) ** 2 + (y / 3) ** 2, size**2)
    assert "Of the inputs 100% within one and 100% within two lie inside" in drawing.alt
    assert "of the outputs 0% within one and 50% within two." in drawing.alt
    assert "%" not in propagation.clouds(CLOUD, other, counted=False).alt


def test_a_flat_ellipse_is_a_line():
    edge = propagation._ellipse(np.zeros(2), np.ones((2, 2)), 1.0)
    assert np.allclose(edge[:, 0], edge[:, 1], atol=1e-7)
    assert edge[:, 0].max() == pytest.approx(1.0)


def test_a_density_has_area_one_and_counts_what_is_outside():
    values = np.array([0.5, 0.5, 1.5, 9.0])
    drawing = propagation.density(values, mean=0.5, error=0.4, window=(0.0, 2.0))
    (ax,) = panels(drawing)
    (stairs,) = ax.patches
    heights, edges, _ = stairs.get_data()
    assert np.sum(heights * np.diff(edges)) == pytest.approx(0.75)
    (x, curve), *_ = data(ax)
    assert np.trapezoid(curve, x) == pytest.approx(0.894, abs=2e-3)  # from -1.25 to 3.75 errors
    assert x[np.argmax(curve)] == pytest.approx(0.5, abs=0.01)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$y$", "density")
    assert "0.5 ± 0.4" in {name.strip() for name in names(ax)}
    assert "50.0% of the values, below it 0.0%; 25.0% are outside" in drawing.alt


def test_orders_show_each_way_with_its_name():
    spread = np.array([0.1, 0.2, 0.4])
    errors = {"linear": spread**2, "bent": spread**4}
    drawing = propagation.orders(spread, errors, quantity="the mean", at=[1, 2])
    (ax,) = panels(drawing)
    assert is_loglog(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == (r"$\sigma_x$", "relative error of the mean")
    for wrong in errors.values():
        assert drawn(ax, spread, wrong)
    assert {"linear", "bent"} <= names(ax)
    assert curve_colours(ax)["bent"] == style.PALETTE["orange"][0]
    assert "from 0.1 to 0.4: linear 1e-02 to 2e-01 and bent 1e-04 to 3e-02." in drawing.alt


def test_intervals_mark_where_profile_and_parabola_have_risen_by_one_half():
    values = np.linspace(1.0, 4.0, 61)
    rises = 0.5 * np.log2(values / 2) ** 2  # one half at 1 and at 4
    drawing = propagation.intervals(
        values, rises, best=2.0, error=0.5, ends=(1.0, 4.0), name="rate in 1/s"
    )
    (ax,) = panels(drawing)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("rate in 1/s", "rise of $L$")
    assert drawn(ax, values, rises)
    x, parabola = data(ax)[1]
    assert np.allclose(parabola, 2 * (x - 2) ** 2)
    assert len(x) > 200
    ends = [line.get_xdata() for line in ax.lines if len(set(line.get_ydata())) == 1]
    assert [1.0, 4.0] in [list(pair) for pair in ends]
    assert [1.5, 2.5] in [list(pair) for pair in ends]
    assert {"1.00 to 4.00", "1.50 to 2.50", "parabola"} <= names(ax)
    assert "one half at 1 and 4, the parabola of its curvature at 1.5 and 2.5" in drawing.alt
