"""Second order and unscented points against exact moments of normal numbers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from slopes.compare import measured_order
from slopes.propagation import propagate, second_order, unscented

U = 2.0**-53
MEAN = np.array([0.4, -0.3])
COV = np.array([[0.09, 0.03], [0.03, 0.04]])


def quadratic(x):
    return jnp.stack([x[0] ** 2 + 3 * x[0] * x[1], x[1] ** 2 - x[0]])


def moments(fn, mean, cov, points=40):
    """Mean and covariance by a Gauss-Hermite rule on a grid, exact for polynomials."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(points)
    weights = weights / weights.sum()
    z = np.stack(np.meshgrid(nodes, nodes, indexing="ij"), -1).reshape(-1, 2)
    w = np.outer(weights, weights).ravel()
    y = np.stack([np.asarray(fn(x)) for x in mean + z @ np.linalg.cholesky(cov).T])
    apart = y - w @ y
    return w @ y, apart.T * w @ apart


def test_second_order_is_exact_for_quadratic_functions():
    mean, cov = moments(quadratic, MEAN, COV)
    found = second_order(quadratic, jnp.asarray(MEAN), jnp.asarray(COV))
    assert np.allclose(found.value, mean, rtol=1e-12, atol=0)
    assert np.allclose(found.cov, cov, rtol=1e-12, atol=0)
    assert np.allclose(found.value - found.bias, quadratic(MEAN), rtol=8 * U)
    first = propagate(quadratic, jnp.asarray(MEAN), jnp.asarray(COV))
    assert not np.allclose(first.cov, cov, rtol=0.01)  # the oracle tells them apart


def test_a_square_at_its_minimum_has_mean_one_and_variance_two():
    found = second_order(lambda x: x**2, 0.0, 1.0)
    assert (float(found.value), float(found.bias), float(found.cov)) == (1.0, 1.0, 2.0)
    assert float(propagate(lambda x: x**2, 0.0, 1.0).error) == 0.0


def test_a_sine_at_zero_gains_nothing():
    assert float(second_order(jnp.sin, 0.0, 1.0).cov) == 1.0  # (1 - exp(-2)) / 2 = 0.432 is right


def lognormal(s):
    return np.exp(s**2 / 2), np.exp(s**2) * (np.exp(s**2) - 1)


@pytest.mark.parametrize(
    ("way", "mean_order", "variance_order"),
    [(propagate, 2, 4), (second_order, 4, 4), (unscented, 6, 6)],
)
def test_the_error_of_each_way_falls_with_its_order(way, mean_order, variance_order):
    s = np.logspace(-1.3, -0.6, 6)
    found = [way(jnp.exp, 0.0, float(x) ** 2) for x in s]
    means = [abs(float(y.value) - lognormal(x)[0]) for y, x in zip(found, s, strict=True)]
    variances = [abs(float(y.cov) - lognormal(x)[1]) for y, x in zip(found, s, strict=True)]
    assert measured_order(s, means).order == pytest.approx(mean_order, abs=0.2)
    assert measured_order(s, variances).order == pytest.approx(variance_order, abs=0.2)


def test_unscented_points_have_the_mean_and_the_covariance_of_the_inputs():
    cov = np.eye(5) + 0.3
    found = unscented(lambda x: x, jnp.arange(5.0), jnp.asarray(cov))
    assert np.allclose(found.value, np.arange(5.0), rtol=0, atol=32 * U)
    assert np.allclose(found.cov, cov, rtol=0, atol=64 * U)


def test_unscented_means_are_exact_for_cubic_functions_of_normal_numbers():
    def cubic(x):
        return x[0] ** 3 + x[0] ** 2 * x[1] - x[1] ** 2

    mean, _ = moments(lambda x: np.atleast_1d(cubic(x)), MEAN, COV)
    for spread in (None, 2.5):
        found = unscented(cubic, jnp.asarray(MEAN), jnp.asarray(COV), spread=spread)
        assert float(found.value) == pytest.approx(float(mean[0]), rel=1e-12)


def test_unscented_evaluates_2n_plus_1_points():
    seen = []

    def fn(x):
        jax.debug.callback(lambda v: seen.append(v), x)
        return x

    unscented(fn, jnp.ones(4), jnp.eye(4))
    jax.effects_barrier()
    assert len(seen) == 9


def test_no_unscented_variance_is_negative():
    rng = np.random.default_rng(1)
    for n in (1, 3, 8):
        mean = jnp.asarray(rng.normal(size=n))
        found = unscented(lambda x: jnp.stack([jnp.sum(x**2), jnp.prod(x)]), mean, jnp.eye(n))
        assert np.linalg.eigvalsh(found.cov)[0] > -1e-12 * np.linalg.eigvalsh(found.cov)[1]


@pytest.mark.parametrize("spread", [1.0, 1.7, -1.0, -5.0, float("nan"), float("inf")])
def test_points_that_would_need_a_negative_weight_are_refused(spread):
    with pytest.raises(ValueError, match="spread must be at least the root of n=3"):
        unscented(jnp.sum, jnp.ones(3), jnp.eye(3), spread=spread)


def test_a_point_without_a_value_is_not_blamed_on_derivatives():
    # It said "at mean, and its derivatives too", where the square root is finite.
    with pytest.raises(ValueError, match="fn must be finite at each of the points, got"):
        unscented(jnp.sqrt, 1.0, 1.0)


def test_both_work_under_jit_with_trees_and_without_a_finite_value_refuse():
    mean, cov = {"a": jnp.array([0.4]), "b": jnp.array(-0.3)}, jnp.asarray(COV)

    def fn(p):
        return {"y": quadratic(jnp.concatenate([p["a"], p["b"][None]]))}

    exact, _ = moments(quadratic, MEAN, COV)
    for way in (second_order, unscented):
        found = jax.jit(lambda m, c, way=way: way(fn, m, c))(mean, cov)
        assert np.allclose(found.value["y"], exact, rtol=1e-12)
        with pytest.raises(ValueError, match="fn must be finite"):
            way(jnp.log, 0.0, 1.0)
