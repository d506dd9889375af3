"""Headings become slides, in the deck that uses everything."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

pytest.importorskip("myst_nb", reason="the book's tools are not installed")
bs4 = pytest.importorskip("bs4")
import bookbuild  # noqa: E402

FIXTURE = Path(__file__).parents[1] / "fixtures" / "deck"

# The fixture deck, slide by slide: kind, minutes, fragments.
SLIDES = [
    ("title", 1.5, 0),
    ("section", 1, 0),
    ("text", 1, 0),
    ("text", 1, 2),
    ("question", 2, 1),
    ("code", 2, 4),
    ("code", 0.5, 1),
    ("code", 1, 1),
    ("figure", 1, 0),
    ("columns", 1, 0),
    ("statement", 1, 0),
    ("text", 1, 0),
    ("text", 0.5, 0),
    ("text", 0.5, 0),
    ("text", 2, 0),
    ("text", 1, 0),
    ("exercises", 3, 0),
]


# --- the deck that uses everything --------------------------------------------------------------


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The fixture project, built once, in parallel, with warnings as errors."""
    root = bookbuild.project(tmp_path_factory.mktemp("deck"), book=FIXTURE)
    done = bookbuild.sphinx(root)
    assert done.returncode == 0, done.stdout + done.stderr
    return root / "dist" / "site"


@pytest.fixture(scope="module")
def page(built):
    return bs4.BeautifulSoup((built / "slides" / "finite.html").read_text("utf-8"), "html.parser")


@pytest.fixture(scope="module")
def slides(page):
    return page.select(".slides section.slide")


def test_each_heading_is_one_slide_of_its_kind(slides):
    kinds = [next(c[5:] for c in s["class"] if c.startswith("kind-")) for s in slides]
    assert kinds == [kind for kind, _, _ in SLIDES]


def test_headings_below_a_slide_make_one_vertical_stack(page):
    columns = page.select_one(".slides").find_all("section", recursive=False)
    heights = [len(column.find_all("section", recursive=False)) for column in columns]
    assert heights == [0, 3, *[0] * (len(SLIDES) - 4)]


def test_no_section_lies_within_a_slide(slides):
    assert [s for s in slides if s.find("section")] == []


def test_each_slide_has_a_heading_a_body_and_an_id_of_its_own(slides):
    for one in slides:
        assert len(one.find_all(["h1", "h2", "h3"], recursive=False)) == 1
        assert len(one.select(":scope > .slide-body")) == 1
    assert len({one["id"] for one in slides}) == len(slides)


def test_heading_levels_follow_the_source(slides):
    levels = [one.find(["h1", "h2", "h3"]).name for one in slides]
    assert levels == ["h1", "h2", "h3", "h3", *["h2"] * (len(SLIDES) - 4)]


def test_a_heading_inside_a_box_stays_inside_its_slide(slides):
    box = slides[-2].select_one(".admonition")
    assert "Inner heading" in box.get_text()
    assert slides[-2].find("h2").get_text().startswith("A heading inside a box")


def test_each_slide_has_notes_with_its_minutes(slides):
    for one, (_, minutes, _) in zip(slides, SLIDES, strict=True):
        notes = one.find_all("aside", class_="notes", recursive=False)
        assert len(notes) == 1
        assert notes[0].select_one(".plan").get_text().startswith(f"{minutes:g} min")
        assert one["data-timing"] == str(round(60 * minutes))


def test_the_plan_ends_at_the_sum_of_the_minutes(slides):
    total = sum(minutes for _, minutes, _ in SLIDES)
    assert f"to {total:g} of {total:g}" in slides[-1].select_one(".plan").get_text()
    assert slides[0].select_one(".course").get_text() == f"Slopes · {total:g} minutes"


def test_the_speaker_sees_both_plans_and_what_may_be_left_out(slides):
    plans = [one.select_one(".plan").get_text() for one in slides]
    assert plans[-1] == "3 min · 18 to 21 of 21 (long plan: 12 min · 18 to 30 of 30)"
    optional = [plan.endswith("may be left out") for plan in plans]
    assert optional == [*[False] * (len(SLIDES) - 2), True, False]


def test_the_index_shows_the_plan_of_a_deck(built):
    index = bs4.BeautifulSoup((built / "slides/index.html").read_text("utf-8"), "html.parser")
    rows = [[c.get_text() for c in row.select("td")] for row in index.select("table.plan tbody tr")]
    assert len(rows) == len(SLIDES) + 1
    assert rows[-3][1:] == ["1", "1", "yes"]
    assert rows[-2][1:] == ["3", "12", ""]
    assert rows[-1] == ["all", "21", "30", "1 minutes"]
    links = [a["href"] for a in index.select("table.plan a")]
    assert links[0] == "finite.html#numerical-differentiation"


def test_a_title_shows_who_speaks_as_text_the_licence_and_its_own_drawing(slides):
    given = slides[0].select_one(".slide-body > .given")
    assert given.get_text() == "Ada <b>Lovelace</b> · Turin"
    assert (given["data-lecturer"], given["data-date"]) == ("Ada <b>Lovelace</b>", "")
    assert slides[0].select_one(".licence").get_text() == "Free to use"
    assert len(slides[0].select("svg.mark .tangent")) == 1


def test_fragments_are_counted_slide_by_slide(slides):
    assert [len(s.select(".fragment")) for s in slides] == [count for _, _, count in SLIDES]


def test_all_options_stand_on_a_slide_and_the_answer_is_its_one_step(slides):
    options = slides[4].select(".slide-body > ol > li")
    assert [one.get_text().split()[0] for one in options] == ["about", "about", "exactly", "it"]
    (told,) = slides[4].select(".fragment")
    assert told["class"][:3] == ["fragment", "answer", "answer-b"]


def test_the_reasons_of_a_question_end_its_notes(slides):
    told = slides[4].select("aside.notes ul.reasons > li")
    assert [one.get_text(" ", strip=True)[:4] for one in told] == ["A Th", "C At", "D IE"]
    assert slides[4].select("ul.reasons") == slides[4].select("aside.notes ul.reasons")


def test_a_cell_carries_its_steps_and_one_fragment_less(slides):
    stepped = slides[5].select_one(".stepped")
    assert stepped["data-steps"] == "1-2|4|5-7|*"
    assert len(stepped.select(".fragment.step")) == 3
    assert slides[6].select_one(".stepped")["data-steps"] == "1|2-4"


def test_every_line_of_highlighted_code_closes_its_spans(slides):
    # deck.js cuts the code at its line breaks.
    for pre in [slides[5].select_one(".stepped pre"), slides[6].select_one(".stepped pre")]:
        for line in pre.decode_contents().rstrip("\n").split("\n"):
            assert line.count("<span") == line.count("</span>"), line


def test_an_output_can_wait_for_the_prediction(slides):
    output = slides[7].select_one(".cell_output")
    assert "fragment" in output["class"]
    assert output.select_one(".ansi-red-fg, .-Color-Red")
    assert "0.0" in output.get_text()


def test_a_figure_is_an_image_with_alternative_text(slides):
    image = slides[8].find("img")
    assert image["src"].endswith(".svg")
    assert image["alt"] == "Error against step"


def test_no_picture_of_a_later_slide_delays_the_first(page):
    pictures = page.select("section.slide img")
    assert {image.get("fetchpriority") for image in pictures} == {"low"}
    assert {image.get("loading") for image in pictures} == {None}  # there if the network ends


def test_formulas_are_rendered_in_slides_and_in_notes(slides):
    assert slides[10].select_one(".slide-body .katex-display .katex-html")
    assert slides[0].select_one("aside.notes .katex-mathml math")


def test_references_lead_into_the_book(slides):
    hrefs = {a.get_text(): a["href"] for a in slides[2].select(".slide-body a")}
    assert hrefs["Figure 1"] == "../finite.html#fig-curve"
    assert re.fullmatch(r"\.\./finite\.html#id\d+", hrefs["Griewank and Walther, 2008"])
    assert slides[11].select_one("div.proof")
    assert slides[11].select_one("aside.notes a")["href"] == "#forward"


def test_title_and_exercises_link_the_chapter_and_the_decks(slides):
    for one in (slides[0], slides[-1]):
        links = [(a.get_text(), a["href"]) for a in one.select(".deck-links a")]
        assert links == [
            ("Chapter: Measure a slope", "../finite.html"),
            ("All decks", "index.html"),
        ]


def test_options_of_a_slide_become_attributes(slides):
    assert slides[12].has_attr("data-auto-animate")
    assert slides[13].has_attr("data-auto-animate")
    assert slides[4]["data-background-color"] == "var(--slopes-b-soft)"
    assert {"beside", "large"} <= set(slides[7]["class"])


def test_slides_are_numbered_in_the_order_of_presentation(slides):
    count = len(SLIDES)
    assert [s["data-number"] for s in slides] == [f"{n} / {count}" for n in range(1, count + 1)]
    assert {s["data-footer"] for s in slides} == {"Slopes · Numerical differentiation"}


def test_a_deck_names_its_language_title_description_and_icon(page):
    assert page.html["lang"] == "en"
    assert page.title.get_text() == "Numerical differentiation · Deck · Slopes"
    assert page.find("meta", {"name": "description"})["content"]
    assert page.find("link", rel="icon")


def test_a_deck_loads_files_of_the_site_alone(page):
    loaded = [t.get("src") or t.get("href") for t in page.select("script[src], link[rel], img")]
    assert loaded
    assert [address for address in loaded if not address.startswith(("../", "data:,"))] == []


def test_a_deck_loads_five_scripts(page):
    names = [Path(script["src"]).name for script in page.select("script[src]")]
    assert names == ["reveal.js", "notes.js", "deck.js", "draw.js", "vote.js"]


def test_the_index_of_decks_and_the_chapters_stay_pages(built):
    for name in ("slides/index.html", "finite.html"):
        text = (built / name).read_text("utf-8")
        assert "bd-article" in text
        assert "reveal.js" not in text


def test_search_finds_a_deck_by_its_title(built):
    kept = next(built.parents[1].rglob("passages/slides/finite.json"))
    url, title, *_ = json.loads(kept.read_text("utf-8"))[0]
    assert (url, title) == ("slides/finite.html", "Numerical differentiation")
