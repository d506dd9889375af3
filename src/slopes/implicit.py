r"""Derivatives of solutions: of fixed points, roots, linear systems and minima.

A solution x of :math:`F(x, \theta) = 0` moves with the parameters so that F stays zero,

.. math:: \frac{\partial F}{\partial x}\,\dot x = -\frac{\partial F}{\partial\theta}\,\dot\theta,

and however it was found, its derivative is one linear system: :math:`F = x - g` for a fixed point,
:math:`F = \nabla f` for a minimum. Each function here solves, and gives JAX that system and its
transpose, so that forward and reverse mode, nested, under `vmap` and `jit`, go through it; the
search itself is never differentiated, and memory does not grow with its steps. Parameters follow
the start, or are closed over. Cost of a derivative: one linear solve, to the tolerance of the
search. A derivative that does not exist is nan: where :math:`\partial F/\partial x` is singular, or
so close to it that the tolerance leaves no two digits.
References: Christianson (1994); Blondel et al. (2022).
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jax.flatten_util import ravel_pytree
from jax.scipy.sparse.linalg import gmres
from jaxtyping import Bool, Float

from slopes.fixedpoint import CONVERGED, NOT_FINITE, OUT_OF_STEPS, Found
from slopes.newton import newton, newton_minimum

__all__ = ["LinearSolution", "fixed_point", "linear_solve", "minimum", "root"]

#: Up to so many unknowns a linear system is written out and solved by elimination.
DENSE = 128


class LinearSolution(NamedTuple):
    """What `linear_solve` finds."""

    value: Any
    """The solution, an array or a tree; nan where there is none."""
    converged: Bool[jax.Array, ""]
    """Whether the residual is within the tolerance."""
    residual: Float[jax.Array, ""]
    """Length of what is left of the equation, over the length of the right-hand side."""


def fixed_point(
    g: Callable[..., Any],
    x0: Any,
    *theta: Any,
    solver: Callable[..., Any] | None = None,
    tol: float = 1e-10,
    steps: int = 1000,
) -> Any:
    r"""Find :math:`x = g(x, \theta)`, with the derivative that this equation gives.

    .. math:: \dot x = (I - \partial_x g)^{-1}\,\partial_\theta g\,\dot\theta

    Parameters
    ----------
    g : callable
        The map, ``g(x, *theta)``; it returns the structure, shapes and dtypes of `x`.
    x0 : number, array or tree of arrays
        Where the search starts, floating. The solution's derivative does not depend on it.
    *theta
        Parameters: anything that JAX takes.
    solver : callable, optional
        ``solver(map, x, tol=tol, steps=steps)``, of `slopes.fixedpoint` or alike, which returns a
        named tuple with `value` and `converged`. It solves the linear system as well, whose
        solution is a fixed point too. By default the map is repeated in a loop that keeps nothing
        but its point, as long as a step is longer than `tol` times the norm of the point, or than
        `tol` where the norm is below 1.
    tol : float
        Tolerance of both solves, between 0 and 1; what it bounds, the solver says.
    steps : int
        The most steps of either solve.

    Returns
    -------
    NamedTuple
        The solver's result. Its `value` has derivatives, the other fields have none.

    Raises
    ------
    TypeError, ValueError
        If `x0` is not floating, `g` returns something else, or `tol` is not positive.

    Notes
    -----
    The linear system is solved with the right-hand side scaled to length 1. Where the solver does
    not converge, or the solution is longer than ``0.1 / sqrt(tol)``, the derivative is nan: near a
    fold an error of `tol` in the equation moves x by the root of `tol`, and the slope is lost.

    Examples
    --------
    >>> cosine = lambda x, a: jnp.cos(a * x)
    >>> found = fixed_point(cosine, 0.5, 1.0)
    >>> round(float(found.value), 6), bool(found.converged)
    (0.739085, True)
    >>> slope = jax.grad(lambda a: fixed_point(cosine, 0.5, a).value)(1.0)
    >>> round(float(slope), 6)  # -x sin(x) / (1 + sin(x))
    -0.297474
    """
    start, longest = _start(x0), _longest(tol, x0)
    _same_kind("g", jax.eval_shape(g, start, *theta), start)
    search = partial(_repeat if solver is None else solver, tol=tol, steps=steps)

    def inverse(matvec: Callable[[Any], Any], b: Any) -> Any:
        """Solve (I - J) u = b, the fixed point of u - ((I - J) u - b)."""
        length, unit = _normalised(b)
        found = search(lambda u: u - (matvec(u) - unit), unit)
        fine = found.converged & (jnp.linalg.norm(found.value) <= longest)
        return found.value * jnp.where(fine, length, jnp.nan)

    return _solution(
        lambda x: jax.tree.map(jnp.subtract, x, g(x, *theta)),
        start,
        lambda x: search(lambda x: g(x, *theta), x),
        inverse,
    )


def root(
    fn: Callable[..., Any],
    x0: Any,
    *theta: Any,
    solver: Callable[..., Any] = newton,
    tol: float = 1e-10,
    steps: int = 50,
) -> Any:
    r"""Find a root, :math:`F(x, \theta) = 0`, with the derivative that this equation gives.

    .. math:: \dot x = -(\partial_x F)^{-1}\,\partial_\theta F\,\dot\theta

    Parameters
    ----------
    fn : callable
        As many equations as unknowns, ``fn(x, *theta)``, with the structure and shapes of `x`.
    x0, *theta, tol, steps
        As for `fixed_point`.
    solver : callable
        ``solver(equations, x, tol=tol, steps=steps)``, which returns a named tuple.

    Returns
    -------
    NamedTuple
        The solver's result. Its `value` has derivatives, the other fields have none.

    Raises
    ------
    TypeError, ValueError
        As for `fixed_point`.

    Notes
    -----
    The linear system is solved by elimination for up to 128 unknowns, by GMRES beyond. Equations
    and unknowns should be of the order of 1: the derivative is nan as for `fixed_point`.

    Examples
    --------
    >>> found = root(lambda x, a: x**2 - a, 1.0, 2.0)
    >>> round(float(found.value), 6)
    1.414214
    >>> slope = jax.grad(lambda a: root(lambda x, a: x**2 - a, 1.0, a).value)(2.0)
    >>> round(float(slope), 6)
    0.353553
    """
    start, longest = _start(x0), _longest(tol, x0)
    equations = lambda x: fn(x, *theta)  # noqa: E731
    _same_kind("fn", jax.eval_shape(equations, start), start)
    find = partial(solver, equations, tol=tol, steps=steps)
    return _solution(equations, start, find, _inverse(tol, longest))


def minimum(
    fn: Callable[..., Any],
    x0: Any,
    *theta: Any,
    solver: Callable[..., Any] = newton_minimum,
    tol: float = 1e-10,
    steps: int = 100,
) -> Any:
    r"""Find a minimum, with the derivative that :math:`\nabla_x f(x, \theta) = 0` gives.

    .. math:: \dot x = -H^{-1}\,\partial_\theta\nabla_x f\,\dot\theta

    Parameters
    ----------
    fn : callable
        Function of one output, ``fn(x, *theta)``.
    x0, *theta, tol, steps
        As for `fixed_point`; `tol` is that of the gradient.
    solver : callable
        ``solver(function, x, tol=tol, steps=steps)``, which returns a named tuple; for many
        unknowns `slopes.newton.newton_cg`, which needs no matrix.

    Returns
    -------
    NamedTuple
        The solver's result. Its `value` has derivatives, the other fields have none.

    Raises
    ------
    TypeError, ValueError
        As for `fixed_point`.

    Notes
    -----
    The linear system, whose matrix is the Hessian, is solved as in `root`. The least value itself
    is ``fn(found.value, *theta)``; its first derivative needs no system, since the slope in x is 0.

    Examples
    --------
    >>> bowl = lambda x, a: jnp.sum((x - a) ** 2) + jnp.sum(x**4)
    >>> slope = jax.grad(lambda a: minimum(bowl, jnp.zeros(1), a).value[0])(3.0)
    >>> round(float(slope), 6)  # 2 / (2 + 12 x^2) where x = 1
    0.142857
    """
    start, longest = _start(x0), _longest(tol, x0)
    objective = lambda x: fn(x, *theta)  # noqa: E731
    find = partial(solver, objective, tol=tol, steps=steps)
    return _solution(jax.grad(objective), start, find, _inverse(tol, longest))


def linear_solve(matrix: Any, b: Any, *theta: Any, tol: float = 1e-10) -> LinearSolution:
    r"""Solve :math:`A x = b`, for a matrix or for a function that multiplies by it.

    .. math:: \bar b = A^{-\top}\bar x, \qquad \bar A = -\bar b\,x^\top

    Parameters
    ----------
    matrix : array of shape (n, n) or callable
        The matrix, or ``matrix(x, *theta)``, linear in `x`.
    b : array or tree of arrays
        The right-hand side, floating; for a matrix, of shape (n,).
    *theta
        Parameters of the function.
    tol : float
        Tolerance of an iterative solve, as for `fixed_point`.

    Returns
    -------
    LinearSolution
        Solution, whether it is one, and the residual.

    Raises
    ------
    TypeError, ValueError
        As for `fixed_point`, and if the matrix does not fit `b`.

    Notes
    -----
    Elimination for a matrix, and for a function of up to 128 unknowns; GMRES beyond, restarted
    every 30 products. A solution without a digit that can be believed is nan and not converged:
    where elimination meets a singular matrix, or GMRES does not come below `tol`.

    Examples
    --------
    >>> A, b = jnp.array([[2.0, 1.0], [1.0, 2.0]]), jnp.array([1.0, 2.0])
    >>> linear_solve(A, b).value.tolist()
    [0.0, 1.0]
    >>> slopes = jax.grad(lambda b: linear_solve(A, b).value.sum())(b)
    >>> [round(float(slope), 4) for slope in slopes]
    [0.3333, 0.3333]
    """
    right = _start(b, "b")
    _longest(tol, right)
    if callable(matrix):
        forward = backward = _inverse(tol)
    else:
        full = _square(matrix, right)
        forward, backward = _inverse(tol, full=full), _inverse(tol, full=full.T)

    def matvec(x: Any) -> Any:
        return matrix(x, *theta) if callable(matrix) else full @ x

    _same_kind("matrix", jax.eval_shape(matvec, right), right)
    value = _linear(matvec, right, forward, backward)
    left = jax.tree.map(jnp.subtract, matvec(lax.stop_gradient(value)), right)
    length = _norm(right)
    residual = lax.stop_gradient(_norm(left) / jnp.where(length > 0, length, 1))
    return LinearSolution(value, jnp.isfinite(residual), residual)


def _solution(
    residual: Callable[[Any], Any],
    start: Any,
    find: Callable[[Any], Any],
    inverse: Callable[..., Any],
) -> Any:
    """Find a solution, and let its derivative be that of the equation residual(x) = 0.

    Before JAX 0.12 `lax.custom_root` cannot differentiate past an integer among what a solver
    reports, so that integers and truth values pass it as floating-point numbers.
    """
    kinds: list[Any] = []

    def solve(_: Any, x: Any) -> tuple[Any, Any]:
        found = find(x)
        report = found._replace(value=())
        kinds.append(jax.tree.map(jnp.result_type, report))
        return found.value, jax.tree.map(lambda leaf: jnp.asarray(leaf, float), report)

    def tangent(linear: Callable[[Any], Any], b: Any) -> Any:
        return _linear(linear, b, inverse, inverse)

    value, report = lax.custom_root(residual, start, solve, tangent, has_aux=True)
    report = jax.tree.map(lambda leaf, kind: leaf.astype(kind), report, kinds[0])
    return report._replace(value=value)


def _repeat(g: Callable[[Any], Any], start: Any, *, tol: float, steps: int) -> Found:
    """Repeat a map as `picard` does, with the least memory: a point and its image."""
    eps = _eps(start)

    def body(state: tuple[Any, ...]) -> tuple[Any, ...]:
        x, _, _, made = state
        image = g(x)
        moved, length = _norm(jax.tree.map(jnp.subtract, image, x)), _norm(image)
        bound = jnp.maximum(tol * jnp.maximum(1, length), 2 * eps * length)
        out = jnp.where(made + 1 < steps, -1, OUT_OF_STEPS)
        reason = jnp.where(moved <= bound, CONVERGED, out)
        return image, moved, jnp.where(jnp.isfinite(moved), reason, NOT_FINITE), made + 1

    far = jnp.asarray(jnp.inf, _norm(start).dtype)
    first = start, far, jnp.asarray(-1), jnp.asarray(0)
    x, moved, reason, made = lax.while_loop(lambda state: state[2] < 0, body, first)
    return Found(x, reason == CONVERGED, made, made, moved, reason)


def _linear(
    matvec: Callable[[Any], Any], b: Any, forward: Callable[..., Any], backward: Callable[..., Any]
) -> Any:
    """Solve a linear system of one vector: JAX cannot transpose one of which a part is constant."""
    flat, tree = _row(b)
    product = lambda u: _row(matvec(tree(u)))[0]  # noqa: E731
    return tree(lax.custom_linear_solve(product, flat, forward, backward))


def _inverse(
    tol: float, longest: float = math.inf, full: Any = None
) -> Callable[[Callable[[Any], Any], Any], Any]:
    """Give a function that solves A u = b for a product with A, and says nan where it cannot."""

    def inverse(matvec: Callable[[Any], Any], b: Any) -> Any:
        length, unit = _normalised(b)
        if full is not None or b.size <= DENSE:
            # One product for each column
            columns = jax.vmap(matvec, out_axes=1)
            A = columns(jnp.eye(b.size, dtype=b.dtype)) if full is None else full
            u = jnp.linalg.solve(A, unit)
            # Elimination loses a factor |A| |u| of the digits, and one must be left
            fine = 10 * _eps(A) * jnp.linalg.norm(A) * jnp.linalg.norm(u) <= 1
        else:
            # Sums of n products are rounded, and no iteration comes below that
            reach = max(tol, 8 * b.size**0.5 * _eps(b))
            u, _ = gmres(matvec, unit, tol=reach / 2, restart=30, maxiter=b.size)  # type: ignore[no-untyped-call]
            fine = jnp.linalg.norm(matvec(u) - unit) <= reach
        fine &= jnp.linalg.norm(u) <= longest
        return u * jnp.where(fine, length, jnp.nan)

    return inverse


def _normalised(b: Any) -> tuple[Any, Any]:
    """Length and direction of a vector; no direction where there is no length."""
    length = jnp.linalg.norm(b)
    return length, b / jnp.where(length > 0, length, 1)


def _row(tree: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Give all numbers of a tree as one vector, and what makes a tree of such a vector."""
    flat, back = ravel_pytree(tree)
    return flat, lambda row: back(row)


def _eps(tree: Any) -> float:
    """Machine epsilon of the least precise number of a tree."""
    kinds = {jnp.result_type(leaf) for leaf in jax.tree.leaves(tree)}
    return max(float(jnp.finfo(kind).eps) for kind in kinds)  # type: ignore[no-untyped-call]


def _norm(tree: Any) -> Any:
    """Euclidean length of all numbers of a tree."""
    return jnp.linalg.norm(_row(tree)[0])


def _start(x: Any, name: str = "x0") -> Any:
    """Arrays of real floating-point numbers."""

    def checked(leaf: Any) -> jax.Array:
        kind = getattr(leaf, "dtype", type(leaf))
        if kind is not float and not jnp.issubdtype(kind, jnp.floating):
            raise TypeError(
                f"{name} must hold real floating-point numbers, got {name}={x!r}; "
                "write 2.0 for 2, or convert with astype(float)"
            )
        return jnp.asarray(leaf)

    return jax.tree.map(checked, x)


def _longest(tol: float, x: Any) -> float:
    """How far a solution may move, for equations that are off by 1, to be known to two digits.

    An error of tol in the equations moves x by this length times tol, and the matrix by as much,
    if the second derivatives are of the order of 1; that times the length again is the relative
    error of the derivative, 1 % where the length is 0.1 / sqrt(tol).
    """
    if not 0 < tol < 1:
        raise ValueError(f"tol must be between 0 and 1, got tol={tol!r}")
    return 0.1 / math.sqrt(max(tol, _eps(x)))


def _same_kind(name: str, got: Any, model: Any) -> None:
    """Refuse a function whose values are not of the kind of its argument."""
    kinds = [
        jax.tree.map(lambda leaf: (jnp.shape(leaf), jnp.result_type(leaf)), tree)
        for tree in (got, model)
    ]
    if kinds[0] != kinds[1]:
        raise ValueError(
            f"{name} must return the structure, shapes and dtypes of its argument, {kinds[1]}, "
            f"got {kinds[0]}"
        )


def _square(matrix: Any, b: Any) -> Any:
    """Refuse a matrix that does not fit the right-hand side."""
    full = _start(matrix, "matrix")
    if jnp.shape(b) != jnp.shape(full)[:1] or full.ndim != 2 or full.shape[0] != full.shape[1]:
        raise ValueError(
            f"matrix must be square and fit b, got shapes {jnp.shape(full)} and {jnp.shape(b)}"
        )
    return full
