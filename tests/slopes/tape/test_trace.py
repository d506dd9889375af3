"""The record as data: text, local slopes, sweeps."""

import numpy as np
import pytest
from tapes import FIRST, U

from slopes import tape
from slopes.compare import agree
from slopes.problems import by_name


def polynomial(x):
    return x**2 + 3 * x + 2


def test_a_trace_reads_like_the_program():
    record = tape.trace(polynomial, 2.0)
    assert str(record) == (
        "v0  = x        2.0\nv1  = v0 ** 2  4.0\nv2  = 3 * v0   6.0\n"
        "v3  = v1 + v2  10.0\nv4  = v3 + 2   12.0"
    )
    assert [e.op for e in record.entries] == ["input", "power", "multiply", "add", "add"]
    assert [e.symbol for e in record.entries] == ["input", "**", "*", "+", "+"]
    assert [e.parents for e in record.entries] == [(), (0,), (0,), (1, 2), (3,)]
    assert [e.partials for e in record.entries] == [None, (4.0,), (3.0,), (1.0, 1.0), (1.0,)]
    assert (record.inputs, record.output, record.outputs) == ((0,), 4, (4,))
    assert repr(record.entries[1]) == "v1 = v0 ** 2"


def test_the_chain_rule_over_a_trace_gives_its_cotangents():
    record = tape.trace(by_name("kepler").build(tape), [0.6, 2.0])
    bars = [0.0] * len(record)
    bars[record.output] = 1.0
    for entry in reversed(record.entries):
        for j, slope in zip(entry.parents, entry.partials or (), strict=True):
            bars[j] += bars[entry.index] * slope
    found = tape.backward(record)
    assert agree([b or 0.0 for b in found], bars, tol=64 * U)
    assert agree(found[:2], by_name("kepler").derivative((0.6, 2.0)), tol=FIRST)


def test_a_trace_names_arrays_indices_and_constants():
    A = np.ones((2, 3))
    steps = (
        lambda x: A @ x, lambda x: x[1], lambda x: x[0:2], lambda x: x[::2], lambda x: x[..., None],
        lambda x: x[[0, 1]], lambda x: x[np.array([0, 1])], lambda x: -x, lambda x: tape.sum(x),
        lambda x: tape.maximum(x, 0.5), lambda x: tape.stack([x] * 4), lambda x: x * [1, 2, 3],
    )  # fmt: skip
    texts = [tape.trace(step, np.ones(3)).entries[1].text for step in steps]
    assert texts == [
        "float64[2, 3] @ v0", "v0[1]", "v0[0:2]", "v0[::2]", "v0[..., None]", "v0[array[2]]",
        "v0[int64[2]]", "-v0", "sum(v0)", "maximum(v0, 0.5)", "stack(v0, ..., v0)",
        "v0 * int64[3]",
    ]  # fmt: skip
    assert tape.trace(lambda x: (-2.0) ** x, 2.0).entries[1].text == "(-2.0) ** v0"
    record = tape.trace(lambda p, q: [p["W"] * q, 5.0, A], {"W": A}, 2.0)
    assert [e.text for e in record.entries] == ["p['W']", "q", "v0 * v1", "5.0", "float64[2, 3]"]
    assert record.outputs == (2, 3, 4)
    assert "[1.0, 1.0, 1.0]" in repr(tape.trace(lambda x: x * x, np.ones(3)))
    assert tape.trace(max, 1.0, 2.0).entries[1].text == "x1"
    assert tape.trace(lambda *x: x[0], 1.0, 2.0).entries[0].text == "x0"


def test_of_a_long_trace_the_beginning_and_the_end_are_shown():
    record = tape.trace(lambda x: sum(x * k for k in range(30)), 1.0)
    lines = repr(record).splitlines()
    assert len(lines) == 31 < len(record)
    assert lines[20] == f"... {len(record) - 30} more"
    assert lines[0].startswith("v0 ")
    assert lines[-1].startswith(f"v{record.output} ")


def test_dead_branches_get_no_cotangent():
    def fn(x):
        tape.exp(x)
        return 2 * x

    assert tape.backward(tape.trace(fn, 1.0)) == (2.0, None, 1.0)
    assert tape.backward(tape.trace(lambda x: 3.0, 1.0)) == (None, 1.0)  # noqa: ARG005


def test_a_sweep_shows_every_step_and_ends_with_the_cotangents():
    record = tape.trace(lambda x: (x[0] + x[1]) * x[0], np.array([2.0, 3.0]))
    steps = list(tape.sweep(record, 2.0))
    assert [s.index for s in steps] == [5, 4, 3, 2, 1, 0]
    for got, kept in zip(steps[-1].cotangents, tape.backward(record, 2.0), strict=True):
        np.testing.assert_array_equal(got, kept)
    np.testing.assert_array_equal(steps[-1].y_bar, [14.0, 4.0])
    assert sum(c is not None for c in steps[0].cotangents) == 3
    received = sum(amount for s in steps for j, amount in s.contributions if j == 0)
    np.testing.assert_array_equal(received, [14.0, 4.0])


def test_a_constant_result_that_is_several_has_no_single_output():
    with pytest.raises(ValueError, match="fn must return one value, got outputs="):
        _ = tape.trace(lambda x: [x, x], 1.0).output


def test_nodes_show_their_value_and_no_address():
    seen = []

    def fn(x):
        seen.extend([repr(x), f"{x[0]:.1f}", x.ndim, x.size, len(x), repr(x[0]), x.dtype])
        assert len({x, x}) == 1
        with pytest.raises(ValueError, match="read-only"):
            x.value[0] = 1.0
        return x[0] * tape.gradient(lambda y: seen.append(repr(y)) or y, x[0])

    tape.gradient(fn, np.array([1.0, 2.0]))
    assert seen[:7] == ["Node(array([1., 2.]))", "1.0", 1, 2, 2, "Node(1.0)", np.dtype(float)]
    assert seen[7] == "Node(Node(1.0))"
