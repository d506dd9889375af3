r"""What JAX records of a function, as plain data: to draw, to count, to walk.

`program` runs a function once on stand-ins for its arguments and returns what was recorded: a list
of operations :math:`v_j=\varphi_j(v_i)_{i\prec j}`, each with the numbers of the values that it
reads. Loops, branches and functions that JAX keeps whole hold programs of their own. `operations`
counts how often each operation runs. Both need one trace and compute nothing; they say the same of
a function on all releases of JAX that record the same operations for it.
They fail where tracing fails: on a Python ``if`` or ``while`` about a value, and on NumPy inside.
Reference: R. Frostig, M. Johnson, D. Maclaurin, A. Paszke and A. Radul, "Decomposing reverse-mode
automatic differentiation", arXiv:2105.09469 (2021).
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

__all__ = ["Operation", "Program", "downstream", "operations", "program"]


@dataclass(frozen=True)
class Program:
    """What was recorded of a function, or of a loop's or a branch's body.

    Its values are numbered: the inputs first, then the results of the operations in their order.
    """

    inputs: tuple[str, ...]
    """The name of each input. A parameter's, or ``constant`` for an array that the function holds;
    in a body ``in`` or ``in 1``, in a loop's body ``constant``, ``carry`` or ``slice``."""
    operations: tuple[Operation, ...]
    """What is done, in the order of execution."""
    outputs: tuple[int | str, ...]
    """What is returned, as numbers of values; a constant of the program as text, ``2.0``."""
    roles: tuple[str, ...]
    """The name of each output, ``out`` or ``out 1``; in a loop's body ``carry`` or ``stacked``."""
    types: tuple[str, ...]
    """Kind and shape of each value, such as ``f64[3]``."""


@dataclass(frozen=True)
class Operation:
    """One line of a program."""

    name: str
    """Name of JAX's primitive, such as ``mul`` or ``scan``."""
    operands: tuple[int | str, ...]
    """What it reads, as numbers of values; a constant of the program as text, ``3.0``."""
    results: tuple[int, ...]
    """Numbers of the values that it makes."""
    detail: str
    """What else picks the operation, such as ``y=2`` for a power; often empty."""
    bodies: tuple[tuple[str, Program], ...]
    """The programs that it holds, each with its title."""
    times: int | None
    """How often one call runs its bodies; None where only the run can tell."""


def program(fn: Callable[..., Any], *args: Any) -> Program:
    """Record what a function does, without doing it.

    Parameters
    ----------
    fn : callable
        A function that JAX can trace.
    *args : arrays, numbers, or lists, tuples and dicts of such; also `jax.ShapeDtypeStruct`
        Arguments; only their shapes and types matter.

    Returns
    -------
    Program
        The same data on all releases of JAX for the same recorded operations.

    Raises
    ------
    TypeError
        If `fn` is no function, or what it returns no array; tracing raises errors of its own, those
        of the chapter.

    Notes
    -----
    Cost: one trace. What `jax.make_jaxpr` returns is read through attributes alone that all
    supported releases have.

    Examples
    --------
    >>> recorded = program(lambda x: x**2 + 3 * x + 2, 2.0)
    >>> for op in recorded.operations:
    ...     print(op.name, op.operands)
    integer_pow (0,)
    mul ('3.0', 0)
    add (1, 2)
    add (3, '2.0')
    """
    jaxpr = jax.make_jaxpr(fn)(*args)
    return _program(jaxpr, _names(fn, args), ())


def operations(fn: Callable[..., Any], *args: Any) -> Counter[str]:
    """Count how often each of JAX's primitives runs in one call of a function.

    A loop of known length counts its body as often as it turns, a branch the larger of its
    alternatives; a function that JAX keeps whole (``jit``, a custom rule, ``checkpoint``) counts
    what is in it and not itself. A scatter or a reduction counts once, whatever it does with two
    elements. Moving data counts like arithmetic: leave out what is not wanted.

    Parameters
    ----------
    fn, *args
        See `program`.

    Returns
    -------
    Counter[str]
        Runs by name; ``.total()`` is their sum.

    Raises
    ------
    TypeError
        As `program` does.
    ValueError
        If there is a loop that ends when it likes: its turns are not in the program.

    Notes
    -----
    An operation on an array counts once, however large it is. The compiler removes and fuses
    operations later; what is counted is the program that it is given. What JAX does not show is not
    counted: the newest release makes one closed operation of `jax.lax.custom_root`.

    Examples
    --------
    >>> counts = operations(lambda x: x**2 + 3 * x + 2, 2.0)
    >>> counts.total(), counts["add"]
    (4, 2)
    >>> loop = lambda x: jax.lax.fori_loop(0, 10, lambda i, y: y * y, x)
    >>> operations(loop, 2.0)["mul"]
    10
    """
    return _count(program(fn, *args))


def _count(program: Program) -> Counter[str]:
    counts: Counter[str] = Counter()
    for op in program.operations:
        if not op.bodies:
            counts[op.name] += 1
            continue
        if op.times is None:
            raise ValueError(
                "fn must turn its loops a known number of times, "
                f"got fn with a {op.name!r}. Count its body, or write it as a scan."
            )
        runs = _RUN.get(op.name)  # None where all bodies do
        held = [body for title, body in op.bodies if runs in (None, title)]
        inside = list(map(_count, held))
        if op.name == "cond":
            inside = [max(inside, key=Counter.total)]
        for body in inside:
            counts.update({name: op.times * count for name, count in body.items()})
    return counts


def downstream(program: Program, *, of: Collection[int]) -> tuple[int, ...]:
    r"""Find the operations that depend on some of a program's inputs.

    In the program of a ``jvp``, those downstream of the tangents are its linear part: the rest can
    be done before a tangent is known.

    Parameters
    ----------
    program : Program
        What `program` returned.
    of : Collection[int]
        Numbers of inputs.

    Returns
    -------
    tuple[int, ...]
        Numbers of operations, from 0. An operation that holds programs depends on all that it
        reads.

    Raises
    ------
    ValueError
        If a number is that of no input.

    Examples
    --------
    >>> fn = lambda x, v: jax.jvp(lambda x: x * x * x, (x,), (v,))
    >>> pushed = program(fn, 2.0, 1.0)
    >>> downstream(pushed, of=[0]) == tuple(range(len(pushed.operations)))
    True
    >>> len(downstream(pushed, of=[1])) < len(pushed.operations)
    True
    """
    if not set(of) <= set(range(len(program.inputs))):
        raise ValueError(f"of must be numbers of inputs, 0 to {len(program.inputs) - 1}, got {of=}")
    reached: set[int | str] = set(of)
    found = []
    for k, op in enumerate(program.operations):
        if reached & set(op.operands):
            found.append(k)
            reached |= set(op.results)
    return tuple(found)


# --- reading what JAX recorded --------------------------------------------------------------------

# The body that runs where not all do: a solve carries along what its derivatives need.
_RUN = {"custom_linear_solve": "solve"}
# Their programs say how two elements become one: part of what the operation is, not a turn of it.
_PAIRWISE = ("scatter", "reduce", "select_and_scatter")
# What a picture should say of a primitive, besides its name.
_DETAILS = ("y", "axes", "new_dtype", "permutation", "name")
_TITLES = {"cond_jaxpr": "test", "body_jaxpr": "turn"}


def _names(fn: Callable[..., Any], args: tuple[Any, ...]) -> list[str]:
    """Name each leaf of the arguments: the parameter's name, and where in it the leaf is."""
    try:
        parameters = list(inspect.signature(fn).parameters.values())
    except ValueError:  # a function written in C that does not say
        parameters = []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    known = [p.name for p in parameters if p.kind in kinds]
    known += [f"x{k}" for k in range(len(known), len(args))]
    leaves = jax.tree_util.tree_flatten_with_path(args)[0]
    return [known[path[0].idx] + jax.tree_util.keystr(path[1:]) for path, _ in leaves]


def _program(jaxpr: Any, inputs: list[str], roles: tuple[str, ...]) -> Program:
    """Turn a jaxpr, closed or not, into data."""
    jaxpr = getattr(jaxpr, "jaxpr", jaxpr)
    held = list(jaxpr.constvars)
    numbers: dict[Any, int] = {}
    types: list[str] = []

    def number(var: Any) -> int:
        types.append(var.aval.str_short(short_dtypes=True))
        numbers[var] = len(types) - 1
        return numbers[var]

    def operand(atom: Any) -> int | str:
        return _written(atom.val) if hasattr(atom, "val") else numbers[atom]

    for var in (*held, *jaxpr.invars):
        number(var)
    lines = tuple(
        Operation(
            name=eqn.primitive.name,
            operands=tuple(operand(atom) for atom in eqn.invars),
            results=tuple(number(var) for var in eqn.outvars),
            detail=_detail(eqn.params),
            bodies=tuple(_bodies(eqn)),
            times=_times(eqn),
        )
        for eqn in jaxpr.eqns
    )
    outputs = tuple(operand(atom) for atom in jaxpr.outvars)
    roles = roles or tuple(_numbered("out", len(outputs)))
    return Program((*["constant"] * len(held), *inputs), lines, outputs, roles, tuple(types))


def _written(value: Any) -> str:
    """Write a constant as Python does; JAX has number types of its own that name themselves."""
    return f"{value if np.shape(value) else np.asarray(value).item()}"


def _numbered(word: str, count: int) -> list[str]:
    """Give a word to each of some things, numbered where there are several."""
    return [word] if count == 1 else [f"{word} {k}" for k in range(1, count + 1)]


def _detail(params: Mapping[str, Any]) -> str:
    """Say what a person wants to know of the parameters."""
    told = {key: f"{params[key]}" for key in _DETAILS if key in params}
    return ", ".join(
        value if key == "name" else f"{key}={value}" for key, value in told.items() if value != "()"
    )


def _times(eqn: Any) -> int | None:
    """How often the bodies of an operation run."""
    return None if eqn.primitive.name == "while" else int(eqn.params.get("length", 1))


def _bodies(eqn: Any) -> Iterator[tuple[str, Program]]:
    """Yield the programs inside an operation, with their titles."""
    if eqn.primitive.name.startswith(_PAIRWISE):
        return
    for key, value in eqn.params.items():
        several = isinstance(value, tuple)
        titles = getattr(value, "_fields", None) or [
            f"branch {k}" for k in range(len(value) if several else 0)
        ]
        held = zip(titles, value, strict=True) if several else [(_TITLES.get(key, ""), value)]
        for title, body in held:
            if hasattr(getattr(body, "jaxpr", body), "eqns"):
                yield title, _program(body, *_roles(eqn, body, title))


def _roles(eqn: Any, body: Any, title: str) -> tuple[list[str], tuple[str, ...]]:
    """Name the inputs and outputs of a body after what they are to the operation that holds it."""
    inner = getattr(body, "jaxpr", body)
    name = eqn.primitive.name
    if name == "while":
        held = eqn.params["cond_nconsts" if title == "test" else "body_nconsts"]
        carried = len(inner.invars) - held
        return ["constant"] * held + ["carry"] * carried, (
            () if title == "test" else ("carry",) * carried
        )
    if name == "scan":
        # A slice has one axis less than what the loop is given: the releases name the parts
        # differently, but agree on this.
        sliced = sum(map(_loses_an_axis, eqn.invars, inner.invars))
        stacked = sum(map(_loses_an_axis, eqn.outvars, inner.outvars))
        carried = len(inner.outvars) - stacked
        held = len(inner.invars) - sliced - carried
        names = ["constant"] * held + ["carry"] * carried + ["slice"] * sliced
        return names, ("carry",) * carried + ("stacked",) * stacked
    return _numbered("in", len(inner.invars)), ()


def _loses_an_axis(outer: Any, inner: Any) -> bool:
    return len(outer.aval.shape) > len(inner.aval.shape)
