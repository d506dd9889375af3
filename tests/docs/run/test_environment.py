"""What the environment page tells."""

import platform
from types import SimpleNamespace

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")
from slopes_docs.run import environment, execution


def test_the_machine_is_described_without_its_name():
    told = dict(environment.machine())
    assert set(told) == {"processor", "cores", "memory", "system"}
    assert platform.node() not in str(told)
    assert dict(environment.versions())["numpy"] == execution.installed("numpy")


def test_the_environment_page_is_written_anew_when_a_page_has_run():
    metadata = {"environment": {"environment_table": True}, "page": {}}
    env = SimpleNamespace(metadata=metadata, nb_new_exec_data=True)
    assert environment.pages_to_write(None, env) == ["environment"]
    env.nb_new_exec_data = False
    assert environment.pages_to_write(None, env) == []


def test_every_library_that_a_cell_imports_is_told():
    import re
    import sys
    from importlib.metadata import packages_distributions
    from pathlib import Path

    docs = Path(__file__).parents[3] / "docs"
    pages = [*docs.glob("*.md"), *docs.glob("slides/*.md"), *docs.glob("reference/**/*.md")]
    cells = "\n".join(
        cell
        for page in pages
        for cell in re.findall(
            r"^`{3,}\{code-cell\}.*?^`{3,}$", page.read_text("utf-8"), re.M | re.S
        )
    )
    names = set(re.findall(r"^\s*(?:import|from) ([A-Za-z_]\w*)", cells, re.M))
    found = packages_distributions()
    used = {found[name][0].lower().replace("_", "-") for name in names & found.keys()}
    assert len(used) > 6
    assert used - set(environment.DISTRIBUTIONS) - set(sys.stdlib_module_names) <= {"myst-nb"}
    assert list(environment.DISTRIBUTIONS) == sorted(environment.DISTRIBUTIONS)


def test_chapters_come_first_and_in_their_order():
    numbers = {"tape": {"": (2,)}, "finite": {"": (1,)}}
    env = SimpleNamespace(toc_secnumbers=numbers)
    pages = ["reference/card", "tape", "slides/dual", "finite"]
    ordered = sorted(pages, key=lambda name: environment.place(env, name))
    assert ordered == ["finite", "tape", "reference/card", "slides/dual"]
