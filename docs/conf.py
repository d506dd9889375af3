"""Settings of the book and the decks: one Sphinx project."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version as installed
from pathlib import Path

from sphinxcontrib import katex

DOCS = Path(__file__).parent
ROOT = DOCS.parent
sys.path.insert(0, str(DOCS / "_ext"))

from slopes_docs.page.address import repository, site  # noqa: E402
from slopes_docs.page.card import CARD  # noqa: E402
from slopes_docs.page.contents import totals  # noqa: E402
from slopes_docs.page.macros import katex_macros  # noqa: E402

# --- what it is -------------------------------------------------------------------------------
project = "Slopes"
author = "The Slopes authors"
deck_licence = "Text CC BY 4.0, code BSD-3-Clause"
copyright = f"The Slopes authors. {deck_licence}"
release = version = installed("slopes")
language = "en"

slopes_repository = repository(ROOT)
slopes_site = site(slopes_repository)

extensions = [
    "slopes_docs",  # all that is our own: the events of a page's life stand in its `LIFE`
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.intersphinx",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_exercise",
    "sphinx_proof",
    "sphinx_togglebutton",
    "sphinxcontrib.bibtex",
    "sphinxcontrib.katex",
    "notfound.extension",
]
if os.environ.get("SLOPES_LIVE"):  # the pages of source code cost a second at every edit
    extensions.remove("sphinx.ext.viewcode")
exclude_patterns = ["_*", "node_modules", "**/.ipynb_checkpoints", "reference/generated/**"]
templates_path = ["_templates"]
nitpicky = True
nitpick_ignore_regex = [
    # NumPy's dtype and array aliases have no page of their own in its inventory
    ("py:class", r"(numpy\.)?(_typing|typing)\..*"),
    (
        "py:class",
        r"NDArray|Array|(fractions\.)?Fraction|optional|callable|array_like|Namespace|Fn|Figure|Axes",
    ),
]
suppress_warnings = ["config.cache"]  # the macro table is read at every start, on purpose

# --- text -------------------------------------------------------------------------------------
myst_enable_extensions = [
    "amsmath",
    "attrs_block",
    "attrs_inline",
    "colon_fence",
    "deflist",
    "dollarmath",
    "fieldlist",
    "smartquotes",
    "substitution",
]
myst_substitutions = totals(DOCS)  # what the landing page says of the whole
myst_heading_anchors = 3
myst_footnote_transition = False
numfig = True
numfig_format = {"figure": "Figure %s", "table": "Table %s", "code-block": "Listing %s"}
numfig_secnum_depth = 1  # chapter.number, for equations too
bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "alpha"
bibtex_reference_style = "author_year"

# --- execution: how cells run is the business of slopes_docs.run -------------------------------
nb_execution_timeout = 300
nb_render_markdown_format = "myst"  # tables in outputs
nb_mime_priority_overrides = [("html", "image/svg+xml", 1)]

# --- mathematics: rendered here, so that a page needs no script ---------------------------------
katex_prerender = True
katex_css_path = "vendor/katex/katex.min.css"
katex.KATEX_DEFAULT_OPTIONS.update(
    throwOnError=True,
    strict="error",
    macros=katex_macros(DOCS / "reference" / "notation.md"),
)

# --- API --------------------------------------------------------------------------------------
autosummary_generate = False  # each module is one page section, not a page a function
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True  # m=math, and not where math lies on this machine
autodoc_typehints = "none"  # the docstrings give types with shapes
napoleon_numpy_docstring = True
napoleon_google_docstring = False
napoleon_use_param = False  # types are prose with shapes, not names to look up
napoleon_use_ivar = True
napoleon_use_rtype = False
napoleon_preprocess_types = False
intersphinx_mapping: dict[str, tuple[str, str | None]] = {}  # no build asks the network

# --- site -------------------------------------------------------------------------------------
html_theme = "sphinx_book_theme"
html_title = "Slopes"
html_static_path = ["_static"]
html_css_files = [
    "slopes-tokens.css", "slopes.css", "reading.css", "live.css", "search.css", "print.css",
]  # fmt: skip
html_js_files = ["reading.js"]
html_copy_source = False
html_show_sourcelink = False
html_domain_indices = False  # the API's own page lists the modules
html_last_updated_fmt = None  # the same bytes at every build
html_theme_options = {
    "logo": {"image_light": "_static/mark.svg", "image_dark": "_static/mark.svg", "text": "Slopes"},
    "navbar_persistent": [],  # else an empty bar and a second search box
    "use_download_button": False,  # slopes_docs.notebook offers the executed notebook instead
    "use_fullscreen_button": False,
    "show_navbar_depth": 1,
    "home_page_in_toc": False,
    "collapse_navbar": True,
    "show_toc_level": 2,
    "toc_title": "On this page",
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "footer_content_items": ["copyright.html"],
    "back_to_top_button": False,
}
html_context = {"default_mode": "auto"}
html_favicon = "_static/mark.svg"
copybutton_exclude = ".linenos, .gp, .go"
togglebutton_hint = "Show"
togglebutton_hint_hide = "Hide"

# --- what needs an address, and is left out without one -----------------------------------------
if slopes_repository:
    html_theme_options |= {
        "repository_url": f"https://github.com/{slopes_repository}",
        "repository_branch": "main",
        "path_to_docs": "docs",
        "use_repository_button": True,
        "use_edit_page_button": True,
        "use_issues_button": True,
    }
epub_basename, epub_uid = "slopes", "book"
epub_identifier = slopes_site or f"urn:slopes:{release}"
epub_description, epub_contributor = "How a computer finds a derivative", author
if slopes_site and os.environ.get("SLOPES_EARLIER"):  # set by the task that publishes
    html_theme_options |= {
        "switcher": {"json_url": f"{slopes_site}switcher.json", "version_match": release},
        "check_switcher": False,  # no build asks the network
        "footer_content_items": ["copyright.html", "version-switcher.html"],
    }
if slopes_site:
    extensions += ["sphinx_sitemap", "sphinxext.opengraph"]
    html_baseurl = slopes_site
    sitemap_url_scheme = "{link}"
    sitemap_excludes = ["404.html", "genindex.html", "search.html"]
    ogp_site_url = slopes_site
    ogp_image = CARD
    ogp_image_alt = "Slopes: a curve, its tangent, and the three ways a computer finds the slope"
    ogp_social_cards = {"enable": False}  # one card for the course, drawn by slopes_docs.page.card
    ogp_enable_meta_description = True
    notfound_urls_prefix = "/" + slopes_site.split("/", 3)[3]
else:
    notfound_urls_prefix = "/"
