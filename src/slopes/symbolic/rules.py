r"""The rules: what each operation is worth, and what it does to a derivative.

A node :math:`f = g(a, b)` whose arguments have the derivatives :math:`a'` and :math:`b'` has

.. math:: f' = \partial_1 g(a, b)\, a' + \partial_2 g(a, b)\, b'.

`RULES` say it for arithmetic, powers and choices; a function takes its slope from the table in
`slopes.elementary`, which the other ways read as well: here the slope is written down, with this
module in the place of `math`. A rule refers to the value `f` where it can, so that nothing is
squared that need not be: the derivative of a quotient is ``(a' - f b') / b``, of any order over
``b`` alone. Cost: a bounded number of new nodes for each node. It fails where the table ends, at
the third derivative of `lgamma`.
Reference: Griewank and Walther, *Evaluating Derivatives*, 2nd ed., table 2.1 and section 2.2.
"""

import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from slopes.elementary import ELEMENTARY, OF_TWO, of_array, of_number
from slopes.symbolic.expression import (
    ZERO,
    Condition,
    Expr,
    _expression,
    as_real,
    call,
    choose,
    constant,
)
from slopes.symbolic.node import Node

__all__ = [
    "RULES",
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
    "hypot",
    "lgamma",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "maximum",
    "minimum",
    "piecewise",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
    "trigamma",
    "where",
]

# --- Functions of the table ---


def _function(name: str) -> Callable[[Any], Any]:
    number, array = of_number(name), of_array(name)

    def fn(x: Any) -> Any:
        if isinstance(x, Expr):
            return call(name, x)
        x = as_real(x)
        plain = isinstance(x, int | float | Fraction) and not isinstance(x, np.generic)
        return (number if plain else array)(x)

    fn.__name__ = fn.__qualname__ = name
    says = ELEMENTARY[name].says
    fn.__doc__ = f"{says}, of an expression; of a number as math does, of an array as NumPy."
    return fn


def _function_of_two(name: str) -> Callable[[Any, Any], Any]:
    def fn(x: Any, y: Any) -> Any:
        if not isinstance(x, Expr) and not isinstance(y, Expr):
            return of_array(name)(as_real(x), as_real(y))
        return call(name, _expression("x", x), _expression("y", y))

    fn.__name__ = fn.__qualname__ = name
    fn.__doc__ = f"{OF_TWO[name].says}, of expressions; of numbers and arrays as NumPy does."
    return fn


sin, cos, tan = _function("sin"), _function("cos"), _function("tan")
asin, acos, atan = _function("asin"), _function("acos"), _function("atan")
sinh, cosh, tanh = _function("sinh"), _function("cosh"), _function("tanh")
asinh, acosh, atanh = _function("asinh"), _function("acosh"), _function("atanh")
exp, expm1 = _function("exp"), _function("expm1")
log, log1p = _function("log"), _function("log1p")
log2, log10 = _function("log2"), _function("log10")
sqrt, cbrt = _function("sqrt"), _function("cbrt")
erf, erfc = _function("erf"), _function("erfc")
lgamma, digamma, trigamma = _function("lgamma"), _function("digamma"), _function("trigamma")
atan2, hypot, logaddexp = map(_function_of_two, ("atan2", "hypot", "logaddexp"))


# --- Choices ---


def maximum(x: Any, y: Any) -> Any:
    """Return the larger one; where both are equal, value and derivative are those of `x`."""
    if not isinstance(x, Expr) and not isinstance(y, Expr):
        return np.maximum(x, y)
    return piecewise((_expression("x", x) >= y, x), y)


def minimum(x: Any, y: Any) -> Any:
    """Return the smaller one; where both are equal, value and derivative are those of `x`."""
    if not isinstance(x, Expr) and not isinstance(y, Expr):
        return np.minimum(x, y)
    return piecewise((_expression("x", x) <= y, x), y)


def sign(x: Any) -> Any:
    """Return -1, 0 or 1; its derivative is 0, also at 0."""
    if not isinstance(x, Expr):
        return np.sign(x)
    return piecewise((x > 0, 1), (x < 0, -1), 0)


def where(condition: Any, x: Any, y: Any) -> Any:
    """Return `piecewise` of two pieces; with arrays of truth values what NumPy does."""
    if isinstance(condition, Condition):
        return piecewise((condition, x), y)
    return np.where(condition, x, y)


def piecewise(*pieces: Any) -> Expr:
    """Choose an expression by conditions, the first that holds.

    Parameters
    ----------
    *pieces : pairs (condition, expr), then an expression
        A condition compares expressions, ``x < 1``; join two with ``&`` or ``|``. The last
        argument is the value where none holds.

    Returns
    -------
    Expr
        The choice. Its derivative is the choice of the derivatives: right inside of each piece,
        and at a border that of the piece which has the border, whether or not the other slope is
        the same.

    Raises
    ------
    TypeError
        If a condition is none (``x == 1`` is False, since it compares expressions), a piece is no
        pair, or an expression is none and no number.

    Notes
    -----
    With numbers only the piece that holds is evaluated; with arrays all are, by ``m.where``. Of
    conditions joined by ``&`` or ``|`` both are evaluated always. A NaN fulfils no comparison and
    gets the last piece; so do `sign`, `maximum` and `minimum`, which are made of pieces.

    Examples
    --------
    >>> from slopes.symbolic import symbol, diff
    >>> x = symbol("x")
    >>> huber = piecewise((abs(x) < 1, x**2 / 2), abs(x) - 0.5)
    >>> diff(huber, x)
    piecewise((abs(x) < 1, x), piecewise((x > 0, 1), piecewise((x < 0, -1), 0)))
    """
    if not pieces or isinstance(pieces[-1], tuple):
        raise TypeError(
            f"the last of the pieces must be the value where no condition holds, got {pieces!r}"
        )
    chosen = _expression("otherwise", pieces[-1])
    for piece in reversed(pieces[:-1]):
        if not isinstance(piece, tuple) or len(piece) != 2:
            raise TypeError(f"a piece must be a pair (condition, expr), got {piece!r}")
        condition, then = piece
        if not isinstance(condition, Condition):
            raise TypeError(
                f"condition must compare expressions by <, <=, > or >=, got {condition!r}; "
                "== and != ask whether two expressions are the same object"
            )
        chosen = choose(condition, _expression("expr", then), chosen)
    return chosen


# --- Derivatives of one operation ---


def _quotient(f: Any, da: Any, db: Any) -> Any:
    b = f.args[1]
    if db is ZERO:
        return da / b
    return (f * -db if da is ZERO else da - f * db) / b  # -db takes the sign into its number


def _power(f: Any, da: Any, db: Any) -> Any:
    a, b = f.args
    if db is ZERO:  # no logarithm: the base may be negative or zero
        return b * a ** _one_less(b) * da
    return f * (db * log(a)) if da is ZERO else f * (db * log(a) + b * da / a)


def _one_less(exponent: Any) -> Any:
    """Return the exponent of the slope; of ``a**0``, which is 1, it must not become -1 at a = 0."""
    if exponent.value is not None:
        return exponent - 1
    return piecewise(((exponent < 0) | (exponent > 0), exponent - 1), 0)


RULES: dict[str, Callable[..., Any]] = {
    "+": lambda _, da, db: da + db,
    "-": lambda _, da, db: da - db,
    "neg": lambda _, da: -da,
    "*": lambda f, da, db: da * f.args[1] + f.args[0] * db,
    "/": _quotient,
    "**": _power,
    "abs": lambda f, da: sign(f.args[0]) * da,
    "log2": lambda f, da: da / (f.args[0] * log(constant(2))),  # log(2) is a number, this is exact
    "log10": lambda f, da: da / (f.args[0] * log(constant(10))),
    "piecewise": lambda f, _, da, db: choose(f.args[0], da, db),
}
"""The derivative of each operation, from its node f and the derivatives of its arguments."""


def derivative_of(node: Node, inner: list[Expr]) -> Any:
    """Differentiate one operation, given its arguments' derivatives."""
    if isinstance(node, Condition) or inner.count(ZERO) == len(inner):
        return ZERO  # conditions; numbers and what is made of them
    if (rule := RULES.get(node.op)) is not None:
        return rule(node, *inner)
    here = sys.modules[__name__]  # the functions are here, for the slopes
    if node.op in OF_TWO:
        by_x, by_y = OF_TWO[node.op].slopes(here, node, *node.args)
        return by_x * inner[0] + by_y * inner[1]
    row = ELEMENTARY[node.op]
    slope = row.slope(here, node if row.reads == "y" else node.args[0])
    return inner[0] / slope if row.over else slope * inner[0]
