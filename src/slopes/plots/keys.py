"""Figures of the chapter on keys: the tree of keys, error bars that hold, noise that is shared."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from jaxtyping import Float

from slopes.plots.graphs import dag
from slopes.plots.style import (
    PALETTE,
    SMALL,
    Drawing,
    draw,
    drawing_style,
    figure,
    label,
    listed,
    reference_slope,
)

__all__ = ["coverage", "spreads", "tree"]

Points = Float[np.ndarray, " k"]


def tree(
    labels: Sequence[str],
    parents: Mapping[int, int],
    *,
    drawn: Collection[int],
    uses: Mapping[int, str],
) -> Drawing:
    """Keys and the keys that were made from them.

    Parameters
    ----------
    labels : Sequence[str]
        A name for each key, the root first.
    parents : Mapping[int, int]
        For each key but the root, the key that was split.
    drawn : Collection[int]
        Keys that numbers are drawn from, filled.
    uses : Mapping[int, str]
        What is drawn from them, or another word beside a key.

    Returns
    -------
    Drawing
        A tree that grows downwards.

    Raises
    ------
    ValueError
        If numbers are drawn from a key that was split: a tree of a program that is wrong.
    """
    if both := sorted(set(drawn) & set(parents.values())):
        raise ValueError(
            f"drawn must be keys that are not split, got drawn={[labels[k] for k in both]!r}"
        )
    edges = [(parent, child) for child, parent in parents.items()]
    children = {
        parent: listed(labels[child] for child, other in parents.items() if other == parent)
        for parent in dict.fromkeys(parents.values())
    }
    split = "; ".join(
        f"{labels[parent]} is split into {names}" for parent, names in children.items()
    )
    used = "; ".join(f"{labels[key]} gives {uses[key]}" for key in drawn if key in uses)
    return dag(labels, edges, alt=f"A tree of keys: {split}. {used}.", notes=uses, marked=drawn)


@drawing_style()
def coverage(
    batches: Points,
    fresh: Points,
    reused: Points,
    *,
    predicted: tuple[Points, Points],
    trials: int,
) -> Drawing:
    """How often an error bar holds the truth, with keys of their own and with one key for all.

    Parameters
    ----------
    batches : array of shape (k,)
        Batches that were averaged, positive.
    fresh, reused : array of shape (k,)
        Shares of the trials whose bar held the truth, between 0 and 1.
    predicted : tuple of two arrays of shape (k,)
        What theory says of both.
    trials : int
        Number of trials, positive: it gives the spread of a share.

    Returns
    -------
    Drawing
        Shares with their spread against the number of batches, on a logarithmic scale.
    """
    fig, (ax,) = figure(height=4.2)
    for share, theory, marker, colour in (
        (fresh, predicted[0], "o", "blue"),
        (reused, predicted[1], "s", "orange"),
    ):
        shade = PALETTE[colour][0]
        spread = np.sqrt(theory * (1 - theory) / trials)
        ax.plot(batches, theory, color=shade, linestyle="-", linewidth=1.0)
        ax.errorbar(batches, share, spread, color=shade, marker=marker, linestyle="none")
    ax.set(xscale="log", xlabel="batches averaged", ylim=(0, 1.0))
    ax.set_ylabel("share of bars that hold the truth")
    ax.set_xticks(batches, [f"{count:g}" for count in batches])
    ax.minorticks_off()
    middle = len(batches) // 2
    label(ax, batches[middle], fresh[middle] + 0.08, "a key for each batch", colour="blue")
    label(ax, batches[middle], reused[middle] + 0.08, "one key for all", colour="orange")
    return draw(
        fig,
        alt=f"Of {trials} error bars of one standard deviation, {fresh[-1]:.0%} hold the truth "
        f"with a key for each of {batches[-1]:g} batches, as with one batch ({fresh[0]:.0%}); "
        f"with one key for all it falls to {reused[-1]:.0%}.",
    )


@drawing_style()
def spreads(steps: Points, fresh: Points, shared: Points, *, gradient: float) -> Drawing:
    """Spread of a difference quotient of a random program, with fresh keys and with the same keys.

    Parameters
    ----------
    steps : array of shape (k,)
        Steps, positive, increasing.
    fresh, shared : array of shape (k,)
        Standard deviations of the quotient over repetitions, positive.
    gradient : float
        Standard deviation of the derivative of the program, positive, drawn as a line.

    Returns
    -------
    Drawing
        Log-log plot with a reference slope of -1.
    """
    fig, (ax,) = figure(height=4.2)
    for spread, marker, colour in ((fresh, "o", "orange"), (shared, "s", "blue")):
        shade = PALETTE[colour][0]
        ax.loglog(steps, spread, marker, color=shade, linestyle="none")
    ax.axhline(gradient, color=PALETTE["muted"][0], linewidth=1.0, linestyle=(0, (2, 2)))
    ax.text(
        steps[-1],
        gradient / 1.6,
        "spread of the derivative itself",
        color=PALETTE["muted"][0],
        fontsize=SMALL,
        ha="right",
        va="top",
    )
    span = np.log10(steps[-1] / steps[0])
    reference_slope(
        ax, order=-1.0, through=(steps[0], 3 * fresh[0]), span=0.6 * span, text="slope $-1$"
    )
    label(ax, steps[0], fresh[0] / 8, "fresh keys", colour="orange", va="top")
    label(ax, steps[0], shared[0] * 1.6, "the same keys", colour="blue", va="bottom")
    ax.set(xlabel="step $h$", ylabel="standard deviation of the slope")
    ax.set_ylim(gradient / 10, 20 * fresh[0])
    return draw(
        fig,
        alt="Log-log plot of the spread of a difference quotient against its step: with fresh "
        f"keys it grows from {fresh[-1]:.1g} to {fresh[0]:.1g} as the step shrinks from "
        f"{steps[-1]:.0e} to {steps[0]:.0e}; with the same keys on both sides it stays at "
        f"{shared[0]:.1g}, the spread of the derivative.",
    )
