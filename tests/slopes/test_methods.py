"""The table of methods, and the tolerances that it promises."""

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from slopes import problems
from slopes.methods import METHODS, balance, by_name, judge, operations, rounding
from slopes.methods.points import steps
from slopes.methods.tolerances import U, _accumulated, _relative_slopes
from slopes.problems import PROBLEMS, Problem

SINE, POLAR, ROSENBROCK = map(problems.by_name, ("sine", "polar", "rosenbrock"))
AT = (2.0, 0.5)
cases = pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)


def returning(method, answer):
    """A method whose answer is known, with the tolerance of another."""
    return dataclasses.replace(method, differentiate=lambda _problem, _x: np.asarray(answer))


# --- The table ---


def test_names_are_unique_and_found():
    names = [method.name for method in METHODS]
    assert len(set(names)) == len(names)
    assert [by_name(name) for name in names] == list(METHODS)


def test_an_unknown_name_is_refused_with_those_that_exist():
    with pytest.raises(ValueError, match=r"name must be one of central, .*got name='forward'"):
        by_name("forward")


def test_all_three_ways_are_there():
    assert {method.way for method in METHODS} == {"numerical", "symbolic", "automatic"}


@cases
@pytest.mark.parametrize(
    ("name", "x", "shape"),
    [("sine", 1.0, ()), ("sine", 1, ()), ("rosenbrock", (0.5, 2), (2,)), ("polar", AT, (2, 2)),
     ("vector_sum", (2.0, 0.5, 1.0, -2.0), (2, 4)), ("decay", (2.0, 0.5), (4, 2))],
)  # fmt: skip
def test_a_derivative_is_an_array_of_doubles_in_the_shape_of_the_exact_one(method, name, x, shape):
    problem = problems.by_name(name)
    jac = method.differentiate(problem, x)
    assert isinstance(jac, np.ndarray)
    assert (jac.shape, jac.dtype) == (shape, np.dtype(float))
    assert np.shape(problem.derivative(x)) == shape


@pytest.mark.parametrize("name", ["jax forward", "jax reverse"])
@pytest.mark.parametrize("double", [False, True])
def test_jax_computes_in_double_precision_and_leaves_the_settings_alone(name, double):
    with jax.enable_x64(double):
        assert judge(by_name(name), SINE, 1.0)
        assert jax.config.jax_enable_x64 is double
        assert jnp.asarray(1.0).dtype == (jnp.float64 if double else jnp.float32)


def test_reverse_mode_takes_a_pass_for_each_output_and_forward_mode_for_each_input(monkeypatch):
    passes = []
    jvp, vjp = jax.jvp, jax.vjp
    monkeypatch.setattr(jax, "jvp", lambda *a: passes.append("forward") or jvp(*a))

    def counting_vjp(*args):
        y, pull = vjp(*args)
        return y, lambda w: passes.append("reverse") or pull(w)

    monkeypatch.setattr(jax, "vjp", counting_vjp)
    for name in ("jax forward", "jax reverse"):
        by_name(name).differentiate(problems.by_name("decay"), (2.0, 0.5))
    assert passes == ["forward"] * 2 + ["reverse"] * 4


def test_an_ordered_complex_number_of_numpy_never_reaches_a_program():
    lambert = problems.by_name("lambert")
    assert np.complex128(1) < np.complex128(2)  # silently, by the real part
    with pytest.raises(TypeError, match=r"not supported between .*complex"):
        by_name("complex step").differentiate(lambert, 1.0)


# --- The verdict ---


def test_a_verdict_is_true_exactly_when_the_method_agrees():
    dual = by_name("dual")
    assert judge(dual, SINE, 1.0)
    assert not judge(returning(dual, 0.54), SINE, 1.0)


def test_each_entry_is_held_to_its_own_tolerance():
    exact = POLAR.derivative(AT)
    tight = dataclasses.replace(
        returning(by_name("dual"), exact + 1e-9), tolerance=lambda _p, _x: np.full((2, 2), 1e-8)
    )
    assert judge(tight, POLAR, AT)
    bars = np.array([[1e-8, 1e-8], [1e-10, 1e-8]])
    assert not judge(dataclasses.replace(tight, tolerance=lambda _p, _x: bars), POLAR, AT)


def test_errors_are_measured_against_the_largest_entry():
    exact = POLAR.derivative(AT)
    off = exact + np.array([[0.0, 0.0], [0.0, 1e-3]])
    verdict = judge(returning(by_name("dual"), off), POLAR, AT)
    assert verdict.error == pytest.approx(1e-3 / np.abs(exact).max(), rel=1e-9)
    assert verdict.tolerance == rounding(POLAR, AT) / np.abs(exact).max()


def test_where_the_derivative_is_zero_errors_are_absolute():
    quadratic = problems.by_name("quadratic")
    assert quadratic.derivative(-1.5) == 0
    assert judge(returning(by_name("dual"), 1e-3), quadratic, -1.5).error == 1e-3


def test_a_value_that_is_nan_disagrees_with_an_infinite_error():
    verdict = judge(returning(by_name("dual"), math.nan), SINE, 1.0)
    assert (verdict.agrees, verdict.error) == (False, math.inf)


def test_a_refused_problem_is_an_error_that_says_why():
    with pytest.raises(ValueError, match=r"problem must be one for symbolic, got 'huber': it comp"):
        judge(by_name("symbolic"), problems.by_name("huber"), 2.0)


def test_an_answer_of_the_wrong_shape_is_an_error_and_no_broadcast():
    with pytest.raises(ValueError, match=r"dual must return shape \(2, 2\), got \(2,\)"):
        judge(returning(by_name("dual"), [1.0, 2.0]), POLAR, AT)


# --- The tolerances ---


def test_operations_are_counted_where_the_program_runs():
    huber = problems.by_name("huber")
    assert operations(problems.by_name("quadratic"), 2.0) == 4
    # the comparison's square is computed, too: x**2 twice and a product, or x**2 and a difference
    assert (operations(huber, 0.4), operations(huber, 2.0)) == (3, 2)


def test_rounding_is_the_formula_of_its_docstring():
    # sin has one operation: J = cos 1, x J' = -sin 1
    expected = U * (256 * math.cos(1) + 5 * (math.cos(1) + math.sin(1)))
    assert rounding(SINE, 1.0) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("problem", [p for p in PROBLEMS if p.second], ids=lambda p: p.name)
def test_the_condition_is_that_of_the_second_derivative(problem):
    for x in problem.points:
        exact = np.atleast_1d(x)[:, None] * np.atleast_2d(problem.second(x))
        found = _relative_slopes(problem, x).reshape(exact.shape)
        # central differences of relative step u^(1/3) of functions whose scale is that of x
        assert np.abs(found - exact).max() <= 1e-7 * (1 + np.abs(exact).max())


def test_truncation_of_central_differences_is_met_where_it_rules():
    # At x = 1e-3 the step of central is no small part of x, and truncation is all there is.
    root = problems.by_name("square_root")
    verdict = judge(by_name("central"), root, 1e-3)
    h = float(steps(1e-3)[0])
    third = 3 / 8 * 1e-3**-2.5
    assert verdict.error == pytest.approx(third * h**2 / 6 / root.derivative(1e-3), rel=1e-3)
    # the tolerance doubles that, from third derivatives by differences of width 0.1 x
    assert verdict.tolerance == pytest.approx(2 * verdict.error, rel=0.05)


def test_rounding_of_values_is_accumulated_through_cancellation():
    # (x + 1e6) - 1e6 rounds to multiples of 1e-10: the sum of results times cotangents knows it.
    shifted = Problem(
        name="shifted", kind="scalar", build=lambda _m: lambda x: (x + 1e6) - 1e6,
        derivative=lambda x: 0 * x + 1.0, domain=(problems.Interval(),), points=(1.0,),
        source="made for this test",
    )  # fmt: skip
    assert _accumulated(shifted, 1.0) == pytest.approx(1e6, rel=1e-5)
    verdict = judge(by_name("central"), shifted, 1.0)
    assert verdict
    assert verdict.error > 10 * balance(SINE, 1.0)  # what a bound that sees only f would allow


def test_rounding_of_values_is_found_for_each_output():
    sums = _accumulated(POLAR, AT)
    cosine, sine = 2 * math.cos(0.5), 2 * math.sin(0.5)
    assert sums == pytest.approx([2 * cosine, 2 * sine])  # cos, and the product with r


def test_the_adaptive_method_is_held_to_its_own_error_bar():
    adaptive = by_name("adaptive")
    assert judge(adaptive, ROSENBROCK, (-1.2, 1.0))
    bars = adaptive.tolerance(ROSENBROCK, (-1.2, 1.0))
    assert bars.shape == (2,)
    assert np.all(bars > rounding(ROSENBROCK, (-1.2, 1.0)))


@pytest.mark.parametrize("tolerance", [rounding, balance])
def test_tolerances_are_positive_and_finite_everywhere(tolerance):
    for problem in PROBLEMS:
        for x in problem.points:
            bound = np.asarray(tolerance(problem, x))
            assert np.all((bound > 0) & np.isfinite(bound)), (problem.name, x)
            assert bound.shape in {(), np.shape(problem.derivative(x))}
