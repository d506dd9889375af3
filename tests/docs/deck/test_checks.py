"""Decks that break a rule: each is a warning that names it."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("myst_nb", reason="the book's tools are not installed")
import bookbuild

GOOD = """\
---
file_format: mystnb
kernelspec: {name: python3}
minutes: 1
---

# Title

Shown.

```{notes}
:minutes: 1
Said.
```
"""
BROKEN = {
    "no_notes": (
        GOOD + "\n## Bare\n",
        r"a slide must have one notes block, got 0: Bare",
    ),
    "two_notes": (
        GOOD.replace("Shown.", "```{notes}\n:minutes: 1\nTwice.\n```"),
        r"a slide must have one notes block, got 2: Title",
    ),
    "wrong_sum": (
        GOOD.replace("minutes: 1\n---", "minutes: 3\n---"),
        r"minutes of the notes must add up to 3, got total=1",
    ),
    "default_sum": (
        GOOD.replace("minutes: 1\n---", "---"),
        r"minutes of the notes must add up to 45, got total=1",
    ),
    "vague_sum": (
        GOOD.replace("minutes: 1\n---", "minutes: soon\n---"),
        r"minutes must be a positive number, got minutes='soon'",
    ),
    "no_minutes": (
        GOOD.replace(":minutes: 1\n", ""),
        r"minutes must be given, got notes without :minutes:",
    ),
    "negative_minutes": (
        GOOD.replace(":minutes: 1", ":minutes: -1"),
        r"minutes must be a positive number, got minutes='-1'",
    ),
    "unknown_mark": (
        GOOD.replace("minutes: 1\n---", "minutes: 1\nmark: moon\n---"),
        r"mark must be one of tangent, valley, .*got mark='moon'",
    ),
    "negative_extra": (
        GOOD.replace(":minutes: 1\n", ":minutes: 1\n:extra: -1\n"),
        r"extra must be a number of minutes from 0 on, got extra='-1'",
    ),
    "wrong_long": (
        GOOD.replace("minutes: 1\n---", "minutes: 1\nlong: 4\n---").replace(
            ":minutes: 1\n", ":minutes: 1\n:extra: 2\n"
        ),
        r"minutes and extra of the notes must add up to 4, got total=3",
    ),
    "long_unsaid": (
        GOOD.replace(":minutes: 1\n", ":minutes: 1\n:extra: 2\n"),
        r"long must be given with :extra:, got minutes and extra=3",
    ),
    "vague_long": (
        GOOD.replace("minutes: 1\n---", "minutes: 1\nlong: twice\n---"),
        r"long must be a positive number, got long='twice'",
    ),
    "notes_in_a_box": (
        GOOD.replace("```{notes}", "````{note}\n```{notes}") + "````\n",
        r"notes must stand directly in a slide of a deck",
    ),
    "text_before_title": (
        GOOD.replace("# Title", "Stray.\n\n# Title"),
        r"a deck must begin with its title, got content before it",
    ),
    "unknown_kind": (
        GOOD.replace("Shown.", "```{slide}\n:kind: shiny\n```"),
        r'"shiny" unknown',
    ),
    "unknown_option": (
        GOOD.replace("Shown.", "```{slide}\n:kin: code\n```"),
        r"Unknown option.*kin",
    ),
    "bad_stepping": (
        GOOD.replace("Shown.", "```{stepping} 1;2\n    x\n```"),
        r"steps must be line sets such as 1\|2-3\|\*, got steps='1;2'",
    ),
    "bad_cell_steps": (
        GOOD.replace("Shown.", "```{code-cell}\n:steps: one\nx = 1\n```"),
        r"steps must be line sets such as 1\|2-3\|\*, got steps='one'",
    ),
    "steps_past_the_end": (
        GOOD.replace("Shown.", "```{code-cell}\n:steps: 1|2\nx = 1\n```"),
        r"steps must be lines of the 1 in the cell, got steps='1\|2'",
    ),
    "bad_fragment": (
        GOOD.replace("Shown.", "```{code-cell}\n:fragment: all\nx = 1\n```"),
        r"fragment must be 'cell', 'output' or 'both', got fragment='all'",
    ),
    "dense_code": (
        GOOD.replace("Shown.", "```{code-cell}\na = 1\nb = 2\nc = 3\n```"),
        r"code of 3 lines or more must have :steps:, or :whole: .*got lines=3",
    ),
    "dense_block": (
        GOOD.replace("Shown.", "```python\na = 1\nb = 2\n\nc = 3\n```"),
        r"code of 3 lines or more must have :steps:, or :whole: .*got lines=4",
    ),
    "derivation_of_one_line": (
        GOOD.replace("Shown.", "```{derivation}\n- One\n\n  $$x$$\n```"),
        r"derivation must be one list of 2 lines or more, got lines=1 in blocks=1",
    ),
    "derivation_without_list": (
        GOOD.replace("Shown.", "```{derivation}\n$$x$$\n```"),
        r"derivation must be one list of 2 lines or more, got lines=0 in blocks=1",
    ),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with one good deck, the broken ones, and a page that speaks like a deck."""
    names = ["page", "plans", *(f"slides/{name}" for name in ("good", *BROKEN))]
    pages = {f"slides/{name}.md": text for name, (text, _) in BROKEN.items()}
    pages |= {
        "conf.py": bookbuild.CONF,
        "index.md": "\n".join(["# Index", "", "```{toctree}", *names, "```", ""]),
        "plans.md": "# Plans\n\n```{plan} nowhere\n```\n\n```{plan} good\n```\n",
        "page.md": "# Page\n\n```{notes}\n:minutes: 1\nUnheard.\n```\n",
        "slides/good.md": GOOD,
    }
    return bookbuild.project(tmp_path_factory.mktemp("broken"), pages=pages)


@pytest.fixture(scope="module")
def complaints(project):
    """The warnings of one strict build, which fails for them."""
    done = bookbuild.sphinx(project, SLOPES_EXECUTE="off")
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stderr


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_is_a_warning_that_names_it(complaints, name):
    lines = [line for line in complaints.splitlines() if f"slides/{name}.md" in line]
    assert re.search(BROKEN[name][1], "\n".join(lines)), complaints


def test_a_good_deck_has_no_warning(complaints):
    assert "slides/good.md" not in complaints


def test_notes_on_a_page_are_a_warning_and_are_not_printed(complaints, project):
    assert re.search(r"page\.md.*notes must stand directly in a slide", complaints)
    assert "Unheard." not in (project / "dist" / "site" / "page.html").read_text("utf-8")


def test_a_plan_must_name_a_deck(complaints):
    assert re.search(r"plans\.md.*plan must name a deck, got 'nowhere'", complaints)


def test_other_builders_leave_the_notes_out(project):
    bookbuild.sphinx(project, "-b", "text", out="text", SLOPES_EXECUTE="off")
    text = (project / "dist" / "text" / "slides" / "good.txt").read_text("utf-8")
    assert "Shown." in text
    assert "Said." not in text
