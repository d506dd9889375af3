"""The decks, as the lecturer and the last row see them."""

from __future__ import annotations

from collections.abc import Iterator

import decks
import gates
import pytest
from browsing import visit
from playwright.sync_api import Browser, Page
from serving import Server
from verdict import passed


def test_a_deck_asks_no_other_host(deck_path, visits):
    passed(gates.foreign_requests(visits.deck(deck_path).log))


def test_a_deck_gets_all_that_it_asks_for(deck_path, visits):
    passed(gates.failed_responses(visits.deck(deck_path).log))


def test_a_deck_leaves_the_console_clean(deck_path, visits):
    passed(gates.console_messages(visits.deck(deck_path).log))


def test_axe_finds_nothing_on_a_slide(deck_path, visits):
    slides = visits.deck(deck_path).slides
    passed(f"{one}: {fault}" for one in slides for fault in gates.axe_findings(one.findings))


def test_no_slide_overflows(deck_path, visits):
    passed(decks.overflowing(visits.deck(deck_path)))


def test_the_last_row_can_read_every_slide(deck_path, visits):
    passed(decks.too_small(visits.deck(deck_path)))


def test_no_slide_is_mostly_empty(deck_path, visits):
    passed(decks.mostly_empty(visits.deck(deck_path)))


def test_every_image_of_a_deck_is_there_and_described(deck_path, visits):
    deck = visits.deck(deck_path)
    passed(decks.empty_images(deck) + gates.images_without_alt(deck.facts))


def test_the_figures_of_a_deck_stay_readable_in_the_dark(deck_path, visits):
    passed(decks.fading_figures(visits.deck(deck_path)))


def test_text_in_figures_can_be_read_from_the_last_row(deck_path, visits):
    slides = visits.deck(deck_path).slides
    passed(f"{one}: {fault}" for one in slides for fault in one.letters)


def test_no_script_of_a_deck_is_heavy(deck_path, visits):
    passed(gates.heavy_scripts(visits.deck(deck_path).transfers))


def test_every_slide_has_notes_with_minutes(deck_path, visits):
    passed(decks.missing_notes(visits.deck(deck_path)))


def test_the_minutes_make_up_the_lecture(deck_path, visits):
    passed(decks.wrong_minutes(visits.deck(deck_path)))


def test_a_deck_prints_one_page_for_each_slide(deck_path, browser, server, visits):
    titles = [slide.title for slide in visits.deck(deck_path).slides]
    passed(decks.unlike_paper(decks.print_deck(browser, server, deck_path), titles))


# Handling


SUBJECT = "slides/finite.html"  # the deck that is handled; the others share its furniture


@pytest.fixture
def subject(browser: Browser, server: Server) -> Iterator[Page]:
    """The deck that is handled, on its first slide."""
    with visit(browser, server, SUBJECT) as (page, _):
        decks.wait_for_deck(page)
        yield page


@pytest.fixture(scope="module")
def deck(deck_path: str, browser: Browser, server: Server) -> Iterator[Page]:
    """A deck, loaded once: each way through it starts by going to a slide."""
    with visit(browser, server, deck_path) as (page, _):
        decks.wait_for_deck(page)
        yield page


def test_the_arrows_lead_through_a_deck_and_back(deck):
    passed(decks.keys(deck))


def test_the_steps_of_a_deck_dim_lines_of_code(deck):
    found = decks.line_steps(deck)
    if found is None:
        pytest.skip("this deck has no code with steps")
    passed(found)


def test_the_overview_shows_every_slide_and_no_answer(deck):
    passed(decks.overview(deck))


def test_in_the_overview_up_and_down_lead_to_the_next_row(subject):
    columns = subject.evaluate("Math.ceil(Math.sqrt(Reveal.getTotalSlides()))")
    assert decks.overview_keys(subject) == [1, 1 + columns, columns, 0, 0]


def test_the_key_d_turns_a_deck_dark_and_light(subject):
    passed(decks.dark_switch(subject))


def test_the_print_command_prints_one_page_for_each_slide(subject, visits):
    titles = [slide.title for slide in visits.deck(SUBJECT).slides]
    passed(decks.unlike_paper(decks.print_where_it_stands(subject), titles))
    assert subject.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_speaker_sees_notes_with_formulas(deck_path, browser, server):
    with visit(browser, server, deck_path, block=False) as (page, _):
        decks.wait_for_deck(page)
        passed(decks.speaker(page))
