r"""Nodes of symbolic expressions: made once, never changed, never wrong twice.

Every node is interned: a table maps operator and arguments to the one node that has them, so equal
expressions are the same object, ``==`` is ``is``, and whatever is computed for a node is computed
for all places where it occurs. An expression is therefore a directed acyclic graph (DAG) from the
start. The table holds nodes weakly: one that nobody uses any more is forgotten, and its entry with
it. A lock guards the moment between looking a node up and entering it, so that two threads cannot
make two of a kind. Nothing here recurses: graphs are walked by `topological`, with its own stack.

The operators apply the rules that are true on the whole domain of an expression (see `simplify` in
`slopes.symbolic`), each in constant time.
Reference: A. P. Ershov, "On programming of arithmetic operations", Communications of the ACM 1
(8), 3-6 (1958): the table.
"""

import math
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from keyword import iskeyword
from threading import RLock
from typing import Any, NamedTuple, NoReturn, TypeAlias, TypeVar
from weakref import WeakValueDictionary

import numpy as np

__all__ = ["Condition", "Expr", "Graph", "Node", "Number"]

Number: TypeAlias = int | Fraction | float

LARGEST = 4096  # bits of an exact power that is still worked out
READABLE = 2000  # nodes of a tree that is still written out by repr


class Node:
    """What expressions and conditions share: they are interned and cannot be changed."""

    __slots__ = ("__weakref__", "args", "name", "op", "value")
    __array_ufunc__ = None  # NumPy's numbers leave the operators to us, its arrays refuse

    op: str
    args: tuple["Node", ...]
    value: Number | None
    name: str | None

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"an expression cannot be changed, got {name}={value!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"an expression cannot be changed, got del {name}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy as a flat table: no recursion, and interned again when loaded.

        Each expression carries all of its graph; several in one pickle do not share.
        """
        order = topological([self])
        place = {node: i for i, node in enumerate(order)}
        rows = [(n.op, [place[a] for a in n.args], n.value, n.name) for n in order]
        return _rebuilt, (rows,)


_TABLE: WeakValueDictionary[tuple[Any, ...], Node] = WeakValueDictionary()
_LOCK = RLock()  # reentrant: the collector may run somebody's __del__ while we hold it

Kind = TypeVar("Kind", bound=Node)


def _interned(
    kind: type[Kind],
    op: str,
    args: tuple[Node, ...] = (),
    value: Number | None = None,
    name: str | None = None,
) -> Kind:
    """Return the only node of this kind, which is made if there is none."""
    if value is not None:  # 1, 1.0 and -0.0 differ, though Python calls some of them equal
        key: tuple[Any, ...] = (op, type(value), value, math.copysign(1, value) if not value else 0)
    else:
        key = (op, name, *args)
    found = _TABLE.get(key)
    if found is None:
        with _LOCK:
            found = _TABLE.get(key)
            if found is None:
                found = object.__new__(kind)
                fields = {"op": op, "args": args, "value": value, "name": name}
                for field, content in fields.items():
                    object.__setattr__(found, field, content)
                _TABLE[key] = found
    return found  # type: ignore[return-value]


def _rebuilt(rows: list[Any]) -> Node:
    made: list[Node] = []
    for op, args, value, name in rows:
        kind = Condition if op in COMPARISONS else Expr
        made.append(_interned(kind, op, tuple(made[i] for i in args), value, name))
    return made[-1]


def topological(roots: Iterable[Node]) -> list[Node]:
    """List every node below the roots once, arguments before the nodes that use them."""
    order: list[Node] = []
    state: dict[Node, bool] = {}  # False: its arguments are on the stack; True: listed
    stack = list(roots)[::-1]
    while stack:
        node = stack[-1]
        if node not in state:
            state[node] = False
            stack.extend(arg for arg in reversed(node.args) if arg not in state)
            continue
        stack.pop()
        if not state[node]:
            state[node] = True
            order.append(node)
    return order


class Expr(Node):
    """An expression of symbols and numbers; immutable, and equal ones are the same object.

    Made by `slopes.symbolic.symbol`, by `slopes.symbolic.constant` and from others by operators
    and functions. ``==`` and ``hash`` are those of the object: ``x + 1 == x + 1`` is true, while
    ``x + 1 == 1 + x`` is false, for they are written differently; ``x == 2`` is false and no
    equation. ``<``, ``<=``, ``>``, ``>=`` make a `Condition`.

    Attributes
    ----------
    op : str
        ``"symbol"``, ``"constant"``, ``"+"``, ``"-"``, ``"neg"``, ``"*"``, ``"/"``, ``"**"``,
        ``"abs"``, ``"piecewise"`` or the name of a function.
    args : tuple of Expr
        Arguments; those of ``"piecewise"`` are a `Condition` and two expressions.
    value : int, fractions.Fraction, float or None
        Of a constant.
    name : str or None
        Of a symbol.
    """

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        return _binary(add, self, other)

    def __radd__(self, other: Any) -> Any:
        return _binary(add, other, self)

    def __sub__(self, other: Any) -> Any:
        return _binary(subtract, self, other)

    def __rsub__(self, other: Any) -> Any:
        return _binary(subtract, other, self)

    def __mul__(self, other: Any) -> Any:
        return _binary(multiply, self, other)

    def __rmul__(self, other: Any) -> Any:
        return _binary(multiply, other, self)

    def __truediv__(self, other: Any) -> Any:
        return _binary(divide, self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _binary(divide, other, self)

    def __pow__(self, other: Any) -> Any:
        return _binary(power, self, other)

    def __rpow__(self, other: Any) -> Any:
        return _binary(power, other, self)

    def __neg__(self) -> "Expr":
        return negate(self)

    def __pos__(self) -> "Expr":
        return self

    def __abs__(self) -> "Expr":
        return call("abs", self)

    def __lt__(self, other: Any) -> Any:
        return _binary(_comparison("<"), self, other)

    def __le__(self, other: Any) -> Any:
        return _binary(_comparison("<="), self, other)

    def __gt__(self, other: Any) -> Any:
        return _binary(_comparison(">"), self, other)

    def __ge__(self, other: Any) -> Any:
        return _binary(_comparison(">="), self, other)

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"an expression is neither true nor false, got {self!r}; "
            "to choose by its sign, write piecewise((x > 0, a), b)"
        )

    def __float__(self) -> float:
        if self.value is None:
            raise TypeError(
                f"an expression is no number, got {self!r}; take sin, exp, ... from "
                "slopes.symbolic, and evaluate(expr, values) for a number"
            )
        return float(self.value)

    def __repr__(self) -> str:
        from slopes._printing import infix

        nodes = tree_size([self])
        if nodes > READABLE:
            distinct = len(topological([self]))
            return f"<Expr {self.op!r}, {distinct} nodes, as a tree {rough(nodes)}>"
        return infix(self)

    def _repr_latex_(self) -> str | None:
        """Show a formula in a notebook; None, so that repr speaks, where it would be too long."""
        from slopes._printing import latex

        return f"$\\displaystyle {latex(self)}$" if tree_size([self]) <= READABLE else None


class Condition(Node):
    """A comparison of two expressions, or two conditions joined by ``&`` or ``|``.

    It has no truth value while it has symbols: ``if x > 0`` and ``0 < x < 1`` are TypeErrors. A
    comparison of two numbers has one.
    """

    __slots__ = ()

    def __and__(self, other: Any) -> Any:
        return _joined("&", self, other)

    def __or__(self, other: Any) -> Any:
        return _joined("|", self, other)

    def __bool__(self) -> bool:
        if (known := _truth(self)) is not None:
            return known
        raise TypeError(
            f"a condition on symbols is neither true nor false, got {self!r}; instead of `if`, "
            "write piecewise((condition, expr), otherwise), and join conditions with & or |"
        )

    def __repr__(self) -> str:
        from slopes._printing import infix

        short = tree_size([self]) <= READABLE
        return infix(self) if short else f"<Condition {self.op!r}>"


class Graph(NamedTuple):
    """The nodes of an expression as data, for drawing."""

    labels: tuple[str, ...]
    """An operator, a function, a symbol or a number for each node, the root first."""
    edges: tuple[tuple[int, int], ...]
    """Pairs (parent, child), in the order of the arguments."""


COMPARISONS = ("<", "<=", ">", ">=", "&", "|")


def _joined(op: str, left: Condition, right: Any) -> Any:
    if not isinstance(right, Condition):
        return NotImplemented
    return left if left is right else _interned(Condition, op, (left, right))


FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def compare(op: str, left: Expr, right: Expr) -> Condition:
    """Return a comparison; a number comes last, as Python itself turns it."""
    if left.value is not None and right.value is None:
        op, left, right = FLIPPED[op], right, left
    return _interned(Condition, op, (left, right))


def _comparison(op: str) -> Callable[[Expr, Expr], Condition]:
    return lambda left, right: compare(op, left, right)


def _binary(make: Callable[[Expr, Expr], Any], left: Any, right: Any) -> Any:
    a, b = operand(left), operand(right)
    return NotImplemented if a is None or b is None else make(a, b)


# --- Leaves ---


def operand(x: Any) -> Expr | None:
    """Return an expression as it is, a number as a constant, and None for anything else."""
    if isinstance(x, Expr):
        return x
    number = as_number(x)
    return None if number is None else constant(number)


def as_number(x: Any) -> Number | None:
    """Return Python's own number for Python's or NumPy's real one, else None. No truth values."""
    if isinstance(x, bool | np.bool_):
        return None
    if isinstance(x, int | np.integer):
        return int(x)
    if isinstance(x, Fraction):
        return x.numerator if x.denominator == 1 else x
    return float(x) if isinstance(x, float | np.floating) else None


def _is_finite(number: Number) -> bool:
    return not isinstance(number, float) or math.isfinite(number)  # an int may be too large to ask


def constant(value: Any) -> Expr:
    """See `slopes.symbolic.constant`."""
    number = as_number(value)
    if number is None:
        raise TypeError(
            f"value must be an int, a Fraction or a float, got value={value!r}; "
            "a symbol stands for any other number, which evaluate then puts in"
        )
    if not _is_finite(number):
        raise ValueError(f"value must be finite, got value={value!r}")
    return _interned(Expr, "constant", value=number)


def symbol(name: Any) -> Expr:
    """See `slopes.symbolic.symbol`."""
    if not isinstance(name, str):
        raise TypeError(f"name must be a string, got name={name!r}")
    # Python reads an identifier in normal form: two spellings would become one argument.
    plain = unicodedata.normalize("NFKC", name) == name and name != "__debug__"
    if not name.isidentifier() or iskeyword(name) or not plain:
        raise ValueError(
            f"name must be a Python identifier and no keyword, got name={name!r}; "
            "x_1 and lambda_ are such names"
        )
    return _interned(Expr, "symbol", name=name)


ZERO, ONE = constant(0), constant(1)


# --- Operators: each applies what is true on the whole domain, in constant time ---


def folded(op: Callable[[Any, Any], Any], a: Expr, b: Expr) -> Expr | None:
    """Work out an operation of two constants: ints and Fractions exactly, floats as Python does.

    None where there is nothing to work out, or the result is no finite number (a division by 0, an
    overflow, a root of a negative number), or has lost digits to underflow. It is then left as
    written, and evaluation says what Python says.
    """
    if a.value is None or b.value is None:
        return None
    try:
        result = as_number(op(a.value, b.value))
    except ArithmeticError:
        return None
    if result is None or not _is_finite(result):
        return None
    lost = isinstance(result, float) and abs(result) < 1e-290 and bool(a.value and b.value)
    return None if lost else constant(result)


def add(a: Expr, b: Expr) -> Expr:
    """Return a + b."""
    if a.value == 0:
        return b
    if b.value == 0:
        return a
    if a is b:
        return multiply(constant(2), a)
    if (total := folded(lambda p, q: p + q, a, b)) is not None:
        return total
    if (opposite := _opposite(b)) is not None:
        return subtract(a, opposite)
    if (opposite := _opposite(a)) is not None:
        return subtract(b, opposite)
    return _interned(Expr, "+", (a, b))


def subtract(a: Expr, b: Expr) -> Expr:
    """Return a - b."""
    if b.value == 0:
        return a
    if a.value == 0:
        return negate(b)
    if a is b:
        return ZERO
    if (difference := folded(lambda p, q: p - q, a, b)) is not None:
        return difference
    if (opposite := _opposite(b)) is not None:
        return add(a, opposite)
    return _interned(Expr, "-", (a, b))


def _opposite(a: Expr) -> Expr | None:
    """Return -a where `a` is written with a minus sign in front."""
    number = _multiple(a)[0] if a.value is None else a.value
    return negate(a) if a.op == "neg" or number < 0 else None


def negate(a: Expr) -> Expr:
    """Return -a."""
    if a.value is not None:
        return constant(-a.value)
    if a.op == "neg":
        return _only(a)
    if a.op == "-":
        return subtract(*_pair(a)[::-1])
    if a.op == "*" and (c := _pair(a)[0]).value is not None:
        return multiply(negate(c), _pair(a)[1])
    return _interned(Expr, "neg", (a,))


def multiply(a: Expr, b: Expr) -> Expr:
    """Return a * b; a number comes first."""
    if b.value is not None and a.value is None:
        a, b = b, a
    if a.value is not None:
        return _scaled(a, b)
    if a is b:
        return power(a, constant(2))
    if "neg" in (a.op, b.op):
        product = multiply(*(_only(f) if f.op == "neg" else f for f in (a, b)))
        return product if a.op == b.op else negate(product)
    base, p = _as_power(a)
    other, q = _as_power(b)
    if base is other and p > 0 and q > 0:
        return power(base, constant(p + q))
    if b.op == "/" and _pair(b)[0] is ONE:
        return divide(a, _pair(b)[1])
    if a.op == "/" and _pair(a)[0] is ONE:
        return divide(b, _pair(a)[1])
    return _interned(Expr, "*", (a, b))


def _scaled(c: Expr, b: Expr) -> Expr:
    """Return the product of a number and something."""
    if c.value == 0:
        return ZERO
    if c.value == 1:
        return b
    if (product := folded(lambda p, q: p * q, c, b)) is not None:
        return product
    if b.op == "neg":
        return multiply(negate(c), _only(b))
    if c.value == -1:
        return negate(b)
    if b.op == "*":
        inner, rest = _pair(b)
        if (product := folded(lambda p, q: p * q, c, inner)) is not None:
            return multiply(product, rest)
    return _interned(Expr, "*", (c, b))


def divide(a: Expr, b: Expr) -> Expr:
    """Return a / b."""
    if b.value == 0:
        return _interned(Expr, "/", (a, b))  # evaluation is to say so
    if a.value == 0:
        return ZERO
    if b.value == 1:
        return a
    if a is b:
        return ONE
    if "neg" in (a.op, b.op):
        quotient = divide(*(_only(f) if f.op == "neg" else f for f in (a, b)))
        return quotient if a.op == b.op else negate(quotient)
    if b.value == -1:
        return negate(a)
    if a.value is not None and a.value < 0 and b.value is None:
        return negate(divide(negate(a), b))
    if isinstance(b.value, int) and a.op == "*":
        c, rest = _pair(a)
        if isinstance(c.value, int) and (common := math.gcd(c.value, b.value)) > 1:
            top = multiply(constant(c.value // common), rest)
            return divide(top, constant(b.value // common))
    exact = isinstance(a.value, int) and isinstance(b.value, int)
    ratio_of: Any = Fraction if exact else lambda p, q: p / q
    ratio = folded(ratio_of, a, b)
    return _interned(Expr, "/", (a, b)) if ratio is None else ratio


def power(a: Expr, b: Expr) -> Expr:
    """Return a ** b; like Python's, 0 ** 0 is 1."""
    n = b.value
    if n == 0 or a.value == 1:
        return ONE
    if n == 1:
        return a
    if isinstance(n, int):
        if a.op == "neg":
            inner = power(_only(a), b)
            return inner if n % 2 == 0 else negate(inner)
        base, m = _as_power(a)
        if m != 1:
            return power(base, constant(m * n))
        if a.op == "sqrt" and n == 2:
            return _only(a)
    result = _folded_power(a, b)
    return _interned(Expr, "**", (a, b)) if result is None else result


def _folded_power(a: Expr, b: Expr) -> Expr | None:
    base, n = a.value, b.value
    if base is None or n is None or (isinstance(base, int | Fraction) and not isinstance(n, int)):
        return None  # the square root of 2 has no digits to stop at
    if isinstance(base, int | Fraction):
        size = max(abs(base.numerator), base.denominator).bit_length()
        if size * abs(int(n)) > LARGEST:
            return None
        base = Fraction(base)  # the reciprocal of an int is no float
    return folded(lambda _, n: base**n, a, b)


def _as_power(a: Expr) -> tuple[Expr, int | Fraction]:
    """Split a power with an exact exponent: a**p * a**q is a**(p + q) where both are defined."""
    if a.op == "**":
        base, exponent = _pair(a)
        if isinstance(exponent.value, int | Fraction):
            return base, exponent.value
    return a, 1


def _only(a: Expr) -> Expr:
    (arg,) = a.args
    return arg  # type: ignore[return-value]


def _pair(a: Expr) -> tuple[Expr, Expr]:
    first, second = a.args
    return first, second  # type: ignore[return-value]


# Exact values of functions at exact numbers.
ZEROS = ("sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh", "expm1", "log1p", "cbrt")
KNOWN: dict[tuple[str, Number], int] = {
    **{(name, 0): 0 for name in (*ZEROS, "sqrt")},
    **{(name, 0): 1 for name in ("cos", "cosh", "exp")},
    **{(name, 1): 0 for name in ("log", "log2", "log10", "acosh", "acos")},
    **{(name, 1): 1 for name in ("sqrt", "cbrt")},
}
INVERSE = {"exp": "log", "expm1": "log1p"}  # not the other way: log(exp(4j)) is no 4j


def call(name: str, *args: Expr) -> Expr:
    """Return a function of expressions."""
    a = args[0]
    if len(args) == 1:
        if isinstance(a.value, int) and (name, a.value) in KNOWN:
            return constant(KNOWN[name, a.value])
        if name == "abs":
            return _absolute(a)
        if name in INVERSE and a.op == INVERSE[name]:
            return _only(a)
    return _interned(Expr, name, args)


def _absolute(a: Expr) -> Expr:
    if a.value is not None:
        return constant(abs(a.value))
    if a.op == "neg":
        return call("abs", _only(a))
    return a if a.op == "abs" else _interned(Expr, "abs", (a,))


def choose(condition: Condition, then: Expr, otherwise: Expr) -> Expr:
    """Return a piecewise expression of two pieces; more of them nest in the second."""
    known = _truth(condition)
    if known is not None:
        return then if known else otherwise
    if then is otherwise:
        return then
    return _interned(Expr, "piecewise", (condition, then, otherwise))


COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
}


def _truth(condition: Condition) -> bool | None:
    """Decide a comparison of two numbers; None for any other condition."""
    a, b = condition.args
    if a.value is None or b.value is None:
        return None
    return bool(COMPARE[condition.op](a.value, b.value))


def rebuilt(node: Node, args: Sequence[Any]) -> Any:
    """Make a node's operation anew, on other arguments."""
    if not node.args:
        return node
    if node.op in COMPARISONS:
        return (_joined if node.op in "&|" else compare)(node.op, *args)
    make = OPERATORS.get(node.op)
    return make(*args) if make else call(node.op, *args)


OPERATORS: dict[str, Callable[..., Expr]] = {
    "+": add,
    "-": subtract,
    "neg": negate,
    "*": multiply,
    "/": divide,
    "**": power,
    "piecewise": choose,
}


# --- Counting ---


def rough(count: int) -> str:
    """Write a count in a few digits; it may be too large for a float."""
    return f"{count:.3g}" if count < 10**300 else f"10**{math.log10(count):.0f}"


def tree_size(roots: Sequence[Node]) -> int:
    """Count the nodes that the trees would have if nothing were shared."""
    size: dict[Node, int] = {}
    for node in topological(roots):
        size[node] = 1 + sum(size[arg] for arg in node.args)
    return sum(size[root] for root in roots)


# --- Collecting equal terms and equal factors ---

WIDEST = 32  # terms or factors looked at together: more would not be linear in the graph's size


def simplified(root: Expr) -> Expr:
    """Rebuild from the leaves up until nothing changes; never return more operations."""
    seen = {root}
    best, new = root, _pass(root)
    while new not in seen and _operations(new) <= _operations(best):
        seen.add(new)
        best, new = new, _pass(new)
    return best


def _operations(root: Expr) -> int:
    return sum(bool(node.args) for node in topological([root]))


def _pass(root: Expr) -> Expr:
    new: dict[Node, Any] = {}
    written: dict[Any, Expr] = {}  # a product or sum by its parts: y * x becomes the x * y before
    for node in topological([root]):
        made = rebuilt(node, [new[arg] for arg in node.args])
        if made.op in ("+", "-", "neg"):
            made = _collected(made, _terms, _sum_of, written)
        elif made.op in ("*", "/", "**"):
            made = _collected(made, _factors, _product_of, written)
        new[node] = made
    return new[root]  # type: ignore[no-any-return]


Parts: TypeAlias = tuple[Number, dict[Expr, Number], int]
"""A number, the parts with a number for each, and how many parts there were before."""


def _collected(
    expr: Expr,
    split: Callable[[Expr], Parts | None],
    build: Callable[[Parts], Expr],
    written: dict[Any, Expr],
) -> Expr:
    try:
        parts = split(expr)
    except OverflowError:  # an int too large to meet a float
        parts = None
    if parts is None:
        return expr
    number, counts, before = parts
    # 1 and 1.0 are equal to Python and no sameness of expressions
    key = (build, constant(number), frozenset((part, constant(c)) for part, c in counts.items()))
    if len(counts) + (number != (build is _product_of)) < before:
        made = build(parts)
        return written.setdefault(key, made)
    return written.setdefault(key, expr)


def _terms(root: Expr) -> Parts | None:
    """Write a sum as a number plus multiples; None if it is too long or numbers overflow."""
    number: Number = 0
    counts: dict[Expr, Number] = {}
    stack, before = [(1, root)], 0
    while stack:
        sign, node = stack.pop()
        if node.op in ("+", "-"):
            a, b = _pair(node)
            stack += [(sign if node.op == "+" else -sign, b), (sign, a)]
        elif node.op == "neg":
            stack.append((-sign, _only(node)))
        else:
            before += 1
            if before + len(stack) > WIDEST:
                return None
            if node.value is not None:
                number += sign * node.value
                continue
            c, term = _multiple(node)
            counts[term] = counts.get(term, 0) + sign * c
    kept = {term: c for term, c in counts.items() if c != 0}
    return (number, kept, before) if _sane(number, *kept.values()) else None


def _multiple(term: Expr) -> tuple[Number, Expr]:
    if term.op == "*" and (c := _pair(term)[0]).value is not None:
        return c.value, _pair(term)[1]
    return 1, term


def _sum_of(parts: Parts) -> Expr:
    number, counts, _ = parts
    total = ZERO
    for term, c in counts.items():
        size = multiply(constant(abs(c)), term)
        total = add(total, size) if c > 0 else subtract(total, size)
    return add(total, constant(number)) if number >= 0 else subtract(total, constant(-number))


def _factors(root: Expr) -> Parts | None:
    """Write a product as a number times powers; None if it is too long or numbers overflow."""
    number: Number = 1
    counts: dict[Expr, Number] = {}
    stack, before = [(1, root)], 0
    while stack:
        n, node = stack.pop()
        if node.op in ("*", "/"):
            a, b = _pair(node)
            stack += [(n if node.op == "*" else -n, b), (n, a)]
        else:
            before += 1
            if before + len(stack) > WIDEST:
                return None
            if node.value is not None:
                if node.value == 0:
                    return None
                exact = isinstance(node.value, int)
                c = Fraction(node.value) if exact else node.value
                number = as_number(number * c if n > 0 else number / c) or 0
                continue
            base, exponent = _as_power(node)
            counts[base] = counts.get(base, 0) + n * exponent
    kept = {base: n for base, n in counts.items() if n != 0}
    return (number, kept, before) if number and _sane(number) else None


def _product_of(parts: Parts) -> Expr:
    number, counts, _ = parts
    exact = isinstance(number, int | Fraction)
    above = constant(number.numerator if exact else number)  # type: ignore[union-attr]
    below = constant(number.denominator if exact else 1)  # type: ignore[union-attr]
    up, down = ONE, ONE
    for base, n in counts.items():
        factor = power(base, constant(as_number(abs(n))))
        up, down = (multiply(up, factor), down) if n > 0 else (up, multiply(down, factor))
    return divide(multiply(above, up), multiply(below, down))


def _sane(*numbers: Number) -> bool:
    """Whether no float has left the range in which products keep their digits."""
    return all(not isinstance(c, float) or c == 0 or 1e-290 < abs(c) < 1e290 for c in numbers)
