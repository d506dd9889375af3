"""Figures of the chapter *Fit, and say how well you know*: arrays in, drawing out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from slopes.plots.style import PALETTE, Drawing, draw, drawing_style, figure, label, listed

__all__ = ["influences", "profiles", "pulls"]

Row = Float[np.ndarray, " k"]
Curve = Float[np.ndarray, " m"]


@drawing_style()
def profiles(values: Row, rises: Row, *, best: float, error: float, name: str) -> Drawing:
    """Draw a profile of a likelihood beside the parabola of its curvature.

    Parameters
    ----------
    values, rises : array of shape (k,)
        Values of the parameter, increasing, and how far the profile lies above its minimum.
    best, error : float
        The minimum, and the standard error that the curvature gives, positive.
    name : str
        Of the parameter, for the axis.

    Returns
    -------
    Drawing
        One plot with a line at the rise of one half.
    """
    fig, (ax,) = figure(height=4.2)
    parabola = 0.5 * ((values - best) / error) ** 2
    ax.plot(values, rises, "o-", color=PALETTE["blue"][0], markersize=5)
    ax.plot(values, parabola, color=PALETTE["orange"][0], linestyle=(0, (5, 2)), linewidth=2)
    ax.axhline(0.5, color=PALETTE["ink"][0], linewidth=1, linestyle=":")
    top = float(max(rises[0], parabola[0]))
    label(ax, float(values[0]), float(rises[0]) + 0.05 * top, "profile", colour="blue", ha="left")
    out = best + error * float(np.sqrt(2 * top))
    label(ax, out, 1.05 * top, "parabola", colour="orange", ha="right")
    ax.set(xlabel=name, ylabel="rise of $L$", ylim=(0, 1.2 * top))
    return draw(
        fig,
        alt=f"Plot of the rise of the likelihood over {name}: the profile reaches {rises[0]:.2g} "
        f"at {values[0]:.3g} and {rises[-1]:.2g} at {values[-1]:.3g}, where the parabola has "
        f"{parabola[0]:.2g} and {parabola[-1]:.2g}. A line marks a rise of one half.",
    )


@drawing_style()
def influences(
    x: Row, y: Row, sigma: Row, curve: tuple[Curve, Curve], moved: Row, *, name: str
) -> Drawing:
    """Draw data with a fitted curve, and below which way each datum moves a parameter.

    Parameters
    ----------
    x, y, sigma : array of shape (k,)
        The data with their standard deviations.
    curve : tuple of two arrays of shape (m,)
        Places and values of the fitted curve.
    moved : array of shape (k,)
        Derivative of the parameter with respect to each y.
    name : str
        Of the parameter, for the alt text.

    Returns
    -------
    Drawing
        Two panels, side by side.
    """
    fig, (left, right) = figure(width=7.2, height=3.6, panels=2)
    left.errorbar(x, y, yerr=sigma, fmt="o", color=PALETTE["blue"][0], markersize=5)
    left.plot(*curve, color=PALETTE["orange"][0], linewidth=2)
    left.set(xlabel="$x$", ylabel="$y$")
    right.plot(x, moved, "o-", color=PALETTE["blue"][0], markersize=5)
    right.axhline(0, color=PALETTE["ink"][0], linewidth=1)
    right.set(xlabel="$x$", ylabel="influence")
    strongest = int(np.argmax(np.abs(moved)))
    return draw(
        fig,
        alt=f"Data with a fitted curve, and the influence of each datum on {name}: from "
        f"{moved.min():.2g} to {moved.max():.2g}, strongest at x = {x[strongest]:.2g}.",
    )


@drawing_style()
def pulls(sets: Float[np.ndarray, "k n"], names: Sequence[str]) -> Drawing:
    """Draw histograms of pulls with the standard normal density.

    Parameters
    ----------
    sets : array of shape (k, n)
        Pulls of n parameters in k fits; n is 1 to 4.
    names : Sequence[str]
        Of the parameters.

    Returns
    -------
    Drawing
        A panel for each parameter, of one scale.
    """
    fig, axes = figure(width=7.2, height=3.4, panels=len(names), share=True)
    edges = np.linspace(-4, 4, 33)
    x = np.linspace(-4, 4, 161)
    told = []
    for ax, row, name in zip(axes, sets.T, names, strict=True):
        heights = np.histogram(row, edges)[0] / (len(row) * np.diff(edges))
        ax.stairs(heights, edges, color=PALETTE["blue"][0], linewidth=2)
        ax.plot(x, np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi), color=PALETTE["orange"][0])
        ax.set(xlabel=f"pull of {name}", ylabel="density")
        told.append(f"{name} with mean {row.mean():.2f} and width {row.std():.2f}")
    return draw(
        fig,
        alt=f"Histograms of {len(sets)} pulls and the standard normal density: {listed(told)}.",
    )
