"""Fits and profiles: closed forms, published digits, pulls, and ends that do not exist."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from slopes.fitting import expected, fit, gaussian, interval, poisson, profile
from slopes.newton import why


def counting(theta, k):
    return poisson(k, theta)


def test_a_rate_has_its_closed_form():
    k = jnp.array([9.0])
    found = fit(counting, jnp.array([5.0]), k)
    assert found.converged
    assert found.value[0] == pytest.approx(9, rel=1e-10)
    assert found.error[0] == pytest.approx(3, rel=1e-10)
    assert float(found.cost) == pytest.approx(0, abs=1e-12)
    assert float(found.residual) < 1e-8
    assert why(found.reason)


def test_an_interval_ends_where_lamberts_function_says():
    # mu - k log mu = k - k log k + 1/2 is solved by mu = -k W(-exp(-1 - 1/(2k))), both branches.
    mpmath = pytest.importorskip("mpmath")
    for k in (1, 3, 9, 100):
        exact = [float(-k * mpmath.lambertw(-mpmath.exp(-1 - mpmath.mpf(1) / (2 * k)), b).real)
                 for b in (0, -1)]  # fmt: skip
        found = interval(counting, jnp.array([float(k)]), jnp.array([float(k)]), index=0)
        assert found.converged.all()
        assert np.allclose(found.value, exact, rtol=1e-8)


def test_a_profile_of_a_quadratic_is_the_parabola_with_the_others_along():
    H = jnp.array([[4.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.5, -1.0, 2.0]])
    terms = lambda theta: jnp.stack([0.5 * theta @ H @ theta])  # noqa: E731
    cov = np.linalg.inv(H)
    found = profile(terms, jnp.zeros(3), index=1, rise=2.0, stages=4)
    error = cov[1, 1] ** 0.5
    for side, sign in enumerate((-1, 1)):
        for k in range(4):
            exact = sign * 2 * (k + 1) / 4 * cov[1] / error
            assert np.allclose(found.value[side, k], exact, rtol=0, atol=1e-9)
    assert found.converged.all()


def test_an_interval_follows_a_change_of_parameters_and_an_error_does_not():
    k = jnp.array([4.0])
    rate = interval(counting, k, k, index=0)
    of = lambda theta, k: poisson(k, jnp.exp(theta))  # noqa: E731
    logarithm = interval(of, jnp.log(k), k, index=0)
    assert np.allclose(np.exp(logarithm.value), rate.value, rtol=1e-9)
    assert fit(of, jnp.zeros(1), k).error[0] * 4 == pytest.approx(2.0, rel=1e-8)
    assert abs(np.exp(0.5) * 4 - rate.value[1]) > 0.1


def test_a_profile_lies_below_every_other_path_and_its_others_are_best():
    x = jnp.linspace(0, 3, 15)
    y = 2 * jnp.exp(-0.8 * x) + 0.1 * jnp.cos(40 * x)
    terms = lambda theta, y: gaussian(y, theta[0] * jnp.exp(-theta[1] * x), 0.1)  # noqa: E731
    best = fit(terms, jnp.array([1.0, 0.5]), y)
    assert best.converged
    found = profile(terms, best.value, y, index=1, rise=4.5, stages=5)
    assert found.converged.all()
    for side in found.value:
        for k, point in enumerate(side):
            heights = [float(terms(point.at[0].add(d), y).sum() - best.cost)
                       for d in (-1e-3, 0.0, 1e-3)]  # fmt: skip
            assert heights[1] == pytest.approx(4.5 * ((k + 1) / 5) ** 2, rel=1e-7)
            assert heights[1] == min(heights)


def test_a_side_without_an_end_is_open_and_said_to_be():
    k = jnp.array([0.0])
    at = jnp.array([2.0])
    # A likelihood that saturates above: 1 - exp(-theta^2 / 2) / ... rises by at most 0.4.
    terms = lambda theta: jnp.where(  # noqa: E731
        theta > 0, 0.4 * -jnp.expm1(-(theta**2)), 0.4 * theta**2
    )
    found = interval(terms, jnp.zeros(1), index=0)
    assert found.converged.tolist() == [True, False]
    assert found.value[1] == np.inf
    assert found.value[0] == pytest.approx(-np.sqrt(0.5 / 0.4), rel=1e-8)
    # No minimum, no interval; and no nan.
    none = interval(counting, at, k, index=0)
    assert none.converged.tolist() == [False, False]
    assert none.value.tolist() == [-np.inf, np.inf]


def test_a_saddle_of_the_others_is_no_profile():
    # In the second number there are two valleys once the first has left 0.2 behind.
    def terms(theta):
        a, b = theta
        return jnp.stack([0.5 * a**2 + 0.5 * b**2 * (1 - 4 * a**2) + b**4])

    found = interval(terms, jnp.zeros(2), index=0)
    assert not found.converged.any()


def test_a_fit_that_ends_nowhere_says_so():
    out_of_steps = fit(counting, jnp.array([5.0]), jnp.array([900.0]), steps=1)
    assert not out_of_steps.converged
    flat = fit(lambda theta: jnp.ones(3) * (theta[0] + theta[1]) ** 2, jnp.ones(2))
    assert not flat.converged
    assert flat.error.tolist() == [np.inf, np.inf]
    assert flat.residual == np.inf


def test_a_small_cost_is_minimised_as_well_as_a_large_one():
    # Rosenbrock's valley times 1e-4, where a tolerance in units of the cost stops early.
    def terms(theta):
        return 1e-4 * jnp.stack([100 * (theta[1] - theta[0] ** 2) ** 2, (1 - theta[0]) ** 2])

    found = fit(terms, jnp.array([-1.2, 1.0]))
    assert found.converged
    assert np.allclose(found.value, 1, rtol=0, atol=1e-6)


def test_single_precision_has_the_errors_of_double():
    # Straight lines of 50 points: where differences in float32 miss by factors, 20 data sets.
    x = np.linspace(0, 1, 50)
    exact = np.sqrt(np.diagonal(np.linalg.inv(np.array([[50, x.sum()], [x.sum(), x @ x]])))) * 0.1
    sets = jnp.asarray(np.random.default_rng(0).normal(1 + 2 * x, 0.1, (20, 50)), "float32")

    def terms(theta, y):
        return gaussian(y, theta[0] + theta[1] * jnp.asarray(x, "float32"), 0.1)

    def run(y):
        found = fit(terms, jnp.zeros(2, "float32"), y)
        return found, found.error, interval(terms, found.value, y, index=1)

    found, error, ends = jax.jit(jax.vmap(run))(sets)
    assert found.converged.all()
    assert np.allclose(error, np.tile(exact, (20, 1)), rtol=1e-5)
    assert ends.converged.all()
    half = (ends.value[:, 1] - ends.value[:, 0]) / 2
    assert np.allclose(half, exact[1], rtol=1e-3)


def test_pulls_of_toys_are_standard_normal():
    edges = jnp.linspace(-4, 4, 41)
    true = jnp.array([2000.0, 0.3, 1.1])

    def mean(theta):
        z = (edges - theta[1]) / theta[2]
        return theta[0] * jnp.diff(jax.scipy.stats.norm.cdf(z)) + 1e-12

    toys = np.random.default_rng(7).poisson(np.asarray(mean(true)), (400, 40)).astype(float)
    run = jax.jit(jax.vmap(lambda k: fit(lambda t, k: poisson(k, mean(t)), true, k)))
    found = run(toys)
    assert found.converged.all()
    pulls = (found.value - true[None, :]) / np.sqrt(np.diagonal(found.cov, axis1=1, axis2=2))
    # Three standard errors of a mean and of a standard deviation of 400 numbers.
    assert np.all(abs(pulls.mean(0)) < 3 / 20)
    assert np.all(abs(pulls.std(0) - 1) < 3 / np.sqrt(800))
    asked = np.sqrt(np.diagonal(expected(mean, true, variance=mean(true))))
    assert np.allclose(np.std(found.value, 0), asked, rtol=3 / np.sqrt(800))


def test_a_stack_of_fits_has_a_row_of_errors_for_each():
    sets = jnp.array([[4.0, 9.0], [16.0, 25.0], [1.0, 36.0]])
    found = jax.vmap(lambda k: fit(counting, jnp.array([5.0, 5.0]), k))(sets)
    assert np.allclose(found.error, np.sqrt(sets), rtol=1e-9)


def test_a_tree_of_parameters_has_profiles_by_the_order_of_its_leaves():
    k = jnp.array([9.0, 4.0])
    of = lambda tree, k: poisson(k, jnp.stack([tree["b"], tree["a"]]))  # noqa: E731
    found = fit(of, {"b": 5.0, "a": 5.0}, k)
    assert (float(found.value["b"]), float(found.value["a"])) == pytest.approx((9, 4))
    alone = interval(counting, k[:1], k[:1], index=0)
    assert np.allclose(interval(of, found.value, k, index=1).value, alone.value, rtol=1e-9)


def test_a_point_that_is_no_minimum_has_no_profile():
    y = jnp.array([1.0, 2.0, 6.0])
    of = lambda theta, y: gaussian(y, theta[0], 1.0)  # noqa: E731
    error = 3**-0.5
    near = interval(of, jnp.array([3.0 + 0.01 * error]), y, index=0)
    assert near.converged.all()
    assert np.allclose(near.value, [3 - error, 3 + error], rtol=0, atol=0.02 * error)
    far = interval(of, jnp.array([3.0 + 0.2 * error]), y, index=0)
    assert not far.converged.any()
    assert far.value.tolist() == [-np.inf, np.inf]


def test_an_unbinned_fit_has_the_closed_form_of_an_exponential():
    # Mean life of n decays: mean of the times, error the mean over root n.
    times = jnp.asarray(np.random.default_rng(8).exponential(2.0, 400))
    of = lambda life, t: t / life + jnp.log(life)  # noqa: E731
    found = fit(of, 1.0, times)
    assert found.converged
    assert float(found.value) == pytest.approx(float(times.mean()), rel=1e-9)
    assert float(found.error[0]) == pytest.approx(float(times.mean()) / 20, rel=1e-9)
    ends = interval(of, found.value, times, index=0)
    rise = lambda r: 400 * (1 / r - 1 + np.log(r))  # noqa: E731  # at r times the mean
    assert np.allclose(rise(np.asarray(ends.value) / float(found.value)), 0.5, rtol=1e-6)


@pytest.mark.parametrize("index", [True, 0.0, "a"])
def test_an_index_of_another_kind_is_refused(index):
    with pytest.raises(TypeError, match="index must be an integer that is not traced"):
        interval(counting, jnp.ones(1), jnp.ones(1), index=index)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"index": 1}, "index must be from 0 to 0, got index=1"),
        ({"index": -1}, "index must be from 0 to 0, got index=-1"),
        ({"index": 0, "rise": 0.0}, r"rise must be above 0, got rise=0\.0"),
        ({"index": 0, "stages": 0}, "stages must be at least 1, got stages=0"),
    ],
)
def test_bad_input_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        profile(counting, jnp.ones(1), jnp.ones(1), **settings)
