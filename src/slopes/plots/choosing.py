"""Figures of the chapter *Choose which way, and when*: arrays in, drawing out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.patches import Rectangle

from slopes.plots import graphs
from slopes.plots.style import (
    PALETTE,
    Drawing,
    cycle,
    draw,
    drawing_style,
    figure,
    label,
    unit_roundoff_line,
)

__all__ = ["accuracy", "agreement", "crossover", "decision", "outcomes"]

BEST = 16.0  # digits at the right edge
WAYS = {"numerical": "blue", "symbolic": "orange", "automatic": "green"}


@drawing_style()
def agreement(
    digits: Mapping[str, Float[np.ndarray, " _"]],
    ways: Mapping[str, str],
    refused: Mapping[str, int],
) -> Drawing:
    """Draw the correct digits of each method at each point, a row a method.

    Parameters
    ----------
    digits : Mapping[str, array]
        Correct digits by method, one for each point, from 0 to 16.
    ways : Mapping[str, str]
        ``numerical``, ``symbolic`` or ``automatic``, by method.
    refused : Mapping[str, int]
        Number of problems that a method does not take.

    Returns
    -------
    Drawing
        Dots, with a tick at the median of each row.
    """
    fig, (ax,) = figure(width=7.6, height=0.52 * len(digits) + 1.0)
    for row, (name, found) in enumerate(digits.items()):
        shade = PALETTE[WAYS[ways[name]]][0]
        # Equal values lie beside each other, in the order of the battery: no chance in a figure.
        aside = row + 0.3 * np.sin(2.4 * np.arange(found.size))
        ax.plot(found, aside, "o", color=shade, markersize=4, alpha=0.55, linestyle="none")
        middle = float(np.median(found))
        ax.plot([middle, middle], [row - 0.42, row + 0.42], color=PALETTE["ink"][0], linewidth=2.5)
        if refused[name]:
            text = f"{refused[name]} refused"
            label(ax, 0.2, float(row), text, colour=WAYS[ways[name]], va="center")
    ax.set(xlabel="correct digits", ylabel="method", xlim=(0, BEST + 0.3))
    ax.set_yticks(range(len(digits)), list(digits))
    ax.set_ylim(len(digits) - 0.5, -0.5)
    ax.grid(visible=False, axis="y")
    medians = ", ".join(f"{name} {np.median(found):.1f}" for name, found in digits.items())
    return draw(
        fig,
        alt=f"Rows of dots, one row for each of {len(digits)} methods, over the number of correct "
        f"digits; the medians are: {medians}.",
    )


@drawing_style()
def accuracy(
    costs: Mapping[str, float],
    medians: Mapping[str, float],
    worst: Mapping[str, float],
    ways: Mapping[str, str],
    *,
    family: Sequence[str],
    u: float,
) -> Drawing:
    """Draw the error of each method against what it costs, with the worst case above it.

    Parameters
    ----------
    costs : Mapping[str, float]
        Operations in units of one run of the function, by method.
    medians, worst : Mapping[str, float]
        Relative errors over a battery.
    ways : Mapping[str, str]
        ``numerical``, ``symbolic`` or ``automatic``, by method.
    family : Sequence[str]
        Methods joined by a line.
    u : float
        Unit roundoff, drawn as a line.

    Returns
    -------
    Drawing
        Log-log plot.
    """
    fig, (ax,) = figure(width=7.6, height=4.8)
    chain = [(costs[name], max(medians[name], u / 2)) for name in family]
    ax.loglog(*np.array(chain).T, color=PALETTE["blue"][0], linewidth=1.2, linestyle=(0, (5, 2)))
    for name, cost in costs.items():
        colour, low = WAYS[ways[name]], max(medians[name], u / 2)
        ax.plot([cost, cost], [low, worst[name]], color=PALETTE[colour][0], linestyle="-")
        ax.plot(cost, low, "o", color=PALETTE[colour][0], markersize=8)
        ax.plot(cost, worst[name], "_", color=PALETTE[colour][0], markersize=12)
        if ways[name] == "symbolic":
            label(ax, cost / 1.08, low * 3, name, colour=colour, ha="right", va="center")
        else:
            high = low * 3 if ways[name] == "automatic" else worst[name]
            label(ax, cost * 1.08, high, name, colour=colour, ha="left", va="center")
    unit_roundoff_line(ax, u)
    ax.set(xlabel="operations, in runs of the function", ylabel="relative error")
    ax.set_xlim(0.8, 2.2 * max(costs.values()))
    ax.set_ylim(u / 6, 30 * max(worst.values()))
    ticks = [1, 2, 4, 8, 16, 32, 64]
    ax.set_xticks(ticks, [str(tick) for tick in ticks])
    ax.minorticks_off()
    cheapest, dearest = min(costs, key=costs.__getitem__), max(costs, key=costs.__getitem__)
    return draw(
        fig,
        alt="Log-log plot of relative error against cost: a dot for the median and a line up to "
        f"the worst case of each method, from {cheapest} at {costs[cheapest]:.1f} runs of the "
        f"function to {dearest} at {costs[dearest]:.0f}.",
    )


@drawing_style()
def crossover(
    sizes: Sequence[int], curves: Mapping[str, Sequence[float]], *, outputs: int
) -> Drawing:
    """Draw the cost of a Jacobian against the number of inputs, for a fixed number of outputs.

    Parameters
    ----------
    sizes : Sequence[int]
        Numbers of inputs, increasing.
    curves : Mapping[str, Sequence[float]]
        Operations in units of one run of the function, by method, at most four.
    outputs : int
        Number of outputs, marked on the horizontal axis.

    Returns
    -------
    Drawing
        Log-log plot, both axes in powers of two.
    """
    fig, (ax,) = figure(width=7.2, height=4.6)
    ax.axvline(outputs, color=PALETTE["muted"][0], linewidth=1.0, linestyle=(0, (2, 2)))
    heights = _apart({name: cost[-1] for name, cost in curves.items()}, factor=1.35)
    for (name, cost), colour in zip(curves.items(), cycle(len(curves)), strict=True):
        ax.plot(sizes, cost, "o-", color=PALETTE[colour][0], markersize=5)
        label(ax, sizes[-1] * 1.12, heights[name], name, colour=colour, va="center")
    top = max(max(cost) for cost in curves.values())
    label(ax, outputs * 1.05, 1.1, f"$n = m = {outputs}$", colour="muted", va="bottom")
    ax.set_xscale("log", base=2)
    ax.set_yscale("log", base=2)
    ax.set_xticks(sizes, [str(n) for n in sizes])
    levels = [2**k for k in range(int(np.log2(top)) + 1)]
    ax.set_yticks(levels, [str(level) for level in levels])
    ax.minorticks_off()
    ax.set(xlabel="inputs $n$", ylabel="operations, in runs of $f$")
    ax.set_xlim(sizes[0] / 1.2, sizes[-1] * 4.5)
    ends = ", ".join(f"{name} {cost[-1]:.0f}" for name, cost in curves.items())
    return draw(
        fig,
        alt=f"Log-log plot of the operations of a Jacobian with {outputs} outputs against the "
        f"number of inputs from {sizes[0]} to {sizes[-1]}; at the right end, in runs of the "
        f"function: {ends}.",
    )


def _apart(ends: Mapping[str, float], *, factor: float) -> dict[str, float]:
    """Move the ends of curves apart, from the lowest up, so that their names do not touch."""
    places: dict[str, float] = {}
    below = 0.0
    for name, end in sorted(ends.items(), key=lambda item: item[1]):
        places[name] = below = float(max(end, below * factor))
    return places


#: What becomes of a method: sign, colour.
MARKS = {
    "right": ("", "green"),
    "poor": ("", "ink"),
    "wrong": ("✗ ", "orange"),
    "error": ("", "muted"),
}


@drawing_style()
def outcomes(
    rows: Sequence[str], columns: Sequence[str], table: Sequence[Sequence[tuple[str, str]]]
) -> Drawing:
    """Draw what becomes of each method in each difficulty.

    Parameters
    ----------
    rows, columns : Sequence[str]
        Names of the methods and of the difficulties.
    table : Sequence[Sequence[tuple[str, str]]]
        For each method and difficulty a kind, ``right``, ``poor``, ``wrong`` or ``error``, and a
        text. What is wrong without notice stands in a frame.

    Returns
    -------
    Drawing
        A table.
    """
    fig, (ax,) = figure(width=1.05 * len(columns) + 1.6, height=0.46 * len(rows) + 1.1)
    for i, row in enumerate(table):
        for j, (kind, text) in enumerate(row):
            sign, colour = MARKS[kind]
            shade = PALETTE[colour][0]
            if kind == "wrong":
                box = Rectangle((j - 0.46, i - 0.4), 0.92, 0.8, fill=False, ec=shade, lw=2)
                ax.add_patch(box)
            weight = "bold" if kind in {"right", "wrong"} else "normal"
            ax.text(j, i, sign + text, color=shade, ha="center", va="center", fontsize=13,
                    fontweight=weight)  # fmt: skip
    ax.set_xticks(range(len(columns)), list(columns))
    ax.set_yticks(range(len(rows)), list(rows))
    ax.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    ax.set(xlabel="difficulty", ylabel="method")
    ax.grid(visible=False)
    ax.set_yticks(np.arange(len(rows) - 1) + 0.5, minor=True)
    ax.grid(visible=True, axis="y", which="minor")
    ax.tick_params(length=0, which="both")
    wrong = [
        f"{name} at {column}"
        for name, kinds in zip(rows, table, strict=True)
        for column, (kind, _) in zip(columns, kinds, strict=True)
        if kind == "wrong"
    ]
    return draw(
        fig,
        alt=f"Table of {len(rows)} methods and {len(columns)} difficulties with correct digits, or "
        f"the word error; framed, because wrong without notice: {', '.join(wrong) or 'none'}.",
    )


# The tree of chapter and deck: question, and where each answer leads.
TREE = {
    "open": (
        "Can the program run on\nnumbers of your own?",
        {"no": "known", "yes": "formula"},
    ),
    "known": ("Are its scale\nand its noise known?", {"yes": "central", "no": "adaptive"}),
    "formula": ("Is the formula\nitself wanted?", {"yes": "symbolic", "no": "wide"}),
    "wide": ("More inputs\nthan outputs?", {"no": "forward", "yes": "reverse"}),
}
LEAVES = {
    "central": "central difference\n2 runs an input",
    "adaptive": "adaptive difference\n30 to 100 runs a slope",
    "symbolic": "symbolic",
    "forward": "forward mode\ndual, complex step, jvp",
    "reverse": "reverse mode\ntape, vjp, grad",
}


def decision(
    questions: Mapping[str, tuple[str, Mapping[str, str]]],
    leaves: Mapping[str, str],
    *,
    checked: Sequence[str] = (),
    check: str = "",
) -> Drawing:
    """Draw a decision tree, with a check below some of its leaves.

    Parameters
    ----------
    questions : Mapping[str, tuple[str, Mapping[str, str]]]
        By name: the question, and the name that each answer leads to.
    leaves : Mapping[str, str]
        By name: what is chosen.
    checked : Sequence[str]
        Names of leaves that lead on to the check.
    check : str
        What is done there; without it the tree ends at its leaves.

    Returns
    -------
    Drawing
        A graph from top to bottom.
    """
    names = [*questions, *leaves]
    texts = [question for question, _ in questions.values()] + [*leaves.values()]
    answers = {
        (names.index(name), names.index(to)): answer
        for name, (_, ways) in questions.items()
        for answer, to in ways.items()
    }
    last = [(names.index(name), len(names)) for name in checked]
    end = f" From {', '.join(checked)}: {check}." if check else ""
    told = "; ".join(
        f"{' '.join(question.split())} "
        + ", ".join(f"if {answer}: {_told(to, questions)}" for answer, to in ways.items())
        for question, ways in questions.values()
    )
    return graphs.dag(
        [*texts, *([check] if check else [])],
        [*answers, *last],
        edge_labels=answers,
        marked=[names.index(name) for name in leaves],
        alt=f"Decision tree. {told}.{end}",
    )


def _told(name: str, questions: Mapping[str, object]) -> str:
    return "next question" if name in questions else name
