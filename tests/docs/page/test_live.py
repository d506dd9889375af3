"""Live figures: the next cell is the picture that a script replaces; elsewhere it stands alone."""

import json
import re
from html import unescape

import pytest

pytest.importorskip("myst_nb", reason="the book's tools are not installed")

import bookbuild

HEAD = "---\nfile_format: mystnb\nkernelspec: {name: python3}\n---\n\n"
CELL = "```{code-cell}\nprint(6 * 7)\n```\n"
LIVE = "```{live} valley\nMove the **step**.\n```\n\n"
START = "```{{live}} valley\n:start: {}\n\nGo.\n```\n\n"
OPENED = "Format = single; Step, low = '1'"
PAGES = {
    "good.md": f"{HEAD}# Good\n\n{LIVE}{CELL}\nAfter it.\n",
    "unknown.md": f"{HEAD}# Unknown\n\n```{{live}} hill\nClimb.\n```\n\n{CELL}",
    "shared.md": f"{HEAD}# Shared\n\n```{{live}} kit\nTake.\n```\n\n{CELL}",
    "wordless.md": f"{HEAD}# Wordless\n\n```{{live}} valley\n```\n\n{CELL}",
    "opened.md": f"{HEAD}# Opened\n\n{START.format(OPENED)}{CELL}",
    "shut.md": f"{HEAD}# Shut\n\n{START.format('Format single')}{CELL}",
    "alone.md": f"{HEAD}# Alone\n\n{LIVE}Text, and no cell.\n",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with one live figure as it should be, and some that are not."""
    names = "\n".join(name.removesuffix(".md") for name in PAGES)
    index = f"# Index\n\n```{{toctree}}\n{names}\n```\n"
    pages = {"conf.py": bookbuild.CONF, "index.md": index, **PAGES}
    return bookbuild.project(tmp_path_factory.mktemp("live"), pages=pages)


FIGURES = "anderson, arrow, basins, cobweb, ellipse, passes, valley, walk"


@pytest.fixture(scope="module")
def complaints(project):
    """The warnings of one strict build."""
    return bookbuild.sphinx(project, SLOPES_EXECUTE="off").stderr


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("unknown", rf"live must be one of {FIGURES}, got live='hill'"),
        ("shared", rf"live must be one of {FIGURES}, got live='kit'"),
        ("wordless", r"Content block expected for the \"live\" directive"),
        ("shut", r"start must read 'name = value; name = value', got start='Format single'"),
        ("alone", r"live must stand before the code cell with its picture, got live='valley'"),
    ],
)
def test_a_live_figure_that_cannot_be_is_a_warning_that_says_why(page, message, complaints):
    lines = [line for line in complaints.splitlines() if f"{page}.md" in line]
    assert re.search(message, "\n".join(lines)), complaints


def test_a_live_figure_holds_its_words_and_the_next_cell_and_nothing_after_it(complaints, project):
    assert not re.search(r"good\.md.*live", complaints)
    html = (project / "dist/site/good.html").read_text("utf-8")
    figure = html[html.index('data-live="valley"') : html.index("After it.")]
    assert figure.index("live-words") < figure.index("cell_input")
    assert figure.count("<div") == figure.count("</div>") - 1  # its own begins before the name
    assert "live/live.js" in html


def test_a_page_says_how_its_live_figure_opens(complaints, project):
    assert not re.search(r"opened\.md.*(live|start)", complaints)
    html = (project / "dist/site/opened.html").read_text("utf-8")
    said = re.search(r"data-start='([^']*)'", html)[1]
    assert json.loads(unescape(said)) == {"Format": "single", "Step, low": "'1'"}
    assert "data-start" not in (project / "dist/site/good.html").read_text("utf-8")


def test_other_builders_have_the_cell_alone(complaints, project):
    assert complaints
    bookbuild.sphinx(project, "-b", "singlehtml", out="book", SLOPES_EXECUTE="off")
    book = (project / "dist/book/index.html").read_text("utf-8")
    assert "After it." in book
    assert "Move the" not in book
    assert "data-live" not in book
