r"""Reverse mode: one backward pass over a record of the program gives the whole gradient.

The program runs once, on numbers that write down each operation. Then the record is walked from
its end to its beginning, and every :math:`v_i` collects its cotangent from the operations
:math:`v_j=\varphi_j(\dots,v_i,\dots)` that it went into,

.. math:: \bar v_i = \sum_{j \text{ uses } i} \bar v_j\, \frac{\partial\varphi_j}{\partial v_i}.

Cost: function and pass take at most five times the operations of the function, however many inputs
there are (a quotient, `asin` or `hypot` may take seven, `acos` eight, `atan2` twelve; moving data
is free, its transpose may be a sum), one pass for each output that is asked for; memory for the
record, in proportion to the operations.
It fails where the slope of an operation is infinite (a square root at 0), which is an error here
and never a NaN. At a kink `abs`, `maximum` and `minimum` answer with the mean of both sides, and
entries that tie in `max` share equally; compositions of these need not give a mean.
Reference: A. Griewank and A. Walther, *Evaluating Derivatives*, 2nd ed., SIAM (2008), chapter 3.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from slopes._tape import (
    SYMBOLS,
    Node,
    Piece,
    Record,
    Tape,
    abs,  # noqa: A004
    acos,
    array,
    asin,
    astype,
    atan,
    atan2,
    broadcast_to,
    clip,
    concatenate,
    cos,
    cosh,
    dot,
    exp,
    expand_dims,
    expm1,
    floor,
    hypot,
    log,
    log1p,
    logsumexp,
    matmul,
    max,  # noqa: A004
    maximum,
    mean,
    min,  # noqa: A004
    minimum,
    plain,
    power,
    primal,
    prod,
    reshape,
    scatter,
    sign,
    sin,
    sinh,
    softmax,
    sqrt,
    squeeze,
    stack,
    sum,  # noqa: A004
    tan,
    tanh,
    transpose,
    where,
)

__all__ = [
    "Entry",
    "Node",
    "Step",
    "Trace",
    "abs",
    "acos",
    "array",
    "asin",
    "astype",
    "atan",
    "atan2",
    "backward",
    "broadcast_to",
    "clip",
    "concatenate",
    "cos",
    "cosh",
    "dot",
    "exp",
    "expand_dims",
    "expm1",
    "floor",
    "gradient",
    "hessian",
    "hypot",
    "jacobian",
    "log",
    "log1p",
    "logsumexp",
    "matmul",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "operations",
    "power",
    "prod",
    "reshape",
    "sign",
    "sin",
    "sinh",
    "softmax",
    "sqrt",
    "squeeze",
    "stack",
    "stop_gradient",
    "sum",
    "sweep",
    "tan",
    "tanh",
    "trace",
    "transpose",
    "value_and_gradient",
    "vjp",
    "where",
]

Function = Callable[..., Any]
Pullback = Callable[[Any], tuple[Any, ...]]

# --- Derivatives ---------------------------------------------------------------------------------


def vjp(fn: Function, *args: Any) -> tuple[Any, Pullback]:
    r"""Evaluate a function and return its pullback, :math:`w \mapsto J^{\mathsf T} w`.

    Parameters
    ----------
    fn : callable
        Program of operators, indexing and the functions of this module, or NumPy's of the same
        names; Python's ``if``, ``while`` and recursion are free. It returns a number, an array,
        or lists, tuples and dicts of such.
    *args : number, array, or nested lists, tuples and dicts of such
        Where. All of them are differentiated, and a list stays a list for `fn`; any kind of dict
        becomes a plain one. Integers become float64, other precisions stay what they are.

    Returns
    -------
    y
        Value of ``fn(*args)``; an array cannot be written to.
    pullback : callable
        Takes a covector `w` built like `y` (for a list of numbers, an array will do) and returns
        a tuple, one cotangent for each argument, built like the argument.

    Raises
    ------
    TypeError
        If an argument or a value is not real.
    ValueError
        If an argument or a value is not finite; from the pullback, if `w` is not built like `y`,
        or if a cotangent is not finite: the message names the operation that made it so.

    Notes
    -----
    The pullback is pure: it may be called any number of times, in any order, with a covector
    whose dicts have the keys of `y`. It reads the arrays that the function read, arguments and
    constants, so do not change those in place before the last call.

    Examples
    --------
    >>> y, pullback = vjp(lambda x: x[0] * x[1], np.array([2.0, 3.0]))
    >>> y, pullback(1.0)
    (6.0, (array([3., 2.]),))
    """
    run = _record(fn, args, Tape())

    def pullback(w: Any) -> tuple[Any, ...]:
        result: tuple[Any, ...] = run.as_args(iter(run.pull(run.seeds(w))))
        return result

    return run.as_output(map(plain, run.values)), pullback


def gradient(fn: Function, *args: Any, argnums: Any = 0) -> Any:
    r"""Gradient of a function with one output, by one backward pass.

    Parameters
    ----------
    fn : callable
        See `vjp`; it returns one number.
    *args : number, array, or nested lists, tuples and dicts of such
        Where. Those that are not differentiated may be anything.
    argnums : int or tuple of int
        Which arguments to differentiate by.

    Returns
    -------
    number, array, or lists, tuples and dicts of such
        :math:`\nabla f`, built like the argument; for a tuple of `argnums`, a tuple of gradients.
        Zero where `fn` does not depend on the argument.

    Raises
    ------
    TypeError, ValueError
        As `vjp` does; ValueError also if `fn` returns more than one number, or `argnums` names no
        argument.

    Notes
    -----
    Cost: a small multiple of the operations of `fn`, see `slopes.tape`. Second derivatives by
    nesting: a gradient can be differentiated like any other function. Arrays that `fn` reads must
    not be changed in place while it runs.

    Examples
    --------
    >>> gradient(lambda x: x**2 + 3 * x + 2, 2.0)
    7.0
    >>> gradient(lambda x: gradient(lambda x: x**3, x), 2.0)
    12.0
    """
    return value_and_gradient(fn, *args, argnums=argnums)[1]


def value_and_gradient(fn: Function, *args: Any, argnums: Any = 0) -> tuple[Any, Any]:
    """Value and gradient of a function with one output, for the price of the gradient.

    Parameters
    ----------
    fn, *args, argnums
        See `gradient`.

    Returns
    -------
    y : number
        Value of ``fn(*args)``.
    gradient
        As `gradient` returns it.

    Raises
    ------
    TypeError, ValueError
        As `gradient` does.

    Examples
    --------
    >>> value_and_gradient(lambda x, y: x * y, 2.0, 3.0, argnums=(0, 1))
    (6.0, (3.0, 2.0))
    """
    picks = _check_argnums(argnums, len(args))

    def of_picked(*picked: Any) -> Any:
        full = list(args)
        for k, value in zip(picks, picked, strict=True):
            full[k] = value
        return fn(*full)

    names = _names(fn, len(args))
    run = _record(of_picked, [args[k] for k in picks], Tape(), [names[k] for k in picks])
    y = run.as_output(iter(run.values))
    many = isinstance(y, list | tuple | dict)
    if many or y.shape:
        got = f"a {type(y).__name__} of {len(y)}" if many else f"shape={y.shape!r}"
        raise ValueError(f"fn must return one number, got {got}; take the jacobian")
    grads = run.as_args(iter(run.pull(run.seeds(1.0))))
    return plain(y), tuple(grads) if isinstance(argnums, tuple) else grads[0]


def jacobian(fn: Function, *args: Any, argnums: Any = 0) -> Any:
    """Jacobian of a function, row by row: one backward pass for each output.

    Parameters
    ----------
    fn : callable
        See `vjp`; it returns a number, an array, or one list of numbers or of arrays of one shape.
    *args : number or array
        Where; a list of numbers is taken as a vector.
    argnums : int
        Which argument to differentiate by; the others may be anything.

    Returns
    -------
    array
        Shape of the output followed by the shape of the argument; (m, n) for m outputs that
        depend on a vector of n.

    Raises
    ------
    TypeError, ValueError
        As `gradient` does, but for any number of outputs.

    Examples
    --------
    >>> jacobian(lambda x: [x[0] * x[1], x[0] - x[1]], [2.0, 3.0])
    array([[ 3.,  2.],
           [ 1., -1.]])
    """
    _check_argnums(argnums, len(args), several=False)
    name = _names(fn, len(args))[argnums]
    x = args[argnums]
    if isinstance(x, dict):
        raise TypeError(f"{name} must be a number or an array, got {name}={x!r}; take vjp")
    x = array(x) if isinstance(x, list | tuple) else x
    before, after = args[:argnums], args[argnums + 1 :]
    run = _record(lambda x: fn(*before, x, *after), [x], Tape(), [name])
    output = run.structure()
    single = not isinstance(output, list | tuple | dict)
    if isinstance(output, dict) or not (single or all(isinstance(k, int) for k in output)):
        kind = "a dict" if isinstance(output, dict) else "nested lists"
        raise ValueError(f"fn must return one array or one list of values, got {kind}; take vjp")
    if len({value.shape for value in run.values}) != 1:
        shapes = [value.shape for value in run.values]
        raise ValueError(f"fn must return values of one shape, got shapes={shapes!r}; take vjp")
    blocks = [_rows(run, k) for k in range(len(run.values))]
    jac = blocks[0] if single else stack(blocks)
    return jac if type(jac) is Node or jac.shape else plain(jac)


def hessian(fn: Function, x: Any) -> Any:
    """Matrix of second derivatives: the Jacobian of the gradient.

    Parameters
    ----------
    fn : callable
        See `vjp`; it returns one number.
    x : number or array, shape (n,)
        Where; a list of numbers is taken as a vector.

    Returns
    -------
    number or array, shape (n, n)
        Second derivatives, symmetric up to rounding.

    Raises
    ------
    TypeError, ValueError
        As `gradient` does.

    Notes
    -----
    One record of the gradient, and n backward passes over it.

    Examples
    --------
    >>> hessian(lambda x: x[0] ** 2 * x[1], [3.0, 5.0])
    array([[10.,  6.],
           [ 6.,  0.]])
    """
    return jacobian(lambda x: gradient(fn, x), x)


def stop_gradient(x: Any) -> Any:
    """Take a value as a constant of every derivative.

    Parameters
    ----------
    x : Node, number or array, or lists, tuples and dicts of such
        What to hold fixed.

    Returns
    -------
    number, array, or lists, tuples and dicts of such
        Its plain value.

    Examples
    --------
    >>> gradient(lambda x: x * stop_gradient(x), 3.0)
    3.0
    """
    leaves: list[tuple[str, Any]] = []
    build = _flatten(x, "x", leaves)
    return build(plain(primal(leaf)) for _, leaf in leaves)


# --- The record as data --------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Entry:
    """One line of a trace: :math:`v_i` and how it came about."""

    index: int
    """Its number i."""
    op: str
    """Name of the operation; ``input`` or ``constant`` for what has no parents."""
    parents: tuple[int, ...]
    """Numbers of the entries it was computed from, in the order of the operands."""
    value: Any
    """What it is worth."""
    partials: tuple[Any, ...] | None
    """Local slopes, one for each parent, where all are numbers; None where arrays take part. They
    may be infinite: only a backward pass refuses."""
    text: str
    """The operation as a formula, ``3 * v0``; the name of an input."""
    operations: int
    """Arithmetic operations and elementary functions that it took, see `operations`."""

    @property
    def symbol(self) -> str:
        """Short name for a picture, ``+`` instead of ``add``."""
        return SYMBOLS.get(self.op, self.op)

    def __repr__(self) -> str:
        return f"v{self.index} = {self.text}"


@dataclass(frozen=True, eq=False)
class Trace:
    """A record of one run of a function, its operations in the order of execution.

    Printing it shows the table; of a long one, its beginning and its end.
    """

    entries: tuple[Entry, ...]
    """All operations, inputs first."""
    inputs: tuple[int, ...]
    """Numbers of the entries that are inputs."""
    outputs: tuple[int, ...]
    """Numbers of the entries that were returned."""
    _run: "_Run" = field(repr=False)

    @property
    def output(self) -> int:
        """Number of the entry that was returned; a ValueError if there were several."""
        if len(self.outputs) != 1:
            raise ValueError(f"fn must return one value, got outputs={self.outputs!r}; take those")
        return self.outputs[0]

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        shown = self.entries if len(self) <= 40 else (*self.entries[:20], *self.entries[-10:])
        rows = [(f"v{e.index}", f"= {e.text}", _brief(e.value)) for e in shown]
        widths = [int(np.max([len(row[k]) for row in rows])) for k in (0, 1)]
        lines = ["  ".join([*map(str.ljust, row[:2], widths), row[2]]).rstrip() for row in rows]
        if len(self) > 40:
            lines.insert(20, f"... {len(self) - 30} more")
        return "\n".join(lines)


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a backward pass: an entry hands its cotangent on to its parents."""

    index: int
    """Number of the entry."""
    y_bar: Any
    """Its cotangent, complete, since all that used it have been visited."""
    contributions: tuple[tuple[int, Any], ...]
    """Number of each parent, and what it receives, in the shape of the parent."""
    cotangents: tuple[Any, ...]
    """Cotangents of all entries after this step, None for those that have received nothing."""


def trace(fn: Function, *args: Any) -> Trace:
    """Record a run of a function as data: to print, to draw, to count.

    Parameters
    ----------
    fn, *args
        See `vjp`.

    Returns
    -------
    Trace
        One entry for each input and each operation, with its value.

    Raises
    ------
    TypeError, ValueError
        As `vjp` does.

    Notes
    -----
    It keeps the value of every entry, where `vjp` keeps only what the backward pass needs.

    Examples
    --------
    >>> trace(lambda x: x**2 + 3 * x + 2, 2.0)
    v0  = x        2.0
    v1  = v0 ** 2  4.0
    v2  = 3 * v0   6.0
    v3  = v1 + v2  10.0
    v4  = v3 + 2   12.0
    """
    tape = Tape(lines=True)
    run = _record(fn, args, tape)
    for k, place in enumerate(run.places):
        if place is None:
            run.places[k] = tape.leaf(run.values[k], "constant", _brief(run.values[k]))._index
    entries = tuple(_entry(tape, i) for i in range(len(tape.records)))
    return Trace(entries, tuple(range(len(run.inputs))), tuple(map(int, run.places)), run)


def backward(trace: Trace, w: Any = 1.0) -> tuple[Any, ...]:
    """Cotangent of every entry of a trace.

    Parameters
    ----------
    trace : Trace
        What `slopes.tape.trace` returned.
    w : number, array, or lists, tuples and dicts of such
        Covector, built like the output; 1 for a function with one output.

    Returns
    -------
    tuple
        One cotangent for each entry, None for an entry that the output does not depend on.

    Raises
    ------
    ValueError
        As the pullback of `vjp` does.

    Examples
    --------
    >>> backward(trace(lambda x: x**2 + 3 * x + 2, 2.0))
    (7.0, 1.0, 1.0, 1.0, 1.0)
    """
    cotangents: list[Any] = [None] * len(trace)
    for i, y_bar, _, _ in _walk(trace._run, w):
        cotangents[i] = plain(y_bar)
    return tuple(cotangents)


def sweep(trace: Trace, w: Any = 1.0) -> Iterator[Step]:
    """Walk a trace backwards, one step for each entry that has a cotangent.

    Parameters
    ----------
    trace, w
        See `backward`.

    Yields
    ------
    Step
        Last entry first, inputs at the end. Entries that the output does not depend on are left
        out.

    Raises
    ------
    ValueError
        As the pullback of `vjp` does.

    Notes
    -----
    Each step has the cotangents of all entries so far, for pictures: the work grows with the
    square of the length. `backward` is linear.

    Examples
    --------
    >>> for step in sweep(trace(lambda x: x * x, 3.0)):
    ...     print(step.index, step.y_bar, step.contributions)
    1 1.0 ((0, 3.0), (0, 3.0))
    0 6.0 ()
    """
    records = trace._run.records
    done: dict[int, Any] = {}
    for i, y_bar, shares, bars in _walk(trace._run, w):
        done[i] = plain(y_bar)
        received = tuple((j, plain(Cotangent(share).total(records[j]))) for j, share in shares)
        pending = {j: plain(bar.total(records[j])) for j, bar in bars.items()}
        known = pending | done
        yield Step(i, done[i], received, tuple(known.get(j) for j in range(len(records))))


def operations(trace: Trace) -> int:
    r"""Count the arithmetic operations and elementary functions of a trace, entry by entry.

    An operation on arrays counts once for each entry of its result, a sum once for each term, a
    matrix product twice for each of its products, ``x**p`` with a variable exponent three times
    (it is :math:`e^{p\log x}`). Indexing, reshaping and selecting move data and count nothing; nor
    does the work of a rule on plain values, such as finding the larger of two or a sign.

    Parameters
    ----------
    trace : Trace
        What `slopes.tape.trace` returned.

    Returns
    -------
    int
        Number of operations on values that depend on the inputs.

    Examples
    --------
    A gradient is a program too, and is counted like one, when its covector is an input as well.

    >>> fn = lambda x: x**2 + 3 * x + 2
    >>> operations(trace(fn, 2.0))
    4
    >>> operations(trace(lambda x, w: vjp(fn, x)[1](w), 2.0, 1.0))
    8
    """
    return int(np.sum([entry.operations for entry in trace.entries], dtype=int))


# --- Recording -----------------------------------------------------------------------------------


@dataclass(eq=False)
class _Run:
    """What is left of a run of the function: its record, and where inputs and outputs are."""

    records: list[Record]
    inputs: list[Any]
    as_args: Callable[[Iterator[Any]], Any]
    values: list[Any]
    places: list[Any]
    as_output: Callable[[Iterator[Any]], Any]

    def pull(self, seeds: dict[int, Any]) -> list[Any]:
        """Cotangents of the inputs, as arrays that nobody else holds."""
        bars = {i: Cotangent(w) for i, w in seeds.items()}
        with np.errstate(all="ignore"):  # what is not finite is refused by name below
            for i in range(np.max([-1, *bars]), len(self.inputs) - 1, -1):
                if i in bars:
                    pull_back(self.records, i, bars)
            found = [bars[i].total(self.records[i]) if i in bars else None
                     for i in range(len(self.inputs))]  # fmt: skip
        if not all(bar is None or np.isfinite(primal(bar)).all() for bar in found):
            raise ValueError(_fault(self.records, seeds))
        held: set[int] = set()
        return [_own(bar, x, held) for bar, x in zip(found, self.inputs, strict=True)]

    def seeds(self, w: Any) -> dict[int, Any]:
        """Check a covector and give each output its part."""
        seeds: dict[int, Any] = {}
        parts = _along(self.structure(), w, "w")
        for k, (part, value) in enumerate(zip(parts, self.values, strict=True)):
            name = "w" if len(self.values) == 1 else f"w[{k}]"
            seed = _real(part, name)
            if np.shape(primal(seed)) != value.shape:
                raise ValueError(
                    f"w must have the shape {value.shape} of y, "
                    f"got {name}.shape={np.shape(primal(seed))!r}"
                )
            i = self.places[k]
            if i is not None:
                seed = seed if seed.dtype == value.dtype else astype(seed, dtype=value.dtype)
                seeds[i] = seeds[i] + seed if i in seeds else seed
        return seeds

    def structure(self) -> Any:
        """Return what the function returned, numbered leaves in place of values."""
        return self.as_output(iter(range(len(self.values))))


def _record(fn: Function, args: Sequence[Any], tape: Tape, names: Sequence[str] = ()) -> _Run:
    """Run the function on nodes."""
    leaves: list[tuple[str, Any]] = []
    names = names or _names(fn, len(args))
    parts = [_flatten(arg, name, leaves) for arg, name in zip(args, names, strict=True)]
    inputs = [_real(leaf, name) for name, leaf in leaves]
    nodes = iter([tape.leaf(x, text=name) for (name, _), x in zip(leaves, inputs, strict=True)])
    y = fn(*[part(nodes) for part in parts])
    tape.closed = True
    outputs: list[tuple[str, Any]] = []
    as_output = _flatten(y, "fn(x)", outputs)
    own = [type(leaf) is Node and leaf._tape is tape for _, leaf in outputs]
    return _Run(
        tape.records,
        inputs,
        lambda values: tuple([part(values) for part in parts]),
        [
            _real(leaf._value if mine else leaf, name)
            for (name, leaf), mine in zip(outputs, own, strict=True)
        ],
        [leaf._index if mine else None for (_, leaf), mine in zip(outputs, own, strict=True)],
        as_output,
    )


def _flatten(tree: Any, name: str, leaves: list[tuple[str, Any]]) -> Callable[[Iterator[Any]], Any]:
    """Append the leaves, with names, and return what builds the same tree from other leaves."""
    if isinstance(tree, dict):
        branches = {key: _flatten(part, f"{name}[{key!r}]", leaves) for key, part in tree.items()}
        return lambda values: {key: branch(values) for key, branch in branches.items()}
    if isinstance(tree, list | tuple):
        twigs = [_flatten(part, f"{name}[{k}]", leaves) for k, part in enumerate(tree)]
        make = getattr(tree, "_make", type(tree))  # a named tuple is made another way
        return lambda values: make([twig(values) for twig in twigs])
    leaves.append((name, tree))
    return next


def _along(tree: Any, w: Any, name: str) -> list[Any]:
    """Take a covector apart as `tree` is built: by keys, by places."""
    if isinstance(tree, dict):
        if not isinstance(w, dict) or w.keys() != tree.keys():
            raise ValueError(f"{name} must be a dict with keys {list(tree)} of y, got {name}={w!r}")
        return [leaf for k in tree for leaf in _along(tree[k], w[k], f"{name}[{k!r}]")]
    if isinstance(tree, list | tuple):
        array_like = isinstance(w, Node | np.ndarray) and w.ndim
        parts = list(w) if array_like or isinstance(w, list | tuple) else [w]
        if len(parts) != len(tree):
            raise ValueError(
                f"{name} must have one part for each of the {len(tree)} values that fn returned, "
                f"got {len(parts)}"
            )
        twigs = zip(tree, parts, strict=True)
        return [leaf for k, twig in enumerate(twigs) for leaf in _along(*twig, f"{name}[{k}]")]
    return [array(w)]


def _names(fn: Function, count: int) -> list[str]:
    """Names of the arguments, from the signature if there is one that fits."""
    try:
        names = list(inspect.signature(fn).parameters)
    except (TypeError, ValueError):
        names = []
    fallback = ["x"] if count == 1 else [f"x{k}" for k in range(count)]
    return names[:count] if len(names) >= count else fallback


def _real(value: Any, name: str) -> Any:
    """Check a number or an array; integers become float64."""
    if type(value) is Node:
        if value._tape.closed:
            raise ValueError(
                f"{name} must be a Node of a function that is running, got one that outlived its "
                "function; return what you need from there"
            )
        numbers = primal(value)
    else:
        numbers = np.asarray(value)
        if numbers.dtype.kind not in "iuf" or np.ma.isMaskedArray(value):
            raise TypeError(
                f"{name} must be real: a number, an array, or a list, tuple or dict of such, "
                f"got {name}={value!r}"
            )
        numbers = numbers.astype(float)[()] if numbers.dtype.kind in "iu" else numbers[()]
    if not np.isfinite(numbers).all():
        raise ValueError(f"{name} must be finite, got {name}={plain(numbers)!r}")
    return value if type(value) is Node else numbers


def _check_argnums(argnums: Any, count: int, *, several: bool = True) -> tuple[int, ...]:
    picks = argnums if isinstance(argnums, tuple) and several else (argnums,)
    known = all(k in range(count) for k in picks)
    if not known or len(set(picks)) < len(picks):
        rule = f"one or several of {list(range(count))}, each once" if several else "one number"
        raise ValueError(f"argnums must be {rule}, got argnums={argnums!r}")
    return picks


# --- Walking back --------------------------------------------------------------------------------


class Cotangent:
    """What an entry has received so far: a sum, and pieces of it that belong to an index.

    The pieces are added at the end, into one array of zeros: a loop that reads each of n entries
    costs n additions, where n arrays of zeros with one entry each would cost n squared.
    """

    __slots__ = ("dense", "pieces")

    def __init__(self, share: Any = None) -> None:
        self.dense: Any = None
        self.pieces: list[Piece] = []
        if share is not None:
            self.add(share)

    def add(self, share: Any) -> None:
        """Fan-out adds: an entry that is used twice receives twice."""
        if type(share) is Piece:
            self.pieces.append(share)
        else:
            self.dense = share if self.dense is None else self.dense + share

    def total(self, record: Record) -> Any:
        """Return the sum, in the shape of the entry."""
        if not self.pieces:
            return self.dense
        pieces = self.pieces if self.dense is None else [Piece(..., self.dense), *self.pieces]
        indices = [piece.index for piece in pieces]
        parts = [piece.w for piece in pieces]
        return scatter(*parts, indices=indices, shape=record.shape, dtype=record.dtype)


def pull_back(
    records: Sequence[Record], j: int, cotangents: dict[int, Cotangent]
) -> tuple[Any, list[tuple[int, Any]]]:
    """Let entry j hand its cotangent back: a share for each parent i."""
    record = records[j]
    w = cotangents.pop(j).total(record)  # its memory is free after this step
    shares = []
    for i, pull in zip(record.parents, record.pulls, strict=True):
        share = unbroadcast(pull(w), records[i])
        cotangents.setdefault(i, Cotangent()).add(share)
        shares.append((i, share))
    return w, shares


def unbroadcast(share: Any, record: Record) -> Any:
    """Sum over the axes along which an operand was repeated: the transpose of broadcasting."""
    if type(share) is Piece:
        return share
    if share.dtype != record.dtype:
        share = astype(share, dtype=record.dtype)
    if share.shape == record.shape:
        return share
    new = len(share.shape) - len(record.shape)
    repeated = [new + k for k, length in enumerate(record.shape) if length == 1]
    return reshape(sum(share, (*range(new), *repeated)), record.shape)


def _walk(run: _Run, w: Any) -> Iterator[tuple[int, Any, list[tuple[int, Any]], dict[int, Any]]]:
    """Yield each step of a backward pass, inputs included."""
    cotangents = {i: Cotangent(seed) for i, seed in run.seeds(w).items()}
    for i in range(len(run.records) - 1, -1, -1):
        if i in cotangents:
            with np.errstate(all="ignore"):
                y_bar, shares = pull_back(run.records, i, cotangents)
            if not np.isfinite(primal(y_bar)).all():
                raise ValueError(_fault(run.records, run.seeds(w)))
            yield i, y_bar, shares, cotangents


def _own(bar: Any, x: Any, held: set[int]) -> Any:
    """Turn a cotangent into a result: zeros if there is none, and never memory that is shared."""
    if bar is None:
        bar = np.zeros(x.shape, x.dtype)[()]
    if type(bar) is Node or not bar.shape:
        return plain(bar)
    if not bar.flags.owndata or id(bar) in held:
        bar = bar.copy()
    held.add(id(bar))
    return bar


def _fault(records: Sequence[Record], seeds: dict[int, Any]) -> str:
    """Say where the first cotangent that is not finite arises."""
    cotangents = {i: Cotangent(w) for i, w in seeds.items()}
    worst, i = np.ones(0), len(records)
    with np.errstate(all="ignore"):
        while not worst.size:
            i -= 1
            if i in cotangents:
                w, shares = pull_back(records, i, cotangents)
                amounts = [w, *(s.w if type(s) is Piece else s for _, s in shares)]
                flat = np.concatenate([np.ravel(primal(amount)) for amount in amounts])
                worst = flat[~np.isfinite(flat)]
    return (
        f"fn must have a finite derivative at x, got {worst[0]} from {records[i].op!r}, operation "
        f"{i} of {len(records)}; move x away from where a slope is infinite, or choose a safe "
        "argument with where before the call, not after it"
    )


def _rows(run: _Run, k: int) -> Any:
    """Rows of the Jacobian that belong to output k: one pull for each of its entries."""
    value, (x,), i = run.values[k], run.inputs, run.places[k]
    rows = []
    for place in np.ndindex(value.shape):
        unit = np.zeros(value.shape, value.dtype)
        unit[place] = 1
        rows += run.pull({} if i is None else {i: unit[()]})
    return reshape(stack(rows), value.shape + x.shape) if rows else np.zeros(value.shape + x.shape)


# --- Reading -------------------------------------------------------------------------------------


def _entry(tape: Tape, i: int) -> Entry:
    record, (value, text, count) = tape.records[i], tape.lines[i]  # type: ignore[index]
    numbers = record.parents and not any(tape.records[j].shape for j in (i, *record.parents))
    partials = None
    if numbers:
        one = np.ones((), record.dtype)[()]
        with np.errstate(all="ignore"):
            partials = tuple([plain(pull(one)) for pull in record.pulls])
    return Entry(i, record.op, record.parents, plain(value), partials, text, count)


def _brief(value: Any) -> str:
    """Write a number or a short vector in full, of an array its kind."""
    numbers = primal(value)
    if np.ndim(numbers) == 0:
        return f"{numbers}"
    if numbers.size <= 4 and numbers.ndim == 1:
        return f"[{', '.join(f'{n}' for n in numbers)}]"
    return f"{numbers.dtype}{list(numbers.shape)}"
