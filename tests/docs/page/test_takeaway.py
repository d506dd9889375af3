"""What a chapter offers to take away, and what Binder finds."""

import json
from types import SimpleNamespace

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")
from slopes_docs.page import takeaway

PINS = """\
# pins
numpy==2.4
jax==0.10 ; python_version < "3.12"
jax==0.12 ; python_version >= "3.12"
"""


def app(*, repository="", prints=False, decks=("slides/tape",)):
    config = SimpleNamespace(
        slopes_repository=repository, slopes_prints=prints, deck_prefix="slides/"
    )
    return SimpleNamespace(config=config, env=SimpleNamespace(found_docs={"tape", *decks}))


def offered(built):
    """Texts and addresses of the links that a chapter offers."""
    nodes = takeaway.offers(built, "tape")
    return {node.astext(): node["refuri"] for node in nodes if hasattr(node, "get")}


def test_a_chapter_says_where_its_notebook_is():
    assert offered(app()) == {"Download notebook": "notebooks/tape.ipynb"}


def test_hand_outs_are_linked_where_they_are_printed():
    assert list(offered(app(prints=True)).values())[1:] == [
        "pdf/slides/tape-questions.pdf",
        "pdf/slides/tape.pdf",
    ]


def test_a_chapter_without_a_deck_has_no_hand_out():
    assert len(offered(app(prints=True, decks=()))) == 1


def test_services_are_named_where_there_is_an_address():
    links = offered(app(repository="me/slopes"))
    assert links["Colab"].endswith("github/me/slopes/blob/gh-pages/notebooks/tape.ipynb")
    assert links["Binder"].endswith("gh/me/slopes/gh-pages?urlpath=lab/tree/notebooks/tape.ipynb")


def notebook(folder, source):
    """Write a notebook of one cell, and give its folder."""
    folder.mkdir()
    cell = {"cell_type": "code", "source": source}
    (folder / "one.ipynb").write_text(json.dumps({"cells": [cell]}))
    return folder


def test_binder_installs_the_wheel_and_what_notebooks_import_as_it_is_tested(tmp_path):
    folder = notebook(tmp_path / "notebooks", "import jax\nimport math\nimport numpy as np")
    text = takeaway.requirements(folder, "slopes-1.whl", PINS)
    assert text == "./notebooks/slopes-1.whl\njax==0.10\nnumpy==2.4\n"


def test_binder_reads_the_files(tmp_path, monkeypatch):
    repo2docker = pytest.importorskip("repo2docker.app")
    root = tmp_path / "root"
    root.mkdir()
    (root / "pyproject.toml").write_text('[project]\nname = "slopes"\nversion = "1"\n')
    (root / "constraints.txt").write_text(PINS)
    out = tmp_path / "site"
    out.mkdir()
    notebook(out / "notebooks", "import numpy")
    monkeypatch.setattr(takeaway, "project_root", lambda _: root)
    takeaway.write_binder(SimpleNamespace(outdir=str(out)), None)
    monkeypatch.chdir(out)
    packs = [kind(base_image="scratch") for kind in repo2docker.Repo2Docker().buildpacks]
    (found,) = [pack for pack in packs if pack.detect()][:1]
    assert type(found).__name__ == "PythonBuildPack"
    assert found.python_version == takeaway.RUNTIME
    assert 'install --no-cache-dir -r "binder/requirements.txt"' in str(
        found.get_assemble_scripts()
    )
    assert (out / "binder/requirements.txt").read_text().splitlines()[1:] == ["numpy==2.4"]
