"""Programs and closed forms of `slopes.problems` that do not fit on a line.

A program (it has a loop, a branch or several outputs) takes the namespace `m` and returns the
function. A closed form takes the point and returns the derivative by NumPy; where the program
iterates, the closed form finds the same root by bisection, so that neither checks itself.
They are written for the reader of `slopes.problems.table`, which says what each is.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from slopes._typing import Fn

ROOT2 = math.sqrt(2)
BEALE = ((1, 1.5), (2, 2.25), (3, 2.625))
STIFFNESS = ((4.0, 1.0, 0.0), (1.0, 3.0, -1.0), (0.0, -1.0, 2.0))
LOAD = (1.0, 2.0, 3.0)
VOLUMES = (0.1, 0.2, 0.3)
FORCES = ((1.0, 0.5, 0.2), (0.5, 2.0, 0.4), (0.2, 0.4, 3.0))
DECAY = ((0.5, 1.9), (1.0, 1.3), (2.0, 0.8), (4.0, 0.2))


# --- Programs: functions with a loop or a branch. Each takes m and returns a function. ---


def huber(_m: Any) -> Fn:
    return lambda x: 0.5 * x**2 if x**2 < 1 else (x if x > 0 else -x) - 0.5


def softplus_by_cases(m: Any) -> Fn:
    return lambda x: x + m.log1p(m.exp(-x)) if x > 0 else m.log1p(m.exp(x))


def nested_sine(m: Any) -> Fn:
    def fn(x: Any) -> Any:
        for _ in range(6):
            x = m.sin(x)
        return x

    return fn


def nested_sine_slope(x: Any) -> Any:
    slope = 1.0
    for _ in range(6):
        slope, x = slope * np.cos(x), np.sin(x)
    return slope


def chebyshev(_m: Any) -> Fn:
    def fn(x: Any) -> Any:
        before, now = 1.0, x
        for _ in range(6):
            before, now = now, 2 * x * now - before
        return now

    return fn


def logistic_map(_m: Any) -> Fn:
    def fn(x: Any) -> Any:
        for _ in range(5):
            x = 4 * x * (1 - x)
        return x

    return fn


def newton_root(_m: Any) -> Fn:
    def fn(x: Any) -> Any:
        y = 0.5 * (1 + x)
        for _ in range(12):
            y = 0.5 * (y + x / y)
        return y

    return fn


def lambert(m: Any) -> Fn:
    def newton(w: Any, x: Any) -> Any:
        return w - (w - x * m.exp(-w)) / (1 + w)

    def fn(x: Any) -> Any:
        w = m.log1p(x)
        new = newton(w, x)
        while (new - w) ** 2 > 1e-16:
            w, new = new, newton(new, x)
        # The derivative lags the value by a step: one more than the value asks for.
        return newton(new, x)

    return fn


def kepler(m: Any) -> Fn:
    def fn(x: Any) -> Any:
        e, mean = x[0], x[1]
        E = mean + e
        for _ in range(10):
            E = E - (E - e * m.sin(E) - mean) / (1 - e * m.cos(E))
        return E

    return fn


def bisect(residual: Callable[[Any], Any], low: Any, high: Any) -> Any:
    """Root of an increasing function: slow, safe, and not the programs' iteration."""
    for _ in range(80):
        middle = 0.5 * (low + high)
        low = np.where(residual(middle) < 0, middle, low)
        high = np.where(residual(middle) < 0, high, middle)
    return 0.5 * (low + high)


def lambert_exact(x: Any) -> Any:
    return bisect(lambda w: w * np.exp(w) - x, 0.0 * x, 1.0 * x)


def kepler_exact(x: Any) -> tuple[Any, Any, Any]:
    """Return sin E, cos E and D = 1 - e cos E: the derivatives are rational in them and e."""
    e, mean = x[0], x[1]
    E = bisect(lambda E: E - e * np.sin(E) - mean, 1.0 * mean, mean + e)
    return np.sin(E), np.cos(E), 1 - e * np.cos(E)


def kepler_gradient(x: Any) -> Any:
    sine, _, D = kepler_exact(x)
    return np.stack([sine / D, 1 / D])


def kepler_hessian(x: Any) -> Any:
    e = x[0]
    sine, cosine, D = kepler_exact(x)
    ee = sine * (2 * cosine * D - e * sine**2) / D**3
    em = (cosine * D - e * sine**2) / D**3
    return np.array([[ee, em], [em, -e * sine / D**3]])


# --- Closed forms that do not fit on a line ---


def classic(x: Any) -> tuple[Any, Any, Any]:
    """Return f, r = g'/(2g) and r' for f = exp(x)/sqrt(g), g = sin^3 x + cos^3 x."""
    s, c = np.sin(x), np.cos(x)
    g, g1 = s**3 + c**3, 3 * s * c * (s - c)
    g2 = 3 * (s + c) * (3 * s * c - 1)
    return np.exp(x) / np.sqrt(g), g1 / (2 * g), (g2 * g - g1**2) / (2 * g**2)


def classic_first(x: Any) -> Any:
    f, r, _ = classic(x)
    return f * (1 - r)


def classic_second(x: Any) -> Any:
    f, r, r1 = classic(x)
    return f * ((1 - r) ** 2 - r1)


def softmax(x: Any) -> Any:
    weights = np.exp(np.asarray(x) - np.max(x))
    return weights / weights.sum()


def softmax_jacobian(x: Any) -> Any:
    s = softmax(x)
    return np.diag(s) - np.outer(s, s)


def each(x: Any) -> list[Any]:
    """Return the components of x: indexing is all that a tape's or a dual vector must offer."""
    return [x[i] for i in range(len(x))]


def beale(x: Any) -> Any:
    return sum((c - x[0] * (1 - x[1] ** i)) ** 2 for i, c in BEALE)


def beale_gradient(x: Any) -> Any:
    residuals = [(i, c - x[0] * (1 - x[1] ** i)) for i, c in BEALE]
    by_x = sum(2 * r * (x[1] ** i - 1) for i, r in residuals)
    by_y = sum(2 * r * i * x[0] * x[1] ** (i - 1) for i, r in residuals)
    return np.array([by_x, by_y])


def quadratic_form(_m: Any) -> Fn:
    def fn(x: Any) -> Any:
        rows = [sum(a * x[j] for j, a in enumerate(row)) for row in STIFFNESS]
        return sum(x[i] * (0.5 * row - LOAD[i]) for i, row in enumerate(rows))

    return fn


def product_gradient(x: Any) -> Any:
    return math.prod(x) / np.asarray(x)


def product_hessian(x: Any) -> Any:
    n = len(x)
    return math.prod(x) / np.outer(x, x) * (1 - np.eye(n))


def helmholtz(m: Any) -> Fn:
    def fn(x: Any) -> Any:
        filled = sum(b * x[i] for i, b in enumerate(VOLUMES))
        ideal = sum(xi * m.log(xi / (1 - filled)) for xi in each(x))
        attraction = sum(a * x[i] * x[j] for i, row in enumerate(FORCES) for j, a in enumerate(row))
        ratio = (1 + (1 + ROOT2) * filled) / (1 + (1 - ROOT2) * filled)
        return ideal - attraction / (2 * ROOT2 * filled) * m.log(ratio)

    return fn


def helmholtz_gradient(x: Any) -> Any:
    x, b, A = np.asarray(x), np.array(VOLUMES), np.array(FORCES)
    s, q = b @ x, x @ A @ x
    log_ratio = np.log((1 + (1 + ROOT2) * s) / (1 + (1 - ROOT2) * s))
    slope = 1 / (s * (1 + 2 * s - s**2)) - log_ratio / (2 * ROOT2 * s**2)
    ideal = np.log(x / (1 - s)) + 1 + x.sum() * b / (1 - s)
    return ideal - A @ x * log_ratio / (ROOT2 * s) - q * b * slope


def mass_gradient(x: Any) -> Any:
    root, half = np.sqrt(x[0] * x[1]), 0.5 * x[2]
    sine = np.sin(half)
    return np.array([root / x[0] * sine, root / x[1] * sine, root * np.cos(half)])


def polar_jacobian(x: Any) -> Any:
    c, s = np.cos(x[1]), np.sin(x[1])
    return np.array([[c, -x[0] * s], [s, x[0] * c]])


def vector_sum(m: Any) -> Fn:
    return lambda x: [
        x[0] * m.cos(x[1]) + x[2] * m.cos(x[3]),
        x[0] * m.sin(x[1]) + x[2] * m.sin(x[3]),
    ]


def arm(m: Any) -> Fn:
    return lambda x: [
        m.cos(x[0]) + 0.7 * m.cos(x[0] + x[1]),
        m.sin(x[0]) + 0.7 * m.sin(x[0] + x[1]),
    ]


def arm_jacobian(x: Any) -> Any:
    s, c = 0.7 * np.sin(x[0] + x[1]), 0.7 * np.cos(x[0] + x[1])
    return np.array([[-np.sin(x[0]) - s, -s], [np.cos(x[0]) + c, c]])


def decay_jacobian(x: Any) -> Any:
    t = np.array([t for t, _ in DECAY])
    return np.stack([-np.exp(-x[1] * t), x[0] * t * np.exp(-x[1] * t)], axis=1)


def softmax_of(m: Any) -> Fn:
    def fn(x: Any) -> Any:
        weights = [m.exp(xi) for xi in each(x)]
        total = sum(weights)
        return [weight / total for weight in weights]

    return fn


def tridiagonal(_m: Any) -> Fn:
    def fn(x: Any) -> Any:
        row = [0.0, *each(x), 0.0]
        middle = range(1, len(x) + 1)
        return [(3 - 2 * row[i]) * row[i] - row[i - 1] - 2 * row[i + 1] + 1 for i in middle]

    return fn


def tridiagonal_jacobian(x: Any) -> Any:
    n = len(x)
    return np.diag(3 - 4 * np.asarray(x)) - np.eye(n, k=-1) - 2 * np.eye(n, k=1)


def arrow(_m: Any) -> Fn:
    return lambda x: [sum(xi**2 for xi in each(x)), *(x[0] * xi for xi in each(x)[1:])]


def arrow_jacobian(x: Any) -> Any:
    jac = x[0] * np.eye(len(x))
    jac[:, 0], jac[0] = x, 2 * np.asarray(x)
    return jac
