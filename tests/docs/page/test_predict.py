"""The directive of predictions: what it refuses, each time with argument, rule and value."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("myst_nb", reason="the book's tools are not installed")
import bookbuild

HEAD = "---\nfile_format: mystnb\nkernelspec: {name: python3}\n---\n\n# Title\n\n"
GOOD = """\
:::{predict} B
:name: predict-good
:cells: 0
How much is it?

1. one

   It looks like one.

2. two

It is two.
:::
"""
NUMBER = """\
:::{predict} 27
:name: predict-number
:tolerance: 5%
:cells: 0
How much is it?

1. 18

   Twice nine.

It is three times nine.
:::
"""
CELL = "\n```{code-cell} python\nprint(2)\n```\n"
BROKEN = {
    "a_word_for_an_answer": (
        GOOD.replace("} B", "} two"),
        r"answer must be a letter from A to F or a number, got answer='two'",
    ),
    "two_letters": (
        GOOD.replace("} B", "} AB"),
        r"answer must be a letter from A to F or a number, got answer='AB'",
    ),
    "an_infinite_number": (
        NUMBER.replace("} 27", "} inf"),
        r"answer must be a letter from A to F or a number, got answer='inf'",
    ),
    "no_such_option": (
        GOOD.replace("} B", "} C"),
        r"answer must be one of the options AB, got answer='C'",
    ),
    "one_option": (
        GOOD.replace("} B", "} A").replace("2. two\n\n", ""),
        r"options must be 2 to 6, got options=1",
    ),
    "seven_options": (
        GOOD.replace("2. two\n", "2. two\n\n" + "3. more\n\n   So.\n\n" * 5),
        r"options must be 2 to 6, got options=7",
    ),
    "no_list": (
        ":::{predict} B\n:name: predict-bare\nHow much?\n:::\n",
        r"options must be an ordered list, got predict without one",
    ),
    "no_reason": (
        GOOD.replace("   It looks like one.\n\n", ""),
        r"an option that is wrong must have a reason, got none for 'A'",
    ),
    "no_answer": (
        GOOD.replace("It is two.\n", ""),
        r"the whole answer must follow the options, got none",
    ),
    "no_name": (
        GOOD.replace(":name: predict-good\n", ""),
        r"name must be given, got predict without :name:",
    ),
    "a_name_with_blanks": (
        GOOD.replace("predict-good", "Predict Good"),
        r"name must be words of small letters and digits with hyphens between, got name='Predict G",
    ),
    "a_name_twice": (
        GOOD + "\n" + GOOD,
        r"predict: name must be unique in its page, got name='predict-good' twice",
    ),
    "no_tolerance": (
        NUMBER.replace(":tolerance: 5%\n", ""),
        r"tolerance must be given with a number, got answer=27 alone",
    ),
    "a_tolerance_of_nothing": (
        NUMBER.replace("5%", "0"),
        r"tolerance must be a positive number or percentage, got tolerance='0'",
    ),
    "a_vague_tolerance": (
        NUMBER.replace("5%", "some"),
        r"tolerance must be a positive number or percentage, got tolerance='some'",
    ),
    "a_tolerance_for_a_letter": (
        GOOD.replace(":cells: 0", ":tolerance: 1"),
        r"tolerance must stand with a number, got tolerance='1'",
    ),
    "a_word_among_numbers": (
        NUMBER.replace("1. 18", "1. eighteen"),
        r"a tempting answer must be a number, got 'eighteen'",
    ),
    "a_wrong_number_that_counts_as_right": (
        NUMBER.replace("1. 18", "1. 28"),
        r"a tempting answer must be more than the tolerance, 1\.35, from 27, got 28",
    ),
    "a_number_without_a_reason": (
        NUMBER.replace("   Twice nine.\n\n", ""),
        r"an option that is wrong must have a reason, got none for 18",
    ),
    "no_cell_behind": (
        GOOD.replace(":cells: 0\n", ""),
        r"cells must be at most the number of cells with an output .* section, 0, got cells=1",
    ),
    "too_few_cells_behind": (
        GOOD.replace(":cells: 0", ":cells: 2") + CELL + "\n## Next\n" + CELL,
        r"its section, 1, got cells=2",
    ),
    "nothing_to_read": (
        GOOD.replace(":cells: 0", ":reading:") + CELL + "\n- a list\n",
        r"reading must have a paragraph directly behind the cells, got reading without",
    ),
    "no_question": (
        GOOD.replace("How much is it?\n\n", ""),
        r"the question must stand before the options, got none",
    ),
}


@pytest.fixture(scope="module")
def complaints(tmp_path_factory):
    """The warnings of one strict build of good and broken pages."""
    pages = {f"{name}.md": HEAD + text for name, (text, _) in BROKEN.items()}
    pages |= {
        "good.md": HEAD + GOOD.replace(":cells: 0\n", "") + CELL + "\n" + NUMBER,
        "conf.py": bookbuild.CONF,
        "index.md": "\n".join(["# Index", "", "```{toctree}", "good", *BROKEN, "```", ""]),
    }
    root = bookbuild.project(tmp_path_factory.mktemp("predict"), pages=pages)
    # two processes that cache the same cells at once collide
    done = bookbuild.sphinx(root, SLOPES_EXECUTE="force")
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stderr


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_is_a_warning_that_names_it(complaints, name):
    lines = [line for line in complaints.splitlines() if f"{name}.md" in line]
    assert re.search(BROKEN[name][1], "\n".join(lines)), complaints


def test_good_predictions_have_no_warning(complaints):
    assert "good.md" not in complaints.replace("predict-good.md", "")
