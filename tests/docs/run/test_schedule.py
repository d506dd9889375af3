"""The order in which pages are read."""

from types import SimpleNamespace

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")
from slopes_docs.run import schedule


def test_chunks_that_are_read_side_by_side_weigh_the_same():
    weights = {"a": 9, "b": 8, "c": 7, "d": 6, "e": 1, "f": 0}
    assert schedule.deal(weights, [2, 2]) == ["d", "a", "c", "b", "e", "f"]


def test_a_full_chunk_takes_no_more():
    assert schedule.deal({"a": 1, "b": 1, "c": 9}, [1, 2]) == ["c", "b", "a"]


@pytest.mark.parametrize(("processes", "expected"), [(1, "dcba"), (2, "dacb"), (4, "abcd")])
def test_pages_are_dealt_to_the_processes_there_are(tmp_path, processes, expected):
    for name, size in zip("abcd", (9, 8, 7, 6), strict=True):
        (tmp_path / name).write_text("x" * size)
    names = list("dcba")
    env = SimpleNamespace(doc2path=lambda name: tmp_path / name)
    schedule.balance(SimpleNamespace(parallel=processes), env, names)
    assert "".join(names) == expected
