"""Printing decks and book: what is found, what is refused; Chromium itself is not started here."""

import urllib.request

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")
from slopes_docs.commands import pdf


@pytest.fixture
def folders(tmp_path):
    """A site with two decks and an index of decks, and a book on one page."""
    for name in ("site/index", "site/slides/tape", "site/slides/finite", "site/slides/index"):
        page = tmp_path / f"{name}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"<p>{name}</p>")
    book = tmp_path / "book" / "index.html"
    book.parent.mkdir()
    book.write_text("<p>book</p>")
    return tmp_path / "site", tmp_path / "book", tmp_path / "pdf"


@pytest.fixture
def chromium(tmp_path, monkeypatch):
    program = tmp_path / "my-chromium"
    program.touch(0o755)
    monkeypatch.setenv("CHROMIUM", str(program))
    return str(program)


# --- what is printed ------------------------------------------------------------------------------


def test_every_deck_is_printed_with_answers_and_without_and_then_the_book(folders):
    site, book, out = folders
    found = [(job.root, job.address, job.target) for job in pdf.jobs(*folders)]
    assert found == [
        (site, "slides/finite.html?print-pdf", out / "slides" / "finite.pdf"),
        (site, "slides/finite.html?print-pdf", out / "slides" / "finite-questions.pdf"),
        (site, "slides/tape.html?print-pdf", out / "slides" / "tape.pdf"),
        (site, "slides/tape.html?print-pdf", out / "slides" / "tape-questions.pdf"),
        (book, "index.html", out / "slopes.pdf"),
    ]


def test_answers_are_taken_out_of_one_hand_out_and_chapters_get_heads_in_the_book(folders):
    prepared = [job.prepare for job in pdf.jobs(*folders)]
    assert prepared[0] == prepared[2] == pdf.HAND_OUT
    assert prepared[1] == prepared[3] == pdf.QUESTIONS
    assert prepared[4] == pdf.PAGES


def test_a_site_without_decks_leaves_the_book(folders):
    for page in (folders[0] / "slides").iterdir():
        page.unlink()
    assert [job.target.name for job in pdf.jobs(*folders)] == ["slopes.pdf"]


@pytest.mark.usefixtures("chromium")
def test_the_arguments_reach_the_printer_and_the_files_are_told(folders, monkeypatch, capsys):
    def pretend(work):
        for job in work:
            job.target.parent.mkdir(parents=True, exist_ok=True)
            job.target.write_bytes(b"%PDF" * 100_000)

    monkeypatch.setattr(pdf, "print_all", pretend)
    assert pdf.main([str(folder) for folder in folders]) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line.endswith(".pdf  0.4 MB") for line in told] == [True] * 5


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [[], ["site"], ["site", "book", "pdf", "more"]])
def test_another_number_of_arguments_is_refused(arguments, capsys):
    assert pdf.main(arguments) == 2
    usage = "usage: python -m slopes_docs.commands.pdf SITE SINGLEHTML OUT"
    assert usage in capsys.readouterr().err


@pytest.mark.usefixtures("chromium")
@pytest.mark.parametrize(("missing", "name"), [(0, "SITE"), (1, "SINGLEHTML")])
def test_a_folder_without_built_pages_is_refused(folders, capsys, missing, name):
    (folders[missing] / "index.html").unlink()
    assert pdf.main([str(folder) for folder in folders]) == 2
    assert f"{name} must be a folder of built pages, got {name}=" in capsys.readouterr().err


@pytest.mark.parametrize("given", [None, "/no/such/chromium"])
def test_a_missing_chromium_is_named_with_the_remedy(folders, monkeypatch, capsys, given):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CHROMIUM", raising=False)
    if given:
        monkeypatch.setenv("CHROMIUM", given)
    assert pdf.main([str(folder) for folder in folders]) == 2
    told = capsys.readouterr().err
    assert f"CHROMIUM must be the path of an installed Chromium, got CHROMIUM={given!r}" in told
    assert "apt install chromium" in told
    assert not folders[2].exists()


def test_the_variable_goes_before_the_search_path(chromium):
    assert pdf.find_chromium() == chromium


def test_chromium_is_kept_offline():
    assert any(flag.startswith("--host-resolver-rules=MAP * ~NOTFOUND") for flag in pdf.FLAGS)


# --- the server -----------------------------------------------------------------------------------


def test_pages_are_served_on_loopback_alone_and_only_while_needed(folders, capsys):
    with pdf.serve(folders[0]) as base:
        assert base.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(f"{base}slides/tape.html?print-pdf") as answer:  # noqa: S310
            assert answer.read() == b"<p>site/slides/tape</p>"
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(base)  # noqa: S310
    assert capsys.readouterr().err == ""
