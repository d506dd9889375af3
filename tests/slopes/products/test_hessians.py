"""Products with the Hessian and the matrix: closed forms, laws, a tape, and wrong ones caught."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from slopes import tape
from slopes.compare import agree
from slopes.problems import PROBLEMS
from slopes.products import gauss_newton_product, hessian, hvp

U = 2.0**-53
# Second derivatives of the table: closed forms and programs of some dozen operations each.
SECOND = 4096 * U
# Sums of n products of numbers of size 1 carry n roundings at most.
LINEAR = 64 * U

twice = pytest.mark.parametrize(
    "problem", [p for p in PROBLEMS if p.second and not p.branches], ids=lambda p: p.name
)


def draw(*shape, seed=0):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape))


def least_squares(x, A, b):
    r = A @ x - b
    return r @ r


def logsumexp(x):
    return jnp.log(jnp.exp(x).sum())


def softmax_form(x):
    """Second derivatives of log sum exp: diag(s) - s s^T."""
    s = np.exp(np.asarray(x))
    s = s / s.sum()
    return np.diag(s) - np.outer(s, s)


# --- values ---------------------------------------------------------------------------------------


@twice
def test_matrix_and_product_are_the_closed_form_at_every_point_of_the_table(problem):
    fn = problem.build(jnp)
    both = jax.jit(lambda x, v: (hessian(fn, x), hvp(fn, x, v)))
    for point in problem.points:
        exact = np.asarray(problem.second(point))
        v = draw(*np.shape(point))
        hess, product = both(jnp.asarray(point, float), v)
        assert agree(hess, exact, tol=SECOND)
        assert agree(product, np.dot(exact, v), tol=SECOND)


def test_the_matrix_of_a_sum_of_squares_is_twice_the_gram_matrix():
    A, b, x = draw(7, 5), draw(7, seed=1), draw(5, seed=2)
    assert agree(hessian(least_squares, x, A, b), 2 * np.asarray(A).T @ np.asarray(A), tol=LINEAR)


def test_the_matrix_agrees_with_a_tape_that_knows_no_jax():
    x = draw(6)

    def fn(x, m):
        return m.sum(m.sin(x[1:]) * m.exp(x[:-1])) * m.tanh(x[0])

    theirs = tape.hessian(lambda x: fn(x, tape), np.asarray(x))
    assert agree(hessian(lambda x: fn(x, jnp), x), theirs, tol=SECOND)


def test_kinks_have_the_second_derivative_of_the_branch_taken():
    assert hvp(jax.nn.relu, 0.0, 1.0) == 0.0
    assert hvp(lambda x: x * jnp.abs(x), 0.0, 1.0) == 2.0
    assert hvp(jnp.abs, 1.0, 1.0) == 0.0


# --- laws, and products that break them -----------------------------------------------------------


def complaints(product):
    """What is wrong with a product with the Hessian of log sum exp; nothing if all is well."""
    x, v, w = draw(5), draw(5, seed=1), draw(5, seed=2)
    hv, hw = (np.asarray(product(logsumexp, x, d)) for d in (v, w))
    combined = product(logsumexp, x, 2 * v - 3 * w)
    exact = softmax_form(x) @ np.asarray(v)
    laws = {
        "value": agree(hv, exact, tol=LINEAR),
        "linear": agree(combined, 2 * hv - 3 * hw, tol=LINEAR),
        "symmetric": agree(np.dot(w, hv), np.dot(v, hw), tol=LINEAR),
    }
    return {law for law, holds in laws.items() if not holds}


def test_the_product_is_right_linear_and_symmetric():
    assert complaints(hvp) == set()


@pytest.mark.parametrize(
    ("wrong", "caught"),
    [
        (lambda fn, x, v: hvp(fn, x, x), {"value", "linear", "symmetric"}),  # noqa: ARG005
        (lambda fn, x, v: 1.0005 * hvp(fn, x, v), {"value"}),
        (lambda fn, x, v: jax.grad(fn)(x) * v, {"value"}),
        (lambda fn, x, v: jax.grad(fn)(x + v) - jax.grad(fn)(x), {"value", "linear", "symmetric"}),
        (lambda fn, x, v: jnp.roll(hvp(fn, x, v), 1), {"value", "symmetric"}),
    ],
    ids=["ignores v", "one part in 2000", "diagonal of the gradient", "difference", "shifted"],
)
def test_a_wrong_product_is_caught(wrong, caught):
    assert complaints(wrong) == caught


def test_the_matrix_is_the_same_whatever_the_chunk():
    x = draw(10)
    whole = hessian(logsumexp, x)
    for chunk in (1, np.int64(3), 10, 1000):
        assert agree(hessian(logsumexp, x, chunk=chunk), whole, tol=LINEAR)
    assert agree(whole, softmax_form(x), tol=LINEAR)


# --- residuals ------------------------------------------------------------------------------------


def bent(x, scale):
    return {"sines": scale * jnp.sin(x), "product": x[0] * x[1]}


def test_the_gauss_newton_product_is_the_jacobian_twice():
    x, v = draw(3), draw(3, seed=1)
    a, (p, q, _) = 2.0 * np.cos(np.asarray(x)), np.asarray(x)
    jac = np.vstack([np.diag(a), [q, p, 0.0]])
    assert agree(gauss_newton_product(bent, x, v, 2.0), jac.T @ (jac @ np.asarray(v)), tol=LINEAR)


def test_what_the_gauss_newton_product_leaves_out_is_the_bending_of_the_residual():
    x, v = draw(3), draw(3, seed=1)

    def half_squares(x):
        return 0.5 * (jnp.sum(jnp.sin(x) ** 2) + (x[0] * x[1]) ** 2)

    s, (p, q, _) = np.sin(np.asarray(x)), np.asarray(x)
    bending = -np.diag(s * s)
    bending[0, 1] = bending[1, 0] = p * q
    rest = np.asarray(hvp(half_squares, x, v) - gauss_newton_product(bent, x, v, 1.0))
    assert agree(rest, bending @ np.asarray(v), tol=LINEAR)


def test_layers_of_relu_bend_between_each_other_and_nowhere_else():
    """Within one layer nothing is left out; what is left out couples the layers."""
    inputs, target = draw(8, 3), draw(8, seed=1)
    weights = {"first": draw(3, 2, seed=2), "second": draw(2, seed=3)}

    def residual(w):
        return jax.nn.relu(inputs @ w["first"]) @ w["second"] - target

    flat, restore = jax.flatten_util.ravel_pytree(weights)

    @jax.jit
    def left_out(flat):
        part = jax.vmap(lambda v: gauss_newton_product(lambda x: residual(restore(x)), flat, v))
        whole = hessian(lambda x: 0.5 * jnp.sum(residual(restore(x)) ** 2), flat)
        return whole - part(jnp.eye(8))

    rest = left_out(flat)
    assert max(abs(rest[:6, :6]).max(), abs(rest[6:, 6:]).max()) < LINEAR
    assert abs(rest[:6, 6:]).max() > 0.1


def test_the_gauss_newton_product_is_never_negative_where_the_hessian_is():
    def residual(x):
        return x**2 - 4.0

    x, v = jnp.array([0.5]), jnp.array([1.0])
    assert gauss_newton_product(residual, x, v)[0] == 1.0  # (2x)^2
    assert hvp(lambda x: 0.5 * jnp.sum(residual(x) ** 2), x, v)[0] == -6.5  # 6x^2 - 8


# --- pytrees, arguments, precision ----------------------------------------------------------------


def in_parts(parts, scale):
    return scale * jnp.sum(parts["a"] ** 2) * parts["b"][0]


PARTS = {"a": jnp.array([[1.0, 2.0]]), "b": (jnp.float64(3.0),)}


def test_a_pytree_goes_in_and_comes_out():
    v = {"a": jnp.array([[1.0, 0.0]]), "b": (2.0,)}
    product = hvp(in_parts, PARTS, v, 0.5)
    assert product["a"].tolist() == [[5.0, 4.0]]  # scale (2 b v_a + 2 a v_b)
    assert product["b"][0] == 1.0
    flat = hessian(in_parts, PARTS, 0.5)
    assert flat.tolist() == [[3.0, 0.0, 1.0], [0.0, 3.0, 2.0], [1.0, 2.0, 0.0]]


def test_a_matrix_or_a_number_has_its_shape_twice():
    X = draw(2, 3)
    hess = hessian(lambda X: jnp.sum(X[0] * X[1]), X)
    assert hess.shape == (2, 3, 2, 3)
    assert hess[0, 1, 1, 1] == 1.0
    assert hess[0, 1, 1, 2] == 0.0
    assert hessian(lambda x: x**3, 2.0) == 12.0


def test_single_precision_stays_single():
    x = jnp.ones(4, jnp.float32)
    assert hvp(logsumexp, x, x).dtype == hessian(logsumexp, x).dtype == jnp.float32
    assert agree(hessian(logsumexp, x), softmax_form(x), tol=LINEAR * 2**29)


def test_the_second_call_compiles_nothing():
    runs = []

    def fn(x):
        runs.append(x)
        return logsumexp(x)

    product = jax.jit(lambda x, v: hvp(fn, x, v))
    for seed in range(3):
        product(draw(4), draw(4, seed=seed))
    assert len(runs) == 1


def test_the_function_is_traced_once_for_all_columns():
    runs = []

    def fn(x):
        runs.append(x)
        return logsumexp(x)

    hessian(fn, draw(9), chunk=2)
    assert len(runs) == 1


# --- refusals -------------------------------------------------------------------------------------

ROW = jnp.array([1.0, 2.0])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: hvp(jnp.sum, jnp.array([1, 2]), ROW), TypeError,
         r"x must hold real floating-point numbers, got x=.*write 2\.0 for 2"),
        (lambda: hvp(jnp.sum, 2, 1.0), TypeError, "x must hold real .* got x=2"),
        (lambda: hvp(jnp.sum, ROW.astype(complex), ROW), TypeError, "x must hold real"),
        (lambda: hvp(jnp.sum, ROW, ROW.astype(complex)), TypeError, "v must hold real"),
        (lambda: hvp(jnp.sum, ROW, jnp.array([1, 0])), TypeError, "v must hold real"),
        (lambda: hvp(jnp.sum, ROW, jnp.ones(3)), ValueError,
         "v must have the structure and the shapes of x, got v="),
        (lambda: hvp(jnp.sum, ROW, [1.0, 2.0]), ValueError, "v must have the structure"),
        (lambda: hvp(jnp.sum, jnp.array([]), jnp.array([])), ValueError,
         "x must hold at least one number, got x="),
        (lambda: hvp(lambda x: x, ROW, ROW), ValueError,
         r"fn must return one number, got shape=\(2,\); take the sum"),
        (lambda: hvp(lambda x: (x[0], x[1]), ROW, ROW), ValueError,
         r"fn must return one number, got shape=\(\(\), \(\)\)"),
        (lambda: hvp(lambda x: {"a": x[0]}, ROW, ROW), ValueError,
         r"fn must return one number, got shape=\{'a': \(\)\}"),
        (lambda: hvp(lambda x: (), ROW, ROW), ValueError,  # noqa: ARG005
         r"fn must return one number, got shape=\(\)"),
        (lambda: hvp(lambda x: 3, ROW, ROW), TypeError,  # noqa: ARG005
         "fn must return real floating-point numbers, got"),
        (lambda: hessian(jnp.sum, ROW, chunk=0), ValueError,
         "chunk must be at least 1, got chunk=0"),
        (lambda: hessian(jnp.sum, ROW, chunk=2.0), TypeError,
         r"chunk must be an integer, got chunk=2\.0"),
        (lambda: hessian(lambda x: x[0], (jnp.float32(1.0), jnp.float64(1.0))), ValueError,
         r"x must have leaves of one dtype, got dtypes=\['float32', 'float64'\]"),
        (lambda: gauss_newton_product(lambda x: x.astype(int), ROW, ROW), TypeError,
         "residual must return real floating-point numbers, got dtype=int64"),
    ],
)  # fmt: skip
def test_bad_input_gets_the_stated_error(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- what the chapter shows -----------------------------------------------------------------------


def test_jax_refuses_a_direction_of_another_dtype():
    with pytest.raises(TypeError, match=r"primal and tangent arguments to jax\.jvp do not match"):
        jax.jvp(jax.grad(jnp.sum), (ROW,), (jnp.array([1, 0]),))


def test_jax_refuses_a_new_key_that_is_used_twice_and_not_an_old_one():
    with jax.debug_key_reuse(True):
        old, new = jax.random.PRNGKey(0), jax.random.key(0)
        assert (jax.random.normal(old, (3,)) == jax.random.normal(old, (3,))).all()
        jax.random.normal(new, (3,))
        with pytest.raises(jax.errors.KeyReuseError, match="Previously-consumed key"):
            jax.random.normal(new, (3,))


def test_jax_returns_a_stack_for_several_outputs_where_ours_refuses():
    assert jax.hessian(lambda x: x**3)(ROW).shape == (2, 2, 2)
    with pytest.raises(ValueError, match="fn must return one number"):
        hessian(lambda x: x**3, ROW)
