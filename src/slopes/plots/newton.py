"""Figures of the chapter *Step to a minimum*: arrays in, drawing out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int
from matplotlib.ticker import MaxNLocator

from slopes.plots.style import PALETTE, Drawing, cycle, draw, drawing_style, figure, listed

__all__ = ["costs", "descents"]


@drawing_style()
def descents(errors: Mapping[str, Sequence[float]]) -> Drawing:
    """Draw the errors of iterative methods against their steps.

    Parameters
    ----------
    errors : Mapping[str, Sequence[float]]
        For each method, at most four, its error after 0, 1, 2, ... steps; a zero ends a curve.

    Returns
    -------
    Drawing
        One plot with a logarithmic axis of errors.
    """
    fig, (ax,) = figure(height=4.2)
    for (name, error), colour in zip(errors.items(), cycle(len(errors)), strict=True):
        row = np.asarray(error)
        ax.semilogy(
            np.flatnonzero(row), row[row > 0], marker="o", color=PALETTE[colour][0], label=name
        )
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="steps", ylabel="distance to the minimum")
    ax.legend(loc="lower left")
    told = [f"{name} from {row[0]:.1g} to {row[-1]:.1g}" for name, row in errors.items()]
    return draw(fig, alt=f"Plot of errors, logarithmic, over steps: {listed(told)}.")


@drawing_style()
def costs(
    sizes: Int[np.ndarray, " k"], operations: Mapping[str, Float[np.ndarray, " k"]]
) -> Drawing:
    """Draw operations of a step against the number of unknowns.

    Parameters
    ----------
    sizes : array of shape (k,)
        Numbers of unknowns, increasing.
    operations : Mapping[str, array of shape (k,)]
        Operations by way, at most four ways.

    Returns
    -------
    Drawing
        One log-log plot.
    """
    fig, (ax,) = figure(height=4.2)
    for (name, row), colour in zip(operations.items(), cycle(len(operations)), strict=True):
        ax.loglog(sizes, row, marker="o", color=PALETTE[colour][0], label=name)
    ax.set(xlabel="unknowns $n$", ylabel="operations of a step")
    ax.legend(loc="upper left")
    told = [f"{name} {row[0]:.1g} to {row[-1]:.1g}" for name, row in operations.items()]
    return draw(
        fig,
        alt=f"Log-log plot of operations over {sizes[0]} to {sizes[-1]} unknowns: {listed(told)}.",
    )
