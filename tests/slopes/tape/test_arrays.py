"""Shapes, indices, reductions, matrix products: the backward pass is the transpose."""

import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tapes import U, draw, gap, rounding, transposed, whole

from slopes import tape
from slopes.compare import agree

MOVES = {
    "reshape": (lambda x: x.reshape(3, -1), lambda x: x.reshape(3, -1)),
    "reshape by a tuple": (lambda x: tape.reshape(x, (4, 3, 2)), lambda x: x.reshape(4, 3, 2)),
    "ravel": (lambda x: x.ravel(), np.ravel),
    "numpy's ravel": (np.ravel, np.ravel),
    "T": (lambda x: x.T, np.transpose),
    "transpose": (lambda x: x.transpose(1, 2, 0), lambda x: x.transpose(1, 2, 0)),
    "transpose by a tuple": (lambda x: x.transpose((1, 2, 0)), lambda x: x.transpose(1, 2, 0)),
    "numpy's transpose": (lambda x: np.transpose(x, (-1, 0, 1)), lambda x: x.transpose(2, 0, 1)),
    "expand": (lambda x: tape.expand_dims(x, 1), lambda x: np.expand_dims(x, 1)),
    "squeeze": (lambda x: tape.squeeze(x[:1]), lambda x: np.squeeze(x[:1])),
    "squeeze an axis": (lambda x: np.squeeze(x[:, :1], 1), lambda x: x[:, 0]),
    "broadcast": (
        lambda x: tape.broadcast_to(x, (5, 2, 3, 4)), lambda x: np.broadcast_to(x, (5, 2, 3, 4)),
    ),
    "stack": (lambda x: tape.stack([x[0], x[1]], axis=1), lambda x: np.stack([x[0], x[1]], 1)),
    "stack at the end": (
        lambda x: np.stack([x, 0 * x], axis=-1), lambda x: np.stack([x, 0 * x], -1),
    ),
    "stack of a node": (np.stack, np.stack),
    "concatenate": (
        lambda x: tape.concatenate([x, np.zeros((2, 1, 4)), x[:, :2]], axis=1),
        lambda x: np.concatenate([x, np.zeros((2, 1, 4)), x[:, :2]], axis=1),
    ),
    "concatenate at the end": (
        lambda x: np.concatenate([x, x], axis=-1), lambda x: np.concatenate([x, x], -1),
    ),
    "array": (
        lambda x: tape.array([[x[0, 0, 0], 0.0], [0.0, x[1, 2, 3]]]),
        lambda x: np.array([[x[0, 0, 0], 0.0], [0.0, x[1, 2, 3]]]),
    ),
    "iteration": (
        lambda x: tape.stack([row * 2 for row in x[1]]), lambda x: 2 * x[1],
    ),
    "sum of nodes in a list": (lambda x: tape.sum([x[0], x[1]], axis=0), lambda x: x[0] + x[1]),
    "mean": (lambda x: 6 * x.mean((0, 1)), lambda x: x.sum((0, 1))),
    "numpy's mean": (lambda x: 24 * np.mean(x), np.sum),
    "sum twice over an axis that is gone": (lambda x: x.sum(0).sum(-1), lambda x: x.sum((0, 2))),
    "precision": (lambda x: x.astype(np.float32).astype(float), lambda x: x),
}  # fmt: skip


@pytest.mark.parametrize("name", MOVES)
def test_moves_are_pulled_back_by_their_transpose(name):
    fn, numpy_fn = MOVES[name]
    assert transposed(fn, numpy_fn, whole((2, 3, 4)))


@settings(max_examples=60)
@given(data=st.data(), shape=hnp.array_shapes(min_dims=0, max_dims=3, max_side=4))
def test_basic_indexing_is_pulled_back_by_its_transpose(data, shape):
    index = data.draw(hnp.basic_indices(shape, allow_newaxis=True))
    assert transposed(lambda x: x[index], lambda x: x[index], whole(shape))


@settings(max_examples=60)
@given(data=st.data(), shape=hnp.array_shapes(min_dims=1, max_dims=3, max_side=4))
def test_advanced_indexing_counts_what_occurs_twice(data, shape):
    index = data.draw(hnp.integer_array_indices(shape))
    assert transposed(lambda x: x[index], lambda x: x[index], whole(shape))


@pytest.mark.parametrize(
    "index",
    [[0, 0, 1], (slice(None), [1, 1]), (np.array([True, False, True]),), (0, np.array([2, 2])),
     np.arange(12).reshape(3, 4) % 5 == 0, (..., None, 1), (np.array([False, True, True]), 2)],
    ids=str,
)  # fmt: skip
def test_masks_lists_and_mixtures_index_as_in_numpy(index):
    assert transposed(lambda x: x[index], lambda x: x[index], whole((3, 4)))


@settings(max_examples=40)
@given(
    data=st.data(),
    shape=hnp.array_shapes(min_dims=0, max_dims=3, max_side=3),
    keepdims=st.booleans(),
)
def test_reductions_are_right_over_all_axes(data, shape, keepdims):
    axes = st.lists(st.integers(-len(shape), len(shape) - 1), unique_by=lambda k: k % len(shape))
    axis = data.draw(st.none() | axes.map(tuple)) if shape else None
    x = draw(*shape) if shape else np.array(0.7)
    options = {"axis": axis, "keepdims": keepdims}
    assert transposed(
        lambda x: tape.sum(x, **options), lambda x: np.sum(x, **options), whole(shape)
    )
    for reduce in ("prod", "mean"):
        found = gap(
            lambda x, f=reduce: getattr(tape, f)(x, **options),
            lambda x, f=reduce: getattr(np, f)(x, **options),
            x,
        )
        assert found <= rounding(x)
    for reduce in ("max", "min"):
        y, pullback = tape.vjp(lambda x, f=reduce: getattr(tape, f)(x, **options), x)
        exact = getattr(np, reduce)(x, **options)
        np.testing.assert_array_equal(y, exact)
        w = draw(*np.shape(y))
        spread = x == getattr(np, reduce)(x, axis=axis, keepdims=True)  # no ties among these
        kept = np.reshape(w, np.sum(x, axis=axis, keepdims=True).shape)
        np.testing.assert_array_equal(pullback(w)[0], spread * kept)


def test_methods_are_the_functions_and_numpy_finds_them():
    x = draw(2, 3) + 3
    for name in ("sum", "mean", "prod", "max", "min"):
        for axis in (None, 1):
            one, two, three = (
                tape.jacobian(lambda x, f=f, axis=axis: f(x, axis), x)
                for f in (getattr(tape, name), getattr(tape.Node, name), getattr(np, name))
            )
            np.testing.assert_array_equal(one, two)
            np.testing.assert_array_equal(one, three)


def test_an_empty_product_is_one():
    assert tape.prod(np.zeros((0,))) == 1
    assert tape.prod(np.zeros((3, 0)), axis=1).tolist() == [1, 1, 1]
    assert tape.gradient(lambda x: tape.prod(x[:0]) + x[0], np.ones(2)).tolist() == [1, 0]


MATRICES = [
    ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)),
    ((5, 2, 3), (3,)), ((2, 3), (5, 3, 4)), ((3,), (5, 3, 4)), ((5, 2, 3), (5, 3, 4)),
    ((1, 2, 3), (5, 3, 4)), ((6, 1, 2, 3), (5, 3, 4)), ((5, 2, 3), (6, 1, 3, 4)), ((1, 3), (3, 1)),
]  # fmt: skip


@pytest.mark.parametrize("shapes", MATRICES, ids=str)
@pytest.mark.parametrize("fn", [tape.matmul, operator.matmul, np.matmul])
def test_matrix_products_of_all_ranks_are_right(fn, shapes):
    a, b = whole(shapes[0]), whole(shapes[1])
    assert transposed(lambda a: fn(a, b), lambda a: a @ b, a)
    assert transposed(lambda b: fn(a, b), lambda b: a @ b, b)
    assert gap(fn, np.matmul, draw(*shapes[0]), draw(*shapes[1])) <= rounding(a, b)


@pytest.mark.parametrize("shapes", [((), (3,)), ((3,), ()), ((3,), (3,)), ((2, 3), (3,))], ids=str)
def test_dot_is_that_of_numpy(shapes):
    a, b = (np.asarray(draw(*shape)) for shape in shapes)
    for fn in (tape.dot, np.dot):
        assert gap(fn, np.dot, a, b) <= rounding(a, b)


def test_a_matrix_product_can_be_differentiated_twice():
    A, x = draw(3, 3), draw(3)
    assert agree(tape.hessian(lambda x: x @ A @ x, x), A + A.T, tol=16 * U)
