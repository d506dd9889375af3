"""Figures of the chapter on arrays: passes over memory, time against size, who waits for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int

from slopes.plots.style import (
    PALETTE,
    SMALL,
    Drawing,
    cycle,
    draw,
    drawing_style,
    figure,
    label,
    listed,
)

__all__ = ["by_size", "lanes", "passes"]

Points = Float[np.ndarray, " k"]
Span = tuple[str, float, float]


@drawing_style()
def passes(programs: Mapping[str, Sequence[tuple[str, float, float]]]) -> Drawing:
    """Draw what each program reads from memory and writes to it, kernel by kernel.

    Parameters
    ----------
    programs : Mapping[str, Sequence[tuple[str, float, float]]]
        By program, its kernels in order: a name, and the bytes that it reads and writes for each
        element of the result.

    Returns
    -------
    Drawing
        One bar a kernel, reading and writing in two colours.

    Raises
    ------
    ValueError
        If there is no program, or one without kernels.
    """
    if not programs or not all(programs.values()):
        raise ValueError(f"programs must have a kernel each, got programs={programs!r}")
    rows = [(name, *kernel) for name, kernels in programs.items() for kernel in kernels]
    reads, writes = (np.array([row[side] for row in rows]) for side in (2, 3))
    heights = -np.arange(len(rows), dtype=float)
    fig, (ax,) = figure(height=1.2 + 0.42 * len(rows))
    ax.barh(heights, reads, color=PALETTE["blue"][0], height=0.62)
    ax.barh(heights, writes, left=reads, color=PALETTE["orange"][0], height=0.62, hatch="//",
            edgecolor=PALETTE["paper"][0], linewidth=0)  # fmt: skip
    for height, total in zip(heights, reads + writes, strict=True):
        ax.text(total + 0.2, height, f"{total:g}", va="center", fontsize=SMALL)
    label(ax, 0.1, 0.75, "read", colour="blue")
    label(ax, reads.max() * 0.55, 0.75, "written (hatched)", colour="orange")
    ax.set_yticks(heights, [f"{name}: {kernel}" for name, kernel, *_ in rows])
    ax.grid(visible=False, axis="y")
    ax.set(
        xlabel="bytes of memory for each element",
        ylabel="kernel",
        xlim=(0, 1.12 * (reads + writes).max()),
        ylim=(heights[-1] - 0.6, 1.35),
    )
    totals = [
        f"{sum(read + write for _, read, write in kernels):g} in {len(kernels)} "
        f"{'kernel' if len(kernels) == 1 else 'kernels'} for {name}"
        for name, kernels in programs.items()
    ]
    return draw(
        fig,
        alt=f"Bars of the bytes that each kernel reads and writes for one element: "
        f"{listed(totals)}.",
    )


@drawing_style()
def by_size(
    sizes: Int[np.ndarray, " k"], seconds: Mapping[str, tuple[Points, Points, Points]]
) -> Drawing:
    """Draw the time of a call against the number of elements.

    Parameters
    ----------
    sizes : array of shape (k,)
        Numbers of elements, positive, increasing.
    seconds : Mapping[str, tuple of three arrays of shape (k,)]
        By program, at most four: median, first and third quartile.

    Returns
    -------
    Drawing
        Log-log plot in microseconds; bars reach from quartile to quartile.
    """
    fig, (ax,) = figure()
    markers = ("o", "s", "^", "D")
    for (name, (median, low, high)), colour, marker in zip(
        seconds.items(), cycle(len(seconds)), markers, strict=False
    ):
        shade = PALETTE[colour][0]
        ax.loglog(sizes, 1e6 * median, marker=marker, color=shade, label=name)
        ax.vlines(sizes, 1e6 * low, 1e6 * high, color=shade, linewidth=3.0, alpha=0.5)
    ax.legend(loc="upper left")
    ax.set(xlabel="elements", ylabel="time of a call / µs")
    ends = [
        f"{name} from {1e6 * median[0]:.2g} to {1e6 * median[-1]:.2g}"
        for name, (median, _, _) in seconds.items()
    ]
    return draw(
        fig,
        alt=f"Log-log plot of the microseconds of a call against {sizes[0]} to {sizes[-1]} "
        f"elements: {listed(ends)}. All are flat for few elements and rise for many.",
    )


@drawing_style()
def lanes(rows: Mapping[str, Sequence[Span]], *, marks: Mapping[str, float]) -> Drawing:
    """Draw who is busy when: a lane for each worker, and moments at which a clock is read.

    Parameters
    ----------
    rows : Mapping[str, Sequence[tuple[str, float, float]]]
        By worker, what it does, from when and until when; not empty.
    marks : Mapping[str, float]
        Moments with a name, drawn as lines across all lanes.

    Returns
    -------
    Drawing
        Boxes in lanes over a time axis.

    Raises
    ------
    ValueError
        If a span ends before it starts.
    """
    for spans in rows.values():
        for name, start, end in spans:
            if not end > start:
                raise ValueError(f"rows must have spans that end later, got {(name, start, end)!r}")
    fig, (ax,) = figure(height=1.5 + 0.8 * len(rows))
    heights = -np.arange(len(rows), dtype=float)
    for height, spans, colour in zip(heights, rows.values(), cycle(len(rows)), strict=True):
        for name, start, end in spans:
            ax.barh(height, end - start, left=start, height=0.55, color=PALETTE["wash"][0],
                    edgecolor=PALETTE[colour][0], linewidth=2.0)  # fmt: skip
            ax.text((start + end) / 2, height, name, ha="center", va="center", fontsize=SMALL)
    top = 0.62
    for name, at in marks.items():
        ax.plot([at, at], [heights[-1] - 0.5, top - 0.05], color=PALETTE["ink"][0],
                linestyle=(0, (2, 2)), linewidth=1.4)  # fmt: skip
        ax.text(at, top, name, ha="center", va="bottom", fontsize=SMALL)
    ends = [end for spans in rows.values() for _, _, end in spans]
    ax.set_yticks(heights, list(rows))
    ax.grid(visible=False)
    ax.set(
        xlabel="time",
        ylabel="who works",
        xlim=(-0.07 * max(ends), 1.07 * max(ends)),
        ylim=(heights[-1] - 0.5, top + 0.45),
    )
    ax.set_xticks([])
    told = [f"{worker}: {listed([name for name, _, _ in spans])}" for worker, spans in rows.items()]
    clock = [f"{name} at {at / max(ends):.0%} of the time" for name, at in marks.items()]
    return draw(
        fig,
        alt=f"Lanes of work over time, {'; '.join(told)}. Dotted lines mark {listed(clock)}.",
    )
