r"""Colour the columns of a sparse matrix: columns of one colour are found by one product.

Two columns may share a colour if they share no row; then the product of the matrix with their
sum shows every entry of both, alone in its row. `colour_columns` gives each column the first
colour that its rows leave free. A symmetric matrix has each entry twice, and one readable place
is enough: `colour_symmetric` gives neighbours different colours and leaves no path over four
vertices with two colours only, a *star colouring*. Sets of colours are the bits of an integer, so
that a column looks at each of its entries once: time of order entries times colours / 64.
Both are greedy: the fewest colours are an NP-hard problem. They fail nowhere, but a dense row needs
as many colours as it has entries; then colour the rows instead.
Reference: A. H. Gebremedhin, F. Manne and A. Pothen, "What color is your Jacobian? Graph coloring
for computing derivatives", SIAM Review 47 (2005) 629-705.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Int

from slopes.products.patterns import as_pattern

__all__ = ["colour_columns", "colour_symmetric"]

Colours = Int[np.ndarray, " n"]


def colour_columns(pattern: Any) -> Colours:
    """Colour columns so that two of one colour share no row.

    Parameters
    ----------
    pattern : Pattern, or what `as_pattern` reads
        Shape (m, n). For a colouring of rows give its transpose.

    Returns
    -------
    int array, shape (n,)
        Colours from 0 on; at least as many as the fullest row has entries.

    Notes
    -----
    Columns come in their order, and once more with the fullest first; the better of the two is
    returned.

    Examples
    --------
    >>> colour_columns([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]]).tolist()
    [0, 1, 0, 1]
    """
    rows, cols, (m, n) = as_pattern(pattern)
    columns = _lists(cols, rows, n)

    def greedy(order: Sequence[int]) -> Colours:
        taken = [0] * m  # of each row, the colours in it, as bits
        colours = np.zeros(n, int)
        for j in order:
            colour = _first_free(*(taken[i] for i in columns[j]))
            colours[j] = colour
            for i in columns[j]:
                taken[i] |= 1 << colour
        return colours

    return _better(greedy, columns)


def colour_symmetric(pattern: Any) -> Colours:
    """Colour the vertices of a symmetric pattern so that each entry can be read at one place.

    Parameters
    ----------
    pattern : Pattern, or what `as_pattern` reads
        Square and symmetric. The diagonal may be in it or not.

    Returns
    -------
    int array, shape (n,)
        Colours from 0 on: neighbours differ, and each path over four vertices has three.

    Raises
    ------
    ValueError
        If the pattern is not symmetric.

    Examples
    --------
    An arrow needs two colours, although its first row is full.

    >>> arrow = np.eye(5, dtype=bool)
    >>> arrow[0] = arrow[:, 0] = True
    >>> colour_symmetric(arrow).tolist()
    [0, 1, 1, 1, 1]
    """
    rows, cols, (m, n) = as_pattern(pattern)
    there, back = rows * n + cols, np.sort(cols * n + rows)
    if m != n or not np.array_equal(there, back):
        raise ValueError(
            f"pattern must be symmetric, got a pattern of shape {(m, n)!r} that is not"
        )
    apart = rows != cols
    neighbours = _lists(rows[apart], cols[apart], n)
    return _better(lambda order: _star(order, neighbours), neighbours)


def _star(order: Sequence[int], neighbours: list[list[int]]) -> Colours:
    """Colour greedily so that two colours together form stars: a hub, and leaves around it."""
    n = len(neighbours)
    colours = [-1] * n
    once, twice = [0] * n, [0] * n  # of each vertex, the colours of at least 1, of 2 neighbours
    ends = [0] * n  # of each leaf, the colours of its hubs: one vertex more makes a path of four
    leaf: dict[tuple[int, int], int] = {}  # hub and colour: its first leaf
    for v in order:
        near = [w for w in neighbours[v] if colours[w] >= 0]
        leaves = [w for w in near if twice[v] >> colours[w] & 1]
        c = _first_free(once[v], *(ends[w] for w in near), *(once[w] for w in leaves))
        colours[v] = c
        for w in leaves:  # v is their hub
            ends[w] |= 1 << c
        for w in near:
            if once[w] >> c & 1:  # w is a hub: v is not its first leaf of colour c
                ends[v] |= 1 << colours[w]
                ends[leaf[w, c]] |= 1 << colours[w]
        for w in neighbours[v]:
            twice[w] |= once[w] & 1 << c
            once[w] |= 1 << c
            leaf.setdefault((w, c), v)
    return np.asarray(colours, int)


def _better(greedy: Any, lists: list[list[int]]) -> Colours:
    """Colour in the given order, and with the fullest first; keep what takes fewer colours."""
    natural = range(len(lists))
    orders = natural, sorted(natural, key=lambda j: -len(lists[j]))
    return min(map(greedy, orders), key=lambda colours: colours.max(initial=0))


def _first_free(*taken: int) -> int:
    """Return the lowest bit that is in none of some sets."""
    used = 0
    for bits in taken:
        used |= bits
    return (~used & used + 1).bit_length() - 1


def _lists(lines: Any, others: Any, count: int) -> list[list[int]]:
    """List for each line the places in it."""
    order = np.argsort(lines, kind="stable")
    ends = np.cumsum(np.bincount(lines, minlength=count))
    return [part.tolist() for part in np.split(others[order], ends[:-1])] if count else []
