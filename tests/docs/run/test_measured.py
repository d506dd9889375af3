"""Measured values: where they are in a page, and the page without them."""

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")
from slopes_docs.run import measured


def test_the_mask_blanks_measured_elements_and_nothing_else():
    text = (
        '<p>It took <span data-timing=""><b>1.2</b></span> s; 3.4 stays.</p>\n'
        '<div class="cell tag_timing docutils"><div>in<br><img src="a.svg"></div>out</div>\n'
        "<p>end</p>"
    )
    assert measured.mask(text) == (
        '<p>It took <span data-timing=""></span> s; 3.4 stays.</p>\n'
        '<div class="cell tag_timing docutils"></div>\n<p>end</p>'
    )
    assert measured.mask("<p>a\r\nb &amp; c</p>") == "<p>a\r\nb &amp; c</p>"


def test_the_mask_reads_elements_without_end_tags():
    assert measured.mask("<ul data-timing><li>1<li>2</ul>3") == "<ul data-timing></ul>3"
