"""The adaptive derivative behind `slopes.finite.derivative`."""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

NODES = 16  # even, so that no node coincides with x
START = 0.8  # first offset is u**START times |x|
CONSISTENT = 0.2
FITS = 4
COVER = 4.0
TARGET = 64.0


@lru_cache
def unit_roundoff(dtype: Any) -> float:
    """Unit roundoff u of a dtype: half the gap between 1 and the next number, 2**-53 at least."""
    kind = np.dtype(dtype)
    if kind.kind not in "fV":  # integers are counted in float64; complex numbers in their parts
        kind = kind.type(0).real.dtype if kind.kind == "c" else np.dtype(float)
    one = kind.type(1)
    u = 0.5
    while u > 2.0**-53 and kind.type(1 + u) != one:
        u /= 2
    return u


def checked_point(x: Any) -> tuple[float, Any]:
    """Value and dtype of a scalar x."""
    array = np.asarray(x)
    if np.iscomplexobj(array) or array.ndim != 0:
        raise TypeError(f"x must be one real number, got x={x!r}")
    point = float(array)
    if not math.isfinite(point):
        raise ValueError(f"x must be finite, got x={x!r}")
    return point, np.dtype(float) if array.dtype.kind in "biuO" else array.dtype


def held(t: Any, kind: Any) -> Any:
    """A number of the given dtype, Python's own for float64 (so that math.* and weak types work)."""
    return float(t) if kind == np.float64 else kind.type(t)


class Sampler(NamedTuple):
    """The function with its memory: no point is evaluated twice."""

    value: Callable[[float], float]
    near: Callable[[float], float]
    x: float
    u: float
    seen: dict[float, float]


class Level(NamedTuple):
    """What two points at distance h tell."""

    h: float
    odd: float
    even: float
    peak: float


class Fit(NamedTuple):
    value: float
    error: float
    half: float
    noise: float
    degree: int
    size: float


def estimate(fn: Any, x: Any, order: int, bounds: tuple[float, float]) -> tuple[float, float, int]:
    """Value, error bar and number of evaluations."""
    point, kind = checked_point(x)
    low, high = bounds
    if order not in (1, 2):
        raise ValueError(f"order must be 1 or 2, got order={order!r}")
    if not low <= point <= high or low == high:
        raise ValueError(f"bounds must enclose x={point!r}, got bounds={bounds!r}")
    sampler = _sampler(fn, point, kind, bounds)
    value, error = _search(sampler, order, bounds)
    return value, error, len(sampler.seen)


def _sampler(fn: Any, x: float, kind: Any, bounds: tuple[float, float]) -> Sampler:
    first = np.asarray(fn(held(x, kind)))
    if np.iscomplexobj(first) or first.ndim != 0:
        raise TypeError(f"fn must return one real number, got fn({x!r})={first!r}")
    if not math.isfinite(float(first)):
        raise ValueError(f"fn must be finite at x, got fn({x!r})={float(first)!r}")
    narrow = first.dtype if unit_roundoff(first.dtype) > unit_roundoff(kind) else kind
    seen: dict[float, float] = {x: float(first)}

    def value(t: float) -> float:
        if t not in seen:
            if not bounds[0] <= t <= bounds[1]:
                return math.nan
            try:
                with np.errstate(all="ignore"):
                    seen[t] = float(fn(held(t, kind)))
            except (ArithmeticError, ValueError):
                seen[t] = math.nan
        return seen[t]

    def near(t: float) -> float:
        return float(narrow.type(t))

    return Sampler(value, near, x, unit_roundoff(narrow), seen)


def _probe(s: Sampler, h: float) -> tuple[float, bool]:
    """Noise of the function at tiny distances, and whether x is a jump or kink."""
    f0 = s.seen[s.x]
    for steps in ((-3, -2, -1, 1, 2, 3), (1, 2, 3, 4, 5, 6), (-6, -5, -4, -3, -2, -1)):
        places = [s.near(s.x + k * h) for k in steps]
        values = [s.value(t) for t in places]
        if all(map(math.isfinite, values)):
            break
    else:
        return math.nan, False
    t = (np.array([s.x, *places]) - s.x) / h
    f = np.array([f0, *values]) - f0
    V = np.vander(t, 3)
    residual = f - V @ (np.linalg.pinv(V) @ f)
    sigma = math.sqrt(float(residual @ residual) / 4)
    broken = False
    if steps[0] == -3:
        sides = max(abs(f[1] - 2 * f[2] + f[3]), abs(f[4] - 2 * f[5] + f[6]))
        broken = sigma > 30 * sides + 1000 * s.u * float(np.abs(values).max(initial=abs(f0)))
    return sigma, broken


def _level(s: Sampler, h: float) -> Level | None:
    f0 = s.seen[s.x]
    left, right = s.value(s.near(s.x - h)), s.value(s.near(s.x + h))
    a, b = math.isfinite(left), math.isfinite(right)
    if a and b:
        odd, even = (right - left) / 2, (right - f0) / 2 + (left - f0) / 2
    elif a or b:
        sign = 1 if b else -1
        near, far = s.value(s.near(s.x + sign * h / 2)) - f0, (right if b else left) - f0
        odd, even = sign * (4 * near - far), 2 * (far - 2 * near)
    else:
        return None
    if not (math.isfinite(odd) and math.isfinite(even)):
        return None
    return Level(h, odd, even, max(abs(f0), abs(f0 + odd + even), abs(f0 + even - odd)))


def _start(s: Sampler) -> float:
    scale = abs(s.x) or 2.0**-100
    return max(2.0 ** round(math.log2(scale * s.u**START)), 2.0**-1000)


def _reach(now: Level, low: Level, noise: float) -> float:
    """Distance at which the next terms of the series overtake the first two; inf if unseen."""
    r = now.h / low.h
    cubic = abs(now.odd - r * low.odd)
    quartic = abs(now.even - r * r * low.even)
    cubic = cubic if cubic > 4 * r * noise else 0.0
    quartic = quartic if quartic > 4 * r * r * noise else 0.0
    lead, bend = abs(now.odd), abs(now.even)
    w = 2.0**-4
    while w < 2.0**16:
        if max(cubic * w**3, quartic * w**4) > CONSISTENT * max(lead * w, bend * w * w):
            return w * now.h
        w *= math.sqrt(2)
    return math.inf


def _climb(s: Sampler, sigma: float, order: int) -> tuple[Level, float, float]:
    """Last consistent level, guess of the half-width, and noise."""
    h = _start(s)
    bits = -math.log2(s.u)
    small = 2.0 ** math.ceil(bits / 6.5)
    good = _level(s, h)
    assert good is not None
    varied = good.odd != 0 or good.even != 0
    while True:
        factor = small if h < abs(s.x) else small * small
        h = good.h * factor
        if not h < 2.0**60 * max(abs(s.x), 1.0) or (not varied and h > 2.0**10 * max(abs(s.x), 1)):
            return good, good.h, sigma
        level = _level(s, h)
        if level is None:
            return good, good.h * math.sqrt(factor), sigma
        change = max(abs(level.odd), abs(level.even))
        if not varied and change > 0:
            sigma = max(sigma, change)
            varied = True
        eta = max(sigma, s.u * level.peak)
        eta_low = max(sigma, s.u * good.peak)
        misfit = max(abs(level.odd - factor * good.odd) - 4 * factor * eta_low, 0)
        if misfit > CONSISTENT * change:
            return good, good.h * math.sqrt(factor), sigma
        reach = _reach(level, good, eta)
        if eta / h**order >= 0.5 * eta_low / good.h**order:
            return level, min(level.h, reach / 2.5), sigma
        nxt = h * (small if h < abs(s.x) else small * small)
        good = level
        if reach < nxt:
            return good, reach / 2.5, sigma


def _places(s: Sampler, low: float, high: float) -> list[float]:
    angles = (2 * np.arange(NODES) + 1) * (math.pi / (2 * NODES))
    grid = 2.0 ** (math.floor(math.log2(high - low)) - 9)
    raw = s.x + (low + high) / 2 + (high - low) / 2 * np.cos(angles)
    return [s.near(float(np.round(t / grid) * grid)) for t in raw]


def _fit(s: Sampler, low: float, high: float, order: int) -> Fit | None:
    """Chebyshev fit on [x + low, x + high], its derivative at x and its error bar."""
    places = _places(s, low, high)
    if len(set(places)) < NODES:
        return None
    f0 = s.seen[s.x]
    f = np.array([0.0] + [s.value(t) - f0 for t in places])
    if not np.isfinite(f).all():
        return None
    half, mid = (high - low) / 2, (high + low) / 2
    t = (np.array([0.0] + [p - s.x for p in places]) - mid) / half
    basis = np.polynomial.chebyshev.chebvander(t, NODES - 1)
    solve = np.linalg.pinv(basis)
    c = solve @ f
    slope = _chebyshev_derivative(-mid / half, NODES - 1, order) / half**order
    spread = np.linalg.norm(solve, axis=1)
    floor = 0.3 * s.u * float(np.abs(f).max() + abs(f0))
    best = None
    for degree in range(order, NODES - 4):
        noise = max(floor, math.sqrt(float(np.mean((c[degree + 1 :] / spread[degree + 1 :]) ** 2))))
        gain = float(np.linalg.norm(slope[: degree + 1] @ solve[: degree + 1]))
        value = float(slope[: degree + 1] @ c[: degree + 1])
        error = COVER * noise * gain + 2 * s.u * abs(value)
        if best is None or error < best.error:
            best = Fit(value, error, half, noise, degree, float(np.abs(c[1:]).max()))
    return best


def _chebyshev_derivative(t: float, degree: int, order: int) -> Any:
    eye = np.eye(degree + 1)
    return np.array(
        [
            np.polynomial.chebyshev.chebval(t, np.polynomial.chebyshev.chebder(row, order))
            for row in eye
        ]
    )


def _search(s: Sampler, order: int, bounds: tuple[float, float]) -> tuple[float, float]:
    f0 = s.seen[s.x]
    sigma, broken = _probe(s, _start(s))
    if math.isnan(sigma):
        raise ValueError(f"fn must be finite on one side of x={s.x!r} at least")
    if broken:
        return math.nan, math.inf
    good, half, sigma = _climb(s, sigma, order)
    best = None
    noise = max(sigma, s.u * abs(f0))
    for _ in range(FITS):
        sides = _sides(s, half, good.h)
        fit = _fit(s, *sides, order)
        if fit is None:
            half /= 4
            continue
        if best is None or fit.error < best.error:
            best = fit
        natural = abs(fit.value) + fit.size / fit.half**order
        if fit.error <= TARGET * s.u * natural:
            break
        eta = max(noise, s.u * (fit.size + abs(f0)))
        if fit.noise > 8 * eta:
            factor = max((eta / fit.noise) ** (1 / NODES), 1 / 64)
        else:
            excess = 1 / max(fit.degree, 1) - 1 / (NODES - 4)
            factor = min(max(fit.size / fit.noise, 1.0) ** excess, 256.0) if fit.noise else 1.0
            if factor < 2:
                break
        half *= factor
    if best is None:
        return math.nan, math.inf
    return best.value, best.error


def _sides(s: Sampler, half: float, safe: float) -> tuple[float, float]:
    """Offsets of the interval's ends: symmetric if the function allows it."""
    ends = []
    for sign in (-1, 1):
        reach = half
        while reach > safe and not math.isfinite(s.value(s.near(s.x + sign * reach))):
            reach = max(reach / 4, safe)
        if not math.isfinite(s.value(s.near(s.x + sign * reach))):
            reach = 0.0
        ends.append(sign * reach)
    return ends[0], ends[1]
