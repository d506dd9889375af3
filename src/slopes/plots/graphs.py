"""Directed acyclic graphs: expression trees, shared expressions, tapes, traced programs.

`dag` draws one graph. For a series of pictures of the same graph, such as a backward pass step by
step, `layout` places the nodes once, `frames` makes a row of axes of the right size, and `draw_dag`
fills each. Lengths are inches throughout, so that a box fits its text whatever the figure is.
What travels back along an edge is a second arrow beside it, dashed, with its head at the other end.
A box can keep room for a graph of its own, which `inside` puts there.

The layout has layers: each node stands one layer behind the last of its predecessors, an edge over
several layers gets an invisible node in each of them and so its own free lane, a few barycentre
sweeps remove crossings, and a least-squares fit that keeps the distances centres nodes on their
neighbours. Operands stay in their order from left to right unless that costs crossings. Cost: the
square of the number of edges; meant for up to a hundred nodes.
Reference: K. Sugiyama, S. Tagawa and M. Toda, "Methods for visual understanding of hierarchical
system structures", IEEE Transactions on Systems, Man, and Cybernetics 11 (1981) 109-125.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

from slopes.plots.style import PALETTE, SMALL, Drawing, draw, drawing_style

__all__ = ["Layout", "dag", "draw_dag", "frames", "inside", "layout"]

Edges = Sequence[tuple[int, int]]
Notes = Mapping[int, str]
Point = Float[np.ndarray, " 2"]
EdgeLabels = Mapping[tuple[int, int], "str | Sequence[str]"]

FONT = 15  # points
PAD = (0.11, 0.085)  # between text and border
LANE = 0.1  # half the width that a passing edge needs
PORT = 0.15  # from an edge to what travels back beside it
BOW, STUB = 0.3, 0.16  # from one parallel edge to the next; straight before a bend
GAP, NEAR, MARGIN = 0.26, 0.06, 0.08  # between boxes, to a note, around all
SHARES = np.array([0.5, 0.35, 0.2, 0.65, 0.8, 0.27, 0.73, 0.42, 0.58])  # of the way, for a text
SHARP = 100.0  # curves become lines of this many pieces an inch


@dataclass(frozen=True)
class Layout:
    """Where everything goes, in inches from the lower left corner."""

    labels: tuple[str, ...]
    """What the boxes say."""
    edges: tuple[tuple[int, int], ...]
    """Pairs of nodes, from and to."""
    places: Float[np.ndarray, "n 2"]
    """Centre of each box."""
    boxes: Float[np.ndarray, "n 2"]
    """Width and height of each box."""
    routes: tuple[Float[np.ndarray, "_ 2"], ...]
    """Corners of the way of each edge, from border to border."""
    size: tuple[float, float]
    """Width and height of the whole."""
    direction: str
    """The way the edges go, ``down`` or ``right``."""
    rooms: Mapping[int, Point] = field(default_factory=dict)
    """Centre of the room that a box keeps below its text, where it keeps one."""


@drawing_style()
def dag(
    labels: Sequence[str],
    edges: Edges,
    *,
    alt: str,
    notes: Notes | None = None,
    marked: Collection[int] = (),
    marked_edges: Collection[tuple[int, int]] = (),
    faded: Collection[int] = (),
    edge_labels: EdgeLabels | None = None,
    back: EdgeLabels | None = None,
    direction: str = "down",
) -> Drawing:
    """Draw a directed acyclic graph.

    Parameters
    ----------
    labels : Sequence[str]
        The text of each node, mathtext allowed, several lines too.
    edges : Sequence[tuple[int, int]]
        From node, to node, as indices into `labels`. The same edge twice is drawn twice, side by
        side. Order matters only where crossings leave it free: first edges go left, or on top.
    alt : str
        What the picture shows, a sentence.
    notes : Mapping[int, str], optional
        Text beside a node's box: right of it, or below it when the edges go to the right.
    marked : Collection[int]
        Nodes to fill with the accent colour.
    marked_edges : Collection[tuple[int, int]]
        Edges to draw in it.
    faded : Collection[int]
        Nodes to push into the background, with the edges that touch them.
    edge_labels : Mapping[tuple[int, int], str or Sequence[str]], optional
        Text on an edge; a sequence has one text for each of several parallel edges.
    back : Mapping[tuple[int, int], str or Sequence[str]], optional
        Text that travels back along an edge, as for `edge_labels`: a dashed arrow from the edge's
        end to its start. With an empty mapping all edges keep room for one.
    direction : str
        ``down`` for trees, ``right`` for chains and tapes.

    Returns
    -------
    Drawing
        As large as the graph needs; see `layout` for the size before anything is drawn.

    Raises
    ------
    ValueError
        If an edge names a node that does not exist, or the edges run in a circle.

    Examples
    --------
    >>> edges = [(0, 1), (0, 2)]
    >>> drawing = dag(["+", "x", "2"], edges, alt="The tree of x plus 2.")
    >>> len(drawing.figure.axes[0].texts)
    3
    """
    texts = {**(edge_labels or {}), **(back or {})}
    placed = layout(labels, edges, notes=notes, edge_labels=texts, direction=direction)
    fig, (ax,) = frames(placed)
    draw_dag(
        ax,
        placed,
        notes=notes,
        marked=marked,
        marked_edges=marked_edges,
        faded=faded,
        edge_labels=edge_labels,
        back=back,
    )
    return draw(fig, alt=alt)


@drawing_style()
def layout(
    labels: Sequence[str],
    edges: Edges,
    *,
    notes: Notes | None = None,
    edge_labels: EdgeLabels | None = None,
    rooms: Mapping[int, tuple[float, float]] | None = None,
    direction: str = "down",
) -> Layout:
    """Place the nodes and edges of a graph.

    Parameters
    ----------
    labels, edges, direction
        As for `dag`.
    notes, edge_labels
        What room must be kept for. For a series of pictures, give the longest text of the series.
    rooms : Mapping[int, tuple[float, float]], optional
        Width and height in inches to keep free in a node's box, below its text: the size of a graph
        that goes in there.

    Returns
    -------
    Layout
        Places in inches; the same input gives the same layout.

    Raises
    ------
    ValueError
        As for `dag`.

    Examples
    --------
    >>> placed = layout(["x", "sin", "cos"], [(0, 1), (0, 2)])
    >>> left, right = placed.places[1:, 0]
    >>> bool(abs((left + right) / 2 - placed.places[0, 0]) < 1e-6)
    True
    """
    count, edges = len(labels), tuple((int(a), int(b)) for a, b in edges)
    if direction not in ("down", "right"):
        raise ValueError(f"direction must be 'down' or 'right', got direction={direction!r}")
    if not count:
        raise ValueError("labels must be at least one text, got labels=[]")
    for edge in edges:
        if not all(0 <= end < count for end in edge):
            raise ValueError(f"edges must join nodes 0 to {count - 1}, got edge={edge!r}")
    down = direction == "down"
    boxes = np.array([_box(text, (rooms or {}).get(k)) for k, text in enumerate(labels)])
    depth, chains = _with_lanes(_depths(count, edges), edges)
    order = _ordered(depth, chains)

    # From here on: first coordinate across the layers, second along the edges
    turned = boxes if down else boxes[:, ::-1]
    room, thick = np.full((len(depth), 2), LANE), turned[:, 1].copy()
    room[:count] = turned[:, :1] / 2
    for node, text in (notes or {}).items():
        width, height = _extent(text, SMALL)
        room[node, 1] += NEAR + (width if down else height)
        thick[node] = max(thick[node], 0.0 if down else width)
    written = [_extent(t, SMALL) for text in (edge_labels or {}).values() for t in _listed(text)]
    widest = max((width for width, _ in written), default=0.0)
    gap = max(GAP, widest + 0.12) if down else GAP + (0.3 if written else 0.0)
    aside = _aligned(order, chains, room, gap)
    between = GAP * 1.15 + (0.0 if not written else 0.72 if down else 0.15 + widest)
    bands = np.array([max(thick[v] for v in row if v < count) for row in order])
    middle = np.cumsum(bands + between) - between - bands / 2

    ways = [_way(chain, aside, depth, middle, bands, turned[:, 1]) for chain in chains]
    ways = _bowed(ways, edges, bow=max(BOW, widest + 0.15 if down else 0.0))
    size = np.array([(aside + room[:, 1]).max(), middle[-1] + bands[-1] / 2])
    centres = np.column_stack([aside, middle[depth]])[:count]
    places = _turned(centres, size, down=down)
    return Layout(
        labels=tuple(labels),
        edges=edges,
        places=places,
        boxes=boxes,
        routes=tuple(_turned(way, size, down=down) for way in ways),
        size=(
            float(size[0 if down else 1]) + 2 * MARGIN,
            float(size[1 if down else 0]) + 2 * MARGIN,
        ),
        direction=direction,
        rooms={
            node: places[node] + np.array([0.0, (room[1] - boxes[node, 1]) / 2])
            for node, room in (rooms or {}).items()
        },
    )


def inside(inner: Layout, outer: Layout, node: int) -> Layout:
    """Move a graph into the room that a box of another graph keeps.

    Parameters
    ----------
    inner : Layout
        What goes in, no larger than the room that was asked for.
    outer : Layout
        The graph around it, laid out with that room.
    node : int
        The box of the outer graph.

    Returns
    -------
    Layout
        The inner graph, ready to be drawn into the outer one's axes.

    Examples
    --------
    >>> inner = layout(["x", "sin"], [(0, 1)])
    >>> outer = layout(["loop"], [], rooms={0: inner.size})
    >>> low, high = inside(inner, outer, 0).places[::-1, 1]
    >>> bool(0 < low < high < outer.size[1])
    True
    """
    by = outer.rooms[node] - np.array(inner.size) / 2
    return replace(
        inner,
        places=inner.places + by,
        routes=tuple(way + by for way in inner.routes),
        rooms={node: centre + by for node, centre in inner.rooms.items()},
    )


def frames(
    placed: Layout, *, titles: Sequence[str] = ("",), columns: int | None = None
) -> tuple[Figure, list[Axes]]:
    """Make a figure whose axes each have room for the graph.

    Parameters
    ----------
    placed : Layout
        The graph, placed.
    titles : Sequence[str]
        One text above each axes; their number is the number of axes.
    columns : int, optional
        Axes in a row, all by default.

    Returns
    -------
    tuple[Figure, list[Axes]]
        For `draw_dag` and `slopes.plots.style.draw`; row by row from left to right.

    Examples
    --------
    >>> placed = layout(["x", "sin"], [(0, 1)], direction="right")
    >>> _, axes = frames(placed, titles=["before", "after"])
    >>> len(axes)
    2
    """
    columns = columns or len(titles)
    rows = -(-len(titles) // columns)
    head = 0.4 if any(titles) else 0.0
    width = max(placed.size[0], *(_extent(text, FONT)[0] + 0.2 for text in titles))
    height = placed.size[1] + head
    with drawing_style():
        fig = Figure(figsize=(width * columns, height * rows), dpi=100)
        axes = []
        for k, title in enumerate(titles):
            left, bottom = width * (k % columns), height * (rows - 1 - k // columns)
            left += (width - placed.size[0]) / 2
            box = np.array([left, bottom, *placed.size])
            ax = fig.add_axes(tuple(box / np.tile(fig.get_size_inches(), 2)))
            ax.set_title(title, fontsize=FONT)
            ax.set(xlim=(0, placed.size[0]), ylim=(0, placed.size[1]))
            ax.set_axis_off()
            axes.append(ax)
    return fig, axes


@drawing_style()
def draw_dag(
    ax: Axes,
    placed: Layout,
    *,
    notes: Notes | None = None,
    marked: Collection[int] = (),
    marked_edges: Collection[tuple[int, int]] = (),
    faded: Collection[int] = (),
    hollow: Collection[int] = (),
    edge_labels: EdgeLabels | None = None,
    back: EdgeLabels | None = None,
) -> None:
    """Draw a graph that `layout` has placed.

    Parameters
    ----------
    ax : Axes
        From `frames`: one data unit must be one inch.
    placed : Layout
        The graph, placed.
    notes, marked, marked_edges, faded, edge_labels, back
        As for `dag`; these may differ from picture to picture of a series.
    hollow : Collection[int]
        Nodes to leave unfilled; a box that keeps room always is. Marked ones get a border in the
        accent colour.
    """
    alone = list(placed.routes), list(placed.routes)
    ways, ways_back = alone if back is None else _paired(placed)
    paths = [_curve(way, placed.direction) for way in ways]
    for edge, path in zip(placed.edges, paths, strict=True):
        role, wide = ("blue", 2.4) if edge in marked_edges else ("muted", 1.3)
        if set(edge) & set(faded):
            role, wide = "grid", 1.3
        _draw_arrow(ax, path, role, wide, gid=f"edge-{edge[0]}-{edge[1]}")
    paths_back = [_curve(way[::-1], placed.direction) for way in ways_back]
    for edge, path in zip(placed.edges, paths_back, strict=True):
        if edge in (back or {}):
            _draw_arrow(ax, path, "orange", 1.8, gid=f"back-{edge[0]}-{edge[1]}", dashed=True)
    _draw_pills(ax, placed, paths, edge_labels or {}, "ink")
    _draw_pills(ax, placed, paths_back, back or {}, "orange")
    for node, text in enumerate(placed.labels):
        look = "marked" if node in marked else "faded" if node in faded else "plain"
        if node in hollow or node in placed.rooms:
            look = "ringed" if node in marked else "hollow"
        _draw_node(ax, placed, node, text, look)
    for node, text in (notes or {}).items():
        (x, y), (width, height) = placed.places[node], placed.boxes[node]
        if placed.direction == "down":
            label = ax.text(x + width / 2 + NEAR, y, text, ha="left", va="center")
        else:
            label = ax.text(x, y - height / 2 - NEAR, text, ha="center", va="top")
        label.set(fontsize=SMALL, color=PALETTE["orange"][0])


def _draw_arrow(
    ax: Axes, path: Path, role: str, wide: float, *, gid: str, dashed: bool = False
) -> None:
    """Draw a path with a head at its end; what is dashed is the shaft, never the head."""
    shaft, colour = (0, (4, 2)) if dashed else "-", PALETTE[role][0]
    arrow = FancyArrowPatch(
        path=path, arrowstyle="-|>", mutation_scale=13, color=colour, linewidth=wide
    )
    arrow.set(joinstyle="miter", gid=gid, linestyle=shaft)
    ax.add_patch(arrow)


def _paired(
    placed: Layout,
) -> tuple[list[Float[np.ndarray, "_ 2"]], list[Float[np.ndarray, "_ 2"]]]:
    """Ways along the edges and, beside each, a way back: both have doors of their own at a box."""
    across = 0 if placed.direction == "down" else 1
    there, back = ([way.copy() for way in placed.routes] for _ in range(2))
    for way, other in zip(there, back, strict=True):
        way[2:-2, across] += PORT / 2
        other[2:-2, across] -= PORT / 2
    for end, near in ((0, 2), (1, -3)):
        doors = (slice(0, 2), slice(-2, None))[end]
        for node in range(len(placed.labels)):
            mine = [k for k, edge in enumerate(placed.edges) if edge[end] == node]
            mine.sort(key=lambda k: placed.routes[k][near, across])  # as they come, no crossings
            room = 0.8 * placed.boxes[node, across] / max(2 * len(mine) - 1, 1)
            places = (np.arange(2 * len(mine)) - len(mine) + 0.5) * min(PORT, room)
            for k, (low, high) in zip(mine, places.reshape(-1, 2), strict=True):
                back[k][doors, across] += low
                there[k][doors, across] += high
    return there, back


_LOOKS = {  # fill, border, text
    "plain": ("wash", "muted", "ink"),
    "marked": ("blue", "blue", "wash"),
    "faded": ("none", "grid", "muted"),
    "hollow": ("none", "muted", "ink"),
    "ringed": ("none", "blue", "ink"),
}


def _draw_node(ax: Axes, placed: Layout, node: int, text: str, look: str) -> None:
    """Draw a rounded box and its text."""
    fill, border, ink = _LOOKS[look]
    width, height = placed.boxes[node]
    corner = placed.places[node] - placed.boxes[node] / 2
    ax.add_patch(
        FancyBboxPatch(
            tuple(corner),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=0.09",
            facecolor="none" if fill == "none" else PALETTE[fill][0],
            edgecolor=PALETTE[border][0],
            linewidth=1.3,
            zorder=2,
        )
    )
    x, y = placed.places[node]
    if node in placed.rooms:
        y = corner[1] + height - PAD[1] - _extent(text, FONT)[1] / 2
    ax.text(x, y, text, ha="center", va="center", fontsize=FONT, color=PALETTE[ink][0], zorder=3)


def _draw_pills(
    ax: Axes,
    placed: Layout,
    paths: Sequence[Path],
    edge_labels: EdgeLabels,
    role: str,
) -> None:
    """Write each text on its edge, between the edge's first two layers, clear of the others."""
    along = 1 if placed.direction == "down" else 0
    waiting = {edge: _listed(text) for edge, text in edge_labels.items()}
    taken: list[tuple[Point, Point]] = []
    for edge, way, path in zip(placed.edges, placed.routes, paths, strict=True):
        if edge not in waiting:
            continue
        text = waiting[edge].pop(0) if len(waiting[edge]) > 1 else waiting[edge][0]
        half = np.array(_extent(text, SMALL)) / 2 + 0.05
        (fine,) = path.transformed(Affine2D().scale(SHARP)).to_polygons(closed_only=False)
        line = np.asarray(fine, float) / SHARP
        line = line[np.argsort(line[:, along], kind="stable")]
        leave, enter = way[[1, -2 if len(way) < 6 else 2], along]
        tried = np.empty((len(SHARES), 2))
        tried[:, along] = leave + SHARES * (enter - leave)
        tried[:, 1 - along] = np.interp(tried[:, along], line[:, along], line[:, 1 - along])
        free = [at for at in tried if _is_clear(at, half, taken)]
        at = free[0] if free else tried[0]
        taken.append((at, half))
        label = ax.text(at[0], at[1], text, ha="center", va="center", fontsize=SMALL)
        label.set(color=PALETTE[role][0])
        label.set_bbox({"boxstyle": "round,pad=0.12", "facecolor": PALETTE["wash"][0], "lw": 0})


def _is_clear(at: Point, half: Point, taken: list[tuple[Point, Point]]) -> bool:
    """Whether a rectangle, given by its centre and half its sides, meets none of the others."""
    return all(np.any(abs(at - centre) > half + other) for centre, other in taken)


def _curve(way: Float[np.ndarray, "k 2"], direction: str) -> Path:
    """Straight for a short edge that goes down, a bow for parallel ones, else smooth."""
    along, corners = (1 if direction == "down" else 0), list(way)
    if abs(way[-1] - way[-2])[along] < STUB:  # too short for an arrow's head
        del corners[-2]
    if abs(way[1] - way[0])[along] < STUB:
        del corners[1]
    vertices, codes = [corners[0]], [Path.MOVETO]
    for leave, enter in pairwise(corners):
        near, far = leave.copy(), enter.copy()
        near[along] = far[along] = (leave[along] + enter[along]) / 2
        if abs(enter - leave)[1 - along] < 1e-9 or (along and len(way) == 4):
            vertices, codes = [*vertices, enter], [*codes, Path.LINETO]
        elif len(way) == 5:  # to the bow's corner and from it: straight along there only
            bend = far if np.array_equal(enter, way[2]) else near
            vertices, codes = [*vertices, bend, enter], [*codes, *[Path.CURVE3] * 2]
        else:
            vertices, codes = [*vertices, near, far, enter], [*codes, *[Path.CURVE4] * 3]
    return Path(vertices, codes)


# --- the layout's steps ---------------------------------------------------------------------------


def _listed(text: str | Sequence[str]) -> list[str]:
    """One text or several, as a list."""
    return [text] if isinstance(text, str) else list(text)


def _extent(text: str, size: int) -> tuple[float, float]:
    """Width and height of a text in inches, at least a line high."""
    lines = text.split("\n")
    font = FontProperties(size=size)
    drawn = [TextPath((0, 0), line, prop=font).get_extents() for line in lines if line.strip()]
    width = max((box.width for box in drawn), default=0.0)
    height = max([size * 0.95, *(box.height for box in drawn)])
    return width / 72, (height + (len(lines) - 1) * 1.25 * size) / 72


def _box(text: str, room: tuple[float, float] | None = None) -> tuple[float, float]:
    """Width and height of a node; never narrower than high, unless it keeps room."""
    width, height = _extent(text, FONT)
    width, height = width + 2 * PAD[0], height + 2 * PAD[1]
    if room is not None:
        return max(width, room[0]), height + room[1]
    return max(width, height), height


def _depths(count: int, edges: Edges) -> list[int]:
    """Find each node's layer: the longest path to it; a source stands just before its first use."""
    after: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for start, end in edges:
        after[start].append(end)
        waiting[end] += 1
    depth, ready = [0] * count, [node for node in range(count) if not waiting[node]]
    sources = list(ready)
    for node in ready:  # grows on the way
        for end in after[node]:
            depth[end] = max(depth[end], depth[node] + 1)
            waiting[end] -= 1
            if not waiting[end]:
                ready.append(end)
    if len(ready) < count:
        raise ValueError(f"edges must not run in a circle, got edges={list(edges)!r}")
    for node in sources:
        depth[node] = min((depth[end] for end in after[node]), default=1) - 1
    return depth


def _with_lanes(depth: list[int], edges: Edges) -> tuple[list[int], list[list[int]]]:
    """Give an edge that passes a layer a place of its own there; parallel edges, too.

    The depths grow by those of the places. An edge becomes the chain of what it goes through.
    """
    depth, chains = list(depth), []
    for start, end in edges:
        lane = range(depth[start] + 1, depth[end])
        chains.append([start, *range(len(depth), len(depth) + len(lane)), end])
        depth += lane
    return depth, chains


def _ordered(depth: list[int], chains: list[list[int]]) -> list[list[int]]:
    """Order each layer: first as the edges are given, then with fewer crossings if that can be."""
    links = [pair for chain in chains for pair in pairwise(chain)]
    below: list[list[int]] = [[] for _ in depth]
    above: list[list[int]] = [[] for _ in depth]
    for start, end in links:
        below[start].append(end)
        above[end].append(start)
    order = _as_given(depth, above, below)
    best, fewest = order, _crossings(order, links)
    for sweep in range(12):
        if not fewest:
            break
        order = [list(row) for row in order]
        near = below if sweep % 2 else above
        for row in order[::-1] if sweep % 2 else order:
            place = {v: k for other in order for k, v in enumerate(other)}
            row.sort(key=lambda v: np.mean([place[w] for w in near[v]] or [place[v]]))
        if (now := _crossings(order, links)) < fewest:
            best, fewest = order, now
    return best


def _as_given(depth: list[int], above: list[list[int]], below: list[list[int]]) -> list[list[int]]:
    """Order the layers by a walk along the edges from the side with fewer ends."""
    tops = [v for v, others in enumerate(above) if not others]
    ends = [v for v, others in enumerate(below) if not others]
    starts, near = (tops, below) if len(tops) <= len(ends) else (ends, above)
    order: list[list[int]] = [[] for _ in range(max(depth) + 1)]
    seen: set[int] = set()
    stack = starts[::-1]
    while stack:
        v = stack.pop()
        if v not in seen:
            seen.add(v)
            order[depth[v]].append(v)
            stack += near[v][::-1]
    return order


def _crossings(order: list[list[int]], links: list[tuple[int, int]]) -> int:
    """Count the pairs of links between the same two layers that cross."""
    place = {v: (layer, k) for layer, row in enumerate(order) for k, v in enumerate(row)}
    ends = np.array([(*place[a], place[b][1]) for a, b in links]).reshape(-1, 3)
    layer, start, end = (np.subtract.outer(column, column) for column in ends.T)
    return int(np.sum((layer == 0) & (start < 0) & (end > 0)))


def _aligned(
    order: list[list[int]],
    chains: list[list[int]],
    room: Float[np.ndarray, "v 2"],
    gap: float,
) -> Float[np.ndarray, " v"]:
    """Find where in its layer each node stands: near the mean of its neighbours, none too close."""
    near: tuple[list[list[int]], list[list[int]]] = ([[] for _ in room], [[] for _ in room])
    for start, end in (pair for chain in chains for pair in pairwise(chain)):
        near[0][end].append(start)
        near[1][start].append(end)
    aside = np.zeros(len(room))
    # The last sweep goes towards the side with fewer ends, and centres a root on its tree
    last = int(sum(not v for v in near[0]) <= sum(not v for v in near[1]))
    for sweep in range(24):
        side = (sweep + last + 1) % 2
        for row in order[::-1] if side else order:
            wanted = np.array([np.mean(aside[near[side][v] or [v]]) for v in row])
            weight = np.array([1.0 if near[side][v] else 0.01 for v in row])
            steps = [room[a, 1] + gap + room[b, 0] for a, b in pairwise(row)]
            aside[row] = _kept_apart(wanted, weight, np.array([0.0, *np.cumsum(steps)]))
    leftmost: float = (aside - room[:, 0]).min()
    return aside - leftmost


def _kept_apart(
    wanted: Float[np.ndarray, " k"],
    weight: Float[np.ndarray, " k"],
    least: Float[np.ndarray, " k"],
) -> Float[np.ndarray, " k"]:
    """Move places as little as possible until they are as far apart as `least` is.

    Least squares under order constraints, solved by pooling neighbours that want to swap.
    """
    pools: list[tuple[float, float, int]] = []  # mean, weight, size
    for value, heavy in zip(wanted - least, weight, strict=True):
        mean, mass, size = float(value), float(heavy), 1
        while pools and pools[-1][0] > mean:
            other, more, count = pools.pop()
            mean, mass, size = (
                (other * more + mean * mass) / (more + mass),
                more + mass,
                count + size,
            )
        pools.append((mean, mass, size))
    shifts = np.repeat([mean for mean, _, _ in pools], [size for *_, size in pools])
    return np.asarray(least + shifts)


def _way(
    chain: list[int],
    aside: Float[np.ndarray, " v"],
    depth: list[int],
    middle: Float[np.ndarray, " layers"],
    bands: Float[np.ndarray, " layers"],
    thick: Float[np.ndarray, " n"],
) -> Float[np.ndarray, "k 2"]:
    """Corners of an edge's way: it moves aside only between the bands of two layers."""
    start, *passing, end = chain
    way = [(aside[start], middle[depth[start]] + thick[start] / 2)]
    way.append((aside[start], middle[depth[start]] + bands[depth[start]] / 2))
    for v in passing:
        way.append((aside[v], middle[depth[v]] - bands[depth[v]] / 2))
        way.append((aside[v], middle[depth[v]] + bands[depth[v]] / 2))
    way.append((aside[end], middle[depth[end]] - bands[depth[end]] / 2))
    way.append((aside[end], middle[depth[end]] - thick[end] / 2))
    return np.array(way)


def _bowed(
    ways: list[Float[np.ndarray, "_ 2"]], edges: Edges, *, bow: float
) -> list[Float[np.ndarray, "_ 2"]]:
    """Give short parallel edges a fifth corner half-way, aside by a different amount for each."""
    total, seen, bowed = Counter(edges), Counter[tuple[int, int]](), []
    for way, edge in zip(ways, edges, strict=True):
        if total[edge] > 1 and len(way) == 4:
            shift = bow * (seen[edge] - (total[edge] - 1) / 2)
            way = np.insert(way, 2, way[1:3].mean(axis=0) + np.array([shift, 0.0]), axis=0)
        seen[edge] += 1
        bowed.append(way)
    return bowed


def _turned(
    points: Float[np.ndarray, "k 2"], size: Float[np.ndarray, " 2"], *, down: bool
) -> Float[np.ndarray, "k 2"]:
    """From across and along to inches on paper, whose second axis points up."""
    across, along = points.T
    flipped = (across, size[1] - along) if down else (along, size[0] - across)
    return np.column_stack(flipped) + MARGIN
