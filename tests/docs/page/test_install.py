"""The line that installs the package."""

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")

import bookbuild

from slopes_docs.notebook.export import wheel_name
from slopes_docs.page.install import command

WHEEL = wheel_name(bookbuild.ROOT)
SITE = "https://example.org/course/"


def test_with_an_address_pip_is_given_it():
    line = f'python3 -m pip install "slopes[plots] @ {SITE}notebooks/a.whl"'
    assert command("a.whl", SITE, "plots") == line


def test_without_one_the_wheel_lies_in_the_folder():
    assert command("a.whl", "") == 'python3 -m pip install "./a.whl"'


def test_a_page_offers_the_wheel_beside_the_notebooks(tmp_path):
    pages = {
        "conf.py": bookbuild.CONF + "extensions.remove('sphinx.ext.viewcode')\n",
        "index.md": "# Book\n\n```{toctree}\npart/install\n```\n",
        "part/install.md": "# Install\n\n```{install-slopes}\n```\n",
    }
    root = bookbuild.project(tmp_path, pages=pages)
    for options, link in (((), True), ((f"-Dslopes_site={SITE}",), False)):
        done = bookbuild.sphinx(root, *options)
        assert done.returncode == 0, done.stderr
        page = (root / "dist" / "site" / "part" / "install.html").read_text()
        assert (f'href="../notebooks/{WHEEL}"' in page) == link
        assert (SITE in page) != link
