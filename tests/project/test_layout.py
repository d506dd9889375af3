"""The layout of the repository, executed: a topic's files are found by guessing.

A topic is one noun, and its stem names its module, its tests, its chapter, its deck and its
figures. To add one, write the files and run this file: it says what is missing and where it
belongs. Each rule is a function of the repository's root that returns messages, none if all is
well; below the rules, each is seen to fail on a small repository with one thing broken.
"""

import ast
import re
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = "tests/project/test_layout.py"

# Modules that are no topic. Those with an underscore are tested through the modules they serve.
SUPPORT = {"_adaptive", "_dual", "_formulas", "_printing", "_symbolic", "_tape", "_typing"}
SUPPORT |= {"compare", "problems"}
# Topics that are built from nothing: they know neither JAX nor one another.
FROM_SCRATCH = {"dual", "finite", "minijax", "symbolic", "tape", "taylor"}
# Topics built with JAX, and the arrows between them: what each may import of the others.
WITH_JAX = {
    "fitting": {"newton", "products", "propagation"},
    "fixedpoint": set(),
    "implicit": {"fixedpoint", "products"},
    "iterate": set(),
    "newton": {"products"},
    "products": set(),
    "propagation": {"products"},
    "timing": set(),
}
# Modules above all topics: they compare the methods, so they import every topic, and JAX.
COMPARING = {"methods"}
# Modules whose chapters have other names: one of these at least. All others have their own name.
TAUGHT_IN = {
    "iterate": {"batching"},
    "methods": {"choosing"},
    "products": {"gradients", "hessians", "jacobians"},
    "timing": {"arrays"},
}
# Tests of the whole rather than of a module, a chapter or an extension in docs/_ext.
WHOLE = {"agreement", "conventions", "layout", "settings", "style", "tasks"}
# Modules of figures that draw for several chapters.
SHARED_FIGURES = {"graphs", "style"}

SUPPORT_MAY = {"jaxtyping", "numpy"} | {f"slopes.{name}" for name in SUPPORT | {"__version__"}}
COMPARING_MAY = SUPPORT_MAY | {"jax"}
COMPARING_MAY |= {f"slopes.{name}" for name in FROM_SCRATCH | WITH_JAX.keys()}
DRAWING_MAY = SUPPORT_MAY | {"matplotlib", "mpl_toolkits"}
DRAWING_MAY |= {f"slopes.plots.{name}" for name in SHARED_FIGURES}


def stems(root, pattern):
    """Names, without suffix, of the files that match; never an index or a package."""
    return {path.stem for path in root.glob(pattern)} - {"index", "__init__"}


def modules(root):
    return stems(root, "src/slopes/*.py")


def subjects_of_tests(root):
    return {stem.removeprefix("test_") for stem in stems(root, "tests/test_*.py")}


def toctree(page):
    """Entries of all toctrees of a page, in order: the pages beside it, not those in folders."""
    if not page.exists():
        return []
    fence = r"^([`:]{3,})\{toctree\}[^\n]*\n(.*?)^\1\s*$"
    blocks = re.findall(fence, page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    lines = [line.strip() for _, block in blocks for line in block.splitlines()]
    entries = [re.sub(r".*<(.+)>$", r"\1", line) for line in lines if line and line[0] != ":"]
    return [entry.removesuffix(".md") for entry in entries if "/" not in entry]


def imports(path):
    """Yield the full name of everything that a module imports, also inside its functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # A relative import is written out, so that it is judged like any other.
            inside = path.as_posix().rpartition("/src/")[2].split("/")[: -node.level or None]
            module = ".".join([*(inside if node.level else []), *filter(None, [node.module])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def forbidden(path, allowed):
    """Return what a module imports beyond the standard library and the names allowed."""
    found = dict.fromkeys(imports(path))
    return [name for name in found if name.split(".")[0] not in sys.stdlib_module_names
            and not any(f"{name}.".startswith(f"{prefix}.") for prefix in allowed)]  # fmt: skip


# --- The rules ---


def every_module_has_a_layer(root):
    known = SUPPORT | FROM_SCRATCH | WITH_JAX.keys() | COMPARING
    return [
        f"src/slopes/{name}.py has no layer: add {name!r} to FROM_SCRATCH, to WITH_JAX with its "
        f"arrows, or, if it is no topic, to SUPPORT or COMPARING in {HERE}"
        for name in sorted(modules(root) - known)
    ]


def every_module_has_a_chapter(root):
    chapters = stems(root, "docs/*.md")
    return [
        f"docs/{min(own)}.md is missing, the chapter of src/slopes/{name}.py: write it and list "
        "it in a toctree of docs/index.md"
        for name in sorted(modules(root) - SUPPORT)
        if not (own := TAUGHT_IN.get(name, {name})) & chapters
    ]


def every_module_has_tests(root):
    public = {name for name in modules(root) if not name.startswith("_")}
    return [
        f"tests/test_{name}.py is missing: src/slopes/{name}.py has no tests of its own"
        for name in sorted(public - subjects_of_tests(root))
    ]


def every_test_file_belongs_to_something(root):
    known = modules(root) | stems(root, "docs/*.md") | stems(root, "docs/_ext/*.py") | WHOLE
    known |= {f"plots_{name}" for name in stems(root, "src/slopes/plots/*.py")}
    return [
        f"tests/test_{name}.py belongs to nothing: name it after a module, a chapter or an "
        f"extension in docs/_ext, or add it to WHOLE in {HERE}"
        for name in sorted(subjects_of_tests(root) - known)
    ]


def every_chapter_is_listed_once(root):
    listed, chapters = toctree(root / "docs/index.md"), stems(root, "docs/*.md")
    return [
        f"docs/{name}.md is listed {listed.count(name)} times: list every chapter once in the "
        "toctrees of docs/index.md; a page that is no chapter goes to docs/reference/"
        for name in sorted(chapters)
        if listed.count(name) != 1
    ] + [
        f"docs/{name}.md is missing, but docs/index.md lists it: write the chapter or take it out"
        for name in sorted(set(listed) - chapters)
    ]


def every_deck_is_listed_once_in_the_order_of_the_book(root):
    listed, book = toctree(root / "slides/index.md"), toctree(root / "docs/index.md")
    decks = stems(root, "slides/*.md")
    messages = [
        f"slides/{name}.md is listed {listed.count(name)} times: list every deck once in the "
        "toctree of slides/index.md"
        for name in sorted(decks)
        if listed.count(name) != 1
    ] + [
        f"slides/{name}.md is missing, but slides/index.md lists it: write the deck or take it out"
        for name in sorted(set(listed) - decks)
    ]
    places = [book.index(name) for name in listed if name in book]
    if places != sorted(places):
        order = ", ".join(name for name in book if name in listed)
        messages.append(f"slides/index.md must follow the order of docs/index.md: {order}")
    return messages


def every_deck_has_its_chapter_and_the_chapter_links_it(root):
    messages = []
    for deck in sorted(stems(root, "slides/*.md")):
        text = (root / f"slides/{deck}.md").read_text(encoding="utf-8")
        named = re.search(r"\A---\n(?:.*\n)*?chapter:\s*(\S+)", text.split("\n---\n")[0])
        chapter = root / f"docs/{named[1] if named else deck}.md"
        if not chapter.exists():
            messages.append(
                f"docs/{chapter.name} is missing, the chapter of slides/{deck}.md: write it, or "
                "name the deck's chapter in its front matter, chapter: <stem>"
            )
        elif not re.search(rf"slides/{deck}\b", chapter.read_text(encoding="utf-8")):
            messages.append(
                f"docs/{chapter.name} does not link its deck: add [](slides/{deck}) under its title"
            )
    return messages


def every_figure_module_has_a_chapter(root):
    return [
        f"src/slopes/plots/{name}.py draws for no chapter: name it after one, or write "
        f"docs/{name}.md"
        for name in sorted(stems(root, "src/slopes/plots/*.py") - stems(root, "docs/*.md"))
        if name not in SHARED_FIGURES
    ]


def names_have_no_numbers(root):
    patterns = ("docs/*.md", "slides/*.md", "src/slopes/**/*.py", "tests/test_*.py")
    return [
        f"{path.relative_to(root).as_posix()} has a number in its name: the order stands in "
        "docs/index.md alone, so name the topic by its noun"
        for pattern in patterns
        for path in sorted(root.glob(pattern))
        if re.search(r"\d", path.stem)
    ]


def imports_follow_the_layers(root):
    package = root / "src/slopes"
    table = {package / f"{name}.py": SUPPORT_MAY for name in SUPPORT | FROM_SCRATCH}
    for name, arrows in WITH_JAX.items():
        table[package / f"{name}.py"] = SUPPORT_MAY | {"jax"} | {f"slopes.{to}" for to in arrows}
    table |= {package / f"{name}.py": COMPARING_MAY for name in COMPARING}
    table |= dict.fromkeys((package / "plots").glob("*.py"), DRAWING_MAY)
    table |= {package / "__init__.py": set(), package / "plots/__init__.py": set()}
    return [
        f"{path.relative_to(root).as_posix()} must not import {name}: its layer allows "
        f"{', '.join(sorted(allowed)) or 'the standard library alone'}; see {HERE}"
        for path, allowed in sorted(table.items())
        if path.exists()
        for name in forbidden(path, allowed)
    ]


def docs_see_the_decks(root):
    if (root / "docs/slides").resolve() == (root / "slides").resolve():
        return []
    return ["docs/slides must be a symbolic link to ../slides: book and decks are one project"]


RULES = [
    docs_see_the_decks,
    every_chapter_is_listed_once,
    every_deck_has_its_chapter_and_the_chapter_links_it,
    every_deck_is_listed_once_in_the_order_of_the_book,
    every_figure_module_has_a_chapter,
    every_module_has_a_chapter,
    every_module_has_a_layer,
    every_module_has_tests,
    every_test_file_belongs_to_something,
    imports_follow_the_layers,
    names_have_no_numbers,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_layout_keeps_the_rule(rule):
    messages = rule(ROOT)
    assert not messages, "\n".join(messages)


# --- Sabotage: a small repository in order, then one thing broken at a time ---

IN_ORDER = {
    "docs/index.md": "# Book\n\n```{toctree}\n:caption: Part\nfinite\nDual numbers <dual>\n"
    "choosing\n```\n\n:::{toctree}\nbatching.md\nslides/index\nreference/index\n:::\n",
    "docs/finite.md": "# Finite\n\nSlides: [](slides/finite)\n",
    "docs/dual.md": "# Dual\n\n{doc}`slides/dual`\n",
    "docs/choosing.md": "# Choosing\n",
    "docs/batching.md": "# Batching\n\n[](slides/bulk)\n",
    "docs/_ext/deck.py": "",
    "docs/reference/index.md": "",
    "slides/index.md": "```{toctree}\nfinite\ndual\nbulk\n```\n",
    "slides/finite.md": "---\nminutes: 45\n---\n# Finite\n",
    "slides/dual.md": "# Dual\n\n---\nchapter: nothing, for this is no front matter\n",
    "slides/bulk.md": "---\nminutes: 45\nchapter: batching\n---\n# Bulk\n",
    "src/slopes/__init__.py": '__version__ = "1"\n',
    "src/slopes/_typing.py": "from jaxtyping import Float\n",
    "src/slopes/compare.py": "import math\nimport numpy as np\nfrom ._typing import Array\n",
    "src/slopes/finite.py": "from slopes import compare\n",
    "src/slopes/dual.py": "import numpy.linalg\nfrom . import compare\n",
    "src/slopes/iterate.py": "import jax.numpy as jnp\nfrom jax import lax\n",
    "src/slopes/methods.py": "import jax\nfrom slopes import compare, dual, finite\n",
    "src/slopes/plots/__init__.py": "",
    "src/slopes/plots/style.py": "import matplotlib as mpl\n",
    "src/slopes/plots/finite.py": "from slopes.plots import style\nfrom .style import page\n"
    "from .. import compare\n",
    "tests/conftest.py": "",
    "tests/test_compare.py": "",
    "tests/test_deck.py": "",
    "tests/test_dual.py": "",
    "tests/test_finite.py": "",
    "tests/test_iterate.py": "",
    "tests/test_layout.py": "",
    "tests/test_methods.py": "",
}


@pytest.fixture
def book(tmp_path):
    root = tmp_path / "src" / "slopes"  # folders that an unwary rule takes for the package's
    for name, text in IN_ORDER.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (root / "docs/slides").symlink_to("../slides", target_is_directory=True)
    return root


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_book_in_order_passes(book, rule):
    assert rule(book) == []


# A file, what is written to it (None: it is removed), the rule that speaks and its first words.
SABOTAGE = [
    ("docs/dual.md", None, every_module_has_a_chapter,
     "docs/dual.md is missing, the chapter of src/slopes/dual.py"),
    ("docs/batching.md", None, every_module_has_a_chapter,
     "docs/batching.md is missing, the chapter of src/slopes/iterate.py"),
    ("docs/choosing.md", None, every_module_has_a_chapter,
     "docs/choosing.md is missing, the chapter of src/slopes/methods.py"),
    ("docs/dual.md", None, every_chapter_is_listed_once,
     "docs/dual.md is missing, but docs/index.md lists it"),
    ("docs/notation.md", "# Notation\n", every_chapter_is_listed_once,
     "docs/notation.md is listed 0 times"),
    ("docs/index.md", IN_ORDER["docs/index.md"].replace("batching.md", "finite\nbatching"),
     every_chapter_is_listed_once, "docs/finite.md is listed 2 times"),
    ("docs/index.md", None, every_chapter_is_listed_once, "docs/batching.md is listed 0 times"),
    ("docs/dual.md", None, every_deck_has_its_chapter_and_the_chapter_links_it,
     "docs/dual.md is missing, the chapter of slides/dual.md"),
    ("docs/finite.md", "# Finite\n", every_deck_has_its_chapter_and_the_chapter_links_it,
     "docs/finite.md does not link its deck"),
    ("docs/batching.md", "# Bulk\n", every_deck_has_its_chapter_and_the_chapter_links_it,
     "docs/batching.md does not link its deck: add [](slides/bulk)"),
    ("slides/extra.md", "# Extra\n", every_deck_is_listed_once_in_the_order_of_the_book,
     "slides/extra.md is listed 0 times"),
    ("slides/dual.md", None, every_deck_is_listed_once_in_the_order_of_the_book,
     "slides/dual.md is missing, but slides/index.md lists it"),
    ("slides/index.md", "```{toctree}\ndual\nfinite\nbulk\n```\n",
     every_deck_is_listed_once_in_the_order_of_the_book,
     "slides/index.md must follow the order of docs/index.md: finite, dual"),
    ("src/slopes/plots/tape.py", "", every_figure_module_has_a_chapter,
     "src/slopes/plots/tape.py draws for no chapter"),
    ("src/slopes/helpers.py", "", every_module_has_a_layer, "src/slopes/helpers.py has no layer"),
    ("tests/test_finite.py", None, every_module_has_tests, "tests/test_finite.py is missing"),
    ("tests/test_compare.py", None, every_module_has_tests, "tests/test_compare.py is missing"),
    ("tests/test_misc.py", "", every_test_file_belongs_to_something,
     "tests/test_misc.py belongs to nothing"),
    ("docs/dual2.md", "", names_have_no_numbers, "docs/dual2.md has a number in its name"),
    ("slides/01.md", "", names_have_no_numbers, "slides/01.md has a number in its name"),
    ("src/slopes/plots/v2.py", "", names_have_no_numbers, "src/slopes/plots/v2.py has a number"),
    ("src/slopes/__init__.py", "import numpy\n", imports_follow_the_layers,
     "src/slopes/__init__.py must not import numpy: its layer allows the standard library alone"),
    ("src/slopes/__init__.py", "from slopes import finite\n", imports_follow_the_layers,
     "src/slopes/__init__.py must not import slopes.finite"),
    ("src/slopes/compare.py", "import jax\n", imports_follow_the_layers,
     "src/slopes/compare.py must not import jax"),
    ("src/slopes/compare.py", "from .finite import central\n", imports_follow_the_layers,
     "src/slopes/compare.py must not import slopes.finite.central"),
    ("src/slopes/dual.py", "def f():\n    import jax.numpy\n", imports_follow_the_layers,
     "src/slopes/dual.py must not import jax.numpy"),
    ("src/slopes/dual.py", "from slopes import finite\n", imports_follow_the_layers,
     "src/slopes/dual.py must not import slopes.finite"),
    ("src/slopes/dual.py", "from . import compare_all\n", imports_follow_the_layers,
     "src/slopes/dual.py must not import slopes.compare_all"),
    ("src/slopes/dual.py", "from slopes import methods\n", imports_follow_the_layers,
     "src/slopes/dual.py must not import slopes.methods"),
    ("src/slopes/methods.py", "import sympy\n", imports_follow_the_layers,
     "src/slopes/methods.py must not import sympy"),
    ("src/slopes/methods.py", "from slopes.plots import finite\n", imports_follow_the_layers,
     "src/slopes/methods.py must not import slopes.plots.finite"),
    ("src/slopes/iterate.py", "from slopes import dual\n", imports_follow_the_layers,
     "src/slopes/iterate.py must not import slopes.dual"),
    ("src/slopes/iterate.py", "import matplotlib.pyplot\n", imports_follow_the_layers,
     "src/slopes/iterate.py must not import matplotlib.pyplot"),
    ("src/slopes/plots/finite.py", "from slopes.finite import central\n",
     imports_follow_the_layers, "src/slopes/plots/finite.py must not import slopes.finite.central"),
    ("src/slopes/plots/finite.py", "from .. import dual\n", imports_follow_the_layers,
     "src/slopes/plots/finite.py must not import slopes.dual"),
    ("docs/slides", None, docs_see_the_decks, "docs/slides must be a symbolic link to ../slides"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "rule", "message"), SABOTAGE)
def test_a_broken_layout_is_reported(book, name, text, rule, message):
    path = book / name
    if text is None:
        path.unlink()
    else:
        path.write_text(text, encoding="utf-8")
    messages = rule(book)
    assert [line for line in messages if line.startswith(message)], messages


def test_a_copy_of_the_decks_is_no_link(book):
    (book / "docs/slides").unlink()
    shutil.copytree(book / "slides", book / "docs/slides")
    assert docs_see_the_decks(book)


def test_every_rule_has_been_seen_to_fail():
    assert {rule for _, _, rule, _ in SABOTAGE} == set(RULES)


def test_the_tables_name_no_module_twice_and_no_arrow_to_nowhere():
    layers = [SUPPORT, FROM_SCRATCH, set(WITH_JAX), COMPARING]
    assert sum(map(len, layers)) == len(set.union(*layers))
    assert all(arrows <= WITH_JAX.keys() for arrows in WITH_JAX.values())
    assert TAUGHT_IN.keys() <= WITH_JAX.keys() | FROM_SCRATCH | COMPARING
