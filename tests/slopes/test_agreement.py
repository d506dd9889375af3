"""Every method on every problem, at every point: one number, or a reason why there is none."""

import dataclasses
import functools

import numpy as np
import pytest

from slopes.methods import METHODS, by_name, judge
from slopes.problems import PROBLEMS

PAIRS = [(method, problem) for method in METHODS for problem in PROBLEMS]
MET = [pair for pair in PAIRS if pair[0].refuses(pair[1]) is None]
# Tolerances relative to the largest entry of the derivative. What keeps all digits but those that
# rounding takes stays far below any error of a rule; one quotient of differences cannot.
FINE, COARSE = 1e-11, 2e-5
# The idea is that of HIPS/autograd's tests: a derivative that is wrong by so little is caught.
SABOTAGE = 1 + 1 / 2000

ORDERLESS = "it compares its argument, and complex numbers have no order"
UNKNOWN = "it compares its argument, and a symbol has no value to compare"
REFUSED = {
    ("complex step", "huber"): ORDERLESS,
    ("complex step", "softplus_by_cases"): ORDERLESS,
    ("complex step", "lambert"): ORDERLESS,
    ("symbolic", "huber"): UNKNOWN,
    ("symbolic", "softplus_by_cases"): UNKNOWN,
    ("symbolic", "lambert"): UNKNOWN,
}


def named(pairs):
    ids = [f"{method.name}-{problem.name}".replace(" ", "_") for method, problem in pairs]
    return pytest.mark.parametrize(("method", "problem"), pairs, ids=ids)


@functools.cache
def derivative(method, problem, x):
    return method.differentiate(problem, x)


@functools.cache
def tolerance(method, problem, x):
    return method.tolerance(problem, x)


def recalled(method, change=lambda jac: jac):
    """The same method, each derivative computed once for all tests, and changed if asked."""
    return dataclasses.replace(
        method,
        differentiate=lambda problem, x: change(derivative(method, problem, x)),
        tolerance=functools.partial(tolerance, method),
    )


def caught(method, problem, change):
    """Points at which a change of the derivative is noticed, and those at which it is one."""
    found = [not judge(recalled(method, change), problem, x) for x in problem.points]
    real = [np.any(change(jac) != jac) for jac in map(problem.derivative, problem.points)]
    return found, real


@named(MET)
def test_a_method_finds_the_derivative(method, problem):
    for x in problem.points:
        verdict = judge(recalled(method), problem, x)
        assert verdict, (x, verdict)


@named(MET)
def test_its_tolerance_would_not_pass_a_wrong_rule(method, problem):
    least = COARSE if method.name == "central" else FINE
    for x in problem.points:
        assert 0 < judge(recalled(method), problem, x).tolerance < least


@named(MET)
def test_a_derivative_off_by_one_part_in_two_thousand_is_caught(method, problem):
    found, real = caught(method, problem, lambda jac: jac * SABOTAGE)
    assert found == real
    assert any(real)


@named([pair for pair in MET if pair[1].kind != "scalar"])
def test_one_entry_off_by_one_part_in_two_thousand_is_caught(method, problem):
    def change(jac):
        largest = np.abs(jac) == np.abs(jac).max()
        return np.where(largest, jac * SABOTAGE, jac)

    found, _ = caught(method, problem, change)
    assert all(found)


@named([pair for pair in MET if pair[1].name in {"polar", "robot_arm", "tridiagonal", "arrow"}])
def test_a_transposed_jacobian_is_caught(method, problem):
    found, real = caught(method, problem, np.transpose)
    assert found == real
    assert any(real)


def test_what_does_not_apply_is_known_with_its_reason():
    reasons = {(method.name, problem.name): method.refuses(problem) for method, problem in PAIRS}
    assert {pair: reason for pair, reason in reasons.items() if reason} == REFUSED


@named([pair for pair in PAIRS if pair not in MET])
def test_a_problem_that_a_method_refuses_would_fail(method, problem):
    for x in problem.points:
        with pytest.raises(TypeError, match=r"piecewise|not supported between .*complex"):
            method.differentiate(problem, x)


def test_exact_methods_agree_with_one_another_to_a_rounding_error():
    for problem in PROBLEMS:
        exact = [m for m in METHODS[2:] if m.refuses(problem) is None]
        for x in problem.points:
            values = [derivative(method, problem, x) for method in exact]
            spread = np.ptp(values, axis=0).max()
            assert spread <= tolerance(by_name("dual"), problem, x), (problem.name, x)
