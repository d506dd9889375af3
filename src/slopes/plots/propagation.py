"""Figures of the chapter *Carry uncertainties through a program*: arrays in, drawing out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

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

__all__ = ["Cloud", "clouds", "density", "intervals", "orders"]

Points = Float[np.ndarray, " k"]


class Cloud(NamedTuple):
    """Points of two numbers, and the ellipse that is claimed for them."""

    points: Float[np.ndarray, "k 2"]
    """The points."""
    mean: Points
    """Centre of the ellipse."""
    cov: Float[np.ndarray, "2 2"]
    """Its covariance matrix."""
    names: tuple[str, str]
    """Names of both numbers, with units."""


def _ellipse(mean: Points, cov: Float[np.ndarray, "k k"], size: float) -> np.ndarray:
    """Points at some standard deviations from the mean, in every direction."""
    angle = np.linspace(0, 2 * np.pi, 121)
    values, axes = np.linalg.eigh(cov)
    circle = size * np.stack([np.cos(angle), np.sin(angle)])
    edge: np.ndarray = mean + (axes @ (np.sqrt(np.maximum(values, 0))[:, None] * circle)).T
    return edge


def _share(cloud: Cloud, size: float) -> float:
    """Share of the points within some standard deviations."""
    apart = (cloud.points - cloud.mean).T
    return float(np.mean((apart * np.linalg.solve(cloud.cov, apart)).sum(0) <= size**2))


@drawing_style()
def clouds(inputs: Cloud, outputs: Cloud, *, counted: bool = True) -> Drawing:
    """Draw inputs and outputs of a map of the plane, with the ellipses of linear propagation.

    Parameters
    ----------
    inputs, outputs : Cloud
        Points before and after the map, and the ellipse of each; regular covariances.
    counted : bool
        Whether the alt text says which shares lie inside; not where that is asked next.

    Returns
    -------
    Drawing
        Two panels with the ellipses of one and of two standard deviations.
    """
    fig, axes = figure(width=8.4, height=4.2, panels=2)
    for ax, cloud in zip(axes, (inputs, outputs), strict=True):
        ax.plot(*cloud.points.T, "o", color=PALETTE["blue"][0], linestyle="none", markersize=2.5)
        for size in (1.0, 2.0):
            edge = _ellipse(cloud.mean, cloud.cov, size)
            ax.plot(*edge.T, color=PALETTE["orange"][0], linestyle="-", linewidth=2)
        ax.plot(*cloud.mean, "o", color=PALETTE["ink"][0], markersize=7)
        ax.set(xlabel=cloud.names[0], ylabel=cloud.names[1])
        ax.locator_params(nbins=4)
    told = [f"{_share(cloud, 1.0):.0%} within one and {_share(cloud, 2.0):.0%} within two"
            for cloud in (inputs, outputs)]  # fmt: skip
    shares = f" Of the inputs {told[0]} lie inside, of the outputs {told[1]}."
    return draw(
        fig,
        alt=f"Two clouds of {len(inputs.points)} points with the ellipses of one and two standard "
        f"deviations.{shares if counted else ''}",
    )


@drawing_style()
def density(values: Points, *, mean: float, error: float, window: tuple[float, float]) -> Drawing:
    """Draw the histogram of a quantity, and the normal curve of a stated value and error.

    Parameters
    ----------
    values : array of shape (k,)
        Values of the quantity.
    mean, error : float
        What is stated; `error` positive.
    window : tuple[float, float]
        Ends of the horizontal axis, increasing; what is outside is counted in the alt text.

    Returns
    -------
    Drawing
        One plot, the normal curve labelled with what it states.
    """
    fig, (ax,) = figure(height=3.6)
    edges = np.linspace(*window, 81)
    counts, _ = np.histogram(values, edges)
    heights = counts / (len(values) * np.diff(edges))
    ax.stairs(heights, edges, color=PALETTE["blue"][0], linewidth=2)
    x = np.linspace(*window, 241)
    curve = np.exp(-0.5 * ((x - mean) / error) ** 2) / (error * np.sqrt(2 * np.pi))
    ax.plot(x, curve, color=PALETTE["orange"][0], linestyle=(0, (5, 2)), linewidth=2)
    _beside(ax, edges[:-1], heights, "values", "blue")
    _beside(ax, x, curve, f"{mean:.3g} ± {error:.3g}", "orange")
    ax.set(xlabel="$y$", ylabel="density", xlim=window)
    outside = np.mean((values < window[0]) | (values > window[1]))
    above, below = np.mean(values > mean + 2 * error), np.mean(values < mean - 2 * error)
    return draw(
        fig,
        alt=f"Histogram of values beside the normal curve of {mean:.3g} with the error {error:.3g}."
        f" More than two errors above it lie {above:.1%} of the values, below it {below:.1%}; "
        f"{outside:.1%} are outside of the plot.",
    )


def _beside(ax: Axes, x: Points, y: Points, name: str, colour: str) -> None:
    """Write a name on the left of a curve's top, or on the right."""
    top = int(np.argmax(y))
    left = colour == "blue"
    near = np.flatnonzero(y > 0.6 * y[top])[0 if left else -1]
    side = "right" if left else "left"
    label(ax, float(x[near]), 0.75 * float(y[top]), f" {name} ", colour=colour, ha=side)


@drawing_style()
def orders(
    spread: Points, errors: Mapping[str, Points], *, quantity: str, at: Sequence[int]
) -> Drawing:
    """Draw by how much each way is wrong against the spread of the input.

    Parameters
    ----------
    spread : array of shape (k,)
        Standard deviations of the input, increasing.
    errors : Mapping[str, array of shape (k,)]
        Relative errors, positive, by the name of the way, at most four.
    quantity : str
        What is wrong, for the axis.
    at : Sequence[int]
        Index of the point at which each curve's name stands.

    Returns
    -------
    Drawing
        Log-log plot.
    """
    fig, (ax,) = figure(height=3.8)
    markers = ("o", "s", "^", "D")
    ways = zip(errors.items(), cycle(len(errors)), markers, at, strict=False)
    for (name, wrong), colour, marker, place in ways:
        ax.loglog(spread, wrong, marker + "-", color=PALETTE[colour][0], markersize=5)
        above = float(spread[place]), float(wrong[place]) * 1.6
        label(ax, *above, name, colour=colour, ha="right", va="bottom")
    ax.set(xlabel=r"$\sigma_x$", ylabel=f"relative error of {quantity}")
    told = [f"{name} {e[0]:.0e} to {e[-1]:.0e}" for name, e in errors.items()]
    return draw(
        fig,
        alt=f"Log-log plot of the relative error of {quantity} for input spreads from "
        f"{spread[0]:.2g} to {spread[-1]:.2g}: {listed(told)}.",
    )


@drawing_style()
def intervals(
    values: Points,
    rises: Points,
    *,
    best: float,
    error: float,
    ends: tuple[float, float],
    name: str,
) -> Drawing:
    """Draw a profile and the parabola of its curvature, each with its interval at a rise of ½.

    Parameters
    ----------
    values, rises : array of shape (k,)
        Values of the parameter, increasing and dense enough for a smooth curve, and how far the
        profile lies above its minimum.
    best, error : float
        The minimum, and the standard error that the curvature gives, positive.
    ends : tuple[float, float]
        Where the profile has risen by one half, increasing.
    name : str
        Of the parameter, for the axis.

    Returns
    -------
    Drawing
        One plot; each interval is a bar in the colour of its curve, with its ends in numbers.
    """
    fig, (ax,) = figure(width=8.4, height=4.0)
    top = float(rises.max())
    x = np.linspace(best - error * np.sqrt(2 * top), best + error * np.sqrt(2 * top), 241)
    x = x[x >= min(float(values[0]), best - error)]
    ax.plot(values, rises, color=PALETTE["blue"][0], linewidth=2)
    ax.plot(x, 0.5 * ((x - best) / error) ** 2, color=PALETTE["orange"][0],
            linestyle=(0, (5, 2)), linewidth=2)  # fmt: skip
    ax.axhline(0.5, color=PALETTE["ink"][0], linewidth=1, linestyle=":")
    bars = {"blue": ends, "orange": (best - error, best + error)}
    for (colour, span), foot in zip(bars.items(), (0.17, 0.04), strict=True):
        shade = PALETTE[colour][0]
        ax.vlines(span, foot * top, 0.5, color=shade, linewidth=1)
        ax.plot(span, [foot * top] * 2, color=shade, linestyle="-", linewidth=4)
        label(ax, float(values[-1]), foot * top, f"{span[0]:.2f} to {span[1]:.2f}", colour=colour,
              ha="right", va="center")  # fmt: skip
    right = values > best
    place = int(np.searchsorted(rises[right], 0.7 * top))
    label(ax, float(values[right][place]), float(rises[right][place]) - 0.05 * top, "  profile",
          colour="blue", va="top")  # fmt: skip
    label(ax, float(x[-1]), 1.04 * top, "parabola", colour="orange", ha="right", va="bottom")
    ax.set(xlabel=name, ylabel="rise of $L$", ylim=(0, 1.2 * top))
    return draw(
        fig,
        alt=f"Plot of the rise of the likelihood over {name}, with its minimum at {best:.3g}: the "
        f"profile has risen by one half at {ends[0]:.3g} and {ends[1]:.3g}, the parabola of its "
        f"curvature at {best - error:.3g} and {best + error:.3g}; a bar marks each interval.",
    )
