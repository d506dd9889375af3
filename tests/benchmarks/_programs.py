"""A scalar program that several benchmarks run, and how its rivals are timed: in turns."""

import statistics
import time
from collections.abc import Callable
from typing import Any

TURNS = 20
POINT = 0.8


def loop(sin: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Build 20 turns of a loop, 60 operations on numbers of any kind: sum, product and sine."""

    def fn(x: Any) -> Any:
        y = x
        for _ in range(TURNS):
            y = x * sin(y) + x
        return y

    return fn


def in_turns(
    runs: dict[str, Callable[[], Any]], rounds: int, calls: int = 10
) -> dict[str, dict[str, float]]:
    """Time some calls of each rival in every round, so that a busy machine is busy for all.

    Seconds of one call: the median of the rounds, their quartiles, the fastest and the slowest.
    """
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds + 1):
        for name, run in runs.items():
            start = time.perf_counter()
            for _ in range(calls):
                run()
            taken[name].append((time.perf_counter() - start) / calls)
    found = {}
    for name, (_, *times) in taken.items():  # the first round warms up
        lower, median, upper = statistics.quantiles(times, n=4)
        found[name] = {
            "median": median,
            "lower": lower,
            "upper": upper,
            "low": min(times),
            "high": max(times),
        }
    return found
