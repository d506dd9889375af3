"""Jacobians that are mostly zero: columns that share no row are found in one go."""

from typing import Any

import numpy as np

__all__ = ["checked_groups", "group_columns", "masked"]


def group_columns(pattern: Any) -> list[list[int]]:
    """Group columns that share no row, greedily: each joins the first group that it fits.

    Parameters
    ----------
    pattern : bool array, shape (m, n)
        Where a matrix may differ from 0.

    Returns
    -------
    list of lists of int
        Column numbers, each column in one group.

    Raises
    ------
    ValueError
        If `pattern` has not two axes.

    Notes
    -----
    As many groups as the fullest row has entries, at least; greedy grouping may need more, for the
    fewest are a graph colouring problem. Time of order m n times the number of groups.

    References
    ----------
    A. R. Curtis, M. J. D. Powell and J. K. Reid, IMA Journal of Applied Mathematics 13 (1974)
    117-119.

    Examples
    --------
    >>> group_columns(np.array([[1, 1, 0], [0, 1, 1]], dtype=bool))
    [[0, 2], [1]]
    """
    structure = np.asarray(pattern, dtype=bool)
    if structure.ndim != 2:
        raise ValueError(f"pattern must have two axes, got pattern.ndim={structure.ndim!r}")
    groups: list[list[int]] = []
    taken: list[Any] = []
    for j, column in enumerate(structure.T):
        home = next((g for g, rows in enumerate(taken) if not (rows & column).any()), len(groups))
        if home == len(groups):
            groups.append([])
            taken.append(np.zeros_like(column))
        groups[home].append(j)
        taken[home] |= column
    return groups


def checked_groups(pattern: Any, n: int) -> list[list[int]]:
    """Group the columns of a pattern for n inputs."""
    groups = group_columns(pattern)
    if (columns := sum(map(len, groups))) != n:
        raise ValueError(f"pattern must have {n} columns for {n} inputs, got {columns}")
    return groups


def masked(jac: Any, pattern: Any) -> Any:
    """Keep of each column the rows that are its own."""
    structure = np.asarray(pattern, dtype=bool)
    if structure.shape != jac.shape:
        raise ValueError(
            f"pattern must have the Jacobian's shape {jac.shape!r}, "
            f"got pattern.shape={structure.shape!r}"
        )
    return np.where(structure, jac, 0)
