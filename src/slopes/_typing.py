"""Names for the types that public signatures share.

An array is anything with a shape and a dtype: a NumPy array, a NumPy scalar, a JAX array or a
tracer. JAX is not imported here, so that these names serve modules without it.
The shape in an alias (``"n"``, ``"m n"``) is checked when the tests run, by jaxtyping and
beartype; a user's call is never checked. Within one call the same letter means the same length,
so ``directional(fn, x: Vector, v: Vector)`` asks for an `x` and a `v` of equal length.
Where a function itself answers a wrong shape with a ValueError, annotate the argument with
`Numbers`, or the check speaks before the function does.
A shape of one word is written with a blank, ``" n"``: linters take ``"n"`` for a name.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from numbers import Number
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from jaxtyping import Float, Inexact, Real, Shaped

__all__ = [
    "Array",
    "Exact",
    "Fn",
    "Matrix",
    "Namespace",
    "Numbers",
    "Scalar",
    "ScalarFn",
    "Value",
    "Vector",
    "VectorFn",
]


@runtime_checkable
class Array(Protocol):
    """Whatever has a shape and a dtype."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> Any: ...


Scalar: TypeAlias = float | int | Real[Array, ""]
"""One real number: Python's, NumPy's or JAX's."""

Vector: TypeAlias = Float[Array, " n"]
"""A point, a tangent or a gradient, shape (n,)."""

Matrix: TypeAlias = Float[Array, "m n"]
"""A Jacobian, shape (m, n): one row per output, one column per input."""

Numbers: TypeAlias = Scalar | Real[Array, "..."] | Sequence[Any]
"""Real numbers in any shape, nested lists included."""

Exact: TypeAlias = Number | Decimal | Shaped[np.ndarray, "..."] | Sequence[Any]
"""Numbers of any kind, also in arrays of objects: fractions, decimals, those of mpmath."""

Value: TypeAlias = float | complex | Inexact[Array, "..."]
"""What a function returned: a number or an array, complex where the function made it so."""

ScalarFn: TypeAlias = Callable[[Any], Any]
"""A function of one number. Its argument is `Any` because it also takes duals and tracers."""

VectorFn: TypeAlias = Callable[[Any], Any]
"""A function that reads ``x[0]``, ``x[1]``, ... and returns a number or a list of numbers."""

Fn: TypeAlias = ScalarFn | VectorFn
"""Either of the two."""


@runtime_checkable
class Namespace(Protocol):
    """The functions that a problem may ask of its namespace `m`.

    `math`, `numpy`, `jax.numpy` and `mpmath.mp` have all of them under these names; a module of
    the course that wants to serve as `m` exports them.
    """

    def sin(self, x: Any, /) -> Any: ...
    def cos(self, x: Any, /) -> Any: ...
    def tan(self, x: Any, /) -> Any: ...
    def atan(self, x: Any, /) -> Any: ...
    def exp(self, x: Any, /) -> Any: ...
    def log(self, x: Any, /) -> Any: ...
    def log1p(self, x: Any, /) -> Any: ...
    def sqrt(self, x: Any, /) -> Any: ...
    def tanh(self, x: Any, /) -> Any: ...
