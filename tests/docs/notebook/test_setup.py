"""What an exported notebook needs beside its cells."""

import subprocess
import sys
import types

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")
from slopes_docs.notebook import setup

WHEEL = "slopes-1.2-py3-none-any.whl"


def code(*sources):
    return [{"cell_type": "code", "source": source} for source in sources]


def test_imports_decide_what_is_needed():
    cells = code(
        "import jax.numpy as jnp, json\nfrom sklearn import svm",
        "%time\nimport nothing",
        "from slopes import dual",
    )
    cells.append({"cell_type": "markdown", "source": "import prose"})
    assert setup.needs(cells) == {"jax": "jax", "sklearn": "scikit-learn"}


@pytest.mark.parametrize(
    ("line", "module"),
    [("from slopes.plots import finite", "matplotlib"), ("import slopes.methods", "jax")],
)
def test_what_the_package_leaves_to_the_user_is_needed_too(line, module):
    assert setup.needs(code(line)) == {module: module}


def installed(monkeypatch, cells, present, *, version="1.2"):
    """Run the cell in an environment that holds some modules; give what it asks pip for."""
    asked = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: asked.append(command[5:]))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name if name in present else None)
    package = types.ModuleType("slopes")
    package.__version__ = version
    monkeypatch.setitem(sys.modules, "slopes", package if "slopes" in present else None)
    cell = setup.bootstrap(cells, WHEEL, "https://site/")
    exec(cell["source"], {})
    return asked


def test_each_missing_import_is_installed_though_the_package_is_there(monkeypatch):
    cells = code("import numpy, mpmath")
    assert installed(monkeypatch, cells, {"slopes", "numpy"}) == [["mpmath"]]
    assert installed(monkeypatch, cells, {"slopes", "numpy", "mpmath"}) == []


def test_the_package_is_installed_where_it_is_missing_or_another_version(monkeypatch):
    wheel = f"slopes @ https://site/notebooks/{WHEEL}"
    cells = code("import numpy")
    assert installed(monkeypatch, cells, {"numpy"}) == [[wheel]]
    assert installed(monkeypatch, cells, {"numpy", "slopes"}, version="1.1") == [[wheel]]


def test_a_record_that_a_cell_reads_travels_with_the_notebook(tmp_path, monkeypatch):
    source, elsewhere = tmp_path / "docs", tmp_path / "elsewhere"
    for folder in (source / "part", elsewhere):
        folder.mkdir(parents=True)
    content = bytes(range(256)) * 40
    (source / "part" / "data.json").write_bytes(content)
    reading = "from pathlib import Path\nkept = Path('part/data.json').read_bytes()"
    cells = code(reading, "Path('no/such.json'); Path(name)", "Path('part/data.json')")
    (record,) = setup.records(cells, source)
    monkeypatch.chdir(elsewhere)
    exec(record["source"], {})
    assert (elsewhere / "part" / "data.json").read_bytes() == content
    assert record["metadata"]["jupyter"]["source_hidden"]
    assert setup.records(code("1 + 1"), source) == []
