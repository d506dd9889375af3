"""What an iteration for a fixed point returns, and why it stopped, in words."""

from typing import Any, NamedTuple

import jax
from jaxtyping import Bool, Float, Int

from slopes._arguments import in_words

__all__ = ["CONVERGED", "NOT_FINITE", "OUT_OF_STEPS", "Found", "why"]

#: Reasons to stop, the codes in the field `reason`.
CONVERGED, OUT_OF_STEPS, NOT_FINITE = 0, 1, 2
_WORDS = {
    CONVERGED: "the residual is below the tolerance",
    OUT_OF_STEPS: "the steps are used up",
    NOT_FINITE: "the map returned a number that is not finite",
}


class Found(NamedTuple):
    """What an iteration for a fixed point found."""

    value: Any
    """The point, of the structure, shapes and dtypes of the start."""
    converged: Bool[jax.Array, "..."]
    """Whether the residual is below the tolerance."""
    iterations: Int[jax.Array, "..."]
    """Steps that were made, those that were taken back among them."""
    evaluations: Int[jax.Array, "..."]
    """Evaluations of the map, one at the start and one for each step."""
    residual: Float[jax.Array, "..."]
    """Distance between the point and its image, in the Euclidean norm; infinite at a point whose
    image is not finite."""
    reason: Int[jax.Array, "..."]
    """Why it stopped, `CONVERGED`, `OUT_OF_STEPS` or `NOT_FINITE`, which `why` puts in words."""


def why(reason: Any) -> str:
    """Say in words why an iteration stopped.

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
    >>> why(CONVERGED)
    'the residual is below the tolerance'
    """
    return in_words(_WORDS, reason)
