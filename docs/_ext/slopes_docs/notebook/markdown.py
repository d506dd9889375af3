"""From a resolved page to Markdown that plain Jupyter shows.

By the time a page is written, Sphinx has resolved every role, number, citation and glued value. So
this walks the resolved tree instead of the source: what comes out holds no MyST syntax, whatever
extension a construct came from. References become links where the site's address is known, plain
text elsewhere; admonitions become quotations with a bold title, folded ones ``<details>``;
captions keep their numbers, equations their tags, TeX macros are written out.

Left out, because Jupyter has no counterpart: index entries, comments, tables of contents, icons,
targets (links to them lead to the site), raw HTML. Anything else that is unknown is a warning.
"""

from __future__ import annotations

import base64
import mimetypes
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging

from slopes_docs.notebook.marks import code, details, escape, expand_macro, fenced, hanging, quoted

log = logging.getLogger(__name__)

FOLDED = {"dropdown", "toggle"}  # classes of admonitions that a page shows closed
SILENT = (
    nodes.Invisible, nodes.system_message, nodes.raw, nodes.label, nodes.colspec, nodes.docinfo,
    addnodes.toctree, addnodes.index, addnodes.highlightlang,
)  # fmt: skip
LINE_START = re.compile(r"^(\s*)([-+>#]|\d+[.)])(?=\s)", re.MULTILINE)
ALIGNED = re.compile(r"\\\\|(?<!\\)&")
LANGUAGES = {"ipython3": "python", "ipython": "python", "default": "", "none": "", "myst-ansi": ""}

Writer = Callable[["Markdown", nodes.Element], str]


@dataclass(frozen=True)
class Cell:
    """A code cell's place in the text: its index in the notebook, and whether it is folded."""

    index: int
    folded: bool = False


@dataclass
class Markdown:
    """Writes one page.

    Attributes
    ----------
    base : str
        The page's own address on the site; empty if there is no site.
    source : Path
        The folder that image paths are relative to.
    numbers : Mapping[str, Mapping[str, tuple[int, ...]]]
        Figure numbers of the page: kind, id, number.
    formats : Mapping[str, str]
        How a number of each kind is written, such as ``Figure %s``.
    macros : Mapping[str, str]
        TeX macros and their expansions.
    """

    base: str
    source: Path
    numbers: Mapping[str, Mapping[str, tuple[int, ...]]] = field(default_factory=dict)
    formats: Mapping[str, str] = field(default_factory=dict)
    macros: Mapping[str, str] = field(default_factory=dict)

    # --- the page, a sequence of texts and cells ------------------------------------------------

    def pieces(self, node: nodes.Element, *, depth: int = 0) -> Iterator[str | Cell]:
        """Yield the page's texts and code cells in order."""
        for child in node.children:
            if isinstance(child, nodes.title) and isinstance(node, nodes.section):
                yield f"{'#' * min(depth, 6)} {self.inline(child)}"
            elif isinstance(child, nodes.section):
                yield from self.pieces(child, depth=depth + 1)
            elif is_cell(child):
                yield Cell(child["cell_index"])
                yield from self.captions(child)
            elif any(is_cell(inner) for inner in child.findall(nodes.container)):
                yield from self.folded(child, depth)
            elif text := self.block(child):
                yield text

    def captions(self, cell: nodes.Element) -> Iterator[str]:
        """Yield the captions under a cell's figures."""
        for figure in cell.findall(nodes.figure):
            yield from (self.block(part) for part in figure.findall(nodes.caption))

    def folded(self, node: nodes.Element, depth: int) -> Iterator[str | Cell]:
        """Yield a block with code cells in it; a notebook folds each part on its own."""
        heading, rest = self.heading(node)
        box = nodes.container("", *[child.deepcopy() for child in rest])
        if not heading:  # a mere wrapper
            yield from self.pieces(box, depth=depth)
            return
        for number, piece in enumerate(self.pieces(box, depth=depth)):
            if isinstance(piece, Cell):
                if number == 0:
                    yield f"**{heading}**"
                yield Cell(piece.index, folded=True)
            else:
                yield details(heading, piece)

    # --- blocks ---------------------------------------------------------------------------------

    def block(self, node: nodes.Node) -> str:
        """Write one block element; empty if there is nothing to show."""
        if isinstance(node, SILENT):
            return ""
        for kind, write in self.writers():
            if isinstance(node, kind):
                return write(self, node)
        return self.unknown(node)

    @staticmethod
    def writers() -> tuple[tuple[type | tuple[type, ...], Writer], ...]:
        """Pair kinds of nodes with what writes them, the special before the general."""
        return (
            ((nodes.paragraph, addnodes.centered), Markdown.paragraph),
            (nodes.literal_block, Markdown.literal),
            (nodes.doctest_block, Markdown.literal),
            (nodes.math_block, Markdown.display),
            ((nodes.bullet_list, nodes.enumerated_list), Markdown.items),
            ((nodes.definition_list, nodes.field_list, nodes.option_list), Markdown.pairs),
            (nodes.table, Markdown.table),
            (nodes.image, Markdown.image),
            (nodes.figure, Markdown.blocks),
            ((nodes.caption, nodes.attribution), Markdown.caption),
            (nodes.transition, Markdown.rule),
            (nodes.block_quote, Markdown.quotation),
            (nodes.line_block, Markdown.lines),
            ((nodes.footnote, nodes.citation), Markdown.note),
            (nodes.Admonition, Markdown.admonition),
            ((nodes.topic, nodes.sidebar), Markdown.admonition),
            (nodes.TextElement, Markdown.text_element),
            ((nodes.Sequential, nodes.General, nodes.Structural, nodes.Part), Markdown.group),
        )

    def blocks(self, node: nodes.Element) -> str:
        """Write a node's children, one after the other."""
        return "\n\n".join(filter(None, map(self.block, node.children)))

    def group(self, node: nodes.Element) -> str:
        """Write a wrapper: a dropdown as details, anything else as its content."""
        if type(node).__name__ == "dropdown_main":
            heading, rest = self.heading(node)
            return details(heading, "\n\n".join(filter(None, map(self.block, rest))))
        return self.blocks(node)

    def unknown(self, node: nodes.Node) -> str:
        """Write what no rule covers as its text, and say so."""
        log.warning(
            "notebook: no rule for %s", type(node).__name__, location=node, type="slopes",
            subtype="notebooks",
        )  # fmt: skip
        return escape(node.astext())

    def paragraph(self, node: nodes.Element) -> str:
        """Write running text."""
        return LINE_START.sub(r"\1\\\2", self.inline(node)).strip()

    def text_element(self, node: nodes.Element) -> str:
        """Write a stray title, tab label or summary as a bold line, an inline element as it is."""
        text = self.inline(node).strip()
        heading = isinstance(node, (nodes.title, nodes.rubric))
        heading = heading or type(node).__name__ == "sd_tab_label"
        return f"**{text}**" if heading and text else text

    def literal(self, node: nodes.Element) -> str:
        """Write a block of code."""
        language = node.get("language", "")
        if language in {"", "default"} and node.get("source", "").endswith(".py"):
            language = "python"  # literalinclude leaves it to the default
        language = LANGUAGES.get(language, language)
        return fenced(node.astext(), language)

    def display(self, node: nodes.Element) -> str:
        """Write an equation with its number."""
        tex = self.expand(node.astext().strip())
        if ALIGNED.search(tex) and r"\begin" not in tex:
            tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
        numbers = self.numbers.get("displaymath", {})
        number = next((".".join(map(str, numbers[i])) for i in node["ids"] if i in numbers), "")
        if number and not re.match(r"\\begin\{(align|gather|equation)", tex):
            tex += rf" \tag{{{number}}}"
        return f"$$\n{tex}\n$$"

    def items(self, node: nodes.Element) -> str:
        """Write a list."""
        written = []
        paragraphs = [sum(isinstance(c, nodes.paragraph) for c in item) for item in node.children]
        gap = "\n\n" if max(paragraphs, default=0) > 1 else "\n"
        for number, item in enumerate(node.children, node.get("start", 1)):
            mark = f"{number}." if isinstance(node, nodes.enumerated_list) else "-"
            written.append(hanging(mark, gap.join(filter(None, map(self.block, item.children)))))
        return gap.join(written)

    def pairs(self, node: nodes.Element) -> str:
        """Write definitions and fields as a list with bold heads."""
        written = []
        for item in node.children:
            *heads, body = item.children
            names = ", ".join(f"**{self.inline(head).strip()}**" for head in heads)
            written.append(hanging("-", f"{names}: {self.blocks(body)}"))
        return "\n".join(written)

    def table(self, node: nodes.Element) -> str:
        """Write a table."""
        rows = [
            [self.blocks(entry).replace("\n\n", "<br>").replace("\n", " ").replace("|", r"\|")
             for entry in row.children]
            for row in node.findall(nodes.row)
        ]  # fmt: skip
        if next(node.findall(nodes.thead), None) is None:
            rows.insert(0, [""] * len(rows[0]))
        rows.insert(1, ["---"] * len(rows[0]))
        title = next((child for child in node.children if isinstance(child, nodes.title)), None)
        caption = f"*{self.number(node)}{self.inline(title)}*\n\n" if title is not None else ""
        return caption + "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def image(self, node: nodes.Element) -> str:
        """Write a picture, its bytes in the text, so that the notebook stands alone."""
        alt = node.get("alt", "").replace("[", "(").replace("]", ")").replace("\n", " ")
        if ":" in node["uri"]:
            return f"![{alt}]({node['uri']})"
        kind = mimetypes.guess_type(node["uri"])[0]
        data = base64.b64encode((self.source / node["uri"]).read_bytes()).decode()
        return f"![{alt}](data:{kind};base64,{data})"

    def caption(self, node: nodes.Element) -> str:
        """Write a caption with the number of what it belongs to."""
        return f"*{self.number(node.parent)}{self.inline(node).strip()}*"

    def rule(self, _: nodes.Element) -> str:
        """Write a line between two thoughts."""
        return "---"

    def quotation(self, node: nodes.Element) -> str:
        """Write a quotation."""
        return quoted(self.blocks(node))

    def lines(self, node: nodes.Element) -> str:
        """Write lines that stay lines."""
        return "  \n".join(self.inline(line) for line in node.findall(nodes.line))

    def note(self, node: nodes.Element) -> str:
        """Write a footnote or an entry of the bibliography."""
        label = next(iter(node.findall(nodes.label)), None)
        return f"\\[{label.astext() if label else ''}\\] {self.blocks(node)}"

    def admonition(self, node: nodes.Element) -> str:
        """Write an admonition, exercise, solution or theorem."""
        heading, rest = self.heading(node)
        body = "\n\n".join(filter(None, map(self.block, rest)))
        if FOLDED & set(node["classes"]):
            return details(heading, body)
        return quoted(f"**{heading}**\n\n{body}")

    # --- headings and numbers ---------------------------------------------------------------------

    def heading(self, node: nodes.Element) -> tuple[str, list[nodes.Node]]:
        """Split a block into the words of its title, number included, and its content."""
        kind = type(node).__name__
        first, rest = (node.children[0], node.children[1:]) if node.children else (None, [])
        if isinstance(first, nodes.title) or type(first).__name__ == "dropdown_title":
            title = self.inline(first).strip()
        else:
            rest = list(node.children)
            title = kind.capitalize() if isinstance(node, nodes.Admonition) else ""
        number = self.number(node).rstrip(". ")
        if "realtype" in node:  # sphinx-proof leaves kind and number to its HTML
            number = number or node["realtype"].title()
            number = re.sub(r"^\w+", node["realtype"].title(), number)
        return " ".join(filter(None, [number, title])) or "", list(rest)

    def number(self, node: nodes.Element) -> str:
        """Give ``Figure 3. `` or the like for a numbered element, else nothing."""
        for kind, numbers in sorted(self.numbers.items()):
            for name in node.get("ids", []):
                if name in numbers and kind != "section":
                    text = ".".join(map(str, numbers[name]))
                    return self.formats.get(kind, f"{kind.title()} %s") % text + ". "
        return ""

    # --- running text -----------------------------------------------------------------------------

    def inline(self, node: nodes.Node) -> str:
        """Write the inline content of an element."""
        return "".join(map(self.run, node.children))

    def run(self, node: nodes.Node) -> str:
        """Write one inline element."""
        if isinstance(node, nodes.Text):
            return escape(node.astext())
        if isinstance(node, nodes.raw):
            return "  \n" if "<br" in node.astext() and "html" in node["format"] else ""
        if isinstance(node, SILENT) and not isinstance(node, nodes.target):
            return ""
        if isinstance(node, nodes.math):
            return f"${self.expand(node.astext())}$"
        if isinstance(node, nodes.literal):
            return code(node.astext())
        if isinstance(node, nodes.image):
            return self.image(node)
        text = self.inline(node)
        return self.wrapped(node, text) if text.strip() else text

    def wrapped(self, node: nodes.Node, text: str) -> str:
        """Put an inline element's marks around its text."""
        if isinstance(node, (nodes.footnote_reference, nodes.citation_reference)):
            return rf"\[{text}\]"
        if isinstance(node, nodes.reference):
            return self.link(node, text)
        if isinstance(node, nodes.abbreviation) and node.get("explanation"):
            return f"{text} ({escape(node['explanation'])})"
        marks = {
            nodes.emphasis: "*{}*", nodes.title_reference: "*{}*", nodes.strong: "**{}**",
            nodes.subscript: "<sub>{}</sub>", nodes.superscript: "<sup>{}</sup>",
        }  # fmt: skip
        if type(node).__name__ == "timing":  # `identical` looks for the same mark as in the page
            return f'<span data-timing="">{text}</span>'
        return marks.get(type(node), "{}").format(text)

    def link(self, node: nodes.Element, text: str) -> str:
        """Write a link to where it leads on the site, or its text alone."""
        target = node.get("refuri") or "#" + node.get("refid", "")
        if not re.match(r"[a-z]+:", target):
            target = urljoin(self.base, target) if self.base else ""
        return f"[{text}]({target})" if target else text

    def expand(self, tex: str) -> str:
        """Write out the macros of a formula: no reader's Jupyter knows them."""
        for _ in range(8):  # a macro may use others
            before = tex
            # a macro takes the next token unexpanded, so those with arguments go first
            for name, meaning in sorted(self.macros.items(), key=lambda pair: "#" not in pair[1]):
                tex = expand_macro(tex, name, meaning)
            if tex == before:
                break
        return tex


def is_cell(node: nodes.Node) -> bool:
    """Whether a node is a code cell."""
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"
