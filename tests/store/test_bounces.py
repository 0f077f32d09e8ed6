from datetime import timedelta

import pytest
from conftest import NOW
from sqlmodel import select

from app.store import bounces, outbox, subscribers
from app.store.tables import Bounce, BounceKind, LetterKind, State

DAY = timedelta(days=1)


@pytest.fixture
def bounce(session):
    """Store a soft bounce of a letter, some days after NOW."""
    count = 0

    def store(entry, days=0, kind=BounceKind.SOFT, **changes):
        nonlocal count
        count += 1
        told = {
            "subscriber_id": entry.subscriber_id,
            "letter_id": entry.letter_id,
            "kind": kind,
            "report": f"report {count}",
            "at": NOW + days * DAY,
        }
        return bounces.add(session, Bounce(**told | changes))

    return store


def sent(make_entry, person, days):
    at = NOW + days * DAY
    return make_entry(
        subscriber=person, edition_date=at.date(), state=State.SENT, settled_at=at, due_at=at
    )


def test_a_report_counts_once(session, make_entry, bounce):
    entry = make_entry()
    assert bounce(entry, report="the same")
    assert not bounce(entry, report="the same", days=1)
    assert len(bounces.of_subscriber(session, entry.subscriber_id)) == 1


def test_soft_bounces_are_told_once_for_each_letter(session, make_person, make_entry, bounce):
    person = make_person()
    first, second = (sent(make_entry, person, days) for days in (0, 1))
    bounce(first, days=0)
    bounce(first, days=2)
    bounce(second, days=3)
    bounce(second, days=3, kind=BounceKind.HARD)
    bounce(sent(make_entry, make_person(), 0), days=0)
    assert bounces.soft_since(session, person.id, None) == [NOW, NOW + 3 * DAY]
    assert bounces.soft_since(session, person.id, NOW) == [NOW + 2 * DAY, NOW + 3 * DAY]
    bounces.forget_soft(session, person.id)
    assert [b.kind for b in bounces.of_subscriber(session, person.id)] == [BounceKind.HARD]


def test_bounces_of_no_known_letter_count_each(session, make_entry, bounce):
    entry = make_entry()
    for days in (0, 1):
        bounce(entry, days=days, letter_id=None)
    assert len(bounces.soft_since(session, entry.subscriber_id, None)) == 2


def test_a_letter_arrived_if_it_was_sent_and_did_not_come_back(
    session, make_person, make_entry, bounce
):
    person = make_person()
    assert bounces.last_arrival(session, person.id, NOW) is None
    sent(make_entry, person, 0)
    bounce(sent(make_entry, person, 1), days=2)
    sent(make_entry, person, 5)
    make_entry(
        subscriber=person, edition_date=(NOW + 2 * DAY).date(), state=State.FAILED, settled_at=NOW
    )
    assert bounces.last_arrival(session, person.id, NOW + 4 * DAY) == NOW
    assert bounces.last_arrival(session, person.id, NOW + 5 * DAY) == NOW + 5 * DAY


def test_a_letter_that_came_back_can_be_deleted(session, make_entry, bounce):
    entry = make_entry(kind=LetterKind.CONFIRM, state=State.SENT)
    bounce(entry)
    bounces.forget_letter(session, entry.letter_id)
    assert outbox.forget(session, entry)
    (kept,) = bounces.of_subscriber(session, entry.subscriber_id)
    session.refresh(kept)
    assert kept.letter_id is None


def test_nothing_of_a_removed_subscriber_is_kept(session, make_entry, make_person, bounce):
    person = make_person()
    bounce(sent(make_entry, person, 0))
    subscribers.remove(session, person)
    assert session.exec(select(Bounce)).all() == []
