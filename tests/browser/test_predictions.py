"""Predictions: asked before they are told, answered by mouse and keyboard, kept, forgotten."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import decks
import gates
import predicting
import pytest
from browsing import new_context, visit
from playwright.sync_api import Browser, Page
from serving import Server
from verdict import passed

SUBJECT, NAME, NUMBER = "finite.html", "predict-halving", "predict-tridiagonal"
LATER = "predict-ties"  # the prediction behind it
SCRIPT = "predict.js"
KEPT = "slopes.predictions"


@pytest.fixture(scope="module")
def asking(site) -> list[str]:
    """The pages that ask for predictions."""
    texts = {path: (site.root / path).read_text("utf-8") for path in sorted(site.documents)}
    return [path for path, text in texts.items() if '<div class="prediction" data-' in text]


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A chapter that asks, with an empty memory."""
    with visit(browser, server, SUBJECT) as (opened, _):
        yield opened


def without_scripts(browser: Browser, server: Server, **given: Any) -> Page:
    """Open the chapter in a browser that runs no script."""
    context = browser.new_context(java_script_enabled=False, **given)
    opened = context.new_page()
    opened.goto(server.base + SUBJECT)
    return opened


# --- before ---------------------------------------------------------------------------------------


def test_every_chapter_asks(asking, site):
    chapters = [path for path in site.documents if "/" not in path and path in asking]
    assert len(chapters) >= 6


def test_a_page_tells_nothing_before_the_choice_and_takes_its_own_answers(
    book_path, asking, browser, server
):
    if book_path in asking:
        with visit(browser, server, book_path) as (opened, _):
            told, refused = predicting.told(opened), predicting.refused(opened)
        passed(told)
        passed(refused)


def test_an_output_that_tells_is_caught(page):
    page.add_style_tag(content=".predict-closed > * { display: revert !important }")
    assert [fault.split()[0] for fault in predicting.told(page)][:1] == [NAME]


def test_closing_moves_nothing(book_path, asking, visits):
    if book_path in asking:
        shifts = visits.phone(book_path).shifts
        assert sum(shift["value"] for shift in shifts) <= predicting.SHIFT_LIMIT, shifts


def test_an_open_prediction_has_notes_and_two_buttons_and_no_answer(page):
    seen = predicting.state(page, NAME)
    assert (seen["state"], seen["answer"], seen["said"]) == ("open", False, "")
    assert (seen["outputs"], seen["notes"]) == ([False, False], [True])
    assert seen["presses"] == ["Choose", "Show me"]
    assert seen["progress"].startswith("0/")


# --- answering ------------------------------------------------------------------------------------


def test_a_right_choice_is_praised_and_opens_all(page):
    seen = predicting.choose(page, NAME, "B")
    assert seen["said"].startswith("Right.")
    assert (seen["answer"], seen["outputs"], seen["notes"]) == (True, [True, True], [False])
    assert seen["marked"] == ["right chosen"]
    assert seen["presses"] == ["Forget my choice"]
    assert seen["focus"] == "predict-forget"
    assert seen["progress"].startswith("1/")


def test_a_tempting_choice_gets_its_own_reason(page):
    seen = predicting.choose(page, NAME, "A")
    assert seen["said"].startswith("Tempting, but no.")
    assert "divides by" in seen["said"]
    assert seen["marked"] == ["chosen", "right"]
    assert (seen["answer"], seen["outputs"]) == (True, [True, True])


@pytest.mark.parametrize(
    ("typed", "verdict"), [("4", "Right."), ("1001", "Tempting, but no."), ("17", "No.")]
)
def test_a_number_is_right_tempting_or_neither(page, typed, verdict):
    seen = predicting.choose(page, NUMBER, typed)
    assert seen["said"].startswith(verdict)
    assert seen["answer"]


def test_show_me_tells_without_a_verdict(page):
    seen = predicting.press(page, NAME, "show")
    assert (seen["state"], seen["said"], seen["marked"]) == ("shown", "", ["right"])
    assert (seen["answer"], seen["outputs"]) == (True, [True, True])


def test_nothing_is_chosen_without_an_option(page):
    page.locator(f"#{NAME} .predict-choose").click()
    assert predicting.state(page, NAME)["state"] == "open"


def test_the_keyboard_alone_answers_and_forgets(page):
    page.locator(f"#{NAME} input").first.focus()
    for key in ("ArrowDown", "Tab", "Enter"):
        page.keyboard.press(key)
    seen = predicting.state(page, NAME)
    assert (seen["said"][:6], seen["focus"]) == ("Right.", "predict-forget")
    page.keyboard.press("Enter")
    assert predicting.state(page, NAME)["state"] == "open"


# --- memory ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["A", "B", "show"])
def test_a_reload_keeps_what_was_chosen_or_shown(page, value):
    shown = predicting.press if value == "show" else predicting.choose
    before = shown(page, NAME, value)
    page.reload(wait_until="networkidle")
    after = predicting.state(page, NAME)
    assert {**before, "focus": None} == {**after, "focus": None}


@pytest.mark.parametrize(
    ("path", "name"), [(SUBJECT, NAME), ("reference/quiz.html", "quiz-silent")]
)
def test_a_kept_choice_moves_nothing_when_the_page_comes_back(path, name, browser, server):
    with visit(browser, server, path, phone=True, slow=True) as (page, _):
        predicting.choose(page, name, "A")
        page.locator(f"#{name}").evaluate("form => form.scrollIntoView()")
        page.wait_for_timeout(gates.LATE)
        page.reload(wait_until="networkidle")
        page.wait_for_timeout(gates.LATE)
        assert predicting.state(page, name)["state"] == "chosen"
        assert sum(shift["value"] for shift in page.evaluate("probes.shifts")) <= 0.01, (
            page.evaluate("probes.shifts")
        )


@pytest.mark.parametrize(
    ("halt", "come", "seen"),
    [
        (f'id="{LATER}"', f"#{NAME} + *", {"state": "chosen", "visible": True}),
        ('class="predict-presses"', f"#{NAME} li", {"state": "open", "visible": False}),
    ],
    ids=["behind it", "within it"],
)
def test_what_a_page_paints_while_it_comes_in_has_the_kept_choice(halt, come, seen, browser, site):
    page_goes_on, script_goes_on = threading.Event(), threading.Event()
    with Server(site.root, site.prefix) as server, visit(browser, server, SUBJECT) as (page, _):
        predicting.choose(page, NAME, "A")
        server.halting = {
            SUBJECT: (halt.encode(), page_goes_on),
            f"_static/{SCRIPT}": (b"", script_goes_on),
        }
        page.reload(wait_until="commit")
        page.wait_for_selector(come, state="attached")
        script_goes_on.set()  # what has come by now changes no more
        page.wait_for_function("performance.getEntriesByType('paint').length")
        form = page.locator(f"#{NAME}")
        painted = {
            "state": form.get_attribute("data-state") or "open",
            "visible": form.is_visible(),
        }
        assert page.evaluate("document.readyState") == "loading"
        assert painted == seen
        page_goes_on.set()
        page.wait_for_load_state("networkidle")
        assert predicting.state(page, NAME)["state"] == "chosen"
        assert form.is_visible()


def test_a_field_for_a_number_takes_the_place_that_was_kept_for_it(page):
    field = page.locator(f"#{NUMBER} .predict-number")
    before = field.evaluate("e => e.getBoundingClientRect().height")
    field.scroll_into_view_if_needed()
    page.wait_for_selector(f"#{NUMBER} input[type=number]")
    assert field.evaluate("e => e.getBoundingClientRect().height") == pytest.approx(before, abs=0.5)


def test_the_quiz_counts_right_answers(browser, server):
    with visit(browser, server, "reference/quiz.html") as (page, _):
        score = page.locator(".predict-score")
        assert score.text_content() == "10 questions, none answered yet."
        predicting.choose(page, "quiz-float32", "813")
        predicting.choose(page, "quiz-silent", "B")
        predicting.press(page, "quiz-cure", "show")
        assert score.text_content() == "1 right of 3 answered; there are 10 questions."


def test_a_choice_can_be_forgotten(page):
    before = predicting.state(page, NAME)
    predicting.choose(page, NAME, "A")
    assert {**predicting.press(page, NAME, "forget"), "focus": None} == {**before, "focus": None}
    page.reload(wait_until="networkidle")
    assert {**predicting.state(page, NAME), "focus": None} == {**before, "focus": None}


def test_a_choice_is_kept_in_the_browser_and_nowhere_else(browser, server):
    with visit(browser, server, SUBJECT) as (page, log):
        page.add_style_tag(content="section { content-visibility: visible !important }")
        page.wait_for_timeout(1000)  # all that the page shows has come, fonts of formulas too
        asked = len(log.requests)
        predicting.choose(page, NAME, "A")
        page.wait_for_timeout(200)
        assert log.requests[asked:] == []
        assert page.evaluate("document.cookie") == ""
        kept = page.evaluate(f"JSON.parse(localStorage['{KEPT}'])")
        assert kept == {"finite": {NAME: "A"}}


def test_a_browser_that_keeps_nothing_still_answers(browser, server):
    context = new_context(browser)
    context.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('full'); };"
        "const get = Storage.prototype.getItem; Storage.prototype.getItem = function (key) {"
        f" if (key === '{KEPT}') throw new DOMException('no'); return get.call(this, key); }};"
    )
    page = context.new_page()
    page.goto(server.base + SUBJECT, wait_until="networkidle")
    assert predicting.choose(page, NAME, "B")["said"].startswith("Right.")
    context.close()


def test_a_link_to_a_closed_figure_opens_it(browser, server):
    with visit(browser, server, "tape.html#fig-tape-memory") as (page, _):
        assert page.locator("#fig-tape-memory").is_visible()
        assert predicting.state(page, "predict-checkpoints")["state"] == "open"


# --- without a script, on paper, for everybody ----------------------------------------------------


def test_without_scripts_it_is_a_question_with_a_folded_answer(browser, server):
    page = without_scripts(browser, server)
    form = page.locator(f"#{NAME}")
    assert form.locator(".predict-words").first.is_visible()
    assert form.locator("details.predict-answer summary").is_visible()
    assert not form.locator(".predict-whole").is_visible()
    assert (
        page.locator(".prediction :is(input, button):visible, .predict-note:visible").count() == 0
    )
    assert page.locator(f"[data-prediction={NAME}] .cell_output").is_visible()
    form.locator("summary").click()
    assert form.locator(".predict-reasons").is_visible()
    page.context.close()


def test_paper_has_question_answer_reasons_and_outputs(page):
    page.emulate_media(media="print")
    seen = predicting.state(page, NAME)
    assert (seen["answer"], seen["outputs"], seen["notes"]) == (True, [True, True], [False])
    assert seen["presses"] == []
    assert page.locator(f"#{NAME} .predict-reasons").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("answered", ["open", "A", "show"])
def test_axe_finds_nothing_open_or_answered(page, axe, scheme, answered):
    page.emulate_media(color_scheme=scheme)
    for name in (NAME, NUMBER):
        if answered == "A":
            predicting.choose(page, name, "A" if name == NAME else "1001")
        elif answered == "show":
            predicting.press(page, name, "show")
    page.evaluate(axe.read_text("utf-8"))
    page.evaluate("probes.settle()")
    page.evaluate("probes.flatten()")
    parts = f"#{NAME}, #{NUMBER}, [data-prediction={NAME}], .bd-docs-nav"
    found = page.evaluate("([t, s]) => probes.check(t, [], s)", [gates.AXE_TAGS, parts])
    passed(gates.axe_findings(found))


def test_a_phone_shows_all_of_it(browser, server):
    with visit(browser, server, SUBJECT, phone=True) as (page, _):
        predicting.choose(page, NAME, "A")
        assert page.evaluate("probes.wide(390)") == []


# --- decks ----------------------------------------------------------------------------------------


@pytest.fixture
def deck(deck_path: str, browser: Browser, server: Server) -> Iterator[Page]:
    """A deck on its first slide."""
    with visit(browser, server, deck_path) as (opened, _):
        decks.wait_for_deck(opened)
        yield opened


def test_a_vote_can_start_as_soon_as_its_slide_is_there(deck):
    passed(predicting.votes(deck))


GOOD = {"title": "?", "options": 3, "hidden": 0, "answer": 0, "reasons": 2}


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ({"hidden": 2}, {"answer": 1}, "'?': 2 of 3 options wait for a click"),
        ({"options": 1}, {"answer": 1}, "'?': it has fewer than two options"),
        ({"answer": 1}, {"answer": 1}, "'?': its answer is told at once"),
        ({}, {"answer": 0}, "'?': one step does not answer it"),
        ({}, None, "'?': one step does not answer it"),
        ({"reasons": 0}, {"answer": 1}, "'?': its notes give no reasons"),
    ],
)
def test_a_vote_that_must_wait_is_caught(before, after, fault):
    later = after and {**GOOD, **after}
    assert predicting.faults_of_a_vote({**GOOD, **before}, later) == [fault]


def test_the_keys_t_and_u_count_down_and_count_hands(browser, server):
    with visit(browser, server, "slides/finite.html") as (page, _):
        decks.wait_for_deck(page)
        page.evaluate("Reveal.slide(1, 0, -1)")
        page.keyboard.press("t")
        assert page.locator(".vote-clock").text_content() in {"1:00", "0:59"}
        page.wait_for_function("document.querySelector('.vote-clock').textContent === '0:58'")
        page.keyboard.press("t")
        assert page.locator(".vote-clock").count() == 0
        page.keyboard.press("u")
        fields = page.locator("section.present .hands")
        assert fields.count() == page.locator("section.present .slide-body > ol > li").count()
        fields.first.fill("12")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        assert page.evaluate("Reveal.getIndices().h") == 1
        page.keyboard.press("u")
        assert fields.count() == 0
