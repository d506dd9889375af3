r"""What JAX is told about a solution: its equation, and how the linear system is solved.

The derivative is only as sure as the point. What is left of the equation, r, would move the point
by :math:`\delta = A^{-1} r` with :math:`A = \partial F/\partial x`; where A, seen along that move,
changes by more than a tenth, the derivative has no digit. That is a pure number: it does not depend
on the units of the equations and of the unknowns, and it is 1/2 at a fold, however close.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from slopes.implicit.arguments import norm, row, stopping
from slopes.implicit.linear import inverse, linear

__all__ = ["solution", "sure"]

#: Tolerance of the move that judges a derivative: two digits.
ROUGH = 0.01


def solution(
    residual: Callable[[Any], Any],
    start: Any,
    find: Callable[[Any], Any],
    inverse: Callable[..., Any],
    judge: Callable[[Any], Any] | None = None,
) -> Any:
    """Find a solution, and let its derivative be that of the equation residual(x) = 0.

    Before JAX 0.12 `lax.custom_root` cannot differentiate past an integer among what a solver
    reports, so that integers and truth values pass it as floating-point numbers.
    """
    kinds: list[Any] = []

    def solve(_: Any, x: Any) -> tuple[Any, Any]:
        found = stopping(find(x))
        report = found._replace(value=())
        kinds.append(jax.tree.map(jnp.result_type, report))
        numbers = jax.tree.map(lambda leaf: jnp.asarray(leaf, float), report)
        factor = 1.0 if judge is None else jnp.where(judge(found), 1.0, jnp.nan)
        return found.value, (numbers, factor)

    def tangent(linearised: Callable[[Any], Any], b: Any) -> Any:
        return linear(linearised, b, inverse, inverse)

    value, (numbers, trust) = lax.custom_root(residual, start, solve, tangent, has_aux=True)
    report = jax.tree.map(lambda leaf, kind: leaf.astype(kind), numbers, kinds[0])
    return report._replace(value=value if judge is None else trusted(value, trust))


def sure(residual: Callable[[Any], Any], found: Any) -> Any:
    """Whether the search ended well, and what is left of the equation leaves a digit."""
    at, tree = row(found.value)
    equations = lambda flat: row(residual(tree(flat)))[0]  # noqa: E731
    left, push = jax.linearize(equations, at)
    move = inverse(ROUGH)(push, left)
    bent = jax.jvp(equations, (at - move,), (move,))[1]
    return found.converged & (norm(bent - left) <= 0.1 * norm(left))


@jax.custom_jvp
def trusted(x: Any, trust: Any) -> Any:
    """Give the point itself; its derivative is nan where the trust is."""
    del trust
    return x


@trusted.defjvp
def _(primals: Any, tangents: Any) -> tuple[Any, Any]:
    (x, trust), (x_dot, _) = primals, tangents
    trust = lax.stop_gradient(trust)
    return trusted(x, trust), jax.tree.map(lambda leaf: leaf * trust.astype(leaf.dtype), x_dot)
