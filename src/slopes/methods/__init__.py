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

from slopes.methods.table import METHODS, Method, Verdict, by_name, estimates, judge
from slopes.methods.tolerances import balance, operations, rounding

__all__ = [
    "METHODS",
    "Method",
    "Verdict",
    "balance",
    "by_name",
    "estimates",
    "judge",
    "operations",
    "rounding",
]
