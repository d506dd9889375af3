"""Figures of the chapter *Iterate in bulk*: arrays in, drawing out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from slopes.plots.style import (
    PALETTE,
    SMALL,
    Drawing,
    cycle,
    draw,
    drawing_style,
    figure,
    label,
    listed,
    reference_slope,
)

__all__ = ["Fixed", "cobwebs", "diagram", "ends", "growth", "newton_basins", "sizes"]

Points = Float[np.ndarray, " k"]

#: Colours of pictures made of pixels, which no theme can switch: each has a contrast of 3 with
#: light paper and with dark.
PIXELS = ("#4a80d9", "#cc6418", "#1f8f66")

#: Boxes in which a bifurcation diagram counts the points of one parameter.
ROWS = 220


class Fixed(NamedTuple):
    """A fixed point that `cobwebs` marks."""

    value: float
    """Where it is."""
    slope: float
    """Of the map there."""


@drawing_style()
def cobwebs(
    x: Points,
    y: Points,
    webs: Sequence[Float[np.ndarray, "corners 2"]],
    *,
    fixed: Sequence[Fixed],
    across: bool = False,
) -> Drawing:
    """Draw orbits between the graph of a map and the diagonal.

    Parameters
    ----------
    x, y : array of shape (k,)
        The graph.
    webs : Sequence[array of shape (corners, 2)]
        Corners of each orbit's cobweb, at most four; what lies outside of the frame is cut.
    fixed : Sequence[Fixed]
        The map's fixed points, each with its slope.
    across : bool
        Whether the figure is low and wide, as a slide wants it.

    Returns
    -------
    Drawing
        One plot with equal ranges on both axes, those of `x`.
    """
    fig, (ax,) = figure(width=8.4 if across else 7.2, height=4.2 if across else 5.4)
    low, high = float(x[0]), float(x[-1])
    ax.plot([low, high], [low, high], color=PALETTE["muted"][0], linestyle=(0, (2, 2)), linewidth=1)
    ax.plot(x, y, color=PALETTE["ink"][0], linestyle="-", linewidth=2)
    for web, colour in zip(webs, cycle(len(webs)), strict=True):
        ax.plot(*web.T, color=PALETTE[colour][0], linestyle="-")
        ax.plot(*web[0], "o", color=PALETTE[colour][0], markersize=9)
    for point in fixed:
        ax.plot(point.value, point.value, "s", color=PALETTE["ink"][0], markersize=8)
        ax.annotate(
            f"slope {point.slope:.1f}",
            (point.value, point.value),
            xytext=(12, -6),
            textcoords="offset points",
            va="top",
            fontsize=SMALL,
        )
    room = 0.18 * (high - low)
    ax.set(xlabel="$x_k$", ylabel="$x_{k+1}$", xlim=(low, high + room), ylim=(low, high + room / 2))
    told = [_told(web, (low, high)) for web in webs]
    points = [f"{p.value:.3g} with slope {p.slope:.1f}" for p in fixed]
    return draw(
        fig,
        alt=f"The graph of a map, the diagonal, and steps between them; {listed(told)}. "
        f"Fixed points are {listed(points)}.",
    )


def _told(web: Float[np.ndarray, "corners 2"], window: tuple[float, float]) -> str:
    """Tell where an orbit starts and ends."""
    end = float(web[-1, 1])
    inside = np.isfinite(end) and window[0] <= end <= window[1]
    return f"an orbit from {web[0, 0]:.3g} " + (f"ends at {end:.3g}" if inside else "leaves")


@drawing_style()
def ends(start: Points, end: Points, *, top: float) -> Drawing:
    """Draw where orbits have arrived against where they started.

    Parameters
    ----------
    start : array of shape (k,)
        Where each orbit started, increasing.
    end : array of shape (k,)
        Where it is; what is above `top` or not finite is drawn there as an arrowhead.
    top : float
        Upper edge of the plot.

    Returns
    -------
    Drawing
        One plot of points.
    """
    fig, (ax,) = figure(height=3.8)
    gone = ~(np.abs(end) < top)
    ax.plot(start[~gone], end[~gone], "o", color=PALETTE["blue"][0], linestyle="none")
    ax.plot(
        start[gone], np.full(gone.sum(), top), "^", color=PALETTE["orange"][0], linestyle="none"
    )
    ax.set(xlabel="$x_0$", ylabel="last $x$", ylim=(0, 1.12 * top))
    told = f"{gone.sum()} of {len(start)} orbits have left"
    if not gone.all():
        first, final = start[~gone], end[~gone]
        told += f"; those that start from {first.min():.3g} to {first.max():.3g} are between "
        told += f"{final.min():.3g} and {final.max():.3g}"
    return draw(fig, alt=f"Last point over first point: {told}.")


@drawing_style()
def sizes(
    lengths: Int[np.ndarray, " k"], operations: Mapping[str, Int[np.ndarray, " k"]]
) -> Drawing:
    """Draw how many operations a traced loop has against its length.

    Parameters
    ----------
    lengths : array of shape (k,)
        Turns of the loop, increasing.
    operations : Mapping[str, array of shape (k,)]
        Operations in the program by the way in which the loop is written, at most four.

    Returns
    -------
    Drawing
        Log-log plot.
    """
    fig, (ax,) = figure(height=4.0)
    markers = ("o", "s", "^", "D")
    for (name, counts), colour, marker in zip(
        operations.items(), cycle(len(operations)), markers, strict=False
    ):
        ax.loglog(lengths, counts, marker + "-", color=PALETTE[colour][0])
        label(ax, 1.3 * float(lengths[-1]), float(counts[-1]), name, colour=colour, va="center")
    most = max(operations.values(), key=lambda counts: int(counts[-1]))
    middle = len(lengths) // 2
    start = (float(lengths[middle]), float(most[middle]) / 4)
    reference_slope(ax, order=1.0, through=start, span=0.7, text="slope 1")
    ax.set(xlabel="steps of the loop", ylabel="operations traced", xlim=(None, lengths[-1] * 20))
    told = [f"{name} {c[0]} to {c[-1]}" for name, c in operations.items()]
    return draw(
        fig,
        alt=f"Log-log plot of operations in the traced program, for {lengths[0]} to {lengths[-1]} "
        f"steps: {listed(told)}.",
    )


@drawing_style()
def diagram(
    a: Points,
    values: Float[np.ndarray, "keep k"],
    exponent: Points,
    *,
    marks: Mapping[str, float],
    across: bool = False,
) -> Drawing:
    """Draw a bifurcation diagram above the Lyapunov exponents of its orbits.

    Parameters
    ----------
    a : array of shape (k,)
        The parameters, evenly spaced.
    values : array of shape (keep, k)
        The points of each orbit, a column for each parameter; what is outside of 0 to 1 is cut.
    exponent : array of shape (k,)
        Lyapunov exponents; those below -2 are cut.
    marks : Mapping[str, float]
        Parameters that are marked in both panels, with a name.
    across : bool
        Whether the panels stand side by side, as a slide wants them.

    Returns
    -------
    Drawing
        Two panels with one horizontal scale; the diagram is made of pixels.
    """
    width, height = (8.4, 4.2) if across else (7.2, 7.6)
    fig, (ax, below) = figure(width=width, height=height, panels=2, across=across)
    window = (float(a[0]), float(a[-1]))
    counts = _pixels(ax, values, window)
    ax.set(xlabel="$a$", ylabel="$x$ after settling", xlim=window, ylim=(0, 1.12))
    below.axhline(0, color=PALETTE["muted"][0], linewidth=1, linestyle="-")
    below.plot(a, np.maximum(exponent, -2), color=PALETTE["blue"][0], linestyle="-", linewidth=1)
    below.set(xlabel="$a$", ylabel="Lyapunov exponent", xlim=window, ylim=(-2, 1))
    for name, place in marks.items():
        for panel in (ax, below):
            panel.axvline(place, color=PALETTE["orange"][0], linewidth=1, linestyle=(0, (5, 2)))
        label(ax, place, 1.03, name, colour="orange", ha="center")
    left, right = (np.count_nonzero(counts[:, column]) for column in (0, -1))
    return draw(
        fig,
        alt=f"Points of settled orbits over the parameter from {window[0]:.3g} to "
        f"{window[1]:.3g}: they fill {left} of {ROWS} boxes at the left edge and {right} at the "
        f"right; beside them the Lyapunov exponent, positive for {np.mean(exponent > 0):.0%} of "
        f"the parameters, at most {exponent.max():.2f}.",
    )


def _pixels(ax: Axes, values: Float[np.ndarray, "keep k"], window: tuple[float, float]) -> Any:
    """Count points in small boxes, and let ink grow with the count."""
    keep, columns = values.shape
    inside = (values >= 0) & (values <= 1)
    row = np.minimum((values[inside] * ROWS).astype(int), ROWS - 1)
    counts = np.zeros((ROWS, columns))
    np.add.at(counts, (row, np.nonzero(inside)[1]), 1)
    image = np.empty((ROWS, columns, 4))
    image[..., :3] = to_rgb(PIXELS[0])
    image[..., 3] = np.clip(counts / keep * ROWS / 4, 0, 1) ** 0.5
    ax.imshow(image, extent=(*window, 0, 1), origin="lower", aspect="auto", interpolation="none")
    ax.grid(visible=False)
    return counts


@drawing_style()
def growth(gap: Points, derivative: Points, predicted: Points, *, exponent: float) -> Drawing:
    """Draw how two orbits part, and the derivative that foretells it, over the steps.

    Parameters
    ----------
    gap : array of shape (k,)
        Distance of two orbits of almost the same start after 1, 2, ... steps, positive.
    derivative : array of shape (k,)
        Size of the derivative of the point with respect to the parameter, positive.
    predicted : array of shape (k,)
        What the Lyapunov exponent says of the gap.
    exponent : float
        The exponent.

    Returns
    -------
    Drawing
        Semilogarithmic plot.
    """
    fig, (ax,) = figure(height=4.2)
    steps = np.arange(1, len(gap) + 1)
    ax.semilogy(steps, predicted, color=PALETTE["muted"][0], linestyle="-", linewidth=1)
    ax.semilogy(steps, derivative, "s", color=PALETTE["orange"][0], linestyle="none", markersize=4)
    ax.semilogy(steps, gap, "o", color=PALETTE["blue"][0], linestyle="none", markersize=4)
    end = float(len(gap))
    label(ax, end * 0.5, derivative[len(gap) // 2] * 300, "derivative", colour="orange", ha="right")
    label(ax, end, 30.0, "gap", colour="blue", ha="right", va="bottom")
    label(ax, end * 0.3, predicted[0] * 4, f"slope {exponent:.3f} a step", colour="muted", va="top")
    ax.set(xlabel="steps $k$", ylabel="size")
    apart = np.flatnonzero(gap > 0.1)
    first = f"more than 0.1 apart after {apart[0] + 1}" if len(apart) else "never 0.1 apart"
    return draw(
        fig,
        alt=f"Two orbits start {gap[0]:.0e} apart after one step and are {first}, at most "
        f"{gap.max():.1g}; the derivative goes on growing, to {derivative[-1]:.0e} after "
        f"{len(gap)} steps, by the factor exp({exponent:.3f}) a step.",
    )


@drawing_style()
def newton_basins(
    root: Int[np.ndarray, "rows columns"],
    iterations: Int[np.ndarray, "rows columns"],
    *,
    half_width: float,
    roots: Sequence[complex],
    across: bool = False,
) -> Drawing:
    """Colour the complex plane by the root that Newton's iteration finds from each point.

    Parameters
    ----------
    root : array of shape (rows, columns)
        Index of the root that was found, -1 where none was; at most three roots.
    iterations : array of shape (rows, columns)
        Steps until then: the more, the paler.
    half_width : float
        The picture shows real and imaginary parts up to this size.
    roots : Sequence[complex]
        The roots, which are marked.
    across : bool
        Whether the figure is low and wide, as a slide wants it.

    Returns
    -------
    Drawing
        A picture made of pixels, with axes.
    """
    fig, (ax,) = figure(width=8.4 if across else 7.2, height=4.2 if across else 6.2)
    colours = np.array([*[to_rgb(colour) for colour in PIXELS], (0, 0, 0)])
    image = np.empty((*root.shape, 4))
    image[..., :3] = colours[root]
    image[..., 3] = np.where(root < 0, 0, 0.25 + 0.75 * 0.85 ** np.maximum(iterations - 3, 0))
    window = (-half_width, half_width) * 2
    ax.imshow(image, extent=window, origin="lower", aspect="equal", interpolation="none")
    ax.plot([z.real for z in roots], [z.imag for z in roots], "o", color=PALETTE["ink"][0],
            linestyle="none", markersize=9)  # fmt: skip
    ax.grid(visible=False)
    ax.set(xlabel="real part", ylabel="imaginary part")
    shares = [f"{np.mean(root == i):.0%}" for i in range(len(roots))]
    edges = np.mean((root[1:, 1:] != root[:-1, 1:]) | (root[1:, 1:] != root[1:, :-1]))
    return draw(
        fig,
        alt=f"The complex plane, coloured by the root that Newton's iteration finds: the "
        f"{len(roots)} roots take {listed(shares)} of the square, and {edges:.0%} of the points "
        "lie beside one of another colour.",
    )
