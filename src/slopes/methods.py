r"""Methods are a table, problems are a table, and the test of both is their product.

Each method of the course differentiates a problem at a point, says which problems it refuses and
why, and states how far from the truth rounding and truncation allow it to be. With N operations in
the program and the unit roundoff u, an exact method may be off by

.. math:: u\,\bigl(C\,|J| + 5N\,(|J| + \textstyle\sum_j |x_j\,\partial_j J|)\bigr),

with J the largest entry, see `rounding`; central differences balance truncation and rounding, see
`balance`; the adaptive ones bring an error bar, to which the first is added. Cost: that of the
method; of a tolerance, a few evaluations of closed forms. The bounds fail for programs that cancel
inside, such as sin(x)/x near 0: no problem of the table does. Reference: Higham, *Accuracy and
Stability of Numerical Algorithms*, 2nd ed., chapter 3.
"""

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
from slopes.problems import Problem

__all__ = ["METHODS", "Method", "Verdict", "balance", "by_name", "judge", "operations", "rounding"]

U = 2.0**-53
CLOSED_FORM = 256
"""Roundings that a closed form of `slopes.problems` may carry: its tests allow no more."""


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
        raise ValueError(f"problem must be one for {method.name}, got {problem.name!r}: {reason}")
    exact, value = np.asarray(problem.derivative(x)), method.differentiate(problem, x)
    if value.shape != exact.shape:
        raise ValueError(f"{method.name} must return shape {exact.shape}, got {value.shape}")
    error = np.abs(value - exact)
    error = np.where(np.isnan(error), np.inf, error)
    allowed = np.broadcast_to(method.tolerance(problem, x), exact.shape)
    scale = float(np.abs(exact).max()) or 1.0
    largest, bar = float(error.max()) / scale, float(allowed.max()) / scale
    return Verdict(bool((error <= allowed).all()), largest, bar)


# --- Tolerances: derived, for the program and the point at hand ---


def operations(problem: Problem, x: Any) -> int:
    """Count the operations and elementary functions of a problem's program at a point.

    Parameters
    ----------
    problem : Problem
        Whose program is run once, on a tape.
    x : number or tuple of n numbers
        Where: a loop may be longer elsewhere.

    Returns
    -------
    int
        Operations on what depends on the input; a function such as sin counts once.

    Examples
    --------
    >>> from slopes import problems
    >>> operations(problems.by_name("quadratic"), 2.0)  # a power, a product and two sums
    4
    """
    return tape.operations(tape.trace(problem.build(tape), _inputs(problem, x)))


def rounding(problem: Problem, x: Any) -> float:
    r"""Bound the rounding error of an exact method.

    A program of N operations has a derivative, together with its value, of at most 5 N: the law of
    cheap gradients, and a direction of forward mode is cheaper. Each of them is off by a factor
    :math:`1 + \delta` with :math:`|\delta| \le u`. To first order in u, such an error moves the
    result as much as if the result itself, or the inputs that it came from, had been multiplied by
    that factor. For the result this is :math:`u |J|`, for the inputs :math:`u\,\sum_j |x_j\,
    \partial_j J|`, the condition of the derivative. The closed form, against which we compare, has
    up to :math:`C = 256` roundings of its own, measured against 50 digits.

    Parameters
    ----------
    problem : Problem
        Whose closed form gives J and, by its own differences, the condition.
    x : number or tuple of n numbers
        Where.

    Returns
    -------
    float
        Bound on the error of the largest entry, absolute.

    Notes
    -----
    It is an honest bound only where no intermediate result is worse conditioned than the whole.

    Examples
    --------
    >>> from slopes import problems
    >>> print(f"{rounding(problems.by_name('sine'), 1.0):.1e}")
    1.6e-14
    """
    size = np.abs(problem.derivative(x)).max()
    moved = np.abs(_relative_slopes(problem, x)).sum(axis=0).max()
    return float(U * (CLOSED_FORM * size + 5 * operations(problem, x) * (size + moved)))


def balance(problem: Problem, x: Any) -> np.ndarray:
    r"""Bound the error of central differences: truncation plus rounding.

    For output i and input j with step h the truncation error is
    :math:`|\partial_j^3 f_i|\,h^2/6`, with the third derivative from second differences of the
    closed form; it is doubled, since it is needed in the neighbourhood of x. A value is off by
    :math:`u\,\sum_k |\bar v_k v_k|` over the operations of the program: each result
    :math:`v_k` is rounded by up to :math:`u |v_k|`, and its cotangent says what that does to the
    output. Rounding of :math:`x_j + h` moves it by another :math:`u |x_j\,\partial_j f_i|`.
    Two such values, divided by 2 h, make the second term.

    Parameters
    ----------
    problem : Problem
        Whose closed form is used.
    x : number or tuple of n numbers
        Where.

    Returns
    -------
    array
        Bound for each entry, absolute, in the shape of the derivative.

    Examples
    --------
    >>> from slopes import problems
    >>> print(f"{balance(problems.by_name('exponential'), 0.0):.1e}")
    3.2e-11
    """
    point, h = np.atleast_1d(x).astype(float), _steps(x)
    exact = _matrix(problem, problem.derivative(x))
    values = U * (_accumulated(problem, x)[:, None] + np.abs(exact * point))
    wide = U**0.25 * np.maximum(np.abs(point), 1.0)
    thirds = np.empty_like(exact)
    for j, unit in enumerate(np.diag(wide)):
        sides = [problem.derivative(_like(x, point + sign * unit)) for sign in (-1, 1)]
        left, right = (_matrix(problem, side)[:, j] for side in sides)
        thirds[:, j] = (left - 2 * exact[:, j] + right) / wide[j] ** 2
    bound = np.abs(thirds) * h**2 / 3 + values / h + rounding(problem, x)
    return _shaped(problem, bound)


def _accumulated(problem: Problem, x: Any) -> np.ndarray:
    """Sum result times cotangent over the operations of a program, for each output."""
    run = tape.trace(lambda at: _as_list(problem.build(tape)(at)), _inputs(problem, x))
    m = len(_as_list(problem.build(math)(x)))
    sums = np.zeros(m)
    for i, unit in enumerate(np.eye(m).tolist()):
        for entry, y_bar in zip(run.entries, tape.backward(run, unit), strict=True):
            if entry.operations and y_bar is not None:
                sums[i] += abs(entry.value * y_bar)
    return sums


def _as_list(y: Any) -> list[Any]:
    return y if isinstance(y, list) else [y]


def _relative_slopes(problem: Problem, x: Any) -> np.ndarray:
    """Return x_j times the slope of J along input j, stacked over j: differences in x_j (1 + s)."""
    point, s = np.atleast_1d(x).astype(float), U ** (1 / 3)
    moved = [[problem.derivative(_like(x, point + sign * s * unit)) for sign in (-1, 1)]
             for unit in np.diag(point)]  # fmt: skip
    return np.array([(right - left) / (2 * s) for left, right in moved])


# --- Methods: each takes a problem and a point and returns an array ---


def _central(problem: Problem, x: Any) -> np.ndarray:
    fn, h = problem.build(math), _steps(x)
    if problem.kind == "scalar":
        return np.asarray(finite.central(fn, x, step=float(h[0])))
    return _shaped(problem, finite.jacobian(fn, np.array(x), step=h))


def _adaptive(problem: Problem, x: Any) -> np.ndarray:
    return _shaped(problem, _estimates(problem, x)[0])


def _error_bars(problem: Problem, x: Any) -> np.ndarray:
    return _shaped(problem, _estimates(problem, x)[1] + rounding(problem, x))


def _estimates(problem: Problem, x: Any) -> Any:
    """Values and error bars of the adaptive method, each of shape (m, n): one call an entry."""
    fn = problem.build(math)

    def entry(i: int, j: int) -> finite.Estimate:
        side = problem.domain[j]
        return finite.derivative(
            lambda t: np.atleast_1d(fn(_replaced(x, j, t)))[i],
            float(np.atleast_1d(x)[j]),
            bounds=(side.low, side.high),
        )

    m, n = np.atleast_1d(fn(x)).size, np.size(x)
    found = [[entry(i, j)[:2] for j in range(n)] for i in range(m)]
    return np.moveaxis(np.array(found), 2, 0)


def _complex_step(problem: Problem, x: Any) -> np.ndarray:
    fn = problem.build(PYTHON_COMPLEX)

    def column(j: int, xj: float) -> Any:
        return finite.complex_step(lambda t: np.array(fn(_replaced(x, j, t))), xj)

    columns = [column(j, xj) for j, xj in enumerate(np.atleast_1d(x).astype(float).tolist())]
    return _shaped(problem, np.atleast_2d(np.transpose(columns)))


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
        table[problem.kind](problem.build(m), _inputs(problem, x)), dtype=float
    )


def _jax_forward(problem: Problem, x: Any) -> np.ndarray:
    """One pass for each input."""
    with jax.enable_x64(True):  # for these lines alone: the caller's settings stay as they are
        fn, at = problem.build(jnp), _as_floats(x)
        units = np.eye(np.size(x)).tolist() if np.ndim(x) else [1.0]
        columns = [jax.jvp(fn, (at,), (unit,))[1] for unit in units]
        return _shaped(problem, np.atleast_2d(np.transpose(np.array(columns, dtype=float))))


def _jax_reverse(problem: Problem, x: Any) -> np.ndarray:
    """One pass for each output."""
    with jax.enable_x64(True):
        y, pull = jax.vjp(problem.build(jnp), _as_floats(x))
        units = np.eye(len(y)).tolist() if isinstance(y, list) else [1.0]
        rows = [pull(jax.tree.map(jnp.asarray, unit))[0] for unit in units]
        return _shaped(problem, np.array(rows, dtype=float).reshape(-1, np.size(x)))


def _no_symbols(problem: Problem) -> str | None:
    reason = "it compares its argument, and a symbol has no value to compare"
    return reason if problem.branches else None


def _no_complex(problem: Problem) -> str | None:
    reason = "it compares its argument, and complex numbers have no order"
    return reason if problem.branches else None


# --- Points and shapes ---


def _inputs(problem: Problem, x: Any) -> Any:
    return float(x) if problem.kind == "scalar" else np.array(x, dtype=float)


def _as_floats(x: Any) -> Any:
    """Return the point as numbers of their own: JAX compiles for scalars once, for each n anew."""
    return [float(xj) for xj in x] if np.ndim(x) else float(x)


def _like(x: Any, values: np.ndarray) -> Any:
    """Give an array of shape (n,) the form of the point x: a number stays one."""
    return tuple(values.tolist()) if np.ndim(x) else float(values[0])


def _replaced(x: Any, j: int, t: Any) -> Any:
    """Return the point x with input j replaced by t."""
    return [*x[:j], t, *x[j + 1 :]] if np.ndim(x) else t


def _steps(x: Any) -> np.ndarray:
    """Return the best steps of central differences for functions that change on the scale of x."""
    h: np.ndarray = finite.optimal_step(finite.CENTRAL) * np.maximum(np.abs(np.atleast_1d(x)), 1.0)
    return h


def _matrix(problem: Problem, derivative: Any) -> np.ndarray:
    """Give a derivative the shape (m, n)."""
    return np.asarray(derivative, dtype=float).reshape(-1, len(problem.domain))


def _shaped(problem: Problem, jac: np.ndarray) -> np.ndarray:
    """Give a matrix of shape (m, n) the shape of the problem's derivative."""
    return np.asarray({"scalar": jac[0, 0], "gradient": jac[0], "jacobian": jac}[problem.kind])


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
