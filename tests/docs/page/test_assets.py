"""The one style sheet of the site, and what the site leaves out."""

from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")
from sphinx.errors import ExtensionError

from slopes_docs.page import assets

DOCS = Path(__file__).parents[3] / "docs"
needs_purgecss = pytest.mark.skipif(
    not (DOCS / "node_modules" / "purgecss").is_dir(), reason="the front-end files are missing"
)

SHEET = (
    "a{color:red}.fa-bars:before{content:'x'}.fas,.fa-sun{font:x}"
    "@media print{.fa-lg{width:1px}p{margin:0}}.far-away,.fa-moon{top:0}b{x:y}"
)


def test_rules_of_the_icon_font_are_dropped_and_all_others_stay():
    kept = "a{color:red}@media print{p{margin:0}}.far-away,.fa-moon{top:0}b{x:y}"
    assert assets.without_icons(SHEET) == kept


def test_sheets_are_joined_in_order_with_addresses_that_still_lead_to_their_files(tmp_path):
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "k.css").write_text("f{src:url(fonts/a.woff2),url('data:x')}")
    (tmp_path / "own.css").write_text('g{background:url("../up.png")}')
    joined = assets.bundle(tmp_path, ["vendor/k.css", "own.css"])
    assert joined == (
        'f{src:url("vendor/fonts/a.woff2"),url(\'data:x\')}\ng{background:url("../up.png")}'
    )


def test_the_courses_own_icons_stay_and_the_themes_go(tmp_path):
    (tmp_path / "styles").mkdir()
    (tmp_path / "styles" / "pydata-sphinx-theme.css").write_text(".fa-sun{content:'x'}")
    (tmp_path / "slopes.css").write_text(".fa-sun{--icon:y}")
    names = ["styles/pydata-sphinx-theme.css", "slopes.css"]
    assert assets.bundle(tmp_path, names).strip() == ".fa-sun{--icon:y}"


def test_an_imported_sheet_takes_the_place_of_its_import(tmp_path):
    (tmp_path / "styles").mkdir()
    (tmp_path / "styles" / "theme.css").write_text('@import "../basic.css";\np{margin:0}')
    (tmp_path / "basic.css").write_text("a{b:c}")
    assert assets.bundle(tmp_path, ["styles/theme.css"]) == "a{b:c}\np{margin:0}"


def test_a_missing_sheet_fails_the_build_instead_of_passing_unseen(tmp_path):
    with pytest.raises(FileNotFoundError):
        assets.bundle(tmp_path, ["gone.css"])


def test_the_icon_font_its_script_and_source_maps_are_removed(tmp_path):
    for name in ("scripts/fontawesome.js", "vendor/fontawesome/x.woff2", "a.css.map", "b.js"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assets.remove_unused(tmp_path)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"b.js"}


def test_the_themes_loop_over_code_blocks_waits_until_they_are_seen():
    script = assets.quicken(f'["pre",{assets.TWICE}"p"];{assets.EAGER};b()')
    assert script == f'["pre","p"];{assets.LAZY};b()'
    assert assets.quicken(script) == script


def test_a_theme_whose_loop_has_changed_fails_the_build():
    with pytest.raises(ValueError, match="look at it anew"):
        assets.quicken("forEach(e=>{e.tabIndex=0})")


def test_a_deck_has_reveals_sheets_first_and_its_own_last():
    names = ["slopes.css", "mystnb.1a2b.css", "vendor/katex/katex.min.css", "predict.css"]
    assert assets.deck_sheets(names) == [*assets.REVEAL, *names[1:3], *assets.OWN]


@needs_purgecss
def test_rules_that_neither_a_page_nor_a_script_names_are_left_out(tmp_path):
    (tmp_path / "_static").mkdir()
    (tmp_path / "page.html").write_text('<p class="used sd-text-left">Hello</p>')
    (tmp_path / "_static" / "open.js").write_text('element.classList.add("shown");')
    sheets = [tmp_path / "_static" / name for name in ("site.css", "decks.css")]
    rules = ["p{top:1}", ".used{top:2}", ".unused{top:3}", ".shown{top:4}", ".sd-text-left{top:5}"]
    for sheet, part in zip(sheets, (rules, rules[1:]), strict=True):
        sheet.write_text("\n".join(part))
    assets.purge(tmp_path, sheets)
    for sheet, part in zip(sheets, (rules, rules[1:]), strict=True):
        assert sheet.read_text().split() == [rule for rule in part if "unused" not in rule]


@needs_purgecss
def test_a_sheet_that_cannot_be_read_is_an_error(tmp_path):
    with pytest.raises(ExtensionError, match="purgecss must read all pages, got"):
        assets.purge(tmp_path, [tmp_path / "missing.css"])
