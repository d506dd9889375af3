"""What every drawing promises: alt text, both colour schemes, contrast, the same bytes."""

import functools
import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.patches import Rectangle
from numpy.testing import assert_allclose

from slopes.plots import style

SVG = "{http://www.w3.org/2000/svg}"
TOKENS = Path(__file__).parents[3] / "docs" / "_static" / "slopes-tokens.css"
SENTENCE = "A straight line from 0 to 1."


@functools.cache
def line(alt=SENTENCE, **options):
    fig, (ax,) = style.figure(**options)
    ax.plot([0, 1], [0, 1])
    ax.set(xlabel="$x$", ylabel="$f(x)$")
    return style.draw(fig, alt=alt)


@style.drawing_style()
def everything():
    """A drawing that uses each colour and each helper of the style."""
    fig, (ax,) = style.figure()
    x = np.array([1e-3, 1.0])
    for role in style.PALETTE:
        ax.loglog(x, x, color=style.PALETTE[role][0])
    style.label(ax, 0.1, 0.1, "a name", colour="blue", ha="right")
    style.reference_slope(ax, order=2.0, through=(1e-3, 1e-3), span=1.0, text="slope 2")
    style.unit_roundoff_line(ax, 2.0**-53)
    ax.set(xlabel="step", ylabel="error")
    return style.draw(fig, alt="Nine lines, one in each colour.")


seen = functools.cache(everything)


# --- the picture ----------------------------------------------------------------------------------


def test_a_drawing_is_a_picture_with_its_alt_text_as_title():
    root = ElementTree.fromstring(line().svg)  # noqa: S314 - our own words
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    title = root.find(f"{SVG}title")
    assert title.text == line().alt == SENTENCE
    assert root.get("aria-labelledby") == title.get("id")


@pytest.mark.parametrize("alt", ["The case a < b & c > d.", r"The group \1 and the word \alpha."])
def test_any_character_may_stand_in_the_alt_text(alt):
    root = ElementTree.fromstring(line(alt).svg)  # noqa: S314
    assert root.find(f"{SVG}title").text == alt


def test_sizes_are_in_pixels_a_hundred_an_inch():
    root = ElementTree.fromstring(line(width=7.2, height=4.2).svg)  # noqa: S314
    assert (root.get("width"), root.get("height")) == ("720", "420")


def test_a_drawing_in_another_size_has_letters_of_the_same_size():
    small = line(width=7.2, height=4.2)
    large = line(width=7.2, height=4.2).resized(width=14.4, height=3.8)
    root = ElementTree.fromstring(large.svg)  # noqa: S314
    assert (root.get("width"), root.get("height")) == ("1440", "380")
    assert large.alt == small.alt
    found = [re.search(r"data-text=\"([\d.]+)\"", one.svg) for one in (small, large)]
    assert found[0][1] == found[1][1]


@pytest.mark.parametrize("size", [{"width": 0.0, "height": 1.0}, {"width": 1.0, "height": np.inf}])
def test_a_size_that_is_none_is_refused(size):
    name, value = next(item for item in size.items() if item[1] != 1)
    with pytest.raises(ValueError, match=f"{name} must be positive and finite, got {name}={value}"):
        line().resized(**size)


def test_the_same_drawing_has_the_same_bytes():
    assert everything().svg == seen().svg
    assert line().svg != seen().svg


def test_a_drawing_names_neither_day_nor_program():
    assert not re.search(r"dc:date|Matplotlib v|\d{4}-\d\d-\d\d", seen().svg)


def test_jupyter_gets_the_picture_and_a_terminal_the_text():
    drawing = line()
    bundle = drawing._repr_mimebundle_(include=None, exclude=None)
    assert bundle == {"image/svg+xml": drawing.svg, "text/plain": SENTENCE}


# --- colours --------------------------------------------------------------------------------------


def fixed_colours(svg):
    """Return the colours outside the style sheet that no scheme can switch."""
    return set(re.findall(r"#[0-9a-fA-F]{6}\b", re.sub(r"<style>.*?</style>", "", svg, count=1)))


def test_no_colour_of_the_palette_stays_fixed():
    drawn = {light for light, _ in style.PALETTE.values()}
    assert not fixed_colours(seen().svg) & drawn
    for role in style.PALETTE:
        assert f"var(--{role})" in seen().svg


def test_a_colour_from_elsewhere_would_be_seen():
    fig, (ax,) = style.figure()
    ax.plot([0, 1], [0, 1], color="#123456")
    ax.set(xlabel="x", ylabel="y")
    assert "#123456" in fixed_colours(style.draw(fig, alt=SENTENCE).svg)


def test_each_role_has_its_value_in_both_schemes():
    css = re.search(r"<style>(.*?)</style>", line().svg)[1]
    light, dark = css.split("@media (prefers-color-scheme: dark)")
    for role, pair in style.PALETTE.items():
        assert f"--{role}:{pair[0]};" in light
        assert f"--{role}:{pair[1]};" in dark


def luminance(colour):
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_paper_of_figures_is_the_page_s():
    assert list(style.PALETTE["paper"]) == papers()


def papers():
    """The page's background in the light and in the dark scheme."""
    return re.findall(r"--slopes-paper: (#[0-9a-f]{6});", TOKENS.read_text(encoding="utf-8"))


def test_contrast_is_computed_as_published():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_the_site_has_two_papers():
    assert len(papers()) == 2
    assert papers()[0] == "#ffffff"
    assert luminance(papers()[1]) < 0.02


@pytest.mark.parametrize("role", style.PALETTE.keys() - {"grid", "paper", "wash"})
@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_what_carries_information_stands_out_from_the_page(role, scheme):
    assert contrast(style.PALETTE[role][scheme], papers()[scheme]) >= 4.5


def test_curves_differ_in_colour_and_in_line_style():
    with style.drawing_style():
        properties = mpl.rcParams["axes.prop_cycle"].by_key()
    assert len(set(properties["color"])) == len(set(map(str, properties["linestyle"]))) == 4


def test_each_curve_gets_a_colour_of_its_own():
    assert style.cycle(4) == style.COLOURS
    assert style.cycle(0) == ()


def test_more_curves_than_colours_are_refused():
    with pytest.raises(ValueError, match=r"count must be at most 4, .* got count=5\. Draw two"):
        style.cycle(5)


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("alt", ["", "Line.", "A straight line from 0 to 1", "figure of a line"])
def test_alt_text_that_is_no_sentence_is_refused(alt):
    with pytest.raises(ValueError, match=r"alt must be a sentence .* got alt="):
        line(alt)


def test_space_around_the_alt_text_does_not_count():
    assert line(f"\n  {SENTENCE} ").alt == SENTENCE


@pytest.mark.parametrize("missing", ["xlabel", "ylabel"])
def test_an_axis_without_a_label_is_refused(missing):
    fig, (ax,) = style.figure()
    ax.set(**({"xlabel": "step", "ylabel": "error"} | {missing: ""}))
    with pytest.raises(ValueError, match=f"fig must have a label on every axis, .*{missing}=''"):
        style.draw(fig, alt=SENTENCE)


def test_axes_that_share_a_scale_need_its_label_once():
    fig, (left, right) = style.figure(panels=2, share=True)
    left.set(xlabel="a", ylabel="error")
    right.set(xlabel="b")
    assert style.draw(fig, alt=SENTENCE).figure is fig


def test_panels_below_each_other_need_a_label_each():
    fig, (upper, lower) = style.figure(panels=2, across=False, share=True)
    assert upper.get_position().y0 > lower.get_position().y1
    upper.set(xlabel="a", ylabel="error")
    lower.set(xlabel="b")
    with pytest.raises(ValueError, match="fig must have a label on every axis"):
        style.draw(fig, alt=SENTENCE)


def test_a_drawing_says_how_high_its_smallest_text_is():
    fig, (ax,) = style.figure()
    ax.set(xlabel="x", ylabel="y")
    ax.text(0, 0, "small", fontsize=7.2)
    ax.text(0, 0, " ", fontsize=1)
    ax.text(0, 0, "hidden", fontsize=1, visible=False)
    assert 'data-text="10.0"' in style.draw(fig, alt=SENTENCE).svg
    assert f'data-text="{style.SMALL * 100 / 72:.1f}"' in line().svg


def hatched(pattern):
    """A drawing of a hatched rectangle, and the strokes that a bare one lacks."""
    drawings = []
    for each in (pattern, None):
        fig, (ax,) = style.figure()
        ax.add_patch(Rectangle((0.25, 0.25), 0.5, 0.5, facecolor="none", hatch=each))
        ax.set(xlabel="x", ylabel="y")
        drawings.append(style.draw(fig, alt="A rectangle in the middle."))
    strokes = [re.findall(r'd="M (\S+) (\S+)\s+L (\S+) (\S+)\s*"', d.svg) for d in drawings]
    more = Counter(strokes[0]) - Counter(strokes[1])
    return drawings[0], np.array([[float(x) for x in one] for one in more])


@pytest.mark.parametrize(("pattern", "ways"), [("/", {1}), ("x", {1, -1}), ("..", {0})])
def test_hatches_are_strokes_inside_their_rectangle(pattern, ways):
    drawing, strokes = hatched(pattern)
    assert "<pattern" not in drawing.svg  # a browser prints it as an image
    (patch,) = drawing.figure.axes[0].patches
    box = patch.get_window_extent().extents / drawing.figure.dpi * 72
    height = drawing.figure.get_figheight() * 72  # an SVG counts downwards
    inside = strokes * [1, -1, 1, -1] + [0, height, 0, height]
    assert len(inside) > 5
    for x, y in (inside[:, :2].T, inside[:, 2:].T):
        assert np.all((box[0] - 0.01 < x) & (x < box[2] + 0.01))
        assert np.all((box[1] - 0.01 < y) & (y < box[3] + 0.01))
    run, rise = inside[:, 2] - inside[:, 0], inside[:, 3] - inside[:, 1]
    assert_allclose(abs(run), abs(rise), rtol=0.01, atol=1e-4)
    assert {*np.sign((run * rise).round(3))} == ways


def test_a_figure_keeps_its_hatches():
    drawing, _ = hatched("//")
    (patch,) = drawing.figure.axes[0].patches
    assert patch.get_hatch() == "//"
    assert not drawing.figure.axes[0].collections


def test_axes_that_are_switched_off_need_no_label():
    fig, (ax,) = style.figure()
    ax.axis("off")
    assert style.draw(fig, alt=SENTENCE).alt == SENTENCE


# --- helpers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("span", [2.0, -1.0])
def test_a_reference_slope_gains_its_order_in_decades(span):
    fig, (ax,) = style.figure()
    style.reference_slope(ax, order=3.0, through=(1e-2, 1e-5), span=span, text="order 3")
    x, y = np.log10(ax.lines[0].get_data())
    assert np.allclose([x[0], y[0]], [-2, -5])
    assert np.allclose([x[1] - x[0], y[1] - y[0]], [span, 3 * span])
    assert ax.texts[0].get_text() == "order 3"
    assert fig.axes == [ax]


def test_the_unit_roundoff_is_a_named_line():
    _, (ax,) = style.figure()
    style.unit_roundoff_line(ax, 2.0**-53)
    assert list(ax.lines[0].get_ydata()) == [2.0**-53] * 2
    assert ax.texts[0].get_text() == "unit roundoff"


def test_a_label_has_its_curve_s_colour():
    _, (ax,) = style.figure()
    style.label(ax, 0.5, 0.25, "central", colour="green", ha="center")
    (text,) = ax.texts
    assert (text.get_text(), text.get_position()) == ("central", (0.5, 0.25))
    assert text.get_color() == style.PALETTE["green"][0]
    assert text.get_horizontalalignment() == "center"


# --- no state -------------------------------------------------------------------------------------


def test_drawing_changes_no_setting_and_leaves_no_open_figure():
    before = mpl.rcParams.copy()
    everything()
    assert mpl.rcParams == before
    import matplotlib.pyplot as plt

    assert plt.get_fignums() == []


def test_settings_of_the_caller_do_not_show():
    with mpl.rc_context(
        {
            "font.size": 30,
            "lines.linewidth": 9,
            "axes.titleweight": "bold",
            "svg.fonttype": "none",
            "svg.hashsalt": None,
        }
    ):
        other = everything().svg
    assert other == seen().svg


def test_the_look_ends_with_the_drawing_even_after_an_error():
    before = mpl.rcParams.copy()

    @style.drawing_style()
    def fails():
        return mpl.rcParams == before or 1 / 0

    with pytest.raises(ZeroDivisionError):
        fails()
    assert mpl.rcParams == before


def test_the_palette_cannot_be_changed():
    with pytest.raises(TypeError):
        style.PALETTE["ink"] = ("#000000", "#ffffff")


@pytest.mark.parametrize(
    ("names", "text"),
    [([], ""), (["a"], "a"), ({"a": 1, "b": 2}, "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_names_are_joined_as_prose_does(names, text):
    assert style.listed(names) == text
