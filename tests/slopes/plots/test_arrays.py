"""The chapter's figures: labels, scales, alt text and the data drawn, not pixels."""

import numpy as np
import pytest
from drawings import drawn, is_loglog, names, panels

from slopes.plots import arrays

EAGER = [("compare", 4.0, 1.0), ("exp", 4.0, 4.0)]
PROGRAMS = {"one by one": EAGER, "fused": [("all", 4.0, 4.0)]}


def bars(ax):
    return [(bar.get_x(), bar.get_width(), bar.get_y() + bar.get_height() / 2)
            for bar in ax.patches]  # fmt: skip


def test_passes_stacks_what_is_written_on_what_is_read():
    (ax,) = panels(arrays.passes(PROGRAMS))
    assert np.allclose(
        bars(ax),
        [(0, 4, 0), (0, 4, -1), (0, 4, -2), (4, 1, 0), (4, 4, -1), (4, 4, -2)],
    )
    ticks = [text.get_text() for text in ax.get_yticklabels()]
    assert ticks == ["one by one: compare", "one by one: exp", "fused: all"]
    assert {"5", "8", "read", "written (hatched)"} <= names(ax)


def test_passes_tells_the_sums():
    alt = arrays.passes(PROGRAMS).alt
    assert "13 in 2 kernels for one by one and 8 in 1 kernel for fused" in alt


@pytest.mark.parametrize("programs", [{}, {"eager": []}, {"eager": EAGER, "fused": []}])
def test_passes_wants_kernels(programs):
    with pytest.raises(ValueError, match="programs must have a kernel each, got programs="):
        arrays.passes(programs)


SIZES = np.array([1, 10, 100])
TIMES = np.array([1e-6, 2e-6, 2e-5])


def test_by_size_shows_medians_and_quartiles_in_microseconds():
    rivals = {"eager": (2 * TIMES, TIMES, 3 * TIMES), "jit": (TIMES, TIMES, TIMES)}
    drawing = arrays.by_size(SIZES, rivals)
    (ax,) = panels(drawing)
    assert is_loglog(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("elements", "time of a call / µs")
    assert drawn(ax, SIZES.astype(float), 2e6 * TIMES)
    assert drawn(ax, SIZES.astype(float), 1e6 * TIMES)
    quartiles = ax.collections[0].get_segments()
    assert np.allclose([line[:, 1] for line in quartiles], 1e6 * np.outer(TIMES, [1, 3]))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["eager", "jit"]
    assert "eager from 2 to 40 and jit from 1 to 20" in drawing.alt


def test_by_size_has_four_colours():
    with pytest.raises(ValueError, match="count must be at most 4"):
        arrays.by_size(SIZES, dict.fromkeys("abcde", (TIMES, TIMES, TIMES)))


ROWS = {"Python": [("call", 0.0, 1.0), ("goes on", 1.0, 3.0)], "device": [("computes", 1.0, 8.0)]}


def test_lanes_puts_each_worker_into_a_row():
    drawing = arrays.lanes(ROWS, marks={"returns": 1.0, "there": 8.0})
    (ax,) = panels(drawing)
    assert np.allclose(bars(ax), [(0, 1, 0), (1, 2, 0), (1, 7, -1)])
    assert [text.get_text() for text in ax.get_yticklabels()] == ["Python", "device"]
    assert {"call", "goes on", "computes", "returns", "there"} <= names(ax)
    assert [line.get_xdata()[0] for line in ax.lines] == [1.0, 8.0]
    assert "Python: call and goes on; device: computes" in drawing.alt
    assert "returns at 12% of the time and there at 100% of the time" in drawing.alt


def test_lanes_refuses_what_ends_before_it_starts():
    with pytest.raises(ValueError, match="rows must have spans that end later"):
        arrays.lanes({"Python": [("call", 1.0, 1.0)]}, marks={})
