"""Every task of the project. ``nox -l`` lists them; arguments after ``--`` go to the tool."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path

import nox
from nox.command import CommandFailed

ROOT = Path(__file__).parent
CONSTRAINTS = "constraints.txt"
# Pythons that share their pins. JAX 0.10 is the last release for Python 3.11.
FAMILIES = ('python_version < "3.12"', 'python_version >= "3.12"')
PINS_HEAD = """\
# Versions that the project is built and tested with.
# `nox -s lock` rewrites those of the Python that runs it, and keeps the others."""
SITE = Path("dist", "site")
PACKAGE_TESTS = ("tests/slopes", "tests/project/test_conventions.py", "src")
# Tests run on all cores; those of a file, or of a page of the site, stay together, since they share
# what is slow to make.
ON_ALL_CORES = ("--numprocesses", "auto", "--maxprocesses", "8", "--dist", "loadgroup")
PYPROJECT = nox.project.load_toml(ROOT / "pyproject.toml")

nox.options.sessions = ["site", "tests"]
nox.options.default_venv_backend = "venv"
nox.options.reuse_existing_virtualenvs = True
nox.needs_version = ">=2025.2.9"


def install(session: nox.Session, *groups: str, constrained: bool = True) -> None:
    """Install the package, editable, and dependency groups at the pinned versions."""
    needs = nox.project.dependency_groups(PYPROJECT, *groups)
    pins = ("--constraint", CONSTRAINTS) if constrained else ()
    session.install("--quiet", "--editable", ".", *needs, *pins)
    # a bytecode cache makes every kernel start faster, hash order must not vary
    session.env.update({"PYTHONDONTWRITEBYTECODE": "", "PYTHONHASHSEED": "0"})


def sphinx(session: nox.Session, builder: str, out: Path, *options: str) -> None:
    """Build the book and the decks; the doctrees stay out of what is published."""
    warnings = Path("build", f"warnings-{builder}.txt")
    warnings.unlink(missing_ok=True)
    try:
        session.run(
            "python",
            "-m",
            "sphinx",
            "--builder",
            builder,
            "--doctree-dir",
            f"build/doctrees-{builder}",
            "--warning-file",
            str(warnings),
            "--nitpicky",
            "--fail-on-warning",
            "--keep-going",
            "--jobs",
            "2",
            *options,
            "docs",
            str(out),
        )
    except CommandFailed:  # the log is long: what was wrong stands at its end once more
        found = warnings.read_text(encoding="utf-8") if warnings.exists() else ""
        session.error(found or "the build ended without a warning: its log says why")


def command(session: nox.Session, name: str, *arguments: str) -> None:
    """Run a program of the site's own package."""
    session.env["PYTHONPATH"] = "docs/_ext"
    session.run("python", "-m", f"slopes_docs.commands.{name}", *arguments)


def site_from_nothing(session: nox.Session, *, run_again: bool = True) -> None:
    """Build the site without doctrees and without cached outputs: the gates trust no cache.

    What is run here is kept, so that other forms of the book need not run it again.
    """
    outputs = [Path("build", "jupyter-cache")] if run_again else []
    for path in (SITE, Path("build", "doctrees-html"), *outputs):
        shutil.rmtree(path, ignore_errors=True)
    sphinx(session, "html", SITE)


@nox.session
def site(session: nox.Session) -> None:
    """Build book and decks into dist/site (afresh in CI) and say where to open them."""
    install(session, "docs")
    if os.environ.get("CI"):
        site_from_nothing(session)
    else:
        sphinx(session, "html", SITE, *session.posargs)
    session.log(f"Open {(ROOT / SITE / 'index.html').as_uri()}")


@nox.session
def tests(session: nox.Session) -> None:
    """Test the package, the docs' extensions, layout and tasks; measure branch coverage."""
    install(session, "test", "docs", "tasks")
    measured = ("--ignore=tests/browser", "--cov", "--cov-report=term")
    session.run("pytest", *measured, *ON_ALL_CORES, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check code style, spelling and markup."""
    install(session, "lint")
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check")
    session.run("codespell")
    pages = [*map(str, Path("docs").glob("*.md")), "docs/reference", "docs/_ext", "slides"]
    session.run("sphinx-lint", "--enable", "all", "--disable", "line-too-long", *pages)


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly."""
    install(session, "types", "test")
    session.run("mypy", *session.posargs)


@nox.session
def browser(session: nox.Session) -> None:
    """Check the built site in Chromium: requests, console, accessibility, slides, links, weight."""
    install(session, "browser")
    session.run("pytest", "tests/browser", "--site", str(SITE), *ON_ALL_CORES, *session.posargs)


@nox.session
def lighthouse(session: nox.Session) -> None:
    """Let Lighthouse judge every page and deck of the built site, as a phone sees them."""
    install(session, "browser", "docs")
    session.env["PYTHONPATH"] = "docs/_ext"
    session.run("python", "tests/browser/lighthouse.py", str(SITE), *session.posargs)


@nox.session
def identical(session: nox.Session) -> None:
    """Build the site a second time from nothing and compare, marked timings apart."""
    install(session, "docs")
    first = Path("build", "first-site")
    shutil.rmtree(first, ignore_errors=True)
    shutil.copytree(SITE, first)
    site_from_nothing(session)
    command(session, "identical", str(first), str(SITE))


@nox.session
def live(session: nox.Session) -> None:
    """Serve the site and rebuild what an edit touches."""
    install(session, "live")
    session.env["SLOPES_LIVE"] = "1"
    session.run(
        "sphinx-autobuild",
        "--doctree-dir",
        "build/doctrees-live",
        "--jobs",
        "2",
        "--watch",
        "src",
        "--watch",
        "slides",
        "--ignore",
        "*/_static/vendor/*",
        "--re-ignore",
        r"node_modules|/build/|/dist/|__pycache__|\.ipynb_checkpoints",
        *session.posargs,
        "docs",
        "build/live",
    )


@nox.session
def pdf(session: nox.Session) -> None:
    """Print every deck as hand-outs, with answers and without, and the book, into dist/pdf."""
    install(session, "docs", "browser")
    if not SITE.exists():
        sphinx(session, "html", SITE)
    book = Path("build", "singlehtml")
    sphinx(session, "singlehtml", book)
    command(session, "pdf", str(SITE), str(book), "dist/pdf")


@nox.session
def ebook(session: nox.Session) -> None:
    """Make the book as EPUB, dist/slopes.epub; EPUBCheck judges it where there is Java."""
    install(session, "docs", "ebook")
    shutil.copy(make_ebook(session), "dist")
    if shutil.which("java"):
        session.run("python", "-m", "epubcheck", "dist/slopes.epub")
    else:
        session.log("EPUBCheck did not judge the book: there is no Java")


def make_ebook(session: nox.Session) -> Path:
    """Build the book for reading devices; return its file."""
    folder = Path("build", "epub")
    sphinx(session, "epub", folder)
    return folder / "slopes.epub"


@nox.session
def notebooks(session: nox.Session) -> None:
    """Copy the executed notebooks and the wheel into dist/notebooks; --run tries them elsewhere."""
    install(session, "docs")
    if not SITE.exists():
        sphinx(session, "html", SITE)
    shutil.rmtree("dist/notebooks", ignore_errors=True)
    shutil.copytree(SITE / "notebooks", "dist/notebooks")
    session.log(f"Notebooks: {', '.join(sorted(p.name for p in Path('dist/notebooks').iterdir()))}")
    if "--run" in session.posargs:
        run_elsewhere(session, Path("dist", "notebooks"))


def run_elsewhere(session: nox.Session, folder: Path) -> None:
    """Run all notebooks in reading order, in one environment that has Jupyter and nothing else.

    They must say there what they say in the site.
    """
    away = Path(session.create_tmp(), "away").resolve()
    shutil.rmtree(away, ignore_errors=True)
    shutil.copytree(folder, away / "notebooks")
    session.run("python", "-m", "venv", str(away / "env"))
    (python,) = map(str, (*away.glob("env/bin/python"), *away.glob("env/Scripts/python.exe")))
    # the cells install what they need: at the versions that the numbers in them were computed with
    settings = {"PIP_CONSTRAINT": str(Path(CONSTRAINTS).resolve()), "PYTHONPATH": ""}
    # what the site's kernels compiled need not be compiled again
    for compiled in Path("build", "jax-cache").glob("*"):
        settings["JAX_COMPILATION_CACHE_DIR"] = str(compiled.resolve())
        settings["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    session.run(python, "-m", "pip", "install", "--quiet", "ipykernel", "nbclient", env=settings)
    contents = (SITE / "index.html").read_text(encoding="utf-8")
    pages = re.findall(r'toctree-l1[^>]*><a [^>]*href="([^"#/]+)\.html"', contents)
    with session.chdir(away / "notebooks"):
        order = [name for page in pages if Path(name := f"{page}.ipynb").exists()]
        if sorted(order) != sorted(map(str, Path().glob("*.ipynb"))):
            session.error(f"the contents must list every notebook, got {order}")
        for name in order:
            session.run(python, "-m", "jupyter", "execute", "--inplace", name, env=settings)
    command(session, "repeated", str(folder), str(away / "notebooks"))


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the benchmark tables and record them with machine and versions."""
    install(session, "bench", "docs", "test")
    for script in sorted(Path("tests", "benchmarks").glob("[a-z]*.py")):
        record = Path("docs", "reference", "benchmarks", f"{script.stem}.json")
        session.run("python", str(script), "--json", str(record), *session.posargs)


@nox.session
def mintest(session: nox.Session) -> None:
    """Test the package with the oldest versions that it allows."""
    needs = [*PYPROJECT["project"]["dependencies"]]
    needs += nox.project.dependency_groups(PYPROJECT, "test")
    oldest = [re.sub(r">=", "==", need) for need in needs]
    session.install("--quiet", "--no-deps", "--editable", ".")
    session.install("--quiet", *oldest)
    package_tests(session)


@nox.session
def maxtest(session: nox.Session) -> None:
    """Test the package with the newest versions that exist."""
    install(session, "test", constrained=False)
    package_tests(session)


def package_tests(session: nox.Session) -> None:
    """Run all that tests the package, examples and figures included, and what it takes from JAX."""
    session.env["PYTHONDONTWRITEBYTECODE"] = ""
    session.run("pytest", *PACKAGE_TESTS, *ON_ALL_CORES, *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Resolve every dependency afresh and rewrite the pins of this Python, keeping the others'."""
    needs = nox.project.dependency_groups(PYPROJECT, *PYPROJECT["dependency-groups"])
    report = Path(session.create_tmp(), "report.json").resolve()
    session.install("--quiet", "--upgrade", "pip")
    session.run(
        "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--dry-run",
        "--ignore-installed",
        "--report",
        str(report),
        ".",
        "nox",
        *needs,
    )
    found = json.loads(report.read_text())
    family = family_of(found["environment"]["python_version"])
    metadata = [item["metadata"] for item in found["install"] if not item["is_direct"]]
    pins = read_pins(Path(CONSTRAINTS).read_text(encoding="utf-8"))
    pins[family] = {entry["name"].lower(): entry["version"] for entry in metadata}
    Path(CONSTRAINTS).write_text(write_pins(pins), encoding="utf-8")
    session.log(f"{len(pins[family])} versions for {family} in {CONSTRAINTS}")


def family_of(version: str) -> str:
    """Give the family of a Python: those that share their pins."""
    return FAMILIES[tuple(map(int, version.split("."))) >= (3, 12)]


def read_pins(text: str) -> dict[str, dict[str, str]]:
    """Read the versions that a constraints file holds for each family."""
    pins: dict[str, dict[str, str]] = {family: {} for family in FAMILIES}
    for line in text.splitlines():
        if "==" in line and not line.startswith("#"):
            pin, _, marker = line.partition(" ; ")
            name, _, version = pin.partition("==")
            for family in [marker] if marker else FAMILIES:
                pins[family][name] = version
    return pins


def write_pins(pins: dict[str, dict[str, str]]) -> str:
    """Write one line for a version that all families share, else one for each."""
    lines = [PINS_HEAD]
    for name in sorted(set().union(*pins.values())):
        versions = {family: pins[family].get(name) for family in FAMILIES}
        if len({*versions.values()}) == 1:
            lines.append(f"{name}=={versions[FAMILIES[0]]}")
        else:
            lines += [f"{name}=={found} ; {family}" for family, found in versions.items() if found]
    return "\n".join(lines) + "\n"


@nox.session
def publish(session: nox.Session) -> None:
    """Build site, prints and ZIP from nothing, keep earlier versions, push; --dry-run only tells.

    With --plain, files that Chromium prints, the EPUB and the ZIP are left out, and cells whose
    outputs are at hand are not run again.
    """
    if changed := session.run("git", "status", "--porcelain", external=True, silent=True):
        session.error(f"the tree must be clean before it is published, got changes:\n{changed}")
    install(session, "docs", "publish", "browser")
    version = PYPROJECT["project"]["version"]
    published, out = Path("build", "published"), Path("dist", "publish")
    fetch_published(session, published)
    if earlier(session, published, version):
        session.env["SLOPES_EARLIER"] = "1"
    plain = "--plain" in session.posargs
    session.env["SLOPES_PRINTS"] = "" if plain else "1"
    site_from_nothing(session, run_again=not plain)
    if not plain:
        take_away(session)
    address = str(session.run("python", "-c", ADDRESS, silent=True)).strip()
    command(session, "versions", str(SITE), str(published), str(out), version, address)
    commit = session.run("git", "rev-parse", "--short", "HEAD", external=True, silent=True)
    message = f"Publish {version} from {str(commit).strip()}"
    if "--dry-run" in session.posargs:
        files = [path for path in out.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files) / 1e6
        session.log(f"would push {len(files)} files, {size:.1f} MB, to gh-pages: {message}")
        return
    session.run("ghp-import", "--push", "--force", "--no-history", "--message", message, str(out))


ADDRESS = (
    "from pathlib import Path; from slopes_docs.page.address import repository, site; "
    "print(site(repository(Path())))"
)


def fetch_published(session: nox.Session, folder: Path) -> None:
    """Copy what stands on the branch gh-pages of origin; an empty folder where there is none."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    heads = ("git", "ls-remote", "--heads", "origin", "gh-pages")
    if session.run(*heads, external=True, silent=True):
        session.run("git", "fetch", "--depth=1", "origin", "gh-pages", external=True)
        archive = str(folder.with_suffix(".tar"))
        session.run("git", "archive", "--output", archive, "FETCH_HEAD", external=True)
        shutil.unpack_archive(archive, folder, filter="data")


def earlier(session: nox.Session, published: Path, version: str) -> str:
    """Name the earlier versions that will stand beside this one."""
    session.env["PYTHONPATH"] = "docs/_ext"
    ask = (
        "import sys; from pathlib import Path; from slopes_docs.commands.versions import kept; "
        "print(*kept(Path(sys.argv[1]), sys.argv[2]))"
    )
    return str(session.run("python", "-c", ask, str(published), version, silent=True)).strip()


def take_away(session: nox.Session) -> None:
    """Put hand-outs, the book as PDF and as EPUB, and the packed site into the site."""
    book = Path("build", "singlehtml")
    sphinx(session, "singlehtml", book)
    command(session, "pdf", str(SITE), str(book), str(SITE / "pdf"))
    shutil.copy(make_ebook(session), SITE)
    packed = shutil.make_archive("build/slopes-site", "zip", SITE.parent, SITE.name)
    shutil.move(packed, SITE / "slopes-site.zip")


@nox.session
def release(session: nox.Session) -> None:
    """Check version, changelog and citation; build and check sdist and wheel."""
    install(session, "release")
    version = PYPROJECT["project"]["version"]
    cited = re.search(r"^version: (\S+)$", Path("CITATION.cff").read_text(), re.MULTILINE)
    for name, found in {
        "src/slopes/__init__.py": f'__version__ = "{version}"'
        in Path("src/slopes/__init__.py").read_text(),
        "CHANGELOG.md": f"\n## {version} " in Path("CHANGELOG.md").read_text(),
        "CITATION.cff": bool(cited) and cited[1] == version if cited else False,
    }.items():
        if not found:
            session.error(f"{name} must name version {version}, as pyproject.toml does")
    session.run("cffconvert", "--validate")
    shutil.rmtree("dist/package", ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", "dist/package")
    session.run("twine", "check", "--strict", *map(str, Path("dist/package").iterdir()))
    wheel = next(Path("dist/package").glob("*.whl"))
    session.install("--quiet", "--force-reinstall", "--no-deps", str(wheel))
    session.run(
        "python", "-c", "import slopes.finite as f, math; print(f.derivative(math.sin, 1.0))"
    )


if __name__ == "__main__":
    sys.exit("Run it with nox: python3 -m nox -l")
