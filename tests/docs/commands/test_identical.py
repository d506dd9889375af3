"""The check of two builds."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")
from slopes_docs.commands import identical

EXT = Path(__file__).parents[3] / "docs" / "_ext"
TIMED = '<p>1</p><div class="tag_timing"><img src="_images/{name}.svg">{value}</div>'


def tree(root, *, name="a", value="0.1"):
    """A built site with a measured picture, a plain one and a notebook."""
    (root / "_images").mkdir(parents=True)
    (root / "_images" / f"{name}.svg").write_text(f"<svg>{value}</svg>")
    (root / "_images" / "plain.svg").write_text("<svg/>")
    (root / "page.html").write_text(
        TIMED.format(name=name, value=value) + '<img src="_images/plain.svg">'
    )
    cells = [
        {"id": value, "cell_type": "code", "metadata": {"tags": ["timing"]}, "outputs": [value]},
        {"id": "x", "cell_type": "code", "metadata": {}, "outputs": ["1"]},
        {"id": "y", "cell_type": "markdown", "source": f"<span data-timing=''>{value}</span>"},
    ]
    for cell in cells:
        cell.setdefault("metadata", {})
    (root / "page.ipynb").write_text(json.dumps({"cells": cells}))
    (root / "searchindex.js").write_text("{}")
    (root / "index.html").write_text("<p></p>")
    return root


def test_builds_that_differ_in_measurements_only_are_identical(tmp_path):
    first, second = tree(tmp_path / "a"), tree(tmp_path / "b", name="b", value="0.2")
    command = [sys.executable, "-m", "slopes_docs.commands.identical", str(first), str(second)]
    env = os.environ | {"PYTHONPATH": str(EXT)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "identical, measured values aside\n")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("page.html", "<p>1</p>", "<p>2</p>"),
        ("page.ipynb", '["1"]', '["2"]'),
        ("_images/plain.svg", "<svg/>", "<svg />"),
        ("searchindex.js", "{}", "{ }"),
        ("extra.html", "", "<p></p>"),
    ],
)
def test_any_other_difference_is_reported(tmp_path, capsys, name, old, new):
    first, second = tree(tmp_path / "a"), tree(tmp_path / "b")
    path = second / name
    text = path.read_text() if path.exists() else ""
    assert old in text
    path.write_text(text.replace(old, new))
    assert identical.main([str(first), str(second)]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert name in line


def test_the_check_needs_two_sites(tmp_path):
    with pytest.raises(SystemExit, match="usage"):
        identical.main([str(tmp_path), str(tmp_path)])  # empty, so there is nothing to compare
