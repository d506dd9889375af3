r"""Check a gradient: against differences along one random direction, and one mode by the other.

A claimed gradient g is right only if, along every direction v,

.. math:: g \cdot v = \frac{\dd}{\dd t} f(x + t v) \Big|_{t=0} = J v,

and one direction drawn at random betrays almost every wrong one. The middle is measured by
`slopes.finite.derivative`, which finds its own step and says how far it can be off; the right side
is a pass of forward mode, so that both sides together are the dot-product test.
Cost: three gradients, one forward pass, some 30 to 60 evaluations of `fn`, whatever the number of
inputs; where the differences deny a gradient, they are taken again, nearer to the point. It fails
to decide where the function is too noisy, flat or kinked, as at a minimum, and then says so.
Reference: Griewank and Walther, *Evaluating Derivatives*, 2nd ed., chapter 3.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from slopes import finite
from slopes.compare import unit_roundoff
from slopes.products.arguments import as_point, like

__all__ = ["Check", "check_gradient"]

ROUNDED = 16.0  # so many roundings of the point may be in the gradient
PART = 2000.0  # an error of one part in so many must be seen, or the check is undecided


class Check(NamedTuple):
    """What became of a gradient; it counts as true exactly when the verdict is ``agrees``."""

    verdict: str
    """``agrees``, ``differs`` or ``undecided``."""
    error: float
    """``|slope - difference|``; ``inf`` for a gradient that is not finite."""
    bar: float
    """How large the error may be, which is the bar of the difference and half the digits of g.v."""
    slope: float
    """Gradient times direction, not negative; ``nan`` for a gradient that is not finite."""
    difference: float
    """The slope along the same direction by differences."""
    forward: float | None
    """The slope by forward mode; None where `fn` has none."""

    def __bool__(self) -> bool:
        """Return whether the gradient agrees: a tuple of six would always be true."""
        return self.verdict == "agrees"


def check_gradient(
    fn: Callable[[Any], Any],
    x: Any,
    *,
    key: jax.Array,
    gradient: Callable[[Any], Any] | None = None,
) -> Check:
    r"""Check the gradient of a function with one output along a random direction.

    Parameters
    ----------
    fn : callable
        Function of one argument, an array or a tree of arrays; its value is one real number. With
        `gradient` it may be a program that JAX cannot trace.
    x : number, array or tree of arrays
        Where. Real, of floating dtype; at a point without zeros the direction has the scale of
        each entry.
    key : key of jax.random
        Which direction. Another key is another, independent check.
    gradient : callable, optional
        What is claimed: takes `x`, returns the gradient with its structure and shapes. By default
        ``jax.grad(fn)``.

    Returns
    -------
    Check
        Verdict, error and bar, and the three slopes. ``undecided`` means that the gradient is
        within a bar so wide that a gradient wrong by one part in two thousand would be too.

    Raises
    ------
    TypeError
        If `x` or the gradient holds what is not real and floating.
    ValueError
        If `fn` returns no single number or no finite one, `x` holds no number or one that is not
        finite, or the gradient has other shapes than `x`.

    Notes
    -----
    The direction is :math:`v_j = \pm\abs{z_j x_j}` with normal :math:`z_j` (:math:`\pm\abs{z_j}`
    where :math:`x_j = 0`), the sign being that of :math:`g_j`. So nothing cancels in
    :math:`g \cdot v`, and an error of one part in two thousand of g is one of its own size there.
    Allowed are the error bar of the difference, :math:`\sqrt u\,(g \cdot v)`, half the digits of
    the narrowest format among `x` and the value, and what rounding `x` makes of :math:`g \cdot v`:
    near a minimum that is all of it, and nothing can be decided. A denial is repeated on a line
    shorter by :math:`u^{1/4}`, so that a kink next to the point is no fault of the gradient. A
    program that rounds to a narrower format inside may be blamed for it, and an entry of g that
    adds less than one part in two thousand to :math:`g \cdot v` may be wrong.
    Hand in a jitted `fn` where an evaluation is long. A rule that is wrong in both modes is caught
    by the difference; a transpose that is wrong, by both.

    Examples
    --------
    >>> key = jax.random.key(0)
    >>> check_gradient(jnp.sin, 1.0, key=key).verdict
    'agrees'
    >>> wrong = lambda x: 1.0005 * jnp.cos(x)
    >>> check_gradient(jnp.sin, 1.0, key=key, gradient=wrong).verdict
    'differs'
    """
    point = as_point(x)
    y = fn(point)
    _demand_one_number(y, point)
    find = gradient or jax.grad(fn)
    claimed = like("gradient", find(point), "x", point)
    v = _uphill(claimed, point, key)
    slope, forward = _dot(claimed, v), _pushed(fn, point, v)
    u = max(unit_roundoff(np.asarray(a).dtype) for a in [*jax.tree.leaves(point), y])
    value, bar, _ = finite.derivative(_along(fn, point, v), 1.0)
    if not math.isfinite(slope):
        return Check("differs", math.inf, bar, math.nan, value, forward)
    allowed = math.sqrt(u) * slope + ROUNDED * _rounding(find, point, v, slope)
    if abs(slope - value) > bar + allowed:
        near = u**0.25
        closer = finite.derivative(_along(fn, point, v, near), 1.0)
        value, bar = closer.value / near, closer.error / near
    error, bar = abs(slope - value), bar + allowed
    if error > bar or (forward is not None and abs(slope - forward) > allowed):
        verdict = "differs"
    else:
        verdict = "agrees" if bar < slope / PART else "undecided"
    return Check(verdict, error, bar, slope, value, forward)


def _rounding(find: Callable[[Any], Any], x: Any, v: Any, slope: float) -> float:
    """Measure what one rounding of each entry of the point makes of the slope."""

    def rounded(up: float) -> Any:
        return jax.tree.map(lambda a: a * jnp.asarray(1 + up * unit_roundoff(a.dtype), a.dtype), x)

    moved = [_dot(find(rounded(up)), v) for up in (-2.0, 2.0)]
    return max(abs(there - slope) for there in moved if math.isfinite(there))


def _demand_one_number(y: Any, x: Any) -> None:
    """Refuse a point that is not finite, or a function with no single finite number as value."""
    if not all(bool(jnp.isfinite(leaf).all()) for leaf in jax.tree.leaves(x)):
        raise ValueError(f"x must be finite, got x={x!r}")
    if np.shape(y) != () or np.iscomplexobj(y):
        raise ValueError(
            f"fn must return one real number, got fn(x)={y!r}; check w @ fn(x) with a covector w"
        )
    if not math.isfinite(y):
        raise ValueError(f"fn must be finite at x, got fn(x)={y!r}; choose another point")


def _uphill(gradient: Any, x: Any, key: jax.Array) -> Any:
    """Draw a direction with the scale of the point and the signs of the gradient."""
    leaves, structure = jax.tree.flatten(x)
    keys = jax.random.split(key, len(leaves))

    def drawn(x: jax.Array, g: jax.Array, key: jax.Array) -> jax.Array:
        z = jax.random.normal(key, x.shape, x.dtype)
        scale = jnp.where(x == 0, jnp.ones_like(x), jnp.abs(x))
        return scale * jnp.where(g == 0, z, jnp.copysign(z, g))

    parts = zip(leaves, jax.tree.leaves(gradient), keys, strict=True)
    return jax.tree.unflatten(structure, [drawn(*part) for part in parts])


def _along(fn: Callable[[Any], Any], x: Any, v: Any, near: float = 1.0) -> Callable[[float], Any]:
    """Restrict `fn` to a line, with x at t = 1, where the scale of t is `near` of the point's."""

    def line(t: float) -> Any:
        return np.asarray(fn(jax.tree.map(lambda a, b: a + near * (t - 1.0) * b, x, v)))[()]

    return line


def _dot(gradient: Any, v: Any) -> float:
    """Gradient times direction, in double precision."""
    pairs = zip(jax.tree.leaves(gradient), jax.tree.leaves(v), strict=True)
    return math.fsum(float(np.vdot(np.asarray(g, float), np.asarray(b, float))) for g, b in pairs)


def _pushed(fn: Callable[[Any], Any], x: Any, v: Any) -> float | None:
    """Slope by forward mode, if `fn` can be traced and has that mode."""
    try:
        return float(jax.jvp(fn, (x,), (v,))[1])
    # JAX's errors of conversion are TypeErrors, as that of a custom_vjp; a callback's is no such.
    except (TypeError, ValueError):
        return None
