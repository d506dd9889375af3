"""What tests of figures share: the alt text is checked, and what is drawn is read back."""

from xml.etree import ElementTree

import numpy as np


def panels(drawing):
    """The axes of a drawing, once what every drawing must have is checked."""
    title = ElementTree.fromstring(drawing.svg).find("{*}title")  # noqa: S314 - our own words
    assert title.text == drawing.alt
    for ax in drawing.figure.axes:
        assert ax.get_xlabel()
        assert ax.get_ylabel()
        for text in ax.texts:
            if text.get_transform() == ax.transData:
                assert np.all(np.isfinite(text.get_position())), text
    return drawing.figure.axes


def data(ax):
    """What is drawn, a pair of arrays for each line."""
    return [tuple(np.asarray(values, float) for values in line.get_data()) for line in ax.lines]


def drawn(ax, x, y):
    """Whether one line has these points, and no others; NaN is no point."""
    x, y = x[np.isfinite(y)], y[np.isfinite(y)]
    return any(
        np.array_equal(a[np.isfinite(b)], x) and np.array_equal(b[np.isfinite(b)], y)
        for a, b in data(ax)
    )


def names(ax):
    return {text.get_text() for text in ax.texts}


def is_loglog(ax):
    return ax.get_xscale() == ax.get_yscale() == "log"


def curve_colours(ax):
    return {text.get_text(): text.get_color() for text in ax.texts}
