"""What the chapter on devices says of JAX: eight simulated devices, and two processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import eight_devices
import numpy as np
import pytest
import two_processes

ROOT = Path(__file__).parents[2]
U = 2.0**-53


@pytest.fixture(scope="module")
def facts():
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    run = subprocess.run(
        [sys.executable, eight_devices.__file__],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return json.loads(run.stdout)


def closed_form(X, y, w):
    """Gradient of half the mean square of Xw - y, and a bound of its rounding error."""
    terms = (X @ w - y)[:, None] * X
    return terms.mean(axis=0), len(X) * U * np.abs(terms).mean(axis=0)


def test_the_gradient_on_eight_devices_is_the_closed_form(facts):
    exact, bound = closed_form(eight_devices.X, eight_devices.Y, eight_devices.W)
    assert np.all(np.abs(facts["gradient"] - exact) <= bound)


@pytest.mark.parametrize(
    ("layout", "shape"),
    [
        ("value", "f64[]"),
        ("gradient", "f64[3]"),
        ("both", "(f64[], f64[3])"),
        ("columns", "f64[64]"),
        ("automatic", "f64[3]"),
    ],
)
def test_each_layout_needs_one_sum_over_the_devices(facts, layout, shape):
    assert facts["collectives"][layout] == [["all-reduce", shape]]


def test_the_transpose_of_a_broadcast_is_a_sum_and_the_reverse(facts):
    forwards = [["pvary", "3"], ["psum_invariant", ""]]
    transpose = {"pvary": "psum_invariant", "psum_invariant": "pvary"}
    backwards = [[transpose[name], shape] for name, shape in reversed(forwards)]
    assert facts["messages"]["value"] == forwards
    assert facts["messages"]["gradient"] == forwards + backwards


@pytest.mark.parametrize(
    ("way", "factor"), [("total", 1), ("inside", 1), ("by hand", 8), ("by hand, unchecked", 1)]
)
def test_a_gradient_that_is_summed_twice_is_eight_times_too_large(facts, way, factor):
    assert np.allclose(facts["ratios"][way], factor, rtol=1e-12)


def test_without_check_and_sum_one_device_speaks_for_all(facts):
    first = slice(0, 8)
    own, _ = closed_form(eight_devices.X[first], eight_devices.Y[first], eight_devices.W)
    whole, _ = closed_form(eight_devices.X, eight_devices.Y, eight_devices.W)
    assert np.allclose(facts["ratios"]["unchecked"], own / 8 / whole, rtol=1e-12)


def test_each_device_holds_an_eighth_of_the_rows_and_all_parameters(facts):
    assert facts["bytes"] == 8 * (3 + 64 // 8 * (3 + 1))


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("too late", "RuntimeError", "before backends are initialized"),
        ("uneven", "ValueError", "does not evenly divide"),
        ("elsewhere", "ValueError", "incompatible devices"),
        ("ambiguous", "ShardingTypeError", "out_sharding"),
        ("no sum", "ValueError", "require replication"),
        ("no such axis", "ValueError", "not found in mesh"),
    ],
)
def test_jax_refuses_what_no_layout_can_give(facts, name, kind, words):
    found = facts["refusals"][name]
    assert found[0] == kind
    assert words in found[1]


def test_an_eager_gradient_wants_a_mesh_that_is_set(facts):
    kind, words = facts["outside"]["refused"]
    assert kind == "ValueError"
    assert "device assignment" in words
    assert facts["outside"]["jitted"] == facts["outside"]["set"] == []


# --- Two processes --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told():
    try:
        socket.getaddrinfo(socket.gethostname(), None)
    except socket.gaierror:
        pytest.skip("the library of the collectives needs a name of this machine that resolves")
    return two_processes.together()


def test_two_processes_print_what_the_chapter_shows(told):
    record = (ROOT / "docs/_recorded/two_processes.txt").read_text(encoding="utf-8")
    assert "\n".join(told) == record


def test_two_processes_find_the_gradient_of_all_rows(told):
    X, y = (np.concatenate(part) for part in zip(*map(two_processes.rows_of, (0, 1)), strict=True))
    exact, _ = closed_form(X, y, np.ones(3))
    assert len(X) == two_processes.ROWS
    for text in told:
        (line,) = [line for line in text.splitlines() if line.startswith("gradient")]
        found = np.array(line.partition("[")[2].strip("]").split(), float)
        assert np.allclose(found, exact, rtol=0, atol=1e-8)  # eight digits are printed


@pytest.fixture
def processes(monkeypatch):
    """Collect the processes that a test starts."""
    begun = []

    class Noted(subprocess.Popen):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            begun.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    return begun


def test_no_process_outlives_a_call_that_takes_too_long(processes):
    with pytest.raises(TimeoutError, match=r"after 0\.05 s"):
        two_processes.together(timeout=0.05)
    assert [process.returncode for process in processes] == [-signal.SIGKILL] * 2


@pytest.mark.parametrize("victim", [0, 1])
def test_a_process_that_is_killed_ends_the_other_at_once(monkeypatch, processes, victim):
    real, naps = time.sleep, []

    def kill_during_the_third_nap(seconds):
        naps.append(seconds)
        if len(naps) == 3:
            processes[victim].kill()
        real(seconds)

    monkeypatch.setattr(time, "sleep", kill_during_the_third_nap)
    with pytest.raises(RuntimeError, match="a process ended with -9: "):
        two_processes.together()
    assert len(naps) < 100  # two seconds, of the 240 that it may take
    assert [process.returncode for process in processes] == [-signal.SIGKILL] * 2


def test_a_process_that_says_too_much_for_a_pipe_is_heard(monkeypatch, tmp_path):
    script = tmp_path / "talk.py"
    script.write_text(
        "import sys\nprint('o' * 200_000, end='')\nprint('e' * 200_000, file=sys.stderr)\n"
    )
    monkeypatch.setattr(two_processes, "__file__", str(script))
    assert two_processes.together(timeout=60) == ["o" * 200_000] * 2


def test_a_process_that_fails_is_reported(monkeypatch):
    monkeypatch.setattr(two_processes, "free_port", lambda: "no port")
    with pytest.raises(RuntimeError, match=r"a process ended with 1: (.|\n)*no port"):
        two_processes.together()
