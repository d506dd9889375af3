"""Clocks are made up where times matter: a call takes as long as its rival says."""

import json
import math
import re
from functools import lru_cache, partial
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from slopes import timing

X = np.linspace(0.0, 1.0, 8)


class Clock:
    """Time that passes only when somebody takes it."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now

    def taking(self, *seconds, of=np.sin):
        """A rival whose calls take these times in turn, the warm-up first."""
        left = list(seconds)

        def run(x):
            self.now += left.pop(0) if len(left) > 1 else left[0]
            return of(x)

        return run


@pytest.fixture
def clock():
    return Clock()


# --- spreads --------------------------------------------------------------------------------------


def test_a_spread_has_the_quartiles_of_the_whole_population():
    values = [7.0, 1.0, 5.0, 3.0, 9.0, 2.0]
    found = timing.spread(values)
    assert found[:3] == pytest.approx(np.percentile(values, [50, 25, 75]), rel=1e-15)
    assert (found.low, found.high, found.number) == (1.0, 9.0, 6)


@pytest.mark.parametrize("values", [[], [1.0]])
def test_one_measurement_has_no_spread(values):
    with pytest.raises(ValueError, match=r"values must be two or more, got values="):
        timing.spread(values)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_spread_needs_finite_values(value):
    with pytest.raises(ValueError, match=r"values must be finite, got values=\[1.0, (nan|inf)\]"):
        timing.spread([1.0, value])


# --- turns ----------------------------------------------------------------------------------------


def test_the_first_call_of_each_rival_is_left_out(clock):
    rivals = {"slow": (clock.taking(50.0, 3.0), X), "fast": (clock.taking(70.0, 1.0), X)}
    race = timing.in_turns(rivals, rounds=4, clock=clock)
    assert race.seconds == {"slow": (3.0,) * 4, "fast": (1.0,) * 4}


def test_rivals_are_interleaved_and_every_other_round_is_reversed(clock):
    order = []

    def rival(name):
        return lambda x: (order.append(name), np.sin(x))[1]

    timing.in_turns({name: (rival(name), X) for name in "abc"}, rounds=3, clock=clock)
    assert "".join(order) == "abc" + "abc" + "cba" + "abc"


def test_a_ratio_is_taken_within_each_round_so_that_a_busy_machine_cancels(clock):
    load = [1.0, 1.0, 5.0, 2.0]  # the warm-up first
    rivals = {
        "one": (clock.taking(*(2 * busy for busy in load)), X),
        "other": (clock.taking(*load), X),
    }
    race = timing.in_turns(rivals, rounds=3, clock=clock)
    assert race.ratio("one", over="other") == (2.0, 2.0, 2.0, 2.0, 2.0, 3)
    assert race.spread("one").high == 10.0


class Later:
    """An array's result that is there only when it has been waited for."""

    def __init__(self, monkeypatch, clock, compute):
        self.clock, self.compute, self.waits = clock, compute, 0
        monkeypatch.setattr(timing, "_for_one", self.wait)
        monkeypatch.setattr(timing, "_ready", self.wait)

    def wait(self, result):
        self.waits += 1
        self.clock.now += self.compute
        return result


def test_a_call_lasts_until_its_result_is_there(monkeypatch, clock):
    later = Later(monkeypatch, clock, compute=7.0)
    rivals = {"jax": (clock.taking(1.0, of=jnp.sin), jnp.asarray(X))}
    assert timing.in_turns(rivals, rounds=2, clock=clock).seconds["jax"] == (8.0, 8.0)
    assert later.waits == 3


def test_a_tree_of_arrays_is_waited_for_whole(monkeypatch, clock):
    later = Later(monkeypatch, clock, compute=7.0)
    pair = clock.taking(1.0, of=lambda x: {"a": jnp.sin(x), "b": (2.0, np.ones(1))})
    assert timing.in_turns({"tree": (pair, jnp.asarray(X))}, rounds=2, clock=clock).seconds[
        "tree"
    ] == (8.0, 8.0)
    assert later.waits == 3


def test_numpys_results_are_there_when_the_call_returns(monkeypatch, clock):
    later = Later(monkeypatch, clock, compute=7.0)
    race = timing.in_turns({"numpy": (clock.taking(1.0), X)}, rounds=2, clock=clock)
    assert race.seconds["numpy"] == (1.0, 1.0)
    assert later.waits == 1  # the warm-up, which does not look


def test_an_array_is_really_ready_after_its_wait():
    slow = jax.jit(lambda a: jnp.linalg.inv(a @ a.T + jnp.eye(400)))
    result = slow(jnp.ones((400, 400)))
    timing._waiting(result)(result)
    assert result.is_ready()


def test_a_result_may_be_given_away_by_the_next_call():
    change = jax.jit(jnp.negative, donate_argnums=0)
    kept = [jnp.array(X)]

    def onwards(_):
        kept[0] = change(kept[0])
        return kept[0]

    race = timing.in_turns({"donated": (onwards, jnp.asarray(X))}, rounds=3)
    assert race.dtypes == ("float64",)
    assert np.array_equal(kept[0], X)  # four changes of sign


def test_a_race_says_what_it_holds_for():
    race = timing.in_turns({"numpy": (np.sin, X), "jax": (jnp.sin, jnp.asarray(X))}, rounds=2)
    assert race.dtypes == ("float64",)
    assert race.devices == {"numpy": "host", "jax": str(jax.devices()[0])}
    assert race.environment == timing.environment()
    assert all(taken > 0 for times in race.seconds.values() for taken in times)


# --- stages ---------------------------------------------------------------------------------------


def staged(monkeypatch, clock, fn=lambda x: 2 * x):
    """Every stage of a made-up JAX takes its time."""

    def passing(seconds, value):
        def stage(*_):
            clock.now += seconds
            return value

        return stage

    lowered = SimpleNamespace(compile=passing(4.0, passing(8.0, fn(X))))

    class Jitted:
        calls = 0

        def __call__(self, x):
            self.calls += 1
            clock.now += 1000.0 if self.calls == 1 else 32.0
            return fn(x)

        trace = staticmethod(passing(1.0, SimpleNamespace(lower=passing(2.0, lowered))))

    monkeypatch.setattr(jax, "jit", lambda _: Jitted())
    monkeypatch.setattr(timing, "_check_work", lambda *_: None)


def test_stages_are_told_apart_and_the_first_later_call_is_left_out(monkeypatch, clock):
    staged(monkeypatch, clock)
    found = timing.stages(lambda x: 2 * x, X, repeats=3, clock=clock)
    assert (found.trace, found.lower, found.compile, found.first) == (1.0, 2.0, 4.0, 8.0)
    assert found.steady == found.dispatch == (32.0, 32.0, 32.0, 32.0, 32.0, 3)


def test_a_dispatch_ends_before_the_wait(monkeypatch, clock):
    staged(monkeypatch, clock, fn=lambda x: jnp.asarray(x))
    Later(monkeypatch, clock, compute=64.0)
    found = timing.stages(lambda x: x, X, repeats=2, clock=clock)
    assert (found.first, found.dispatch.median, found.steady.median) == (72.0, 32.0, 96.0)


def test_a_real_function_has_stages_in_seconds():
    found = timing.stages(lambda x: jnp.sin(x) * x, jnp.asarray(X), repeats=5)
    once = (found.trace, found.lower, found.compile, found.first)
    assert min(once) > 0
    assert 0 < found.dispatch.low <= found.steady.low
    assert (found.dtypes, found.device) == (("float64",), str(jax.devices()[0]))
    assert found.environment["jax"] == jax.__version__


def test_each_call_of_stages_traces_anew():
    traces = []

    def fn(x):
        traces.append(x)
        return 2 * x

    for _ in range(3):
        timing.stages(fn, jnp.asarray(X), repeats=2)
    assert len(traces) == 3


def test_a_jitted_function_has_its_first_stages_behind_it():
    with pytest.raises(TypeError, match=r"fn must be a function before jit, got fn="):
        timing.stages(jax.jit(lambda x: 2 * x), jnp.asarray(X))


def some_stages(steady):
    many = timing.spread([steady, steady])
    return timing.Stages(1.0, 2.0, 7.0, 0.0, many, many, (), "", {})


def test_jit_has_paid_when_the_calls_saved_what_was_spent():
    assert timing.break_even(some_stages(3.0), rival=5.0) == 5.0  # 10 seconds, 2 each call


@pytest.mark.parametrize("rival", [3.0, 1.0])
def test_jit_never_pays_where_a_call_is_no_faster(rival):
    assert timing.break_even(some_stages(3.0), rival=rival) == math.inf


@pytest.mark.parametrize("rival", [0.0, -1.0, math.nan, math.inf])
def test_a_rival_takes_time(rival):
    with pytest.raises(ValueError, match=r"rival must be a positive number of seconds, got rival="):
        timing.break_even(some_stages(3.0), rival=rival)


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 0, -3])
def test_one_round_is_refused(count):
    with pytest.raises(ValueError, match=f"rounds must be at least 2, got rounds={count}"):
        timing.in_turns({"sin": (np.sin, X)}, rounds=count)
    with pytest.raises(ValueError, match=f"repeats must be at least 2, got repeats={count}"):
        timing.stages(lambda x: 2 * x, X, repeats=count)


def test_a_race_without_rivals_is_refused():
    with pytest.raises(ValueError, match=re.escape("rivals must be at least one, got rivals={}")):
        timing.in_turns({})


@pytest.mark.parametrize("rival", [(np.sin,), (X, np.sin), ()])
def test_a_rival_is_a_function_with_arguments(rival):
    with pytest.raises(TypeError, match=r"^mine must be a function and at least one argument"):
        timing.in_turns({"mine": rival})


def test_stages_need_arguments():
    with pytest.raises(TypeError, match="must be a function and at least one argument"):
        timing.stages(lambda: jnp.sin(X))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (X, X.astype(np.float32)),
        (X, jnp.asarray(X, jnp.float32)),
        (np.arange(3), np.arange(3, dtype=np.int32)),
        (X, X.astype(complex)),
    ],
)
def test_rivals_of_different_dtypes_are_refused(one, other):
    told = r"rivals must compute in the same dtypes, got a: \w+; b: \w+"
    with pytest.raises(ValueError, match=told):
        timing.in_turns({"a": (lambda x: x * x, one), "b": (lambda x: x * x, other)})


def test_a_result_of_another_dtype_is_refused():
    def short(x):
        return np.sin(x).astype(np.float32)

    with pytest.raises(ValueError, match=r"got long: float64; short: float32, float64"):
        timing.in_turns({"long": (np.sin, X), "short": (short, X)})


def test_pythons_numbers_go_in_without_a_dtype_and_come_out_as_doubles():
    rivals = {"python": (math.sin, 0.5), "numpy": (np.sin, np.float64(0.5))}
    assert timing.in_turns(rivals, rounds=2).dtypes == ("float64",)


@pytest.mark.parametrize("hidden", [None, (), object(), SimpleNamespace(y=X), (X, None), "done"])
def test_what_cannot_be_waited_for_is_refused(hidden):
    with pytest.raises(TypeError, match=r"^mine must return arrays or numbers, got "):
        timing.in_turns({"mine": (lambda _: hidden, X)})


def test_stages_refuse_a_function_that_returns_nothing():
    with pytest.raises(TypeError, match=r"^fn must return arrays or numbers, got None"):
        timing.stages(lambda x: print(end=str(x)[:0]), jnp.asarray(X))


TABLE = jnp.asarray(X)


@jax.custom_jvp
def own_tangent(x):
    return x + jnp.sin(TABLE)


@jax.custom_vjp
def own_cotangent(x):
    return x + jnp.sin(TABLE)


own_tangent.defjvp(lambda primals, tangents: (own_tangent(*primals), tangents[0]))
own_cotangent.defvjp(lambda x: (own_cotangent(x), None), lambda _, g: (g,))
FOLDED = {
    "all of it": lambda _: jnp.sin(TABLE),
    "a part of it": lambda x: x + jnp.sin(TABLE),
    "a part that is dropped": lambda x: (x, jnp.sin(TABLE))[0],
    "inside another": lambda x: jax.jit(lambda y: y + jnp.sin(TABLE))(x),
    "a function of the whole": lambda x: x * jax.jit(jnp.sum)(TABLE),
    "numbers alone": lambda _: jnp.arange(8.0) + 1.0,
    "from NumPy": lambda x: x + jnp.exp(X),
    "a product of filled arrays": lambda x: x + jnp.sum(jnp.ones((8, 8)) @ jnp.ones((8, 8))),
    "a function of indices": lambda x: x + jnp.sum(jnp.sin(jnp.arange(8.0))),
    "inside a checkpoint": lambda x: jax.checkpoint(lambda y: y + jnp.sin(TABLE))(x),
    "inside a rule for tangents": lambda x: own_tangent(x),
    "inside a rule for cotangents": lambda x: own_cotangent(x),
}
FAIR = {
    "a table that is read": lambda x: x + TABLE,
    "a constant": lambda x: x + jnp.arange(8.0),
    "a choice": lambda x: jnp.where(x > 0, x, jnp.exp(x)),
    "a loop": lambda x: jax.lax.fori_loop(0, 3, lambda _, y: y + TABLE, x),
    "an identity matrix": lambda x: jnp.linalg.inv(jnp.outer(x, x) + jnp.eye(8)),
    "a scalar factor": lambda x: x * jnp.sqrt(2.0),
    "evenly spaced points": lambda x: x + jnp.linspace(0.0, 1.0, 8),
    "a list of indices": lambda x: x[jnp.array([0, -2])],
    "seeds of a Jacobian": jax.jacfwd(jnp.sin),
    "two results, one for show": lambda x: (2 * x, jnp.zeros(3)),
}


@pytest.mark.parametrize("name", FOLDED)
def test_work_that_the_compiler_may_do_beforehand_is_refused(name):
    x = jnp.asarray(X)
    with pytest.raises(ValueError, match=r"^jitted must work on its arguments alone, got jitted="):
        timing.in_turns({"jitted": (jax.jit(FOLDED[name]), x)}, rounds=2)
    with pytest.raises(ValueError, match=r"^fn must work on its arguments alone"):
        timing.stages(FOLDED[name], x, repeats=2)


@pytest.mark.parametrize("name", FAIR)
def test_work_on_the_arguments_is_timed(name):
    race = timing.in_turns({"jitted": (jax.jit(FAIR[name]), jnp.asarray(X))}, rounds=2)
    assert race.spread("jitted").number == 2


def test_a_jitted_function_with_some_arguments_filled_in_is_looked_into():
    jitted = jax.jit(lambda a, x, *, b: a * x + jnp.sin(TABLE) * b)
    filled = partial(partial(jitted, 2.0), b=3.0)
    with pytest.raises(ValueError, match=r"^mine must work on its arguments alone"):
        timing.in_turns({"mine": (filled, jnp.asarray(X))}, rounds=2)
    with pytest.raises(TypeError, match=r"^fn must be a function before jit"):
        timing.stages(filled, jnp.asarray(X))
    fair = partial(jax.jit(lambda a, x: a * x), 2.0)
    assert timing.in_turns({"fair": (fair, jnp.asarray(X))}, rounds=2).dtypes == ("float64",)


def test_a_method_that_is_called_trace_makes_no_jitted_function():
    class Matrix:
        def __call__(self, x):
            return 2 * x

        def trace(self):
            return 0.0

    assert timing.in_turns({"matrix": (Matrix(), X)}, rounds=2).dtypes == ("float64",)
    assert timing.stages(Matrix(), jnp.asarray(X), repeats=2).dtypes == ("float64",)


def test_a_function_that_keeps_its_results_is_refused():
    with pytest.raises(ValueError, match=r"^kept must compute in every call, got kept="):
        timing.in_turns({"kept": (lru_cache(math.sin), 0.5)})


def test_arguments_that_are_given_away_are_refused():
    given = jax.jit(jnp.negative, donate_argnums=0)
    with pytest.raises(ValueError, match=r"^mine must leave its arguments as they are, got mine"):
        timing.in_turns({"mine": (given, jnp.array(X))})


def test_an_array_of_objects_may_hide_an_array():
    def hide(x):
        hidden = np.empty(1, object)
        hidden[0] = jnp.sin(x)
        return hidden

    with pytest.raises(TypeError, match=r"^mine must return arrays or numbers, got array"):
        timing.in_turns({"mine": (hide, X)})


def test_what_is_not_jitted_is_computed_at_every_call():
    x = jnp.asarray(X)
    assert timing.in_turns({"eager": (FOLDED["a part of it"], x)}, rounds=2).seconds["eager"]


# --- where ----------------------------------------------------------------------------------------


def test_the_environment_can_be_written_down():
    found = timing.environment("scipy")
    assert json.loads(json.dumps(found)) == found
    assert found["x64"] is True
    assert found["device"].startswith(jax.devices()[0].platform)
    assert {"date", "cpu", "cores", "python", "jax", "jaxlib", "numpy", "scipy"} <= found.keys()
    assert found["compilations kept"] is False


def test_the_environment_knows_the_switch():
    with jax.enable_x64(False):
        assert timing.environment()["x64"] is False


def test_the_environment_knows_whether_compilations_are_kept(tmp_path):
    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    try:
        assert timing.environment()["compilations kept"] is True
    finally:
        jax.config.update("jax_compilation_cache_dir", None)


def test_the_processor_is_named_by_the_system_or_by_python(tmp_path):
    info = tmp_path / "cpuinfo"
    assert timing._cpu(info)
    info.write_text("processor: 0\nmodel name\t: Abacus 7\nmodel name\t: Abacus 7\n")
    assert timing._cpu(info) == "Abacus 7"
    info.write_text("processor: 0\n")
    assert timing._cpu(info) == timing._cpu(tmp_path / "none")
