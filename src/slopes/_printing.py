r"""Write expressions down: as a formula, as Python's infix, as the source of a function.

A node becomes a list of pieces, text and arguments; an argument says how tightly it must bind to
stand there without parentheses. Pieces are unfolded with a stack, so that depth costs no
recursion. A formula and infix write the tree, and their length is that of the tree; source writes
the graph: what occurs twice gets a name and is computed once.

A piecewise expression is written in one of two ways. With arrays it is ``m.where``, which computes
all pieces. Otherwise it is ``if``, and what only one piece needs is computed inside of it: the
logarithm of a negative number is not taken because another piece would want it. What several
pieces need, but not all, is a local function with a cache: called where it is needed, run once.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from heapq import heappop, heappush
from typing import Any, TypeAlias

from slopes._symbolic import Node, rough, topological, tree_size

__all__ = ["infix", "latex", "source"]

LOOSE, SUM, PRODUCT, SIGN, POWER, ATOM = range(6)

Pieces: TypeAlias = tuple[int, list[Any]]
"""How tightly the whole binds; then text, or an argument and how tightly it must bind."""

LONGEST = 100_000  # nodes of a tree that is still written out
NESTED = 12  # operations written into one another before one gets a name
FIXED, WIDEST = 2**63, 2**1023  # ints between are floats to arrays, which have no int for them
DEEPEST = 60  # levels of `if`; Python reads no more than 100 of indentation


def _unfolded(root: Any, pieces: Callable[[Node], Pieces], brackets: tuple[str, str]) -> str:
    text: list[str] = []
    stack: list[Any] = [(root, LOOSE)]
    while stack:
        piece = stack.pop()
        if isinstance(piece, str):
            text.append(piece)
            continue
        node, least = piece
        binding, inner = pieces(node)
        if binding < least:
            inner = [brackets[0], *inner, brackets[1]]
        stack.extend(reversed(inner))
    return "".join(text)


# --- Python's infix ---


def infix(root: Node) -> str:
    """Write as one would in Python, with bare names of functions."""
    return _unfolded(root, lambda node: python_pieces(node, ""), ("(", ")"))


BINDING = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT}


def python_pieces(node: Node, prefix: str, *, arrays: bool = True, exact: str = "") -> Pieces:
    """Split a node into Python's text and its arguments.

    `prefix` stands before a function's name, ``m.``; `exact` makes an int a number that divides
    exactly, ``m.mpf``.
    """
    op, args = node.op, node.args
    if op == "constant":
        value: Any = node.value
        wide = bool(prefix) and arrays and FIXED <= abs(value) < WIDEST
        return _python_number(float(value) if wide else value, exact)
    if op == "symbol":
        return ATOM, [str(node.name)]
    if op in BINDING:
        level = BINDING[op]
        gap = f" {op} " if level == SUM else op
        return level, [(args[0], level), gap, (args[1], level + 1)]
    if op == "neg":
        return SIGN, ["-", (args[0], SIGN)]
    if op == "**":
        return POWER, [(args[0], ATOM), "**", (args[1], SIGN)]
    if op in ("<", "<=", ">", ">="):
        return LOOSE, [(args[0], SUM), f" {op} ", (args[1], SUM)]
    if op in ("&", "|"):
        return LOOSE, [(args[0], ATOM), f" {op} ", (args[1], ATOM)]
    if op == "piecewise":
        return _python_choice(args, prefix, arrays=arrays, exact=exact)
    name = "abs" if op == "abs" else prefix + op
    return ATOM, [f"{name}(", *_commas(args), ")"]


def _python_choice(args: Sequence[Node], prefix: str, *, arrays: bool, exact: str) -> Pieces:
    condition, then, otherwise = args
    if not prefix:
        pair = ["(", (condition, LOOSE), ", ", (then, LOOSE), ")"]
        return ATOM, ["piecewise(", *pair, ", ", (otherwise, LOOSE), ")"]
    if arrays:
        return ATOM, [f"{prefix}where(", *_commas(args), ")"]
    first, second = (whole_piece(node, exact) or (node, SUM) for node in (then, otherwise))
    branches: list[Any] = [first, " if ", (condition, LOOSE), " else ", second]
    return ATOM, ["(", *branches, ")"]


def whole_piece(node: Node, exact: str) -> str:
    """Write a piece that is an int as m's number: the quotient of two ints would be a float."""
    return f"{exact}({node.value})" if exact and isinstance(node.value, int) else ""


def _commas(args: Sequence[Node]) -> list[Any]:
    pieces: list[Any] = []
    for arg in args:
        pieces += [", ", (arg, LOOSE)] if pieces else [(arg, LOOSE)]
    return pieces


def _python_number(value: Any, exact: str) -> Pieces:
    if isinstance(value, Fraction):
        top = f"{exact}({value.numerator})" if exact else str(value.numerator)
        return PRODUCT, [f"{top}/{value.denominator}"]
    text = repr(value)
    return (SIGN if text.startswith("-") else ATOM), [text]


# --- LaTeX ---

GREEK = frozenset(
    (
        *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"),
        *("lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi"),
        *("omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi"),
        *("Psi", "Omega"),
    )
)
NAMES = {
    **{name: rf"\{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "log")},
    **{f"a{name}": rf"\arc{name}" for name in ("sin", "cos", "tan")},
    **{f"a{name}": rf"\operatorname{{ar{name}}}" for name in ("sinh", "cosh", "tanh")},
    "log2": r"\log_{2}",
    "log10": r"\log_{10}",
    "atan2": r"\operatorname{atan2}",
}
POWERS_INSIDE = ("sin", "cos", "tan", "sinh", "cosh", "tanh")  # sin^2(x) is what the field writes
SIGNS = {"<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "&": r"\wedge", "|": r"\vee"}


def latex(root: Node) -> str:
    """Write as a formula."""
    nodes = tree_size([root])
    if nodes > LONGEST:
        raise ValueError(
            f"expr must have at most {LONGEST} nodes as a tree to be a formula, "
            f"got {rough(nodes)}; to_python names what is shared and writes any size"
        )
    return _unfolded(root, latex_pieces, (r"\left(", r"\right)"))


def latex_pieces(node: Node) -> Pieces:
    """Split a node into LaTeX and its arguments."""
    op, args = node.op, node.args
    if op == "constant":
        return _latex_number(node.value)
    if op == "symbol":
        return ATOM, [_latex_name(str(node.name))]
    if op in SIGNS:
        least = PRODUCT if op in "&|" else SUM
        return LOOSE, [(args[0], least), f" {SIGNS[op]} ", (args[1], least)]
    if op == "piecewise":
        return _latex_cases(node)
    if op in ("+", "-"):
        plain = op == "+" and not _starts_with_a_minus(args[1])
        return SUM, [(args[0], SUM), f" {op} ", (args[1], SUM if plain else PRODUCT)]
    if op == "neg":
        return SUM, ["-", (args[0], PRODUCT)]
    if op == "*":
        minus = args[0].value is not None and args[0].value < 0  # -3 x needs no parentheses
        gap = r" \cdot " if _starts_with_a_digit(args[1]) else " "
        least = SUM if minus else PRODUCT
        return least, [(args[0], least), gap, (args[1], PRODUCT)]
    if op == "/":
        return PRODUCT, [r"\frac{", (args[0], LOOSE), "}{", (args[1], LOOSE), "}"]
    if op == "**":
        return _latex_power(*args)
    return _latex_function(op, args)


def _latex_function(op: str, args: Sequence[Node]) -> Pieces:
    a = (args[0], LOOSE)
    around = {
        "sqrt": (POWER, r"\sqrt{", "}"),
        "cbrt": (POWER, r"\sqrt[3]{", "}"),
        "exp": (POWER, "e^{", "}"),
        "abs": (ATOM, r"\left|", r"\right|"),
        "expm1": (SUM, "e^{", "} - 1"),
    }
    if op in around:
        binding, left, right = around[op]
        return binding, [left, a, right]
    if op == "log1p":
        return POWER, [r"\log\left(1 + ", (args[0], PRODUCT), r"\right)"]
    return POWER, [NAMES[op] + r"\left(", *_commas(args), r"\right)"]


def _latex_power(base: Node, exponent: Node) -> Pieces:
    n = exponent.value
    if n == Fraction(1, 2) and isinstance(n, Fraction):
        return POWER, [r"\sqrt{", (base, LOOSE), "}"]
    if isinstance(n, int) and n < 0:
        below: list[Any] = [(base, LOOSE)] if n == -1 else [(base, ATOM), f"^{{{-n}}}"]
        return PRODUCT, [r"\frac{1}{", *below, "}"]
    if base.op in POWERS_INSIDE and isinstance(n, int):
        return POWER, [f"{NAMES[base.op]}^{{{n}}}" + r"\left(", (base.args[0], LOOSE), r"\right)"]
    return POWER, [(base, ATOM), "^{", (exponent, LOOSE), "}"]


def _latex_cases(node: Node) -> Pieces:
    rows: list[Any] = []
    while node.op == "piecewise":
        condition, then, node = node.args
        rows += [(then, LOOSE), r" & \text{if } ", (condition, LOOSE), r" \\ "]
    last = [(node, LOOSE), r" & \text{otherwise}"]
    return LOOSE, [r"\begin{cases} ", *rows, *last, r" \end{cases}"]


def _latex_number(value: Any) -> Pieces:
    sign, size = ("-", -value) if value < 0 else ("", value)
    if isinstance(value, Fraction):
        text = rf"\frac{{{size.numerator}}}{{{size.denominator}}}"
        return (SUM if sign else PRODUCT), [sign + text]
    digits, _, exponent = repr(size).partition("e")
    text = rf"{digits} \cdot 10^{{{int(exponent)}}}" if exponent else digits
    return (SUM if sign else PRODUCT if exponent else ATOM), [sign + text]


def _latex_name(name: str) -> str:
    stem, *indices = [part for part in name.split("_") if part] or [name]
    split = re.fullmatch(r"(.*\D)(\d+)", stem)
    if split and (len(split[1]) == 1 or split[1] in GREEK):  # x1 is x with an index, not a word
        stem, indices = split[1], [split[2], *indices]
    text = _latex_word(stem)
    return text + (f"_{{{','.join(map(_latex_word, indices))}}}" if indices else "")


def _latex_word(word: str) -> str:
    if word in GREEK:
        return rf"\{word}"
    text = word.replace("_", r"\_")
    return text if len(word) == 1 or word.isdigit() else rf"\mathrm{{{text}}}"


def _starts_with_a_minus(node: Node) -> bool:
    while node.op in ("+", "-", "*"):
        node = node.args[0]
    return node.op == "neg" or (node.value is not None and node.value < 0)


def _starts_with_a_digit(node: Node) -> bool:
    """Whether a factor's LaTeX begins with a number, which must not touch the one before."""
    while node.op in ("*", "**") and not (node.op == "**" and _is_written_otherwise(node)):
        node = node.args[0]
    return node.op == "constant"


def _is_written_otherwise(power: Node) -> bool:
    n = power.args[1].value
    return (isinstance(n, Fraction) and n == Fraction(1, 2)) or (isinstance(n, int) and n < 0)


# --- Source of a function ---


@dataclass(eq=False)
class Scope:
    """Where statements stand: the function itself, one side of an `if`, or a local function."""

    parent: "Scope | None" = None
    choice: "tuple[Scope, Node] | None" = None
    """Where the `if` stands, and its condition; None for the function and local functions."""
    nodes: list[Node] = field(default_factory=list)
    """What gets a name here."""
    depth: int = 0
    sides: "dict[Node, tuple[Scope, Scope]]" = field(default_factory=dict)
    """For each condition what is done if it holds and if not."""

    def inside(self, choice: "tuple[Scope, Node] | None" = None) -> "Scope":
        """Return a new scope in this one."""
        return Scope(parent=self, choice=choice, depth=self.depth + 1)

    def sides_of(self, condition: Node) -> "tuple[Scope, Scope]":
        """Return both sides of a condition: the same for every choice by it."""
        if condition not in self.sides:
            choice = (self, condition)
            self.sides[condition] = self.inside(choice), self.inside(choice)
        return self.sides[condition]

    def above(self) -> list["Scope"]:
        """List the scopes around this one, the nearest first."""
        found, scope = [], self.parent
        while scope:
            found.append(scope)
            scope = scope.parent
        return found


class Plan:
    """Which nodes get names, and in which scope each is computed."""

    def __init__(self, roots: Sequence[Node], *, arrays: bool) -> None:
        self.arrays = arrays
        self.order = topological(roots)
        self.index = {node: i for i, node in enumerate(self.order)}
        self.named = self._shared(roots)
        self.top = Scope()
        self.inner: dict[Node, Scope] = {}
        self.place: dict[Node, Scope] = {}
        self.local: dict[Node, Scope] = {}
        self._find_places(roots)
        self.bodies = self._bodies()

    def _shared(self, roots: Sequence[Node]) -> set[Node]:
        uses = dict.fromkeys(self.order, 0)
        for used in (roots, *(node.args for node in self.order)):
            for node in used:
                uses[node] += 1
        named: set[Node] = set()
        height: dict[Node, int] = {}
        for node in self.order:
            inner = [height[arg] for arg in node.args if arg not in named]
            height[node] = 1 + max(inner, default=0)
            if node.args and (uses[node] > 1 or height[node] > NESTED):
                named.add(node)
        return named

    def _find_places(self, roots: Sequence[Node]) -> None:
        used: dict[Node, list[Scope]] = {node: [] for node in self.order}
        for root in roots:
            used[root].append(self.top)
        for node in reversed(self.order):
            if not node.args:
                continue
            scope, always = _meeting(used.pop(node))
            self.place[node] = scope
            if node in self.named:
                scope.nodes.append(node)
            if not always:
                self.local[node] = scope = scope.inside()
            scopes: tuple[Scope, ...] = (scope,) * len(node.args)
            if node.op == "piecewise" and not self.arrays:
                self.inner[node] = scope
                scopes = (scope, *scope.sides_of(node.args[0]))
            for arg, where in zip(node.args, scopes, strict=True):
                used[arg].append(where)
            if scope.depth > DEEPEST:
                raise ValueError(
                    f"expr must have at most {DEEPEST} piecewise expressions within one another "
                    f"to be written with `if`, got more; arrays=True writes m.where instead"
                )

    def _bodies(self) -> dict[Node, list[list[Node]]]:
        """Find what each `if` computes: whatever its sides hold that no `if` before it did."""
        bodies: dict[Node, list[list[Node]]] = {}
        waiting: dict[Scope, list[tuple[int, Node]]] = {}  # heaps: each node leaves its side once
        for node in self.order:
            if node not in self.inner:
                continue
            sides = self.inner[node].sides_of(node.args[0])
            due: list[list[Node]] = [[], []]
            for side, found in zip(sides, due, strict=True):
                if side not in waiting:
                    waiting[side] = sorted((self.index[n], n) for n in side.nodes)
                heap = waiting[side]
                while heap and heap[0][0] < self.index[node]:
                    found.append(heappop(heap)[1])
            if not any(due):
                continue  # written as an expression
            bodies[node] = due
            if node not in self.named:
                self.named.add(node)
                self.place[node].nodes.append(node)
                if self.place[node] in waiting:
                    heappush(waiting[self.place[node]], (self.index[node], node))
        return bodies


def _meeting(scopes: list[Scope]) -> tuple[Scope, bool]:
    """Return the innermost scope that sees all uses, and whether the value is always needed there.

    Uses on both sides of one `if` amount to a use around it.
    """
    uses = dict.fromkeys(scopes)
    while len(uses) > 1:
        inner = [scope for scope in uses if not any(outer in uses for outer in scope.above())]
        sides = Counter(scope.choice for scope in inner)
        merged = dict.fromkeys(
            scope.choice[0] if scope.choice and sides[scope.choice] == 2 else scope
            for scope in inner
        )
        if merged == uses:
            return _common(list(uses)), False
        uses = merged
    return next(iter(uses)), True


def _common(scopes: Sequence[Scope]) -> Scope:
    paths = [[scope, *scope.above()] for scope in scopes]
    return next(scope for scope in paths[0] if all(scope in path for path in paths))


def source(
    structure: Any,
    roots: Sequence[Node],
    args: Sequence[str],
    *,
    name: str,
    m: str,
    arrays: bool,
    exact: str = "",
) -> str:
    """Write a function of `args` that returns the structure of expressions."""
    plan = Plan(roots, arrays=arrays)
    taken = {*args, name, *m.split(".")}
    fresh = _fresh_names(taken)
    names = {
        node: next(fresh) + ("()" if node in plan.local else "")
        for node in plan.order
        if node in plan.named
    }

    def written(node: Node, *, whole: bool = False) -> str:
        def pieces(other: Node) -> Pieces:
            if other in names and not (whole and other is node):
                return ATOM, [names[other]]
            return python_pieces(other, f"{m}.", arrays=arrays, exact=exact)

        return _unfolded(node, pieces, ("(", ")"))

    def block(nodes: Iterable[Node]) -> list[str]:
        lines: list[str] = []
        for node in sorted(nodes, key=plan.index.__getitem__):
            if node in plan.local:
                body = [*block(plan.local[node].nodes), *statement(node, "return")]
                lines += ["@cache", f"def {names[node]}:", *_indented(body)]
            else:
                lines += statement(node, f"{names[node]} =")
        return lines

    def statement(node: Node, target: str) -> list[str]:
        if node not in plan.bodies:
            return [f"{target} {written(node, whole=True)}"]
        condition, *branches = node.args
        bodies = [
            _indented([*block(due), f"{target} {whole_piece(branch, exact) or written(branch)}"])
            for due, branch in zip(plan.bodies[node], branches, strict=True)
        ]
        return [f"if {written(condition)}:", *bodies[0], "else:", *bodies[1]]

    result = _written_structure(structure, written)
    lines = [
        f"def {name}({', '.join(args)}):",
        *_indented([*block(plan.top.nodes), f"return {result}"]),
    ]
    if plan.local:
        lines = ["from functools import cache", "", *lines]
    return "\n".join(lines) + "\n"


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _fresh_names(taken: set[str]) -> Any:
    """Yield t0, t1, ... without those that are taken."""
    i = 0
    while True:
        if (name := f"t{i}") not in taken:
            yield name
        i += 1


def _written_structure(structure: Any, written: Callable[[Node], str]) -> str:
    if isinstance(structure, Node):
        return written(structure)
    inner = [_written_structure(part, written) for part in structure]
    if isinstance(structure, list):
        return f"[{', '.join(inner)}]"
    return f"({', '.join(inner)}{',' if len(inner) == 1 else ''})"
