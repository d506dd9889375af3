r"""Decks: pages under ``slides/`` become reveal.js presentations in the ordinary html build.

A deck is a MyST notebook, ``slides/<topic>.md``. Book and decks are one Sphinx project, so a deck
can ``{numref}`` a figure of the book, cite, and execute its cells; ``slides/index`` stays a page.

Headings
    ``#`` is the title slide, ``##`` a slide, ``###`` a slide below it: a ``##`` with ``###`` under
    it heads a vertical stack and is a section slide. A heading is the slide's statement.

Front matter
    ``minutes`` (default 45): what the notes must add up to; ``long``: what they add up to in the
    long plan. ``chapter``: the book page to link, where it is not the page with the deck's own
    stem. ``mark``: the drawing of the title slide, one of ``deck.marks.MARKS``. ``lecturer``,
    ``place`` and ``date`` stand on the title slide and in the footers; the address of a deck may
    give them, too, ``?lecturer=...&place=...&date=...``, and ``deck_lecturer`` and so on in
    ``conf.py`` give them for all decks.

``{slide}``: options of the slide that it stands in
    ``:kind:`` is one of ``KINDS`` and chooses the design; ``:class:`` adds classes (``beside`` sets
    a cell's output beside its code); ``:auto-animate:``, ``:auto-animate-id:``,
    ``:auto-animate-restart:``, ``:transition:`` and ``:background-color:`` are reveal's own.

``{notes}``: what the speaker view shows; one block in each slide
    ``:minutes:`` is required. ``:extra:`` are minutes more in the long plan; ``:optional:`` marks
    a slide that a short lecture with many questions leaves out. Formulas, lists, code, links work.

``{plan} finite``: on a page, the table of a deck's two plans

``{fragments}``: content shown step by step
    Each list item, else each block, is one step. ``:effect:`` takes reveal's effects (``fade-up``).

``{derivation}``: lines that appear one after the other, on a slide of the kind ``derivation``
    One list. An item is the reason, the formula, and at the end perhaps a sentence that reads the
    result. The first line stands from the start; each other is one step.

``{predict} B``: a question with options, on a slide of the kind ``question``
    The book's directive, described in `slopes_docs.page.predict`. All options stand on the slide
    from the start; the next step marks the right one and shows the answer. The reasons of the
    others go to the end of the notes. Key T starts and stops a count-down, key U shows fields for
    the hands that are up.

``{stepping} 1|2-3|*``: line stepping for the code block inside it, ``literalinclude`` too
    For an executed cell the same is a cell option, ``:steps: 1|2-3|*``. Each part between bars is
    one step; ``1,4-6`` is a set of lines, ``*`` all lines. The first part is shown from the start.
    Code of three lines or more must have steps, or ``:whole:`` with the reason why not.

``:fragment: output`` on a code cell
    Holds back its output, ``:fragment: cell`` the whole cell, until the next step; with ``both``
    the cell is one step and its output another. An output beside its code must be held back.

Drawing (keys W and C) is a plugin that ``draw.js`` fetches when it is asked for. On a phone held
upright ``deck-phone.css`` lays out reveal's scroll view; ``deck-plain.css`` is the deck without
scripts. ``plans.py`` adds up minutes, ``cells.py`` looks after code, ``marks.py`` draws.

A missing or second ``{notes}``, minutes that do not add up, a bad step and content outside a slide
are warnings of type ``deck``: errors under ``-W``. Builders other than html leave the notes out.
"""
