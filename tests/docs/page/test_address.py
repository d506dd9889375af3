"""Where the course is published."""

import subprocess

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")
from slopes_docs.page import address


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("https://github.com/Owner/course.git", "Owner/course"),
        ("https://github.com/owner/course", "owner/course"),
        ("https://token@github.com/owner/course/", "owner/course"),
        ("git@github.com:owner/my.course.git", "owner/my.course"),
        ("ssh://git@github.com/owner/course.git", "owner/course"),
        ("https://example.org/owner/course.git", ""),
        ("https://notgithub.com/owner/course.git", ""),
        ("/srv/git/course.git", ""),
        ("file:///srv/github.com/owner/course", ""),
        (None, ""),
    ],
)
def test_the_repository_is_read_from_origin(tmp_path, monkeypatch, origin, expected):
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    if origin:
        add = ["git", "-C", str(tmp_path), "remote", "add", "origin", origin]
        subprocess.run(add, check=True)
    assert address.repository(tmp_path) == expected


def test_the_variable_of_the_host_comes_first(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_REPOSITORY", "owner/fork")
    assert address.repository(tmp_path) == "owner/fork"
    monkeypatch.setenv("GITHUB_REPOSITORY", "not a name")
    assert address.repository(tmp_path) == ""


def test_without_git_there_is_no_repository(tmp_path, monkeypatch):
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert address.repository(tmp_path) == ""


@pytest.mark.parametrize(
    ("repository", "given", "expected"),
    [
        ("Owner/course", "", "https://owner.github.io/course/"),
        ("owner/Owner.github.io", "", "https://owner.github.io/"),
        ("", "", ""),
        ("owner/course", "https://slopes.example", "https://slopes.example/"),
        ("", "https://slopes.example/a/", "https://slopes.example/a/"),
    ],
)
def test_the_site_follows_from_the_repository_or_is_given(monkeypatch, repository, given, expected):
    monkeypatch.setenv("SLOPES_SITE", given)
    assert address.site(repository) == expected
