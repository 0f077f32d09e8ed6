"""The page after a tap says what changed, where that can be told without a wait."""

import pytest
from conftest import NOW

from app.papers.paper import Paper
from app.pipeline import models, readers
from app.store import engine as engines
from app.store import opinions, subscribers


@pytest.fixture
def laid(app, engine, reader, store_papers):
    """The day's board as its run left it; two more papers that nobody got came before."""
    store_papers(
        Paper(title="Moons and their tides", abstract="Small moons raise tides."),
        Paper(title="Rings of dust", abstract="Dust around moons makes rings."),
        Paper(title="Crumbs", abstract="Bread breaks as a soft solid does."),
        Paper(title="Ovens", abstract="How an oven browns a loaf."),
    )
    with engines.transaction(engines.reading(engine)) as session:
        return app.state.models.board(session, NOW.date(), NOW)


def test_a_like_says_which_words_count_more_and_what_comes_of_it(press, reader, laid, read_page):
    page = press(reader.feedback("like"))
    tree = read_page(page.text)

    (told,) = [p.text for p in tree.iter("p") if (p.text or "").startswith("Counts more now:")]
    assert "moons" in told.lower()
    titles = [link.text for link in tree.iterfind(".//ol/li/a")]
    assert 0 < len(titles) <= 5
    assert "Moons and their tides" in titles
    # What the reader was sent comes no more.
    assert "Tides of small moons" not in titles


def test_an_undo_says_what_counts_less_again(press, reader, laid):
    press(reader.feedback("like"))

    page = press(reader.feedback("like/undo"))

    assert "Counts less now:" in page.text
    assert "Counts more now:" not in page.text


def test_a_save_moves_no_weight(press, reader, laid):
    page = press(reader.feedback("save"))

    assert "It is on your list of saved papers." in page.text
    assert "Counts" not in page.text


def test_without_a_board_at_hand_the_page_is_short_and_fits_nothing(
    press, app, reader, monkeypatch
):
    def fit(*_, **__):
        raise AssertionError("a page must not fit a model")

    monkeypatch.setattr(models.vectors, "fit", fit)
    page = press(reader.feedback("like"))

    assert "<h1>Saved: more like this</h1>" in page.text
    assert "Counts" not in page.text
    assert "next letter would bring" not in page.text


def test_a_board_of_the_day_before_yesterday_is_not_asked(press, reader, laid, clock):
    clock.forward(days=2)

    assert "Counts" not in press(reader.feedback("like")).text


def test_nothing_is_fitted_or_laid_out_for_the_page(press, reader, laid, monkeypatch, app):
    def never(*_, **__):
        raise AssertionError("a page must not wait for this")

    monkeypatch.setattr(models.vectors, "fit", never)
    monkeypatch.setattr(models.board, "lay_out", never)
    monkeypatch.setattr(models.papers, "texts", never)

    assert "Counts more now:" in press(reader.feedback("like")).text


def test_who_gets_no_letters_is_told_of_no_next_one(press, engine, reader, laid):
    with engines.transaction(engine) as session:
        subscribers.unsubscribe(session, subscribers.by_id(session, reader.id))

    page = press(reader.feedback("like"))

    assert "Counts more now:" in page.text
    assert "next letter would bring" not in page.text


def test_what_is_told_is_what_the_next_run_reads(press, engine, reader, laid, read_page, app):
    from app.recommend import picks

    page = press(reader.feedback("like"))
    titles = [link.text for link in read_page(page.text).iterfind(".//ol/li/a")]

    with engines.transaction(engines.reading(engine)) as session:
        assert opinions.of(session, [reader.id])[reader.id].liked == [reader.paper_ids[0]]
        person = subscribers.by_id(session, reader.id)
        tomorrow = NOW.date().replace(day=NOW.day + 1)
        asking = readers.of(session, [person], tomorrow, NOW)
        (found,) = picks.rank(laid, asking)
    assert len(titles) == min(5, len(found))
