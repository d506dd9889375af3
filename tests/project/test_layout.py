"""The layout of the repository, executed: a topic's files are found by guessing.

A topic is one noun, and its stem names its module, its tests, its chapter, its deck, its figures
and its page of the API. Its module is `src/slopes/<topic>.py`, or the folder `src/slopes/<topic>/`
once it outgrows 400 lines of code: then its `__init__.py` is the face, the only thing that others
import, and the parts behind it import one another in one direction. The test of `P/x.py` is
`tests/P/test_x.py`, or a folder `tests/P/x/` with a file for each section.
To add a topic, write the files and run this file: it says what is missing and where it belongs.
Each rule is a function of the repository's root that returns messages, none if all is well; below
the rules, each is seen to fail on a small repository with one thing broken.
"""

import ast
import itertools
import re
import shutil
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = "tests/project/test_layout.py"

# Modules that are no topic: they know NumPy and one another.
SUPPORT = {"_typing", "compare", "elementary", "problems", "special"}
# The same for topics with JAX: it knows JAX, and all of them may import it.
SUPPORT_WITH_JAX = {"_arguments"}
# Topics that are built from nothing: they know neither JAX nor one another.
FROM_SCRATCH = {"dual", "finite", "minijax", "symbolic", "tape", "taylor"}
# Topics built with JAX, and their arrows: the topics that each may import.
WITH_JAX = {
    "fitting": {"newton", "products", "propagation"},
    "fixedpoint": set(),
    "greeks": set(),
    "implicit": {"fixedpoint", "newton"},
    "iterate": set(),
    "newton": {"products"},
    "products": {"finite"},
    "propagation": {"products"},
    "timing": set(),
    "tracing": set(),
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
# Those that offer every function of the table of elementary functions.
WAYS = {"dual", "symbolic", "tape"}
# Wings of tests, what each tests, and the tests of a whole rather than of one file of it.
WINGS = {"slopes": "src/slopes", "docs": "docs/_ext/slopes_docs"}
WHOLE = {"slopes": {"agreement", "devices", "keys"}, "docs": set()}
WHOLE |= {"project": {"conventions", "layout", "settings", "tasks"}}
BESIDE_THE_WINGS = {"benchmarks", "browser", "support"}
# Modules of figures that draw for several chapters.
SHARED_FIGURES = {"graphs", "style"}

SUPPORT_MAY = {"jaxtyping", "numpy"} | {f"slopes.{name}" for name in SUPPORT | {"__version__"}}
COMPARING_MAY = SUPPORT_MAY | {"jax"}
COMPARING_MAY |= {f"slopes.{name}" for name in FROM_SCRATCH | WITH_JAX.keys()}
DRAWING_MAY = SUPPORT_MAY | {"matplotlib", "mpl_toolkits"}
DRAWING_MAY |= {f"slopes.plots.{name}" for name in SHARED_FIGURES}


def stems(root, pattern):
    """Names, without suffix, of the files that match; never an index or a face."""
    return {path.stem for path in root.glob(pattern)} - {"index", "__init__"}


def modules(root):
    """Names of the modules, be they files or folders with a face; the figures are none."""
    faces = {path.parent.name for path in root.glob("src/slopes/*/__init__.py")}
    return (stems(root, "src/slopes/*.py") | faces) - {"plots"}


def files_of(root, name):
    """The file of a module, or all files of its folder."""
    package = root / "src/slopes"
    return [path for path in (package / f"{name}.py", *sorted((package / name).glob("*.py")))
            if path.exists()]  # fmt: skip


def written(root, name):
    """The path of a module, for messages."""
    return (
        f"src/slopes/{name}/" if (root / "src/slopes" / name).is_dir() else f"src/slopes/{name}.py"
    )


def toctree(page):
    """Entries of all toctrees of a page, in order: the pages beside it, not those in folders."""
    if not page.exists():
        return []
    fence = r"^([`:]{3,})\{toctree\}[^\n]*\n(.*?)^\1\s*$"
    blocks = re.findall(fence, page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    lines = [line.strip() for _, block in blocks for line in block.splitlines()]
    entries = [re.sub(r".*<(.+)>$", r"\1", line) for line in lines if line and line[0] != ":"]
    return [entry.removesuffix(".md") for entry in entries if "/" not in entry]


def imported(source, inside):
    """Yield the full name of everything that a program imports, also inside its functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # A relative import is written out, so that it is judged like any other.
            folder = inside[: 1 - node.level or None] if node.level else []
            module = ".".join([*folder, *filter(None, [node.module])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def imports(path):
    inside = path.as_posix().rpartition("/src/")[2].split("/")[:-1]
    yield from imported(path.read_text(encoding="utf-8"), inside)


def cells(page):
    """Yield the code of a page that can be read as Python."""
    text = page.read_text(encoding="utf-8")
    for code in re.findall(r"^```\{code-cell\}[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        program = re.sub(r"\A(?::[^\n]*\n)+|\A---\n.*?\n---\n", "", code, flags=re.DOTALL)
        try:
            ast.parse(program)
        except SyntaxError:  # a cell that shows one, or a magic command
            continue
        yield program


def forbidden(path, allowed):
    """Return what a module imports beyond the standard library and the names allowed."""
    found = dict.fromkeys(imports(path))
    return [name for name in found if name.split(".")[0] not in sys.stdlib_module_names
            and not any(f"{name}.".startswith(f"{prefix}.") for prefix in allowed)]  # fmt: skip


# --- The rules ---


def every_module_has_a_layer(root):
    known = SUPPORT | SUPPORT_WITH_JAX | FROM_SCRATCH | WITH_JAX.keys() | COMPARING
    return [
        f"{written(root, name)} has no layer: add {name!r} to FROM_SCRATCH, to WITH_JAX with its "
        f"arrows, or, if it is no topic, to SUPPORT or COMPARING in {HERE}"
        for name in sorted(modules(root) - known)
    ]


def a_module_is_a_file_or_a_folder(root):
    return [
        f"src/slopes/{name}.py and src/slopes/{name}/ are both there: a topic is one or the other"
        for name in sorted(stems(root, "src/slopes/*.py"))
        if (root / "src/slopes" / name).is_dir()
    ]


def every_module_has_a_chapter(root):
    chapters = stems(root, "docs/*.md")
    return [
        f"docs/{min(own)}.md is missing, the chapter of {written(root, name)}: write it and list "
        "it in a toctree of docs/index.md"
        for name in sorted(modules(root) - SUPPORT - SUPPORT_WITH_JAX)
        if not (own := TAUGHT_IN.get(name, {name})) & chapters
    ]


def every_public_module_has_a_page_of_the_api(root):
    folder = root / "docs/reference/api"
    public = {name for name in modules(root) if name[0] != "_"} | {"plots"}
    pages, listed = stems(folder, "*.md"), toctree(folder / "index.md")
    return (
        [
            f"docs/reference/api/{name}.md is missing: let it have automodule:: slopes.{name}"
            for name in sorted(public)
            if name not in pages
            or f"automodule:: slopes.{name}"
            not in (folder / f"{name}.md").read_text(encoding="utf-8")
        ]
        + [
            f"docs/reference/api/{name}.md is listed {listed.count(name)} times: list it once "
            "in the toctree of docs/reference/api/index.md"
            for name in sorted(pages & public)
            if listed.count(name) != 1
        ]
        + [
            f"docs/reference/api/{name}.md documents no module: name it after one"
            for name in sorted(pages - public)
        ]
    )


def every_module_has_tests(root):
    tests = root / "tests/slopes"
    public = {Path(name) for name in modules(root) if name[0] != "_"}
    public |= {Path("plots", name) for name in stems(root, "src/slopes/plots/*.py")}
    return [
        f"tests/slopes/{one.as_posix()} or tests/slopes/{name.as_posix()}/ is missing: "
        f"{written(root, name.as_posix())} has no tests of its own"
        for name in sorted(public)
        if not (tests / (one := name.with_name(f"test_{name.name}.py"))).exists()
        and not list((tests / name).glob("test_*.py"))
    ]


def every_test_file_belongs_to_something(root):
    """The test of `P/x.py` is `P/test_x.py`, or a file of the folder `P/x/`, in its wing."""
    return [
        f"{path.relative_to(root).as_posix()} belongs to nothing: name it after a file of "
        f"{WINGS.get(wing, 'the project')}, or add it to WHOLE in {HERE}"
        for wing in WHOLE
        for path in sorted((root / "tests" / wing).rglob("test_*.py"))
        if "fixtures" not in path.parts
        and path.stem.removeprefix("test_") not in WHOLE[wing]
        and not _has_a_source(root, wing, path)
    ]


def _has_a_source(root, wing, path):
    if wing not in WINGS:
        return False
    folder = path.parent.relative_to(root / "tests" / wing)
    source = root / WINGS[wing] / folder
    own = source / path.stem.removeprefix("test_")
    sections = folder.name and folder.name != "plots" and source.is_dir()
    return bool(sections or own.is_dir() or own.with_suffix(".py").exists()
                or (folder.name and source.with_suffix(".py").exists()))  # fmt: skip


def wings_hold_tests_alone(root):
    tests, known = root / "tests", WHOLE.keys() | BESIDE_THE_WINGS
    strangers = [path for path in tests.iterdir() if path.name not in known]
    for wing in WHOLE:
        files = (tests / wing).rglob("*.py")
        strangers += [path for path in files if not path.name.startswith("test_")]
    strangers = [path for path in strangers if path.name not in ("conftest.py", "__pycache__")
                 and "fixtures" not in path.parts]  # fmt: skip
    return [
        f"{path.relative_to(root).as_posix()} is no test of a wing: what tests share goes to "
        "tests/support/"
        for path in sorted(strangers)
    ]


def every_way_offers_every_function_of_the_table(root):
    package = root / "src/slopes"
    table = ast.parse((package / "elementary.py").read_text(encoding="utf-8"))
    functions = {
        key.value
        for node in table.body
        if isinstance(node, ast.AnnAssign) and node.target.id in ("ELEMENTARY", "OF_TWO")
        for key in node.value.keys
    }
    offered = {way: set().union(*map(exported, files_of(root, way))) for way in WAYS}
    return [
        f"src/slopes/{way} does not offer {name}, a row of src/slopes/elementary.py: define it in "
        "rules.py, one line, and add its name to __all__"
        for way in sorted(WAYS & modules(root))
        for name in sorted(functions - offered[way])
    ]


def exported(path):
    """The names in a literal `__all__`, which a user's type checker reads as well."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return {one.value for one in ast.walk(node.value) if isinstance(one, ast.Constant)}
    return set()


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
    patterns = ("docs/*.md", "slides/*.md", "src/slopes/**/*.py", "tests/**/*.py")
    return [
        f"{path.relative_to(root).as_posix()} has a number in its name: the order stands in "
        "docs/index.md alone, so name the topic by its noun"
        for pattern in patterns
        for path in sorted(root.glob(pattern))
        if re.search(r"\d", path.stem)
    ]


def imports_follow_the_layers(root):
    package = root / "src/slopes"
    allowed = dict.fromkeys(SUPPORT | FROM_SCRATCH, SUPPORT_MAY)
    allowed |= dict.fromkeys(SUPPORT_WITH_JAX, SUPPORT_MAY | {"jax"})
    for name, arrows in WITH_JAX.items():
        may = arrows | SUPPORT_WITH_JAX
        allowed[name] = SUPPORT_MAY | {"jax"} | {f"slopes.{to}" for to in may}
    allowed |= dict.fromkeys(COMPARING, COMPARING_MAY)
    # A module's own folder is open to it.
    table = {path: may | {f"slopes.{name}"} for name, may in allowed.items()
             for path in files_of(root, name)}  # fmt: skip
    table |= dict.fromkeys((package / "plots").glob("*.py"), DRAWING_MAY)
    table |= {package / "__init__.py": set(), package / "plots/__init__.py": set()}
    return [
        f"{path.relative_to(root).as_posix()} must not import {name}: its layer allows "
        f"{', '.join(sorted(may)) or 'the standard library alone'}; see {HERE}"
        for path, may in sorted(table.items())
        if path.exists()
        for name in forbidden(path, may)
    ]


def outsiders_import_the_face(root):
    """Parts and private names belong to their folder, and to its tests."""
    programs = {path: [path.read_text(encoding="utf-8")] for pattern in
                ("src/slopes/**/*.py", "tests/**/*.py", "docs/_ext/**/*.py")
                for path in root.glob(pattern)}  # fmt: skip
    programs |= {page: list(cells(page)) for pattern in ("docs/*.md", "slides/*.md")
                 for page in root.glob(pattern)}  # fmt: skip
    return [
        f"{path.relative_to(root).as_posix()} must not import {name}: it belongs to "
        f"{written(root, owner)}, whose face is slopes.{owner}"
        for path, sources in sorted(programs.items())
        for name in dict.fromkeys(itertools.chain(*(
            imported(source, path.as_posix().rpartition("/src/")[2].split("/")[:-1])
            for source in sources)))
        if (owner := owner_of(root, name)) and not belongs(root, path, owner)
    ]  # fmt: skip


def owner_of(root, name):
    """The module that keeps a name to itself; none if it is everybody's."""
    package, _, rest = name.partition(".")
    owner, _, inner = rest.partition(".")
    if package != "slopes" or not inner or owner == "plots":
        return None
    part = inner.split(".")[0]
    private = part.startswith("_")
    return owner if private or (root / f"src/slopes/{owner}/{part}.py").exists() else None


def belongs(root, path, owner):
    place = path.relative_to(root).with_suffix("").parts
    return place[:3] == ("src", "slopes", owner) or (
        place[:2] == ("tests", "slopes") and place[2] in (owner, f"test_{owner}")
    )


def imports_never_run_in_a_circle(root):
    """Each file after those that it imports: inside a folder, and across the package."""
    package = root / "src/slopes"
    names = {}
    for path in package.rglob("*.py"):
        stem = path.relative_to(root / "src").with_suffix("").parts
        names[".".join(stem[:-1] if stem[-1] == "__init__" else stem)] = path
    graph = {name: _modules_among(names, path) - {name} for name, path in names.items()}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        return ["imports run in a circle: " + " <- ".join(error.args[1])]
    return []


def _modules_among(names, path):
    """The files that a file asks for: of ``slopes.tape.rules.sin`` the longest name that is one."""
    found = set()
    for name in imports(path):
        words = name.split(".")
        heads = [".".join(words[:k]) for k in range(len(words), 0, -1)]
        found |= set([head for head in heads if head in names][:1])
    return found


def docs_see_the_decks(root):
    if (root / "docs/slides").resolve() == (root / "slides").resolve():
        return []
    return ["docs/slides must be a symbolic link to ../slides: book and decks are one project"]


RULES = [
    a_module_is_a_file_or_a_folder,
    docs_see_the_decks,
    every_chapter_is_listed_once,
    every_deck_has_its_chapter_and_the_chapter_links_it,
    every_deck_is_listed_once_in_the_order_of_the_book,
    every_figure_module_has_a_chapter,
    every_module_has_a_chapter,
    every_module_has_a_layer,
    every_module_has_tests,
    every_public_module_has_a_page_of_the_api,
    every_test_file_belongs_to_something,
    every_way_offers_every_function_of_the_table,
    imports_follow_the_layers,
    imports_never_run_in_a_circle,
    names_have_no_numbers,
    outsiders_import_the_face,
    wings_hold_tests_alone,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_layout_keeps_the_rule(rule):
    messages = rule(ROOT)
    assert not messages, "\n".join(messages)


# --- Sabotage: a small repository in order, then one thing broken at a time ---

NAMES = "__all__ = ['hypot', 'sin']\n"
IN_ORDER = (
    {
        "docs/index.md": "# Book\n\n```{toctree}\n:caption: Part\nfinite\nDual numbers <dual>\n"
        "symbolic\ntape\nchoosing\n```\n\n:::{toctree}\nbatching.md\nslides/index\nreference/index\n:::\n",
        "docs/finite.md": "# Finite\n\nSlides: [](slides/finite)\n",
        "docs/dual.md": "# Dual\n\n{doc}`slides/dual`\n",
        "docs/choosing.md": "# Choosing\n\n```{code-cell} python\n:tags: [remove-cell]\n"
        "from slopes import tape\nfrom slopes.plots import finite as figures\n```\n",
        "docs/symbolic.md": "# Symbols\n",
        "docs/tape.md": "# Tape\n\n```{code-cell} python\n%time x\n```\n",
        "docs/batching.md": "# Batching\n\n[](slides/bulk)\n",
        "docs/_ext/slopes_docs/repairs.py": "",
        "docs/_ext/slopes_docs/deck/slides.py": "",
        "docs/reference/index.md": "",
        "docs/reference/api/index.md": "```{toctree}\ncompare\ndual\nelementary\nfinite\niterate\n"
        "methods\nplots\nsymbolic\ntape\n```\n",
        "slides/index.md": "```{toctree}\nfinite\ndual\nbulk\n```\n",
        "slides/finite.md": "---\nminutes: 45\n---\n# Finite\n",
        "slides/dual.md": "# Dual\n\n---\nchapter: nothing, for this is no front matter\n",
        "slides/bulk.md": "---\nminutes: 45\nchapter: batching\n---\n# Bulk\n",
        "src/slopes/__init__.py": '__version__ = "1"\n',
        "src/slopes/_typing.py": "from jaxtyping import Float\n",
        "src/slopes/compare.py": "import math\nimport numpy as np\nfrom ._typing import Array\n",
        "src/slopes/elementary.py": "ELEMENTARY: dict = {'sin': 1}\nOF_TWO: dict = {'hypot': 2}\n",
        "src/slopes/finite.py": "from slopes import compare\n",
        "src/slopes/dual.py": "import numpy.linalg\nfrom . import compare\n" + NAMES,
        "src/slopes/symbolic.py": NAMES,
        "src/slopes/tape/__init__.py": "from slopes.tape import rules\nfrom .walk import *\n",
        "src/slopes/tape/record.py": "import numpy as np\nfrom slopes.compare import agree\n",
        "src/slopes/tape/rules.py": "from slopes.tape.record import Node\n" + NAMES,
        "src/slopes/tape/walk.py": "from .rules import sin\n",
        "src/slopes/iterate.py": "import jax.numpy as jnp\nfrom jax import lax\n",
        "src/slopes/methods.py": "import jax\nfrom slopes import compare, dual, finite, tape\n",
        "src/slopes/plots/__init__.py": "",
        "src/slopes/plots/style.py": "import matplotlib as mpl\n",
        "src/slopes/plots/finite.py": "from slopes.plots import style\nfrom .style import page\n"
        "from .. import compare\n",
        "tests/conftest.py": "",
        "tests/support/oracles.py": "",
        "tests/docs/test_repairs.py": "",
        "tests/docs/deck/test_slides.py": "",
        "tests/docs/fixtures/deck/conf.py": "",
        "tests/project/test_layout.py": "",
        "tests/slopes/test_agreement.py": "from slopes import tape\n",
        "tests/slopes/plots/test_finite.py": "from slopes.plots import finite\n",
        "tests/slopes/plots/test_style.py": "",
        "tests/slopes/tape/test_costs.py": "from slopes.tape.record import Node\n",
        "tests/slopes/tape/test_rules.py": "",
    }
    | {
        f"tests/slopes/test_{name}.py": ""
        for name in ("compare", "dual", "elementary", "finite", "iterate", "methods", "symbolic")
    }
    | {
        f"docs/reference/api/{name}.md": f".. automodule:: slopes.{name}\n"
        for name in (
            "compare",
            "dual",
            "elementary",
            "finite",
            "iterate",
            "methods",
            "plots",
            "symbolic",
            "tape",
        )
    }
)


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
    ("src/slopes/plots/newton.py", "", every_figure_module_has_a_chapter,
     "src/slopes/plots/newton.py draws for no chapter"),
    ("src/slopes/helpers.py", "", every_module_has_a_layer, "src/slopes/helpers.py has no layer"),
    ("src/slopes/helpers/__init__.py", "", every_module_has_a_layer,
     "src/slopes/helpers/ has no layer"),
    ("src/slopes/tape.py", "", a_module_is_a_file_or_a_folder,
     "src/slopes/tape.py and src/slopes/tape/ are both there"),
    ("docs/tape.md", None, every_module_has_a_chapter,
     "docs/tape.md is missing, the chapter of src/slopes/tape/"),
    ("tests/slopes/test_finite.py", None, every_module_has_tests,
     "tests/slopes/test_finite.py or tests/slopes/finite/ is missing"),
    ("tests/slopes/test_compare.py", None, every_module_has_tests,
     "tests/slopes/test_compare.py or tests/slopes/compare/ is missing"),
    ("tests/slopes/plots/test_style.py", None, every_module_has_tests,
     "tests/slopes/plots/test_style.py or tests/slopes/plots/style/ is missing"),
    ("tests/slopes/test_misc.py", "", every_test_file_belongs_to_something,
     "tests/slopes/test_misc.py belongs to nothing"),
    ("tests/slopes/test_record.py", "", every_test_file_belongs_to_something,
     "tests/slopes/test_record.py belongs to nothing"),
    ("tests/slopes/plots/test_misc.py", "", every_test_file_belongs_to_something,
     "tests/slopes/plots/test_misc.py belongs to nothing"),
    ("tests/docs/test_slides.py", "", every_test_file_belongs_to_something,
     "tests/docs/test_slides.py belongs to nothing"),
    ("tests/project/test_dual.py", "", every_test_file_belongs_to_something,
     "tests/project/test_dual.py belongs to nothing"),
    ("tests/slopes/helper.py", "", wings_hold_tests_alone, "tests/slopes/helper.py is no test"),
    ("tests/docs/deck/words.py", "", wings_hold_tests_alone, "tests/docs/deck/words.py is no test"),
    ("tests/test_dual.py", "", wings_hold_tests_alone, "tests/test_dual.py is no test of a wing"),
    ("docs/reference/api/tape.md", None, every_public_module_has_a_page_of_the_api,
     "docs/reference/api/tape.md is missing: let it have automodule:: slopes.tape"),
    ("docs/reference/api/dual.md", "# Dual\n", every_public_module_has_a_page_of_the_api,
     "docs/reference/api/dual.md is missing"),
    ("docs/reference/api/index.md", "", every_public_module_has_a_page_of_the_api,
     "docs/reference/api/tape.md is listed 0 times"),
    ("docs/reference/api/misc.md", "", every_public_module_has_a_page_of_the_api,
     "docs/reference/api/misc.md documents no module"),
    ("src/slopes/elementary.py", "ELEMENTARY: dict = {'sin': 1, 'sinpi': 1}\n",
     every_way_offers_every_function_of_the_table,
     "src/slopes/tape does not offer sinpi, a row of src/slopes/elementary.py"),
    ("src/slopes/dual.py", "__all__ = ['sin']\n", every_way_offers_every_function_of_the_table,
     "src/slopes/dual does not offer hypot"),
    # The three that once passed.
    ("src/slopes/dual.py", "from slopes.tape.record import Node\n", imports_follow_the_layers,
     "src/slopes/dual.py must not import slopes.tape.record.Node"),
    ("src/slopes/plots/finite.py", "from slopes.tape.record import Node\n",
     imports_follow_the_layers,
     "src/slopes/plots/finite.py must not import slopes.tape.record.Node"),
    ("src/slopes/compare.py", "from slopes.dual.number import Dual\n", imports_follow_the_layers,
     "src/slopes/compare.py must not import slopes.dual.number.Dual"),
    ("src/slopes/tape/walk.py", "from slopes import finite\n", imports_follow_the_layers,
     "src/slopes/tape/walk.py must not import slopes.finite"),
    ("src/slopes/tape/walk.py", "from ..finite import central\n", imports_follow_the_layers,
     "src/slopes/tape/walk.py must not import slopes.finite.central"),
    ("src/slopes/methods.py", "from slopes.tape.rules import sin\n", outsiders_import_the_face,
     "src/slopes/methods.py must not import slopes.tape.rules.sin: it belongs to src/slopes/tape/"),
    ("src/slopes/methods.py", "from slopes.tape import rules\n", outsiders_import_the_face,
     "src/slopes/methods.py must not import slopes.tape.rules"),
    ("src/slopes/methods.py", "import slopes.tape.rules as r\n", outsiders_import_the_face,
     "src/slopes/methods.py must not import slopes.tape.rules"),
    ("src/slopes/methods.py", "from slopes.dual import _half\n", outsiders_import_the_face,
     "src/slopes/methods.py must not import slopes.dual._half"),
    ("tests/slopes/test_dual.py", "from slopes.tape.rules import sin\n", outsiders_import_the_face,
     "tests/slopes/test_dual.py must not import slopes.tape.rules.sin"),
    ("tests/benchmarks/tape.py", "from slopes.tape import record\n", outsiders_import_the_face,
     "tests/benchmarks/tape.py must not import slopes.tape.record"),
    ("docs/choosing.md",
     "```{code-cell} python\n---\ntags: [a]\n---\nfrom slopes.tape.record import Node\n```\n",
     outsiders_import_the_face, "docs/choosing.md must not import slopes.tape.record.Node"),
    ("src/slopes/tape/record.py", "from slopes.tape.walk import back\n",
     imports_never_run_in_a_circle, "imports run in a circle: "),
    ("src/slopes/tape/record.py", "def f():\n    from slopes.tape import sin\n",
     imports_never_run_in_a_circle, "imports run in a circle: "),
    ("src/slopes/elementary.py", "import slopes.finite\n", imports_follow_the_layers,
     "src/slopes/elementary.py must not import slopes.finite"),
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
        path.parent.mkdir(parents=True, exist_ok=True)
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
    layers = [SUPPORT, SUPPORT_WITH_JAX, FROM_SCRATCH, set(WITH_JAX), COMPARING]
    assert sum(map(len, layers)) == len(set.union(*layers))
    assert all(arrows <= WITH_JAX.keys() | FROM_SCRATCH for arrows in WITH_JAX.values())
    assert TAUGHT_IN.keys() <= WITH_JAX.keys() | FROM_SCRATCH | COMPARING
