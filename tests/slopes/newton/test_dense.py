"""Roots and minima with the matrix: closed forms, doubled digits, and every reason to stop."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from slopes import newton

U = 2.0**-53


def s2(x):
    """S2's quadratic with its maximum at (3, 7), turned over."""
    return (x[0] - 3) ** 2 + (x[1] - 7) ** 2 + 0.5 * (x[0] - 3) * (x[1] - 7)


def valley(x):
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


# --- roots ----------------------------------------------------------------------------------------


def test_a_root_of_a_system_is_its_closed_form():
    def circle_and_line(x):
        return jnp.array([x[0] ** 2 + x[1] ** 2 - 2, x[0] - x[1]])

    found = newton.newton(circle_and_line, jnp.array([2.0, 0.5]), tol=1e-14)
    assert found.converged
    assert abs(found.value - 1).max() <= 1e-14  # tolerance over the least singular value, 1.4


def test_digits_double_with_each_step():
    errors = [
        abs(float(newton.newton(lambda x: x**2 - 2, 2.0, tol=0.0, steps=k).value) - 2**0.5)
        for k in (1, 2, 3, 4)
    ]
    for before, after in itertools.pairwise(errors):
        assert after / before**2 == pytest.approx(1 / 2**1.5, rel=0.2)  # f''/(2 f')


def test_a_start_from_which_the_plain_step_runs_away_is_held():
    found = newton.newton(jnp.arctan, 3.0)  # plain steps: 3, -9.5, 124, ...
    assert found.converged
    assert abs(found.value) < 1e-9
    assert found.evaluations > found.iterations + 1  # some were halved


def test_a_singular_jacobian_is_refused_where_it_is_met():
    found = newton.newton(lambda x: jnp.array([x[0] + x[1], x[0] + x[1] - 1]), jnp.ones(2))
    assert found.reason == newton.SINGULAR
    assert not found.converged
    assert found.value.tolist() == [1.0, 1.0]
    zero = newton.newton(lambda x: x * x - 2, 0.0)
    assert zero.reason == newton.SINGULAR
    assert zero.value == 0.0


def test_a_valley_without_a_root_stalls():
    found = newton.newton(lambda x: x * x + 2, 1.0)
    assert found.reason in (newton.STALLED, newton.SINGULAR)
    assert not found.converged
    assert found.residual >= 2.0


def test_a_tolerance_below_rounding_ends_at_rounding():
    found = newton.newton(lambda x: x**2 - 2, 1.0, tol=0.0)
    assert found.converged
    assert found.reason == newton.AT_ROUNDING
    assert abs(found.value - 2**0.5) <= 4 * U


def test_a_start_that_is_not_finite_and_too_few_steps_are_told():
    bad = newton.newton(lambda x: jnp.log(x), -1.0)
    assert bad.reason == newton.NOT_FINITE
    assert bad.residual == jnp.inf
    assert bad.value == -1.0
    assert newton.newton(lambda x: x**2 - 2, 1.0, steps=1).reason == newton.OUT_OF_STEPS


@pytest.mark.parametrize(
    ("fn", "start"),
    [
        (lambda x: jnp.sqrt(x) - 1, 0.0),
        (lambda x: jnp.stack([jnp.linalg.norm(x) - 1, x[0]]), [0.0, 0.0]),
    ],
)
def test_a_slope_that_is_infinite_or_nan_is_not_called_singular(fn, start):
    found = newton.newton(fn, jnp.array(start))
    assert found.reason == newton.NOT_FINITE
    assert found.value.tolist() == start


def test_a_small_unknown_beside_a_large_one_is_still_found():
    def fn(x):
        return jnp.stack([x[0] - 1e12, jnp.exp(1e6 * x[1]) - 3])

    found = newton.newton(fn, jnp.array([1e12, 0.0]), tol=1e-9)
    assert found.converged
    assert float(found.value[1]) == pytest.approx(1e-6 * np.log(3), rel=1e-9)


def test_results_of_another_precision_are_taken_in_that_of_the_point():
    wide, narrow = np.float64, np.float32
    for of_point, of_result in ((narrow, wide), (wide, narrow)):
        x = jnp.ones(2, of_point)
        root = newton.newton(lambda x, t=of_result: x.astype(t) ** 2 - t(2), x, tol=1e-6)
        least = newton.newton_minimum(lambda x, t=of_result: jnp.sum((x.astype(t) - t(2)) ** 2), x)
        for found, expected in ((root, 2**0.5), (least, 2.0)):
            assert found.converged
            assert found.value.dtype == of_point
            assert found.residual.dtype == of_point
            assert np.abs(found.value - expected).max() < 1e-6


def test_trees_arguments_jit_and_vmap():
    def fn(x, a):
        return {"p": x["p"] ** 2 - a, "q": x["q"] - x["p"]}

    a = jnp.array([2.0, 9.0])
    start = {"p": jnp.ones(2), "q": jnp.ones(2)}
    found = jax.jit(jax.vmap(lambda x, a: newton.newton(fn, x, a)))(start, a)
    assert found.converged.all()
    assert np.allclose(found.value["q"], np.sqrt(a), rtol=1e-9)


# --- minima ---------------------------------------------------------------------------------------


def test_one_step_solves_a_quadratic():
    found = newton.newton_minimum(s2, jnp.zeros(2))
    assert found.converged
    assert found.iterations == 1
    assert np.abs(np.asarray(found.value) - [3, 7]).max() <= 16 * U * 7


def test_rosenbrock_is_solved_whether_large_or_small():
    for scale in (1e-8, 1.0, 1e8):
        found = newton.newton_minimum(lambda x, s=scale: s * valley(x), jnp.array([-1.2, 1.0]))
        assert found.converged
        assert np.abs(found.value - 1).max() < 1e-6


def test_an_indefinite_start_goes_down():
    found = newton.newton_minimum(lambda x: jnp.cos(x[0]) + x[1] ** 2, jnp.array([0.1, 1.0]))
    assert found.converged
    assert np.allclose(found.value, [np.pi, 0], atol=1e-7)


def test_a_saddle_is_not_called_a_minimum():
    found = newton.newton_minimum(lambda x: x[0] ** 2 - x[1] ** 2, jnp.zeros(2))
    assert found.reason == newton.NEGATIVE_CURVATURE
    assert not found.converged


def test_a_saddle_whose_gradient_is_rounding_is_not_called_a_minimum():
    start = jnp.array([2 * np.pi, 0.0])  # the slope of the cosine there is 2e-16, not 0
    found = newton.newton_minimum(lambda x: jnp.cos(x[0]) + x[1] ** 2, start)
    assert found.reason == newton.NEGATIVE_CURVATURE
    assert not found.converged


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1e6])
def test_unknowns_in_other_units_take_the_same_single_step(scale):
    found = newton.newton_minimum(
        lambda x: (x[0] - 1) ** 2 + (scale * x[1] - 1) ** 2, jnp.zeros(2), tol=1e-14 * scale
    )
    assert found.iterations <= 3  # one, and what rounding leaves
    assert np.abs(found.value * np.array([1, scale]) - 1).max() < 1e-5


def test_a_saddle_with_a_weak_curvature_is_told_and_a_flat_valley_is_not_one():
    weak = newton.newton_minimum(lambda x: 1e10 * x[0] ** 2 - x[1] ** 2, jnp.zeros(2))
    assert weak.reason == newton.NEGATIVE_CURVATURE
    draw = np.random.default_rng(0)
    valley = jax.jit(
        lambda A: newton.newton_minimum(lambda x: jnp.sum((A @ x - 1) ** 2), jnp.zeros(6))
    )
    for _ in range(20):
        A = draw.normal(size=(3, 6))  # three directions without curvature, but for rounding
        found = valley(A)
        assert found.converged
        assert np.abs(A @ found.value - 1).max() < 1e-7
        assert np.abs(found.value).max() < 100


def test_a_promise_below_the_rounding_of_a_long_sum_is_not_halved():
    draw = np.random.default_rng(3)
    offsets, places = draw.normal(size=(2, 1000))

    def long_sum(x, scale):
        return jnp.sum(1e3 * offsets + jnp.cosh(scale * (x - places)))

    search = jax.jit(jax.vmap(lambda s: newton.newton_minimum(long_sum, 3.0, s, tol=1e-12)))
    found = search(jnp.linspace(0.5, 1, 300))
    assert found.converged.all()
    assert (found.evaluations <= found.iterations + 2).all()


def test_a_curvature_that_is_nan_is_not_called_singular():
    found = newton.newton_minimum(lambda x: (x - 1) ** 2 + jnp.abs(x) ** 1.5, 0.0)
    assert found.reason == newton.NOT_FINITE
    assert found.value == 0.0


def test_a_function_without_curvature_is_refused_unless_it_is_flat():
    line = newton.newton_minimum(lambda x: 2 * x, 1.0)
    assert line.reason == newton.SINGULAR
    assert line.value == 1.0
    level = newton.newton_minimum(lambda x: 0 * x, 1.0)
    assert level.converged


def test_a_minimum_at_the_edge_of_the_domain_keeps_its_value_finite():
    found = newton.newton_minimum(lambda x: jnp.sqrt(x), 1.0)
    assert jnp.isfinite(found.value)
    assert jnp.isfinite(found.residual)
    assert not found.converged


# --- errors that the chapter shows ----------------------------------------------------------------


def test_a_stopping_test_in_python_cannot_be_traced():
    @jax.jit
    def descend(x):
        while jnp.linalg.norm(jax.grad(valley)(x)) > 1e-3:
            x = x - 1e-3 * jax.grad(valley)(x)
        return x

    with pytest.raises(jax.errors.TracerBoolConversionError, match="traced"):
        descend(jnp.zeros(2))


def test_the_search_has_no_reverse_mode():
    with pytest.raises(ValueError, match=r"[Rr]everse-mode differentiation does not work"):
        jax.grad(lambda a: newton.newton(lambda x: x * x - a, 1.0).value)(2.0)


# --- arguments and words --------------------------------------------------------------------------


def test_bad_arguments_are_refused_with_the_rule():
    with pytest.raises(ValueError, match="fn must return as many numbers as x holds, 2, got 1"):
        newton.newton(lambda x: x[:1], jnp.ones(2))
    with pytest.raises(ValueError, match=r"fn must return one number, got shape=\(2,\)"):
        newton.newton_minimum(lambda x: x, jnp.ones(2))
    with pytest.raises(TypeError, match="fn must return a real floating-point number"):
        newton.newton_cg(lambda x: jnp.argmax(x), jnp.ones(2))
    with pytest.raises(TypeError, match=r"steps must be an integer that is not traced, got .*2\.0"):
        newton.newton(lambda x: x, 1.0, steps=2.0)
    with pytest.raises(ValueError, match="steps must be at least 1, got steps=0"):
        newton.newton(lambda x: x, 1.0, steps=0)
    with pytest.raises(TypeError, match=r"x must hold real .* got x=1; write 2.0 for 2"):
        newton.newton(lambda x: x, 1)


def test_every_code_has_its_words_and_no_other_has_any():
    assert len({newton.why(code) for code in range(7)}) == 7
    assert newton.why(jnp.array(newton.SINGULAR)) == newton.why(newton.SINGULAR)
    with pytest.raises(ValueError, match="reason must be one of"):
        newton.why(7)
