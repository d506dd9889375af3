"""Terms of likelihoods: closed forms, SciPy's densities, and errors in both coordinates."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from slopes.fitting import correlated, effective_variance, fit, gaussian, poisson

U = 2.0**-53


def test_normal_terms_are_half_the_squared_pulls():
    y, mu, sigma = np.array([1.0, 2.0, 5.0]), np.array([1.0, 1.0, 1.0]), np.array([3.0, 0.5, 2.0])
    assert np.allclose(gaussian(y, jnp.asarray(mu), sigma), [0, 2, 2], rtol=4 * U, atol=0)


def test_counts_differ_from_the_probability_by_that_of_the_perfect_model():
    # The probability by its definition, a product of factors.
    def probability(k, mu):
        return np.exp(-mu) * np.prod([mu / j for j in range(1, k + 1)])

    for k, mu in ((0, 0.3), (1, 2.5), (7, 4.0), (12, 12.5)):
        perfect = probability(k, k) if k else 1.0
        exact = np.log(perfect / probability(k, mu))
        term = float(poisson(np.array([k]), jnp.array([mu]))[0])
        assert abs(term - exact) <= 64 * U * max(k, mu)


def test_an_empty_bin_has_a_finite_slope_and_an_impossible_mean_is_infinite():
    slope = jax.grad(lambda mu: poisson(jnp.zeros(1), mu)[0])(jnp.array([2.0]))
    assert slope.tolist() == [1.0]
    assert poisson(jnp.array([1.0, 0.0]), jnp.array([0.0, -1.0])).tolist() == [np.inf, np.inf]
    # Nothing expected and nothing seen is no surprise; more expected would be one.
    value, slope = jax.value_and_grad(lambda mu: poisson(jnp.zeros(1), mu)[0])(jnp.zeros(1))
    assert (float(value), slope.tolist()) == (0.0, [1.0])
    at_edge = jax.grad(lambda mu: poisson(jnp.ones(1), mu)[0])(jnp.array([0.0]))
    assert np.isfinite(at_edge).all()


def test_counts_may_be_integers_and_single_precision_stays_single():
    assert poisson(np.array([3, 4]), jnp.array([3.0, 4.0], "float32")).dtype == "float32"
    assert gaussian([1.0], jnp.array([1.0], "float32"), 2.0).dtype == "float32"


def test_large_counts_keep_their_digits_in_single_precision():
    # By the series (mu - k)^2 / 2k - (mu - k)^3 / 3k^2 for 1e6 counts that are 1000 off.
    term = poisson(np.array([1_001_000.0]), jnp.array([1e6], "float32"))
    k, off = 1_001_000.0, -1000.0
    exact = off**2 / (2 * k) - off**3 / (3 * k**2) + off**4 / (4 * k**3)
    assert float(term[0]) == pytest.approx(exact, rel=4e-4)  # unit roundoff 6e-8, over off / k


def test_integers_as_means_do_not_cut_the_data():
    assert gaussian([1.5, 2.5], 0, 1).tolist() == [1.125, 3.125]
    assert gaussian([1.5, 2.5], np.array([1, 2]), 0.5).tolist() == [0.5, 0.5]
    assert poisson([0.5], np.array([1])).tolist() == poisson([0.5], jnp.array([1.0])).tolist()
    whole = effective_variance(
        lambda t, x: t[0] * x, jnp.ones(1), [1, 2], [1, 4], sigma_x=0, sigma_y=2
    )
    assert whole.tolist() == [0.0, 0.5]


def test_correlated_terms_add_up_to_the_quadratic_form():
    rng = np.random.default_rng(0)
    half = rng.normal(size=(6, 6))
    V, y, mu = half @ half.T + np.eye(6), rng.normal(size=6), rng.normal(size=6)
    total = float(correlated(y, jnp.asarray(mu), V).sum())
    assert total == pytest.approx((y - mu) @ np.linalg.solve(V, y - mu) / 2, rel=1e-12)
    even = correlated(y, jnp.asarray(mu), np.diag(np.full(6, 0.25)))
    assert np.allclose(even, gaussian(y, jnp.asarray(mu), 0.5), rtol=8 * U, atol=0)
    compiled = jax.jit(correlated)(y, jnp.asarray(mu), V)
    assert float(compiled.sum()) == pytest.approx(total, rel=1e-12)


def test_an_exact_place_may_have_an_infinite_slope():
    root = lambda theta, x: theta[0] * jnp.sqrt(x)  # noqa: E731
    x, y = np.array([0.0, 1.0, 4.0]), np.array([0.3, 2.0, 5.0])

    def cost(theta):
        return effective_variance(
            root, theta, x, y, sigma_x=np.array([0.0, 0.2, 0.2]), sigma_y=1.0
        ).sum()

    at = jnp.array([2.0])
    by_hand = 0.3**2 / 2 + 0 + 0.5 / (1 + (0.5 * 0.2) ** 2)
    assert float(cost(at)) == pytest.approx(by_hand, rel=8 * U)
    assert np.isfinite(jax.hessian(cost)(at)).all()


@pytest.mark.parametrize("sigma_x", [0.0, np.zeros(3)])
def test_places_that_are_all_exact_ask_for_no_slope(sigma_x):
    # The first has an infinite slope; 0 times that made every term a nan.
    root = lambda theta, x: theta[0] * jnp.sqrt(x)  # noqa: E731
    x, y, at = np.array([0.0, 1.0, 4.0]), np.array([0.3, 2.5, 5.0]), jnp.array([2.0])

    def cost(theta, sigma_x):
        return effective_variance(root, theta, x, y, sigma_x=sigma_x, sigma_y=0.5).sum()

    for hess in (jax.hessian(cost), jax.jit(jax.hessian(cost))):
        assert hess(at, sigma_x).tolist() == [[pytest.approx(x.sum() / 0.25, rel=8 * U)]]
    assert float(cost(at, sigma_x)) == pytest.approx((0.3**2 + 0.5**2 + 1) / 0.5, rel=8 * U)


def test_a_straight_line_with_errors_in_both_is_orthogonal_regression():
    # Equal errors: the line runs along the first axis of the cloud, through its centre.
    rng = np.random.default_rng(3)
    true = rng.normal(0, 3, 60)
    x, y = true + rng.normal(0, 0.5, 60), 1 + 2 * true + rng.normal(0, 0.5, 60)
    vector = np.linalg.svd(np.stack([x - x.mean(), y - y.mean()]))[0][:, 0]
    slope = vector[1] / vector[0]

    def line(theta, x):
        return theta[0] + theta[1] * x

    def terms(theta, x, y):
        return effective_variance(line, theta, x, y, sigma_x=0.5, sigma_y=0.5)

    found = fit(terms, jnp.array([0.0, 1.5]), x, y)
    assert found.converged
    assert found.value[1] == pytest.approx(slope, abs=1e-6)
    assert found.value[0] == pytest.approx(y.mean() - slope * x.mean(), abs=1e-6)


def test_without_an_error_in_x_the_terms_are_the_normal_ones():
    curve = lambda theta, x: theta[0] * jnp.exp(x)  # noqa: E731
    theta, x, y = jnp.array([2.0]), np.array([0.1, 0.4]), np.array([2.0, 3.5])
    both = effective_variance(curve, theta, x, y, sigma_x=0.0, sigma_y=0.3)
    assert np.allclose(both, gaussian(y, 2.0 * jnp.exp(x), 0.3), rtol=8 * U, atol=0)


def test_the_error_in_x_counts_with_the_slope_at_its_own_place():
    term = effective_variance(
        lambda theta, x: theta[0] * x**2, jnp.ones(1), np.array([3.0]), np.array([19.0]),
        sigma_x=0.5, sigma_y=4.0,
    )  # fmt: skip
    assert term.tolist() == [2.0]  # half of 10^2 over 4^2 + (6 * 0.5)^2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gaussian([1.0], jnp.ones(1), 0.0), "sigma must be above 0, got sigma=0.0"),
        (lambda: gaussian([1.0], jnp.ones(1), np.nan), "sigma must be above 0"),
        (lambda: poisson([-1.0], jnp.ones(1)), "counts must be at least 0"),
        (lambda: gaussian(np.ones(3), jnp.ones((3, 1)), 1.0), r"shape of y, \(3,\), or be one"),
        (lambda: gaussian(np.ones(3), jnp.ones(2), 1.0), r"got a mean of shape \(2,\)"),
        (lambda: gaussian(np.ones(3), jnp.ones(3), np.ones(4)), r"got shape \(4,\)"),
        (lambda: poisson(np.ones(3), jnp.ones((3, 1))), r"mean must have the shape of counts"),
        (lambda: correlated(np.ones(2), 0.0, np.ones((2, 2))), "cov must be symmetric and pos"),
        (lambda: correlated(np.ones(2), 0.0, np.array([[2, 1], [0, 2]])), "must be symmetric"),
        (lambda: correlated(np.ones(2), 0.0, np.ones(2)), r"matrix for data of shape \(2,\)"),
        (lambda: _rows(np.ones(2), np.ones((2, 1))), r"y must have the shape of x, \(2,\)"),
        (lambda: _both(sigma_x=-1.0), "sigma_x must be at least 0, got sigma_x=-1.0"),
        (lambda: _both(sigma_y=0.0), "sigma_y must be above 0, got sigma_y=0.0"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def _rows(x, y):
    return effective_variance(lambda t, x: t[0] * x, jnp.ones(1), x, y, sigma_x=1.0, sigma_y=1.0)


def _both(**sizes):
    sizes = {"sigma_x": 1.0, "sigma_y": 1.0, **sizes}
    return effective_variance(lambda t, x: t[0] * x, jnp.ones(1), np.ones(2), np.ones(2), **sizes)


def test_a_traced_spread_is_taken_as_it_is():
    assert jax.jit(gaussian)(jnp.ones(1), jnp.zeros(1), jnp.array(0.0)).tolist() == [np.inf]
