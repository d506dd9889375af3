r"""Products with a Jacobian, and the Jacobian made of the fewer of them.

At a point x a program is a linear map J, and one pass applies it or its transpose:

.. math:: \dot y = J \dot x, \qquad \bar x = J^\top \bar y.

`jvp` pushes a tangent forward, `vjp` pulls a covector back, and neither forms J. With n inputs and
m outputs `jacobian` takes n passes of the first kind or m of the second, whichever are fewer.
Cost: a pass is a small multiple of the program; a pullback keeps the program's intermediate values.
Integers are refused, since a point that cannot move has no derivative.
Reference: Griewank and Walther, *Evaluating Derivatives*, 2nd ed., chapter 3.
"""

from collections.abc import Callable
from typing import Any

import jax

from slopes._arguments import floating, size
from slopes.products.arguments import demand_real, like

__all__ = ["jacobian", "jvp", "vjp"]


def jvp(fn: Callable[[Any], Any], x: Any, v: Any) -> tuple[Any, Any]:
    r"""Push a tangent forward: value and directional derivative :math:`J v`.

    Parameters
    ----------
    fn : callable
        Function of one argument, an array or a tree of arrays, that JAX can trace.
    x : number, array or tree of arrays
        Where. Real, of floating dtype.
    v : number, array or tree of arrays
        Tangent, with the structure and the shapes of `x`; its length counts.

    Returns
    -------
    y : array or tree of arrays
        ``fn(x)``.
    y_dot : array or tree of arrays
        :math:`J v`, with the structure and the shapes of `y`.

    Raises
    ------
    TypeError
        If `x` or `v` holds what is not real and floating.
    ValueError
        If structure or shapes of `v` are not those of `x`.

    Notes
    -----
    One forward pass, whatever the number of inputs; no intermediate value is kept.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> x, v = jnp.array([3.0, 5.0]), jnp.array([1.0, 2.0])
    >>> y, y_dot = jvp(lambda x: x[0] * x[1], x, v)
    >>> float(y), float(y_dot)
    (15.0, 11.0)
    """
    point = floating("x", x)
    return jax.jvp(fn, (point,), (like("v", v, "x", point),))


def vjp(fn: Callable[[Any], Any], x: Any) -> tuple[Any, Callable[[Any], Any]]:
    r"""Run a function once, and return what pulls covectors back: :math:`w \mapsto J^\top w`.

    Parameters
    ----------
    fn, x
        As for `jvp`.

    Returns
    -------
    y : array or tree of arrays
        ``fn(x)``.
    pull_back : callable
        Takes a covector w with the structure and the shapes of `y`, and returns
        :math:`J^\top w` with those of `x`. It may be called again and again.

    Raises
    ------
    TypeError
        If `x` holds what is not real and floating; of `pull_back`, if `w` does.
    ValueError
        Of `pull_back`, if structure or shapes of `w` are not those of `y`.

    Notes
    -----
    One run, which keeps intermediate values as long as `pull_back` lives; each covector is one walk
    back through them.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> y, pull_back = vjp(lambda x: x[0] * x[1], jnp.array([3.0, 5.0]))
    >>> pull_back(2.0).tolist()
    [10.0, 6.0]
    """
    y, pull = jax.vjp(fn, floating("x", x))

    def pull_back(w: Any) -> Any:
        (x_bar,) = pull(like("w", w, "y", y))
        return x_bar

    return y, pull_back


def jacobian(fn: Callable[[Any], Any], x: Any) -> Any:
    r"""Differentiate all outputs with respect to all inputs, in the cheaper of two ways.

    Parameters
    ----------
    fn, x
        As for `jvp`, n numbers in all that become m numbers.

    Returns
    -------
    array or tree of arrays
        For arrays, shape ``(*y.shape, *x.shape)``: ``(m, n)`` for vectors. For trees, the structure
        of `y` with that of `x` at each leaf.

    Raises
    ------
    TypeError
        If `x`, or what `fn` returns, is not real and floating.

    Notes
    -----
    n forward passes in one batch if n < m, else m backward passes. The shapes of the result are
    found by tracing `fn`, which computes nothing. Passes of both kinds cost about the same; where
    `fn` is a long loop with few inputs a backward pass costs more, and with as many outputs as
    inputs `jax.jacfwd` may be the better choice. A function that has one mode only, as one with a
    rule by ``custom_vjp`` or with a ``while_loop``, needs `jax.jacrev` or `jax.jacfwd` by name.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> fn = lambda x: jnp.stack([x[0] * x[1], x[1]])
    >>> jacobian(fn, jnp.array([3.0, 5.0])).tolist()
    [[5.0, 3.0], [0.0, 1.0]]
    """
    point = floating("x", x)
    y = jax.eval_shape(fn, point)
    demand_real("fn", y)
    columns = jax.jacfwd if size(point) < size(y) else jax.jacrev
    return columns(fn)(point)
