"""Figures of the chapter on several devices: what is sent, what each holds, what digits differ."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from slopes.plots.graphs import dag
from slopes.plots.style import (
    PALETTE,
    Drawing,
    cycle,
    draw,
    drawing_style,
    figure,
    label,
    listed,
    reference_slope,
)

__all__ = ["memory", "transposes", "ulps"]

Points = Float[np.ndarray, " k"]


def transposes(count: int) -> Drawing:
    """Draw a data-parallel gradient: what goes to the devices and what comes back.

    Parameters
    ----------
    count : int
        Number of devices, at least 2.

    Returns
    -------
    Drawing
        From the parameters over one loss a device to their sum, with the cotangents beside it.
    """
    losses, total = range(1, count + 1), count + 1
    labels = ["$w$", *(f"$L_{k}$" for k in losses), "sum"]
    edges = [(0, k) for k in losses] + [(k, total) for k in losses]
    back: dict[tuple[int, int], str] = {(0, k): f"$\\nabla L_{k}$" for k in losses}
    back |= {(k, total): "1" for k in losses}
    return dag(
        labels,
        edges,
        alt=f"The parameters w go to {count} losses, which are summed. Backwards, the sum sends 1 "
        f"to each of the {count} losses, and each loss sends its gradient to w, where they add up.",
        back=back,
        direction="right",
    )


@drawing_style()
def memory(devices: Points, parts: Mapping[str, Points]) -> Drawing:
    """Bytes on each device against the number of devices.

    Parameters
    ----------
    devices : array of shape (k,)
        Numbers of devices, increasing.
    parts : Mapping[str, array of shape (k,)]
        Bytes on one device by what they are for, positive; at most four.

    Returns
    -------
    Drawing
        Log-log plot with a reference slope of -1.
    """
    fig, (ax,) = figure(height=4.2)
    for (name, size), colour in zip(parts.items(), cycle(len(parts)), strict=True):
        ax.loglog(devices, size, marker="o", color=PALETTE[colour][0], base=2)
        label(ax, devices[0], size[0] * 1.5, name, colour=colour, va="bottom")
    largest = max(float(size[0]) for size in parts.values())
    reference_slope(
        ax, order=-1.0, through=(float(devices[0]), largest / 6), span=0.6, text="slope $-1$"
    )
    ax.xaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{count:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_yscale("log", base=10)
    ax.set(xlabel="devices", ylabel="bytes on each device", ylim=(None, 6 * largest))
    told = listed(f"{name} {size[0]:.0f} and {size[-1]:.0f}" for name, size in parts.items())
    return draw(
        fig,
        alt=f"Log-log plot of the bytes on each device with {devices[0]:g} and with "
        f"{devices[-1]:g} devices: {told}.",
    )


@drawing_style()
def ulps(errors: Mapping[int, Points]) -> Drawing:
    """Errors of sums by the number of devices that summed.

    Parameters
    ----------
    errors : Mapping[int, array of shape (k,)]
        Errors of some sums in units of the last place, by number of devices.

    Returns
    -------
    Drawing
        A column of points for each number of devices; equal errors share a point, whose area is
        their share.
    """
    fig, (ax,) = figure(height=4.0)
    for place, found in enumerate(errors.values()):
        values, times = np.unique(found, return_counts=True)
        area = 500.0 * times / len(found)
        ax.scatter(np.full(len(values), place), values, s=area, color=PALETTE["blue"][0])
    ax.set_xticks(range(len(errors)), [f"{count}" for count in errors])
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="devices", ylabel="error in ulps", xlim=(-0.5, len(errors) - 0.2))
    means = listed(f"{np.abs(found).mean():.1f} with {count}" for count, found in errors.items())
    return draw(
        fig,
        alt="Errors of sums in units of the last place, a column of points for each number of "
        f"devices; their mean size is {means} devices.",
    )
