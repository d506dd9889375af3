"""The chapter's figures: labels, scales, alt text and the data drawn, not pixels."""

from xml.etree import ElementTree

import numpy as np
import pytest
from drawings import curve_colours, data, drawn, is_loglog, names, panels

from slopes.plots import choosing, style

U = 2.0**-53
WAYS = {"central": "numerical", "symbolic": "symbolic", "dual": "automatic"}


# --- agreement ------------------------------------------------------------------------------------

DIGITS = {
    "central": np.array([10.0, 8.0, 9.0]),
    "symbolic": np.array([15.0, 15.5]),
    "dual": np.array([15.9, 14.0, 15.0]),
}


def test_agreement_shows_each_point_and_the_median_in_the_row_of_its_method():
    drawing = choosing.agreement(DIGITS, WAYS, {"central": 0, "symbolic": 1, "dual": 0})
    (ax,) = panels(drawing)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("correct digits", "method")
    assert [tick.get_text() for tick in ax.get_yticklabels()] == list(DIGITS)
    lines = data(ax)
    for row, found in enumerate(DIGITS.values()):
        (x, y), (middle, _) = lines[2 * row : 2 * row + 2]
        assert np.array_equal(x, found)
        assert np.all(np.abs(y - row) < 0.45)
        assert np.all(middle == np.median(found))
    assert "medians are: central 9.0, symbolic 15.2, dual 15.0." in drawing.alt


def test_agreement_says_what_was_refused_and_only_that():
    (ax,) = panels(choosing.agreement(DIGITS, WAYS, {"central": 0, "symbolic": 3, "dual": 0}))
    assert names(ax) == {"3 refused"}


# --- accuracy -------------------------------------------------------------------------------------

COST = {"forward": 2.0, "central": 2.0, "4 points": 4.0, "symbolic": 1.9, "automatic": 2.6}
MEDIAN = {"forward": 1e-8, "central": 1e-11, "4 points": 1e-12, "symbolic": 0.0, "automatic": 1e-16}
WORST = {name: 100 * max(error, U) for name, error in MEDIAN.items()}
LABELS = dict.fromkeys(("forward", "central", "4 points"), "numerical")
LABELS |= {"symbolic": "symbolic", "automatic": "automatic"}


def test_accuracy_shows_median_and_worst_error_over_the_cost():
    drawing = choosing.accuracy(COST, MEDIAN, WORST, LABELS, family=["central", "4 points"], u=U)
    (ax,) = panels(drawing)
    assert is_loglog(ax)
    assert ax.get_xlabel() == "operations, in runs of the function"
    for name, cost in COST.items():
        low = max(MEDIAN[name], U / 2)  # a median of 0 has no place on this axis
        assert drawn(ax, np.array([cost]), np.array([low]))
        assert drawn(ax, np.array([cost, cost]), np.array([low, WORST[name]]))
    assert drawn(ax, np.array([2.0, 4.0]), np.array([1e-11, 1e-12]))  # the family's line
    assert names(ax) == {*COST, "unit roundoff"}
    assert "from symbolic at 1.9 runs of the function to 4 points at 4." in drawing.alt


def test_accuracy_colours_a_method_by_its_way():
    drawing = choosing.accuracy(COST, MEDIAN, WORST, LABELS, family=["central", "4 points"], u=U)
    colours = curve_colours(panels(drawing)[0])
    blue, orange, green = (style.PALETTE[role][0] for role in ("blue", "orange", "green"))
    assert (colours["forward"], colours["symbolic"], colours["automatic"]) == (blue, orange, green)


# --- crossover ------------------------------------------------------------------------------------

SIZES = [1, 2, 4, 8]
CURVES = {
    "forward": [2.0, 3.0, 5.0, 9.0],
    "reverse": [9.0, 9.0, 9.0, 9.0],
    "central": [2, 4, 8, 16],
}


def test_crossover_shows_the_cost_of_each_method_and_the_number_of_outputs():
    drawing = choosing.crossover(SIZES, CURVES, outputs=4)
    (ax,) = panels(drawing)
    assert is_loglog(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("inputs $n$", "operations, in runs of $f$")
    for cost in CURVES.values():
        assert drawn(ax, np.array(SIZES, float), np.array(cost, float))
    assert np.array_equal(data(ax)[0][0], [4, 4])
    assert names(ax) == {*CURVES, "$n = m = 4$"}
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["1", "2", "4", "8"]
    assert "with 8 outputs" not in drawing.alt
    assert "from 1 to 8" in drawing.alt
    assert "forward 9, reverse 9, central 16." in drawing.alt


def test_crossover_keeps_the_names_of_curves_that_meet_apart():
    (ax,) = panels(choosing.crossover(SIZES, CURVES, outputs=4))
    heights = {text.get_text(): text.get_position()[1] for text in ax.texts}
    assert heights["forward"] == 9
    assert heights["reverse"] == pytest.approx(9 * 1.35)
    assert heights["central"] >= heights["reverse"] * 1.3


# --- outcomes -------------------------------------------------------------------------------------

TABLE = [[("right", "12"), ("wrong", "0")], [("error", "error"), ("poor", "5")]]


def cells(markup, tag):
    found = ElementTree.fromstring(markup.html).iter(tag)  # noqa: S314 - our own words
    return [(one.get("class") or one.get("scope"), "".join(one.itertext())) for one in found]


def test_outcomes_shows_a_table_and_says_what_is_wrong_without_notice():
    markup = choosing.outcomes(["dual", "a < b"], ["loop", "noise"], TABLE)
    wrong = ("wrong", "✗ 0")
    assert '<span role="img" aria-label="wrong:">' in markup.html
    corner, *outcomes = cells(markup, "td")
    assert corner == (None, "")  # an empty heading would be one that a screen reader cannot read
    assert outcomes == [("right", "12"), wrong, ("error", "error"), ("poor", "5")]
    heads = [("col", "loop"), ("col", "noise"), ("row", "dual"), ("row", "a < b")]
    assert cells(markup, "th") == heads
    assert markup.text == "dual: loop 12, noise 0\na < b: loop error, noise 5"


def test_a_page_gets_the_element_and_a_terminal_the_text():
    markup = choosing.outcomes(["dual"], ["loop"], [[("right", "12")]])
    assert markup._repr_mimebundle_(include=None) == {
        "text/html": markup.html,
        "text/plain": "dual: loop 12",
    }


# --- decision -------------------------------------------------------------------------------------

TREE = {
    "open": ("Can it\nbe read?", {"no": "central", "yes": "wide"}),
    "wide": ("More inputs?", {"no": "dual", "yes": "tape"}),
}
LEAVES = {"central": "central\n2 runs", "dual": "dual", "tape": "tape"}


def test_decision_shows_questions_answers_leaves_and_the_check():
    markup = choosing.decision(TREE, LEAVES, checked=("dual", "tape"), check="check it once")
    assert markup.text.splitlines() == [
        "Can it be read?",
        "  no: central, 2 runs",
        "  yes: More inputs?",
        "    no: dual, check it once",
        "    yes: tape, check it once",
    ]
    root = ElementTree.fromstring(markup.html)  # noqa: S314 - our own words
    assert [one.text for one in root.iter("strong")] == ["central", "dual", "tape"]
    assert [one.text for one in root.iter("em")] == ["no", "yes", "no", "yes"]
    assert [one.text for one in root.iter("small")] == ["2 runs", *["check it once"] * 2]
    (tree,) = root.findall("ul")
    assert [len(level) for level in tree.iter("ul")] == [2, 2]


def test_decision_ends_at_its_leaves_without_a_check():
    assert "check" not in choosing.decision(TREE, LEAVES).html


def test_the_tree_asks_at_most_three_questions_and_reaches_each_leaf():
    def paths(name):
        if name in choosing.LEAVES:
            return [[name]]
        return [[name, *rest] for to in choosing.TREE[name][1].values() for rest in paths(to)]

    found = paths("open")
    assert max(len(path) for path in found) == 3 + 1
    assert {path[-1] for path in found} == set(choosing.LEAVES)
