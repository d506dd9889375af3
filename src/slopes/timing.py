r"""Time a program in its stages, and rivals in turns; refuse what makes a comparison void.

The first call of a jitted function is Python's trace, JAX's lowering, the compiler's work and a
first run. Every later call is a dispatch, after which Python goes on, and a computation, after
which the result is there. With :math:`t_c` for the three stages before a run, :math:`t_j` for a
later call and :math:`t_e` for a call that nothing was compiled for, jit pays after
:math:`t_c / (t_e - t_j)` calls. Each function costs some tens of calls of what it times.

It cannot see a machine that others use: rivals take turns, so that it is busy for all of them, and
medians come with quartiles. Where JAX keeps compilations on disk, `Stages.compile` may be the time
of reading one; the environment says whether it does. What `fn` calls and JAX has traced before, it
does not trace again, and `Stages.trace` is shorter. Work that the compiler may do beforehand is
looked for in jitted functions and in what they call, not in the bodies of loops and branches, and
not in functions of Python that call a jitted one.
Reference: Georges, Buytaert and Eeckhout, Statistically rigorous Java performance evaluation, 2007.
"""

import math
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

__all__ = [
    "Race",
    "Spread",
    "Stages",
    "break_even",
    "environment",
    "in_turns",
    "spread",
    "stages",
]

Clock = Callable[[], float]
_ready: Callable[[Any], Any] = jax.block_until_ready
_NUMBERS = (bool, int, float, complex)
_CALLS = {"jit": "jaxpr", "pjit": "jaxpr", "checkpoint": "jaxpr", "remat2": "jaxpr"}
_CALLS |= {"custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr"}
_LABOUR = [
    "dot_general",
    "conv_general_dilated",
    "reduce_sum",
    "cumsum",
    "sort",
    "fft",
    "lu",
    "cholesky",
    "qr",
    "eigh",
    "svd",
    "scan",
    "while",
    "exp",
    "exp2",
    "expm1",
    "log",
    "log1p",
    "sin",
    "cos",
    "tan",
    "tanh",
    "erf",
    "erf_inv",
    "lgamma",
    "pow",
    "sqrt",
    "rsqrt",
    "random_bits",
]  # worth folding


class Spread(NamedTuple):
    """The middle of some measurements and how far apart they are."""

    median: float
    lower: float
    """First quartile."""
    upper: float
    """Third quartile."""
    low: float
    high: float
    number: int
    """How many measurements."""


@dataclass(frozen=True)
class Stages:
    """Seconds that a function spends in each stage of its life under `jax.jit`."""

    trace: float
    """Python runs the function on tracers and records it; once."""
    lower: float
    """The record is written in the compiler's language; once."""
    compile: float
    """The compiler's work; once."""
    first: float
    """The first run of the compiled program, until its result is there."""
    dispatch: Spread
    """Later calls, until Python goes on."""
    steady: Spread
    """The same calls, until the result is there."""
    dtypes: tuple[str, ...]
    """Of arguments and results."""
    device: str
    """Where the result is."""
    environment: Mapping[str, object]
    """Machine and versions."""


@dataclass(frozen=True)
class Race:
    """Rivals that took turns."""

    seconds: Mapping[str, tuple[float, ...]]
    """By rival, one number a round."""
    dtypes: tuple[str, ...]
    """Of arguments and results, the same for all rivals."""
    devices: Mapping[str, str]
    """Where the result of each rival is."""
    environment: Mapping[str, object]
    """Machine and versions."""

    def spread(self, name: str) -> Spread:
        """Seconds of one rival."""
        return spread(self.seconds[name])

    def ratio(self, name: str, *, over: str) -> Spread:
        """Seconds of one rival over those of another in the same round."""
        pairs = zip(self.seconds[name], self.seconds[over], strict=True)
        return spread([one / other for one, other in pairs])


def spread(values: Sequence[float]) -> Spread:
    """Median, quartiles and extremes of some measurements.

    Parameters
    ----------
    values : Sequence[float]
        At least two, in any unit, finite.

    Returns
    -------
    Spread
        Quartiles as of the whole population.

    Raises
    ------
    ValueError
        If there are fewer than two values, or one is not finite.

    Examples
    --------
    >>> spread([1.0, 2.0, 3.0, 4.0, 10.0])
    Spread(median=3.0, lower=2.0, upper=4.0, low=1.0, high=10.0, number=5)
    """
    if len(values) < 2:
        raise ValueError(
            f"values must be two or more, got values={values!r}. One measurement has no spread."
        )
    values = [float(value) for value in values]
    if not all(map(math.isfinite, values)):
        raise ValueError(f"values must be finite, got values={values!r}")
    lower, median, upper = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, lower, upper, min(values), max(values), len(values))


def stages(
    fn: Callable[..., Any], *args: Any, repeats: int = 21, clock: Clock = time.perf_counter
) -> Stages:
    """Time each stage of a function under `jax.jit`, from its trace to its later calls.

    Parameters
    ----------
    fn : callable
        A function that JAX can trace, and that is not jitted yet.
    *args : pytree of arrays and numbers
        Its arguments, at least one; the result must depend on them.
    repeats : int
        How many later calls to time, at least 2.
    clock : callable
        Gives the time in seconds.

    Returns
    -------
    Stages
        Seconds, with the dtypes, the device and the machine that they hold for.

    Raises
    ------
    TypeError
        If the function is jitted, or its result cannot be waited for.
    ValueError
        If the work does not depend on the arguments, or `repeats` is below 2.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> found = stages(lambda x: 2 * jnp.sin(x), jnp.ones(3, jnp.float32))
    >>> found.dtypes, found.dispatch.median <= found.steady.median
    (('float32',), True)
    """
    _check_count("repeats", repeats)
    _check_rival("fn", (fn, *args))
    if isinstance(_bound(fn, args)[0], jax.stages.Wrapped):
        raise TypeError(
            f"fn must be a function before jit, got fn={fn!r}. JAX traces and compiles only once "
            "what it has seen."
        )
    jitted = jax.jit(lambda *args: fn(*args))  # a new function, of which JAX knows nothing
    times = [clock()]
    traced = jitted.trace(*args)
    times.append(clock())
    lowered = traced.lower()
    times.append(clock())
    compiled = lowered.compile()
    times.append(clock())
    result = _ready(compiled(*args))
    times.append(clock())
    known = _look_at("fn", jitted, args, result)
    calls = [_call(jitted, args, known.wait, clock) for _ in range(repeats + 1)][1:]
    trace, lower, compile_, first = (after - before for before, after in pairwise(times))
    return Stages(
        trace=trace,
        lower=lower,
        compile=compile_,
        first=first,
        dispatch=spread([dispatched for dispatched, _ in calls]),
        steady=spread([done for _, done in calls]),
        dtypes=known.dtypes,
        device=known.device,
        environment=environment(),
    )


def break_even(found: Stages, rival: float) -> float:
    """Tell after how many calls a jitted function has earned its compilation.

    Parameters
    ----------
    found : Stages
        What `stages` gave.
    rival : float
        Seconds of a call of the rival, for which nothing is compiled; positive and finite.

    Returns
    -------
    float
        Number of calls; infinite if the rival's call is as fast.

    Raises
    ------
    ValueError
        If `rival` is not positive and finite.
    """
    if not 0 < rival < math.inf:
        raise ValueError(f"rival must be a positive number of seconds, got rival={rival!r}")
    saved = rival - found.steady.median
    spent = found.trace + found.lower + found.compile
    return spent / saved if saved > 0 else math.inf


def in_turns(
    rivals: Mapping[str, tuple[Any, ...]],
    *,
    rounds: int = 21,
    clock: Clock = time.perf_counter,
) -> Race:
    """Time rivals in turn, one call of each in every round, after a call that is left out.

    Every call is timed until its result is there. Every other round has the opposite order, so that
    no rival always follows the same one.

    Parameters
    ----------
    rivals : Mapping[str, tuple]
        By name, a function and its arguments, at least one. Functions may be jitted or not, and
        results be arrays and numbers of JAX, NumPy or Python, also nested. No rival may give an
        argument's memory away, since the next round needs it.
    rounds : int
        How often each is timed, at least 2.
    clock : callable
        Gives the time in seconds.

    Returns
    -------
    Race
        Seconds by rival, with the dtypes, the devices and the machine that they hold for.

    Raises
    ------
    TypeError
        If a rival is not a function with arguments, or its result cannot be waited for.
    ValueError
        If the rivals compute in different dtypes, if the work of a jitted one does not depend on
        its arguments, if a rival keeps its results or gives its arguments away, if there is no
        rival, or if `rounds` is below 2.

    Examples
    --------
    >>> x = np.linspace(0.0, 1.0, 1000)
    >>> rivals = {"root": (np.sqrt, x), "power": (lambda x: x**0.5, x)}
    >>> race = in_turns(rivals, rounds=3)
    >>> race.dtypes, race.devices["root"], race.spread("root").number
    (('float64',), 'host', 3)
    """
    _check_count("rounds", rounds)
    if not rivals:
        raise ValueError(f"rivals must be at least one, got rivals={rivals!r}")
    known = {name: _warm_up(name, rival) for name, rival in rivals.items()}
    dtypes = _common_dtypes({name: result.dtypes for name, result in known.items()})
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    for k in range(rounds):
        for name in reversed(seconds) if k % 2 else seconds:
            fn, *args = rivals[name]
            seconds[name].append(_call(fn, args, known[name].wait, clock)[1])
    return Race(
        seconds={name: tuple(taken) for name, taken in seconds.items()},
        dtypes=dtypes,
        devices={name: result.device for name, result in known.items()},
        environment=environment(),
    )


def environment(*packages: str) -> dict[str, Any]:
    """Machine, device, settings and versions that a measurement holds for.

    Parameters
    ----------
    *packages : str
        Installed distributions whose versions matter, besides JAX and NumPy.

    Returns
    -------
    dict[str, Any]
        Values that JSON has: date, cpu, cores, python, device, whether 64 bits are switched on,
        whether compilations are kept on disk, and versions.

    Raises
    ------
    ImportError
        If a package is not installed.
    """
    device = jax.devices()[0]
    names = dict.fromkeys(("jax", "jaxlib", "numpy", *packages))
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cpu": _cpu(Path("/proc/cpuinfo")),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "device": f"{device.platform}: {device.device_kind}",
        "x64": jax.dtypes.canonicalize_dtype("float64").name == "float64",
        "compilations kept": bool(getattr(jax.config, "jax_compilation_cache_dir", None)),
        **{name: version(name) for name in names},
    }


# --- what is timed ------------------------------------------------------------------------------


def _call(
    fn: Callable[..., Any],
    args: Sequence[Any],
    wait: Callable[[Any], Any],
    clock: Clock,
) -> tuple[float, float]:
    """Seconds until a call returns, and until its result is there."""
    start = clock()
    result = fn(*args)
    dispatched = clock()
    wait(result)
    return dispatched - start, clock() - start


def _waiting(result: Any) -> Callable[[Any], Any]:
    """Give the cheapest way to wait for results like this one."""
    leaves = jax.tree.leaves(result)
    if not any(isinstance(leaf, jax.Array) for leaf in leaves):
        return _at_once
    return _for_one if isinstance(result, jax.Array) else _ready


def _at_once(_: Any) -> None:
    """Wait for what is there when the call returns."""


def _for_one(result: jax.Array) -> None:
    """Wait for one array, without the walk through a tree."""
    result.block_until_ready()


class _Result(NamedTuple):
    """What there is to know of a result; the result itself may be given away by a later call."""

    dtypes: tuple[str, ...]
    device: str
    wait: Callable[[Any], Any]


def _warm_up(name: str, rival: Any) -> _Result:
    """Check a rival and run it once, so that it is compiled and its memory touched."""
    _check_rival(name, rival)
    fn, *args = rival
    return _look_at(name, fn, args, fn(*args))


def _look_at(name: str, fn: Any, args: Sequence[Any], result: Any) -> _Result:
    """Check a first result, wait for it, and keep what later calls need."""
    _check_result(name, result)
    _check_work(name, fn, args)
    dtypes = _dtypes(args) | _dtypes(result, numbers=True)
    device, wait = _device(result), _waiting(result)
    _ready(result)
    _check_kept(name, args)
    return _Result(tuple(sorted(dtypes)), device, wait)


def _cpu(info: Path) -> str:
    """Name the processor, by Linux's own words where there are any."""
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return (names or [platform.processor() or platform.machine()])[0]


def _device(result: Any) -> str:
    """Say where a result is; what is no array of JAX is in the host's memory."""
    arrays = [leaf for leaf in jax.tree.leaves(result) if isinstance(leaf, jax.Array)]
    names = {str(device) for array in arrays for device in array.devices()}
    return ", ".join(sorted(names)) or "host"


# --- what is refused ----------------------------------------------------------------------------


def _check_count(name: str, count: int) -> None:
    if count < 2:
        raise ValueError(f"{name} must be at least 2, got {name}={count!r}")


def _check_rival(name: str, rival: Any) -> None:
    """Work without arguments could be done once and for all."""
    if not (isinstance(rival, tuple) and len(rival) > 1 and callable(rival[0])):
        raise TypeError(
            f"{name} must be a function and at least one argument, got {name}={rival!r}. What is "
            "closed over may be computed while the program is compiled: hand it in."
        )
    if hasattr(rival[0], "cache_info"):
        raise ValueError(
            f"{name} must compute in every call, got {name}={rival[0]!r}, which keeps its results. "
            "Time the function inside."
        )


def _check_kept(name: str, args: Sequence[Any]) -> None:
    """Need the arguments again in the next call."""
    arrays = [leaf for leaf in jax.tree.leaves(args) if isinstance(leaf, jax.Array)]
    if any(array.is_deleted() for array in arrays):
        raise ValueError(
            f"{name} must leave its arguments as they are, got {name} with donated arguments. "
            "Give away what the last call returned: keep it in an object."
        )


def _check_result(name: str, result: Any) -> None:
    """Nobody can tell when work has ended whose result is hidden."""
    leaves = jax.tree.leaves(result, is_leaf=lambda leaf: leaf is None)
    kinds = (jax.Array, np.ndarray, np.generic, *_NUMBERS)
    strange = [leaf for leaf in leaves if not isinstance(leaf, kinds) or _holds_objects(leaf)]
    if strange or not leaves:
        got = strange[0] if strange else result
        raise TypeError(
            f"{name} must return arrays or numbers, got {got!r}. What is not returned cannot be "
            "waited for: return what was computed."
        )


def _holds_objects(leaf: Any) -> bool:
    """Tell whether an array of NumPy's may hold arrays that nobody has waited for."""
    return isinstance(leaf, np.ndarray) and leaf.dtype.hasobject


def _dtypes(tree: Any, *, numbers: bool = False) -> set[str]:
    """Names of the dtypes of arrays, and of Python's numbers if asked: going in, they have none."""
    leaves = jax.tree.leaves(tree)
    found = {str(leaf.dtype) for leaf in leaves if hasattr(leaf, "dtype")}
    plain = [leaf for leaf in leaves if not hasattr(leaf, "dtype")]
    return found | {str(np.asarray(leaf).dtype) for leaf in plain if numbers}


def _common_dtypes(found: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Half the bytes are half the time, whatever the library."""
    if len(set(found.values())) > 1:
        told = "; ".join(f"{name}: {', '.join(dtypes)}" for name, dtypes in found.items())
        raise ValueError(
            f"rivals must compute in the same dtypes, got {told}. Convert inputs and results."
        )
    return next(iter(found.values()))


def _bound(fn: Any, args: Sequence[Any]) -> tuple[Any, Sequence[Any], dict[str, Any]]:
    """Look through `functools.partial`: the function inside, and all that it is called with."""
    words: dict[str, Any] = {}
    while isinstance(fn, partial):
        fn, args, words = fn.func, (*fn.args, *args), {**fn.keywords, **words}
    return fn, args, words


def _check_work(name: str, fn: Any, args: Sequence[Any]) -> None:
    """Look into a jitted function for work that its compiler can do beforehand."""
    inside, bound, words = _bound(fn, args)
    if not isinstance(inside, jax.stages.Wrapped):
        return
    program = inside.trace(*bound, **words).jaxpr.jaxpr
    states = _states(program, ["varies"] * len(program.invars))
    if "folded" in states or "varies" not in states:
        raise ValueError(
            f"{name} must work on its arguments alone, got {name}={fn!r}, in which an array that "
            "is closed over or filled with constants is computed with, or nothing depends on the "
            "arguments: the compiler may do that once, while it compiles. Hand the array in as an "
            "argument."
        )


def _states(program: Any, given: Sequence[str]) -> list[str]:
    """Follow what depends on the arguments: the states of a jaxpr's outputs, and what is folded.

    A value varies with the arguments, is closed over, or is constant. Computing with nothing that
    varies is work that can be folded; to fill, move and compare constants, or indices, is none.
    """
    known = dict.fromkeys(map(id, program.constvars), "closed")
    known |= dict(zip(map(id, program.invars), given, strict=True))
    folded: list[str] = []
    for eqn in program.eqns:
        read = [known.get(id(var), "constant") for var in eqn.invars]
        states = ["varies" if "varies" in read else "constant"] * len(eqn.outvars)
        inner = eqn.params.get(_CALLS.get(eqn.primitive.name, ""))
        if inner is not None:
            found = _states(getattr(inner, "jaxpr", inner), read)
            states, more = found[: len(states)], found[len(states) :]
            folded += more
        elif "varies" not in read:
            folded += ["folded"] * _is_work(eqn, read)
        known |= dict(zip(map(id, eqn.outvars), states, strict=True))
    return [*(known.get(id(var), "constant") for var in program.outvars), *folded]


def _is_work(eqn: Any, read: Sequence[str]) -> bool:
    """Tell whether an operation on nothing that varies is worth folding."""
    arrays = any(getattr(var.aval, "size", 1) > 1 for var in (*eqn.invars, *eqn.outvars))
    closed = [var.aval.dtype for var, state in zip(eqn.invars, read, strict=True)
              if state == "closed"]  # fmt: skip
    indices = all(np.issubdtype(dtype, np.integer) for dtype in closed)
    return not indices or (arrays and eqn.primitive.name in _LABOUR)
