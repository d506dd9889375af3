"""The marks of a printed PDF that tell screen readers what a piece of a page is.

Chromium gives every piece of text a mark of its own, most of which say that they say nothing
("NonStruct": its content belongs to the mark around it), and every piece a number. Here the content
of silent marks is listed where it belongs, and pieces that follow each other, on the page and in
their mark, become one.

Source: ISO 32000-1:2008, 14.6 (marked content), 14.7 (logical structure) and 14.8.4 (its standard
types).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name

SILENT = {"/Type", "/S", "/P", "/K", "/Pg"}  # all that a mark without a message has
Instruction = tuple[list[Any], str]  # operands and operator
Place = tuple[tuple[int, int], int]  # a mark's object, and which of its contents a piece is
Pieces = dict[tuple[int, int], dict[int, Place]]  # by the page's object and the number there


def lift(root: Any) -> None:
    """List the content of marks without a message in the marks around them."""
    owners: dict[tuple[int, int], Any] = {}
    waiting = [root]
    while waiting:
        mark = waiting.pop()
        content = list(flat(mark, mark, owners))
        listed(mark, content)
        waiting += [kid for kid, _ in content if is_mark(kid)]
    for kept in tables(root.get("/ParentTree", Dictionary())):
        for at, entry in enumerate(kept):
            if isinstance(entry, Array):
                for number, mark in enumerate(entry):
                    entry[number] = owner(mark, owners)
            elif at % 2:
                kept[at] = owner(entry, owners)


def at_once(
    told: list[Instruction], held: dict[int, Place]
) -> tuple[list[Instruction], dict[int, Place]]:
    """Say once to which mark pieces of a page belong that follow each other, here and there.

    Returns what the page says now, and the pieces that it no longer has.
    """
    kept: list[Instruction] = []
    gone: dict[int, Place] = {}
    depth, last = 0, None
    for at, (operands, operator) in enumerate(told):
        if operator in {"BDC", "BMC"}:
            piece = numbered(operands)
            place = held.get(piece)
            follows = not depth and at and told[at - 1][1] == "EMC" and last and place
            if not depth:
                follows = follows and place == (last[0], last[1] + 1)
                last = place
            depth += 1
            if follows:
                kept.pop()
                gone[piece] = place
                continue
        depth -= operator == "EMC"
        kept.append((operands, operator))
    return kept, gone


def numbered(operands: list[Any]) -> int:
    """Give the number by which a mark holds a piece; -1 for none."""
    told = operands[1] if len(operands) > 1 else None
    return int(told.MCID) if isinstance(told, Dictionary) and "/MCID" in told else -1


def marks_below(mark: Any) -> Iterator[tuple[Any, list[Any]]]:
    """Give each mark and what it holds."""
    waiting = [mark]
    while waiting:
        mark = waiting.pop()
        kids = kids_of(mark)
        yield mark, kids
        waiting += [kid for kid in kids if is_mark(kid)]


def piece_of(kid: Any, mark: Any) -> tuple[tuple[int, int], int] | None:
    """Give page and number of a piece of a page; none for all else."""
    if isinstance(kid, int):
        return mark.Pg.objgen, kid
    if isinstance(kid, Dictionary) and kid.get("/Type") == Name.MCR and "/Stm" not in kid:
        return kid.get("/Pg", mark.get("/Pg")).objgen, int(kid.MCID)
    return None


def places(root: Any) -> Pieces:
    """Give the places of all pieces, by page and number."""
    found: Pieces = {}
    for mark, kids in marks_below(root):
        for at, kid in enumerate(kids):
            if piece := piece_of(kid, mark):
                found.setdefault(piece[0], {})[piece[1]] = mark.objgen, at
    return found


def forget(root: Any, gone: Pieces, pages: Iterable[Any]) -> None:
    """Take pieces that are no more out of the marks that held them and out of the pages' tables."""
    lost: dict[tuple[int, int], set[int]] = {}
    for pieces in gone.values():
        for mark, at in pieces.values():
            lost.setdefault(mark, set()).add(at)
    for mark, kids in marks_below(root):
        if mark.objgen in lost:
            left = [kid for at, kid in enumerate(kids) if at not in lost[mark.objgen]]
            mark.K = left[0] if len(left) == 1 else Array(left)
    told = [page.obj for page in pages if "/StructParents" in page.obj]
    numbers = {int(page.StructParents): page.objgen for page in told if page.objgen in gone}
    for kept in tables(root.get("/ParentTree", Dictionary())):
        for at in range(0, len(kept), 2):
            if int(kept[at]) in numbers:
                for piece in gone[numbers[int(kept[at])]]:
                    kept[at + 1][piece] = None


def owner(mark: Any, owners: dict[tuple[int, int], Any]) -> Any:
    """Give the mark to which the content of a mark belongs now."""
    return owners.get(mark.objgen, mark) if isinstance(mark, pikepdf.Object) else mark


def tables(tree: Any) -> Iterator[Any]:
    """Give the tables of a number tree."""
    if "/Nums" in tree:
        yield tree.Nums
    for kid in tree.get("/Kids", []):
        yield from tables(kid)


def kids_of(mark: Any) -> list[Any]:
    """Give what a mark holds: a list, one thing, or nothing."""
    kids = mark.get("/K", Array())
    return list(kids) if isinstance(kids, Array) else [kids]


def is_mark(kid: Any) -> bool:
    """Tell a mark from content."""
    return isinstance(kid, Dictionary) and "/S" in kid


def flat(mark: Any, into: Any, owners: dict[tuple[int, int], Any]) -> Iterator[tuple[Any, Any]]:
    """Give what a mark holds, with its page; of marks without a message what they hold."""
    for kid in kids_of(mark):
        if is_mark(kid) and Name.NonStruct == kid.S and SILENT.issuperset(kid.keys()):
            owners[kid.objgen] = into
            yield from flat(kid, into, owners)
        elif isinstance(kid, Dictionary) and not is_mark(kid):
            page = kid.get("/Pg", mark.get("/Pg"))
            yield (kid.MCID if "/MCID" in kid and "/Stm" not in kid else kid), page
        else:
            yield kid, mark.get("/Pg")


def listed(mark: Any, content: list[tuple[Any, Any]]) -> None:
    """Let a mark hold content; what lies on another page than most of it says so."""
    pages: Iterable[Any] = [page for kid, page in content if not is_mark(kid) and page is not None]
    counted = Counter(page.objgen for page in pages)
    most = max(counted, key=counted.__getitem__) if counted else None
    kids = []
    for kid, page in content:
        if is_mark(kid):
            kid.P = mark
        elif page is not None and isinstance(kid, int) and page.objgen != most:
            kid = Dictionary(Type=Name.MCR, Pg=page, MCID=kid)
        elif page is not None and not isinstance(kid, int):
            kid.Pg = page
        kids.append(kid)
    if most:
        mark.Pg = next(page for page in pages if page.objgen == most)
    if kids:
        mark.K = kids[0] if len(kids) == 1 else Array(kids)
