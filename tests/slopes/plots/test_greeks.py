"""The chapter's figures: labels, alt text and the data drawn, not pixels."""

import numpy as np
from drawings import drawn, names, panels

from slopes.plots import greeks

SPOT = np.array([90.0, 100.0, 110.0])


def test_peaks_show_each_gamma_with_its_name():
    gammas = {"a year": np.array([0.01, 0.02, 0.01]), "a day": np.array([0.0, 0.2, 0.0])}
    drawing = greeks.peaks(SPOT, gammas)
    (ax,) = panels(drawing)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("spot", "gamma")
    assert all(drawn(ax, SPOT, gamma) for gamma in gammas.values())
    assert names(ax) == set(gammas)
    assert "0.02 at 100 for a year, 0.2 at 100 for a day" in drawing.alt


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
