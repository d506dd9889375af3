"""The chapter's figures: labels, scales, alt text and the data drawn, not pixels."""

import numpy as np
import pytest
from drawings import data, drawn, names, panels

from slopes.plots import motivation

ANGLE = np.linspace(0, 2 * np.pi, 9)
CIRCLE = np.array([np.cos(ANGLE), np.sin(ANGLE)])
X = np.linspace(0.0, 3.0, 7)


# --- linear_map -----------------------------------------------------------------------------------


def linear_map(**changes):
    known = {"titles": ("small", "large"), "unit": "km"} | changes
    return motivation.linear_map([CIRCLE, 1.5 * CIRCLE], [CIRCLE, CIRCLE], **known)


@pytest.mark.parametrize("across", [False, True])
def test_linear_map_shows_both_curves_of_each_circle(across):
    drawing = linear_map(across=across)
    wide, high = drawing.figure.get_size_inches()
    assert (wide > high) == across
    for ax, factor, title in zip(panels(drawing), (1.0, 1.5), ("small", "large"), strict=True):
        assert drawn(ax, *CIRCLE)
        assert drawn(ax, *(factor * CIRCLE))
        assert ax.get_title() == title
        assert ax.get_aspect() == 1.0
        assert (ax.get_xlabel(), ax.get_ylabel()) == (
            "change of $X$ in km",
            "change of $Y$ in km",
        )
    assert names(drawing.figure.axes[0]) == {"function", "linear map"}
    assert "apart by at most 0.0 and 50.0 percent" in drawing.alt


def test_linear_map_wants_a_title_for_each_panel():
    with pytest.raises(ValueError, match="argument"):
        linear_map(titles=("small",))


# --- newton_steps ---------------------------------------------------------------------------------


def test_newton_steps_shows_the_curve_the_tangents_and_the_root():
    iterates, values = np.array([3.0, 1.5, 0.75]), np.array([9.0, 2.25, 0.5625])
    drawing = motivation.newton_steps(
        X, X**2, iterates, values, root=0.0, xlabel="$x$ in m", ylabel="$f$ in m"
    )
    (ax,) = panels(drawing)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$x$ in m", "$f$ in m")
    assert drawn(ax, X, X**2)
    for k in range(2):
        assert drawn(ax, iterates[k : k + 2], np.array([values[k], 0.0]))
    assert [0.0, 0.0] in [[*x, *y] for x, y in data(ax) if len(x) == 1]
    assert names(ax) == {"$E_0$", "$E_1$", "$E_2$", "root"}
    assert "From 3, each tangent leads to the next of 3 points" in drawing.alt


# --- convergence ----------------------------------------------------------------------------------

ERRORS = {"exact": np.array([1.0, 0.1, 1e-3, 0.0]), "wrong": 0.5 ** np.arange(6.0)}


def test_convergence_shows_the_errors_and_the_predicted_line():
    drawing = motivation.convergence(ERRORS, {"wrong": 0.5})
    (ax,) = panels(drawing)
    assert ax.get_yscale() == "log"
    assert drawn(ax, np.arange(3), ERRORS["exact"][:3])
    assert drawn(ax, np.arange(6), ERRORS["wrong"])
    line = data(ax)[3][1]
    assert np.allclose(line[1:] / line[:-1], 0.5)
    assert names(ax) == {"exact", "wrong"}
    assert "exact in 3, wrong in 5" in drawing.alt


def test_convergence_starts_its_line_at_the_last_error():
    (ax,) = panels(motivation.convergence({"wrong": np.array([1.0, 0.9, 0.01])}, {"wrong": 0.1}))
    assert np.allclose(data(ax)[1][1], [1.0, 0.1, 0.01])


def test_convergence_refuses_more_curves_than_colours():
    with pytest.raises(ValueError, match="count must be at most 4"):
        motivation.convergence({str(k): ERRORS["wrong"] for k in range(5)}, {})


# --- gradients ------------------------------------------------------------------------------------


def test_gradients_shows_each_version_its_zero_and_the_band():
    slopes, zeros = {"right": X - 2, "short": X - 1}, {"right": 2.0, "short": 1.0}
    drawing = motivation.gradients(
        X, slopes, zeros, bar=(2.0, 0.1), xlabel="$x$ in s", ylabel="$g$ in 1/s"
    )
    (ax,) = panels(drawing)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$x$ in s", "$g$ in 1/s")
    for name in slopes:
        assert drawn(ax, X, slopes[name])
        assert [zeros[name], 0.0] in [[*x, *y] for x, y in data(ax) if len(x) == 1]
    (band,) = ax.patches
    assert band.get_x() == pytest.approx(1.9)
    assert band.get_width() == pytest.approx(0.2)
    assert {name.strip() for name in names(ax)} == {"right", "short"}
    assert (ax.get_xticks().min(), ax.get_xticks().max()) == pytest.approx((X[0], X[-1]))
    assert "right at 2.000, short at 1.000" in drawing.alt
    assert "the estimate 2.000 with its error bar 0.100" in drawing.alt


# --- all of them ----------------------------------------------------------------------------------


def test_every_figure_has_a_test_here():
    told = {test.split("_shows")[0] for test in globals()}
    assert {f"test_{name}" for name in motivation.__all__} <= told
