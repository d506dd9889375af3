r"""Iterations in bulk: orbits, fixed points, bifurcation diagrams, Lyapunov exponents.

An orbit repeats a map, :math:`x_{k+1} = f(x_k)`. Near a fixed point :math:`x^* = f(x^*)`

.. math:: x_{k+1} - x^* \approx f'(x^*)\,(x_k - x^*),

so :math:`x^*` attracts if :math:`\lvert f'(x^*)\rvert < 1` and repels if it is above 1; the mean of
:math:`\log\lvert f'(x_k)\rvert` along any orbit is its Lyapunov exponent. Loops are `lax.scan` or
`lax.while_loop`, never written out, so that the traced program has one size for every number of
steps, and rounds as one step alone does: the compiler may merge steps that it sees together. All
functions may be mapped by `jax.vmap` and compiled by `jax.jit`; without `jit` each call compiles
its loop anew. What the map needs besides the point follows the point: ``fn(x, *args)``. Cost: one
evaluation a step, with a tangent for `fixed_point` and `lyapunov`; memory for what is returned.
In chaos an orbit is right for as many steps as its digits last, :math:`\log(1/u)/\lambda`;
averages remain right.
Reference: S. H. Strogatz, *Nonlinear Dynamics and Chaos*, chapter 10.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Bool, Float, Inexact, Int

from slopes._typing import Numbers, Value

__all__ = [
    "Bifurcation",
    "FixedPoint",
    "Lyapunov",
    "bifurcation",
    "cobweb",
    "fixed_point",
    "last",
    "lyapunov",
    "orbit",
    "period",
]

Point: TypeAlias = Numbers | Value
"""Where an orbit starts; a wrong kind is answered with a TypeError."""

Map: TypeAlias = Callable[..., Any]
"""A function of a point, and perhaps of more, that returns the next point."""

#: Blocks of an orbit whose means give the error bar of a Lyapunov exponent.
BLOCKS = 20


class FixedPoint(NamedTuple):
    """What `fixed_point` finds."""

    value: Inexact[jax.Array, "..."]
    """The point."""
    slope: Inexact[jax.Array, "..."]
    """Derivative of the map there, or of the composed map, the multiplier of the cycle."""
    converged: Bool[jax.Array, "..."]
    """Whether the last step was short enough."""
    iterations: Int[jax.Array, "..."]
    """Newton steps that were made."""
    residual: Float[jax.Array, "..."]
    """Distance between the point and its image."""

    @property
    def attracting(self) -> Bool[jax.Array, "..."]:
        """Whether orbits that start close by come closer, which a slope below 1 in size says."""
        return self.converged & (jnp.abs(self.slope) < 1)


class Lyapunov(NamedTuple):
    """What `lyapunov` finds."""

    exponent: Float[jax.Array, "..."]
    """Mean of log|f'| along the orbit, for each step."""
    error: Float[jax.Array, "..."]
    """Its standard error, from the means of 20 blocks; infinite where the exponent is."""


class Bifurcation(NamedTuple):
    """What `bifurcation` finds: where orbits are, once they have settled."""

    parameter: Float[jax.Array, " k"]
    """One for each orbit."""
    values: Inexact[jax.Array, "keep k"]
    """The points that were kept, a column for each orbit, a row for each step."""


def orbit(fn: Map, x: Point, *args: Any, steps: Numbers) -> Inexact[jax.Array, "..."]:
    """Repeat a map and keep every point.

    Parameters
    ----------
    fn : Callable
        The map, ``fn(x, *args)``; it returns the next point, of the shape and dtype of `x`.
    x : number or array of any shape
        The first point, floating or complex.
    *args
        What the map takes besides the point.
    steps : int
        How often the map is applied, at least 0; not traced.

    Returns
    -------
    array of shape (steps + 1, ...)
        The points, `x` first.

    Raises
    ------
    TypeError
        If `x` is no floating or complex number, `steps` no int, or the map returns another dtype.
    ValueError
        If `steps` is negative, or the map returns another shape.

    Examples
    --------
    >>> orbit(lambda x: (x**2 + 21) / 10, 7.0, steps=3).tolist()
    [7.0, 7.0, 7.0, 7.0]
    """
    start = _start(fn, x, args)
    count = _count("steps", steps, 0)
    points: jax.Array
    _, points = lax.scan(lambda y, _: (fn(y, *args), y), start, length=count + 1)
    return points


def last(fn: Map, x: Point, *args: Any, steps: Numbers) -> Inexact[jax.Array, "..."]:
    """Repeat a map and keep the last point alone.

    Parameters
    ----------
    fn, x, *args, steps
        As for `orbit`.

    Returns
    -------
    array of the shape of `x`
        The point after the last step.

    Raises
    ------
    TypeError, ValueError
        As for `orbit`.

    Examples
    --------
    >>> round(float(last(lambda x: (x**2 + 21) / 10, -6.9, steps=100)), 6)
    3.0
    """
    end: jax.Array = _advance(fn, _start(fn, x, args), args, _count("steps", steps, 0))
    return end


def cobweb(fn: Map, x: Point, *args: Any, steps: Numbers) -> Inexact[jax.Array, "corners 2"]:
    """Find the corners of a cobweb: from the diagonal to the graph, and across to the diagonal.

    Parameters
    ----------
    fn, x, *args, steps
        As for `orbit`; `x` is one real number.

    Returns
    -------
    array of shape (2 steps + 1, 2)
        Corners (x_0, x_0), (x_0, x_1), (x_1, x_1), (x_1, x_2) and so on.

    Raises
    ------
    TypeError, ValueError
        As for `orbit`, and if `x` is not one real number.

    Examples
    --------
    >>> cobweb(lambda x: x / 2, 1.0, steps=2).tolist()
    [[1.0, 1.0], [1.0, 0.5], [0.5, 0.5], [0.5, 0.25], [0.25, 0.25]]
    """
    _real(_start(fn, x, args))
    twice = jnp.repeat(orbit(fn, x, *args, steps=steps), 2)
    return jnp.stack([twice[:-1], twice[1:]], axis=1)


def fixed_point(
    fn: Map, x: Point, *args: Any, period: Numbers = 1, steps: Numbers = 50
) -> FixedPoint:
    """Find a point that the map returns to, whether it attracts or repels, by Newton's iteration.

    Parameters
    ----------
    fn, x, *args
        As for `orbit`; `x` is one number, where the search starts.
    period : int
        After how many applications of the map the point returns, at least 1. A point of a
        shorter period that divides it is one as well.
    steps : int
        The most Newton steps, at least 1.

    Returns
    -------
    FixedPoint
        The point and the slope of the map there. A step shorter than the root of machine epsilon
        ends the search: Newton's error after it is of the order of its square.

    Raises
    ------
    TypeError, ValueError
        As for `orbit`, and if `x` is not one number, or `period` or `steps` is below 1.

    Notes
    -----
    Where the slope is 1, at a bifurcation, Newton's iteration converges slowly, and half the
    digits of the point are lost.

    Examples
    --------
    >>> found = fixed_point(lambda x: (x**2 + 21) / 10, 8.0)
    >>> [round(float(number), 4) for number in (found.value, found.slope)]
    [7.0, 1.4]
    >>> bool(found.attracting)
    False
    """
    start = _single(_start(fn, x, args))
    turns, most = _count("period", period, 1), _count("steps", steps, 1)
    tol = float(jnp.finfo(start.dtype).eps) ** 0.5  # type: ignore[no-untyped-call]

    def image(y: Any) -> tuple[Any, Any]:
        return jax.jvp(lambda y: _advance(fn, y, args, turns), (y,), (jnp.ones_like(y),))

    def newton(state: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
        y, _, done = state
        value, slope = image(y)
        there = (value == y) & (slope == 1)  # nothing to do, and 0/0 otherwise
        step = (value - y) / jnp.where(there, 1, 1 - slope)
        return y + step, jnp.abs(step) <= tol * jnp.maximum(1, jnp.abs(y)), done + 1

    found, short, done = lax.while_loop(
        lambda state: ~state[1] & (state[2] < most), newton, (start, jnp.array(False), 0)
    )
    value, slope = image(found)
    return FixedPoint(found, slope, short, jnp.asarray(done), jnp.abs(value - found))


def lyapunov(
    fn: Map, x: Point, *args: Any, skip: Numbers = 1000, keep: Numbers = 10_000
) -> Lyapunov:
    r"""Measure how fast neighbours part, the mean of log|f'| along an orbit.

    Parameters
    ----------
    fn, x, *args
        As for `orbit`; `x` is one real number.
    skip : int
        Steps that are made before the mean begins, at least 0.
    keep : int
        Steps that are averaged, at least 20.

    Returns
    -------
    Lyapunov
        Exponent and standard error. It is minus infinity if the orbit meets
        a point of slope 0, and infinity if the orbit leaves every bound.

    Raises
    ------
    TypeError, ValueError
        As for `orbit`, and if `x` is not one real number, or a count is
        too small.

    Notes
    -----
    The slope is JAX's `jvp` of one step. The derivative of the whole orbit is
    the product of these slopes and soon overflows; their logarithms only add
    up. The error supposes that a block, a twentieth of the steps, forgets the
    one before.

    Examples
    --------
    >>> found = lyapunov(lambda x: 4 * x * (1 - x), 0.3, keep=100_000)
    >>> round(float(found.exponent), 2)  # log 2
    0.69
    """
    start = _real(_start(fn, x, args))
    count, before = _count("keep", keep, BLOCKS), _count("skip", skip, 0)

    def one(y: Any, _: None) -> tuple[Any, Any]:
        y, slope = jax.jvp(lambda y: fn(y, *args), (y,), (jnp.ones_like(y),))
        return y, jnp.log(jnp.abs(slope))

    start = _advance(fn, start, args, before)
    end, logs = lax.scan(one, start, length=count)
    means = logs[: count // BLOCKS * BLOCKS].reshape(BLOCKS, -1).mean(axis=1)
    exponent = jnp.where(jnp.isfinite(end), logs.mean(), jnp.inf)
    error = jnp.std(means, ddof=1) / BLOCKS**0.5
    return Lyapunov(exponent, jnp.where(jnp.isfinite(exponent), error, jnp.inf))


def bifurcation(
    fn: Map, x: Point, a: Numbers, *, skip: Numbers = 1000, keep: Numbers = 1000
) -> Bifurcation:
    """Follow one orbit for each parameter, and keep its points once it has settled.

    Parameters
    ----------
    fn : Callable
        The map, ``fn(x, a)`` with one parameter.
    x : number
        Where each orbit starts.
    a : array of shape (k,)
        The parameters.
    skip : int
        Steps that are made before points are kept, at least 0.
    keep : int
        Points that are kept, at least 1.

    Returns
    -------
    Bifurcation
        Parameters, and `keep` points for each, ``x_(skip + 1)`` and those after it, one below
        the other.

    Raises
    ------
    TypeError, ValueError
        As for `orbit`, and if `a` is no row.

    Notes
    -----
    All orbits make each step together, as one operation on `k` numbers: that is what
    `jax.vmap` makes of a loop. A row of the result is a step, since rows are what the loop
    writes; columns would be copied. Call it under `jax.jit` if you call it more than once.

    Examples
    --------
    >>> a = jnp.array([2.0, 3.2])
    >>> found = bifurcation(lambda x, a: a * x * (1 - x), 0.3, a, keep=4)
    >>> (1000 * found.values).round().astype(int).tolist()
    [[500, 513], [500, 799], [500, 513], [500, 799]]
    """
    parameters = jnp.asarray(a)
    if parameters.ndim != 1:
        raise ValueError(f"a must be a row of parameters, got a.shape={parameters.shape!r}")
    before, count = _count("skip", skip, 0), _count("keep", keep, 1)

    def settled(one: Any) -> Any:
        y = _advance(fn, _single(_start(fn, x, (one,))), (one,), before + 1)
        return orbit(fn, y, one, steps=count - 1)

    return Bifurcation(parameters, jax.vmap(settled, out_axes=1)(parameters))


def period(points: Numbers, *, most: Numbers = 64, tol: float = 1e-6) -> Int[jax.Array, ""]:
    """Tell after how many points an orbit repeats itself.

    Parameters
    ----------
    points : array of shape (k,)
        The points of a settled orbit, at least twice `most`.
    most : int
        The longest period that is looked for, at least 1.
    tol : float
        How close two points must be to count as one, positive.

    Returns
    -------
    int array
        The least period with which the last `most` points repeat, 0 if there is none.

    Raises
    ------
    ValueError
        If there are too few points, or `tol` is not positive.

    Examples
    --------
    >>> int(period(jnp.array([0.1, 0.5, 0.8, 0.5, 0.8, 0.5]), most=3))
    2
    """
    row, longest = jnp.asarray(points), _count("most", most, 1)
    if row.ndim != 1 or len(row) < 2 * longest:
        raise ValueError(
            f"points must be a row of at least twice most={longest!r} points, "
            f"got points.shape={row.shape!r}"
        )
    if not tol > 0:
        raise ValueError(f"tol must be positive, got tol={tol!r}")
    tail = row[-longest:]

    def returns(lag: Any) -> Any:
        before = lax.dynamic_slice(row, (len(row) - longest - lag,), (longest,))
        return jnp.all(jnp.abs(before - tail) <= tol)

    found = jax.vmap(returns)(jnp.arange(1, longest + 1))
    return jnp.where(found.any(), found.argmax() + 1, 0)


def _advance(fn: Map, x: Any, args: tuple[Any, ...], count: int) -> Any:
    """Make some steps, and keep the last point; a scan, so that it can be reversed."""
    end, _ = lax.scan(lambda y, _: (fn(y, *args), None), x, length=count)
    return end


def _count(name: str, value: Any, least: int) -> int:
    """Check a number of steps, which must be known while JAX traces."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(
            f"{name} must be an int that is not traced, got {name}={value!r}. "
            "Name it in static_argnames, or close over it."
        )
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {name}={value!r}")
    return int(value)


def _start(fn: Map, x: Any, args: tuple[Any, ...]) -> Any:
    """Make the first point an array, of a type that the map keeps."""
    point = jnp.asarray(x)
    if not jnp.issubdtype(point.dtype, jnp.inexact):
        raise TypeError(
            f"x must be floating or complex, got x={x!r} of dtype {point.dtype}. Write 3.0, not 3."
        )
    image = jax.eval_shape(lambda y: fn(y, *args), point)  # args as they are, not as arrays
    if not isinstance(image, jax.ShapeDtypeStruct):
        raise TypeError(f"fn must return one array, got fn(x) of type {type(image).__name__}")
    if point.weak_type and jnp.issubdtype(image.dtype, jnp.inexact):
        point = point.astype(image.dtype)  # a Python number takes the precision of the parameters
    if image.shape != point.shape:
        raise ValueError(
            f"fn must return the shape {point.shape} of x, got fn(x).shape={image.shape!r}"
        )
    if image.dtype != point.dtype:
        raise TypeError(
            f"fn must return the dtype {point.dtype} of x, got fn(x).dtype={image.dtype!r}"
        )
    return point


def _single(point: Any) -> Any:
    """One number."""
    if point.ndim:
        raise ValueError(
            f"x must be one number, got x.shape={point.shape!r}. Map over many with jax.vmap."
        )
    return point


def _real(point: Any) -> Any:
    """One real number."""
    if jnp.iscomplexobj(point):
        raise TypeError(f"x must be real, got x of dtype {point.dtype}")
    return _single(point)
