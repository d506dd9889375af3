"""Iterations: closed forms of two logistic orbits, period doublings, ln 2, and counted programs."""

import math

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopes import iterate

U = 2.0**-53
RELEASE = tuple(int(part) for part in jax.__version__.split(".")[:2])


def quadratic(x):
    """S2's map: fixed points 3, of slope 0.6, and 7, of slope 1.4."""
    return (x * x + 21) / 10


def logistic(x, a):
    return a * x * (1 - x)


def by_hand(x, a, steps):
    """The orbit in the same arithmetic, one number after the other."""
    points = [x]
    for _ in range(steps):
        points.append(a * points[-1] * (1 - points[-1]))
    return np.array(points)


# --- orbits ---------------------------------------------------------------------------------------


def at_two(x, k):
    """Closed form at a = 2: (1 - (1 - 2x)**(2**k)) / 2."""
    return (1 - (1 - 2 * x) ** (2**k)) / 2


def at_four(x, k):
    """Closed form at a = 4, where angles double: sin(2**k arcsin(sqrt(x)))**2."""
    with mpmath.workdps(60):
        return float(mpmath.sin(2**k * mpmath.asin(mpmath.sqrt(x))) ** 2)


EIGHT_AT_TWO = jax.jit(lambda x: iterate.orbit(logistic, x, 2.0, steps=8))
TWENTY_AT_FOUR = jax.jit(lambda x: iterate.orbit(logistic, x, 4.0, steps=20))


@given(st.floats(0.01, 0.99))
def test_an_orbit_at_a_equal_to_2_is_its_closed_form(x):
    found = EIGHT_AT_TWO(x)
    expected = [at_two(x, k) for k in range(9)]
    # each step adds a few roundings, and doubles what came before at most
    assert np.abs(np.asarray(found) - expected).max() <= 4 * 2**8 * U


@given(st.floats(0.01, 0.99))
def test_an_orbit_at_a_equal_to_4_is_its_closed_form_while_digits_last(x):
    found = np.asarray(TWENTY_AT_FOUR(x))
    expected = np.array([at_four(x, k) for k in range(21)])
    # a rounding of a step, 2u, grows by the slopes of the steps behind it, each 4 at most
    bounds = [2 * U * sum(4.0**j for j in range(k)) for k in range(21)]
    assert np.all(np.abs(found - expected) <= np.array(bounds) + 2 * U)


def test_an_orbit_in_single_and_in_double_precision_part_at_a_equal_to_4():
    start, steps = 0.3, 60
    wide = np.asarray(iterate.orbit(logistic, start, 4.0, steps=steps))
    narrow = iterate.orbit(logistic, jnp.float32(start), jnp.float32(4.0), steps=steps)
    assert narrow.dtype == jnp.float32
    apart = np.abs(wide - np.asarray(narrow, dtype=float)) > 0.1
    # 2**-24 grows by 2 a step in the mean, to 0.1 in 21 steps
    assert 16 <= apart.argmax() <= 28


def test_a_start_of_one_half_collapses_at_a_equal_to_4():
    assert iterate.orbit(logistic, 0.5, 4.0, steps=4).tolist() == [0.5, 1.0, 0.0, 0.0, 0.0]


def test_an_orbit_stays_on_a_repelling_fixed_point_as_the_written_map_does():
    # a loop that is written out leaves 7 in JAX 0.10: the compiler merges divisions of two steps
    for start in (7.0, -7.0):
        assert iterate.last(quadratic, start, steps=300) == 7.0
        assert np.all(np.asarray(iterate.orbit(quadratic, start, steps=300))[1:] == 7.0)


def test_a_written_out_loop_rounds_otherwise_in_the_older_release_only():
    def written_out(x):
        for _ in range(200):
            x = quadratic(x)
        return x

    stays = bool(jax.jit(written_out)(7.0) == 7.0)
    assert stays == (RELEASE >= (0, 12))


def test_the_last_point_of_an_orbit_is_last():
    x = np.array([0.1, 0.6])
    points = iterate.orbit(logistic, x, 3.7, steps=30)
    assert points.shape == (31, 2)
    assert np.array_equal(points[-1], iterate.last(logistic, x, 3.7, steps=30))
    assert np.array_equal(points[0], x)
    for column, start in zip(np.asarray(points).T, x, strict=True):
        assert np.abs(column[:8] - by_hand(start, 3.7, 7)).max() < 3.7**7 * U


def test_no_steps_leave_the_point():
    assert iterate.orbit(quadratic, 2.5, steps=0).tolist() == [2.5]
    assert iterate.last(quadratic, 2.5, steps=0) == 2.5


def test_complex_points_have_orbits():
    points = iterate.orbit(lambda z: z * z, 1j, steps=3)
    assert points.tolist() == [1j, -1, 1, 1]


def test_a_number_takes_the_precision_of_the_parameters():
    assert iterate.orbit(logistic, 0.3, jnp.float32(2.0), steps=2).dtype == jnp.float32


def test_what_the_map_takes_besides_the_point_reaches_it_as_it_is():
    def power(x, n, outer):
        return outer(x**n if n > 1 else x)  # a traced n would have no truth

    assert iterate.orbit(power, 0.5, 2, jnp.negative, steps=2).tolist() == [0.5, -0.25, -0.0625]
    assert iterate.orbit(lambda x, p: p["a"] * x, 0.5, {"a": 2.0}, steps=1).tolist() == [0.5, 1.0]


def test_a_number_of_numpy_is_a_number_of_steps():
    assert iterate.orbit(quadratic, 2.5, steps=np.int64(2)).shape == (3,)


def size(program):
    """Operations of a traced program, those of its loops included."""
    program = getattr(program, "jaxpr", program)
    inner = [p for eq in program.eqns for p in eq.params.values() if hasattr(p, "eqns")
             or hasattr(p, "jaxpr")]  # fmt: skip
    return len(program.eqns) + sum(map(size, inner))


@pytest.mark.parametrize("function", [iterate.orbit, iterate.last])
def test_the_traced_program_has_one_size_for_every_number_of_steps(function):
    def traced(steps):
        return size(jax.make_jaxpr(lambda x: function(quadratic, x, steps=steps))(1.0))

    def written_out(steps):
        def program(x):
            for _ in range(steps):
                x = quadratic(x)
            return x

        return size(jax.make_jaxpr(program)(1.0))

    assert 3 < traced(10) == traced(1000)
    assert written_out(1000) == 100 * written_out(10)  # the counter counts


def test_an_orbit_is_differentiated_both_ways():
    slopes = [
        derivative(lambda x: iterate.last(logistic, x, 2.0, steps=5))(0.3)
        for derivative in (jax.grad, jax.jacfwd)
    ]
    expected = 2**5 * (1 - 0.6) ** (2**5 - 1)  # of the closed form
    assert np.allclose(slopes, expected, rtol=64 * U)


# --- cobwebs --------------------------------------------------------------------------------------


def test_a_cobweb_goes_between_the_graph_and_the_diagonal():
    corners = np.asarray(iterate.cobweb(logistic, 0.2, 3.2, steps=6))
    assert corners.shape == (13, 2)
    on_diagonal, on_graph = corners[::2], corners[1::2]
    assert np.array_equal(on_diagonal[:, 0], on_diagonal[:, 1])
    assert np.array_equal(on_graph[:, 0], on_diagonal[:-1, 0])  # straight up or down
    assert np.array_equal(on_graph[:, 1], on_diagonal[1:, 1])  # straight across
    assert np.allclose(on_graph[:, 1], 3.2 * on_graph[:, 0] * (1 - on_graph[:, 0]), rtol=4 * U)


def test_a_cobweb_of_no_steps_is_a_point():
    assert iterate.cobweb(quadratic, 2.0, steps=0).tolist() == [[2.0, 2.0]]


# --- fixed points ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "value", "slope", "attracting"), [(0.0, 3.0, 0.6, True), (9.0, 7.0, 1.4, False)]
)
def test_both_fixed_points_of_the_quadratic_are_found(start, value, slope, attracting):
    found = iterate.fixed_point(quadratic, start)
    assert found.converged
    assert 1 < found.iterations < 10
    # rounding of the map, a few u times 7, over 1 - slope
    assert found.value == pytest.approx(value, abs=40 * U / abs(1 - slope))
    assert found.slope == pytest.approx(slope, rel=100 * U)
    assert found.residual < 40 * U
    assert bool(found.attracting) is attracting


TWO_CYCLE = jax.jit(lambda x, a: iterate.fixed_point(logistic, x, a, period=2))


@given(st.floats(3.05, 3.95))
def test_a_point_of_period_two_has_its_published_multiplier(a):
    start = (a + 1 - math.sqrt((a + 1) * (a - 3))) / (2 * a)
    found = TWO_CYCLE(start + 1e-3, a)
    assert found.value == pytest.approx(start, abs=1e-12)
    assert found.slope == pytest.approx(4 + 2 * a - a * a, abs=1e-10)
    assert bool(found.attracting) == (a < 1 + math.sqrt(6)) or abs(a - 1 - math.sqrt(6)) < 1e-9


def test_many_searches_are_one_call():
    starts = jnp.linspace(-10.0, 10.0, 21)
    found = jax.jit(jax.vmap(lambda x: iterate.fixed_point(quadratic, x)))(starts)
    assert found.value.shape == (21,)
    assert bool(found.converged[starts != 5.0].all())
    near = np.where(starts < 5, 3.0, 7.0)
    assert np.abs(found.value - near)[starts != 5.0].max() < 100 * U


def test_a_search_without_a_goal_says_so():
    found = iterate.fixed_point(lambda x: x * x + 1, 0.3)  # no real fixed point
    assert not found.converged
    assert found.iterations == 50
    assert not found.attracting
    far = iterate.fixed_point(quadratic, 5.0)  # the slope of f(x) - x is 0 there
    assert not far.converged


def test_a_search_that_was_cut_short_says_nothing_of_attraction():
    found = iterate.fixed_point(quadratic, 0.0, steps=1)
    assert abs(found.slope) < 1
    assert not found.converged
    assert not found.attracting


def test_at_a_bifurcation_half_the_digits_are_lost():
    found = iterate.fixed_point(lambda x: x - x * x, 0.3)  # slope 1 at its fixed point 0
    assert found.converged
    assert 1e-10 < abs(found.value) < 1e-7


@pytest.mark.parametrize("fn", [lambda x: x, lambda x: x - (x - 2) ** 2])
def test_a_search_that_starts_at_a_fixed_point_of_slope_1_stays_there(fn):
    found = iterate.fixed_point(fn, 2.0)  # the Newton step there is 0/0
    assert (found.value, found.slope, found.residual, found.iterations) == (2.0, 1.0, 0.0, 1)
    assert found.converged
    assert not found.attracting


@pytest.mark.parametrize("offset", [0.0, 0.1])
def test_a_search_is_differentiated_forwards_wherever_it_starts(offset):
    def found(a):
        return iterate.fixed_point(logistic, 1 - 1 / 2.5 + offset, a).value

    assert jax.jvp(found, (2.5,), (1.0,))[1] == pytest.approx(1 / 2.5**2, rel=64 * U)


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
def test_a_search_in_half_precision_stops(dtype):
    found = iterate.fixed_point(quadratic, dtype(2.0))
    assert found.value.dtype == dtype
    assert found.converged
    assert abs(float(found.value) - 3) <= 3 * float(jnp.finfo(dtype).eps)


def test_a_search_in_single_precision_stops():
    found = iterate.fixed_point(quadratic, jnp.float32(8.0))
    assert found.converged
    assert found.value == pytest.approx(7.0, rel=1e-6)


# --- Lyapunov exponents ---------------------------------------------------------------------------


def test_the_exponent_at_a_equal_to_4_is_log_2_within_its_error():
    found = iterate.lyapunov(logistic, 0.3, 4.0, keep=100_000)
    assert 0 < found.error < 0.005
    assert abs(found.exponent - math.log(2)) < 4 * found.error


def test_a_wrong_exponent_is_outside_of_the_error():
    found = iterate.lyapunov(logistic, 0.3, 3.99, keep=100_000)
    assert abs(found.exponent - math.log(2)) > 4 * found.error


EXPONENT = jax.jit(lambda a: iterate.lyapunov(logistic, 0.3, a, keep=2000))


@given(st.floats(3.05, 3.4))
def test_the_exponent_of_a_cycle_is_that_of_its_multiplier(a):
    found = EXPONENT(a)
    multiplier = abs(4 + 2 * a - a * a)
    if multiplier > 1e-3:
        assert found.exponent == pytest.approx(math.log(multiplier) / 2, abs=1e-9)


def test_the_exponent_of_the_tent_is_exact_at_every_point():
    found = iterate.lyapunov(lambda x: 1.5 * (0.5 - jnp.abs(x - 0.5)), 0.3, keep=20)
    assert found.exponent == pytest.approx(math.log(1.5), rel=4 * U)
    assert found.error <= 4 * U


def test_an_orbit_through_a_point_of_slope_0_has_the_exponent_minus_infinity():
    found = iterate.lyapunov(logistic, 0.5, 2.0)
    assert found == (-math.inf, math.inf)


@pytest.mark.parametrize("fn", [lambda x: x**3, lambda x: x * x - x**3 / 2])
def test_an_orbit_that_leaves_every_bound_has_the_exponent_infinity(fn):
    assert iterate.lyapunov(fn, 9.0) == (math.inf, math.inf)


# --- bifurcation diagrams -------------------------------------------------------------------------

DOUBLINGS = [3.0, 1 + math.sqrt(6), 3.544090359551, 3.564407266095]
"""Where the periods 2, 4, 8 and 16 are born: OEIS A086181 for the third."""


def periods(a, **counts):
    found = iterate.bifurcation(logistic, 0.3, jnp.asarray(a), **counts)
    return jax.vmap(iterate.period, in_axes=1)(found.values).tolist()


def test_periods_double_where_the_literature_says():
    counts = {"skip": 40_000, "keep": 128}
    below = periods(np.array(DOUBLINGS) - 1e-3, **counts)
    above = periods(np.array(DOUBLINGS) + 1e-3, **counts)
    assert below == [1, 2, 4, 8]
    assert above == [2, 4, 8, 16]


def test_period_three_begins_at_one_plus_the_root_of_eight():
    edge = 1 + math.sqrt(8)
    assert periods([edge - 1e-3, edge + 1e-3], skip=40_000, keep=128) == [0, 3]


def test_a_diagram_has_the_points_of_each_orbit_from_its_own_step_on():
    a = np.array([2.9, 3.3, 3.5])
    found = iterate.bifurcation(logistic, 0.3, a, skip=10, keep=5)
    assert np.array_equal(found.parameter, a)
    assert found.values.shape == (5, 3)
    for column, one in zip(np.asarray(found.values).T, a, strict=True):
        assert np.allclose(column, by_hand(0.3, one, 15)[11:], rtol=0, atol=3.5**15 * U)


def test_a_diagram_compiles_once():
    traced = []

    def counted(x, a):
        traced.append(a)
        return logistic(x, a)

    diagram = jax.jit(lambda a: iterate.bifurcation(counted, 0.3, a, skip=3, keep=3))
    diagram(jnp.linspace(3, 4, 5))
    first = len(traced)
    diagram(jnp.linspace(2, 3, 5))
    assert 0 < first == len(traced)


def test_a_row_that_does_not_repeat_has_no_period():
    assert iterate.period(jnp.arange(8.0), most=4) == 0


def test_the_least_period_is_told():
    assert iterate.period(jnp.array([1.0, 2.0] * 8), most=8) == 2
    assert iterate.period(jnp.array([1.0, 2.0, 1.0, 3.0] * 4), most=8) == 4


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: iterate.orbit(quadratic, 3, steps=2), TypeError,
         "x must be floating or complex, got x=3 of dtype int64. Write 3.0, not 3."),
        (lambda: iterate.orbit(quadratic, 3.0, steps=-1), ValueError,
         "steps must be at least 0, got steps=-1"),
        (lambda: iterate.last(quadratic, 3.0, steps=2.0), TypeError,
         "steps must be an int that is not traced, got steps=2.0"),
        (lambda: iterate.last(quadratic, 3.0, steps=True), TypeError, "got steps=True"),
        (lambda: jax.jit(lambda n: iterate.last(quadratic, 3.0, steps=n))(4), TypeError,
         "Name it in static_argnames, or close over it."),
        (lambda: iterate.orbit(lambda x: x[:1], jnp.ones(2), steps=2), ValueError,
         r"fn must return the shape \(2,\) of x, got fn\(x\).shape=\(1,\)"),
        (lambda: iterate.orbit(lambda x: x.astype(complex), jnp.ones(2), steps=2), TypeError,
         "fn must return the dtype float64 of x, got fn"),
        (lambda: iterate.orbit(lambda x: x.astype(int), 0.7, steps=2), TypeError,
         "fn must return the dtype float64 of x, got fn"),
        (lambda: iterate.orbit(lambda x: x > 0.5, 0.7, steps=2), TypeError,
         "fn must return the dtype float64 of x, got fn"),
        (lambda: iterate.orbit(lambda x: (x, x), 0.5, steps=2), TypeError,
         "fn must return one array, got fn.x. of type tuple"),
        (lambda: iterate.cobweb(quadratic, 1j, steps=2), TypeError, "x must be real, got x of"),
        (lambda: iterate.lyapunov(quadratic, jnp.ones(2)), ValueError,
         r"x must be one number, got x.shape=\(2,\). Map over many with jax.vmap."),
        (lambda: iterate.lyapunov(quadratic, 1.0, keep=19), ValueError, "keep must be at least 20"),
        (lambda: iterate.fixed_point(quadratic, 1.0, period=0), ValueError,
         "period must be at least 1, got period=0"),
        (lambda: iterate.fixed_point(quadratic, 1.0, steps=0), ValueError,
         "steps must be at least 1, got steps=0"),
        (lambda: iterate.bifurcation(logistic, 0.3, 3.5), ValueError,
         r"a must be a row of parameters, got a.shape=\(\)"),
        (lambda: iterate.bifurcation(logistic, 0.3, jnp.ones(2), keep=0), ValueError,
         "keep must be at least 1"),
        (lambda: iterate.period(jnp.ones(7), most=4), ValueError,
         r"points must be a row of at least twice most=4 points, got points.shape=\(7,\)"),
        (lambda: iterate.period(jnp.ones(8), most=4, tol=0.0), ValueError,
         "tol must be positive, got tol=0.0"),
    ],
)  # fmt: skip
def test_bad_input_is_told(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- errors that the chapter raises, and their cures ----------------------------------------------


def scanned(x, steps):
    return jax.lax.scan(lambda x, _: (quadratic(x), None), x, length=steps)[0]


def counted(x, steps):
    return jax.lax.fori_loop(0, steps, lambda _, x: quadratic(x), x)


def test_a_carry_that_changes_its_type_is_refused_and_a_float_is_not():
    with (
        jax.numpy_dtype_promotion("standard"),
        pytest.raises(TypeError, match="carry input and carry output must have equal types"),
    ):
        scanned(jnp.arange(3), 10)
    assert scanned(jnp.arange(3.0), 10).shape == (3,)


def test_a_traced_length_is_refused_and_a_static_one_is_not():
    with pytest.raises(jax.errors.ConcretizationTypeError, match="`length` argument to `scan`"):
        jax.jit(scanned)(3.0, 10)
    assert jax.jit(scanned, static_argnames="steps")(3.0, 10) == 3.0
    assert jax.jit(counted)(3.0, 10) == 3.0


def test_reverse_mode_refuses_a_loop_of_traced_length_and_forward_mode_does_not():
    with pytest.raises(ValueError, match="Reverse-mode differentiation does not work for"):
        jax.jit(jax.grad(counted))(3.0, 10)
    forward = jax.jit(lambda x, n: jax.jvp(lambda x: counted(x, n), (x,), (1.0,))[1])
    assert forward(3.0, 10) == pytest.approx(0.6**10, rel=40 * U)


def test_an_argument_without_the_mapped_axis_is_refused_and_a_shared_one_is_not():
    a = jnp.linspace(3.0, 4.0, 5)
    with pytest.raises(ValueError, match="its rank should be at least 1, but is only 0"):
        jax.vmap(logistic)(0.3, a)
    assert jax.vmap(logistic, in_axes=(None, 0))(0.3, a).shape == (5,)


def test_a_python_condition_is_refused_under_vmap():
    with pytest.raises(jax.errors.TracerBoolConversionError):
        jax.vmap(lambda x: x if x > 0 else -x)(jnp.ones(3))
