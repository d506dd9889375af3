"""The methods: each takes a problem and a point and returns an array."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from slopes import dual, finite, symbolic, tape
from slopes._typing import Namespace
from slopes.methods.points import inputs, replaced, shaped, steps
from slopes.methods.tolerances import balance, rounding
from slopes.problems import Problem

__all__ = ["METHODS", "Method", "Verdict", "by_name", "estimates", "judge"]


class Verdict(NamedTuple):
    """What became of one method at one point of one problem; true exactly when it agrees."""

    agrees: bool
    """Whether each entry is within its tolerance."""
    error: float
    """Largest difference from the closed form, over the largest entry of that, if it is not 0."""
    tolerance: float
    """Largest difference allowed, on the same scale."""

    def __bool__(self) -> bool:
        """Return `agrees`: without this a tuple of three would always be true."""
        return self.agrees


@dataclass(frozen=True, kw_only=True)
class Method:
    """A way to differentiate every problem that it does not refuse.

    Examples
    --------
    >>> from slopes import problems
    >>> by_name("dual").differentiate(problems.by_name("quadratic"), 2.0)
    array(7.)
    """

    name: str
    """As in the book's tables."""
    way: str
    """``numerical``, ``symbolic`` or ``automatic``."""
    differentiate: Callable[[Problem, Any], np.ndarray]
    """Takes a problem and a point; returns an array of the shape of the exact derivative."""
    tolerance: Callable[[Problem, Any], Any]
    """Largest error to expect there, one number or one for each entry."""
    refuses: Callable[[Problem], str | None] = lambda _: None
    """The reason why a problem is beyond it, or None."""


def _central(problem: Problem, x: Any) -> np.ndarray:
    fn, h = problem.build(math), steps(x)
    if problem.kind == "scalar":
        return np.asarray(finite.central(fn, x, step=float(h[0])))
    return shaped(problem, finite.jacobian(fn, np.array(x), step=h))


def _adaptive(problem: Problem, x: Any) -> np.ndarray:
    return shaped(problem, estimates(problem, x)[0])


def _error_bars(problem: Problem, x: Any) -> np.ndarray:
    return shaped(problem, estimates(problem, x)[1] + rounding(problem, x))


def estimates(problem: Problem, x: Any) -> Any:
    """Values and error bars of the adaptive method.

    Parameters
    ----------
    problem : Problem
        Any: its domain bounds the steps.
    x : number or tuple of n numbers
        Where.

    Returns
    -------
    array of shape (2, m, n)
        The values, then their bars: one call for each entry of the Jacobian.

    Examples
    --------
    >>> from slopes import problems
    >>> value, bar = estimates(problems.by_name("quadratic"), 2.0)
    >>> bool(abs(value[0, 0] - 7) <= bar[0, 0] < 1e-9)
    True
    """
    fn = problem.build(math)

    def entry(i: int, j: int) -> finite.Estimate:
        side = problem.domain[j]
        return finite.derivative(
            lambda t: np.atleast_1d(fn(replaced(x, j, t)))[i],
            float(np.atleast_1d(x)[j]),
            bounds=(side.low, side.high),
        )

    m, n = np.atleast_1d(fn(x)).size, np.size(x)
    found = [[entry(i, j)[:2] for j in range(n)] for i in range(m)]
    return np.moveaxis(np.array(found), 2, 0)


def _complex_step(problem: Problem, x: Any) -> np.ndarray:
    fn = problem.build(PYTHON_COMPLEX)

    def column(j: int, xj: float) -> Any:
        return finite.complex_step(lambda t: np.array(fn(replaced(x, j, t))), xj)

    columns = [column(j, xj) for j, xj in enumerate(np.atleast_1d(x).astype(float).tolist())]
    return shaped(problem, np.atleast_2d(np.transpose(columns)))


def _plainly(name: str) -> Callable[[Any], complex]:
    function = getattr(np, name)
    return lambda z: complex(function(z))


# NumPy orders its complex numbers by their real parts without a word; Python's refuse.
PYTHON_COMPLEX = SimpleNamespace(**{name: _plainly(name) for name in vars(Namespace)
                                    if not name.startswith("_")})  # fmt: skip


def _symbolic(problem: Problem, x: Any) -> np.ndarray:
    fn = problem.build(symbolic)
    if problem.kind == "scalar":
        t = symbolic.symbol("x")
        return np.array(symbolic.function(symbolic.diff(fn(t), t), [t])(x))
    xs = symbolic.symbols(" ".join(f"x{j}" for j in range(len(x))))
    slopes = symbolic.gradient if problem.kind == "gradient" else symbolic.jacobian
    return np.array(symbolic.function(slopes(fn(list(xs)), xs), xs)(*x))


def _by(derivative: Any, gradient: Any, jacobian: Any, m: Any) -> Callable[..., np.ndarray]:
    """Make a method of one function for each kind of problem."""
    table = {"scalar": derivative, "gradient": gradient, "jacobian": jacobian}
    return lambda problem, x: np.asarray(
        table[problem.kind](problem.build(m), inputs(problem, x)), dtype=float
    )


def _jax_forward(problem: Problem, x: Any) -> np.ndarray:
    """One pass for each input."""
    with jax.enable_x64(True):  # for these lines alone: the caller's settings stay as they are
        fn, at = problem.build(jnp), _as_floats(x)
        units = np.eye(np.size(x)).tolist() if np.ndim(x) else [1.0]
        columns = [jax.jvp(fn, (at,), (unit,))[1] for unit in units]
        return shaped(problem, np.atleast_2d(np.transpose(np.array(columns, dtype=float))))


def _jax_reverse(problem: Problem, x: Any) -> np.ndarray:
    """One pass for each output."""
    with jax.enable_x64(True):
        y, pull = jax.vjp(problem.build(jnp), _as_floats(x))
        units = np.eye(len(y)).tolist() if isinstance(y, list) else [1.0]
        rows = [pull(jax.tree.map(jnp.asarray, unit))[0] for unit in units]
        return shaped(problem, np.array(rows, dtype=float).reshape(-1, np.size(x)))


def _as_floats(x: Any) -> Any:
    """Return the point as numbers of their own: JAX compiles for scalars once, for each n anew."""
    return [float(xj) for xj in x] if np.ndim(x) else float(x)


def _no_symbols(problem: Problem) -> str | None:
    reason = "it compares its argument, and a symbol has no value to compare"
    return reason if problem.branches else None


def _no_complex(problem: Problem) -> str | None:
    reason = "it compares its argument, and complex numbers have no order"
    return reason if problem.branches else None


def _row(name: str, way: str, differentiate: Any, tolerance: Any, **more: Any) -> Method:
    return Method(name=name, way=way, differentiate=differentiate, tolerance=tolerance, **more)


# fmt: off
METHODS: tuple[Method, ...] = (
    _row("central", "numerical", _central, balance),
    _row("adaptive", "numerical", _adaptive, _error_bars),
    _row("complex step", "numerical", _complex_step, rounding, refuses=_no_complex),
    _row("symbolic", "symbolic", _symbolic, rounding, refuses=_no_symbols),
    _row("dual", "automatic", _by(dual.derivative, dual.gradient, dual.jacobian, dual), rounding),
    _row("tape", "automatic", _by(tape.gradient, tape.gradient, tape.jacobian, tape), rounding),
    _row("jax forward", "automatic", _jax_forward, rounding),
    _row("jax reverse", "automatic", _jax_reverse, rounding),
)
# fmt: on
"""All of them, in the order of the book."""


def by_name(name: str) -> Method:
    """Find a method by its name.

    Parameters
    ----------
    name : str
        As in ``[method.name for method in METHODS]``.

    Returns
    -------
    Method
        The one of that name.

    Raises
    ------
    ValueError
        If there is none.

    Examples
    --------
    >>> by_name("tape").way
    'automatic'
    """
    table = {method.name: method for method in METHODS}
    if name not in table:
        raise ValueError(f"name must be one of {', '.join(table)}, got name={name!r}")
    return table[name]


def judge(method: Method, problem: Problem, x: Any) -> Verdict:
    """Compare a method with the closed form, entry by entry.

    Parameters
    ----------
    method : Method
        One that does not refuse the problem.
    problem : Problem
        With its exact derivative.
    x : number or tuple of n numbers
        Where.

    Returns
    -------
    Verdict
        A value that is NaN disagrees, with an infinite error.

    Raises
    ------
    ValueError
        If the method refuses the problem, or its answer has another shape than the derivative.

    Examples
    --------
    >>> from slopes import problems
    >>> verdict = judge(by_name("tape"), problems.by_name("sine"), 1.0)
    >>> verdict.agrees, verdict.error < 1e-15, verdict.tolerance < 1e-13
    (True, True, True)
    """
    if reason := method.refuses(problem):
        refused = f"problem must be one for {method.name}, got {problem.name!r}"
        raise ValueError(f"{refused}: {reason}")
    exact = np.asarray(problem.derivative(x))
    value = method.differentiate(problem, x)
    if value.shape != exact.shape:
        wrong = f"{method.name} must return shape {exact.shape}, got {value.shape}"
        raise ValueError(wrong)
    error = np.abs(value - exact)
    error = np.where(np.isnan(error), np.inf, error)
    allowed = np.broadcast_to(method.tolerance(problem, x), exact.shape)
    scale = float(np.abs(exact).max()) or 1.0
    largest, bar = float(error.max()) / scale, float(allowed.max()) / scale
    return Verdict(bool((error <= allowed).all()), largest, bar)
