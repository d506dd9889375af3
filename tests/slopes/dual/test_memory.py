"""Nothing that dual numbers return shares memory with what was passed in."""

import numpy as np
import pytest

from slopes import dual
from slopes.dual import Dual, derivative, gradient, jacobian, jvp, new_tag

SQUARE = np.arange(9.0).reshape(3, 3)
# Programs whose derivative is the seed or a view of it, and whose value may be the argument.
LAZY = {
    "itself": lambda x: x,
    "plus": lambda x: +x,
    "shifted": lambda x: x + 1,
    "less": lambda x: x - np.ones(3),
    "from": lambda x: 1 + x,
    "slice": lambda x: x[:2],
    "reversed": lambda x: x[::-1],
    "entry": lambda x: x[1:2],
    "column": lambda x: x[:, None],
    "reshaped": lambda x: x.reshape(3, 1),
    "transposed": lambda x: x[None].T,
    "rest": lambda x: x % 100.0,
    "numpy": lambda x: np.positive(x),
    "chosen": lambda x: dual.where(np.ones(3, bool), x, 0.0),
    "listed": lambda x: [x[0], x[2]],
    "joined": lambda x: dual.concatenate([x]),
    "larger": lambda x: dual.maximum(x, -1.0),
    "absolute": abs,
    "summed": lambda x: dual.sum(x, axis=()),
}


def arrays(result):
    """List the arrays of a result, on all levels."""
    if isinstance(result, Dual):
        return [*arrays(result.value), *arrays(result.tangent)]
    if isinstance(result, (tuple, list)):
        return [array for part in result for array in arrays(part)]
    return [result] if isinstance(result, np.ndarray) else []


def assert_apart(result, *given):
    """Every array of the result may be written into, and no argument notices."""
    found = arrays(result)
    assert found
    for array in found:
        assert array.flags.writeable
        assert not any(np.shares_memory(array, other) for other in arrays(list(given)))


@pytest.mark.parametrize("name", LAZY)
def test_the_drivers_return_memory_of_their_own(name):
    # jvp of x + 1 returned the caller's v as tangent: t -= 5 changed v.
    fn = LAZY[name]
    x, v = np.array([1.5, 2.5, 3.5]), np.array([1.0, 2.0, 3.0])
    assert_apart(jvp(fn, x, v), x, v)
    assert_apart(jvp(fn, x, x), x)
    assert_apart(jacobian(fn, x), x)
    whole = np.arange(8.0) + 1
    assert_apart(jvp(fn, whole[1:4], whole[4:7]), whole)
    if fn(x) is not None and np.shape(dual.stack(fn(x)) if name == "listed" else fn(x)) == (3,):
        assert_apart(derivative(fn, x), x)


@pytest.mark.parametrize("name", LAZY)
def test_what_an_argument_can_not_be_written_into_its_result_can(name):
    # An array that was broadcast, or that its owner has locked, came back as it was.
    fn = LAZY[name]
    x, v = np.broadcast_to(2.5, (3,)), np.ones(3)
    v.flags.writeable = False
    assert_apart(jvp(fn, x, v), x, v)
    assert_apart(jvp(fn, v, x), x, v)
    assert_apart(jacobian(fn, x), x)


@pytest.mark.parametrize("name", LAZY)
def test_duals_of_an_outer_derivative_keep_their_memory_too(name):
    fn = LAZY[name]
    x = Dual(np.array([1.5, 2.5, 3.5]), np.ones(3), tag=new_tag())
    v = Dual(np.ones(3), np.arange(3.0), tag=x.tag)
    result = jvp(fn, x, v)
    assert len(arrays(result)) == 4
    assert_apart(result, x, v)


@pytest.mark.parametrize("constant", [SQUARE, SQUARE[0], np.broadcast_to(1.0, (3,))])
def test_a_constant_that_a_program_returns_is_copied(constant):
    x = np.ones(3)
    assert_apart(jvp(lambda _: constant, x, x), x, constant)
    assert_apart(jvp(lambda _: constant, 1.0, 1.0)[0], constant)
    assert_apart(jvp(lambda x: (x * 0, constant)[1], x, x), x, constant)
    outer = Dual(constant, 1.0, tag=new_tag())
    assert_apart(jvp(lambda _: outer, 1.0, 1.0)[0], constant, outer)


def test_a_gradient_of_one_entry_is_no_view_of_the_point():
    x = np.array([3.0, 5.0])
    assert_apart(gradient(lambda z: z[0], x), x)
    assert_apart(gradient(lambda z: z[0] * z[1], x), x)


def test_a_dual_number_holds_copies():
    value, tangent = np.ones(3), np.eye(3)
    x = Dual(value, tangent)
    assert_apart(x, value, tangent)
    assert_apart(Dual(x, x, tag=new_tag()), x)
    one = Dual(value, np.broadcast_to(1.0, (3,)))
    assert_apart(one, value)


@pytest.mark.parametrize("form", ["array", "dual", "nested"])
def test_functions_that_only_move_numbers_copy_them(form):
    x = np.array([1.5, 2.5, 3.5])
    if form != "array":
        x = Dual(x, np.eye(3))
    if form == "nested":
        x = Dual(x, np.ones(3), tag=new_tag())
    for move in (dual.stack, dual.concatenate):
        assert_apart(move([x]), x)
        assert_apart(move([x, np.ones(3)]), x)
    assert_apart(dual.primal(x), x)
    assert_apart(dual.where(True, x, x), x)
    assert_apart(dual.maximum(x, x), x)
    assert_apart(dual.sum(x, axis=()), x)
    assert_apart(dual.mean(x, axis=()), x)
    for step in (dual.floor, dual.sign, dual.abs):
        assert_apart(step(x), x)


def test_the_check_sees_a_view():
    x = np.ones(3)
    with pytest.raises(AssertionError):
        assert_apart(x[:2], x)
    with pytest.raises(AssertionError):
        assert_apart(np.broadcast_to(1.0, (3,)))
    with pytest.raises(AssertionError):
        assert_apart(Dual(1.0, 1.0))
