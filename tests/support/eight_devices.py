"""What the chapter on devices says of JAX, tried on eight simulated devices; prints it as JSON.

A process of its own, since the number of devices is fixed with the first operation.
"""

import json
import re

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

M, N = 64, 3
ROWS = P(), P("data"), P("data")
X = np.cos(np.outer(np.arange(M), [0.1, 0.2, 0.3]))
Y, W = np.sin(np.arange(M)), np.ones(N)
DATA = W, X, Y


def loss(w, X, y):
    r = X @ w - y
    return jnp.mean(r * r) / 2


def loss_by_columns(w, X, y):
    r = jnp.matmul(X, w, out_sharding=P()) - y
    return jnp.mean(r * r) / 2


def squares(w, X, y):
    r = X @ w - y
    return jnp.sum(r * r) / (2 * M)


def put(values, specs):
    return [jax.device_put(value, spec) for value, spec in zip(values, specs, strict=True)]


def mapped(fn, **kwargs):
    return jax.shard_map(fn, in_specs=ROWS, out_specs=P(), **kwargs)


def total(*args):
    return mapped(lambda *args: jax.lax.psum(squares(*args), "data"))(*args)


def summed_by_hand(**kwargs):
    return mapped(lambda *args: jax.lax.psum(jax.grad(squares)(*args), "data"), **kwargs)


def collectives(fn, *args):
    text = jax.jit(fn).lower(*args).compile().as_text()
    kinds = "all-reduce|all-gather|reduce-scatter|all-to-all|collective-permute"
    found = re.findall(rf"= (.*?) ({kinds})(?:-start)?\(", text)
    return [[kind, re.sub(r"\{[\d,]*\}", "", shape)] for shape, kind in found]


def messages(fn, *args):
    """Operations on arrays of floats that concern devices, in the order of the jaxpr."""
    text = jax.make_jaxpr(fn)(*args).pretty_print(use_color=False)
    line = r"f64\[(\d*)\]\S* = (pvary|psum_invariant)\S* \w+\n"
    return [[name, shape] for shape, name in re.findall(line, text)]


def refusal(act):
    """Kind and words of an error; nothing if there is none."""
    try:
        act()
    except Exception as error:
        return [type(error).__name__, str(error)]
    return []


def outside_a_mesh():
    """Try a gradient that is neither compiled nor within a mesh; and the two cures."""
    mesh = jax.make_mesh((8,), ("data",))
    arrays = put(DATA, [NamedSharding(mesh, spec) for spec in ROWS])
    reduced = jax.grad(
        jax.shard_map(
            lambda *args: jax.lax.psum(squares(*args), "data"),
            mesh=mesh,
            in_specs=ROWS,
            out_specs=P(),
        )
    )
    refused = refusal(lambda: reduced(*arrays))
    with jax.set_mesh(mesh):
        cured = refusal(lambda: reduced(*arrays))
    return {"refused": refused, "jitted": refusal(lambda: jax.jit(reduced)(*arrays)), "set": cured}


def automatic():
    with jax.set_mesh(jax.make_mesh((8,), ("data",), axis_types=(AxisType.Auto,))):
        _, rows, values = put(DATA, ROWS)
        return collectives(lambda X, y: X.T @ y, rows, values)


def facts():
    outside = outside_a_mesh()
    jax.set_mesh(jax.make_mesh((8,), ("data",)))
    arrays = put(DATA, ROWS)
    _, rows, values = arrays
    alone = np.asarray(jax.grad(loss)(*map(jnp.asarray, DATA)))
    ways = {
        "inside": mapped(jax.grad(squares)),
        "total": jax.grad(total),
        "by hand": summed_by_hand(),
        "by hand, unchecked": summed_by_hand(check_vma=False),
        "unchecked": mapped(jax.grad(squares), check_vma=False),
    }
    wide = np.pad(W, (0, 5)), np.pad(X, ((0, 0), (0, 5))), Y
    columns = put(wide, (P("data"), P(None, "data"), P()))
    memory = jax.jit(jax.grad(loss)).lower(*arrays).compile().memory_analysis()
    return {
        "outside": outside,
        "gradient": np.asarray(jax.jit(jax.grad(loss))(*arrays)).tolist(),
        "collectives": {
            "value": collectives(loss, *arrays),
            "gradient": collectives(jax.grad(loss), *arrays),
            "both": collectives(jax.value_and_grad(loss), *arrays),
            "columns": collectives(jax.grad(loss_by_columns), *columns),
            "automatic": automatic(),
        },
        "messages": {
            "value": messages(total, *arrays),
            "gradient": messages(jax.grad(total), *arrays),
        },
        "ratios": {name: (np.asarray(way(*arrays)) / alone).tolist() for name, way in ways.items()},
        "bytes": memory.argument_size_in_bytes,
        "refusals": {
            "too late": refusal(lambda: jax.config.update("jax_num_cpu_devices", 4)),
            "uneven": refusal(lambda: jax.device_put(X[:-1], P("data"))),
            "elsewhere": refusal(lambda: values + jax.device_put(Y, jax.devices()[3])),
            "ambiguous": refusal(lambda: rows.T @ values),
            "no sum": refusal(lambda: mapped(squares)(*arrays)),
            "no such axis": refusal(lambda: jax.device_put(X, P("date"))),
        },
    }


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_num_cpu_devices", 8)
    print(json.dumps(facts()))
