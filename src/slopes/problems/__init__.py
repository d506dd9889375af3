r"""Functions with exact derivatives, on which every method of the course is tried.

A problem is built on a namespace `m`: ``build(math)``, ``build(numpy)``, ``build(jax.numpy)`` or
``build(slopes.dual)`` returns the same Python function for other numbers. It calls only the names
in `needs` and the operators ``+ - * / **``; a function of several inputs reads ``x[i]`` and
``len(x)``, and returns a list of components where it has several outputs.
The derivative is a closed form in NumPy, typed by hand, never derived by a program:
:math:`f'(x)`, shape () for ``scalar``; :math:`\nabla f`, shape (n,), for ``gradient``; :math:`J`,
shape (m, n), for ``jacobian``. `second` is :math:`f''` or the Hessian. Cost: one evaluation of a
formula. It is exact up to some roundings at the points given, and not promised near the ends of a
domain. Reference: Griewank and Walther, *Evaluating Derivatives*, 2nd ed., chapter 2.
"""

from slopes.problems.problem import Interval, Problem, as_array
from slopes.problems.table import PROBLEMS, by_name

__all__ = ["PROBLEMS", "Interval", "Problem", "as_array", "by_name"]
