"""Products with a Jacobian against closed forms, and each against its transpose."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from slopes.compare import agree, unit_roundoff
from slopes.problems import PROBLEMS
from slopes.products import jacobian, jvp, vjp

VECTOR = [problem for problem in PROBLEMS if problem.kind == "jacobian"]
TREE = {"A": jnp.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), "x": (jnp.array([0.5, -1.5]), 2.0)}


def residual(p):
    """Of shape (3,), with the Jacobian [x kron I, c A, A x] in A, x and c."""
    x, c = p["x"]
    return c * (p["A"] @ x)


def drawn(tree, seed=0):
    rng = np.random.default_rng(seed)
    return jax.tree.map(lambda leaf: jnp.asarray(rng.normal(size=jnp.shape(leaf))), tree)


def dot(a, b):
    return sum(float(jnp.vdot(s, t)) for s, t in
               zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True))  # fmt: skip


def traced(problem):
    return lambda x: jnp.stack(jnp.broadcast_arrays(*problem.build(jnp)(x)))


# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", VECTOR, ids=lambda p: p.name)
def test_products_and_jacobian_are_those_of_the_closed_form(problem):
    x = jnp.array(problem.points[0], float)
    exact, fn = np.asarray(problem.derivative(problem.points[0])), traced(problem)
    y, pull_back = vjp(fn, x)
    v, w = drawn(x), drawn(y, 1)
    few = 64 * unit_roundoff()  # a short program, and sums of a few products
    assert agree(jvp(fn, x, v)[1], exact @ v, tol=few)
    assert agree(pull_back(w), w @ exact, tol=few)
    assert agree(jacobian(fn, x), exact, tol=few)


def test_a_matrix_has_a_gradient_of_its_own_shape():
    x, w = TREE["x"][0], jnp.array([1.0, -2.0, 3.0])
    y, pull_back = vjp(lambda A: A @ x, TREE["A"])
    assert y.tolist() == [-2.5, -4.5, -6.5]
    assert pull_back(w).tolist() == np.outer(w, x).tolist()


def test_values_come_with_the_products():
    y = residual(TREE)
    assert jvp(residual, TREE, drawn(TREE))[0].tolist() == y.tolist()
    assert vjp(residual, TREE)[0].tolist() == y.tolist()


def test_a_tree_goes_in_and_comes_out():
    y, pull_back = vjp(residual, TREE)
    x_bar = pull_back(jnp.ones_like(y))
    assert jax.tree.structure(x_bar) == jax.tree.structure(TREE)
    assert x_bar["x"][1] == (TREE["A"] @ TREE["x"][0]).sum()
    jac = jacobian(residual, TREE)
    assert (jac["A"].shape, jac["x"][0].shape, jac["x"][1].shape) == ((3, 3, 2), (3, 2), (3,))
    assert jac["x"][0].tolist() == (2 * TREE["A"]).tolist()


def test_a_tree_of_outputs_has_a_jacobian_at_each_leaf():
    jac = jacobian(lambda x: {"sum": x.sum(), "double": 2 * x}, jnp.ones(2))
    assert jac["sum"].tolist() == [1, 1]
    assert jac["double"].tolist() == [[2, 0], [0, 2]]


# --- laws -----------------------------------------------------------------------------------------


def test_a_product_is_linear_in_its_direction():
    _, pull_back = vjp(residual, TREE)
    a, b = drawn(TREE, 1), drawn(TREE, 2)
    both = jax.tree.map(lambda s, t: 2 * s - t, a, b)
    pushed = [jvp(residual, TREE, v)[1] for v in (a, b, both)]
    assert agree(pushed[2], 2 * pushed[0] - pushed[1], tol=16 * unit_roundoff())
    v, w = drawn(jnp.ones(3), 1), drawn(jnp.ones(3), 2)
    whole = jax.tree.map(lambda s, t: 2 * s - t, pull_back(v), pull_back(w))
    for once, twice in zip(
        jax.tree.leaves(whole), jax.tree.leaves(pull_back(2 * v - w)), strict=True
    ):
        assert agree(once, twice, tol=16 * unit_roundoff())


def test_forward_and_reverse_are_transposes():
    y, pull_back = vjp(residual, TREE)
    v, w = drawn(TREE, 3), drawn(y, 4)
    left, right = dot(w, jvp(residual, TREE, v)[1]), dot(pull_back(w), v)
    assert agree(left, right, tol=16 * unit_roundoff())


def test_a_wrong_transpose_is_seen():
    @jax.custom_jvp
    def twice(x):
        return 2 * x

    twice.defjvp(lambda x, v: (twice(*x), 2.001 * v[0]))
    _, pull_back = vjp(lambda x: 2 * x, jnp.ones(3))
    v, w = drawn(jnp.ones(3), 3), drawn(jnp.ones(3), 4)
    left, right = dot(w, jvp(twice, jnp.ones(3), v)[1]), dot(pull_back(w), v)
    assert not agree(left, right, tol=1e-4)


# --- which mode -----------------------------------------------------------------------------------


def one_way(way):
    """The function ``A @ x`` with one mode only: the other one raises."""

    @jax.custom_jvp
    def forward_only(x):
        return x

    @jax.custom_vjp
    def reverse_only(x):
        return x

    forward_only.defjvp(
        lambda x, v: (x[0], jax.pure_callback(np.asarray, v[0], v[0], vmap_method="expand_dims"))
    )
    reverse_only.defvjp(lambda x: (x, None), lambda _, w: (w,))
    return forward_only if way == "forward" else reverse_only


@pytest.mark.parametrize(("m", "n", "way"), [(5, 2, "forward"), (2, 5, "reverse"),
                                             (3, 3, "reverse"), (1, 4, "reverse")])  # fmt: skip
def test_the_mode_with_fewer_passes_is_taken(m, n, way):
    A, only = jnp.arange(1.0, 1 + m * n).reshape(m, n), one_way(way)
    assert jacobian(lambda x: A @ only(x), jnp.ones(n)).tolist() == A.tolist()
    with pytest.raises((TypeError, ValueError)):  # the sabotage: the other mode is not there
        {"forward": jax.jacrev, "reverse": jax.jacfwd}[way](lambda x: A @ only(x))(jnp.ones(n))


def test_all_leaves_are_counted_for_the_mode():
    only = one_way("forward")
    two = {"a": jnp.ones(2), "b": jnp.ones(1)}  # 3 inputs, 2 + 2 outputs
    jac = jacobian(lambda p: [only(p["a"]) * p["b"], only(p["a"]) + p["b"]], two)
    assert jac[0]["b"].shape == (2, 1)


def test_a_jacobian_is_compiled_once():
    traces = []

    def fn(x):
        traces.append(x)
        return jnp.stack([x[0], x[1], x[0] * x[1]])

    compiled = jax.jit(lambda x: jacobian(fn, x))
    compiled(jnp.array([3.0, 5.0]))
    first = len(traces)
    assert compiled(jnp.array([7.0, 9.0]))[2].tolist() == [9, 7]
    assert len(traces) == first == 2  # one for the shapes, one for the passes


def test_single_precision_stays_single():
    x = jnp.array([3.0, 5.0], jnp.float32)
    fn = lambda x: x[0] * x[1]  # noqa: E731
    assert jvp(fn, x, np.array([1.0, 2.0]))[1].dtype == jnp.float32
    assert vjp(fn, x)[1](1.0).dtype == jnp.float32
    assert jacobian(fn, x).dtype == jnp.float32


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [2, jnp.arange(3), [1.0, 2], 1j, True, "x"])
@pytest.mark.parametrize("call", [vjp, jacobian, lambda fn, x: jvp(fn, x, x)])
def test_what_cannot_move_is_refused(call, x):
    with pytest.raises(TypeError, match=r"x must hold real floating-point numbers, got x="):
        call(lambda x: x, x)


@pytest.mark.parametrize("v", [1.0, jnp.ones(2), [jnp.ones(3)], jnp.ones((3, 1))])
def test_directions_of_another_shape_are_refused(v):
    with pytest.raises(ValueError, match=r"v must have the structure and the shapes of x, got v="):
        jvp(lambda x: x, jnp.ones(3), v)
    with pytest.raises(ValueError, match=r"w must have the structure and the shapes of y, got w="):
        vjp(lambda x: x, jnp.ones(3))[1](v)


def test_outputs_that_are_no_floats_are_refused():
    with pytest.raises(TypeError, match=r"fn must return real floating-point numbers, got dtype=i"):
        jacobian(lambda x: x.astype(int), jnp.ones(3))
