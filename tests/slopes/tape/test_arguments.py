"""Arguments and results: trees, precisions, covectors, Jacobians."""

from collections import namedtuple

import numpy as np
from tapes import draw

from slopes import tape
from slopes.compare import agree


def test_parameters_may_be_lists_tuples_and_dicts():
    Pair = namedtuple("Pair", "weight offset")  # noqa: PYI024 (a test's)
    params = {"one": [np.ones(2), 3], "two": (2.0, Pair(np.float32(4), np.ones((1, 2))))}

    def fn(p):
        return tape.sum(p["one"][0] * p["one"][1]) * p["two"][0] + p["two"][1].weight ** 2

    found = tape.gradient(fn, params)
    assert list(found) == ["one", "two"]
    assert found["one"][0].tolist() == [6, 6]
    assert found["one"][1:] == [4.0]
    assert found["two"][0] == 6
    assert type(found["two"][1]) is Pair
    assert found["two"][1].weight == 8
    assert found["two"][1].weight.dtype == np.float32
    assert found["two"][1].offset.tolist() == [[0, 0]]


def test_numbers_come_back_as_numbers():
    for x in (2, 2.0, np.float64(2)):
        y, slope = tape.value_and_gradient(lambda x: x**2, x)
        assert (type(y), type(slope)) == (float, float)
    assert type(tape.hessian(lambda x: x**3, 2.0)) is float
    assert tape.jacobian(lambda x: 3 * x, np.array(2.0)) == 3


def test_single_precision_stays_single():
    x = np.linspace(0.1, 0.9, 5, dtype=np.float32)

    def fn(x):
        y = tape.tanh(2 * x + 1) ** 3 / (1 + x * 0.5)
        y = tape.where(y > 0.5, y, 0) + tape.maximum(x, 0.5) + tape.softmax(x) + tape.prod(x)
        return tape.mean(y) + tape.max(y) + tape.sum(y[[0, 0]]) + x @ x + x[1]

    kinds = {entry.value.dtype if np.ndim(entry.value) else np.asarray(entry.value).dtype
             for entry in tape.trace(fn, x).entries}  # fmt: skip
    assert kinds == {np.dtype(np.float32)}
    y, slope = tape.value_and_gradient(fn, x)
    assert (y.dtype, slope.dtype) == (np.float32, np.float32)
    assert agree(slope, tape.gradient(fn, x.astype(float)), tol=64 * 2.0**-24)


def test_a_precision_that_widens_on_the_way_narrows_on_the_way_back():
    x = np.ones(3, np.float32)
    found = tape.gradient(lambda x: tape.sum(x * np.arange(3.0)), x)
    assert found.dtype == np.float32
    assert found.tolist() == [0, 1, 2]
    _, pullback = tape.vjp(lambda x: 2 * x, x)
    assert pullback(np.ones(3))[0].dtype == np.float32


def test_argnums_choose_the_arguments_and_the_others_may_be_anything():
    def fn(name, a, b):
        return {"product": a * b, "sum": a + b}[name]

    assert tape.gradient(fn, "product", 2.0, 3.0, argnums=1) == 3
    assert tape.gradient(fn, "product", 2.0, 3.0, argnums=(2, 1)) == (2.0, 3.0)
    assert tape.gradient(fn, "sum", 2.0, 3.0, argnums=(1,)) == (1.0,)
    assert tape.jacobian(lambda a, x: [a * x[0], x[1]], 2.0, [1.0, 1.0], argnums=1).tolist() == [
        [2, 0], [0, 1],
    ]  # fmt: skip


def test_the_covector_is_built_like_the_value():
    x = np.array([2.0, 3.0])
    y, pullback = tape.vjp(lambda x: {"a": x * x, "b": [x[0], 7]}, x)
    assert y["a"].tolist() == [4, 9]
    assert y["b"] == [2.0, 7.0]
    assert pullback({"a": np.ones(2), "b": [1.0, 5.0]})[0].tolist() == [5, 6]
    _, pullback = tape.vjp(lambda x: [x[0] * x[1], x[1]], x)
    assert pullback(np.array([1.0, 1.0]))[0].tolist() == pullback([1, 1])[0].tolist() == [3, 3]
    _, pullback = tape.vjp(lambda x: x * 2, x)
    assert pullback([1, 2])[0].tolist() == [2, 4]
    _, pullback = tape.vjp(lambda x: {"a": x, "b": 2 * x}, 1.0)
    assert pullback({"b": 1.0, "a": 0.0}) == (2.0,)  # by key, not by place
    _, pullback = tape.vjp(lambda x: [x, x], 2.0)  # one node, returned twice
    assert pullback([1.0, 2.0]) == (3.0,)


def test_a_function_that_does_not_use_its_argument_has_gradient_zero():
    x = np.ones((2, 2))
    assert tape.gradient(lambda x: 3, x).tolist() == [[0, 0], [0, 0]]  # noqa: ARG005
    assert tape.gradient(lambda x: x.value.sum(), x).tolist() == [[0, 0], [0, 0]]
    found = tape.jacobian(lambda x: [1.0, x[0, 0]], x)
    assert found.tolist() == [[[0, 0], [0, 0]], [[1, 0], [0, 0]]]
    assert tape.jacobian(lambda x: x[:0, 0], x).shape == (0, 2, 2)
    assert tape.vjp(lambda: 3.0)[1](1.0) == ()


def test_jacobians_have_the_shape_of_the_value_and_then_of_the_argument():
    x = draw(2, 3)
    found = tape.jacobian(lambda x: x.T * 2, x)
    exact = np.zeros((3, 2, 2, 3))
    for i, j in np.ndindex(2, 3):
        exact[j, i, i, j] = 2
    np.testing.assert_array_equal(found, exact)
    assert tape.jacobian(lambda x: [x[0], x[1]], x).shape == (2, 3, 2, 3)
    nested = tape.gradient(
        lambda a: tape.sum(tape.jacobian(lambda x: [a * x[0], x[1]], [a, a])), 2.0
    )
    assert nested == 1


def test_the_record_of_an_inner_vjp_is_a_value_of_the_outer():
    def fn(x):
        y, pullback = tape.vjp(lambda y: y * x, 2.0)
        return y + pullback(x)[0] + pullback(3.0)[0]

    assert tape.gradient(fn, 5.0) == 2 + 2 * 5 + 3
