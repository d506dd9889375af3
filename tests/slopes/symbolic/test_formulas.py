"""Formulas in LaTeX, and what is too long to be one."""

from fractions import Fraction

import pytest
from expressions import logistic, x, y, z
from matplotlib.mathtext import MathTextParser

from slopes import symbolic
from slopes.elementary import ELEMENTARY, OF_TWO
from slopes.symbolic import (
    constant,
    exp,
    expression,
    graph,
    log,
    piecewise,
    sin,
    sqrt,
    symbol,
    to_latex,
)


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (x**2 + 3 * x + 2, "x^{2} + 3 x + 2"),
        (x - (y - z), r"x - \left(y - z\right)"),
        (x - (y + z), r"x - \left(y + z\right)"),
        (x + (y - z), "x + y - z"),
        (x * (y + z), r"x \left(y + z\right)"),
        (-(x + y), r"-\left(x + y\right)"),
        (-(x * y), "-x y"),
        (x * -2 - 1, "-2 x - 1"),
        ((-2 * x) ** 3, r"\left(-2 x\right)^{3}"),
        ((-2 * x) * y, r"\left(-2 x\right) y"),
        (y - 2 * x, "y - 2 x"),
        (x / (1 + y), r"\frac{x}{1 + y}"),
        (-1 / x, r"-\frac{1}{x}"),
        ((x / y) ** 2, r"\left(\frac{x}{y}\right)^{2}"),
        ((x + y) ** 2, r"\left(x + y\right)^{2}"),
        (x ** (y + 1), "x^{y + 1}"),
        (x ** (y**z), "x^{y^{z}}"),
        ((x**y) ** z, r"\left(x^{y}\right)^{z}"),
        (2 * 3**x, r"2 \cdot 3^{x}"),
        (2 * (3**x * y), r"2 \cdot 3^{x} y"),
        (2 * x**-1, r"2 \frac{1}{x}"),
        (2 * constant(3) ** Fraction(1, 2), r"2 \sqrt{3}"),
        (x**-2, r"\frac{1}{x^{2}}"),
        (x ** Fraction(1, 2), r"\sqrt{x}"),
        (x ** Fraction(1, 3), r"x^{\frac{1}{3}}"),
        (x ** Fraction(2, 3), r"x^{\frac{2}{3}}"),
        (x ** Fraction(-1, 2), r"x^{-\frac{1}{2}}"),
        (sqrt(x + 1), r"\sqrt{x + 1}"),
        (sqrt(x) ** 3, r"\left(\sqrt{x}\right)^{3}"),
        (symbolic.cbrt(x), r"\sqrt[3]{x}"),
        (sin(x) ** 2, r"\sin^{2}\left(x\right)"),
        (sin(x) ** y, r"\left(\sin\left(x\right)\right)^{y}"),
        (log(x) ** 2, r"\left(\log\left(x\right)\right)^{2}"),
        (x * sin(y), r"x \sin\left(y\right)"),
        (exp(-x), "e^{-x}"),
        (exp(x) ** 2, r"\left(e^{x}\right)^{2}"),
        (abs(x - 1) ** 2, r"\left|x - 1\right|^{2}"),
        (symbolic.log1p(x), r"\log\left(1 + x\right)"),
        (symbolic.log1p(-x), r"\log\left(1 + \left(-x\right)\right)"),
        (2 * symbolic.expm1(x), r"2 \left(e^{x} - 1\right)"),
        (symbolic.atan(x), r"\arctan\left(x\right)"),
        (symbolic.asinh(x), r"\operatorname{arsinh}\left(x\right)"),
        (symbolic.log10(x), r"\log_{10}\left(x\right)"),
        (symbolic.atan2(y, x), r"\operatorname{atan2}\left(y, x\right)"),
        (constant(Fraction(-1, 2)), r"-\frac{1}{2}"),
        (Fraction(-1, 2) * x, r"-\frac{1}{2} x"),
        (1.5e-7 * x, r"1.5 \cdot 10^{-7} x"),
        ((x < 1), "x < 1"),
        ((x >= 1) & ((y < 1) | (x <= y)), None),
        (symbol("alpha_1"), r"\alpha_{1}"),
        (symbol("x1"), "x_{1}"),
        (symbol("x_max_2"), r"x_{\mathrm{max},2}"),
        (symbol("rate"), r"\mathrm{rate}"),
        (symbol("lambda_"), r"\lambda"),
        (symbol("sigma2"), r"\sigma_{2}"),
        (symbol("ab2"), r"\mathrm{ab2}"),
        (symbol("_"), r"\_"),
    ],
)
def test_formulas_are_written_as_by_hand(expr, text):
    expected = (
        r"\left(x \ge 1\right) \wedge \left(\left(y < 1\right) \vee \left(x \le y\right)\right)"
    )
    assert to_latex(expr) == (text or expected)


def test_pieces_are_cases():
    expr = piecewise((x < 0, -x), (x < 1, y), 2)
    cases = (
        r"\begin{cases} -x & \text{if } x < 0 \\ y & \text{if } x < 1 \\ "
        r"2 & \text{otherwise} \end{cases}"
    )
    assert to_latex(expr) == cases
    assert to_latex(2 * expr) == rf"2 \left({cases}\right)"
    assert (x / y)._repr_latex_() == r"$\displaystyle \frac{x}{y}$"
    assert repr(x >= 1) == "x >= 1"
    assert repr((x >= 1) & (y < 2)) == "(x >= 1) & (y < 2)"


def test_what_is_too_long_to_read_is_summarised_or_refused():
    big = logistic(60)
    assert repr(big).startswith("<Expr '*', 183 nodes, as a tree")
    with pytest.raises(ValueError, match="expr must have at most 100000 nodes as a tree"):
        to_latex(big)
    with pytest.raises(ValueError, match="expr must have at most 100000 nodes to be listed"):
        graph(big, shared=False)
    assert len(graph(big).labels) == 183


def test_formulas_too_large_for_a_float_still_have_a_repr_and_errors():
    expr = x
    for _ in range(1100):
        expr = 4 * expr * (1 - expr)
    assert repr(expr).endswith(" nodes, as a tree 10**332>")
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(expr)
    with pytest.raises(ValueError, match=r"got 10\*\*332; to_python"):
        to_latex(expr)
    with pytest.raises(ValueError, match=r"to be listed, got 10\*\*332"):
        graph(expr, shared=False)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (x + (-y - z), r"x + \left(-y - z\right)"),
        (x + (-3 - y), r"x + \left(-3 - y\right)"),
        (x + (-2 * y - z), r"x + \left(-2 y - z\right)"),
        (x + (y - z), "x + y - z"),
    ],
)
def test_no_sign_follows_a_sign_in_a_formula(expr, expected):
    assert to_latex(expr) == expected


def test_the_cube_root_and_the_power_of_one_third_look_different():
    """At -8 one is -2, the other 1 + 1.73j."""
    assert to_latex(symbolic.cbrt(x)) != to_latex(x ** Fraction(1, 3))


@pytest.mark.parametrize("name", ["abs", *ELEMENTARY])
def test_every_function_has_a_formula(name):
    text = to_latex(expression.call(name, x))
    assert text.count(r"\left") == text.count(r"\right")
    MathTextParser("path").parse(f"${text}$")


@pytest.mark.parametrize("name", OF_TWO)
def test_every_function_of_two_has_a_formula(name):
    MathTextParser("path").parse(f"${to_latex(expression.call(name, x, y))}$")


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (symbolic.erf(x), r"\operatorname{erf}\left(x\right)"),
        (symbolic.lgamma(x), r"\log\left|\Gamma\left(x\right)\right|"),
        (symbolic.digamma(x), r"\psi\left(x\right)"),
        (symbolic.trigamma(x), r"\psi_{1}\left(x\right)"),
        (symbolic.logaddexp(x, y), r"\log\left(e^{x} + e^{y}\right)"),
    ],
)
def test_special_functions_are_written_as_in_handbooks(expr, text):
    assert to_latex(expr) == text


def test_a_function_without_a_formula_is_refused_by_name():
    with pytest.raises(ValueError, match="expr must have functions whose formula is known, got sq"):
        to_latex(expression.call("sq", x))
