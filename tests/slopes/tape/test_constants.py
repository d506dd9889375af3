"""What stands beside a node: right if it is an array of numbers, refused if it is more."""

import array
import decimal

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import sparse

from slopes import symbolic, tape


class Table:
    """An object with an array inside, as tables and labelled arrays are."""

    def __array__(self, dtype=None, copy=None):
        return np.array([5.0, 7.0])


class Tensor(Table):
    """One that records on its own, and refuses to give its numbers away."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("can't give the numbers of a tensor that requires a gradient")


class Metres(np.ndarray):
    """An array that means more than its numbers."""


PLAIN = {
    "list": [5, 7], "tuple": (5.0, 7.0), "range": range(5, 8, 2),
    "JAX": jnp.array([5.0, 7.0]), "JAX's integers": jnp.array([5, 7]),
    "table": Table(), "memoryview": memoryview(np.array([5.0, 7.0])),
    "array": array.array("d", [5, 7]), "bytes": np.array([5, 7], np.uint8),
    "scalars": [np.float64(5), np.int8(7)],
}  # fmt: skip
MORE = {
    "masked": np.ma.array([5.0, 7.0], mask=[0, 1]), "mask alone": np.ma.masked,
    "matrix": np.matrix([5.0, 7.0]), "units": np.array([5.0, 7.0]).view(Metres),
    "sparse": sparse.csr_array(np.array([[5.0, 7.0]])),
    "sparse matrix": sparse.csr_matrix([[5.0, 7.0]]),
    "objects": np.array([5.0, 7.0], object), "decimal": decimal.Decimal(5),
    "ragged": [[1.0], [1.0, 2.0]], "tensor": Tensor(), "text": "ab", "none": None,
    "set": {5.0, 7.0}, "dates": np.array(["2020", "2021"], "M8[Y]"), "symbol": symbolic.symbol("c"),
    "brain floats": jnp.array([5, 7], jnp.bfloat16),
}  # fmt: skip
USES = {
    "x * c": lambda x, c: x * c, "c * x": lambda x, c: c * x, "multiply": np.multiply,
    "hypot": lambda x, c: tape.hypot(x, c), "maximum": lambda x, c: tape.maximum(x, c),
    "x @ c": lambda x, c: x @ c, "stack": lambda x, c: tape.stack([x, c]),
    "where": lambda x, c: tape.where([True, False], x, c), "x ** c": lambda x, c: x**c,
    "condition": lambda x, c: tape.where(c, x, 0.0),
}  # fmt: skip


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kind", PLAIN)
def test_what_becomes_an_array_without_loss_is_that_array(kind, use):
    def slope(c):
        return tape.gradient(lambda x: tape.sum(USES[use](x, c)), np.array([2.0, 3.0]))

    found = slope(PLAIN[kind])
    assert type(found) is np.ndarray
    assert found.tolist() == slope(np.array([5.0, 7.0])).tolist()


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kind", MORE)
def test_what_is_more_than_an_array_is_refused(kind, use):
    # A masked array lost its mask on the way back, silently: [5, 7] for [5, 0].
    with pytest.raises((TypeError, ValueError)):
        tape.gradient(lambda x: tape.sum(USES[use](x, MORE[kind])), np.ones(2))


@pytest.mark.parametrize("kind", ["masked", "matrix", "units", "sparse", "objects", "tensor"])
def test_the_refusal_names_operation_and_kind(kind):
    value = MORE[kind]
    message = f"operands of multiply must be real: .*got {type(value).__name__}="
    with pytest.raises(TypeError, match=message):
        tape.gradient(lambda x: tape.sum(x * value), np.ones(2))
    with pytest.raises(TypeError, match="x must be real"):
        tape.gradient(tape.sum, value)
    with pytest.raises(TypeError, match="w must be real"):
        tape.vjp(lambda x: x * 2, np.ones(2))[1](value)


def test_an_index_with_a_mask_of_its_own_is_refused():
    index = np.ma.array([True, False], mask=[False, True])
    with pytest.raises(TypeError, match="operands of index must be real"):
        tape.gradient(lambda x: tape.sum(x[index]), np.ones(2))


def test_a_list_of_nodes_says_how_to_join_them():
    with pytest.raises(TypeError, match=r"use .* array or stack"):
        tape.gradient(lambda x: tape.sum(x * [x[0], x[1]]), np.ones(2))


def test_a_list_that_is_changed_later_changes_nothing():
    c = [5.0, 7.0]
    _, pullback = tape.vjp(lambda x: x * c, np.ones(2))
    c[0] = 0.0
    assert pullback(np.ones(2))[0].tolist() == [5, 7]


def test_an_array_in_a_file_is_an_array(tmp_path):
    c = np.memmap(tmp_path / "c", float, "w+", shape=(2,))
    c[:] = [5, 7]
    assert tape.gradient(lambda x: tape.sum(x * c), np.ones(2)).tolist() == [5, 7]
    assert tape.gradient(lambda x: tape.sum(x * x), c).tolist() == [10, 14]
