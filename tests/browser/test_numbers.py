"""A number stands for one thing in the whole book, and every reference shows it."""

from __future__ import annotations

import numbering
import pytest
from verdict import passed

EQUATION = '<div class="math" id="equation-{0}"><span class="eqno">({1})<a class="headerlink"></a>'
FIGURE = '<figure id="{0}"><img src="a.svg"><span class="caption-number">Figure {1} </span>'
LINK = '<a class="reference internal" href="{0}"><span>{1}</span></a>'


def page(chapter, *parts):
    title = f'<h1><span class="section-number">{chapter}. </span>Title</h1>' if chapter else "<h1>"
    return numbering.read(title + "".join(parts))


def pages(*more):
    second = (EQUATION.format("b", "2.1"), LINK.format("one.html#equation-a", "(1.1)"), *more)
    return {
        "one.html": page("1", EQUATION.format("a", "1.1"), FIGURE.format("fig", "1.1")),
        "two.html": page("2", *second),
        "slides/two.html": page("", LINK.format("../one.html#fig", "Figure 1.1")),
    }


def test_the_numbers_of_the_site_are_unique_and_its_references_true(site):
    read = numbering.read_site(site.root, list(site.documents))
    counts = [(len(one.labels), len(one.references)) for one in read.values()]
    assert len(counts) > 10
    assert sum(labels for labels, _ in counts) > 80  # six chapters have as many, and more will come
    passed(numbering.faults(read))


def test_numbers_that_are_right_pass():
    assert numbering.faults(pages()) == []


@pytest.mark.parametrize(
    ("part", "finding"),
    [
        (EQUATION.format("c", "2.1"), "(2.1) is also the number of two.html#equation-b"),
        (FIGURE.format("g", "1.2"), "Figure 1.2 stands in chapter 2"),
        (FIGURE.format("g", "7"), "Figure 7 stands in chapter 2"),
        (LINK.format("one.html#equation-a", "(1)"), "whose number is (1.1)"),
        (LINK.format("one.html#equation-a", ""), "whose number is (1.1)"),
        (LINK.format("one.html#fig", "Figure 2.1"), "whose number is Figure 1.1"),
        (LINK.format("one.html#equation-gone", "()"), "whose number is none"),
        (LINK.format("one.html#elsewhere", "Figure 1.1"), "whose number is none"),
    ],
)
def test_a_wrong_number_is_caught(part, finding):
    (found,) = numbering.faults(pages(part))
    assert finding in found


@pytest.mark.parametrize("text", ["What is f(2)?", "What does a[10].set(7) do?", "f'(x)(2) is"])
def test_the_argument_of_a_function_is_no_reference(text):
    assert numbering.faults(pages(LINK.format("one.html#elsewhere", text))) == []


def test_a_number_outside_of_the_chapters_is_caught():
    card = {"card.html": page("", FIGURE.format("f", "1"))}
    assert numbering.faults(card) == ["card.html#f: Figure 1 stands in chapter none"]
