"""Figures of the chapter *Differentiate twice*: arrays in, drawing out."""

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
    reference_slope,
)

__all__ = ["estimates", "price", "ritz"]


@drawing_style()
def price(
    products: Int[np.ndarray, " k"],
    ways: Mapping[str, Float[np.ndarray, " k"]],
    *,
    crossing: float,
) -> Drawing:
    """Draw what a number of products costs, with the Hessian and without it.

    Parameters
    ----------
    products : array of shape (k,)
        Numbers of products, positive, increasing.
    ways : Mapping[str, array of shape (k,)]
        Operations by way, at most four.
    crossing : float
        The number of products at which two of the ways cost the same, drawn as a line.

    Returns
    -------
    Drawing
        Log-log plot, each curve with its name below it.
    """
    fig, (ax,) = figure(height=4.8)
    ax.axvline(crossing, color=PALETTE["muted"][0], linestyle=(0, (2, 2)), linewidth=1.2)
    for (name, operations), colour in zip(ways.items(), cycle(len(ways)), strict=True):
        ax.loglog(products, operations, color=PALETTE[colour][0], linewidth=2.2)
        near = len(products) // 8
        at = (float(products[near]), float(operations[near]) / 2.2)
        label(ax, *at, name, colour=colour, va="top")
    low, high = (limit(tuple(map(limit, ways.values()))) for limit in (min, max))
    ax.set_ylim(low / 20, high * 3)
    ax.set(xlabel="number of products", ylabel="operations")
    first = listed([f"{operations[0]:.1e} for {name}" for name, operations in ways.items()])
    return draw(
        fig,
        alt=f"Log-log plot of operations against 1 to {products[-1]} products: one product costs "
        f"{first}; the dashed line at {crossing:.0f} products marks where two curves cross.",
    )


@drawing_style()
def estimates(
    samples: Int[np.ndarray, " k"],
    errors: Mapping[str, Float[np.ndarray, " k"]],
    bars: Mapping[str, Float[np.ndarray, " k"]],
) -> Drawing:
    """Draw the error of an estimated diagonal beside the error bar that came with it.

    Parameters
    ----------
    samples : array of shape (k,)
        Numbers of samples, positive, increasing.
    errors : Mapping[str, array of shape (k,)]
        True error by matrix, relative to the size of the diagonal, positive, at most four.
    bars : Mapping[str, array of shape (k,)]
        Stated error by matrix, the same names.

    Returns
    -------
    Drawing
        Log-log plot: errors as dots, bars as lines, with the slope of an inverse root.
    """
    fig, (ax,) = figure(height=4.6)
    tops, ends = ([values[k] for values in bars.values()] for k in (0, -1))
    for (name, error), colour in zip(errors.items(), cycle(len(errors)), strict=True):
        shade = PALETTE[colour][0]
        ax.loglog(samples, error, "o", color=shade, linestyle="none")
        ax.loglog(samples, bars[name], color=shade, linewidth=2.0)
        above = bars[name][0] == max(tops)
        at = bars[name][0] * (1.4 if above else 0.6)
        label(
            ax, float(samples[0]), float(at), name, colour=colour, va="bottom" if above else "top"
        )
    decades = float(np.log10(samples[-1] / samples[0]))
    reference_slope(
        ax,
        order=-0.5,
        through=(float(samples[0]), min(tops) / 8),
        span=decades,
        text="",
    )
    slope = "slope \N{MINUS SIGN}1/2"
    label(ax, float(samples[0]), min(tops) / 16, slope, colour="muted", va="top")
    ax.set(xlabel="products with random signs", ylabel="relative error, root mean square")
    ax.set_ylim(min(ends) / 16, max(tops) * 4)
    return draw(
        fig,
        alt=f"Log-log plot of errors against {samples[0]} to {samples[-1]} products for "
        f"{listed(list(errors))}: the stated errors fall along lines of slope minus one half, from "
        f"{listed([f'{top:.2g}' for top in tops])} to {listed([f'{end:.2g}' for end in ends])}, "
        f"and the true errors lie along them.",
    )


@drawing_style()
def ritz(
    steps: Int[np.ndarray, " k"],
    lowest: Float[np.ndarray, " k"],
    highest: Float[np.ndarray, " k"],
    residuals: Float[np.ndarray, "k 2"],
    spectrum: Float[np.ndarray, " n"],
) -> Drawing:
    """Draw how the ends of a spectrum are found, with the bars that the residuals are.

    Parameters
    ----------
    steps : array of shape (k,)
        Numbers of products, increasing.
    lowest, highest : array of shape (k,)
        The two ends found after so many products.
    residuals : array of shape (k, 2)
        The residual of each.
    spectrum : array of shape (n,)
        All eigenvalues.

    Returns
    -------
    Drawing
        Dots with bars against the number of products; the true ends as lines, all eigenvalues as
        short dashes at the right.
    """
    fig, (ax,) = figure(height=4.8)
    right = float(steps[-1]) * 1.08
    for values, column, colour in ((highest, 1, "orange"), (lowest, 0, "blue")):
        shade = PALETTE[colour][0]
        ax.errorbar(
            steps, values, yerr=residuals[:, column], fmt="o", color=shade, ecolor=shade,
            elinewidth=1.4, capsize=3,
        )  # fmt: skip
    for end in (spectrum.min(), spectrum.max()):
        ax.axhline(end, color=PALETTE["muted"][0], linestyle=(0, (2, 2)), linewidth=1.0)
    ax.plot(
        np.full(len(spectrum), right), spectrum, "_", color=PALETTE["ink"][0], markersize=14,
        linestyle="none",
    )  # fmt: skip
    middle = float(steps[len(steps) // 2])
    span = float(np.ptp(spectrum))
    label(ax, middle, highest[-1] - 0.12 * span, "highest found", colour="orange", va="top")
    label(ax, middle, lowest[-1] + 0.12 * span, "lowest found", colour="blue", va="bottom")
    ax.set(xlabel="products", ylabel="eigenvalue")
    ax.set_xlim(0, right * 1.04)
    return draw(
        fig,
        alt=f"Eigenvalues found after {steps[0]} to {steps[-1]} products, with bars: the lowest "
        f"goes from {lowest[0]:.3g} to {lowest[-1]:.3g}, the highest from {highest[0]:.3g} to "
        f"{highest[-1]:.3g}; the {len(spectrum)} true eigenvalues, from {spectrum.min():.3g} to "
        f"{spectrum.max():.3g}, stand at the right.",
    )
