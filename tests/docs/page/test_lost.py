"""The page for an address without a page."""

from types import SimpleNamespace

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")

from docutils import nodes

from slopes_docs.page import lost


def body(page):
    env = SimpleNamespace(
        toc_secnumbers={"one": {"": (1,)}, "two": {"": (2,)}},
        titles={"one": nodes.title("", "First & foremost"), "two": nodes.title("", "Second")},
    )
    context = {"pathto": lambda name: f"/course/{name}.html", "body": "as it was"}
    lost.offer_ways(SimpleNamespace(env=env), page, "page.html", context, None)
    return context["body"]


def test_it_offers_a_search_and_all_chapters_in_order():
    text = body("404")
    assert 'action="/course/search.html" method="get"' in text
    assert '<a href="/course/one.html">First &amp; foremost</a>' in text
    assert text.index("/one.html") < text.index("/two.html")


def test_other_pages_stay_as_they_are():
    assert body("one") == "as it was"
