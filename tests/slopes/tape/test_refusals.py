"""Refusals: infinite slopes, bad input, nodes that outlive their function."""

import math
import operator
import pickle
import re
from fractions import Fraction

import numpy as np
import pytest

from slopes import tape

HELD = []


def keep(x):
    HELD.append(x)
    return x * x


def assign(x):
    x[0] = 1.0


def use_after(use):
    HELD.clear()
    tape.gradient(keep, 1.0)
    return use(HELD[0])


SLOPES = [
    (tape.sqrt, 0.0, "got inf from 'sqrt', operation 1 of 2; move x away"),
    (lambda x: tape.sqrt(x * x), 0.0, "got inf from 'sqrt', operation 2 of 3"),
    (lambda x: x**0.5, 0.0, "got inf from 'power'"),
    (lambda x: x**x, 0.0, "from 'power'"),
    (lambda x: tape.hypot(x, 0.0), 0.0, "got nan from 'hypot'"),
    (lambda x: tape.where(x > 0, tape.sqrt(x), 0), 0.0, "got nan from 'sqrt'"),
    (lambda x: 1e200 * (1e200 * x), 1e-300, "got inf from 'multiply'"),
    (lambda x: (tape.exp(x), tape.sqrt(x))[1] + 0 * x, 0.0, "got inf from 'sqrt', operation 2"),
    (lambda x: [tape.sqrt(x), tape.exp(x), tape.sin(x)][0] * 2, 0.0, "operation 1 of 5"),
    (lambda x: tape.sqrt(x[0]) + x[1], np.array([0.0, 1.0]), "got inf from 'sqrt', operation 2"),
]


@pytest.mark.parametrize(("fn", "x", "message"), SLOPES)
def test_a_slope_that_is_not_finite_is_an_error_that_names_the_operation(fn, x, message):
    for call in (
        lambda: tape.gradient(fn, x),
        lambda: tape.backward(tape.trace(fn, x)),
        lambda: tape.gradient(lambda x: tape.gradient(fn, x), x),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            call()


def test_the_remedy_that_the_message_names_helps():
    def safe(x):
        return tape.where(x > 0, tape.sqrt(tape.where(x > 0, x, 1)), 0)

    assert tape.gradient(safe, 0.0) == 0
    assert tape.gradient(safe, 4.0) == 0.25


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: tape.gradient(lambda x: x * 2, np.ones(2)), ValueError,
         "fn must return one number, got shape=(2,); take the jacobian"),
        (lambda: tape.gradient(lambda x: [x, x], 1.0), ValueError,
         "fn must return one number, got a list of 2; take the jacobian"),
        (lambda: tape.gradient(lambda x: None, 1.0), TypeError,  # noqa: ARG005
         "must be real: a number, an array, or a list, tuple or dict of such, got fn(x)=None"),
        (lambda: tape.gradient(lambda x: x > 0, 1.0), TypeError, "fn(x) must be real"),
        (lambda: tape.gradient(lambda x: x * 1e300 * 1e300, 1.0), RuntimeWarning, "overflow"),
        (lambda: tape.gradient(lambda x: x + math.inf, 1.0), ValueError,
         "fn(x) must be finite, got fn(x)=inf"),
        (lambda: tape.gradient(lambda x: x, 1j), TypeError, "x must be real"),
        (lambda: tape.gradient(lambda x: x, "1"), TypeError, "got x='1'"),
        (lambda: tape.gradient(lambda x: x, True), TypeError, "got x=True"),
        (lambda: tape.gradient(lambda x: x, math.nan), ValueError, "x must be finite, got x=nan"),
        (lambda: tape.gradient(lambda p: p["a"], {"a": [1.0, math.inf]}), ValueError,
         "p['a'][1] must be finite, got p['a'][1]=inf"),
        (lambda: tape.gradient(lambda x: x * 1j, 1.0), TypeError,
         "multiply must give real floating-point numbers, got dtype='complex128'"),
        (lambda: tape.gradient(lambda x: x, 1.0, argnums=1), ValueError,
         "argnums must be one or several of [0], each once, got argnums=1"),
        (lambda: tape.gradient(lambda x: x, 1.0, argnums=(0, 0)), ValueError, "each once"),
        (lambda: tape.gradient(assign, np.ones(2)), TypeError,
         "a Node must not be changed in place, got x[0] = ...; build a new one with where"),
        (lambda: tape.gradient(lambda x: math.sin(x), 1.0), TypeError,
         "got Node(1.0): its derivative would be lost; use the functions of slopes.tape instead"),
        (lambda: tape.gradient(lambda x: float(x), 1.0), TypeError, "must not become"),
        (lambda: tape.gradient(lambda x: int(x), 1.0), TypeError, "must not become"),
        (lambda: tape.gradient(lambda x: np.asarray(x), 1.0), TypeError, "must not become"),
        (lambda: tape.gradient(lambda x: np.array([x, x]), 1.0), TypeError, "must not become"),
        (lambda: tape.gradient(lambda x: x.item(), 1.0), TypeError, "must not become"),
        (lambda: tape.gradient(lambda x: np.exp2(x), 1.0), TypeError,
         "a Node must meet functions that have a rule, got numpy.exp2; see slopes.tape"),
        (lambda: tape.gradient(lambda x: np.cumsum(x), np.ones(2)), TypeError, "got numpy.cumsum"),
        (lambda: tape.gradient(lambda x: np.add(np.ones(2), x, out=np.ones(2)), 1.0), TypeError,
         "got numpy.add(..., out=...)"),
        (lambda: tape.gradient(lambda x: np.multiply.outer(x, x), np.ones(2)), TypeError,
         "got numpy.multiply.outer"),
        (lambda: tape.gradient(lambda x: operator.iadd(np.ones(2), x), 1.0), TypeError,
         "got numpy.add(..., out=...)"),
        (lambda: tape.gradient(lambda x: len(x), 1.0), TypeError,
         "a Node must have an axis for len() or a loop, got one number"),
        (lambda: tape.gradient(lambda x: list(x), 1.0), TypeError, "got one number"),
        (lambda: tape.gradient(lambda x: tape.dot(x, np.ones((2, 2, 2))), np.ones(2)), ValueError,
         "dot must get at most two axes, got a.ndim=1 and b.ndim=3; use matmul"),
        (lambda: use_after(lambda x: x * 2), ValueError,
         "multiply must be called while its function runs, got a Node that outlived it"),
        (lambda: use_after(lambda x: tape.gradient(lambda y: x, 1.0)), ValueError,  # noqa: ARG005
         "fn(x) must be a Node of a function that is running, got one that outlived its function"),
        (lambda: tape.vjp(lambda x: x, np.ones(2))[1](1.0), ValueError,
         "w must have the shape (2,) of y, got w.shape=()"),
        (lambda: tape.vjp(lambda x: [x, x], 1.0)[1]([1.0, np.ones(1)]), ValueError,
         "w must have the shape () of y, got w[1].shape=(1,)"),
        (lambda: tape.vjp(lambda x: [x, x], 1.0)[1](1.0), ValueError,
         "w must have one part for each of the 2 values that fn returned, got 1"),
        (lambda: tape.vjp(lambda x: x, 1.0)[1](math.inf), ValueError, "w must be finite"),
        (lambda: tape.vjp(lambda x: {"a": x}, 1.0)[1]({"b": 1.0}), ValueError,
         "w must be a dict with keys ['a'] of y, got w={'b': 1.0}"),
        (lambda: tape.vjp(lambda x: [{"a": x}], 1.0)[1]([1.0]), ValueError,
         "w[0] must be a dict with keys ['a'] of y"),
        (lambda: tape.vjp(lambda x: [[x, x], x], 1.0)[1]([1.0, 1.0, 1.0]), ValueError,
         "w must have one part for each of the 2 values that fn returned, got 3"),
        (lambda: tape.jacobian(lambda x: [[x[0]], [x[1]]], np.ones(2)), ValueError,
         "fn must return one array or one list of values, got nested lists; take vjp"),
        (lambda: tape.jacobian(lambda x: {"a": x}, 1.0), ValueError, "got a dict; take vjp"),
        (lambda: tape.gradient(lambda x: x, 1.0, argnums=[0]), ValueError, "got argnums=[0]"),
        (lambda: tape.jacobian(lambda x: x, 1.0, argnums=(0,)), ValueError,
         "argnums must be one number, got argnums=(0,)"),
        (lambda: tape.gradient(np.sum, np.ma.masked_less([1.0, -1.0], 0)), TypeError,
         "must be real"),
        (lambda: tape.gradient(lambda x: x * Fraction(1, 2), 1.0), TypeError,
         "operands of multiply must be real: nodes, numbers, or plain arrays of such, got Fra"),
        (lambda: tape.gradient(lambda x: np.sum(x, dtype=float), np.ones(2)), TypeError,
         "got numpy.sum(..., dtype=...); see slopes.tape"),
        (lambda: tape.gradient(pickle.dumps, 1.0), TypeError,
         "a Node must stay with its tape, got Node(1.0) to store; take .value"),
        (lambda: tape.jacobian(lambda x: [x, x[0]], np.ones(2)), ValueError,
         "fn must return values of one shape, got shapes=[(2,), ()]; take vjp"),
        (lambda: tape.jacobian(lambda x: x["a"], {"a": 1.0}), TypeError,
         "x must be a number or an array, got x={'a': 1.0}; take vjp"),
    ],
)  # fmt: skip
def test_bad_input_gets_the_stated_error(call, kind, message):
    with pytest.raises(kind, match=re.escape(message)):
        call()
