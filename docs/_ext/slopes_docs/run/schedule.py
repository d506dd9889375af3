"""The order in which pages are read: processes that read side by side are to end together.

Sphinx cuts the list of pages into chunks, in the order of their names, and a process reads each.
All long chapters would lie in one chunk, and one processor would wait for the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.parallel import make_chunks


def deal(weights: Mapping[str, int], lengths: Sequence[int]) -> list[str]:
    """Order some pages so that chunks that are read side by side weigh about the same.

    Parameters
    ----------
    weights : Mapping[str, int]
        Pages, and how long each may take in any unit.
    lengths : Sequence[int]
        How many pages each of these chunks takes, the sum at most the number of pages.

    Returns
    -------
    list[str]
        The pages of the first chunk, of the second and so on, then the lightest, which are left.
        In each chunk the lightest come first: they are read while the kernels get ready.
    """
    chunks: list[list[str]] = [[] for _ in lengths]
    waiting = sorted(weights, key=lambda name: (-weights[name], name))
    for name in waiting[: sum(lengths)]:
        free = [chunk for chunk, length in zip(chunks, lengths, strict=True) if len(chunk) < length]
        min(free, key=lambda chunk: sum(weights[other] for other in chunk)).append(name)
    return [*(name for chunk in chunks for name in reversed(chunk)), *waiting[sum(lengths) :]]


def balance(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Put the pages in order; how long a page takes is guessed by how long its source is."""
    if app.parallel > 1:
        weights = {name: env.doc2path(name).stat().st_size for name in docnames}
        chunks = make_chunks(docnames, app.parallel)[: app.parallel]
        docnames[:] = deal(weights, [len(chunk) for chunk in chunks])
