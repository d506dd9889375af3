"""Least squares: closed forms, certified fits, units that do not matter, every reason to stop."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from slopes import newton
from slopes.newton import least_squares, levenberg_marquardt

U = 2.0**-53

# NIST's Statistical Reference Datasets, nonlinear regression: BoxBOD, MGH09 and Misra1a; data,
# both starts, and the certified parameters, 11 digits.
BOX = np.array([[1, 2, 3, 5, 7, 10], [109, 149, 149, 191, 213, 224]], dtype=float)
KOWALIK = np.array(
    [[4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625],
     [0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246]]
)  # fmt: skip
MISRA = np.array(
    [[77.6, 114.9, 141.1, 190.8, 239.9, 289, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760],
     [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.4, 75.47,
      81.78]]
)  # fmt: skip


def saturating(b, data):
    return b[0] * (1 - jnp.exp(-b[1] * data[0])) - data[1]


def rational(b, data):
    x, y = data
    return b[0] * (x**2 + x * b[1]) / (x**2 + x * b[2] + b[3]) - y


CERTIFIED = [
    (saturating, BOX, [1.0, 1.0], [2.1380940889e2, 5.4723748542e-1]),
    (saturating, BOX, [100.0, 0.75], [2.1380940889e2, 5.4723748542e-1]),
    (saturating, MISRA, [500.0, 1e-4], [2.3894212918e2, 5.5015643181e-4]),
    (saturating, MISRA, [250.0, 5e-4], [2.3894212918e2, 5.5015643181e-4]),
    (rational, KOWALIK, [25.0, 39.0, 41.5, 39.0],
     [1.9280693458e-1, 1.9128232873e-1, 1.2305650693e-1, 1.3606233068e-1]),
    (rational, KOWALIK, [0.25, 0.39, 0.415, 0.39],
     [1.9280693458e-1, 1.9128232873e-1, 1.2305650693e-1, 1.3606233068e-1]),
]  # fmt: skip


@pytest.fixture
def line():
    """Design matrix and data of a straight line that fits badly."""
    t = np.linspace(0, 1, 20)
    return np.stack([np.ones(20), t], axis=1), np.sin(7 * t)


def helix(x):
    """Fletcher and Powell's helical valley, whose minimum is a root."""
    theta = jnp.arctan2(x[1], x[0]) / (2 * jnp.pi)
    return jnp.stack([10 * (x[2] - 10 * theta), 10 * (jnp.hypot(x[0], x[1]) - 1), x[2]])


def valley(x):
    """Rosenbrock's function as two residuals."""
    return jnp.stack([10 * (x[1] - x[0] ** 2), 1 - x[0]])


# --- what it finds --------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "data", "start", "certified"), CERTIFIED)
def test_certified_parameters_are_found_to_eight_digits(model, data, start, certified):
    found = levenberg_marquardt(model, jnp.array(start), data)
    assert found.converged
    assert np.abs(found.value / np.array(certified) - 1).max() < 1e-8


def test_a_linear_problem_is_that_of_linear_algebra(line):
    A, y = line
    found = levenberg_marquardt(lambda b: A @ b - y, jnp.zeros(2))
    expected = np.linalg.lstsq(A, y)[0]
    assert found.converged
    assert np.abs(found.value - expected).max() < 1e-9  # the tolerance, and a condition below 4


def test_the_gradient_is_zero_at_the_result():
    found = levenberg_marquardt(rational, jnp.array([0.25, 0.39, 0.415, 0.39]), KOWALIK)
    squares = lambda b: jnp.sum(rational(b, KOWALIK) ** 2) / 2  # noqa: E731
    assert jnp.abs(jax.grad(squares)(found.value)).max() < 1e-11
    assert np.linalg.eigvalsh(jax.hessian(squares)(found.value))[0] > 0


@pytest.mark.parametrize(
    ("fn", "start", "root"),
    [(helix, [-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]), (valley, [-1.2, 1.0], [1.0, 1.0])],
)
def test_a_system_of_equations_ends_at_its_root(fn, start, root):
    found = levenberg_marquardt(fn, jnp.array(start))
    assert found.converged
    assert np.abs(found.value - np.array(root)).max() < 1e-12
    assert found.residual < 1e-12


def test_the_residual_is_the_part_that_the_parameters_reach(line):
    A, y = line
    found = levenberg_marquardt(lambda b: A @ b - y, jnp.array([3.0, -2.0]), steps=1, tol=0.0)
    Q, _ = np.linalg.qr(A)
    part = np.linalg.norm(Q.T @ (A @ np.asarray(found.value) - y))
    assert float(found.residual) == pytest.approx(part, rel=1e-8)


def test_fewer_residuals_than_parameters_are_made_zero():
    found = levenberg_marquardt(lambda x: jnp.sum(x**2, keepdims=True) - 3, jnp.ones(5))
    assert found.converged
    assert abs(jnp.sum(found.value**2) - 3) < 1e-14


def test_large_residuals_make_it_creep_where_the_whole_hessian_does_not():
    t = jnp.arange(1.0, 21.0) / 5  # Brown and Dennis; minimum by Moré, Garbow and Hillstrom

    def residual(x):
        near = x[0] + t * x[1] - jnp.exp(t)
        return near**2 + (x[2] + x[3] * jnp.sin(t) - jnp.cos(t)) ** 2

    squares = lambda x: jnp.sum(residual(x) ** 2)  # noqa: E731
    start = jnp.array([25.0, 5.0, -5.0, -1.0])
    crept = levenberg_marquardt(residual, start)
    whole = newton.newton_minimum(squares, start)
    assert crept.reason == newton.OUT_OF_STEPS
    assert 0 < squares(crept.value) - squares(whole.value) < 0.01  # units that swing: 1e5
    assert whole.converged
    assert whole.iterations < 20
    assert float(squares(whole.value)) == pytest.approx(85822.2, rel=1e-6)


# --- units, trees, transformations ----------------------------------------------------------------


@pytest.mark.parametrize(("power", "of_residuals"), [(40, 0), (-40, 0), (0, 200), (3, -200)])
def test_units_of_parameters_and_of_residuals_do_not_matter(power, of_residuals):
    start = np.array([25.0, 39.0, 41.5, 39.0])
    unit = 2.0 ** (power * np.array([1, -1, 2, 0]))  # a power of 2 rounds nothing
    size = 2.0**of_residuals
    plain = levenberg_marquardt(rational, jnp.array(start), KOWALIK)
    other = levenberg_marquardt(lambda c: size * rational(c * unit, KOWALIK), start / unit)
    assert other.iterations == plain.iterations
    assert np.array_equal(other.value * unit, plain.value)
    assert other.residual == size * plain.residual


def test_points_and_residuals_may_be_trees():
    t = jnp.linspace(0, 2, 9)
    truth = {"height": jnp.float64(3.0), "rates": jnp.array([0.5, 2.0])}

    def model(p):
        decay, rise = (jnp.exp(-p["rates"][k] * t) for k in (0, 1))
        return p["height"] * decay, (decay - rise, p["height"] - rise[:1])

    data = model(truth)
    start = {"height": jnp.float64(1.0), "rates": jnp.array([0.3, 3.0])}
    found = levenberg_marquardt(lambda p: jax.tree.map(jnp.subtract, model(p), data), start)
    assert jax.tree.structure(found.value) == jax.tree.structure(start)
    for one, right in zip(jax.tree.leaves(found.value), jax.tree.leaves(truth), strict=True):
        assert np.abs(one - right).max() < 1e-12


def test_it_runs_compiled_and_mapped_and_each_has_its_own_reason():
    starts = jnp.array([[1.0, 1.0], [100.0, 0.75], [jnp.nan, 1.0]])
    many = jax.jit(jax.vmap(lambda b: levenberg_marquardt(saturating, b, BOX)))(starts)
    alone = [levenberg_marquardt(saturating, b, BOX) for b in starts]
    assert many.reason.tolist() == [int(one.reason) for one in alone]
    assert many.reason.tolist() == [newton.CONVERGED, newton.CONVERGED, newton.NOT_FINITE]
    assert many.converged.tolist() == [True, True, False]
    assert np.allclose(many.value[:2], [one.value for one in alone[:2]], rtol=1e-9)
    assert many.iterations[0] > many.iterations[1]


def test_single_precision_stays_single_and_ends():
    start = jnp.array([100.0, 0.75], dtype=jnp.float32)
    found = levenberg_marquardt(saturating, start, BOX.astype(np.float32))
    assert found.value.dtype == jnp.float32
    assert found.converged
    assert (
        np.abs(np.asarray(found.value) / np.array([213.80940889, 0.54723748542]) - 1).max() < 1e-4
    )


# --- why it stops ---------------------------------------------------------------------------------


def test_a_start_that_is_the_solution_takes_no_step():
    found = levenberg_marquardt(valley, jnp.ones(2))
    assert found.converged
    assert (found.iterations, found.evaluations, found.residual) == (0, 1, 0.0)


def test_a_parameter_that_nothing_depends_on_is_told_and_left_alone(line):
    A, y = line
    found = levenberg_marquardt(lambda b: A @ b[:2] - y, jnp.array([0.0, 0.0, 5.0]))
    assert found.reason == newton.SINGULAR
    assert not found.converged
    assert found.value[2] == 5.0
    assert np.abs(found.value[:2] - np.linalg.lstsq(A, y)[0]).max() < 1e-9


@pytest.mark.parametrize("tol", [1e-10, 0.0])
def test_two_parameters_that_say_the_same_are_told(line, tol):
    A, y = line
    found = levenberg_marquardt(
        lambda b: A @ jnp.stack([b[0] + b[2], b[1]]) - y, jnp.zeros(3), tol=tol
    )
    assert found.reason == newton.SINGULAR
    assert not found.converged
    assert abs(found.value[0] + found.value[2] - np.linalg.lstsq(A, y)[0][0]) < 1e-9


def test_two_heights_in_a_product_are_told_at_rounding_too():
    def heights(b):
        return saturating(jnp.stack([b[0] * b[2], b[1]]), BOX)

    found = levenberg_marquardt(heights, jnp.ones(3), tol=0.0)
    assert found.reason == newton.SINGULAR
    assert not found.converged
    assert abs(found.value[0] * found.value[2] / 2.1380940889e2 - 1) < 1e-8


def test_a_start_without_a_value_is_told():
    found = levenberg_marquardt(lambda x: jnp.log(x), jnp.array([-1.0, 2.0]))
    assert found.reason == newton.NOT_FINITE
    assert found.value.tolist() == [-1.0, 2.0]
    assert found.residual == jnp.inf


@pytest.mark.parametrize(
    "fn", [lambda x: jnp.sqrt(x) - 1, lambda x: jnp.stack([jnp.linalg.norm(x) - 1, x[0]])]
)
def test_a_start_where_the_slope_is_infinite_or_nan_is_told(fn):
    found = levenberg_marquardt(fn, jnp.zeros(2))
    assert found.reason == newton.NOT_FINITE
    assert not found.converged
    assert found.residual == jnp.inf


def test_a_step_to_where_there_is_no_value_is_refused():
    found = levenberg_marquardt(lambda x: jnp.log(x) + 3, jnp.array([20.0]))  # Newton: to -80
    assert found.converged
    assert float(found.value[0]) == pytest.approx(np.exp(-3), rel=1e-14)


def test_a_derivative_of_the_wrong_sign_stalls_where_it_is():
    @jax.custom_jvp
    def wrong(x):
        return x**2 - 2

    wrong.defjvp(lambda x, v: (wrong(*x), -2 * x[0] * v[0]))
    found = levenberg_marquardt(wrong, jnp.array([3.0]))
    assert found.reason == newton.STALLED
    assert not found.converged
    assert found.value[0] == 3.0


def test_too_few_steps_are_told():
    found = levenberg_marquardt(saturating, jnp.ones(2), BOX, steps=3)
    assert found.reason == newton.OUT_OF_STEPS
    assert (found.iterations, found.evaluations) == (3, 4)


def test_a_tolerance_of_zero_ends_at_rounding():
    found = levenberg_marquardt(saturating, jnp.array([100.0, 0.75]), BOX, tol=0.0)
    assert found.reason == newton.AT_ROUNDING
    assert found.iterations < 40
    assert np.abs(found.value / np.array([2.1380940889e2, 5.4723748542e-1]) - 1).max() < 1e-10


@pytest.fixture
def unbent(monkeypatch):
    """Let steps be straight; how much they ought to bend is still found, or taken for nothing."""
    bent = least_squares._move

    def use(*, gate):
        def straight(fn, s):
            v = least_squares._solved(s.at, s.at.part, s.damping)
            return v, bent(fn, s)[1] if gate else jnp.zeros(())

        monkeypatch.setattr(least_squares, "_move", straight)

    return use


def test_steps_that_follow_a_bent_valley_are_less_than_half_as_many(unbent):
    narrow = lambda x: jnp.stack([1000 * (x[1] - x[0] ** 2), 1 - x[0]])  # noqa: E731
    bent = levenberg_marquardt(narrow, jnp.array([-1.2, 1.0]))
    unbent(gate=True)
    straight = levenberg_marquardt(narrow, jnp.array([-1.2, 1.0]))
    assert bent.converged
    assert straight.converged
    assert 2 * bent.iterations < straight.iterations


def test_steps_that_would_bend_too_much_lead_to_a_plateau(unbent):
    held = levenberg_marquardt(saturating, jnp.ones(2), BOX)
    unbent(gate=False)
    free = levenberg_marquardt(saturating, jnp.ones(2), BOX)
    assert held.converged
    assert abs(held.value[0] - 213.8) < 0.1
    assert abs(free.value[0] - BOX[1].mean()) < 1e-6  # the rate has run away, a constant is left
    assert free.reason == newton.SINGULAR


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"x": jnp.array([1, 2])}, TypeError, "x must hold real floating-point numbers"),
        ({"x": jnp.zeros(0)}, ValueError, "x must hold at least one number"),
        ({"tol": -1e-3}, ValueError, "tol must be at least 0, got tol=-0.001"),
        ({"tol": float("nan")}, ValueError, "tol must be at least 0"),
        ({"steps": 0}, ValueError, "steps must be at least 1, got steps=0"),
        ({"steps": 2.0}, TypeError, "steps must be an integer"),
        ({"residual": lambda x: x.astype(int)}, TypeError, "must hold real floating-point"),
        ({"residual": lambda x: x[:0]}, ValueError, "must hold at least one number"),
    ],
)
def test_bad_input_is_answered_with_the_rule(change, error, words):
    given = {"residual": lambda x: x - 1.0, "x": jnp.zeros(2)} | change
    with pytest.raises(error, match=words.replace("(", r"\(")):
        levenberg_marquardt(given.pop("residual"), given.pop("x"), **given)
