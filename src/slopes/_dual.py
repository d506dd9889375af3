r"""The number type behind `slopes.dual`: arithmetic, powers, comparisons and functions.

A dual number :math:`x + \dot x\,\varepsilon` has the tag of its :math:`\varepsilon`. Where two tags
meet, the larger one, that of the inner derivative, goes outside: the other number is a constant
with respect to it. A value may itself be dual, with a smaller tag; then every line below computes
with dual numbers once more.

Of a value with shape (...) the tangent has the shape (...), or (..., k) for k directions at once.
The directions come last because NumPy aligns shapes from the right: a factor of the value's shape
gets one more axis, and all else is NumPy's broadcasting.

A function may have a value where it has no derivative: ``abs`` at 0. There the tangent is a
`NoSlope`, which arithmetic hands on and which raises when it is read. A program may therefore
compare such a number, and only the derivative that does not exist is refused. An array with one
such entry has the mark as a whole. A number whose tangent is 0 stands still, and crosses neither a
kink nor a jump; at a kink that is a theorem, ``abs(t * t)`` has slope 0 at 0, at a jump it is a
convention, and ``floor(-t * t)`` gets slope 0 at 0 where it has none. At an infinite slope it
would be wrong more often, ``sqrt(t * t)`` being ``abs(t)``, and is refused.
"""

import inspect
import itertools
import math
import numbers
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

__all__ = ["Dual", "new_tag"]

_counter = itertools.count(1)


def new_tag() -> int:
    r"""Return a tag that no dual number has yet: one more :math:`\varepsilon`.

    Returns
    -------
    int
        Larger than all before. Numbers made by hand have tag 0 unless told otherwise.

    Examples
    --------
    >>> new_tag() < new_tag()
    True
    """
    return next(_counter)


class NoSlope:
    """A tangent that does not exist; whatever is computed with it does not exist either."""

    __slots__ = ("reason",)
    ndim = 0

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def _stay(self, *_: Any) -> "NoSlope":
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _stay
    __truediv__ = __rtruediv__ = __neg__ = __getitem__ = reshape = transpose = _stay
    __matmul__ = __rmatmul__ = _stay

    def __array_ufunc__(self, *_: Any, **__: Any) -> "NoSlope":
        return self

    def __repr__(self) -> str:
        return f"<{self.reason}>"


_KINK, _JUMP, _STEEP = "a kink there", "a jump there", "an infinite slope there"
_NEEDS_LOG = "its slope by y needs log(x)"


def _no_slope(name: str, why: str, value: Any, mask: Any) -> NoSlope:
    return NoSlope(f"x must be where {name} has a derivative, got {_first(value, mask)}: {why}")


class Dual:
    r"""A number, or an array of numbers, that carries its derivative along.

    Arithmetic follows from :math:`\varepsilon^2 = 0`:
    :math:`(x + \dot x\varepsilon)(y + \dot y\varepsilon) = xy + (\dot x y + x \dot y)\varepsilon`.

    Parameters
    ----------
    value : number, array or Dual
        Real. A list becomes an array. NumPy's dtypes are kept, Python's integers too.
    tangent : number, array or Dual
        Of the shape of `value`; or with one axis more, at the end, for several directions at once;
        or one number for all entries.
    tag : int
        Which :math:`\varepsilon`: larger than the tags inside of `value` and `tangent`.
        Use `new_tag` for one that meets no other.

    Raises
    ------
    TypeError
        If a component is not real, or the tag no integer.
    ValueError
        If the shapes do not fit, or the tag is not larger than those inside.

    Notes
    -----
    Comparisons, ``==`` included, compare values and ignore tangents, so that a program takes the
    same branches as without derivatives; two numbers that compare equal may differ in their
    tangents, hence a Dual has no hash and is no key of a dictionary or cache.
    ``float(x)`` would lose the tangent and is refused. ``int``, ``round``, ``math.floor`` and the
    like return plain numbers, as their slope is 0, and are refused at a jump.

    Examples
    --------
    >>> x = Dual(3.0, 1.0)
    >>> x * x + 2
    Dual(11.0, 6.0)
    >>> np.float64(2) / x
    Dual(0.6666666666666666, -0.2222222222222222)
    """

    __slots__ = ("_tangent", "tag", "value")

    _tangent: Any
    value: Any
    """The number itself."""
    tag: int
    r"""Which :math:`\varepsilon` the tangent belongs to."""

    def __init__(self, value: Any, tangent: Any, tag: Any = 0) -> None:
        self.value = _component("value", value)
        own, given = shape(self.value), _component("tangent", tangent)
        if own and not shape(given):
            given = given + np.zeros(own, dtype=bool)
        if shape(given)[: len(own)] != own or len(shape(given)) > len(own) + 1:
            raise ValueError(
                f"tangent must have the shape {own} of value, or one axis more at the end, "
                f"got tangent.shape={shape(given)}"
            )
        if not isinstance(tag, int):
            raise TypeError(f"tag must be an integer, got tag={tag!r}")
        inside = [part.tag for part in (self.value, given) if isinstance(part, Dual)]
        if inside and tag <= max(inside):
            raise ValueError(
                f"tag must be above those of the components, {max(inside)}, got tag={tag!r}; "
                "take new_tag()"
            )
        self._tangent, self.tag = given, tag

    @property
    def tangent(self) -> Any:
        """Its derivative, per direction; a ValueError where there is none."""
        if not isinstance(self._tangent, NoSlope):
            return self._tangent
        raise ValueError(self._tangent.reason)

    def __repr__(self) -> str:
        parts = [
            repr(part.item() if isinstance(part, np.generic) else part)
            for part in (self.value, self._tangent)
        ]
        return f"Dual({', '.join(parts)}{f', tag={self.tag}' if self.tag else ''})"

    # --- Arithmetic: the rules are the functions below ---

    def __add__(self, other: Any) -> Any:
        return add(self, other) if is_number(other) else NotImplemented

    def __radd__(self, other: Any) -> Any:
        return add(other, self) if is_number(other) else NotImplemented

    def __sub__(self, other: Any) -> Any:
        return subtract(self, other) if is_number(other) else NotImplemented

    def __rsub__(self, other: Any) -> Any:
        return subtract(other, self) if is_number(other) else NotImplemented

    def __mul__(self, other: Any) -> Any:
        return multiply(self, other) if is_number(other) else NotImplemented

    def __rmul__(self, other: Any) -> Any:
        return multiply(other, self) if is_number(other) else NotImplemented

    def __truediv__(self, other: Any) -> Any:
        return divide(self, other) if is_number(other) else NotImplemented

    def __rtruediv__(self, other: Any) -> Any:
        return divide(other, self) if is_number(other) else NotImplemented

    def __pow__(self, other: Any) -> Any:
        return power(self, other) if is_number(other) else NotImplemented

    def __rpow__(self, other: Any) -> Any:
        return power(other, self) if is_number(other) else NotImplemented

    def __floordiv__(self, other: Any) -> Any:
        return floor_divide(self, other) if is_number(other) else NotImplemented

    def __rfloordiv__(self, other: Any) -> Any:
        return floor_divide(other, self) if is_number(other) else NotImplemented

    def __mod__(self, other: Any) -> Any:
        return remainder(self, other) if is_number(other) else NotImplemented

    def __rmod__(self, other: Any) -> Any:
        return remainder(other, self) if is_number(other) else NotImplemented

    def __divmod__(self, other: Any) -> Any:
        return (self // other, self % other) if is_number(other) else NotImplemented

    def __rdivmod__(self, other: Any) -> Any:
        return (other // self, other % self) if is_number(other) else NotImplemented

    def __matmul__(self, other: Any) -> Any:
        return dot(self, other) if is_number(other) else NotImplemented

    def __rmatmul__(self, other: Any) -> Any:
        return dot(other, self) if is_number(other) else NotImplemented

    def __neg__(self) -> "Dual":
        return make(-self.value, -self._tangent, self.tag)

    def __pos__(self) -> "Dual":
        return self

    def __abs__(self) -> "Dual":
        return absolute(self)  # type: ignore[no-any-return]

    # --- Comparisons see the values alone ---

    def __lt__(self, other: Any) -> Any:
        return primal(self) < primal(other)

    def __le__(self, other: Any) -> Any:
        return primal(self) <= primal(other)

    def __gt__(self, other: Any) -> Any:
        return primal(self) > primal(other)

    def __ge__(self, other: Any) -> Any:
        return primal(self) >= primal(other)

    def __eq__(self, other: object) -> Any:
        return primal(self) == primal(other)

    def __ne__(self, other: object) -> Any:
        return primal(self) != primal(other)

    def __hash__(self) -> int:
        raise TypeError(
            "a Dual has no hash: equal values may have different tangents, which a cache would mix "
            "up; use x.value as key where the tangent does not matter"
        )

    def __bool__(self) -> bool:
        return bool(primal(self))

    # --- Conversions: none may lose a tangent unnoticed ---

    def __float__(self) -> float:
        raise TypeError(
            f"x must be a plain number where a float is needed, got x={self!r}; float(x) and the "
            "functions of math lose the tangent: use those of slopes.dual, or x.value"
        )

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError(
            f"x must be plain numbers where a NumPy array is needed, got x={self!r}; an array "
            "loses the tangent: use slopes.dual.stack for a list of numbers, or x.value"
        )

    def __int__(self) -> int:
        return int(_constant("int", math.trunc, self, lambda x: x == int(x) != 0))

    def __trunc__(self) -> Any:
        return _constant("trunc", math.trunc, self, lambda x: x == int(x) != 0)

    def __floor__(self) -> Any:
        return _constant("floor", math.floor, self, lambda x: x == int(x))

    def __ceil__(self) -> Any:
        return _constant("ceil", math.ceil, self, lambda x: x == int(x))

    def __round__(self, places: int | None = None) -> Any:
        def halfway(x: Any) -> bool:  # a rational number, so without rounding
            return (Fraction(x) * Fraction(10) ** (places or 0)).denominator == 2

        return _constant("round", lambda x: round(x, places), self, halfway)

    # --- Arrays ---

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the value, ``()`` for a number."""
        return shape(self.value)

    @property
    def ndim(self) -> int:
        """Number of axes of the value."""
        return ndim(self.value)

    @property
    def size(self) -> int:
        """Number of entries of the value."""
        return math.prod(self.shape)

    @property
    def dtype(self) -> Any:
        """NumPy's dtype of the value."""
        return np.asarray(primal(self)).dtype

    @property
    def T(self) -> "Dual":  # noqa: N802 (NumPy's name)
        """The array with its axes in reverse order."""
        return self.transpose()

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError(f"x must be an array to have a length, got x={self!r}")
        return self.shape[0]

    def __getitem__(self, index: Any) -> "Dual":
        entries = index if isinstance(index, tuple) else (index,)
        if not self.shape and any(e is not None and e is not Ellipsis for e in entries):
            raise TypeError(f"x must be an array to have entries, got x={self!r}")
        inner = index
        if _is_wide(self) and any(entry is Ellipsis for entry in entries):
            inner = (*entries, slice(None))  # the directions are not the dots' business
        return make(_array(self.value)[index], _array(self._tangent)[inner], self.tag)

    def __iter__(self) -> Any:
        return map(self.__getitem__, range(len(self)))

    def reshape(self, *sizes: Any) -> "Dual":
        """Give the value another shape: ``x.reshape(2, 3)``, ``x.reshape(-1)``."""
        value = _array(self.value).reshape(*sizes)
        more = shape(self._tangent)[-1:] if _is_wide(self) else ()
        return make(value, _array(self._tangent).reshape(shape(value) + more), self.tag)

    def transpose(self, *axes: Any) -> "Dual":
        """Permute the axes: ``x.transpose(1, 0)``; without arguments, reverse their order."""
        given = axes[0] if len(axes) == 1 else axes or tuple(reversed(range(self.ndim)))
        order = normalize_axis_tuple(given, self.ndim)
        more = (self.ndim,) if _is_wide(self) else ()
        value, tangent = _array(self.value), _array(self._tangent)
        return make(value.transpose(*order), tangent.transpose(*order, *more), self.tag)

    def sum(self, axis: Any = None) -> Any:
        """Sum over all axes, or over the one given."""
        return total(self, axis)

    def mean(self, axis: Any = None) -> Any:
        """Mean over all axes, or over the one given."""
        return mean(self, axis)

    # --- NumPy's functions: those with a rule, and a clear word from all others ---

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        known = ufunc in UFUNCS and method == "__call__" and not options
        if not known or not all(map(is_number, inputs)):
            how = "" if method == "__call__" else f".{method}"
            more = f" with {', '.join(options)}" if options else ""
            raise TypeError(
                f"numpy.{ufunc.__name__}{how}{more} must have a rule for dual numbers, got x="
                f"{self!r}; use the functions and operators of slopes.dual, or x.value"
            )
        return UFUNCS[ufunc](*inputs)

    def __array_function__(self, function: Any, _: Any, inputs: Any, options: Any) -> Any:
        try:
            inspect.signature(FUNCTIONS[function]).bind(*inputs, **options)
        except (KeyError, TypeError):
            more = f" with {', '.join(options)}" if options else ""
            raise TypeError(
                f"numpy.{function.__name__}{more} must have a rule for dual numbers, got x="
                f"{self!r}; use the functions and operators of slopes.dual, or x.value"
            ) from None
        return FUNCTIONS[function](*inputs, **options)


def make(value: Any, tangent: Any, tag: int) -> Dual:
    """Make a Dual of components that are known to fit."""
    x = _new(Dual)
    x.value = value
    x._tangent = tangent
    x.tag = tag
    return x


_new: Callable[[type[Dual]], Dual] = Dual.__new__
_NUMBERS = (Dual, float, int, np.floating, np.integer, np.bool_, numbers.Real)


def is_number(x: Any) -> bool:
    """Tell what may meet a dual number: complex numbers, lists and words may not."""
    if isinstance(x, np.ndarray):
        return x.dtype.kind in "biuf"
    return isinstance(x, _NUMBERS)


def _demand_numbers(name: str, *items: Any) -> None:
    """Refuse what is no real number, or array of such, next to a dual number."""
    for x in items:
        if not is_number(x):
            raise TypeError(f"x must be real in {name}, beside dual numbers, got x={x!r}")


def _component(name: str, x: Any) -> Any:
    """Check what a user puts into a dual number."""
    if isinstance(x, (list, tuple)):
        x = stack(x)
    if not is_number(x):
        raise TypeError(f"{name} must be real: a number, an array or a Dual, got {name}={x!r}")
    return x


def primal(x: Any) -> Any:
    """Return the plain number inside, below all levels."""
    while isinstance(x, Dual):
        x = x.value
    return x


def shape(x: Any) -> tuple[int, ...]:
    """Return the shape of a component; () for a number."""
    found: tuple[int, ...] = getattr(x, "shape", ())
    return found


def ndim(x: Any) -> int:
    """Return the number of axes of a component; 0 for a number."""
    found: int = getattr(x, "ndim", 0)
    return found


def _is_wide(x: Dual) -> bool:
    """Tell whether the tangent has an axis of directions."""
    return ndim(x._tangent) > ndim(x.value)


def _array(x: Any) -> Any:
    return x if isinstance(x, (Dual, NoSlope)) else np.asarray(x)


def _join(x: Any, y: Any) -> tuple[int, Any, Any, Any, Any]:
    """Split two numbers with respect to the larger tag: tag, v, s, w, t for v + s eps, w + t eps.

    The tangent of a constant is None: nothing is computed for it.
    """
    if not isinstance(y, Dual):
        return x.tag, x.value, x._tangent, y, None
    if not isinstance(x, Dual) or x.tag < y.tag:
        return y.tag, x, None, y.value, y._tangent
    if x.tag > y.tag:
        return x.tag, x.value, x._tangent, y, None
    if _is_wide(x) != _is_wide(y):
        _refuse_mixed(x._tangent, y._tangent)
    return x.tag, x.value, x._tangent, y.value, y._tangent


def _refuse_mixed(s: Any, t: Any) -> None:
    """Refuse one direction together with several: NumPy might align them, wrongly."""
    if isinstance(s, NoSlope) or isinstance(t, NoSlope):
        return
    raise ValueError(
        "tangents must have the same number of directions, got tangent.shape="
        f"{shape(s)} and tangent.shape={shape(t)}"
    )


def _fit(factor: Any, tangent: Any, value: Any) -> Any:
    """Give a factor of the value's axes one more where the tangent has directions."""
    return factor[..., None] if ndim(tangent) > ndim(value) and ndim(factor) else factor


def _spread(tangent: Any, own: Any, value: Any) -> Any:
    """Stretch the tangent of `own` to the shape of `value`, in which `own` was broadcast."""
    if shape(own) == shape(value) or isinstance(tangent, NoSlope):
        return tangent
    more = shape(tangent)[-1:] if ndim(tangent) > ndim(own) else ()
    return tangent + np.zeros(shape(value) + more, dtype=bool)


def _spread_known(tangent: Any, own: Any, value: Any) -> Any:
    """Do the same, and leave the tangent of a constant, which is None."""
    return None if tangent is None else _spread(tangent, own, value)


def _plus(a: Any, b: Any) -> Any:
    """Add two arrays that nobody else holds: the first one's memory is used again."""
    if _alike(a, b):
        a += b
        return a
    return a + b


def _times(tangent: Any, slope: Any, value: Any, *, fresh: bool = False) -> Any:
    """Multiply the tangent of `value` by a slope; a fresh one gives its memory."""
    # A square slope may look like n directions of n numbers, whose last axis means something else.
    if fresh and ndim(tangent) <= ndim(value) and _alike(slope, tangent):
        slope *= tangent
        return slope
    return tangent * _fit(slope, tangent, value)


def _alike(a: Any, b: Any) -> bool:
    """Tell whether the result of arithmetic on two arrays fits into the first."""
    arrays = type(a) is np.ndarray and type(b) is np.ndarray
    return arrays and a.shape == b.shape and a.dtype == b.dtype


# --- The rules of arithmetic: x = v + s eps, y = w + t eps ---


def add(x: Any, y: Any) -> Dual:
    """Add: (v + w) + (s + t) eps."""
    tag, v, s, w, t = _join(x, y)
    value = v + w
    if t is None:
        return make(value, _spread(s, v, value), tag)
    return make(value, _spread(t, w, value) if s is None else s + t, tag)


def subtract(x: Any, y: Any) -> Dual:
    """Subtract: (v - w) + (s - t) eps."""
    tag, v, s, w, t = _join(x, y)
    value = v - w
    if t is None:
        return make(value, _spread(s, v, value), tag)
    return make(value, -_spread(t, w, value) if s is None else s - t, tag)


def multiply(x: Any, y: Any) -> Dual:
    """Multiply: v w + (s w + v t) eps."""
    tag, v, s, w, t = _join(x, y)
    return make(v * w, _chain(s, v, w, t, w, v), tag)


def divide(x: Any, y: Any) -> Dual:
    """Divide: q + (s - q t) / w eps, where q = v / w."""
    tag, v, s, w, t = _join(x, y)
    q = v / w
    if t is None:
        return make(q, s / _fit(w, s, v), tag)
    if s is None:
        return make(q, _times(t, -q / w, w, fresh=True), tag)
    return make(q, (s - t * _fit(q, t, w)) / _fit(w, t, w), tag)


def _chain(
    s: Any, v: Any, slope_v: Any, t: Any, w: Any, slope_w: Any, *, fresh: bool = False
) -> Any:
    """Sum what both arguments contribute to a tangent: slope times tangent."""
    if t is None:
        return _times(s, slope_v, v, fresh=fresh)
    if s is None:
        return _times(t, slope_w, w, fresh=fresh)
    return _plus(_times(s, slope_v, v, fresh=fresh), _times(t, slope_w, w, fresh=fresh))


def power(x: Any, y: Any) -> Any:
    r"""Raise to a power: v**w + (w v**(w-1) s + v**w log(v) t) eps.

    With a constant exponent no logarithm is taken: x**2 has a derivative at 0 and below.
    """
    tag, v, s, w, t = _join(x, y)
    base, exponent = primal(v), primal(w)
    if type(exponent) is not int:
        bad = (exponent != np.floor(exponent)) & (base < 0)
        if _any(bad):  # Python's answer is complex, NumPy's is NaN
            raise ValueError(
                f"x must be at least 0 in x**{_at(exponent, bad)}, got {_first(base, bad)}"
            )
    value = v**w
    by_base = 0 if s is None else _slope_of_power(v, w)
    by_exponent = 0 if t is None else _slope_of_exponent(v, w, value, t)
    return make(value, _chain(s, v, by_base, t, w, by_exponent, fresh=True), tag)


def _slope_of_power(v: Any, w: Any) -> Any:
    """Slope w v**(w-1) of a power by its base, 0 where w is 0 whatever v is."""
    base, exponent = primal(v), primal(w)
    # Of a variable exponent the formula has no value at 0 below 1.
    steep = (exponent < 1) & ((exponent > 0) | isinstance(w, Dual))
    if _any(steep) and _any(steep := steep & (base == 0)):
        if isinstance(w, Dual):
            return _no_slope("x**y", _NEEDS_LOG, base, steep)
        return _no_slope(f"x**{_at(exponent, steep)}", _STEEP, base, steep)
    if isinstance(w, Dual):
        return w * v ** (w - 1)
    lower = np.where(w == 0, 0, w - 1) if ndim(w) else (w - 1 if w else 0)
    return w * v if type(lower) is int and lower == 1 else w * v**lower


def _slope_of_exponent(v: Any, w: Any, value: Any, t: Any) -> Any:
    """Slope v**w log(v) of a power by its exponent; of 0**w for w > 0 it is 0."""
    base, exponent = primal(v), primal(w)
    low = base <= 0
    if not _any(low) or not _moves(t, True):
        return value * log(where(low, 1.0, v) if _any(low) else v)
    if _any(base < 0):
        raise ValueError(
            f"x must be positive in x**y with a varying y, got {_first(base, base < 0)}"
        )
    if isinstance(v, Dual) or _any(low & (exponent <= 0)):
        return _no_slope("x**y", _NEEDS_LOG, base, low)
    return value * np.log(np.where(low, 1.0, v))


def floor_divide(x: Any, y: Any) -> Any:
    """Divide and round down: a constant between the jumps."""
    tag, v, s, w, t = _join(x, y)
    value = v // w
    torn = _torn("x // y", v, s, w, t, value)
    return value if torn is None else make(value, torn, tag)


def remainder(x: Any, y: Any) -> Any:
    """Take the rest x - (x // y) y: slopes 1 and -(x // y) between the jumps."""
    tag, v, s, w, t = _join(x, y)
    value = v % w
    torn = _torn("x % y", v, s, w, t, value)
    if torn is not None:
        return make(value, torn, tag)
    if t is None:
        return make(value, _spread(s, v, value), tag)
    shift = t * _fit(-(primal(v) // primal(w)), t, w)
    return make(value, shift if s is None else s + shift, tag)


def _torn(name: str, v: Any, s: Any, w: Any, t: Any, value: Any) -> NoSlope | None:
    """Refuse a slope at a jump of x // y, where x is a multiple of y."""
    jump = primal(v) % primal(w) == 0
    if _any(jump) and any(
        _moves(_spread_known(part, own, value), jump) for part, own in ((s, v), (t, w))
    ):
        return _no_slope(name, _JUMP, primal(v), jump)
    return None


def _moves(tangent: Any, mask: Any) -> bool:
    """Tell whether a tangent is not zero somewhere under the mask, on any level."""
    if isinstance(tangent, Dual):
        return _moves(tangent.value, mask) or _moves(tangent._tangent, mask)
    if tangent is None or isinstance(tangent, NoSlope):
        return tangent is not None
    mask = np.asarray(mask)
    if mask.ndim:
        mask = mask.reshape(mask.shape + (1,) * (ndim(tangent) - mask.ndim))
    return bool(_any(mask & (np.asarray(tangent) != 0)))


def _stirs(x: Any, mask: Any) -> bool:
    """Tell whether a dual number has a tangent that is not zero, its own or one of its value."""
    return isinstance(x, Dual) and (_moves(x._tangent, mask) or _stirs(x.value, mask))


def _any(mask: Any) -> bool:
    """Do as np.any does, at once for a bool of Python's."""
    return mask if type(mask) is bool else bool(np.any(mask))


def _at(value: Any, mask: Any) -> Any:
    """Return the first number under the mask."""
    values, where_ = np.broadcast_arrays(value, mask)
    return _plain(values[where_][0])


def _plain(x: Any) -> Any:
    """Make a number of Python's from one of NumPy's; a fraction is one already."""
    return x.item() if isinstance(x, np.generic) else x


def _first(value: Any, mask: Any) -> str:
    """Write the first number under the mask as ``x[2]=0.0``, a single one as ``x=0.0``."""
    values, where_ = np.broadcast_arrays(value, mask)
    index = np.unravel_index(int(np.argmax(where_)), where_.shape)
    entry = f"[{', '.join(map(str, index))}]" if index else ""
    return f"x{entry}={_plain(values[index])!r}"


def _constant(name: str, step: Callable[[Any], Any], x: Dual, jumps: Callable[[Any], bool]) -> Any:
    """Round a dual number to a plain one, unless it sits on a jump."""
    at = primal(x)
    if ndim(at):
        raise TypeError(f"x must be one number in {name}(x), got x={x!r}; use numpy.{name}")
    value = step(at)  # of infinity or NaN there is none
    if jumps(_plain(at)) and _stirs(x, True):
        raise ValueError(f"x must not be at a jump of {name}, got x={at!r}")
    return value


# --- Functions of one number: value and slope, side by side ---

FUNCTIONS: dict[Any, Callable[..., Any]] = {}
UFUNCS: dict[Any, Callable[..., Any]] = {}


def _function(
    name: str,
    slope: Callable[[Any, Any], Any],
    inside: Callable[[Any], Any] | None = None,
    border: Callable[[Any], Any] | None = None,
    rule: str = "",
) -> Callable[[Any], Any]:
    """Make a function of numbers, arrays and duals from its slope, given x and y = fn(x).

    `inside` says where it has a slope, `border` where it has a value only.
    """
    of_number, of_array = getattr(math, name), getattr(np, name)

    def function(x: Any) -> Any:
        if not isinstance(x, Dual):
            return of_number(x) if is_plain(x) else of_array(x)
        at = primal(x.value)
        if inside is None or not _any(np.logical_not(within := inside(at))):
            y = function(x.value)
            return make(
                y, _times(x._tangent, d := slope(x.value, y), x.value, fresh=d is not y), x.tag
            )
        outside = np.logical_not(within if border is None else within | border(at))
        if _any(outside):
            raise ValueError(f"x must be {rule} in {name}(x), got {_first(at, outside)}")
        torn = _no_slope(f"{name}(x)", _STEEP, at, np.logical_not(within))
        return make(function(x.value), torn, x.tag)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Compute {name} of a number, an array or a Dual."
    UFUNCS[of_array] = function
    return function


def is_plain(x: Any) -> bool:
    """Tell a number of Python's, for which there is `math`, from NumPy's."""
    return type(x) is float or (isinstance(x, numbers.Real) and not isinstance(x, np.generic))


def _slope_of_tanh(x: Any, _: Any) -> Any:
    """Compute 1 / cosh(x)**2; 1 - y**2 would lose all digits where y is close to 1."""
    if isinstance(x, np.ndarray):
        with np.errstate(over="ignore"):  # the slope is 0 there
            c = np.cosh(x)
            return 1 / (c * c)
    e = exp(-2 * _sign(primal(x)) * x)
    p = 2 / (1 + e)
    return p * e * p


def _sign(at: Any) -> Any:
    return math.copysign(1.0, at) if is_plain(at) else np.copysign(1.0, at)


_Function = Callable[[Any], Any]
_LOG2E, _LOG10E = math.log2(math.e), math.log10(math.e)

sin: _Function = _function("sin", lambda x, _: cos(x))
cos: _Function = _function("cos", lambda x, _: -sin(x))
tan: _Function = _function("tan", lambda _, y: 1 + y * y)
exp: _Function = _function("exp", lambda _, y: y)
expm1: _Function = _function(
    "expm1", lambda x, _: exp(x)
)  # y + 1 would lose all digits where y is near -1
sinh: _Function = _function("sinh", lambda x, _: cosh(x))
cosh: _Function = _function("cosh", lambda x, _: sinh(x))
tanh: _Function = _function("tanh", _slope_of_tanh)
atan: _Function = _function("atan", lambda x, _: 1 / (1 + x * x))
asinh: _Function = _function("asinh", lambda x, _: 1 / hypot(1.0, x))
log: _Function = _function("log", lambda x, _: 1 / x, lambda x: x > 0, rule="positive")
log2: _Function = _function("log2", lambda x, _: _LOG2E / x, lambda x: x > 0, rule="positive")
log10: _Function = _function("log10", lambda x, _: _LOG10E / x, lambda x: x > 0, rule="positive")
log1p: _Function = _function("log1p", lambda x, _: 1 / (1 + x), lambda x: x > -1, rule="above -1")
sqrt: _Function = _function(
    "sqrt", lambda _, y: 0.5 / y, lambda x: x > 0, lambda x: x == 0, rule="at least 0"
)
cbrt: _Function = _function(
    "cbrt", lambda _, y: 1 / (3 * y * y), lambda x: x != 0, lambda x: x == 0, rule="a number"
)
asin: _Function = _function(
    "asin", lambda x, _: 1 / sqrt((1 - x) * (1 + x)), lambda x: abs(x) < 1,
    lambda x: abs(x) == 1, rule="between -1 and 1",
)  # fmt: skip
acos: _Function = _function(
    "acos", lambda x, _: -1 / sqrt((1 - x) * (1 + x)), lambda x: abs(x) < 1,
    lambda x: abs(x) == 1, rule="between -1 and 1",
)  # fmt: skip
acosh: _Function = _function(
    "acosh", lambda x, _: 1 / (sqrt(x - 1) * sqrt(x + 1)), lambda x: x > 1, lambda x: x == 1,
    rule="at least 1",
)  # fmt: skip
atanh: _Function = _function(
    "atanh", lambda x, _: 1 / ((1 - x) * (1 + x)), lambda x: abs(x) < 1,
    rule="strictly between -1 and 1",
)  # fmt: skip


def _steps(name: str, jumps: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Make a function that is constant between jumps: it returns plain numbers."""
    of_array = getattr(np, name)

    def function(x: Any) -> Any:
        at = primal(x)
        value = of_array(at)
        if isinstance(x, Dual) and _any(jump := jumps(at)) and _stirs(x, jump):
            return make(value, _no_slope(f"{name}(x)", _JUMP, at, jump), x.tag)
        return value

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Compute {name} of a number, an array or a Dual: a constant between jumps."
    UFUNCS[of_array] = function
    return function


floor = _steps("floor", lambda x: x == np.floor(x))
ceil = _steps("ceil", lambda x: x == np.floor(x))
trunc = _steps("trunc", lambda x: (x == np.floor(x)) & (x != 0))
rint = _steps("rint", lambda x: x - np.floor(x) == 0.5)
sign = _steps("sign", lambda x: x == 0)


# --- Functions with a kink, of two numbers, of arrays ---


def absolute(x: Any) -> Any:
    """Compute the absolute value of a number, an array or a Dual; no slope at 0."""
    if not isinstance(x, Dual):
        return np.abs(x)
    at = primal(x)
    kink = at == 0
    if _any(kink) and _moves(x._tangent, kink):
        return make(abs(x.value), _no_slope("abs(x)", _KINK, at, kink), x.tag)
    return make(abs(x.value), x._tangent * _fit(_sign(at), x._tangent, x.value), x.tag)


def hypot(x: Any, y: Any) -> Any:
    """Compute sqrt(x**2 + y**2) without overflow; no slope where both are 0."""
    if not isinstance(x, Dual) and not isinstance(y, Dual):
        return math.hypot(x, y) if is_plain(x) and is_plain(y) else np.hypot(x, y)
    tag, v, s, w, t = _join(x, y)
    value = long = hypot(v, w)
    if _any(tip := primal(value) == 0):
        if any(_moves(_spread_known(part, own, value), tip) for part, own in ((s, v), (t, w))):
            return make(value, _no_slope("hypot(x, y)", _KINK, primal(v), tip), tag)
        long = where(tip, 1.0, value)  # the slope is 0 there, as 0 / 1
    return make(value, _chain(s, v, v / long, t, w, w / long, fresh=True), tag)


def atan2(y: Any, x: Any) -> Any:
    """Compute the angle of the point (x, y); no slope at the origin."""
    if not isinstance(x, Dual) and not isinstance(y, Dual):
        return math.atan2(y, x) if is_plain(x) and is_plain(y) else np.atan2(y, x)
    tag, v, s, w, t = _join(y, x)
    value = atan2(v, w)
    if _any(origin := (primal(v) == 0) & (primal(w) == 0)):
        torn = _no_slope("atan2(y, x)", _JUMP, primal(w), origin)
        return make(value, torn, tag)
    r = hypot(v, w)  # its square might overflow
    return make(value, _chain(s, v, w / r / r, t, w, -v / r / r, fresh=True), tag)


def maximum(x: Any, y: Any) -> Any:
    """Take the larger of two, entry by entry; no slope where they tie with different slopes."""
    return _extreme("maximum", x, y, np.maximum, operator.gt)


def minimum(x: Any, y: Any) -> Any:
    """Take the smaller of two, entry by entry; no slope where they tie with different slopes."""
    return _extreme("minimum", x, y, np.minimum, operator.lt)


def _extreme(name: str, x: Any, y: Any, of_array: Any, beats: Any) -> Any:
    if not isinstance(x, Dual) and not isinstance(y, Dual):
        return of_array(x, y)
    _demand_numbers(name, x, y)
    at, other = primal(x), primal(y)
    tag, v, _, w, _ = _join(x, y)
    value = _extreme(name, v, w, of_array, beats)  # the values may tie on a level of their own
    if _any(tie := at == other) and _moves((x - y)._tangent, tie):
        return make(value, _no_slope(f"{name}(x, y)", _KINK, at, tie), tag)
    return make(value, where(beats(at, other) | (at != at), x, y)._tangent, tag)


def where(condition: Any, x: Any, y: Any) -> Any:
    """Choose from `x` where the condition holds, else from `y`, entry by entry.

    Both are computed beforehand: ``where(x > 0, sqrt(x), 0)`` asks for a slope at 0. Choose the
    argument first: ``sqrt(where(x > 0, x, 1))``.
    """
    mask = np.asarray(primal(condition), dtype=bool)
    if not isinstance(x, Dual) and not isinstance(y, Dual):
        return np.where(mask, x, y)[()]
    _demand_numbers("where", x, y)
    tag, v, s, w, t = _join(x, y)
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


def stack(items: Any) -> Any:
    """Make an array of numbers or of arrays of one shape, along a new first axis.

    ``np.array`` of dual numbers is refused; this is what to use instead. Lists may be nested.
    """
    return _gather([stack(x) if isinstance(x, (list, tuple)) else x for x in items], np.stack)


def concatenate(items: Any) -> Any:
    """Join arrays along their first axis."""
    return _gather(list(items), np.concatenate)


def _gather(items: list[Any], join: Callable[[Any], Any]) -> Any:
    tags = [x.tag for x in items if isinstance(x, Dual)]
    if not tags:
        return join(items)
    _demand_numbers("stack", *items)
    tag = max(tags)
    own = [isinstance(x, Dual) and x.tag == tag for x in items]
    value = _gather([x.value if mine else x for x, mine in zip(items, own, strict=True)], join)
    duals = [x for x, mine in zip(items, own, strict=True) if mine]
    for x in duals:
        if isinstance(x._tangent, NoSlope):
            return make(value, x._tangent, tag)
        if _is_wide(x) != _is_wide(duals[0]):
            _refuse_mixed(x._tangent, duals[0]._tangent)
    more = shape(duals[0]._tangent)[-1:] if _is_wide(duals[0]) else ()
    kind = np.asarray(primal(duals[0]._tangent)).dtype
    tangents = [
        x._tangent if mine else np.zeros(shape(x) + more, kind)
        for x, mine in zip(items, own, strict=True)
    ]
    return make(value, _gather(tangents, join), tag)


def total(x: Any, axis: Any = None) -> Any:
    """Sum over all axes, or over the one given."""
    if not isinstance(x, Dual):
        return np.sum(x, axis=axis)
    return _over(total, x, axis)


def _over(reduction: Callable[[Any, Any], Any], x: Dual, axis: Any) -> Dual:
    """Apply a linear reduction to value and tangent; the directions are no axis of the value."""
    axes = normalize_axis_tuple(range(x.ndim) if axis is None else axis, x.ndim)
    tangent = x._tangent
    return make(
        reduction(x.value, axes),
        tangent if isinstance(tangent, NoSlope) else reduction(tangent, axes),
        x.tag,
    )


def mean(x: Any, axis: Any = None) -> Any:
    """Mean over all axes, or over the one given."""
    if not isinstance(x, Dual):
        return np.mean(x, axis=axis)
    return _over(mean, x, axis)


def dot(x: Any, y: Any) -> Any:
    """Multiply vectors and matrices as ``x @ y`` does."""
    if not isinstance(x, Dual) and not isinstance(y, Dual):
        return np.matmul(x, y)
    _demand_numbers("dot", x, y)
    if not ndim(x) or ndim(y) not in (1, 2):
        raise ValueError(
            f"x and y must be vectors or matrices in x @ y, got x.shape={shape(x)} and "
            f"y.shape={shape(y)}"
        )
    tag, v, s, w, t = _join(x, y)
    left = None if s is None else _dot_left(s, v, w)
    right = None if t is None else _dot_right(v, t, w)
    parts = [part for part in (left, right) if part is not None]
    return make(dot(v, w), parts[0] if len(parts) == 1 else _plus(*parts), tag)


def _dot_left(s: Any, v: Any, w: Any) -> Any:
    """Multiply a tangent by `w`; its directions go first meanwhile, out of the product's way."""
    if ndim(s) <= ndim(v):
        return s @ w
    axes = range(ndim(s))
    product = dot(s.transpose(axes[-1], *axes[:-1]), w)
    axes = range(ndim(product))
    return product.transpose(*axes[1:], 0)


def _dot_right(v: Any, t: Any, w: Any) -> Any:
    """Multiply `v` by a tangent; directions and columns are one axis meanwhile."""
    if ndim(t) <= ndim(w) or ndim(w) == 1:
        return v @ t
    product = dot(v, t.reshape(shape(t)[0], -1))
    return product.reshape(shape(product)[:-1] + shape(t)[1:])


def _compare(relation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda x, y: relation(primal(x), primal(y))


UFUNCS |= {
    np.add: add, np.subtract: subtract, np.multiply: multiply, np.divide: divide,
    np.power: power, np.floor_divide: floor_divide, np.remainder: remainder, np.matmul: dot,
    np.negative: operator.neg, np.positive: operator.pos, np.absolute: absolute,
    np.square: lambda x: x**2, np.reciprocal: lambda x: 1 / x, np.fabs: absolute,
    np.hypot: hypot, np.atan2: atan2, np.maximum: maximum, np.minimum: minimum,
    np.divmod: lambda x, y: (floor_divide(x, y), remainder(x, y)),
}  # fmt: skip
UFUNCS |= {
    np.less: _compare(operator.lt), np.less_equal: _compare(operator.le),
    np.greater: _compare(operator.gt), np.greater_equal: _compare(operator.ge),
    np.equal: _compare(operator.eq), np.not_equal: _compare(operator.ne),
    np.isfinite: lambda x: np.isfinite(primal(x)), np.isnan: lambda x: np.isnan(primal(x)),
    np.isinf: lambda x: np.isinf(primal(x)),
}  # fmt: skip
FUNCTIONS |= {
    np.sum: total, np.mean: mean, np.where: where, np.stack: stack,
    np.dot: lambda x, y: dot(x, y) if ndim(x) and ndim(y) else x * y,
    np.concatenate: concatenate, np.shape: shape, np.ndim: ndim, np.size: lambda x: x.size,
}  # fmt: skip
