"""Numbers in the book: an equation, a figure, an exercise has one, the chapter's and its own.

Sphinx counts chapters afresh in every toctree, so that a book of several parts would have several
chapters 1; it numbers figures outside of chapters in one series for all pages; and when a number
changes it writes the page again that holds it, but none that refers to it (9.0.4). Here chapters
are counted through the parts, only chapters hold numbers, and every page follows a change.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors.toctree import TocTreeCollector

ASSIGN_SECTIONS = TocTreeCollector.assign_section_numbers
ASSIGN_FIGURES = TocTreeCollector.assign_figure_numbers


def number_sections(collector: TocTreeCollector, env: BuildEnvironment) -> list[str]:
    """Give chapters their numbers, and name the pages to write again: all if one changed."""
    before = env.toc_secnumbers
    ASSIGN_SECTIONS(collector, env)
    count_through(env)
    return [] if env.toc_secnumbers == before else sorted(env.all_docs)


def number_figures(collector: TocTreeCollector, env: BuildEnvironment) -> list[str]:
    """Give all else in the chapters its number, and name the pages to write again: all or none."""
    before = env.toc_fignumbers
    ASSIGN_FIGURES(collector, env)
    keep_to_chapters(env)
    return [] if env.toc_fignumbers == before else sorted(env.all_docs)


def count_through(env: BuildEnvironment) -> None:
    """Count the pages of all numbered toctrees in one series."""
    for number, page in enumerate(env.toc_secnumbers, 1):
        places = env.toc_secnumbers[page]
        env.toc_secnumbers[page] = {
            at: (number, *old[1:]) * bool(old) for at, old in places.items()
        }
        links = env.tocs[page].findall(nodes.reference)
        for node in (env.titles[page], *links):
            if node.get("secnumber"):
                node["secnumber"] = [number, *node["secnumber"][1:]]


def keep_to_chapters(env: BuildEnvironment) -> None:
    """Take the numbers away from what stands outside of the numbered chapters, if there are any."""
    if chapters := env.toc_secnumbers.keys():
        numbers = env.toc_fignumbers
        env.toc_fignumbers = {page: numbers[page] for page in numbers if page in chapters}


def apply() -> None:
    """Let Sphinx number in this way."""
    TocTreeCollector.assign_section_numbers = number_sections
    TocTreeCollector.assign_figure_numbers = number_figures
