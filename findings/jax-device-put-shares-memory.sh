#!/usr/bin/env bash
# JAX 0.10.2 (and 0.12.0.1), CPU, NumPy 2.4.6: an array of JAX, which cannot change, changes.
#
# - jax.device_put of a NumPy array whose data start at a multiple of 64 bytes shares its memory: writing into the
#   NumPy array afterwards changes the array of JAX, and what a jitted function computes from it.
# - may_alias=False does not prevent it, though its documentation says "If False, x will be copied".
# - jnp.array copies, and so does jnp.asarray(x, copy=False), silently, though its documentation says that it is an
#   "error if a copy is necessary". A NumPy array that starts elsewhere is copied, too, so that a
#   program's result may depend on where the allocator has put its data.
# There is no warning. Right would be a copy at least with may_alias=False.
# Seen on 2026-11-27, after numbers[0] = 7: 7.0 (device_put), 7.0 (may_alias=False), 0.0 (four bytes further), 0.0
# (jnp.array, and asarray with copy=False); the sum of a hundred zeros under jit is 0.0 and then 7.0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check jax==0.10.2 numpy==2.4.6
JAX_PLATFORMS=cpu "$folder/env/bin/python" - <<'PY'
import sys

import jax
import jax.numpy as jnp
import numpy as np

wrong = 0


def numbers(shift):
    raw = np.zeros(500, np.uint8)
    start = -raw.ctypes.data % 64 + shift
    return raw[start : start + 400].view(np.float32)


def expect(name, found, seen, true):
    global wrong
    wrong += found != seen
    print("as seen " if found == seen else "CHANGED ", name, found, "truly", true)


def after_writing(put, shift=0):
    host = numbers(shift)
    device = put(host).block_until_ready()
    host[0] = 7.0
    return float(device[0])


expect("device_put:", after_writing(jax.device_put), 7.0, 0.0)
expect("may_alias=False:", after_writing(lambda x: jax.device_put(x, may_alias=False)), 7.0, 0.0)
expect("device_put, four bytes further:", after_writing(jax.device_put, 4), 0.0, 0.0)
expect("jnp.array:", after_writing(jnp.array), 0.0, 0.0)
expect("asarray, copy=False:", after_writing(lambda x: jnp.asarray(x, copy=False)), 0.0, "an error")
host = numbers(0)
device, total = jax.device_put(host), jax.jit(jnp.sum)
expect("a sum under jit, before:", float(total(device)), 0.0, 0.0)
host[0] = 7.0
expect("and after:", float(total(device)), 7.0, 0.0)
sys.exit(bool(wrong))
PY
