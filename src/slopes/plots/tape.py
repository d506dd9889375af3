"""Figures of the chapter *Differentiate backwards*: arrays in, drawing out.

A tape is given as plain sequences: what each entry does, its value and its parents, in the order
of execution.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from slopes.plots.graphs import dag, draw_dag, frames, layout
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

__all__ = ["backward_pass", "costs", "memory", "program", "training"]


Shares = Sequence[tuple[int, float]]
Step = tuple[int, Sequence[float | None], Shares]

_SIGNS = {"*": "\N{MULTIPLICATION SIGN}", "-": "\N{MINUS SIGN}"}


@drawing_style()
def program(
    formulas: Sequence[str],
    values: Sequence[float],
    parents: Sequence[Sequence[int]],
    steps: Sequence[tuple[int, float, Shares]] = (),
) -> Drawing:
    """Draw a recorded program as a graph, values below the formulas.

    Parameters
    ----------
    formulas : Sequence[str]
        What each entry does, as `slopes.tape.trace` says it: ``3 * v0``, or an input's name. It is
        drawn as mathematics, and numbered from 1.
    values : Sequence[float]
        The value of each entry.
    parents : Sequence[Sequence[int]]
        The entries that each entry reads, all of them earlier.
    steps : Sequence[tuple[int, float, Sequence[tuple[int, float]]]], optional
        The backward pass, as `slopes.tape.sweep` yields it: an entry, its cotangent, and the
        message for each parent that it reads.

    Returns
    -------
    Drawing
        One box an entry; an entry that is read twice has two edges in colour that leave it. With
        `steps`, cotangents stand below the boxes, and messages on dashed arrows back instead.
    """
    edges = _edges(parents)
    messages = _messages(steps)
    reads = Counter(start for start, _ in edges)
    forks = sorted(node for node, count in reads.items() if count > 1)
    named = [
        f"${_name(node)} = {_formula(text)}$\n{_short(value)}"
        for node, (text, value) in enumerate(zip(formulas, values, strict=True))
    ]
    return dag(
        named,
        edges,
        notes={node: _bar(bar) for node, bar, _ in steps},
        back=messages if steps else None,
        marked_edges=[] if steps else [edge for edge in edges if edge[0] in forks],
        direction="right",
        alt=f"A graph of {len(formulas)} boxes joined by {len(edges)} arrows: "
        + _told(
            [_numbered(text) for text in formulas], {node: reads[node] for node in forks}, messages
        ),
    )


def _told(
    spoken: Sequence[str],
    forks: Mapping[int, int],
    messages: Mapping[tuple[int, int], Sequence[str]],
) -> str:
    """Say what the boxes are, which of them are read how often, and what comes back to those."""
    said = [f"{spoken[node]} is read {_times(count)}" for node, count in forks.items()]
    got = {
        node: [text for (start, _), texts in messages.items() if start == node for text in texts]
        for node in forks
    }
    arrive = [f"{spoken[node]} receives {listed(texts)}" for node, texts in got.items() if texts]
    back = f" Walking back, {listed(arrive)}." if arrive else ""
    return f"{listed(spoken)}. {listed(said) or 'Each is read once'}.{back}"


@drawing_style()
def backward_pass(
    symbols: Sequence[str],
    values: Sequence[float],
    parents: Sequence[Sequence[int]],
    steps: Sequence[Step],
    *,
    shown: Sequence[int] | None = None,
) -> Drawing:
    """Draw a backward pass step by step, one picture of the same graph for each.

    Parameters
    ----------
    symbols : Sequence[str]
        What each entry does, in a word or a sign; the name of an input.
    values, parents
        As for `program`.
    steps : Sequence[tuple[int, Sequence[float or None], Sequence[tuple[int, float]]]]
        For each step, the output's first, the entry that hands its cotangent on, the cotangents
        of all entries after that, None where nothing has arrived, and the message for each parent
        that the entry reads.
    shown : Sequence[int], optional
        Which pictures to draw, 0 being the start; all by default. All have the same layout, so
        that a series of figures stands still.

    Returns
    -------
    Drawing
        The start and the steps one below the other, without those that hand nothing on: the active
        entry is filled, all messages so far stand on dashed arrows back, cotangents below boxes.

    Raises
    ------
    ValueError
        If `shown` is empty or names a picture that there is not.
    """
    symbols = [_SIGNS.get(symbol, symbol) for symbol in symbols]
    labels = [
        f"${_name(node)}$: {symbol}\n{_short(value)}"
        for node, (symbol, value) in enumerate(zip(symbols, values, strict=True))
    ]
    edges, output = _edges(parents), steps[0][0]
    pictures = _pictures(parents, steps)
    longest = [max((_bar(p.bars[k]) for p in pictures), key=len) for k in range(len(labels))]
    widest = {edge: text for picture in pictures for edge, text in picture.messages.items()}
    placed = layout(
        labels, edges, notes=dict(enumerate(longest)), edge_labels=widest, direction="right"
    )
    count = len(pictures)
    pictures = [pictures[k] for k in _chosen(shown, count)]
    titles = [f"{p.k}: ${_name(p.active)}$ hands on" if p.k else "0: the start" for p in pictures]
    fig, axes = frames(placed, titles=titles, columns=1)
    for ax, picture in zip(axes, pictures, strict=True):
        draw_dag(
            ax,
            placed,
            notes={node: _bar(bar) for node, bar in enumerate(picture.bars) if bar is not None},
            marked=[picture.active],
            back=picture.messages,
        )
    said = _ends(symbols, parents, pictures, count)
    plural = "picture" if len(pictures) == 1 else "pictures"
    return draw(
        fig,
        alt=f"{len(pictures)} {plural} of one graph of {len(labels)} boxes{said[0]}: a cotangent "
        f"of {_short(steps[0][1][output])} starts at the output and moves against the arrows, one "
        f"box at a time; {said[1]}.",
    )


class Picture(NamedTuple):
    """One picture of a backward pass: its number, who hands on, what stands where."""

    k: int
    active: int
    bars: Sequence[float | None]
    messages: Mapping[tuple[int, int], Sequence[str]]


def _chosen(shown: Sequence[int] | None, count: int) -> list[int]:
    """Check which pictures to draw; all by default."""
    chosen = list(range(count) if shown is None else shown)
    if not chosen or not set(chosen) <= set(range(count)):
        raise ValueError(f"shown must be some of {list(range(count))}, got shown={shown!r}")
    return chosen


def _ends(
    symbols: Sequence[str],
    parents: Sequence[Sequence[int]],
    pictures: Sequence[Picture],
    count: int,
) -> tuple[str, str]:
    """Say which pictures are drawn, if not all, and the cotangents in the last of them."""
    part = len(pictures) < count
    told = [k for k, reads in enumerate(parents) if part or not reads]
    ends = listed([f"{_short(pictures[-1].bars[k])} at {_plain(symbols[k])}" for k in told])
    if not part:
        return "", f"at the end it is {ends}"
    which = listed([str(picture.k) for picture in pictures])
    return f", {which} of 0 to {count - 1}", f"after the last of them it is {ends}"


def _pictures(parents: Sequence[Sequence[int]], steps: Sequence[Step]) -> list[Picture]:
    """Give the picture of the start and of each step that hands something on."""
    output, first, _ = steps[0]
    start = [None if node != output else bar for node, bar in enumerate(first)]
    numbered = [
        Picture(k, node, bars, _messages(steps[:k]))
        for k, (node, bars, _) in enumerate(steps, start=1)
        if parents[node]
    ]
    return [Picture(0, output, start, {}), *numbered]


def _messages(steps: Iterable[tuple[int, object, Shares]]) -> dict[tuple[int, int], list[str]]:
    """Give the messages that travel back along each edge."""
    messages: dict[tuple[int, int], list[str]] = {}
    for end, _, shares in steps:
        for start, amount in shares:
            messages.setdefault((start, end), []).append(_short(amount))
    return messages


@drawing_style()
def costs(
    ratios: Mapping[str, float], *, bound: float, inputs: Mapping[str, int] | None = None
) -> Drawing:
    """Draw what the gradient of each program costs, in units of the program.

    Parameters
    ----------
    ratios : Mapping[str, float]
        Operations of function and gradient over operations of the function, by program.
    bound : float
        Drawn as a line.
    inputs : Mapping[str, int], optional
        The number of inputs, written beside the name.

    Returns
    -------
    Drawing
        One dot a program, the dearest on top.
    """
    names = sorted(ratios, key=ratios.__getitem__)
    heights, at = np.arange(len(names)), np.array([ratios[name] for name in names])
    fig, (ax,) = figure(height=0.75 + 0.33 * len(names))
    ax.hlines(heights, 1.0, at, color=PALETTE["grid"][0], linewidth=2.0)
    ax.plot(at, heights, "o", color=PALETTE["blue"][0], markersize=9, linestyle="none")
    ax.axvline(bound, color=PALETTE["orange"][0], linestyle="-", linewidth=1.6)
    ax.axvline(1.0, color=PALETTE["muted"][0], linestyle="-", linewidth=1.0)
    top = len(names) - 0.45
    label(ax, bound - 0.06, top, f"bound {bound:g}", colour="orange", ha="right", va="bottom")
    label(ax, 1.06, top, "the function alone", colour="muted", va="bottom")
    shown = [_with_inputs(name, inputs) for name in names]
    ax.set_yticks(heights, shown)
    ax.grid(visible=False, axis="y")
    ax.set(
        xlabel="operations, those of the function being 1",
        ylabel="program",
        xlim=(0.8, bound + 0.4),
        ylim=(-0.6, len(names) + 0.35),
    )
    return draw(
        fig,
        alt=f"Dot plot of the cost of the gradient for {len(names)} programs, in operations of "
        f"the program: {listed([f'{ratios[name]:.1f} for {name}' for name in names])}; a line "
        f"marks the bound {bound:g}.",
    )


def _with_inputs(name: str, inputs: Mapping[str, int] | None) -> str:
    """Append the number of inputs to a program's name."""
    return f"{name} ({inputs[name]})" if inputs else name


@drawing_style()
def memory(
    lengths: Int[np.ndarray, " k"],
    curves: Mapping[str, Float[np.ndarray, " k"]],
    *,
    slopes: Sequence[float],
) -> Drawing:
    """Draw the memory that a reverse pass needs against the length of the program.

    Parameters
    ----------
    lengths : array of shape (k,)
        Steps of the program, positive, increasing.
    curves : Mapping[str, array of shape (k,)]
        Bytes by method, at most four.
    slopes : Sequence[float]
        The expected power of the length for each method, drawn as a thin line.

    Returns
    -------
    Drawing
        Log-log plot, in megabytes.

    Raises
    ------
    ValueError
        If there is not one slope for each curve.
    """
    if len(slopes) != len(curves):
        raise ValueError(
            f"slopes must be one power for each of {listed(list(curves))}, got slopes={slopes!r}"
        )
    fig, (ax,) = figure()
    for (name, size), power, colour in zip(curves.items(), slopes, cycle(len(curves)), strict=True):
        ax.loglog(lengths, size / 1e6, "o", color=PALETTE[colour][0], linestyle="none")
        reference_slope(
            ax,
            order=power,
            through=(float(lengths[-1]), float(size[-1]) / 1e6),
            span=-float(np.log10(lengths[-1] / lengths[0])),
            text="",
        )
        near = (len(lengths) - 1) // 2
        at = (lengths[near] * 1.15, size[near] / 1.3e6)
        label(ax, *at, f"{name}: power {power:g}", colour=colour, va="top")
    ax.set(xlabel="steps of the program", ylabel="bytes kept / $10^6$")
    first, last = (listed([f"{size[k] / 1e6:.2g}" for size in curves.values()]) for k in (0, -1))
    return draw(
        fig,
        alt=f"Log-log plot of memory against {lengths[0]} to {lengths[-1]} steps for "
        f"{listed(list(curves))}: from {first} megabytes to {last}, along straight lines of slope "
        f"{listed([f'{power:g}' for power in slopes])}.",
    )


@drawing_style()
def training(losses: Mapping[str, Float[np.ndarray, " k"]]) -> Drawing:
    """Draw two learning curves that should be one, and their difference.

    Parameters
    ----------
    losses : Mapping[str, array of shape (k,)]
        Loss before each step by program, two of them.

    Returns
    -------
    Drawing
        Two panels: the curves, one as a line and one as dots, and their relative difference.
    """
    (one, line), (other, dots) = losses.items()
    steps = np.arange(len(line))
    fig, (left, right) = figure(height=7.4, panels=2, across=False)
    left.semilogy(steps, line, color=PALETTE["blue"][0], linestyle="-", linewidth=2.4)
    left.semilogy(steps[::5], dots[::5], "o", color=PALETTE["orange"][0], linestyle="none")
    label(left, steps[-1] * 0.3, line[len(line) // 4] * 1.5, f"{one} (line)", colour="blue")
    label(left, steps[-1] * 0.42, line[len(line) // 4] * 1.02, f"{other} (dots)", colour="orange")
    left.set(xlabel="step", ylabel="loss")
    apart = np.abs(line - dots) / np.abs(line)
    right.semilogy(
        steps,
        np.where(apart > 0, apart, np.nan),
        ".",
        color=PALETTE["green"][0],
        linestyle="none",
    )
    right.set(xlabel="step", ylabel="relative difference")
    right.set_ylim(1e-17, max(1e-13, 10 * apart.max()))
    return draw(
        fig,
        alt=f"Above, the loss of {one} and {other} over {len(line)} steps: it falls from "
        f"{line[0]:.2f} to {line[-1]:.3f}, and the dots lie on the line. Below, the relative "
        f"difference of the two, at most {apart.max():.0e}.",
    )


def _edges(parents: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """Edges along the flow of values: from the entry that is read to the one that reads."""
    return [(int(start), end) for end, reads in enumerate(parents) for start in reads]


def _formula(text: str) -> str:
    """Write a line of a tape as mathematics."""
    text = re.sub(r"\bv(\d+)\b", r"v_{\1}", _numbered(text))
    text = re.sub(r" \*\* (\S+)", r"^{\1}", text)
    text = re.sub(r"([a-z]\w+)\(", r"\\mathrm{\1}(", text)
    return text.replace(" * ", r"\,")


def _numbered(text: str) -> str:
    """Count entries from 1, as the chapter does."""
    return re.sub(r"\bv(\d+)\b", lambda m: f"v{int(m[1]) + 1}", text)


def _name(node: int) -> str:
    """Name an entry; the tape counts from 0, the chapter from 1."""
    return f"v_{{{node + 1}}}"


def _plain(text: str) -> str:
    """Undo mathematics, for those who listen."""
    return re.sub(r"[${}_]", "", text)


def _short(value: float | None) -> str:
    """Write four decimals, as the chapter's tables do; none that are zeros."""
    if value is None:
        return "nothing"
    text = f"{value:.4f}".rstrip("0").rstrip(".") if 1e-3 <= abs(value) < 1e6 else f"{value:.4g}"
    return text.replace("-", "\N{MINUS SIGN}")


def _bar(value: float | None) -> str:
    return "" if value is None else rf"$\bar v=${_short(value)}"


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"
