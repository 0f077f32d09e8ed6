"""Words that no paper holds are told to whoever typed them."""

import pytest

from app.papers.paper import Paper
from app.recommend import interests
from app.store import engine as engines
from app.store import subscribers
from app.store.tables import Status

CHOICES = {
    "interests": 'tides, moons, tidse, <b>rafts</b>, author:"Noone"',
    "zone": "UTC",
    "hour": "7",
    "rhythm": "daily",
    "letter_size": "4",
}


@pytest.fixture
def fitted(app, engine, clock, reader, store_papers):
    """A model that pages can use without fitting one."""
    store_papers(Paper("Tides of Distant Moons", "The tides of moons rise and fall."))
    with engines.transaction(engine) as session:
        return app.state.models.of(session, clock().date())


@pytest.fixture
def saved(client, reader):
    def save():
        return client.get(client.post(reader.preferences, data=CHOICES).headers["location"])

    return save


def test_after_saving_the_page_names_words_that_no_paper_holds(fitted, saved, read_page):
    page = saved()

    note = read_page(page.text).find(".//*[@class='note']")
    told = ["".join(each.itertext()) for each in note.iter("p")]
    assert any("“tidse”" in sentence and "tides" in sentence.lower() for sentence in told)
    assert not any("“moons”" in sentence or "“tides”;" in sentence for sentence in told)
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in told)
    assert "<b>rafts" not in page.text


def test_the_page_of_who_changed_nothing_has_no_notes(fitted, saved, client, reader):
    saved()

    assert 'class="note"' not in client.get(reader.preferences).text


def test_a_page_does_not_wait_for_a_model_to_be_fitted(app, saved, store_papers, tmp_path):
    store_papers(Paper("Tides of Distant Moons"))

    assert 'class="note"' not in saved().text
    assert not list(tmp_path.rglob("*.npz"))


def test_who_just_confirmed_is_told_too(fitted, client, engine, make_reader, links, clock):
    pending = make_reader("bo@example.org", status=Status.PENDING)
    with engines.transaction(engine) as session:
        subscribers.set_interests(session, pending.id, interests.parse("moons, xylophones"))

    page = client.post(links.confirm(pending.id, clock()))

    assert "“xylophones”" in page.text
    assert "“moons”" not in page.text
