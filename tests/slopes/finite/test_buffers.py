"""Functions that fill an array of their own, return their argument, or write to it."""

import re

import numpy as np
import pytest

from slopes import finite

X = np.array([1.0, 2.0, -3.0])
SLOPES = 2 * X  # of squares: closed form


def into_own(compute):
    """A function that fills one array and returns it, every time the same."""
    kept = []

    def fn(x):
        value = np.asarray(compute(x))
        if not kept or kept[0].shape != value.shape:
            kept[:] = [np.empty_like(value)]
        kept[0][...] = value
        return kept[0]

    return fn


def squares(x):
    return x * x


def scalar(x):
    return np.sum(x * x, axis=-1)


def overwriting(x):
    x *= x
    return x


def keeping():
    """A function that writes to the arguments of all earlier calls, and returns a view."""
    seen = []

    def fn(x):
        for earlier in seen:
            earlier[...] = np.nan
        seen.append(x)
        return (x * x)[::-1][::-1]

    return fn


def transposed():
    own = into_own(squares)
    return lambda x: own(x).T


def listed():
    own = into_own(lambda x: x[0] ** 2)
    return lambda x: [own(x), x[1] ** 2, x[2] ** 2]


SAME_ARRAY = {  # the first two gave zeros
    "filled": into_own(squares),
    "transposed": transposed(),
    "list of one array": listed(),
    "overwritten argument": overwriting,
    "view of the argument": lambda x: np.multiply(x, x, out=x)[:],
    "earlier arguments": keeping(),
    "object array": into_own(lambda x: squares(x).astype(object)),
}


@pytest.mark.parametrize("nodes", [finite.CENTRAL, finite.FORWARD, (-2.0, -1.0, 1.0, 2.0)])
@pytest.mark.parametrize("name", SAME_ARRAY)
def test_jacobian_of_a_function_that_shares_memory_between_calls(name, nodes):
    jac = finite.jacobian(SAME_ARRAY[name], X, nodes=nodes)
    np.testing.assert_allclose(jac, np.diag(SLOPES), atol=1e-6)
    grouped = finite.jacobian(SAME_ARRAY[name], X, nodes=nodes, pattern=np.eye(3, dtype=bool))
    np.testing.assert_allclose(grouped, np.diag(SLOPES), atol=1e-6)


@pytest.mark.parametrize("batched", [False, True])
def test_gradient_and_hessian_of_an_array_without_axes(batched):
    fn = into_own(scalar)
    np.testing.assert_allclose(finite.gradient(fn, X, batched=batched), SLOPES, atol=1e-9)
    np.testing.assert_allclose(finite.hessian(fn, X, batched=batched), 2 * np.eye(3), atol=1e-6)


@pytest.mark.parametrize("fn", [into_own(squares), overwriting])
def test_batches_may_be_filled_and_overwritten_too(fn):
    np.testing.assert_allclose(finite.jacobian(fn, X, batched=True)[:, 0], [2, 0, 0], atol=1e-9)


@pytest.mark.parametrize("name", SAME_ARRAY)
def test_directional_of_a_function_that_shares_memory(name):
    v = np.array([1.0, -1.0, 0.5])
    found = finite.directional(SAME_ARRAY[name], X, v)
    np.testing.assert_allclose(found.astype(float), SLOPES * v, atol=1e-8)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, object])
@pytest.mark.parametrize(
    "scheme",
    [
        finite.forward,
        finite.central,
        lambda fn, x: finite.stencil(fn, x, nodes=(-2, -1, 1, 2)),
        lambda fn, x: finite.derivative(fn, x).value,
    ],
)
def test_a_filled_array_in_one_variable(scheme, dtype):
    fn = into_own(lambda t: np.asarray(t * t).astype(dtype))
    assert scheme(fn, 3.0) == pytest.approx(6, abs=1e-2 if dtype == np.float32 else 1e-6)


def test_second_derivatives_of_a_filled_array():
    fn = into_own(lambda t: np.array([t**2, t**3]))
    found = finite.stencil(fn, 3.0, nodes=(-1, 0, 1), order=2)
    np.testing.assert_allclose(found, [2, 18], rtol=1e-5)


def test_complex_step_of_a_filled_array():
    # The value on the real line, asked for where the imaginary part is large, replaced the first.
    fn = into_own(lambda z: np.array([z * z, 1e12 * (z - 1)]))
    np.testing.assert_array_equal(finite.complex_step(fn, 1.0), [2.0, 1e12])


def test_the_callers_arrays_are_read_before_the_function_may_write_to_them():
    x, v, step = X.copy(), np.ones(3), np.full(3, 1e-5)

    def fn(point):
        for array in (x, v, step):
            array += 1
        return squares(point)

    np.testing.assert_allclose(finite.jacobian(fn, x, step=step), np.diag(SLOPES), atol=1e-8)
    x, v = X.copy(), np.ones(3)
    np.testing.assert_allclose(finite.directional(fn, x, v), SLOPES, atol=1e-8)
    x = X.copy()
    narrow = finite.gradient(lambda p: np.float32(fn(p).sum()), x)  # evaluated a second time
    np.testing.assert_allclose(narrow, SLOPES, atol=1e-2)


def test_results_are_the_callers_own():
    jac = finite.jacobian(squares, X)
    w = finite.weights(finite.CENTRAL, 1)
    for array in (jac, finite.gradient(scalar, X), finite.hessian(scalar, X), w):
        array[...] = 99
    np.testing.assert_allclose(finite.jacobian(squares, X), np.diag(SLOPES), atol=1e-9)
    assert finite.weights(finite.CENTRAL, 1).tolist() == [-0.5, 0.5]


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (lambda fn: finite.jacobian(fn, X), "fn must return numbers, got fn(array("),
        (lambda fn: finite.central(fn, 1.0), "fn must return numbers, got fn("),
        (lambda fn: finite.complex_step(fn, 1.0), "fn must return numbers, got fn("),
        (lambda fn: finite.derivative(fn, 1.0), "fn must return one real number, got fn(1.0)="),
    ],
)
def test_a_generator_is_no_value(run, message):
    with pytest.raises(TypeError, match=re.escape(message)):
        run(lambda x: (t for t in np.atleast_1d(x)))


@pytest.mark.parametrize(
    ("values", "kind", "message"),
    [
        ([[1.0], [1.0, 2.0]], TypeError, "fn must return numbers, got fn(x)=[[1.0], [1.0, 2.0]]"),
        ([1.0, None], TypeError, "got fn(0.5)=[1.0, None]"),
    ],
)
def test_lists_that_are_no_arrays_are_refused(values, kind, message):
    with pytest.raises(kind, match=re.escape(message)):
        finite.central(lambda x: values, 1.0, step=0.5)  # noqa: ARG005


def test_values_of_changing_shape_are_refused():
    message = "fn must return one shape at all places, got shape=(1,) and fn(2.0).shape=(2,)"
    with pytest.raises(ValueError, match=re.escape(message)):
        finite.forward(lambda x: np.ones(int(x)), 1.0, step=1.0)
