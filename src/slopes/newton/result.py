"""The named result of all methods of this package, and why they stop."""

from typing import Any, NamedTuple

import jax
from jaxtyping import Bool, Float, Int

from slopes._arguments import in_words

__all__ = [
    "AT_ROUNDING",
    "CONVERGED",
    "NEGATIVE_CURVATURE",
    "NOT_FINITE",
    "OUT_OF_STEPS",
    "SINGULAR",
    "STALLED",
    "Found",
    "why",
]

#: Reasons to stop, the codes in the field `reason`; the first two count as converged.
CONVERGED, AT_ROUNDING, OUT_OF_STEPS, NOT_FINITE = 0, 1, 2, 3
SINGULAR, NEGATIVE_CURVATURE, STALLED = 4, 5, 6
_WORDS = {
    CONVERGED: "the residual is below the tolerance",
    AT_ROUNDING: "what a step can gain is below the rounding of the function",
    OUT_OF_STEPS: "the steps are used up",
    NOT_FINITE: "the function or its derivative is not finite",
    SINGULAR: "the matrix of the step is singular",
    NEGATIVE_CURVATURE: "the curvature is negative, where a minimum has none",
    STALLED: "no step, however short, makes progress",
}


class Found(NamedTuple):
    """What an iterative method found."""

    value: Any
    """The point, of the structure, shapes and dtypes of the start; always finite if that is."""
    converged: Bool[jax.Array, "..."]
    """Whether the point is a solution, to the tolerance or to rounding."""
    iterations: Int[jax.Array, "..."]
    """Steps that were tried."""
    evaluations: Int[jax.Array, "..."]
    """Functions of the point, or products with a matrix, whichever were evaluated."""
    residual: Float[jax.Array, "..."]
    """Euclidean norm of what is zero at a solution; infinite where it is not finite."""
    reason: Int[jax.Array, "..."]
    """Why it stopped, one of the codes, which `why` puts in words."""


def why(reason: Any) -> str:
    """Say in words why a method stopped.

    Parameters
    ----------
    reason : int
        The field `reason` of one result, not traced.

    Returns
    -------
    str
        The words.

    Raises
    ------
    ValueError
        If there is no such reason.

    Examples
    --------
    >>> why(SINGULAR)
    'the matrix of the step is singular'
    """
    return in_words(_WORDS, reason)
