"""Sections become slides when a page is resolved."""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from slopes_docs.deck.cells import warn
from slopes_docs.deck.checks import is_deck, leaves_of, sections
from slopes_docs.deck.directives import GIVEN, notes, slide_options
from slopes_docs.deck.marks import drawing
from slopes_docs.deck.plans import tell

BACKGROUNDS = {"section": "var(--slopes-deep)", "question": "var(--slopes-b-soft)"}


class slide(nodes.section):  # noqa: N801
    """One slide; a section, because docutils wants a section around a title."""


class stack(nodes.General, nodes.Element):  # noqa: N801
    """A vertical stack of slides."""


class stepped(nodes.General, nodes.Element):  # noqa: N801
    """A code block with ``steps``."""


class BuildDeck(SphinxPostTransform):
    """Turn a deck's sections into slides; elsewhere take out what only a deck can show."""

    default_priority = 700  # after references, citations and MyST-NB's choice of outputs

    def run(self, **_: Any) -> None:
        """Visit the page."""
        docname = self.env.docname
        deck = self.app.builder.name in {"html", "dirhtml"} and is_deck(self.app, docname)
        leaves = list(leaves_of(self.document)) if deck else []
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
    for top in sections(document):
        out: list[nodes.Element] = [_leaf(top, 1, "title")]
        for second in sections(top):
            below = sections(second)
            head = _leaf(second, 2, "section" if below else "text")
            out.append(stack("", head, *(_leaf(s, 3, "text") for s in below)) if below else head)
        top.replace_self(out)
    slides = list(document.findall(slide))
    course = f"{app.config.project} · {sum(n['minutes'] for n in _notes(slides)):g} minutes"
    for deck_slide in slides:
        _furnish(deck_slide, _links(app, docname))
        if deck_slide["kind"] == "title":
            _furnish_title(app, docname, deck_slide, course)
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


def _furnish(deck_slide: slide, links: list[tuple[str, str]]) -> None:
    """Link chapter and decks, from the title and from the exercises."""
    if deck_slide["kind"] in {"title", "exercises"} and links:
        anchors = [
            nodes.reference("", text, refuri=uri, internal=True, classes=["deck-link"])
            for text, uri in links
        ]
        _body(deck_slide).append(nodes.paragraph("", "", *anchors, classes=["deck-links"]))


def _furnish_title(app: Sphinx, docname: str, deck_slide: slide, course: str) -> None:
    """Add course, lecturer, licence and the topic's drawing to a title."""
    data, body = app.env.metadata[docname], _body(deck_slide)
    given = {name: str(data.get(name, app.config[f"deck_{name}"])) for name in GIVEN}
    told = "".join(f' data-{name}="{escape(value)}"' for name, value in given.items())
    words = escape(" · ".join(filter(None, given.values())))
    line = nodes.raw("", f'<p class="given"{told}>{words}</p>\n', format="html")
    links = [
        c for c in body.children if "deck-links" in getattr(c, "attributes", {}).get("classes", [])
    ]
    body.insert(body.index(links[0]) if links else len(body), line)
    if app.config.deck_licence:
        body.append(nodes.paragraph("", app.config.deck_licence, classes=["licence"]))
    deck_slide.insert(0, nodes.paragraph("", course, classes=["course"]))
    try:
        drawn = drawing(str(data.get("mark", "tangent")))
    except ValueError as problem:
        warn(str(problem), docname, "mark")
        return
    deck_slide.append(nodes.raw("", drawn, format="html"))


def _body(deck_slide: slide) -> nodes.container:
    """Return what stands below a slide's heading."""
    return next(c for c in deck_slide.children if isinstance(c, nodes.container))


def _number(app: Sphinx, docname: str, slides: list[slide]) -> None:
    """Give each slide its number, its footer and its share of the lecture."""
    footer = f"{app.config.project} · {app.env.titles[docname].astext()}"
    tell(_notes(slides))
    for number, deck_slide in enumerate(slides, 1):
        data = deck_slide["data"]
        data |= {"footer": footer, "number": f"{number} / {len(slides)}"}
        for note in _notes([deck_slide]):
            data["timing"] = str(round(60 * note["minutes"]))


def _notes(slides: list[slide]) -> list[notes]:
    """Return the notes of some slides."""
    return [c for deck_slide in slides for c in deck_slide.children if isinstance(c, notes)]
