"""Figures of the chapter *What a derivative is for*: arrays in, drawing out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.ticker import MultipleLocator

from slopes.plots.style import PALETTE, Drawing, cycle, draw, drawing_style, figure, label

__all__ = ["convergence", "gradients", "linear_map", "newton_steps"]

Curve = Float[np.ndarray, "2 k"]


@drawing_style()
def linear_map(
    images: Sequence[Curve],
    ellipses: Sequence[Curve],
    *,
    titles: Sequence[str],
    unit: str,
    across: bool = False,
) -> Drawing:
    """Draw what a function makes of circles of inputs, and what its linear map makes of them.

    Parameters
    ----------
    images, ellipses : Sequence[array of shape (2, k)]
        For each circle, its image under the function and under the linear map; both relative to
        the image of the centre.
    titles : Sequence[str]
        What is said above each panel.
    unit : str
        Unit of both outputs.
    across : bool
        Whether the panels stand side by side, as a slide wants them.

    Returns
    -------
    Drawing
        A panel for each circle, equal scales within a panel.
    """
    width, height = (9.0, 3.8) if across else (7.2, 3.6 * len(images))
    fig, axes = figure(width=width, height=height, panels=len(images), across=across)
    gaps = []
    for ax, image, ellipse, title in zip(axes, images, ellipses, titles, strict=True):
        ax.plot(*ellipse, color=PALETTE["orange"][0], linestyle=(0, (5, 2)), linewidth=2)
        ax.plot(*image, color=PALETTE["blue"][0], linestyle="-", linewidth=2)
        ax.plot(0.0, 0.0, "o", color=PALETTE["ink"][0])
        gaps.append(np.max(np.hypot(*(image - ellipse))) / np.max(np.hypot(*ellipse)))
        ax.set(xlabel=f"change of $X$ in {unit}", ylabel=f"change of $Y$ in {unit}", title=title)
        ax.set_aspect("equal", adjustable="datalim")
        ax.margins(0.16)
    label(axes[0], 0.98, 0.97, "function", colour="blue", **_CORNER, transform=axes[0].transAxes)
    label(
        axes[0], 0.98, 0.86, "linear map", colour="orange", **_CORNER, transform=axes[0].transAxes
    )
    far = " and ".join(f"{100 * gap:.1f}" for gap in gaps)
    return draw(
        fig,
        alt=f"{len(images)} panels with a closed curve, the image of a circle of inputs, and an "
        f"ellipse, its image under the linear map; the curves are apart by at most {far} percent "
        "of the ellipse's size, in this order.",
    )


_CORNER = {"ha": "right", "va": "top"}


@drawing_style()
def newton_steps(
    x: Float[np.ndarray, " n"],
    y: Float[np.ndarray, " n"],
    iterates: Float[np.ndarray, " k"],
    values: Float[np.ndarray, " k"],
    *,
    root: float,
    xlabel: str,
    ylabel: str,
) -> Drawing:
    """Draw Newton's iteration: up to the curve, down the tangent to the axis.

    Parameters
    ----------
    x, y : array of shape (n,)
        The function's graph.
    iterates, values : array of shape (k,)
        Points of the iteration and the function there; each tangent ends at the next point.
    root : float
        Where the function is zero.
    xlabel, ylabel : str
        Names of the axes.

    Returns
    -------
    Drawing
        One panel.
    """
    fig, (ax,) = figure(height=4.2)
    ax.axhline(0.0, color=PALETTE["muted"][0], linewidth=1.0, linestyle="-")
    ax.plot(x, y, color=PALETTE["blue"][0], linestyle="-", linewidth=2.5)
    for k, (here, value) in enumerate(zip(iterates, values, strict=True)):
        ax.plot([here] * 2, [0.0, value], color=PALETTE["muted"][0], linestyle=(0, (1.5, 1.5)))
        if k + 1 < len(iterates):
            ax.plot([here, iterates[k + 1]], [value, 0.0], color=PALETTE["orange"][0], ls="-")
        ax.plot(here, value, "o", color=PALETTE["ink"][0])
        ax.annotate(
            f"$E_{k}$",
            (here, 0.0),
            xytext=(0, -7),
            textcoords="offset points",
            ha="center",
            va="top",
        )
    ax.plot(root, 0.0, "D", color=PALETTE["green"][0], markersize=9)
    label(ax, root, 0.1 * np.max(y), "root", colour="green", ha="center", va="bottom")
    ax.set(xlabel=xlabel, ylabel=ylabel, ylim=(-0.13 * np.max(y), None))
    return draw(
        fig,
        alt=f"A rising convex curve with its root at {root:.3g}. From {iterates[0]:.3g}, each "
        f"tangent leads to the next of {len(iterates)} points, all of them right of the root.",
    )


@drawing_style()
def convergence(
    errors: Mapping[str, Float[np.ndarray, " _"]], rates: Mapping[str, float]
) -> Drawing:
    """Draw errors against the number of steps, with the predicted rate where there is one.

    Parameters
    ----------
    errors : Mapping[str, array of shape (k,)]
        Positive errors by method, the start first; zeros are left out.
    rates : Mapping[str, float]
        Predicted factor per step, for some of the methods; drawn through the last point.

    Returns
    -------
    Drawing
        Semi-logarithmic plot.
    """
    fig, (ax,) = figure()
    for (name, err), colour in zip(errors.items(), cycle(len(errors)), strict=True):
        kept = np.flatnonzero(err > 0)
        last = kept[-1]
        ax.semilogy(kept, err[kept], "o", color=PALETTE[colour][0], linestyle="none")
        if name in rates:
            line = err[last] * rates[name] ** (kept - last)
            ax.semilogy(kept, line, color=PALETTE[colour][0], linestyle="-", linewidth=1.0)
            label(ax, last + 1.0, err[last], name, colour=colour, va="center")
        else:
            ax.semilogy(kept, err[kept], color=PALETTE[colour][0], linestyle=(0, (1.5, 1.5)))
            label(ax, last - 1.0, err[last], name, colour=colour, va="center", ha="right")
    longest = max(len(err) for err in errors.values())
    ax.set(xlabel="steps", ylabel="error in radians", xlim=(-1, 1.4 * longest))
    seen = np.concatenate([err[err > 0] for err in errors.values()])
    ax.set_ylim(seen.min() / 10, seen.max() * 10)  # the lines start far above
    ax.xaxis.set_major_locator(MultipleLocator(10))
    told = ", ".join(f"{name} in {len(err) - 1}" for name, err in errors.items())
    return draw(
        fig,
        alt="Errors on a logarithmic scale against steps; the number of steps to the end: "
        f"{told}. Those with a predicted rate lie on straight lines.",
    )


@drawing_style()
def gradients(
    x: Float[np.ndarray, " n"],
    slopes: Mapping[str, Float[np.ndarray, " n"]],
    zeros: Mapping[str, float],
    *,
    bar: tuple[float, float],
    xlabel: str,
    ylabel: str,
) -> Drawing:
    """Draw several versions of a gradient, each with its zero, and the minimum with its bar.

    Parameters
    ----------
    x : array of shape (n,)
        Parameter.
    slopes : Mapping[str, array of shape (n,)]
        Each version's values.
    zeros : Mapping[str, float]
        Where each version is zero.
    bar : tuple[float, float]
        Estimate and its standard deviation, drawn as a band.
    xlabel, ylabel : str
        Names of the axes.

    Returns
    -------
    Drawing
        One panel.
    """
    fig, (ax,) = figure()
    centre, spread = bar
    ax.axvspan(centre - spread, centre + spread, color=PALETTE["wash"][0])
    ax.axhline(0.0, color=PALETTE["muted"][0], linewidth=1.0, linestyle="-")
    sides = ("top", "bottom", "center", "center")  # the first two may be close together
    for (name, values), colour, va in zip(
        slopes.items(), cycle(len(slopes)), sides[: len(slopes)], strict=True
    ):
        ax.plot(x, values, color=PALETTE[colour][0])
        ax.plot(zeros[name], 0.0, "D", color=PALETTE[colour][0], markersize=9)
        label(ax, x[-1], values[-1], f" {name}", colour=colour, va=va)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ticks, slack = ax.get_xticks(), 1e-9 * np.ptp(x)
    ax.set_xticks(ticks[(ticks > x[0] - slack) & (ticks < x[-1] + slack)])  # none under the labels
    ax.set_xlim(x[0], x[-1] + 0.36 * np.ptp(x))
    places = ", ".join(f"{name} at {zero:.3f}" for name, zero in zeros.items())
    return draw(
        fig,
        alt=f"Versions of a gradient against the parameter; zeros: {places}. "
        f"A band shows the estimate {centre:.3f} with its error bar {spread:.3f}.",
    )
