"""The chapter's figures: labels, scales, alt text and the data drawn, not pixels."""

import numpy as np
from drawings import drawn, names, panels

from slopes.plots import fixedpoint

FALLING = {"Picard": [1.0, 0.5, 0.25, 0.125], "m = 1": [1.0, 0.1, 1e-9]}


def test_histories_show_each_residual_and_the_tolerance():
    for across in (False, True):
        drawing = fixedpoint.histories(FALLING, tol=1e-8, across=across)
        (ax,) = panels(drawing)
        assert ax.get_yscale() == "log"
        assert ax.get_xlabel() == "evaluations of the map"
        for values in FALLING.values():
            assert drawn(ax, np.arange(1, len(values) + 1), np.array(values))
        assert any(np.all(np.asarray(line.get_ydata()) == 1e-8) for line in ax.lines)
        assert {name.strip() for name in names(ax)} == set(FALLING)
    assert "Picard after 4 and m = 1 after 3" in drawing.alt
    assert "tolerance 1e-08" in drawing.alt


MEMORIES = np.array([1, 2, 3])
COUNTS = {"c = 0.5": np.array([7, 6, 6]), "c = 1": np.array([21, 16, 18])}


def test_counts_show_what_was_measured_and_what_was_published():
    for across in (False, True):
        drawing = fixedpoint.counts(
            MEMORIES, COUNTS, published={"c = 0.5": (7, 6), "c = 1": (21, 16, 17)}, across=across
        )
        (ax,) = panels(drawing)
        for values in COUNTS.values():
            assert drawn(ax, MEMORIES, values)
        assert drawn(ax, MEMORIES[:2], np.array([7, 6]))
        assert drawn(ax, MEMORIES, np.array([21, 16, 17]))
        assert names(ax) == set(COUNTS)
    assert "7, 6, 6 for c = 0.5 and 21, 16, 18 for c = 1" in drawing.alt
    assert "4 of 5 are the published counts" in drawing.alt


WAYS = {
    "Picard": np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]),
    "m = 2": np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]),
}


def test_paths_show_every_point_and_the_fixed_point():
    for across in (False, True):
        drawing = fixedpoint.paths(WAYS, to=(0.0, 0.0), across=across)
        (ax,) = panels(drawing)
        for points in WAYS.values():
            assert drawn(ax, *points.T)
        assert {name.strip() for name in names(ax)} == set(WAYS)
    assert "Picard is 1 away after 2 steps and m = 2 is 0 away after 2 steps" in drawing.alt


def test_no_name_of_a_path_covers_a_point():
    for turned in (1, -1):
        ways = {name: turned * points + [0.0, 0.1] for name, points in WAYS.items()}
        drawing = fixedpoint.paths(ways, to=(0.0, 0.0), across=True)
        (ax,) = panels(drawing)
        drawing.figure.draw_without_rendering()
        boxes = [text.get_window_extent().padded(2) for text in ax.texts]
        seen = ax.transData.transform(np.concatenate([*ways.values(), [[0.0, 0.0]]]))
        assert len(boxes) == 2
        assert not any(box.contains(*point) for box in boxes for point in seen)
