"""Figures of the chapter *Find fixed points, and hurry*: arrays in, drawing out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int

from slopes.plots.style import PALETTE, Drawing, cycle, draw, drawing_style, figure, label, listed

__all__ = ["counts", "histories", "paths"]


@drawing_style()
def histories(
    residuals: Mapping[str, Sequence[float]], *, tol: float, across: bool = False
) -> Drawing:
    """Draw how residuals fall with the evaluations of the map.

    Parameters
    ----------
    residuals : Mapping[str, Sequence[float]]
        Residuals, relative to the first, by method, at most four; positive.
    tol : float
        The tolerance, positive, drawn as a line.
    across : bool
        Whether the figure is low and wide, as a slide wants it.

    Returns
    -------
    Drawing
        Plot with a logarithmic height, each curve with its name at its last point.
    """
    fig, (ax,) = figure(width=8.4 if across else 7.2, height=4.0 if across else 4.4)
    longest = max(map(len, residuals.values()))
    for (name, values), colour in zip(residuals.items(), cycle(len(residuals)), strict=True):
        steps = np.arange(1, len(values) + 1)
        ax.semilogy(steps, values, color=PALETTE[colour][0], linewidth=2.2)
        late = len(values) == longest
        at = float(steps[-1]), float(values[-1]) * (30 if late else 1)
        label(ax, *at, f" {name}", colour=colour, ha="right" if late else "left",
              va="bottom" if late else "center")  # fmt: skip
    ax.axhline(tol, color=PALETTE["muted"][0], linewidth=1.0, linestyle=(0, (2, 2)))
    ax.set_xlim(0, longest * 1.06)
    ax.set(xlabel="evaluations of the map", ylabel="residual / first residual")
    ends = [f"{name} after {len(values)}" for name, values in residuals.items()]
    return draw(
        fig,
        alt="Relative residuals on a logarithmic scale against evaluations of the map: the last "
        f"points are those of {listed(ends)}; the dashed line is the tolerance {tol:.0e}.",
    )


@drawing_style()
def counts(
    memories: Int[np.ndarray, " k"], evaluations: Mapping[str, Int[np.ndarray, " k"]],
    *, published: Mapping[str, Sequence[int]], across: bool = False,
) -> Drawing:  # fmt: skip
    """Draw evaluations against the memory, with published counts beside them.

    Parameters
    ----------
    memories : int array of shape (k,)
        Sizes of the memory, increasing.
    evaluations : Mapping[str, int array of shape (k,)]
        Counts by problem, at most four.
    published : Mapping[str, Sequence[int]]
        Counts of others for the first memories, by the same names.
    across : bool
        Whether the figure is low and wide, as a slide wants it.

    Returns
    -------
    Drawing
        Lines with dots for the counts, and open rings for the published ones.
    """
    fig, (ax,) = figure(width=8.4 if across else 7.2, height=3.8 if across else 4.4)
    for (name, values), colour in zip(evaluations.items(), cycle(len(evaluations)), strict=True):
        shade, theirs = PALETTE[colour][0], published[name]
        ax.plot(memories, values, color=shade, linewidth=2.0, marker="o", markersize=5)
        ax.plot(memories[: len(theirs)], theirs, color=shade, linestyle="none", marker="o",
                markersize=12, markerfacecolor="none")  # fmt: skip
        at = float(memories[-1]) + 0.25, float(values[-1])
        label(ax, *at, name, colour=colour, va="center")
    ax.set_xlim(memories[0] - 0.5, memories[-1] + 2.0)
    ax.set_ylim(0, None)
    ax.set_xticks(memories)
    ax.set(xlabel="memory $m$", ylabel="evaluations of the map")
    told = [f"{', '.join(map(str, values))} for {name}" for name, values in evaluations.items()]
    same = sum(int(np.sum(values[: len(published[name])] == published[name]))
               for name, values in evaluations.items())  # fmt: skip
    return draw(
        fig,
        alt=f"Evaluations against the memory, from {memories[0]} to {memories[-1]}: "
        f"{listed(told)}; {same} of {sum(map(len, published.values()))} are the published counts, "
        "which are drawn as rings.",
    )


@drawing_style()
def paths(
    orbits: Mapping[str, Float[np.ndarray, "_ 2"]], *, to: tuple[float, float], across: bool = False
) -> Drawing:
    """Draw the ways that iterations take through the plane.

    Parameters
    ----------
    orbits : Mapping[str, array of shape (k, 2)]
        Points by method, at most four.
    to : tuple[float, float]
        The fixed point, drawn as a cross.
    across : bool
        Whether the figure is low and wide, as a slide wants it.

    Returns
    -------
    Drawing
        The plane, with equal scales; the first name stands beside the farthest point of its way,
        each other below the middle of its last step, so that no name covers a point.
    """
    fig, (ax,) = figure(width=8.4 if across else 7.2, height=4.0 if across else 4.6)
    apart = 0.03 * float(np.ptp(np.concatenate(list(orbits.values()))[:, 1]))
    for (name, points), colour in zip(orbits.items(), cycle(len(orbits)), strict=True):
        x, y = points.T
        ax.plot(x, y, color=PALETTE[colour][0], marker="o", markersize=4)
        if colour == "blue":
            far = int(np.argmax(np.hypot(x - to[0], y - to[1])))
            right = bool(x[far] >= to[0])
            beside = float(x[far]) + (apart if right else -apart), float(y[far])
            side = "left" if right else "right"
            label(ax, *beside, f" {name} ", colour=colour, ha=side, va="center")
        else:
            middle = float(np.mean(x[-2:])), float(np.mean(y[-2:])) - apart
            label(ax, *middle, f" {name} ", colour=colour, va="top")
    ax.plot(*to, "X", color=PALETTE["ink"][0], markersize=10, linestyle="none")
    ax.set_aspect("equal", adjustable="datalim")
    ax.set(xlabel="$x_1$", ylabel="$x_2$")
    ends = [
        f"{name} is {np.hypot(*(points[-1] - to)):.2g} away after {len(points) - 1} steps"
        for name, points in orbits.items()
    ]
    return draw(fig, alt=f"Ways through the plane to the fixed point at {to}: {listed(ends)}.")
