"""Figures in the page: alt text and size come from the drawing, and none goes without."""

import re

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")

import bookbuild

from slopes_docs.page import figures

HEAD = '<svg role="img" width="720" height="420" viewBox="0 0 576 336">'
DESCRIBED = (
    f"{HEAD}<title id='alt'>A curve where a &lt; b.</title><rect width='9' height='8'/></svg>"
)
SILENT = '<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="8"/></svg>'


# --- describe -------------------------------------------------------------------------------------


def test_a_drawing_describes_itself():
    told = figures.describe(DESCRIBED)
    assert told == {"alt": "A curve where a < b.", "width": "720", "height": "420"}


def test_what_is_not_said_is_left_out():
    assert figures.describe(SILENT) == {}


def test_sizes_of_shapes_inside_are_not_the_picture_s():
    assert "width" not in figures.describe(SILENT)


def test_a_size_may_be_given_in_px_but_not_in_points():
    assert figures.describe('<svg width="10px" height="10pt">') == {"width": "10"}


def test_a_drawing_of_the_course_is_understood():
    from slopes.plots import style

    fig, (ax,) = style.figure(width=5.0, height=3.0)
    ax.set(xlabel="x", ylabel="y")
    alt = "An empty plot with a < b & c."
    told = figures.describe(style.draw(fig, alt=alt).svg)
    assert told == {"alt": alt, "width": "500", "height": "300"}


# --- a small build --------------------------------------------------------------------------------


def build(root, page):
    """Build a page with two pictures to choose from; return its HTML and the complaints."""
    pages = {
        "conf.py": bookbuild.CONF,
        "described.svg": DESCRIBED,
        "silent.svg": SILENT,
        "index.rst": f"Title\n=====\n\n{page}",
    }
    bookbuild.project(root, pages=pages)
    done = bookbuild.sphinx(root, "-q", SLOPES_EXECUTE="off")
    return (root / "dist" / "site" / "index.html").read_text(), done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """One build for all: pictures with a title, with words in the page, and with neither."""
    page = (
        ".. image:: described.svg\n\n"
        ".. image:: described.svg\n   :alt: The page's own words.\n   :width: 50\n\n"
        ".. image:: silent.svg\n   :alt: Words from the page.\n\n"
        ".. image:: silent.svg\n"
    )
    html, complaints = build(tmp_path_factory.mktemp("figures"), page)
    article = html[html.index('<article class="bd-article') : html.index("</article>")]
    return re.findall(r"<img [^>]*>", article), complaints


def test_alt_text_and_size_are_copied_to_the_page(built):
    image = built[0][0]
    assert 'alt="A curve where a &lt; b."' in image
    assert re.search(r'width(="|: )720', image)
    assert re.search(r'height(="|: )420', image)
    assert "dark-light" in image


def test_what_the_page_says_goes_before_what_the_drawing_says(built):
    image = built[0][1]
    assert 'alt="The page\'s own words."' in image
    assert re.search(r'width(="|: )50', image)
    assert not re.search("720|420", image)  # one side of its own and one of ours would distort it


def test_a_picture_without_alt_text_is_a_warning_with_its_place(built):
    (complaint,) = [line for line in built[1].splitlines() if "WARNING" in line]
    assert "image without alt text: silent.svg" in complaint
    assert re.search(r"index\.rst:\d+: WARNING", complaint)
