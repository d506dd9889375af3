"""A printed PDF becomes smaller, and shows, copies and tells the same."""

from __future__ import annotations

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf

from slopes_docs.commands import smaller

WIDTHS = {1: 600, 2: 500, 3: 500, 7: 250.5}
DEFAULT = 400
# A line whose fourth glyph is drawn nearer to the third, another line, one that is placed anew, and
# one in a font of another kind.
TEXT = b"""BT /F 10 Tf 1 0 0 -1 20.00049 30 Tm <0001> Tj 6 0 Td <0002> Tj 5 0 Td <0003> Tj 4.75 0 Td
<0007> Tj 2.505 0 Td <0009> Tj 0 -12 Td <0001> Tj 6 0 Td <0001> Tj ET BT /F 10 Tf 1 0 0 -1 20 60 Tm
<0002> Tj ET BT /G 10 Tf 1 0 0 -1 20 90 Tm <41> Tj 7 0 Td <42> Tj ET"""


@pytest.fixture
def pdf():
    """A page with a font of two bytes a glyph, and one of another kind."""
    made = Pdf.new()
    page = made.add_blank_page().obj
    named = Array([1, Array([600]), 2, 3, 500, 7, Array([250.5])])
    glyphs = Dictionary(Type=Name.Font, Subtype=Name.CIDFontType2, DW=DEFAULT, W=named)
    font = Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        Encoding=Name("/Identity-H"),
        DescendantFonts=Array([made.make_indirect(glyphs)]),
    )
    other = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    page.Resources = Dictionary(Font=Dictionary(F=font, G=other))
    return made


def rewritten(pdf: Pdf, content: bytes) -> bytes:
    pdf.pages[0].Contents = pdf.make_stream(content)
    smaller.make_smaller(pdf)
    return pdf.pages[0].Contents.read_bytes()


def shown(content: bytes) -> list[tuple[int, float, float]]:
    """Each glyph of the font of two bytes and where it stands, as a viewer finds it."""
    pdf = Pdf.new()
    found, size, start, pen = [], 1.0, (0.0, 0.0), 0.0
    for operands, operator in pikepdf.parse_content_stream(pdf.make_stream(content)):
        match str(operator):
            case "Tf":
                name, size = operands[0], float(operands[1])
            case "Tm":
                start, pen = (float(operands[4]), float(operands[5])), 0.0
            case "Td":
                start, pen = (start[0] + float(operands[0]), start[1] - float(operands[1])), 0.0
            case "Tj" | "TJ" if name == Name.F:
                for part in operands[0] if str(operator) == "TJ" else operands:
                    if not isinstance(part, pikepdf.String):
                        pen -= float(part) * size / 1000
                        continue
                    text = bytes(part)
                    for code in (
                        int.from_bytes(text[i : i + 2], "big") for i in range(0, len(text), 2)
                    ):
                        found.append((code, start[0] + pen, start[1]))
                        pen += WIDTHS.get(code, DEFAULT) * size / 1000
    return found


def test_every_glyph_stays_where_it_stands(pdf):
    before, after = shown(TEXT), shown(rewritten(pdf, TEXT))
    assert [code for code, *_ in after] == [code for code, *_ in before]
    for (_, *there), (_, *here) in zip(before, after, strict=True):
        assert here == pytest.approx(there, abs=0.01)


def test_glyphs_that_end_where_the_next_begins_are_one_string_and_texts_one_text(pdf):
    assert rewritten(pdf, TEXT).decode().splitlines() == [
        "BT",
        "/F 10 Tf",
        "1 0 0 -1 20 30 Tm",
        "[ <000100020003> 25 <00070009> ] TJ",
        "18.26 -12 Td",
        "<00010001> Tj",
        "-18.26 -18 Td",
        "<0002> Tj",
        "/G 10 Tf",
        "0 -30 Td",
        "(A) Tj",
        "7 0 Td",
        "(B) Tj",
        "ET",
    ]


def test_a_text_goes_on_in_another_colour(pdf):
    told = rewritten(
        pdf,
        b"BT /F 10 Tf 1 0 0 -1 20 30 Tm <0001> Tj ET 1 0 0 rg "
        b"BT /F 10 Tf 1 0 0 -1 26 30 Tm <0002> Tj ET",
    )
    assert told.decode().splitlines() == [
        "BT",
        "/F 10 Tf",
        "1 0 0 -1 20 30 Tm",
        "<0001> Tj",
        "1 0 0 rg",
        "6 0 Td",
        "<0002> Tj",
        "ET",
    ]


@pytest.mark.parametrize("spacing", [b"2 Tc", b"2 Tw", b"90 Tz", b"1 2 TD", b"T*"])
def test_spaced_text_is_left_alone(spacing, pdf):
    spaced = b"BT /F 10 Tf 1 0 0 -1 20 30 Tm %b <0001> Tj 6 0 Td <0002> Tj ET" % spacing
    assert rewritten(pdf, spaced).split() == spaced.split()


def test_a_path_keeps_a_hundredth_of_a_pixel(pdf):
    told = rewritten(pdf, b"1.23456 -0.0001 m 100.0004 7 l S 0.333333 0 0 1 0 0 cm")
    assert told.split(b"\n") == [b"1.23 0 m", b"100 7 l", b"S", b"0.333333 0 0 1 0 0 cm"]


def test_a_colour_is_told_where_a_line_is_drawn_in_it(pdf):
    told = rewritten(pdf, b"1 0 0 RG 0 0 m 1 1 l f 0 1 0 RG 0 0 m 1 1 l S 0 0 1 RG q Q S")
    assert [line for line in told.split(b"\n") if b"RG" in line] == [b"0 1 0 RG", b"0 0 1 RG"]


@pytest.mark.parametrize("colour", [b"/Pattern CS /P0 SCN", b"0.5 G", b"0 0 0 1 K"])
def test_a_line_has_the_colour_that_was_chosen_last(colour, pdf):
    told = rewritten(pdf, b"1 0 0 RG %b 0 0 m 1 1 l S" % colour)
    assert told.split() == colour.split() + b"0 0 m 1 1 l S".split()


def test_letters_that_are_drawn_by_their_lines_keep_the_colour_of_these(pdf):
    lines = b"BT 1 Tr /F 10 Tf 1 0 0 -1 20 30 Tm 1 0 0 RG <0001> Tj 0 1 0 RG <0002> Tj ET"
    assert rewritten(pdf, lines).split() == lines.split()


def mark(pdf, kind, content, **more):
    return pdf.make_indirect(
        Dictionary(Type=Name.StructElem, S=Name(f"/{kind}"), K=content, **more)
    )


@pytest.fixture
def told(pdf):
    """A paragraph on two pages, in marks of which most have no message."""
    first, second = pdf.pages[0].obj, pdf.add_blank_page().obj
    words = mark(pdf, "NonStruct", 0, Pg=first)
    more = mark(
        pdf, "NonStruct", Array([1, Dictionary(Type=Name.MCR, Pg=second, MCID=0)]), Pg=first
    )
    inner = mark(pdf, "NonStruct", Array([more]))
    strong = mark(pdf, "Strong", Array([mark(pdf, "NonStruct", 2, Pg=first)]))
    named = mark(pdf, "NonStruct", 3, Pg=first, Alt=pikepdf.String("a sum"))
    paragraph = mark(pdf, "P", Array([words, inner, strong, named]))
    root = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot, K=paragraph))
    held = Array([words, more, strong.K[0], named])
    root.ParentTree = Dictionary(Nums=Array([0, held, 1, Array([more])]))
    pdf.Root.StructTreeRoot = root
    return pdf


def test_what_silent_marks_hold_belongs_to_the_mark_around_them(told):
    smaller.make_smaller(told)
    root = told.Root.StructTreeRoot
    paragraph, (first, second) = root.K, [page.obj for page in told.pages]
    assert paragraph.Pg.objgen == first.objgen
    one, two, three, strong, named = paragraph.K
    assert (one, two, three.MCID, three.Pg.objgen) == (0, 1, 0, second.objgen)
    assert (strong.S, strong.K, strong.Pg.objgen) == (Name.Strong, 2, first.objgen)
    assert (named.S, named.Alt, named.K) == (Name.NonStruct, "a sum", 3)
    assert [mark.P.objgen for mark in (strong, named)] == [paragraph.objgen] * 2


def test_each_piece_still_finds_the_mark_that_tells_of_it(told):
    smaller.make_smaller(told)
    root = told.Root.StructTreeRoot
    paragraph, *_, strong, named = root.K, *root.K.K
    owners = [paragraph, paragraph, strong, named], [paragraph]
    found = root.ParentTree.Nums[1], root.ParentTree.Nums[3]
    for marks, expected in zip(found, owners, strict=True):
        assert [mark.objgen for mark in marks] == [mark.objgen for mark in expected]


def test_a_mark_may_hold_nothing(told):
    told.Root.StructTreeRoot.K.K.append(
        told.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Figure, Pg=told.pages[0].obj))
    )
    smaller.make_smaller(told)
    assert "/K" not in told.Root.StructTreeRoot.K.K[-1]


PIECE = b"/%b <</MCID %d>> BDC BT /F 10 Tf 1 0 0 -1 %d 30 Tm <0001> Tj ET EMC "


def paged(pdf, content, kids, owners):
    """A page of pieces, a paragraph with some content, and the table of whose each piece is."""
    page = pdf.pages[0].obj
    page.StructParents = 5
    page.Contents = pdf.make_stream(content)
    paragraph = mark(pdf, "P", Array([]), Pg=page)
    code = mark(pdf, "Code", Array([]), Pg=page)
    named = {"P": paragraph, "Code": code}
    paragraph.K = Array([named.get(kid, kid) for kid in kids])
    code.K = Array([n for n, owner in enumerate(owners) if owner == "Code"])
    root = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot, K=paragraph))
    root.ParentTree = Dictionary(Nums=Array([5, Array([named[owner] for owner in owners])]))
    pdf.Root.StructTreeRoot = root
    smaller.make_smaller(pdf)
    return page.Contents.read_bytes(), root


def numbers_of(content):
    pdf = Pdf.new()
    told = pikepdf.parse_content_stream(pdf.make_stream(content))
    return [int(one.operands[1].MCID) for one in told if str(one.operator) == "BDC"]


def test_pieces_that_follow_each_other_in_their_mark_are_one(pdf):
    content = b"".join(PIECE % (b"NonStruct", n, 20 + 6 * n) for n in range(4))
    told, root = paged(pdf, content, [0, 1, 2, 3], "PPPP")
    assert told.count(b"BDC") == told.count(b"EMC") == told.count(b"BT") == 1
    assert b"<0001000100010001>" in told
    assert root.K.K == 0
    first, *others = root.ParentTree.Nums[1]
    assert first.objgen == root.K.objgen
    assert others == [None] * 3


def test_pieces_of_several_marks_stay_apart(pdf):
    content = b"".join(PIECE % (b"NonStruct", n, 20 + 6 * n) for n in range(5))
    told, root = paged(pdf, content, [0, "Code", 3, 4], ["P", "Code", "Code", "P", "P"])
    assert numbers_of(told) == [0, 1, 3]
    first, code, last = root.K.K
    assert (first, code.K, last) == (0, 1, 3)
    assert [one and one.S for one in root.ParentTree.Nums[1]] == [
        "/P", "/Code", None, "/P", None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("order", "between"),
    [([1, 0], b""), ([0, 1], b"0 0 m 1 1 l S "), ([0, 1], b"/Artifact BMC EMC ")],
    ids=["read in another order", "drawn between", "decoration between"],
)
def test_pieces_that_do_not_follow_each_other_stay_apart(order, between, pdf):
    content = PIECE % (b"Span", 0, 20) + between + PIECE % (b"Span", 1, 26)
    told, root = paged(pdf, content, order, "PP")
    assert numbers_of(told) == [0, 1]
    assert list(root.K.K) == order


def test_a_piece_inside_a_piece_is_none_of_its_own(pdf):
    inner = b"/Span <</ActualText (fi)>> BDC EMC "
    content = PIECE % (b"Span", 0, 20) + b"/P <</MCID 1>> BDC " + inner + b"EMC "
    told, _ = paged(pdf, content, [0, 1], "PP")
    assert told.count(b"BDC") == told.count(b"EMC") == 2
    assert b"ActualText" in told
