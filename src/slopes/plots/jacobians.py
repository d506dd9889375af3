"""Figures of the chapter *Choose forward or reverse*: arrays in, drawing out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from slopes.plots.style import PALETTE, SMALL, Drawing, cycle, draw, drawing_style, figure

__all__ = ["compression", "crossover"]

HATCHES = ("", "//", "..", "xx")


@drawing_style()
def crossover(
    inputs: Sequence[int], outputs: Sequence[int], ratios: Float[np.ndarray, "m n"]
) -> Drawing:
    """Draw which mode needs fewer operations, for numbers of inputs and outputs.

    Parameters
    ----------
    inputs, outputs : Sequence[int]
        Numbers of inputs, from left to right, and of outputs, upwards.
    ratios : array, shape (m, n)
        Operations of forward over operations of reverse mode, positive; a row for each number of
        outputs.

    Returns
    -------
    Drawing
        A square for each pair with how many times as much the dearer mode needs; those where
        forward mode is cheaper are filled, where reverse mode is, hatched; where the two differ by
        less than a quarter, neither.
    """
    fig, (ax,) = figure(height=4.2)
    paper = {"facecolor": PALETTE["paper"][0], "lw": 0, "pad": 1.5}
    for i, row in enumerate(ratios):
        for j, ratio in enumerate(row):
            _square(ax, j, i, "forward" if ratio < 0.8 else "reverse" if ratio > 1.25 else "even")
            times = max(ratio, 1 / ratio)
            text = f"{times:.2g}" if times < 99.5 else f"{times:.0f}"
            ax.text(j, i, text, ha="center", va="center", bbox=paper)
    top = len(outputs) - 0.15
    ax.text(-0.4, top, "forward cheaper", color=PALETTE["blue"][0], fontweight="bold")
    right = len(inputs) - 0.6
    ax.text(
        right, top, "reverse cheaper", color=PALETTE["orange"][0], ha="right", fontweight="bold"
    )
    ax.set(
        xlim=(-0.5, len(inputs) - 0.5), ylim=(-0.5, len(outputs) + 0.2), xlabel="inputs $n$",
        ylabel="outputs $m$", xticks=range(len(inputs)), yticks=range(len(outputs)),
        xticklabels=map(str, inputs), yticklabels=map(str, outputs),
    )  # fmt: skip
    ax.grid(visible=False)
    return draw(fig, alt=_map_in_words(inputs, outputs, ratios))


def _square(ax: Axes, j: int, i: int, winner: str) -> None:
    role, hatch = {"forward": ("wash", ""), "reverse": ("paper", "//"), "even": ("paper", "")}[
        winner
    ]
    ax.add_patch(Rectangle((j - 0.46, i - 0.44), 0.92, 0.88, facecolor=PALETTE[role][0],
                           edgecolor=PALETTE["orange" if hatch else "muted"][0],
                           hatch=hatch, linewidth=0.8))  # fmt: skip


def _map_in_words(
    inputs: Sequence[int], outputs: Sequence[int], ratios: Float[np.ndarray, "m n"]
) -> str:
    many, few = ratios[-1, 0], ratios[0, -1]
    return (
        f"Grid of {inputs[0]} to {inputs[-1]} inputs and {outputs[0]} to {outputs[-1]} outputs. "
        f"With {outputs[-1]} outputs of {inputs[0]} inputs reverse mode needs {1 / many:.0f} times "
        f"the operations of forward mode, with {outputs[0]} outputs of {inputs[-1]} inputs "
        f"forward mode {few:.0f} times those of reverse mode."
    )


@drawing_style()
def compression(matrix: Bool[np.ndarray, "m n"], colours: Int[np.ndarray, " n"]) -> Drawing:
    """Draw a sparse matrix, the columns of a colour added up: all entries are still there.

    Parameters
    ----------
    matrix : bool array, shape (m, n)
        Where the matrix has entries.
    colours : int array, shape (n,)
        Colour of each column, 0 to 3.

    Returns
    -------
    Drawing
        Left the matrix, each entry in the colour of its column; right one column for each colour.
    """
    m, n = matrix.shape
    count = int(colours.max()) + 1
    fig, (ax,) = figure(height=0.34 * m + 1.1)
    roles, shades = cycle(count), colours.tolist()
    start = n + 3.2
    for i, j in np.argwhere(matrix).tolist():
        _entry(ax, float(j), i, roles[shades[j]], HATCHES[shades[j]])
        _entry(ax, start + float(shades[j]), i, roles[shades[j]], HATCHES[shades[j]])
        ax.text(start + shades[j], i, str(j + 1), ha="center", va="center", fontsize=SMALL,
                bbox={"facecolor": PALETTE["paper"][0], "lw": 0, "pad": 0.6})  # fmt: skip
    for j in range(n):
        ax.text(j, -0.9, str(j + 1), ha="center", va="center", fontsize=SMALL)
    for left, wide, name in ((-0.5, n, "$J$"), (start - 0.5, count, "$B=JS$")):
        edge = PALETTE["muted"][0]
        ax.add_patch(Rectangle((left, -0.5), wide, m, fill=False, edgecolor=edge, linewidth=1.0))
        ax.text(left + wide / 2, m + 0.3, name, ha="center", va="center", fontsize=SMALL + 2)
    ax.annotate("", (start - 0.9, m / 2 - 0.5), xytext=(n - 0.1, m / 2 - 0.5),
                arrowprops={"arrowstyle": "-|>", "color": PALETTE["ink"][0]})  # fmt: skip
    ax.set(xlim=(-0.8, start + count), ylim=(m + 0.8, -1.5), aspect="equal")
    ax.axis("off")
    most = int(np.bincount(colours).max())
    return draw(fig, alt=(
        f"Left, a matrix of {m} rows and {n} columns with {int(matrix.sum())} entries, "
        f"its columns in {count} colours. Right, {count} columns, each the sum of up to {most} "
        "columns of one colour: every entry stands alone, with the number of its own column."
    ))  # fmt: skip


def _entry(ax: Axes, j: float, i: int, role: str, hatch: str) -> None:
    """Draw an entry: colour and hatching say the same."""
    ax.add_patch(Rectangle((j - 0.45, i - 0.45), 0.9, 0.9, facecolor="none", hatch=hatch,
                           edgecolor=PALETTE[role][0], linewidth=2.2))  # fmt: skip
