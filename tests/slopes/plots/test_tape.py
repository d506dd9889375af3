"""The chapter's figures: labels, scales, alt text and the data drawn, not pixels."""

import numpy as np
import pytest
from drawings import curve_colours, data, drawn, is_loglog, names, panels

from slopes import tape as recording
from slopes.plots import style, tape


def record(fn, *args):
    entries = recording.trace(fn, *args).entries
    return ([e.text for e in entries], [e.value for e in entries], [e.parents for e in entries])


def texts(ax):
    return [text.get_text() for text in ax.texts]


def accented(ax):
    """Texts on a filled box: what is marked."""
    return [t.get_text() for t in ax.texts if t.get_color() == style.PALETTE["wash"][0]]


def ways_back(ax):
    """Edges that something travels back along."""
    gids = [(patch.get_gid() or "").split("-") for patch in ax.patches]
    return {(int(gid[1]), int(gid[2])) for gid in gids if gid[0] == "back"}


def accented_edges(ax):
    edges = [p for p in ax.patches if (p.get_gid() or "").startswith("edge-")]
    return {p.get_gid() for p in edges if p.get_linewidth() > 2}


# --- program --------------------------------------------------------------------------------------


def test_program_shows_each_line_as_mathematics_with_its_value():
    drawing = tape.program(*record(lambda x: x**2 + 3 * x + 2, 2.0))
    (ax,) = drawing.figure.axes
    lines = ["x", "v_{1}^{2}", r"3\,v_{1}", "v_{2} + v_{3}", "v_{4} + 2"]
    named = zip(lines, (2, 4, 6, 10, 12), strict=True)
    assert texts(ax) == [f"$v_{{{k}}} = {s}$\n{v}" for k, (s, v) in enumerate(named, start=1)]
    assert not accented(ax)  # a filled box is one that hands on, and nothing does here
    assert not ways_back(ax)
    assert accented_edges(ax) == {"edge-0-1", "edge-0-2"}
    assert drawing.alt == (
        "A graph of 5 boxes joined by 5 arrows: x, v1 ** 2, 3 * v1, v2 + v3 and v4 + 2. "
        "x is read twice."
    )


def test_program_shows_no_fork_where_there_is_none():
    drawing = tape.program(*record(lambda x: recording.sin(recording.exp(x)), 0.0))
    (ax,) = drawing.figure.axes
    assert "$v_{3} = \\mathrm{sin}(v_{2})$\n0.8415" in texts(ax)
    assert not accented(ax)
    assert "Each is read once." in drawing.alt


def test_program_shows_the_way_back_where_it_is_given():
    steps = recording.sweep(recording.trace(lambda x: x * x + 3 * x, 2.0))
    back = [(s.index, s.y_bar, s.contributions) for s in steps]
    drawing = tape.program(*record(lambda x: x * x + 3 * x, 2.0), back)
    (ax,) = drawing.figure.axes
    assert [t for t in texts(ax) if "bar" in t] == [
        rf"$\bar v=${bar}" for bar in ("1", "1", "1", "7")
    ]
    pills = [t for t in texts(ax) if "v" not in t]
    assert sorted(pills) == ["1", "1", "2", "2", "3"]  # the square reads x twice
    assert drawing.alt.endswith("x is read 3 times. Walking back, x receives 3, 2 and 2.")


def test_program_shows_how_often_an_entry_is_read():
    drawing = tape.program(["x", "v0 * v0", "v0 * v1"], [2.0, 4.0, 8.0], [(), (0, 0), (0, 1)])
    assert "x is read 3 times." in drawing.alt
    assert len(drawing.figure.axes[0].patches) == 3 + 4


# --- backward_pass --------------------------------------------------------------------------------

SYMBOLS = ["$x_1$", "$x_2$", "*", "sin", "+"]


def two(x1, x2):
    return x1 * x2 + recording.sin(x1)


def steps_of(fn, *args):
    return [
        (s.index, s.cotangents, s.contributions)
        for s in recording.sweep(recording.trace(fn, *args))
    ]


def test_backward_pass_shows_a_picture_for_the_start_and_for_each_operation():
    _, values, parents = record(two, 2.0, 3.0)
    drawing = tape.backward_pass(SYMBOLS, values, parents, steps_of(two, 2.0, 3.0))
    axes = drawing.figure.axes
    hands_on = ["+", "sin", "\N{MULTIPLICATION SIGN}"]
    assert [ax.get_title() for ax in axes] == [
        "0: the start",
        *[f"{k}: $v_{{{node}}}$ hands on" for k, node in ((1, 5), (2, 4), (3, 3))],
    ]
    notes = [[t for t in texts(ax) if "bar" in t] for ax in axes]
    one, first, second = (rf"$\bar v=${t}" for t in ("1", "\N{MINUS SIGN}0.4161", "2.5839"))
    assert notes[0] == [one]
    assert notes[1] == [one] * 3
    assert notes[2] == [first, *[one] * 3]
    assert notes[3] == [second, r"$\bar v=$2", *[one] * 3]
    active = [f"$v_{{{node}}}$: {sign}" for node, sign in zip((5, 4, 3), hands_on, strict=True)]
    assert [accented(ax)[0].split("\n")[0] for ax in axes] == [active[0], *active]
    assert [ways_back(ax) for ax in axes] == [
        set(),
        {(2, 4), (3, 4)},
        {(2, 4), (3, 4), (0, 3)},
        {(2, 4), (3, 4), (0, 3), (0, 2), (1, 2)},
    ]
    assert all(not accented_edges(ax) for ax in axes)
    assert "2" in texts(axes[3])
    assert "3" in texts(axes[3])
    assert "4 pictures of one graph of 5 boxes: a cotangent of 1 starts" in drawing.alt
    assert "at the end it is 2.5839 at x1 and 2 at x2." in drawing.alt


def test_backward_pass_shows_nothing_at_an_input_that_has_no_effect():
    def fn(x, y):  # noqa: ARG001
        return x * x

    _, values, parents = record(fn, 3.0, 4.0)
    drawing = tape.backward_pass(["x", "y", "square"], values, parents, steps_of(fn, 3.0, 4.0))
    assert "it is 6 at x and nothing at y." in drawing.alt


def test_backward_pass_shows_some_of_the_pictures_where_the_whole_has_them():
    _, values, parents = record(two, 2.0, 3.0)
    steps = steps_of(two, 2.0, 3.0)
    whole = tape.backward_pass(SYMBOLS, values, parents, steps)
    part = tape.backward_pass(SYMBOLS, values, parents, steps, shown=(0, 2))
    kept = whole.figure.axes[::2]
    assert [ax.get_title() for ax in part.figure.axes] == [ax.get_title() for ax in kept]
    assert [texts(ax) for ax in part.figure.axes] == [texts(ax) for ax in kept]
    assert [ax.get_xlim() for ax in part.figure.axes] == [ax.get_xlim() for ax in kept]
    assert "2 pictures of one graph of 5 boxes, 0 and 2 of 0 to 3: a cotangent" in part.alt
    one = tape.backward_pass(SYMBOLS, values, parents, steps, shown=(2,))
    assert "1 picture of one graph of 5 boxes" in one.alt
    assert "it is \N{MINUS SIGN}0.4161 at x1, nothing at x2, 1 at" in part.alt


@pytest.mark.parametrize("shown", [[], [4], [0, -1]])
def test_backward_pass_wants_pictures_that_there_are(shown):
    _, values, parents = record(two, 2.0, 3.0)
    with pytest.raises(ValueError, match=r"shown must be some of \[0, 1, 2, 3\], got shown="):
        tape.backward_pass(SYMBOLS, values, parents, steps_of(two, 2.0, 3.0), shown=shown)


# --- costs ----------------------------------------------------------------------------------------

RATIOS = {"product": 4.6, "logistic": 3.25, "kepler": 4.5}


def test_costs_shows_a_dot_for_each_program_below_the_bound():
    drawing = tape.costs(RATIOS, bound=5.0, inputs={"product": 5, "logistic": 1, "kepler": 2})
    (ax,) = panels(drawing)
    dots = next(line for line in ax.lines if line.get_marker() == "o")
    assert dots.get_xdata().tolist() == [3.25, 4.5, 4.6]
    assert [t.get_text() for t in ax.get_yticklabels()] == [
        "logistic (1)",
        "kepler (2)",
        "product (5)",
    ]
    assert any(np.all(x == 5.0) for x, _ in data(ax))
    assert names(ax) == {"bound 5", "the function alone"}
    assert "3 programs" in drawing.alt
    assert "program: 3.2 for logistic, 4.5 for kepler and 4.6 for product; a line" in drawing.alt


def test_costs_shows_names_alone_where_inputs_are_not_given():
    (ax,) = panels(tape.costs(RATIOS, bound=5.0))
    assert ax.get_yticklabels()[0].get_text() == "logistic"


# --- memory ---------------------------------------------------------------------------------------

LENGTHS = np.array([10, 100, 1000])
CURVES = {"tape": 1e3 * LENGTHS, "checkpoints": 1e3 * LENGTHS**0.5}


def test_memory_shows_each_method_with_its_slope():
    drawing = tape.memory(LENGTHS, CURVES, slopes=(1.0, 0.5))
    (ax,) = panels(drawing)
    assert is_loglog(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("steps of the program", "bytes kept / $10^6$")
    for size in CURVES.values():
        assert drawn(ax, LENGTHS, size / 1e6)
    lines = [(x, y) for x, y in data(ax) if len(x) == 2]
    assert np.allclose([np.ptp(np.log(y)) / np.ptp(np.log(x)) for x, y in lines], [1, 0.5])
    assert names(ax) - {""} == {"tape: power 1", "checkpoints: power 0.5"}
    assert "10 to 1000 steps for tape and checkpoints" in drawing.alt
    assert "from 0.01 and 0.0032 megabytes to 1 and 0.032" in drawing.alt
    assert "slope 1 and 0.5." in drawing.alt


def test_memory_wants_one_power_for_each_method():
    with pytest.raises(ValueError, match=r"slopes must be one power for each of tape .*\(1\.0,\)"):
        tape.memory(LENGTHS, CURVES, slopes=(1.0,))


# --- training -------------------------------------------------------------------------------------

LOSS = np.exp(-np.arange(20) / 10)


def test_training_shows_both_curves_and_their_difference():
    other = LOSS * (1 + 1e-15 * np.arange(20))
    drawing = tape.training({"tape": LOSS, "JAX": other})
    left, right = panels(drawing)
    assert left.get_yscale() == right.get_yscale() == "log"
    assert drawn(left, np.arange(20), LOSS)
    assert drawn(left, np.arange(0, 20, 5), other[::5])
    apart = np.abs(LOSS - other) / LOSS
    assert drawn(right, np.arange(20), np.where(apart > 0, apart, np.nan))
    assert names(left) == {"tape (line)", "JAX (dots)"}
    assert "over 20 steps: it falls from 1.00 to 0.150" in drawing.alt
    assert f"at most {apart.max():.0e}." in drawing.alt


# --- all of them ----------------------------------------------------------------------------------


def test_more_curves_than_colours_are_refused_not_dropped():
    five = {str(k): CURVES["tape"] for k in range(5)}
    with pytest.raises(ValueError, match=r"count must be at most 4, .* got count=5"):
        tape.memory(LENGTHS, five, slopes=(1.0,) * 5)


def test_every_figure_has_a_test_here():
    told = {test.split("_shows")[0] for test in globals()}
    assert {f"test_{name}" for name in tape.__all__} <= told


def test_no_figure_changes_what_it_is_given():
    lengths, ratios = LENGTHS.copy(), dict(RATIOS)
    curves = {name: size.copy() for name, size in CURVES.items()}
    tape.memory(lengths, curves, slopes=(1.0, 0.5))
    tape.costs(ratios, bound=5.0)
    assert np.array_equal(lengths, LENGTHS)
    assert all(np.array_equal(curves[name], CURVES[name]) for name in CURVES)
    assert ratios == RATIOS


def test_each_curve_of_a_figure_has_its_label_in_its_colour():
    (ax,) = panels(tape.memory(LENGTHS, CURVES, slopes=(1.0, 0.5)))
    colours = {text: colour for text, colour in curve_colours(ax).items() if text}
    assert list(colours.values()) == [style.PALETTE[role][0] for role in style.COLOURS[:2]]
    dots = [line.get_color() for line in ax.lines if line.get_marker() == "o"]
    assert dots == list(colours.values())
