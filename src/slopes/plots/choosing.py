"""Figures of the chapter *Choose which way, and when*: arrays in, drawing or table out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from jaxtyping import Float

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

__all__ = ["Markup", "accuracy", "agreement", "crossover", "decision", "outcomes"]

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
    fig, (ax,) = figure(height=0.4 * len(digits) + 1.0)
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
    fig, (ax,) = figure()
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
    fig, (ax,) = figure()
    ax.axvline(outputs, color=PALETTE["muted"][0], linewidth=1.0, linestyle=(0, (2, 2)))
    heights = _apart({name: cost[-1] for name, cost in curves.items()}, factor=1.35)
    for (name, cost), colour in zip(curves.items(), cycle(len(curves)), strict=True):
        ax.plot(sizes, cost, marker="o", color=PALETTE[colour][0], markersize=5)
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


@dataclass(frozen=True)
class Markup:
    """A table or a tree: text that a page shows, searches and reads out.

    Attributes
    ----------
    html : str
        The element; its looks are the style sheets' business.
    text : str
        What it says, for a terminal.
    """

    html: str
    text: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Both forms at once: a page picks the element, a terminal the text."""
        return {"text/html": self.html, "text/plain": self.text}


#: What is said of a kind of outcome before its number, for eyes and for ears.
SAID = {"wrong": '<span role="img" aria-label="wrong:">\u2717</span> '}


def outcomes(
    rows: Sequence[str], columns: Sequence[str], table: Sequence[Sequence[tuple[str, str]]]
) -> Markup:
    """Make a table of what becomes of each method in each difficulty.

    Parameters
    ----------
    rows, columns : Sequence[str]
        Names of the methods and of the difficulties.
    table : Sequence[Sequence[tuple[str, str]]]
        For each method and difficulty a kind, ``right``, ``poor``, ``wrong`` or ``error``, and a
        text. What is wrong without notice is marked by a sign and a frame.

    Returns
    -------
    Markup
        A table whose cells have their kind as class.
    """
    head = "".join(f'<th scope="col"><span>{escape(name)}</span></th>' for name in columns)
    lines = [f"<thead><tr><td></td>{head}</tr></thead>", "<tbody>"]
    for name, row in zip(rows, table, strict=True):
        cells = (
            f'<td class="{kind}">{SAID.get(kind, "")}{escape(text)}</td>' for kind, text in row
        )
        lines.append(f'<tr><th scope="row">{escape(name)}</th>{"".join(cells)}</tr>')
    told = [
        f"{name}: " + ", ".join(f"{at} {text}" for at, (_, text) in zip(columns, row, strict=True))
        for name, row in zip(rows, table, strict=True)
    ]
    body = "\n".join([*lines, "</tbody>"])
    return Markup(f'<table class="outcomes">\n{body}\n</table>', "\n".join(told))


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
) -> Markup:
    """Make a decision tree, with a check after some of its leaves.

    Parameters
    ----------
    questions : Mapping[str, tuple[str, Mapping[str, str]]]
        By name, the first one first: the question, and the name that each answer leads to.
    leaves : Mapping[str, str]
        By name: what is chosen, and what it costs in the lines below.
    checked : Sequence[str]
        Names of leaves that lead on to the check.
    check : str
        What is done there; without it the tree ends at its leaves.

    Returns
    -------
    Markup
        A nested list.
    """

    def grown(name: str, level: int) -> tuple[str, str]:
        if name in leaves:
            chosen, *more = [*leaves[name].split("\n"), *([check] if name in checked else [])]
            told = [f"<small>{escape(line)}</small>" for line in more]
            return " ".join([f"<strong>{escape(chosen)}</strong>", *told]), ", ".join(
                [chosen, *more]
            )
        question, ways = questions[name]
        items, lines = [], [" ".join(question.split())]
        for answer, to in ways.items():
            html, text = grown(to, level + 1)
            items.append(f"<li><em>{escape(answer)}</em> {html}</li>")
            lines.append(f"{'  ' * level}{answer}: {text}")
        return f"{escape(lines[0])}\n<ul>{''.join(items)}</ul>", "\n".join(lines)

    html, text = grown(next(iter(questions)), 1)
    return Markup(f'<div class="decision">{html}</div>', text)
