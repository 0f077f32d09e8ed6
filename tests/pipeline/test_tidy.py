from datetime import timedelta

from app.pipeline.tidy import Tidied
from app.store import departures
from app.store import engine as engines
from app.store.tables import State


def _letter(day, make_subscriber, store_papers, retrieval_papers):
    store_papers(*retrieval_papers)
    make_subscriber("retrieval")
    day.rank_due()


def test_with_nothing_to_tidy_nothing_changes(day, make_subscriber, dump):
    make_subscriber()
    before = dump()
    assert day.tidy() == Tidied(0, 0, 0)
    assert dump() == before


def test_a_claim_of_a_vanished_sender_is_taken_up_again(
    day, make_subscriber, store_papers, retrieval_papers, engine, clock
):
    _letter(day, make_subscriber, store_papers, retrieval_papers)
    with engines.transaction(engine) as session:
        departures.claim_due(session, clock.now, 1)
    assert day.tidy() == Tidied(0, 0, 0)
    clock.now += day.lease
    assert day.tidy() == Tidied(1, 0, 0)
    assert day.count_waiting() == 1


def test_a_letter_nobody_took_for_twenty_hours_is_given_up(
    day, make_subscriber, store_papers, retrieval_papers, clock, entries
):
    _letter(day, make_subscriber, store_papers, retrieval_papers)
    clock.forward(hours=20)
    assert day.tidy() == Tidied(0, 1, 0)
    assert entries()[-1].state == State.FAILED
    assert entries()[-1].reason == "given up: no sender got to it in time"
    assert clock.now - entries()[-1].first_due_at == timedelta(hours=20)
