"""Code, outputs and tables fit the column in which they stand."""

from __future__ import annotations

import pytest
from browsing import visit
from verdict import passed

# How far an element goes beyond the boxes that clip it, within the article.
CUT = """selector => [...document.querySelectorAll(selector)].flatMap(e => {
  let beyond = 0;
  for (let box = e; box && box.tagName !== "ARTICLE"; box = box.parentElement)
    if (getComputedStyle(box).overflowX !== "visible")
      beyond = Math.max(beyond, box.scrollWidth - box.clientWidth);
  const lines = e.innerText.split("\\n").sort((a, b) => b.length - a.length);
  return beyond > 1 && e.checkVisibility() ? [`${beyond} px of: ${lines[0].slice(0, 100)}`] : [];
})"""
EVERYTHING = "article pre, article table"
WRAPPED = "article :is(.message, details.hide) pre"  # what has lines that may go on in the next


def cut(page, selector):
    page.evaluate("probes.unfold()")
    return page.evaluate(CUT, selector)


def test_no_code_is_cut_at_a_desk(book_path, browser, server):
    if book_path == "404.html":
        pytest.skip("it finds its files only where it answers for a path that is not there")
    with visit(browser, server, book_path) as (page, _):
        passed(cut(page, EVERYTHING))


def test_no_message_is_cut_on_a_phone(book_path, browser, server):
    if book_path == "404.html" or book_path.startswith("_modules/"):
        pytest.skip("it has no messages")
    with visit(browser, server, book_path, phone=True) as (page, _):
        passed(cut(page, WRAPPED))


LONG, WORD = "got " * 40, "got" * 40


@pytest.mark.parametrize(
    ("part", "count"),
    [
        (f"<pre>{LONG}</pre>", 1),
        (f"<pre style='white-space: pre-wrap'>{LONG}</pre>", 0),
        (
            f"<div style='overflow: auto'><table><td><b>{LONG.replace(' ', '_')}</b></table></div>",
            1,
        ),
        (f"<details><summary>Code</summary><pre>{LONG}</pre></details>", 1),
        ("<pre>short</pre>", 0),
    ],
)
def test_what_is_cut_is_caught(part, count, browser):
    page = browser.new_page(viewport={"width": 800, "height": 600})
    page.set_content(f"<style>pre {{ overflow: auto }}</style><article>{part}</article>")
    page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true; })")
    assert len(page.evaluate(CUT, EVERYTHING)) == count
    page.close()
