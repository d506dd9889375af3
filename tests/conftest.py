"""Settings that every test runs under.

They are made in this process, not in its environment: kernels and builds that a test starts
must not inherit them.
"""

import os
from importlib.util import find_spec

import pytest
from hypothesis import HealthCheck, settings

# On CI the same examples at every run; at a desk, new ones. A slow machine is no failure.
PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("desk", **PATIENT)
settings.register_profile("ci", **PATIENT, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")

if find_spec("jax"):
    import jax

    jax.config.update("jax_enable_x64", True)
    # A float32 that meets a float64, or a row that meets a matrix, is an error and no surprise.
    jax.config.update("jax_numpy_dtype_promotion", "strict")
    jax.config.update("jax_numpy_rank_promotion", "raise")

if find_spec("matplotlib"):
    import matplotlib as mpl

    mpl.use("Agg")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file in one process, since they share what is slow to make."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.location[0]))
