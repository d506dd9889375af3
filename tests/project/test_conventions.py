"""What JAX returns where a function has no derivative, or where the usual rule loses its digits.

Chapters quote such slopes. They are conventions, or consequences of how a rule is written, and a
release may change them: then a row of these tables fails and names the pages to read again. Where
releases differ, a row gives each value with the first release that has it. A row lists the pages
that quote it, each with words that stand there: whoever quotes another one adds a row. The errors
that newcomers meet with arrays, and the traps that raise none, are at the end.
"""

import functools
import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from jax import nn
from jax.scipy import special

ROOT = Path(__file__).parents[2]
RELEASE = tuple(int(part) for part in jax.__version__.split(".")[:2])
inf, nan = math.inf, math.nan


class Slope(NamedTuple):
    """The derivative of a function at a point; a dictionary holds it by release."""

    function: Callable
    at: object
    value: object
    quoted: dict = {}  # noqa: RUF012 - never changed

    def complaint(self, name, release=RELEASE):
        found = np.asarray(jax.grad(self.function)(jnp.asarray(self.at)))
        expected = since(self.value, release)
        if np.allclose(found, expected, rtol=1e-13, atol=0, equal_nan=True):
            return ""
        return f"the slope of {name} is {found}, not {expected}{told(self.quoted)}"


class Loss(NamedTuple):
    """The range of the relative error of a derivative; a dictionary holds it by release."""

    function: Callable  # of a number and of the library that computes it
    at: float
    between: object
    quoted: dict = {}  # noqa: RUF012 - never changed

    def complaint(self, name, release=RELEASE):
        with mpmath.workdps(80):
            right = mpmath.diff(lambda x: self.function(x, mpmath), mpmath.mpf(self.at))
            found = float(jax.grad(lambda x: self.function(x, jnp))(self.at))
            error = float(abs(found / right - 1))
        low, high = since(self.between, release)
        if low <= error <= high:
            return ""
        return f"the slope of {name} is off by {error:.1e}, not {low} to {high}{told(self.quoted)}"


def since(values, release):
    """The value of the last release that is not newer."""
    if not isinstance(values, dict):
        return values
    return values[max(first for first in values if first <= release)]


def told(pages):
    return f", in JAX {jax.__version__}; pages to read again: {', '.join(pages) or 'none'}"


def sinc(x, m):
    return m.sin(x) / x


SLOPES = {
    # one point where two pieces meet
    "abs(x) at 0": Slope(
        jnp.abs, 0.0, 1.0,
        {"docs/tape.md": '"abs(x)"', "docs/choosing.md": "the derivative of $\\abs x$ at 0"},
    ),
    "abs(x) at -0": Slope(jnp.abs, -0.0, 1.0),
    "abs, second derivative at 0": Slope(jax.grad(jnp.abs), 0.0, 0.0),
    "x abs(x), second derivative at 0": Slope(jax.grad(lambda x: x * jnp.abs(x)), 0.0, 2.0),
    "sign(x) at 0": Slope(jnp.sign, 0.0, 0.0),
    "relu at 0": Slope(nn.relu, 0.0, 0.0),
    "relu, second derivative at 0": Slope(jax.grad(nn.relu), 0.0, 0.0),
    "leaky_relu at 0": Slope(nn.leaky_relu, 0.0, 1.0),
    "relu6 at 0": Slope(nn.relu6, 0.0, 0.0),
    "relu6 at 6": Slope(nn.relu6, 6.0, 0.0),
    "hard_tanh at 1": Slope(nn.hard_tanh, 1.0, 1.0),
    "floor(x) at 0": Slope(jnp.floor, 0.0, 0.0),
    "round(x) at 1/2": Slope(jnp.round, 0.5, 0.0),
    "heaviside(x, 1/2) at 0": Slope(lambda x: jnp.heaviside(x, 0.5), 0.0, 0.0),
    "x % 1 at 1": Slope(lambda x: x % 1.0, 1.0, 1.0),
    "interp at a knot": Slope(
        lambda x: jnp.interp(x, jnp.array([0.0, 1.0, 2.0]), jnp.array([0.0, 1.0, 3.0])), 1.0, 2.0
    ),
    # ties
    "maximum(x, 0) at 0": Slope(
        lambda x: jnp.maximum(x, 0.0), 0.0, 0.5, {"docs/tape.md": '"maximum(x, 0)"'}
    ),
    "maximum(maximum(x, 0), 0) at 0": Slope(
        lambda x: jnp.maximum(jnp.maximum(x, 0.0), 0.0), 0.0, 0.25
    ),
    "maximum(x, x) at 0": Slope(
        lambda x: jnp.maximum(x, x), 0.0, 1.0, {"docs/tape.md": '"maximum(x, x)"'}
    ),
    "minimum(x, 0) at 0": Slope(lambda x: jnp.minimum(x, 0.0), 0.0, 0.5),
    "clip(x, 0, 1) at 0": Slope(lambda x: jnp.clip(x, 0.0, 1.0), 0.0, 0.5),
    "clip(x, 0, 1) at 1": Slope(lambda x: jnp.clip(x, 0.0, 1.0), 1.0, 0.5),
    "max at [1, 1, 0]": Slope(
        jnp.max, [1.0, 1.0, 0.0], [0.5, 0.5, 0.0],
        {"docs/gradients.md": "the mean over those that tie",
         "slides/gradients.md": "$(\\frac12,\\frac12,0)$ for `max`",
         "docs/reference/claims.md": "(0.5, 0.5, 0)"},
    ),
    "min at [0, 0, 1]": Slope(jnp.min, [0.0, 0.0, 1.0], [0.5, 0.5, 0.0]),
    "norm(x, inf) at [1, 1]": Slope(lambda x: jnp.linalg.norm(x, jnp.inf), [1.0, 1.0], [0.5, 0.5]),
    "norm(x, 1) at [0, 1]": Slope(lambda x: jnp.linalg.norm(x, 1), [0.0, 1.0], [1.0, 1.0]),
    "sort(x)[0] at [1, 1, 2]": Slope(lambda x: jnp.sort(x)[0], [1.0, 1.0, 2.0], [1.0, 0.0, 0.0]),
    "top_k(x, 1) at [1, 1]": Slope(lambda x: jax.lax.top_k(x, 1)[0][0], [1.0, 1.0], [1.0, 0.0]),
    "median at [1, 1, 2]": Slope(jnp.median, [1.0, 1.0, 2.0], [0.0, 1.0, 0.0]),
    "logaddexp(x, x) at 0": Slope(lambda x: jnp.logaddexp(x, x), 0.0, 1.0),
    # conditions
    "where(x > 0, x, 0) at 0": Slope(
        lambda x: jnp.where(x > 0, x, 0.0), 0.0, 0.0, {"docs/tape.md": '"where(x > 0, x, 0)"'}
    ),
    "where(x >= 0, x, 0) at 0": Slope(lambda x: jnp.where(x >= 0, x, 0.0), 0.0, 1.0),
    "where(x == 0, 0, x) at 0": Slope(lambda x: jnp.where(x == 0, 0.0, x), 0.0, 0.0),
    "where(x > 0, sqrt(x), 0) at 0": Slope(
        lambda x: jnp.where(x > 0, jnp.sqrt(x), 0.0), 0.0, nan,
        {"docs/gradients.md": "where(x > 0, sqrt(x), 0) at 0",
         "slides/gradients.md": "`where(x > 0, sqrt(x), 0)`"},
    ),
    "where(x > 0, x log x, 0) at 0": Slope(
        lambda x: jnp.where(x > 0, x * jnp.log(x), 0.0), 0.0, nan,
        {"docs/gradients.md": "where(x > 0, x log x, 0) at 0",
         "slides/gradients.md": "`where(x > 0, x * log(x), 0)`"},
    ),
    "where(x == 0, 1, sin(x) / x) at 0": Slope(
        lambda x: jnp.where(x == 0, 1.0, jnp.sin(x) / x), 0.0, nan,
        {"docs/gradients.md": "where(x == 0, 1, sin(x) / x) at 0",
         "slides/gradients.md": "`where(x == 0, 1, sin(x) / x)`"},
    ),
    "where(x > 0, x, exp(x)) at 800": Slope(
        lambda x: jnp.where(x > 0, x, jnp.exp(x)), 800.0, nan,
        {"docs/gradients.md": "From which $x$ on is the slope nan?",
         "slides/gradients.md": "what is its slope at 800?"},
    ),
    # vertical slopes, and a rule's 0 times infinity
    "sqrt(x) at 0": Slope(jnp.sqrt, 0.0, inf),
    "cbrt(x) at 0": Slope(jnp.cbrt, 0.0, inf),
    "arcsin(x) at 1": Slope(jnp.arcsin, 1.0, inf),
    "arccosh(x) at 1": Slope(jnp.arccosh, 1.0, inf),
    "sqrt(x x) at 0": Slope(lambda x: jnp.sqrt(x * x), 0.0, nan),
    "norm at [0, 0]": Slope(
        jnp.linalg.norm, [0.0, 0.0], [nan, nan],
        {"docs/gradients.md": "norm(x) at (0, 0)", "slides/gradients.md": "`norm(x)`, `std(x)`"},
    ),
    "std at [1, 1]": Slope(
        jnp.std, [1.0, 1.0], [nan, nan],
        {"docs/gradients.md": "std(x) at (1, 1)", "slides/gradients.md": "`norm(x)`, `std(x)`"},
    ),
    "var at [1, 1]": Slope(jnp.var, [1.0, 1.0], [0.0, 0.0]),
    "hypot(x, x) at 0": Slope(lambda x: jnp.hypot(x, x), 0.0, {(0, 10): 1.0, (0, 12): nan}),
    "hypot(x, 0) at 0": Slope(lambda x: jnp.hypot(x, 0.0), 0.0, {(0, 10): 0.5, (0, 12): nan}),
    "arctan2(x, x) at 0": Slope(lambda x: jnp.arctan2(x, x), 0.0, nan),
    "xlogy(x, x) at 0": Slope(lambda x: special.xlogy(x, x), 0.0, nan),
    "entr(x) at 0": Slope(special.entr, 0.0, inf),
    "x ** x at 0": Slope(lambda x: x**x, 0.0, nan),
    "power(0, x) at 0": Slope(lambda x: jnp.power(0.0, x), 0.0, 0.0),
    "x ** 2.5 at 0": Slope(lambda x: x**2.5, 0.0, 0.0),
    "prod at [0, 2, 3]": Slope(jnp.prod, [0.0, 2.0, 3.0], [6.0, 0.0, 0.0]),
    "det(diag(x)) at [0, 2]": Slope(
        lambda x: jnp.linalg.det(jnp.diag(x)), [0.0, 2.0],
        {(0, 10): [2.0, 0.0], (0, 11): [0.0, 0.0]},
    ),
    "eigenvectors of diag(x) at [1, 1]": Slope(
        lambda x: jnp.linalg.eigh(jnp.diag(x))[1].sum(), [1.0, 1.0], [nan, nan]
    ),
    "logsumexp at [-inf, -inf]": Slope(special.logsumexp, [-inf, -inf], [nan, nan]),
    # removable singularities
    "sinc(x) at 0": Slope(jnp.sinc, 0.0, 0.0),
    "sin(x) / x at 0": Slope(
        lambda x: sinc(x, jnp), 0.0, nan, {"docs/symbolic.md": "(lambda y: jnp.sin(y) / y)(0.0)"}
    ),
    # outside of the domain, and at its ends
    "arccosh(x) at -40": Slope(
        jnp.arccosh, -40.0, {(0, 10): 1 / math.sqrt(40.0**2 - 1), (0, 11): nan}
    ),
    "i0(x) at 0": Slope(special.i0, 0.0, {(0, 10): 1.0, (0, 11): 0.0}),
    "i0(x) at 800": Slope(special.i0, 800.0, {(0, 10): nan, (0, 11): inf}),
    "ndtri(x) at 0": Slope(special.ndtri, 0.0, {(0, 10): 0.0, (0, 12): inf}),
    "ndtri(x) at 1": Slope(special.ndtri, 1.0, {(0, 10): 0.0, (0, 12): inf}),
    "gammaln(x) at 0": Slope(special.gammaln, 0.0, {(0, 10): nan, (0, 11): -inf}),
    # two levels of differentiation
    "x d(x + y)/dy at 1": Slope(
        lambda x: x * jax.grad(lambda y: x + y)(1.0), 1.0, 1.0,
        {"docs/dual.md": "version and JAX give 1", "slides/dual.md": "and JAX both return 1"},
    ),
}  # fmt: skip

EXACT = (0.0, 1e-15)
LOSSES = {
    "sin(x) / x at 1e-4": Loss(sinc, 1e-4, (1e-9, 1e-6), {"docs/dual.md": "loses the same digits"}),
    "sin(x) / x at 1e-6": Loss(
        sinc, 1e-6, (5e-5, 5e-4),
        {"docs/dual.md": "loses the same digits", "slides/dual.md": "JAX loses the same digits"},
    ),
    "sin(x) / x at 1e-8": Loss(
        sinc, 1e-8, (0.5, 10.0), {"slides/dual.md": "At $10^{-8}$ no digit is left"}
    ),
    "(1 - cos(x)) / x**2 at 1e-4": Loss(
        lambda x, m: (1 - m.cos(x)) / x**2, 1e-4, (2.0, 10.0),
        {"docs/choosing.md": "x)/x^2$ at $x=10^{-4}$", "docs/reference/claims.md": "in JAX"},
    ),
    "tanh(x) at 15": Loss(
        lambda x, m: m.tanh(x), 15.0, (1e-6, 1e-2),
        {"docs/dual.md": "JAX computes $(1+\\tanh x)(1-\\tanh x)$"},
    ),
    "tanh(x) at 19": Loss(lambda x, m: m.tanh(x), 19.0, (1.0, 20.0)),
    "1 / (1 + exp(-x)) at 40": Loss(
        lambda x, m: nn.sigmoid(x) if m is jnp else 1 / (1 + m.exp(-x)), 40.0, (1.0, 1.0)
    ),
    "expm1(x) at -40": Loss(
        lambda x, m: m.expm1(x), -40.0, {(0, 10): (1.0, 1.0), (0, 12): EXACT}
    ),
    "sinc(x) at 1e-8": Loss(
        lambda x, m: m.sinc(x) if m is jnp else m.sincpi(x), 1e-8,
        {(0, 10): (0.1, 10.0), (0, 11): (0.0, 1e-12)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SLOPES)
def test_a_slope_is_what_it_was(name):
    assert SLOPES[name].complaint(name) == ""


@pytest.mark.parametrize("name", LOSSES)
def test_a_rule_loses_what_it_lost(name):
    assert LOSSES[name].complaint(name) == ""


@pytest.mark.parametrize("name", SLOPES | LOSSES)
def test_a_page_that_quotes_a_row_says_so(name):
    for page, words in (SLOPES | LOSSES)[name].quoted.items():
        assert words in (ROOT / page).read_text(encoding="utf-8"), page


# --- a release with other rules -------------------------------------------------------------------

QUOTED = {"docs/tape.md": "abs(x)"}


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (Slope(jnp.abs, 0.0, 0.0, QUOTED), "the slope of f is 1.0, not 0.0,"),
        (Slope(jnp.abs, 0.0, nan, QUOTED), "the slope of f is 1.0, not nan,"),
        (Slope(jnp.sqrt, 0.0, nan, QUOTED), "the slope of f is inf, not nan,"),
        (Slope(jnp.max, [1.0, 1.0], [1.0, 0.0], QUOTED), "the slope of f is [0.5 0.5], not [1.0, "),
        (Slope(jnp.abs, 0.0, {(0, 10): 1.0, (0, 12): 0.0}, QUOTED), "the slope of f is 1.0, not 0"),
        (Loss(lambda x, m: m.tanh(x), 15.0, EXACT, QUOTED), "the slope of f is off by "),
        (Loss(lambda x, m: m.sin(x), 1.0, (1e-9, 1.0), QUOTED), "the slope of f is off by "),
    ],
)
def test_another_rule_is_noticed_with_the_pages_that_quote_it(row, complaint):
    told_now = row.complaint("f", release=(0, 12))
    assert told_now.startswith(complaint)
    assert told_now.endswith("; pages to read again: docs/tape.md")


def test_a_value_holds_from_its_release_on():
    values = {(0, 10): "old", (0, 12): "new"}
    seen = [since(values, release) for release in ((0, 10), (0, 11), (0, 12), (1, 0))]
    assert seen == ["old", "old", "new", "new"]
    with pytest.raises(ValueError, match="empty"):
        since(values, (0, 9))


# --- what arrays refuse, and what they let pass ---------------------------------------------------


def assign(x):
    x[0] = 9.0


REFUSED = {
    "assignment to an entry": (lambda: assign(jnp.arange(3.0)), TypeError, ".at["),
    "a list": (lambda: jnp.sum([1.0, 2.0]), TypeError, "list"),
    "a tuple": (lambda: jnp.sin((1.0, 2.0)), TypeError, "tuple"),
    "an index that is no integer": (lambda: jnp.ones(3)[jnp.asarray([0.5])], TypeError, "integer"),
    "NumPy under jit": (
        lambda: jax.jit(lambda v: np.exp(v))(jnp.ones(3)),
        jax.errors.TracerArrayConversionError, "__array__()",
    ),
    "NumPy under grad": (
        lambda: jax.grad(lambda v: np.exp(v))(1.0),
        jax.errors.TracerArrayConversionError, "__array__()",
    ),
    "math under jit": (
        lambda: jax.jit(math.sin)(1.0), jax.errors.ConcretizationTypeError, "concrete value",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_newcomers_try_is_refused_in_known_words(name):
    run, error, words = REFUSED[name]
    with pytest.raises(error) as caught:
        run()
    assert words in str(caught.value)


def test_an_array_that_was_given_away_is_gone():
    x = jnp.ones(3)
    jax.jit(jnp.negative, donate_argnums=0)(x).block_until_ready()
    with pytest.raises(RuntimeError, match="deleted"):
        x + 1.0


def test_an_index_outside_reads_the_nearest_entry_and_writes_nothing():
    x = jnp.arange(5.0)
    assert x[10] == 4.0
    assert x.at[10].set(7.0).tolist() == x.tolist()
    assert math.isnan(x.at[10].get(mode="fill"))


WITHIN = dict.fromkeys(("sum", "mean", "max", "std", "prod"), True)
WITHIN |= dict.fromkeys(("exp", "sort", "median", "sqrt", "diff"), False)


@pytest.mark.parametrize("name", WITHIN)
def test_a_function_of_numpys_works_on_tracers_if_it_calls_their_method(name):
    def run():
        return jax.jit(lambda v: getattr(np, name)(v))(jnp.arange(4.0))

    if WITHIN[name]:
        assert np.allclose(run(), getattr(np, name)(np.arange(4.0)))
    else:
        with pytest.raises(jax.errors.TracerArrayConversionError):
            run()


def test_what_needs_no_tracer_runs_once():
    rng = np.random.default_rng(1)
    noisy = jax.jit(lambda v: v + rng.normal())
    assert noisy(0.0) == noisy(0.0)


@pytest.mark.parametrize("alias", [None, True, False])
def test_an_aligned_array_of_numpys_may_be_shared_and_a_copy_is_not(alias):
    put = functools.partial(jax.device_put, may_alias=alias)
    raw = np.zeros(464, np.uint8)
    offset = -raw.ctypes.data % 64
    numbers = raw[offset : offset + 400].view(np.float32)
    shared, copied = put(numbers).block_until_ready(), jnp.array(numbers)
    numbers[0] = 7.0
    assert (shared[0], copied[0]) == (7.0, 0.0)


def test_a_key_that_is_used_twice_is_noticed_when_asked_for():
    with jax.debug_key_reuse(True):
        key = jax.random.key(0)
        jax.random.normal(key)
        with pytest.raises(jax.errors.KeyReuseError, match="consumed key"):
            jax.random.normal(key)
