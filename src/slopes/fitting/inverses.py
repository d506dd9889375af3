r"""Inverses of information matrices, infinite where there is none.

A covariance is the inverse of an information matrix, which comes whole, as H, or as a Jacobian J
whose product with itself it is. Either is scaled first, so that units do not matter:

.. math:: H^{-1} = D^{-1}\,(D^{-1} H D^{-1})^{-1} D^{-1}, \qquad D_{ii} = \sqrt{H_{ii}} .

Cost: n^3 operations for n parameters, m n^2 for a Jacobian of m rows. Eigenvalues that do not stand
above rounding count as 0: a parameter that is known that badly beside another is taken for open.
Then variances are infinite, covariances 0, and no entry is a nan.
Reference: Golub and Van Loan, *Matrix Computations*, section 5.3.
"""

import jax
import jax.numpy as jnp

__all__ = ["FAR", "apart", "by_qr", "inverse"]

#: A point that is further than this from the minimum, in standard errors, is taken for none.
FAR = 0.1


def inverse(matrix: jax.Array, slope: jax.Array | float = 0.0) -> jax.Array:
    """Invert a positive definite matrix; any other has infinite variances.

    Eigenvalues count if they stand above rounding, and above the slope that is left: along the
    floor of a bent valley the curvature is of the slope's size, whatever the data leave open.
    """
    size = jnp.diagonal(matrix)
    positive = jnp.all((size > 0) & jnp.isfinite(size))
    root = jnp.sqrt(jnp.where(positive, size, 1))
    one = jnp.eye(len(size), dtype=matrix.dtype)
    even = jnp.where(positive, matrix / root[:, None] / root[None, :], one)
    values, vectors = jnp.linalg.eigh(jnp.where(jnp.isfinite(even).all(), even, one))
    rounding = 10 * len(size) * jnp.finfo(matrix.dtype).eps  # type: ignore[no-untyped-call]
    least = jnp.maximum(rounding, jnp.linalg.norm(slope / root))
    good = positive & jnp.isfinite(matrix).all() & (values[0] > least)
    turned = vectors / jnp.sqrt(jnp.where(good, values, 1))[None, :] / root[:, None]
    return jnp.where(good, turned @ turned.T, jnp.where(one > 0, jnp.inf, 0))


def by_qr(jac: jax.Array) -> jax.Array:
    """Invert a Jacobian's product with itself; without full rank the variances are infinite."""
    most = jnp.max(jnp.abs(jac), axis=0)
    usable = jnp.isfinite(most).all() & (most > 0).all() & (jac.shape[0] >= jac.shape[1])
    scale = jnp.where(usable, most, 1)
    scaled = jnp.where(usable, jac, 0) / scale[None, :]
    scale = scale * jnp.sqrt(jnp.sum(scaled**2, axis=0))
    scale = jnp.where(usable, scale, 1)
    upper = jnp.linalg.qr(jnp.where(usable, jac, 0) / scale[None, :], mode="r")
    one = jnp.eye(jac.shape[1], dtype=jac.dtype)
    least = max(jac.shape) * jnp.finfo(jac.dtype).eps  # type: ignore[no-untyped-call]
    full = usable & (jnp.abs(jnp.diagonal(upper)).min() > least)
    whole = upper if len(upper) == len(one) else one
    back = jax.scipy.linalg.solve_triangular(jnp.where(full, whole, one), one)
    back = back / scale[:, None]
    return jnp.where(full, back @ back.T, jnp.where(one > 0, jnp.inf, 0))


def apart(slope: jax.Array, cov: jax.Array) -> jax.Array:
    """Estimate how many standard errors a minimum is away; infinite if there is none."""
    good = jnp.isfinite(cov).all() & jnp.isfinite(slope).all()
    square = slope @ jnp.where(good, cov, 0) @ slope
    return jnp.where(good, jnp.sqrt(jnp.maximum(square, 0)), jnp.inf)
