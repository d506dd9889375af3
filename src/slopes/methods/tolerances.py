r"""Tolerances that are derived for the program and the point at hand.

With N operations and the largest entry J of the derivative, an exact method may be off by
:math:`u\,\bigl(C\,|J| + 5N\,(|J| + \sum_j |x_j\,\partial_j J|)\bigr)`,
see `rounding`; central differences balance truncation and rounding, see `balance`.
"""

import math
from typing import Any

import numpy as np

from slopes import tape
from slopes.compare import unit_roundoff
from slopes.methods.points import inputs, matrix, shaped, shaped_as, steps
from slopes.problems import Problem

__all__ = ["balance", "operations", "rounding"]

U = unit_roundoff()
CLOSED_FORM = 256
"""Roundings that a closed form of `slopes.problems` may carry: its tests allow no more."""


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
    >>> operations(problems.by_name("quadratic"), 2.0)  # power, product, two sums
    4
    """
    return tape.operations(tape.trace(problem.build(tape), inputs(problem, x)))


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
    point, h = np.atleast_1d(x).astype(float), steps(x)
    exact = matrix(problem, problem.derivative(x))
    values = U * (_accumulated(problem, x)[:, None] + np.abs(exact * point))
    wide = U**0.25 * np.maximum(np.abs(point), 1.0)
    thirds = np.empty_like(exact)
    for j, unit in enumerate(np.diag(wide)):
        sides = [problem.derivative(shaped_as(x, point + sign * unit)) for sign in (-1, 1)]
        left, right = (matrix(problem, side)[:, j] for side in sides)
        thirds[:, j] = (left - 2 * exact[:, j] + right) / wide[j] ** 2
    bound = np.abs(thirds) * h**2 / 3 + values / h + rounding(problem, x)
    return shaped(problem, bound)


def _accumulated(problem: Problem, x: Any) -> np.ndarray:
    """Sum result times cotangent over the operations of a program, for each output."""
    run = tape.trace(lambda at: _as_list(problem.build(tape)(at)), inputs(problem, x))
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
    moved = [[problem.derivative(shaped_as(x, point + sign * s * unit)) for sign in (-1, 1)]
             for unit in np.diag(point)]  # fmt: skip
    return np.array([(right - left) / (2 * s) for left, right in moved])
