from datetime import timedelta

import pytest
from conftest import NOW
from sqlmodel import Session

from app.store import departures, subscribers
from app.store.tables import LetterKind, State

TODAY = NOW.date()


def test_who_pauses_gets_no_letter_claimed_after(session: Session, make_entry, make_person, claim):
    person = make_person(paused_until=TODAY + timedelta(days=1))
    entry, other = make_entry(subscriber=person), make_entry()
    assert claim(NOW, limit=10) == [other]
    session.refresh(entry)
    assert (entry.state, entry.reason) == (State.SUPPRESSED, "paused before it was sent")


def test_who_pauses_while_claimed_stops_the_letter_before_it_leaves(
    session: Session, make_entry, make_person, claim
):
    person = make_person()
    (entry,) = [make_entry(subscriber=person)]
    claim(NOW, limit=10)
    person.paused_until = TODAY + timedelta(days=9)
    session.flush()
    assert not departures.begin_data(session, [entry.id], NOW)
    session.refresh(entry)
    assert (entry.state, entry.reason) == (State.SUPPRESSED, "paused before it was sent")


@pytest.mark.parametrize(
    ("changes", "until"),
    [
        ({}, TODAY),  # the day they come back
        ({}, None),
        ({"kind": LetterKind.CONFIRM}, TODAY + timedelta(days=9)),
    ],
)
def test_a_pause_stops_no_other_letter(
    session: Session, make_entry, make_person, changes, until, claim
):
    entry = make_entry(subscriber=make_person(paused_until=until), **changes)
    assert claim(NOW, limit=10) == [entry]


def test_who_left_while_paused_is_told_as_who_left(
    session: Session, make_entry, make_person, claim
):
    person = make_person(paused_until=TODAY + timedelta(days=9))
    entry = make_entry(subscriber=person)
    subscribers.unsubscribe(session, person)
    assert claim(NOW, limit=10) == []
    session.refresh(entry)
    assert entry.reason == "unsubscribed before it was sent"
