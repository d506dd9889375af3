"""Figures of the chapter *Differentiate the solution*: arrays in, drawing out."""

from __future__ import annotations

from collections.abc import Mapping

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

__all__ = ["lag", "memory", "tolerances"]


@drawing_style()
def lag(
    steps: Int[np.ndarray, " k"],
    value: Float[np.ndarray, " k"],
    slope: Float[np.ndarray, " k"],
) -> Drawing:
    """Draw the errors of an iteration and of its derivative, step by step.

    Parameters
    ----------
    steps : array of shape (k,)
        Numbers of steps, increasing.
    value, slope : array of shape (k,)
        Relative error of the point and of its derivative after so many steps, positive.

    Returns
    -------
    Drawing
        Two curves with a logarithmic vertical scale, the slope's above the value's.
    """
    fig, (ax,) = figure(height=4.6)
    middle = len(steps) // 2
    for name, errors, colour, up in (
        ("slope", slope, "orange", 4.0),
        ("value", value, "blue", 0.25),
    ):
        ax.semilogy(steps, errors, color=PALETTE[colour][0], linewidth=2.2)
        label(
            ax, float(steps[middle]), float(errors[middle]) * up, name, colour=colour,
            ha="left" if up > 1 else "right", va="bottom" if up > 1 else "top",
        )  # fmt: skip
    ax.set(xlabel="steps", ylabel="relative error")
    return draw(
        fig,
        alt=f"Errors on a logarithmic scale after {steps[0]} to {steps[-1]} steps: that of the "
        f"value falls along a line from {value[0]:.1e} to {value[-1]:.1e}, that of the slope stays "
        f"above it and ends at {slope[-1]:.1e}.",
    )


@drawing_style()
def tolerances(
    tols: Float[np.ndarray, " k"], errors: Mapping[str, Float[np.ndarray, " k"]]
) -> Drawing:
    """Draw the error of a gradient against the tolerance of the search.

    Parameters
    ----------
    tols : array of shape (k,)
        Tolerances of the search, positive, decreasing.
    errors : Mapping[str, array of shape (k,)]
        Relative error of the gradient by the way the adjoint system is solved, positive, at most
        four.

    Returns
    -------
    Drawing
        Log-log plot, the tolerance falling to the right, with the line on which both are equal.
    """
    fig, (ax,) = figure(height=4.8)
    ax.loglog(tols, tols, color=PALETTE["muted"][0], linewidth=1.0, linestyle=(0, (2, 2)))
    middle = len(tols) // 2
    at = float(tols[middle])
    label(ax, at, at * 30, "the tolerance", colour="muted", ha="left", va="bottom")
    for (name, error), colour in zip(errors.items(), cycle(len(errors)), strict=True):
        ax.loglog(tols, error, marker="o", color=PALETTE[colour][0], linewidth=2.2)
        flat = error[-1] > error[middle] / 10
        place = (float(tols[-1]), float(error[-1]) * 3) if flat else (at, float(error[middle]) / 8)
        label(ax, *place, name, colour=colour, ha="right", va="bottom" if flat else "top")
    low = min([float(tols.min()), *(float(error.min()) for error in errors.values())])
    ax.set_ylim(low / 100, 10 * max(float(error.max()) for error in errors.values()))
    ax.invert_xaxis()
    ax.set(xlabel="tolerance of the search", ylabel="error of the gradient")
    ends = listed([f"{error[-1]:.1e} for {name}" for name, error in errors.items()])
    return draw(
        fig,
        alt=f"Log-log plot of the gradient's error against the tolerance of the search, from "
        f"{tols[0]:.0e} to {tols[-1]:.0e}: at the tightest it is {ends}.",
    )


@drawing_style()
def memory(steps: Int[np.ndarray, " k"], ways: Mapping[str, Float[np.ndarray, " k"]]) -> Drawing:
    """Draw the memory of a gradient against the number of steps of the search.

    Parameters
    ----------
    steps : array of shape (k,)
        Numbers of steps, positive, increasing.
    ways : Mapping[str, array of shape (k,)]
        Memory in kilobytes by way, positive, at most four.

    Returns
    -------
    Drawing
        Log-log plot, each curve with its name above its last point.
    """
    fig, (ax,) = figure(height=4.4)
    for (name, kilobytes), colour in zip(ways.items(), cycle(len(ways)), strict=True):
        ax.loglog(steps, kilobytes, marker="o", color=PALETTE[colour][0], linewidth=2.2)
        label(
            ax, float(steps[-1]), float(kilobytes[-1]) * 1.5, name, colour=colour, ha="right",
            va="bottom",
        )  # fmt: skip
    top = max(float(kilobytes.max()) for kilobytes in ways.values())
    ax.set_ylim(min(float(k.min()) for k in ways.values()) / 3, 8 * top)
    ax.set_xticks(steps, [str(count) for count in steps])
    ax.set_xticks([], minor=True)
    ax.set(xlabel="steps", ylabel="kilobytes")
    ends = listed([f"{k[0]:.3g} and {k[-1]:.3g} for {name}" for name, k in ways.items()])
    return draw(
        fig,
        alt=f"Log-log plot of the memory of a gradient, in kilobytes, after {steps[0]} and "
        f"{steps[-1]} steps: {ends}.",
    )
