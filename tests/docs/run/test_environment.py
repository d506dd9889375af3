"""What the environment page tells."""

import platform
from types import SimpleNamespace

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")
from slopes_docs.run import environment, execution


def test_the_machine_is_described_without_its_name():
    told = dict(environment.machine())
    assert set(told) == {"processor", "cores", "memory", "system"}
    assert platform.node() not in str(told)
    assert dict(environment.versions())["numpy"] == execution.installed("numpy")


def test_the_environment_page_is_written_anew_when_a_page_has_run():
    metadata = {"environment": {"environment_table": True}, "page": {}}
    env = SimpleNamespace(metadata=metadata, nb_new_exec_data=True)
    assert environment.pages_to_write(None, env) == ["environment"]
    env.nb_new_exec_data = False
    assert environment.pages_to_write(None, env) == []
