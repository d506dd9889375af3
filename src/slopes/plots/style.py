"""One look for every figure of the course.

A drawing function takes arrays and returns a :class:`Drawing`: an SVG that carries its own alt
text and follows the light or dark scheme of the page that shows it. Colours are drawn as the light
palette and then replaced by custom properties, which a media query inside the SVG switches; an
SVG in an ``<img>`` sees the colour scheme of the page around it, theme button included.

No global state is changed: the style is a context, and `figure` gives a figure that no window
system knows of.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import Any
from xml.sax.saxutils import escape

import matplotlib as mpl
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Rectangle
from matplotlib.rcsetup import cycler
from matplotlib.text import Text

__all__ = [
    "COLOURS",
    "PALETTE",
    "SMALL",
    "Drawing",
    "cycle",
    "draw",
    "drawing_style",
    "figure",
    "label",
    "listed",
    "reference_slope",
    "unit_roundoff_line",
]

#: Role of a colour, its light value, its dark value. Each pair has a contrast of at least 4.5 with
#: the page's background, ``paper``; not ``grid`` and ``wash``, which carry no information.
PALETTE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ink": ("#1b1f24", "#e8eaed"),
        "muted": ("#5a6270", "#a9b1bc"),
        "grid": ("#d9dde3", "#3a4048"),
        "paper": ("#ffffff", "#14181d"),
        "wash": ("#eaf0f9", "#26303d"),
        "blue": ("#1f5fbf", "#7fb2ff"),
        "orange": ("#b3480c", "#ffa366"),
        "green": ("#11734f", "#5fd0a2"),
        "purple": ("#7b3fa3", "#d3a4f5"),
    }
)

#: The colour cycle, distinct in hue and lightness under the common colour deficiencies, and each
#: with a line style of its own, so that colour is never the only cue.
COLOURS = ("blue", "orange", "green", "purple")
_DASHES = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)))

#: Size of the smallest text in points. A figure 7.2 inches wide is shown 342 pixels wide on a
#: phone, and one 4.2 inches high about 530 pixels high on a slide of 720.
SMALL = 14

_RC: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": PALETTE["muted"][0],
    "axes.grid": True,
    "axes.labelcolor": PALETTE["ink"][0],
    "axes.labelsize": 15,
    "axes.prop_cycle": cycler(
        color=[PALETTE[name][0] for name in COLOURS], linestyle=list(_DASHES)
    ),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": PALETTE["ink"][0],
    "axes.titlesize": 15,
    "font.family": "DejaVu Sans",  # shipped with Matplotlib: the same glyphs on every machine
    "font.size": SMALL,
    "grid.color": PALETTE["grid"][0],
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "lines.markersize": 6,
    "mathtext.fontset": "dejavusans",
    "svg.fonttype": "path",
    "svg.hashsalt": "slopes",  # ids that do not change from build to build
    "text.color": PALETTE["ink"][0],
    "xtick.color": PALETTE["muted"][0],
    "xtick.labelcolor": PALETTE["ink"][0],
    "ytick.color": PALETTE["muted"][0],
    "ytick.labelcolor": PALETTE["ink"][0],
}


@dataclass(frozen=True)
class Drawing:
    """A finished figure: what a notebook shows and a page embeds.

    Attributes
    ----------
    svg : str
        The picture, a complete SVG document whose ``<title>`` is `alt`.
    alt : str
        What the picture shows, for those who do not see it.
    figure : Figure
        Matplotlib's object, for tests and for further use.
    """

    svg: str
    alt: str
    figure: Figure

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Both forms at once: Jupyter picks the picture, a terminal the text."""
        return {"image/svg+xml": self.svg, "text/plain": self.alt}

    def resized(self, *, width: float, height: float) -> Drawing:
        """Draw the same figure in another size; letters and strokes keep theirs.

        Parameters
        ----------
        width, height : float
            Size in inches, at 100 pixels an inch; positive.

        Returns
        -------
        Drawing
            The new picture. `figure` is the same object, and has the new size.

        Raises
        ------
        ValueError
            If a size is not positive and finite.
        """
        for name, size in {"width": width, "height": height}.items():
            if not 0 < size < math.inf:
                raise ValueError(f"{name} must be positive and finite, got {name}={size!r}.")
        self.figure.set_size_inches(width, height)
        return draw(self.figure, alt=self.alt)


@contextmanager
def drawing_style() -> Iterator[None]:
    """Give what is drawn the course's look, whatever the caller's settings are.

    Matplotlib fixes a line's width or a text's size when it is made, so a function that draws
    carries this as its decorator.
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)
        yield


def figure(
    *,
    width: float = 7.2,
    height: float = 4.2,
    panels: int = 1,
    across: bool = True,
    share: bool = False,
) -> tuple[Figure, list[Axes]]:
    """Make a figure in the course's style, its axes in a row or one below the other.

    Parameters
    ----------
    width, height : float
        Size in inches, at 100 pixels an inch; positive.
    panels : int
        Number of axes, at least 1.
    across : bool
        Whether they stand side by side.
    share : bool
        Whether axes side by side share one vertical scale.

    Returns
    -------
    tuple[Figure, list[Axes]]
        The figure and its axes in reading order.

    Examples
    --------
    >>> fig, (ax,) = figure()
    >>> _ = ax.plot([0, 1], [0, 1])
    >>> _ = ax.set(xlabel="$x$", ylabel="$f(x)$")
    >>> draw(fig, alt="A straight line from 0 to 1.").alt
    'A straight line from 0 to 1.'
    """
    with drawing_style():
        apart = ConstrainedLayoutEngine(h_pad=0.04 if across else 0.1)
        fig = Figure(figsize=(width, height), dpi=100, layout=apart)
        rows, columns = (1, panels) if across else (panels, 1)
        axes = fig.subplots(rows, columns, squeeze=False, sharey=share and across).ravel()
    return fig, list(axes)


def cycle(count: int) -> tuple[str, ...]:
    """Give each of some curves its colour.

    Parameters
    ----------
    count : int
        Number of curves, at most four: more colours could not be told apart.

    Returns
    -------
    tuple[str, ...]
        As many roles of `PALETTE`, all different.

    Raises
    ------
    ValueError
        If there are more curves than colours.

    Examples
    --------
    >>> cycle(2)
    ('blue', 'orange')
    """
    if count > len(COLOURS):
        raise ValueError(
            f"count must be at most {len(COLOURS)}, the number of colours, got count={count!r}. "
            "Draw two figures."
        )
    return COLOURS[:count]


def draw(fig: Figure, *, alt: str) -> Drawing:
    """Render a figure to an SVG that follows the page's colour scheme.

    Parameters
    ----------
    fig : Figure
        A figure made by `figure`; every axes must have its labels.
    alt : str
        One or two sentences that say what the picture shows, ending with a full stop.

    Returns
    -------
    Drawing
        The picture with its alt text.

    Raises
    ------
    ValueError
        If `alt` is not a sentence, or an axes with data lacks a label.
    """
    alt = alt.strip()
    if not alt.endswith(".") or len(alt.split()) < 4:
        raise ValueError(
            f"alt must be a sentence of at least four words that ends with a full stop, "
            f"got alt={alt!r}. Say what the picture shows."
        )
    for ax in fig.axes:
        if ax.axison and not (ax.get_xlabel() and (ax.get_ylabel() or _shares_y(ax))):
            raise ValueError(
                f"fig must have a label on every axis, got xlabel={ax.get_xlabel()!r}, "
                f"ylabel={ax.get_ylabel()!r}. Name the quantity and its unit."
            )
    with drawing_style(), _strokes(fig), io.StringIO() as buffer:
        fig.savefig(
            buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None}
        )
        svg = buffer.getvalue()
    return Drawing(svg=_themed(svg, alt, _smallest(fig)), alt=alt, figure=fig)


@contextmanager
def _strokes(fig: Figure) -> Iterator[None]:
    """Hatch with strokes while it lasts: browsers print a pattern as an image for each patch."""
    fig.draw_without_rendering()  # the layout decides how large a patch is
    boxes = [(ax, one) for ax in fig.axes for one in ax.patches if isinstance(one, Rectangle)]
    hatched = [(ax, box) for ax, box in boxes if box.get_hatch()]
    added, patterns = [], [patch.get_hatch() for _, patch in hatched]
    for (ax, patch), pattern in zip(hatched, patterns, strict=True):
        low, high = patch.get_window_extent().get_points() / fig.dpi
        lines, dots = _hatching(pattern, low, high)
        to_data = fig.dpi_scale_trans - ax.transData  # a picture's layout is not a screen's
        strokes = LineCollection(
            [to_data.transform(line) for line in lines], colors=patch.get_edgecolor(),
            linewidths=3.0 if dots else 1.0, capstyle="round" if dots else "butt",
            zorder=patch.get_zorder(), in_layout=False,
        )  # fmt: skip
        added.append(ax.add_artist(strokes))
        patch.set_hatch("")
    try:
        yield
    finally:
        for (_, patch), pattern in zip(hatched, patterns, strict=True):
            patch.set_hatch(pattern)
        for artist in added:
            artist.remove()


def _hatching(
    pattern: str, low: Float[np.ndarray, " 2"], high: Float[np.ndarray, " 2"]
) -> tuple[list[Any], bool]:
    """Strokes of a hatch in a rectangle, in inches, and whether they are dots.

    One of Matplotlib's characters, repeated for a denser hatch: ``/``, ``x`` or a dot.
    """
    kind, gap = pattern[0], 1 / (4 * len(pattern))
    wide, tall = high - low
    if kind == ".":
        xs, ys = (np.arange(gap / 3, side, gap * 2 / 3) for side in (wide, tall))
        return [[low + place, low + place] for place in product(xs, ys)], True
    lines = []
    for shift in np.arange(gap / 2 - tall, wide, gap):  # where the stroke starts at the foot
        ends = np.array([max(0.0, -shift), min(tall, wide - shift)])
        lines.append(low + np.stack([shift + ends, ends], axis=1))
    if kind == "x":
        mirror = [low[0] + high[0], 0.0]
        lines += [mirror + line * [-1, 1] for line in lines]
    return lines, False


def _smallest(fig: Figure) -> float:
    """Height of the smallest text in pixels, indices apart; letters are drawn as paths."""
    texts = [text for text in fig.findobj(Text) if text.get_visible() and text.get_text().strip()]
    return float(min([text.get_fontsize() for text in texts] or [SMALL])) * fig.dpi / 72


def _shares_y(ax: Axes) -> bool:
    """Whether the axes leaves its vertical label to its left neighbour."""
    return len(ax.get_shared_y_axes().get_siblings(ax)) > 1


def _themed(svg: str, alt: str, smallest: float) -> str:
    """Swap fixed colours for switchable ones, and put the alt text and pixel sizes in."""
    for role, (light, _) in PALETTE.items():
        svg = svg.replace(light, f"var(--{role})")
    light, dark = (
        "".join(f"--{role}:{pair[side]};" for role, pair in PALETTE.items()) for side in (0, 1)
    )
    css = f"svg{{{light}}}@media (prefers-color-scheme: dark){{svg{{{dark}}}}}"
    head = f'<title id="alt">{escape(alt)}</title><style>{css}</style>'
    svg = svg[svg.index("<svg") :]
    svg = re.sub(
        r"<svg ([^>]*?)>",
        rf'<svg role="img" aria-labelledby="alt" data-text="{smallest:.1f}" \1>{_literal(head)}',
        svg,
        count=1,
    )
    # Matplotlib writes its size in points of 1/72 inch, browsers want pixels at 1/100 inch here
    return re.sub(
        r'(width|height)="([\d.]+)pt"',
        lambda m: f'{m[1]}="{round(float(m[2]) * 100 / 72)}"',
        svg,
        count=2,
    )


def _literal(text: str) -> str:
    """Escape what `re.sub` would read as a group reference."""
    return text.replace("\\", r"\\")


@drawing_style()
def label(ax: Axes, x: float, y: float, text: str, *, colour: str, **kwargs: Any) -> None:
    """Write a curve's name beside it, in the curve's colour; no line shines through.

    Parameters
    ----------
    ax : Axes
        Where to write.
    x, y : float
        Data coordinates of the text's anchor.
    text : str
        The name.
    colour : str
        A role of `PALETTE`.
    **kwargs
        Passed to Matplotlib's ``Axes.text``, for alignment.
    """
    paper = {"boxstyle": "square,pad=0.05", "facecolor": PALETTE["paper"][0], "lw": 0}
    shade = PALETTE[colour][0]
    ax.text(x, y, text, color=shade, fontsize=SMALL, fontweight="bold", bbox=paper, **kwargs)


@drawing_style()
def reference_slope(
    ax: Axes, *, order: float, through: tuple[float, float], span: float, text: str
) -> None:
    """Draw a thin line of known slope into a log-log plot, to measure a curve by eye.

    Parameters
    ----------
    ax : Axes
        Log-log axes.
    order : float
        The slope: decades of y for each decade of x.
    through : tuple[float, float]
        A point of the line, both coordinates positive.
    span : float
        Decades of x that the line covers to the right of the point; negative goes left.
    text : str
        What the slope is called, written at the line's end.
    """
    x, y = through
    xs = x * 10.0 ** np.array([0.0, span])
    ys = y * (xs / x) ** order
    ax.plot(xs, ys, color=PALETTE["muted"][0], linewidth=1.0, linestyle="-")
    ax.annotate(
        text,
        (xs[1], ys[1]),
        xytext=(4, 0),
        textcoords="offset points",
        color=PALETTE["muted"][0],
        fontsize=SMALL,
        va="center",
    )


@drawing_style()
def unit_roundoff_line(ax: Axes, u: float, *, text: str = "unit roundoff") -> None:
    """Draw the unit roundoff as a horizontal line: the floor of a relative error.

    Parameters
    ----------
    ax : Axes
        Axes whose vertical scale is a relative error.
    u : float
        Unit roundoff, between 0 and 1.
    text : str
        The line's name.
    """
    ax.axhline(u, color=PALETTE["muted"][0], linewidth=1.0, linestyle=(0, (2, 2)))
    ax.annotate(
        text,
        (1.0, u),
        xycoords=("axes fraction", "data"),
        xytext=(-2, 3),
        textcoords="offset points",
        ha="right",
        color=PALETTE["muted"][0],
        fontsize=SMALL,
    )


def listed(names: Iterable[str]) -> str:
    """Join names as prose does, for an alt text.

    Parameters
    ----------
    names : iterable of str
        Any number of them.

    Returns
    -------
    str
        With commas, and "and" before the last; empty for none.

    Examples
    --------
    >>> listed(["forward", "central", "adaptive"])
    'forward, central and adaptive'
    """
    *most, last = [*names] or [""]
    return f"{', '.join(most)} and {last}" if most else last
