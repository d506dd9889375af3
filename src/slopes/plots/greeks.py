"""Figures of the chapter *Price what moves*: arrays in, drawing out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from slopes.plots.style import PALETTE, Drawing, cycle, draw, drawing_style, figure, label

__all__ = ["estimated_slopes", "peaks", "smoothing"]

Points = Float[np.ndarray, " k"]


@drawing_style()
def peaks(spot: Points, gammas: Mapping[str, Points]) -> Drawing:
    """Draw gamma over the spot for some expiries.

    Parameters
    ----------
    spot : array of shape (k,)
        Values of the asset.
    gammas : Mapping[str, array of shape (k,)]
        Gamma for each expiry, by its name; at most four.

    Returns
    -------
    Drawing
        One plot.
    """
    fig, (ax,) = figure(height=4.2)
    told = []
    for (name, gamma), colour in zip(gammas.items(), cycle(len(gammas)), strict=True):
        ax.plot(spot, gamma, color=PALETTE[colour][0])
        top = int(np.argmax(gamma))
        _name(ax, spot, gamma, name, colour=colour)
        told.append(f"{gamma[top]:.2g} at {spot[top]:.3g} for {name}")
    ax.set(xlabel="spot", ylabel="gamma", ylim=(0, 1.15 * max(map(np.max, gammas.values()))))
    return draw(fig, alt=f"Gamma over the spot has its peak {', '.join(told)}.")


@drawing_style()
def estimated_slopes(
    spot: Points, exact: Points, pathwise: Points, ratio: Points, error: Points
) -> Drawing:
    """Draw two estimates of a digital option's delta beside the exact one.

    Parameters
    ----------
    spot, exact, pathwise, ratio, error : array of shape (k,)
        Values of the asset; delta exact, by the pathwise derivative, and by the likelihood ratio
        with its standard error.

    Returns
    -------
    Drawing
        One plot.
    """
    fig, (ax,) = figure(height=4.2)
    ax.plot(spot, exact, color=PALETTE["muted"][0], linestyle="-", linewidth=1)
    ax.plot(spot, pathwise, "s", color=PALETTE["orange"][0], linestyle="none")
    ax.errorbar(spot, ratio, error, color=PALETTE["blue"][0], marker="o", linestyle="none")
    _name(ax, spot, exact, "likelihood ratio", colour="blue")
    label(ax, float(spot[0]), 0.08 * float(exact.max()), "pathwise", colour="orange", va="bottom")
    ax.set(xlabel="spot", ylabel="delta")
    held = int(np.sum(np.abs(ratio - exact) < 2 * error))
    return draw(
        fig,
        alt=f"Delta of a digital option over the spot: {held} of {len(spot)} likelihood-ratio "
        f"estimates are within two standard errors of the exact curve, pathwise ones are at most "
        f"{np.abs(pathwise).max():.2g}.",
    )


@drawing_style()
def smoothing(width: Points, bias: Points, error: Points, ratio: float) -> Drawing:
    """Draw the two errors of a smoothed payoff over its width.

    Parameters
    ----------
    width, bias, error : array of shape (k,)
        Widths of the sigmoid; how far the mean of the estimate is off; its standard error.
    ratio : float
        Standard error of the likelihood-ratio estimate with as many draws.

    Returns
    -------
    Drawing
        One plot.
    """
    fig, (ax,) = figure(height=4.2)
    ax.loglog(width, bias, "o-", color=PALETTE["blue"][0])
    ax.loglog(width, error, "s-", color=PALETTE["orange"][0])
    ax.axhline(ratio, color=PALETTE["muted"][0], linewidth=1)
    label(ax, 0.9 * width[-2], float(bias[-2]), "bias", colour="blue", ha="right", va="bottom")
    label(ax, width[0], 1.3 * error[0], "standard error", colour="orange", va="bottom")
    label(ax, width[-1], 1.1 * ratio, "likelihood ratio", colour="muted", ha="right", va="bottom")
    ax.set(xlabel="width", ylabel="error of delta")
    best = int(np.argmin(bias**2 + error**2))
    return draw(
        fig,
        alt=f"Bias of a smoothed payoff's delta rises from {bias[0]:.1g} at width {width[0]:.2g} "
        f"to {bias[-1]:.1g} at {width[-1]:.2g}, the standard error falls from {error[0]:.1g} to "
        f"{error[-1]:.1g}; their sum of squares is least at {width[best]:.2g}. "
        f"The likelihood ratio has {ratio:.1g}.",
    )


def _name(ax: Axes, x: Points, y: Points, text: str, *, colour: str) -> None:
    """Write a peak's name right of it, where the curve has fallen to less than 0.7 of its top."""
    top = int(np.argmax(y))
    side = top + int(np.argmax(y[top:] < 0.7 * y[top]))
    place = float(x[side] + 0.02 * np.ptp(x)), float(1.05 * y[side])
    label(ax, *place, text, colour=colour, va="bottom")
