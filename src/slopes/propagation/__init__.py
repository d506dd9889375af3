r"""Error propagation: from the spread of the inputs of a program to the spread of its outputs.

A program that JAX can trace is nearly a linear map J on a small region, and a linear map takes a
covariance matrix with it:

.. math:: \Sigma_y = J\,\Sigma_x\,J^\top .

One Jacobian, the cheaper of forward and reverse, and two products of matrices: correlations are
kept, also between outputs, so that the difference of a quantity with itself has no spread. Where
the program bends over the spread of its inputs, the rule is wrong, and says nothing: then second
derivatives, a few chosen points, or many random ones tell.
Means and values are arrays or trees of arrays (dictionaries, lists and tuples, nested).
Inside: `linear` has the rule with a full matrix, with independent inputs, and with a factor of the
matrix; `bent` has the second order and the unscented points, `sampling` random points with the
error bar of the error bar, and `arguments` what all of them accept.
Reference: Particle Data Group, *Review of Particle Physics* (2024), review *Statistics*.
"""

from slopes.propagation import bent, linear, sampling
from slopes.propagation.bent import *  # noqa: F403
from slopes.propagation.linear import *  # noqa: F403
from slopes.propagation.sampling import *  # noqa: F403

__all__ = [*bent.__all__, *linear.__all__, *sampling.__all__]
