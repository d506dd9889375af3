"""Derivatives of derivatives: tags keep one epsilon from another."""

import math

import numpy as np
import pytest
from duals import U

from slopes import dual
from slopes.dual import Dual, derivative, gradient, jacobian, new_tag


def test_the_classic_confusion_of_two_epsilons_does_not_happen():
    # d/dx x * (d/dy (x + y)) = d/dx x * 1 = 1; one epsilon for both gives 2.
    assert derivative(lambda x: x * derivative(lambda y: x + y, 1.0), 1.0) == 1.0
    assert derivative(lambda x: x * derivative(lambda y: x * y, 2.0), 1.0) == 2.0


def test_one_epsilon_for_both_would_be_confused():
    # The negative control: with a common tag the inner tangent picks up the outer one.
    x = Dual(1.0, 1.0)
    inner = (x + Dual(1.0, 1.0)).tangent
    assert (x * inner).tangent == 2.0


@pytest.mark.parametrize(
    ("fn", "exact"),
    [
        (lambda x: derivative(lambda y: x, 1.0), 0.0),  # noqa: ARG005
        (lambda x: derivative(lambda y: x * y**2, x), 4 * 3.0),
        (lambda x: derivative(lambda y: derivative(lambda z: x * y * z, x), x), 1.0),
        (lambda x: x * derivative(lambda y: y * derivative(lambda z: x * y * z, 2.0), 3.0), 36.0),
        (lambda x: derivative(lambda x: x * x, x) * x, 4 * 3.0),
        (lambda x: derivative(lambda y: y, 3 * x), 0.0),
    ],
)
def test_nested_closures_are_differentiated_with_respect_to_their_own_variable(fn, exact):
    assert derivative(fn, 3.0) == exact


def test_gradients_nest_in_derivatives_and_the_other_way_round():
    def fn(x):
        return gradient(lambda z: x * z[0] ** 2 * z[1], [x, 2.0])[0]  # 4 x**2

    assert derivative(fn, 3.0) == 24.0
    outer = gradient(lambda z: derivative(lambda t: t * z[0] * z[1], z[0]), [3.0, 5.0])
    np.testing.assert_array_equal(outer, [5.0, 3.0])


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_derivatives_nest_to_any_order(order):
    fn = dual.exp
    for _ in range(order):
        fn = (lambda inner: lambda t: derivative(inner, t))(fn)
    assert fn(1.0) == pytest.approx(math.e, rel=32 * U)
    np.testing.assert_allclose(fn(np.array([0.0, 1.0])), [1.0, math.e], rtol=32 * U)


def test_third_derivatives_of_several_inputs():
    third = jacobian(
        lambda a: jacobian(lambda b: gradient(lambda c: c[0] ** 2 * c[1], b), a).reshape(-1),
        [2.0, 3.0],
    )
    exact = np.zeros((2, 2, 2))
    exact[0, 0, 1] = exact[0, 1, 0] = exact[1, 0, 0] = 2.0
    np.testing.assert_array_equal(third.reshape(2, 2, 2), exact)


def test_a_dual_of_an_inner_derivative_that_escapes_is_refused():
    kept = []

    def leak(x):
        derivative(lambda y: kept.append(x * y) or x, 2.0)
        return kept[0]

    with pytest.raises(ValueError, match="with the tag of an inner derivative"):
        derivative(leak, 1.0)


def test_a_function_that_returns_a_function_is_refused():
    # Its later calls would mix two derivatives that share an epsilon.
    with pytest.raises(TypeError, match="fn must return numbers, got"):
        derivative(lambda x: lambda y: x * y, 1.0)


def test_tags_are_new_each_time_and_kept_in_order():
    assert new_tag() < new_tag()
    outer = Dual(Dual(2.0, 1.0), Dual(1.0, 0.0), tag=new_tag())
    cube = outer**3
    assert (cube.value.value, cube.value.tangent, cube.tangent.value) == (8.0, 12.0, 12.0)
    assert cube.tangent.tangent == 12.0
    with pytest.raises(
        ValueError, match=r"tag must be above those of the components, 0, got tag=0"
    ):
        Dual(Dual(2.0, 1.0), 1.0)
    with pytest.raises(TypeError, match=r"tag must be an integer, got tag=1\.5"):
        Dual(2.0, 1.0, tag=1.5)
