"""Figures of the chapter *Differentiate numerically*: arrays in, drawing out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes

from slopes.plots.style import (
    PALETTE,
    SMALL,
    Drawing,
    cycle,
    draw,
    drawing_style,
    figure,
    label,
    listed,
    unit_roundoff_line,
)

__all__ = [
    "calibration",
    "complex_step",
    "dtypes",
    "extrapolation",
    "groups",
    "orders",
    "three_ways",
    "u_curve",
]

Steps = Float[np.ndarray, " k"]
Errors = Float[np.ndarray, " k"]


@drawing_style()
def orders(steps: Steps, errors: Mapping[str, Errors], *, slopes: Sequence[int]) -> Drawing:
    """Draw truncation errors against the step, one line a formula, with a reference slope each.

    Parameters
    ----------
    steps : array of shape (k,)
        Positive, increasing.
    errors : Mapping[str, array of shape (k,)]
        Absolute errors by formula.
    slopes : Sequence[int]
        The theoretical order of each formula, in the same sequence.

    Returns
    -------
    Drawing
        Log-log plot.

    Raises
    ------
    ValueError
        If there is not one order for each formula, a formula has no error at any step, or there
        are more than four formulas.
    """
    if len(slopes) != len(errors):
        raise ValueError(
            f"slopes must be one order for each of {listed(errors)}, got slopes={slopes!r}"
        )
    for name, err in errors.items():
        if not np.any(err):
            raise ValueError(f"errors must have a positive entry, got errors[{name!r}]={err!r}")
    fig, (ax,) = figure()
    for (name, err), order, colour in zip(errors.items(), slopes, cycle(len(errors)), strict=True):
        ax.loglog(steps, _positive(err), "o", color=PALETTE[colour][0], linestyle="none")
        end = np.flatnonzero(err)[-1]  # an exact hit lies on no line
        line = err[end] * (steps / steps[end]) ** order
        ax.loglog(steps, line, color=PALETTE[colour][0], linestyle="-", linewidth=1.0)
        label(ax, steps[-1] * 1.12, line[-1], f"{name}: {order}", colour=colour, va="center")
    ax.set(xlabel="step $h$", ylabel="absolute error", xlim=(steps[0] / 1.3, steps[-1] * 4.6))
    return draw(
        fig,
        alt="Log-log plot of error against step from "
        f"{steps[0]:g} to {steps[-1]:g}: the measured points of "
        f"{listed(errors)} lie on straight lines of slope {listed([str(s) for s in slopes])}.",
    )


@drawing_style()
def u_curve(
    steps: Steps,
    measured: Mapping[str, Errors],
    model: Mapping[str, Errors],
    *,
    best: Mapping[str, float],
    u: float,
) -> Drawing:
    """Measured and predicted total error against the step, with the predicted minima.

    Parameters
    ----------
    steps : array of shape (k,)
        Positive, increasing.
    measured, model : Mapping[str, array of shape (k,)]
        Relative errors by formula, from experiment and from theory.
    best : Mapping[str, float]
        The predicted best step of each formula.
    u : float
        Unit roundoff, drawn as a line.

    Returns
    -------
    Drawing
        Log-log plot.
    """
    fig, (ax,) = figure(height=4.2)
    for (name, err), colour in zip(measured.items(), cycle(len(measured)), strict=True):
        shade = PALETTE[colour][0]
        ax.loglog(
            steps, _positive(err), ".", color=shade, markersize=4, alpha=0.55, linestyle="none"
        )
        ax.loglog(steps, model[name], color=shade, linestyle="-")
        bottom = float(np.interp(np.log(best[name]), np.log(steps), model[name]))
        ax.plot(
            best[name], bottom, "D", color=shade, markersize=9, markeredgecolor=PALETTE["ink"][0]
        )
        label(ax, best[name], bottom * 6, name, colour=colour, ha="center", va="bottom")
    unit_roundoff_line(ax, u)
    ax.set(xlabel="step $h$", ylabel="relative error", ylim=(u / 8, 3.0))
    return draw(
        fig,
        alt=f"Log-log plot of relative error against step for {listed(measured)} differences: "
        "a valley each; the measured points fill the space below the predicted lines, which fall "
        "to a marked minimum and rise again.",
    )


@drawing_style()
def dtypes(valleys: Mapping[str, tuple[Steps, Errors]], best: Mapping[str, float]) -> Drawing:
    """Draw the valley of one formula in several number formats.

    Parameters
    ----------
    valleys : Mapping[str, tuple of two arrays of shape (k,)]
        Steps and relative errors by format, at most four formats.
    best : Mapping[str, float]
        The predicted best step in each format, drawn as a vertical tick.

    Returns
    -------
    Drawing
        Log-log plot.
    """
    fig, (ax,) = figure(height=4.2)
    for k, ((name, (steps, err)), colour) in enumerate(
        zip(valleys.items(), cycle(len(valleys)), strict=True)
    ):
        shade, depth = PALETTE[colour][0], (60, 600)[k % 2]  # neighbours do not touch
        ax.loglog(steps, _positive(err), ".-", color=shade, linewidth=1.0, markersize=4)
        ax.plot([best[name]] * 2, [best[name] / depth, best[name] / 5], "-", color=shade, lw=3.0)
        label(ax, best[name], best[name] / depth / 1.3, name, colour=colour, ha="center", va="top")
    ax.set(xlabel="step $h$", ylabel="relative error", ylim=(1e-12, 4.0))
    return draw(
        fig,
        alt=f"Log-log plot of relative error against step in {listed(valleys)}: one valley "
        "each, side by side, the coarser the format the further right and the higher; a tick under "
        "each marks the predicted best step.",
    )


@drawing_style()
def extrapolation(steps: Steps, columns: Float[np.ndarray, "levels k"], *, u: float) -> Drawing:
    """Error of the columns of an extrapolation table against the longest step.

    Parameters
    ----------
    steps : array of shape (k,)
        Positive, increasing.
    columns : array of shape (levels, k)
        Relative errors; row 0 is the plain formula, at most four rows.
    u : float
        Unit roundoff, drawn as a line.

    Returns
    -------
    Drawing
        Log-log plot.
    """
    fig, (ax,) = figure(height=4.2)
    for level, (err, colour) in enumerate(zip(columns, cycle(len(columns)), strict=True)):
        ax.loglog(steps, _positive(err), color=PALETTE[colour][0])
        name = ("central", "once", "twice", "3 times")[level]
        label(ax, steps[-1] * 1.15, err[-1], name, colour=colour, va="center")
    unit_roundoff_line(ax, u)
    ax.set(xlabel="longest step $h$", ylabel="relative error", xlim=(steps[0], steps[-1] * 4))
    ax.set_ylim(u / 8, 3.0)
    return draw(
        fig,
        alt="Log-log plot of relative error against the longest step for the central difference "
        f"and {len(columns) - 1} extrapolations: each curve is steeper than the last and reaches "
        "a lower floor at a longer step.",
    )


@drawing_style()
def complex_step(steps: Steps, curves: Mapping[str, Errors], *, u: float) -> Drawing:
    """Relative errors of real differences and of the complex step against the step.

    Parameters
    ----------
    steps : array of shape (k,)
        Positive, increasing.
    curves : Mapping[str, array of shape (k,)]
        Relative errors by method: any of ``forward``, ``central`` and ``complex step``. An exact
        hit is drawn at a quarter of the unit roundoff, so that its curve does not break.
    u : float
        Unit roundoff, drawn as a line.

    Returns
    -------
    Drawing
        Log-log plot.

    Raises
    ------
    ValueError
        If a curve has another name, for which there is no place in the plot.
    """
    fig, (ax,) = figure(height=4.2)
    where = {"forward": (1e-13, 3e-2), "central": (2e-4, 3e-9), "complex step": (1e-17, 2e-15)}
    if other := [name for name in curves if name not in where]:
        raise ValueError(f"curves must be named {listed(where)}, got curves={other!r}")
    for (name, err), colour in zip(curves.items(), cycle(len(curves)), strict=True):
        ax.loglog(steps, np.maximum(err, u / 4), color=PALETTE[colour][0], linewidth=1.6)
        label(ax, *where[name], name, colour=colour, ha="center")
    unit_roundoff_line(ax, u)
    ax.set(xlabel="step $h$", ylabel="relative error", ylim=(u / 8, 30.0))
    return draw(
        fig,
        alt="Log-log plot of relative error against step down to 1e-20: forward and central "
        "differences form valleys and end at an error of 1, the complex step falls to the unit "
        "roundoff and stays there.",
    )


@drawing_style()
def calibration(true: Errors, claimed: Errors, *, u: float) -> Drawing:
    """Claimed against true errors, with the diagonal on which they are equal.

    Parameters
    ----------
    true, claimed : array of shape (k,)
        Relative errors; zeros are drawn at the left edge.
    u : float
        Unit roundoff, drawn at its place on the horizontal axis.

    Returns
    -------
    Drawing
        Log-log scatter plot.
    """
    fig, (ax,) = figure(width=6.4, height=4.2)
    low, high = u / 30, max(10 * claimed.max(), 1e-8)
    ends = np.array([low, high])
    inside = true <= claimed
    ax.fill_between(ends, ends, high, color=PALETTE["wash"][0], linewidth=0)
    ax.loglog(ends, ends, color=PALETTE["muted"][0], linewidth=1.0, linestyle="-")
    for mask, marker, colour in ((inside, "o", "blue"), (~inside, "X", "orange")):
        ax.plot(
            np.maximum(true[mask], low * 1.5),
            np.maximum(claimed[mask], low),
            marker,
            color=PALETTE[colour][0],
            markersize=6,
            alpha=0.8,
            linestyle="none",
        )
    label(ax, low * 4, high / 20, "inside the bar", colour="blue")
    label(ax, high / 4, low * 3, "outside", colour="orange", ha="right")
    ax.set(xlabel="true relative error", ylabel="claimed relative error")
    ax.set(xlim=(low, high), ylim=(low, high))
    return draw(
        fig,
        alt=f"Log-log scatter plot of claimed against true relative error for {true.size} cases: "
        f"{int(inside.sum())} lie on or above the diagonal, inside their error bars, and "
        f"{int((~inside).sum())} below it.",
    )


@drawing_style()
def groups(pattern: Bool[np.ndarray, "m n"], members: Sequence[Sequence[int]]) -> Drawing:
    """Draw a sparsity pattern whose columns are coloured and lettered by group.

    Parameters
    ----------
    pattern : array of shape (m, n)
        True where the Jacobian may be non-zero.
    members : Sequence[Sequence[int]]
        The columns of each group, at most four groups.

    Returns
    -------
    Drawing
        One square for each non-zero entry.
    """
    fig, (ax,) = figure(width=4.2, height=4.2)
    for letter, columns, colour in zip(
        "ABCD"[: len(members)], members, cycle(len(members)), strict=True
    ):
        for column in columns:
            for row in np.flatnonzero(pattern[:, column]):
                _square(ax, column, int(row), letter, PALETTE[colour][0])
    m, n = pattern.shape
    ax.set(
        xlabel="input (column)", ylabel="output (row)", xlim=(-0.5, n - 0.5), ylim=(m - 0.5, -0.5)
    )
    ax.set_aspect("equal")
    ax.grid(visible=False)
    return draw(
        fig,
        alt=f"Grid of {m} rows and {n} columns with the non-zero entries of a Jacobian: its "
        f"columns carry the letters of {len(members)} groups, and no row has a letter twice.",
    )


def _square(ax: Axes, column: int, row: int, letter: str, colour: str) -> None:
    """Draw one lettered entry; the letter repeats what the colour says."""
    ax.plot(column, row, "s", color=colour, markersize=14, fillstyle="none", markeredgewidth=1.6)
    ax.text(column, row, letter, ha="center", va="center", color=colour, fontsize=SMALL)


@drawing_style()
def three_ways(
    x: Float[np.ndarray, " n"],
    y: Float[np.ndarray, " n"],
    *,
    at: tuple[float, float],
    slope: float,
    steps: Steps,
    errors: Errors,
    exact: Mapping[str, float],
) -> Drawing:
    """Draw a function with its tangent, and the error of each way of finding the slope.

    Parameters
    ----------
    x, y : array of shape (n,)
        The function's graph.
    at : tuple[float, float]
        The point of the tangent.
    slope : float
        The tangent's slope.
    steps, errors : array of shape (k,)
        Step and relative error of the numerical way.
    exact : Mapping[str, float]
        Relative errors of the ways without a step, drawn as horizontal lines.

    Returns
    -------
    Drawing
        Two panels.
    """
    fig, (left, right) = figure(width=6.4, height=6.6, panels=2, across=False)
    left.plot(x, y, color=PALETTE["blue"][0], linewidth=3)
    reach = np.array([-0.7, 0.7])
    left.plot(at[0] + reach, at[1] + slope * reach, color=PALETTE["orange"][0], linestyle="-")
    left.plot(*at, "o", color=PALETTE["ink"][0], markersize=9)
    label(left, at[0] + 0.12, at[1] - 0.25, f"slope {slope:.4f}", colour="orange", va="top",
          in_layout=False)  # fmt: skip
    left.set(xlabel="$x$", ylabel="$f(x)$")
    right.loglog(steps, _positive(errors), color=PALETTE["blue"][0], linestyle="-", linewidth=1.4)
    label(right, 1e-6, 1e-3, "numerically", colour="blue", ha="center", in_layout=False)
    for (name, err), colour, height in zip(
        exact.items(), ("orange", "green"), (2.5, 60), strict=True
    ):  # the lines may coincide: the later one is the thinner one
        wide = 6 if colour == "orange" else 2
        right.axhline(max(err, 1.2e-16), color=PALETTE[colour][0], linestyle="-", linewidth=wide)
        label(right, steps[0] * 1.5, 1.2e-16 * height, name, colour=colour, va="bottom")
    right.set(xlabel="step of the numerical way", ylabel="relative error", ylim=(3e-17, 1.0))
    return draw(
        fig,
        alt=f"Above, a curve with its tangent of slope {slope:.4f}. Below, relative errors: the "
        "numerical way falls and rises again as its step shrinks, "
        f"{listed(exact)} stay at the unit roundoff.",
    )


def _positive(errors: Errors) -> Errors:
    """Leave out exact hits, which a logarithmic axis cannot show."""
    return np.where(errors > 0, errors, np.nan)
