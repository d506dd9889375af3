"""The chapter's figures: labels, alt text and the data drawn, not pixels."""

import numpy as np
import pytest
from drawings import data, drawn, names, panels
from matplotlib.backends.backend_agg import FigureCanvasAgg

from slopes.greeks import call, digital
from slopes.greeks import greeks as sensitivities
from slopes.plots import greeks

SPOT = np.array([90.0, 100.0, 110.0])


def covered(drawing):
    """Names that lie on a line or a marker, or leave the axes."""
    (ax,) = panels(drawing)
    FigureCanvasAgg(drawing.figure).draw()
    found = set()
    for text in ax.texts:
        box = text.get_bbox_patch().get_window_extent()  # the paper behind it hides lines
        for x, y in data(ax):
            fine = np.linspace(x[0], x[-1], 2001)
            points = ax.transData.transform(np.column_stack([fine, np.interp(fine, x, y)]))
            if box.count_contains(points):
                found.add(text.get_text())
        if box.x1 > ax.get_window_extent().x1:
            found.add(text.get_text())
    return found


def test_peaks_show_each_gamma_with_its_name():
    gammas = {"a year": np.array([0.01, 0.02, 0.01]), "a day": np.array([0.0, 0.2, 0.0])}
    drawing = greeks.peaks(SPOT, gammas)
    (ax,) = panels(drawing)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("spot", "gamma")
    assert all(drawn(ax, SPOT, gamma) for gamma in gammas.values())
    assert names(ax) == set(gammas)
    assert "0.02 at 100 for a year, 0.2 at 100 for a day" in drawing.alt


def test_names_of_peaks_cover_no_curve():
    spots = np.linspace(80.0, 120.0, 161)
    times = {"a year": 1.0, "a month": 1 / 12, "a week": 1 / 52}
    gammas = {n: sensitivities(call, spots, 100.0, t, 0.0, 0.2).gamma for n, t in times.items()}
    assert not covered(greeks.peaks(spots, {n: np.asarray(g) for n, g in gammas.items()}))


@pytest.mark.parametrize("lowest", [30.0, 70.0])
def test_names_of_estimates_cover_no_curve(lowest):
    spots = np.linspace(lowest, 150.0, 25)
    exact = np.asarray(sensitivities(digital, spots, 100.0, 1.0, 0.05, 0.2).delta)
    none, error = np.zeros(25), np.full(25, 2e-4)
    assert not covered(greeks.estimated_slopes(spots, exact, none, exact, error))


def test_estimates_are_drawn_beside_the_exact_slope():
    exact, ratio = np.array([0.01, 0.02, 0.01]), np.array([0.011, 0.021, 0.03])
    none, error = np.zeros(3), np.full(3, 0.001)
    drawing = greeks.estimated_slopes(SPOT, exact, none, ratio, error)
    (ax,) = panels(drawing)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("spot", "delta")
    assert all(drawn(ax, SPOT, y) for y in (exact, none, ratio))
    assert "2 of 3 likelihood-ratio estimates" in drawing.alt
    assert "pathwise ones are at most 0." in drawing.alt


def test_bias_and_standard_error_are_drawn_over_the_width():
    width, bias, error = np.array([1.0, 2, 4]), np.array([0.1, 0.4, 1.6]), np.array([2.0, 1, 0.5])
    drawing = greeks.smoothing(width, bias, error, 0.7)
    (ax,) = panels(drawing)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("width", "error of delta")
    assert drawn(ax, width, bias)
    assert drawn(ax, width, error)
    assert names(ax) == {"bias", "standard error", "likelihood ratio"}
    assert "from 0.1 at width 1 to 2 at 4" in drawing.alt
    assert "least at 2. The likelihood ratio has 0.7" in drawing.alt
