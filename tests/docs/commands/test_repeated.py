"""Notebooks that are run elsewhere say what they say in the site."""

import json

import pytest

from slopes_docs.commands import repeated


def notebook(path, *cells):
    """Write a notebook: for each cell its tags and its outputs, None for text."""
    made = [
        {"cell_type": "markdown", "metadata": {}}
        if cell is None
        else {"cell_type": "code", "metadata": {"tags": cell[0]}, "outputs": cell[1]}
        for cell in cells
    ]
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"cells": made}))


def printed(text):
    """Make the output of a print."""
    return {"output_type": "stream", "name": "stdout", "text": [text]}


def drawn(text):
    """Make the output of a figure."""
    return {"output_type": "display_data", "data": {"image/svg+xml": text, "text/plain": text}}


@pytest.mark.parametrize(
    ("tags", "first", "second", "found"),
    [
        ([], [printed("1\n")], [printed("1\n")], 0),
        ([], [printed("1\n")], [printed("2\n")], 1),
        ([], [printed("1\n"), printed("2\n")], [printed("1\n2\n")], 0),
        ([], [{"data": {"text/plain": "1"}}], [{"data": {"text/plain": "1.0"}}], 1),
        ([], [printed("1\n")], [], 1),
        ([], [], [printed("shown by no page\n")], 0),
        (["timing"], [printed("1 s\n")], [printed("2 s\n")], 0),
        ([], [drawn("<svg/>")], [drawn("<svg />")], 0),
    ],
)
def test_what_a_cell_says_is_compared(tmp_path, capsys, tags, first, second, found):
    notebook(tmp_path / "a/page.ipynb", None, (tags, first))
    notebook(tmp_path / "b/page.ipynb", None, (tags, second))
    notebook(tmp_path / "b/other.ipynb", None)
    assert repeated.main([str(tmp_path / "a"), str(tmp_path / "b")]) == found
    (line,) = capsys.readouterr().out.splitlines()
    assert ("page.ipynb, cell 1" in line) == bool(found)


def test_the_comparison_needs_two_folders_of_notebooks(tmp_path):
    notebook(tmp_path / "a/page.ipynb", None)
    with pytest.raises(SystemExit, match="two folders"):
        repeated.main([str(tmp_path / "a"), str(tmp_path)])
