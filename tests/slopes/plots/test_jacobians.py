"""The figures of the chapter on Jacobians show what they are given."""

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from slopes.plots import jacobians as plots

BAND = np.abs(np.subtract.outer(np.arange(7), np.arange(7))) <= 1
SHADES = np.arange(7) % 3


def words(drawing):
    return [text.get_text() for text in drawing.figure.axes[0].texts]


def squares(drawing):
    return [p for p in drawing.figure.axes[0].patches if isinstance(p, Rectangle)]


def test_the_map_writes_how_many_times_as_much_the_dearer_mode_needs():
    ratios = np.array([[1.0, 16.0], [1 / 16, 1.0]])
    drawing = plots.crossover((1, 16), (1, 16), ratios)
    assert words(drawing)[:4] == ["1", "16", "16", "1"]
    assert [bool(p.get_hatch()) for p in squares(drawing)] == [False, True, False, False]
    assert "reverse mode needs 16 times" in drawing.alt
    axes = drawing.figure.axes[0]
    assert axes.get_xlabel() == "inputs $n$"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["1", "16"]


def test_large_ratios_are_written_out():
    drawing = plots.crossover((1,), (1, 2), np.array([[123.4], [0.004]]))
    assert words(drawing)[:2] == ["123", "250"]


def test_the_compressed_matrix_names_the_column_of_each_entry():
    drawing = plots.compression(BAND, SHADES)
    numbers = words(drawing)
    inside = [int(text) for text in numbers[: int(BAND.sum())]]
    assert inside == [j + 1 for _, j in np.argwhere(BAND)]
    assert len(squares(drawing)) == 2 * BAND.sum() + 2
    assert "19 entries, its columns in 3 colours" in drawing.alt


def test_entries_of_one_colour_look_alike_and_others_do_not():
    drawing = plots.compression(BAND, SHADES)
    looks = {}
    for square in squares(drawing)[:-2]:
        looks.setdefault(square.get_edgecolor(), set()).add(square.get_hatch())
    assert len(looks) == 3
    assert all(len(hatches) == 1 for hatches in looks.values())
    assert len(set.union(*looks.values())) == 3


def test_more_colours_than_can_be_told_apart_are_refused():
    with pytest.raises(ValueError, match="count must be at most 4"):
        plots.compression(np.ones((2, 5), bool), np.arange(5))
