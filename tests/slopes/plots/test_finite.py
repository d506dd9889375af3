"""The chapters' figures: labels, scales, alt text and the data drawn, not pixels."""

import numpy as np
import pytest
from drawings import curve_colours, data, drawn, is_loglog, names, panels

from slopes.plots import finite, style

U = 2.0**-53
STEPS = np.logspace(-3, -1, 5)
ERRORS = {"forward": STEPS, "central": STEPS**2}


# --- orders ---------------------------------------------------------------------------------------


def test_orders_shows_the_errors_and_a_line_of_each_order():
    drawing = finite.orders(STEPS, ERRORS, slopes=(1, 2))
    (ax,) = panels(drawing)
    assert is_loglog(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step $h$", "absolute error")
    for err in ERRORS.values():
        assert drawn(ax, STEPS, err)
    slopes = [np.ptp(np.log(y)) / np.ptp(np.log(x)) for x, y in data(ax)[1::2]]
    assert np.allclose(slopes, [1, 2])
    assert names(ax) == {"forward: 1", "central: 2"}
    assert "from 0.001 to 0.1" in drawing.alt
    assert "forward and central lie on straight lines of slope 1 and 2." in drawing.alt


def test_orders_leaves_an_exact_hit_out_even_where_the_line_would_start():
    hit = np.array([1e-6, 0.0, 1e-2, 1e-1, 0.0])
    (ax,) = panels(finite.orders(STEPS, {"forward": hit}, slopes=(1,)))
    (x, points), (_, line) = data(ax)
    assert np.array_equal(np.isnan(points), hit == 0)
    assert line[3] == hit[3]
    assert line[-1] == pytest.approx(hit[3] * x[-1] / x[3])


def test_orders_wants_one_order_for_each_formula():
    with pytest.raises(ValueError, match=r"slopes must be one order for each of forward .*\(1,\)"):
        finite.orders(STEPS, ERRORS, slopes=(1,))


def test_orders_wants_an_error_to_draw():
    with pytest.raises(ValueError, match=r"errors must have a positive entry, got errors\['exact'"):
        finite.orders(STEPS, {"exact": 0 * STEPS}, slopes=(1,))


# --- u_curve --------------------------------------------------------------------------------------

MODEL = {"forward": STEPS / 2 + 4e-5 / STEPS, "central": STEPS**2 + 1e-6 / STEPS}
BEST = {"forward": STEPS[2], "central": STEPS[1]}


def test_u_curve_shows_measured_and_predicted_errors_and_the_best_steps():
    drawing = finite.u_curve(STEPS, ERRORS, MODEL, best=BEST, u=U)
    (ax,) = panels(drawing)
    assert is_loglog(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step $h$", "relative error")
    for name in ERRORS:
        assert drawn(ax, STEPS, ERRORS[name])
        assert drawn(ax, STEPS, MODEL[name])
    diamonds = [line for line in ax.lines if line.get_marker() == "D"]
    marks = {(line.get_xdata()[0], line.get_ydata()[0]) for line in diamonds}
    expected = {(BEST[name], MODEL[name][BEST[name] == STEPS][0]) for name in BEST}
    assert np.allclose(sorted(marks), sorted(expected))
    assert names(ax) == {"forward", "central", "unit roundoff"}
    assert any(np.all(y == U) for _, y in data(ax))
    assert "forward and central" in drawing.alt


def test_u_curve_leaves_exact_hits_out():
    hit = np.where(STEPS[2] == STEPS, 0.0, STEPS)
    (ax,) = panels(finite.u_curve(STEPS, {"forward": hit}, MODEL, best=BEST, u=U))
    assert np.array_equal(np.isnan(data(ax)[0][1]), hit == 0)


# --- dtypes ---------------------------------------------------------------------------------------


def test_dtypes_shows_a_valley_and_a_tick_for_each_format():
    valleys = {"float16": (STEPS, STEPS), "float32": (STEPS / 10, np.where(STEPS > 0.05, 0, STEPS))}
    best = {"float16": 1e-2, "float32": 1e-3}
    drawing = finite.dtypes(valleys, best)
    (ax,) = panels(drawing)
    assert is_loglog(ax)
    assert drawn(ax, STEPS, STEPS)
    assert drawn(ax, STEPS / 10, np.where(STEPS > 0.05, np.nan, STEPS))
    ticks = [x for x, _ in data(ax) if len(x) == 2]
    assert np.array_equal(ticks, [[1e-2] * 2, [1e-3] * 2])
    assert names(ax) == {"float16", "float32"}
    assert "float16 and float32" in drawing.alt


# --- extrapolation --------------------------------------------------------------------------------


def test_extrapolation_shows_each_column_of_the_table():
    columns = np.array([STEPS**2, STEPS**4, STEPS**6])
    drawing = finite.extrapolation(STEPS, columns, u=U)
    (ax,) = panels(drawing)
    assert is_loglog(ax)
    for column in columns:
        assert drawn(ax, STEPS, column)
    assert names(ax) == {"central", "once", "twice", "unit roundoff"}
    assert ax.get_xlabel() == "longest step $h$"
    assert "and 2 extrapolations" in drawing.alt


# --- complex_step ---------------------------------------------------------------------------------


def test_complex_step_shows_each_method_and_an_exact_hit_near_the_bottom():
    steps = np.logspace(-20, -1, 5)
    exact = np.where(steps > 0.01, steps, 0.0)
    curves = {"forward": steps**0.1, "central": steps**0.2, "complex step": exact}
    drawing = finite.complex_step(steps, curves, u=U)
    (ax,) = panels(drawing)
    assert is_loglog(ax)
    assert drawn(ax, steps, curves["forward"])
    assert drawn(ax, steps, curves["central"])
    assert drawn(ax, steps, np.maximum(exact, U / 4))
    assert names(ax) == {"forward", "central", "complex step", "unit roundoff"}
    assert "complex step falls to the unit roundoff" in drawing.alt


def test_complex_step_has_no_place_for_another_name():
    with pytest.raises(ValueError, match=r"curves must be named forward, .* curves=\['ridders'\]"):
        finite.complex_step(STEPS, {"ridders": STEPS}, u=U)


# --- calibration ----------------------------------------------------------------------------------


def test_calibration_tells_and_shows_who_is_inside_the_bar():
    true = np.array([1e-12, 1e-10, 0.0, 1e-9])
    claimed = np.array([1e-11, 1e-11, 1e-13, 1e-9])
    drawing = finite.calibration(true, claimed, u=U)
    (ax,) = panels(drawing)
    assert is_loglog(ax)
    assert ax.get_xlim() == ax.get_ylim()
    diagonal, inside, outside = data(ax)
    assert np.array_equal(*diagonal)
    assert np.array_equal(inside[1], claimed[[0, 2, 3]])
    assert [*outside[0], *outside[1]] == [1e-10, 1e-11]
    assert (inside[0] > ax.get_xlim()[0]).all()  # the exact hit stands at the left edge, in view
    assert "4 cases: 3 lie on or above the diagonal" in drawing.alt
    assert "and 1 below it." in drawing.alt


def test_calibration_shows_claims_that_are_all_too_small():
    drawing = finite.calibration(np.array([1e-3, 1e-2]), np.zeros(2), u=U)
    (ax,) = panels(drawing)
    assert "0 lie on or above" in drawing.alt
    assert (data(ax)[2][1] > 0).all()


# --- groups ---------------------------------------------------------------------------------------


def test_groups_draws_a_lettered_square_for_each_entry():
    pattern = np.array([[1, 1, 0], [0, 1, 1]], bool)
    drawing = finite.groups(pattern, [[0, 2], [1]])
    (ax,) = panels(drawing)
    squares = {(int(x[0]), int(y[0])) for x, y in data(ax)}
    assert squares == {(column, row) for row, column in np.argwhere(pattern)}
    letters = {text.get_position(): text.get_text() for text in ax.texts}
    assert letters == {(0, 0): "A", (2, 1): "A", (1, 0): "B", (1, 1): "B"}
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first row is at the top, as in a matrix
    assert "2 rows and 3 columns" in drawing.alt
    assert "2 groups" in drawing.alt


# --- three_ways -----------------------------------------------------------------------------------

X = np.linspace(0, 2, 9)
FOUND = {"symbolically": 1e-16, "automatically": 0.0}


def three(**changes):
    known = {"at": (1.0, 1.0), "slope": 2.0, "steps": STEPS, "errors": STEPS, "exact": FOUND}
    return finite.three_ways(X, X**2, **(known | changes))


def test_three_ways_shows_the_tangent_and_each_way_s_error():
    drawing = three()
    left, right = panels(drawing)
    assert drawn(left, X, X**2)
    x, y = data(left)[1]
    assert np.allclose((y - 1.0) / (x - 1.0), 2.0)
    assert is_loglog(right)
    assert drawn(right, STEPS, STEPS)
    assert names(right) == {"numerically", *FOUND}
    assert all((y > 0).all() for _, y in data(right)[1:])  # an exact hit is a line at the floor
    assert "slope 2.0000" in drawing.alt
    assert "symbolically and automatically" in drawing.alt


def test_three_ways_wants_two_ways_without_a_step():
    with pytest.raises(ValueError, match="argument"):
        three(exact={"symbolically": 1e-16})


# --- all of them ----------------------------------------------------------------------------------

FIVE = {str(k): STEPS for k in range(5)}
TOO_MANY = {
    "orders": lambda: finite.orders(STEPS, FIVE, slopes=(1,) * 5),
    "u_curve": lambda: finite.u_curve(STEPS, FIVE, FIVE, best=dict.fromkeys(FIVE, 0.01), u=U),
    "dtypes": lambda: finite.dtypes(dict.fromkeys(FIVE, (STEPS, STEPS)), dict.fromkeys(FIVE, 0.01)),
    "extrapolation": lambda: finite.extrapolation(STEPS, np.tile(STEPS, (5, 1)), u=U),
    "groups": lambda: finite.groups(np.eye(5, dtype=bool), [[k] for k in range(5)]),
}


@pytest.mark.parametrize("name", TOO_MANY)
def test_more_curves_than_colours_are_refused_not_dropped(name):
    with pytest.raises(ValueError, match=r"count must be at most 4, .* got count=5"):
        TOO_MANY[name]()


def test_every_figure_has_a_test_here():
    told = {test.split("_shows")[0].split("_draws")[0].split("_tells")[0] for test in globals()}
    assert {f"test_{name}" for name in finite.__all__} <= told


def test_no_figure_changes_what_it_is_given():
    steps, errors = STEPS.copy(), {name: err.copy() for name, err in ERRORS.items()}
    finite.orders(steps, errors, slopes=(1, 2))
    assert np.array_equal(steps, STEPS)
    assert all(np.array_equal(errors[name], ERRORS[name]) for name in ERRORS)


def test_each_curve_of_a_figure_has_its_label_in_its_colour():
    (ax,) = panels(finite.orders(STEPS, ERRORS, slopes=(1, 2)))
    expected = [style.PALETTE[role][0] for role in style.COLOURS[:2]]
    assert list(curve_colours(ax).values()) == expected
    assert [line.get_color() for line in ax.lines[::2]] == expected
