"""Fixed points: GMRES, published counts of the H-equation, roots by mpmath, and failures."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

from slopes.fixedpoint import CONVERGED, NOT_FINITE, OUT_OF_STEPS, anderson, picard, why

U = 2.0**-53
DOTTIE = float(mpmath.findroot(lambda x: mpmath.cos(x) - x, 0.7))  # cos(x) = x
TURN = np.array([[0.0, -1.0], [1.0, 0.0]])


def turning(x, factor):
    """A rotation by a right angle that stretches; Picard leaves from a factor of 1 on."""
    return factor * (TURN @ x)


def linear(n, radius, seed=0):
    """A map x -> M x + b with a given spectral radius, and a start."""
    rng = np.random.default_rng(seed)
    M = rng.normal(size=(n, n))
    M *= radius / np.abs(np.linalg.eigvals(M)).max()
    return M, rng.normal(size=n), rng.normal(size=n)


def gmres(M, b, x, k):
    """The k-th iterate of GMRES for (I - M) x = b: least squares over the Krylov space."""
    B = np.eye(len(b)) - M
    residual = b - B @ x
    basis = np.empty((len(b), k))
    basis[:, 0] = residual
    for i in range(k):
        for _ in range(2):  # twice, or the basis is not orthogonal to rounding
            basis[:, i] -= basis[:, :i] @ (basis[:, :i].T @ basis[:, i])
        basis[:, i] /= np.linalg.norm(basis[:, i])
        if i + 1 < k:
            basis[:, i + 1] = B @ basis[:, i]
    return x + basis @ np.linalg.lstsq(B @ basis, residual, rcond=None)[0]


# --- what is found --------------------------------------------------------------------------------


@pytest.mark.parametrize("search", [picard, anderson])
@pytest.mark.parametrize("start", [0.0, 1.0, 1e6])
def test_the_fixed_point_of_the_cosine_is_found_from_near_and_far(search, start):
    found = search(jnp.cos, start, tol=1e-12)
    assert bool(found.converged)
    assert int(found.reason) == CONVERGED
    # the residual is below tol, and the slope is -sin(0.739), so the error is smaller
    assert abs(float(found.value) - DOTTIE) < 1e-12
    assert abs(float(found.residual) - abs(math.cos(found.value) - float(found.value))) < 2 * U


def test_with_a_memory_of_one_a_number_is_found_by_the_secant_rule():
    points = [1.0, math.cos(1.0)]
    for _ in range(3):
        a, b = (math.cos(x) - x for x in points[-2:])
        points.append(points[-1] - b * (points[-1] - points[-2]) / (b - a))
    for steps, x in enumerate(points[1:], start=1):
        found = anderson(jnp.cos, 1.0, memory=4, tol=0.0, steps=steps)
        # the ridge is the root of the unit roundoff, and its square is what it changes
        assert abs(float(found.value) - x) < 8 * U


def test_evaluations_are_counted():
    calls = []
    with jax.disable_jit():
        found = anderson(lambda x: (calls.append(1), jnp.cos(x))[1], jnp.array([1.0, 0.3]))
    shaped = 1  # the map is traced once, to see what it returns
    assert len(calls) - shaped == int(found.evaluations) == int(found.iterations) + 1


@jax.jit
def turned(start, factor):
    """Both searches for the centre of a rotation."""
    return anderson(turning, start, factor, tol=1e-8), picard(turning, start, factor, steps=50)


@pytest.mark.parametrize("factor", [1.0, 1.1, 20.0])
@pytest.mark.parametrize("size", [1.0, 1e-200])
def test_a_rotation_from_which_picard_never_comes_back_takes_three_steps(factor, size):
    # The ridge has no unit: a problem 1e200 times smaller is solved in as many steps.
    start = size * np.array([1.0, 2.0])
    found, lost = turned(start, factor)
    assert bool(found.converged)
    assert int(found.iterations) == 3
    assert np.abs(found.value).max() <= 1e-8 * np.abs(start).max()
    assert not bool(lost.converged)
    assert int(lost.reason) == OUT_OF_STEPS


@pytest.mark.parametrize(("n", "radius"), [(8, 0.9), (20, 0.9), (20, 1.5), (50, 0.9)])
@pytest.mark.parametrize("k", [3, 6, 7])
def test_on_linear_maps_it_is_gmres_to_rounding(n, radius, k):
    M, b, x = linear(n, radius)
    found = anderson(
        lambda y: M @ y + b, x, memory=n, tol=0.0, steps=k + 1, growth=math.inf
    )  # fmt: skip
    expected = M @ gmres(M, b, x, k) + b
    # a sum of n products for each step, on both sides
    assert np.linalg.norm(found.value - expected) < n * (k + 1) * U * np.linalg.norm(expected)
    fewer = M @ gmres(M, b, x, k - 1) + b
    assert np.linalg.norm(found.value - fewer) > 1e-3 * np.linalg.norm(expected)


def test_a_cycle_between_restarts_is_gmres_from_where_the_last_one_ended():
    M, b, x = linear(20, 0.9)
    for _ in range(2):
        x = M @ gmres(M, b, x, 3) + b
    found = anderson(
        lambda y: M @ y + b, linear(20, 0.9)[2], memory=20, restart=3, tol=0.0, steps=8
    )  # fmt: skip
    assert np.linalg.norm(found.value - x) < 200 * U * np.linalg.norm(x)


def test_a_damped_step_of_picard_and_of_a_full_memory_are_what_their_formulas_say():
    x = np.array([1.0, 2.0])
    one = picard(turning, x, 0.5, damping=0.25, steps=1, tol=0.0)
    f = turning(x, 0.5) - x
    assert np.abs(one.value - (x + 0.25 * f)).max() < 4 * U
    two = anderson(turning, x, 0.5, damping=0.25, memory=1, steps=2, tol=0.0)
    y = x + 0.25 * f
    df = (turning(y, 0.5) - y) - f
    gamma = df @ (f + df) / (df @ df)
    mixed, left = y - gamma * (y - x), f + df - gamma * df
    assert np.abs(two.value - (mixed + 0.25 * left)).max() < 16 * U


# --- the H-equation -------------------------------------------------------------------------------


def h_equation(c, n=512):
    """Chandrasekhar's equation by the midpoint rule, as Toth and Kelley (2015) solve it."""
    mu = (np.arange(n) + 0.5) / n
    kernel = mu[:, None] / (2 * n * (mu[:, None] + mu[None, :]))
    return lambda h: 1.0 / (1.0 - c * (kernel @ h))


@partial(jax.jit, static_argnames="memory")
def brightness(c, memory):
    """The equation's solution from a start of ones."""
    return anderson(h_equation(c), np.ones(512), memory=memory)


# Evaluations until the residual is 1e-8 of the first: c, then one count for each memory.
PUBLISHED = [(0.5, (7, 6, 6)), (0.99, (11, 10, 10, 11, 12, 12)), (1.0, (21, 16, 17, 21, 27))]
COUNTS = [(c, m, count) for c, counts in PUBLISHED for m, count in enumerate(counts, start=1)]


@pytest.mark.parametrize(("c", "memory", "count"), COUNTS)
def test_the_h_equation_takes_as_many_evaluations_as_published(c, memory, count):
    found = brightness(c, memory=memory)
    assert bool(found.converged)
    assert int(found.evaluations) == count


def test_where_the_published_count_hangs_on_rounding_fewer_are_taken():
    # c = 1, memory 6: 38 is published. With a ridge at the roundoff, 33 to 43 by the last bit.
    assert 20 < int(brightness(1.0, memory=6).evaluations) <= 38


def test_picard_takes_75_evaluations_of_the_h_equation():
    assert int(picard(h_equation(0.99), np.ones(512)).evaluations) == 75


# --- failures -------------------------------------------------------------------------------------


def test_a_map_that_leaves_every_bound_is_answered_with_a_reason_and_a_finite_point():
    found = picard(lambda x: x * x, 2.0)
    assert int(found.reason) == NOT_FINITE
    assert not bool(found.converged)
    assert np.isfinite(found.value)
    assert np.isfinite(found.residual)


def test_a_map_that_is_not_finite_at_the_start_is_answered_at_once():
    found = anderson(lambda x: x / 0.0, 1.0)
    assert int(found.reason) == NOT_FINITE
    assert not bool(found.converged)
    assert float(found.value) == 1.0
    assert float(found.residual) == math.inf
    assert int(found.evaluations) == 1


@pytest.mark.parametrize("start", [math.inf, math.nan])
def test_a_start_that_is_not_finite_has_not_converged(start):
    found = anderson(lambda x: 0.5 * x, start)
    assert not bool(found.converged)
    assert int(found.reason) == NOT_FINITE


def test_a_step_out_of_the_domain_is_taken_back_and_replaced_by_one_of_picard():
    # From 3 and 2.2 the secant leads below 0, where the root is nan; Picard stays above 0.6.
    def g(x):
        return jnp.sqrt(x) * 0.6 + 0.6 + jnp.where(x > 2.5, 0.56, 0.0)

    found = anderson(g, 3.0, memory=1, growth=math.inf)
    assert bool(found.converged)
    assert abs(float(g(found.value)) - float(found.value)) < 1e-8
    second = anderson(g, 3.0, memory=1, steps=2, tol=0.0, growth=math.inf)
    first = anderson(g, 3.0, memory=1, steps=1, tol=0.0, growth=math.inf)
    # it was taken back, and is counted
    assert float(second.value) == float(first.value)
    assert int(second.evaluations) == 3


def test_a_step_that_lets_the_residual_grow_is_taken_back_only_if_asked():
    M, b, x = linear(20, 1.5)
    residuals = {
        growth: [
            float(anderson(lambda y: M @ y + b, x, tol=0.0, steps=k, growth=growth).residual)
            for k in range(1, 12)
        ]
        for growth in (1.0, math.inf)
    }
    kept = np.array(residuals[1.0])
    assert (np.diff(residuals[math.inf]) > 0).any()
    taken_back = np.flatnonzero(np.diff(kept) == 0)
    # never two in a row
    assert len(taken_back)
    assert (np.diff(taken_back) > 1).all()
    # what grew is a step of Picard's, the one after a step that was taken back
    assert set(np.flatnonzero(np.diff(kept) > 0)) <= {0} | set(taken_back + 1)


def test_a_start_at_the_fixed_point_and_a_zero_map_need_no_step():
    for found in (anderson(lambda x: x, 2.0), picard(lambda x: 0.0 * x, 0.0)):
        assert bool(found.converged)
        assert int(found.iterations) == 0
        assert float(found.residual) == 0


def test_a_start_within_rounding_counts_as_converged_whatever_the_tolerance():
    found = anderson(jnp.cos, DOTTIE, tol=0.0)
    assert bool(found.converged)
    assert int(found.iterations) <= 1
    assert int(picard(jnp.cos, 1.0, tol=0.0).reason) == CONVERGED


@pytest.mark.parametrize(("roundings", "counts_as_none"), [(4, True), (6, False)])
def test_a_residual_of_four_roundings_counts_as_none_and_one_of_six_does_not(
    roundings, counts_as_none
):
    found = picard(lambda x: x + roundings * U, 1.0, tol=0.0, steps=1)
    assert bool(found.converged) is counts_as_none


def test_where_gmres_stands_still_so_does_the_iteration_until_its_memory_is_spent():
    # x - Rx + b: every residual is perpendicular to its image under I - M = R
    def g(x):
        return x - TURN @ x + np.array([1.0, 0.0])

    for steps in (1, 2, 3):
        found = anderson(g, np.zeros(2), memory=2, steps=steps)
        assert np.abs(found.value - np.array([1.0, 0.0])).max() < 8 * U
    after = anderson(g, np.zeros(2), memory=2, steps=4)
    assert np.abs(after.value - np.array([2.0, -1.0])).max() < 8 * U


def test_a_small_residual_is_not_a_small_error():
    found = picard(lambda x: 0.999 * x + 0.001, 0.0, tol=1e-3, steps=10_000)
    error, residual = abs(float(found.value) - 1), float(found.residual)
    assert bool(found.converged)
    assert error == pytest.approx(residual / 0.001, rel=1e-6)
    assert error > 900 * residual


def test_reasons_have_words_and_others_are_refused():
    assert why(np.int64(OUT_OF_STEPS)) == why(1) == "the steps are used up"
    assert len({why(code) for code in (CONVERGED, OUT_OF_STEPS, NOT_FINITE)}) == 3
    with pytest.raises(ValueError, match=r"reason must be one of \[0, 1, 2\], got reason=7"):
        why(7)


# --- transformations ------------------------------------------------------------------------------


def test_trees_of_arrays_of_two_precisions_come_back_as_they_came():
    def g(x):
        return {"a": jnp.cos(x["b"].astype(float))[None], "b": (x["a"][0] / 2).astype(jnp.float32)}

    found = anderson(g, {"a": np.ones(1), "b": np.float32(2.0)}, tol=1e-6)
    assert found.value["a"].shape == (1,)
    assert found.value["a"].dtype == float
    assert found.value["b"].shape == ()
    assert found.value["b"].dtype == jnp.float32
    exact = float(mpmath.findroot(lambda a: mpmath.cos(a / 2) - a, 0.9))
    assert abs(float(found.value["a"][0]) - exact) < 2e-6


def test_single_precision_stays_single_and_reaches_its_own_rounding():
    found = anderson(lambda x, a: a * jnp.cos(x), 1.0, jnp.float32(1.0), tol=0.0)
    assert found.value.dtype == found.residual.dtype == jnp.float32
    assert bool(found.converged)
    assert abs(float(found.value) - DOTTIE) < 4 * 2.0**-24


def test_under_vmap_each_stops_by_itself():
    def search(factor):
        return anderson(turning, jnp.array([1.0, 2.0]), factor, memory=1, steps=9)

    factors = jnp.array([0.0, 0.01, 0.1, 1.0])
    together = jax.jit(jax.vmap(search))(factors)
    apart = [search(factor) for factor in factors]
    assert together.iterations.tolist() == [int(one.iterations) for one in apart]
    assert together.reason.tolist() == [int(one.reason) for one in apart]
    assert len(set(together.iterations.tolist())) >= 3
    assert np.abs(together.value - np.stack([one.value for one in apart])).max() < 16 * U


def test_the_second_call_compiles_nothing():
    traces = []

    @jax.jit
    def search(x):
        traces.append(1)
        return anderson(jnp.cos, x)

    search(1.0), search(2.0)
    assert len(traces) == 1


def test_forward_mode_works_and_lags_the_value():
    def solution(a, tol):
        return anderson(lambda x: a * jnp.cos(x), 1.0, tol=tol).value

    exact = math.cos(DOTTIE) / (1 + math.sin(DOTTIE))
    errors = {}
    for tol in (1e-3, 1e-12):
        value, slope = jax.jvp(lambda a, t=tol: solution(a, t), (1.0,), (1.0,))
        errors[tol] = abs(float(value) - DOTTIE), abs(float(slope) - exact)
    assert errors[1e-12][1] < 1e-9
    assert errors[1e-3][1] > 2 * errors[1e-3][0] > 0


def test_reverse_mode_is_refused_by_jax():
    with pytest.raises(ValueError, match="Reverse-mode differentiation does not work for"):
        jax.grad(lambda a: anderson(lambda x: a * jnp.cos(x), 1.0).value)(1.0)


def by_python(A, b):
    """A solver in the shape of one in a public introduction: a loop that stops by a Python `if`."""
    x = jnp.zeros_like(b)
    for _ in range(50):
        new = jnp.linalg.solve(A, b)
        if jnp.linalg.norm(new - x) < 1e-6:
            break
        x = new
    return x


def test_a_loop_that_stops_by_a_python_test_is_refused_by_jit_and_its_vector_by_grad():
    system = jnp.array([[2.0, 1.0], [1.0, 2.0]]), jnp.array([1.0, 2.0])
    assert np.abs(by_python(*system) - np.array([0.0, 1.0])).max() < 4 * U
    with pytest.raises(jax.errors.TracerBoolConversionError):
        jax.jit(by_python)(*system)
    with pytest.raises(TypeError, match="scalar-output"):
        jax.grad(by_python)(*system)


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "kind", "message"),
    [
        ({"memory": 0}, ValueError, "memory must be at least 1, got memory=0"),
        ({"memory": 2.0}, TypeError, "memory must be an int that is not traced, got memory=2.0"),
        ({"steps": True}, TypeError, "steps must be an int"),
        ({"steps": 0}, ValueError, "steps must be at least 1, got steps=0"),
        ({"restart": 0}, ValueError, "restart must be at least 1, got restart=0"),
        ({"tol": -1e-8}, ValueError, "tol must be at least 0 and finite, got tol=-1e-08"),
        ({"tol": math.nan}, ValueError, "tol must be at least 0 and finite, got tol=nan"),
        ({"tol": "1e-8"}, TypeError, "tol must be one real number, got tol='1e-8'"),
        ({"damping": 0.0}, ValueError, "damping must be positive and finite, got damping=0.0"),
        ({"ridge": 0.0}, ValueError, "ridge must be positive and finite, got ridge=0.0"),
        ({"growth": 0.5}, ValueError, "growth must be at least 1, got growth=0.5"),
    ],
)
def test_settings_out_of_range_are_named(settings, kind, message):
    with pytest.raises(kind, match=message):
        anderson(jnp.cos, 1.0, **settings)


@pytest.mark.parametrize(
    ("g", "x", "kind", "message"),
    [
        (jnp.cos, 1, TypeError, "x must hold real floating-point numbers, got x=1; write 2.0"),
        (jnp.cos, 1j, TypeError, "x must hold real floating-point numbers"),
        (jnp.cos, [], ValueError, r"x must hold at least one number, got x=\[\]"),
        (jnp.cos, np.ones(0), ValueError, "x must hold at least one number"),
        (lambda x: x[:1], np.ones(2), ValueError, r"g must return the shape \(2,\) of x, got"),
        (lambda x: (x, x), 1.0, TypeError, "g must return the structure"),
        (
            lambda x: x.astype(jnp.float32), np.ones(2), TypeError,
            "g must return the dtype float64 of x, got dtype=dtype.'float32'.",
        ),
    ],
)  # fmt: skip
def test_maps_and_starts_that_do_not_fit_are_named(g, x, kind, message):
    wrapped = (lambda y: jax.tree.map(g, y)) if isinstance(x, list) else g
    with pytest.raises(kind, match=message):
        anderson(wrapped, x)


def test_a_tolerance_may_be_traced():
    search = jax.jit(lambda tol: anderson(jnp.cos, 1.0, tol=tol).iterations)
    assert int(search(1e-2)) < int(search(1e-12))
