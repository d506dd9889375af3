"""Derivatives of solutions: closed forms, SymPy, elimination by hand, and folds that have none."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
import scipy.optimize
import sympy

from slopes.compare import agree
from slopes.fixedpoint import anderson, picard, why
from slopes.implicit import DENSE, fixed_point, linear_solve, minimum, root
from slopes.newton import SINGULAR
from slopes.products import check_gradient

U = 2.0**-53
TOL = 1e-13
# A residual of TOL leaves an error of TOL / (1 - rate) in the point, and one of twice its
# square in the slope; rates here are at most 0.8.
SLOPE = 64 * TOL


def draw(*shape, seed=0):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape))


def anomaly(e, M, solver=None):
    """Kepler's equation as a fixed point."""
    return fixed_point(lambda E, e, M: M + e * jnp.sin(E), M, e, M, solver=solver, tol=TOL).value


@cache
def both_modes(solver):
    """The slopes of E in forward and in reverse mode, compiled once for all points."""
    ways = [way(partial(anomaly, solver=solver), (0, 1)) for way in (jax.jacfwd, jax.jacrev)]
    return jax.jit(lambda e, M: [jnp.stack(way(e, M)) for way in ways])


def kepler_slopes(e, M):
    """Of E, with respect to e and M: closed forms at the exact E, by SciPy's bracketing."""
    E = scipy.optimize.brentq(lambda E: E - e * np.sin(E) - M, 0, 4, xtol=1e-15)
    return E, np.sin(E) / (1 - e * np.cos(E)), 1 / (1 - e * np.cos(E))


def layer(x, weights, b):
    return jnp.tanh(weights @ x + b)


def weights(n, gain=0.7):
    """A matrix of norm `gain`, so that the layer contracts."""
    W = draw(n, n)
    return gain * W / jnp.linalg.norm(W, 2)


# --- fixed points ---------------------------------------------------------------------------------


@pytest.mark.parametrize("e", [0.0, 0.3, 0.8])
@pytest.mark.parametrize("solver", [None, picard, anderson])
def test_keplers_slopes_are_the_closed_form_in_both_modes(e, solver):
    _, by_e, by_M = kepler_slopes(e, 1.2)
    for slopes in both_modes(solver)(e, 1.2):
        assert agree(slopes, [by_e, by_M], tol=SLOPE)


def test_second_and_third_derivatives_of_kepler_are_those_of_sympy():
    e, E = sympy.symbols("e E")
    slope = 1 / (1 - e * sympy.cos(E))
    second = sympy.diff(slope, E) * slope
    third = sympy.diff(second, E) * slope
    at = {e: 0.6, E: kepler_slopes(0.6, 1.2)[0]}
    by_M = jax.grad(partial(anomaly, 0.6))
    assert agree(jax.grad(by_M)(1.2), float(second.subs(at)), tol=2 * SLOPE)
    assert agree(jax.jacfwd(jax.jacrev(by_M))(1.2), float(third.subs(at)), tol=16 * SLOPE)


def test_mixed_second_derivatives_do_not_depend_on_the_order_of_modes():
    modes = jax.jacfwd, jax.jacrev
    orders = [outer(inner(anomaly, 0), 1) for outer in modes for inner in modes]
    ways = jax.jit(lambda e, M: [order(e, M) for order in orders])(0.6, 1.2)
    assert all(agree(way, ways[0], tol=2 * SLOPE) for way in ways)


def test_many_equations_at_once_under_jit_are_one_after_the_other():
    M = jnp.linspace(0.2, 3.0, 7)
    together = jax.jit(jax.vmap(jax.grad(anomaly, 1), (None, 0)))(0.7, M)
    assert agree(together, [kepler_slopes(0.7, float(m))[2] for m in M], tol=SLOPE)


def test_parameters_that_are_closed_over_count_as_parameters():
    def value(e):
        return fixed_point(lambda E: 1.2 + e * jnp.sin(E), 1.2, tol=TOL).value

    expected = kepler_slopes(0.6, 1.2)[1]
    assert agree(jax.grad(value)(0.6), expected, tol=SLOPE)
    assert agree(jax.jvp(value, (0.6,), (1.0,))[1], expected, tol=SLOPE)


def test_the_start_has_no_influence_on_the_solution():
    def value(start, e):
        return fixed_point(lambda E, e: 1.2 + e * jnp.sin(E), start, e, tol=TOL).value

    assert jax.grad(value)(0.5, 0.6) == 0.0


def test_a_layers_gradient_is_that_of_the_system_solved_by_elimination():
    W, b, w = weights(30), draw(30, seed=1), draw(30, seed=2)
    x = np.asarray(fixed_point(layer, jnp.zeros(30), W, b, tol=TOL).value)
    slope = 1 - np.asarray(x) ** 2
    adjoint = np.linalg.solve((np.eye(30) - slope[:, None] * W).T, w)
    by_W, by_b = jax.grad(
        lambda W, b: w @ fixed_point(layer, jnp.zeros(30), W, b, tol=TOL).value, (0, 1)
    )(W, b)
    assert agree(by_b, slope * adjoint, tol=SLOPE)
    assert agree(by_W, np.outer(slope * adjoint, x), tol=SLOPE)


def test_a_tree_of_which_only_one_part_knows_the_parameter_has_both_modes():
    def pair(x, a):
        return {"first": (x["second"] / 2,), "second": a + x["first"][0] / 2}

    def second(a):
        found = fixed_point(pair, {"first": (0.0,), "second": 0.0}, a, tol=TOL)
        return found.value["second"]

    assert agree(second(3.0), 4.0, tol=SLOPE)  # x = a + x / 4
    assert agree(jax.grad(second)(3.0), 4 / 3, tol=SLOPE)
    assert agree(jax.jvp(second, (3.0,), (1.0,))[1], 4 / 3, tol=SLOPE)


def test_the_named_result_of_the_solver_comes_back_with_its_integers():
    found, _ = jax.jvp(
        lambda e: fixed_point(lambda E: 1.2 + e * jnp.sin(E), 1.2, solver=picard, tol=TOL),
        (0.6,),
        (1.0,),
    )
    plain = picard(lambda E: 1.2 + 0.6 * jnp.sin(E), jnp.asarray(1.2), tol=TOL, steps=1000)
    assert type(found) is type(plain)
    for field in ("converged", "iterations", "reason"):
        assert getattr(found, field) == getattr(plain, field)
        assert getattr(found, field).dtype == getattr(plain, field).dtype
    assert agree(found.value, plain.value, tol=2 * U)


def test_a_search_that_fails_says_why():
    short = fixed_point(jnp.cos, 0.5, steps=3)
    assert (bool(short.converged), int(short.iterations)) == (False, 3)
    assert why(short.reason) == "the steps are used up"
    lost = fixed_point(lambda x: x**2, 3.0)
    assert not lost.converged
    assert why(lost.reason) == "the map returned a number that is not finite"
    flat = root(lambda x: x**2 + 1, 0.0)
    assert (bool(flat.converged), flat.value) == (False, 0.0)
    assert flat.reason == SINGULAR


def test_another_solver_is_asked_for_what_it_solves():
    asked = []

    def told(fn, x, *, tol, steps):
        asked.append((tol, steps))
        return picard(lambda _: fn(jnp.asarray(2.0)), x, tol=tol, steps=steps)

    assert root(lambda x: x - 1.5, 0.0, solver=told, tol=1e-5, steps=7).value == 0.5
    assert minimum(lambda x: 3 * (x - 1.5) ** 2, 0.0, solver=told).value == 0.75
    assert asked == [(1e-5, 7), (1e-10, 100)]


def test_the_error_of_a_gradient_is_within_ten_tolerances():
    W, b = weights(50, 0.8), draw(50, seed=1)
    slope = jax.jit(jax.grad(lambda b, tol: fixed_point(layer, b, W, b, tol=tol).value.sum()))
    exact = slope(b, 1e-15)
    for tol in (1e-4, 1e-7, 1e-10):
        assert agree(slope(b, tol), exact, tol=10 * tol)


def bytes_of_gradient(solver, *, constant):
    """Temporary memory of the gradient by b of w.x, for the layer with a thousand unknowns."""
    n, known = 1000, draw(1000)  # numbers that a program has to store

    def loss(b, W, w):
        found = fixed_point(layer, jnp.zeros(n), W, b, solver=solver)
        return (known if constant else w) @ found.value

    program = jax.jit(jax.grad(loss), keep_unused=True)
    compiled = program.lower(jnp.ones(n), jnp.ones((n, n)), jnp.ones(n)).compile()
    return compiled.memory_analysis().temp_size_in_bytes


def test_a_gradient_takes_the_memory_of_four_points_and_the_covector():
    assert bytes_of_gradient(None, constant=True) < 8000 * 4.1
    assert bytes_of_gradient(None, constant=False) < 8000 * 5.1


def test_the_loop_of_its_own_is_worth_its_memory():
    """The reason why `implicit` does not repeat by `picard`: it can take no step back."""
    assert bytes_of_gradient(picard, constant=True) > 1.5 * bytes_of_gradient(None, constant=True)


def test_the_loop_of_its_own_finds_what_picard_finds():
    W, b = weights(30), draw(30, seed=1)
    ours = fixed_point(layer, jnp.zeros(30), W, b, tol=1e-6)
    theirs = picard(layer, jnp.zeros(30), W, b, tol=1e-6)
    assert abs(int(ours.iterations) - int(theirs.iterations)) <= 1
    assert agree(ours.value, theirs.value, tol=1e-5)


def test_memory_does_not_grow_with_steps():
    W, b = weights(100), draw(100, seed=1)

    def bytes_of(steps):
        loss = lambda b: fixed_point(layer, b, W, b, tol=TOL, steps=steps).value.sum()  # noqa: E731
        return jax.jit(jax.grad(loss)).lower(b).compile().memory_analysis().temp_size_in_bytes

    assert bytes_of(10) == bytes_of(10_000)


def test_single_precision_stays_single_and_has_its_own_tolerance():
    cosine = lambda a: fixed_point(lambda x, a: jnp.cos(a * x), jnp.float32(0.5), a).value  # noqa: E731
    slope = jax.grad(cosine)(jnp.float32(1.0))
    x = 0.7390851332151607
    assert slope.dtype == jnp.float32
    assert agree(slope, -x * np.sin(x) / (1 + np.sin(x)), tol=64 * 2.0**-23)


# --- roots and minima -----------------------------------------------------------------------------


def test_a_roots_slopes_are_those_of_the_square_root():
    value = lambda a: root(lambda x, a: x**2 - a, 1.0, a).value  # noqa: E731
    slope = jax.grad(value)
    assert agree(slope(2.0), 0.5 * 2**-0.5, tol=SLOPE)
    assert agree(jax.grad(slope)(2.0), -0.25 * 2**-1.5, tol=SLOPE)
    assert agree(jax.jacfwd(jax.jacfwd(value))(2.0), -0.25 * 2**-1.5, tol=SLOPE)


@pytest.mark.parametrize("n", [DENSE // 2, 2 * DENSE], ids=["elimination", "GMRES"])
def test_a_roots_gradient_is_that_of_the_system_solved_by_elimination(n):
    A, b, w = weights(n), draw(n, seed=1), draw(n, seed=2)
    equations = lambda x, b: x + A @ jnp.sin(x) - b  # noqa: E731
    x = np.asarray(root(equations, jnp.zeros(n), b).value)
    jac = np.eye(n) + np.asarray(A) * np.cos(x)
    exact = np.linalg.solve(jac.T, w)
    solve = jax.jit(lambda b: root(equations, jnp.zeros(n), b).value)
    found = jax.grad(lambda b: w @ solve(b))(b)
    assert agree(found, exact, tol=1e-10)
    push = jax.jvp(solve, (b,), (w,))[1]
    assert agree(push, np.linalg.solve(jac, w), tol=1e-10)


def test_the_derivative_of_a_ridge_fit_is_the_closed_form():
    A, y = draw(12, 4), draw(12, seed=1)
    cost = lambda x, ridge: 0.5 * jnp.sum((A @ x - y) ** 2) + 0.5 * ridge * x @ x  # noqa: E731
    fit = jax.jit(lambda ridge: minimum(cost, jnp.zeros(4), ridge).value)
    inverse = np.linalg.inv(A.T @ A + 0.3 * np.eye(4))
    x = inverse @ A.T @ y
    first, second = -inverse @ x, 2 * inverse @ inverse @ x
    assert agree(fit(0.3), x, tol=1e-12)
    assert agree(jax.jacrev(fit)(0.3), first, tol=1e-11)
    assert agree(jax.jacfwd(jax.jacrev(fit))(0.3), second, tol=1e-10)


def test_a_minimum_inside_a_minimum_has_a_gradient():
    def inner(x, a):
        return minimum(lambda y, x, a: (y - x) ** 2 + a * y**2, 0.0, x, a).value  # x / (1 + a)

    outer = lambda a: minimum(lambda x, a: (inner(x, a) - 1) ** 2, 0.5, a).value  # noqa: E731
    found, slope = jax.jit(jax.value_and_grad(outer))(0.5)
    assert agree(found, 1.5, tol=1e-9)  # x = 1 + a
    assert agree(slope, 1.0, tol=1e-8)


# --- linear systems -------------------------------------------------------------------------------


def systems():
    """The ways to hand over a matrix."""
    return {
        "matrix": lambda A, b: linear_solve(A, b),
        "product": lambda A, b: linear_solve(lambda x, A: A @ x, b, A),
        "closed over": lambda A, b: linear_solve(lambda x: A @ x, b),
    }


@pytest.mark.parametrize("n", [4, 2 * DENSE])
@pytest.mark.parametrize("way", ["matrix", "product", "closed over"])
def test_gradients_of_a_linear_solve_are_the_two_formulas(n, way):
    solve = systems()[way]
    A, b, w = 3 * jnp.eye(n) + weights(n), draw(n, seed=1), draw(n, seed=2)
    by_A, by_b = jax.grad(lambda A, b: w @ solve(A, b).value, (0, 1))(A, b)
    adjoint, x = scipy.linalg.solve(A.T, w), scipy.linalg.solve(A, b)
    assert agree(by_b, adjoint, tol=1e-11)
    assert agree(by_A, -np.outer(adjoint, x), tol=1e-11)
    pushed = jax.jvp(lambda b: solve(A, b).value, (b,), (w,))[1]
    assert agree(pushed, scipy.linalg.solve(A, w), tol=1e-11)


def test_second_derivatives_of_a_linear_solve_are_right():
    scale = lambda s: linear_solve(lambda x, s: s * x, jnp.ones(3), s).value.sum()  # noqa: E731
    assert agree(jax.grad(jax.grad(scale))(2.0), 3 * 2 / 2.0**3, tol=16 * U)


def test_a_linear_system_of_trees_is_solved_with_both_modes():
    product = lambda x, a: {"u": a * x["u"] + x["v"], "v": x["v"]}  # noqa: E731
    u = lambda a: linear_solve(product, {"u": 3.0, "v": 1.0}, a).value["u"]  # noqa: E731
    assert agree(u(4.0), 0.5, tol=4 * U)
    assert agree(jax.grad(u)(4.0), -2 / 16, tol=8 * U)
    assert agree(jax.jvp(u, (4.0,), (1.0,))[1], -2 / 16, tol=8 * U)


def test_many_right_hand_sides_at_once_are_one_after_the_other():
    A, B = 3 * jnp.eye(5) + weights(5), draw(6, 5, seed=1)
    together = jax.jit(jax.vmap(lambda b: linear_solve(A, b).value))(B)
    assert agree(together, scipy.linalg.solve(A, B.T).T, tol=64 * U)


def test_nothing_on_the_right_has_the_solution_zero():
    found = linear_solve(jnp.eye(2), jnp.zeros(2))
    assert found.value.tolist() == [0.0, 0.0]
    assert found.converged
    assert found.residual == 0.0


# --- units, precision, kinds of parameters --------------------------------------------------------


@jax.jit
@jax.grad
def slope_in_units(a, of_equations, of_unknowns):
    equation = lambda x, a: of_equations * ((x / of_unknowns) ** 2 - a)  # noqa: E731
    return root(equation, of_unknowns, a).value / of_unknowns


@pytest.mark.parametrize("of_equations", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize("of_unknowns", [1e-12, 1.0, 1e12])
def test_a_derivative_does_not_depend_on_units(of_equations, of_unknowns):
    assert agree(slope_in_units(2.0, of_equations, of_unknowns), 0.5 * 2**-0.5, tol=1e-9)


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_a_linear_system_of_any_size_is_solved(size):
    ones = jnp.ones(2)
    assert agree(linear_solve(jnp.eye(2), size * ones).value, size * ones, tol=4 * U)
    assert agree(linear_solve(size * jnp.eye(2), size * ones).value, ones, tol=4 * U)


def test_unknowns_in_different_units_have_derivatives():
    # The Hessian is diagonal with entries 2 and 2e6.
    cost = lambda x, a: (x[0] - a) ** 2 + (1e3 * x[1] - 3) ** 2  # noqa: E731
    slope = jax.jacrev(lambda a: minimum(cost, jnp.zeros(2), a).value)(1.5)
    assert agree(slope, [1.0, 0.0], tol=8 * U)
    steep = jnp.diag(jnp.array([1.0, 1e20]))
    assert agree(linear_solve(steep, jnp.array([1.0, 0.0])).value, [1.0, 0.0], tol=4 * U)


def test_a_covector_of_any_size_has_its_gradient():
    slope = jax.jit(jax.grad(lambda M, size: size * anomaly(0.6, M)))
    for size in (1e-200, 1.0, 1e200):
        assert agree(slope(1.2, size) / size, kepler_slopes(0.6, 1.2)[2], tol=SLOPE)


def test_a_python_start_takes_the_precision_of_the_parameters():
    two = jnp.float32(2.0)
    found = (
        fixed_point(lambda x, a: jnp.cos(x) / a, 0.5, two),
        root(lambda x, a: x**2 - a, 1.0, two),
        minimum(lambda x, a: (x - a) ** 2, 1.0, two),
    )
    assert {one.value.dtype for one in found} == {jnp.dtype("float32")}
    assert all(one.converged for one in found)


def test_integers_keys_and_dictionaries_are_parameters():
    def value(p, key):
        shift = lambda x, p, key: jnp.cos(p["a"] * x) / p["n"] + jax.random.uniform(key)  # noqa: E731
        return fixed_point(shift, 0.5, p, key, tol=TOL).value

    key = jax.random.key(0)
    slope = jax.grad(value, allow_int=True)({"a": 1.0, "n": 2}, key)["a"]
    x = float(value({"a": 1.0, "n": 2}, key))
    assert agree(slope, -x * np.sin(x) / (2 + np.sin(x)), tol=SLOPE)


def test_a_traced_tolerance_is_a_tolerance():
    found = jax.vmap(lambda tol: fixed_point(jnp.cos, 0.5, tol=tol).iterations)(
        jnp.array([1e-3, 1e-8])
    )
    assert found[0] < found[1]


# --- where there is no derivative -----------------------------------------------------------------


@pytest.mark.parametrize("way", ["matrix", "product"])
def test_a_singular_matrix_is_not_solved(way):
    found = systems()[way](jnp.ones((2, 2)), jnp.array([1.0, 0.0]))
    assert not found.converged
    assert np.isnan(found.value).all()


def test_a_matrix_without_a_digit_to_believe_is_not_solved():
    assert not linear_solve(jnp.asarray(scipy.linalg.hilbert(13)), draw(13)).converged
    assert linear_solve(jnp.asarray(scipy.linalg.hilbert(6)), draw(6)).converged


def test_a_system_that_gmres_cannot_solve_is_not_solved():
    n = 2 * DENSE
    shift = lambda x: x - jnp.mean(x)  # noqa: E731
    assert not linear_solve(shift, jnp.ones(n)).converged


def test_the_slope_at_a_fold_is_nan_and_the_value_is_not():
    double = lambda a: root(lambda x, a: x**2 - a, 1.0, a).value  # noqa: E731
    assert np.isfinite(double(0.0))
    assert np.isnan(jax.grad(double)(0.0))
    tangent = lambda a: fixed_point(lambda x, a: x**2 + a, 0.3, a, tol=1e-8, steps=10**5)  # noqa: E731
    assert tangent(0.25).converged
    slope = jax.jit(jax.grad(lambda a: tangent(a).value))
    assert np.isnan(slope(0.25))
    assert agree(slope(0.16), 1 / 0.6, tol=1e-6)


def test_a_gradient_whose_own_solve_is_too_short_is_nan():
    # The value is found at once, since the start is the solution; the slope takes more steps.
    stuck = lambda a: fixed_point(lambda x, a: 0.9 * x + a, 0.0, a, steps=5)  # noqa: E731
    assert stuck(0.0).converged
    assert np.isnan(jax.grad(lambda a: stuck(a).value)(0.0))


@pytest.mark.parametrize("start", [jnp.zeros(2), jnp.array([1.0, 0.0])])
def test_a_saddle_is_no_minimum_and_has_no_derivative(start):
    saddle = lambda x, a: (x[0] - a) ** 2 - x[1] ** 2  # noqa: E731
    assert not minimum(saddle, start, 1.0).converged
    slope = jax.jacfwd(lambda a: minimum(saddle, start, a).value)(1.0)
    assert np.isnan(slope).all()


def test_a_negative_curvature_below_rounding_is_not_told_from_a_flat_direction():
    # The floor is 16 n = 32 roundings of the largest, 7e-15: see the notes of `minimum`.
    saddle = lambda x, small: x[0] ** 2 - small * x[1] ** 2  # noqa: E731
    ended = jax.jit(lambda small: minimum(saddle, jnp.zeros(2), small).converged)
    assert not ended(1e-13)
    assert ended(1e-16)


def test_a_valley_of_minima_has_no_derivative():
    valley = lambda x, a: (x.sum() - a) ** 2  # noqa: E731
    assert np.isnan(jax.jacrev(lambda a: minimum(valley, jnp.zeros(2), a).value)(1.0)).all()


def test_the_loop_of_its_own_has_the_derivative_at_the_point_where_it_stopped():
    # A start that is far away takes 66 halvings, and the linear system half as many.
    half = lambda a, solver: fixed_point(lambda x, a: x / 2 + a, 1e10, a, solver=solver, steps=50)  # noqa: E731
    assert not half(1.0, None).converged
    assert agree(jax.grad(lambda a: half(a, None).value)(1.0), 2.0, tol=1e-9)
    assert np.isnan(jax.grad(lambda a: half(a, picard).value)(1.0))


def test_a_point_that_is_no_solution_has_no_derivative():
    # One step of Newton's method from 1 to 1.5: the equation is off by 0.25.
    early = lambda a: root(lambda x, a: x**2 - a, 1.0, a, steps=1)  # noqa: E731
    assert not early(2.0).converged
    assert np.isnan(jax.grad(lambda a: early(a).value)(2.0))
    short = lambda a: fixed_point(lambda x, a: jnp.cos(a * x), 0.5, a, solver=anderson, steps=2)  # noqa: E731
    assert not short(1.0).converged
    assert np.isnan(jax.grad(lambda a: short(a).value)(1.0))


def test_a_root_of_higher_order_has_no_derivative_though_the_search_converges():
    for power in (2, 3):
        multiple = lambda a, p=power: root(lambda x, a: (x - a) ** p, 1.0, a)  # noqa: E731
        assert multiple(0.0).converged
        assert np.isnan(jax.grad(lambda a, m=multiple: m(a).value)(0.0))


def test_what_is_not_a_number_is_not_a_solution():
    for found in (
        fixed_point(lambda x, a: jnp.cos(a * x), 0.5, jnp.nan),
        fixed_point(jnp.cos, jnp.nan),
        root(lambda x, a: x - a, 1.0, jnp.nan),
        linear_solve(jnp.eye(2), jnp.array([jnp.nan, 1.0])),
        linear_solve(jnp.array([[jnp.nan, 1.0], [0.0, 1.0]]), jnp.ones(2)),
    ):
        assert not found.converged
    assert np.isnan(jax.grad(anomaly)(jnp.nan, 1.2))


# --- what is refused ------------------------------------------------------------------------------


def test_a_start_of_integers_is_refused():
    with pytest.raises(TypeError, match=r"x0 must hold real floating-point numbers, got x0=1"):
        fixed_point(jnp.cos, 1)
    with pytest.raises(TypeError, match=r"b must hold real floating-point numbers"):
        linear_solve(jnp.eye(2), jnp.array([1, 2]))
    with pytest.raises(TypeError, match=r"matrix must hold real floating-point numbers"):
        linear_solve(jnp.eye(2, dtype=int), jnp.ones(2))


@pytest.mark.parametrize("tol", [0.0, -1.0, 1.0, float("nan")])
def test_a_tolerance_that_is_none_is_refused(tol):
    with pytest.raises(ValueError, match=r"tol must be between 0 and 1, got tol="):
        fixed_point(jnp.cos, 1.0, tol=tol)


def test_a_function_that_returns_another_kind_is_refused():
    with pytest.raises(ValueError, match=r"g must return the structure, shapes and dtypes"):
        fixed_point(lambda x: x[:1], jnp.ones(2))
    with pytest.raises(ValueError, match=r"g must return the structure, shapes and dtypes"):
        fixed_point(lambda x: (x, x), 1.0)
    with pytest.raises(ValueError, match=r"fn must return the structure, shapes and dtypes"):
        root(lambda x: x.sum(), jnp.ones(2))
    with pytest.raises(ValueError, match=r"matrix must return the structure, shapes and dtypes"):
        linear_solve(lambda x: x[:1], jnp.ones(2))


@pytest.mark.parametrize("shape", [(2, 3), (3, 3), (2,)])
def test_a_matrix_that_does_not_fit_is_refused(shape):
    with pytest.raises(ValueError, match=r"matrix must be square and fit b, got shapes"):
        linear_solve(jnp.ones(shape), jnp.ones(2))


@pytest.mark.parametrize("tol", ["small", True])
def test_a_tolerance_of_another_type_is_refused(tol):
    with pytest.raises(TypeError, match=r"tol must be one real number, got tol="):
        fixed_point(jnp.cos, 1.0, tol=tol)


@pytest.mark.parametrize("steps", [True, 2.5])
def test_steps_that_are_no_count_are_refused(steps):
    with pytest.raises(TypeError, match=r"steps must be an int that is not traced, got steps="):
        fixed_point(jnp.cos, 1.0, steps=steps)


def test_no_steps_are_refused():
    with pytest.raises(ValueError, match=r"steps must be at least 1, got steps=0"):
        fixed_point(jnp.cos, 1.0, steps=0)


@pytest.mark.parametrize("x0", [(), jnp.zeros(0)])
def test_a_start_without_numbers_is_refused(x0):
    for find in (fixed_point, root, minimum):
        with pytest.raises(ValueError, match=r"x0 must hold at least one number"):
            find(lambda x: x, x0)


def test_a_function_of_more_outputs_has_no_minimum():
    with pytest.raises(TypeError, match=r"fn must return one real floating-point number, got"):
        minimum(lambda x: x, jnp.zeros(2))
    with pytest.raises(TypeError, match=r"fn must return one real floating-point number, got"):
        minimum(lambda x: (x, x), 1.0)
    with pytest.raises(TypeError, match=r"fn must return one real floating-point number, got"):
        minimum(lambda _: 1, 1.0)


def test_a_solver_that_says_nothing_of_its_end_is_refused():
    def silent(_, x, *, tol, steps):
        return x, tol, steps

    with pytest.raises(TypeError, match=r"solver must return a named tuple with the fields"):
        root(lambda x: x, 1.0, solver=silent)
    with pytest.raises(TypeError, match=r"solver must return a named tuple with the fields"):
        fixed_point(jnp.cos, 1.0, solver=silent)


def test_parameters_beside_a_matrix_are_refused():
    with pytest.raises(ValueError, match=r"theta must be empty beside a matrix, got theta="):
        linear_solve(jnp.eye(2), jnp.ones(2), 3.0)


def test_a_product_that_is_not_linear_is_refused():
    with pytest.raises(ValueError, match=r"matrix must be linear in its first argument"):
        linear_solve(lambda x: x**2, jnp.ones(2))


def test_a_product_with_an_offset_has_no_solution():
    # It has a transpose, so that JAX alone solves it, with (1, 1) / 4 as the answer.
    found = linear_solve(lambda x: 2 * x + 1, jnp.ones(2))
    assert not found.converged
    assert np.isnan(found.value).all()


# --- negative controls ----------------------------------------------------------------------------


def test_a_gradient_that_forgets_the_solutions_own_part_is_caught():
    @jax.jit
    def truncated(b):
        """The last step alone: what is left if the adjoint system is never solved."""
        W = weights(8)
        x = jax.lax.stop_gradient(fixed_point(layer, jnp.zeros(8), W, b, tol=TOL).value)
        return layer(x, W, b).sum()

    @jax.jit
    def whole(b):
        return fixed_point(layer, jnp.zeros(8), weights(8), b, tol=TOL).value.sum()

    b = draw(8, seed=1)
    assert check_gradient(whole, b, key=jax.random.key(0)).verdict == "agrees"
    wrong = check_gradient(whole, b, key=jax.random.key(0), gradient=jax.grad(truncated))
    assert wrong.verdict == "differs"


# --- errors that the chapter shows, and what JAX cannot do ----------------------------------------


def test_a_loop_until_a_test_holds_has_no_reverse_mode():
    search = lambda a: jax.lax.while_loop(lambda x: x > a, lambda x: x / 2, a + 8.0)  # noqa: E731
    with pytest.raises(ValueError, match="Reverse-mode differentiation does not work"):
        jax.grad(search)(1.0)


def only_backwards():
    """A square root by a loop, with a rule for reverse mode."""

    def search(a):
        step = lambda x: 0.5 * (x + a / x)  # noqa: E731
        return jax.lax.while_loop(lambda x: jnp.abs(x * x - a) > TOL, step, a)

    solution = jax.custom_vjp(search)
    solution.defvjp(lambda a: (search(a),) * 2, lambda x, w: (0.5 * w / x,))
    return solution


def test_a_rule_for_reverse_mode_alone_has_no_forward_mode():
    assert agree(jax.grad(only_backwards())(4.0), 0.25, tol=SLOPE)
    with pytest.raises(TypeError, match="forward-mode"):
        jax.jvp(only_backwards(), (4.0,), (1.0,))


def test_a_rule_for_reverse_mode_alone_is_differentiated_again_by_walking_through_the_search():
    assert agree(jax.hessian(only_backwards())(4.0), -1 / 32, tol=1e-6)
    with pytest.raises(ValueError, match="Reverse-mode differentiation does not work"):
        jax.grad(jax.grad(only_backwards()))(4.0)


def test_custom_root_of_the_older_release_cannot_differentiate_past_an_integer():
    """The reason why `implicit` lets integers pass as floating-point numbers."""

    def value(a, count):
        found, _ = jax.lax.custom_root(
            lambda x: x - a, 0.0, lambda f, x: (x - f(x), count), lambda _, b: b, has_aux=True
        )
        return found

    assert jax.grad(value)(3.0, 7.0) == 1.0
    if jax.__version_info__ < (0, 12):
        with pytest.raises(TypeError, match="float0"):
            jax.grad(value)(3.0, 7)
    else:
        assert jax.grad(value)(3.0, 7) == 1.0


def test_custom_linear_solve_cannot_be_transposed_where_a_part_is_constant():
    """The reason why `implicit` makes one vector of a tree."""

    def value(a):
        def tangent(linear, b):
            solve = lambda _, b: (b[0], b[0] + b[1])  # noqa: E731
            return jax.lax.custom_linear_solve(linear, b, solve, solve)

        equations = lambda x: (x[0] - a, x[1] - x[0])  # noqa: E731
        found = jax.lax.custom_root(equations, (0.0, 0.0), lambda _, x: (x[0] + a, a), tangent)
        return found[1]

    assert jax.jvp(value, (3.0,), (1.0,)) == (3.0, 1.0)
    with pytest.raises(AssertionError):
        jax.grad(value)(3.0)
