"""Covariances and influences: closed forms, refits, and matrices that have no inverse."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from slopes.fitting import (
    correlated,
    covariance,
    expected,
    fit,
    gaussian,
    influence,
    poisson,
    sandwich,
)

U = 2.0**-53
X = np.linspace(-1.0, 2.0, 12)
SIGMA = np.linspace(0.2, 0.6, 12)


def line(theta, x):
    return theta[0] + theta[1] * x


def terms(theta, y):
    return gaussian(y, line(theta, X), SIGMA)


def decay(theta, x):
    return theta[0] * jnp.exp(-theta[1] * x)


def decay_terms(theta, y):
    return gaussian(y, decay(theta, X), SIGMA)


def by_sums():
    """The covariance of a weighted straight line, the formula of textbooks."""
    w = SIGMA**-2
    s, sx, sxx = w.sum(), (w * X).sum(), (w * X**2).sum()
    return np.array([[sxx, -sx], [-sx, s]]) / (s * sxx - sx**2)


def test_a_straight_line_has_the_textbooks_covariance_by_three_roads():
    y = np.random.default_rng(1).normal(1 + 2 * X, SIGMA)
    theta = fit(terms, jnp.zeros(2), y).value
    rounding = 1e-13  # unit roundoff times a condition number of some hundreds
    assert np.allclose(covariance(terms, theta, y), by_sums(), rtol=rounding)
    assert np.allclose(expected(line, theta, X, variance=SIGMA**2), by_sums(), rtol=rounding)
    moved = influence(terms, theta, y)
    assert np.allclose((moved * SIGMA[None, :] ** 2) @ moved.T, by_sums(), rtol=rounding)


def test_poisson_information_is_observed_and_expected_by_closed_forms():
    # One rate for m bins: observed variance rate^2 / sum(k), expected rate / m.
    k, rate = np.array([3.0, 0.0, 5.0, 2.0]), 2.0
    mean = lambda theta: jnp.ones(4) * theta[0]  # noqa: E731
    of = lambda theta, k: poisson(k, mean(theta))  # noqa: E731
    assert covariance(of, jnp.array([rate]), k).tolist() == [[pytest.approx(0.4, rel=8 * U)]]
    assert expected(mean, jnp.array([rate]), variance=rate).tolist() == [
        [pytest.approx(0.5, rel=8 * U)]
    ]


def test_the_sandwich_of_a_mean_is_the_spread_of_the_data():
    y = np.random.default_rng(1).normal(4, 3, 40)
    of = lambda theta, y: gaussian(y, theta[0] * jnp.ones(40), 0.01)  # noqa: E731
    found = float(sandwich(of, jnp.array([y.mean()]), y)[0, 0])
    assert found == pytest.approx(y.var() / 40, rel=1e-12)


def test_the_sandwich_repairs_a_wrong_spread():
    # 300 lines whose errors are thrice what is stated.
    def of(theta, y):
        return gaussian(y, line(theta, jnp.linspace(-1, 1, 200)), 1.0)

    x = np.linspace(-1, 1, 200)
    sets = jnp.asarray(np.random.default_rng(0).normal(1 + 2 * x, 3.0, (300, 200)))
    found = jax.vmap(lambda y: fit(of, jnp.zeros(2), y))(sets)
    stated = jax.vmap(lambda theta, y: sandwich(of, theta, y))(found.value, sets)
    spread = np.var(found.value, axis=0)
    mean = np.diagonal(np.mean(stated, axis=0))
    # A variance of 300 numbers is known to sqrt(2 / 300) = 8 %: three times that.
    assert np.all(abs(mean / spread - 1) < 0.25)
    assert np.all(found.cov[0].diagonal() / spread < 0.2)


def test_influence_is_what_a_fit_again_finds():
    y = np.asarray(decay(jnp.array([2.0, 0.7]), X)) + np.random.default_rng(1).normal(0, 0.1, 12)
    theta = fit(decay_terms, jnp.array([1.5, 0.5]), y).value
    moved = influence(decay_terms, theta, y)
    step = 1e-3  # its square and a fit's distance of 1e-9 over twice the step: 1e-6 each at most
    for i in (0, 5, 11):
        ends = [fit(decay_terms, theta, y + s * step * np.eye(12)[i]).value
                for s in (1, -1)]  # fmt: skip
        assert np.allclose(moved[:, i], (ends[0] - ends[1]) / (2 * step), rtol=0, atol=2e-6)


def test_influence_reaches_any_of_the_data_and_keeps_its_shape():
    def of(theta, y, sigma):
        return gaussian(y, theta[0] * jnp.ones((2, 3)), sigma).ravel()

    y, sigma = jnp.arange(6.0).reshape(2, 3), jnp.ones((2, 3))
    theta = jnp.array([2.5])
    assert np.allclose(influence(of, theta, y, sigma), np.full((1, 2, 3), 1 / 6), rtol=8 * U)
    # d theta / d sigma_i = -2 (y_i - theta) / 6 at equal spreads of 1
    assert np.allclose(influence(of, theta, y, sigma, of=1)[0], -2 * (y - 2.5) / 6, atol=8 * U)


def test_units_do_not_decide_whether_a_matrix_can_be_inverted():
    y = np.random.default_rng(1).normal(1 + 2 * X, SIGMA)
    unit = jnp.array([1e-9, 1e9])
    of = lambda theta, y: terms(theta * unit, y)  # noqa: E731
    cov = covariance(of, jnp.array([1e9, 2e-9]), y)
    assert np.allclose(cov * unit[:, None] * unit[None, :], by_sums(), rtol=1e-12)
    mean = lambda theta: line(theta * unit, X)  # noqa: E731
    cov = expected(mean, jnp.array([1e9, 2e-9]), variance=SIGMA**2)
    assert np.allclose(cov * unit[:, None] * unit[None, :], by_sums(), rtol=1e-12)


@pytest.mark.parametrize(
    "of",
    [
        lambda theta: (theta[0] + theta[1] - jnp.ones(3)) ** 2,  # one of two numbers is open
        lambda theta: jnp.stack([theta[0] ** 2 - theta[1] ** 2]),  # a saddle
        lambda theta: jnp.stack([theta[0] ** 2 + 0 * theta[1]]),  # not there at all
        lambda theta: jnp.sqrt(theta),  # no derivative at 0
    ],
)
def test_no_minimum_has_infinite_variances_and_no_nan(of):
    for way in (covariance, sandwich):
        assert way(of, jnp.zeros(2)).tolist() == [[np.inf, 0], [0, np.inf]]


@pytest.mark.parametrize(
    "mean",
    [
        lambda theta: (theta[0] + theta[1]) * jnp.ones(3),
        lambda theta: theta[:1],  # fewer data than parameters
        lambda theta: theta[0] * jnp.ones(3),
        lambda theta: jnp.sqrt(theta),
    ],
)
def test_a_model_that_leaves_a_parameter_open_has_infinite_variances(mean):
    found = expected(mean, jnp.zeros(2), variance=1.0)
    assert found.tolist() == [[np.inf, 0], [0, np.inf]]


def test_where_there_is_no_minimum_influences_are_infinite_and_no_nan():
    of = lambda theta, y: y * (theta[0] + theta[1])  # noqa: E731
    assert influence(of, jnp.zeros(2), jnp.ones(3)).tolist() == [[np.inf] * 3] * 2


def test_a_point_that_is_no_minimum_has_no_influences():
    # A fit that ended early leaves a point with a curvature of its own, and a slope.
    y = jnp.array([1.0, 2.0, 6.0])
    of = lambda theta, y: gaussian(y, theta[0], 1.0)  # noqa: E731
    error = 3**-0.5
    for off, good in ((0.05, True), (0.2, False)):
        found = influence(of, jnp.array([3.0 + off * error]), y)
        assert np.isfinite(found).all() == good


def test_parameters_may_be_a_number_or_a_tree_and_counts_integers():
    y = np.random.default_rng(1).normal(1 + 2 * X, SIGMA)
    of = lambda tree, y: gaussian(y, tree["cut"] + tree["rise"] * X, SIGMA)  # noqa: E731
    found = fit(of, {"rise": 1.0, "cut": jnp.zeros(())}, y)  # leaves in the order cut, rise
    assert found.converged
    assert np.allclose(found.cov, by_sums(), rtol=1e-12)
    flat = fit(terms, jnp.zeros(2), y)
    assert [found.value["cut"], found.value["rise"]] == pytest.approx(flat.value.tolist())
    for way in (covariance, sandwich, influence):
        assert np.allclose(way(of, found.value, y), way(terms, flat.value, y), rtol=1e-9)
    model = lambda tree: tree["cut"] + tree["rise"] * X  # noqa: E731
    assert np.allclose(expected(model, found.value, variance=SIGMA**2), by_sums(), rtol=1e-12)
    k = np.array([1, 2, 6])
    rate = fit(lambda theta, k: poisson(k, theta), 1.0, k)
    assert float(rate.value) == pytest.approx(3.0)
    moved = influence(lambda theta, k: poisson(k, theta), rate.value, k)
    assert np.allclose(moved, 1 / 3, rtol=1e-12)


def test_correlated_data_carry_their_matrix_into_the_parameters():
    rng = np.random.default_rng(2)
    half = rng.normal(size=(12, 12))
    V = half @ half.T + np.eye(12)
    A = np.stack([np.ones(12), X], axis=1)
    exact = np.linalg.inv(A.T @ np.linalg.inv(V) @ A)  # generalised least squares
    y = rng.multivariate_normal(1 + 2 * X, V)
    of = lambda theta, y: correlated(y, line(theta, X), V)  # noqa: E731
    found = fit(of, jnp.zeros(2), y)
    assert found.converged
    rounding = 1e-11  # unit roundoff times the condition number of V, about 1e3, and some
    assert np.allclose(found.value, exact @ A.T @ np.linalg.inv(V) @ y, rtol=rounding)
    assert np.allclose(found.cov, exact, rtol=rounding)
    assert np.allclose(expected(line, found.value, X, variance=V), exact, rtol=rounding)
    moved = influence(of, found.value, y)
    assert np.allclose(moved @ V @ moved.T, exact, rtol=rounding)


def test_weighted_data_have_the_errors_of_the_sandwich():
    # A mean with known weights w: variance sum(w^2 s^2) / sum(w)^2, not 1 / sum(w).
    w = np.linspace(0.5, 3, 2000)
    y = jnp.asarray(np.random.default_rng(5).normal(4, 1, 2000))
    of = lambda theta, y: w * gaussian(y, theta, 1.0)  # noqa: E731
    found = fit(of, 0.0, y)
    assert found.error[0] ** 2 == pytest.approx(1 / w.sum(), rel=1e-12)
    robust = float(sandwich(of, found.value, y)[0, 0])
    three_sigma = 3 * np.sqrt(2 / 2000) * 2  # of a variance of 2000 numbers, twice for the weights
    assert robust == pytest.approx((w**2).sum() / w.sum() ** 2, rel=three_sigma)


def test_terms_of_any_shape_are_data_and_their_sum_is_not():
    y = np.random.default_rng(1).normal(4, 3, (5, 8))
    of = lambda theta, y: gaussian(y, theta[0], 0.01)  # noqa: E731
    found = float(sandwich(of, jnp.array([y.mean()]), y)[0, 0])
    assert found == pytest.approx(y.var() / 40, rel=1e-12)
    grid = lambda theta: theta[0] * jnp.ones((5, 8))  # noqa: E731
    for variance in (9.0, np.full((5, 8), 9.0)):
        one = expected(grid, jnp.ones(1), variance=variance)
        assert one.tolist() == [[pytest.approx(9 / 40, rel=8 * U)]]
    with pytest.raises(ValueError, match="terms must return one number a datum"):
        sandwich(lambda theta, y: jnp.sum(of(theta, y)), jnp.zeros(1), y)


@pytest.mark.parametrize("kind", ["float64", "float32"])
def test_a_parameter_that_the_data_leave_open_is_found_out_in_every_set_of_data(kind):
    # Three parameters of which only two combinations count, along a straight and a bent valley.
    rng = np.random.default_rng(0)
    sigma = jnp.asarray(rng.uniform(0.05, 0.3, (100, 100)), kind)
    x = jnp.asarray(rng.uniform(0, 3, (100, 100)), kind)
    y = jnp.asarray(2 * np.exp(-np.asarray(x)) + rng.normal(0, np.asarray(sigma)), kind)
    straight = lambda a, x: a[0] + a[1] * x + a[2] * (1 - 2 * x)  # noqa: E731
    bent = lambda a, x: a[0] * a[1] * jnp.exp(-a[2] * x)  # noqa: E731
    for model in (straight, bent):

        def run(y, x, sigma, model=model):
            of = lambda a, y: gaussian(y, model(a, x), sigma)  # noqa: E731
            found = fit(of, jnp.array([1.0, 0.8, 0.3], kind), y)
            return found, expected(model, found.value, x, variance=sigma**2)

        found, averaged = jax.jit(jax.vmap(run))(y, x, sigma)
        assert not found.converged.any()
        assert np.isinf(found.error).all()
        assert np.isinf(np.diagonal(averaged, axis1=1, axis2=2)).all()


def test_qr_keeps_the_digits_that_normal_equations_lose():
    # Powers up to 8 on [0, 1]: NIST's way is compared with 60 digits.
    mpmath = pytest.importorskip("mpmath")
    x = np.linspace(0, 1, 20)
    found = expected(lambda theta: jnp.asarray(np.vander(x, 9)) @ theta, jnp.ones(9), variance=1.0)
    with mpmath.workdps(60):
        jac = mpmath.matrix(20, 9)
        for i in range(20):
            for j in range(9):
                jac[i, j] = mpmath.mpf(float(x[i])) ** (8 - j)
        exact = (jac.T * jac) ** -1
        roots = [float(mpmath.sqrt(exact[j, j])) for j in range(9)]
    condition = 1e7  # of the scaled matrix, largest over least singular value, rounded up
    assert np.allclose(np.sqrt(np.diagonal(found)), roots, rtol=condition * U)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: expected(line, jnp.zeros(2), X, variance=0.0), "variance must be above 0"),
        (lambda: expected(line, jnp.zeros(2), X, variance=np.ones(3)), "matrix for data of shape"),
        (lambda: expected(line, jnp.zeros(2), X, variance=-np.eye(12)), "positive definite"),
        (lambda: influence(terms, jnp.zeros(2), X, of=1), "of must be an index of the 1 data"),
        (lambda: influence(terms, jnp.zeros(2), X, of=-1), "got of=-1"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("way", [covariance, sandwich, influence, fit])
def test_parameters_that_are_integers_are_refused_by_their_name(way):
    with pytest.raises(TypeError, match="theta must hold real floating-point numbers, got theta="):
        way(terms, jnp.array([1, 2]), X)


def test_all_run_compiled():
    y = np.random.default_rng(1).normal(1 + 2 * X, SIGMA)
    theta = jnp.array([1.0, 2.0])
    for way in (covariance, sandwich, influence):
        compiled = jax.jit(lambda theta, y, way=way: way(terms, theta, y))
        assert np.allclose(compiled(theta, y), way(terms, theta, y), rtol=1e-12)
    compiled = jax.jit(lambda v: expected(line, theta, X, variance=v))
    assert np.allclose(compiled(SIGMA**2), by_sums(), rtol=1e-12)
