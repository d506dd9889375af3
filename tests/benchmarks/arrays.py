r"""What jit saves on arrays: a pass over memory, a call's overhead, and kernels against Numba.

``python tests/benchmarks/arrays.py`` prints the tables; ``--json PATH`` also writes every row with
machine and versions. Rivals take turns in one process, every call is waited for, and the first of
each is left out, by `slopes.timing`. The floor of a function that reads an array and writes one is
the faster of two passes that do nothing else, measured in turns with it: NumPy's copy into memory
that is there, and a jitted change of sign, which asks for new memory as the function does.
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from _recording import environment, write

from slopes.timing import Race, break_even, in_turns, stages

MILLION = 1_000_000
SIZES = tuple(10**k for k in range(8))
ALPHA, SCALE = 1.67, 1.05  # as in the quickstart notebook


def selu(x: Any, m: Any = jnp) -> Any:
    """Write the quickstart's function for a library of arrays."""
    return SCALE * m.where(x > 0, x, ALPHA * m.exp(x) - ALPHA)


jitted = jax.jit(selu)
negative = jax.jit(jnp.negative)


def normal(n: int) -> Any:
    """Draw inputs in single precision."""
    return jax.random.normal(jax.random.key(0), (n,), dtype=jnp.float32)


def copy_into(out: Any, x: Any) -> Any:
    """Copy without asking for memory."""
    np.copyto(out, x)
    return out


class Reuse:
    """The change of sign, into the memory of its own last result."""

    def __init__(self, x: Any) -> None:
        self.last = jnp.array(x)
        self.run = jax.jit(jnp.negative, donate_argnums=0)

    def __call__(self, _: Any) -> Any:
        """Give the array's memory away, and keep what comes back in it."""
        self.last = self.run(self.last)
        return self.last


def faults(fn: Callable[[Any], Any], x: Any) -> int:
    """Count pages that the system hands out anew during a call."""
    jax.block_until_ready(fn(x))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    jax.block_until_ready(fn(x))
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def memory(rounds: int) -> list[dict[str, Any]]:
    """Time a pass that asks for memory against one that has it, and count new pages."""
    table = []
    for n in (MILLION, 10 * MILLION):
        x = normal(n)
        reuse = Reuse(x)
        race = in_turns({"new": (negative, x), "donated": (reuse, x)}, rounds=rounds)
        pages = {"pages, new": faults(negative, x), "pages, donated": faults(reuse, x)}
        ratio = race.ratio("new", over="donated").median
        table.append({"n": n, "bytes": x.nbytes, **pages, "ratio": ratio, **rows(race)})
    return table


def rows(race: Race) -> dict[str, dict[str, float]]:
    """Seconds of each rival."""
    return {name: race.spread(name)._asdict() for name in race.seconds}


def passes(rounds: int) -> dict[str, Any]:
    """Time the function at a million numbers, and one pass over the same memory.

    Two races, for a call finds caches and the pool of free memory as the one before has left them:
    the ways to run the function take turns, and the jitted one again with what bounds it.
    """
    x = normal(MILLION)
    host, out = np.array(x), np.empty(MILLION, np.float32)
    ways = {"numpy": (partial(selu, m=np), host), "eager": (selu, x), "jit": (jitted, x)}
    bounds = {"jit": (jitted, x), "sign": (negative, x), "copy": (copy_into, out, host)}
    race, limit = in_turns(ways, rounds=rounds), in_turns(bounds, rounds=rounds)
    floor = min(("sign", "copy"), key=lambda name: limit.spread(name).median)
    share = {"sign": limit.ratio("sign", over="jit"), "copy": limit.ratio("copy", over="jit")}
    return {
        "bytes": 2 * x.nbytes,
        "floor": floor,
        "seconds": rows(race),
        "limit": rows(limit),
        "eager over jit": race.ratio("eager", over="jit")._asdict(),
        "share": {name: found._asdict() for name, found in share.items()},
        "share of floor": limit.spread(floor).median / limit.spread("jit").median,
    }


def life(rounds: int) -> dict[str, Any]:
    """Time the stages of the function at a million numbers, and when jit has paid."""
    x = normal(MILLION)
    found = stages(selu, x, repeats=rounds)
    eager = in_turns({"eager": (selu, x)}, rounds=rounds).spread("eager")
    return {
        "trace": found.trace,
        "lower": found.lower,
        "compile": found.compile,
        "first": found.first,
        "dispatch": found.dispatch._asdict(),
        "steady": found.steady._asdict(),
        "pays after": break_even(found, eager.median),
        "device": found.device,
        "environment": found.environment,
    }


def sizes(rounds: int) -> list[dict[str, Any]]:
    """Time the function from one number to ten million."""
    table = []
    for n in SIZES:
        x = normal(n)
        host = np.array(x)
        rivals = {
            "numpy": (partial(selu, m=np), host),
            "eager": (selu, x),
            "jit": (jitted, x),
            "sign": (negative, x),
        }
        table.append({"n": n, **rows(in_turns(rivals, rounds=rounds))})
    return table


# --- kernels ------------------------------------------------------------------------------------


def smooth(x: Any) -> Any:
    """Smooth exponentially: each value needs the one before, so no array operation does it."""
    y, out = 0.0, np.empty_like(x)
    for i in range(x.size):
        y = y + 0.1 * (x[i] - y)
        out[i] = y
    return out


def smooth_jax(x: Any) -> Any:
    """Do the same as a scan."""

    def step(y: Any, value: Any) -> Any:
        y = y + 0.1 * (value - y)
        return y, y

    return jax.lax.scan(step, jnp.zeros((), x.dtype), x)[1]


def collatz(starts: Any) -> Any:
    """Count the steps of 3n + 1 down to 1: loops whose length depends on the value."""
    steps = np.zeros_like(starts)
    for i in range(starts.size):
        k = starts[i]
        while k > 1:
            k = k // 2 if k % 2 == 0 else 3 * k + 1
            steps[i] += 1
    return steps


def collatz_numpy(starts: Any) -> Any:
    """Do the same for all at once, until the last has arrived."""
    k, steps = starts.copy(), np.zeros_like(starts)
    while (going := k > 1).any():
        k = np.where(going, np.where(k % 2 == 0, k // 2, 3 * k + 1), k)
        steps += going
    return steps


def collatz_jax(starts: Any) -> Any:
    """Do the same with a loop for each number, batched."""

    def turn(state: Any) -> Any:
        k, steps = state
        return jnp.where(k % 2 == 0, k // 2, 3 * k + 1), steps + 1

    def one(start: Any) -> Any:
        return jax.lax.while_loop(lambda state: state[0] > 1, turn, (start, jnp.zeros_like(start)))

    return jax.vmap(one)(starts)[1]


def selu_numba(x: Any) -> Any:
    """Write the quickstart's function as a loop over numbers."""
    alpha, scale = np.float32(ALPHA), np.float32(SCALE)
    out = np.empty_like(x)
    for i in range(x.size):
        v = x[i]
        out[i] = scale * (v if v > 0 else alpha * np.exp(v) - alpha)
    return out


def first_call(fn: Callable[..., Any], *args: Any) -> float:
    """Seconds of the first call, compilation included."""
    start = time.perf_counter()
    jax.block_until_ready(fn(*args))
    return time.perf_counter() - start


def kernels(rounds: int) -> list[dict[str, Any]]:
    """Time three kernels in NumPy, Numba and JAX: one of arrays, two of loops."""
    import numba

    rng = np.random.default_rng(3)
    table = []
    cases = {
        "selu": (partial(selu, m=np), selu_numba, selu, np.array(normal(MILLION))),
        "smooth": (smooth, smooth, smooth_jax, rng.normal(size=100_000)),
        "collatz": (collatz_numpy, collatz, collatz_jax, np.arange(1, 10_001)),
    }
    for name, (plain, loop, traced, host) in cases.items():
        x = jnp.asarray(host)
        compiled = {"numba": numba.njit(loop), "jax": jax.jit(partial(traced))}
        rivals = {
            "numpy": (plain, host),
            "numba": (compiled["numba"], host),
            "jax": (compiled["jax"], x),
        }
        first = {"numpy": first_call(*rivals["numpy"])}
        first |= {key: first_call(*rivals[key]) for key in compiled}
        results = [np.asarray(fn(*args)) for fn, *args in rivals.values()]
        for other in results[1:]:
            assert np.allclose(results[0], other, rtol=1e-5, atol=1e-6)
        race = in_turns(rivals, rounds=rounds)
        for key, row in rows(race).items():
            table.append({"kernel": name, "library": key, "first": first[key], **row})
    return table


def shown(seconds: float) -> str:
    """Microseconds."""
    return f"{1e6 * seconds:10.1f}"


def main(argv: list[str]) -> None:
    """Print the tables and write them if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write rows, machine and versions to this file")
    parser.add_argument("--rounds", type=int, default=101, help="of each timing")
    options = parser.parse_args(argv)
    jax.config.update("jax_enable_x64", True)
    stage = life(options.rounds)
    pass_ = passes(options.rounds)
    size = sizes(options.rounds)
    new = memory(options.rounds)
    kernel = kernels(options.rounds)
    print("selu, a million in single precision, microseconds: median (quartiles)")
    for name, row in [*pass_["seconds"].items(), *pass_["limit"].items()]:
        print(f"  {name:6}{shown(row['median'])} ({shown(row['lower'])} to {shown(row['upper'])})")
    print(f"  eager over jit, in rounds {pass_['eager over jit']['median']:.2f}")
    for name, row in pass_["share"].items():
        print(f"  {name} over jit {row['median']:.2f} ({row['lower']:.2f} to {row['upper']:.2f})")
    print(f"  share of the measured bandwidth ({pass_['floor']}) {pass_['share of floor']:.2f}")
    once = "".join(
        f"  {name} {1e3 * stage[name]:.2f}" for name in ("trace", "lower", "compile", "first")
    )
    print(f"its stages, milliseconds:{once}")
    print(
        f"  dispatch {shown(stage['dispatch']['median'])} of {shown(stage['steady']['median'])} us"
    )
    print(f"  jit pays after {stage['pays after']:.0f} calls")
    print("selu by size, microseconds: numpy, eager, jit, one pass")
    for row in size:
        print(
            f"  {row['n']:9d}"
            + "".join(shown(row[key]["median"]) for key in ("numpy", "eager", "jit", "sign"))
        )
    print("a pass into new memory over one into its own: ratio, new pages")
    for row in new:
        print(f"  {row['n']:9d}{row['ratio']:7.2f}{row['pages, new']:9d}{row['pages, donated']:7d}")
    print("kernels, milliseconds: first call, later calls")
    for row in kernel:
        both = f"{1e3 * row['first']:10.1f}{1e3 * row['median']:10.3f}"
        print(f"  {row['kernel']:8} {row['library']:6}{both}")
    if options.json:
        record = {
            "environment": environment("numba"),
            "passes": pass_,
            "stages": stage,
            "sizes": size,
            "memory": new,
            "kernels": kernel,
        }
        write(options.json, record)


if __name__ == "__main__":
    main(sys.argv[1:])
