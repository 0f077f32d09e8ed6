"""A shard's letters, picks and outbox entries, stored together."""

from datetime import timedelta

import pytest
from conftest import NOW
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from app.store import engine as engines
from app.store import outbox, planned
from app.store.planned import Planned
from app.store.tables import Letter, LetterKind, OutboxEntry, Pick, State

TODAY = NOW.date()
HOSTILE = "\\N\t“a”\nb'c\"\r\\.\n \U0001f5de {}%s ?"


@pytest.fixture
def people(make_subscriber):
    return [make_subscriber().id for _ in range(3)]


@pytest.fixture
def plan(store_papers, retrieval_papers):
    """A letter of so many papers for one subscriber."""
    paper_ids = store_papers(*retrieval_papers)

    def make(subscriber_id, n_picks=2, day=TODAY, why="because"):
        letter = {
            "subscriber_id": subscriber_id,
            "kind": LetterKind.DAILY,
            "edition_date": day,
            "recipient": f"reader{subscriber_id}@example.org",
            "message_id": f"<{subscriber_id}.{day}@example.org>",
            "date": NOW,
            "model_id": "m",
            "n_candidates": 10,
            "wider_days": 0,
            "why": why,
            "version": 1,
            "language": "",
            "news": "",
        }
        picks = [
            (n, paper_ids[n], n / 7, f"{subscriber_id}: {HOSTILE}", "a", n == 1)
            for n in range(n_picks)
        ]
        return Planned(letter, iter(picks))

    return make


def stored(engine, model, *order):
    with engines.transaction(engines.reading(engine)) as session:
        return session.exec(select(model).order_by(*order)).all()


def test_each_letter_is_stored_with_its_entry_and_its_picks(engine, people, plan):
    with engines.transaction(engine) as session:
        n = planned.add(session, [plan(each, why=HOSTILE) for each in people], NOW)

    letters = stored(engine, Letter, Letter.subscriber_id)
    assert (n, [letter.subscriber_id for letter in letters]) == (3, people)
    assert {(letter.why, letter.date, letter.edition_date) for letter in letters} == {
        (HOSTILE, NOW, TODAY)
    }
    entries = stored(engine, OutboxEntry, OutboxEntry.subscriber_id)
    assert [entry.letter_id for entry in entries] == [letter.id for letter in letters]
    told = {(e.state, e.due_at, e.attempts, e.holder, e.settled_at, e.code) for e in entries}
    assert told == {(State.READY, NOW, 0, "", None, None)}
    assert [
        (pick.letter_id, pick.rank, pick.score, pick.reason, pick.by_community, pick.printed_id)
        for pick in stored(engine, Pick, Pick.letter_id, Pick.rank)
    ] == [
        (letter.id, n, n / 7, f"{letter.subscriber_id}: {HOSTILE}", n == 1, None)
        for letter in letters
        for n in range(2)
    ]


def test_nothing_is_planned_for_nobody_and_a_letter_may_be_without_papers(engine, people, plan):
    with engines.transaction(engine) as session:
        assert planned.add(session, [], NOW) == 0
        assert planned.add(session, [plan(people[0], n_picks=0)], NOW) == 1
    assert len(stored(engine, Letter)) == 1
    assert stored(engine, Pick) == []


def test_who_has_an_entry_of_the_edition_gets_nothing_and_the_others_theirs(engine, people, plan):
    skipped, twice, other = people
    with engines.transaction(engine) as session:
        entry = {"kind": LetterKind.DAILY, "edition_date": TODAY, "state": State.SKIPPED}
        outbox.add(
            session,
            OutboxEntry(subscriber_id=skipped, due_at=NOW, first_due_at=NOW, **entry),
        )
        planned.add(session, [plan(twice, n_picks=1)], NOW)
    (first,) = stored(engine, Letter)

    with engines.transaction(engine) as session:
        assert planned.add(session, [plan(each) for each in people], NOW) == 1

    second = stored(engine, Letter, Letter.id)[-1]
    assert [letter.id for letter in stored(engine, Letter, Letter.id)] == [first.id, second.id]
    assert second.subscriber_id == other
    picks = stored(engine, Pick, Pick.letter_id, Pick.rank)
    assert [pick.letter_id for pick in picks] == [first.id, second.id, second.id]
    assert len(stored(engine, OutboxEntry)) == 3


def test_the_number_of_a_letter_that_went_is_given_to_no_other(engine, people, plan):
    with engines.transaction(engine) as session:
        planned.add(session, [plan(people[0])], NOW)
        (entry,) = session.exec(select(OutboxEntry))
        gone = entry.letter_id
        for pick in session.exec(select(Pick)):
            session.delete(pick)
        session.flush()
        outbox.forget(session, entry)
    with engines.transaction(engine) as session:
        planned.add(session, [plan(people[0], day=NOW.date() + timedelta(days=1))], NOW)
    (letter,) = stored(engine, Letter)
    assert letter.id > gone


def test_a_shard_with_a_pick_of_no_paper_stores_nothing(engine, people, plan):
    letter = plan(people[0]).letter
    with pytest.raises(IntegrityError), engines.transaction(engine) as session:
        planned.add(session, [Planned(letter, [(1, 10_000, 1.0, "", "", False)])], NOW)
    assert [*stored(engine, Letter), *stored(engine, OutboxEntry)] == []


def test_letters_are_numbered_beyond_32_bits(engine, people, plan):
    with engines.transaction(engine) as session:
        planned.add(session, [plan(people[0])], NOW)
    many = 2**31
    with engines.transaction(engine) as session:
        for table in ("letter", "outbox"):
            start = (
                "SELECT setval(pg_get_serial_sequence(:table, 'id'), :n)"
                if engine.dialect.name == "postgresql"
                else "UPDATE sqlite_sequence SET seq = :n WHERE name = :table"
            )
            session.execute(text(start), {"table": table, "n": many})
    with engines.transaction(engine) as session:
        assert planned.add(session, [plan(each) for each in people[1:]], NOW) == 2
    entries = stored(engine, OutboxEntry, OutboxEntry.letter_id)
    assert [entry.letter_id for entry in entries][1:] == [many + 1, many + 2]
    assert stored(engine, Pick, Pick.letter_id, Pick.rank)[-1].letter_id == many + 2
