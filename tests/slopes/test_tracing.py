"""What is recorded of a function, and how often it runs, against counts made another way."""

import functools
import gc
import weakref
from collections import Counter
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from slopes.tracing import downstream, operations, program


def f(x):
    return x**2 + 3 * x + 2


def lines(recorded):
    return [(op.name, op.operands) for op in recorded.operations]


def weighted(a, b):
    return a + 2 * b


def body(recorded, name):
    """The programs inside the one operation of that name."""
    (op,) = [op for op in recorded.operations if op.name == name]
    return dict(op.bodies)


# --- program --------------------------------------------------------------------------------------


def test_a_polynomial_is_four_lines_that_read_what_came_before():
    recorded = program(f, 2.0)
    assert recorded.inputs == ("x",)
    assert lines(recorded) == [
        ("integer_pow", (0,)), ("mul", ("3.0", 0)), ("add", (1, 2)), ("add", (3, "2.0"))
    ]  # fmt: skip
    assert [op.results for op in recorded.operations] == [(1,), (2,), (3,), (4,)]
    assert recorded.operations[0].detail == "y=2"
    assert (recorded.outputs, recorded.roles) == ((4,), ("out",))
    assert recorded.types == ("f64[]",) * 5


def test_values_do_not_matter_and_shapes_do():
    assert program(f, 2.0) == program(f, -7.0)
    assert program(f, jax.ShapeDtypeStruct((3,), jnp.float32)).types[0] == "f32[3]"


def test_inputs_are_named_after_parameters_and_where_in_them_they_are():
    def model(params, x, *rest):
        return params["w"] * x + params["b"][0] + rest[0]

    recorded = program(model, {"w": 1.0, "b": [2.0]}, 3.0, 4.0)
    assert recorded.inputs == ("params['b'][0]", "params['w']", "x", "x2")


def test_a_function_that_hides_its_parameters_gets_numbered_ones():
    assert program(max, [2.0]).inputs == ("x0[0]",)


def test_an_array_that_the_function_holds_is_an_input_of_its_own():
    held = jnp.arange(3.0)
    recorded = program(lambda x: x * held, jnp.ones(3))
    assert recorded.inputs == ("constant", "x")
    assert lines(recorded) == [("mul", (1, 0))]


def test_outputs_may_be_numbers_inputs_and_several():
    recorded = program(lambda x: (x, 2.0, jnp.sin(x)), 1.0)
    assert recorded.outputs == (0, "2.0", 1)
    assert recorded.roles == ("out 1", "out 2", "out 3")


@pytest.mark.parametrize("number", [3, 2.5, 1 + 2j, np.float32(0.5), np.int64(-1)])
def test_a_constant_is_written_as_python_writes_it(number):
    # Whole and complex ones were TypedInt(3, dtype=int64) and the like.
    like = type(number)(1)
    written = str(number.item() if isinstance(number, np.generic) else number)
    assert lines(program(lambda x: x * number, like)) == [("mul", (0, written))]


def test_a_change_of_type_says_to_which():
    (op,) = program(lambda x: x.astype(jnp.int32), 1.0).operations
    assert op.detail == "new_dtype=int32"
    (op,) = program(lambda x: x.astype(jnp.float64), np.float32(1)).operations
    assert op.detail == "new_dtype=float64"


def test_a_sum_says_over_which_axes_and_one_over_none_says_nothing():
    (op,) = program(lambda x: lax.reduce_sum_p.bind(x, axes=(0,), out_sharding=None), jnp.ones(2)
                    ).operations  # fmt: skip
    assert op.detail == "axes=(0,)"
    (op,) = program(lambda x: lax.reduce_sum_p.bind(x, axes=(), out_sharding=None), jnp.ones(2)
                    ).operations  # fmt: skip
    assert op.detail == ""


def test_a_scan_holds_its_body_with_constant_carry_and_slice():
    def turns(x, a):
        return lax.scan(lambda c, a: (jnp.sin(c) * x, (c, 2 * a)), jnp.cos(x), a)

    recorded = program(turns, 1.0, jnp.arange(5.0))
    (op,) = [op for op in recorded.operations if op.name == "scan"]
    ((title, inner),) = op.bodies
    assert (title, op.times) == ("", 5)
    assert inner.inputs == ("constant", "carry", "slice")
    assert inner.roles == ("carry", "stacked", "stacked")
    assert recorded.operations[-1].results == (3, 4, 5)
    assert "sin" in [line.name for line in inner.operations]
    assert inner.outputs[1] == 1


def test_a_scan_over_rows_takes_slices_that_are_arrays():
    recorded = program(lambda a: lax.scan(lambda c, row: (c + row, None), a[0], a), jnp.eye(3))
    assert body(recorded, "scan")[""].inputs == ("carry", "slice")
    assert body(recorded, "scan")[""].types[:2] == ("f64[3]", "f64[3]")


def test_a_while_loop_holds_a_test_and_a_turn():
    def halve(x, low, by, plus):
        return lax.while_loop(lambda y: y > low, lambda y: y / by + plus, x)

    bodies = body(program(halve, 8.0, 1.0, 2.0, 0.1), "while")
    assert list(bodies) == ["test", "turn"]
    assert lines(bodies["test"]) == [("gt", (1, 0))]
    assert lines(bodies["turn"]) == [("div", (2, 0)), ("add", (3, 1))]
    assert bodies["test"].inputs == ("constant", "carry")
    assert bodies["turn"].inputs == ("constant", "constant", "carry")
    assert [inner.roles for inner in bodies.values()] == [("out",), ("carry",)]


def test_a_cond_holds_its_branches_the_false_one_first():
    recorded = program(lambda x: lax.cond(x > 0, jnp.sin, lambda x: 2 * x, x), 1.0)
    bodies = body(recorded, "cond")
    assert {title: inner.operations[0].name for title, inner in bodies.items()} == {
        "branch 0": "mul",
        "branch 1": "sin",
    }


def test_functions_that_are_kept_whole_hold_theirs():
    recorded = program(lambda x: jax.nn.relu(x), 1.0)
    (kept,) = body(recorded, "custom_jvp_call").values()
    (op,) = kept.operations
    assert (op.name, op.detail) == ("jit", "relu")
    assert lines(op.bodies[0][1]) == [("max", (0, "0.0"))]


def test_a_rule_for_going_backwards_is_kept_whole():
    @jax.custom_vjp
    def square(x):
        return x * x

    square.defvjp(lambda x: (x * x, x), lambda x, w: (2 * x * w,))
    (inner,) = body(program(square, 1.0), "custom_vjp_call").values()
    assert lines(inner) == [("mul", (0, 0))]


def test_a_checkpoint_holds_an_open_program():
    gradient = jax.grad(jax.checkpoint(lambda x: jnp.sin(jnp.sin(x))))
    (op,) = [op for op in program(gradient, 1.0).operations if op.bodies]
    assert [line.name for line in op.bodies[0][1].operations][:3] == ["sin", "cos", "cos"]


def test_a_solve_names_what_it_carries():
    recorded = program(jnp.linalg.solve, jnp.eye(2), jnp.ones(2))
    (whole,) = body(recorded, "jit").values()
    titles = list(body(whole, "custom_linear_solve"))
    assert titles == ["matvec", "vecmat", "solve", "transpose_solve"]


def test_what_returns_no_array_is_refused():
    with pytest.raises(TypeError, match="not a valid JAX type"):
        program(lambda _: "text", 1.0)


# --- operations -----------------------------------------------------------------------------------


def test_each_line_of_a_straight_program_counts_once():
    assert operations(f, 2.0) == Counter(integer_pow=1, mul=1, add=2)
    assert operations(f, jnp.ones(1000)).total() == 4


def test_a_loop_counts_as_often_as_its_unrolled_twin():
    def rolled(x):
        return lax.scan(lambda c, _: (jnp.sin(c) * c, None), x, None, length=7)[0]

    def unrolled(x):
        for _ in range(7):
            x = jnp.sin(x) * x
        return x

    assert operations(rolled, 1.0) == operations(unrolled, 1.0)


def test_loops_in_loops_multiply():
    def inner(x):
        return lax.fori_loop(0, 3, lambda _, y: jnp.sin(y), x)

    outer = operations(lambda x: lax.fori_loop(0, 5, lambda _, y: inner(y), x), 1.0)
    assert outer["sin"] == 15


def test_a_branch_counts_the_larger_alternative():
    def branched(x):
        return lax.cond(x > 0, lambda x: jnp.sin(jnp.sin(x)), jnp.cos, x)

    counts = operations(branched, 1.0)
    assert (counts["sin"], counts["cos"], counts["cond"]) == (2, 0, 0)


def test_what_is_kept_whole_counts_what_is_in_it():
    whole = jax.jit(jax.checkpoint(f))
    assert operations(whole, 2.0) == operations(f, 2.0)


def test_a_solve_counts_the_solve_alone():
    counts = operations(jnp.linalg.solve, jnp.eye(2), jnp.ones(2))
    assert (counts["lu"], counts["triangular_solve"], counts["dot_general"]) == (1, 2, 0)


def test_a_loop_that_ends_when_it_likes_is_refused():
    with pytest.raises(ValueError, match="fn must turn its loops a known number of times, got"):
        operations(lambda x: lax.while_loop(lambda y: y > 1, lambda y: y / 2, x), 8.0)


@pytest.mark.parametrize(
    ("name", "fn"),
    [
        ("scatter-add", lambda x: x.at[0].add(x[1])),
        ("scatter-mul", lambda x: x.at[0].mul(x[1])),
        ("reduce", lambda x: lax.reduce(x, 0.0, weighted, (0,))),
        ("reduce_window", lambda x: lax.reduce_window(x, 0.0, weighted, (2,), (1,), "SAME")),
    ],
)  # fmt: skip
def test_what_is_done_with_two_elements_is_part_of_the_operation(name, fn):
    # These were counted as one run of their combiner, and not as themselves.
    counts = operations(fn, jnp.ones(3))
    assert (counts[name], counts["add"], counts["mul"]) == (1, 0, 0)
    assert body(program(fn, jnp.ones(3)), name) == {}


# --- downstream -----------------------------------------------------------------------------------


def test_what_is_downstream_of_the_tangent_is_what_a_change_of_the_tangent_changes():
    def pushed(x, v):
        return jax.jvp(lambda x: jnp.sin(x) * x + 3 * x, (x,), (v,))

    def values(x, v):
        """Each operation's value: the program interpreted, one operation at a time."""
        jaxpr = jax.make_jaxpr(pushed)(x, v)
        jaxpr = getattr(jaxpr, "jaxpr", jaxpr)
        env = dict(zip(jaxpr.invars, (x, v), strict=True))
        for eqn in jaxpr.eqns:
            args = [a.val if hasattr(a, "val") else env[a] for a in eqn.invars]
            env[eqn.outvars[0]] = eqn.primitive.bind(*args, **eqn.params)
        return [float(env[eqn.outvars[0]]) for eqn in jaxpr.eqns]

    recorded = program(pushed, 0.7, 1.0)
    pairs = zip(values(0.7, 1.0), values(0.7, 2.0), strict=True)
    assert downstream(recorded, of=[1]) == tuple(k for k, (a, b) in enumerate(pairs) if a != b)
    assert downstream(recorded, of=[]) == ()


def test_downstream_of_no_input_is_refused():
    with pytest.raises(ValueError, match=r"of must be numbers of inputs, 0 to 0, got of=\[1\]"):
        downstream(program(f, 2.0), of=[1])


# --- what the chapter says of JAX, on every release -----------------------------------------------


def root(x):
    y = x
    while abs(y * y - x) > 1e-10:
        y = (y + x / y) / 2
    return y


def test_a_decision_about_a_tracer_raises_under_jit_and_works_under_grad_alone():
    with pytest.raises(jax.errors.TracerBoolConversionError, match="boolean conversion of traced"):
        jax.jit(root)(2.0)
    assert jax.grad(root)(2.0) == pytest.approx(0.5 / np.sqrt(2), rel=1e-9)
    cured = jax.jit(
        lambda x: lax.while_loop(lambda y: abs(y * y - x) > 1e-10, lambda y: (y + x / y) / 2, x)
    )
    assert cured(2.0) == root(2.0)


@pytest.mark.parametrize("ask", [float, int, jnp.arange], ids=lambda ask: ask.__name__)
def test_a_number_asked_of_a_tracer_raises(ask):
    with pytest.raises(jax.errors.ConcretizationTypeError, match="where concrete value is expect"):
        jax.jit(ask)(3)
    assert isinstance(jnp.asarray(jax.jit(ask, static_argnums=0)(3)), jax.Array)


@pytest.mark.parametrize(
    "shaped", [lambda x, n: x * jnp.ones(n), lambda x, n: jnp.reshape(x, (n, 1))]
)
def test_a_shape_from_a_tracer_raises_and_a_static_argument_cures_it(shaped):
    x = jnp.ones(3)
    with pytest.raises(TypeError, match="Shapes must be 1D sequences of concrete values"):
        jax.jit(shaped)(x, 3)
    assert jax.jit(shaped, static_argnums=1)(x, 3).shape[0] == 3


@pytest.mark.parametrize("wrong", [[1, 2], np.ones(2)], ids=["list", "array"])
def test_a_static_argument_that_has_no_hash_is_refused(wrong):
    with pytest.raises(ValueError, match="Non-hashable static arguments are not supported"):
        jax.jit(len, static_argnums=0)(wrong)


def test_an_index_of_a_list_and_a_mask_raise_errors_of_their_own():
    rates = [0.1, 0.2, 0.3]
    with pytest.raises(jax.errors.TracerIntegerConversionError, match="__index__"):
        jax.jit(lambda k: rates[k])(1)
    assert jax.jit(lambda k: jnp.array(rates)[k])(1) == 0.2
    x = jnp.arange(4.0)
    with pytest.raises(jax.errors.NonConcreteBooleanIndexError, match="must be concrete"):
        jax.jit(lambda x: jnp.sum(x[x > 1]))(x)
    assert jax.jit(lambda x: jnp.sum(jnp.where(x > 1, x, 0.0)))(x) == 5.0


@pytest.mark.parametrize("transform", [jax.jit, jax.grad], ids=["jit", "grad"])
def test_numpy_inside_raises(transform):
    with pytest.raises(jax.errors.TracerArrayConversionError, match="__array__"):
        transform(lambda x: np.sin(x))(2.0)
    assert transform(lambda x: jnp.sin(x))(2.0).shape == ()


def test_a_tracer_that_got_away_raises_where_it_is_used():
    history = []

    @jax.jit
    def remember(x):
        history.append(2 * x)
        return x

    assert remember(1.0) == 1.0
    with pytest.raises(jax.errors.UnexpectedTracerError, match="unexpected tracer"):
        history[0] + 1


def test_reverse_mode_needs_to_know_the_number_of_turns():
    def halve(x, bound):
        return lax.fori_loop(0, bound, lambda _, y: y / 2, x)

    assert program(lambda x: halve(x, 3), 8.0).operations[-1].name == "scan"
    assert program(halve, 8.0, 3).operations[-1].name == "while"
    assert jax.jvp(jax.jit(lambda x: halve(x, 3)), (8.0,), (1.0,))[1] == 0.125
    assert jax.jit(jax.grad(lambda x: halve(x, 3)))(8.0) == 0.125
    with pytest.raises(ValueError, match=r"does not work for lax\.while_loop or lax"):
        jax.jit(jax.grad(halve))(8.0, 3)


def test_a_function_is_traced_for_each_type_shape_and_static_value_and_no_more():
    seen = []

    def counted(x, scale=2.0):
        seen.append(None)
        return scale * x

    def traces(fn, *calls):
        seen.clear()
        for args in calls:
            fn(*args)
        return len(seen)

    assert traces(jax.jit(counted), (2.0,), (3.0,), (2,), (np.ones(3),), (np.ones(4),)) == 4
    assert traces(jax.jit(counted), (2.0,), (5,)) == 0  # the same function, jitted again
    assert traces(jax.jit(counted), (np.float64(2.0),)) == 1  # a type that is not weak
    assert traces(jax.jit(counted), *[(2.0, float(k)) for k in range(5)]) == 1
    static = jax.jit(counted, static_argnums=1)
    assert traces(static, *[(2.0, float(k)) for k in range(5)]) == 5
    assert traces(lambda x: jax.jit(lambda x: counted(x))(x), *[(2.0,)] * 5) == 5


def test_a_jitted_method_keeps_its_object_and_what_it_saw_of_it():
    class Scaler:
        def __init__(self, w):
            self.w = w

        @functools.partial(jax.jit, static_argnums=0)
        def __call__(self, x):
            return jnp.sum(self.w) * x

    scaler = Scaler(jnp.ones(10))
    assert scaler(1.0) == 10.0
    scaler.w = 2 * scaler.w
    assert scaler(1.0) == 10.0
    ghost = weakref.ref(scaler)
    del scaler
    gc.collect()
    assert ghost() is not None


def test_a_registered_object_is_an_argument_like_any_other():
    @jax.tree_util.register_dataclass
    @dataclass
    class Weights:
        w: jax.Array

        @jax.jit
        def __call__(self, x):
            return jnp.sum(self.w) * x

    weights = Weights(jnp.ones(10))
    assert weights(1.0) == 10.0
    weights.w = 2 * weights.w
    assert weights(1.0) == 20.0
    ghost = weakref.ref(weights)
    del weights
    gc.collect()
    assert ghost() is None


def test_vjp_is_the_transpose_of_what_linearize_returns():
    def fn(x):
        return jnp.sin(x) * x + 3 * x

    _, linear = jax.linearize(fn, 0.7)
    back = jax.linear_transpose(linear, 1.0)
    assert back(2.0)[0] == jax.vjp(fn, 0.7)[1](2.0)[0]
    names = {op.name for op in program(linear, 1.0).operations}
    assert names <= {"mul", "add", "add_any"}
