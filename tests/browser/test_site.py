"""The built site, as a browser sees it: every gate on every page."""

from __future__ import annotations

from collections.abc import Iterator

import gates
import handling
import pytest
from browsing import DESK, PHONE, visit
from links import Site
from playwright.sync_api import Browser, Page
from serving import Server
from verdict import passed

WORD = "Fornberg"  # a name that the course cannot do without
SUBJECT = "finite.html"  # the page that is handled; the others share its furniture


# Every page


def test_a_page_asks_no_other_host(book_path, visits):
    passed(gates.foreign_requests(visits.desk(book_path).log))


def test_a_page_gets_all_that_it_asks_for(book_path, visits):
    passed(gates.failed_responses(visits.desk(book_path).log))


def test_a_page_leaves_the_console_clean(book_path, visits):
    passed(gates.console_messages(visits.desk(book_path).log))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_page(book_path, scheme, visits):
    passed(gates.axe_findings(visits.desk(book_path).findings[scheme]))


def test_a_page_follows_the_reader_into_the_dark(book_path, visits):
    passed(gates.unchanged_themes(visits.desk(book_path)))


def test_the_figures_of_a_page_follow_its_theme(book_path, visits):
    passed(gates.figures_that_keep_their_colours(visits.desk(book_path)))


def test_every_image_of_a_page_is_there_and_described(book_path, visits):
    facts = visits.desk(book_path).facts
    passed(gates.missing_images(facts) + gates.images_without_alt(facts))


def test_every_caption_of_a_page_is_a_sentence(book_path, visits):
    passed(gates.captions_that_are_no_sentences(visits.desk(book_path).facts))


def test_no_script_of_a_page_is_heavy(book_path, visits):
    passed(gates.heavy_scripts(visits.desk(book_path).transfers))


def test_a_first_visit_to_a_page_is_light(book_path, visits):
    passed(gates.heavy_page(visits.desk(book_path).transfers))


def test_a_page_does_not_jump_while_it_loads(book_path, visits):
    passed(gates.shifting(visits.phone(book_path)))


def test_a_page_fits_a_phone(book_path, visits):
    passed(visits.phone(book_path).wide)


def test_no_formula_is_cut_on_a_phone(book_path, visits):
    passed(visits.phone(book_path).cut)


def test_a_dark_page_prints_light(book_path, visits):
    passed(visits.desk(book_path).paper)


def test_no_code_is_cut_at_a_desk(book_path, visits):
    passed(visits.desk(book_path).code)


def test_no_message_is_cut_on_a_phone(book_path, visits):
    passed(visits.phone(book_path).messages)


def test_text_in_figures_can_be_read_on_a_phone(book_path, visits):
    passed(visits.phone(book_path).letters)


def test_every_link_of_a_page_leads_somewhere(page_path, site):
    passed(site.broken(page_path))


# The site as a whole


def test_every_accepted_finding_of_axe_still_occurs(visits, table):
    passed(gates.stale_acceptances(table, visits.axe_findings(table)))


def test_the_404_page_and_the_site_agree_on_where_they_are(site):
    assert site.address is None or site.notfound == site.prefix


# Handling


@pytest.fixture(params=["desk", "phone"])
def subject(
    request: pytest.FixtureRequest, browser: Browser, server: Server, site: Site
) -> Iterator[Page]:
    """A chapter's page, loaded afresh for each test."""
    path = SUBJECT if SUBJECT in site.documents else "index.html"
    with visit(browser, server, path, phone=request.param == "phone") as (page, _):
        assert page.viewport_size == (PHONE if request.param == "phone" else DESK)
        yield page


def test_the_sidebar_opens_and_closes_by_mouse_and_keyboard(subject):
    passed(handling.sidebar(subject))


def test_the_theme_changes_by_mouse_and_keyboard_and_is_remembered(subject):
    passed(handling.theme(subject))


def test_the_search_finds_a_word_and_opens_its_page(subject):
    passed(handling.search(subject, WORD))


def test_the_skip_link_leads_past_the_navigation(subject):
    passed(handling.skip_link(subject))


def test_the_focus_can_be_seen_wherever_tab_leads(subject):
    passed(handling.focus(subject))
