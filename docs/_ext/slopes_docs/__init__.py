"""The site's extension of Sphinx: how pages run, become slides and notebooks, and are published.

A page's life is the list `LIFE`, from top to bottom. The rooms: ``run`` executes cells and tells
what is measured; ``deck`` makes presentations; ``notebook`` exports chapters; ``search`` indexes
all; ``page`` holds what a page needs besides its text; ``repairs`` patches other people's classes;
``commands`` are programs.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

from sphinx.application import Sphinx

from slopes_docs import repairs
from slopes_docs.deck import checks, directives, plans, slides, writing
from slopes_docs.notebook import export
from slopes_docs.page import (
    address,
    assets,
    book,
    card,
    contents,
    describe,
    ebook,
    figures,
    folds,
    install,
    live,
    lost,
    names,
    npm,
    numbers,
    numerals,
    outputs,
    predict,
    predictions,
    punctuation,
    takeaway,
    teaching,
    validity,
)
from slopes_docs.run import environment, execution, kernels, measured, schedule
from slopes_docs.search import passages
from slopes_docs.search import writing as search

# Event, priority, handler. Sphinx and the other extensions have priority 500, so a handler with
# less runs before theirs and one with more after them.
LIFE: list[tuple[str, int, Callable[..., Any]]] = [
    # before anything is read
    ("config-inited", 100, npm.provide),
    ("config-inited", 100, execution.configure),
    ("config-inited", 900, book.share_handlers),
    ("builder-inited", 600, search.leave_sphinx_out),
    # pages are read
    ("env-before-read-docs", 400, kernels.start),
    ("env-before-read-docs", 400, schedule.balance),
    ("doctree-read", 400, execution.check_outputs),
    ("doctree-read", 600, checks.check),
    ("doctree-read", 600, predict.check),
    ("doctree-read", 700, live.take_pictures),
    # all pages are read
    ("env-updated", 600, environment.pages_to_write),
    ("env-updated", 600, plans.pages_to_write),
    # a page is resolved
    ("doctree-resolved", 600, environment.fill_in),
    ("doctree-resolved", 600, teaching.link_slides),
    ("doctree-resolved", 600, measured.leave_out_of_search),
    ("doctree-resolved", 600, outputs.wrap_messages),
    ("doctree-resolved", 600, numerals.write_powers),
    ("doctree-resolved", 600, validity.mend),
    ("doctree-resolved", 800, passages.collect),
    ("doctree-resolved", 900, export.export),
    ("doctree-resolved", 910, punctuation.keep),
    ("doctree-resolved", 950, takeaway.add_offers),
    ("doctree-resolved", 950, takeaway.list_downloads),
    # a page is written
    ("html-page-context", 400, contents.step_over_decks),
    ("html-page-context", 400, describe.describe),
    ("html-page-context", 950, predictions.add_script),
    ("html-page-context", 950, lost.offer_ways),
    ("html-page-context", 999, writing.choose_template),
    # all pages are written
    ("build-finished", 400, kernels.stop),
    ("build-finished", 600, export.add_wheel),
    ("build-finished", 600, takeaway.write_binder),
    ("build-finished", 600, card.write_card),
    ("build-finished", 600, search.write),
    ("build-finished", 600, environment.report),
    ("build-finished", 900, assets.finish),  # the theme writes pygments.css late
]

# Those that have directives, nodes or settings of their own.
ROOMS = (
    execution, measured, environment, address, contents, install, live, directives, writing, folds,
    plans, predict, predictions, takeaway, teaching,
)  # fmt: skip


# Pages are trees of 100,000 objects and more that live long. Python looks for garbage after every
# 700 new ones, in all that there are, which takes a third of the time that Sphinx itself needs.
OBJECTS = 1_000_000


def setup(app: Sphinx) -> dict[str, bool]:
    """Register everything with Sphinx."""
    gc.set_threshold(OBJECTS)
    repairs.apply()
    numbers.apply()
    for room in ROOMS:
        room.register(app)
    app.add_post_transform(slides.BuildDeck)
    app.add_post_transform(figures.DescribeImages)
    app.add_post_transform(names.LinkNames)
    app.add_post_transform(names.DefineTerms)
    app.add_builder(book.Book, override=True)
    app.add_builder(ebook.Ebook, override=True)
    for event, priority, handler in LIFE:
        app.connect(event, handler, priority=priority)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
