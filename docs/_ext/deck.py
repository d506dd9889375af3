r"""Decks: pages under ``slides/`` become reveal.js presentations in the ordinary html build.

A deck is a MyST notebook, ``slides/<topic>.md``. Book and decks are one Sphinx project, so a deck
can ``{numref}`` a figure of the book, cite, and execute its cells; ``slides/index`` stays a page.

Headings
    ``#`` is the title slide, ``##`` a slide, ``###`` a slide below it: a ``##`` with ``###`` under
    it heads a vertical stack and is a section slide. A heading is the slide's statement.

Front matter
    ``minutes`` (default 45): what the notes must add up to. ``chapter``: the book page to link,
    where it is not the page with the deck's own stem.

``{slide}``: options of the slide that it stands in
    ``:kind:`` is one of ``KINDS`` and chooses the design; ``:class:`` adds classes (``beside`` sets
    a cell's output beside its code); ``:auto-animate:``, ``:auto-animate-id:``,
    ``:auto-animate-restart:``, ``:transition:`` and ``:background-color:`` are reveal's own.

``{notes}``: what the speaker view shows; one block in each slide
    ``:minutes:`` is required. Formulas, lists, code and links all work.

``{fragments}``: content shown step by step
    Each list item, else each block, is one step. ``:effect:`` takes reveal's effects (``fade-up``).

``{answer}``: the last fragment of a question slide
    An optional letter, ``{answer} B``, marks that option of the list before it.

``{stepping} 1|2-3|*``: line stepping for the code block inside it, ``literalinclude`` too
    For an executed cell the same is a cell option, ``:steps: 1|2-3|*``. Each part between bars is
    one step; ``1,4-6`` is a set of lines, ``*`` all lines. The first part is shown from the start.

``:fragment: output`` on a code cell
    Holds back its output, ``:fragment: cell`` the whole cell, until the next step.

A missing or second ``{notes}``, minutes that do not add up, a bad step and content outside a slide
are warnings of type ``deck``: errors under ``-W``. Builders other than html leave the notes out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from html import escape
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

__all__ = ["KINDS", "setup"]

logger = logging.getLogger(__name__)

KINDS = (
    "title", "section", "text", "code", "figure", "question", "columns", "statement", "exercises",
)  # fmt: skip
BACKGROUNDS = {"section": "var(--slopes-deep)", "question": "var(--slopes-b-soft)"}
MINUTES = 45.0
LETTERS = tuple("abcdef")  # deck.css marks as many options
PART = r"(?:\*|\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)"
STEPS = re.compile(rf"{PART}(?:\|{PART})*")

# The mark of the course, large: secants turn into the tangent of x ** 2.6. Colours: deck.css.
MARK = """<svg class="mark" viewBox="0 0 520 720" aria-hidden="true" focusable="false">
<path class="secant" d="M120 707 500 86M120 681 500 184M120 657 500 273"/>
<path class="tangent" d="M30 684 510 381"/>
<path class="curve" d="M20 620C60 620 100 618 140 605C180 592 220 568 260 528C300 488 340 432 380
355C420 278 460 181 500 60"/>
<g class="point"><circle cx="480" cy="119" r="8"/><circle cx="400" cy="315" r="8"/>
<circle cx="320" cy="455" r="8"/><circle cx="200" cy="576" r="15"/></g></svg>
"""


class slide(nodes.section):  # noqa: N801
    """One slide; a section, because docutils wants a section around a title."""


class stack(nodes.General, nodes.Element):  # noqa: N801
    """A vertical stack of slides."""


class notes(nodes.General, nodes.Element):  # noqa: N801
    """Speaker notes, with the planned ``minutes``."""


class slide_options(nodes.Invisible, nodes.Element):  # noqa: N801
    """Options of the slide around it; leaves no trace in the page."""


class stepped(nodes.General, nodes.Element):  # noqa: N801
    """A code block with ``steps``."""


# --- directives -------------------------------------------------------------------------------


def _minutes(argument: str | None) -> float:
    """Read a positive, finite number of minutes."""
    value = float(argument or "nan")
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"minutes must be a positive number, got minutes={argument!r}")
    return value


def _kind(argument: str | None) -> str:
    """Read the kind of a slide."""
    return directives.choice(argument, KINDS)


def _steps(argument: str | None) -> str:
    """Read the parts of a line stepping."""
    value = re.sub(r"\s", "", argument or "")
    if not STEPS.fullmatch(value):
        raise ValueError(f"steps must be line sets such as 1|2-3|*, got steps={argument!r}")
    return value


class Notes(SphinxDirective):
    """Speaker notes of the enclosing slide."""

    has_content = True
    option_spec: ClassVar = {"minutes": _minutes}

    def run(self) -> list[nodes.Node]:
        if "minutes" not in self.options:
            raise self.error("minutes must be given, got notes without :minutes:")
        node = notes("", *self.parse_content_to_nodes(), minutes=self.options["minutes"])
        self.set_source_info(node)
        return [node]


class Fragments(SphinxDirective):
    """Blocks or list items that appear one by one."""

    has_content = True
    option_spec: ClassVar = {"effect": directives.class_option}

    def run(self) -> list[nodes.Node]:
        blocks = self.parse_content_to_nodes()
        for block in blocks:
            items = block.children if _is_list(block) else [block]
            for item in filter(lambda node: isinstance(node, nodes.Element), items):
                item["classes"] += ["fragment", *self.options.get("effect", [])]
        return blocks


class Answer(SphinxDirective):
    """The answer to a question slide: the last thing to appear."""

    has_content = True
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        classes = ["fragment", "answer"]
        if self.arguments:
            letter = self.arguments[0].lower()
            if letter not in LETTERS:
                raise self.error(f"answer must be a letter from A to F, got answer={letter!r}")
            classes.append(f"answer-{letter}")
        return [nodes.container("", *self.parse_content_to_nodes(), classes=classes)]


class Slide(SphinxDirective):
    """Options of the enclosing slide."""

    option_spec: ClassVar = {
        "kind": _kind,
        "class": directives.class_option,
        "auto-animate": directives.flag,
        "auto-animate-id": directives.unchanged_required,
        "auto-animate-restart": directives.flag,
        "transition": directives.unchanged_required,
        "background-color": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        node = slide_options(options=dict(self.options))
        self.set_source_info(node)
        return [node]


class Stepping(SphinxDirective):
    """Line stepping for the code blocks inside."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        try:
            steps = _steps(self.arguments[0])
        except ValueError as problem:
            raise self.error(str(problem)) from None
        blocks = self.parse_content_to_nodes()
        for block in blocks:
            for code in block.findall(nodes.literal_block):
                code["deck_steps"] = steps
        return blocks


DIRECTIVES = {
    "notes": Notes,
    "fragments": Fragments,
    "answer": Answer,
    "slide": Slide,
    "stepping": Stepping,
}


def _is_list(node: nodes.Node) -> bool:
    """Tell whether the children of ``node`` are list items."""
    return isinstance(node, (nodes.bullet_list, nodes.enumerated_list, nodes.definition_list))


# --- reading: what a deck must keep ------------------------------------------------------------


def is_deck(app: Sphinx, docname: str) -> bool:
    """Tell whether a document is a deck; the index of the decks is a page."""
    prefix = app.config.deck_prefix
    return docname.startswith(prefix) and docname != f"{prefix}index"


def _sections(node: nodes.Element) -> list[nodes.section]:
    """Return the sections directly inside ``node``."""
    return [child for child in node.children if isinstance(child, nodes.section)]


def _leaves(document: nodes.document) -> Iterator[nodes.section]:
    """Yield the section of every slide, in the order of presentation."""
    for top in _sections(document):
        yield top
        for second in _sections(top):
            yield second
            yield from _sections(second)


def _own(section: nodes.section, kind: type[nodes.Element]) -> list[Any]:
    """Return the nodes of one kind that stand directly in a slide."""
    return [child for child in section.children if isinstance(child, kind)]


def _warn(message: str, node: nodes.Node | str, subtype: str) -> None:
    """Warn in this extension's name, at a node or in a document."""
    logger.warning(message, location=node, type="deck", subtype=subtype)


def check(app: Sphinx, document: nodes.document) -> None:
    """Warn where a document breaks the rules in the module's docstring."""
    docname = app.env.docname
    for cell in document.findall(nodes.container):
        _read_cell(cell)
    leaves = list(_leaves(document)) if is_deck(app, docname) else []
    for node in document.findall(lambda n: isinstance(n, (notes, slide_options))):
        if node.parent not in leaves:
            name = "notes" if isinstance(node, notes) else "slide"
            _warn(f"{name} must stand directly in a slide of a deck", node, "place")
    if not is_deck(app, docname):
        return
    for child in document.children:
        # A label before the first heading stays a child of the document: it prints nothing.
        if not isinstance(child, (nodes.section, nodes.Invisible, nodes.target)):
            _warn("a deck must begin with its title, got content before it", child, "place")
    for leaf in leaves:
        count = len(_own(leaf, notes))
        if count != 1:
            _warn(f"a slide must have one notes block, got {count}: {_title(leaf)}", leaf, "notes")
    _check_minutes(app, docname, leaves)


def _check_minutes(app: Sphinx, docname: str, leaves: list[nodes.section]) -> None:
    """Warn where the notes do not add up to the deck's minutes."""
    given = app.env.metadata[docname].get("minutes", MINUTES)
    try:
        planned = _minutes(str(given))
    except ValueError:
        _warn(f"minutes must be a positive number, got minutes={given!r}", docname, "minutes")
        return
    total = sum(note["minutes"] for leaf in leaves for note in _own(leaf, notes))
    if not math.isclose(total, planned):
        message = f"minutes of the notes must add up to {planned:g}, got total={total:g}"
        _warn(message, docname, "minutes")


def _title(section: nodes.section) -> str:
    """Return the text of a slide's heading."""
    return next((t.astext() for t in _own(section, nodes.title)), "")


def _read_cell(cell: nodes.container) -> None:
    """Carry the options ``steps`` and ``fragment`` of an executed cell over to its nodes."""
    options = cell.get("cell_metadata", {}) if cell.get("nb_element") == "cell_code" else {}
    if "steps" in options:
        try:
            steps = _steps(str(options["steps"]))
        except ValueError as problem:
            _warn(str(problem), cell, "steps")
            return
        for code in list(cell.findall(nodes.literal_block))[:1]:
            code["deck_steps"] = steps
            _check_lines(steps, code)
    held = options.get("fragment")
    if held == "cell":
        cell["classes"].append("fragment")
    elif held == "output":
        for part in cell.findall(nodes.container):
            if part.get("nb_element") == "cell_code_output":
                part["classes"].append("fragment")
    elif held is not None:
        _warn(f"fragment must be 'cell' or 'output', got fragment={held!r}", cell, "fragment")


def _check_lines(steps: str, code: nodes.literal_block) -> None:
    """Warn where a step names a line that the code does not have."""
    last = max((int(number) for number in re.findall(r"\d+", steps)), default=0)
    lines = len(code.astext().rstrip("\n").split("\n"))
    if last > lines:
        _warn(f"steps must be lines of the {lines} in the cell, got steps={steps!r}", code, "steps")


# --- resolving: sections become slides ---------------------------------------------------------


class BuildDeck(SphinxPostTransform):
    """Turn a deck's sections into slides; elsewhere take out what only a deck can show."""

    default_priority = 700  # after references, citations and MyST-NB's choice of outputs

    def run(self, **_: Any) -> None:
        docname = self.env.docname
        deck = self.app.builder.name in {"html", "dirhtml"} and is_deck(self.app, docname)
        leaves = list(_leaves(self.document)) if deck else []
        for node in list(self.document.findall(_only_in_decks)):
            if node.parent not in leaves:
                node.parent.remove(node)
        if deck:
            _build(self.app, docname, self.document)


def _only_in_decks(node: nodes.Node) -> bool:
    """Tell whether a node has no meaning outside a deck."""
    return isinstance(node, (notes, slide_options))


def _build(app: Sphinx, docname: str, document: nodes.document) -> None:
    """Replace the sections of a deck by slides and stacks."""
    for image in document.findall(nodes.image):
        image["classes"].append("no-scaled-link")  # a click goes on, not away to the image
    for code in list(document.findall(nodes.literal_block)):
        if "deck_steps" in code:
            wrapper = stepped("", steps=code["deck_steps"])
            code.replace_self(wrapper)
            wrapper.append(code)
    for top in _sections(document):
        out: list[nodes.Element] = [_leaf(top, 1, "title")]
        for second in _sections(top):
            below = _sections(second)
            head = _leaf(second, 2, "section" if below else "text")
            out.append(stack("", head, *(_leaf(s, 3, "text") for s in below)) if below else head)
        top.replace_self(out)
    slides = list(document.findall(slide))
    course = f"{app.config.project} · {sum(n['minutes'] for n in _notes(slides)):g} minutes"
    for deck_slide in slides:
        _furnish(deck_slide, course, _links(app, docname))
    _number(app, docname, slides)


def _leaf(section: nodes.section, level: int, kind: str) -> slide:
    """Return the slide of one section, without the sections that are slides of their own."""
    own = [c for c in section.children if level == 3 or not isinstance(c, nodes.section)]
    options: dict[str, Any] = {}
    for node in [c for c in own if isinstance(c, slide_options)]:
        options |= node["options"]
    said = [c for c in own if isinstance(c, notes)]
    titles = [c for c in own if isinstance(c, nodes.title)]
    rest = [c for c in own if not isinstance(c, (notes, slide_options, nodes.title))]
    body = nodes.container("", *rest, classes=["slide-body"])
    for inner in list(body.findall(nodes.section)):
        _flatten(inner)
    kind = options.pop("kind", kind)
    classes = [*section["classes"], *options.pop("class", []), f"kind-{kind}"]
    data = {name: value or "" for name, value in options.items()}
    if kind in BACKGROUNDS:
        data.setdefault("background-color", BACKGROUNDS[kind])
    new = slide("", *titles, body, *said, ids=section["ids"], names=section["names"])
    new["classes"], new["level"], new["kind"], new["data"] = classes, level, kind, data
    new.source, new.line = section.source, section.line
    return new


def _flatten(section: nodes.section) -> None:
    """Replace a section inside a slide: reveal takes any inner ``<section>`` for a slide."""
    children = [
        nodes.rubric("", "", *c.children) if isinstance(c, nodes.title) else c
        for c in section.children
    ]
    section.replace_self(
        nodes.container("", *children, classes=section["classes"], ids=section["ids"])
    )


def _links(app: Sphinx, docname: str) -> list[tuple[str, str]]:
    """Return text and address of a deck's ways out: its chapter and the index of decks."""
    prefix, env = app.config.deck_prefix, app.env
    chapter = env.metadata[docname].get("chapter", docname.removeprefix(prefix))
    targets = []
    if chapter in env.titles:
        targets.append((f"Chapter: {env.titles[chapter].astext()}", chapter))
    if f"{prefix}index" in env.titles:
        targets.append(("All decks", f"{prefix}index"))
    return [(text, app.builder.get_relative_uri(docname, target)) for text, target in targets]


def _furnish(deck_slide: slide, course: str, links: list[tuple[str, str]]) -> None:
    """Add what every deck has: course and mark to the title, links to title and exercises."""
    body = next(c for c in deck_slide.children if isinstance(c, nodes.container))
    if deck_slide["kind"] in {"title", "exercises"} and links:
        anchors = [
            nodes.reference("", text, refuri=uri, internal=True, classes=["deck-link"])
            for text, uri in links
        ]
        body.append(nodes.paragraph("", "", *anchors, classes=["deck-links"]))
    if deck_slide["kind"] == "title":
        deck_slide.insert(0, nodes.paragraph("", course, classes=["course"]))
        deck_slide.append(nodes.raw("", MARK, format="html"))


def _number(app: Sphinx, docname: str, slides: list[slide]) -> None:
    """Give each slide its number, its footer and its share of the lecture."""
    footer = f"{app.config.project} · {app.env.titles[docname].astext()}"
    total = sum(note["minutes"] for note in _notes(slides))
    start = 0.0
    for number, deck_slide in enumerate(slides, 1):
        data = deck_slide["data"]
        data |= {"footer": footer, "number": f"{number} / {len(slides)}"}
        for note in _notes([deck_slide]):
            end = start + note["minutes"]
            data["timing"] = str(round(60 * note["minutes"]))
            note["plan"] = f"{note['minutes']:g} min · {start:g} to {end:g} of {total:g}"
            start = end


def _notes(slides: list[slide]) -> list[notes]:
    """Return the notes of some slides."""
    return [c for deck_slide in slides for c in deck_slide.children if isinstance(c, notes)]


# --- writing ----------------------------------------------------------------------------------


def _visit_slide(self: HTML5Translator, node: slide) -> None:
    node["outer_level"], self.section_level = self.section_level, node["level"]
    attributes = {f"data-{name}": value for name, value in node["data"].items()}
    self.body.append(self.starttag(node, "section", CLASS="slide", **attributes))


def _depart_slide(self: HTML5Translator, node: slide) -> None:
    self.section_level = node["outer_level"]
    self.body.append("</section>\n")


def _visit_stack(self: HTML5Translator, node: stack) -> None:
    self.body.append("<section>\n")


def _depart_stack(self: HTML5Translator, node: stack) -> None:
    self.body.append("</section>\n")


def _visit_notes(self: HTML5Translator, node: notes) -> None:
    self.body.append(f'<aside class="notes"><p class="plan">{escape(node["plan"])}</p>\n')


def _depart_notes(self: HTML5Translator, node: notes) -> None:
    self.body.append("</aside>\n")


def _visit_stepped(self: HTML5Translator, node: stepped) -> None:
    self.body.append(f'<div class="stepped" data-steps="{escape(node["steps"])}">')


def _depart_stepped(self: HTML5Translator, node: stepped) -> None:
    # One empty fragment for each step after the first: reveal counts them, deck.js reads them.
    later = node["steps"].count("|")
    self.body.append('<span class="fragment step"></span>' * later + "</div>\n")


def _skip(self: nodes.NodeVisitor, node: nodes.Element) -> None:
    raise nodes.SkipNode


def choose_template(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> str | None:
    """Give decks their own page template."""
    if doctree is None or not is_deck(app, pagename):
        return None
    return "deck.html"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives, the nodes and the two steps that make a deck."""
    app.add_config_value("deck_prefix", "slides/", "env", str)
    for name, directive in DIRECTIVES.items():
        app.add_directive(name, directive)
    app.add_node(slide, html=(_visit_slide, _depart_slide))
    app.add_node(stack, html=(_visit_stack, _depart_stack))
    app.add_node(notes, html=(_visit_notes, _depart_notes))
    app.add_node(stepped, html=(_visit_stepped, _depart_stepped))
    app.add_node(slide_options, html=(_skip, None))
    app.add_post_transform(BuildDeck)
    app.connect("doctree-read", check)
    app.connect("html-page-context", choose_template, priority=999)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
