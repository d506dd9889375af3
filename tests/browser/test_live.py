"""Live figures compute what the package computes, answer at once, and are small.

A page's own modules are asked in Chromium, at a thousand random points each, and slopes in Python.
What is compared: **the valley** gives its places and values of the function to `slopes.finite`,
which must ask for the very same places and find the same quotient, in every format; the functions,
whose last bits are the library's own, are compared with Python's one by one.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import SLOWDOWN, new_context, visit

from slopes import finite

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = REPOSITORY / "docs/_static/live"
POINTS = 1000
ULPS = 4  # units in the last place
WEIGHT = 25_000  # bytes of all modules, as they are served
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
NAMES = ["eˣ", "sin x", "1/(1+x²)", "√x"]
VALUES = {
    "eˣ": (math.exp, math.exp),
    "sin x": (math.sin, math.cos),
    "1/(1+x²)": (lambda x: 1 / (1 + x * x), lambda x: -2 * x / ((1 + x * x) * (1 + x * x))),
    "√x": (math.sqrt, lambda x: 1 / (2 * math.sqrt(x))),
}
COMPLEX = {
    "eˣ": np.exp,
    "sin x": np.sin,
    "1/(1+x²)": lambda z: 1 / (1 + z * z),
    "√x": np.sqrt,
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
        return number(known.get(float(place), math.nan))  # refused, if it is no place of the figure

    try:
        return float(finite.stencil(fn, number(x), nodes=FORMULAS[formula], step=h)) * wrong
    except ValueError as error:
        assert "finite" not in str(error)  # the step is lost
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
