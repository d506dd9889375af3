"""How cells run: the cache's name and the kernels' rules."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import pytest

pytest.importorskip("myst_nb", reason="the book's tools are not installed")
ConfigError = pytest.importorskip("sphinx.errors").ConfigError

import bookbuild  # noqa: E402

from slopes_docs.run import execution  # noqa: E402

PROFILE = bookbuild.ROOT / "docs" / "_ipython"

HEAD = """\
---
file_format: mystnb
kernelspec:
  name: python3
---

"""


def page(*cells, title="Title", text=""):
    """Write a page with some cells, each a pair of tags and code."""
    blocks = [f"```{{code-cell}} ipython3\n:tags: [{tags}]\n{code}\n```\n" for tags, code in cells]
    return f"{HEAD}# {title}\n\n" + "\n".join(blocks) + text


# --- the cache's name -----------------------------------------------------------------------------


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "src"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "a.py").write_text("x = 1\n")
    (folder / "notes.txt").write_text("not code")
    return folder


def test_the_key_is_the_same_for_the_same_files_anywhere(package, tmp_path):
    copy = shutil.copytree(package, tmp_path / "elsewhere")
    assert execution.cache_key(package) == execution.cache_key(copy)
    (copy / "notes.txt").write_text("changed")
    assert execution.cache_key(package) == execution.cache_key(copy)


@pytest.mark.parametrize("change", ["edit", "rename", "add", "profile"])
def test_a_changed_source_file_changes_the_key(package, tmp_path, change):
    profile = tmp_path / "profile"
    profile.mkdir()
    before = execution.cache_key(package, profile)
    file = package / "deep" / "a.py"
    if change == "edit":
        file.write_text("x = 2\n")
    elif change == "rename":
        file.rename(package / "deep" / "b.py")
    else:
        (package if change == "add" else profile).joinpath("new.py").touch()
    assert execution.cache_key(package, profile) != before


@pytest.mark.parametrize("name", ["jax", "jaxlib", "numpy", "matplotlib"])
def test_another_version_changes_the_key(package, monkeypatch, name):
    before = execution.cache_key(package)
    found = execution.installed
    monkeypatch.setattr(execution, "installed", lambda d: found(d) + ".1" * (d == name))
    assert execution.cache_key(package) != before


def test_another_python_changes_the_key(package, monkeypatch):
    before = execution.cache_key(package)
    monkeypatch.setattr(execution.sys, "version", "4.0")
    assert execution.cache_key(package) != before


def test_old_caches_are_removed_and_the_one_in_use_is_kept(tmp_path):
    for number in range(execution.KEPT_CACHES + 3):
        execution.open_cache(tmp_path / str(number))
    kept = {path.name for path in tmp_path.iterdir()}
    assert len(kept) == execution.KEPT_CACHES
    assert str(execution.KEPT_CACHES + 2) in kept
    assert (tmp_path / str(execution.KEPT_CACHES + 2) / "global.db").exists()


# --- a page through several builds ----------------------------------------------------------------

RULES = """\
import os, sys, warnings, IPython
assert not sys.dont_write_bytecode
assert os.environ["PYTHONHASHSEED"] == "0"
assert os.environ["JAX_PLATFORMS"] == "cpu"
assert os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] == "0"
assert "jax-cache" in os.environ["JAX_COMPILATION_CACHE_DIR"]
assert any(action == "error" for action, *_ in warnings.filters)"""


def test_outputs_follow_the_package_and_come_from_the_cache_otherwise(tmp_path):
    pieces = "print('in', end='', flush=True)\nprint(' pieces', flush=True)\nprint('end')"
    show = ("", f"import slopes\nprint('package', slopes.__version__)\n{pieces}")
    pages = {
        "conf.py": bookbuild.CONF,
        "index.md": "# Index\n\n```{toctree}\nshow\nenvironment\n```\n",
        "environment.md": "# Environment\n\n```{environment-table}\n```\n",
        "show.md": page(show, ("", RULES)),
    }
    root = bookbuild.project(tmp_path / "project", pages=pages)
    site = root / "dist" / "site"

    def build(**options):
        done = bookbuild.sphinx(root, PYTHONDONTWRITEBYTECODE="1", **options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def seconds():
        html = (site / "environment.html").read_text()
        return re.findall(r'data-timing="">([\d.]+)<', html)

    assert "Executing notebook" in build()
    first = seconds()
    assert len(first) == 2
    assert float(first[0]) > 0

    # a new environment, the same cache: nothing runs, and the recorded time is still known
    log = build(doctrees="again")
    assert "Using cached notebook" in log
    assert "Executing notebook" not in log
    assert seconds() == first
    notebook = json.loads((site / "notebooks" / "show.ipynb").read_text())
    (output,) = next(cell["outputs"] for cell in notebook["cells"] if cell.get("outputs"))
    assert "".join(output["text"]).endswith("\nin pieces\nend\n")
    assert "in pieces\nend\n" in re.sub("<[^>]+>", "", (site / "show.html").read_text())

    # an edited package: the page runs again although its own file is the same
    init = root / "src" / "slopes" / "__init__.py"
    version = re.search(r'__version__ = "(.+)"', init.read_text())[1]
    assert f"package {version}" in (site / "show.html").read_text()
    init.write_text(init.read_text().replace(f'"{version}"', '"9.9"'))
    assert "Executing notebook" in build(doctrees="again")
    assert "package 9.9" in (site / "show.html").read_text()

    # the gates take nothing from the cache
    log = build(doctrees="gate", SLOPES_EXECUTE="force")
    assert "Using cached notebook" not in log
    assert "package 9.9" in (site / "show.html").read_text()


def test_an_unknown_mode_is_refused(monkeypatch):
    monkeypatch.setenv("SLOPES_EXECUTE", "always")
    with pytest.raises(ConfigError, match=r"SLOPES_EXECUTE must be one of .* got .*'always'"):
        execution.configure(None, None)


# --- every rule, broken ---------------------------------------------------------------------------

BROKEN = {
    "raises": page(("", "1 / 0")),
    "warns": page(("", "import warnings\nwarnings.warn('soon')")),
    "library": page(("", "import numpy as np\nnp.zeros(1) / 0")),
    "draws": page(("", "import matplotlib.pyplot as plt\nplt.title('\\u6f22');")),
    "prints": page(
        ("", "import sys\nprint('noise', file=sys.stderr)"),
        ("", "print(object())"),
        ("", "import os\nprint(os.getcwd())"),
        ("raises-exception", "1 + 1"),
        ("remove-cell", "glue_values(place=len)\nglue_values(thing=object())"),
        text="\n&#58;::{note}\n",
    ),
}


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """The log of a build in which every rule is broken."""
    names = "\n".join(BROKEN)
    pages = {f"{name}.md": text for name, text in BROKEN.items()}
    pages |= {"conf.py": bookbuild.CONF, "index.md": f"# Index\n\n```{{toctree}}\n{names}\n```\n"}
    root = bookbuild.project(tmp_path_factory.mktemp("broken"), pages=pages)
    done = bookbuild.sphinx(root)
    assert done.returncode == 1
    return done.stderr


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("raises", "ZeroDivisionError: division by zero"),
        ("warns", "UserWarning: soon"),
        ("library", "RuntimeWarning: invalid value encountered in divide"),
        ("draws", "raises UserWarning and is not tagged raises-exception"),
        ("prints", "stderr was found in the cell outputs"),
        ("prints", "prints an address, which differs in every build: 'at 0x"),
        ("prints", "prints a folder of this machine: "),
        ("prints", "is tagged raises-exception and raises nothing"),
        ("prints", "glued value thing: prints an address"),
        ("prints", "notebook: MyST syntax is left in it: :::{note}"),
    ],
)
def test_a_broken_rule_fails_the_build(broken, name, complaint):
    assert complaint in broken
    assert f"{name}.md" in broken


# --- the warnings of cells, and of the kernel -----------------------------------------------------

SHELL = """\
import sys, warnings
from pathlib import Path
from IPython.core.interactiveshell import InteractiveShell
folder, *cells = sys.argv[1:]
shell = InteractiveShell.instance(xmode="Minimal", colors="nocolor")
for path in sorted(Path(folder).glob("*.py")):
    shell.safe_execfile(path, shell.user_ns)
for cell in [None, *cells]:
    error = cell and shell.run_cell(cell).error_in_exec
    try:
        warnings.warn("the kernel's own", stacklevel=1)
    except UserWarning:
        print("a kernel that warns now ends")
    print(f"told: {type(error).__name__}")
"""


def told_by_cells(folder, *cells):
    """Run cells after a profile's startup files; the kernel warns before and after each."""
    command = [sys.executable, "-c", SHELL, str(folder), *cells]
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "PYTHONWARNINGS": "ignore", "IPYTHONDIR": home}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return re.findall(r"^told: (\w+)", done.stdout, re.MULTILINE)[1:], "ends" in done.stdout


SOON = "import warnings\nwarnings.warn('soon')"
NUMPY = "import numpy as np\nnp.zeros(1) / 0"


def test_a_warning_is_an_error_in_a_cell_and_none_between_cells():
    cells = [SOON, "1 / 0", "1 + 1", SOON, NUMPY]
    errors = ["UserWarning", "ZeroDivisionError", "NoneType", "UserWarning", "RuntimeWarning"]
    assert told_by_cells(PROFILE / "startup", *cells) == (errors, False)


@pytest.mark.parametrize(
    ("startup", "expected"),
    [
        ("", (["NoneType", "NoneType"], False)),
        ("import warnings\nwarnings.simplefilter('error')", (["UserWarning", "NoneType"], True)),
    ],
)
def test_without_the_hook_a_cell_may_warn_or_the_kernel_may_not(tmp_path, startup, expected):
    (tmp_path / "10-other.py").write_text(startup)
    assert told_by_cells(tmp_path, SOON, "1 + 1") == expected


def test_the_startup_files_leave_one_name(tmp_path):
    cell = "assert {'glue_values'} == {n for n in set(globals()) - known if n[0] != '_'}"
    (tmp_path / "00-known.py").write_text("known = set(globals()) | {'known'}")
    for path in (PROFILE / "startup").glob("*.py"):
        shutil.copy(path, tmp_path)
    assert told_by_cells(tmp_path, cell) == (["NoneType"], False)
