"""The chapter's figures: labels, scales, alt text and the data drawn, not pixels."""

import numpy as np
from drawings import drawn, is_loglog, panels

from slopes.plots import newton


def test_descents_show_each_method_and_leave_out_zeros():
    drawing = newton.descents({"gradient": [1.0, 0.5, 0.25], "Newton": [1.0, 0.01, 0.0]})
    (ax,) = panels(drawing)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("steps", "distance to the minimum")
    assert ax.get_yscale() == "log"
    assert drawn(ax, np.arange(3), np.array([1.0, 0.5, 0.25]))
    assert drawn(ax, np.arange(2), np.array([1.0, 0.01]))
    assert "gradient from 1 to 0.2 and Newton from 1 to 0" in drawing.alt


def test_costs_show_operations_of_each_way():
    sizes, row = np.array([10, 100]), np.array([1e3, 1e6])
    drawing = newton.costs(sizes, {"matrix": row, "products": row / 10})
    (ax,) = panels(drawing)
    assert is_loglog(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("unknowns $n$", "operations of a step")
    assert drawn(ax, sizes, row)
    assert drawn(ax, sizes, row / 10)
    assert "over 10 to 100 unknowns: matrix 1e+03 to 1e+06" in drawing.alt
