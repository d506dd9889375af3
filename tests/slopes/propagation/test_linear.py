"""First order: the matrix goes through the Jacobian, and correlations stay."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from slopes import propagation
from slopes.products import jacobian
from slopes.propagation import factor, propagate, propagate_diagonal, propagate_factor

U = 2.0**-53
A = np.array([[1.0, -2.0, 0.5], [0.0, 3.0, 1.0]])
COV = np.array([[0.04, 0.01, 0.0], [0.01, 0.09, -0.02], [0.0, -0.02, 0.16]])


def polar(x):
    return jnp.stack([x[0] * jnp.cos(x[1]), x[0] * jnp.sin(x[1])])


def test_a_linear_map_takes_its_covariance_exactly():
    found = propagate(lambda x: jnp.asarray(A) @ x, jnp.array([1.0, 2.0, 3.0]), jnp.asarray(COV))
    exact = [[sum(A[i, a] * COV[a, b] * A[j, b] for a in range(3) for b in range(3))
              for j in range(2)] for i in range(2)]  # fmt: skip
    assert np.allclose(found.cov, exact, rtol=0, atol=8 * U)
    assert np.allclose(found.value, A @ [1, 2, 3], rtol=0, atol=8 * U)
    assert np.allclose(found.error, np.sqrt(np.diag(exact)), rtol=8 * U, atol=0)


def test_the_school_formula_holds_for_an_efficiency():
    s, b, ds, db = 40.0, 10.0, 3.0, 2.0
    cov = jnp.diag(jnp.array([ds, db]) ** 2)
    found = propagate(lambda x: x[0] / (x[0] + x[1]), jnp.array([s, b]), cov)
    assert float(found.error) == pytest.approx(np.hypot(b * ds, s * db) / (s + b) ** 2, rel=8 * U)


def test_the_difference_of_a_quantity_with_itself_has_no_spread():
    found = propagate(lambda x: jnp.sin(x[0]) - jnp.sin(x[0]), jnp.array([0.7]), jnp.eye(1))
    assert (float(found.value), float(found.error)) == (0.0, 0.0)
    twice = propagate(lambda x: jnp.stack([x[0] ** 2, x[0] * x[0]]), jnp.ones(2), jnp.eye(2))
    again = propagate(lambda y: y[0] - y[1], twice.value, twice.cov)
    assert float(again.error) == 0.0


def test_two_inputs_that_are_one_quantity_cancel():
    s = jnp.array([0.3, 0.7])
    found = propagate(lambda x: x[0] / 0.3 - x[1] / 0.7, jnp.ones(2), jnp.outer(s, s))
    assert float(found.error) <= np.sqrt(8 * U)  # a root of what rounding leaves of 1 - 1
    L = factor(jnp.outer(s, s))
    factored = propagate_factor(lambda x: x[0] / 0.3 - x[1] / 0.7, jnp.ones(2), L)
    assert float(factored.error) <= 4 * U


def test_two_steps_are_the_step_of_the_composition():
    mean, cov = jnp.array([2.0, 0.5]), jnp.array([[0.01, 0.004], [0.004, 0.02]])

    def outer(y):
        return {"sum": y[0] + y[1], "ratio": y[0] / y[1]}

    first = propagate(polar, mean, cov)
    second = propagate(outer, first.value, first.cov)
    once = propagate(lambda x: outer(polar(x)), mean, cov)
    assert np.allclose(second.cov, once.cov, rtol=32 * U, atol=0)
    assert second.cov.shape == (2, 2)
    assert set(second.error) == {"sum", "ratio"}


def test_polar_coordinates_turn_the_ellipse():
    r, phi, sr, sp = 2.0, 0.7, 0.1, 0.3
    found = propagate(polar, jnp.array([r, phi]), jnp.diag(jnp.array([sr, sp]) ** 2))
    turn = np.array([[np.cos(phi), -np.sin(phi)], [np.sin(phi), np.cos(phi)]])
    exact = turn @ np.diag([sr**2, (r * sp) ** 2]) @ turn.T
    assert np.allclose(found.cov, exact, rtol=16 * U, atol=U)


def test_the_three_forms_agree_where_all_apply():
    mean, variance = jnp.array([2.0, 0.5]), jnp.array([0.04, 0.09])
    whole = propagate(polar, mean, jnp.diag(variance))
    alone = propagate_diagonal(polar, mean, variance)
    columns = propagate_factor(polar, mean, jnp.diag(jnp.sqrt(variance)))
    for found in (alone, columns):
        assert np.allclose(found.error, whole.error, rtol=16 * U, atol=0)
        assert np.array_equal(found.value, whole.value)
    assert np.allclose(alone.variance, alone.error**2, rtol=4 * U)
    assert np.allclose(columns.factor @ columns.factor.T, whole.cov, rtol=16 * U, atol=U)


def test_a_negative_variance_of_rounding_counts_as_zero():
    rng = np.random.default_rng(0)
    for _ in range(200):
        s = jnp.asarray(rng.uniform(0.1, 3, 3))
        found = propagate(lambda x, s=s: x[0] / s[0] + x[1] / s[1] - 2 * x[2] / s[2],
                          jnp.ones(3), jnp.outer(s, s))  # fmt: skip
        assert np.isfinite(found.error)


def test_units_do_not_matter():
    unit = jnp.array([1e-9, 1e9])
    mean, cov = jnp.array([3.0, 2.0]), jnp.array([[0.01, -0.015], [-0.015, 0.04]])
    plain = propagate(lambda x: x[0] * x[1], mean, cov)
    scaled = propagate(lambda x: x[0] * x[1], mean * unit, cov * jnp.outer(unit, unit))
    assert np.allclose(scaled.error, plain.error, rtol=8 * U, atol=0)


def test_a_number_has_a_variance_and_a_matrix_four_axes():
    number = propagate(jnp.sin, 0.5, 0.01)
    assert number.cov.shape == number.error.shape == ()
    assert float(number.error) == pytest.approx(0.1 * np.cos(0.5), rel=4 * U)
    cov = jnp.eye(4).reshape(2, 2, 2, 2)
    square = propagate(lambda x: x @ x, jnp.eye(2), cov)
    assert square.cov.shape == (2, 2, 2, 2)
    assert np.array_equal(square.error, jnp.full((2, 2), 2.0))
    one = propagate_factor(lambda x: x @ x, jnp.eye(2), jnp.eye(4).reshape(2, 2, 4))
    assert one.factor.shape == (2, 2, 4)
    assert np.array_equal(one.error, square.error)


def test_trees_go_in_and_come_out():
    mean = {"mass": jnp.array(2.0), "speed": jnp.array([3.0, 4.0])}
    cov = jnp.diag(jnp.array([0.01, 0.04, 0.09]))

    def fn(p):
        return {"momentum": p["mass"] * p["speed"], "mass": p["mass"]}

    found = propagate(fn, mean, cov)
    # in the order of the names: mass, then the momentum
    by_hand = np.array([[1.0, 0, 0], [3, 2, 0], [4, 0, 2]])
    exact = by_hand @ np.asarray(cov) @ by_hand.T
    assert np.allclose(found.cov, exact, rtol=8 * U, atol=U)
    assert np.allclose(found.error["momentum"], np.sqrt(np.diag(exact))[1:], rtol=8 * U)
    alone = propagate_diagonal(fn, mean, {"mass": 0.01, "speed": jnp.array([0.04, 0.09])})
    assert np.allclose(alone.error["momentum"], found.error["momentum"], rtol=8 * U)
    factored = propagate_factor(fn, mean, jnp.sqrt(cov))
    assert factored.factor.shape == (3, 3)


@pytest.mark.parametrize(("n", "m", "passes"), [(50, 1, 1), (1, 50, 1), (3, 7, 3), (7, 3, 3)])
def test_the_jacobian_takes_the_fewer_passes(n, m, passes, monkeypatch):
    sizes = []

    def counted(fn, x):
        sizes.append(min(x.size, jax.eval_shape(fn, x).size))
        return jacobian(fn, x)

    monkeypatch.setattr(propagation.linear, "jacobian", counted)
    matrix = jnp.ones((m, n))
    propagate(lambda x: matrix @ x, jnp.ones(n), jnp.eye(n))
    assert sizes == [passes]
    propagate_factor(lambda x: matrix @ x, jnp.ones(n), jnp.ones((n, 1)))
    assert sizes[1] == 1  # one shared error is one pass, however many inputs


def test_under_jit_and_vmap_it_is_the_same_and_compiles_once():
    traces = []

    def fn(x):
        traces.append(1)
        return polar(x)

    cov = jnp.diag(jnp.array([0.01, 0.04]))
    run = jax.jit(lambda x: propagate(fn, x, cov))
    points = jnp.array([[1.0, 0.3], [2.0, 0.5]])
    each = [run(point) for point in points]
    count = len(traces)
    run(points[0])
    assert len(traces) == count
    many = jax.vmap(lambda x: propagate(fn, x, cov))(points)
    for i, one in enumerate(each):
        plain = propagate(polar, points[i], cov)
        for found in (one, jax.tree.map(lambda leaf, i=i: leaf[i], many)):
            assert np.allclose(found.cov, plain.cov, rtol=32 * U, atol=U)


def test_single_precision_stays_single():
    mean, cov = jnp.float32(2.0), jnp.float32(0.25)
    found = propagate(lambda x: x * x, mean, cov)
    assert {leaf.dtype for leaf in found} == {jnp.dtype("float32")}
    assert float(found.error) == 2.0


def test_a_derivative_goes_through():
    slope = jax.grad(lambda x: propagate(lambda y: y**3, x, 0.01).error)(2.0)
    assert float(slope) == pytest.approx(0.1 * 6 * 2.0, rel=8 * U)  # error = 3 x^2 sigma


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mean", "cov", "kind", "told"),
    [
        (jnp.ones(2), jnp.ones(2), ValueError, r"shape \(2, 2\).*write jnp.diag\(s\*\*2\)"),
        (jnp.ones(2), {"a": 1.0}, ValueError, "cov must be a covariance matrix"),
        (jnp.ones(2), 0.1, ValueError, "cov must be a covariance matrix"),
        (jnp.array([1, 2]), jnp.eye(2), TypeError, "mean must hold real floating-point"),
        (2, 0.1, TypeError, "mean must hold .* got mean=2; write 2.0 for 2"),
        (jnp.ones(2), jnp.eye(2, dtype=int), TypeError, "cov must hold real floating-point"),
        (jnp.ones(2), jnp.array([[1.0, 0.5], [0.1, 1.0]]), ValueError, "cov must be symmetric"),
        (jnp.ones(2), jnp.array([[1.0, 2.0], [2.0, 1.0]]), ValueError, "no negative variance"),
        (jnp.ones(2), jnp.diag(jnp.array([1.0, -1.0])), ValueError, "no negative variance"),
        (1.0, -0.1, ValueError, "no negative variance"),
        (jnp.ones(2), jnp.full((2, 2), jnp.nan), ValueError, "cov must be finite"),
        (jnp.array([1.0, jnp.inf]), jnp.eye(2), ValueError, "mean must be finite"),
        (jnp.ones(0), jnp.ones((0, 0)), ValueError, "mean must hold at least one number"),
        ({"a": jnp.float32(1), "b": 1.0}, jnp.eye(2), ValueError, "all of one dtype"),
    ],
)
def test_what_is_no_mean_or_no_covariance_is_refused(mean, cov, kind, told):
    with pytest.raises(kind, match=told):
        propagate(lambda x: x, mean, cov)


def test_a_correlation_beyond_one_is_found_in_any_units():
    s = jnp.array([1e-8, 1e8])
    with pytest.raises(ValueError, match="no negative variance"):
        propagate(lambda x: x, jnp.ones(2), jnp.outer(s, s) * jnp.array([[1, 1.01], [1.01, 1]]))


def test_a_function_without_a_finite_slope_is_refused():
    with pytest.raises(ValueError, match="fn must be finite at mean, and its derivatives"):
        propagate(jnp.sqrt, 0.0, 0.01)
    with pytest.raises(ValueError, match="fn must be finite at mean, and its derivative"):
        propagate_diagonal(jnp.sqrt, 0.0, 0.01)
    with pytest.raises(ValueError, match="fn must be finite at mean, and its derivative"):
        propagate_factor(jnp.log, 0.0, jnp.ones(1))


@pytest.mark.parametrize(
    "fn", [lambda x: x > 0, lambda x: jax.lax.complex(x, x), lambda x: jnp.argmax(x)]
)
def test_integers_and_complex_numbers_are_no_results(fn):
    with pytest.raises(TypeError, match="fn must return real floating-point numbers"):
        propagate(fn, jnp.ones(2), jnp.eye(2))


@pytest.mark.parametrize(
    ("variance", "told"),
    [(jnp.eye(2), "structure and the shapes of mean"), (jnp.array([1.0, -1.0]), "not be negative"),
     (jnp.array([1.0, jnp.nan]), "variance must be finite")],
)  # fmt: skip
def test_variances_must_fit_the_mean(variance, told):
    with pytest.raises(ValueError, match=told):
        propagate_diagonal(lambda x: x, jnp.ones(2), variance)


@pytest.mark.parametrize("columns", [jnp.ones(2), jnp.ones((3, 1)), jnp.ones((2, 0)), {"a": 1.0}])
def test_a_factor_must_have_a_row_for_each_input(columns):
    with pytest.raises(ValueError, match=r"factor must have the shape \(2,\)"):
        propagate_factor(lambda x: x, jnp.ones(2), columns)


def test_a_factor_must_be_finite():
    with pytest.raises(ValueError, match="factor must be finite"):
        propagate_factor(lambda x: x, jnp.ones(1), jnp.full((1, 1), jnp.inf))


def test_a_call_into_pythons_mathematics_is_an_error_of_jax():
    import math

    with pytest.raises(TypeError, match="concrete value"):
        propagate(lambda x: math.exp(x), 1.0, 0.01)


def test_a_function_of_two_arguments_is_told_that_one_is_missing():
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'b'"):
        propagate(lambda s, b: s / (s + b), jnp.array([40.0, 10.0]), jnp.eye(2))


def photons(energy, mass=0.135):
    """Two of one energy and the angle between them, in single precision."""
    x = jnp.array([energy, energy, 2 * np.arcsin(mass / 2 / energy)], "float32")
    return x, jnp.diag((x * jnp.array([0.01, 0.01, 0.0], "float32")) ** 2)


def by_momenta(x):
    along, across = x[0] + x[1] * jnp.cos(x[2]), x[1] * jnp.sin(x[2])
    return jnp.sqrt((x[0] + x[1]) ** 2 - along**2 - across**2)


def test_a_mass_that_rounding_has_eaten_is_refused():
    with pytest.raises(ValueError, match="fn must be finite at mean, and its derivatives too"):
        propagate(by_momenta, *photons(1000.0))
    right = propagate(lambda x: 2 * jnp.sqrt(x[0] * x[1]) * jnp.sin(x[2] / 2), *photons(1000.0))
    assert float(right.error / right.value) == pytest.approx(0.01 / np.sqrt(2), rel=2.0**-20)


def test_errors_of_one_cause_add_up_and_those_of_two_add_by_squares():
    at = jnp.array([30.0, 20.0])
    alone = 0.01 * jnp.diag(at)
    both = propagate_factor(lambda x: jnp.sqrt(x[0] * x[1]), at, alone)
    one = propagate_factor(lambda x: jnp.sqrt(x[0] * x[1]), at, alone.sum(1, keepdims=True))
    assert float(both.error / both.value) == pytest.approx(0.01 / np.sqrt(2), rel=8 * U)
    assert float(one.error / one.value) == pytest.approx(0.01, rel=8 * U)


@pytest.mark.parametrize("correlations", [(0.9, 0.9, -0.9), (0.0, 0.8, 0.8)])
def test_three_inputs_can_be_impossible_where_each_pair_is_allowed(correlations):
    a, b, c = correlations
    cov = jnp.array([[1.0, a, b], [a, 1.0, c], [b, c, 1.0]])
    for i, j in ((0, 1), (0, 2), (1, 2)):
        pair = jnp.array([i, j])
        propagate(jnp.sum, jnp.ones(2), cov[pair][:, pair])
    with pytest.raises(ValueError, match="no negative variance in any direction"):
        propagate(jnp.sum, jnp.ones(3), cov)
