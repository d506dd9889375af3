"""What a fixed stencil refuses, and steps as they are stored."""

import math
import re
from fractions import Fraction

import numpy as np
import pytest
from differences import U

from slopes import finite
from slopes.finite import checks


@pytest.mark.parametrize(
    ("call", "message"),
    [
        # NaN came back without a word.
        (lambda: finite.forward(np.log, 0.0), "fn must be finite, got fn(0.0)=np.float64(-inf); "),
        (lambda: finite.central(np.sqrt, 0.0), "fn must be finite, got fn(-6.93"),
        (
            lambda: finite.stencil(
                lambda x: np.array([[1.0, x, np.float64(1) / x]]), 0.0, nodes=(0, 1)
            ),
            "fn must be finite, got fn(0.0)[0, 2]=np.float64(inf); ",
        ),
        (lambda: finite.gradient(lambda x: np.log(x).sum(), [1.0, 1e-9]), "fn must be finite, got"),
        (
            lambda: finite.jacobian(np.log, [1.0, 1e-9], batched=True),
            "e-06]))[1]=np.float64(nan); ",
        ),
        (lambda: finite.hessian(lambda x: np.log(x).sum(), [1.0, 1e-9]), "fn must be finite, got"),
        (lambda: finite.directional(np.log, [1.0, 1e-9], [0.0, 1.0]), "fn must be finite, got"),
        # A complex slope came back: Python's (-1) ** 0.5 is complex.
        (
            lambda: finite.central(lambda x: x**0.5, 0.0),
            "fn must be real at all places or complex at all, got fn(-6.93",
        ),
        # Zero came back: sin in single precision has one value at both places.
        (
            lambda: finite.central(lambda x: np.sin(np.float32(x)), 1.0, step=1e-9),
            "step must be large enough to change x=1.0 in its dtype, got step=1e-09",
        ),
        (
            lambda: finite.gradient(lambda x: np.sin(x.astype(np.float32))[0], [1.0], step=1e-9),
            "step must be large enough to change x=1.0 in its dtype",
        ),
        (
            lambda: finite.gradient(sum, [1.0, 2.0], step=[1e-3]),
            "step must be one number or have the shape (2,) of x, got step=[0.001]",
        ),
        (lambda: finite.gradient(sum, []), "x must be a row of finite numbers, got x=[]"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_values_and_steps_that_make_no_derivative_are_refused(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: finite.forward(lambda x: None, 0.0), "fn must return numbers, got fn(0.0)=None"),  # noqa: ARG005
        (lambda: finite.central(str, 1.0, step=0.5), "fn must return numbers, got fn(0.5)='0.5'"),
        (lambda: finite.weights([0, 1], order=True), "order must be an integer, got order=True"),
        (lambda: checks.checked_step("a"), "step must be one real number, got step='a'"),
        (lambda: checks.checked_steps("a", (1,)), "step must be real, got step='a'"),
        (lambda: checks.checked_vector("x", ["a"]), "x must be real, got x=['a']"),
    ],
)
def test_what_is_no_number_is_a_type_error(call, message):
    with pytest.raises(TypeError, match=re.escape(message)):
        call()


def test_fractions_are_numbers():
    assert finite.central(lambda x: Fraction(x) * 3, 1.0) == pytest.approx(3, rel=1e-9)


def test_a_step_is_used_as_it_is_stored():
    # 1 + 8.27e-8: the weights' rounding was multiplied by values of size 1, not by differences.
    assert finite.forward(lambda t: t, 1.0, step=1e-10) == 1
    assert finite.central(lambda t: t, 1.0, step=1e-10) == 1
    x = [1.0, -2.0]
    assert finite.gradient(lambda x: x.sum(), x, step=1e-10).tolist() == [1, 1]
    assert finite.jacobian(lambda x: x, x, step=1e-10).tolist() == [[1, 0], [0, 1]]
    assert finite.directional(lambda x: x[0], x, [1.0, 0.0], step=1e-10) == 1
    hess = finite.hessian(lambda x: x @ x, x, step=1e-4)
    np.testing.assert_allclose(hess, 2 * np.eye(2), atol=16 * U * 5 / 1e-8)


def test_entries_that_do_not_move_do_not_set_the_step():
    # 1.6e-4 for cos(1e-3): the step belonged to 1e8.
    found = finite.directional(lambda x: np.sin(x).sum(), [1e8, 1e-3], [0.0, 1.0])
    assert found == pytest.approx(math.cos(1e-3), rel=1e-7)
    narrow = finite.directional(lambda x: np.sin(x[1:]).astype(np.float32), [1e8, 0.5], [0.0, 2.0])
    assert narrow == pytest.approx(2 * math.cos(0.5), rel=1e-4)


def test_weights_do_not_leave_the_range_of_the_numbers():
    # The product of the gaps overflowed.
    w = finite.weights([-1e200, 0.0, 1e200], 1)
    np.testing.assert_allclose(w * 1e200, [-0.5, 0, 0.5], rtol=4 * U)
    tiny = finite.weights([-1e-200, 0.0, 1e-200], 1)
    np.testing.assert_allclose(tiny / 1e200, [-0.5, 0, 0.5], rtol=4 * U)
