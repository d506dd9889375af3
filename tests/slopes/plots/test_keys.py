"""The chapter's figures: labels, scales, alt text and the data drawn, not pixels."""

import numpy as np
import pytest
from drawings import data, drawn, is_loglog, names, panels

from slopes.plots import keys

LABELS, PARENTS = ["key", "left", "right"], {1: 0, 2: 0}


def test_tree_shows_which_key_gives_what():
    drawing = keys.tree(LABELS, PARENTS, drawn=[1, 2], uses={1: "x", 2: "noise"})
    (ax,) = drawing.figure.axes
    assert {"key", "left", "right", "x", "noise"} == names(ax)
    assert drawing.alt == (
        "A tree of keys: key is split into left and right. left gives x; right gives noise."
    )
    arrows = {patch.get_gid() for patch in ax.patches if patch.get_gid()}
    assert arrows == {"edge-0-1", "edge-0-2"}


def test_tree_refuses_a_key_that_is_split_and_drawn_from():
    with pytest.raises(ValueError, match=r"drawn must be keys that are not split, .*\['key'\]"):
        keys.tree(LABELS, PARENTS, drawn=[0, 1], uses={})


BATCHES = np.array([1.0, 4.0, 16.0])
FRESH, REUSED = np.array([0.7, 0.66, 0.68]), np.array([0.7, 0.4, 0.2])
THEORY = np.array([0.68, 0.68, 0.68]), np.array([0.68, 0.38, 0.2])


def test_coverage_shows_shares_beside_theory():
    drawing = keys.coverage(BATCHES, FRESH, REUSED, predicted=THEORY, trials=100)
    (ax,) = panels(drawing)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "linear")
    assert ax.get_xlabel() == "batches averaged"
    for share in (FRESH, REUSED, *THEORY):
        assert drawn(ax, BATCHES, share)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1", "4", "16"]
    assert "68% hold the truth with a key for each of 16 batches" in drawing.alt
    assert drawing.alt.endswith("with one key for all it falls to 20%.")


def test_coverage_draws_the_binomial_spread_of_each_share():
    drawing = keys.coverage(BATCHES, FRESH, REUSED, predicted=THEORY, trials=100)
    (ax,) = panels(drawing)
    bars = ax.collections[1].get_segments()  # of the reused key
    lengths = [bar[1, 1] - bar[0, 1] for bar in bars]
    assert np.allclose(lengths, [2 * np.sqrt(p * (1 - p) / 100) for p in THEORY[1]])


def test_spreads_shows_both_and_the_spread_of_the_derivative():
    steps = np.array([1e-3, 1e-2, 1e-1])
    fresh, shared = 1e-2 / steps, np.full(3, 0.02)
    drawing = keys.spreads(steps, fresh, shared, gradient=0.021)
    (ax,) = panels(drawing)
    assert is_loglog(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step $h$", "standard deviation of the slope")
    assert drawn(ax, steps, fresh)
    assert drawn(ax, steps, shared)
    assert any(np.all(y == 0.021) for _, y in data(ax))
    assert {"fresh keys", "the same keys", "slope $-1$"} <= names(ax)
    assert "grows from 0.1 to 1e+01 as the step shrinks from 1e-01 to 1e-03" in drawing.alt


def test_every_figure_has_a_test_here():
    told = {test.removeprefix("test_").split("_")[0] for test in globals()}
    assert set(keys.__all__) <= told
