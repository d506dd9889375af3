r"""Find the step, the noise and the error bar of a derivative: the engine of `finite.derivative`.

A smooth function, sampled at Chebyshev points of an interval of half-width :math:`h` about x, has
Chebyshev coefficients that fall until they meet the noise of the values. Cutting the series there
and differentiating it,

.. math:: f'(x) \approx \frac1h \sum_{k \le d} c_k T_k'(t_0), \qquad
          \text{error} \approx \frac\sigma h \Big\| \sum_{k \le d} T_k'(t_0)\, P_k \Big\|,

gives a value and, from the coefficients beyond the cut, the noise :math:`\sigma` that its error
bar needs (:math:`P` takes values to coefficients). What remains is to find :math:`h`: climb from
a distance at which every function is a straight line, so that no oscillation is jumped over.
Cost: 7 evaluations for the noise, 2 per level of the climb, 16 per fit. It fails on structure
finer than :math:`u^{0.8}|x|` and on noise that is smooth at that scale.
Reference: L. N. Trefethen, *Approximation Theory and Approximation Practice*, chapters 3 and 8.
"""

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.polynomial import chebyshev

NODES = 16  # even, so that no node repeats x; 13 digits of exp need 12 coefficients, noise four
START = 0.8  # first distance u**START |x|: 2^11 ulps of float64, room for seven points
ORIGIN = 2.0**-100  # stands for |x| at 0, which says nothing about scale
AGREE = 0.2  # two levels agree if their slopes differ by a fifth of the change
FITS = 4
COVER = 4.0  # standard errors in the error bar
TARGET = 256.0  # stop refining at this many roundoffs
SIGNAL = 32.0  # a variation below 32 times the noise proves nothing
HIDDEN = 16.0  # noise is believed from a fit only if the fit's variation exceeds 16 times it


class Sampler(NamedTuple):
    """A function with a memory: no point is evaluated twice."""

    value: Callable[[float], float]
    near: Callable[[float], float]
    x: float
    fx: float
    u: float
    seen: dict[float, float]


class Level(NamedTuple):
    """Odd and even part of ``f(x + h) - f(x)``, and the largest magnitude of f seen there."""

    h: float
    odd: float
    even: float
    peak: float

    @property
    def change(self) -> float:
        """Size of the variation."""
        return max(abs(self.odd), abs(self.even))


class Start(NamedTuple):
    """Where the climb ended: last verified level, first half-width to try, noise."""

    level: Level
    half: float
    sigma: float
    verified: bool


class Fit(NamedTuple):
    """A truncated Chebyshev series about x."""

    value: float
    error: float
    slope: float
    half: float
    noise: float
    degree: int
    size: float


@lru_cache
def unit_roundoff(dtype: Any) -> float:
    """Unit roundoff u of a dtype: half the gap between 1 and the next number."""
    kind = np.dtype(dtype)
    if kind.kind not in "fV":  # integers count as float64, complex numbers as their parts
        kind = kind.type(0).real.dtype if kind.kind == "c" else np.dtype(float)
    one = kind.type(1)
    u = 0.5
    while u > 2.0**-53 and kind.type(1 + u) != one:
        u /= 2
    return u


def checked_point(x: Any) -> tuple[float, Any]:
    """Value and dtype of a scalar x; integers count as float64."""
    array = np.asarray(x)
    if np.iscomplexobj(array) or array.ndim != 0:
        raise TypeError(f"x must be one real number, got x={x!r}")
    point = float(array)
    if not math.isfinite(point):
        raise ValueError(f"x must be finite, got x={x!r}")
    return point, np.dtype(float) if array.dtype.kind in "biuO" else array.dtype


def held(t: Any, kind: Any) -> Any:
    """A number of the given dtype: Python's own for float64, which math.* and JAX take as it is."""
    return float(t) if kind == np.float64 else kind.type(t)


def estimate(fn: Any, x: Any, order: int, bounds: tuple[float, float]) -> tuple[float, float, int]:
    """Value, error bar and number of evaluations."""
    point, kind = checked_point(x)
    if order not in (1, 2):
        raise ValueError(f"order must be 1 or 2, got order={order!r}")
    if not (bounds[0] <= point <= bounds[1] and bounds[0] < bounds[1]):
        raise ValueError(f"bounds must enclose x={point!r}, got bounds={bounds!r}")
    s = _sampler(fn, point, kind, bounds)
    scale = abs(point) or ORIGIN
    h = max(2.0 ** round(math.log2(scale * s.u**START)), 2.0**-1000)
    sigma, broken = _probe(s, h)
    value, error = broken or _search(s, h, sigma, order)
    return value, math.inf if broken and order == 2 else error, len(s.seen)


def _sampler(fn: Any, x: float, kind: Any, bounds: tuple[float, float]) -> Sampler:
    first = np.asarray(fn(held(x, kind)))
    if np.iscomplexobj(first) or first.ndim != 0:
        raise TypeError(f"fn must return one real number, got fn({x!r})={first!r}")
    fx = float(first)
    if not math.isfinite(fx):
        raise ValueError(f"fn must be finite at x, got fn({x!r})={fx!r}")
    narrow = first.dtype if unit_roundoff(first.dtype) > unit_roundoff(kind) else kind
    seen: dict[float, float] = {x: fx}

    def value(t: float) -> float:
        if not bounds[0] <= t <= bounds[1]:
            return math.nan
        if t not in seen:
            try:
                with np.errstate(all="ignore"):
                    y = float(fn(held(t, kind)))
            except (ArithmeticError, ValueError):  # how math.* says: outside of the domain
                y = math.nan
            seen[t] = y if math.isfinite(y) else math.nan
        return seen[t]

    return Sampler(value, lambda t: float(narrow.type(t)), x, fx, unit_roundoff(narrow), seen)


def _probe(s: Sampler, h: float) -> tuple[float, tuple[float, float] | None]:
    """Noise of seven neighbouring values about a parabola; value and error if x is a break."""
    for steps in ((-3, -2, -1, 1, 2, 3), (1, 2, 3, 4, 5, 6), (-6, -5, -4, -3, -2, -1)):
        places = [s.near(s.x + k * h) for k in steps]
        f = np.array([s.value(t) for t in places]) - s.fx
        if np.isfinite(f).all():
            break
    else:
        raise ValueError(f"fn must be finite near x, got neither side of x={s.x!r} finite")
    t = (np.array([s.x, *places]) - s.x) / h
    basis = np.vander(t, 3)
    all_f = np.array([0.0, *f])
    residual = all_f - basis @ (np.linalg.pinv(basis) @ all_f)
    sigma = math.sqrt(float(residual @ residual) / 4)
    if steps[0] != -3:
        return sigma, None
    # Smooth on either side and rough across: a jump or a kink, not noise.
    sides = max(abs(f[0] - 2 * f[1] + f[2]), abs(f[3] - 2 * f[4] + f[5]))
    steep = abs(s.x * (f[5] - f[0]) / h)
    if sigma <= 30 * sides + 64 * s.u * (float(np.abs(f).max()) + abs(s.fx) + steep):
        return sigma, None
    slopes = f[[0, 2, 3, 5]] / (h * np.array([-3, -1, 1, 3]))
    spread = float(np.ptp(slopes))
    kink = max(abs(slopes[0] - slopes[1]), abs(slopes[2] - slopes[3])) < 0.1 * spread
    return sigma, (float(slopes[1] + slopes[2]) / 2, spread if kink else math.inf)


def _level(s: Sampler, h: float) -> Level | None:
    left, right = (s.value(s.near(s.x + sign * h)) - s.fx for sign in (-1, 1))
    if math.isfinite(left) and math.isfinite(right):
        odd, even = right / 2 - left / 2, right / 2 + left / 2
    elif math.isfinite(left) or math.isfinite(right):
        sign, far = (-1, left) if math.isfinite(left) else (1, right)
        near = s.value(s.near(s.x + sign * h / 2)) - s.fx
        odd, even = sign * (4 * near - far), 2 * (far - 2 * near)
    else:
        return None
    peak = max(abs(s.fx), abs(s.fx + (even + odd)), abs(s.fx + (even - odd)))
    return Level(h, odd, even, peak) if math.isfinite(peak) else None


def _reach(now: Level, low: Level, noise: float) -> float:
    """Distance at which cubic and quartic overtake the two lower terms; inf if noise hides them."""
    if now.change < SIGNAL * noise:
        return math.inf
    r = now.h / low.h
    cubic, quartic = abs(now.odd - r * low.odd), abs(now.even - r * r * low.even)
    cubic = cubic if cubic > 4 * r * noise else 0.0
    quartic = quartic if quartic > 4 * r * r * noise else 0.0
    if cubic == quartic == 0:
        return math.inf
    w = 2.0 ** np.arange(-24, 16.5, 0.5)
    over = cubic * w**3 + quartic * w**4 > AGREE * np.maximum(abs(now.odd) * w, abs(now.even) * w**2)
    return float(w[int(np.argmax(over))] * now.h) if over.any() else math.inf


def _climb(s: Sampler, h: float, sigma: float, order: int) -> Iterator[Start]:
    """Go up in levels until the function bends, and say where; at most two answers, best last."""
    bits = math.ceil(-math.log2(s.u) / 6.5)  # 9 bits in float64: far below sqrt(1/u) = 2^26
    scale = max(abs(s.x), 1.0)
    good = _level(s, h) or Level(h, 0.0, 0.0, abs(s.fx))
    verified, shorten, reach, second = False, 0.0, math.inf, False
    while True:
        full = 2.0 ** (bits if good.h < abs(s.x) else 2 * bits)
        factor = shorten or full
        h = good.h * factor
        if h > 2.0**60 * scale or (good.change == 0 and h > 2.0**10 * scale):
            yield Start(good, good.h, sigma, not second)
            return
        level = _level(s, h)
        if level is None:
            yield Start(good, good.h * math.sqrt(factor), sigma, verified)
            return
        rounding = s.u * abs(s.x * level.odd / h)  # what rounding inside fn's argument can do
        low, eta = (max(sigma, s.u * at.peak, rounding) for at in (good, level))
        if good.change == 0 and level.change > 0:
            # Nothing, then something: a quantum of the values, until a fit shows otherwise.
            sigma = low = eta = max(sigma, level.change)
        elif good.change < SIGNAL * low and level.change > 4 * SIGNAL * eta and factor > 4:
            # Noise below and signal here: too far to see whether they agree.
            power = 1.0 if abs(level.odd) > abs(level.even) else 0.5
            shorten = max(2.0 ** round(math.log2(factor * (64 * eta / level.change) ** power)), 2.0)
            continue
        misfit = abs(level.odd - factor * good.odd) - AGREE * level.change - 4 * factor * low
        if good.change and misfit > 0 and level.change > SIGNAL * eta:
            if reach == math.inf and factor > 4:
                shorten = math.sqrt(factor) if factor > 16 else 4.0
                continue  # a smooth function announces its bends: look closer
            yield Start(good, good.h * math.sqrt(factor), sigma, verified)
            if not verified or reach < math.inf:
                return
            # Not announced at a quarter of the distance: perhaps noise, not shape. Climb over it.
            second, sigma = True, level.change + factor * abs(good.odd)
            good, shorten, verified = level, 0.0, False
            continue
        reach = _reach(level, good, eta)
        if reach < h:
            yield Start(good, reach / 4, sigma, verified)
            return
        verified = not second
        # More distance and as much more noise, or a bend within the next step: far enough.
        if eta > max(2.0, 0.5 * factor**order) * low or reach < h * full:
            yield Start(level, reach / 4 if reach < h * full else h, sigma, verified)
            return
        good, shorten = level, 0.0


def _search(s: Sampler, h: float, sigma: float, order: int) -> tuple[float, float]:
    """Best fit of those started where the climb ended."""
    starts = list(_climb(s, h, sigma, order))
    for start in reversed(starts):
        fit = _refine(s, start, order)
        if fit is not None and (start is starts[0] or fit.noise < 2.0**-10 * fit.size):
            break
    if fit is None:
        return start.level.odd / start.level.h, math.inf
    if not start.verified and fit.error > 0.1 * (abs(fit.value) + fit.size / fit.half**order):
        return fit.value, math.inf  # rough at the smallest distance, rough further out
    return fit.value, fit.error


def _refine(s: Sampler, start: Start, order: int) -> Fit | None:
    """Fit, then narrow or widen by a predicted factor, while that pays."""
    half, ceiling = start.half, math.inf
    eta = max(start.sigma, s.u * abs(s.fx))
    best: Fit | None = None
    last: Fit | None = None
    for _ in range(FITS):
        fit = _fit(s, *_sides(s, half, start.level.h), order, start)
        if fit is None or not _agrees(fit, start):
            ceiling = half
            half /= 4
            continue
        if best is None or fit.error < best.error:
            best = fit
        if fit.error <= TARGET * s.u * (abs(fit.value) + fit.size / fit.half**order):
            break
        if last is not None and fit.half < last.half and fit.noise > last.noise / 4:
            eta, ceiling = max(eta, fit.noise), math.inf  # narrower and as rough: it is noise
        last = fit
        rounding = max(eta, s.u * (fit.size + abs(s.fx)))
        if fit.noise > 8 * rounding:
            ceiling = half
            half *= max((rounding / fit.noise) ** (1 / (fit.degree + 1)), 1 / 64)
            continue
        if fit.degree == NODES - 5 and fit.noise > 64 * s.u * (fit.size + abs(s.fx)):
            ceiling = half  # no plateau, whatever the probe saw
            half /= 2
            continue
        wider = half * _widening(fit, start.sigma)
        half = min(wider, ceiling / 1.5)
        if half < 4 * fit.half or start.level.change == 0:
            break
    return best


def _agrees(fit: Fit, start: Start) -> bool:
    """Whether the slope is that of the last verified level: a fit that jumps over waves is not."""
    low = start.level
    allowed = 2 * AGREE * low.change + 4 * start.sigma + fit.error * low.h
    return not start.verified or abs(fit.slope * low.h - low.odd) <= allowed


def _widening(fit: Fit, sigma: float) -> float:
    """Factor on the half-width at which all but the last four coefficients rise above the noise."""
    if fit.size < HIDDEN * max(sigma, fit.noise):
        return 16.0
    room = 1 / fit.degree - 1 / (NODES - 4)
    return min((fit.size / fit.noise) ** room, 256.0)


def _sides(s: Sampler, half: float, safe: float) -> tuple[float, float]:
    """Offsets of the interval's ends: as far as asked where the function is finite."""
    ends = []
    for sign in (-1, 1):
        reach = half
        while not math.isfinite(s.value(s.near(s.x + sign * reach))):
            if reach <= safe:
                reach = 0.0
                break
            reach = max(reach / 4, safe)
        ends.append(sign * reach)
    return ends[0], ends[1]


def _fit(s: Sampler, low: float, high: float, order: int, start: Start) -> Fit | None:
    """Chebyshev fit on [x + low, x + high], its derivative at x and the error bar; None if NaN."""
    places = _places(s, low, high)
    offsets = np.array([0.0, *(t - s.x for t in places)])
    f = np.array([0.0, *(s.value(t) - s.fx for t in places)])
    if np.unique(offsets).size < NODES or not np.isfinite(f).all():
        return None
    half, mid = (high - low) / 2, (high + low) / 2
    solve = np.linalg.pinv(chebyshev.chebvander((offsets - mid) / half, NODES - 1))
    c = solve @ f
    size = float(np.abs(c[1:]).max())
    floor = 0.3 * s.u * float(np.abs(f).max() + abs(s.fx))
    if size < HIDDEN * start.sigma:
        floor = max(floor, start.sigma)
    scaled = c / np.linalg.norm(solve, axis=1)
    rows = [_derivative_row(-mid / half, d) / half**d for d in (1, order)]
    best: Fit | None = None
    for d in range(order, NODES - 4):
        tail = scaled[d + 1 :]
        noise = max(floor, float(np.sqrt(np.mean(tail**2))))
        slope, value = (float(row[: d + 1] @ c[: d + 1]) for row in rows)
        gain = float(np.linalg.norm(rows[1][: d + 1] @ solve[: d + 1]))
        left_out = float(np.abs(rows[1] * c)[d + 1 : d + 3].max())
        error = COVER * (1 + 2 / tail.size) * noise * gain + left_out + 2 * s.u * abs(value)
        if best is None or error < best.error:
            best = Fit(value, error, slope, half, noise, d, size)
    return best


def _places(s: Sampler, low: float, high: float) -> list[float]:
    """Chebyshev points, rounded to short numbers: fn's first products are then often exact."""
    angles = (2 * np.arange(NODES) + 1) * (math.pi / (2 * NODES))
    grid = 2.0 ** (math.floor(math.log2(high - low)) - 9) if high > low else 1.0
    raw = s.x + (low + high) / 2 + (high - low) / 2 * np.cos(angles)
    return [s.near(float(np.round(t / grid) * grid)) for t in raw]


def _derivative_row(t: float, order: int) -> Any:
    """Derivatives of the Chebyshev polynomials at t."""
    return chebyshev.chebval(t, chebyshev.chebder(np.eye(NODES), order))
