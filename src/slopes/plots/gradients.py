"""Figures of the chapter *Take a gradient, and check it*: arrays in, drawing out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from slopes.plots.style import (
    PALETTE,
    Drawing,
    cycle,
    draw,
    drawing_style,
    figure,
    label,
    listed,
)

__all__ = ["branches", "growth", "sabotage"]

Row = Float[np.ndarray, " n"]


@drawing_style()
def branches(
    x: Row, unused: Row, slopes: Mapping[str, Row], *, largest: float, across: bool = False
) -> Drawing:
    """Draw a branch that is not taken until it overflows, and the slope of the whole function.

    Parameters
    ----------
    x : array, shape (n,)
        Where, in ascending order.
    unused : array, shape (n,)
        The branch that the function computes and does not take, positive; ``inf`` from some place
        on.
    slopes : Mapping[str, array of shape (n,)]
        For each way to write the function, at most four, its slope, NaN where it has none.
    largest : float
        The largest number of the format.
    across : bool
        Whether the panels stand side by side, as a slide wants them.

    Returns
    -------
    Drawing
        Two panels with one horizontal scale: the branch against the largest number, and the slopes.
    """
    width, height = (9.0, 3.8) if across else (7.2, 6.4)
    fig, (top, below) = figure(width=width, height=height, panels=2, across=across)
    finite = np.isfinite(unused)
    end = float(x[finite][-1])
    top.plot(x[finite], np.log10(unused[finite]), color=PALETTE["blue"][0], linestyle="-")
    top.axhline(np.log10(largest), color=PALETTE["muted"][0], linewidth=1.0, linestyle=(0, (2, 2)))
    top.set(xlabel="$x$", ylabel="power of ten", xlim=(x[0], x[-1]))
    top.set_ylim(top=1.1 * np.log10(largest))
    top.text(
        float(x[0]),
        float(np.log10(largest)),
        " largest number",
        va="top",
        color=PALETTE["muted"][0],
    )
    colours = cycle(len(slopes))
    for row, (name, slope) in enumerate(slopes.items()):
        known = x[np.isfinite(slope)]
        below.plot(known, np.full(known.size, row), ".", color=PALETTE[colours[row]][0])
        label(below, float(x[0]), row + 0.15, name, colour=colours[row], va="bottom")
    below.set(xlabel="$x$", ylabel="finite slope", xlim=(x[0], x[-1]))
    below.set(ylim=(-0.5, len(slopes) - 0.3), yticks=[])
    for ax in (top, below):
        ax.axvline(end, color=PALETTE["muted"][0], linewidth=1.0)
    return draw(fig, alt=_told(x, slopes, end))


def _told(x: Row, slopes: Mapping[str, Row], end: float) -> str:
    ends = [f"{name} up to {x[np.isfinite(slope)][-1]:.0f}" for name, slope in slopes.items()]
    return (
        f"Two panels over x from {x[0]:.0f} to {x[-1]:.0f}. A branch that is not taken grows to "
        f"the largest number, which it passes beyond {end:.0f}; below, dots where the slope is a "
        f"number: {listed(ends)}."
    )


@drawing_style()
def growth(orders: Int[np.ndarray, " k"], counts: Mapping[str, Int[np.ndarray, " k"]]) -> Drawing:
    """Draw the size of nested derivatives against their order.

    Parameters
    ----------
    orders : int array, shape (k,)
        How often the function was differentiated.
    counts : Mapping[str, int array of shape (k,)]
        For each stage of translation, at most four, the operations of each program, at least 1.

    Returns
    -------
    Drawing
        A curve for each stage, on a logarithmic scale, named at its end.
    """
    fig, (ax,) = figure()
    for (name, count), colour in zip(counts.items(), cycle(len(counts)), strict=True):
        ax.semilogy(orders, count, marker="o", color=PALETTE[colour][0])
        above = max(count[-1] for count in counts.values()) == count[-1]
        side: dict[str, Any] = {"ha": "right", "va": "bottom" if above else "top"}
        height = float(count[-1]) * (1.25 if above else 0.5)
        label(ax, float(orders[-1]), height, name, colour=colour, **side)
    ax.set(xlabel="order of the derivative", ylabel="operations")
    ax.set_xticks(orders.tolist())
    ax.set_ylim(top=2 * max(float(count[-1]) for count in counts.values()))
    ends = [f"{count[0]} to {count[-1]} {name}" for name, count in counts.items()]
    return draw(
        fig,
        alt=f"Operations of derivatives of order {orders[0]} to {orders[-1]}, straight lines on a "
        f"logarithmic scale: from {listed(ends)}.",
    )


@drawing_style()
def sabotage(parts: Row, errors: Mapping[str, Row], bars: Mapping[str, float]) -> Drawing:
    """Draw what a check of gradients measures against the error that was planted.

    Parameters
    ----------
    parts : array, shape (n,)
        Planted relative errors, positive.
    errors : Mapping[str, array of shape (n,)]
        For each number format, at most four, the relative error that the check measured, positive.
    bars : Mapping[str, float]
        For each format, the relative error that the check allows.

    Returns
    -------
    Drawing
        Log-log: dots, filled where the check says that the gradient differs; the bars as lines.
    """
    fig, (ax,) = figure()
    ax.loglog(parts, parts, color=PALETTE["muted"][0], linewidth=1.0, linestyle="-")
    caught = []
    for (name, error), colour in zip(errors.items(), cycle(len(errors)), strict=True):
        shade, differs = PALETTE[colour][0], error > bars[name]
        ax.loglog(parts[differs], error[differs], "o", color=shade)
        ax.loglog(parts[~differs], error[~differs], "o", color=shade, markerfacecolor="none")
        ax.axhline(bars[name], color=shade, linewidth=1.0, linestyle=(0, (5, 2)))
        label(ax, float(parts[0]), bars[name] / 1.4, name, colour=colour, va="top")
        caught.append(f"{name} from {parts[differs].min():.0e}")
    ax.set(xlabel="planted relative error", ylabel="measured relative error")
    return draw(
        fig,
        alt=f"Measured against planted error of a gradient, from {parts[0]:.0e} to {parts[-1]:.0e},"
        f" both scales logarithmic: dots rise along the diagonal above a floor, and are filled, "
        f"as caught, above a dashed line, in {listed(caught)}.",
    )
