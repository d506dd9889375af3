r"""Numerical differentiation: slopes from nothing but values of a function.

A stencil of nodes :math:`s_k` and step :math:`h` estimates a derivative of order :math:`d` as

.. math:: f^{(d)}(x) \approx h^{-d} \sum_k w_k\, f(x + s_k h).

Cost: one evaluation per node with a non-zero weight, per input; no memory to speak of. It works on
any code that returns numbers, and it fails where rounding meets truncation: a large step misses
the curve, a small one divides the rounding error of ``fn`` by almost nothing. `derivative` finds
the best compromise itself and returns an error bar; the fixed formulas leave it to the caller.
Reference: B. Fornberg, "Generation of finite difference formulas on arbitrarily spaced grids",
Mathematics of Computation 51 (1988) 699-706.
"""

import contextlib
import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Inexact

from slopes import _adaptive
from slopes._adaptive import unit_roundoff
from slopes._typing import Numbers, Scalar

__all__ = [
    "CENTRAL",
    "FORWARD",
    "Estimate",
    "central",
    "complex_step",
    "derivative",
    "directional",
    "forward",
    "gradient",
    "group_columns",
    "hessian",
    "jacobian",
    "optimal_step",
    "stencil",
    "unit_roundoff",
    "weights",
]

FORWARD = (0.0, 1.0)
CENTRAL = (-1.0, 1.0)
SECOND = (-1.0, 0.0, 1.0)

Function = Callable[[Any], Any]


class Estimate(NamedTuple):
    """A derivative, its error bar and what it cost: the answer of `derivative`."""

    value: float
    """The derivative."""
    error: float
    """Bound on ``|value - truth|``, meant to hold in 95 % of cases; ``inf`` if none was found."""
    evaluations: int
    """Number of calls of the function."""


def forward(fn: Function, x: Any, *, step: Scalar | None = None) -> Any:
    r"""Divide a difference to the right: ``(fn(x + h) - fn(x)) / h``.

    Its error is :math:`|f''| h / 2` from truncation and at most :math:`2 u |f| / h` from rounding.

    Parameters
    ----------
    fn : callable
        Function of one number; its values may be arrays.
    x : number
        Where. Python's, NumPy's or JAX's, of any floating dtype.
    step : float, optional
        h > 0, in units of `x`. By default :math:`2 \sqrt u \max(|x|, 1)`, best where the function
        changes by its own size over that scale; u belongs to the narrower of the dtypes of `x` and
        of the values.

    Returns
    -------
    number or array
        Derivative, in double precision, with the shape of ``fn(x)``.

    Raises
    ------
    TypeError
        If `x` is complex or no scalar, or `fn` returns no numbers.
    ValueError
        If `x` is not finite, `step` is not positive or so small that ``x + step`` rounds to `x` in
        the dtype of `x` or of the values, `fn` is not finite at a place of the stencil, or it is
        real at one and complex at another.

    Notes
    -----
    Two evaluations; four with the default step if the values are narrower than `x`.

    Examples
    --------
    >>> import math
    >>> print(f"{forward(math.exp, 1.0):.6f}")
    2.718282
    """
    return stencil(fn, x, nodes=FORWARD, step=step)


def central(fn: Function, x: Any, *, step: Scalar | None = None) -> Any:
    r"""Divide a symmetric difference: ``(fn(x + h) - fn(x - h)) / (2 h)``.

    Its error is :math:`|f^{(3)}| h^2 / 6` from truncation and at most :math:`u |f| / h` from
    rounding.

    Parameters
    ----------
    fn : callable
        Function of one number; its values may be arrays.
    x : number
        Where.
    step : float, optional
        h > 0, in units of `x`; by default :math:`\sqrt[3]{3u} \max(|x|, 1)`, see `forward`.

    Returns
    -------
    number or array
        Derivative, in double precision, with the shape of ``fn(x)``.

    Raises
    ------
    TypeError, ValueError
        As `forward` does.

    Notes
    -----
    Two evaluations; four with the default step if the values are narrower than `x`.

    Examples
    --------
    >>> import math
    >>> print(f"{central(math.exp, 1.0):.9f}")
    2.718281828
    """
    return stencil(fn, x, nodes=CENTRAL, step=step)


def weights(nodes: Numbers, order: int, *, at: Scalar = 0.0) -> Inexact[np.ndarray, " k"]:
    r"""Find the weights that turn values at the nodes into a derivative.

    The derivative of the polynomial through the values is a sum :math:`\sum_k w_k f(s_k)`.
    Fornberg's recursion adds one node after another and solves no linear system.

    Parameters
    ----------
    nodes : sequence of k numbers
        Places :math:`s_k`, finite and distinct, in any order.
    order : int
        Order of the derivative, from 0 (interpolation) to k - 1.
    at : float
        Where the derivative is taken.

    Returns
    -------
    array, shape (k,)
        Weights :math:`w_k`.

    Raises
    ------
    ValueError
        If nodes coincide or are not finite, or there are too few for the order.

    Notes
    -----
    Time of order k squared times `order`. Exact for polynomials of degree below k, up to rounding.

    References
    ----------
    B. Fornberg, Mathematics of Computation 51 (1988) 699-706.

    Examples
    --------
    >>> weights([-1, 0, 1], 2)
    array([ 1., -2.,  1.])
    """
    s = _checked_nodes(nodes, order, least=0)
    # Products of tiny or huge gaps would leave the range of the numbers; powers of two are exact.
    power = math.frexp(float(np.abs(s).max()))[1]
    s, centre = np.ldexp(s, -power), float(np.ldexp(np.asarray(at, dtype=float), -power))
    table = np.zeros((s.size, order + 1))  # row j: weights of node j for derivatives 0..order
    table[0, 0] = 1.0
    degrees = np.arange(1, order + 1)
    product = 1.0
    for i in range(1, s.size):
        gaps = s[i] - s[:i]
        ratio, product = product / float(np.prod(gaps)), float(np.prod(gaps))
        table[i] = -(s[i - 1] - centre) * table[i - 1] * ratio
        table[i, 1:] += degrees * table[i - 1, :-1] * ratio
        moved = (s[i] - centre) * table[:i]
        moved[:, 1:] -= degrees * table[:i, :-1]
        table[:i] = moved / gaps[:, None]
    return np.ldexp(table[:, order], -power * order)


def stencil(
    fn: Function, x: Any, *, nodes: Numbers, order: int = 1, step: Scalar | None = None
) -> Any:
    r"""Differentiate the polynomial through the values at ``x + step * nodes``.

    Parameters
    ----------
    fn : callable
        Function of one number; its values may be arrays.
    x : number
        Where.
    nodes : sequence of k numbers
        Distinct places in units of `step`, relative to `x`: ``(0, 1, 2)`` looks to the right only.
    order : int
        Order of the derivative, 1 to k - 1.
    step : float, optional
        h > 0, in units of `x`; by default `optimal_step` times :math:`\max(|x|, 1)`.

    Returns
    -------
    number or array
        Derivative, in double precision, with the shape of ``fn(x)``.

    Raises
    ------
    TypeError, ValueError
        As `forward` and `weights` do; also where two places round to the same number.

    Notes
    -----
    One evaluation per node of non-zero weight. The weights belong to the places that rounding
    leaves, so that a place which is not where it was asked for is no error.

    References
    ----------
    B. Fornberg, Mathematics of Computation 51 (1988) 699-706.

    Examples
    --------
    >>> import math
    >>> print(f"{stencil(math.sin, 0.5, nodes=(-1, 0, 1), order=2):.6f}")
    -0.479426
    """
    s = _weighty(_checked_nodes(nodes, order), order)
    point, kind = _adaptive.checked_point(x)
    if step is not None:
        total, seen = _apply(fn, point, kind, kind, s, order, h := _checked_step(step))
        _places(point, kind, _narrower(kind, seen), s, h)  # refuses what the values cannot tell
        return total
    # Before the first value its dtype is a guess: that of x. A narrower one means another step,
    # and places that the narrower numbers can hold.
    scale = max(abs(point), 1.0)
    total, seen = _apply(fn, point, kind, kind, s, order, scale * _best(s, order, kind))
    if unit_roundoff(seen) > unit_roundoff(kind):
        total, _ = _apply(fn, point, kind, seen, s, order, scale * _best(s, order, seen))
    return total


def _apply(
    fn: Function, point: float, kind: Any, narrow: Any, s: Any, order: int, h: float
) -> tuple[Any, Any]:
    """Apply a stencil at places of dtype `kind` that dtype `narrow` can hold."""
    places = _places(point, kind, narrow, s, h)
    values = _values(fn, places)
    w = weights([(float(place) - point) / h for place in places], order)
    # The weights add up to 0. Differences keep what rounding of the weights would lose.
    total = sum(wk * (_wide(value) - _wide(values[0])) for wk, value in zip(w, values, strict=True))
    return (total / h**order)[()], values[0].dtype


def _places(point: float, kind: Any, narrow: Any, s: Any, h: float) -> list[Any]:
    """Round the nodes of a stencil to numbers; refuse a step that makes two of them one."""
    places = [_adaptive.held(narrow.type(point + h * node), kind) for node in s]
    if np.unique([float(place) for place in places]).size < s.size:
        raise ValueError(_vanished(h, point))
    return places


def _narrower(kind: Any, seen: Any) -> Any:
    return seen if unit_roundoff(seen) > unit_roundoff(kind) else kind


def _values(fn: Function, places: Any) -> list[Any]:
    """Values at some places: numbers, finite, and either all real or all complex."""
    values = [_checked_value(fn(place), place) for place in places]
    kinds = [np.iscomplexobj(value) for value in values]
    if any(kinds) and not all(kinds):  # Python's (-1) ** 0.5, say
        k = kinds.index(True)
        raise ValueError(
            f"fn must be real at all places or complex at all, got fn({places[k]!r})="
            f"{values[k][()]!r}; stay inside of its domain with a smaller step or other nodes"
        )
    return values


def _checked_value(value: Any, place: Any) -> Any:
    """Value as an array of finite numbers."""
    array = np.asarray(value)
    if array.dtype.kind in "fc" and np.isfinite(array).all():  # nearly always: no more work
        return array
    if array.dtype.kind == "O":  # Fraction, Decimal, mpmath: numbers in their own way
        with contextlib.suppress(TypeError, ValueError):
            array = array if value is None else array.astype(float)  # NumPy: None is NaN
    if array.dtype.kind in "OUSM":
        raise TypeError(f"fn must return numbers, got fn({place!r})={value!r}")
    bad = ~np.isfinite(_wide(array))
    if bad.any():
        where = np.unravel_index(int(np.argmax(bad)), bad.shape)
        entry = f"[{', '.join(map(str, where))}]" if where else ""
        raise ValueError(
            f"fn must be finite, got fn({place!r}){entry}={array[where]!r}; "
            "use a smaller step, or nodes on the side where it is defined"
        )
    return array


def _weighty(s: Any, order: int) -> Any:
    """Leave out the nodes of weight zero: their values are not needed."""
    w = np.abs(weights(s, order))
    return s[w > 1e-12 * w.max()]


def optimal_step(nodes: Numbers, order: int = 1, *, dtype: Any = float) -> float:
    r"""Balance truncation against rounding for a stencil, at scale 1.

    With accuracy :math:`p` and order :math:`d`, the error of a function whose value and
    derivatives are all of size 1 is about :math:`C h^p + R u / h^d` where
    :math:`C = |\sum w_k s_k^{p+d}| / (p+d)!` and :math:`R = \sum |w_k|`. It is least at

    .. math:: h = \Big( \frac{d R u}{p C} \Big)^{1/(p+d)},

    which is :math:`2\sqrt u` for `forward`, :math:`\sqrt[3]{3u}` for `central` and
    :math:`\sqrt[4]{48u}` for the second difference.

    Parameters
    ----------
    nodes : sequence of k numbers
        Distinct places in units of the step.
    order : int
        Order of the derivative, 1 to k - 1.
    dtype : dtype
        Of the values; it decides u.

    Returns
    -------
    float
        Step for a function of scale 1: multiply by the distance on which yours changes.

    Raises
    ------
    ValueError
        As `weights` does.

    References
    ----------
    N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM (2002).

    Examples
    --------
    >>> print(f"{optimal_step((-1, 1)):.2e}")
    6.93e-06
    """
    return _best(_checked_nodes(nodes, order), order, np.dtype(dtype))


def _best(s: Any, order: int, kind: Any) -> float:
    return _balance(tuple(s.tolist()), order, unit_roundoff(kind))


@lru_cache
def _balance(nodes: tuple[float, ...], order: int, u: float) -> float:
    s = np.array(nodes)
    w = weights(s, order)
    # The first moment after those that the weights make vanish; symmetry makes one more vanish.
    moments = [abs(float(w @ s**k)) / math.factorial(k) for k in (s.size, s.size + 1)]
    gained = bool(moments[0] * np.abs(s).max() < 1e-9 * moments[1])
    C, p = moments[gained], s.size - order + int(gained)
    return float((order * np.abs(w).sum() * u / (p * C)) ** (1 / (p + order)))


def complex_step(fn: Function, x: Any, *, step: Scalar | None = None) -> Any:
    r"""Read the derivative off the imaginary part: ``imag(fn(x + i h)) / h``.

    :math:`f(x + ih) = f(x) + ih f'(x) - h^2 f''(x)/2 - \dots`: nothing is subtracted, so nothing
    cancels, and h may be so small that the error :math:`|f^{(3)}| h^2 / 6` is below the roundoff.

    Parameters
    ----------
    fn : callable
        Analytic function that computes with complex numbers; its values may be arrays.
    x : number
        Where.
    step : float, optional
        h > 0, in units of `x`; by default a power of two near :math:`2^{-75} |x|` (:math:`2^{-100}`
        at 0), in single precision :math:`2^{-14} |x|`: its square vanishes beside that of `x`, and
        it stays clear of underflow.

    Returns
    -------
    number or array
        Derivative, in double precision, with the shape of ``fn(x)``.

    Raises
    ------
    TypeError
        If `fn` returns real numbers, so that the imaginary part was lost on the way, or if `x` is
        complex itself.
    ValueError
        If `x` is not finite, `step` not positive or so small that it underflows, or `fn` is not
        real on the real line at `x`, as the logarithm of a negative number.

    Notes
    -----
    One evaluation, in complex arithmetic; a second one where the imaginary part is suspiciously
    large. Where the products of `x` and h underflow, as in ``x * x`` below 1e-142, so does the
    derivative. It is silently wrong where `fn` uses ``abs``, ``conj``,
    or branches on the imaginary part: ``abs(x)`` returns a real number and is caught, while
    ``abs(x) + x`` is not.

    References
    ----------
    J. N. Lyness and C. B. Moler, SIAM Journal on Numerical Analysis 4 (1967) 202-210.
    W. Squire and G. Trapp, SIAM Review 40 (1998) 110-112.

    Examples
    --------
    >>> import cmath
    >>> complex_step(cmath.exp, 1.0)
    np.float64(2.718281828459045)
    """
    point, kind = _adaptive.checked_point(x)
    given = None if step is None else _checked_step(step)
    h = given or _tiny_step(point, kind)
    value = _complex_value(fn, point, h, kind)
    held = _narrower(kind, value.real.dtype)
    if h < float(np.finfo(held).tiny):  # stored inexactly or as 0, though x may be wide
        if given:
            raise ValueError(f"step must not underflow in {held}, got step={step!r}")
        h = _tiny_step(point, held)
        value = _complex_value(fn, point, h, kind)
    # A large imaginary part may be a steep function, or one that is not real at x itself.
    suspect = 2.0**-20 if held == np.float64 else 2.0**-7  # the step is relatively larger there
    large = np.abs(value.imag) > suspect * np.abs(value.real)
    if large.any():
        on_axis = _complex_value(fn, point, 0.0, kind)
        if (np.abs(on_axis.imag) > np.abs(value.imag) / 2)[large].any():
            raise ValueError(
                f"fn must be real on the real line near x, got fn({point!r})={on_axis[()]!r}; "
                "the complex step needs it, central does not"
            )
    return (_wide(value).imag / float(held.type(h)))[()]


def _tiny_step(point: float, kind: Any) -> float:
    """Power of two whose square vanishes beside x squared; far from underflow."""
    u = unit_roundoff(kind)
    share, least = (2.0**-75, 2.0**-1000) if u <= 2.0**-53 else (2.0**-14, 2.0**-100)
    return max(share * 2.0 ** math.frexp(point)[1] if point else 2.0**-100, least)


def _complex_value(fn: Function, point: float, h: float, kind: Any) -> Any:
    """Value at x + ih, which must be complex."""
    # Python's own complex number for float64, so that cmath serves too.
    place = complex(point, h) if kind == np.float64 else np.complex64(complex(point, h))
    value = _checked_value(fn(place), place)
    if not np.iscomplexobj(value):
        raise TypeError(
            f"fn must return complex values for complex x, got fn(x)={value[()]!r}; "
            "code that drops the imaginary part needs central instead"
        )
    return value


def derivative(
    fn: Function,
    x: Any,
    *,
    order: int = 1,
    bounds: tuple[float, float] = (-math.inf, math.inf),
) -> Estimate:
    r"""Find a derivative and its error bar, with nothing to tune.

    Seven neighbouring values give the noise of the function. Pairs at growing distances climb until
    the function bends. There a Chebyshev series is fitted, cut where its coefficients meet the
    noise, and differentiated; the noise beyond the cut makes the error bar. Another fit follows if
    the last one predicts that another width pays. Where noise of some percent hides the bend, the
    values stop growing: the fit then starts at the distance at which they first rise out of their
    noise, and no wider fit is believed unless it shows a shape.

    Parameters
    ----------
    fn : callable
        Real function of one real number: Python, NumPy, jitted JAX, compiled code.
    x : number
        Where. Any scale.
    order : int
        1 or 2.
    bounds : pair of floats
        The function is never called outside of them. Without them, values that are NaN or infinite
        and an ArithmeticError or ValueError away from `x` are taken as the end of the domain; so is
        a complex value.

    Returns
    -------
    Estimate
        ``value``, ``error`` and ``evaluations``. The error is infinite where no derivative was
        found, as at a jump or in noise at all distances, and large at a kink, whose value is the
        mean of the two slopes.

    Raises
    ------
    TypeError
        If `x` or ``fn(x)`` is complex or no scalar, `order` no integer or `bounds` no pair.
    ValueError
        If `x` or ``fn(x)`` is not finite, or the function is finite at `x` alone.

    Notes
    -----
    Some 30 to 60 evaluations, on noisy values about 100, at worst about 200. The unit roundoff is
    that of the narrower of the dtypes of `x` and of the values. An exception at `x` itself is the
    caller's to see.
    A kink of the slope itself at `x` is not recognised: the second derivative is then the mean of
    the two sides, with a bar of a few percent of the jump.
    A function that is constant out to a thirtieth of `|x|` or further may be a staircase or the
    rounding of a smooth function; the bar then covers both readings.
    A function of smooth pieces has the slope of its own piece if that reaches a thousandth of
    `|x|` to both sides; narrower pieces are taken for rounding where all is smooth beyond them.
    A structure finer than :math:`u^{0.8} |x|` is taken for noise; a smooth
    structure that all samples miss cannot be seen by any method. Without `bounds` the samples go
    out as far as the function looks smooth.

    References
    ----------
    L. N. Trefethen, Approximation Theory and Approximation Practice, SIAM (2013): Chebyshev
    interpolants, and how fast their coefficients fall.

    Examples
    --------
    >>> import math
    >>> estimate = derivative(math.exp, 1.0)
    >>> abs(estimate.value - math.e) < estimate.error < 1e-12
    True
    >>> derivative(math.sqrt, 0.0)
    Estimate(value=inf, error=inf, evaluations=19)
    """
    return Estimate(*_adaptive.estimate(fn, x, order, bounds))


def gradient(
    fn: Function,
    x: Numbers,
    *,
    nodes: Numbers = CENTRAL,
    step: Numbers | None = None,
    batched: bool = False,
) -> Inexact[np.ndarray, " n"]:
    r"""Differentiate a function of n inputs with respect to each.

    Parameters
    ----------
    fn : callable
        Function of an array of shape (n,) with one number as value; if `batched`, of an array of
        shape (k, n) with k values.
    x : array, shape (n,)
        Where.
    nodes : sequence of numbers
        Stencil, in units of the step: `CENTRAL`, or `FORWARD` for fewer evaluations.
    step : float or array of shape (n,), optional
        h > 0 for each input, in its unit; by default the power of two nearest to `optimal_step`
        times :math:`\max(|x_j|, 1)`.
    batched : bool
        Whether `fn` takes all points in one call.

    Returns
    -------
    array, shape (n,)
        Gradient, in double precision.

    Raises
    ------
    TypeError
        If `x` is complex, or `fn` returns no numbers.
    ValueError
        If `x` is no row of finite numbers, `step` not positive or too small to change `x`, or `fn`
        is not finite at a place of the stencil or returns several numbers.

    Notes
    -----
    2 n evaluations, n + 1 with `FORWARD`; one call if `batched`. Twice as many with the default
    step if the values are narrower than `x`: the first round tells.

    Examples
    --------
    >>> gradient(lambda x: x[0] * x[1], [3.0, 5.0]).round(9)
    array([5., 3.])
    """
    rows = jacobian(fn, x, nodes=nodes, step=step, batched=batched)
    if rows.shape[0] != 1:
        raise ValueError(
            f"fn must return one number, got shape={rows.shape[:1]!r}; take the jacobian"
        )
    return np.array(rows[0])


def jacobian(
    fn: Function,
    x: Numbers,
    *,
    nodes: Numbers = CENTRAL,
    step: Numbers | None = None,
    batched: bool = False,
    pattern: Any = None,
) -> Inexact[np.ndarray, "m n"]:
    r"""Differentiate m outputs with respect to n inputs.

    Parameters
    ----------
    fn : callable
        Function of an array of shape (n,) with m values in any shape; if `batched`, of an array of
        shape (k, n) with k rows of values.
    x : array, shape (n,)
        Where.
    nodes : sequence of numbers
        Stencil, see `gradient`.
    step : float or array of shape (n,), optional
        See `gradient`.
    batched : bool
        Whether `fn` takes all points in one call.
    pattern : bool array, shape (m, n), optional
        Where the Jacobian may differ from 0. Columns that share no row are moved together.

    Returns
    -------
    array, shape (m, n)
        Jacobian, in double precision: one row per output.

    Raises
    ------
    TypeError, ValueError
        As `gradient` does; also if `pattern` has another shape than the Jacobian.

    Notes
    -----
    Two evaluations per group of columns: 2 n without `pattern`, 6 for a tridiagonal Jacobian of any
    size. A `pattern` that misses an entry gives wrong columns without a warning.

    References
    ----------
    A. R. Curtis, M. J. D. Powell and J. K. Reid, IMA Journal of Applied Mathematics 13 (1974)
    117-119.

    Examples
    --------
    >>> jacobian(lambda x: [x[0] * x[1], x[1]], [3.0, 5.0]).round(9)
    array([[5., 3.],
           [0., 1.]])
    """
    point = _checked_vector("x", x)
    s = _weighty(_checked_nodes(nodes, 1), 1)
    w = weights(s, 1)
    owner = np.arange(point.size) if pattern is None else _owners(pattern, point.size)
    groups = np.arange(owner.max(initial=-1) + 1)
    seeds = np.equal.outer(groups, owner).astype(float)

    def apply(centre: Any, h: Any) -> tuple[Any, Any]:
        base = [centre[None]] if (s == 0).any() else []  # one evaluation serves all columns
        moved = [centre + node * h * seeds for node in s[s != 0]]
        values = _evaluate(fn, np.concatenate(base + moved), point.dtype, batched)
        flat = _wide(values).reshape(len(values), -1)
        blocks = flat[len(base) :].reshape(len(moved), groups.size, -1)
        slopes = np.tensordot(w[s != 0], blocks, axes=1)  # (groups, m)
        return slopes + w[s == 0] * flat[0] if base else slopes, values.dtype

    (slopes, _), h = _stepped(apply, point, s, 1, step)
    jac = (slopes[owner] / h[:, None]).T
    return np.array(jac if pattern is None else _masked(jac, np.asarray(pattern, dtype=bool)))


def _owners(pattern: Any, n: int) -> Any:
    """Group of each column."""
    owned = sorted((j, g) for g, group in enumerate(group_columns(pattern)) for j in group)
    if len(owned) != n:
        raise ValueError(f"pattern must have {n} columns for {n} inputs, got {len(owned)}")
    return np.array([g for _, g in owned])


def _masked(jac: Any, pattern: Any) -> Any:
    """Keep of each column the rows that are its own."""
    if pattern.shape != jac.shape:
        raise ValueError(
            f"pattern must have the Jacobian's shape {jac.shape!r}, "
            f"got pattern.shape={pattern.shape!r}"
        )
    return np.where(pattern, jac, 0)


def group_columns(pattern: Any) -> list[list[int]]:
    """Group columns that share no row, greedily: each joins the first group that it fits.

    Parameters
    ----------
    pattern : bool array, shape (m, n)
        Where a matrix may differ from 0.

    Returns
    -------
    list of lists of int
        Column numbers, each column in one group.

    Raises
    ------
    ValueError
        If `pattern` has not two axes.

    Notes
    -----
    As many groups as the fullest row has entries, at least; greedy grouping may need more, for the
    fewest are a graph colouring problem. Time of order m n times the number of groups.

    References
    ----------
    A. R. Curtis, M. J. D. Powell and J. K. Reid, IMA Journal of Applied Mathematics 13 (1974)
    117-119.

    Examples
    --------
    >>> group_columns(np.array([[1, 1, 0], [0, 1, 1]], dtype=bool))
    [[0, 2], [1]]
    """
    structure = np.asarray(pattern, dtype=bool)
    if structure.ndim != 2:
        raise ValueError(f"pattern must have two axes, got pattern.ndim={structure.ndim!r}")
    groups: list[list[int]] = []
    taken: list[Any] = []
    for j, column in enumerate(structure.T):
        home = next((g for g, rows in enumerate(taken) if not (rows & column).any()), len(groups))
        if home == len(groups):
            groups.append([])
            taken.append(np.zeros_like(column))
        groups[home].append(j)
        taken[home] |= column
    return groups


def hessian(
    fn: Function, x: Numbers, *, step: Numbers | None = None, batched: bool = False
) -> Inexact[np.ndarray, "n n"]:
    r"""Differentiate a function of n inputs twice, by second differences.

    With :math:`\delta_v = f(x+v) - 2 f(x) + f(x-v)`, the diagonal is :math:`\delta_{h_i} / h_i^2`
    and beside it :math:`H_{ij} = (\delta_{h_i+h_j} - \delta_{h_i} - \delta_{h_j}) / (2 h_i h_j)`.

    Parameters
    ----------
    fn : callable
        Function of an array of shape (n,) with one number as value; if `batched`, of an array of
        shape (k, n) with k values.
    x : array, shape (n,)
        Where.
    step : float or array of shape (n,), optional
        h > 0 for each input, in its unit; by default near :math:`\sqrt[4]{48u} \max(|x_j|, 1)`.
    batched : bool
        Whether `fn` takes all points in one call.

    Returns
    -------
    array, shape (n, n)
        Hessian, in double precision, symmetric.

    Raises
    ------
    TypeError, ValueError
        As `gradient` does.

    Notes
    -----
    :math:`n^2 + n + 1` evaluations; one call if `batched`. About half the digits of float64 are
    lost: expect an error near :math:`10^{-8}` of :math:`|f| / \max(|x|, 1)^2`, whatever the size of
    the Hessian itself.

    Examples
    --------
    >>> hessian(lambda x: x[0] ** 2 * x[1], [3.0, 5.0]).round(5)
    array([[10.,  6.],
           [ 6.,  0.]])
    """
    point = _checked_vector("x", x)
    n = point.size
    rows, columns = np.triu_indices(n, 1)
    unit = np.eye(n)
    seeds = np.concatenate([unit, unit[rows] + unit[columns]])
    seeds = np.concatenate([np.zeros((1, n)), seeds, -seeds])

    def apply(centre: Any, h: Any) -> tuple[Any, Any]:
        values = _evaluate(fn, centre + seeds * h, point.dtype, batched)
        if values.ndim != 1:
            raise ValueError(
                f"fn must return one number, got shape={values.shape[1:]!r}; "
                "take the hessian of each output"
            )
        plus, minus = np.split(_wide(values)[1:], 2)
        return plus + minus - 2 * _wide(values)[0], values.dtype

    (second, _), h = _stepped(apply, point, np.array(SECOND), 2, step)
    single = second[:n]
    hess = np.diag(single)
    hess[rows, columns] = (second[n:] - single[rows] - single[columns]) / 2
    hess[columns, rows] = hess[rows, columns]
    return np.array(hess / np.outer(h, h))


def directional(fn: Function, x: Numbers, v: Numbers, *, step: Scalar | None = None) -> Any:
    r"""Differentiate along `v`: ``(fn(x + h v) - fn(x - h v)) / (2 h)``.

    Parameters
    ----------
    fn : callable
        Function of an array of shape (n,); its values may be arrays.
    x : array, shape (n,)
        Where.
    v : array, shape (n,)
        Direction; its length counts. The zero vector gives 0.
    step : float, optional
        h > 0; by default the smallest over j of the default step of `central` for
        :math:`x_j`, divided by :math:`|v_j|`: entries that do not move do not count.

    Returns
    -------
    number or array
        :math:`J v`, in double precision, with the shape of ``fn(x)``.

    Raises
    ------
    TypeError
        If `x` or `v` is complex.
    ValueError
        If `x` or `v` is no row of finite numbers, their shapes differ, or `step` is not positive
        or too small to change `x`.

    Notes
    -----
    Two evaluations whatever n is: one random direction checks a whole gradient.

    Examples
    --------
    >>> print(f"{directional(lambda x: x[0] * x[1], [3.0, 5.0], [1.0, 2.0]):.9f}")
    11.000000000
    """
    point, tangent = _checked_vector("x", x), _wide(_checked_vector("v", v))
    if tangent.shape != point.shape:
        raise ValueError(f"v must have the shape {point.shape} of x, got v.shape={tangent.shape!r}")
    # The entry that moves furthest on its own scale sets the step: others may not move at all.
    reach = np.abs(tangent) / _scale(point)
    j = int(np.argmax(reach))
    length = abs(tangent[j]) or 1.0
    unit = tangent / length if tangent.any() else np.ones_like(tangent)

    def quotient(h: float, narrow: Any) -> tuple[Any, Any]:
        centre = _wide(point)
        ends = np.array([centre - h * unit, centre + h * unit]).astype(narrow).astype(point.dtype)
        if ends[0, j] == ends[1, j]:
            raise ValueError(_vanished(h, float(centre[j])))
        values = _evaluate(fn, ends, point.dtype, batched=False)
        made = float((_wide(ends[1]) - _wide(ends[0])) @ unit / (unit @ unit))  # 2 h, as stored
        return (_wide(values[1]) - _wide(values[0])) / made * length, values.dtype

    def best(kind: Any) -> float:
        return float(_power_of_two(_scale(point)[j] * _best(np.array(CENTRAL), 1, kind)))

    h = best(point.dtype) if step is None else _checked_step(step) * length
    slope, seen = quotient(h, point.dtype)
    if step is None and unit_roundoff(seen) > unit_roundoff(point.dtype):
        slope, _ = quotient(best(seen), seen)
    return (slope if tangent.any() else 0 * slope)[()]


def _stepped(apply: Any, point: Any, s: Any, order: int, step: Any) -> tuple[tuple[Any, Any], Any]:
    """Apply with the given steps, or with the best for the dtype that comes back."""
    centre = _wide(point)
    if step is not None:
        h = _stored(centre, _checked_steps(step, point.shape), float(np.abs(s).max()), point.dtype)
        result = apply(centre, h)
        _check_moves(centre, h, _narrower(point.dtype, result[1]))
        return result, h
    scale = _scale(point)
    h = _power_of_two(scale * _best(s, order, point.dtype))
    result = apply(centre, h)
    if unit_roundoff(result[1]) > unit_roundoff(point.dtype):  # narrower than thought: once more
        h = _power_of_two(scale * _best(s, order, result[1]))
        result = apply(_wide(centre.astype(result[1])), h)
    return result, h


def _scale(point: Any) -> Any:
    """Distance on which a function of x is taken to change: max(abs(x), 1)."""
    return np.maximum(np.abs(_wide(point)), 1.0)


def _stored(centre: Any, h: Any, reach: float, kind: Any) -> Any:
    """Take the steps that are left when the outermost places are rounded."""
    _check_moves(centre, h, kind)
    far = _wide((np.abs(centre) + reach * h).astype(kind))
    return (far - np.abs(centre)) / reach


def _power_of_two(h: Any) -> Any:
    """Round to powers of two: such a step is added to x and divided by without rounding."""
    return np.exp2(np.round(np.log2(h)))


def _check_moves(centre: Any, h: Any, kind: Any) -> None:
    """Refuse a step that rounds to nothing somewhere."""
    ends = [_wide((centre + sign * h).astype(kind)) for sign in (-1, 1)]
    still = (ends[0] == centre) | (ends[1] == centre)
    if still.any():
        j = int(np.argmax(still))
        raise ValueError(_vanished(float(h[j]), float(centre[j])))


def _evaluate(fn: Function, points: Any, kind: Any, batched: bool) -> Any:
    """Values at the rows of `points`, shape (k, ...), by one call or by k."""
    rows = points.astype(kind)
    if not batched:
        return np.stack(_values(fn, rows))
    values = np.asarray(fn(rows))
    if values.shape[:1] != rows.shape[:1]:
        raise ValueError(
            f"fn must return {len(rows)} rows for {len(rows)} points when batched, "
            f"got shape={values.shape!r}"
        )
    if values.dtype.kind in "fc" and np.isfinite(values).all():
        return values
    return np.stack([_checked_value(v, row) for v, row in zip(values, rows, strict=True)])


def _wide(values: Any) -> Any:
    """Values in double precision: the formulas must not add rounding errors of their own."""
    return values.astype(complex if np.iscomplexobj(values) else float)


def _checked_nodes(nodes: Numbers, order: int, least: int = 1) -> Any:
    s = np.asarray(nodes, dtype=float)
    if s.ndim != 1 or not np.isfinite(s).all() or np.unique(s).size < s.size:
        raise ValueError(f"nodes must be distinct finite numbers in a row, got nodes={nodes!r}")
    if not least <= _adaptive.checked_order(order) < s.size:
        raise ValueError(
            f"order must be at least {least} and below the number of nodes {s.size}, "
            f"got order={order!r}"
        )
    return s


def _checked_step(step: Any) -> float:
    h, _ = _adaptive.real_number(step, "step must be one real number, got step")
    if not (math.isfinite(h) and h > 0):
        raise ValueError(f"step must be positive and finite, got step={step!r}")
    return h


def _checked_steps(step: Any, shape: tuple[int, ...]) -> Any:
    array = np.asarray(step)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"step must be real, got step={step!r}")
    h = array.astype(float)
    if h.shape not in ((), shape):
        raise ValueError(
            f"step must be one number or have the shape {shape} of x, got step={step!r}"
        )
    if not (np.isfinite(h) & (h > 0)).all():
        raise ValueError(f"step must be positive and finite, got step={step!r}")
    return np.broadcast_to(h, shape)


def _checked_vector(name: str, value: Numbers) -> Any:
    array = np.asarray(value)
    if np.iscomplexobj(array):
        raise TypeError(f"{name} must be real, got {name}={value!r}")
    if array.dtype.kind in "OUSM":
        raise TypeError(f"{name} must be real, got {name}={value!r}")
    if array.ndim != 1 or array.size == 0 or not np.isfinite(_wide(array)).all():
        raise ValueError(f"{name} must be a row of finite numbers, got {name}={value!r}")
    return array.astype(float) if array.dtype.kind in "biu" else array


def _vanished(h: float, point: float) -> str:
    return (
        f"step must be large enough to change x={point!r} in its dtype, got step={h!r}; "
        "places that should differ round to the same number"
    )
