r"""The rules: what each operation does to a value and its tangent.

With :math:`x = v + s\,\varepsilon` and :math:`y = w + t\,\varepsilon` (one tag; `join` sees to it)
every rule is the chain rule with the slopes of its operation,

.. math:: \varphi(x, y) = \varphi(v, w) + (\varphi_v\, s + \varphi_w\, t)\,\varepsilon,

so each function below states its value and its slopes, and `chain` multiplies. The functions of one
number take theirs from the table in `slopes.elementary`, which the other ways read as well. The
tangent of a constant is None: nothing is computed for it. Cost: at most four operations for one.
Where there is a value and no slope, at a kink, a jump or an infinite slope, the tangent is a
`NoSlope`.
Reference: Griewank and Walther, *Evaluating Derivatives*, 2nd ed., chapters 2 and 3.
"""

import math
import operator
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from slopes.dual.number import (
    RULES,
    UFUNCS,
    Dual,
    NoSlope,
    all_of,
    any_of,
    as_floats,
    as_python,
    demand_numbers,
    innermost,
    is_moving,
    is_nonzero,
    is_plain,
    is_wide,
    make,
    ndim,
    shape,
)
from slopes.elementary import ELEMENTARY, OF_TWO, of_array, of_number

__all__ = [
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "cos",
    "cosh",
    "digamma",
    "erf",
    "erfc",
    "exp",
    "expm1",
    "floor",
    "hypot",
    "lgamma",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "maximum",
    "minimum",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
    "trigamma",
    "where",
]

_KINK, _JUMP, _STEEP = "a kink there", "a jump there", "an infinite slope there"
_NEEDS_LOG = "its slope by y needs log(x)"

# --- Two numbers, their values and their tangents ---


def join(x: Any, y: Any) -> tuple[int, Any, Any, Any, Any]:
    """Split two numbers with respect to the larger tag: tag, v, s, w, t for v + s eps, w + t eps.

    The tangent of a constant is None: nothing is computed for it.
    """
    if isinstance(y, Dual) and isinstance(x, Dual) and x.tag == y.tag:
        v, s, w, t = x.value, x._tangent, y.value, y._tangent
        if not type(s) is type(t) is float and is_wide(x) != is_wide(y):
            refuse_mixed(s, t)
        if not type(v) is type(w) is float:
            v, w = _in_one_precision(v, w)
        return x.tag, v, s, w, t
    # A constant of Python's adapts to the precision of what it meets.
    if type(y) is float or not isinstance(y, _WITH_PRECISION):
        return x.tag, x.value, x._tangent, y, None
    if type(x) is float or not isinstance(x, _WITH_PRECISION):
        return y.tag, x, None, y.value, y._tangent
    if not isinstance(y, Dual) or (isinstance(x, Dual) and x.tag > y.tag):
        v, w = _in_one_precision(x.value, y)
        return x.tag, v, x._tangent, w, None
    v, w = _in_one_precision(x, y.value)
    return y.tag, v, None, w, y._tangent


def _in_one_precision(v: Any, w: Any) -> tuple[Any, Any]:
    """Give both the wider of their floating types; integers get the widest.

    NumPy does so with v and w, but not with log(v) and -w: of an uint8, the one is rounded to
    three digits and the other wraps round. And a float of Python's that is a variable would be
    rounded to the digits of a float16 that is a constant.
    """
    if type(v) in _WIDEST and type(w) in _WIDEST:
        return v, w
    kind = np.result_type(*(getattr(innermost(part), "dtype", float) for part in (v, w)))
    kind = kind if kind.kind == "f" else np.dtype(float)
    return _cast(v, kind), _cast(w, kind)


_WIDEST = {float, int, np.float64}
_WITH_PRECISION: Any = (Dual, np.ndarray, np.generic)


def _cast(x: Any, kind: np.dtype[Any]) -> Any:
    """Give a NumPy number or array, also one inside a Dual, a floating type."""
    if isinstance(x, Dual):
        return make(_cast(x.value, kind), _cast(x._tangent, kind), x.tag)
    return x.astype(kind, copy=False) if hasattr(x, "dtype") else x


def refuse_mixed(s: Any, t: Any) -> None:
    """Refuse one direction together with several: NumPy might align them, wrongly."""
    if isinstance(s, NoSlope) or isinstance(t, NoSlope):
        return
    raise ValueError(
        "tangents must have the same number of directions, got tangent.shape="
        f"{shape(s)} and tangent.shape={shape(t)}"
    )


def fit(factor: Any, tangent: Any, value: Any) -> Any:
    """Give a factor of the value's axes one more where the tangent has directions."""
    if type(tangent) is float:
        return factor
    return factor[..., None] if ndim(tangent) > ndim(value) and ndim(factor) else factor


def spread(tangent: Any, own: Any, value: Any) -> Any:
    """Stretch the tangent of `own`, if it has one, to the shape of the `value` made of it."""
    if type(value) is float or tangent is None or isinstance(tangent, NoSlope):
        return tangent
    if shape(own) == shape(value):
        return tangent
    more = shape(tangent)[-1:] if ndim(tangent) > ndim(own) else ()
    return tangent + np.zeros(shape(value) + more, dtype=bool)


def times(tangent: Any, slope: Any, value: Any) -> Any:
    """Multiply the tangent of `value` by a slope."""
    return tangent * fit(slope, tangent, value)


def divided(tangent: Any, slope: Any, value: Any) -> Any:
    """Divide the tangent of `value` by the reciprocal of a slope."""
    return tangent / fit(slope, tangent, value)


def times_own(tangent: Any, slope: Any, value: Any) -> Any:
    """Multiply by a slope that nobody else holds: it gives its memory."""
    if type(tangent) is float:
        return tangent * slope
    if _may_replace(slope, tangent, value):
        slope *= tangent
        return slope
    return times(tangent, slope, value)


def divided_own(tangent: Any, slope: Any, value: Any) -> Any:
    """Divide by what nobody else holds: it gives its memory."""
    if type(tangent) is float:
        return tangent / slope
    if _may_replace(slope, tangent, value):
        return np.divide(tangent, slope, out=slope)
    return divided(tangent, slope, value)


def _may_replace(slope: Any, tangent: Any, value: Any) -> bool:
    # A square slope may look like n directions of n numbers, whose last axis means something else.
    return ndim(tangent) <= ndim(value) and _alike(slope, tangent)


def chain(s: Any, v: Any, by_v: Any, t: Any, w: Any, by_w: Any) -> Any:
    """Sum what both arguments contribute to a tangent: it times a slope made for this."""
    if t is None:
        return times_own(s, by_v, v)
    if s is None:
        return times_own(t, by_w, w)
    return plus(times_own(s, by_v, v), times_own(t, by_w, w))


def plus(a: Any, b: Any) -> Any:
    """Add two arrays that nobody else holds: the first one's memory is used again."""
    if _alike(a, b):
        a += b
        return a
    return a + b


def _alike(a: Any, b: Any) -> bool:
    """Tell whether the result of arithmetic on two arrays fits into the first."""
    arrays = type(a) is np.ndarray and type(b) is np.ndarray
    return arrays and a.shape == b.shape and a.dtype == b.dtype


# --- Where there is no slope ---


def _no_slope(name: str, why: str, value: Any, mask: Any) -> NoSlope:
    return NoSlope(f"x must be where {name} has a derivative, got {_first(value, mask)}: {why}")


def _number_at(value: Any, mask: Any) -> Any:
    """Return the first number under the mask."""
    values, where_ = np.broadcast_arrays(value, mask)
    return as_python(values[where_][0])


def _first(value: Any, mask: Any) -> str:
    """Write the first number under the mask as ``x[2]=0.0``, a single one as ``x=0.0``."""
    values, where_ = np.broadcast_arrays(value, mask)
    index = np.unravel_index(int(np.argmax(where_)), where_.shape)
    entry = f"[{', '.join(map(str, index))}]" if index else ""
    return f"x{entry}={as_python(values[index])!r}"


def _moves_there(v: Any, s: Any, w: Any, t: Any, value: Any, mask: Any) -> bool:
    """Tell whether one of two tangents is not zero somewhere under a mask of the value's shape."""
    return any(is_nonzero(spread(part, own, value), mask) for part, own in ((s, v), (t, w)))


# --- Arithmetic: of v + s eps and w + t eps, value and tangent; None if it is a constant ---

Pair = tuple[Any, Any]
Rule = Callable[[Any, Any, Any, Any], Pair]


def operation(rule: Rule) -> Callable[[Any, Any], Any]:
    """Make a function of two numbers, one of them dual, from a rule of values and tangents."""

    def apply(x: Any, y: Any) -> Any:
        tag, v, s, w, t = join(x, y)
        value, tangent = rule(v, s, w, t)
        return value if tangent is None else make(value, tangent, tag)

    return apply


def add(v: Any, s: Any, w: Any, t: Any) -> Pair:
    """Add: (v + w) + (s + t) eps."""
    value = v + w
    if t is None:
        return value, spread(s, v, value)
    return value, spread(t, w, value) if s is None else s + t


def subtract(v: Any, s: Any, w: Any, t: Any) -> Pair:
    """Subtract: (v - w) + (s - t) eps."""
    value = v - w
    if t is None:
        return value, spread(s, v, value)
    return value, -spread(t, w, value) if s is None else s - t


def multiply(v: Any, s: Any, w: Any, t: Any) -> Pair:
    """Multiply: v w + (s w + v t) eps."""
    if type(s) is type(t) is float:  # nothing to fit
        return v * w, s * w + v * t
    if t is None:
        return v * w, times(s, w, v)
    if s is None:
        return v * w, times(t, v, w)
    return v * w, plus(times(s, w, v), times(t, v, w))


def divide(v: Any, s: Any, w: Any, t: Any) -> Pair:
    """Divide: q + (s - q t) / w eps, where q = v / w."""
    q = v / w
    if t is None:
        return q, s / fit(w, s, v)
    if s is None:
        return q, times_own(t, -q / w, w)
    return q, (s - t * fit(q, t, w)) / fit(w, t, w)


def power(v: Any, s: Any, w: Any, t: Any) -> Pair:
    r"""Raise to a power: v**w + (w v**(w-1) s + v**w log(v) t) eps.

    With a constant exponent no logarithm is taken: x**2 has a derivative at 0 and below.
    """
    if type(w) is not int:
        _demand_real_power(innermost(v), innermost(w))
    value = v**w
    by_base = 0 if s is None else _slope_of_power(v, w)
    by_exponent = 0 if t is None else _slope_of_exponent(v, w, value, t)
    return value, chain(s, v, by_base, t, w, by_exponent)


def _demand_real_power(base: Any, exponent: Any) -> None:
    """Refuse a fractional power of a negative number: Python's is complex, NumPy's is NaN."""
    bad = (exponent != np.floor(exponent)) & (base < 0)
    if any_of(bad):
        raise ValueError(
            f"x must be at least 0 in x**{_number_at(exponent, bad)}, got {_first(base, bad)}"
        )


def _slope_of_power(v: Any, w: Any) -> Any:
    """Slope w v**(w-1) of a power by its base, 0 where w is 0 whatever v is."""
    if type(w) is int:
        return w * v if w == 2 else w * v ** (w - 1 if w else 0)
    base, exponent = innermost(v), innermost(w)
    # Of a variable exponent the formula has no value at 0 below 1.
    steep = (exponent < 1) & ((exponent > 0) | isinstance(w, Dual))
    if any_of(steep) and any_of(steep := steep & (base == 0)):
        if isinstance(w, Dual):
            return _no_slope("x**y", _NEEDS_LOG, base, steep)
        return _no_slope(f"x**{_number_at(exponent, steep)}", _STEEP, base, steep)
    if isinstance(w, Dual):
        return w * v ** (w - 1)
    return w * v ** (np.where(w == 0, 0, w - 1) if ndim(w) else (w - 1 if w else 0))


def _slope_of_exponent(v: Any, w: Any, value: Any, t: Any) -> Any:
    """Slope v**w log(v) of a power by its exponent; of 0**w for w > 0 it is 0."""
    base, exponent = innermost(v), innermost(w)
    low = base <= 0
    if not any_of(low) or not is_nonzero(t, True):
        return value * log(where(low, 1.0, v) if any_of(low) else v)
    if any_of(base < 0):
        raise ValueError(
            f"x must be positive in x**y with a varying y, got {_first(base, base < 0)}"
        )
    if isinstance(v, Dual) or any_of(low & (exponent <= 0)):
        return _no_slope("x**y", _NEEDS_LOG, base, low)
    return value * np.log(np.where(low, 1.0, v))


def floor_divide(v: Any, s: Any, w: Any, t: Any) -> Pair:
    """Divide and round down: a constant between the jumps."""
    value = v // w
    return value, _at_jump("x // y", v, s, w, t, value)


def remainder(v: Any, s: Any, w: Any, t: Any) -> Pair:
    """Take the rest x - (x // y) y: slopes 1 and -(x // y) between the jumps."""
    value = v % w
    if (refusal := _at_jump("x % y", v, s, w, t, value)) is not None:
        return value, refusal
    if t is None:
        return value, spread(s, v, value)
    shift = t * fit(-(innermost(v) // innermost(w)), t, w)
    return value, shift if s is None else s + shift


def _at_jump(name: str, v: Any, s: Any, w: Any, t: Any, value: Any) -> NoSlope | None:
    """Refuse a slope at a jump of x // y, where x is a multiple of y."""
    jump = innermost(v) % innermost(w) == 0
    if any_of(jump) and _moves_there(v, s, w, t, value, jump):
        return _no_slope(name, _JUMP, innermost(v), jump)
    return None


# --- Functions of one number: the slopes of the table ---

# Slopes are programs on a namespace. This one serves: a function is looked up when it is called,
# and all are there by then. For a float of Python's `_PLAIN` serves, the same without detour.
_HERE = sys.modules[__name__]
_PLAIN = SimpleNamespace(hypot=math.hypot)


def _elementary(name: str, slope: Callable[[Any, Any], Any] | None = None) -> Callable[[Any], Any]:
    """Make a function of numbers, arrays and duals from its row of `slopes.elementary`.

    A `slope` of its own, a factor that reads the argument, takes the place of the one there.
    """
    of_float, of_entries, row = of_number(name), of_array(name), ELEMENTARY[name]
    inside, reads_value = row.inside, row.reads == "y"
    over = row.over and slope is None
    apply, apply_own = (divided, divided_own) if over else (times, times_own)

    def function(x: Any) -> Any:
        if type(x) is float:
            return of_float(x)
        if not isinstance(x, Dual):
            return of_float(x) if is_plain(x) else of_entries(as_floats(x))
        v = x.value
        if inside is not None and (refusal := _refusal(name, inside, innermost(v))):
            return make(function(v), refusal, x.tag)
        y = of_float(v) if type(v) is float else function(v)
        read = y if reads_value else v
        by = (slope or ELEMENTARY[name].slope)(_PLAIN if type(read) is float else _HERE, read)
        return make(y, (apply if by is read else apply_own)(x._tangent, by, v), x.tag)

    setattr(_PLAIN, name, of_float)
    return _known_as(name, f"{row.says}; {name} of a number, an array or a Dual.", function)


def _known_as(name: str, says: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a function its name and its words, and to NumPy's of this name, if any, its rule."""
    function.__name__ = function.__qualname__ = name
    function.__doc__ = says
    if hasattr(np, name):
        UFUNCS[getattr(np, name)] = function
    return function


def _refusal(name: str, inside: Callable[[Any], Any], at: Any) -> NoSlope | None:
    """Refuse a slope where it is infinite, and a number outside the domain at once."""
    within = inside(at)  # a mask that should be gone before the caller makes larger arrays
    if all_of(within):
        return None
    row = ELEMENTARY[name]
    outside = np.logical_not(within if row.border is None else within | row.border(at))
    if any_of(outside):
        raise ValueError(f"x must be {row.domain} in {name}(x), got {_first(at, outside)}")
    return _no_slope(f"{name}(x)", _STEEP, at, np.logical_not(within))


def _slope_of_tanh(_: Any, x: Any) -> Any:
    """Compute 1 / cosh(x)**2, which Python's floats do not reach beyond 355."""
    if isinstance(x, np.ndarray):
        with np.errstate(over="ignore"):  # the slope is 0 there
            c = np.cosh(x)
            return 1 / (c * c)
    e = exp(-2 * _sign(innermost(x)) * x)
    p = 2 / (1 + e)
    return p * e * p


def _sign(at: Any) -> Any:
    return math.copysign(1.0, at) if is_plain(at) else np.copysign(1.0, at)


sin, cos, tan = map(_elementary, ("sin", "cos", "tan"))
asin, acos, atan = map(_elementary, ("asin", "acos", "atan"))
sinh, cosh = map(_elementary, ("sinh", "cosh"))
tanh = _elementary("tanh", _slope_of_tanh)
asinh, acosh, atanh = map(_elementary, ("asinh", "acosh", "atanh"))
exp, expm1, log, log1p = map(_elementary, ("exp", "expm1", "log", "log1p"))
log2, log10, sqrt, cbrt = map(_elementary, ("log2", "log10", "sqrt", "cbrt"))
erf, erfc = map(_elementary, ("erf", "erfc"))
lgamma, digamma, trigamma = map(_elementary, ("lgamma", "digamma", "trigamma"))


def _steps(name: str, jumps: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Make a function that is constant between jumps: it returns plain numbers."""
    of_array = getattr(np, name)

    def function(x: Any) -> Any:
        at = innermost(x)
        value = of_array(at)
        if isinstance(x, Dual) and any_of(jump := jumps(at)) and is_moving(x, jump):
            return make(value, _no_slope(f"{name}(x)", _JUMP, at, jump), x.tag)
        return value

    says = f"Compute {name} of a number, an array or a Dual: a constant between jumps."
    return _known_as(name, says, function)


floor = _steps("floor", lambda x: x == np.floor(x))
ceil = _steps("ceil", lambda x: x == np.floor(x))
trunc = _steps("trunc", lambda x: (x == np.floor(x)) & (x != 0))
rint = _steps("rint", lambda x: x - np.floor(x) == 0.5)
sign = _steps("sign", lambda x: x == 0)


# --- Functions with a kink, and of two numbers ---


def abs(x: Any) -> Any:  # noqa: A001 (as NumPy has it)
    """Compute the absolute value of a number, an array or a Dual; no slope at 0."""
    if not isinstance(x, Dual):
        return np.abs(x)
    at, value = innermost(x), operator.abs(x.value)
    kink = at == 0
    if any_of(kink) and is_nonzero(x._tangent, kink):
        return make(value, _no_slope("abs(x)", _KINK, at, kink), x.tag)
    return make(value, x._tangent * fit(_sign(at), x._tangent, x.value), x.tag)


def _of_two(name: str, rule: Rule | None = None) -> Callable[[Any, Any], Any]:
    """Make a function of two numbers, arrays or duals from its row of `slopes.elementary`.

    A `rule` of its own, which knows where there is no slope, takes the place of the plain one.
    """
    of_numbers, of_arrays = of_number(name), of_array(name)

    def smooth(v: Any, s: Any, w: Any, t: Any) -> Pair:
        value = function(v, w)
        return value, _tangent_of_two(name, value, v, s, w, t)

    apply = operation(rule or smooth)

    def function(x: Any, y: Any) -> Any:
        if isinstance(x, Dual) or isinstance(y, Dual):
            demand_numbers(name, x, y)
            return apply(x, y)
        if is_plain(x) and is_plain(y):
            return of_numbers(x, y)
        return of_arrays(as_floats(x), as_floats(y))

    return _known_as(name, f"{OF_TWO[name].says}; {name} of numbers, arrays or Duals.", function)


def _tangent_of_two(name: str, value: Any, v: Any, s: Any, w: Any, t: Any) -> Any:
    by_v, by_w = OF_TWO[name].slopes(_HERE, value, v, w)
    return chain(s, v, by_v, t, w, by_w)


def _hypot(v: Any, s: Any, w: Any, t: Any) -> Pair:
    """Find the length, which has a kink where both are 0."""
    value = long = hypot(v, w)
    if any_of(tip := innermost(value) == 0):
        if _moves_there(v, s, w, t, value, tip):
            return value, _no_slope("hypot(x, y)", _KINK, innermost(v), tip)
        long = where(tip, 1.0, value)  # the slope is 0 there, as 0 / 1
    return value, _tangent_of_two("hypot", long, v, s, w, t)


def _atan2(v: Any, s: Any, w: Any, t: Any) -> Pair:
    """Find the angle, which jumps at the origin."""
    value = atan2(v, w)
    if any_of(origin := (innermost(v) == 0) & (innermost(w) == 0)):
        return value, _no_slope("atan2(y, x)", _JUMP, innermost(w), origin)
    return value, _tangent_of_two("atan2", value, v, s, w, t)


hypot, atan2 = _of_two("hypot", _hypot), _of_two("atan2", _atan2)
logaddexp = _of_two("logaddexp")


def maximum(x: Any, y: Any) -> Any:
    """Take the larger of two, entry by entry; no slope where they tie with different slopes."""
    return _extreme("maximum", x, y, np.maximum, operator.gt)


def minimum(x: Any, y: Any) -> Any:
    """Take the smaller of two, entry by entry; no slope where they tie with different slopes."""
    return _extreme("minimum", x, y, np.minimum, operator.lt)


def _extreme(name: str, x: Any, y: Any, of_array: Any, beats: Any) -> Any:
    if not isinstance(x, Dual) and not isinstance(y, Dual):
        return of_array(x, y)
    demand_numbers(name, x, y)
    at, other = innermost(x), innermost(y)
    tag, v, _, w, _ = join(x, y)
    value = _extreme(name, v, w, of_array, beats)  # the values may tie on a level of their own
    if any_of(tie := at == other) and is_nonzero((x - y)._tangent, tie):
        return make(value, _no_slope(f"{name}(x, y)", _KINK, at, tie), tag)
    return make(value, where(beats(at, other) | (at != at), x, y)._tangent, tag)


def where(condition: Any, x: Any, y: Any) -> Any:
    """Choose from `x` where the condition holds, else from `y`, entry by entry.

    Both are computed beforehand: ``where(x > 0, sqrt(x), 0)`` asks for a slope at 0. Choose the
    argument first: ``sqrt(where(x > 0, x, 1))``.
    """
    mask = np.asarray(innermost(condition), dtype=bool)
    if not isinstance(x, Dual) and not isinstance(y, Dual):
        return np.where(mask, x, y)[()]
    demand_numbers("where", x, y)
    tag, v, s, w, t = join(x, y)
    value = where(mask, v, w)
    for tangent, unused in ((s, not mask.any()), (t, mask.all())):
        if isinstance(tangent, NoSlope) and not unused:
            return make(value, tangent, tag)
    s, t = (0.0 if part is None or isinstance(part, NoSlope) else part for part in (s, t))
    wide = ndim(s) > ndim(v) or ndim(t) > ndim(w)
    more = max(shape(s), shape(t), key=len)[-1:] if wide else ()
    tangent = where(mask[..., None] if wide and mask.ndim else mask, s, t)
    if shape(tangent) != shape(value) + more:
        tangent = tangent + np.zeros(shape(value) + more, dtype=bool)
    return make(value, tangent, tag)


def _compare(relation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda x, y: relation(innermost(x), innermost(y))


RULES |= {
    np.add: add, np.subtract: subtract, np.multiply: multiply, np.divide: divide,
    np.power: power, np.floor_divide: floor_divide, np.remainder: remainder,
}  # fmt: skip
UFUNCS |= {ufunc: operation(rule) for ufunc, rule in RULES.items()}
UFUNCS |= {
    np.divmod: lambda x, y: (np.floor_divide(x, y), np.remainder(x, y)),
    np.negative: operator.neg, np.positive: operator.pos, np.absolute: abs, np.fabs: abs,
    np.square: lambda x: x**2, np.reciprocal: lambda x: 1 / x,
    np.maximum: maximum, np.minimum: minimum,
    np.less: _compare(operator.lt), np.less_equal: _compare(operator.le),
    np.greater: _compare(operator.gt), np.greater_equal: _compare(operator.ge),
    np.equal: _compare(operator.eq), np.not_equal: _compare(operator.ne),
    np.isfinite: lambda x: np.isfinite(innermost(x)), np.isnan: lambda x: np.isnan(innermost(x)),
    np.isinf: lambda x: np.isinf(innermost(x)),
}  # fmt: skip
