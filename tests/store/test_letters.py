from datetime import timedelta

import pytest
from conftest import NOW
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from app.store import letters, subscribers
from app.store.tables import Letter, LetterKind, OutboxEntry, Pick, State, Subscriber


def test_picks_come_by_rank_with_their_papers(session: Session, make_entry, paper_ids):
    entry = make_entry(papers_picked=tuple(reversed(paper_ids)))
    found = letters.picks_of(session, entry.letter_id)
    assert [(pick.rank, paper.id) for pick, paper in found] == [
        (n, paper_id) for n, paper_id in enumerate(reversed(paper_ids), start=1)
    ]
    pick, paper = letters.pick_at(session, entry.letter_id, 2)
    assert (pick.rank, paper.id) == (2, paper_ids[1])
    assert letters.pick_at(session, entry.letter_id, 9) is None


def test_a_letter_is_found_by_its_edition_and_kind(session: Session, make_entry):
    entry = make_entry()
    today = NOW.date()
    assert letters.of_edition(session, entry.subscriber_id, today).id == entry.letter_id
    assert letters.of_edition(session, entry.subscriber_id, today, LetterKind.CONFIRM) is None
    tomorrow = today + timedelta(days=1)
    assert letters.of_edition(session, entry.subscriber_id, tomorrow) is None


@pytest.mark.parametrize(
    "state", [State.READY, State.CLAIMED, State.IN_DATA, State.SENT, State.DEFERRED]
)
def test_papers_sent_are_those_that_went_or_are_on_their_way(
    session: Session, make_entry, paper_ids, state
):
    entry = make_entry(papers_picked=tuple(paper_ids[:2]), state=state)
    sent = letters.papers_sent(session, [entry.subscriber_id])
    assert sent == {entry.subscriber_id: set(paper_ids[:2])}


@pytest.mark.parametrize("state", [State.FAILED, State.SUPPRESSED])
def test_papers_of_a_letter_that_reached_nobody_count_as_not_sent(
    session: Session, make_entry, paper_ids, state
):
    entry = make_entry(papers_picked=tuple(paper_ids), state=state)
    assert letters.papers_sent(session, [entry.subscriber_id]) == {}


def test_papers_of_a_letter_given_up_in_doubt_count_as_sent(
    session: Session, make_entry, paper_ids
):
    entry = make_entry(papers_picked=tuple(paper_ids), state=State.FAILED, doubtful=1)
    assert letters.papers_sent(session, [entry.subscriber_id])


def test_papers_sent_are_told_apart_by_reader(session: Session, make_entry, paper_ids):
    one = make_entry(papers_picked=(paper_ids[0],))
    other = make_entry(papers_picked=(paper_ids[1],))
    assert letters.papers_sent(session, [one.subscriber_id]) == {one.subscriber_id: {paper_ids[0]}}
    assert len(letters.papers_sent(session, [one.subscriber_id, other.subscriber_id])) == 2


def test_papers_sent_by_a_past_moment_are_those_of_letters_written_before(
    session: Session, make_entry, paper_ids
):
    entry = make_entry(papers_picked=tuple(paper_ids))
    reader = entry.subscriber_id
    assert letters.papers_sent(session, [reader], before=NOW) == {}
    later = NOW + timedelta(seconds=1)
    assert letters.papers_sent(session, [reader], before=later) == {reader: set(paper_ids)}


def test_papers_sent_since_a_day_are_those_of_its_edition_and_later_ones(
    session: Session, make_entry, make_person, paper_ids
):
    person, today = make_person(), NOW.date()
    for n, paper_id in enumerate(paper_ids):
        day = today - timedelta(days=n)
        make_entry(papers_picked=(paper_id,), subscriber=person, edition_date=day)
    yesterday = today - timedelta(days=1)
    sent = letters.papers_sent(session, [person.id], since=yesterday)
    assert sent == {person.id: set(paper_ids[:2])}


def test_a_subscriber_has_one_letter_per_kind_and_edition(session: Session, make_entry):
    entry = make_entry()
    again = Letter(
        subscriber_id=entry.subscriber_id,
        kind=entry.kind,
        edition_date=entry.edition_date,
        recipient="a@b.org",
        message_id="<another@example.org>",
        date=NOW,
    )
    with pytest.raises(IntegrityError):
        letters.add(session, again)
    session.rollback()


def test_no_two_letters_share_a_message_id(session: Session, make_entry, make_person):
    entry = make_entry()
    first = letters.by_id(session, entry.letter_id)
    again = Letter(
        subscriber_id=make_person().id,
        kind=entry.kind,
        edition_date=entry.edition_date,
        recipient="a@b.org",
        message_id=first.message_id,
        date=NOW,
    )
    with pytest.raises(IntegrityError):
        letters.add(session, again)
    session.rollback()


def test_the_number_of_a_letter_is_never_given_out_again(session: Session, make_entry):
    entry = make_entry()
    number, person = entry.letter_id, subscribers.by_id(session, entry.subscriber_id)
    for table in (OutboxEntry, Pick, Letter):
        session.exec(delete(table))
    session.expunge_all()
    assert make_entry(subscriber=session.get(Subscriber, person.id)).letter_id > number
