r"""Derivatives as products: Jacobian times vector, covector times Jacobian, Hessian times vector.

A program that JAX can trace is a linear map near a point, and JAX gives that map in two forms:

.. math:: v \mapsto J v \quad\text{(forward)}, \qquad w \mapsto J^\top w \quad\text{(reverse)}.

One product costs a small multiple of the program; a Jacobian is n products of the first kind or m
of the second, and fewer where many of its entries are zero. Of a function with one output, the
Hessian is the Jacobian of the gradient, and a product with it costs a small multiple of the
gradient. Points, tangents and covectors are arrays or trees of arrays (dictionaries, lists and
tuples, nested). It fails where JAX cannot trace, as NumPy inside the program, and where the program
has no derivative.
Inside: `directions` has the products and the Jacobian that is made of them, `checking` compares a
gradient with differences and one mode with the other; `patterns` says where a matrix is not zero,
`colouring` which of its columns share a product, `sparse` builds sparse matrices from both;
`hessians` has products with second derivatives, `diagonals` the diagonal, `lanczos` the ends of the
spectrum, and `arguments` what all of them accept.
Reference: Griewank and Walther, *Evaluating Derivatives*, 2nd ed., chapters 3, 5 and 8.
"""

from slopes.products import (
    checking,
    colouring,
    diagonals,
    directions,
    hessians,
    lanczos,
    patterns,
    sparse,
)
from slopes.products.checking import *  # noqa: F403
from slopes.products.colouring import *  # noqa: F403
from slopes.products.diagonals import *  # noqa: F403
from slopes.products.directions import *  # noqa: F403
from slopes.products.hessians import *  # noqa: F403
from slopes.products.lanczos import *  # noqa: F403
from slopes.products.patterns import *  # noqa: F403
from slopes.products.sparse import *  # noqa: F403

__all__ = [
    *checking.__all__,
    *colouring.__all__,
    *diagonals.__all__,
    *directions.__all__,
    *hessians.__all__,
    *lanczos.__all__,
    *patterns.__all__,
    *sparse.__all__,
]
