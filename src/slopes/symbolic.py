r"""Symbolic differentiation: formulas from formulas, with whatever is equal computed once.

An expression is a graph of operations. Its derivative follows from one rule for each operation,

.. math:: \frac{\dd}{\dd x}\, g(a, b) = \partial_1 g(a, b)\, a' + \partial_2 g(a, b)\, b',

applied to every node once, arguments first. Equal expressions are the same node, so a derivative
refers to the nodes of the function and has a bounded number of new ones for each: linear in the
size of the graph, where the formula written out as a tree grows quadratically or exponentially.
Cost of `diff`: time and memory linear in the number of distinct nodes; no evaluation at all. It
fails on what is no expression: a loop whose length depends on the data, foreign code. A `piecewise`
expression is differentiated piece by piece, which is right inside of each piece.
Reference: B. Speelpenning, *Compiling Fast Partial Derivatives of Functions Given by Algorithms*,
PhD thesis, University of Illinois (1980): the size of derivatives, with and without sharing.
"""

import keyword
import math
import operator
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from slopes import _printing, _symbolic
from slopes._symbolic import ONE, ZERO, Condition, Expr, Graph, Node, call, topological

__all__ = [
    "RULES",
    "SLOPES",
    "Condition",
    "Expr",
    "Graph",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "constant",
    "cos",
    "cosh",
    "count_nodes",
    "diff",
    "evaluate",
    "exp",
    "expm1",
    "free_symbols",
    "function",
    "gradient",
    "graph",
    "hypot",
    "jacobian",
    "log",
    "log1p",
    "log2",
    "log10",
    "maximum",
    "minimum",
    "piecewise",
    "sign",
    "simplify",
    "sin",
    "sinh",
    "sqrt",
    "symbol",
    "symbols",
    "tan",
    "tanh",
    "to_latex",
    "to_python",
    "where",
]

DRAWN = 100_000  # nodes of a tree that is still listed by `graph`


def symbol(name: Any) -> Expr:
    """Make a symbol; two of the same name are the same object.

    Parameters
    ----------
    name : str
        A Python identifier, since it becomes the name of an argument.

    Returns
    -------
    Expr
        The symbol.

    Raises
    ------
    TypeError
        If `name` is no string.
    ValueError
        If `name` is no identifier, a keyword, or not in the normal form in which Python reads
        identifiers.

    Examples
    --------
    >>> x = symbol("x")
    >>> x * x + 3 * x + 2
    x**2 + 3*x + 2
    """
    return _symbolic.symbol(name)


def symbols(names: Any) -> tuple[Expr, ...]:
    """Make several symbols from names with blanks or commas between them.

    Parameters
    ----------
    names : str
        As in ``"x y z"``.

    Returns
    -------
    tuple of Expr
        One symbol for each name, also if there is only one.

    Raises
    ------
    TypeError, ValueError
        As `symbol` does; also if there is no name.

    Examples
    --------
    >>> x, y = symbols("x y")
    """
    if not isinstance(names, str):
        raise TypeError(f"names must be a string, got names={names!r}")
    found = names.replace(",", " ").split()
    if not found:
        raise ValueError(f"names must hold at least one name, got names={names!r}")
    return tuple(symbol(name) for name in found)


def constant(value: Any) -> Expr:
    """Make an expression of a number; operators do it by themselves.

    Parameters
    ----------
    value : int, Fraction or float
        Finite. Ints and Fractions are computed with exactly; a float stays the float it is.

    Returns
    -------
    Expr
        The constant. 1 and 1.0 are two of them. A Fraction as the base of a power needs it:
        ``Fraction(1, 3) ** x`` is a power of a float before we are asked.

    Raises
    ------
    TypeError
        If it is no real number, or a truth value.
    ValueError
        If it is infinite or NaN.

    Examples
    --------
    >>> constant(1) / 3 + constant(1) / 6
    1/2
    """
    return _symbolic.constant(value)


# --- Functions ---


def _function(name: str) -> Callable[[Any], Any]:
    def fn(x: Any) -> Any:
        if isinstance(x, Expr):
            return call(name, x)
        plain = isinstance(x, int | float | Fraction) and not isinstance(x, np.generic)
        return getattr(math if plain else np, name)(x)

    fn.__name__ = fn.__qualname__ = name
    fn.__doc__ = f"Return {name} of an expression; of a number as math does, of an array as NumPy."
    return fn


sin, cos, tan = _function("sin"), _function("cos"), _function("tan")
asin, acos, atan = _function("asin"), _function("acos"), _function("atan")
sinh, cosh, tanh = _function("sinh"), _function("cosh"), _function("tanh")
asinh, acosh, atanh = _function("asinh"), _function("acosh"), _function("atanh")
exp, expm1 = _function("exp"), _function("expm1")
log, log1p = _function("log"), _function("log1p")
log2, log10 = _function("log2"), _function("log10")
sqrt, cbrt = _function("sqrt"), _function("cbrt")


def atan2(y: Any, x: Any) -> Any:
    """Return the angle of the point (x, y), between -pi and pi."""
    if not isinstance(x, Expr) and not isinstance(y, Expr):
        return np.atan2(y, x)
    return call("atan2", _expression("y", y), _expression("x", x))


def hypot(x: Any, y: Any) -> Any:
    """Return the square root of ``x**2 + y**2``; as an expression it is that formula.

    Unlike `math.hypot` the formula overflows or underflows where the squares do.
    """
    if not isinstance(x, Expr) and not isinstance(y, Expr):
        return np.hypot(x, y)
    return sqrt(_expression("x", x) ** 2 + _expression("y", y) ** 2)


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
        chosen = _symbolic.choose(condition, _expression("expr", then), chosen)
    return chosen


# --- Derivatives ---

SLOPES: dict[str, Callable[[Any, Any], Any]] = {
    "sin": lambda a, _: cos(a),
    "cos": lambda a, _: -sin(a),
    "tan": lambda _, f: 1 + f**2,
    "asin": lambda a, _: 1 / sqrt((1 - a) * (1 + a)),
    "acos": lambda a, _: -1 / sqrt((1 - a) * (1 + a)),
    "atan": lambda a, _: 1 / (1 + a**2),
    "sinh": lambda a, _: cosh(a),
    "cosh": lambda a, _: sinh(a),
    "tanh": lambda a, _: (1 / cosh(a)) ** 2,  # 1 - f**2 loses its digits where f is near 1
    "asinh": lambda a, _: 1 / sqrt(a**2 + 1),
    "acosh": lambda a, _: 1 / (sqrt(a - 1) * sqrt(a + 1)),
    "atanh": lambda a, _: 1 / ((1 - a) * (1 + a)),
    "exp": lambda _, f: f,
    "expm1": lambda a, _: exp(a),
    "log": lambda a, _: 1 / a,
    "log1p": lambda a, _: 1 / (1 + a),
    "log2": lambda a, _: 1 / (a * log(constant(2))),
    "log10": lambda a, _: 1 / (a * log(constant(10))),
    "sqrt": lambda _, f: 1 / (2 * f),
    "cbrt": lambda _, f: 1 / (3 * f**2),
    "abs": lambda a, _: sign(a),
}
"""The slope of each function of one argument, from the argument a and the node f itself."""


def _quotient(f: Any, da: Any, db: Any) -> Any:
    a, b = f.args
    return da / b if db is ZERO else (da * b - a * db) / b**2


def _power(f: Any, da: Any, db: Any) -> Any:
    a, b = f.args
    if db is ZERO:  # no logarithm: the base may be negative or zero
        return b * a ** (b - 1) * da
    return f * (db * log(a)) if da is ZERO else f * (db * log(a) + b * da / a)


def _angle(f: Any, dy: Any, dx: Any) -> Any:
    y, x = f.args
    return (x * dy - y * dx) / (x**2 + y**2)


RULES: dict[str, Callable[..., Any]] = {
    "+": lambda _, da, db: da + db,
    "-": lambda _, da, db: da - db,
    "neg": lambda _, da: -da,
    "*": lambda f, da, db: da * f.args[1] + f.args[0] * db,
    "/": _quotient,
    "**": _power,
    "atan2": _angle,
    "piecewise": lambda f, _, da, db: _symbolic.choose(f.args[0], da, db),
}
"""The derivative of each operation, from its node f and the derivatives of its arguments."""


def diff(expr: Any, x: Any, order: Any = 1) -> Expr:
    """Differentiate an expression.

    Every node below `expr` is differentiated once, arguments first, by `RULES` and `SLOPES`. New
    nodes refer to old ones, so that the derivative shares with the function and within itself.

    Parameters
    ----------
    expr : Expr or number
        What to differentiate.
    x : Expr
        A symbol. All others are constants.
    order : int
        Order of the derivative, 0 or more.

    Returns
    -------
    Expr
        The derivative, with trivial operations left out (see `simplify` for more).

    Raises
    ------
    TypeError
        If `expr` is no expression, `x` no symbol or `order` no int.
    ValueError
        If `order` is negative.

    Notes
    -----
    Time and number of new nodes are linear in the distinct nodes of `expr`, for each order; from
    order to order they grow, for a product by the third power of the order. Slopes are written to
    be read: ``b**2`` below a quotient overflows or underflows beyond 1e154 or 1e-154. ``a**b`` with
    an exponent that depends on `x` is differentiated as ``exp(b log a)``, for a > 0; a constant
    exponent serves any base. ``abs`` has the slope `sign`, 0 at 0; `piecewise` has the slope of the
    piece that holds.

    Examples
    --------
    >>> x = symbol("x")
    >>> diff(3 * x**2 + 2 * x, x)
    6*x + 2
    >>> diff(x**x, x)
    x**x*(log(x) + 1)
    """
    x = _checked_symbol("x", x)
    if isinstance(order, bool) or not isinstance(order, int):
        raise TypeError(f"order must be an int, got order={order!r}")
    if order < 0:
        raise ValueError(f"order must be 0 or more, got order={order!r}")
    result = _expression("expr", expr)
    for _ in range(order):
        result = _derivatives([result], x)[result]
    return result


def _derivatives(roots: Sequence[Expr], x: Expr) -> dict[Node, Expr]:
    """Differentiate all nodes below the roots."""
    d: dict[Node, Expr] = {}
    for node in topological(roots):
        d[node] = _derivative(node, x, [d[arg] for arg in node.args])
    return d


def _derivative(node: Node, x: Expr, inner: list[Expr]) -> Any:
    """Differentiate one node, given its arguments' derivatives."""
    if node is x:
        return ONE
    if isinstance(node, Condition) or all(da is ZERO for da in inner):
        return ZERO  # conditions; numbers and what is made of them
    if (rule := RULES.get(node.op)) is not None:
        return rule(node, *inner)
    return SLOPES[node.op](node.args[0], node) * inner[0]


def gradient(expr: Any, xs: Any) -> tuple[Expr, ...]:
    """Differentiate an expression with respect to each of several symbols.

    Parameters
    ----------
    expr : Expr or number
        What to differentiate.
    xs : sequence of n symbols
        With respect to what.

    Returns
    -------
    tuple of n Expr
        Partial derivatives. They share nodes with one another and with `expr`.

    Raises
    ------
    TypeError
        As `diff` does.

    Notes
    -----
    One pass over the graph for each symbol, as in forward mode.

    Examples
    --------
    >>> s, b = symbols("s b")
    >>> [simplify(slope) for slope in gradient(s / (s + b), [s, b])]
    [b/(s + b)**2, -(s/(s + b)**2)]
    """
    return jacobian([expr], xs)[0]


def jacobian(exprs: Any, xs: Any) -> tuple[tuple[Expr, ...], ...]:
    """Differentiate several expressions with respect to several symbols.

    Parameters
    ----------
    exprs : sequence of m expressions
        The components of a function.
    xs : sequence of n symbols
        Its inputs.

    Returns
    -------
    tuple of m tuples of n Expr
        One row for each expression.

    Raises
    ------
    TypeError
        As `diff` does.

    Notes
    -----
    One pass for each symbol, for all rows at once: what they share is differentiated once.

    Examples
    --------
    >>> r, t = symbols("r t")
    >>> jacobian([r * cos(t), r * sin(t)], [r, t])
    ((cos(t), -(r*sin(t))), (sin(t), r*cos(t)))
    """
    rows = [_expression("expr", expr) for expr in _sequence("exprs", exprs)]
    columns = [_derivatives(rows, _checked_symbol("x", x)) for x in _sequence("xs", xs)]
    return tuple(tuple(d[row] for d in columns) for row in rows)


def simplify(expr: Any) -> Expr:
    """Collect equal terms and equal factors until nothing changes.

    Operators already leave out ``0 + a``, ``1 * a``, ``0 * a``, ``a**1`` and the like, work out
    exact numbers and turn ``a * a`` into ``a**2``. This adds ``2*a + 3*a`` to ``5*a`` and
    ``a**2 * b / a`` to ``a * b``, across shared nodes too, and writes ``b * a`` as the ``a * b``
    that was there first.

    Parameters
    ----------
    expr : Expr or number
        What to simplify.

    Returns
    -------
    Expr
        An expression with the same values wherever `expr` has one, up to rounding, overflow and
        underflow, and with no more distinct operations. Where `expr` has none it may have one: ``a
        / a`` becomes 1, ``0 * a`` becomes 0 and ``sqrt(a)**2`` becomes ``a`` also at 0, at a pole
        or below 0. Roots are not drawn: ``sqrt(a**2)`` stays what it is.

    Raises
    ------
    TypeError
        If `expr` is no expression.

    Notes
    -----
    Linear in the number of nodes for each pass; a few passes. Sums and products of more than 32
    parts are left as they are, and nothing is multiplied out.

    Examples
    --------
    >>> x, y = symbols("x y")
    >>> simplify(x * y + y * x + x**2 / x)
    2*(x*y) + x
    """
    return _symbolic.simplified(_expression("expr", expr))


# --- Values ---


def evaluate(expr: Any, values: Any, m: Any = math) -> Any:
    """Put numbers in for the symbols.

    Parameters
    ----------
    expr : Expr, or nested lists and tuples of them
        What to evaluate.
    values : mapping from symbol or name to number or array
        One for each symbol that occurs; others do no harm.
    m : module
        Where functions come from: `math`, `cmath`, `numpy`, `jax.numpy`, `mpmath.mp`,
        `slopes.dual`, or `slopes.symbolic` itself, which puts in expressions.

    Returns
    -------
    number or array
        Value, in the nesting of `expr`. If `expr` does not depend on a symbol, neither does the
        shape: ``0 * x`` is 0 for an array too.

    Raises
    ------
    TypeError
        If `values` is no mapping, has other keys than symbols and names, or has lists or strings
        for values; or if `m` lacks a function.
    ValueError
        If a value is missing.

    Notes
    -----
    Every node is evaluated once, at most: of a `piecewise` expression only the piece that holds,
    unless its condition is an array; then all are, and ``m.where`` chooses. If a value is a
    Fraction, ints and Fractions are computed with exactly; otherwise a constant 1/3 is a float, or
    m's own number.

    Examples
    --------
    >>> x = symbol("x")
    >>> evaluate(x**2 + x / 3, {x: Fraction(1, 2)})
    Fraction(5, 12)
    """
    given = _named_values(values)
    roots = _flat("expr", expr)
    missing = [x.name for x in free_symbols(roots) if x.name not in given]
    if missing:
        raise ValueError(f"values must have a number for every symbol, got none for {missing}")
    if any(isinstance(value, Fraction) for value in given.values()):
        given = {k: Fraction(v) if isinstance(v, int) else v for k, v in given.items()}
        number: Callable[[Any], Any] = lambda value: value  # noqa: E731
        whole: Callable[[Any], Any] = Fraction
    else:
        number, whole = _rounded_by(m), getattr(m, "mpf", lambda n: n)
    done: dict[Node, Any] = {}
    stack: list[Node] = list(roots)
    while stack:
        node = stack[-1]
        if node in done:
            stack.pop()
        elif waiting := _unknown(node, done):
            stack.extend(waiting)
        else:
            value = _value(node, done, given, number, m)
            if node.op == "piecewise" and isinstance(value, int):
                value = whole(value)  # a piece may be an int, and a quotient of ints is a float
            done[stack.pop()] = value
    return _nested(expr, iter([done[root] for root in roots]))


def _named_values(values: Any) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise TypeError(f"values must map symbols to numbers, got values={values!r}")
    for x, value in values.items():
        if isinstance(value, list | tuple | str):  # 2 * [1, 2] is no product
            raise TypeError(
                f"values must be numbers or arrays, got {value!r} for {x!r}; "
                "numpy.array makes an array of a list"
            )
    return {x if isinstance(x, str) else _name_of(x): value for x, value in values.items()}


def _name_of(x: Any) -> str:
    return str(_checked_symbol("a key of values", x).name)


def _rounded_by(m: Any) -> Callable[[Any], Any]:
    """Turn a Fraction into the namespace's number: NumPy and JAX know none, mpmath has its own.

    For this module itself every number becomes an expression, which stays exact.
    """
    if m is sys.modules[__name__]:
        return constant
    exact = getattr(m, "mpf", lambda n: n)
    return lambda v: exact(v.numerator) / v.denominator if isinstance(v, Fraction) else v


def _unknown(node: Node, done: Mapping[Node, Any]) -> list[Node]:
    """List what must be evaluated before a node; of a choice by a truth value one side alone."""
    needed: Sequence[Node] = node.args
    if node.op == "piecewise":
        condition, then, otherwise = node.args
        truth = done.get(condition)
        if truth is None:
            return [condition]
        if isinstance(truth, bool | np.bool_):
            needed = [then if truth else otherwise]
    return [arg for arg in reversed(needed) if arg not in done]


def _value(node: Node, done: Mapping[Node, Any], given: Any, number: Any, m: Any) -> Any:
    if node.op == "symbol":
        return given[node.name]
    if node.op == "constant":
        return number(node.value)
    if node.op == "piecewise":
        condition, then, otherwise = node.args
        truth = done[condition]
        if isinstance(truth, bool | np.bool_):
            return done[then if truth else otherwise]
        return _found(m, "where")(truth, done[then], done[otherwise])
    operation = OPERATIONS.get(node.op) or _found(m, node.op)
    return operation(*(done[arg] for arg in node.args))


OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
    "neg": operator.neg,
    "abs": abs,
    **_symbolic.COMPARE,
}


def _found(m: Any, name: str) -> Any:
    if not hasattr(m, name):
        label = getattr(m, "__name__", type(m).__name__)
        raise TypeError(f"m must have the function {name}, got m={label}; numpy has it")
    return getattr(m, name)


# --- Formulas and source ---


def to_latex(expr: Any) -> str:
    r"""Write an expression as a formula in LaTeX.

    Parameters
    ----------
    expr : Expr, Condition or number
        What to write.

    Returns
    -------
    str
        Without dollar signs. Names of Greek letters become letters, ``x1`` and ``x_1`` get an
        index.

    Raises
    ------
    TypeError
        If `expr` is no expression.
    ValueError
        If its tree has more than 100 000 nodes: a formula does not share.

    Examples
    --------
    >>> x = symbol("x")
    >>> print(to_latex(sin(x) ** 2 / (1 + x)))
    \frac{\sin^{2}\left(x\right)}{1 + x}
    """
    return _printing.latex(expr if isinstance(expr, Condition) else _expression("expr", expr))


def to_python(expr: Any, args: Any, name: str = "fn", m: str = "m", *, arrays: bool = False) -> str:
    """Write the source of a function that computes expressions.

    Parameters
    ----------
    expr : Expr, or nested lists and tuples of them
        What it returns.
    args : sequence of symbols or names
        Its arguments; every symbol that occurs is one of them.
    name : str
        Its name.
    m : str
        Name of the namespace with the functions, such as ``np``; no argument has it.
    arrays : bool
        Whether `piecewise` becomes ``m.where``, which takes arrays and computes all pieces.
        Otherwise it becomes ``if``, which takes numbers and computes what it needs.

    Returns
    -------
    str
        Python source. What occurs more than once is computed once, as ``t0``, ``t1``, ...; names
        that are taken are passed over. It contains nothing but the names given, which are
        identifiers, and operations.

    Raises
    ------
    TypeError
        If an argument is neither symbol nor name.
    ValueError
        If an argument is missing or occurs twice, a name is no identifier, `name`, `m` and the
        arguments have names in common with one another or with what the source calls (``abs``,
        ``cache``), or more than 60 `piecewise` are nested within one another without `arrays`.

    Examples
    --------
    >>> x = symbol("x")
    >>> print(to_python([sin(x**2), diff(sin(x**2), x)], [x]))
    def fn(x):
        t0 = x**2
        return [m.sin(t0), m.cos(t0)*(2*x)]
    """
    names = _argument_names(args)
    for label, words in (("name", [name]), ("m", m.split("."))):
        if not all(word.isidentifier() and not keyword.iskeyword(word) for word in words):
            raise ValueError(f"{label} must be an identifier, got {label}={'.'.join(words)!r}")
    root = m.split(".")[0]
    if root in names or root in CALLED_BARE:
        raise ValueError(
            f"m must not be the name of an argument or of a function of the source, got m={m!r}; "
            "choose another"
        )
    if name == root or name in CALLED_BARE:
        raise ValueError(
            f"name must not be that of `m` or of a function of the source, got name={name!r}; "
            "choose another"
        )
    return _source(expr, names, name=name, m=m, arrays=arrays)


def function(expr: Any, args: Any, m: Any = math, *, arrays: bool | None = None) -> Any:
    """Compile expressions to a Python function.

    Parameters
    ----------
    expr : Expr, or nested lists and tuples of them
        What it returns.
    args : sequence of symbols or names
        Its arguments.
    m : module
        Where functions come from, as in `evaluate`.
    arrays : bool, optional
        As in `to_python`; by default whether `m` has ``where``.

    Returns
    -------
    callable
        The function. Its docstring is its source, that of `to_python`.

    Raises
    ------
    TypeError
        If an argument is neither symbol nor name, or `m` lacks a function.
    ValueError
        As `to_python` does.

    Notes
    -----
    Compiled once, here; a call runs the operations of the source and nothing else, so that JAX may
    trace it. ``a * a`` is written ``a**2``, and Python's own float raises OverflowError for a power
    where a product is infinite. What only some pieces of a `piecewise` expression need is a local
    function; several hundred of these, each of which needs the one before, exceed Python's
    recursion limit when they are called, which `evaluate` does not.

    Examples
    --------
    >>> x, n = symbols("x n")
    >>> fn = function(diff(x**n, x), [x, n])
    >>> fn(2.0, 3)
    12.0
    """
    names = _argument_names(args)
    label = "m"
    while label in names:
        label += "_"
    for node in topological(_flat("expr", expr)):
        if node.op in CALLED:
            _found(m, node.op)
    choose = hasattr(m, "where") if arrays is None else arrays
    exact = f"{label}.mpf" if hasattr(m, "mpf") else ""
    text = _source(expr, names, name="fn", m=label, arrays=choose, exact=exact)
    made: dict[str, Any] = {label: m}
    # The text holds nothing but identifiers, checked where symbols are made, and operations.
    exec(compile(text, "<slopes.symbolic.function>", "exec"), made)  # noqa: S102
    made["fn"].__doc__ = text
    return made["fn"]


CALLED = {*SLOPES, "atan2"} - {"abs"}
CALLED_BARE = ("abs", "cache")


def _source(expr: Any, names: list[str], **style: Any) -> str:
    roots = _flat("expr", expr)
    used = {node.op for node in topological(roots)}
    missing = [x.name for x in free_symbols(roots) if x.name not in names]
    if missing:
        raise ValueError(f"args must have every symbol of expr, got args={names} without {missing}")
    text = _printing.source(_nested(expr, iter(roots)), roots, names, **style)
    called = {"abs"} & used | ({"cache"} if "@cache" in text else set())
    if called & set(names):
        raise ValueError(f"args must not hide a function of the source, got args={names}")
    return text


def _argument_names(args: Any) -> list[str]:
    listed = [args] if isinstance(args, Expr | str) else _sequence("args", args)
    names = [_symbolic.symbol(x).name if isinstance(x, str) else _argument(x) for x in listed]
    if len(set(names)) < len(names):
        raise ValueError(f"args must be different from one another, got args={names}")
    return [str(name) for name in names]


def _argument(x: Any) -> str:
    return str(_checked_symbol("an entry of args", x).name)


# --- Structure ---


def count_nodes(expr: Any, shared: bool = True) -> int:
    """Count the operations, symbols and numbers of an expression.

    Parameters
    ----------
    expr : Expr, or nested lists and tuples of them
        What to count.
    shared : bool
        Whether a node that occurs several times counts once, as it is stored, or each time, as it
        would be written.

    Returns
    -------
    int
        Number of nodes; of a tree the exact one, however large, for it is not unfolded.

    Raises
    ------
    TypeError
        If `expr` is no expression.

    Examples
    --------
    >>> x = symbol("x")
    >>> y = x
    >>> for _ in range(100):
    ...     y = sin(y) * y
    >>> count_nodes(y), count_nodes(y, shared=False) == 3 * 2**100 - 2
    (201, True)
    """
    roots = _flat("expr", expr)
    return len(topological(roots)) if shared else _symbolic.tree_size(roots)


def free_symbols(expr: Any) -> tuple[Expr, ...]:
    """List the symbols that occur in an expression, by name.

    Parameters
    ----------
    expr : Expr, or nested lists and tuples of them
        Where to look.

    Returns
    -------
    tuple of Expr
        The symbols, in alphabetical order.

    Raises
    ------
    TypeError
        If `expr` is no expression.

    Examples
    --------
    >>> y, x = symbols("y x")
    >>> free_symbols(y + x * y)
    (x, y)
    """
    found = {str(n.name): n for n in topological(_flat("expr", expr)) if n.op == "symbol"}
    return tuple(found[name] for name in sorted(found))  # type: ignore[misc]


def graph(expr: Any, shared: bool = True) -> Graph:
    """List the nodes and edges of an expression, for drawing.

    Parameters
    ----------
    expr : Expr or number
        What to draw.
    shared : bool
        Whether a node that occurs several times is one node, as it is stored, or several, as the
        formula is written.

    Returns
    -------
    Graph
        Labels, the root first, a node before its arguments, the first of them first; and edges.

    Raises
    ------
    TypeError
        If `expr` is no expression.
    ValueError
        If there are more than 100 000 nodes to list.

    Examples
    --------
    >>> x = symbol("x")
    >>> graph(x * sin(x))
    Graph(labels=('*', 'x', 'sin'), edges=((0, 1), (0, 2), (2, 1)))
    """
    root = _expression("expr", expr)
    if (nodes := count_nodes(root, shared)) > DRAWN:
        size = _symbolic.rough(nodes)
        raise ValueError(f"expr must have at most {DRAWN} nodes to be listed, got {size}")
    labels: list[str] = []
    edges: list[tuple[int, int]] = []
    seen: dict[Node, int] = {}
    stack: list[tuple[Node, int | None]] = [(root, None)]
    while stack:
        node, parent = stack.pop()
        place = seen.get(node, len(labels)) if shared else len(labels)
        if parent is not None:
            edges.append((parent, place))
        if place == len(labels):
            seen[node] = place
            labels.append(_label(node))
            stack.extend((arg, place) for arg in reversed(node.args))
    return Graph(tuple(labels), tuple(edges))


def _label(node: Node) -> str:
    if node.op == "neg":
        return "-"
    return str(node.name or node.op) if node.value is None else str(node.value)


# --- What callers hand in ---


def _expression(name: str, expr: Any) -> Expr:
    found = _symbolic.operand(expr)
    if found is None:
        raise TypeError(f"{name} must be an expression or a number, got {name}={expr!r}")
    return found


def _checked_symbol(name: str, x: Any) -> Expr:
    if not isinstance(x, Expr) or x.op != "symbol":
        raise TypeError(f"{name} must be a symbol, got {x!r}; make one with symbol('x')")
    return x


def _sequence(name: str, items: Any) -> list[Any]:
    if isinstance(items, Expr | str) or not isinstance(items, Sequence | np.ndarray):
        raise TypeError(f"{name} must be a list or a tuple, got {name}={items!r}")
    return list(items)


def _is_nested(expr: Any) -> bool:
    return isinstance(expr, list | tuple)


def _flat(name: str, expr: Any) -> list[Expr]:
    """List the expressions in nested lists and tuples."""
    if not _is_nested(expr):
        return [_expression(name, expr)]
    return [root for part in expr for root in _flat(name, part)]


def _nested(expr: Any, values: Iterator[Any]) -> Any:
    """Put values into the nesting of expressions."""
    if not _is_nested(expr):
        return next(values)
    parts = [_nested(part, values) for part in expr]
    return type(expr)(*parts) if hasattr(expr, "_fields") else type(expr)(parts)
