"""What every benchmark shares: machine and versions, timing, and a compact record."""

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from slopes import timing


def environment(*packages: str) -> dict[str, Any]:
    """Machine and versions."""
    return timing.environment(*packages, "slopes")


def timed(run: Callable[[], Any], repeats: int) -> dict[str, float]:
    """Median, fastest and slowest of some runs in seconds, after one that is left out."""
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    found = timing.spread(times)
    return {"median": found.median, "low": found.low, "high": found.high}


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a record as JSON, one row a line."""
    path.write_text(compact(content) + "\n")


def _short(value: Any) -> Any:
    """Four significant digits; null for what JSON has no number for."""
    if isinstance(value, dict):
        return {key: _short(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_short(entry) for entry in value]
    if not isinstance(value, float):
        return value
    return float(f"{value:.4g}") if math.isfinite(value) else None


def compact(content: dict[str, Any]) -> str:
    """JSON with one row a line: short to store, and a change shows as a line."""
    text = json.dumps(_short(content), separators=(",", ":"))
    return text.replace("},{", "},\n{").replace("[{", "[\n{").replace("}],", "}],\n")
