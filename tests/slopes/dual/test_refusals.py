"""Bad input to dual numbers, and the error it gets."""

import math
import re

import jax.numpy as jnp
import numpy as np
import pytest
from duals import parts

from slopes import dual
from slopes.dual import Dual, derivative, gradient, jacobian, jvp


def worded(_):
    return "word"


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: derivative(dual.sin, "3"), TypeError, "x must be real, got x='3'"),
        (lambda: derivative(dual.sin, 1j), TypeError, "x must be real, got x=1j"),
        (lambda: derivative(dual.sin, jnp.ones(1)), TypeError, "take a number or a NumPy array"),
        (lambda: derivative(dual.sin, 10**400), ValueError, "x must be finite, got x=1000"),
        (lambda: dual.stack(["a", Dual(1.0, 1.0)]), TypeError, "x must be real in stack"),
        (lambda: dual.stack([1j, Dual(1.0, 1.0)]), TypeError, "x must be real in stack"),
        (lambda: dual.concatenate([[None], Dual([1.0], 1.0)]), TypeError, "must be real in stack"),
        (lambda: dual.where(True, 1j, Dual(1.0, 1.0)), TypeError, "x must be real in where"),
        (lambda: dual.dot(Dual([1.0], 1.0), [1j]), TypeError, "x must be real in dot"),
        (lambda: dual.maximum(Dual(1.0, 1.0), "a"), TypeError, "x must be real in maximum"),
        (lambda: dual.hypot(1j, Dual(1.0, 1.0)), TypeError, "x must be real in hypot"),
        (lambda: dual.atan2(Dual(1.0, 1.0), "a"), TypeError, "x must be real in atan2"),
        (
            lambda: np.sum(Dual(np.ones(2), 1.0), axis=0, keepdims=True),
            TypeError,
            "numpy.sum with axis, keepdims must have a rule",
        ),
        (lambda: np.concatenate([Dual([1.0], 1.0)], axis=1), TypeError, "concatenate with axis"),
        (lambda: np.where(Dual([1.0], 1.0)), TypeError, "numpy.where must have a rule"),
        (lambda: derivative(dual.sin, math.nan), ValueError, "x must be finite, got x=nan"),
        (lambda: gradient(sum, [1.0, math.inf]), ValueError, "x must be finite, got x=array("),
        (lambda: gradient(sum, []), ValueError, "x must be a row of numbers, got x=[]"),
        (lambda: jacobian(sum, 2.0), ValueError, "x must be a row of numbers, got x=2.0"),
        (lambda: jacobian(sum, np.eye(2)), ValueError, "x must be a row of numbers, got x=array("),
        (
            lambda: gradient(lambda x: x, [1.0, 2.0]),
            ValueError,
            "fn must return one number, got 2 of them; take the jacobian",
        ),
        (
            lambda: jvp(sum, [1.0, 2.0], [1.0]),
            ValueError,
            "v must have the shape (2,) of x, got v.shape=(1,)",
        ),
        (lambda: jvp(sum, 1.0, "v"), TypeError, "v must be real, got v='v'"),
        (
            lambda: derivative(dual.sum, np.ones((2, 3))),
            ValueError,
            "fn must act entry by entry on an array of shape (2, 3), got a value of shape ()",
        ),
        (
            lambda: derivative(lambda x: x.reshape(3, 2), np.ones((2, 3))),
            ValueError,
            "fn must act entry by entry on an array of shape (2, 3), got a value of shape (3, 2)",
        ),
        (lambda: derivative(worded, 1.0), TypeError, "fn must return numbers, got fn(x)='word'"),
        (lambda: Dual("2", 1.0), TypeError, "value must be real: a number, an array or a Dual"),
        (lambda: Dual(2.0, 1j), TypeError, "tangent must be real: a number, an array or a Dual"),
        (lambda: Dual(np.array([1j]), 1.0), TypeError, "value must be real"),
        (
            lambda: Dual([1.0, 2.0], np.ones(3)),
            ValueError,
            "(2,) of value, or one axis more at the end, got tangent.shape=(3,)",
        ),
        (lambda: Dual(1.0, np.ones((2, 2))), ValueError, "got tangent.shape=(2, 2)"),
        (
            lambda: Dual([1.0, 2.0], [1.0, 1.0]) * Dual([1.0, 2.0], np.eye(2)),
            ValueError,
            "number of directions, got tangent.shape=(2,) and tangent.shape=(2, 2)",
        ),
        (
            lambda: dual.stack([Dual(1.0, 1.0), Dual(1.0, np.ones(2))]),
            ValueError,
            "tangents must have the same number of directions",
        ),
        (
            lambda: np.arctan2.reduce(Dual([1.0, 2.0], [1.0, 1.0])),
            TypeError,
            "numpy.arctan2.reduce must have a rule for dual numbers, got x=Dual(",
        ),
        (
            lambda: np.logaddexp2(Dual(1.0, 1.0), 1.0),
            TypeError,
            "numpy.logaddexp2 must have a rule",
        ),
        (lambda: np.add([1j], Dual(1.0, 1.0)), TypeError, "numpy.add must have a rule"),
        (
            lambda: np.linalg.norm(Dual([1.0, 2.0], [1.0, 1.0])),
            TypeError,
            "numpy.norm must have a rule for dual numbers",
        ),
        (lambda: 1 / Dual(0.0, 1.0), ZeroDivisionError, "division by zero"),
    ],
)
def test_bad_input_gets_the_stated_error(call, kind, message):
    with pytest.raises(kind, match=re.escape(message)):
        call()


def test_one_tangent_serves_all_entries_and_lists_become_arrays():
    x = Dual([1.0, 2.0], 3.0)
    np.testing.assert_array_equal(x.tangent, [3.0, 3.0])
    assert repr(Dual(np.float64(2.0), 1.0)) == "Dual(2.0, 1.0)"
    assert repr(Dual(2.0, 1.0, tag=7)) == "Dual(2.0, 1.0, tag=7)"


def test_numpys_arithmetic_functions_are_the_operators():
    x = Dual(3.0, 2.0)
    assert parts(np.square(x)) == (9.0, 12.0)
    assert parts(np.reciprocal(x)) == pytest.approx((1 / 3, -2 / 9))
    assert parts(np.negative(x)) == (-3.0, -2.0)
    assert parts(np.positive(x)) == (3.0, 2.0)
    assert parts(np.divide(x, 2.0)) == (1.5, 1.0)
    assert parts(np.float64(2.0) ** x) == pytest.approx((8.0, 16 * math.log(2)))
    assert parts(np.dot(x, 2.0)) == (6.0, 4.0)
    assert parts(np.dot(Dual([1.0, 3.0], [1.0, 0.0]), np.array([2.0, 5.0]))) == (17.0, 2.0)
    assert (np.isinf(x), np.size(x)) == (False, 1)
    quotient, rest = divmod(np.float64(7.5), x)
    assert (quotient, *parts(rest)) == (2.0, 1.5, -4.0)


def test_slopes_that_do_not_exist_do_not_mix_with_steps_either():
    lost = dual.sqrt(Dual(0.0, 1.0))
    assert (lost + 0.5) // 1 == 0.0
    with pytest.raises(ValueError, match="jump of int"):
        int(lost + 1)
    rows = Dual(np.array([0.0, 1.0]), np.eye(2))
    with pytest.raises(ValueError, match=r"abs\(x\) has a derivative, got x\[0\]=0.0"):
        abs(rows).tangent  # noqa: B018
    entry = np.array([[1.0, 0.0]])
    with pytest.raises(ValueError, match=r"sqrt\(x\) has a derivative, got x\[0, 1\]=0.0"):
        derivative(dual.sqrt, entry)
