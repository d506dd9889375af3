"""Derivatives as products: Jacobian times vector, covector times Jacobian, Hessian times vector."""

from slopes.products import diagonals, hessians, lanczos
from slopes.products.diagonals import *  # noqa: F403
from slopes.products.hessians import *  # noqa: F403
from slopes.products.lanczos import *  # noqa: F403

__all__ = [*diagonals.__all__, *hessians.__all__, *lanczos.__all__]
