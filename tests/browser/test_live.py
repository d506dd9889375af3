"""Live figures compute what the package computes, answer at once, and are small.

A page's own modules are asked in Chromium, at a thousand random points each, and slopes in Python.
What is compared: **the valley** gives its places and values of the function to `slopes.finite`,
which must ask for the very same places and find the same quotient, in every format; the functions,
whose last bits are the library's own, are compared with Python's one by one. **The dual arrow** and
**the walk back** are compared line by line: each line of the figure's program is done again by
`slopes.dual` or `slopes.tape`, from what the figure holds for the lines that it reads, since two
sines that differ in the last bit may end far apart where a later line cancels. Programs of
arithmetic and roots alone, which every machine rounds alike, are compared from end to end.
**The cobweb** is compared step by step with `slopes.iterate`, since orbits in chaos part, and the
steps of **the basins** with those of `slopes.newton`, for the same reason. **Anderson's** residuals
are compared after a few steps, before the last differences are rounding. **The ellipse** gives its
values, covariances and the points of its cloud to `slopes.propagation`, and its share of points and
their moments to NumPy.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import operator
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import decks
import gates
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from browsing import SLOWDOWN, new_context, picture, visit
from playwright.sync_api import Browser, Page
from serving import Server

from slopes import dual, finite, fixedpoint, iterate, newton, propagation, tape

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = REPOSITORY / "docs/_static/live"
POINTS = 1000
ULPS = 4  # units in the last place
WEIGHT = 25_000  # bytes of the modules that one page loads, as they are served
WRONG = 1 + 1 / 2000  # a rule that is wrong by as much must be caught
ASK = """async ({module, jobs, body}) => {
  const live = await import(new URL(`_static/live/${module}.js`, document.baseURI));
  return JSON.stringify(jobs.map(new Function("live", `return ${body}`)(live)),
    (_, v) => typeof v === "number" && !Number.isFinite(v) ? String(v) : v);
}"""


def ulps(found: float, expected: float) -> float:
    """Tell how many units in the last place of what is expected lie between two numbers."""
    if math.isnan(found) or math.isnan(expected):
        return 0.0 if math.isnan(found) and math.isnan(expected) else math.inf
    return 0.0 if found == expected else abs(found - expected) / math.ulp(expected)


@pytest.fixture(scope="module")
def ask(browser, server):
    """Call a module's function for each of some jobs, in a page of the site."""
    context = new_context(browser)
    page = context.new_page()
    page.goto(server.base + "index.html")

    def call(module: str, body: str, jobs: list[Any]) -> list[Any]:
        answer = page.evaluate(ASK, {"module": module, "jobs": jobs, "body": body})
        return json.loads(answer)  # type: ignore[no-any-return]

    yield call
    context.close()


# --- the valley ----------------------------------------------------------------------------------

KINDS = {"double": float, "single": np.float32, "half": np.float16}
FORMULAS = {"forward": [0, 1], "central": [-1, 1], "five points": [-2, -1, 0, 1, 2]}
NAMES = ["eˣ", "sin x", "1/(1+x²)"]
VALUES = {
    "eˣ": (math.exp, math.exp),
    "sin x": (math.sin, math.cos),
    "1/(1+x²)": (lambda x: 1 / (1 + x * x), lambda x: -2 * x / ((1 + x * x) * (1 + x * x))),
}
COMPLEX = {
    "eˣ": np.exp,
    "sin x": np.sin,
    "1/(1+x²)": lambda z: 1 / (1 + z * z),
}


def quotients(formula: str, kind: str, *, seed: int) -> list[list[Any]]:
    """Draw random arguments of the valley's quotient."""
    rng = np.random.default_rng(seed)
    shortest = {"double": -16, "single": -8, "half": -3}[kind]
    return [
        [
            str(rng.choice(NAMES)),
            rng.uniform(0.3, 1.4),
            10 ** rng.uniform(shortest, -1),
            formula,
            kind,
        ]
        for _ in range(POINTS)
    ]


def by_package(job: list[Any], places: list[float], values: list[float], wrong: float = 1) -> float:
    """Let slopes.finite find the quotient from the very places and values of the figure."""
    _, x, h, formula, kind = job
    number = KINDS[kind]
    known = dict(zip(places, values, strict=True))

    def fn(place: Any) -> Any:
        return number(known[float(place)])  # an error, if it is no place of the figure

    try:
        return float(finite.stencil(fn, number(x), nodes=FORMULAS[formula], step=h)) * wrong
    except ValueError:  # the step is lost
        return math.nan


def worst(ask: Any, formula: str, kind: str, wrong: float = 1) -> float:
    """Find the largest distance between figure and package."""
    jobs = quotients(formula, kind, seed=7)
    found = ask("valley", "(job) => live.quotient(...job)", jobs)
    return max(
        ulps(float(f["slope"]), by_package(job, f["places"], f["values"], wrong))
        for job, f in zip(jobs, found, strict=True)
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("formula", FORMULAS)
def test_the_quotients_of_the_valley_are_those_of_the_package(formula, kind, ask):
    assert worst(ask, formula, kind) <= ULPS


def test_a_quotient_that_is_wrong_by_one_part_in_two_thousand_is_caught(ask):
    assert worst(ask, "central", "double", WRONG) > 1000 * ULPS


def test_the_complex_step_of_the_valley_is_that_of_the_package(ask):
    jobs = quotients("complex step", "double", seed=8)
    found = ask("valley", "(job) => live.quotient(...job).slope", jobs)
    expected = [finite.complex_step(COMPLEX[name], x, step=h) for name, x, h, *_ in jobs]
    assert max(map(ulps, found, expected)) <= ULPS


def test_functions_and_slopes_of_the_valley_are_those_of_python(ask):
    jobs = quotients("forward", "double", seed=9)
    body = "([name, x]) => [live.FUNCTIONS[name].f(x), live.FUNCTIONS[name].slope(x)]"
    for (name, x, *_), pair in zip(jobs, ask("valley", body, jobs), strict=True):
        assert max(map(ulps, pair, [fn(x) for fn in VALUES[name]])) <= ULPS


@pytest.mark.parametrize("kind", ["single", "half", "bfloat16"])
def test_rounding_to_a_format_is_exact(kind, ask):
    import ml_dtypes

    number = {"bfloat16": ml_dtypes.bfloat16}.get(kind) or KINDS[kind]
    rng = np.random.default_rng(10)
    values = rng.uniform(1, 2, POINTS) * 2.0 ** rng.integers(-30, 15, POINTS)
    steps = np.nextafter(number(1), number(2)).astype(float) - 1
    ties = 1 + steps * (np.arange(200) + 0.5)  # half-way between two numbers
    jobs = [*values.tolist(), *(-values).tolist(), *ties.tolist(), 0.0]
    found = ask("valley", f"(v) => live.round(v, {kind!r})", jobs)
    assert found == np.array(jobs).astype(number).astype(float).tolist()


# --- the dual arrow and the walk back ------------------------------------------------------------

PROGRAMS = ["sin(x) + x/4", "x/(1 + x*x)", "sqrt(x*x + 1)"]
OPERATORS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
    "neg": operator.neg,
}
FUNCTIONS = ["sin", "cos", "exp", "log", "sqrt", "tanh"]


def do(m: Any, op: str, args: list[Any]) -> Any:
    """Do one operation in the numbers of a module."""
    return (OPERATORS.get(op) or getattr(m, op))(*args)


def operands(line: dict[str, Any], held: list[Any]) -> list[Any]:
    """Take what a line reads: what is held for other lines, and constants."""
    return [arg["c"] if isinstance(arg, dict) else held[arg] for arg in line["args"]]


def tangents_apart(answer: dict[str, Any], wrong: float = 1) -> float:
    """Find the largest distance of a line's dual number from that of the package."""
    numbers = [dual.Dual(*pair) for pair in zip(answer["values"], answer["dots"], strict=True)]
    far = 0.0
    for line, found in zip(answer["lines"], numbers, strict=True):
        if line["args"]:
            right = do(dual, line["op"], operands(line, numbers))
            far = max(far, ulps(found.value, right.value))
            far = max(far, ulps(found.tangent, right.tangent * wrong))
    return far


def arrows(ask: Any) -> list[dict[str, Any]]:
    """Send a thousand points through the programs of the dual arrow."""
    rng = np.random.default_rng(11)
    jobs = [[str(rng.choice(PROGRAMS)), rng.uniform(-3, 6)] for _ in range(POINTS)]
    return ask("arrow", "([name, x]) => live.through(name, x)", jobs)  # type: ignore[no-any-return]


def test_every_line_of_the_dual_arrow_is_that_of_the_package(ask):
    assert max(map(tangents_apart, arrows(ask))) <= ULPS


def test_a_tangent_that_is_wrong_by_one_part_in_two_thousand_is_caught(ask):
    assert tangents_apart(arrows(ask)[0], WRONG) > 1000 * ULPS


def formulas(choice: list[str], *, seed: int) -> list[list[Any]]:
    """Write random formulas in x and y, with a point for each."""
    rng = np.random.default_rng(seed)

    def formula(depth: int) -> str:
        if depth == 0:
            return str(rng.choice(["x", "y", "x", "y", f"{rng.uniform(0.5, 3):.2f}"]))
        kind = str(rng.choice([*choice, "+", "-", "*", "/", "**", "neg"]))
        inner = formula(depth - 1)
        if kind in FUNCTIONS:
            return (
                f"{kind}({inner})" if kind not in {"log", "sqrt"} else f"{kind}(({inner})**2 + 1)"
            )
        if kind == "neg":
            return f"-({inner})"
        if kind == "**":
            return f"({inner})**{rng.integers(0, 4)}"
        return f"({inner}) {kind} ({formula(depth - 1)})"

    return [[f"x*y + {formula(3)}", *rng.uniform(0.5, 2, 2).tolist()] for _ in range(POINTS)]


WALK = """([text, x, y]) => {
  const lines = live.parse(text), values = live.run(lines, {x, y});
  return {lines, values, steps: live.pull(lines, values)};
}"""


def finite_only(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out programs that divide by zero: they have no value, and the package refuses them."""
    return [walk for walk in found if all(isinstance(v, int | float) for v in walk["values"])]


def walk_apart(walk: dict[str, Any], wrong: float = 1) -> float:
    """Find the largest distance of a value, a message or a sum from those of the package."""
    lines, values, far = walk["lines"], walk["values"], 0.0
    for before, step in zip(walk["steps"], walk["steps"][1:], strict=False):
        line, sums = lines[step["index"]], list(before["bars"])
        read = [arg for arg in line["args"] if not isinstance(arg, dict)]

        def fn(*parents: Any, line: Any = line) -> Any:
            given = iter(parents)
            return do(tape, line["op"], [
                arg["c"] if isinstance(arg, dict) else next(given) for arg in line["args"]
            ])  # fmt: skip

        value, pullback = tape.vjp(fn, *[values[i] for i in read])
        far = max(far, ulps(values[step["index"]], float(value)))
        for (found, to), right in zip(step["messages"], pullback(sums[step["index"]]), strict=True):
            far = max(far, ulps(found, float(right) * wrong))
            sums[to] += found
        assert sums == step["bars"]
    return far


def test_every_line_of_the_walk_back_is_that_of_the_package(ask):
    walks = finite_only(ask("program", WALK, formulas(FUNCTIONS, seed=12)))
    assert len(walks) > 0.9 * POINTS
    assert max(map(walk_apart, walks)) <= ULPS


def test_a_message_that_is_wrong_by_one_part_in_two_thousand_is_caught(ask):
    walk, *_ = finite_only(ask("program", WALK, formulas(FUNCTIONS, seed=12)))
    assert walk_apart(walk, WRONG) > 1000 * ULPS


OUTPUTS = {  # of the programs of the passes, in the order of their names there
    "x·y + sin x": lambda x, y: [x * y + jnp.sin(x)],
    "x·y and x·y·sin x": lambda x, y: [x * y, x * y * jnp.sin(x)],
    "x², sin x and their product": lambda x: [x * x, jnp.sin(x), x * x * jnp.sin(x)],
}
SEND = """([name, forward, k, x, y]) => live.pass(name, forward, k, {x, y})"""


def passes_apart(ask: Any, wrong: float = 1) -> float:
    """Find the largest distance of an entry from JAX's Jacobian, over its largest entry."""
    rng, far = np.random.default_rng(14), 0.0
    for name, fn in OUTPUTS.items():
        n = fn.__code__.co_argcount
        points = rng.uniform(-3, 3, (POINTS // 10, 2))
        with jax.enable_x64(True):
            columns = jax.jacfwd(lambda p, fn=fn, n=n: jnp.stack(fn(*p[:n])))
            jacs = [np.asarray(columns(jnp.asarray(p)))[:, :n] * wrong for p in points]
        for forward, count in ((True, n), (False, len(jacs[0]))):
            jobs = [[name, forward, k, *p] for p in points.tolist() for k in range(count)]
            found = [answer["found"] for answer in ask("passes", SEND, jobs)]
            lines = [line for jac in jacs for line in (jac.T if forward else jac)]
            scales = [np.abs(jac).max() for jac in jacs for _ in range(count)]
            for ours, right, scale in zip(found, lines, scales, strict=True):
                far = max(far, float(np.abs(np.array(ours) - right).max() / scale))
    return far


def test_passes_both_ways_find_the_jacobian_of_jax(ask):
    assert passes_apart(ask) <= 8 * 2.0**-53


def test_a_pass_that_is_wrong_by_one_part_in_two_thousand_is_caught(ask):
    assert passes_apart(ask, WRONG) > 1e-4


def test_a_walk_over_arithmetic_and_roots_ends_where_the_package_ends(ask):
    jobs = formulas(["sqrt"], seed=13)
    compared = 0
    for (text, x, y), walk in zip(jobs, ask("program", WALK, jobs), strict=True):
        if not finite_only([walk]):
            continue
        fn = eval(f"lambda x, y: {text}", {"sqrt": tape.sqrt})  # noqa: S307
        value, right = tape.value_and_gradient(fn, x, y, argnums=(0, 1))
        found = [walk["values"][-1], *walk["steps"][-1]["bars"][:2]]
        assert max(map(ulps, found, [float(value), *map(float, right)])) <= ULPS, text
        compared += 1
    assert compared > 0.9 * POINTS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x*", "Place 3: wanted a number, x, y, a function or “(”, got the end."),
        ("x + zin(y)", "Place 5: wanted x, y or one of sin cos exp log sqrt tanh, got “zin”."),
        ("2x", "Place 2: wanted an operation, got “x”."),
        ("x^2", "Place 2: wanted ** for the power, got “^”."),
        ("sin x", "Place 5: wanted “(” after sin, got “x”."),
        ("(x + 1", "Place 7: wanted an operation or “)”, got the end."),
        ("x + 3 $ y", "Place 7: wanted an operation, got “$”."),
        ("2*3", "Wanted x or y, got a constant."),
        ("", "Place 1: wanted a number, x, y, a function or “(”, got the end."),
        ("x + neg(y)", "Place 5: wanted x, y or one of sin cos exp log sqrt tanh, got “neg”."),
    ],
)
def test_a_formula_that_cannot_be_read_is_answered_with_the_place(text, message, ask):
    body = "(text) => { try { live.parse(text); } catch (error) { return error.message; } }"
    assert ask("program", body, [text]) == [message]


# --- the cobweb ----------------------------------------------------------------------------------

MAPS = {
    "(x² + c)/10": (lambda x, c: (x * x + c) / 10, (-8, 8), (16, 24)),
    "a x (1 - x)": (lambda x, a: a * x * (1 - x), (0, 1), (1, 4)),
}


def starts(name: str, *, seed: int) -> list[list[Any]]:
    """Draw random parameters and first points."""
    rng = np.random.default_rng(seed)
    _, where, which = MAPS[name]
    return [[name, rng.uniform(*which), rng.uniform(*where), 20] for _ in range(POINTS)]


def steps_apart(name: str, ask: Any, wrong: float = 1) -> float:
    """Make every step of the figure's orbits once more with slopes.iterate, from where it was."""
    jobs = starts(name, seed=21)
    found = ask("cobweb", "(job) => live.orbit(...job)", jobs)
    rows = [(x, a, y) for (_, a, *_), xs in zip(jobs, found, strict=True)
            for x, y in itertools.pairwise(xs)]  # fmt: skip
    assert len(rows) > 5 * POINTS
    x, a, y = (jnp.asarray(column) for column in zip(*rows, strict=True))
    expected = jax.vmap(lambda x, a: iterate.last(MAPS[name][0], x, a, steps=1))(x, a) * wrong
    return max(map(ulps, y.tolist(), expected.tolist()))


@pytest.mark.parametrize("name", MAPS)
def test_every_step_of_the_cobweb_is_that_of_the_package(name, ask):
    assert steps_apart(name, ask) <= ULPS


def test_a_step_that_is_wrong_by_one_part_in_two_thousand_is_caught(ask):
    assert steps_apart("(x² + c)/10", ask, WRONG) > 1000 * ULPS


@pytest.mark.parametrize("name", MAPS)
def test_fixed_points_and_slopes_of_the_cobweb_are_those_of_the_package(name, ask):
    jobs = starts(name, seed=22)
    body = """([name, a]) => live.MAPS[name].fixed(a)
      .map((x) => [x, live.MAPS[name].slope(x, a), live.MAPS[name].f(x, a)])"""
    found = np.array(ask("cobweb", body, jobs))
    a = jnp.asarray([job[1] for job in jobs])
    search = jax.vmap(lambda x, a: iterate.fixed_point(MAPS[name][0], x, a))
    for points, slopes, images in found.transpose(1, 2, 0):
        right = search(jnp.asarray(points), a)
        apart = np.abs(right.slope - 1)  # near 0 two fixed points meet, and their digits are lost
        assert np.all(np.abs(right.value - points) * apart <= 64 * ULPS * 2.0**-53 * 10)
        assert np.all(np.abs(right.slope - slopes) * apart <= 64 * ULPS * 2.0**-53 * 10)
        assert np.all(np.abs(images - points) <= ULPS * 2.0**-53 * 20)


@pytest.mark.parametrize(
    ("name", "parameter", "told"),
    [("(x² + c)/10", 21, ["attracts", "repels"]), ("(x² + c)/10", 25, ["undecided"]),
     ("a x (1 - x)", 1, ["undecided"]), ("a x (1 - x)", 2.5, ["repels", "attracts"]),
     ("a x (1 - x)", 3, ["repels", "undecided"])],
)  # fmt: skip
def test_a_cobweb_tells_what_the_slope_decides_and_two_points_that_meet_once(
    name, parameter, told, ask
):
    body = """([name, a]) => live.MAPS[name].fixed(a)
      .map((x) => live.kind(live.MAPS[name].slope(x, a)))"""
    assert ask("cobweb", body, [[name, parameter]]) == [told]


# --- the basins ----------------------------------------------------------------------------------

POWERS = {"z³ - 1": [1, 0, 0, -1], "z³ - 2z + 2": [1, 0, -2, 2], "z⁴ - 1": [1, 0, 0, 0, -1]}


def two_functions(name: str) -> Any:
    """Real and imaginary part of a polynomial, as functions of those of its argument."""

    def both(point: Any) -> Any:
        z = jax.lax.complex(point[0], point[1])
        value = sum(a * z**k for k, a in enumerate(reversed(POWERS[name])) if a)
        return jnp.stack([jnp.real(value), jnp.imag(value)])

    return both


def basins_apart(name: str, ask: Any, wrong: float = 1) -> float:
    """Let `newton` make one step from each of a thousand points, as the figure does.

    The package halves a step that makes the polynomial larger, which the figure does not: only
    full steps are compared, and lengths of steps, as points near a root hide them.
    """
    rng = np.random.default_rng(31)
    z, parts = rng.uniform(-2, 2, (POINTS, 2)), rng.uniform(0.1, 1, POINTS)
    jobs = [[name, part, list(point)] for part, point in zip(parts.tolist(), z, strict=True)]
    found = np.array(ask("basins", "(job) => live.step(...job)", jobs)) - z
    one = jax.jit(jax.vmap(lambda point: newton.newton(two_functions(name), point, steps=1)))
    with jax.enable_x64(True):
        right = jax.tree.map(np.asarray, one(jnp.asarray(z)))
    full = right.evaluations == 2
    assert full.sum() > POINTS / 2
    expected = (right.value - z) * parts[:, None] * wrong
    errors = np.linalg.norm(found - expected, axis=1) / np.linalg.norm(expected, axis=1)
    return float(errors[full].max())


ROUNDING = 1e-12  # some operations, and a division by a slope that is small at few points


@pytest.mark.parametrize("name", POWERS)
def test_every_step_of_the_basins_is_that_of_the_package(name, ask):
    assert basins_apart(name, ask) <= ROUNDING


def test_a_step_of_the_basins_that_is_wrong_by_one_part_in_two_thousand_is_caught(ask):
    assert basins_apart("z³ - 1", ask, WRONG) > 1000 * ROUNDING


@pytest.mark.parametrize("name", POWERS)
def test_the_roots_of_the_basins_are_roots(name, ask):
    (roots,) = ask("basins", "(name) => live.POLYNOMIALS[name].roots", [name])
    found = np.sort_complex(np.array(roots) @ np.array([1, 1j]))
    assert np.abs(found - np.sort_complex(np.roots(POWERS[name]))).max() < 1e-14


# --- Anderson's memory ----------------------------------------------------------------------------

SIZE = 6  # unknowns
BENDS = {"straight": lambda d: d, "bent": jnp.sin}


def spreads(*, seed: int) -> np.ndarray:
    """Draw lowest and highest eigenvalues, not all of them equal."""
    low, wide = np.random.default_rng(seed).uniform((-1.2, 0.2), (0.8, 1), (POINTS, 2)).T
    return np.linspace(low, low + wide, SIZE, axis=1)


def memories_apart(name: str, memory: int, steps: int, ask: Any, wrong: float = 1) -> float:
    """Let the package make some steps, and find the largest distance of a residual's component.

    It is a part of the first residual, since later ones are differences of nearly equal numbers.
    """
    rates = spreads(seed=41)
    body = "([name, rates, m, k]) => live.residuals(name, rates, m, k).at(-1)"
    jobs = [[name, rate, memory, steps + 1] for rate in rates.tolist()]  # evaluations
    found = np.array(ask("anderson", body, jobs))
    settings = {"memory": memory} if memory else {}
    method = fixedpoint.anderson if memory else fixedpoint.picard

    def last(rate: Any) -> tuple[Any, Any]:
        def g(x: Any) -> Any:
            return 1 + rate * BENDS[name](x - 1)

        start = jnp.zeros(SIZE)
        end = method(g, start, tol=0.0, steps=steps, **settings).value
        return g(start) - start, g(end) - end

    with jax.enable_x64(True):
        first, right = map(np.asarray, jax.jit(jax.vmap(last))(jnp.asarray(rates)))
    errors = np.abs(found - right * wrong).max(1) / np.linalg.norm(first, axis=1)
    return float(errors.max())


@pytest.mark.parametrize(("memory", "steps"), [(0, 9), (1, 4), (2, 4), (3, 5), (6, 6)])
@pytest.mark.parametrize("name", BENDS)
def test_residuals_of_the_memory_are_those_of_the_package(name, memory, steps, ask):
    assert memories_apart(name, memory, steps, ask) <= 1e-9


def test_a_residual_of_the_memory_that_is_wrong_by_one_part_in_two_thousand_is_caught(ask):
    assert memories_apart("straight", 2, 2, ask, WRONG) > 1e-5


# --- the ellipse ---------------------------------------------------------------------------------


def strip_to_ring(x: Any, b: Any) -> Any:
    """Radius and angle, turned and moved: a strip of length x and height y, bent by b > 0."""
    radius = 1 / b + x[1]
    return jnp.stack([radius * jnp.sin(b * x[0]), radius * jnp.cos(b * x[0]) - 1 / b])


BENT = {
    "bent strip": strip_to_ring,
    "y + b x²": lambda x, b: jnp.stack([x[0], x[1] + b * x[0] ** 2]),
    "(2 + y)/(2 + b x)": lambda x, b: jnp.stack([x[0], (2 + x[1]) / (2 + b * x[0])]),
}
CARRY = """([name, b, mean, spreads]) => {
  const cov = live.covariance(...spreads), [value, carried] = live.propagate(name, b, mean, cov);
  const after = live.cloud(name, b, mean, cov)[1].slice(0, 3);
  return {cov, value, carried, after};
}"""
TELL = """([name, b, mean, spreads, size]) => {
  const cov = live.covariance(...spreads), [value, carried] = live.propagate(name, b, mean, cov);
  const after = live.cloud(name, b, mean, cov)[1];
  return {value, carried, after, share: live.share(after, value, carried, size),
    moments: live.moments(after)};
}"""


def bends(name: str, *, seed: int, count: int = POINTS) -> list[list[Any]]:
    """Draw bends, means and spreads from the ranges of the figure's controls."""
    rng = np.random.default_rng(seed)
    spreads = rng.uniform([0.05, 0.02, -0.95], [0.8, 0.5, 0.95], (count, 3))
    means = rng.uniform([-1, -0.3], [1, 0.3], (count, 2))
    bent = rng.uniform(0.05, 1, count)
    rows = zip(bent.tolist(), means.tolist(), spreads.tolist(), strict=True)
    return [[name, *row] for row in rows]


def ellipses_apart(name: str, ask: Any, wrong: float = 1) -> float:
    """Carry a thousand covariances with `propagate`, and three points of each cloud by its factor.

    Distances of covariances are measured in standard deviations that the figure found.
    """
    jobs = bends(name, seed=41)
    found = ask("ellipse", CARRY, jobs)
    (pairs,) = ask("ellipse", "() => live.NORMAL.slice(0, 3)", [0])
    b, mean = (jnp.asarray([job[k] for job in jobs]) for k in (1, 2))
    cov = jnp.asarray([answer["cov"] for answer in found])

    def one(b: Any, mean: Any, cov: Any) -> Any:
        points = mean[None] + jnp.asarray(pairs) @ jnp.linalg.cholesky(cov).T
        y = propagation.propagate(lambda x: BENT[name](x, b), mean, cov)
        return y, jax.vmap(lambda x: BENT[name](x, b))(points)

    right, after = jax.tree.map(np.asarray, jax.jit(jax.vmap(one))(b, mean, cov))
    units = right.error[:, :, None] * right.error[:, None, :]
    apart = [
        np.array([answer["value"] for answer in found]) - right.value,
        (np.array([answer["carried"] for answer in found]) - right.cov * wrong) / units,
        np.array([answer["after"] for answer in found]) - after,
    ]
    return float(max(np.abs(part).max() for part in apart))


@pytest.mark.parametrize("name", BENT)
def test_the_ellipses_and_clouds_are_those_of_the_package(name, ask):
    assert ellipses_apart(name, ask) <= ROUNDING


def test_an_ellipse_that_is_wrong_by_one_part_in_two_thousand_is_caught(ask):
    assert ellipses_apart("y + b x²", ask, WRONG) > 1000 * ROUNDING


@pytest.mark.parametrize("name", BENT)
def test_shares_and_moments_of_a_cloud_are_those_of_numpy(name, ask):
    drawn = bends(name, seed=42, count=50)
    jobs = [[*job, size] for job, size in zip(drawn, [1, 2] * 25, strict=True)]
    for (*_, size), answer in zip(jobs, ask("ellipse", TELL, jobs), strict=True):
        after = np.array(answer["after"])
        apart = np.linalg.solve(np.linalg.cholesky(answer["carried"]), (after - answer["value"]).T)
        inside = np.linalg.norm(apart, axis=0) <= size
        assert abs(answer["share"] - inside.mean()) <= 1 / len(after)  # one at the very edge
        moments = after[:, 1].mean(), after[:, 1].std(ddof=1)
        assert answer["moments"] == pytest.approx(moments, rel=1e-10, abs=1e-12)


def test_without_a_bend_the_cloud_fills_its_ellipses_as_a_normal_one_does(ask):
    jobs = [[name, 0, [0.3, 0], [0.7, 0.2, 0.5], size] for name in BENT for size in (1, 2)]
    for (*_, size), answer in zip(jobs, ask("ellipse", TELL, jobs), strict=True):
        assert abs(answer["share"] - (1 - math.exp(-(size**2) / 2))) < 0.005


# --- in the page ---------------------------------------------------------------------------------

FIGURES = {
    "valley": "finite",
    "arrow": "dual",
    "walk": "tape",
    "cobweb": "batching",
    "passes": "jacobians",
    "basins": "newton",
    "anderson": "fixedpoint",
    "ellipse": "propagation",
}
WAKE = """name => document.querySelector(`[data-live=${name}]`).scrollIntoView({block: "center"})"""
PLACE = "window.Reveal && Reveal.getIndices()"
HEIGHT = "e => e.getBoundingClientRect().height"
MOVE = """async ([name, i]) => {
  const ranges = [...document.querySelectorAll(`[data-live=${name}] [type=range]`)];
  const range = ranges[i % ranges.length], low = Number(range.min), high = Number(range.max);
  range.value = low + (high - low) * ((i * 7) % 41) / 40;
  const start = performance.now();
  range.dispatchEvent(new Event("input"));
  await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - start;
}"""
DRAW = """async marks => {
  const place = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (let i = 0; i < marks; i++) {
    const mark = document.createElementNS(place.namespaceURI, "text");
    mark.setAttribute("x", i % 100);
    mark.textContent = Math.sin(i).toFixed(9);
    place.append(mark);
  }
  document.body.append(place);
  const { width } = place.getBBox();
  await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  place.remove();
  return width;
}"""
WARM, INPUTS = 10, 40
MARKS = 800  # words: what a page may take a tenth of a second for on a middling phone
WORK = {"ScriptDuration", "RecalcStyleDuration", "LayoutDuration"}


@contextlib.contextmanager
def awake(
    browser: Browser, server: Server, name: str, *, deck: bool = False, **options: Any
) -> Iterator[Page]:
    """Open the page or the deck of a live figure, and wait until it lives."""
    folder = "slides/" if deck else ""
    with visit(browser, server, f"{folder}{FIGURES[name]}.html", **options) as (page, log):
        if deck:
            decks.wait_for_deck(page)
            page.evaluate(SHOW, name)
        else:
            page.evaluate(WAKE, name)
        page.wait_for_selector(f"[data-live={name}] .live-stage output:not(:empty)")
        yield page
        assert [*log.console, *log.failed] == []


SHOW = """name => {
  const figure = document.querySelector(`[data-live=${name}]`);
  const {h, v} = Reveal.getIndices(figure.closest("section"));
  Reveal.slide(h, v);
}"""


def loaded(names: Iterable[str], folder: Path = SOURCES) -> set[Path]:
    """Find the modules that a page with some live figures loads: theirs, and what they import."""
    waiting, found = ["live", *names], set()
    while waiting:
        path = folder / f"{waiting.pop()}.js"
        if path not in found:
            found.add(path)
            waiting += re.findall(r"""from "\./(\w+)\.js";""", path.read_text("utf-8"))
    return found


@pytest.mark.parametrize("page", sorted(set(FIGURES.values())))
def test_the_live_figures_of_a_page_are_small_together(page):
    modules = loaded(name for name, place in FIGURES.items() if place == page)
    assert len(modules) > 2
    assert sum(path.stat().st_size for path in modules) <= WEIGHT


def test_every_module_is_loaded_by_some_page():
    assert loaded(FIGURES) == set(SOURCES.glob("*.js"))


def test_what_an_imported_module_imports_is_loaded_too(tmp_path):
    for name, text in {"live": "", "a": 'import { b } from "./b.js";', "b": "", "c": ""}.items():
        (tmp_path / f"{name}.js").write_text(text)
    assert {path.stem for path in loaded(["a"], tmp_path)} == {"live", "a", "b"}


@pytest.mark.parametrize("phone", [False, True])
@pytest.mark.parametrize("name", FIGURES)
def test_a_live_figure_takes_the_place_of_its_picture_and_nothing_moves(
    name, phone, browser, server
):
    with visit(browser, server, f"{FIGURES[name]}.html", phone=phone) as (page, _):
        box, picture = (page.locator(f"[data-live={name}]{part}") for part in ("", " figure > a"))
        before = box.evaluate(HEIGHT), picture.evaluate(HEIGHT)
        page.evaluate(WAKE, name)
        stage = page.locator(f"[data-live={name}] .live-stage")
        stage.wait_for()
        assert (box.evaluate(HEIGHT), stage.evaluate(HEIGHT)) == pytest.approx(before, abs=1)
        assert not picture.is_visible()
        assert stage.evaluate("e => e.scrollHeight <= e.clientHeight + 1")


@pytest.mark.parametrize("name", ["basins", "anderson"])
def test_a_page_says_how_its_live_figure_opens(name, browser, server):
    with awake(browser, server, name, deck=True) as page:
        box = page.locator(f"[data-live={name}]")
        asked = json.loads(box.get_attribute("data-start"))
        labels = box.locator("label").evaluate_all(
            "all => all.map(l => [l.firstChild.firstChild.data.trim(), l.lastChild.value])"
        )
        assert asked
        assert asked.items() <= dict(labels).items()
        said = box.locator("output").inner_text()
        box.locator("[type=range]").last.press("Home")
        assert box.locator("output").inner_text() != said
        assert "No root" in said or "After 40" in said


def test_a_state_in_which_a_figure_cannot_open_is_an_error(browser, server):
    start = "box => { box.dataset.start = JSON.stringify({After: '400'}); }"
    with visit(browser, server, "fixedpoint.html") as (page, log):
        page.locator("[data-live=anderson]").evaluate(start)
        page.evaluate(WAKE, "anderson")
        page.wait_for_selector("[data-live=anderson] .live-stage output:not(:empty)")
        page.wait_for_timeout(100)
    assert any("no control of live-stage anderson can be After = 400" in one for one in log.console)


def test_a_gate_does_not_look_at_a_picture_that_a_live_figure_replaces(browser, server):
    with visit(browser, server, "newton.html") as (page, _):
        page.evaluate("probes.unfold()")
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})
        pictures = page.locator(gates.FIGURES)
        lives = pictures.evaluate_all("all => all.map(e => e.closest('[data-live]') !== null)")
        looks = [picture(page, gates.FIGURES, number) for number in range(len(lives))]
    assert any(lives)
    assert [look for look, live in zip(looks, lives, strict=True) if live and look] == []


@pytest.mark.parametrize("deck", [False, True])
@pytest.mark.parametrize("name", FIGURES)
def test_no_side_of_a_live_figure_is_cut(name, deck, browser, server):
    with awake(browser, server, name, deck=deck) as page:
        stage = page.locator(f"[data-live={name}] .live-stage")
        assert stage.evaluate("e => e.scrollWidth - e.clientWidth") <= 1


@pytest.mark.parametrize("name", FIGURES)
def test_on_paper_there_is_the_picture(name, browser, server):
    with awake(browser, server, name) as page:
        page.emulate_media(media="print")
        assert page.locator(f"[data-live={name}] figure img").is_visible()
        assert not page.locator(f"[data-live={name}] .live-stage").is_visible()
        assert not page.locator(f"[data-live={name}] .live-words").is_visible()


@pytest.mark.parametrize("name", FIGURES)
def test_the_notebook_has_the_picture_and_no_invitation(name, browser, server, site):
    with visit(browser, server, f"{FIGURES[name]}.html") as (page, _):
        words = page.locator(f"[data-live={name}] .live-words").text_content().split()
    notebook = (site.root / f"notebooks/{FIGURES[name]}.ipynb").read_text("utf-8")
    assert " ".join(words[:4]) not in " ".join(notebook.split())


@pytest.mark.parametrize("name", FIGURES)
def test_without_scripts_there_is_the_picture_in_its_own_size(name, browser, server):
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 1280, "height": 720}
    )
    page = context.new_page()
    page.goto(f"{server.base}{FIGURES[name]}.html")
    image = page.locator(f"[data-live={name}] figure img")
    image.scroll_into_view_if_needed()
    link = page.locator(f"[data-live={name}] figure > a")
    assert image.is_visible()
    assert link.bounding_box()["height"] < image.bounding_box()["height"] + 12  # no room kept
    assert not page.locator(f"[data-live={name}] .live-words").is_visible()
    context.close()


@pytest.mark.parametrize("deck", [False, True])
@pytest.mark.parametrize("name", FIGURES)
def test_a_live_figure_is_worked_by_the_keyboard_alone(name, deck, browser, server):
    with awake(browser, server, name, deck=deck) as page:
        where = page.evaluate(PLACE)
        output = page.locator(f"[data-live={name}] .live-stage output")
        said = output.inner_text()
        ranges = page.locator(f"[data-live={name}] [type=range]")
        ranges.last.focus()
        for key in ("Home", "ArrowRight", "PageUp", "ArrowLeft", "ArrowUp"):
            page.keyboard.press(key)
        assert output.inner_text() != said
        chosen = page.locator(f"[data-live={name}] .live-stage :is(select, button)").first
        chosen.focus()
        page.keyboard.press("ArrowRight")  # reveal itself leaves it to inputs alone
        page.keyboard.press("ArrowDown")
        assert chosen.evaluate("e => e === document.activeElement")  # for a third option
        assert page.evaluate(PLACE) == where  # no key has turned the slide
        for control in ranges.all():
            text = control.get_attribute("aria-valuetext")
            assert re.fullmatch(r"[\x20-\x7e]+", text)  # words, no signs that are not spoken
        if deck:  # a clicker's keys are the deck's again
            page.keyboard.press("Escape")
            page.keyboard.press("PageDown")
            assert page.evaluate(PLACE) != where


@pytest.mark.parametrize("name", FIGURES)
def test_letters_of_a_live_figure_are_large_enough(name, browser, server):
    sizes = """name => Math.min(...[...document
      .querySelectorAll(`[data-live=${name}] .live-stage *`)]
      .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
      .map(e => parseFloat(getComputedStyle(e).fontSize)))"""
    with awake(browser, server, name, phone=True) as page:
        assert page.evaluate(sizes, name) >= 12
    with awake(browser, server, name, deck=True) as page:
        assert page.evaluate(sizes, name) >= 24


@pytest.mark.parametrize("name", FIGURES)
def test_a_live_figure_answers_at_once(name, browser, server):
    """From input to paint: the figure's own work, against a piece of work in the same page.

    Both are done in turn, so a slow or busy machine slows both. The time on the clock of a
    middling phone is printed; it is no gate.
    """
    with awake(browser, server, name) as page:
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})

        def work(job: str, argument: Any) -> tuple[float, float]:
            def worked() -> float:
                metrics = session.send("Performance.getMetrics")["metrics"]
                return 1000 * sum(m["value"] for m in metrics if m["name"] in WORK)

            before = worked()
            wait = page.evaluate(job, argument)
            return worked() - before, wait

        for turn in range(WARM):
            work(MOVE, [name, turn])
            work(DRAW, MARKS)
        turns = [(work(MOVE, [name, turn])[0], work(DRAW, MARKS)[0]) for turn in range(INPUTS)]
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
        waits = [work(MOVE, [name, turn])[1] for turn in range(INPUTS)]
    ours, theirs = np.median(turns, axis=0)
    print(f"{name}: {ours:.1f} ms of work, {ours / theirs:.2f} drawings; "
          f"on a phone {np.percentile(waits, 95):.0f} ms for 95 of 100 inputs")  # fmt: skip
    assert ours <= theirs
