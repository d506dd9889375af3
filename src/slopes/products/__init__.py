"""Derivatives as products: Jacobian times vector, covector times Jacobian, Hessian times vector."""

from slopes.products import colouring, patterns, sparse
from slopes.products.colouring import *  # noqa: F403
from slopes.products.patterns import *  # noqa: F403
from slopes.products.sparse import *  # noqa: F403

__all__ = [*colouring.__all__, *patterns.__all__, *sparse.__all__]
