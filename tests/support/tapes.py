"""What the tests of the tape share: tolerances, oracles, the transpose checked."""

import numpy as np

from slopes import tape

U = 2.0**-53
# The programs of `slopes.problems` are a few hundred roundings long, Newton's iterations contract
# them; closed forms carry up to 256 U of their own (see test_problems). A second derivative of
# the chirp at 0.05 is a difference of terms 20 times its size.
FIRST = 512 * U
SECOND = 16 * FIRST


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def imaginary(fn, x, v):
    """J v by the complex step: no subtraction, and nothing in common with a tape."""
    h = 2.0**-60
    return np.imag(fn(*(a + 1j * h * b for a, b in zip(x, v, strict=True)))) / h


def gap(fn, numpy_fn, *x, seed=1):
    """|<w, J v> - <J^T w, v>| over the size of its terms: 0 up to rounding if J^T is right."""
    rng = np.random.default_rng(seed)
    y, pullback = tape.vjp(fn, *x)
    w, v = rng.normal(size=np.shape(y)), [rng.normal(size=np.shape(a)) for a in x]
    forward = w * imaginary(numpy_fn, x, v)
    backward = [a * b for a, b in zip(pullback(w), v, strict=True)]
    scale = np.abs(forward).sum() + np.sum([np.abs(part).sum() for part in backward])
    return abs(forward.sum() - np.sum([part.sum() for part in backward])) / max(scale, 1e-300)


def rounding(*x):
    """Each sum of n terms is off by at most n U of its terms, each term by a few U."""
    return 64 * U * max(np.prod([np.size(a) for a in x], dtype=int), 1)


def transposed(fn, numpy_fn, *x):
    """Check a linear function on whole numbers, where nothing rounds."""
    rng = np.random.default_rng(3)
    y, pullback = tape.vjp(fn, *x)
    np.testing.assert_array_equal(y, numpy_fn(*x))
    w = rng.integers(-3, 4, np.shape(y)).astype(float)
    v = [rng.integers(-3, 4, np.shape(a)).astype(float) for a in x]
    left = np.sum(w * numpy_fn(*v))
    return left == np.sum([np.sum(a * b) for a, b in zip(pullback(w), v, strict=True)])


def whole(shape):
    return np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(float)


def first(problem, point):
    take = tape.jacobian if problem.kind == "jacobian" else tape.gradient
    return np.asarray(take(problem.build(tape), point))
