"""One style sheet for pages, one for decks, a quicker script, and no file that no page uses.

A page waits for each of its style sheets before the first line is painted: fourteen of them cost a
phone two seconds. They are joined into one, in the order in which the page would load them, without
the rules of the theme's icon font, a fifth of its style sheet: ``slopes.css`` draws the icons. So
are the thirteen of a deck. Then PurgeCSS leaves out what no page and no script names, half of the
rest. The icon font, its script of 1.5 MB and the source maps stay out of the site.
"""

from __future__ import annotations

import posixpath
import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx

from slopes_docs.page.npm import run_script

BUNDLE, DECKS = "site.css", "decks.css"
THEME = ("styles/theme.css", "styles/pydata-sphinx-theme.css")  # the theme's layout has them first
# A deck has reveal's sheets first and its own last; between them what its parts ask for.
REVEAL = (
    "vendor/reveal/reset.css",
    "vendor/reveal/reveal.css",
    "pygments.css",
    "slopes-tokens.css",
)
PARTS = ("katex", "mystnb", "sphinx-design", "proof", "exercise")
OWN = ("deck.css", "live.css", "deck-phone.css")
UNUSED = (
    "scripts/fontawesome.js", "scripts/fontawesome.js.LICENSE.txt", "vendor/fontawesome",
    "searchtools.js", "language_data.js", "base-stemmer.js", "english-stemmer.js",
    "sphinx_highlight.js",
)  # fmt: skip
RULE = re.compile(r"[^{}]+\{[^{}]*\}")
ICON = re.compile(r"\.fa(?:[brs](?![\w-])|-[a-z0-9])")
IMPORT = re.compile(r"""@import\s+(?:url\()?["']?([^"')\s;]+)["']?\)?\s*;""")
# The theme measures every code block when the page has loaded, and so has a long chapter laid out
# to its end, a second on a phone. Measured when it comes into view, a block costs nothing before.
EAGER = "forEach(e=>{e.tabIndex=e.scrollWidth>e.clientWidth||e.scrollHeight>e.clientHeight?0:-1})"
LAZY = (
    "forEach(e=>{e.tabIndex=0;const o=window.pstScrollers??=new IntersectionObserver(l=>l.forEach("
    "({target:e,isIntersecting:i})=>{i&&(e.tabIndex=e.scrollWidth>e.clientWidth||"
    "e.scrollHeight>e.clientHeight?0:-1)}));o.unobserve(e);o.observe(e)})"
)
# An output scrolls within its own `pre`; the box around it would be a second stop of the Tab key.
TWICE = '".cell_output > .output",'
URL = re.compile(r"""url\((['"]?)(?!data:|https?:|[#/])([^'")]+)\1\)""")


def without_icons(css: str) -> str:
    """Drop the rules whose every selector names a class of the icon font.

    Parameters
    ----------
    css : str
        A style sheet.

    Returns
    -------
    str
        The same without these rules, those inside of media queries included.
    """

    def keep(rule: re.Match[str]) -> str:
        selectors = rule[0].split("{")[0].split(",")
        return "" if all(ICON.search(selector) for selector in selectors) else rule[0]

    return RULE.sub(keep, css)


def bundle(static: Path, names: list[str]) -> str:
    """Join style sheets, with the addresses in them made relative to the folder of static files.

    Parameters
    ----------
    static : Path
        The folder.
    names : list[str]
        Files in it, in the order in which a page loads them.

    Returns
    -------
    str
        One style sheet.
    """

    def sheet(name: str) -> str:
        folder = posixpath.dirname(name)
        text = (static / name).read_text(encoding="utf-8")
        if name in THEME:  # not in slopes.css, which draws these icons
            text = without_icons(text)
        text = IMPORT.sub(lambda m: sheet(posixpath.normpath(posixpath.join(folder, m[1]))), text)
        return URL.sub(lambda m: f'url("{posixpath.normpath(posixpath.join(folder, m[2]))}")', text)

    return "\n".join(map(sheet, names))


def remove_unused(static: Path) -> None:
    """Remove the icon font, its script and source maps from the folder of static files."""
    for name in UNUSED:
        path = static / name
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
    for source_map in static.rglob("*.map"):
        source_map.unlink()


def quicken(script: str) -> str:
    """Make the theme's script measure code blocks when they come into view, each once.

    Raises
    ------
    ValueError
        If the script does not hold the loop that is replaced: the theme has changed.
    """
    if script.count(EAGER) + script.count(LAZY) != 1:
        raise ValueError("script must hold the theme's loop over code blocks once; look at it anew")
    return script.replace(EAGER, LAZY).replace(TWICE, "")


def purge(site: Path, sheets: list[Path]) -> None:
    """Leave the rules that no page uses out of style sheets.

    Raises
    ------
    sphinx.errors.ExtensionError
        If PurgeCSS cannot read the pages or a sheet.
    """
    given = {"site": str(site), "sheets": list(map(str, sheets))}
    run_script(Path(__file__).with_name("purge.mjs"), given, "purgecss must read all pages")


def deck_sheets(names: list[str]) -> list[str]:
    """Return the style sheets of a deck, in order; `names` are those of the pages."""
    return [*REVEAL, *(name for name in names if any(part in name for part in PARTS)), *OWN]


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Write the one style sheet of the pages and that of the decks; remove what no page uses."""
    if exception is not None or app.builder.name == "epub" or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    sheets = sorted(app.builder._css_files, key=lambda css: css.priority)  # as a page sorts them
    names = [str(css.filename).partition("?")[0].removeprefix("_static/") for css in sheets]
    bundles = {BUNDLE: [*THEME, *names]}
    if app.builder.name == "html" and (static / REVEAL[0]).exists():
        bundles[DECKS] = deck_sheets(names)
    for name, parts in bundles.items():
        (static / name).write_text(bundle(static, parts), encoding="utf-8")
    # a project may have no packages, and the book on one page gets its contents when it is printed
    if app.builder.name == "html" and Path(app.confdir, "node_modules", "purgecss").is_dir():
        purge(Path(app.outdir), [static / name for name in bundles])
    script = static / "scripts" / "pydata-sphinx-theme.js"
    script.write_text(quicken(script.read_text(encoding="utf-8")), encoding="utf-8")
    remove_unused(static)
