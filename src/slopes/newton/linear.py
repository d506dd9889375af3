r"""Conjugate gradients: a symmetric system solved with products alone.

From the residual :math:`r=b-Ax` and a direction :math:`p` each step goes to the least value of
:math:`\tfrac12x^\top Ax-b^\top x` along :math:`p`,

.. math:: \alpha=\frac{r^\top r}{p^\top Ap},\quad x\leftarrow x+\alpha p,\quad r\leftarrow
   r-\alpha Ap,\quad p\leftarrow r+\beta p,\quad\beta=\frac{r_+^\top r_+}{r^\top r}.

One product a step; at most n steps without rounding, and about the root of the condition number
with it. Without a stopping test the quotients become 0/0. It fails where :math:`p^\top Ap` is not
positive, and that is a finding: the matrix is not positive definite, and p shows it.
Reference: Hestenes and Stiefel, J. Res. Nat. Bur. Standards 49 (1952) 409-436.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Bool, Float, Int

from slopes._typing import Numbers
from slopes.newton.arguments import demand_count, demand_tolerance, flattened, norm, unit
from slopes.newton.result import (
    CONVERGED,
    NEGATIVE_CURVATURE,
    NOT_FINITE,
    OUT_OF_STEPS,
    SINGULAR,
    STALLED,
)

__all__ = ["Solved", "conjugate_gradient"]

#: Reasons that only the loop knows: it goes on, or it met the edge of the trust region.
GOING_ON, AT_THE_EDGE = -1, -2


class Solved(NamedTuple):
    """What `conjugate_gradient` found; the fields of `Found`, and one more."""

    value: Any
    """The solution, of the structure, shapes and dtypes of `b`; the last good one if it failed."""
    converged: Bool[jax.Array, "..."]
    """Whether the residual, computed anew at the end, is below the tolerance."""
    iterations: Int[jax.Array, "..."]
    """Steps that were made."""
    evaluations: Int[jax.Array, "..."]
    """Products with the matrix, one for each step, a refused one too, and one for the residual."""
    residual: Float[jax.Array, "..."]
    """Norm of b - Ax."""
    reason: Int[jax.Array, "..."]
    """Why it stopped."""
    direction: Any
    """A direction p with p'Ap < 0, or = 0, if that is the reason; zeros otherwise."""


class Walk(NamedTuple):
    """What a step hands to the next; points are rows of n numbers."""

    x: Any
    r: Any
    p: Any
    product: Any
    rr: Any
    steps: Any
    products: Any
    reason: Any


def conjugate_gradient(
    matvec: Callable[..., Any],
    b: Any,
    *args: Any,
    tol: Numbers = 1e-8,
    steps: Numbers | None = None,
) -> Solved:
    """Solve Ax = b for a symmetric positive definite A that is known by its products.

    Parameters
    ----------
    matvec : Callable
        The product, ``matvec(v, *args)``, of the structure and shapes of `v`.
    b : number, array or tree of arrays
        The right-hand side, n real floating-point numbers, at least one.
    *args
        What the product takes besides the vector.
    tol : float
        What the residual must come down to, as a part of the norm of b; at least 0.
    steps : int, optional
        The most steps, at least 1 and not traced; 10 n + 20 if not given, since rounding
        takes from the n that exact numbers need.

    Returns
    -------
    Solved
        The solution, and why the iteration stopped: `CONVERGED`, `OUT_OF_STEPS`, `NOT_FINITE`,
        `STALLED` (the tolerance is below rounding), `NEGATIVE_CURVATURE` or `SINGULAR`, both
        with the direction.

    Raises
    ------
    TypeError, ValueError
        If an argument is of a wrong kind or out of its range, or the product has another size.

    Notes
    -----
    That no negative curvature was met is no proof that there is none.

    Examples
    --------
    >>> A = jnp.array([[2.0, 1.0], [1.0, 2.0]])
    >>> found = conjugate_gradient(lambda v: A @ v, jnp.array([1.0, 2.0]))
    >>> (found.value.round(6) + 0.0).tolist()
    [0.0, 1.0]
    """
    demand_tolerance("tol", tol)
    flat, restore = flattened("b", b)
    most = 10 * flat.size + 20 if steps is None else demand_count("steps", steps)

    def product(v: Any) -> Any:
        given, _ = flattened("matvec(v)", matvec(restore(v), *args))
        if given.shape != flat.shape:
            raise ValueError(
                f"matvec must return the {flat.size} numbers of b, got {given.size} numbers"
            )
        return given.astype(flat.dtype)

    size = norm(flat)
    usable = jnp.isfinite(size)
    scale = jnp.where(usable & (size > 0), size, 1)
    end = walk(product, jnp.where(usable, flat / scale, 0), jnp.inf, tol, most)
    x, left = scale * end.x, scale * norm(flat / scale - product(end.x))
    usable &= jnp.all(jnp.isfinite(x))
    reason = jnp.where(
        (end.reason == CONVERGED) & ~(left <= jnp.asarray(tol) * size), STALLED, end.reason
    )
    reason = jnp.where(usable, reason, NOT_FINITE)
    bent = (reason == NEGATIVE_CURVATURE) | (reason == SINGULAR)
    return Solved(
        restore(jnp.where(usable, x, 0)),
        reason == CONVERGED,
        end.steps,
        end.products + 1,
        jnp.where(usable & jnp.isfinite(left), left, jnp.inf),
        reason,
        restore(jnp.where(bent, end.p, 0)),
    )


def walk(
    product: Callable[[Any], Any], b: Any, radius: Any, tol: Any, most: int,
) -> Walk:  # fmt: skip
    """Run conjugate gradients from 0 until solved, refused, or past a radius."""
    small = 4 * unit(b)

    def step(s: Walk) -> Walk:
        bent = product(s.p)
        curve, least = s.p @ bent, small * norm(s.p) * norm(bent)
        sound = curve > least
        x = s.x + s.rr / jnp.where(sound, curve, 1) * s.p
        r = s.r - s.rr / jnp.where(sound, curve, 1) * bent
        inside, rr = norm(x) < radius, r @ r
        solved = jnp.sqrt(rr) <= tol
        reason = jnp.select(
            [~jnp.isfinite(curve), curve < -least, ~sound, ~inside, solved],
            [NOT_FINITE, NEGATIVE_CURVATURE, SINGULAR, AT_THE_EDGE, CONVERGED],
            jnp.where(s.steps + 1 < most, GOING_ON, OUT_OF_STEPS),
        )
        stay = ~sound | ~inside | ~jnp.isfinite(rr)
        reason = jnp.where(sound & inside & ~jnp.isfinite(rr), NOT_FINITE, reason)
        p, counts = r + rr / s.rr * s.p, (s.steps + 1, s.products + 1)
        onward = Walk(x, r, p, bent, rr, *counts, reason)
        here = Walk(s.x, s.r, s.p, bent, s.rr, s.steps, s.products + 1, reason)
        pairs = zip(here, onward, strict=True)
        return Walk(*(jnp.where(stay, old, new) for old, new in pairs))

    rr = b @ b
    start = jnp.where(jnp.sqrt(rr) <= tol, CONVERGED, GOING_ON)
    start = jnp.where(rr == 0, CONVERGED, start)
    zero = jnp.zeros_like(b)
    first = Walk(zero, b, b, zero, rr, jnp.array(0), jnp.array(0), start)
    return lax.while_loop(lambda s: s.reason == GOING_ON, step, first)
