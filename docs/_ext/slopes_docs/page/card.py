"""The card that a link to the course shows elsewhere, drawn at build time.

Cards have to be bitmaps with an absolute address, so there is one only where the site's address is
known. The mark itself is a drawing in code, ``_static/mark.svg``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sphinx.application import Sphinx

CARD = "_static/card.png"  # in the site; the pages' metadata point to it


def card(path: Path) -> None:
    """Draw the card, 1200 x 630 pixels, into a PNG file, whatever Matplotlib's settings are."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        _draw(path)


def _draw(path: Path) -> None:
    from matplotlib.figure import Figure

    from slopes.plots.style import PALETTE

    ink, blue, orange, muted = (PALETTE[role][0] for role in ("ink", "blue", "orange", "muted"))
    fig = Figure(figsize=(12, 6.3), dpi=100, facecolor="white")
    ax = fig.add_axes((0.52, 0.0, 0.48, 1.0))
    x = np.linspace(-1.2, 2.1, 200)
    ax.plot(x, np.exp(x), color=blue, linewidth=9)
    ax.plot(x[60:], np.e * x[60:], color=orange, linewidth=6)
    ax.plot(1.0, np.e, "o", color=ink, markersize=20)
    ax.set_ylim(-0.5, 7.5)
    ax.axis("off")
    fig.text(0.06, 0.60, "Slopes", fontsize=84, fontweight="bold", color=ink)
    fig.text(0.062, 0.40, "How a computer finds\na derivative", fontsize=32, color=ink)
    fig.text(0.062, 0.22, "numerically · symbolically · automatically", fontsize=19, color=muted)
    path.parent.mkdir(parents=True, exist_ok=True)
    fig.savefig(path, metadata={"Software": None})


def write_card(app: Sphinx, exception: Exception | None) -> None:
    """Draw the card where the page's metadata will point to."""
    if exception is None and app.builder.format == "html" and app.config.slopes_site:
        card(Path(app.outdir, CARD))
