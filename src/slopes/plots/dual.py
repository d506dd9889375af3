"""Figures of the chapter *Differentiate with dual numbers*: arrays in, drawing out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from slopes.plots.style import (
    PALETTE,
    SMALL,
    Drawing,
    draw,
    drawing_style,
    figure,
    label,
    listed,
    unit_roundoff_line,
)

__all__ = ["Errors", "iterations", "pushforward", "rounding", "stopped"]

Points = Float[np.ndarray, " k"]


class Errors(NamedTuple):
    """What `rounding` draws of one function: relative errors, each of shape (k,)."""

    value: Points
    """Of the function's value."""
    derivative: Points
    """Of the derivative by automatic differentiation."""
    predicted: Points
    """What theory predicts for the larger of the two."""
    cured: Points
    """Of the one that had lost digits, after the program is rewritten."""


@drawing_style()
def pushforward(
    x: Points, y: Points, *, at: Sequence[float], values: Sequence[float], slopes: Sequence[float]
) -> Drawing:
    """Draw dual numbers x + ε as arrows on the axis, and their images on the curve.

    Parameters
    ----------
    x, y : array of shape (k,)
        The graph of the function.
    at : Sequence[float]
        The values of the dual numbers that go in; their tangent is drawn shortened.
    values, slopes : Sequence[float]
        Value and derivative of the function there.

    Returns
    -------
    Drawing
        One plot: arrows of equal length below, tangents of the curve above.
    """
    fig, (ax,) = figure(height=4.2)
    ax.plot(x, y, color=PALETTE["muted"][0], linestyle="-", linewidth=2)
    floor = float(y.min()) - 0.25 * float(np.ptp(y))
    length = 0.11 * float(np.ptp(x))
    for a, b, slope in zip(at, values, slopes, strict=True):
        _arrow(ax, (a, floor), (a + length, floor), "blue")
        _arrow(ax, (a, b), (a + length, b + slope * length), "orange")
        ax.plot([a, a], [floor, b], color=PALETTE["grid"][0], linestyle="-", linewidth=1)
        ax.plot([a, a], [floor, b], "o", color=PALETTE["ink"][0], linestyle="none")
        ax.text(
            a + 0.5 * length,
            b + 0.5 * slope * length + 0.06 * float(np.ptp(y)),
            f"{slope:+.2f}",
            color=PALETTE["orange"][0],
            fontsize=SMALL,
            fontweight="bold",
            ha="right" if slope > 0 else "left",
        )
    label(ax, at[-1] + length, floor, "  $x+\\epsilon$", colour="blue", va="center")
    ax.set(xlabel="$x$", ylabel="$g(x)$", ylim=(floor - 0.1 * np.ptp(y), None))
    told = [f"{slope:+.2f} at {a:g}" for a, slope in zip(at, slopes, strict=True)]
    return draw(
        fig,
        alt="A curve above a row of equal arrows, one for each dual number; from the point of the "
        "curve above each, a second arrow runs along the tangent, rising by "
        f"{listed(told)} for each unit of the arrow below.",
    )


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    ax.annotate(
        "",
        end,
        xytext=start,
        arrowprops={
            "arrowstyle": "-|>,head_length=0.5,head_width=0.25",
            "color": PALETTE[colour][0],
            "linewidth": 2.4,
            "shrinkA": 0,
            "shrinkB": 0,
        },
    )


@drawing_style()
def iterations(
    errors: Mapping[str, tuple[Points, Points]], *, goal: float, across: bool = False
) -> Drawing:
    """Error of the value and of its derivative against the number of iterations.

    Parameters
    ----------
    errors : Mapping[str, tuple of two arrays of shape (k,)]
        Relative errors of value and derivative by method, entry i after i iterations; errors
        below 1e-17 are drawn there.
    goal : float
        An error that is worth reaching, drawn as a line, between 1e-16 and 1e-8.
    across : bool
        Whether the panels stand side by side, as a slide wants them.

    Returns
    -------
    Drawing
        One panel a method, all with the same logarithmic vertical scale.
    """
    amount = len(errors)
    width, height = (8.4, 4.0) if across else (7.2, 3.8 * amount)
    fig, axes = figure(width=width, height=height, panels=amount, across=across, share=True)
    for ax, (name, (value, derivative)) in zip(axes, errors.items(), strict=True):
        count = np.arange(len(value))
        for err, marker, dash, colour in (
            (value, "o", "-", "blue"),
            (derivative, "s", (0, (5, 2)), "orange"),
        ):
            shade = PALETTE[colour][0]
            ax.semilogy(count, np.maximum(err, 1e-17), marker, color=shade, linestyle=dash)
        ax.axhline(goal, color=PALETTE["muted"][0], linewidth=1.0, linestyle=(0, (2, 2)))
        ax.set(xlabel=f"iterations, {name}", ylim=(3e-18, 5.0))
        gap = 0.04 * len(value)
        right, left = _crossing(derivative, 1e-5) + gap, _crossing(value, 1e-7) - gap
        label(ax, right, 1e-5, "derivative", colour="orange", va="bottom")
        label(ax, left, 1e-7, "value", colour="blue", ha="right", va="top")
    for ax in axes[: 1 if across else None]:
        ax.set_ylabel("relative error")
    needed = [
        f"with {name}, the value needs {_first(value, goal)} iterations and the derivative "
        f"{_first(derivative, goal)} to come below {goal:.0e}"
        for name, (value, derivative) in errors.items()
    ]
    return draw(fig, alt=f"Relative error against the number of iterations: {'; '.join(needed)}.")


def _crossing(errors: Points, level: float) -> float:
    """Tell where the curve of a falling error crosses a level."""
    return float(np.interp(-np.log(level), -np.log(np.maximum(errors, 1e-17)), range(len(errors))))


def _first(errors: Points, goal: float) -> str:
    """Tell after how many iterations an error is below the goal."""
    close = np.flatnonzero(errors < goal)
    return str(int(close[0])) if close.size else f"more than {len(errors) - 1}"


@drawing_style()
def stopped(
    distance: Points, value: Points, derivative: Points, cured: Points, *, tol: float
) -> Drawing:
    """Errors of a loop with a stopping rule, against the distance from a point that stops it early.

    Parameters
    ----------
    distance : array of shape (k,)
        Positive, increasing.
    value, derivative, cured : array of shape (k,)
        Relative errors of the value, of its derivative, and of the derivative with one iteration
        more; zeros are drawn at the lower edge.
    tol : float
        The tolerance of the loop, drawn as a line.

    Returns
    -------
    Drawing
        Log-log plot.
    """
    fig, (ax,) = figure(height=4.2)
    floor = 1e-17
    for errors, marker, colour in (
        (value, "o", "blue"),
        (derivative, "s", "orange"),
        (cured, "^", "green"),
    ):
        shade = PALETTE[colour][0]
        ax.loglog(distance, np.maximum(errors, floor), marker, color=shade, linestyle="none")
    ax.axhline(tol, color=PALETTE["muted"][0], linewidth=1.0, linestyle=(0, (2, 2)))
    left = distance[0]
    ax.text(left, tol * 2, "tolerance", color=PALETTE["muted"][0], fontsize=SMALL)
    label(ax, left, 0.1, "derivative", colour="orange", va="top")
    label(ax, left, 1e-14, "value", colour="blue", va="bottom")
    label(ax, left, floor / 5, "derivative, one iteration more", colour="green", va="top")
    ax.set(xlabel="$|x-1|$", ylabel="relative error", ylim=(floor / 300, 10.0))
    return draw(
        fig,
        alt="Log-log plot of relative error against the distance from 1: the value stays below "
        f"the tolerance of {tol:.0e}, the derivative is wrong by up to "
        f"{derivative.max():.0e}, and by at most {cured.max():.0e} with one iteration more.",
    )


@drawing_style()
def rounding(
    points: Mapping[str, Points],
    errors: Mapping[str, Errors],
    *,
    u: float,
    across: bool = False,
) -> Drawing:
    """Error of value and derivative of some programs, with prediction and cure.

    Parameters
    ----------
    points : Mapping[str, array of shape (k,)]
        Where each program was differentiated, positive.
    errors : Mapping[str, Errors]
        What came out, in the same sequence; cut at a quarter of the unit roundoff and at 10.
    u : float
        Unit roundoff, drawn as a line.
    across : bool
        Whether the panels stand side by side, as a slide wants them.

    Returns
    -------
    Drawing
        Log-log panels, at most two, with one legend.

    Raises
    ------
    ValueError
        If there are more than two programs, whose panels would be too narrow.
    """
    if len(errors) > 2:
        raise ValueError(
            f"errors must be of at most two programs, got errors={[*errors]!r}. Draw two figures."
        )
    amount = len(errors)
    width, height = (8.4, 4.2) if across else (7.2, 0.6 + 3.6 * amount)
    fig, axes = figure(width=width, height=height, panels=amount, across=across, share=True)
    for ax, (name, found) in zip(axes, errors.items(), strict=True):
        x = points[name]
        ax.loglog(x, _cut(found.predicted, u), color=PALETTE["muted"][0], linestyle="-")
        for series, (marker, colour) in _SERIES.items():
            err = _cut(getattr(found, series), u)
            ax.loglog(x, err, marker, color=PALETTE[colour][0], markersize=5, linestyle="none")
        unit_roundoff_line(ax, u, text="")
        ax.set(xlabel="$x$", ylim=(u / 10, 30.0))
        ax.set_title(name)
    for ax in axes[: 1 if across else None]:
        ax.set_ylabel("relative error")
    handles = [
        Line2D([], [], marker=marker, color=PALETTE[colour][0], linestyle="none", label=series)
        for series, (marker, colour) in _SERIES.items()
    ]
    handles.append(Line2D([], [], color=PALETTE["muted"][0], linestyle="-", label="predicted"))
    fig.legend(handles=handles, loc="outside lower center", ncols=4 if across else 2)
    worst = [
        f"{name}, value up to {found.value.max():.0e}, derivative up to "
        f"{found.derivative.max():.0e}, the worse of them cured to {found.cured.max():.0e}"
        for name, found in errors.items()
    ]
    return draw(fig, alt=f"Log-log plots of relative error against x. {'. '.join(worst)}.")


#: Marker and colour of each series, the same in every panel.
_SERIES = {"value": ("o", "blue"), "derivative": ("s", "orange"), "cured": ("^", "green")}


def _cut(errors: Points, u: float) -> Points:
    cut: Points = np.clip(errors, u / 4, 10.0)
    return cut
