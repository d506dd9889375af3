"""Pictures of graphs: what is drawn, where it may not be, and that it is the same each time."""

from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest

from slopes.plots import graphs
from slopes.plots.style import PALETTE, draw

TREE = [((k - 1) // 2, k) for k in range(1, 15)]
CHAIN = [(k, k + 1) for k in range(7)]
# x shared by a product with itself, a sine and, past three layers, the sum at the top
SHARED = [(0, 1), (0, 4), (1, 2), (1, 3), (2, 4), (2, 4), (3, 4)]
TAPE = [(0, 2), (1, 2), (0, 3), (2, 4), (3, 4), (1, 5), (4, 6), (5, 6), (0, 7), (5, 7), (6, 8)]
TAPE += [(7, 8), (8, 9), (8, 9)]
GRAPHS = {"tree": TREE, "chain": CHAIN, "shared": SHARED, "tape": TAPE, "alone": []}
BOTH = pytest.mark.parametrize("direction", ["down", "right"])
EACH = pytest.mark.parametrize("name", GRAPHS)


def placed(edges, **kwargs):
    count = 1 + max((max(edge) for edge in edges), default=0)
    return graphs.layout([f"$v_{{{k}}}$" for k in range(count)], edges, **kwargs)


def drawn(edges, **kwargs):
    """One graph's drawing and its axes, once what every drawing of a graph must have is checked."""
    count = 1 + max((max(edge) for edge in edges), default=0)
    drawing = graphs.dag(
        [f"v{k}" for k in range(count)], edges, alt="A graph to look at.", **kwargs
    )
    title = ElementTree.fromstring(drawing.svg).find("{*}title")  # noqa: S314 - our own words
    assert title.text == drawing.alt == "A graph to look at."
    (ax,) = drawing.figure.axes
    assert not ax.axison
    assert all(text.get_fontsize() >= 13 for text in ax.texts)
    return drawing, ax


def arrows(ax):
    return [patch for patch in ax.patches if (patch.get_gid() or "").startswith("edge")]


def boxes(ax):
    return [patch for patch in ax.patches if not patch.get_gid()]


def flat(path):
    return np.array([curve(t) for curve, _ in path.iter_bezier() for t in np.linspace(0, 1, 40)])


# --- where things are -----------------------------------------------------------------------------


@EACH
@BOTH
def test_no_two_boxes_touch_and_all_are_inside(name, direction):
    place = placed(GRAPHS[name], direction=direction)
    low, high = place.places - place.boxes / 2, place.places + place.boxes / 2
    assert (low > 0).all()
    assert (high < place.size).all()
    for a, b in combinations(range(len(low)), 2):
        assert np.any((high[a] < low[b]) | (high[b] < low[a])), (a, b)


@EACH
@BOTH
def test_no_edge_runs_through_a_box(name, direction):
    place = placed(GRAPHS[name], direction=direction)
    for edge, way in zip(place.edges, place.routes, strict=True):
        line = flat(graphs._curve(way, direction))
        for node in set(range(len(place.places))) - set(edge):
            inside = np.abs(line - place.places[node]) < place.boxes[node] / 2
            assert not np.any(inside.all(axis=1)), (edge, node)


@EACH
@BOTH
def test_an_edge_goes_from_border_to_border(name, direction):
    place = placed(GRAPHS[name], direction=direction)
    along = 1 if direction == "down" else 0
    for (start, end), way in zip(place.edges, place.routes, strict=True):
        for node, corner in ((start, way[0]), (end, way[-1])):
            gap = np.abs(corner - place.places[node])
            assert gap[along] == pytest.approx(place.boxes[node][along] / 2)
            assert gap[1 - along] == pytest.approx(0)


@BOTH
def test_edges_go_down_or_right(direction):
    place = placed(TAPE, direction=direction)
    for start, end in TAPE:
        step = place.places[end] - place.places[start]
        assert (step[1] < 0) if direction == "down" else (step[0] > 0)


def test_a_full_tree_is_symmetric_with_its_leaves_evenly_spaced_in_their_order():
    place = graphs.layout(["x"] * 15, TREE)
    leaves = place.places[7:, 0]
    assert np.allclose(np.diff(leaves), np.diff(leaves)[0])
    assert np.diff(leaves)[0] > 0
    for parent in range(7):
        children = place.places[2 * parent + 1 : 2 * parent + 3, 0]
        assert place.places[parent, 0] == pytest.approx(children.mean(), abs=1e-3)


def test_the_same_tree_with_the_root_last_keeps_the_order_of_operands():
    place = graphs.layout(["x"] * 15, [(b, a) for a, b in TREE])
    assert (np.diff(place.places[7:, 0]) > 0).all()
    assert (place.places[0, 1] < place.places[1:, 1]).all()


def test_a_chain_is_straight():
    place = placed(CHAIN, direction="right")
    assert np.ptp(place.places[:, 1]) < 1e-9
    gaps = np.diff(place.places[:, 0]) - (place.boxes[1:, 0] + place.boxes[:-1, 0]) / 2
    assert np.allclose(gaps, gaps[0])


def test_a_source_stands_just_before_its_first_use():
    place = placed([(0, 1), (1, 2), (3, 2)])
    assert place.places[3, 1] == place.places[1, 1]


def test_crossings_that_can_be_avoided_are():
    # a and b are used the wrong way round, twice
    crossed = [(0, 3), (1, 2), (2, 4), (3, 5), (4, 6), (5, 6)]
    place = placed(crossed)
    side = np.sign(place.places[0, 0] - place.places[1, 0])
    assert np.sign(place.places[3, 0] - place.places[2, 0]) == side
    assert np.sign(place.places[5, 0] - place.places[4, 0]) == side


def test_the_sweeps_remove_crossings_of_the_given_order():
    edges = [(0, 3), (0, 4), (1, 3), (1, 4), (2, 4), (2, 5), (0, 5)]
    depth, chains = graphs._with_lanes(graphs._depths(6, edges), edges)
    links = [tuple(chain) for chain in chains]
    given = [[0, 1, 2], [5, 4, 3]]
    assert graphs._crossings(given, links) > graphs._crossings(
        graphs._ordered(depth, chains), links
    )


def test_a_node_lower_than_its_layer_is_reached_by_a_straight_end():
    place = graphs.layout(["x", "a\nb\nc", "y", "z"], [(0, 1), (0, 2), (1, 3), (2, 3)])
    for k, node, part in ((1, 2, slice(-2, None)), (3, 2, slice(2))):
        end = graphs._curve(place.routes[k], "down").vertices[part]
        assert np.allclose(end[:, 0], place.places[node, 0])
        assert np.ptp(end[:, 1]) > graphs.STUB


@BOTH
def test_parallel_edges_are_apart(direction):
    place = placed([(0, 1), (0, 1)], direction=direction)
    first, second = (flat(graphs._curve(way, direction)) for way in place.routes)
    assert abs(first[len(first) // 2] - second[len(second) // 2]).max() > 0.2


def test_parallel_edges_over_several_layers_are_apart_too():
    place = placed([(0, 1), (1, 2), (0, 2), (0, 2)])
    first, second = place.routes[2][2], place.routes[3][2]
    assert abs(first - second).max() > 0.15


def test_room_is_kept_for_notes():
    narrow, wide = (placed(TREE, notes=notes) for notes in ({}, {8: "= 1234.5"}))
    assert wide.size[0] > narrow.size[0]
    low, high = (placed(CHAIN, notes=n, direction="right") for n in ({}, {3: "1"}))
    assert high.size[1] > low.size[1]


def test_room_is_kept_for_texts_on_edges():
    text = {(0, 1): "a long text"}
    assert (
        placed(CHAIN, edge_labels=text, direction="right").size[0]
        > (placed(CHAIN, direction="right").size[0])
    )
    assert placed(TREE, edge_labels=text).size > placed(TREE).size


def test_a_box_fits_its_text():
    place = graphs.layout(["x", "a longer text", "two\nlines", ""], [(0, 1), (0, 2), (0, 3)])
    (x, long, lines, empty) = place.boxes
    assert long[0] > 3 * x[0]
    assert lines[1] > 1.5 * x[1]
    assert empty[0] == empty[1] > 0


@EACH
def test_the_layout_is_the_same_each_time(name):
    first, second = placed(GRAPHS[name]), placed(GRAPHS[name])
    assert np.array_equal(first.places, second.places)
    assert drawn(GRAPHS[name])[0].svg == drawn(GRAPHS[name])[0].svg


# --- what is drawn --------------------------------------------------------------------------------


@EACH
@BOTH
def test_each_node_and_each_edge_is_drawn_once(name, direction):
    _, ax = drawn(GRAPHS[name], direction=direction)
    assert [arrow.get_gid() for arrow in arrows(ax)] == [f"edge-{a}-{b}" for a, b in GRAPHS[name]]
    assert len(boxes(ax)) == len(ax.texts)
    for k, text in enumerate(ax.texts):
        assert text.get_text() == f"v{k}"


def test_marked_faded_and_plain_differ_in_more_than_hue():
    _, ax = drawn(CHAIN, marked=[1], faded=[6], marked_edges=[(1, 2)])
    fills = [box.get_facecolor() for box in boxes(ax)]
    assert len({fills[0], fills[1], fills[6]}) == 3
    assert fills[6][3] == 0
    assert ax.texts[1].get_color() == PALETTE["wash"][0]
    widths = [arrow.get_linewidth() for arrow in arrows(ax)]
    assert widths[1] > widths[0]


def ways_back(ax):
    return [patch for patch in ax.patches if (patch.get_gid() or "").startswith("back")]


def tip(arrow):
    """Where an arrow's head is: the mean of its last polygon."""
    (*_, head) = arrow.get_path().to_polygons(closed_only=False)
    return head.mean(axis=0)


def beside(place, node, at):
    """How far a point lies outside a box, in inches."""
    return np.linalg.norm(np.maximum(abs(at - place.places[node]) - place.boxes[node] / 2, 0))


@EACH
@BOTH
def test_what_travels_back_has_its_head_at_the_edge_s_start(name, direction):
    edges = GRAPHS[name]
    texts = {edge: f"{edge[0]} to {edge[1]}" for edge in edges}
    place = placed(edges, edge_labels=texts, direction=direction)
    fig, (ax,) = graphs.frames(place)
    graphs.draw_dag(ax, place, back=texts)
    assert [way.get_gid() for way in ways_back(ax)] == [f"back-{a}-{b}" for a, b in edges]
    for (start, end), there, back in zip(edges, arrows(ax), ways_back(ax), strict=True):
        assert beside(place, start, tip(back)) < 0.2 < beside(place, end, tip(back))
        assert beside(place, end, tip(there)) < 0.2 < beside(place, start, tip(there))
        assert back.get_edgecolor() != there.get_edgecolor()
        assert back.get_linestyle() != there.get_linestyle() == "-"
    written = [text.get_text() for text in ax.texts]
    assert all(written.count(texts[edge]) == edges.count(edge) for edge in edges)
    assert fig.axes == [ax]


def test_edges_stand_still_whether_anything_travels_back_or_not():
    place = placed(SHARED, direction="right")
    _, (first, second, plain) = graphs.frames(place, titles=["a", "b", "c"])
    graphs.draw_dag(first, place, back={})
    graphs.draw_dag(second, place, back={(0, 1): "1"})
    graphs.draw_dag(plain, place)
    tips = [[tip(a) for a in arrows(ax)] for ax in (first, second, plain)]
    assert all(np.allclose(a, b, atol=0.01) for a, b in zip(*tips[:2], strict=True))
    assert not all(np.allclose(a, b, atol=0.01) for a, b in zip(*tips[1:], strict=True))
    assert not ways_back(first)


@BOTH
def test_arrows_there_and_back_have_doors_of_their_own(direction):
    place = placed(SHARED, direction=direction)
    for end in (0, -1):
        doors = [tuple(way[end].round(6)) for ways in graphs._paired(place) for way in ways]
        assert len(set(doors)) == len(doors)


def test_an_edge_at_a_faded_node_is_faded():
    _, ax = drawn(CHAIN, faded=[6])
    colours = [arrow.get_edgecolor() for arrow in arrows(ax)]
    assert colours[6] != colours[5] or colours[5] != colours[0]
    assert colours[5] == colours[6] != colours[0]


@BOTH
def test_notes_stand_beside_their_boxes(direction):
    drawing, ax = drawn(CHAIN, notes={2: "= 5"}, direction=direction)
    (note,) = [text for text in ax.texts if text.get_text() == "= 5"]
    place = placed(CHAIN, notes={2: "= 5"}, direction=direction)
    step = np.array(note.get_position()) - place.places[2]
    assert (step[0] > 0) if direction == "down" else (step[1] < 0)
    drawing.figure.draw_without_rendering()
    limits = ax.get_window_extent()
    box = note.get_window_extent()
    assert limits.x0 <= box.x0
    assert box.x1 <= limits.x1
    assert limits.y0 <= box.y0


@BOTH
def test_texts_on_edges_do_not_cover_each_other(direction):
    texts = {(2, 4): ("first", "second"), (3, 4): "third", (0, 4): "fourth"}
    drawing, ax = drawn(SHARED, edge_labels=texts, direction=direction)
    drawing.figure.draw_without_rendering()
    named = [text for text in ax.texts if not text.get_text().startswith("v")]
    assert {text.get_text() for text in named} == {"first", "second", "third", "fourth"}
    for a, b in combinations(named, 2):
        assert not a.get_window_extent().overlaps(b.get_window_extent())


def test_one_text_serves_all_parallel_edges():
    _, ax = drawn(SHARED, edge_labels={(2, 4): "x"})
    assert [text.get_text() for text in ax.texts].count("x") == 2


def test_a_text_with_no_free_place_is_written_all_the_same():
    edges = [(0, 1)] * 9
    _, ax = drawn(edges, edge_labels={(0, 1): "a rather long text"}, direction="right")
    assert len(ax.texts) == 11


def test_frames_have_the_graph_s_size_in_inches_and_a_title_each():
    place = placed(TREE)
    fig, axes = graphs.frames(place, titles=["one", "two", "three"], columns=2)
    assert [ax.get_title() for ax in axes] == ["one", "two", "three"]
    for ax in axes:
        size = ax.get_position().size * fig.get_size_inches()
        assert np.allclose(size, place.size)
        assert np.allclose([ax.get_xlim()[1], ax.get_ylim()[1]], place.size)
    assert axes[2].get_position().y1 < axes[0].get_position().y0
    graphs.draw_dag(axes[0], place, marked=[0])
    assert draw(fig, alt="Three frames, one filled.").alt


# --- what is refused ------------------------------------------------------------------------------


def test_a_circle_is_refused():
    with pytest.raises(ValueError, match="edges must not run in a circle"):
        placed([(0, 1), (1, 2), (2, 0)])


def test_an_edge_to_nowhere_is_refused():
    with pytest.raises(ValueError, match=r"edges must join nodes 0 to 1, got edge=\(0, 2\)"):
        graphs.layout(["a", "b"], [(0, 2)])


def test_another_direction_is_refused():
    with pytest.raises(ValueError, match="direction must be 'down' or 'right', got direction='up'"):
        graphs.layout(["a", "b"], [(0, 1)], direction="up")


def test_an_empty_graph_is_refused():
    with pytest.raises(ValueError, match="labels must be at least one text"):
        graphs.layout([], [])


# --- a graph in a box -----------------------------------------------------------------------------


@BOTH
def test_a_box_keeps_room_for_a_graph_below_its_text(direction):
    inner = placed(TAPE, direction=direction)
    edges = [(0, 1), (1, 2)]
    outer = graphs.layout(["x", "loop", "y"], edges, rooms={1: inner.size}, direction=direction)
    moved = graphs.inside(inner, outer, 1)
    low, high = outer.places[1] - outer.boxes[1] / 2, outer.places[1] + outer.boxes[1] / 2
    assert (moved.places - moved.boxes / 2 > low).all()
    head = high - np.array([0.0, graphs._box("loop")[1]])  # what the text takes
    assert (moved.places + moved.boxes / 2 < head).all()
    for way, original in zip(moved.routes, inner.routes, strict=True):
        assert np.allclose(way - original, moved.places[0] - inner.places[0])


def test_a_graph_in_a_box_in_a_box_moves_with_it():
    inner = placed(CHAIN)
    middle = graphs.layout(["turn"], [], rooms={0: inner.size})
    outer = graphs.layout(["x", "loop"], [(0, 1)], rooms={1: middle.size})
    inmost = graphs.inside(inner, graphs.inside(middle, outer, 1), 0)
    low, high = outer.places[1] - outer.boxes[1] / 2, outer.places[1] + outer.boxes[1] / 2
    assert (inmost.places > low).all()
    assert (inmost.places < high).all()
