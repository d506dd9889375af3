"""What the tests of `slopes.finite` share: number formats, counted calls, the benchmark's cases."""

import math

import ml_dtypes
import numpy as np
from loading import load

U = 2.0**-53
FREE = (-math.inf, math.inf)
DTYPES = (np.float16, ml_dtypes.bfloat16, np.float32, np.float64)
BENCHMARK = load("finite")


def counting(fn):
    """The function and the list of the points at which it was called."""
    calls = []

    def counted(x):
        calls.append(x)
        return fn(x)

    return counted, calls
