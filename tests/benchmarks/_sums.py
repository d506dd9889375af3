"""Random sums of two scales: a wide background and a feature, from a hundredth of x to ten x wide.

The trap of a fit that is wider than the feature. Every sum is drawn anew from a seed; closed forms
are differentiated by mpmath at the very same float x.
"""

import math
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import mpmath

Shape = Callable[[Any, float, float], Callable[[Any], Any]]

# of the namespace m, the centre c and the scale s
BACKGROUNDS: dict[str, Shape] = {
    "line": lambda _, c, s: lambda x: (x - c) / s,
    "parabola": lambda _, c, s: lambda x: ((x - c) / s) ** 2,
    "cubic": lambda _, c, s: lambda x: ((x - c) / s) ** 3 - (x - c) / s,
    "catenary": lambda m, c, s: lambda x: m.cosh((x - c) / s),
    "logarithm": lambda m, _, s: lambda x: m.log(x / s),
    "root": lambda m, _, s: lambda x: m.sqrt(x / s),
    "decay": lambda m, c, s: lambda x: m.exp(-(x - c) / s),
    "wave": lambda m, c, s: lambda x: m.sin((x - c) / s),
}
FEATURES: dict[str, Shape] = {
    "step": lambda m, c, w: lambda x: m.atan((x - c) / w),
    "bell": lambda m, c, w: lambda x: m.exp(-(((x - c) / w) ** 2)),
    "pole": lambda _, c, w: lambda x: w / (x - c),
    "softplus": lambda m, c, w: lambda x: m.log(1 + m.exp((x - c) / w)),
    "ring": lambda m, c, w: lambda x: m.sin((x - c) / w) * m.exp(-(((x - c) / (5 * w)) ** 2)),
    "front": lambda m, c, w: lambda x: m.tanh((x - c) / w),
    "resonance": lambda _, c, w: lambda x: 1 / (1 + ((x - c) / w) ** 2),
    "bend": lambda m, c, w: lambda x: m.sqrt(1 + ((x - c) / w) ** 2),
}


class Sum(NamedTuple):
    """One sum at one point."""

    name: str
    x: float
    build: Callable[[Any], Callable[[Any], Any]]

    def exact(self, order: int = 1) -> float:
        """Derivative in 40 digits, of the closed form."""
        with mpmath.workdps(40):
            x = mpmath.mpf(self.x)
            return float(mpmath.diff(self.build(mpmath.mp), x, order, h=x * mpmath.mpf(10) ** -12))


def sums(seed: int, count: int) -> Iterator[Sum]:
    """Draw sums: background, feature, scales, centre and amplitude at random."""
    draw = random.Random(seed)  # noqa: S311 (nothing secret is drawn)
    while count:
        if (one := _drawn(draw)) is not None:
            count -= 1
            yield one


def _drawn(draw: random.Random) -> Sum | None:
    x = 10 ** draw.uniform(-3, 3)
    back, feature = draw.choice(list(BACKGROUNDS)), draw.choice(list(FEATURES))
    s, w = x * 10 ** draw.uniform(-1, 1), x * 10 ** draw.uniform(-2, 1)
    c = draw.choice([0.0, x + draw.choice([-1, 1]) * x * 10 ** draw.uniform(-2, 0.5)])
    a = draw.choice([1.0, 10 ** draw.uniform(-3, 3)])

    def build(m: Any) -> Callable[[Any], Any]:
        wide, narrow = BACKGROUNDS[back](m, 0.0, s), FEATURES[feature](m, c, w)
        return lambda t: wide(t) + a * narrow(t)

    try:  # math.exp overflows beyond 709
        finite = math.isfinite(build(math)(x))
    except OverflowError:
        return None
    name = f"{back} of scale {s:.3g} + {a:.3g} {feature} of width {w:.3g} at {c:.3g}"
    return Sum(name, x, build) if finite else None


class Covered(NamedTuple):
    """How the error bars did on some sums."""

    sums: int
    covered: float
    """Share of the values within their bar, or within four roundoffs."""
    worst: float
    """Largest error in bars."""
    digits: float
    evaluations: float


def bars(derivative: Callable[..., Any], one: Sum, order: int = 1) -> tuple[float, float, int]:
    """Error in bars, relative error and number of evaluations."""
    value, error, count = derivative(one.build(math), one.x, order=order)
    true = one.exact(order)
    off = abs(value - true)
    return off / max(error, 2.0**-51 * abs(true)), off / max(abs(true), 1e-300), count


def covering(derivative: Callable[..., Any], drawn: list[Sum]) -> Covered:
    """Judge the error bars of first derivatives."""
    found = [bars(derivative, one) for one in drawn]
    digits = sorted(-math.log10(max(relative, 1e-16)) for _, relative, _ in found)
    return Covered(
        len(found),
        sum(off <= 1 for off, _, _ in found) / len(found),
        max(off for off, _, _ in found),
        digits[len(digits) // 2],
        sum(count for _, _, count in found) / len(found),
    )
