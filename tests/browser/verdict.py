"""Turn a list of findings into the verdict of a test."""

from __future__ import annotations

from collections.abc import Iterable

import pytest


def passed(findings: Iterable[str]) -> None:
    """Fail with each finding on a line of its own; a traceback would only show this function."""
    lines = list(findings)
    if lines:
        pytest.fail("\n".join(lines), pytrace=False)
