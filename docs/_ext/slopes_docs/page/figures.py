"""Figures in the page: alt text and size come from the drawing itself.

A drawing of ``slopes.plots`` states its alt text once, in the SVG's ``<title>``. This extension
copies it to the page's ``<img>``, with the picture's width and height, so that nothing jumps while
the page loads. A picture without alt text is a warning, which fails the gates.
"""

from __future__ import annotations

import html
import re
from pathlib import Path

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

log = logging.getLogger(__name__)
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL)
SIZES = {"width", "height"}


def describe(svg: str) -> dict[str, str]:
    """Read alt text, width and height from an SVG's head; missing ones are left out."""
    head = svg[:6000]
    found = {}
    if title := TITLE.search(head):
        found["alt"] = html.unescape(title[1]).strip()
    if tag := re.search(r"<svg[^>]*>", head):
        for side in sorted(SIZES):
            if size := re.search(rf'\s{side}="([\d.]+)(?:px)?"', tag[0]):
                found[side] = size[1]
    return found


class DescribeImages(SphinxPostTransform):
    """Give every image its alt text and size, and refuse one without."""

    default_priority = 750  # after MyST-NB has chosen an output's form
    formats = ("html",)

    def run(self, **_: object) -> None:
        """Visit the page's images."""
        for image in self.document.findall(nodes.image):
            self.describe(image)

    def describe(self, image: nodes.image) -> None:
        """Fill in one image from its file."""
        if image["uri"].endswith(".svg") and "://" not in image["uri"]:
            path = Path(self.env.srcdir, image["uri"])
            own = describe(path.read_text(encoding="utf-8"))
            if {*SIZES, "scale"} & image.attributes.keys():
                own = {key: own[key] for key in own.keys() - SIZES}  # half a size would distort
            for key, value in own.items():
                image.setdefault(key, value)
            image["classes"] = [*image["classes"], "dark-light"]
            if self.app.builder.name == "html" and not self.env.docname.startswith("slides/"):
                image["loading"] = "lazy"  # its size is known, so nothing jumps when it comes
        if not image.get("alt"):
            log.warning("image without alt text: %s", image["uri"], location=image, type="figures")
