"""What comes on a day without a paper: nothing, a note, or what older days still have."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import NOW

from app.pipeline import due, preview
from app.pipeline.rank import NO_FIT, NO_PAPERS
from app.recommend import tuning
from app.recommend.calibration import EDGES, Band
from app.recommend.explain import from_json
from app.store import engine as engines
from app.store import letters
from app.store.tables import Letter, State

TODAY = NOW.date()


@pytest.fixture
def reader(make_subscriber):
    def make(choice, **tuned):
        wanted = replace(tuning.USUAL, empty_day=tuning.parse_empty_day(choice), exploration=1.0)
        return make_subscriber('"sparse retrieval"', tuning=replace(wanted, **tuned))

    return make


@pytest.fixture
def old_papers(store_papers, retrieval_papers):
    """Some that would fit, too old for a usual letter; and, of today, some that do not."""
    old = store_papers(*retrieval_papers[:5], at=NOW - timedelta(days=20))
    return old, store_papers(*retrieval_papers[5:])


@pytest.fixture
def written(engine):
    def read(person):
        with engines.transaction(engines.reading(engine)) as session:
            row = letters.of_edition(session, person.id, TODAY)
            return row, letters.picks_of(session, row.id) if row else []

    return read


def test_unless_told_otherwise_there_is_no_letter(day, old_papers, reader, written, entries):
    person = reader("no letter")
    assert day.rank_due().skipped == {NO_FIT: 1}
    assert written(person) == (None, [])
    assert [each.state for each in entries()] == [State.SKIPPED]


def test_a_note_says_of_how_many_papers_none_was_close(day, old_papers, reader, written, sink):
    person = reader("short-note")
    assert day.rank_due().n_letters == 1
    row, picks = written(person)
    assert (row.n_candidates, picks) == (5, [])
    asyncio.run(day.deliver())
    (mail,) = sink.taken
    assert "Nothing close to your words in 5 new papers" in mail.message["subject"]


def test_a_note_of_no_papers_at_all_says_so(day, reader, sink):
    reader("short note")
    day.rank_due()
    asyncio.run(day.deliver())
    assert sink.taken[0].message["subject"] == "No new papers today"


def test_older_papers_are_sent_where_they_fit_and_the_letter_says_how_old(
    day, old_papers, reader, written, sink
):
    person = reader("older papers")
    assert day.rank_due().n_letters == 1
    row, picks = written(person)
    assert row.wider_days == 28
    assert picks
    assert {pick.paper_id for pick, _ in picks} <= set(old_papers[0])
    for pick, _ in picks:
        why = from_json(pick.reason)
        assert why.fit >= EDGES[Band.GOOD]
        assert not why.exploring
    asyncio.run(day.deliver())
    text = sink.taken[0].message.get_body(("plain",)).get_content()
    assert "the best of the last 28 days" in " ".join(text.split())


def test_what_they_had_does_not_come_again_and_the_letter_is_not_padded(
    day, old_papers, reader, written, clock
):
    person = reader("older papers", threshold=Band.STRONG)
    day.rank_due()
    asyncio.run(day.deliver())
    _, first = written(person)
    assert first
    clock.forward(days=1)
    tally = day.rank_due()
    with engines.transaction(engines.reading(day.desk.engine)) as session:
        row = letters.of_edition(session, person.id, TODAY + timedelta(days=1))
        again = letters.picks_of(session, row.id) if row else []
    assert not {pick.paper_id for pick, _ in first} & {pick.paper_id for pick, _ in again}
    assert tally.n_letters or tally.skipped == {NO_FIT: 1}


def test_a_day_with_papers_is_as_it_ever_was(day, store_papers, retrieval_papers, reader, written):
    store_papers(*retrieval_papers[:2], at=NOW - timedelta(days=20))
    today = store_papers(*retrieval_papers[2:])
    person = reader("older papers", threshold=Band.LOOK)
    day.rank_due()
    row, picks = written(person)
    assert row.wider_days == 0
    assert {pick.paper_id for pick, _ in picks} <= set(today)


def test_the_choice_is_only_theirs_and_the_preview_shows_it(day, old_papers, reader, engine):
    people = {name: reader(name) for name in tuning.EmptyDay}
    assert day.rank_due().n_letters == 2
    clean = NOW + timedelta(days=1)
    with engines.transaction(engines.reading(engine)) as session:
        shown = {
            name: preview.letter_for(
                session, day.desk, due.on(person, None, clean), clean.date(), clean
            )
            for name, person in people.items()
        }
        assert session.get(Letter, 3) is None
    assert shown[tuning.EmptyDay.NOTHING] is None
    assert "Nothing close" in shown[tuning.EmptyDay.NOTE].subject


def test_before_the_first_paper_nobody_is_sent_older_ones(day, reader):
    reader("older papers")
    assert day.rank_due().skipped == {NO_PAPERS: 1}
