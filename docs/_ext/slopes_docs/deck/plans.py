"""The plan of a deck: minutes of each slide in a short and in a long lecture, what to leave out.

The notes say it: ``:minutes:`` of the short lecture, ``:extra:`` minutes more in the long one, and
``:optional:`` where a short lecture with many questions leaves the slide out. The front matter
says what they add up to: ``minutes``, and ``long`` where the deck has a long plan.
"""

from __future__ import annotations

import math
from itertools import accumulate
from typing import ClassVar, NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from slopes_docs.deck.cells import warn
from slopes_docs.deck.directives import notes, read_minutes

MINUTES = 45.0
HEAD = ("slide", "minutes", "in the long plan", "may be left out")


class Told(NamedTuple):
    """What the notes of a slide say of its time."""

    title: nodes.title
    address: str
    minutes: float
    extra: float
    optional: bool


class plan(nodes.General, nodes.Element):  # noqa: N801
    """Where a page shows the plan of the deck ``deck``."""


class Plan(SphinxDirective):
    """The plan of one deck, as a table."""

    required_arguments = 1
    option_spec: ClassVar = {}

    def run(self) -> list[nodes.Node]:
        """Leave a place for the table; the decks may not have been read."""
        self.env.metadata[self.env.docname]["plans"] = True
        node = plan("", deck=self.arguments[0])
        self.set_source_info(node)
        return [node]


# --- what must add up -----------------------------------------------------------------------------


def check_minutes(env: BuildEnvironment, docname: str, said: list[notes]) -> None:
    """Warn where the notes do not add up to the minutes of the front matter."""
    data = env.metadata[docname]
    _check("minutes", data.get("minutes", MINUTES), sum(n["minutes"] for n in said), docname)
    longer = sum(n["minutes"] + n["extra"] for n in said)
    if "long" in data:
        _check("long", data["long"], longer, docname)
    elif any(n["extra"] for n in said):
        warn(f"long must be given with :extra:, got minutes and extra={longer:g}", docname, "long")


def _check(name: str, given: object, total: float, docname: str) -> None:
    """Warn where a sum is not what one name of the front matter says."""
    try:
        planned = read_minutes(str(given))
    except ValueError:
        warn(f"{name} must be a positive number, got {name}={given!r}", docname, name)
        return
    if not math.isclose(total, planned):
        of = "minutes" if name == "minutes" else "minutes and extra"
        warn(f"{of} of the notes must add up to {planned:g}, got total={total:g}", docname, name)


# --- what the speaker sees ------------------------------------------------------------------------


def tell(said: list[notes]) -> None:
    """Write into each slide's notes when it begins and ends, and whether it may be left out."""
    long = any(note["extra"] for note in said)
    short = _spans([note["minutes"] for note in said])
    longer = _spans([note["minutes"] + note["extra"] for note in said])
    for note, span, wide in zip(said, short, longer, strict=True):
        note["plan"] = f"{note['minutes']:g} min · {span}"
        if long:
            note["plan"] += f" (long plan: {note['minutes'] + note['extra']:g} min · {wide})"
        if note["optional"]:
            note["plan"] += " · may be left out"


def _spans(minutes: list[float]) -> list[str]:
    """Return when each of some slides begins and ends."""
    ends = list(accumulate(minutes))
    return [
        f"{end - one:g} to {end:g} of {ends[-1]:g}" for one, end in zip(minutes, ends, strict=True)
    ]


# --- the table ------------------------------------------------------------------------------------


class ShowPlans(SphinxPostTransform):
    """Fill in the plans of a page."""

    default_priority = 5  # before references and formulas of titles are resolved

    def run(self, **_: object) -> None:
        """Visit the page."""
        for node in list(self.document.findall(plan)):
            name = f"{self.app.config.deck_prefix}{node['deck']}"
            if name not in self.env.titles:
                warn(f"plan must name a deck, got {node['deck']!r}", node, "plan")
                node.parent.remove(node)
                continue
            uri = self.app.builder.get_relative_uri(self.env.docname, name)
            node.replace_self(table(slides_of(self.env, name, uri)))


def slides_of(env: BuildEnvironment, name: str, uri: str) -> list[Told]:
    """Read the plan of a deck."""
    told = []
    for section in env.get_doctree(name).findall(nodes.section):
        title = next((c for c in section.children if isinstance(c, nodes.title)), None)
        for note in [c for c in section.children if isinstance(c, notes)]:
            if title is not None:
                address = f"{uri}#{section['ids'][0]}"
                time = note["minutes"], note["extra"], note["optional"]
                told.append(Told(title, address, *time))
    return told


def table(told: list[Told]) -> nodes.table:
    """Return the plan as a table with its sums."""
    rows = [_row(str(number), one) for number, one in enumerate(told, 1)]
    free = sum(one.minutes for one in told if one.optional)
    sums = sum(one.minutes for one in told), sum(one.minutes + one.extra for one in told)
    last = [nodes.strong("", "all"), *(nodes.Text(f"{value:g}") for value in sums)]
    rows.append(_entries([*last, nodes.Text(f"{free:g} minutes")]))
    group = nodes.tgroup("", *[nodes.colspec(colwidth=1) for _ in HEAD], cols=len(HEAD))
    group += nodes.thead("", _entries([nodes.Text(text) for text in HEAD]))
    group += nodes.tbody("", *rows)
    return nodes.table("", group, classes=["plan"])


def _row(number: str, one: Told) -> nodes.row:
    """Return the row of one slide, whose title leads to it."""
    words = [child.deepcopy() for child in one.title.children]
    link = nodes.reference("", f"{number} ", *words, refuri=one.address, internal=True)
    times = [nodes.Text(f"{one.minutes:g}"), nodes.Text(f"{one.minutes + one.extra:g}")]
    return _entries([link, *times, nodes.Text("yes" if one.optional else "")])


def _entries(cells: list[nodes.Node]) -> nodes.row:
    """Return a row of some cells."""
    return nodes.row("", *[nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells])


def pages_to_write(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write a page with plans at every build: any of its decks may have changed."""
    return [name for name, data in env.metadata.items() if data.get("plans")]


def register(app: Sphinx) -> None:
    """Register the directive."""
    app.add_node(plan)
    app.add_directive("plan", Plan)
    app.add_post_transform(ShowPlans)
