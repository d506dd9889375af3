"""Figures of the chapter *Differentiate symbolically*: graphs and arrays in, drawing out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Shaped
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from slopes.plots.graphs import draw_dag, layout
from slopes.plots.style import (
    PALETTE,
    SMALL,
    Drawing,
    cycle,
    draw,
    drawing_style,
    figure,
    label,
    reference_slope,
)

__all__ = ["rounding", "sharing", "swell"]

Graph = tuple[Sequence[str], Sequence[tuple[int, int]]]
Counts = Shaped[np.ndarray, " k"]

GAP, HEAD = 0.7, 0.4  # inches between two graphs, and above them for their titles


@drawing_style()
def sharing(tree: Graph, shared: Graph, *, formula: str, across: bool = False) -> Drawing:
    """Draw an expression as a tree beside the same expression with shared nodes.

    Nodes that several others use are filled; the arrows to shared operations have their colour.

    Parameters
    ----------
    tree, shared : tuple of labels and edges
        From operation to operand; edges are pairs of indices into the labels.
    formula : str
        The expression in words, for the alt text.
    across : bool
        Whether the graphs stand side by side, as a slide wants them, or one below the other.

    Returns
    -------
    Drawing
        Two graphs, each as large as it needs.
    """
    graphs = (tree, shared)
    placed = [layout(*graph) for graph in graphs]
    sizes = np.array([one.size for one in placed])
    total, most = sizes.sum(axis=0), sizes.max(axis=0)
    width = total[0] + GAP if across else most[0]
    height = most[1] + HEAD if across else total[1] + 2 * HEAD
    fig, left, top = Figure(figsize=(width, height), dpi=100), 0.0, height
    scale = np.array([width, height, width, height])
    for name, one, (_, edges) in zip(("written out", "shared"), placed, graphs, strict=True):
        bottom = top - HEAD - one.size[1]
        ax = fig.add_axes(tuple(np.array([left, bottom, *one.size]) / scale))
        ax.set(xlim=(0, one.size[0]), ylim=(0, one.size[1]))
        ax.set_title(f"{name}: {len(one.labels)} nodes")
        ax.set_axis_off()
        shared_nodes, operations = _used_twice(edges), {start for start, _ in edges}
        blue = [edge for edge in edges if edge[1] in operations.intersection(shared_nodes)]
        draw_dag(ax, one, marked=shared_nodes, marked_edges=blue)
        if across:
            left += one.size[0] + GAP
        else:
            top = bottom
    many = len(_used_twice(shared[1]))
    return draw(
        fig,
        alt=f"Two graphs of {formula}: a tree of {len(tree[0])} nodes, and a graph of "
        f"{len(shared[0])} nodes, {many} of which have several arrows pointing at them.",
    )


def _used_twice(edges: Sequence[tuple[int, int]]) -> list[int]:
    """Nodes with more than one arrow pointing at them, in order."""
    return sorted(node for node, uses in Counter(end for _, end in edges).items() if uses > 1)


@drawing_style()
def swell(
    product: Mapping[str, Counts], turns: Mapping[str, Counts], *, across: bool = False
) -> Drawing:
    """Draw how many nodes a derivative has, written out and shared, for two families of formulas.

    Parameters
    ----------
    product : Mapping[str, array of shape (k,)]
        ``n``, the number of factors; ``written out`` and ``shared``, the nodes of the derivative.
    turns : Mapping[str, array of shape (k,)]
        The same for ``n`` turns of an iteration.
    across : bool
        Whether the panels stand side by side, as a slide wants them.

    Returns
    -------
    Drawing
        Two panels: both axes logarithmic for the product, the vertical one for the turns.
    """
    width, height = (9.0, 4.0) if across else (7.2, 7.6)
    fig, (left, right) = figure(width=width, height=height, panels=2, across=across)
    for ax, family, xlabel in (
        (left, product, "number of factors $n$"),
        (right, turns, "number of turns $n$"),
    ):
        n = family["n"]
        for name, colour, mark in zip(("written out", "shared"), cycle(2), "os", strict=True):
            shade = PALETTE[colour][0]
            ax.plot(n, family[name], mark + "-", color=shade, linewidth=1.2, markersize=5)
            _name(ax, n, family[name], name, colour)
        ax.set(xlabel=xlabel, ylabel="nodes of the derivative", yscale="log")
        ax.margins(y=0.14)
    left.set(xscale="log")
    n = product["n"]
    for name, order in (("written out", 2.0), ("shared", 1.0)):
        corner = (float(n[-3]), float(product[name][-3]) / 3)
        reference_slope(left, order=order, through=corner, span=0.5, text=f"slope {order:.0f}")
    left.set_xlim(n[0] / 1.4, n[-1] * 3)
    ends = {name: f"{float(turns[name][-1]):.0e}" for name in ("written out", "shared")}
    return draw(
        fig,
        alt="Nodes of a derivative against the size of the formula. First a product, log-log: the "
        "points of the expression written out lie on a line of slope 2, those with sharing on one "
        "of slope 1. Then an iteration, the vertical axis logarithmic: written out, a straight "
        f"rising line to {ends['written out']} nodes; shared, {ends['shared']}.",
    )


def _name(ax: Axes, n: Counts, nodes: Counts, name: str, colour: str) -> None:
    """Write a curve's name above its end, where a rising curve leaves room on the left."""
    ax.annotate(
        name,
        (float(n[-1]), float(nodes[-1])),
        xytext=(0, 9),
        textcoords="offset points",
        ha="right",
        color=PALETTE[colour][0],
        fontsize=SMALL,
        fontweight="bold",
    )


@drawing_style()
def rounding(
    x: Float[np.ndarray, " k"], errors: Mapping[str, Float[np.ndarray, " k"]], *, u: float
) -> Drawing:
    """Draw the relative rounding errors of equal formulas.

    Parameters
    ----------
    x : array of shape (k,)
        Where they are evaluated.
    errors : Mapping[str, array of shape (k,)]
        Relative errors by form, at most four; an exact hit is drawn at a quarter of `u`.
    u : float
        Unit roundoff, drawn as a line.

    Returns
    -------
    Drawing
        The vertical axis is logarithmic.
    """
    fig, (ax,) = figure(height=4.2)
    for (name, err), colour, mark in zip(
        errors.items(), cycle(len(errors)), "osD^"[: len(errors)], strict=True
    ):
        shown = np.maximum(err, u / 4)
        ax.semilogy(x, shown, mark, color=PALETTE[colour][0], markersize=4, linestyle="none")
        label(ax, float(x.mean()), shown.max() * 4, name, colour=colour, ha="center")
    ax.set(xlabel="$x$", ylabel="relative error", ylim=(u / 1e3, 1e3))
    ax.axhline(u, color=PALETTE["muted"][0], linewidth=1.0, linestyle=(0, (2, 2)))
    last, below = float(x[-1]), u / 30  # the points leave no room above the line
    ax.text(
        last,
        below,
        "unit roundoff",
        ha="right",
        va="center",
        fontsize=SMALL,
        color=PALETTE["muted"][0],
    )
    worst = ", ".join(f"{name} up to {err.max():.0e}" for name, err in errors.items())
    return draw(
        fig,
        alt=f"Relative rounding errors of {len(errors)} equal formulas against x, the vertical "
        f"axis logarithmic: {worst}.",
    )
