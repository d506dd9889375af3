"""Make a printed PDF smaller without changing what is seen, copied or read aloud.

Chromium places every glyph by a move of its own, even where the glyph before it ends; and it gives
every piece of text a mark for screen readers, most of which say that they say nothing ("NonStruct":
its content belongs to the mark around it). Both are written here as the format means them: one
array of glyphs a line, with the few moves that the widths in the font do not make; texts that
follow each other as one, in several colours too. `tags` does what the marks need.

Source: ISO 32000-1:2008, 9.4.3 (text showing) and 9.7.4.3 (widths of glyphs).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Operator, Pdf, String

from slopes_docs.commands.tags import Instruction, Pieces, at_once, forget, lift, places

# Operators of which Chromium has no need, after which a glyph ends elsewhere than its width says or
# a line begins where no Td puts it: a text with one of them is left as it is.
SPACED = {"Tc", "Tw", "Tz", "TD", "T*", "'", '"'}
STEP = Decimal("0.01")  # of a pixel: what places are rounded to
UPRIGHT = [1, 0, 0, -1]  # letters in a page whose height is counted downwards
STROKES = {"S", "s", "B", "B*", "b", "b*", "q", "Do"}  # draw lines, or keep their colour
RECOLOURED = {"Q", "G", "K", "CS", "SC", "SCN"}  # lines have another colour after these
NEAR = 4  # thousandths of the size of a font: a glyph as near as this to its place stays there
# How many of the last operands are places or sizes.
PLACES = {"m": 2, "l": 2, "c": 6, "v": 4, "y": 4, "re": 4, "Td": 2, "Tm": 2, "Tf": 1}


def make_smaller(pdf: Pdf) -> None:
    """Rewrite the pages and the structure of a document in place.

    Parameters
    ----------
    pdf : pikepdf.Pdf
        As Chromium prints it: its unit is a pixel, and a pixel's hundredth cannot be seen.
    """
    root = pdf.Root.get("/StructTreeRoot", Dictionary())
    lift(root)
    held, gone = places(root), Pieces()
    for page in pdf.pages:
        page.contents_coalesce()
        told, here = instructions(page.obj), page.obj.objgen
        if here in held:
            told, gone[here] = at_once(told, held[here])
        fonts = page.obj.get("/Resources", Dictionary()).get("/Font", Dictionary())
        page.Contents = pdf.make_stream(rewritten(told, fonts))
    forget(root, gone, pdf.pages)


# --- glyphs -------------------------------------------------------------------------------------


def instructions(content: Any) -> list[Instruction]:
    """Read the content of a page."""
    parsed = pikepdf.parse_content_stream(content)
    return [(list(instruction.operands), str(instruction.operator)) for instruction in parsed]


def rewritten(told: list[Instruction], fonts: Any) -> bytes:
    """Write the content of a page anew: glyphs and texts joined, places rounded."""
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
        names = [name for _, name in told[at : at + 5]]
        fills = names[1:2] == ["rg"]  # a text may change the colour of its letters
        goes_on = [*names[:1], *names[1 + fills : 4 + fills]] == ["ET", "BT", "Tf", "Tm"]
        if goes_on:
            if fills:
                yield told[at + 1]
            (operands, operator), (matrix, _) = told[at + 2 + fills : at + 4 + fills]
            at += 3 + fills
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
