"""Purity, nested derivatives, long programs, what a tape keeps alive."""

import gc
import math
import subprocess
import sys
import weakref

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tapes import U, draw

from slopes import tape
from slopes.compare import agree
from slopes.tape import record


def test_the_pullback_called_twice_gives_the_same():
    x = draw(4)
    _, pullback = tape.vjp(lambda x: tape.sum(tape.sin(x) * x[0]), x)
    before = x.copy()
    np.testing.assert_array_equal(pullback(1.0)[0], pullback(1.0)[0])
    np.testing.assert_array_equal(2 * pullback(1.0)[0], pullback(2.0)[0])
    np.testing.assert_array_equal(x, before)


def test_a_second_backward_pass_through_a_fourth_power_starts_afresh():
    # micrograd: the second backward() adds to stale inner gradients, 96 instead of 32 + 32.
    _, pullback = tape.vjp(lambda x: (x**2) ** 2, 2.0)
    assert pullback(1.0)[0] + pullback(1.0)[0] == 64
    assert tape.hessian(lambda x: (x**2) ** 2, 2.0) == 48


def test_results_share_no_memory_with_one_another_or_with_the_covector():
    w = np.ones(3)
    _, pullback = tape.vjp(lambda a, b: a + b, np.zeros(3), np.zeros(3))
    one, two = pullback(w)
    one += 1
    assert two.tolist() == [1, 1, 1] == w.tolist()
    whole_sum = tape.gradient(lambda x: tape.sum(x), np.zeros(3))
    whole_sum += 1  # a broadcast view could not be written to
    assert whole_sum.tolist() == [2, 2, 2]


def test_fan_out_adds():
    assert tape.gradient(lambda x: x + x + x * x + tape.sin(x), 1.0) == 4 + math.cos(1.0)
    x = np.arange(3.0)
    found = tape.gradient(lambda x: tape.sum(x * x) + x[0] + x[-1] + tape.sum(x[1:]), x)
    assert found.tolist() == [1, 3, 6]


def test_perturbations_of_nested_closures_are_not_confused():
    assert tape.gradient(lambda x: x * tape.gradient(lambda y: x + y, 1.0), 1.0) == 1
    assert tape.gradient(lambda x: tape.gradient(lambda y: x * y * y, x), 3.0) == 12
    inner = tape.gradient(lambda x: tape.gradient(lambda y: x, 1.0) + x, 1.0)  # noqa: ARG005
    assert inner == 1
    third = tape.gradient(lambda x: tape.hessian(lambda y: x * y**3, x), 2.0)
    assert third == 2 * 6 * 2.0


def test_derivatives_of_any_order_nest():
    fn = tape.sin
    for _ in range(5):
        fn = (lambda f: lambda x: tape.gradient(f, x))(fn)
    assert fn(0.3) == pytest.approx(math.cos(0.3), rel=64 * U)


def test_second_derivatives_pass_through_indexing_reductions_and_branches():
    def fn(x):
        y = tape.stack([x[0] * x[1], x[2]]) @ x[[1, 1]]
        z = tape.concatenate([x[:2] ** 2, y * x[1:]])
        return tape.logsumexp(z) + tape.max(z) + tape.prod(x) + tape.sum(tape.maximum(z, 1.0))

    def in_jax(x):
        y = jnp.stack([x[0] * x[1], x[2]]) @ x[jnp.array([1, 1])]
        z = jnp.concatenate([x[:2] ** 2, y * x[1:]])
        scores = jax.scipy.special.logsumexp(z) + jnp.max(z)
        return scores + jnp.prod(x) + jnp.sum(jnp.maximum(z, 1.0))

    x = np.array([0.7, -1.2, 0.4])
    assert agree(tape.hessian(fn, x), np.asarray(jax.jit(jax.hessian(in_jax))(x)), tol=64 * U)


LONG = """
import gc
from slopes import tape

def chain(x, length):
    for _ in range(length):
        x = x + 1e-5 * x
    return x

exact = (1 + 1e-5) ** 50_000
assert abs(tape.gradient(lambda x: chain(x, 50_000), 1.0) / exact - 1) < 1e-10
record = tape.trace(lambda x: chain(x, 5_000), 1.0)
assert len(record) == 10_001
assert len(repr(record).splitlines()) == 31
assert abs(tape.backward(record)[0] / (1 + 1e-5) ** 5_000 - 1) < 1e-10
del record
gc.collect()

def squares(x):
    for _ in range(2_000):
        x = x + 1e-4 * x * x
    return x

h = 1e-5
difference = (tape.gradient(squares, 0.1 + h) - tape.gradient(squares, 0.1 - h)) / (2 * h)
assert abs(tape.hessian(squares, 0.1) / difference - 1) < 1e-6
"""


def test_a_hundred_thousand_operations_hit_no_limit():
    # In a process of its own, where nothing checks types a million times.
    done = subprocess.run([sys.executable, "-c", LONG], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_rules_of_an_operation_with_many_operands_do_not_each_receive_them_all():
    # n rules with n operands each: 8 seconds for the gradient through a stack of 32 000 nodes.
    received = []

    def each(k):
        received.append(k)
        return lambda *args: received.append(len(args)) or (lambda w: w)

    join = record.primitive(each=each)(lambda *values: np.sum(values))
    assert tape.gradient(lambda x: join(x, x, x), 1.0) == 3
    assert received == [0, 1, 1, 1, 2, 1]


def test_a_tape_is_freed_without_the_help_of_the_collector():
    alive = weakref.WeakSet()

    class Kept:
        """Stands for what a pull keeps."""

    def rule(_y, _x):
        alive.add(kept := Kept())
        return lambda w: w if kept else None

    same = record.primitive(rule)(lambda same: same)
    gc.collect()
    gc.disable()
    try:
        tape.hessian(lambda x: tape.sum(same(x) * x), np.ones(2))
        assert not alive
        pullback = tape.vjp(same, 1.0)
        assert len(alive) == 1
        del pullback
        assert not alive
    finally:
        gc.enable()
