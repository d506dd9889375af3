"""Code, outputs and tables that do not fit the column in which they stand are caught."""

from __future__ import annotations

import pytest
from column import EVERYTHING, cut

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
    assert len(cut(page, EVERYTHING)) == count
    page.close()
