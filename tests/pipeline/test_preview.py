import asyncio

import pytest
from conftest import NOW

from app.pipeline import due, preview
from app.store import engine as engines

TODAY = NOW.date()


@pytest.fixture
def look(day, engine):
    def at(reader, edition=TODAY):
        with engines.transaction(engines.reading(engine)) as session:
            wanted = due.on(reader, edition, day.clock())
            return preview.letter_for(session, day.desk, wanted, edition, day.clock())

    return at


def test_a_previewed_letter_is_the_one_that_will_be_sent(
    look, day, make_subscriber, store_papers, retrieval_papers, sink
):
    store_papers(*retrieval_papers)
    reader = make_subscriber("retrieval")
    previewed = look(reader)
    day.rank_due()
    asyncio.run(day.deliver())
    (taken,) = sink.taken
    assert taken.message["Subject"] == previewed.subject
    for paper in retrieval_papers[:5]:
        text = taken.message.get_body(("plain",)).get_content()
        assert (paper.title in previewed.text) == (paper.title in text)


def test_a_preview_records_nothing(look, make_subscriber, store_papers, retrieval_papers, dump):
    store_papers(*retrieval_papers)
    reader = make_subscriber("retrieval")
    before = dump()
    assert look(reader)
    assert dump() == before


def test_a_letter_already_sent_is_shown_as_it_went_out(
    look, day, make_subscriber, store_papers, retrieval_papers, alter
):
    store_papers(*retrieval_papers)
    reader = make_subscriber("retrieval")
    day.rank_due()
    sent = look(reader)
    alter("UPDATE interest SET text = 'whales'")
    assert look(reader) == sent


def test_without_a_paper_that_fits_there_is_no_letter(look, make_subscriber, store_papers, birds):
    store_papers(*birds)
    assert look(make_subscriber("semiconductors")) is None
