"""What the chapter on Jacobians says of the two modes holds on every release of JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from slopes import products
from slopes.compare import agree


def flops(fn, *args):
    return jax.jit(fn).lower(*args).compile().cost_analysis()["flops"]


def layer(A, x):
    return jnp.sin(A @ x)


def test_a_loop_whose_length_the_run_decides_has_no_reverse_mode():
    def doubled(x):
        return jax.lax.while_loop(lambda y: y[0] < 10, lambda y: 2 * y, x)

    x = jnp.array([3.0, 1.0])
    assert jax.jacfwd(doubled)(x).tolist() == [[4.0, 0.0], [0.0, 4.0]]
    with pytest.raises(ValueError, match=r"does not work for lax\.while_loop"):
        jax.jacrev(doubled)(x)


def test_a_rule_for_the_way_back_is_none_for_the_way_forward():
    @jax.custom_vjp
    def clipped(x):
        return x

    clipped.defvjp(lambda x: (x, None), lambda _, w: (jnp.clip(w, -1, 1),))
    with pytest.raises(TypeError, match="custom_vjp"):
        jax.jacfwd(clipped)(jnp.ones(2))
    assert jax.jacrev(clipped)(jnp.ones(2)).tolist() == [[1.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize(("m", "n"), [(4, 256), (256, 4), (32, 32)])
def test_the_modes_costs_have_the_ratio_of_inputs_to_outputs(m, n):
    shapes = [jax.ShapeDtypeStruct(s, float) for s in ((m, n), (n,))]
    forward, reverse = (flops(mode(layer, 1), *shapes) for mode in (jax.jacfwd, jax.jacrev))
    assert 0.5 < (forward / reverse) / (n / m) < 2


@pytest.mark.parametrize(("m", "n"), [(10, 200), (200, 10), (50, 50)])
def test_the_picked_mode_is_never_dearer_than_the_better_one(m, n):
    shapes = [jax.ShapeDtypeStruct(s, float) for s in ((m, n), (n,))]
    picked = flops(lambda A, x: products.jacobian(lambda x: layer(A, x), x), *shapes)
    both = [flops(mode(layer, 1), *shapes) for mode in (jax.jacfwd, jax.jacrev)]
    assert picked <= 1.1 * min(both)


def test_the_softmax_has_the_closed_form_of_the_chapter():
    for_A, for_x = jax.random.split(jax.random.key(0))
    A, x = jax.random.normal(for_A, (20, 30)), jax.random.normal(for_x, (30,))
    s = np.asarray(jax.nn.softmax(A @ x))
    closed = (np.diag(s) - np.outer(s, s)) @ np.asarray(A)
    assert agree(products.jacobian(lambda x: jax.nn.softmax(A @ x), x), closed, tol=1e-14)


def test_one_key_makes_a_vector_the_first_row_of_a_matrix():
    key = jax.random.key(0)
    A, x = (jax.random.normal(key, shape) for shape in ((1000, 1000), (1000,)))
    np.testing.assert_array_equal(A[0], x)
    assert not jax.jit(jax.jacrev(lambda x: jax.nn.softmax(A @ x)))(x).any()
