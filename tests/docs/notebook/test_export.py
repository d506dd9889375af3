"""The exported notebooks: plain Markdown, fixed bytes, and they run elsewhere."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys

import pytest

pytest.importorskip("myst_nb", reason="the book's tools are not installed")
nbformat = pytest.importorskip("nbformat")

import bookbuild  # noqa: E402

from slopes_docs.commands import identical  # noqa: E402
from slopes_docs.notebook import cells, export  # noqa: E402

REPOSITORY = "Example/course"
SITE = "https://example.github.io/course/"
WHEEL = export.wheel_name(bookbuild.ROOT)


@pytest.fixture(scope="module")
def projects(tmp_path_factory):
    """The same book in two places."""
    first = bookbuild.project(tmp_path_factory.mktemp("first"))
    return first, shutil.copytree(first, tmp_path_factory.mktemp("other") / "second")


@pytest.fixture(scope="module")
def project(projects):
    """The book built once, without any address."""
    root, _ = projects
    done = bookbuild.sphinx(root)
    assert done.returncode == 0, done.stdout + done.stderr
    return root


@pytest.fixture(scope="module")
def site(project):
    return project / "dist" / "site"


@pytest.fixture(scope="module")
def published(project):
    """The same pages written with addresses; nothing runs again."""
    options = [f"-Dslopes_repository={REPOSITORY}", f"-Dslopes_site={SITE}"]
    done = bookbuild.sphinx(project, *options, out="published")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Executing notebook" not in done.stdout + done.stderr
    return project / "dist" / "published"


@pytest.fixture(scope="module")
def notebook(site):
    return json.loads((site / "notebooks" / "lesson.ipynb").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def text(notebook):
    texts = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    return "\n\n".join(texts)


# --- which pages, and what a page offers ----------------------------------------------------------


def test_only_executed_pages_that_are_no_decks_become_notebooks(site):
    folder = site / "notebooks"
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == {"lesson.ipynb", "part/second.ipynb", WHEEL}


def test_a_chapter_offers_its_notebook_and_no_other_page_does(site):
    for page in ("lesson", "plain", "index", "environment", "slides/deck"):
        html = (site / f"{page}.html").read_text(encoding="utf-8")
        assert ('href="notebooks/lesson.ipynb"' in html) == (page == "lesson")
        assert "colab" not in html
        assert "_sources" not in html
    assert 'href="../notebooks/part/second.ipynb"' in (site / "part" / "second.html").read_text()


def test_with_a_repository_colab_opens_the_published_notebook(published):
    html = (published / "lesson.html").read_text(encoding="utf-8")
    address = f"https://colab.research.google.com/github/{REPOSITORY}/blob/gh-pages/notebooks"
    assert f'href="{address}/lesson.ipynb"' in html
    assert "colab" not in (published / "plain.html").read_text(encoding="utf-8")


def test_the_environment_page_times_pages_that_other_processes_have_read(site):
    html = (site / "environment.html").read_text(encoding="utf-8")
    timed = re.findall(r'<a [^>]*href="([^"]+)"[^>]*>[^<]*</a></p></td>\s*<td><p><span data', html)
    assert timed == ["lesson.html", "part/second.html", "slides/deck.html"]


# --- what is in it --------------------------------------------------------------------------------


def test_the_notebook_is_valid(notebook):
    nbformat.validate(nbformat.from_dict(notebook))
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)


def test_no_myst_syntax_is_left(notebook):
    assert cells.leftovers(notebook) == []


@pytest.mark.parametrize(
    "expected",
    [
        "*You will* use *Fixture*, see A page without cells, the plain page and a label.",
        r"costs 5 \$, 2 \* 3 and AD (automatic differentiation)",
        "Figure 1, Table 1, Listing 1, (1), the section",
        r"\frac{f(x+h)-f(x)}{h} \tag{1}",
        r"b &= \lVert \frac{x}{y} \rVert\end{aligned}",
        "The ratio is 0.25, the power 2, the word text.",
        "*Figure 1. A line rises with slope $1/2$.*",
        "<summary>Prediction</summary>\n\nWhat is $1+1$? **Two**",
        "<summary>The answer at $h \\to 0$</summary>\n\nIt is 0.25.",
        "> **Warning**\n>\n> Mind the step.",
        "- **Term**: Its definition.",
        "| 1 | a \\| b |",
        '*Listing 1. Half, as tested.*\n\n```python\ndef half(x):\n    """Divide by two."""',
        "**First**\n\nOne way.\n\n**Second**\n\nAnother.",
        "> **Theorem 1 (Mean value)**\n>\n> There is",
        "By Theorem 1.",
        "> **Exercise 1 (Halve)**\n>\n> Compute half of 2.",
        "<summary>Solution to Exercise 1 (Halve)</summary>\n\nWe divide by two, $\\mathbb{R}$:",
        "Read [Griewank and Walther, 2008]",
        r"\[1\] The text of the note, with $\mathbb{R}$.",
        "![A rising line.](data:image/svg+xml;base64,",
        "1. first\n2. second\n   - inner",
    ],
)
def test_each_construct_becomes_what_plain_jupyter_shows(text, expected):
    assert expected in text


def test_with_a_site_references_lead_there(published):
    source = (published / "notebooks" / "lesson.ipynb").read_text(encoding="utf-8")
    assert f"[A page without cells]({SITE}plain.html)" in source
    assert f"[Figure 1]({SITE}lesson.html#fig-line)" in source
    assert f"({SITE}lesson.html)" in json.loads(source)["cells"][0]["source"]


def test_the_first_cell_names_title_origin_and_licence(notebook):
    first = notebook["cells"][0]["source"]
    assert first.startswith("# Every construct at $x_0$\n")
    assert "Fixture" in first
    assert "CC BY 4.0" in first


def test_glue_is_left_out_and_assertions_stay_hidden(notebook):
    code = {c["source"]: c for c in notebook["cells"] if c["cell_type"] == "code"}
    assert not any("glue" in source for source in code)
    assert code["assert ratio == 0.25"]["metadata"]["jupyter"]["source_hidden"]
    folded = next(cell for source, cell in code.items() if source.startswith("power = 2"))
    assert folded["metadata"]["jupyter"] == {"outputs_hidden": True, "source_hidden": True}


def test_outputs_are_kept_and_name_no_file_of_this_machine(notebook, project):
    outputs = [out for cell in notebook["cells"] for out in cell.get("outputs", [])]
    assert any("image/svg+xml" in out.get("data", {}) for out in outputs)
    assert any(out.get("ename") == "LinAlgError" for out in outputs)
    written = json.dumps(outputs)
    assert str(project) not in written
    assert sys.prefix not in written


# --- it runs elsewhere ----------------------------------------------------------------------------


def test_the_notebook_runs_in_a_fresh_kernel(notebook, tmp_path):
    from nbclient import NotebookClient

    fresh = nbformat.from_dict(notebook)
    done = NotebookClient(fresh, timeout=60, kernel_name="python3", resources={
        "metadata": {"path": str(tmp_path)}
    }).execute()  # fmt: skip
    before = [cell.outputs for cell in nbformat.from_dict(notebook).cells if "outputs" in cell]
    after = [cell.outputs for cell in done.cells if "outputs" in cell]
    assert [len(outputs) for outputs in before] == [len(outputs) for outputs in after]


def run_bootstrap(notebook, folder):
    """Run the second cell as if the package were not installed."""
    target = folder / "target"
    blocker = f"""
import importlib.machinery, sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == "slopes":
            found = importlib.machinery.PathFinder.find_spec(name, [{str(target)!r}])
            if found is None:
                raise ModuleNotFoundError(name)
            return found
sys.meta_path.insert(0, Missing())
"""
    script = blocker + notebook["cells"][1]["source"] + "\nimport slopes; print(slopes.__file__)"
    environment = os.environ | {
        "PIP_TARGET": str(target), "PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": os.devnull,
    }  # fmt: skip
    command = [sys.executable, "-c", script]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_where_the_package_is_missing_the_wheel_beside_is_installed(site, notebook, tmp_path):
    folder = tmp_path / "part"  # the wheel may also lie one folder up, as on the site
    folder.mkdir()
    (tmp_path / WHEEL).write_bytes((site / "notebooks" / WHEEL).read_bytes())
    done = run_bootstrap(notebook, folder)
    assert done.stdout.strip() == str(folder / "target" / "slopes" / "__init__.py"), done.stderr


def test_where_the_wheel_is_missing_too_the_message_says_what_to_do(notebook, tmp_path):
    done = run_bootstrap(notebook, tmp_path)
    assert done.returncode == 1
    version = WHEEL.split("-")[1]
    assert f"ImportError: slopes {version} is not installed. Download {WHEEL}" in done.stderr


def test_with_a_site_the_wheel_comes_from_there(published):
    source = (published / "notebooks" / "lesson.ipynb").read_text(encoding="utf-8")
    cell = json.loads(source)["cells"][1]["source"]
    assert f'wheel = "slopes @ {SITE}notebooks/{WHEEL}"' in cell
    ast.parse(cell)


# --- the same bytes -------------------------------------------------------------------------------


def test_two_builds_in_two_places_are_identical(site, projects):
    _, root = projects
    done = bookbuild.sphinx(root, SLOPES_EXECUTE="force")
    assert done.returncode == 0, done.stdout + done.stderr
    assert identical.differences(site, root / "dist" / "site") == []
    pages = [site / "lesson.html", root / "dist" / "site" / "lesson.html"]
    first, second = (page.read_bytes() for page in pages)
    assert first != second  # the page prints a time: the mask has had something to do
    found = (site.parents[1] / "build" / "doctrees" / "passages" / "lesson.json").read_text()
    assert not re.search(r"\d{3,}\.\d{9}", found)


def test_ids_depend_on_page_source_and_position_only():
    def made(*sources):
        made = [{"cell_type": "markdown", "metadata": {}, "source": text} for text in sources]
        return [cell["id"] for cell in export.assemble("page", made)["cells"]]

    assert made("a", "b") == made("a", "b")
    assert made("a", "b")[1] == made("c", "b")[1]
    assert len(set(made("a", "a", "a"))) == 3
