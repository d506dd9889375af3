"""The checker is checked: right gradients pass, and every sabotage is caught."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from slopes.compare import unit_roundoff
from slopes.problems import PROBLEMS
from slopes.products import Check, check_gradient

KEYS = [jax.random.key(seed) for seed in range(5)]
SCALAR = [p for p in PROBLEMS if p.kind == "gradient"]


@jax.jit
def ring(x):
    return jnp.sum(jnp.sin(x) * x[::-1])


def point(n, dtype=float):
    return jax.random.normal(jax.random.key(7), (n,), dtype)


# --- right gradients pass -------------------------------------------------------------------------


@pytest.mark.parametrize("problem", SCALAR, ids=lambda p: p.name)
def test_a_right_gradient_agrees_at_every_problem(problem):
    fn, x = jax.jit(problem.build(jnp)), jnp.array(problem.points[0], float)
    found = check_gradient(fn, x, key=KEYS[0])
    assert found, found
    assert found.forward is not None
    assert found.error <= found.bar < found.slope / 2000


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
@pytest.mark.parametrize("n", [1, 3, 1000])
def test_a_right_gradient_agrees_in_every_direction(n, dtype):
    assert all(check_gradient(ring, point(n, dtype), key=key) for key in KEYS)


def test_a_tree_is_checked_as_a_whole():
    p = {"A": jnp.eye(3) + 0.1, "x": (point(3), 2.0)}

    def loss(p):
        x, c = p["x"]
        return c * jnp.sum((p["A"] @ x) ** 2)

    def half(p):
        g = jax.grad(loss)(p)
        return {"A": g["A"], "x": (g["x"][0], 1.01 * g["x"][1])}

    assert check_gradient(loss, p, key=KEYS[0])
    assert check_gradient(loss, p, key=KEYS[0], gradient=half).verdict == "differs"


def test_a_program_that_jax_cannot_trace_is_checked_by_differences():
    fn = lambda x: np.sum(np.sin(np.asarray(x)) ** 2)  # noqa: E731
    found = check_gradient(fn, point(4), key=KEYS[0], gradient=lambda x: jnp.sin(2 * x))
    assert found
    assert found.forward is None
    wrong = check_gradient(fn, point(4), key=KEYS[0], gradient=lambda x: jnp.cos(2 * x))
    assert wrong.verdict == "differs"


def test_the_scale_of_an_entry_does_not_matter():
    fn = jax.jit(lambda x: jnp.sin(1e8 * x[0]) + jnp.cos(1e-8 * x[1]))
    x = jnp.array([1e-8, 1e8])
    assert all(check_gradient(fn, x, key=key) for key in KEYS)
    swap = lambda x: jax.grad(fn)(x) * jnp.array([1.0, 1.0005])  # noqa: E731
    assert [check_gradient(fn, x, key=key, gradient=swap).verdict for key in KEYS] == (
        ["differs"] * len(KEYS)
    )


def test_values_narrower_than_the_point_set_the_digits():
    fn = jax.jit(lambda x: jnp.sum(jnp.sin(x.astype(jnp.float32))))
    found = check_gradient(fn, point(10), key=KEYS[0])
    assert found
    assert found.bar > 1e-4 * found.slope


# --- sabotage -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
@pytest.mark.parametrize("n", [1, 3, 1000])
@pytest.mark.parametrize("part", [1 / 2000, -1 / 2000])
def test_one_part_in_two_thousand_is_caught(n, dtype, part):
    def wrong(x):
        return (1 + part) * jax.grad(ring)(x)

    verdicts = {check_gradient(ring, point(n, dtype), key=k, gradient=wrong).verdict for k in KEYS}
    assert verdicts == {"differs"}


SABOTAGE = {
    "one entry of a thousand": lambda g: g.at[17].multiply(1.0005),
    "one sign": lambda g: g.at[1].multiply(-1),
    "two entries swapped": lambda g: g.at[jnp.array([0, 1])].set(g[jnp.array([1, 0])]),
    "one entry forgotten": lambda g: g.at[2].set(0),
    "zero": jnp.zeros_like,
    "twice": lambda g: 2 * g,
    "not a number": lambda g: g.at[0].set(jnp.nan),
    "infinite": lambda g: g.at[0].set(jnp.inf),
}


@pytest.mark.parametrize("how", SABOTAGE)
def test_sabotage_is_caught(how):
    found = [check_gradient(ring, point(1000), key=key,
                            gradient=lambda x: SABOTAGE[how](jax.grad(ring)(x)))
             for key in KEYS]  # fmt: skip
    assert {one.verdict for one in found} == {"differs"}
    if how in ("not a number", "infinite"):
        assert all(one.error == np.inf and np.isnan(one.slope) for one in found)


def test_a_rule_that_is_wrong_in_both_modes_is_caught_by_differences():
    @jax.custom_jvp
    def sine(x):
        return jnp.sin(x)

    sine.defjvp(lambda x, v: (sine(*x), 1.0005 * jnp.cos(x[0]) * v[0]))
    found = check_gradient(sine, 1.0, key=KEYS[0])
    assert found.verdict == "differs"
    assert found.forward == pytest.approx(found.slope, rel=1e-15)
    with pytest.raises(AssertionError):  # JAX's own checker, strict enough, sees it too
        check_grads(sine, (1.0,), order=1, rtol=1e-4, atol=1e-4)


def test_a_claim_that_differences_cannot_decide_is_decided_by_forward_mode():
    rough = lambda x: jnp.sin(x) + 1e-3 * jnp.floor(1e4 * x)  # noqa: E731 - steps: no slope but 0
    found = check_gradient(rough, 1.0, key=KEYS[0], gradient=lambda x: 1.0005 * jnp.cos(x))
    assert found.forward == pytest.approx(found.slope / 1.0005, rel=1e-14)
    assert found.verdict == "differs"


def test_a_rule_for_reverse_mode_alone_is_checked_by_differences():
    @jax.custom_vjp
    def sine(x):
        return jnp.sin(x)

    sine.defvjp(lambda x: (jnp.sin(x), x), lambda x, w: (w * jnp.cos(x),))
    found = check_gradient(sine, 1.0, key=KEYS[0])
    assert found
    assert found.forward is None


def test_a_callback_without_a_derivative_is_checked_by_differences():
    fn = lambda x: jax.pure_callback(lambda x: np.sum(np.sin(x)), jnp.zeros(()), x)  # noqa: E731
    found = check_gradient(fn, point(3), key=KEYS[0], gradient=jnp.cos)
    assert found
    assert found.forward is None


# --- what cannot be decided -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fn", "x"),
    [
        (jnp.abs, 0.0),  # a kink
        (lambda x: x * x, 0.0),  # a minimum, where nothing is relative
        (lambda x: jnp.sum(0 * x), point(3)),  # no slope at all
        (jnp.tanh, 15.0),  # so flat that the values are all roundings
    ],
)
def test_what_cannot_be_decided_is_no_agreement(fn, x):
    found = check_gradient(fn, x, key=KEYS[0])
    assert found.verdict == "undecided"
    assert not found


def test_a_check_is_true_exactly_when_it_agrees():
    numbers = (0.0, 1.0, 1.0, 1.0, None)
    assert [bool(Check(v, *numbers)) for v in ("agrees", "differs", "undecided")] == [1, 0, 0]


def test_the_same_key_gives_the_same_check():
    once, again, other = (check_gradient(ring, point(3), key=KEYS[k]) for k in (0, 0, 1))
    assert once == again != other


def test_the_slope_has_no_cancellation():
    x = point(1000)
    slopes = [check_gradient(ring, x, key=key).slope for key in KEYS]
    # The mean of |z| over normal z is sqrt(2/pi); a thousand terms scatter by some percent.
    expected = np.sqrt(2 / np.pi) * float(jnp.sum(jnp.abs(jax.grad(ring)(x) * x)))
    assert np.allclose(slopes, expected, rtol=0.2)


def test_the_bar_is_half_the_digits_where_differences_are_exact():
    found = check_gradient(lambda x: 3.0 * x, 1.0, key=KEYS[0])
    assert found.bar == pytest.approx(np.sqrt(unit_roundoff()) * found.slope, rel=1e-3)


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fn", [lambda x: x, lambda x: x[:1], lambda x: jax.lax.complex(*x[:2])])
def test_functions_of_several_outputs_are_refused(fn):
    with pytest.raises(ValueError, match=r"fn must return one real number, got fn\(x\)="):
        check_gradient(fn, point(3), key=KEYS[0])


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"gradient must have the structure and the shapes of x"):
        check_gradient(ring, point(3), key=KEYS[0], gradient=lambda x: x[:2])


def test_points_that_cannot_move_are_refused():
    with pytest.raises(TypeError, match=r"x must hold real floating-point numbers, got x=2"):
        check_gradient(lambda x: x, 2, key=KEYS[0])


@pytest.mark.parametrize("x", [{}, jnp.ones(0), [jnp.ones((2, 0))]])
def test_points_without_a_number_are_refused(x):
    with pytest.raises(ValueError, match=r"x must hold at least one number, got x="):
        check_gradient(lambda x: 0.0 * sum(map(jnp.sum, jax.tree.leaves(x))), x, key=KEYS[0])


@pytest.mark.parametrize(("fn", "x"), [(jnp.log, -1.0), (lambda x: 1 / x, 0.0)])
def test_values_that_are_not_finite_are_refused(fn, x):
    with pytest.raises(ValueError, match=r"fn must be finite at x, got fn\(x\)=Array\((nan|inf)"):
        check_gradient(fn, x, key=KEYS[0])


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16])
def test_formats_with_few_digits_cannot_decide(dtype):
    found = check_gradient(ring, point(3, dtype), key=KEYS[0])
    assert found.verdict == "undecided"
    assert found.forward == pytest.approx(found.slope, rel=0.02)


@pytest.mark.parametrize("x", [jnp.nan, jnp.inf, [1.0, jnp.array([0.0, -jnp.inf])]])
def test_points_that_are_not_finite_are_refused(x):
    with pytest.raises(ValueError, match=r"x must be finite, got x="):
        check_gradient(lambda _: 1.0, x, key=KEYS[0])


# --- where a right gradient is hard to confirm ----------------------------------------------------


def fit(dtype):
    rng = np.random.default_rng(0)
    A, b = rng.normal(size=(20, 5)), rng.normal(size=20)
    best = np.linalg.lstsq(A, b)[0]
    A, b = jnp.asarray(A, dtype), jnp.asarray(b, dtype)
    return jax.jit(lambda x: jnp.sum((A @ x - b) ** 2)), jnp.asarray(best, dtype)


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
@pytest.mark.parametrize("off", [0.0, 1e-12, 1e-6, 1e-3])
def test_a_gradient_that_is_all_rounding_is_not_blamed_near_a_minimum(dtype, off):
    fn, best = fit(dtype)
    found = [check_gradient(fn, best + dtype(off), key=key).verdict for key in KEYS]
    assert "differs" not in found
    if off == 0:
        assert set(found) == {"undecided"}


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_a_wrong_gradient_is_still_seen_at_some_distance_from_a_minimum(dtype):
    fn, best = fit(dtype)
    wrong = lambda x: 1.001 * jax.grad(fn)(x)  # noqa: E731
    found = [check_gradient(fn, best + dtype(0.3), key=key, gradient=wrong) for key in KEYS]
    assert [one.verdict for one in found] == ["differs"] * len(KEYS)


@pytest.mark.parametrize("off", [1e-2, 1e-4, 1e-5, 1e-7])
def test_a_kink_beside_the_point_is_no_fault_of_the_gradient(off):
    fn = jax.jit(lambda x: jnp.sum(jax.nn.relu(x - 1)))
    for x in (jnp.float32(1 + off), jnp.full(3, 1 + off)):
        assert "differs" not in [check_gradient(fn, x, key=key).verdict for key in KEYS]
    twice = lambda x: 2 * jax.grad(fn)(x)  # noqa: E731
    assert check_gradient(fn, jnp.full(3, 1 + off), key=KEYS[0], gradient=twice).verdict != "agrees"
