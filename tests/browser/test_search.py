"""The search, as a visitor uses it: what comes first, where it leads, and what it costs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from browsing import visit
from playwright.sync_api import Browser, Page
from serving import Server, payload

START = "reference/notation.html"  # a light page, so that what is measured is the search
# What is asked, the kind of the first result and where it leads.
FIRST = {
    "error bar": ("Chapter", "finite.html#an-error-bar-that-can-be-trusted"),
    "step size": ("Chapter", "finite.html#a-step-must-fit-the-scale-of-x"),
    "bessel": ("Chapter", "finite.html#many-inputs-and-code-that-nobody-can-open"),
    "cost in memory": ("Chapter", "tape.html#what-it-costs-in-memory"),
    "jvp": ("Glossary", "reference/glossary.html#term-JVP"),
    "Hessian": ("Glossary", "reference/glossary.html#term-Hessian"),
    "complex_step": ("API", "reference/api/finite.html#slopes.finite.complex_step"),
    "implied volatility": ("Glossary", "reference/glossary.html#term-implied-volatility"),
    "memory of backpropagation": ("Glossary", "reference/glossary.html#term-backpropagation"),
    "checkpoint": ("Glossary", "reference/glossary.html#term-checkpointing"),
}
ENGINE = 85_000  # bytes: Pagefind's script and its program, which the browser keeps
QUERY = 65_000  # bytes of the index and of the first results
RESULT = "#pst-search-dialog .search-results li"
LIMIT = 5000  # milliseconds: a busy machine is no error


@pytest.fixture
def opened(browser: Browser, server: Server) -> Iterator[Page]:
    """A page with the search's dialog open."""
    with visit(browser, server, START) as (page, _):
        page.keyboard.press("Control+k")
        page.wait_for_selector("#pst-search-dialog .said", state="attached")
        yield page


def ask(page: Page, query: str) -> None:
    """Type a query and wait for its results."""
    page.locator("#pst-search-dialog input").fill(query)
    page.wait_for_selector(RESULT, timeout=LIMIT)


@pytest.mark.parametrize("query", FIRST)
def test_the_best_answer_comes_first_and_says_what_it_is(query, opened, server):
    ask(opened, query)
    kind, address = FIRST[query]
    first = opened.locator(RESULT).first
    assert first.locator(".kind").inner_text() == kind
    assert first.locator("a").get_attribute("href") == server.base + address


def test_a_result_leads_to_the_place(opened):
    ask(opened, "bessel")
    opened.locator(f"{RESULT} a").first.click()
    opened.wait_for_load_state("load")
    place = opened.evaluate("document.querySelector(':target').getBoundingClientRect().top")
    assert abs(place) < 200


def test_the_page_of_results_answers_as_the_dialog_does(opened):
    ask(opened, "error bar")
    told = opened.locator(RESULT).first.inner_text()
    opened.keyboard.press("Enter")
    opened.wait_for_url(re.compile(r"/search\.html\?q=error\+bar$"))
    opened.wait_for_selector(".bd-search-container .search-results li", timeout=LIMIT)
    assert opened.locator(".bd-search-container .search-results li").first.inner_text() == told
    assert opened.locator(".search-needs").count() == 0


def test_more_results_take_the_focus(opened):
    ask(opened, "derivative")
    results = f"[...document.querySelectorAll('{RESULT} a')]"
    before = opened.locator(RESULT).count()
    opened.get_by_role("button", name="More results").press("Enter")
    opened.wait_for_function(f"{results}.length > {before}")
    assert opened.evaluate(f"{results}.indexOf(document.activeElement)") == before


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("日本", "Nothing found for “日本”."),
        ("what is the checkpoint of umbrellas", "results for “"),
    ],
)
def test_what_was_searched_is_said(query, said, opened):
    opened.locator("#pst-search-dialog input").fill(query)
    opened.wait_for_function(
        "text => document.querySelector('.said').textContent.includes(text)", arg=said
    )


@pytest.mark.parametrize("query", ["error bar", "Kepler"])
def test_a_search_is_light(query, browser, server):
    with visit(browser, server, START) as (page, _):
        urls: list[str] = []
        page.on("response", lambda response: urls.append(response.url))
        page.keyboard.press("Control+k")
        page.wait_for_selector("#pst-search-dialog .said", state="attached")
        ask(page, query)
        page.wait_for_load_state("networkidle")
    engine = {url for url in urls if re.search(r"\.js$|wasm", url)}
    for part, limit in ((engine, ENGINE), (set(urls) - engine, QUERY)):
        assert 0 < sum(len(payload(server.file_of(url))) for url in part) <= limit


def test_neither_formulas_nor_notes_nor_furniture_are_found(opened):
    for query in ("barv", "hands up", "on this page"):
        opened.locator("#pst-search-dialog input").fill(query)
        opened.wait_for_function("document.querySelector('.said').textContent")
        texts = json.dumps(opened.locator(RESULT).all_inner_texts())
        assert query not in texts.lower()
