"""Values of a function at places: copied at once, and told apart from what is no number."""

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np

from slopes._typing import Fn
from slopes.compare import unit_roundoff
from slopes.finite.checks import as_double

__all__ = ["evaluate", "evaluate_batch", "finite_copy", "narrower"]


def narrower(kind: Any, seen: Any) -> Any:
    """Return the dtype that holds fewer digits."""
    return seen if unit_roundoff(seen) > unit_roundoff(kind) else kind


def evaluate(fn: Fn, place: Callable[[int], Any], count: int) -> Any:
    """Values at ``place(0)``, ``place(1)``, ...: finite numbers, all real or all complex.

    A place is made for one call and again for a message: `fn` may keep or overwrite it.
    """
    values = [_own(fn(place(k))) for k in range(count)]
    try:
        array = np.array(values)
    except ValueError:  # values of several shapes
        array = np.empty(0, dtype=object)
    if array.dtype.kind == "f" and np.isfinite(array).all():  # nearly always: no more work
        return array
    checked = [_checked(np.asarray(value), place(k)) for k, value in enumerate(values)]
    _check_alike(checked, place)
    return np.stack(checked)


def evaluate_batch(fn: Fn, place: Callable[[int], Any], count: int) -> Any:
    """Do the same by one call with all places as the rows of an array."""
    rows = np.array([place(0)]).repeat(count, axis=0)
    for k in range(1, count):
        rows[k] = place(k)
    values = _own(fn(rows))
    if np.shape(values)[:1] != (count,):
        raise ValueError(
            f"fn must return {count} rows for {count} points when batched, "
            f"got shape={np.shape(values)!r}"
        )
    if values.dtype.kind in "fc" and np.isfinite(values).all():
        return values
    return np.stack([_checked(np.asarray(value), place(k)) for k, value in enumerate(values)])


def finite_copy(value: Any, place: Any) -> Any:
    """Copy of one value as an array of finite numbers."""
    return _checked(np.asarray(_own(value)), place)


def _own(value: Any) -> Any:
    """Keep a number; copy an array, or a list of arrays: `fn` may fill the same one again."""
    if isinstance(value, float | np.generic):
        return value
    try:
        return np.array(value)
    except ValueError:  # rows of several lengths
        raise TypeError(f"fn must return numbers, got fn(x)={value!r}") from None


def _checked(array: Any, place: Any) -> Any:
    """Array of finite numbers."""
    if array.dtype.kind in "fc" and np.isfinite(array).all():
        return array
    if array.dtype.kind == "O" and None not in array.ravel().tolist():  # NumPy: None is NaN
        with contextlib.suppress(TypeError, ValueError):
            array = array.astype(float)  # Fraction, Decimal, mpmath: numbers in their own way
    if array.dtype.kind in "OUSM":
        raise TypeError(f"fn must return numbers, got fn({place!r})={array.tolist()!r}")
    bad = ~np.isfinite(as_double(array))
    if bad.any():
        where = np.unravel_index(int(np.argmax(bad)), bad.shape)
        entry = f"[{', '.join(map(str, where))}]" if where else ""
        raise ValueError(
            f"fn must be finite, got fn({place!r}){entry}={array[where]!r}; "
            "use a smaller step, or nodes on the side where it is defined"
        )
    return array


def _check_alike(values: list[Any], place: Callable[[int], Any]) -> None:
    """Refuse values of several shapes, and complex ones among real ones."""
    for k, value in enumerate(values):
        if value.shape != values[0].shape:
            raise ValueError(
                f"fn must return one shape at all places, got shape={values[0].shape!r} and "
                f"fn({place(k)!r}).shape={value.shape!r}"
            )
    kinds = [value.dtype.kind == "c" for value in values]
    if any(kinds) and not all(kinds):  # Python's (-1) ** 0.5, say
        k = kinds.index(True)
        raise ValueError(
            f"fn must be real at all places or complex at all, got fn({place(k)!r})="
            f"{values[k][()]!r}; stay inside of its domain with a smaller step or other nodes"
        )
