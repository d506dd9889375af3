"""Negative controls: every gate finds what it is there for, and leaves a good page alone."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import decks
import gates
import handling
import pytest
from accepted import Accepted
from browsing import find_chromium, new_context, visit
from links import Site
from playwright.sync_api import Browser
from serving import Server, notfound_prefix, payload, site_address, site_prefix

HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
"""
FOLLOWS = """<style>body { background: #fff; color: #111 }
@media (prefers-color-scheme: dark) { :root { color-scheme: dark }
body { background: #111; color: #eee } a { color: #9cf } }</style>"""
FIGURE = """<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100"><style>
path { stroke: #111; stroke-width: 8 }
@media (prefers-color-scheme: dark) { path { stroke: #eee } }</style>
<path d="M0 99L199 9"/></svg>"""
STUBBORN = FIGURE.replace("#eee", "#111")
BOXED = FIGURE.replace("<path", '<rect width="200" height="100" fill="#fff"/><path', 1)
GOOD = f"""{HEAD}{FOLLOWS}</head><body><main><h1>A page</h1><article>
<figure><img src="figure.svg" alt="A line that rises" width="200" height="100">
<figcaption>A line rises.</figcaption></figure><p><a href="#here">On</a></p><p id="here">Here.</p>
<details><summary>Answer</summary><p>Forty-two.</p></details></article></main></body></html>"""
BAD = f"""{HEAD}<link rel="stylesheet" href="https://fonts.example.org/a.css">
<script src="big.js"></script><style>.c {{ color: #999 }}</style></head>
<body style="background:#888"><main><h1>A page</h1><article>
<div id="late"></div><p style="color:#999">Hardly to be read.</p><p>And this moves.</p>
<figure><img src="figure.svg"><figcaption>no sentence</figcaption></figure>
<img src="stubborn.svg" alt="A line"><img src="boxed.svg" alt="A line">
<img src="gone.png" alt="Gone"><p style="width:600px">Wide.</p>
<div><div class="katex-display" style="overflow:hidden"><span class="katex-html">
<span style="display:inline-block;width:500px">Long</span></span></div></div>
<div class="highlight"><pre><span class="k">for</span> <span class="k">if</span>
<span class="c">pale</span> <span class="c">pale</span></pre></div>
<details><summary>Answer</summary><p style="color:#999">Folded and hardly to be read.</p></details>
</article></main><script>console.warn("a warning");
new PerformanceObserver(() => setTimeout(() => {{ // a page moves only once it has been painted
document.getElementById("late").style.height = "300px"; throw new Error("uncaught") }}, 100))
.observe({{ type: "paint", buffered: true }})</script></body></html>"""
# Digests do not compress: half of their hexadecimal digits' size remains.
BIG = "// " + "".join(hashlib.sha256(b"%d" % n).hexdigest() for n in range(12_000))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A site with one good page and one that breaks every rule."""
    root = tmp_path_factory.mktemp("pages")
    texts = {"good.html": GOOD, "404.html": GOOD, "bad.html": BAD, "big.js": BIG}
    texts |= {"figure.svg": FIGURE, "stubborn.svg": STUBBORN, "boxed.svg": BOXED}
    for name, text in texts.items():
        (root / name).write_text(text, "utf-8")
    with Server(root) as server:
        yield server


@pytest.fixture(scope="module")
def good(browser: Browser, pages: Server, axe: Path) -> gates.Seen:
    """What is seen on the good page; its figure is told from the ground in both themes."""
    return gates.see(browser, pages, "good.html", axe=axe)


@pytest.fixture(scope="module")
def bad(browser: Browser, pages: Server, axe: Path) -> gates.Seen:
    """What is seen on the bad page."""
    return gates.see(browser, pages, "bad.html", axe=axe)


GATES: dict[str, tuple[Callable[[gates.Seen], list[str]], str]] = {
    "foreign": (lambda seen: gates.foreign_requests(seen.log), "fonts.example.org"),
    "failed": (lambda seen: gates.failed_responses(seen.log), "gone.png"),
    "warning": (lambda seen: gates.console_messages(seen.log), "a warning"),
    "exception": (lambda seen: gates.console_messages(seen.log), "uncaught"),
    "script": (lambda seen: gates.heavy_scripts(seen.transfers), "big.js"),
    "weight": (lambda seen: gates.heavy_page(seen.transfers), "big.js"),
    "missing": (lambda seen: gates.missing_images(seen.facts), "gone.png"),
    "alt": (lambda seen: gates.images_without_alt(seen.facts), "figure.svg"),
    "caption": (lambda seen: gates.captions_that_are_no_sentences(seen.facts), "no sentence"),
    "contrast": (lambda seen: gates.axe_findings(seen.findings["light"]), "color-contrast"),
    "folded": (lambda seen: gates.axe_findings(seen.findings["light"]), "Folded"),
    "dark": (gates.unchanged_themes, "dark"),
}


@pytest.mark.parametrize("name", GATES)
def test_a_gate_catches_the_bad_page_and_passes_the_good_one(name, good, bad):
    gate, expected = GATES[name]
    assert gate(good) == []
    assert expected in "\n".join(gate(bad))


def test_the_first_token_of_a_kind_stands_for_all_of_its_block(bad):
    pale = [f for f in bad.findings["light"] if f["html"].startswith('<span class="c"')]
    assert [f["rule"] for f in pale] == ["color-contrast"]


def test_contrast_is_measured_in_the_dark_too(browser, pages, axe):
    text = GOOD.replace("background: #111; color: #eee", "background: #111; color: #333")
    (pages.root / "dim.html").write_text(text, "utf-8")
    seen = gates.see(browser, pages, "dim.html", axe=axe)
    assert gates.axe_findings(seen.findings["light"]) == []
    assert "color-contrast" in "\n".join(gates.axe_findings(seen.findings["dark"]))


@pytest.mark.parametrize(("name", "fault"), [("stubborn", "ink"), ("boxed", "ground")])
def test_a_figure_that_ignores_the_dark_is_caught(name, fault, browser, pages, axe):
    (pages.root / f"{name}.html").write_text(GOOD.replace("figure.svg", f"{name}.svg"), "utf-8")
    seen = gates.see(browser, pages, f"{name}.html", axe=axe)
    assert fault in "\n".join(gates.figures_that_keep_their_colours(seen))


def test_a_figure_that_follows_the_theme_passes(good):
    assert good.pictures["light"][0]["ink"] > 0
    assert gates.figures_that_keep_their_colours(good) == []


def test_a_page_that_jumps_or_is_wide_is_caught_on_the_phone(browser, pages):
    good, bad = (gates.see_on_phone(browser, pages, f"{name}.html") for name in ("good", "bad"))
    assert (gates.shifting(good), good.wide, good.cut) == ([], [], [])
    assert "layout shift" in gates.shifting(bad)[0]
    assert "Wide." in "\n".join(bad.wide)
    assert len(bad.cut) == 1


def test_an_accepted_finding_passes_only_where_its_selector_matches(browser, pages, axe):
    table = (Accepted("color-contrast", "article > p", ""), Accepted("region", "main", ""))
    seen = gates.see(browser, pages, "bad.html", axe=axe, accepted=table)
    left = "\n".join(gates.axe_findings(seen.findings["light"]))
    assert "Hardly" not in left
    assert "Folded" in left
    assert gates.stale_acceptances(table, seen.findings["light"]) == ["region at main"]


# The server


def test_the_404_page_answers_unknown_paths_with_its_status(browser, pages, axe):
    seen = gates.see(browser, pages, "404.html", axe=axe, expected="no/such/page.html")
    assert seen.facts["title"] == "A page"
    # Its relative figure is not found from there: this is what the gate is for.
    assert "figure.svg" in "\n".join(gates.failed_responses(seen.log))
    assert "no/such/page.html" not in "\n".join(gates.console_messages(seen.log))


@pytest.mark.parametrize("path", ["", "slopes/../../secret", "good.html"])
def test_nothing_is_served_outside_the_sub_path(path, pages):
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{pages.origin}/{path}")  # noqa: S310 - loopback
    caught.value.close()
    assert caught.value.code == 404


def test_text_counts_compressed_and_a_font_as_it_is(tmp_path):
    text, font = tmp_path / "a.css", tmp_path / "a.woff2"
    text.write_bytes(b"a" * 10_000)
    font.write_bytes(b"a" * 10_000)
    assert len(payload(text)) < 100
    assert gzip.decompress(payload(text)) == text.read_bytes()
    assert payload(font) == font.read_bytes()


def test_the_sub_path_comes_from_the_site(tmp_path):
    assert (site_prefix(tmp_path), site_address(tmp_path)) == ("/slopes/", None)
    link = '<link rel="canonical" href="https://a.example/b/index.html" />'
    (tmp_path / "index.html").write_text(link, "utf-8")
    (tmp_path / "404.html").write_text('<link href="/c/_static/a.css">', "utf-8")
    assert site_prefix(tmp_path) == "/b/"
    assert site_address(tmp_path) == "https://a.example/b/"
    assert notfound_prefix(tmp_path) == "/c/"


# Links


LINKS = {
    "gone.html": "no such file",
    "other.html#gone": "no element",
    "#gone": "no element",
    "other.html#/gone": "no element",
    "deck.html#/gone": "no element",
    "source.md": "source text",
    "/other.html": "outside the site",
    "../other.html": "outside the site",
    "http://a.example/": "not https",
    "javascript:void(0)": "scheme",
    "https://a.example/b/gone.html": "no such file",
}
SOUND = ["", "#", "#top", "#here", "other.html", "other.html#%C3%A9", "other.html?q=1#one"]
SOUND += ["folder/", "deck.html#/two", "deck.html#/2/1", "https://a.example/b/other.html"]
SOUND += ["https://b.example/", "mailto:a@a.example"]


@pytest.fixture
def linked(tmp_path: Path) -> Callable[[str], Site]:
    """Make a small site around one page with the given body."""

    def make(body: str, name: str = "page.html") -> Site:
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder/index.html").write_text("<p>", "utf-8")
        (tmp_path / "other.html").write_text('<p id="one"><p id="é">', "utf-8")
        (tmp_path / "deck.html").write_text('<main class="reveal"><p id="two">', "utf-8")
        (tmp_path / "source.md").write_text("#", "utf-8")
        (tmp_path / name).write_text(f'<p id="here">{body}', "utf-8")
        return Site(tmp_path, "/b/", "https://a.example/b/")

    return make


@pytest.mark.parametrize("link", LINKS)
def test_a_broken_link_is_caught(link, linked):
    assert LINKS[link] in "\n".join(linked(f'<a href="{link}">x</a>').broken("page.html"))


@pytest.mark.parametrize("link", SOUND)
def test_a_sound_link_passes(link, linked):
    assert linked(f'<a href="{link}">x</a>').broken("page.html") == []


@pytest.mark.parametrize(
    "body",
    [
        '<img src="gone.png">',
        '<img srcset="other.html 1x, gone.png 2x">',
        '<script src="gone.js"></script>',
        '<link rel="stylesheet" href="gone.css">',
        '<iframe src="gone.html"></iframe>',
        '<meta property="og:image" content="https://a.example/b/gone.png">',
        '<link rel="preconnect" href="https://b.example">',
    ],
)
def test_a_broken_reference_of_any_kind_is_caught(body, linked):
    assert len(linked(body).broken("page.html")) == 1


def test_the_404_page_must_not_link_relatively(linked):
    site = linked('<a href="other.html">x</a><a href="/b/other.html">x</a>', "404.html")
    assert site.broken("404.html") == [
        "other.html: is relative, and this page answers for paths of any depth"
    ]


def test_links_elsewhere_are_listed(linked):
    site = linked('<a href="https://b.example/">x</a><a href="https://a.example/b/">x</a>')
    assert site.external() == {"https://b.example/": {"page.html"}}


PRINTS = """<script>let was; const on = (event, act) => addEventListener(event, act);
const scheme = name => { document.documentElement.dataset.theme = name };
on("beforeprint", () => scheme("light")); on("afterprint", () => scheme("{after}"));</script>
<style>[data-theme=light], [data-theme=light] body { color-scheme: light; background: #fff;
color: #111 }</style></head>"""


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (PRINTS.replace("{after}", "auto"), []),
        (PRINTS.replace("{after}", "light"), ["the page stays light"]),
        (
            "</head>",
            ["the paper has luminance 0.01", "figure 1 has a ground of luminance 0.01 on paper"],
        ),
    ],
)
def test_a_dark_page_that_prints_dark_is_caught(head, expected, browser, pages):
    (pages.root / "paper.html").write_text(GOOD.replace("</head>", head), "utf-8")
    with visit(browser, pages, "paper.html") as (page, _):
        gates.turn(page, "dark")
        assert gates.dark_paper(page) == expected


# Handling


DEAD = f"""{HEAD}{FOLLOWS}<style>button:focus {{ outline: none }}</style></head><body><main>
<button class="primary-toggle">Contents</button><button class="theme-switch-button">Theme</button>
<button class="search-button__button">Search</button><input type="search">
<nav class="bd-docs-nav"><a href="#">Here</a></nav></main></body></html>"""


@pytest.mark.parametrize(
    ("handle", "expected"),
    [
        (handling.sidebar, "changes nothing"),
        (handling.theme, "does not become dark"),
        (lambda page: handling.search(page, "Fornberg"), "gets stuck"),
        (handling.skip_link, "does not reach a skip link"),
        (handling.focus, "is not marked"),
    ],
)
def test_dead_furniture_is_caught(handle, expected, browser, pages, monkeypatch):
    monkeypatch.setattr(handling, "PATIENCE", 300)
    (pages.root / "dead.html").write_text(DEAD, "utf-8")
    with visit(browser, pages, "dead.html") as (page, _):
        assert expected in "\n".join(handle(page))


# Decks


DECK = """<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">
<title>Deck</title><link rel="icon" href="data:,"><link rel="stylesheet" href="reveal.css"><style>
body, section {{ background: #fff; color: #111; font: 30px sans-serif }}
pre {{ font-size: 26px; overflow: hidden }}
[data-theme=dark] body, [data-theme=dark] section {{ background: {dark}; color: #eee }}
[data-theme=dark] {{ color-scheme: dark }} .dim {{ color: #666 }}</style></head>
<body><main class="reveal"><div class="slides">{slides}</div></main>
<script src="reveal.js"></script><script src="notes.js"></script><script>
Reveal.initialize({{ width: 1280, height: 720, margin: 0, center: false, transition: "none",
hash: true, pdfSeparateFragments: {separate}, keyboard: {keyboard}, plugins: [{plugins}] }});
</script></body></html>"""
NOTES = '<aside class="notes"><p>Say {} slowly.</p></aside>'
BODY = '<div style="height:400px"><p>Some words.</p><p style="height:300px">More words.</p></div>'
# A formula of KaTeX without KaTeX's style: both of its forms are seen.
BARE = """<span class="katex"><span class="katex-mathml"><math><mi>x</mi></math></span>
<span class="katex-html">x</span></span>"""
STEPS = '<pre data-steps="1|2">one\ntwo</pre><span class="fragment step"></span>'


def slide(title: str, content: str, notes: str = NOTES.format("it"), minutes: int = 5) -> str:
    """Write one slide."""
    return f'<section data-timing="{60 * minutes}"><h2>{title}</h2>{content}{notes}</section>'


LOW = "position:absolute;top:670px;left:40px;margin:0"
BROKEN = {
    "Sound": (None, slide("Sound", BODY)),
    "Tall": (decks.overflowing, slide("Tall", '<p style="height:800px">Too much.</p>')),
    "Broad": (decks.overflowing, slide("Broad", f"{BODY}<pre>{'wide ' * 60}</pre>")),
    "Stacked": (
        decks.overflowing,
        slide("Stacked", f'{BODY}<p>Over</p><p style="margin-top:-60px">Under</p>'),
    ),
    "Low": (
        decks.overflowing,
        slide("Low", f'<div class="slide-body">{BODY}<p style="{LOW}">On the last line.</p></div>'),
    ),
    "Tiny": (decks.too_small, slide("Tiny", f'{BODY}<p style="font-size:20px">Small print.</p>')),
    "Fine": (decks.too_small, slide("Fine", f'{BODY}<pre style="font-size:18px">code</pre>')),
    "Gone": (decks.empty_images, slide("Gone", f'{BODY}<img src="gone.png" alt="Gone">')),
    "Empty": (decks.mostly_empty, slide("Empty", "<p>One word.</p>")),
    "Mute": (decks.missing_notes, slide("Mute", BODY, notes="")),
    "Timeless": (decks.missing_notes, slide("Timeless", BODY, minutes=0)),
    "Fading": (decks.fading_figures, slide("Fading", f'{BODY}<img src="stubborn.svg" alt="Line">')),
}


@pytest.fixture(scope="module")
def deckfolder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A folder with reveal.js, for small decks."""
    root = tmp_path_factory.mktemp("decks")
    npm = Path(request.config.rootpath, request.config.getoption("--modules"))
    for name in ("reveal.js", "reveal.css", "plugin/notes.js"):
        text = (npm / "reveal.js/dist" / name).read_text("utf-8")
        (root / Path(name).name).write_text(text, "utf-8")
    (root / "stubborn.svg").write_text(STUBBORN, "utf-8")
    with Server(root) as server:
        yield server


def write_deck(server: Server, slides: str, **options: Any) -> str:
    """Write a deck and return its path."""
    given = {"dark": "#111", "separate": "false", "keyboard": "true", "plugins": "RevealNotes"}
    (server.root / "deck.html").write_text(DECK.format(slides=slides, **(given | options)), "utf-8")
    return "deck.html"


@pytest.fixture(scope="module")
def broken_deck(browser: Browser, deckfolder: Server, axe: Path) -> decks.SeenDeck:
    """What is seen of a deck with one sound slide and one for each fault."""
    path = write_deck(deckfolder, "".join(text for _, text in BROKEN.values()))
    return decks.see(browser, deckfolder, path, axe=axe)


@pytest.mark.parametrize("title", BROKEN)
def test_a_broken_slide_is_caught_by_its_gate_and_by_no_other(title, broken_deck):
    checks = {check for check, _ in BROKEN.values() if check}
    caught = {check for check in checks if f"'{title}'" in "\n".join(check(broken_deck))}
    assert caught == {BROKEN[title][0]} - {None}


def test_minutes_that_do_not_add_up_are_caught(broken_deck):
    assert decks.wrong_minutes(broken_deck) == ["the notes add up to 55 of 45 minutes"]
    assert decks.wrong_minutes(broken_deck, total=55) == []


@pytest.mark.parametrize(("separate", "findings"), [("false", 0), ("true", 1)])
def test_a_deck_that_prints_too_many_pages_is_caught(separate, findings, browser, deckfolder):
    slides = slide("One", f'{BODY}<p class="fragment">Later.</p>') + slide("Two", BODY)
    path = write_deck(deckfolder, slides, separate=separate)
    pages = decks.print_deck(browser, deckfolder, path)
    assert len(decks.unlike_paper(pages, ["One", "Two"])) == findings


def test_a_printed_deck_in_the_wrong_order_is_caught():
    assert decks.unlike_paper(["One and all", "Two"], ["One", "Two"]) == []
    assert len(decks.unlike_paper(["Two", "One and all"], ["One", "Two"])) == 2


def test_slides_that_do_not_print_are_caught(browser, deckfolder):
    hides = "<style>.reveal .slides section[hidden][hidden] { display: none !important }</style>"
    path = write_deck(deckfolder, "".join(slide(f"Slide {n}", BODY + hides) for n in "abcdefgh"))
    with visit(browser, deckfolder, path) as (page, _):
        decks.wait_for_deck(page)
        pages = decks.print_where_it_stands(page)
    assert decks.unlike_paper(pages, [f"Slide {n}" for n in "abcdefgh"])


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("", []),
        (
            ".overview .fragment { visibility: visible !important }",
            ["slide 1 gives its answer away"],
        ),
        ("section[hidden] { display: none !important }", ["slide 9 is empty"]),
    ],
)
def test_an_overview_without_slides_or_with_answers_is_caught(style, expected, browser, deckfolder):
    first = slide("Asked", f'{BODY}<p class="fragment">Told.</p><style>{style}</style>')
    path = write_deck(deckfolder, first + "".join(slide(f"{n}", BODY) for n in "bcdefghi"))
    with visit(browser, deckfolder, path) as (page, _):
        decks.wait_for_deck(page)
        found = decks.overview(page)
    assert [fault for fault in found if fault.endswith(("empty", "away"))][-1:] == expected


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (700, []),
        (500, ["slide 2 lies on another"]),
        (800, ["slide 2 is outside the window"]),
        (-10, ["slide 2 is outside the window", "slide 2 lies on another"]),
    ],
)
def test_slides_of_an_overview_that_cannot_all_be_seen_are_caught(left, expected, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    box = "position: absolute; top: 10px; height: 300px; width: 500px"
    page.set_content("".join(f"<p style='{box}; left: {x}px'>A slide</p>" for x in (100, left)))
    page.evaluate("window.Reveal = { getSlides: () => [...document.querySelectorAll('p')] }")
    assert page.evaluate(decks.OUTSIDE) == expected
    page.close()


@pytest.mark.parametrize(("keyboard", "findings"), [("true", 0), ("false", 1)])
def test_a_deck_that_ignores_the_arrows_is_caught(keyboard, findings, browser, deckfolder):
    slides = slide("One", f'{BODY}<p class="fragment">Later.</p>')
    slides += f"<section>{slide('Two', BODY)}{slide('Three', BODY)}</section>" + slide("Four", BODY)
    path = write_deck(deckfolder, slides, keyboard=keyboard)
    with visit(browser, deckfolder, path) as (page, _):
        decks.wait_for_deck(page)
        assert len(decks.keys(page)) == findings


def test_steps_that_dim_nothing_and_a_dead_switch_are_caught(browser, deckfolder, monkeypatch):
    monkeypatch.setattr(handling, "PATIENCE", 300)
    path = write_deck(deckfolder, slide("One", BODY) + slide("Two", BODY + STEPS))
    with visit(browser, deckfolder, path) as (page, _):
        decks.wait_for_deck(page)
        assert decks.line_steps(page) == ["1 steps dim no line of the code"]
        assert "after D" in decks.dark_switch(page)[0]


def test_a_deck_without_steps_is_told_from_one_with_dead_steps(browser, deckfolder):
    path = write_deck(deckfolder, slide("One", BODY))
    with visit(browser, deckfolder, path) as (page, _):
        decks.wait_for_deck(page)
        assert decks.line_steps(page) is None


@pytest.mark.parametrize(
    ("said", "plugins", "expected"),
    [
        ("<math><mi>x</mi></math>", "RevealNotes", None),
        ("$x^2$", "RevealNotes", "raw TeX"),
        ("it", "", "does not get its notes"),
        (BARE, "RevealNotes", "twice"),
    ],
)
def test_notes_that_the_speaker_cannot_read_are_caught(
    said, plugins, expected, browser, deckfolder, monkeypatch
):
    monkeypatch.setattr(decks, "PATIENCE", 1_500)
    path = write_deck(deckfolder, slide("One", BODY, NOTES.format(said)), plugins=plugins)
    with visit(browser, deckfolder, path, block=False) as (page, _):
        decks.wait_for_deck(page)
        found = "\n".join(decks.speaker(page))
    assert (found == "") if expected is None else (expected in found)


# What is needed


def test_a_missing_browser_is_named(monkeypatch):
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    with pytest.raises(FileNotFoundError, match=r"CHROMIUM must be .*='no-such-browser'"):
        find_chromium()


def test_a_missing_site_is_an_error_that_names_the_remedy(request, tmp_path):
    tests = Path(__file__).with_name("test_site.py")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(tests), "--site"]
    done = subprocess.run(
        [*command, str(tmp_path)],
        cwd=request.config.rootpath,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
    assert "nox -s site" in done.stdout + done.stderr


def test_the_browser_reaches_no_other_host_even_without_the_block(browser):
    context = new_context(browser)
    page = context.new_page()
    with pytest.raises(Exception, match=r"ERR_NAME_NOT_RESOLVED|ERR_INTERNET_DISCONNECTED"):
        page.goto("https://example.org/")
    context.close()
