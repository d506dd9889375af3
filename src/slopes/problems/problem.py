"""What a problem is: a function, its exact derivative, and where to try them."""

import math
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from slopes._typing import Fn, Namespace

__all__ = ["Interval", "Problem", "as_array"]

KINDS = ("scalar", "gradient", "jacobian")


@dataclass(frozen=True)
class Interval:
    """The numbers between two ends; the ends themselves where it says so.

    Examples
    --------
    >>> 0.0 in Interval(0.0, 1.0), 0.0 in Interval(0.0, 1.0, includes_low=True)
    (False, True)
    """

    low: float = -math.inf
    high: float = math.inf
    _: KW_ONLY
    includes_low: bool = False
    includes_high: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"low must be below high, {self.high!r}, got low={self.low!r}")

    def __contains__(self, x: float) -> bool:
        above = self.low < x or (self.includes_low and x == self.low)
        return above and (x < self.high or (self.includes_high and x == self.high))


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A function, its exact derivative and where to try them.

    Raises
    ------
    ValueError
        If a field breaks the rule stated beside it.

    Examples
    --------
    >>> from slopes.problems import by_name
    >>> problem = by_name("quadratic")
    >>> fn = problem.build(math)
    >>> fn(2.0), problem.derivative(2.0)
    (12.0, 7.0)
    """

    name: str
    """A Python identifier, unique in `PROBLEMS`."""
    kind: str
    """``scalar`` (one input, one output), ``gradient`` (n inputs) or ``jacobian`` (m outputs)."""
    build: Callable[[Any], Fn] = field(repr=False)  # a function's repr has an address in it
    """Takes a namespace, returns the function."""
    derivative: Callable[[Any], Any] = field(repr=False)
    """Exact derivative by NumPy; that of a scalar problem also takes an array of points."""
    second: Callable[[Any], Any] | None = field(default=None, repr=False)
    """Exact second derivative or Hessian, where it is given."""
    domain: tuple[Interval, ...]
    """One interval for each input; there the function is differentiable and the program right."""
    points: tuple[Any, ...]
    """Where to test, numbers, or tuples of n numbers, not at an end of the domain."""
    source: str
    """Where it comes from, a key of the book's references, or a plain reference."""
    needs: tuple[str, ...] = ()
    """The functions that it asks of `m`."""
    branches: bool = False
    """Whether it compares its argument; then no arrays, symbols or traced values go in."""

    def __post_init__(self) -> None:
        """Refuse what would make a later failure hard to read."""
        demand = self._demand
        demand("name", "a Python identifier", holds=self.name.isidentifier())
        demand("kind", f"one of {KINDS}", holds=self.kind in KINDS)
        demand("source", "a reference, not blank", holds=bool(self.source.strip()))
        demand("needs", "names that Namespace has", holds=all(map(_known, self.needs)))
        n = len(self.domain)
        right = n == 1 if self.kind == "scalar" else n > 0
        demand("domain", "one interval for each input, one alone for a scalar", holds=right)
        inside = bool(self.points) and all(map(self._inside, self.points))
        demand("points", "inside the domain, one number per input, at least one", holds=inside)

    def _demand(self, field: str, rule: str, *, holds: bool) -> None:
        if not holds:
            raise ValueError(f"{field} must be {rule}, got {field}={getattr(self, field)!r}")

    def _inside(self, point: Any) -> bool:
        inputs = (point,) if self.kind == "scalar" else point
        ends = [(side.low, side.high) for side in self.domain]
        return len(inputs) == len(ends) and all(
            low < x < high for x, (low, high) in zip(inputs, ends, strict=True)
        )


def _known(name: str) -> bool:
    return hasattr(Namespace, name)


def as_array(fn: Fn, m: Any) -> Fn:
    """Let a function that returns a list return an array of `m` instead.

    Parameters
    ----------
    fn : callable
        Built on `m`.
    m : module
        `numpy` or `jax.numpy`: whatever has `stack`.

    Returns
    -------
    callable
        The same function; a list of m components becomes an array of shape (m, ...), a single
        number stays one.

    Examples
    --------
    >>> import numpy as np
    >>> from slopes.problems import by_name
    >>> fn = as_array(by_name("polar").build(np), np)
    >>> fn(np.array([2.0, 0.0]))
    array([2., 0.])
    """

    def array_fn(x: Any) -> Any:
        y = fn(x)
        return m.stack(y) if isinstance(y, list) else y

    return array_fn
