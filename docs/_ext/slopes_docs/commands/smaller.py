"""Make a printed PDF smaller without changing what is seen, copied or read aloud.

Chromium places every glyph by a move of its own, even where the glyph before it ends; and it gives
every piece of text a mark for screen readers, most of which say that they say nothing ("NonStruct":
its content belongs to the mark around it). Both are written here as the format means them: one
array of glyphs a line, with the few moves that the widths in the font do not make; texts that
follow each other as one; the content of silent marks listed where it belongs.

Source: ISO 32000-1:2008, 9.4.3 (text showing), 9.7.4.3 (widths of glyphs), 14.7 (logical structure)
and 14.8.4 (its standard types).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Operator, Pdf, String

# Operators of which Chromium has no need, after which a glyph ends elsewhere than its width says or
# a line begins where no Td puts it: a text with one of them is left as it is.
SPACED = {"Tc", "Tw", "Tz", "TD", "T*", "'", '"'}
SILENT = {"/Type", "/S", "/P", "/K", "/Pg"}  # all that a mark without a message has
STEP = Decimal("0.01")  # of a pixel: what places are rounded to
UPRIGHT = [1, 0, 0, -1]  # letters in a page whose height is counted downwards
STROKES = {"S", "s", "B", "B*", "b", "b*", "q", "Do"}  # draw lines, or keep their colour
RECOLOURED = {"Q", "G", "K", "CS", "SC", "SCN"}  # lines have another colour after these
NEAR = 4  # thousandths of the size of a font: a glyph as near as this to its place stays there
# How many of the last operands are places or sizes.
PLACES = {"m": 2, "l": 2, "c": 6, "v": 4, "y": 4, "re": 4, "Td": 2, "Tm": 2, "Tf": 1}
Instruction = tuple[list[Any], str]  # operands and operator


def make_smaller(pdf: Pdf) -> None:
    """Rewrite the pages and the structure of a document in place.

    Parameters
    ----------
    pdf : pikepdf.Pdf
        As Chromium prints it: its unit is a pixel, and a pixel's hundredth cannot be seen.
    """
    for page in pdf.pages:
        page.contents_coalesce()
        fonts = page.obj.get("/Resources", Dictionary()).get("/Font", Dictionary())
        page.Contents = pdf.make_stream(rewritten(page.obj, fonts))
    if "/StructTreeRoot" in pdf.Root:
        lift(pdf.Root.StructTreeRoot)


# --- glyphs -------------------------------------------------------------------------------------


def rewritten(content: Any, fonts: Any) -> bytes:
    """Write the content of a page anew: glyphs and texts joined, places rounded."""
    parsed = pikepdf.parse_content_stream(content)
    told = [(list(instruction.operands), str(instruction.operator)) for instruction in parsed]
    names = {name for _, name in told}
    if "Tr" not in names:  # else letters may be drawn by their lines
        told = list(unstroked(told))
    if not SPACED & names:
        known = {name: widths(font) for name, font in fonts.items()}
        told = list(joined(list(one_by_one(told)), known))
    done = [(placed(operands, name), Operator(name)) for operands, name in told]
    return pikepdf.unparse_content_stream(done)


def placed(operands: list[Any], operator: str) -> list[Any]:
    """Round the coordinates among operands to what can be seen."""
    first = len(operands) - PLACES.get(operator, 0)
    return operands[:first] + [
        number.quantize(STEP).normalize() + 0 if isinstance(number, Decimal) else number
        for number in operands[first:]
    ]


def unstroked(told: Iterable[Instruction]) -> Iterator[Instruction]:
    """Leave out the colour of lines where none is drawn before it changes."""
    colour: list[Instruction] = []
    for instruction in told:
        if instruction[1] == "RG":
            colour = [instruction]
            continue
        if instruction[1] in STROKES:
            yield from colour
            colour = []
        elif instruction[1] in RECOLOURED:
            colour = []
        yield instruction


def one_by_one(told: list[Instruction]) -> Iterator[Instruction]:
    """Begin a text that follows another one where that stood, in its font if it is the same."""
    font: list[Any] = []
    place: list[Any] = []  # of the line that was begun last; none where the letters are turned
    at = 0
    while at < len(told):
        operands, operator = told[at]
        goes_on = [name for _, name in told[at : at + 4]] == ["ET", "BT", "Tf", "Tm"]
        if goes_on:
            (operands, operator), (matrix, _) = told[at + 2 : at + 4]
            at += 3
            if operands != font:
                yield operands, operator
            font = operands
            if place and matrix[:4] == UPRIGHT:
                yield [matrix[4] - place[0], place[1] - matrix[5]], "Td"
            else:
                yield matrix, "Tm"
        else:
            yield operands, operator
        if operator == "Tf":
            font = operands
        elif operator in {"q", "Q", "gs"}:
            font = []
        if operator == "Td" and place:
            place = [place[0] + operands[0], place[1] - operands[1]]
        elif operator == "Tm" or goes_on:
            matrix = matrix if goes_on else operands
            place = matrix[4:] if matrix[:4] == UPRIGHT else []
        elif operator == "BT":
            place = []
        at += 1


def widths(font: Any) -> dict[int, float] | None:
    """Map the codes of a font's glyphs to their widths in thousandths of its size.

    Chromium writes all text with two bytes a glyph. Of a font of another kind nothing is known.
    """
    if font.get("/Subtype") != Name.Type0 or font.get("/Encoding") != Name("/Identity-H"):
        return None
    (descendant,) = font.DescendantFonts
    found = Widths(float(descendant.get("/DW", 1000)))
    told = list(descendant.get("/W", []))
    while told:
        first, second = int(told.pop(0)), told.pop(0)
        if isinstance(second, Array):
            found.update({first + at: float(width) for at, width in enumerate(second)})
        else:
            width = float(told.pop(0))
            found.update(dict.fromkeys(range(first, int(second) + 1), width))
    return found


class Widths(dict[int, float]):
    """Widths by code; a code that is not named has the default."""

    def __init__(self, default: float) -> None:
        super().__init__()
        self.default = default

    def __missing__(self, _: int) -> float:
        """Give the default."""
        return self.default


class Line:
    """Glyphs that follow each other, as the operands of one TJ."""

    def __init__(self, glyphs: bytes, known: dict[int, float], size: float) -> None:
        self.known, self.size = known, size
        self.parts: list[Any] = [b""]
        self.start = self.pen = 0.0  # of the last piece, and where the pen stands, from the first
        self.add(glyphs)

    def add(self, glyphs: bytes) -> None:
        """Show glyphs where the pen stands."""
        self.parts[-1] += glyphs
        codes = (int.from_bytes(glyphs[at : at + 2], "big") for at in range(0, len(glyphs), 2))
        self.pen += sum(self.known[code] for code in codes) * self.size / 1000

    def move(self, across: float) -> None:
        """Move from the start of the last piece; by nothing, where its width has moved the pen."""
        self.start += across
        left = round((self.pen - self.start) * 1000 / self.size)
        if abs(left) > NEAR:
            self.parts += [left, b""]
            self.pen -= left * self.size / 1000

    def told(self) -> Instruction:
        """Give the instruction."""
        parts = [String(part) if isinstance(part, bytes) else part for part in self.parts]
        return ([Array(parts)], "TJ") if len(parts) > 1 else (parts, "Tj")


def joined(
    told: list[Instruction], fonts: dict[str, dict[int, float] | None]
) -> Iterator[Instruction]:
    """Join glyphs that are shown one by one along a line."""
    known, size = None, 0.0
    line: Line | None = None
    owed = Decimal(0)  # how far the starts of pieces have moved that are not told
    for at, (operands, operator) in enumerate(told):
        follows = operator == "Td" and operands[1] == 0 and told[at + 1][1] == "Tj"
        if line and follows:
            line.move(float(operands[0]))
            owed += operands[0]
            continue
        if line and operator == "Tj" and told[at - 1][1] == "Td":
            line.add(bytes(operands[0]))
            continue
        if line:
            yield line.told()
            line = None
        if operator == "Tf":
            known, size = fonts.get(str(operands[0])), float(operands[1])
        elif operator in {"Q", "gs"}:
            known = None  # the font is another one, until one is chosen
        if operator == "Tj" and known is not None and size:
            line = Line(bytes(operands[0]), known, size)
            continue
        if operator == "Td":
            operands, owed = [operands[0] + owed, operands[1]], Decimal(0)
        elif operator in {"Tm", "ET"}:
            owed = Decimal(0)
        yield operands, operator


# --- structure ----------------------------------------------------------------------------------


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


def owner(mark: Any, owners: dict[tuple[int, int], Any]) -> Any:
    """Give the mark to which the content of a mark belongs now."""
    return owners.get(mark.objgen, mark) if isinstance(mark, pikepdf.Object) else mark


def tables(tree: Any) -> Iterator[Any]:
    """Give the tables of a number tree."""
    if "/Nums" in tree:
        yield tree.Nums
    for kid in tree.get("/Kids", []):
        yield from tables(kid)


def is_mark(kid: Any) -> bool:
    """Tell a mark from content."""
    return isinstance(kid, Dictionary) and "/S" in kid


def flat(mark: Any, into: Any, owners: dict[tuple[int, int], Any]) -> Iterator[tuple[Any, Any]]:
    """Give what a mark holds, with its page; of marks without a message what they hold."""
    kids = mark.get("/K", [])
    for kid in kids if isinstance(kids, Array) else [kids]:
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
