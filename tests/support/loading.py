"""Load a benchmark as a module: its folder is no package."""

import importlib.util
import sys
from pathlib import Path


def load(name):
    """Return ``tests/benchmarks/<name>.py`` under a name that hides no module of the package."""
    path = Path(__file__).parents[1] / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
