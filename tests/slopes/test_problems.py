"""Every exact derivative against mpmath, every program on every namespace."""

import dataclasses
import math
import re
from pathlib import Path

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

from slopes import problems
from slopes._typing import Namespace
from slopes.compare import agree
from slopes.problems import PROBLEMS, Interval, Problem, as_array, by_name

BOTH = (False, True)
BIBLIOGRAPHY = Path(__file__).parents[2] / "docs" / "references.bib"

U = 2.0**-53
# A closed form is a few dozen operations. Those with the angle 7 arccos x or 64 arcsin sqrt x
# also carry the roundings of that angle, up to 100 of them; the worst case measured is 163 U.
CLOSED_FORM = 256 * U
# A program of n operations may differ between two libraries by a rounding in each.
PROGRAM = 64 * U
# mpmath differentiates with 50 digits; what it returns below this is a zero.
ZERO = mpmath.mpf("1e-40")

cases = pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)


def rows(y):
    """Return the outputs of a program as a list: one for a number."""
    return list(y) if isinstance(y, list) else [y]


def oracle(problem, point, orders):
    """Differentiate the program with 50 digits: one derivative for each output."""

    def output(i):
        def fn(*x):
            return rows(program(x[0] if problem.kind == "scalar" else list(x)))[i]

        return fn

    with mpmath.workdps(50):
        program = problem.build(mpmath.mp)
        x = tuple(map(mpmath.mpf, np.atleast_1d(point)))
        m = len(rows(program(x[0] if problem.kind == "scalar" else list(x))))
        values = [mpmath.diff(output(i), x, orders) for i in range(m)]
        return [float(mpmath.chop(value, ZERO)) for value in values]


def first_by_mpmath(problem, point):
    """Jacobian column by column; a gradient or a number if the problem is of that kind."""
    n = np.size(point)
    columns = [oracle(problem, point, tuple(unit)) for unit in np.eye(n, dtype=int).tolist()]
    jac = np.array(columns).T
    return {"scalar": jac[0, 0], "gradient": jac[0], "jacobian": jac}[problem.kind]


def second_by_mpmath(problem, point):
    """Hessian entry by entry; a number for a scalar problem."""
    units = np.eye(np.size(point), dtype=int)
    hess = np.array([[oracle(problem, point, tuple((a + b).tolist()))[0] for a in units]
                     for b in units])  # fmt: skip
    return hess[0, 0] if problem.kind == "scalar" else hess


def wrong_derivatives(problem):
    """Return where the closed forms of a problem disagree with mpmath: nothing if it is right."""
    found = []
    for point in problem.points:
        pairs = [("derivative", problem.derivative, first_by_mpmath)]
        if problem.second is not None:
            pairs.append(("second", problem.second, second_by_mpmath))
        for name, closed_form, reference in pairs:
            verdict = agree(closed_form(point), reference(problem, point), tol=CLOSED_FORM)
            if not verdict:
                found.append((name, point, verdict))
    return found


@cases
def test_closed_forms_agree_with_fifty_digits(problem):
    assert wrong_derivatives(problem) == []


@cases
@pytest.mark.parametrize("field", ["derivative", "second"])
def test_an_error_of_one_part_in_two_thousand_is_caught(problem, field):
    right = getattr(problem, field)
    if right is None:
        return
    points = tuple(point for point in problem.points if np.any(right(point)))
    if not points:  # twice zero: nothing that a factor could spoil
        assert problem.name == "sine"
        return
    spoilt = dataclasses.replace(
        problem, points=points, **{field: lambda x: np.asarray(right(x)) * (1 + 1 / 2000)}
    )
    assert {name for name, _, _ in wrong_derivatives(spoilt)} == {field}


def test_a_transposed_jacobian_is_caught():
    problem = by_name("robot_arm")
    spoilt = dataclasses.replace(problem, derivative=lambda x: problem.derivative(x).T)
    assert wrong_derivatives(spoilt)


def test_the_published_digits_of_the_complex_step_example_are_reproduced():
    # Martins, Sturdza and Alonso (2003), table I: f'(1.5).
    assert agree(by_name("classic").derivative(1.5), 4.05342789389862, tol=1e-14)


@cases
def test_numpy_and_math_give_one_value(problem):
    fn = as_array(problem.build(np), np)
    for point in problem.points:
        value = fn(np.asarray(point))
        assert agree(np.atleast_1d(value), rows(problem.build(math)(point)), tol=PROGRAM)
        assert np.asarray(value).dtype == np.float64


@cases
def test_jax_gives_the_same_value_and_the_exact_derivative(problem):
    fn = as_array(problem.build(jnp), jnp)
    transform = jax.jacfwd if problem.kind == "jacobian" else jax.grad

    def value_and_derivative(x):
        return fn(x), transform(fn)(x)

    # A branch forbids to trace the program; all others are compiled once, value and derivative.
    run = value_and_derivative if problem.branches else jax.jit(value_and_derivative)
    for point in problem.points:
        value, derivative = run(jnp.asarray(point))
        assert agree(np.atleast_1d(value), rows(problem.build(math)(point)), tol=PROGRAM)
        assert agree(derivative, problem.derivative(point), tol=CLOSED_FORM)


@cases
def test_float32_stays_float32(problem):
    fn = as_array(problem.build(jnp), jnp)
    x = jnp.asarray(problem.points[0], jnp.float32)
    result = fn(x) if problem.branches else jax.eval_shape(fn, x)
    assert result.dtype == jnp.float32


@pytest.mark.parametrize("problem", [problem for problem in PROBLEMS if problem.branches],
                         ids=lambda problem: problem.name)  # fmt: skip
def test_a_branch_cannot_be_traced(problem):
    with pytest.raises(jax.errors.TracerBoolConversionError):
        jax.eval_shape(problem.build(jnp), jnp.asarray(problem.points[0]))


@cases
def test_without_branches_a_program_takes_many_points_at_once(problem):
    fn = as_array(problem.build(np), np)
    columns = np.asarray(problem.points).T
    if problem.branches:
        with pytest.raises(ValueError, match="truth value of an array"):
            fn(columns)
    else:
        one_by_one = [fn(np.asarray(point)) for point in problem.points]
        assert agree(fn(columns), np.asarray(one_by_one).T, tol=PROGRAM)


@cases
def test_a_scalar_derivative_takes_an_array_of_points(problem):
    if problem.kind == "scalar":
        for fn in filter(None, (problem.derivative, problem.second)):
            one_by_one = [float(fn(point)) for point in problem.points]
            assert agree(fn(np.array(problem.points)), one_by_one, tol=PROGRAM)


@cases
def test_needs_names_exactly_what_the_program_asks_for(problem):
    asked = set()

    class Recorder:
        def __getattr__(self, name):
            asked.add(name)
            return getattr(math, name)

    for point in problem.points:
        problem.build(Recorder())(point)
    assert tuple(sorted(asked)) == problem.needs


def test_every_function_of_the_namespace_is_used_by_some_problem():
    public = {name for name in vars(Namespace) if not name.startswith("_")}
    assert public == {name for problem in PROBLEMS for name in problem.needs}


@pytest.mark.parametrize("m", [math, np, jnp, mpmath.mp], ids=["math", "numpy", "jax", "mpmath"])
def test_a_namespace_offers_every_function(m):
    assert isinstance(m, Namespace)


def test_names_are_unique_and_every_kind_is_there():
    assert len({problem.name for problem in PROBLEMS}) == len(PROBLEMS) >= 25
    assert {problem.kind for problem in PROBLEMS} == {"scalar", "gradient", "jacobian"}


def missing_keys(sources, bibliography):
    """Return the sources that look like a citation key but are no entry of the bibliography."""
    keys = set(re.findall(r"^@\w+\{(\w+),", bibliography, flags=re.MULTILINE))
    return [source for source in sources if re.fullmatch(r"[a-z]+\d{4}", source) and
            source not in keys]  # fmt: skip


def test_every_citation_key_is_in_the_bibliography():
    text = BIBLIOGRAPHY.read_text(encoding="utf-8")
    assert missing_keys([problem.source for problem in PROBLEMS], text) == []


def test_a_citation_key_without_an_entry_is_caught():
    assert missing_keys(["lyness1967", "lynes1967"], "@article{lyness1967,\n}") == ["lynes1967"]


# The programs that iterate state a domain: there the iteration must have reached its root.


def test_keplers_equation_is_solved_on_the_whole_domain():
    e, mean = np.meshgrid(np.linspace(0.0, 0.95, 96), np.linspace(1e-6, math.pi - 1e-6, 400))
    E = by_name("kepler").build(np)(np.stack([e, mean]))
    # The residual of a correctly rounded root is a rounding of its largest term, E < 4.
    assert np.abs(E - e * np.sin(E) - mean).max() < 4 * 4 * U


def test_herons_iteration_has_converged_on_the_whole_domain():
    x = np.geomspace(0.01, 100.0, 1000)
    assert agree(by_name("newton_root").build(np)(x), np.sqrt(x), tol=4 * U)


def test_lamberts_loop_ends_at_the_root():
    fn = by_name("lambert").build(math)
    for x in np.geomspace(1e-12, 1e12, 97).tolist():
        w = fn(x)
        # x = w exp(w) multiplies a relative error of w by 1 + w.
        assert agree(w * math.exp(w), x, tol=8 * U * (1 + w))


def test_an_unknown_name_is_answered_with_names_that_look_alike():
    message = r"name must be a problem's, got name='keplr'; close to it: kepler"
    with pytest.raises(ValueError, match=message):
        by_name("keplr")
    with pytest.raises(ValueError, match=r"close to it: none, see slopes\.problems\.PROBLEMS"):
        by_name("zzzz")


def test_by_name_finds_each():
    assert all(by_name(problem.name) is problem for problem in PROBLEMS)


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("name", "two words", "a Python identifier"),
        ("kind", "vector", "one of ('scalar', 'gradient', 'jacobian')"),
        ("source", " ", "a reference, not blank"),
        ("needs", ("sine",), "names that Namespace has"),
        ("domain", (), "one interval for each input, one alone for a scalar"),
        ("domain", (Interval(), Interval()), "one interval for each input, one alone for a scalar"),
        ("points", (), "inside the domain, one number per input, at least one"),
        ("points", (0.0, math.inf), "inside the domain, one number per input, at least one"),
    ],
)
def test_a_problem_refuses_a_field_that_breaks_its_rule(field, value, rule):
    fields = {
        "name": "line",
        "kind": "scalar",
        "build": lambda _m: lambda x: x,
        "derivative": lambda _x: 1.0,
        "domain": (Interval(),),
        "points": (1.0,),
        "source": "Euclid",
    }
    assert Problem(**fields).name == "line"
    message = f"{field} must be {rule}, got {field}={value!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        Problem(**(fields | {field: value}))


def test_a_point_with_a_missing_input_is_refused():
    with pytest.raises(ValueError, match="points must be inside the domain, one number per input"):
        dataclasses.replace(by_name("polar"), points=((1.0,),))


def test_a_point_at_an_end_is_refused_even_where_the_domain_includes_it():
    domain = (Interval(0.0, 1.0, includes_low=True),)
    with pytest.raises(ValueError, match="points must be inside the domain"):
        dataclasses.replace(by_name("sine"), domain=domain, points=(0.0,))


def test_an_interval_holds_its_ends_only_where_it_says_so():
    ends = [Interval(0.0, 1.0, includes_low=a, includes_high=b) for a in BOTH for b in BOTH]
    assert [(0.0 in side, 1.0 in side) for side in ends] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert all(0.5 in side and -1.0 not in side and 2.0 not in side for side in ends)


@pytest.mark.parametrize("high", [1.0, 0.0, math.nan])
def test_an_interval_has_its_ends_in_order(high):
    with pytest.raises(ValueError, match=r"low must be below high, .*, got low=1\.0"):
        Interval(1.0, high)


@cases
def test_a_problem_prints_the_same_at_every_run(problem):
    assert problem.name in repr(problem)
    assert " at 0x" not in repr(problem)


def test_as_array_leaves_a_number_alone():
    assert as_array(math.sin, np)(0.0) == 0.0


def test_the_module_exports_what_it_documents():
    assert all(hasattr(problems, name) for name in problems.__all__)
