r"""Cost of reverse mode: operations, memory, and time against autograd and micrograd.

``python tests/benchmarks/tape.py`` prints the tables; ``--json PATH`` also writes every row with
machine and versions. Operations are counted and not timed: the function, and the function with its
backward pass, are both recorded, and `slopes.tape.operations` counts each record. A record sees
every operation on a value that depends on the point or on the covector, the backward pass included,
and not what a rule does with plain values, such as finding the larger of two.
"""

import argparse
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from _recording import environment, write

from slopes import tape
from slopes.problems import PROBLEMS, Problem

LENGTHS = (1000, 2000, 4000, 8000, 16000)
INPUTS = (1, 4, 16, 64, 256)
BATCH, PIXELS, HIDDEN, CLASSES = 64, 784, 128, 10


class Cost(NamedTuple):
    """Operations of a problem, and of one covector times its Jacobian."""

    name: str
    inputs: int
    outputs: int
    function: int
    gradient: int
    ratio: float


def cost(problem: Problem, point: Any) -> Cost:
    """Count the function alone, then the function and its backward pass."""
    fn = problem.build(tape)
    x = np.array(point, float)
    y = fn(x)
    w = [1.0] * len(y) if isinstance(y, list) else 1.0
    alone = tape.operations(tape.trace(fn, x))
    both = tape.operations(tape.trace(lambda x, w: tape.vjp(fn, x)[1](w), x, w))
    return Cost(problem.name, x.size, np.size(w), alone, both, both / alone)


def costs() -> list[Cost]:
    """The dearest point of every problem."""
    table = [[cost(p, point) for point in p.points] for p in PROBLEMS]
    return [max(rows, key=lambda row: row.ratio) for rows in table]


class Directions(NamedTuple):
    """Operations for the gradient of a function of n inputs, in units of the function."""

    inputs: int
    reverse: float
    forward: float


def valley(x: Any, m: Any = tape) -> Any:
    """Rosenbrock's function in n dimensions, More, Garbow and Hillstrom, problem 21."""
    return m.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def directions(n: int) -> Directions:
    """Count one backward pass; forward differences, the cheapest forward method, follow from n."""
    x = np.linspace(0.5, 1.5, n + 1)
    alone = tape.operations(tape.trace(valley, x))
    both = tape.operations(tape.trace(lambda x, w: tape.vjp(valley, x)[1](w), x, 1.0))
    runs = x.size + 1  # one at the point, one for each input
    return Directions(x.size, both / alone, float(runs))


class Memory(NamedTuple):
    """Bytes that a record holds, and the most that its backward pass needs on top."""

    length: int
    record: int
    backward: int


def memory(length: int, size: int = 1000) -> Memory:
    """Record a chain of sines of an array."""

    def chain(x: Any) -> Any:
        for _ in range(length):
            x = tape.sin(x)
        return tape.sum(x)

    x = np.linspace(0.0, 1.0, size)
    tracemalloc.start()
    _, pullback = tape.vjp(chain, x)
    record = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    pullback(1.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return Memory(length, record, peak - record)


# --- a network ------------------------------------------------------------------------------------


class Short(NamedTuple):
    """Microseconds for one gradient, and ours over theirs.

    Both times are those of the fastest runs; the quartiles are those of runs made in pairs.
    """

    program: str
    operations: int
    rival: str
    ours: float
    theirs: float
    time: float
    low: float
    median: float
    high: float


def logistic(x: Any) -> Any:
    """Twenty turns of the logistic map, three operations each."""
    for _ in range(20):
        x = 3.5 * x * (1 - x)
    return x


def quadratic(x: Any) -> Any:
    """Twenty turns of a map of sums and products alone, which micrograd takes without detours."""
    y = x
    for _ in range(20):
        y = y * y * 0.5 + x
    return y


def by_micrograd(program: Callable[[Any], Any], x: float) -> float:
    """Record the program afresh, as ours is."""
    from micrograd.engine import Value

    leaf = Value(x)
    program(leaf).backward()
    return float(leaf.grad)


def in_turns(ours: Callable[[], Any], theirs: Callable[[], Any], repeats: int) -> list[list[float]]:
    """Time both in turn, ten runs at a time, after a warm-up, so that both meet a busy machine."""
    times: list[list[float]] = [[], []]
    for k in range(repeats + 5):
        for run, taken in zip((ours, theirs), times, strict=True):
            start = time.perf_counter()
            for _ in range(10):
                run()
            if k >= 5:
                taken.append((time.perf_counter() - start) / 10)
    return times


def shorts(repeats: int) -> list[Short]:
    """Gradients of short programs, where the door of each operation is the cost."""
    import autograd
    import autograd.numpy

    x = np.linspace(0.5, 1.5, 100)
    rows: list[tuple[Any, Any, str, Callable[[], Any]]] = []
    for p in (logistic, quadratic):
        rows.append((p, 0.3, "micrograd", partial(by_micrograd, p, 0.3)))
        rows.append((p, 0.3, "autograd", partial(autograd.grad(p), 0.3)))
    slope = autograd.grad(lambda x: valley(x, autograd.numpy))
    rows.append((valley, x, "autograd", lambda: slope(x)))
    table = []
    for program, at, rival, theirs in rows:
        ours = partial(tape.gradient, program, at)
        assert np.allclose(ours(), theirs(), rtol=1e-12)
        pair = in_turns(ours, theirs, repeats)
        quartiles = statistics.quantiles([a / b for a, b in zip(*pair, strict=True)], n=4)
        best = [1e6 * min(times) for times in pair]
        count = len(tape.trace(program, at)) - 1
        table.append(Short(program.__name__, count, rival, *best, best[0] / best[1], *quartiles))
    return table


class Rival(NamedTuple):
    """Slopes against autograd on the gradient of one loss: autograd is 1.

    The time is that of the fastest runs; the quartiles are those of runs made in pairs.
    """

    time: float
    low: float
    median: float
    high: float
    memory: float
    difference: float


def network(m: Any, logsumexp: Any) -> Callable[[Any], Any]:
    """Cross-entropy of a two-layer network on a batch of random images, as a function of `m`."""
    rng = np.random.default_rng(7)
    images, rows = rng.normal(size=(BATCH, PIXELS)), np.arange(BATCH)
    labels = rng.integers(0, CLASSES, BATCH)

    def loss(params: Any) -> Any:
        first, bias, second, offset = params
        scores = m.tanh(images @ first + bias) @ second + offset
        return m.mean(logsumexp(scores, axis=1) - scores[rows, labels])

    return loss


def parameters() -> list[Any]:
    """Weights and offsets of the network, small and random."""
    rng = np.random.default_rng(8)
    return [
        0.03 * rng.normal(size=(PIXELS, HIDDEN)),
        np.zeros(HIDDEN),
        0.1 * rng.normal(size=(HIDDEN, CLASSES)),
        np.zeros(CLASSES),
    ]


def peak(run: Callable[[], Any]) -> int:
    """Most bytes allocated at once during a run; NumPy's arrays are counted."""
    run()
    tracemalloc.start()
    run()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def rivals(repeats: int) -> Rival:
    """Time both in turn, so that a busy machine is busy for both."""
    import autograd
    import autograd.numpy
    from autograd.scipy.special import logsumexp

    params = parameters()
    ours_loss = network(tape, tape.logsumexp)
    theirs_gradient = autograd.grad(network(autograd.numpy, logsumexp))

    def ours() -> Any:
        return tape.gradient(ours_loss, params)

    def theirs() -> Any:
        return theirs_gradient(params)

    difference = max(float(np.abs(a - b).max()) for a, b in zip(ours(), theirs(), strict=True))
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for run, taken in zip((ours, theirs), times, strict=True):
            start = time.perf_counter()
            run()
            taken.append(time.perf_counter() - start)
    quartiles = statistics.quantiles([a / b for a, b in zip(*times, strict=True)], n=4)
    fastest = min(times[0]) / min(times[1])
    return Rival(fastest, *quartiles, peak(ours) / peak(theirs), difference)


def main(argv: list[str]) -> None:
    """Print the tables and write them if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write rows, machine and versions to this file")
    parser.add_argument("--repeats", type=int, default=201, help="of each timing")
    options = parser.parse_args(argv)
    table = costs()
    counts = [directions(n) for n in INPUTS]
    lengths = [memory(n) for n in LENGTHS]
    short = shorts(options.repeats)
    rival = rivals(options.repeats)
    print("operations: function, with its backward pass, ratio (at most 5)")
    for row in table:
        sizes = f"{row.inputs:3d} -> {row.outputs}"
        print(f"  {row.name:22}{sizes}{row.function:6d}{row.gradient:6d}{row.ratio:7.2f}")
    print("gradient over function against the number of inputs: reverse mode, forward differences")
    for count in counts:
        print(f"  {count.inputs:6d}{count.reverse:8.2f}{count.forward:8.0f}")
    print("memory of a chain of sines of 1000 numbers: record, backward pass, in MB")
    for size in lengths:
        print(f"  {size.length:6d}{size.record / 1e6:10.2f}{size.backward / 1e6:10.3f}")
    print("gradients of short programs, microseconds: slopes, rival, ratio, ratio of pairs")
    for row in short:
        print(
            f"  {row.program:10}{row.operations:4d} operations {row.rival:10}{row.ours:8.1f}"
            f"{row.theirs:8.1f}{row.time:7.2f}{row.median:7.2f} ({row.low:.2f} to {row.high:.2f})"
        )
    print(
        f"network, autograd = 1: time of the fastest {rival.time:.2f}, in pairs {rival.median:.2f} "
        f"({rival.low:.2f} to {rival.high:.2f}), peak memory {rival.memory:.2f}, "
        f"largest difference {rival.difference:.1e}"
    )
    if options.json:
        record = {
            "environment": environment("numpy", "autograd", "micrograd"),
            "operations": [row._asdict() for row in table],
            "inputs": [count._asdict() for count in counts],
            "memory": [size._asdict() for size in lengths],
            "short": [row._asdict() for row in short],
            "network": rival._asdict(),
        }
        write(options.json, record)


if __name__ == "__main__":
    main(sys.argv[1:])
