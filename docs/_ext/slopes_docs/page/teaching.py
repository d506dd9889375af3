"""What a lecturer plans with: sessions with their minutes, and how to cite, from one source each.

``{sessions} 90`` makes the table of a plan; each of its lines is a session:

    lecture tape: ex-tape-check ex-tape-build
    practice tape: ex-tape-derive

A lecture takes the minutes of the deck, or of half of it (``lecture tape 1/2``); what is left of
the session is shown beside it. ``{slide}`finite: A slope needs an error bar` `` links the slide of
that title. ``{bibtex}`` makes an entry out of ``CITATION.cff``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar, NamedTuple

import yaml
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from slopes_docs.page.contents import read
from slopes_docs.run.execution import project_root

log = logging.getLogger(__name__)

LINE = re.compile(
    r"(?P<kind>lecture|practice) (?P<topic>[\w-]+)(?: (?P<half>[12])/2)?:(?P<exercises>[ \w-]*)"
)


class Session(NamedTuple):
    """A session: what is done in it, in how many minutes, and the exercises to set."""

    text: str
    minutes: float
    exercises: tuple[str, ...]


def session(line: str, docs: Path) -> Session:
    """Read a line of a plan.

    Parameters
    ----------
    line : str
        The line, in the syntax of the module.
    docs : Path
        The folder of the book.

    Returns
    -------
    Session
        The session; its text is in MyST.

    Raises
    ------
    ValueError
        If the line has another form, or names a chapter that does not exist.
    """
    found = LINE.fullmatch(line.strip())
    if not found:
        rule = "'lecture TOPIC: EXERCISES', 'lecture TOPIC 1/2: …' or 'practice TOPIC: …'"
        raise ValueError(f"line must be {rule}, got line={line!r}")
    topic, exercises = found["topic"], tuple(found["exercises"].split())
    if not (docs / f"{topic}.md").is_file():
        raise ValueError(f"line must name a chapter, got line={line!r}")
    if found["kind"] == "practice":
        return Session(f"Exercises of {{doc}}`/{topic}`", 0.0, exercises)
    lecture = read(docs, topic).lecture
    if not lecture:
        return Session(f"{{doc}}`/{topic}`, read and discussed", 0.0, exercises)
    half = {"1": "first half of ", "2": "second half of "}.get(found["half"], "")
    minutes = lecture / 2 if half else lecture
    return Session(f"{half.capitalize()}{{doc}}`/slides/{topic}`", minutes, exercises)


def plan(lines: list[str], length: float, docs: Path) -> str:
    """Write the table of a plan.

    Parameters
    ----------
    lines : list[str]
        A line for each session.
    length : float
        Minutes of a session.
    docs : Path
        The folder of the book.

    Returns
    -------
    str
        A table in MyST.

    Raises
    ------
    ValueError
        If a line cannot be read, or its lecture is longer than the session.
    """
    head = (
        "| session | lecture | its minutes | left for questions | exercises, in class or at home |"
    )
    rows = [head, "|---|---|---|---|---|"]
    for number, line in enumerate(lines, 1):
        what = session(line, docs)
        if what.minutes > length:
            rule = f"at most {length:g} minutes long"
            raise ValueError(f"lecture must be {rule}, got lecture={what.minutes:g} in {line!r}")
        to_set = ", ".join(f"{{ref}}`{name}`" for name in what.exercises)
        spoken = f"{what.minutes:g}" if what.minutes else ""
        cells = (number, what.text, spoken, f"{length - what.minutes:g}", to_set)
        rows.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(rows)


class Sessions(SphinxDirective):
    """The table of a plan."""

    has_content = True
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Write it, or say which line is wrong."""
        docs = Path(self.env.srcdir)
        lines = [line for line in self.content if line.strip()]
        try:
            length = directives.positive_int(self.arguments[0])
            text = plan(lines, length, docs)
        except ValueError as problem:
            raise self.error(str(problem)) from problem
        for line in lines:
            topic = session(line, docs).text.rpartition("/")[2].partition("`")[0]
            self.env.note_dependency(self.env.doc2path(topic))
            self.env.note_dependency(str(docs / "slides" / f"{topic}.md"))
        return self.parse_text_to_nodes(text)


class slide_link(nodes.Inline, nodes.TextElement):  # noqa: N801
    """A link to a slide, before all decks are read."""


class SlideLink(SphinxRole):
    """A link to the slide of a title."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Leave the link; slides are known when all decks are read."""
        topic, _, title = self.text.partition(": ")
        self.env.note_dependency(self.env.doc2path(f"{self.config.deck_prefix}{topic}"))
        return [slide_link("", "", *told(title), deck=f"{self.config.deck_prefix}{topic}")], []


def told(title: str) -> list[nodes.Node]:
    """Give a title as it is read: what stands between dollars is a formula."""
    pieces = enumerate(title.split("$"))
    return [nodes.math(p, p) if k % 2 else nodes.Text(p) for k, p in pieces if p]


def link_slides(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Make each link to a slide lead there, or warn that there is none of this title."""
    for place in list(doctree.findall(slide_link)):
        deck, title = place["deck"], place.astext()
        found = slide_ids(app.env.get_doctree(deck)) if deck in app.env.found_docs else {}
        link = nodes.reference("", "", *place.children, internal=True)
        if title not in found:
            rule = "'TOPIC: TITLE' with the title of a slide"
            log.warning("slide must be %s, got slide=%r in %s", rule, title, deck, location=place)
        elif app.builder.name == "html":
            link["refuri"] = f"{app.builder.get_relative_uri(page, deck)}#{found[title]}"
        place.replace_self(link if "refuri" in link else place.children)


def slide_ids(deck: nodes.document) -> dict[str, str]:
    """Give the title of each slide of a deck, and its name in the address."""
    return {node[0].astext(): node["ids"][0] for node in deck.findall(nodes.section)}


def bibtex(citation: str, site: str) -> str:
    """Write an entry for BibTeX.

    Parameters
    ----------
    citation : str
        The text of ``CITATION.cff``.
    site : str
        The address of the site, empty if it has none.

    Returns
    -------
    str
        The entry.
    """
    cited = yaml.safe_load(citation)
    authors = " and ".join(f"{{{author['name']}}}" for author in cited["authors"])
    fields = {
        "author": f"{{{authors}}}",
        "title": f"{{{{{cited['title']}}}}}",
        "version": f"{{{cited['version']}}}",
        "year": f"{{{str(cited['date-released'])[:4]}}}",
    }
    if site:
        fields["url"] = f"{{{site}}}"
    lines = [f"  {name:<7} = {value}," for name, value in fields.items()]
    return "\n".join(["@misc{slopes,", *lines, "}"])


class BibTeX(SphinxDirective):
    """The entry for BibTeX, to copy."""

    option_spec: ClassVar = {}

    def run(self) -> list[nodes.Node]:
        """Write it."""
        source = project_root(self.env.app) / "CITATION.cff"
        self.env.note_dependency(str(source))
        entry = bibtex(source.read_text(encoding="utf-8"), self.config.slopes_site)
        return [nodes.literal_block(entry, entry, language="bibtex")]


def register(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("sessions", Sessions)
    app.add_directive("bibtex", BibTeX)
    app.add_role("slide", SlideLink())
    app.add_node(slide_link)
