from datetime import timedelta

import pytest
from conftest import NOW
from sqlmodel import Session

from app.mail import retry
from app.papers.paper import Paper
from app.store import departures, doubts, letters, outbox, papers, vanished
from app.store.tables import State

LATER = NOW + timedelta(days=3)


@pytest.fixture
def in_doubt(session: Session, make_entry):
    """An entry whose connection was lost after its last dot."""

    def make(**changes):
        entry = make_entry(state=State.IN_DATA, claimed_at=NOW, **changes)
        assert outbox.hold(session, entry.id, NOW, "connection lost")
        session.refresh(entry)
        return entry

    return make


def test_a_letter_in_doubt_is_neither_claimed_nor_given_up(session: Session, in_doubt, claim):
    entry = in_doubt()
    assert (entry.state, entry.doubtful, entry.settled_at) == (State.IN_DOUBT, 1, NOW)
    assert claim(LATER, limit=9) == []
    assert outbox.expire(session, LATER, retry.GIVE_UP_AFTER) == 0
    assert vanished.reclaim_stale(session, LATER, timedelta(minutes=1)) == 0
    assert [held for held, _ in doubts.held(session)] == [entry]
    assert doubts.count(session) == 1


def test_sent_again_it_has_a_day_of_its_own(session: Session, in_doubt, claim):
    entry, other = in_doubt(), in_doubt()
    assert doubts.resend(session, [entry.id], LATER) == 1
    assert outbox.expire(session, LATER, retry.GIVE_UP_AFTER) == 0
    assert claim(LATER, limit=9) == [entry]
    assert [held for held, _ in doubts.held(session)] == [other]
    assert doubts.resend(session, [entry.id], LATER) == 0


def test_let_be_its_papers_are_not_picked_again(session: Session, in_doubt):
    paper = papers.find_or_add(session, [Paper("On owls")], NOW.date())[0].id
    entry = in_doubt(papers_picked=(paper,))
    assert doubts.let_be(session, [entry.id], LATER) == 1
    session.refresh(entry)
    assert (entry.state, entry.reason, entry.settled_at) == (State.FAILED, doubts.LET_BE, LATER)
    assert letters.papers_sent(session, [entry.subscriber_id]) == {entry.subscriber_id: {paper}}
    assert doubts.held(session) == []


def test_a_server_that_took_it_after_all_ends_the_doubt(session: Session, in_doubt):
    entry = in_doubt()
    assert departures.mark_sent(session, [departures.Sent(entry.id, NOW, 250, "queued")])
    assert doubts.held(session) == []


def test_what_a_crash_left_on_its_way_is_held_where_doubt_is(session: Session, make_entry):
    lease = timedelta(minutes=25)
    gone = make_entry(state=State.IN_DATA, claimed_at=NOW - lease)
    idle = make_entry(state=State.CLAIMED, claimed_at=NOW - lease)
    assert vanished.reclaim_stale(session, NOW, lease, holds_doubt=True) == 2
    session.refresh(gone)
    session.refresh(idle)
    assert (gone.state, gone.doubtful, idle.state) == (State.IN_DOUBT, 1, State.READY)
