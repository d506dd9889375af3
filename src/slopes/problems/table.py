"""The problems: one row each, with a closed form of the derivative that was typed by hand."""

import math
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

import numpy as np

from slopes._typing import Fn
from slopes.problems import formulas
from slopes.problems.problem import Interval, Problem

__all__ = ["PROBLEMS", "by_name"]

_REALS, _POSITIVE, _UNIT = Interval(), Interval(0.0), Interval(0.0, 1.0)
_ELLIPTIC, _HALF_TURN = Interval(0.0, 0.95, includes_low=True), Interval(0.0, math.pi)
_DANBY = "Danby, Fundamentals of Celestial Mechanics, 2nd ed., chapter 6"
_SOFTMAX = "Blanchard, Higham and Higham, IMA Journal of Numerical Analysis 41 (2021) 2311"
_MGH = "Moré, Garbow and Hillstrom, ACM Trans. Math. Softw. 7 (1981) 17"


def _row(
    name: str,
    build: Callable[[Any], Fn],
    derivative: Callable[[Any], Any],
    second: Callable[[Any], Any] | None = None,
    *,
    needs: str = "",
    domain: Interval | tuple[Interval, ...] = _REALS,
    points: tuple[Any, ...],
    source: str,
    kind: str = "scalar",
    branches: bool = False,
) -> Problem:
    """Make a problem from a row of the table: one interval serves all inputs."""
    n = 1 if kind == "scalar" else len(points[0])
    return Problem(
        name=name,
        kind=kind,
        build=build,
        derivative=derivative,
        second=second,
        needs=tuple(needs.split()),
        domain=domain if isinstance(domain, tuple) else (domain,) * n,
        points=points,
        source=source,
        branches=branches,
    )


# A row reads: name, program, first derivative, second if given. One thought, three lines.
# fmt: off
_SCALARS = (
    _row("quadratic", lambda _m: lambda x: x**2 + 3 * x + 2,
         lambda x: 2 * x + 3.0, lambda x: 0 * x + 2.0,
         points=(-1.5, 0.0, 2.0), source="S1, the first of the course's five sources"),
    _row("exponential", lambda m: lambda x: m.exp(x),
         np.exp, np.exp,
         needs="exp", points=(-2.0, 0.0, 1.0), source="DLMF, section 4.7"),
    _row("logarithm", lambda m: lambda x: m.log(x),
         lambda x: 1 / x, lambda x: -1 / x**2,
         needs="log", domain=_POSITIVE, points=(0.01, 1.0, 50.0), source="DLMF, section 4.7"),
    _row("square_root", lambda m: lambda x: m.sqrt(x),
         lambda x: 0.5 / np.sqrt(x), lambda x: -0.25 / (x * np.sqrt(x)),
         needs="sqrt", domain=_POSITIVE, points=(1e-3, 1.0, 1e4), source="DLMF, section 4.7"),
    _row("sine", lambda m: lambda x: m.sin(x),
         np.cos, lambda x: -np.sin(x),
         needs="sin", points=(-2.0, 0.0, 1.0), source="DLMF, section 4.20"),
    _row("tangent", lambda m: lambda x: m.tan(x),
         lambda x: 1 / np.cos(x) ** 2, lambda x: 2 * np.sin(x) / np.cos(x) ** 3,
         needs="tan", domain=Interval(-0.5 * math.pi, 0.5 * math.pi), points=(-1.0, 0.0, 1.4),
         source="DLMF, section 4.20"),
    _row("arctangent", lambda m: lambda x: m.atan(x),
         lambda x: 1 / (1 + x**2), lambda x: -2 * x / (1 + x**2) ** 2,
         needs="atan", points=(-3.0, 0.0, 1.0), source="DLMF, section 4.24"),
    _row("hyperbolic_tangent", lambda m: lambda x: m.tanh(x),
         lambda x: 1 / np.cosh(x) ** 2, lambda x: -2 * np.sinh(x) / np.cosh(x) ** 3,
         needs="tanh", points=(-1.0, 0.0, 2.0), source="DLMF, section 4.34"),
    _row("logistic", lambda m: lambda x: 1 / (1 + m.exp(-x)),
         lambda x: 0.25 / np.cosh(0.5 * x) ** 2,
         lambda x: -0.25 * np.sinh(0.5 * x) / np.cosh(0.5 * x) ** 3,
         needs="exp", points=(-4.0, 0.0, 2.0), source="S1, the first of the course's five sources"),
    _row("softplus", lambda m: lambda x: m.log1p(m.exp(x)),
         lambda x: 1 / (1 + np.exp(-x)), lambda x: 0.25 / np.cosh(0.5 * x) ** 2,
         needs="exp log1p", points=(-5.0, 0.0, 3.0),
         source="Dugas et al., Advances in Neural Information Processing Systems 13 (2001) 472"),
    _row("gaussian", lambda m: lambda x: m.exp(-0.5 * x**2),
         lambda x: -x * np.exp(-0.5 * x**2), lambda x: (x**2 - 1) * np.exp(-0.5 * x**2),
         needs="exp", points=(-1.5, 0.5, 3.0), source="DLMF, section 18.5"),
    _row("runge", lambda _m: lambda x: 1 / (1 + 25 * x**2),
         lambda x: -50 * x / (1 + 25 * x**2) ** 2,
         lambda x: 50 * (75 * x**2 - 1) / (1 + 25 * x**2) ** 3,
         points=(-0.7, 0.05, 0.9), source="Runge, Z. Math. Phys. 46 (1901) 224"),
    _row("self_power", lambda _m: lambda x: x**x,
         lambda x: x**x * (1 + np.log(x)), lambda x: x**x * ((1 + np.log(x)) ** 2 + 1 / x),
         domain=_POSITIVE, points=(0.1, 1.0, 3.0),
         source="Johann Bernoulli, Principia calculi exponentialium (1697)"),
    _row("chirp", lambda m: lambda x: m.sin(1 / x),
         lambda x: -np.cos(1 / x) / x**2,
         lambda x: 2 * np.cos(1 / x) / x**3 - np.sin(1 / x) / x**4,
         needs="sin", domain=_POSITIVE, points=(0.05, 0.3, 2.0),
         source="Spivak, Calculus, chapter 10"),
    _row("classic", lambda m: lambda x: m.exp(x) / m.sqrt(m.sin(x) ** 3 + m.cos(x) ** 3),
         formulas.classic_first, formulas.classic_second,
         needs="cos exp sin sqrt", domain=Interval(-0.25 * math.pi, 0.75 * math.pi),
         points=(-0.3, 0.5, 1.5), source="martins2003"),
    _row("huber", formulas.huber,
         lambda x: np.clip(x, -1.0, 1.0),
         points=(-3.0, 0.4, 2.0), branches=True, source="Huber, Ann. Math. Stat. 35 (1964) 73"),
    _row("softplus_by_cases", formulas.softplus_by_cases,
         lambda x: 1 / (1 + np.exp(-x)), lambda x: 0.25 / np.cosh(0.5 * x) ** 2,
         needs="exp log1p", points=(-40.0, 0.5, 40.0), branches=True,
         source="Dugas et al., Advances in Neural Information Processing Systems 13 (2001) 472"),
    _row("nested_sine", formulas.nested_sine,
         formulas.nested_sine_slope,
         needs="sin", points=(-1.0, 0.3, 2.0), source="DLMF, section 4.20, and the chain rule"),
    _row("chebyshev", formulas.chebyshev,
         lambda x: 7 * np.sin(7 * np.arccos(x)) / np.sin(np.arccos(x)),
         lambda x: (7 * x * np.sin(7 * np.arccos(x)) / np.sin(np.arccos(x))
                    - 49 * np.cos(7 * np.arccos(x))) / (1 - x**2),
         domain=Interval(-1.0, 1.0), points=(-0.6, 0.1, 0.8), source="DLMF, section 18.9"),
    _row("logistic_map", formulas.logistic_map,
         lambda x: 32 * np.sin(64 * np.arcsin(np.sqrt(x))) / np.sin(2 * np.arcsin(np.sqrt(x))),
         domain=_UNIT, points=(0.1, 0.3, 0.7),
         source="Ulam and von Neumann, Bull. Amer. Math. Soc. 53 (1947) 1120"),
    _row("newton_root", formulas.newton_root,
         lambda x: 0.5 / np.sqrt(x), lambda x: -0.25 / (x * np.sqrt(x)),
         domain=Interval(0.01, 100.0), points=(0.1, 1.0, 20.0), source="Heron, Metrica, book I"),
    _row("lambert", formulas.lambert,
         lambda x: np.exp(-formulas.lambert_exact(x)) / (1 + formulas.lambert_exact(x)),
         lambda x: -np.exp(-2 * formulas.lambert_exact(x)) * (2 + formulas.lambert_exact(x))
                   / (1 + formulas.lambert_exact(x)) ** 3,
         needs="exp log1p", domain=_POSITIVE, points=(0.1, 1.0, 20.0), branches=True,
         source="DLMF, section 4.13"),
    _row("kepler_eccentricity", lambda m: lambda e: formulas.kepler(m)((e, 2.0)),
         lambda e: formulas.kepler_gradient((e, 2.0))[0],
         lambda e: formulas.kepler_hessian((e, 2.0))[0, 0],
         needs="cos sin", domain=_ELLIPTIC, points=(0.1, 0.5, 0.9), source=_DANBY),
    _row("kepler_anomaly", lambda m: lambda mean: formulas.kepler(m)((0.6, mean)),
         lambda mean: formulas.kepler_gradient((0.6, mean))[1],
         lambda mean: formulas.kepler_hessian((0.6, mean))[1, 1],
         needs="cos sin", domain=_HALF_TURN, points=(0.3, 1.0, 2.5), source=_DANBY),
)

_GRADIENTS = (
    _row("kepler", formulas.kepler,
         formulas.kepler_gradient, formulas.kepler_hessian,
         kind="gradient", needs="cos sin", domain=(_ELLIPTIC, _HALF_TURN),
         points=((0.1, 1.0), (0.6, 2.0), (0.9, 0.5)), source=_DANBY),
    _row("rosenbrock", lambda _m: lambda x: 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2,
         lambda x: np.array([-400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0]),
                             200 * (x[1] - x[0] ** 2)]),
         lambda x: np.array([[1200 * x[0] ** 2 - 400 * x[1] + 2, -400 * x[0]],
                             [-400 * x[0], 200.0]]),
         kind="gradient", points=((-1.2, 1.0), (0.5, 0.5)), source=_MGH + ", problem 1"),
    _row("beale", lambda _m: formulas.beale,
         formulas.beale_gradient,
         kind="gradient", points=((1.0, 1.0), (2.0, -0.5)), source=_MGH + ", problem 5"),
    _row("quadratic_form", formulas.quadratic_form,
         lambda x: np.array(formulas.STIFFNESS) @ np.asarray(x) - formulas.LOAD,
         lambda _x: np.array(formulas.STIFFNESS),
         kind="gradient", points=((1.0, -2.0, 0.5), (3.0, 1.0, 4.0)), source="nocedal2006"),
    _row("log_sum_exp", lambda m: lambda x: m.log(sum(m.exp(xi) for xi in formulas.each(x))),
         formulas.softmax, formulas.softmax_jacobian,
         kind="gradient", needs="exp log", points=((0.0, 1.0, -1.0), (2.0, 2.5, -3.0)),
         source=_SOFTMAX),
    _row("product", lambda _m: lambda x: math.prod(formulas.each(x)),
         formulas.product_gradient, formulas.product_hessian,
         kind="gradient", domain=_POSITIVE, points=((1.0, 2.0, 3.0, 0.5, 1.5),),
         source="speelpenning1980"),
    _row("helmholtz", formulas.helmholtz,
         formulas.helmholtz_gradient,
         kind="gradient", needs="log", domain=_UNIT, points=((0.2, 0.3, 0.4), (0.7, 0.1, 0.05)),
         source="griewank1989"),
    _row("efficiency", lambda _m: lambda x: x[0] / (x[0] + x[1]),
         lambda x: np.array([x[1], -x[0]]) / (x[0] + x[1]) ** 2,
         lambda x: np.array([[-2 * x[1], x[0] - x[1]], [x[0] - x[1], 2 * x[0]]])
                   / (x[0] + x[1]) ** 3,
         kind="gradient", domain=_POSITIVE, points=((90.0, 10.0), (0.3, 2.0)),
         source="dembinski2021"),
    _row("invariant_mass", lambda m: lambda x: 2 * m.sqrt(x[0] * x[1]) * m.sin(0.5 * x[2]),
         formulas.mass_gradient,
         kind="gradient", needs="sin sqrt", domain=(_POSITIVE, _POSITIVE, _HALF_TURN),
         points=((45.0, 47.0, 2.9), (1.0, 3.0, 0.2)),
         source="Particle Data Group, Review of Particle Physics, Kinematics"),
)

_JACOBIANS = (
    _row("polar", lambda m: lambda x: [x[0] * m.cos(x[1]), x[0] * m.sin(x[1])],
         formulas.polar_jacobian,
         kind="jacobian", needs="cos sin", points=((2.0, 0.5), (1.0, -2.0)),
         source="DLMF, section 1.5"),
    _row("vector_sum", formulas.vector_sum,
         lambda x: np.hstack([formulas.polar_jacobian(x[:2]), formulas.polar_jacobian(x[2:])]),
         kind="jacobian", needs="cos sin", points=((2.0, 0.5, 1.0, -2.0),),
         source="DLMF, section 1.5"),
    _row("robot_arm", formulas.arm,
         formulas.arm_jacobian,
         kind="jacobian", needs="cos sin", points=((0.3, 1.2), (-1.0, 2.0)),
         source="Murray, Li and Sastry, Robotic Manipulation (1994), chapter 3"),
    _row("decay", lambda m: lambda x: [y - x[0] * m.exp(-x[1] * t) for t, y in formulas.DECAY],
         formulas.decay_jacobian,
         kind="jacobian", needs="exp", points=((2.0, 0.5), (1.0, -0.2)), source="nocedal2006"),
    _row("softmax", formulas.softmax_of,
         formulas.softmax_jacobian,
         kind="jacobian", needs="exp", points=((0.0, 1.0, -1.0), (2.0, 2.5, -3.0)),
         source=_SOFTMAX),
    _row("tridiagonal", formulas.tridiagonal,
         formulas.tridiagonal_jacobian,
         kind="jacobian", points=((-1.0,) * 6, (0.5, -0.3, 1.0, 2.0, 0.1, -1.5)),
         source=_MGH + ", problem 30"),
    _row("arrow", formulas.arrow,
         formulas.arrow_jacobian,
         kind="jacobian", points=((1.0, 2.0, -1.0, 0.5, 3.0),), source="griewank2008"),
)
# fmt: on

PROBLEMS: tuple[Problem, ...] = _SCALARS + _GRADIENTS + _JACOBIANS
"""All of them, scalar first, then gradients, then Jacobians."""


def by_name(name: str) -> Problem:
    """Find a problem by its name.

    Parameters
    ----------
    name : str
        As in ``[problem.name for problem in PROBLEMS]``.

    Returns
    -------
    Problem
        The one of that name.

    Raises
    ------
    ValueError
        If there is none; the message lists names that look alike.

    Examples
    --------
    >>> by_name("parabola")
    Traceback (most recent call last):
    ValueError: name must be a problem's, got name='parabola'; close to it: polar
    """
    table = {problem.name: problem for problem in PROBLEMS}
    if name not in table:
        close = ", ".join(get_close_matches(name, table)) or "none, see slopes.problems.PROBLEMS"
        raise ValueError(f"name must be a problem's, got name={name!r}; close to it: {close}")
    return table[name]
