r"""Find the step, the noise and the error bar of a derivative: the engine of `finite.derivative`.

A smooth function, sampled at Chebyshev points of an interval of half-width :math:`h` about x, has
Chebyshev coefficients that fall until they meet the noise of the values. Cutting the series there
and differentiating it,

.. math:: f'(x) \approx \frac1h \sum_{k \le d} c_k T_k'(t_0), \qquad
          \text{error} \approx \frac\sigma h \Big\| \sum_{k \le d} T_k'(t_0)\, P_k \Big\|,

gives a value and, from the coefficients beyond the cut, the noise :math:`\sigma` that its error
bar needs (:math:`P` takes values to coefficients). What remains is to find :math:`h`: climb from
a distance at which every function is a straight line, so that no oscillation is jumped over.
A function whose noise hides the bend only stops growing: its fit starts where the values rise out
of the noise, and a wider one must show a shape, for noise divided by a large h is no error bar.
A sum of two scales looks smooth at points that miss its narrow part: no fit is believed that denies
a slope measured nearer to x, unless a fit about that level denies it as well.
Cost: 7 evaluations for the noise, 2 per level of the climb, 16 per fit. It fails on structure
finer than :math:`u^{0.8}|x|` and on noise that is smooth at that scale.
Reference: L. N. Trefethen, *Approximation Theory and Approximation Practice*, chapters 3 and 8.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.polynomial import chebyshev

from slopes.compare import unit_roundoff

NODES = 16  # Chebyshev points of a fit; even, so that none repeats x
POINTS = np.cos((2 * np.arange(NODES) + 1) * (math.pi / (2 * NODES)))
START = 0.8  # first distance u**START |x|: 2^11 ulps in float64, room for seven points
ORIGIN = 2.0**-100  # stands for |x| at 0, which says nothing about scale
TINY = 2.0**-1000  # below, x counts as 0: less than this times u**START is not a float64
AGREE = 0.2  # slopes of two levels agree if they differ by less than a fifth of the change
SIGNAL = 32.0  # a change of less than 32 times the noise proves nothing
HIDDEN = 16.0  # a fit may find less noise than the probe if its values vary by 16 times that
SHARE = 4.0  # the first half-width is a quarter of the distance at which the function bends
COVER = 4.0  # standard errors in an error bar
TARGET = 256.0  # an error bar of so many roundoffs is good enough
FITS = 4  # at most, from one start
WORTH = 4.0  # a wider fit must be four times as wide to be worth its evaluations
RESOLVED = 3.0  # coefficients of pure noise stay below 1.2 times the noise, 3 times is a shape
HINT = 4.0  # a change of 4 times the noise is where a fit starts if no larger one was verified
STAIR = 2.0**-5  # a function that is constant out to this share of |x| may be so by nature
NEARBY = 10  # values that are nearest to x: none but noise, unless the climb saw more
WIDTHS = np.power.outer(2.0 ** np.arange(-24, 16.5, 0.5), range(1, 5)).T  # tried, and their powers
DENIED = 4.0  # standard deviations by which a measured slope must differ to deny a fit
ONE_SIDED = 6.0  # from one side a bend is twice a value less four times another
WIDE = 3.0  # error bars of the fit that are added to them: a bar is a few standard errors
CLOSE = 4.0  # a fit no wider than four levels has values on both sides of it: the fit is right
DENIALS = 3  # fits more than FITS, for those that were denied
GAP = 64.0  # levels further apart can hide a feature from all samples: one more goes between
SMOOTH = 2.0**-6  # noise found beyond a break must be below this share of the variation


class Sampler(NamedTuple):
    """A function with a memory: no point is evaluated twice."""

    value: Callable[[float], float]
    near: Callable[[float], float]
    x: float
    fx: float
    u: float
    seen: dict[float, float]
    levels: dict[float, "Level"]


class Level(NamedTuple):
    """Odd and even part of ``f(x + h) - f(x)``, and the largest magnitude of f seen there."""

    h: float
    odd: float
    even: float
    peak: float
    side: int = 0
    """0 if measured on both sides, else the sign of the one that there is."""

    @property
    def change(self) -> float:
        """Size of the variation."""
        return max(abs(self.odd), abs(self.even))


class Start(NamedTuple):
    """Where the climb ended: last verified level, first half-width to try, noise.

    If `rough`, nothing was verified, and the noise is what the values nearest to x show.
    """

    level: Level
    half: float
    sigma: float
    verified: bool
    rough: bool = False


class Fit(NamedTuple):
    """A truncated Chebyshev series about x."""

    value: float
    error: float
    slope: float
    half: float
    noise: float
    degree: int
    size: float
    taylor: Any
    """Terms of the series at x, at the distance of the half-width: the first to the last order."""


def real_number(y: Any, stated: str) -> tuple[float, Any]:
    """Value and dtype of one real number; strings are none, whatever float() says."""
    array = np.asarray(y)
    try:
        if array.ndim == 0 and array.dtype.kind not in "cUS":
            return float(array), array.dtype
    except (TypeError, ValueError):
        pass
    raise TypeError(f"{stated}={y!r}") from None


def checked_order(order: Any) -> int:
    """Refuse an order that is no integer: 1.0 and True are slips of the keyboard."""
    if isinstance(order, bool) or not isinstance(order, int | np.integer):
        raise TypeError(f"order must be an integer, got order={order!r}")
    return int(order)


def checked_point(x: Any) -> tuple[float, Any]:
    """Value and dtype of a scalar x; integers count as float64."""
    point, dtype = real_number(x, "x must be one real number, got x")
    if not math.isfinite(point):
        raise ValueError(f"x must be finite, got x={x!r}")
    return point, np.dtype(float) if dtype.kind in "biuO" else dtype


def held(t: Any, kind: Any) -> Any:
    """Make a number of that dtype: Python's own for float64, which math.* and JAX take as it is."""
    return float(t) if kind == np.float64 else kind.type(t)


def estimate(fn: Any, x: Any, order: Any, bounds: Any) -> tuple[float, float, int]:
    """Value, error bar and number of evaluations; `finite.derivative` documents them."""
    point, kind = checked_point(x)
    if checked_order(order) not in (1, 2):
        raise ValueError(f"order must be 1 or 2, got order={order!r}")
    if not (isinstance(bounds, tuple | list) and len(bounds) == 2):
        raise TypeError(f"bounds must be a pair of numbers, got bounds={bounds!r}")
    if not (bounds[0] <= point <= bounds[1] and bounds[0] < bounds[1]):
        raise ValueError(f"bounds must enclose x={point!r} in order, got bounds={bounds!r}")
    s = _sampler(fn, point, kind, bounds)
    h = 2.0 ** round(
        math.log2(abs(point) if abs(point) > TINY else ORIGIN) + math.log2(s.u) * START
    )
    with np.errstate(all="ignore"):  # what overflows at absurd scales ends as an infinite error
        sigma, broken = _probe(s, h, order)
        if math.isnan(sigma):
            raise ValueError(f"fn must be finite near x, got neither side of x={point!r} finite")
        if broken:  # one stair of a staircase is no break: look again from further away
            broken = broken if _probe(s, h * _stride(s, h), order)[1] else None
        value, error = broken or _search(s, h, sigma, order)
    return value, error, len(s.seen)


def _sampler(fn: Any, x: float, kind: Any, bounds: Any) -> Sampler:
    fx, dtype = real_number(fn(held(x, kind)), f"fn must return one real number, got fn({x!r})")
    if not math.isfinite(fx):
        raise ValueError(f"fn must be finite at x, got fn({x!r})={fx!r}")
    narrow = dtype if unit_roundoff(dtype) > unit_roundoff(kind) else kind
    double = kind == np.float64  # Python's own, which math.* and JAX take as it is
    low, high = map(float, bounds)
    seen: dict[float, float] = {x: fx}

    def value(t: float) -> float:
        if (known := seen.get(t)) is not None:
            return known
        if not (low <= t <= high and -math.inf < t < math.inf):
            return math.nan
        try:
            y = fn(t if double else kind.type(t))
            if type(y) is not float:
                # Python's (-1) ** 0.5 is complex: that too says outside of the domain.
                y = math.nan if np.iscomplexobj(y) else float(y)
        except (ArithmeticError, ValueError):  # how math.* says: outside of the domain
            y = math.nan
        seen[t] = y = y if -math.inf < y < math.inf else math.nan
        return y

    def near(t: float) -> float:
        return t if narrow == np.float64 else float(narrow.type(t))

    return Sampler(value, near, x, fx, unit_roundoff(narrow), seen, {})


def _probe(s: Sampler, h: float, order: int) -> tuple[float, tuple[float, float] | None]:
    """Noise of seven neighbours about a parabola; value and error if x is no smooth point."""
    for steps in ((-3, -2, -1, 1, 2, 3), (1, 2, 3, 4, 5, 6), (-1, -2, -3, -4, -5, -6)):
        places = [s.near(s.x + k * h) for k in steps]
        f = [s.value(t) - s.fx for t in places]
        if all(map(math.isfinite, f)):
            break
    else:
        return math.nan, None
    top = max(map(abs, f)) or 1.0
    seven = np.array([0.0, *f]) / top  # squares must not overflow
    residual = _off_parabola(tuple((t - s.x) / h for t in places)) @ seven
    sigma = top * math.sqrt(float(residual @ residual) / 4)
    if _steep([abs(k) for k in steps[-3:]], f[-3:], order):
        return sigma, (math.copysign(math.inf, f[-1] * steps[-1]), math.inf)
    return sigma, _break(s, f, h, sigma, order) if steps[0] == -3 else None


@lru_cache
def _off_parabola(steps: tuple[float, ...]) -> Any:
    """Matrix that leaves of values at 0 and at six steps what is no parabola."""
    basis = np.vander(np.array([0.0, *steps]), 3)
    return np.eye(7) - basis @ np.linalg.pinv(basis)


def _steep(k: list[int], f: list[float], order: int) -> bool:
    """Whether f follows a power of the distance, or one times its logarithm, that is too steep."""
    if not (min(f) > 0 or max(f) < 0):
        return False
    near, mid, far = (y / distance**order for y, distance in zip(f, k, strict=True))
    first, second = math.log(k[1] / k[0]), math.log(k[2] / k[1])
    drift = (mid - near) / first  # of x log x: a straight line in log k
    if abs((far - mid) / second - drift) < 1e-6 * abs(drift) and abs(drift) > 1e-4 * abs(near):
        return True
    power = math.log(f[2] / f[0]) / math.log(k[2] / k[0])
    follows = abs(math.log(f[1] / f[0]) - power * first) < 1e-6
    return follows and 0.01 < power < order and abs(power - round(power)) > 0.01


def _break(
    s: Sampler, f: list[float], h: float, sigma: float, order: int
) -> tuple[float, float] | None:
    """Mean slope and error at a kink or jump: smooth on either side of x and rough across it."""
    sides = max(abs(f[0] - 2 * f[1] + f[2]), abs(f[3] - 2 * f[4] + f[5]))
    steep = abs(s.x * ((f[5] - f[0]) / h))
    if sigma <= 30 * sides + 64 * s.u * (max(map(abs, f)) + abs(s.fx) + steep):
        return None
    slopes = [f[i] / (h * k) for i, k in ((0, -3), (2, -1), (3, 1), (5, 3))]
    spread = max(slopes) - min(slopes)
    kink = max(abs(slopes[0] - slopes[1]), abs(slopes[2] - slopes[3])) < 0.1 * spread
    return (slopes[1] + slopes[2]) / 2, spread if kink and order == 1 else math.inf


def _level(s: Sampler, h: float) -> Level | None:
    """Measure both sides, or one of them twice where the function ends."""

    def change(t: float) -> float:
        return s.value(s.near(s.x + t)) - s.fx

    left, right = map(math.isfinite, (change(-h), change(h)))
    if not (left or right):
        return None
    side = 0 if left and right else 1 if right else -1
    odd, even = _parts(change, h, side)
    peak = max(abs(s.fx), abs(s.fx + (even + odd)), abs(s.fx + (even - odd)))
    if not math.isfinite(peak):
        return None
    s.levels[h] = Level(h, odd, even, peak, side)
    return s.levels[h]


def _parts(change: Callable[[float], float], h: float, side: int) -> tuple[float, float]:
    """Odd and even part of a change at distance h; from one side, those of a parabola."""
    if not side:
        left, right = change(-h), change(h)
        return right / 2 - left / 2, right / 2 + left / 2
    near, far = change(side * h / 2), change(side * h)
    return side * (4 * near - far), 2 * (far - 2 * near)


def _climb(s: Sampler, h: float, sigma: float, order: int) -> list[Start]:
    """Go up in levels until the function bends; a second start if it broke without bending.

    Longer than other functions: each of its exits is one way in which a climb can end.
    """
    good = _level(s, h) or Level(h, 0.0, 0.0, abs(s.fx))
    starts: list[Start] = []
    verified, grown, shorter, reach = False, False, 0.0, math.inf
    while True:
        full = _stride(s, good.h)
        factor = shorter or full
        h = good.h * factor
        if h > max(abs(s.x), 1.0) * 2.0 ** (60 if good.change else 10):
            hidden = 64 * s.u * good.peak < good.change < SIGNAL * sigma
            return starts if hidden else [*starts, _unbent(s, good, sigma, not starts)]
        level = _level(s, h)
        if level is None:
            return [*starts, Start(good, good.h * math.sqrt(factor), sigma, verified)]
        if good.change == 0:  # nothing, then something: a quantum, until a fit shows otherwise
            sigma = max(sigma, level.change)
        low, eta = _noise(s, good, level, sigma)
        seen = HINT * low < good.change
        if factor > 4 and seen and not grown and level.change < 2 * good.change:
            # More than noise, but it does not grow: the end of the growth, or rougher than thought.
            sigma, good = max(good.change, level.change), level
            shorter = 0.0
            continue
        below = 0 < good.change < SIGNAL * low
        if below and level.change > 4 * SIGNAL * eta and factor > 4:
            # Noise below and signal here: too far apart to see whether they agree.
            shorter = _towards(good, level, 2 * SIGNAL * eta)
            continue
        if _misfit(good, level, low, eta):
            if reach == math.inf and factor > 4:
                shorter = max(math.sqrt(factor), 4.0)
                continue  # a smooth function announces its bends: look closer
            starts.append(Start(good, good.h * math.sqrt(factor), sigma, verified))
            if not verified or reach < math.inf:
                return starts
            # Not announced at a quarter of the distance: perhaps noise, not shape. Climb over it.
            sigma = level.change + factor * abs(good.odd)
            good, shorter, verified = level, 0.0, False
            continue
        reach = _reach(level, good, eta)
        if reach < h:
            return [*starts, Start(good, reach / SHARE, sigma, verified)]
        verified = not starts
        if reach < h * full:
            return [*starts, Start(level, reach / SHARE, sigma, verified)]
        if eta > max(2.0, factor**order / 2) * low:  # as much more noise as distance: no gain
            return [*starts, _unbent(s, level, sigma, verified)]
        grown = seen and level.change > 4 * good.change
        good, shorter = level, 0.0


def _unbent(s: Sampler, top: Level, sigma: float, verified: bool) -> Start:
    """Start on a line that never bent, not beyond x: what lies near must not be stepped over."""
    near = [
        level
        for level in s.levels.values()
        if level.h <= abs(s.x) < top.h and level.change > SIGNAL * max(sigma, s.u * level.peak)
    ]
    level = max(near, key=lambda level: level.h, default=top)
    return Start(level, abs(s.x) if near else top.h, sigma, verified)


def _stride(s: Sampler, h: float) -> float:
    """Factor between levels: 9 bits in float64, twice that where |x| is no scale any more.

    A parabola rises out of the noise at sqrt(u) of its scale, 26 bits below: no stride jumps
    from there over the first wave.
    """
    bits = math.ceil(-math.log2(s.u) / 6.5)
    return float(2.0 ** (bits if h < abs(s.x) else 2 * bits))


def _noise(s: Sampler, good: Level, level: Level, sigma: float) -> tuple[float, float]:
    """Noise at two levels: what was seen, rounding of the value, rounding of fn's argument."""
    argument = s.u * abs(s.x * (level.odd / level.h))
    return max(sigma, s.u * good.peak, argument), max(sigma, s.u * level.peak, argument)


def _towards(good: Level, level: Level, change: float) -> float:
    """Factor at which the change is as wanted, if it grows between two levels like a power."""
    factor = level.h / good.h
    power = max(math.log(level.change / good.change) / math.log(factor), 1.0)
    wanted = 2.0 ** round(math.log2(factor * (change / level.change) ** (1 / power)))
    return float(min(max(wanted, 2.0), factor / 2))


def _misfit(good: Level, level: Level, low: float, eta: float) -> bool:
    """Whether the slopes of two levels differ by more than bending and noise allow."""
    factor = level.h / good.h
    allowed = AGREE * level.change + 4 * factor * low
    seen = good.change > 0 and level.change > SIGNAL * eta
    return seen and abs(level.odd - factor * good.odd) > allowed


def _reach(now: Level, low: Level, noise: float) -> float:
    """Distance at which cubic and quartic overtake the two lower terms; inf if noise hides them."""
    r = now.h / low.h
    cubic, quartic = abs(now.odd - r * low.odd), abs(now.even - r * r * low.even)
    cubic = cubic if cubic > 4 * r * noise else 0.0
    quartic = quartic if quartic > 4 * r * r * noise else 0.0
    if now.change < SIGNAL * noise or cubic == quartic == 0:
        return math.inf
    one, two, three, four = WIDTHS
    over = cubic * three + quartic * four > AGREE * np.maximum(
        abs(now.odd) * one, abs(now.even) * two
    )
    first = int(over.argmax())
    return float(one[first] * now.h) if over[first] else math.inf


def _search(s: Sampler, h: float, sigma: float, order: int) -> tuple[float, float]:
    """Best fit from where the climb ended: beyond a break only if all is smooth there."""
    starts = _climb(s, h, sigma, order)
    fit = None
    for start in starts[1:]:
        beyond = _refine(s, start, order, fits=1)
        if beyond is not None and beyond.noise < SMOOTH * beyond.size:
            fit = _refine(s, start, order)
            break
    if starts and (fit is None or starts[0].half > STAIR**2 * (abs(s.x) or 1.0)):
        within = _refine(s, starts[0], order)
        apart = within and fit and abs(within.value - fit.value) > within.error + fit.error
        # A wide piece is the function's own, and a derivative is local.
        fit = within if fit is None or apart else fit
    if fit is None:  # the climb has gone past the last distance at which there is a shape
        hint = _hint(s, sigma)
        fit = hint and _refine(s, hint, order)
    if fit is None:
        return (s.value(s.near(s.x + h)) - s.fx) / h, math.inf
    return fit.value, max(fit.error, _stair(s, order))


def _stair(s: Sampler, order: int) -> float:
    """Slope from a flat stair to its end, if that is wide: it may be the function, not its noise.

    Stairs that are narrow beside x are the rounding of a smooth function.
    """
    changes, scale = _by_distance(s), abs(s.x) or 1.0
    flat = next((k for k, (_, change) in enumerate(changes) if change), len(changes)) - 1
    level = _rise(s, 0.0) if changes[flat][0] > STAIR**2 * scale else None
    return _per(level.change, level.h, order) if level and level.h > STAIR * scale else 0.0


def _hint(s: Sampler, sigma: float) -> Start | None:
    """Where the values first rise out of their noise, whatever comes after; None if they do not.

    A bounded function never grows to `SIGNAL` times a noise of some percent: there is no level
    that verifies a slope, only the smallest distance at which there is something to fit.
    """
    near = np.array([y for _, y in _by_distance(s)[: NEARBY + 1]])
    noise = max(sigma, float(np.std(near, ddof=1)))
    if noise <= 4 * s.u * abs(s.fx):  # a flat stair: the first value that differs is the noise
        stair = _rise(s, noise)
        noise = stair.change if stair else noise
    level = _rise(s, HINT * noise)
    return level and Start(level, level.h, noise, verified=False, rough=True)


def _by_distance(s: Sampler) -> list[tuple[float, float]]:
    """Distances from x and values minus that at x, without what is not finite."""
    return sorted((abs(t - s.x), y - s.fx) for t, y in s.seen.items() if y == y)


def _rise(s: Sampler, least: float) -> Level | None:
    """Nearest level, to a factor of 2, at which the change exceeds `least`: by bisection."""
    seen = _by_distance(s)
    k = next((k for k, (_, change) in enumerate(seen) if abs(change) > least), None)
    if k is None:
        return None
    low, high = seen[k - 1][0], seen[k][0]
    best = _level(s, high)
    while high > 2 * low > 0:
        level = _level(s, math.sqrt(low * high))
        if level is not None and level.change > least:
            best, high = level, level.h
        else:
            low = math.sqrt(low * high)
    return best


def _refine(s: Sampler, start: Start, order: int, fits: int = FITS) -> Fit | None:
    """Fit, then narrow or widen by a predicted factor, while that pays.

    Longer than other functions: each branch is one way in which a fit tells what the next is.
    """
    half, ceiling, widest = start.half, math.inf, 0.0
    eta = max(start.sigma, s.u * abs(s.fx))
    sound: list[Fit] = []
    last: Fit | None = None
    for _ in range(fits + DENIALS):
        fit = _fit(s, *_sides(s, half, start.level.h), order, start)
        if fit is None or not _agrees(fit, start):
            ceiling, half = half, half / 4
            continue
        _bridge(s, fit)
        if (sharper := _contradicting(s, fit, start, order)) is not None:
            if fit.half < CLOSE * sharper.h:  # sixteen values about it say nothing of the kind
                del s.levels[sharper.h]
                ceiling, half = math.inf, widest
                continue
            widest = max(widest, half)
            above = min((h for h in s.levels if h > sharper.h), default=fit.half)
            ceiling, half = min(ceiling, fit.half), math.sqrt(sharper.h * min(above, fit.half))
            continue
        best = min(sound, key=lambda fit: fit.error, default=None)
        rounding = s.u * (fit.size + abs(s.fx))
        good = _believable(fit, start, best, 64 * rounding)
        if good:
            sound.append(fit)
        if fit.error <= TARGET * s.u * (abs(fit.value) + _per(fit.size, fit.half, order)):
            if (share := _share(s, fit, order)) == 1:
                break
            half = share * fit.half
            continue
        if best is not None and not good and fit.half > best.half:
            break
        if last is not None and fit.half < last.half and fit.noise > last.noise / 4:
            eta, ceiling = max(eta, fit.noise), math.inf  # narrower and as rough: it is noise
        last = fit
        factor = _factor(fit, eta, start.sigma, rounding)
        if not sound:
            factor = min(factor, 1 / 3)
        if factor < 1:
            ceiling = half
        half = min(half * factor, ceiling / 1.5) if factor > 1 else half * factor
        if start.level.change == 0 or (factor > 1 and half < WORTH * fit.half):
            break
    return _covering(sound)


def _covering(sound: list[Fit]) -> Fit | None:
    """Fit with the least error, which is made to cover what another one excludes.

    They disagree where the values near x are a stair of the rounding that is wider than the levels.
    """
    if not sound:
        return None
    best = min(sound, key=lambda fit: fit.error)
    apart = max(abs(fit.value - best.value) - fit.error for fit in sound)
    return best._replace(error=max(best.error, apart))


def _share(s: Sampler, fit: Fit, order: int) -> float:
    r"""Share of the half-width at which rounding is predicted to matter least; 1 if that is small.

    A polynomial never bends, and a fit as wide as its largest term is far wider than the term
    whose derivative is wanted: :math:`(|f(x)| + \\sum_k |a_k| r^k) / r^d` is least at the best r.
    """
    if fit.error <= TARGET * s.u * abs(fit.value):
        return 1.0
    r = 2.0 ** -np.arange(60.0)
    cost = (abs(s.fx) + r[:, None] ** np.arange(1, fit.degree + 1) @ np.abs(fit.taylor)) / r**order
    best = int(np.argmin(cost))
    return float(r[best]) if cost[best] * 16 < cost[0] else 1.0


def _believable(fit: Fit, start: Start, best: Fit | None, rounding: float) -> bool:
    """Whether a fit shows a shape: where data has stopped growing, noise / half-width is no bar."""
    if best is not None and start.rough and fit.half > best.half and fit.noise > 2 * best.noise:
        return False  # wider and rougher: that is no longer the noise
    near = fit.half <= start.level.h and fit.noise <= 2 * start.sigma
    return near or fit.size > RESOLVED * fit.noise or fit.noise <= rounding


def _bridge(s: Sampler, fit: Fit) -> None:
    """Measure in the widest gap of levels below a fit that reaches beyond x: two evaluations."""
    if fit.half > abs(s.x) > 0:
        known = sorted(h for h in s.levels if h <= fit.half)
        if len(known) > 1 and known[-1] > GAP * known[-2]:
            _level(s, math.sqrt(known[-2] * known[-1]))


def _contradicting(s: Sampler, fit: Fit, start: Start, order: int) -> Level | None:
    """Farthest level near x whose slope, or bend, is measured and is not that of the fit."""
    first = min(s.levels, default=0.0)  # the one that may lie within the rounding of x
    inner = [h for h in s.levels if first < h <= fit.half / 2 and s.levels[h].change]
    for h in sorted(inner, reverse=True):
        level = s.levels[h]
        off = abs(level[order] - _parts(lambda t: _series(fit, t), h, level.side)[order - 1])
        noise = max(start.sigma, s.u * level.peak, s.u * abs(s.x * (level.odd / h)))
        noise *= ONE_SIDED if level.side else 1.0
        if off > DENIED * noise + WIDE * _times(fit.error, h, order):
            return level
    return None


def _series(fit: Fit, t: float) -> float:
    """Change of a fit at distance t, by Horner's rule."""
    r, y = t / fit.half, 0.0
    for a in reversed(fit.taylor.tolist()):
        y = (y + a) * r
    return y


def _factor(fit: Fit, eta: float, sigma: float, rounding: float) -> float:
    """Factor on the half-width at which the last four coefficients just reach the noise.

    Coefficient k of a smooth function grows like the k-th power of the half-width.
    """
    noise = max(eta, rounding)
    if fit.noise > 8 * noise:
        return float(max((noise / fit.noise) ** (1 / (fit.degree + 1)), 1 / 64))
    if fit.degree == NODES - 5 and fit.noise > 64 * rounding:
        return 0.5  # the coefficients never levelled off, whatever the probe saw
    if fit.size < HIDDEN * max(sigma, fit.noise):
        return 16.0  # hardly more than noise so far
    room = 1 / fit.degree - 1 / (NODES - 4)
    return float(min((fit.size / fit.noise) ** room, 256.0))


def _agrees(fit: Fit, start: Start) -> bool:
    """Whether the slope is that of the last verified level: a fit that jumps over waves is not."""
    low = start.level
    allowed = 2 * AGREE * low.change + 4 * start.sigma + fit.error * low.h
    return not start.verified or abs(fit.slope * low.h - low.odd) <= allowed


def _sides(s: Sampler, half: float, safe: float) -> tuple[float, float]:
    """Offsets of the interval's ends: as far as asked where the function is finite."""
    ends = []
    for sign in (-1, 1):
        reach = half if math.isfinite(half) else safe
        while not math.isfinite(s.value(s.near(s.x + sign * reach))):
            if reach <= safe:
                reach = 0.0
                break
            reach = max(reach / 4, safe)
        ends.append(sign * reach)
    return ends[0], ends[1]


def _fit(s: Sampler, low: float, high: float, order: int, start: Start) -> Fit | None:
    """Chebyshev fit on [x + low, x + high], its derivative at x and the error bar; None if NaN."""
    half, mid = (high - low) / 2, (high + low) / 2
    places = _places(s, mid, half)
    offsets = np.array([0.0, *(t - s.x for t in places)])
    f = np.array([0.0, *(s.value(t) - s.fx for t in places)])
    if len({*places, s.x}) < NODES or not np.isfinite(f).all():
        return None
    basis = _polynomials((offsets - mid) / half)
    solve = _least_squares(basis)
    c = solve @ f
    size, top = float(np.abs(c[1:]).max()), float(np.abs(f).max()) or 1.0
    floor = 0.3 * s.u * (top + abs(s.fx))
    if size < HIDDEN * start.sigma:
        floor = max(floor, start.sigma)
    elif start.rough:  # known from more values than the tail has
        floor = max(floor, start.sigma / 2)
    taylor = (basis[0] @ _differentiation()).reshape(NODES, NODES)  # at x, a row for each order
    row = taylor[order] * order  # times order!, which is the order, 1 or 2
    noise, gain = _noise_of_tails(c, solve, top, floor), _gains(row, solve)
    terms = row * c
    values, beyond = np.cumsum(terms), np.abs(terms)
    d = np.arange(order, NODES - 4)
    left_out = np.maximum(beyond[d + 1], beyond[d + 2])
    tail = NODES - 1 - d
    errors = COVER * (1 + 2 / tail) * noise[d] * gain[d] + left_out + 2 * s.u * np.abs(values[d])
    best = int(np.argmin(errors))
    cut, error = int(d[best]), float(errors[best])
    if not math.isfinite(error):
        return None
    slope = float(taylor[1, : cut + 1] @ c[: cut + 1]) / half
    answer = _per(float(values[cut]), half, order), _per(error, half, order)
    shape = taylor[1 : cut + 1, : cut + 1] @ c[: cut + 1]
    return Fit(*answer, slope, half, float(noise[cut]), cut, size, shape)


def _noise_of_tails(c: Any, solve: Any, top: float, floor: float) -> Any:
    """Noise of the values by the coefficients beyond each degree, which are of its size there."""
    squares = (c / (np.sqrt(np.einsum("ij,ij->i", solve, solve)) * top)) ** 2
    beyond = np.append(np.cumsum(squares[:0:-1])[::-1], 0.0)
    return np.maximum(floor, top * np.sqrt(beyond / np.maximum(NODES - 1 - np.arange(NODES), 1)))


def _gains(row: Any, solve: Any) -> Any:
    """Factor from the noise of the values to that of the derivative, for each degree."""
    weights = np.cumsum(row[:, None] * solve, axis=0)
    return np.sqrt(np.einsum("ij,ij->i", weights, weights))


def _per(y: float, half: float, order: int) -> float:
    """Divide by the half-width, once per order: its square may underflow."""
    return y / half if order == 1 else y / half / half


def _times(y: float, half: float, order: int) -> float:
    """Multiply by the half-width, once per order: its square may overflow."""
    return y * half if order == 1 else y * half * half


def _places(s: Sampler, mid: float, half: float) -> list[float]:
    """Chebyshev points, rounded to short numbers: fn's first products are then often exact."""
    grid = 2.0 ** (math.frexp(half)[1] - 9) or 1.0
    points = np.round((s.x + mid + half * POINTS) / grid) * grid
    return [s.near(t) for t in points.tolist()]


@lru_cache
def _differentiation() -> Any:
    """Matrix from values of the Chebyshev polynomials at a point to their Taylor coefficients."""
    step = np.zeros((NODES, NODES))
    step[:-1] = chebyshev.chebder(np.eye(NODES))  # the slope of T_k as a series, in column k
    powers = [np.eye(NODES)]
    for k in range(1, NODES):
        powers.append(powers[-1] @ step / k)
    return np.hstack(powers)


def _polynomials(t: Any) -> Any:
    """Values of the first Chebyshev polynomials, by their recurrence, a column for each."""
    values = np.empty((NODES, t.size))
    values[0], values[1], twice = 1.0, t, 2 * t
    for k in range(2, NODES):
        np.multiply(twice, values[k - 1], out=values[k])
        values[k] -= values[k - 2]
    return values.T


def _least_squares(basis: Any) -> Any:
    """Matrix from values to coefficients, by the normal equations: two products and a solution.

    Distinct points within half an ulp of Chebyshev points have a condition below 2e4, at worst in
    an interval of ten ulps, where values have few digits; it is below 7 from 32 ulps on.
    """
    return np.linalg.solve(basis.T @ basis, basis.T)
