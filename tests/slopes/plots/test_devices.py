"""The chapter's figures: labels, scales, alt text and the data drawn, not pixels."""

import numpy as np
from drawings import drawn, is_loglog, names, panels

from slopes.plots import devices


def test_transposes_shows_a_message_back_for_each_message_there():
    drawing = devices.transposes(3)
    (ax,) = drawing.figure.axes
    arrows = {patch.get_gid() for patch in ax.patches if patch.get_gid()}
    there = {(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4)}
    assert arrows == {f"{way}-{a}-{b}" for way in ("edge", "back") for a, b in there}
    assert {"$w$", "$L_1$", "$L_2$", "$L_3$", "sum", "1", r"$\nabla L_3$"} <= names(ax)
    assert "go to 3 losses" in drawing.alt
    assert "sends its gradient to w, where they add up." in drawing.alt


def test_memory_shows_each_part_by_the_number_of_devices():
    counts = np.array([1.0, 2.0, 4.0])
    parts = {"examples": 4096 / counts, "parameters": np.full(3, 64.0)}
    drawing = devices.memory(counts, parts)
    (ax,) = panels(drawing)
    assert is_loglog(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("devices", "bytes on each device")
    for size in parts.values():
        assert drawn(ax, counts, size)
    assert {"examples", "parameters", "slope $-1$"} <= names(ax)
    assert [ax.xaxis.get_major_formatter()(count, 0) for count in counts] == ["1", "2", "4"]
    assert (
        "with 1 and with 4 devices: examples 4096 and 1024 and parameters 64 and 64." in drawing.alt
    )


def test_ulps_shows_a_column_of_errors_for_each_number_of_devices():
    found = {1: np.array([0.0, 0.0, 1.0, 0.0]), 8: np.array([-1.0, 1.0, 1.0, 2.0])}
    drawing = devices.ulps(found)
    (ax,) = panels(drawing)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1", "8"]
    columns = [column.get_offsets().data.tolist() for column in ax.collections]
    assert columns == [[[0, 0], [0, 1]], [[1, -1], [1, 1], [1, 2]]]
    areas = [column.get_sizes() for column in ax.collections]
    assert np.allclose(areas[0] / areas[0].sum(), [0.75, 0.25])
    assert np.isclose(areas[0].sum(), areas[1].sum())
    assert "their mean size is 0.2 with 1 and 1.2 with 8 devices." in drawing.alt


def test_every_figure_has_a_test_here():
    told = {test.removeprefix("test_").split("_")[0] for test in globals()}
    assert set(devices.__all__) <= told
