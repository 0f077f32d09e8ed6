from datetime import timedelta

import pytest
from sqlmodel import select

from app.pipeline import ingest, rehearsal
from app.recommend.tuning import EmptyDay, Tuning
from app.store import engine as engines
from app.store.tables import Pick, Subscriber


@pytest.fixture
def rehearse(day, engine):
    def look():
        with engines.transaction(engines.reading(engine)) as session:
            return rehearsal.rehearse(session, day.desk, day.clock())

    return look


@pytest.fixture
def fit(day, engine):
    """Fit the model of the day, as the tick before would have."""

    def now():
        with engines.transaction(engines.reading(engine)) as session:
            day.desk.models.of(session, ingest.day(day.clock()))

    return now


def test_what_is_rehearsed_is_what_the_day_brings(
    rehearse, fit, day, make_subscriber, store_papers, retrieval_papers, birds, engine
):
    store_papers(*retrieval_papers, *birds)
    make_subscriber("retrieval")
    make_subscriber("nightjars")
    make_subscriber("semiconductors")
    fit()
    found = rehearse()
    day.rank_due()
    with engines.transaction(engines.reading(engine)) as session:
        picked = session.exec(select(Pick)).all()
    assert found.n_due == 3
    assert found.n_empty == 1
    assert sum(draft.n_picks for draft in found.drafts) == len(picked)
    assert {paper_id for paper_id, _, _ in found.titles} <= {pick.paper_id for pick in picked}


def test_who_wants_a_note_on_an_empty_day_is_not_called_skipped(
    rehearse, fit, make_subscriber, store_papers, retrieval_papers
):
    store_papers(*retrieval_papers)
    make_subscriber("semiconductors")
    make_subscriber("semiconductors", tuning=Tuning(empty_day=EmptyDay.NOTE))
    fit()
    found = rehearse()
    assert [draft.n_picks for draft in found.drafts] == [0, 0]
    assert found.n_empty == 1


def test_a_rehearsal_records_nothing(
    rehearse, fit, dump, make_subscriber, store_papers, retrieval_papers
):
    store_papers(*retrieval_papers)
    make_subscriber("retrieval")
    fit()
    before = dump()
    assert rehearse().drafts
    assert dump() == before


def test_a_page_never_waits_for_a_model_to_be_fitted(
    rehearse, make_subscriber, store_papers, retrieval_papers
):
    store_papers(*retrieval_papers)
    make_subscriber("retrieval")
    found = rehearse()
    assert (found.has_model, found.drafts, found.n_due) == (False, [], 1)


def test_only_what_is_due_within_a_day_is_rehearsed(
    rehearse, fit, clock, make_subscriber, store_papers, retrieval_papers, engine
):
    store_papers(*retrieval_papers)
    reader = make_subscriber("retrieval")
    with engines.transaction(engine) as session:
        session.get_one(Subscriber, reader.id).next_due_at = clock() + timedelta(hours=25)
    fit()
    assert rehearse().n_due == 0
