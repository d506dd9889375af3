"""What is published keeps earlier versions; published to a bare repository, twice."""

import json
import subprocess
import sys

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")
from slopes_docs.commands import versions


def site(folder, words):
    """Make a site that says its version on its only page."""
    folder.mkdir(parents=True)
    (folder / "index.html").write_text(words)
    return folder


def names(out):
    return [entry["version"] for entry in json.loads((out / "switcher.json").read_text())]


@pytest.fixture
def publish(tmp_path):
    """Publish a version to a bare repository by ghp-import, from what the repository holds."""
    pytest.importorskip("ghp_import")
    work, remote = tmp_path / "work", tmp_path / "remote.git"

    def git(*arguments, cwd=work):
        subprocess.run(["git", *arguments], cwd=cwd, check=True, capture_output=True)

    git("init", "--bare", str(remote), cwd=tmp_path)
    work.mkdir()
    git("init")
    for key, value in {"user.name": "Test", "user.email": "test@example.org"}.items():
        git("config", key, value)
    git("remote", "add", "origin", str(remote))
    git("commit", "--allow-empty", "-m", "Begin")

    def one(version):
        before = tmp_path / f"before-{version}"
        before.mkdir()
        if (remote / "refs/heads/gh-pages").exists():
            git("clone", "--branch", "gh-pages", str(remote), str(before), cwd=tmp_path)
        out = tmp_path / f"out-{version}"
        built = site(tmp_path / f"site-{version}", version)
        versions.lay_out(built, before, out, version, "https://slopes.example/")
        import ghp_import

        here = {"cwd": work, "check": True, "capture_output": True}
        subprocess.run(
            [sys.executable, ghp_import.__file__, "--push", "--force", "--no-history", str(out)],
            **here,
        )
        got = tmp_path / f"got-{version}"
        git("clone", "--branch", "gh-pages", str(remote), str(got), cwd=tmp_path)
        return got

    return one


def test_two_versions_stand_side_by_side_in_a_repository(publish):
    assert names(publish("0.1.0")) == ["0.1.0"]
    got = publish("0.2.0")
    assert (got / "index.html").read_text() == "0.2.0"
    assert (got / "v0.1" / "index.html").read_text() == "0.1.0"
    assert names(got) == ["0.2.0", "0.1"]
    assert not (got / "v0.1" / "switcher.json").exists()


def test_a_third_version_keeps_both_and_a_mended_one_takes_its_place(publish):
    for version in ("0.9.0", "0.10.0", "0.10.1"):
        publish(version)
    got = publish("1.0.0")
    assert names(got) == ["1.0.0", "0.10", "0.9"]
    assert (got / "v0.10" / "index.html").read_text() == "0.10.1"


def test_a_site_that_tells_no_version_is_replaced(tmp_path):
    old, new = site(tmp_path / "old", "old"), site(tmp_path / "new", "new")
    versions.lay_out(new, old, tmp_path / "out", "0.1.0", "")
    assert names(tmp_path / "out") == ["0.1.0"]
    assert (tmp_path / "out" / "index.html").read_text() == "new"


@pytest.mark.parametrize("version", ["", "one", "1"])
def test_another_version_is_refused(version):
    with pytest.raises(ValueError, match=f"must begin with two numbers, got version={version!r}"):
        versions.folder_of(version)


def test_other_arguments_are_refused(capsys):
    assert versions.main(["site"]) == 2
    assert versions.USAGE in capsys.readouterr().err
