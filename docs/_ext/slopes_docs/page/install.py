"""The line that installs the package, and the wheel that it needs.

The wheel lies beside the notebooks of the same site, so that text, notebooks and package are of one
version. Where the site has an address, pip is given it; else the reader downloads the wheel first.
"""

from __future__ import annotations

from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from slopes_docs.notebook.export import wheel_name
from slopes_docs.run.execution import project_root

EXTRAS = ("plots",)


def command(wheel: str, site: str, extra: str = "") -> str:
    """Write the line.

    Parameters
    ----------
    wheel : str
        File name of the wheel.
    site : str
        The address of the site, empty if it has none.
    extra : str
        What is installed besides.

    Returns
    -------
    str
        A command for any shell.
    """
    wanted = f"[{extra}]" if extra else ""
    if site:
        return f'python3 -m pip install "slopes{wanted} @ {site}notebooks/{wheel}"'
    return f'python3 -m pip install "./{wheel}{wanted}"'


class Install(SphinxDirective):
    """The line that installs the package, with the wheel to download."""

    option_spec: ClassVar = {"extra": lambda given: directives.choice(given, EXTRAS)}

    def run(self) -> list[nodes.Node]:
        """Write it."""
        app = self.env.app
        wheel = wheel_name(project_root(app))
        line = command(wheel, app.config.slopes_site, self.options.get("extra", ""))
        code = nodes.literal_block(line, line, language="sh")
        if app.config.slopes_site or app.builder.name != "html":
            return [code]
        up = "../" * self.env.docname.count("/")
        link = nodes.reference("", wheel, refuri=f"{up}notebooks/{wheel}", internal=True)
        words = nodes.Text("Download "), link, nodes.Text(", then, beside it:")
        say = nodes.paragraph("", "", *words)
        return [say, code]


def register(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("install-slopes", Install)
