# ruff: noqa: ARG005 (a shape of products and sums needs no namespace)
r"""Adaptive derivatives on two batteries, against SciPy, numdifftools and jacobi.

``python tests/benchmarks/finite.py`` prints the tables; ``--json PATH`` also writes every row with
machine and versions. `CASES` is the battery in seven groups; `held_out` draws another one at
random, so that nobody tunes to the first; `two_scales` draws sums with a seed of their own at every
run. A case is built on a namespace `m`: `math` gives the
function that is measured, mpmath the exact derivative at the very same float x.
"""

import argparse
import hashlib
import importlib.util
import math
import random
import statistics
import struct
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import mpmath
import numpy as np
from _programs import in_turns
from _recording import environment, timed, write

from slopes import finite

FREE = (-math.inf, math.inf)
BEST = 16.0  # digits counted at most
DIGITS = 80  # of the exact derivatives


class Case(NamedTuple):
    """One function at one point."""

    group: str
    name: str
    x: float
    build: Callable[[Any], Callable[[Any], Any]]
    bounds: tuple[float, float] = FREE
    disturb: Callable[[Callable[[float], float]], Callable[[float], float]] | None = None
    scale: float = 1.0
    """Size of a derivative here, against which an error is measured where the exact one is 0."""

    @property
    def fn(self) -> Callable[[float], float]:
        """The function that is measured."""
        clean = self.build(math)
        return self.disturb(clean) if self.disturb else clean


class Result(NamedTuple):
    """What one method did with one case."""

    method: str
    group: str
    name: str
    digits: float
    covered: bool
    ratio: float
    evaluations: int
    seconds: float
    excess: float
    """Error over the larger of bar and four roundoffs of the derivative."""


def exact(case: Case, order: int = 1) -> float:
    """Derivative of the undisturbed function, by differences in 80 digits."""
    with mpmath.workdps(DIGITS):
        fn, x = case.build(mpmath.mp), mpmath.mpf(case.x)
        h = mpmath.mpf(10) ** (-DIGITS // (order + 3)) * (abs(x) or mpmath.mpf(10) ** -8)
        if order == 1:
            value = (fn(x + h) - fn(x - h)) / (2 * h)
        else:
            value = (fn(x + h) - 2 * fn(x) + fn(x - h)) / h**2
        return float(value.real)  # outside of a domain mpmath goes complex


def hash_noise(x: float) -> float:
    """A number in [-1, 1] that depends on x and on nothing near it: repeatable white noise."""
    digest = hashlib.blake2b(struct.pack("<d", x), digest_size=8).digest()
    return int.from_bytes(digest, "little") / 2**63 - 1


def absolute(size: float) -> Any:
    """Add white noise."""
    return lambda fn: lambda x: fn(x) + size * hash_noise(x)


def relative(size: float) -> Any:
    """Multiply by white noise."""
    return lambda fn: lambda x: fn(x) * (1 + size * hash_noise(x))


def rounded(places: int) -> Any:
    """Print and read again."""
    return lambda fn: lambda x: round(fn(x), places)


def single(fn: Callable[[float], float]) -> Callable[[float], float]:
    """Store in single precision."""
    return lambda x: float(np.float32(fn(x)))


def raises_below(low: float) -> Any:
    """Raise like math.sqrt does."""
    return lambda fn: lambda x: fn(x) if x >= low else math.sqrt(-1.0)


def nan_below(low: float) -> Any:
    """Return NaN like numpy.sqrt does."""
    return lambda fn: lambda x: fn(x) if x >= low else math.nan


CASES = (
    Case("smooth", "exp(x)", 1.0, lambda m: lambda x: m.exp(x)),
    Case("smooth", "sin(x) exp(-x/2)", 0.7, lambda m: lambda x: m.sin(x) * m.exp(-x / 2)),
    Case("smooth", "log(1 + x^2)", 1.3, lambda m: lambda x: m.log(1 + x * x)),
    Case("smooth", "x^5 - 3 x^2", 2.1, lambda m: lambda x: x**5 - 3 * x**2),
    Case("smooth", "tanh(x)", 0.4, lambda m: lambda x: m.tanh(x)),
    Case("smooth", "exp(sin(3x))", 0.9, lambda m: lambda x: m.exp(m.sin(3 * x))),
    Case("smooth", "sqrt(1 + x^4)", -0.8, lambda m: lambda x: m.sqrt(1 + x**4)),
    Case("smooth", "atan(x) / (2 + cos(x))", 1.9, lambda m: lambda x: m.atan(x) / (2 + m.cos(x))),
    Case("oscillating", "sin(10 x)", 0.3, lambda m: lambda x: m.sin(10 * x)),
    Case("oscillating", "cos(1e3 x)", 1.1, lambda m: lambda x: m.cos(1e3 * x)),
    Case("oscillating", "sin(1e5 x)", 0.7, lambda m: lambda x: m.sin(1e5 * x)),
    Case("oscillating", "sin(31415.9 x)", 1.7, lambda m: lambda x: m.sin(31415.9 * x)),
    Case("oscillating", "x + 1e-3 sin(1e4 x)", 0.2, lambda m: lambda x: x + m.sin(1e4 * x) / 1000),
    Case("oscillating", "exp(cos(300 x))", 0.41, lambda m: lambda x: m.exp(m.cos(300 * x))),
    Case("oscillating", "sin(x^2)", 37.0, lambda m: lambda x: m.sin(x * x)),
    Case("oscillating", "sin(1/x)", 3e-3, lambda m: lambda x: m.sin(1 / x)),
    Case("nearly singular", "1/(x - 1)", 1.0 + 1e-6, lambda m: lambda x: 1 / (x - 1)),
    Case("nearly singular", "log(x)", 1e-7, lambda m: lambda x: m.log(x)),
    Case("nearly singular", "sqrt(x)", 1e-9, lambda m: lambda x: m.sqrt(x)),
    Case("nearly singular", "tan(x)", 1.5707, lambda m: lambda x: m.tan(x)),
    Case("nearly singular", "1/(1e-8 + x^2)", 5e-5, lambda m: lambda x: 1 / (1e-8 + x * x)),
    Case("nearly singular", "sqrt(x^2 + 1e-10)", 3e-6, lambda m: lambda x: m.sqrt(x * x + 1e-10)),
    Case(
        "nearly singular", "atan(1e5 (x - 2))", 2.00001, lambda m: lambda x: m.atan(1e5 * (x - 2))
    ),
    Case("nearly singular", "x^1.5 beside 0", 1e-6, lambda m: lambda x: x * m.sqrt(x)),
    Case("scale", "exp(x / 1e8)", 1e8, lambda m: lambda x: m.exp(x / 1e8)),
    Case("scale", "exp(-x / 1e-8)", 2e-8, lambda m: lambda x: m.exp(-x / 1e-8), scale=1e8),
    Case("scale", "sin(x) far out", 1e8, lambda m: lambda x: m.sin(x)),
    Case("scale", "sin(x) close in", 1e-8, lambda m: lambda x: m.sin(x)),
    Case("scale", "log(x) far out", 1e8, lambda m: lambda x: m.log(x)),
    Case("scale", "x^3 far out", 3e7, lambda m: lambda x: x**3),
    Case("scale", "1e-8 resonance", 4e-9, lambda m: lambda x: 1 / (1 + (x / 1e-8) ** 2)),
    Case("scale", "cos(x / 1e6) at 2", 2.0, lambda m: lambda x: m.cos(x / 1e6)),
    Case(
        "one-sided",
        "exp, x >= 0 raises",
        0.0,
        lambda m: lambda x: m.exp(x),
        FREE,
        raises_below(0.0),
    ),
    Case("one-sided", "sin, x >= 1 NaN", 1.0, lambda m: lambda x: m.sin(x), FREE, nan_below(1.0)),
    Case("one-sided", "x^2.5", 0.0, lambda m: lambda x: x * x * m.sqrt(x), (0.0, math.inf)),
    Case("one-sided", "atan, bound 2 above", 2.0, lambda m: lambda x: m.atan(x), (-math.inf, 2.0)),
    Case(
        "one-sided", "exp, 1e-9 inside", 1e-9, lambda m: lambda x: m.exp(x), FREE, raises_below(0.0)
    ),
    Case("one-sided", "cos, 0.1 inside", 0.1, lambda m: lambda x: m.cos(x), (0.0, math.inf)),
    Case(
        "one-sided",
        "asin-like at its end",
        0.999,
        lambda m: lambda x: m.atan(x / m.sqrt(1 - x * x)),
    ),
    Case(
        "one-sided",
        "log1p, from 3 NaN",
        3.0,
        lambda m: lambda x: m.log(1 + x),
        FREE,
        nan_below(3.0),
    ),
    Case("noisy", "sin + 1e-9 noise", 1.0, lambda m: lambda x: m.sin(x), FREE, absolute(1e-9)),
    Case("noisy", "exp (1 + 1e-6 noise)", 0.5, lambda m: lambda x: m.exp(x), FREE, relative(1e-6)),
    Case("noisy", "tanh + 1e-4 noise", 0.3, lambda m: lambda x: m.tanh(x), FREE, absolute(1e-4)),
    Case("noisy", "cos, 6 decimals", 0.8, lambda m: lambda x: m.cos(x), FREE, rounded(6)),
    Case("noisy", "log, 3 decimals", 2.0, lambda m: lambda x: m.log(x), FREE, rounded(3)),
    Case(
        "noisy", "sqrt(1 + x^2) in single", 1.2, lambda m: lambda x: m.sqrt(1 + x * x), FREE, single
    ),
    Case("noisy", "sin(50 x) in single", 0.6, lambda m: lambda x: m.sin(50 * x), FREE, single),
    Case("noisy", "(1 - cos x)/x^2", 1e-3, lambda m: lambda x: (1 - m.cos(x)) / x**2),
    Case("flat", "cos at 0", 0.0, lambda m: lambda x: m.cos(x)),
    Case("flat", "x^3 at 0", 0.0, lambda m: lambda x: x**3),
    Case("flat", "1 + x^4 at 0", 0.0, lambda m: lambda x: 1 + x**4),
    Case("flat", "constant", 1.7, lambda m: lambda x: 0 * x + 42),
    Case("flat", "(x - 2)^2 at 2", 2.0, lambda m: lambda x: (x - 2) ** 2 + 0.5),
    Case("flat", "tanh at 6", 6.0, lambda m: lambda x: m.tanh(x)),
    Case("flat", "cosh beside 0", 1e-3, lambda m: lambda x: m.cosh(x)),
    Case("flat", "exp(-1/x^2)", 0.25, lambda m: lambda x: m.exp(-1 / x**2)),
)

GROUPS = tuple(dict.fromkeys(case.group for case in CASES))

SHAPES: tuple[tuple[str, Callable[[Any], Callable[[Any], Any]]], ...] = (
    ("exp", lambda m: lambda t: m.exp(t)),
    ("2 + sin", lambda m: lambda t: 2 + m.sin(t)),
    ("atan", lambda m: lambda t: m.atan(t)),
    ("tanh", lambda m: lambda t: m.tanh(t)),
    ("gauss", lambda m: lambda t: m.exp(-t * t)),
    ("t/(1+t^2)", lambda m: lambda t: t / (1 + t * t)),
    ("quartic", lambda m: lambda t: 1 + t * (2 + t * (-3 + t * (1 + t)))),
    ("sqrt(1+t^2)", lambda m: lambda t: m.sqrt(1 + t * t)),
    ("exp sin", lambda m: lambda t: m.exp(m.sin(2 * t))),
    ("1/(3+cos)", lambda m: lambda t: 1 / (3 + m.cos(t))),
    ("log(1+exp)", lambda m: lambda t: m.log(1 + m.exp(t))),
)


def held_out(seed: int, per_group: int) -> Iterator[Case]:
    """Draw another battery: shapes, scales, frequencies, distances and noise at random."""
    draw = random.Random(seed)  # noqa: S311 (nothing secret is drawn)
    makers = (_smooth, _oscillating, _singular, _scaled, _one_sided, _noisy, _flat)
    for group, make in zip(GROUPS, makers, strict=True):
        for _ in range(per_group):
            yield make(group, draw)


def _smooth(group: str, draw: random.Random) -> Case:
    name, shape = draw.choice(SHAPES)
    a, x = draw.uniform(0.3, 3), draw.uniform(-2, 2)
    return Case(group, f"{name}, t = {a:.3g} x", x, lambda m: lambda x: shape(m)(a * x))


def _oscillating(group: str, draw: random.Random) -> Case:
    w = 10 ** draw.uniform(1, 5)
    w = float(round(w)) if draw.random() < 0.5 else w
    kinds: tuple[Any, ...] = (
        lambda m: lambda x: m.sin(w * x),
        lambda m: lambda x: m.cos(w * x) * m.exp(-x),
        lambda m: lambda x: m.sin(w * x) + x * x,
        lambda m: lambda x: m.exp(m.cos(w * x)),
    )
    kind = draw.randrange(4)
    return Case(group, f"wave {kind}, w = {w:.6g}", draw.uniform(-2, 2), kinds[kind])


def _singular(group: str, draw: random.Random) -> Case:
    c = draw.choice([0.0, 1.0, math.pi, draw.uniform(-3, 3)])
    gap, width = 10 ** draw.uniform(-8, -1), 10 ** draw.uniform(-6, -1)
    kinds: tuple[Any, ...] = (
        lambda m: lambda x: 1 / (x - c),
        lambda m: lambda x: m.log(x - c),
        lambda m: lambda x: m.sqrt(x - c),
        lambda m: lambda x: m.tan(x - c + 1.5707963267948966),
        lambda m: lambda x: 1 / ((x - c) ** 2 + width**2),
        lambda m: lambda x: m.sqrt((x - c) ** 2 + width**2),
        lambda m: lambda x: m.atan((x - c) / width),
    )
    kind = draw.randrange(7)
    x = c + (gap if kind < 4 else width * draw.uniform(-3, 3))
    return Case(group, f"pole {kind}, gap {gap:.1e}, width {width:.1e}", x, kinds[kind])


def _scaled(group: str, draw: random.Random) -> Case:
    name, shape = draw.choice(SHAPES)
    s = 10 ** draw.uniform(-8, 8)
    if draw.random() < 0.3:
        return Case(group, f"{name} at {s:.1e}", s % 600 if s > 1 else s, lambda m: shape(m))
    x = s * draw.uniform(0.1, 2)
    return Case(
        group, f"{name}, t = x / {s:.1e}", x, lambda m: lambda x: shape(m)(x / s), scale=1 / s
    )


def _one_sided(group: str, draw: random.Random) -> Case:
    name, shape = draw.choice(SHAPES)
    low = draw.choice([0.0, 1.0, -1.0, draw.uniform(-2, 2)])
    inside = draw.choice([0.0, 0.0, 1e-9, 1e-4, 0.05, 0.3])
    kind = draw.randrange(3)
    bounds = (low, math.inf) if kind == 0 else FREE
    disturb = (None, raises_below(low), nan_below(low))[kind]
    return Case(group, f"{name}, {inside} above {low:.3g}", low + inside, shape, bounds, disturb)


def _noisy(group: str, draw: random.Random) -> Case:
    name, shape = draw.choice(SHAPES)
    size = 10 ** draw.uniform(-10, -3)
    kinds = (absolute(size), relative(size), rounded(int(-math.log10(size))), single)
    kind = draw.randrange(4)
    label = f"{name}, noise {kind} of {size:.1e}"
    return Case(group, label, draw.uniform(0.2, 2), shape, FREE, kinds[kind])


def _flat(group: str, draw: random.Random) -> Case:
    c = draw.choice([0.0, 1.0, draw.uniform(-2, 2)])
    kinds: tuple[Any, ...] = (
        lambda m: lambda x: m.cos(x - c),
        lambda m: lambda x: 1 + (x - c) ** 4,
        lambda m: lambda x: (x - c) ** 3,
        lambda m: lambda x: 0 * x + 7.5,
        lambda m: lambda x: 3 * m.cosh(x - c),
        lambda m: lambda x: (x - c) ** 2 + 0.1,
        lambda m: lambda x: m.tanh(x),
    )
    kind = draw.randrange(7)
    x = draw.uniform(2, 8) if kind == 6 else c + draw.choice([0.0, 10 ** draw.uniform(-3, 0)])
    return Case(group, f"flat {kind} about {c:.3g}", x, kinds[kind])


# --- sums of two scales ---------------------------------------------------------------------------

Shape = Callable[[Any, Any], Any]

BACKGROUNDS: dict[str, Shape] = {  # of t, which is 1 at x or some hundredths of it
    "line": lambda m, t: 1 + t,
    "parabola": lambda m, t: t * t - t,
    "cubic": lambda m, t: t**3 - 2 * t,
    "quartic": lambda m, t: t**4 + 1,
    "half power": lambda m, t: t * t * m.sqrt(t),
    "catenary": lambda m, t: m.cosh(t),
    "logarithm": lambda m, t: m.log(t),
    "root": lambda m, t: m.sqrt(t),
    "decay": lambda m, t: m.exp(-t),
    "long wave": lambda m, t: m.sin(t + 1),
    "long step": lambda m, t: m.atan(t),
    "tail": lambda m, t: 1 / (1 + t * t),
}
FEATURES: dict[str, Shape] = {  # of the distance from the feature, in widths
    "step": lambda m, t: m.atan(t),
    "steeper step": lambda m, t: m.tanh(t),
    "normal step": lambda m, t: m.erf(t),
    "bell": lambda m, t: m.exp(-t * t),
    "pole": lambda m, t: 1 / t,
    "resonance": lambda m, t: 1 / (1 + t * t),
    "softplus": lambda m, t: (abs(t) + t) / 2 + m.log1p(m.exp(-abs(t))),
    "ring": lambda m, t: m.sqrt(1 + t * t),
    "pulse": lambda m, t: 2 / (m.exp(abs(t)) + m.exp(-abs(t))) if abs(t) < 700 else 0 * t,
    "wave packet": lambda m, t: m.cos(5 * t) * m.exp(-t * t),
    "fading wave": lambda m, t: m.sin(t) / (1 + t * t),
}
SCALED = ("catenary", "decay", "long wave", "long step", "tail")  # up to 100 times wider than x


def two_scales(seed: int, count: int) -> Iterator[Case]:
    """Draw sums of a background and one or two features, from 1 % to 10 times of x wide."""
    draw = random.Random(seed)  # noqa: S311 (nothing secret is drawn)
    for _ in range(count):
        x = 10 ** draw.uniform(-3, 4)
        name = draw.choice(tuple(BACKGROUNDS))
        scale = x * 10 ** draw.uniform(0, 2) if name in SCALED else x
        parts = [_feature(draw, x) for _ in range(draw.choice((1, 1, 2)))]
        label = " + ".join([name, *(f"{a:.1e} {kind} ({w:.1e})" for kind, _, w, a in parts)])
        yield Case("two scales", label, x, _sum(name, scale, parts), scale=1 / x)


def _feature(draw: random.Random, x: float) -> tuple[str, float, float, float]:
    """Kind, centre, width and amplitude; centre near x, far from it, or at the origin."""
    kind, width = draw.choice(tuple(FEATURES)), x * 10 ** draw.uniform(-2, 1)
    away = draw.choice((draw.uniform(-3, 3), draw.uniform(-30, 30), x / width))
    if kind == "pole" and abs(away) < 0.3:
        away = math.copysign(0.3, away)
    return kind, x - away * width, width, draw.choice((-1, 1)) * 10 ** draw.uniform(-4, 2)


def _sum(name: str, scale: float, parts: list[tuple[str, float, float, float]]) -> Any:
    def build(m: Any) -> Callable[[Any], Any]:
        def fn(x: Any) -> Any:
            features = (a * FEATURES[kind](m, (x - c) / w) for kind, c, w, a in parts)
            return BACKGROUNDS[name](m, x / scale) + sum(features)

        return fn

    return build


# --- methods: each maps a case to (value, error, evaluations) ------------------------------------

Method = Callable[[Case, int], tuple[float, float, int]]


def ours(case: Case, order: int = 1) -> tuple[float, float, int]:
    """Slopes, as it comes."""
    return finite.derivative(case.fn, case.x, order=order, bounds=case.bounds)


def _guarded(case: Case) -> tuple[Callable[[Any], Any], list[int]]:
    """Make a function for peers: elementwise on arrays, NaN where ours may raise, counted."""
    fn, count = case.fn, [0]

    def one(t: float) -> float:
        count[0] += 1
        try:
            return float(fn(float(t))) if case.bounds[0] <= t <= case.bounds[1] else math.nan
        except (ArithmeticError, ValueError):
            return math.nan

    return np.vectorize(one, otypes=[float]), count


def scipy_derivative(case: Case, order: int = 1) -> tuple[float, float, int]:
    """``scipy.differentiate.derivative`` with its defaults; it knows the first derivative only."""
    from scipy.differentiate import derivative

    del order
    fn, count = _guarded(case)
    result = derivative(fn, case.x)
    return float(result.df), float(result.error), count[0]


def numdifftools_derivative(case: Case, order: int = 1) -> tuple[float, float, int]:
    """``numdifftools.Derivative`` with its defaults."""
    import numdifftools

    fn, count = _guarded(case)
    result = numdifftools.Derivative(fn, n=order, full_output=True)(case.x)
    return float(result.estimate), float(result.error_estimate), count[0]


def jacobi_derivative(case: Case, order: int = 1) -> tuple[float, float, int]:
    """``jacobi.jacobi`` with its defaults; it knows the first derivative only."""
    import jacobi

    del order
    fn, count = _guarded(case)
    value, error = jacobi.jacobi(fn, case.x)
    return float(np.squeeze(value)), float(np.squeeze(error)), count[0]


METHODS: dict[str, Method] = {
    "slopes": ours,
    "scipy": scipy_derivative,
    "numdifftools": numdifftools_derivative,
    "jacobi": jacobi_derivative,
}


def judge(name: str, method: Method, case: Case, order: int = 1) -> Result:
    """Run one method on one case and compare with the exact derivative."""
    truth = exact(case, order)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # peers warn about NaN; the table says it
        start = time.perf_counter()
        try:
            value, bar, evaluations = method(case, order)
        except Exception:  # whatever a peer raises, it found no derivative
            value, bar, evaluations = math.nan, math.nan, 0
        seconds = time.perf_counter() - start
    scale = abs(truth) if abs(truth) > 1e-30 else case.scale
    error = abs(value - truth)
    least = scale * 2.0**-53
    right = min(BEST, -math.log10(max(error, least) / scale)) if math.isfinite(error) else 0.0
    covered = bool(error <= bar + least / 2)  # half a unit in the last place: rounding of the truth
    ratio = bar / max(error, least)
    excess = _excess(error, max(bar, 4 * abs(truth) * 2.0**-53))
    row = case.group, case.name, max(right, 0.0), covered, ratio, evaluations, seconds, excess
    return Result(name, *row)


def _excess(error: float, bar: float) -> float:
    """Error in bars: none if the bar is infinite, infinite if either is NaN or the bar is 0."""
    if error == 0 or bar == math.inf:
        return 0.0
    return error / bar if bar > 0 and not math.isnan(error) else math.inf


class Summary(NamedTuple):
    """A row of the table."""

    cases: int
    digits: float
    failures: int
    cover: float
    ratio: float
    evaluations: float
    milliseconds: float


def summary(rows: list[Result]) -> Summary:
    """Medians, failures (less than one correct digit) and coverage."""
    finite_ratios = [row.ratio for row in rows if not math.isnan(row.ratio)]
    return Summary(
        len(rows),
        statistics.median(row.digits for row in rows),
        sum(row.digits < 1 for row in rows),
        sum(row.covered for row in rows) / len(rows),
        statistics.median(finite_ratios) if finite_ratios else math.nan,
        statistics.median(row.evaluations for row in rows),
        1e3 * statistics.median(row.seconds for row in rows),
    )


def table(rows: list[Result]) -> str:
    """Per group and over all, for each method."""
    head = f"{'group':16s} {'method':13s} cases digits failures cover  ratio  evaluations    ms"
    lines = [head]
    for group in (*GROUPS, "all", "all but noisy"):
        for method in dict.fromkeys(row.method for row in rows):
            rows_here = (row for row in rows if row.method == method)
            chosen = [row for row in rows_here if _belongs(row.group, group)]
            if chosen:
                t = summary(chosen)
                lines.append(
                    f"{group:16s} {method:13s} {t.cases:5d} {t.digits:6.1f} {t.failures:8d} "
                    f"{t.cover:5.0%} {t.ratio:6.1f} {t.evaluations:12.0f} {t.milliseconds:5.1f}"
                )
    return "\n".join(lines)


def _belongs(group: str, heading: str) -> bool:
    return heading in (group, "all") or (heading == "all but noisy" and group != "noisy")


def outside(rows: list[Result]) -> dict[str, Any]:
    """Row of the table of sums: how many lie outside of their bar, and how far."""
    return {
        "method": rows[0].method,
        "cases": len(rows),
        "digits": statistics.median(row.digits for row in rows),
        "covered": sum(row.excess <= 1 for row in rows) / len(rows),
        "far": sum(row.excess > 30 for row in rows),
        "worst": max(row.excess for row in rows),
        "evaluations": statistics.median(row.evaluations for row in rows),
    }


def sums_table(rows: list[dict[str, Any]]) -> str:
    """One line a method and order."""
    lines = ["order method       cases digits covered beyond 30 bars  worst evaluations"]
    lines += [
        f"{r['order']:5d} {r['method']:12s} {r['cases']:5d} {r['digits']:6.1f} {r['covered']:7.2%} "
        f"{r['far']:14d} {r['worst']:6.2g} {r['evaluations']:11.0f}"
        for r in rows
    ]
    return "\n".join(lines)


def measured_sums(seed: int, count: int) -> list[dict[str, Any]]:
    """Judge all methods on the first derivative of sums drawn with a seed, ours on the second."""
    drawn = list(two_scales(seed, count))
    found = [
        {"order": 1, **outside([judge(name, run, case) for case in drawn])}
        for name, run in METHODS.items()
    ]
    second = [judge("slopes", ours, case, 2) for case in drawn]
    return [*found, {"order": 2, **outside(second)}]


# --- the time of one derivative -------------------------------------------------------------------


def call_times(earlier: Path | None = None, rounds: int = 500) -> dict[str, dict[str, float]]:
    """Seconds for the derivative of math.sin at 1, rivals in turns; an earlier engine beside."""
    import jacobi
    import numdifftools
    from scipy.differentiate import derivative

    runs: dict[str, Callable[[], Any]] = {
        "slopes": lambda: finite.derivative(math.sin, 1.0),
        "slopes, second": lambda: finite.derivative(math.sin, 1.0, order=2),
        "jacobi": lambda: jacobi.jacobi(math.sin, 1.0),
        "numdifftools": lambda: numdifftools.Derivative(math.sin)(1.0),
        "scipy": lambda: derivative(np.sin, 1.0),  # it takes arrays only
    }
    if earlier:
        engine = _loaded(earlier)
        runs["slopes, before"] = lambda: engine.estimate(math.sin, 1.0, 1, FREE)
    return in_turns(runs, rounds, calls=1)


def _loaded(path: Path) -> Any:
    """Load a module from a file, under a name of its own."""
    spec = importlib.util.spec_from_file_location("earlier", path)
    if spec is None or spec.loader is None:
        raise ValueError(f"earlier must be a Python file, got earlier={path!r}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


# --- gradients and steps --------------------------------------------------------------------------


def chained(x: Any) -> Any:
    """Rosenbrock's function of the last axis; it accepts a batch of points."""
    return np.sum(100 * (x[..., 1:] - x[..., :-1] ** 2) ** 2 + (1 - x[..., :-1]) ** 2, axis=-1)


def gradient_times(n: int = 100, repeats: int = 7) -> dict[str, dict[str, float]]:
    """Seconds for a gradient of n inputs; numdifftools and jacobi in their defaults."""
    import jacobi
    import numdifftools

    x = np.linspace(-1, 1.5, n)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            "slopes, batched": timed(lambda: finite.gradient(chained, x, batched=True), repeats),
            "slopes, one by one": timed(lambda: finite.gradient(chained, x), repeats),
            "jacobi": timed(lambda: jacobi.jacobi(chained, x), repeats),
            "numdifftools": timed(lambda: numdifftools.Gradient(chained)(x), min(repeats, 3)),
        }


FORMULAS: dict[str, tuple[tuple[float, ...], int]] = {
    "forward": ((0.0, 1.0), 1),
    "central": ((-1.0, 1.0), 1),
    "five points": ((-2.0, -1.0, 1.0, 2.0), 1),
    "second": ((-1.0, 0.0, 1.0), 2),
}


def best_step(dtype: Any, nodes: tuple[float, ...], order: int) -> float:
    """Step of the smallest error on a U-curve: exp(x), mean over points about 1, in that dtype.

    Values of exp are rounded to the dtype; points lie where the dtype can hold every node.
    """
    w = finite.weights(nodes, order)
    kind = np.dtype(dtype)
    u = finite.unit_roundoff(kind)
    guess = finite.optimal_step(nodes, order, dtype=kind)
    steps = 2.0 ** np.arange(round(math.log2(guess)) - 5, round(math.log2(guess)) + 6)
    # A grid that every step divides, so that no place is rounded: only values are.
    grid = max(steps[0], 2.0 ** math.floor(math.log2(u)) * 4)
    points = 0.5 + grid * np.round(np.linspace(0, 1.0, 400) / grid)
    errors = []
    for h in steps:
        places = points[:, None] + h * np.asarray(nodes)
        with np.errstate(over="ignore"):
            values = np.exp(places).astype(kind).astype(float)
        found = values @ w / h**order
        errors.append(float(np.sqrt(np.mean((found / np.exp(points) - 1) ** 2))))
    return float(steps[int(np.argmin(errors))])


def step_table() -> list[dict[str, Any]]:
    """Predicted and measured best steps for four dtypes."""
    import ml_dtypes

    kinds = (np.float16, ml_dtypes.bfloat16, np.float32, np.float64)
    return [
        {
            "dtype": np.dtype(kind).name,
            "formula": name,
            "predicted": finite.optimal_step(nodes, order, dtype=kind),
            "measured": best_step(kind, nodes, order),
        }
        for kind in kinds
        for name, (nodes, order) in FORMULAS.items()
    ]


def first(x: Any) -> Any:
    """Return the first entry: a function that costs next to nothing."""
    return x[..., 0]


def doubled(x: Any) -> Any:
    """As many outputs as inputs, for next to nothing."""
    return x + x


def overheads(sizes: tuple[int, ...] = (3, 100, 1000), repeats: int = 15) -> list[dict[str, Any]]:
    """Seconds that a library adds to one evaluation of the function, its own time taken off."""
    from scipy.optimize import approx_fprime

    rows = []
    for n in sizes:
        x = np.linspace(0.5, 2, n)
        block = np.repeat(x[None], 2 * n, axis=0)
        for fn in (first, doubled):
            central = finite.gradient if fn is first else finite.jacobian
            one_by_one = partial(_calls, fn, x)
            rivals = {  # what runs, how many evaluations it makes, their own work
                "slopes": (partial(central, fn, x), 2 * n, partial(one_by_one, 2 * n)),
                "slopes, forward": (
                    partial(central, fn, x, nodes=finite.FORWARD),
                    n + 1,
                    partial(one_by_one, n + 1),
                ),
                "slopes, batched": (
                    partial(central, fn, x, batched=True),
                    2 * n,
                    partial(fn, block),
                ),
                "scipy": (partial(approx_fprime, x, fn), n + 1, partial(one_by_one, n + 1)),
            }
            rows += [
                {"inputs": n, "outputs": 1 if fn is first else n, "library": name} | spread
                for name, spread in _in_turn(rivals, repeats).items()
            ]
    return rows


def _calls(fn: Callable[[Any], Any], x: Any, count: int) -> None:
    for _ in range(count):
        fn(x)


def _in_turn(rivals: dict[str, tuple[Any, int, Any]], repeats: int) -> dict[str, dict[str, float]]:
    """Median, lowest and highest overhead a call; every rival has its turn in every round."""
    samples: dict[str, list[float]] = {name: [] for name in rivals}
    for turn in range(repeats + 1):
        for name, (run, evaluations, own) in rivals.items():
            loops = max(1, 3000 // evaluations)
            seconds = _seconds(run, loops) - _seconds(own, loops)
            if turn:  # the first one warms up
                samples[name].append(seconds / (loops * evaluations))
    return {
        name: {"median": statistics.median(times), "low": min(times), "high": max(times)}
        for name, times in samples.items()
    }


def _seconds(run: Callable[[], Any], loops: int) -> float:
    start = time.perf_counter()
    for _ in range(loops):
        run()
    return time.perf_counter() - start


def main(argv: list[str]) -> None:
    """Print the tables and write them if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write rows, machine and versions to this file")
    parser.add_argument("--seed", type=int, default=2024, help="of the held-out battery")
    parser.add_argument("--per-group", type=int, default=30, help="held-out cases per group")
    parser.add_argument("--sums", type=int, default=1000, help="sums of two scales")
    parser.add_argument(
        "--sums-seed", type=int, help="of the sums; by default another at every run"
    )
    parser.add_argument("--earlier", type=Path, help="an older _adaptive.py, to time beside ours")
    options = parser.parse_args(argv)
    seed = options.sums_seed
    if seed is None:
        seed = random.SystemRandom().randrange(10**6)
    battery = [judge(name, run, case) for name, run in METHODS.items() for case in CASES]
    print("Battery, first derivative\n" + table(battery))
    second = [judge("slopes", ours, case, 2) for case in CASES if case.name != "x^2.5"]
    print("\nBattery, second derivative\n" + table(second))
    drawn = list(held_out(options.seed, options.per_group))
    held = [judge(name, run, case) for name, run in METHODS.items() for case in drawn]
    print(f"\nHeld out, seed {options.seed}, first derivative\n" + table(held))
    held_second = [judge("slopes", ours, case, 2) for case in drawn]
    print(f"\nHeld out, seed {options.seed}, second derivative\n" + table(held_second))
    sums = measured_sums(seed, options.sums)
    print(f"\nSums of two scales, seed {seed}\n" + sums_table(sums))
    called = call_times(options.earlier)
    print("\nDerivative of sin at 1, median seconds (fastest to slowest)")
    for name, t in called.items():
        print(f"{name:20s} {t['median']:.2e} ({t['low']:.2e} to {t['high']:.2e})")
    times = gradient_times()
    print("\nGradient of 100 inputs, median seconds (fastest to slowest)")
    for name, t in times.items():
        print(f"{name:20s} {t['median']:.2e} ({t['low']:.2e} to {t['high']:.2e})")
    above = overheads()
    print("\nSeconds above the function's own in each of its calls, median")
    for row in above:
        print("{inputs:5d} inputs {outputs:5d} outputs {library:16s} {median:9.2e}".format(**row))
    steps = step_table()
    print("\nBest steps at scale 1\ndtype     formula      predicted  measured")
    for row in steps:
        print("{dtype:9s} {formula:12s} {predicted:9.2e} {measured:9.2e}".format(**row))
    if options.json:
        content = {
            "environment": environment("numpy", "scipy", "numdifftools", "jacobi", "mpmath"),
            "battery": [stored(row) for row in battery],
            "battery_second": [stored(row) for row in second],
            "held_out": {"seed": options.seed, "rows": [stored(row, drawn=True) for row in held]},
            "held_out_second": summary(held_second)._asdict(),
            "two_scales": {"seed": seed, "rows": sums},
            "call_seconds": called,
            "gradient_seconds": times,
            "overhead_seconds": above,
            "steps": steps,
        }
        write(options.json, content)


def stored(row: Result, *, drawn: bool = False) -> dict[str, Any]:
    """Make a row of the record; the names of what was drawn follow from the seed, in order."""
    left_out = ("name", "seconds", "excess") if drawn else ("seconds", "excess")
    kept = {key: value for key, value in row._asdict().items() if key not in left_out}
    return kept | {"covered": int(row.covered)}


if __name__ == "__main__":
    main(sys.argv[1:])
