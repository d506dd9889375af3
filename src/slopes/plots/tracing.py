"""Figures of the chapter *See what JAX sees*: plain data in, drawing out.

A program is what `slopes.tracing.program` returns, or anything with the same attributes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from matplotlib.axes import Axes

from slopes.plots.graphs import Layout, draw_dag, frames, inside, layout
from slopes.plots.style import Drawing, draw, drawing_style, listed

__all__ = ["jaxpr"]


@runtime_checkable
class _Operation(Protocol):
    """One line of a program, see `slopes.tracing.Operation`."""

    @property
    def name(self) -> str: ...
    @property
    def operands(self) -> Sequence[int | str]: ...
    @property
    def results(self) -> Sequence[int]: ...
    @property
    def detail(self) -> str: ...
    @property
    def bodies(self) -> Sequence[tuple[str, _Program]]: ...
    @property
    def times(self) -> int | None: ...


@runtime_checkable
class _Program(Protocol):
    """A recorded program, see `slopes.tracing.Program`."""

    @property
    def inputs(self) -> Sequence[str]: ...
    @property
    def operations(self) -> Sequence[_Operation]: ...
    @property
    def outputs(self) -> Sequence[int | str]: ...
    @property
    def roles(self) -> Sequence[str]: ...
    @property
    def types(self) -> Sequence[str]: ...


@drawing_style()
def jaxpr(
    program: _Program,
    *,
    direction: str = "down",
    types: bool = False,
    marked: Collection[int] = (),
) -> Drawing:
    """Draw what JAX recorded of a function as a graph; programs in programs are boxes in boxes.

    Parameters
    ----------
    program : slopes.tracing.Program
        Up to some thirty operations.
    direction : str
        The way the arrows go, ``down`` or ``right``.
    types : bool
        Whether kind and shape of every value stand beside the box that makes it.
    marked : Collection[int]
        Operations to set off by colour, numbered from 0; those of inner programs cannot be.

    Returns
    -------
    Drawing
        One box for each operation, hollow ones for inputs and outputs. A number that was written
        into the program stands in the box of the operation that reads it, with a dot for what
        comes along the arrows. The alt text is the program, line by line.

    Raises
    ------
    ValueError
        If `direction` is neither word, or a number in `marked` is that of no operation.
    """
    last = len(program.operations) - 1
    if not set(marked) <= set(range(last + 1)):
        raise ValueError(f"marked must be numbers of operations, 0 to {last}, got {marked=}")
    picture = _picture(program, direction, types)
    fig, (ax,) = frames(picture.placed)
    first = len(program.inputs)
    _paint(ax, picture, picture.placed, [first + k for k in marked])
    count = sum(1 for _ in _all(program))
    plural = "operation" if count == 1 else "operations"
    said = [f"A graph of {count} {plural}.", *_told(program)]
    if marked:
        said.append(f"In colour: {listed([str(k + 1) for k in marked])}.")
    return draw(fig, alt=" ".join(said))


# --- the picture ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Picture:
    """A graph that is placed, and the graphs in its boxes."""

    placed: Layout
    hollow: list[int]
    notes: dict[int, str]
    rooms: dict[int, _Picture] = field(default_factory=dict)


def _picture(program: _Program, direction: str, types: bool) -> _Picture:
    """Place a program: boxes of inputs, then of operations, then of outputs."""
    makers = {k: k for k in range(len(program.inputs))}
    labels, edges, rooms = list(program.inputs), list[tuple[int, int]](), dict[int, _Picture]()
    for op in program.operations:
        here = len(labels)
        labels.append(_label(op))
        edges += [(makers[v], here) for v in op.operands if isinstance(v, int)]
        makers |= dict.fromkeys(op.results, here)
        if op.bodies:
            rooms[here] = _bodies(op, direction, types)
    first_output = len(labels)
    for value, role in zip(program.outputs, program.roles, strict=True):
        if isinstance(value, int):
            edges.append((makers[value], len(labels)))
            labels.append(role)
        else:
            labels.append(f"{role}\n{value}")
    labels = labels or ["nothing"]
    ends = [*range(len(program.inputs)), *range(first_output, len(labels))]
    notes = dict[int, str]()
    if types:
        for value, maker in makers.items():
            notes[maker] = "\n".join(filter(None, [notes.get(maker), program.types[value]]))
    return _placed(labels, edges, rooms, direction, ends, notes)


def _bodies(op: _Operation, direction: str, types: bool) -> _Picture:
    """Place what an operation holds: one program, or several side by side in titled boxes."""
    inner = [_picture(body, direction, types) for _, body in op.bodies]
    if len(inner) == 1:
        return inner[0]
    return _placed([title for title, _ in op.bodies], [], dict(enumerate(inner)), direction, [], {})


def _placed(
    labels: list[str],
    edges: list[tuple[int, int]],
    rooms: dict[int, _Picture],
    direction: str,
    hollow: list[int],
    notes: dict[int, str],
) -> _Picture:
    sizes = {node: inner.placed.size for node, inner in rooms.items()}
    placed = layout(labels, edges, notes=notes, rooms=sizes, direction=direction)
    return _Picture(placed, hollow, notes, rooms)


def _paint(ax: Axes, picture: _Picture, placed: Layout, marked: Collection[int] = ()) -> None:
    """Draw a graph where it was moved to, then those in its boxes."""
    draw_dag(ax, placed, notes=picture.notes, hollow=picture.hollow, marked=marked)
    for node, inner in picture.rooms.items():
        _paint(ax, inner, inside(inner.placed, placed, node))


def _label(op: _Operation) -> str:
    """Write what a box says: the operation's name, written numbers, and what else picks it."""
    more = [op.detail] if op.detail else []
    if any(isinstance(value, str) for value in op.operands):
        shown = [value if isinstance(value, str) else "\N{BULLET}" for value in op.operands]
        more.insert(0, f"({', '.join(shown)})")
    return "\n".join([_name(op), *more])


def _name(op: _Operation) -> str:
    """Name of an operation, and how often it turns."""
    if op.times is None:
        return f"{op.name} the test holds"
    return op.name if op.times == 1 else f"{op.name}, {op.times} times"


# --- the text -------------------------------------------------------------------------------------


def _all(program: _Program) -> Iterator[_Operation]:
    """Yield all operations, those of inner programs too."""
    for op in program.operations:
        yield op
        for _, body in op.bodies:
            yield from _all(body)


def _told(program: _Program, title: str = "", within: str = "") -> Iterator[str]:
    """Say a program line by line; lines of a body are numbered 4.1, 4.2 and so on."""
    said = list(program.inputs)
    if title:
        yield f"{title}:".capitalize()
    for k, op in enumerate(program.operations, start=1):
        number = f"{within}{k}"
        read = [value if isinstance(value, str) else said[value] for value in op.operands]
        detail = f" ({op.detail})" if op.detail else ""
        of = f" of {listed(read)}" if read else ""
        holds = ", which holds:" if op.bodies else "."
        yield f"{number}: {_name(op)}{detail}{of}{holds}"
        for inner, body in op.bodies:
            yield from _told(body, inner, f"{number}.")
        several = len(op.results) > 1
        said += [f"{number}" + f"[{j}]" * several for j in range(len(op.results))]
    returned = [value if isinstance(value, str) else said[value] for value in program.outputs]
    yield f"{'It returns' if within else 'The result is'} {listed(returned) or 'nothing'}."
