from datetime import UTC, date, datetime, timedelta

import pytest
from conftest import NOW
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from app.mail.links import Verdict
from app.recommend import interests
from app.store import engine as engines
from app.store import feedback, outbox, subscribers
from app.store.tables import LetterKind, State, Status, metadata


def at(day, hour):
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def _everything(session: Session) -> str:
    """Every value of every table, to look for traces of somebody."""
    rows = [session.execute(table.select()).mappings().all() for table in metadata.sorted_tables]
    return repr(rows)


def _rows_about(session: Session, subscriber_id: int) -> dict[str, int]:
    found = {}
    for table in metadata.sorted_tables:
        for column in table.columns:
            if column.name == "subscriber_id":
                rows = session.execute(table.select().where(column == subscriber_id)).all()
                found[table.name] = len(rows)
    return found


def test_two_people_cannot_have_one_address(session: Session, make_person):
    make_person(address="a@b.org")
    with pytest.raises(IntegrityError):
        make_person(address="a@b.org")
    session.rollback()


def test_people_are_found_by_id_and_address(session: Session, make_person):
    one, other = make_person(), make_person()
    assert subscribers.by_id(session, one.id) is one
    assert subscribers.by_address(session, other.address) is other
    assert subscribers.by_address(session, "nobody@example.org") is None
    assert list(subscribers.by_ids(session, [other.id, one.id, 99])) == [one, other]


def test_people_are_listed_by_status(session: Session, make_person):
    active, gone = make_person(), make_person(status=Status.UNSUBSCRIBED)
    assert list(subscribers.all_of(session)) == [active, gone]
    assert list(subscribers.all_of(session, Status.ACTIVE)) == [active]
    assert list(subscribers.all_of(session, Status.PENDING, Status.UNSUBSCRIBED)) == [gone]


def test_only_the_active_are_due_longest_waiting_first(session: Session, make_person):
    hours = [1, 3, 0]
    made = [make_person(next_due_at=NOW - timedelta(hours=n)) for n in hours]
    make_person(next_due_at=NOW + timedelta(seconds=1))
    make_person(next_due_at=None)
    for status in (Status.PENDING, Status.UNSUBSCRIBED):
        make_person(next_due_at=NOW - timedelta(hours=5), status=status)
    assert list(subscribers.due(session, NOW, None)) == [made[1], made[0], made[2]]
    assert list(subscribers.due(session, NOW, 2)) == [made[1], made[0]]


def test_the_next_letter_is_planned_in_the_persons_own_zone(session: Session, make_person):
    person = make_person(zone="Asia/Tokyo", hour=7)
    subscribers.plan_next(session, person, NOW)
    assert person.next_due_at.isoformat() == "2026-11-20T22:00:00+00:00"


@pytest.mark.parametrize("status", [Status.PENDING, Status.UNSUBSCRIBED])
def test_nothing_is_planned_for_those_who_want_none(session: Session, make_person, status):
    person = make_person(status=status, next_due_at=NOW)
    subscribers.plan_next(session, person, NOW)
    assert person.next_due_at is None


def test_who_confirms_gets_letters_from_then_on(session: Session, make_person):
    person = make_person(status=Status.PENDING)
    subscribers.activate(session, person, NOW)
    assert (person.status, person.confirmed_at) == (Status.ACTIVE, NOW)
    assert person.next_due_at > NOW


def test_who_unsubscribes_is_never_due_again(session: Session, make_person):
    person = make_person(next_due_at=NOW)
    for _ in range(2):
        subscribers.unsubscribe(session, person)
        assert (person.status, person.next_due_at) == (Status.UNSUBSCRIBED, None)
    assert subscribers.due(session, NOW + timedelta(days=9), None) == []


def test_interests_are_kept_in_the_order_they_were_typed(session: Session, make_person):
    person, silent = make_person(), make_person()
    typed = interests.parse(
        'zebra x2, "night owls" x0.5, -bats, aardvark, author:"A. Gray" x3, -category:q-bio'
    )
    subscribers.set_interests(session, person.id, typed)
    assert subscribers.interests_of(session, [person.id, silent.id]) == {person.id: typed}


def test_new_interests_take_the_place_of_the_old(session: Session, make_person):
    person, other = make_person(), make_person()
    owls, bats = interests.parse("owls"), interests.parse("bats, -owls")
    for someone in (person, other):
        subscribers.set_interests(session, someone.id, owls)
    subscribers.set_interests(session, person.id, bats)
    found = subscribers.interests_of(session, [person.id, other.id])
    assert found == {person.id: bats, other.id: owls}


def test_a_removed_person_leaves_nothing(session: Session, make_person, make_entry, paper_ids):
    other = make_person(address="stays@example.org")
    make_entry(subscriber=other, papers_picked=tuple(paper_ids))
    person = make_person(address="leaves@example.org")
    subscribers.set_interests(session, person.id, interests.parse("owls, -bats"))
    entry = make_entry(subscriber=person, papers_picked=tuple(paper_ids), state=State.SENT)
    make_entry(subscriber=person, kind=LetterKind.CONFIRM)
    feedback.record(session, person.id, paper_ids[0], Verdict.LIKE, NOW, entry.letter_id)
    assert set(_rows_about(session, person.id).values()) != {0}

    number = person.id
    subscribers.remove(session, person)

    assert "leaves@example.org" not in _everything(session)
    assert set(_rows_about(session, number).values()) == {0}
    assert session.scalar(text("SELECT count(*) FROM pick")) == len(paper_ids)
    assert len(outbox.of_subscriber(session, other.id)) == 1


def test_the_number_of_a_removed_person_is_never_given_out_again(session: Session, make_person):
    person = make_person()
    number = person.id
    subscribers.remove(session, person)
    assert make_person().id > number


def test_who_never_confirmed_is_forgotten(session: Session, make_person, make_entry):
    week_ago = NOW - timedelta(days=7)
    old = {"created_at": week_ago - timedelta(days=1)}
    silent = make_person(status=Status.PENDING, **old)
    make_entry(subscriber=silent, kind=LetterKind.CONFIRM, first_due_at=week_ago - timedelta(1))
    asked_again = make_person(status=Status.PENDING, **old)
    make_entry(subscriber=asked_again, kind=LetterKind.CONFIRM, first_due_at=week_ago)
    new = make_person(status=Status.PENDING, created_at=week_ago)
    active = make_person(**old)
    returned = make_person(status=Status.PENDING, confirmed_at=week_ago, **old)

    assert subscribers.forget_pending(session, week_ago) == 1
    assert list(subscribers.all_of(session)) == [asked_again, new, active, returned]


@pytest.mark.parametrize(
    ("now", "owed", "hour", "expected"),
    [
        (at(20, 6), at(20, 7), 9, at(20, 9)),  # later today
        (at(20, 6), at(20, 7), 5, at(20, 5)),  # its hour has passed: due at once, not lost
        (at(20, 7), at(20, 7), 7, at(20, 7)),  # due this very moment, not taken up yet
        (at(20, 8), at(20, 7), 5, at(20, 5)),  # overdue, not taken up yet
        (at(20, 9), at(21, 7), 6, at(21, 6)),  # today's was sent
        (at(20, 9), at(21, 7), 18, at(20, 18)),  # asked again today; the outbox refuses it
        (at(21, 0), at(20, 23), 23, at(20, 23)),  # yesterday's is overdue since before midnight
        (at(20, 20), at(20, 22), 7, at(20, 20)),  # too long ago to be caught up, and still not lost
        (at(20, 20), at(20, 8), 7, at(20, 20)),  # overdue, and just not too late
        (at(20, 20), at(20, 7), 6, at(20, 6)),  # missed by more than twelve hours, and stays so
    ],
)
def test_a_new_hour_neither_loses_todays_letter_nor_yesterdays(
    make_subscriber, engine, now, owed, hour, expected
):
    reader = make_subscriber()
    with engines.transaction(engine) as session:
        row = subscribers.by_id(session, reader.id)
        row.next_due_at, row.hour = owed, hour
        subscribers.plan_anew(session, row, now)

        assert row.next_due_at == expected


def test_a_pause_of_a_letter_still_to_come_today_holds_it_back(make_subscriber, engine):
    reader = make_subscriber()
    with engines.transaction(engine) as session:
        row = subscribers.by_id(session, reader.id)
        row.next_due_at, row.paused_until = at(20, 10), date(2026, 11, 25)
        subscribers.plan_anew(session, row, at(20, 9))

        assert row.next_due_at == at(25, 7)
        assert row.next_due_at - at(20, 9) > timedelta(days=4)
