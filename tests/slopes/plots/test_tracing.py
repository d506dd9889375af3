"""The chapter's figures: boxes in boxes, labels and alt text, not pixels."""

import jax
import jax.numpy as jnp
import matplotlib as mpl
import pytest
from jax import lax

from slopes.plots import tracing
from slopes.plots.style import PALETTE
from slopes.tracing import program

DOT = "\N{BULLET}"


def f(x):
    return x**2 + 3 * x + 2


def turns(x):
    return lax.scan(lambda c, _: (jnp.sin(c), c), x, None, length=3)


def branches(x):
    return lax.cond(x > 0, jnp.sin, lambda x: x * 2, x)


def texts(drawing):
    (ax,) = drawing.figure.axes
    return [text.get_text() for text in ax.texts]


def frames(drawing):
    """Each text's box, by what the text says; of equal texts the last one's."""
    (ax,) = drawing.figure.axes
    boxes = [patch for patch in ax.patches if not patch.get_gid()]
    labels = [text for text in ax.texts if text.get_color() != PALETTE["orange"][0]]
    return {
        text.get_text(): box.get_path().get_extents(box.get_transform() - ax.transData)
        for text, box in zip(labels, boxes, strict=True)
    }


def holds(outer, inner):
    return (outer.min < inner.min).all() and (inner.max < outer.max).all()


def test_a_polynomial_is_drawn_with_a_box_for_each_line():
    drawing = tracing.jaxpr(program(f, 2.0))
    assert texts(drawing) == [
        "x", "integer_pow\ny=2", f"mul\n(3.0, {DOT})", "add", f"add\n({DOT}, 2.0)", "out"
    ]  # fmt: skip
    (ax,) = drawing.figure.axes
    edges = [patch.get_gid() for patch in ax.patches if patch.get_gid()]
    assert edges == ["edge-0-1", "edge-0-2", "edge-1-3", "edge-2-3", "edge-3-4", "edge-4-5"]
    assert drawing.alt == (
        "A graph of 4 operations. 1: integer_pow (y=2) of x. 2: mul of 3.0 and x. "
        "3: add of 1 and 2. 4: add of 3 and 2.0. The result is 4."
    )


def test_inputs_and_outputs_are_hollow():
    (ax,) = tracing.jaxpr(program(f, 2.0)).figure.axes
    boxes = [patch for patch in ax.patches if not patch.get_gid()]
    assert [box.get_facecolor()[3] for box in boxes] == [0, 1, 1, 1, 1, 0]


@pytest.mark.parametrize("direction", ["down", "right"])
def test_a_loop_is_a_box_around_its_body(direction):
    drawing = tracing.jaxpr(program(turns, 1.0), direction=direction)
    assert texts(drawing) == ["x", "scan, 3 times", "out 1", "out 2", "carry", "sin", "carry",
                              "stacked"]  # fmt: skip
    boxes = frames(drawing)
    for inner in ("sin", "carry", "stacked"):
        assert holds(boxes["scan, 3 times"], boxes[inner])
    assert not holds(boxes["scan, 3 times"], boxes["x"])
    (title,) = [t for t in drawing.figure.axes[0].texts if t.get_text() == "scan, 3 times"]
    assert boxes["scan, 3 times"].ymax > title.get_position()[1] > boxes["carry"].ymax
    assert drawing.alt == (
        "A graph of 2 operations. 1: scan, 3 times of x, which holds: 1.1: sin of carry. "
        "It returns 1.1 and carry. The result is 1[0] and 1[1]."
    )


def test_branches_stand_in_titled_boxes():
    drawing = tracing.jaxpr(program(branches, 1.0))
    boxes = frames(drawing)
    for title, inner in (("branch 0", f"mul\n({DOT}, 2.0)"), ("branch 1", "sin")):
        assert holds(boxes["cond"], boxes[title])
        assert holds(boxes[title], boxes[inner])
    assert not holds(boxes["branch 0"], boxes["sin"])
    assert "which holds: Branch 0: 3.1: mul of in and 2.0. It returns 3.1. Branch 1:" in drawing.alt


def test_boxes_may_be_nested_and_say_what_they_are():
    drawing = tracing.jaxpr(program(jax.nn.relu, 1.0))
    boxes = frames(drawing)
    assert holds(boxes["custom_jvp_call"], boxes["jit\nrelu"])
    assert holds(boxes["jit\nrelu"], boxes[f"max\n({DOT}, 0.0)"])
    assert "1.1: jit (relu) of in, which holds: 1.1.1: max of in and 0.0." in drawing.alt


def test_a_while_loop_says_that_its_turns_are_not_known():
    drawing = tracing.jaxpr(program(lambda x: lax.while_loop(lambda y: y > 1, jnp.sin, x), 8.0))
    assert "while the test holds" in texts(drawing)


def test_types_stand_beside_what_makes_them_where_they_are_asked_for():
    assert not [text for text in texts(tracing.jaxpr(program(turns, 1.0))) if "f64" in text]
    drawing = tracing.jaxpr(program(turns, 1.0), types=True)
    assert [text for text in texts(drawing) if "f64" in text] == ["f64[]", "f64[]\nf64[3]",
                                                                  "f64[]", "f64[]"]  # fmt: skip


def test_marked_operations_are_filled_and_said():
    drawing = tracing.jaxpr(program(f, 2.0), marked=[1, 2])
    (ax,) = drawing.figure.axes
    filled = [text.get_text() for text in ax.texts if text.get_color() == PALETTE["wash"][0]]
    assert filled == [f"mul\n(3.0, {DOT})", "add"]
    assert drawing.alt.endswith("The result is 4. In colour: 2 and 3.")


def test_a_marked_box_has_a_border_in_colour():
    drawing = tracing.jaxpr(program(turns, 1.0), marked=[0])
    (ax,) = drawing.figure.axes
    boxes = [patch for patch in ax.patches if not patch.get_gid()]
    blue = mpl.colors.to_rgba(PALETTE["blue"][0])
    assert [box.get_edgecolor() == blue for box in boxes] == [False, True, *[False] * 6]
    assert "scan, 3 times" in texts(drawing)


def test_a_program_without_operations_is_drawn_too():
    drawing = tracing.jaxpr(program(lambda x: (x, 2.0), 1.0))
    assert texts(drawing) == ["x", "out 1", "out 2\n2.0"]
    assert drawing.alt == "A graph of 0 operations. The result is x and 2.0."


def test_one_operation_is_not_several_and_may_read_nothing():
    drawing = tracing.jaxpr(program(lambda: lax.iota(jnp.int32, 3)))
    assert drawing.alt == "A graph of 1 operation. 1: iota. The result is 1."


def test_a_branch_that_does_nothing_is_drawn_too():
    def shout(x):
        lax.cond(x > 0, lambda: jax.debug.print("positive"), lambda: None)

    drawing = tracing.jaxpr(program(shout, 1.0))
    boxes = frames(drawing)
    assert holds(boxes["branch 0"], boxes["nothing"])
    assert not holds(boxes["branch 1"], boxes["nothing"])
    assert "Branch 0: It returns nothing. Branch 1:" in drawing.alt
    assert drawing.alt.endswith("The result is nothing.")


@pytest.mark.parametrize("marked", [[4], [-1], [0, 99]])
def test_what_is_no_operation_cannot_be_marked(marked):
    with pytest.raises(ValueError, match="marked must be numbers of operations, 0 to 3, got mark"):
        tracing.jaxpr(program(f, 2.0), marked=marked)


def test_no_third_direction():
    with pytest.raises(ValueError, match="direction must be 'down' or 'right'"):
        tracing.jaxpr(program(f, 2.0), direction="up")
