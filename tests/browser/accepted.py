"""Findings of axe that the course accepts, each with its reason.

An entry holds for one rule and for the elements that match its selector, nowhere else. An entry
that its page does not show any longer fails the tests, so the table cannot rot: remove it.
"""

from __future__ import annotations

from typing import NamedTuple


class Accepted(NamedTuple):
    """One accepted finding."""

    rule: str
    selector: str
    reason: str
    page: str = "index.html"  # where it can be seen


ACCEPTED: tuple[Accepted, ...] = (
    Accepted(
        "region",
        ".sidebar-primary-item:has(> .navbar-brand), .navbar-brand *",
        "the theme puts the course's name above the navigation, not into it; it is a link home, "
        "and the next landmark begins right behind it",
    ),
    Accepted(
        "label-content-name-mismatch",
        ".search-button-field",
        "the theme's button reads 'Search Ctrl+K' and is named 'Search': the keys are a hint, "
        "and whoever says 'Search' to a voice control reaches the button",
    ),
)
