"""The card that a link to the course shows elsewhere."""

import struct
from types import SimpleNamespace

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")
from slopes_docs.page import card


@pytest.fixture(scope="module")
def png(tmp_path_factory):
    path = tmp_path_factory.mktemp("card") / "deep" / "card.png"
    card.card(path)
    return path.read_bytes()


def test_the_card_is_a_png_of_the_size_that_previews_take(png):
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (1200, 630)


def test_the_card_has_the_same_bytes_at_every_build(png, tmp_path):
    card.card(tmp_path / "card.png")
    assert (tmp_path / "card.png").read_bytes() == png


def test_the_card_does_not_follow_the_settings_of_the_machine(png, tmp_path):
    import matplotlib as mpl

    with mpl.rc_context({"font.family": "serif", "lines.linewidth": 9, "savefig.dpi": 300}):
        card.card(tmp_path / "card.png")
    assert (tmp_path / "card.png").read_bytes() == png


def write(folder, *, site="https://slopes.example/", kind="html", exception=None):
    app = SimpleNamespace(
        builder=SimpleNamespace(format=kind),
        config=SimpleNamespace(slopes_site=site),
        outdir=str(folder),
    )
    card.write_card(app, exception)
    return (folder / "_static" / "card.png").exists()


def test_the_card_is_drawn_where_the_page_s_metadata_point(tmp_path, monkeypatch):
    monkeypatch.setattr(card, "card", lambda path: (path.parent.mkdir(), path.touch()))
    assert write(tmp_path)


@pytest.mark.parametrize("change", [{"site": ""}, {"kind": "latex"}, {"exception": ValueError()}])
def test_no_card_is_drawn_without_an_address_or_a_finished_site(tmp_path, monkeypatch, change):
    monkeypatch.setattr(card, "card", lambda path: pytest.fail(f"drew {path}"))
    assert not write(tmp_path, **change)
