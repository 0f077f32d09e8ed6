"""Letters of long ago become counts, and nothing that anybody still needs is lost."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import NOW
from sqlmodel import select

from app import scheduler
from app.errors import AppError
from app.mail.links import Verdict
from app.pipeline import fold, rank
from app.pipeline.models import Rules
from app.pipeline.replay import prepare
from app.pipeline.tidy import Tidied
from app.recommend import tuning
from app.recommend.tuning import EmptyDay
from app.store import engine as engines
from app.store import (
    feedback,
    health,
    heartbeats,
    opinions,
    outbox,
    statistics,
    subscribers,
    tables,
    tallies,
    taps,
)
from app.store.tables import Letter, Means, OutboxEntry, Pick, State, Tap, VoteSnapshot

OLD = timedelta(days=100)
RULES = Rules(candidate_days=7)
PRINTED = 4 * 7


@pytest.fixture
def reader(day, make_subscriber, store_papers, retrieval_papers, engine, clock):
    """Whose letter of today was sent, liked, and voted on in two ways."""
    store_papers(*retrieval_papers, votes=(5,) * 10)
    store_papers(*retrieval_papers[:1], votes=(9,), at=NOW + timedelta(hours=1))
    person = make_subscriber("retrieval")
    day.rank_due()
    with engines.transaction(engine) as session:
        letter = session.exec(select(Letter)).one()
        entry = session.exec(select(OutboxEntry)).one()
        entry.state, entry.settled_at, entry.reason = State.SENT, NOW, "ok"
        entry.doubtful = 2
        paper_id = session.exec(select(Pick.paper_id).where(Pick.rank == 1)).one()
        feedback.record(session, person.id, paper_id, Verdict.LIKE, NOW, letter.id)
        for void in ("", "a scanner"):
            told = {"verdict": "like", "means": Means.BUTTON, "at": NOW, "settled": True}
            session.add(Tap(letter_id=letter.id, paper_id=paper_id, void=void, **told))
    return person


@pytest.fixture
def later(reader, engine, clock):
    """A hundred days later, with an edition of that day that had no papers."""
    now = clock.forward(days=OLD.days)
    with engines.transaction(engine) as session:
        add_skipped(session, reader, now)
        vouch(session, now)
    return now


def vouch(session, now):
    """Let the clock have gone as it does now since the time before."""
    heartbeats.beat(session, fold.FOLDED, now - fold.EVERY)


def add_skipped(session, reader, now):
    entry = OutboxEntry(
        subscriber_id=reader.id,
        kind=tables.LetterKind.DAILY,
        edition_date=now.date(),
        state=State.SKIPPED,
        due_at=now,
        first_due_at=now,
        reason="no papers",
    )
    session.add(entry)


def fold_at(engine, now, kept_days=90):
    return fold.fold(engine, now, kept_days, RULES, threading.Event())


def test_what_operators_see_counted_stays_the_same(later, day, engine):
    def seen(session):
        return (
            outbox.count_by_state(session),
            [(each.date, each.states) for each in statistics.editions(session, 30)],
            taps.counts(session),
            health.doubtful(session),
        )

    with engines.transaction(engine) as session:
        before = seen(session)
    assert day.tidy() == Tidied(0, 0, 0)
    with engines.transaction(engine) as session:
        assert session.exec(select(Letter)).all() == session.exec(select(Pick)).all() == []
        assert session.exec(select(Tap)).all() == []
        assert seen(session) == before
        assert tallies.until(session) == NOW.date()


def test_what_somebody_liked_goes_on_to_count(reader, later, engine):
    with engines.transaction(engine) as session:
        before = opinions.of(session, [reader.id])
    assert fold_at(engine, later) == 1
    with engines.transaction(engine) as session:
        assert opinions.of(session, [reader.id]) == before
        feedback.forget_unlettered(session, reader.id)  # as when they sign up again
        assert opinions.of(session, [reader.id]) == before
        assert subscribers.by_id(session, reader.id).n_folded == 1


@pytest.mark.parametrize(("days", "kept"), [(PRINTED - 1, 11), (PRINTED, 10)])
def test_of_papers_that_no_kept_letter_shows_the_last_count_of_votes_is_kept(
    reader, engine, days, kept
):
    now = NOW + timedelta(days=200)
    first = NOW + timedelta(days=days) - fold.AT_ONCE + timedelta(days=1)
    with engines.transaction(engine) as session:
        add_skipped(session, reader, first)
        add_skipped(session, reader, now)
        vouch(session, now)
    assert fold_at(engine, now) == fold_at(engine, now + fold.EVERY) == 1
    with engines.transaction(engine) as session:
        votes = session.exec(select(VoteSnapshot.paper_id, VoteSnapshot.votes)).all()
    assert len(votes) == kept
    if kept == 10:
        assert Counter(dict(votes).values()) == {9: 1, 5: 9}


def test_young_letters_and_those_not_settled_are_left_alone(reader, later, engine, dump):
    before = dump()
    assert fold_at(engine, later, kept_days=100) == 0
    assert dump() | {"heartbeat": []} == before | {"heartbeat": []}
    with engines.transaction(engine) as session:
        session.exec(select(OutboxEntry)).first().state = State.IN_DOUBT
        vouch(session, later)
    assert fold_at(engine, later) == 0
    with engines.transaction(engine) as session:
        session.exec(select(OutboxEntry)).first().state = State.SENT
        session.exec(select(Tap)).first().settled = False
        vouch(session, later)
    assert fold_at(engine, later) == 0


def test_a_clock_that_is_wrong_for_an_hour_costs_nothing(reader, engine):
    with engines.transaction(engine) as session:
        add_skipped(session, reader, NOW + timedelta(days=1))
        vouch(session, NOW)
    wrong, right = NOW + timedelta(days=1000), NOW + timedelta(hours=1)
    assert fold_at(engine, wrong) == fold_at(engine, wrong + timedelta(hours=1)) == 0
    assert fold_at(engine, right) == 0
    assert fold_at(engine, wrong + timedelta(days=1)) == fold_at(engine, right) == 0
    with engines.transaction(engine) as session:
        assert len(session.exec(select(OutboxEntry)).all()) == 2


def test_a_first_look_at_the_clock_folds_nothing(reader, engine):
    with engines.transaction(engine) as session:
        add_skipped(session, reader, NOW + timedelta(days=1))
    later = NOW + OLD
    assert fold_at(engine, later) == fold_at(engine, later + timedelta(hours=11)) == 0
    assert fold_at(engine, later + fold.EVERY) == 1


def test_a_clock_that_stays_wrong_costs_a_week_at_a_time(reader, engine):
    wrong = NOW + timedelta(days=1000)
    with engines.transaction(engine) as session:
        for days in range(1, 30):
            add_skipped(session, reader, NOW + timedelta(days=days))
        vouch(session, wrong)
    assert fold_at(engine, wrong) == 7
    assert fold_at(engine, wrong + timedelta(minutes=10)) == 0
    assert fold_at(engine, NOW + timedelta(days=30)) == 0
    assert fold_at(engine, NOW + timedelta(days=30) + fold.EVERY) == 0


def test_an_entry_of_a_day_far_off_keeps_none_after_it_from_being_folded(reader, engine):
    now = NOW + OLD
    with engines.transaction(engine) as session:
        session.exec(select(OutboxEntry)).one().edition_date += timedelta(days=2000)
        for days in range(1, 4):
            add_skipped(session, reader, NOW + timedelta(days=days))
        vouch(session, now)
    assert fold_at(engine, now) == 2  # and the newest stays


def test_nobody_gets_a_second_letter_of_a_day_that_was_folded(
    reader, later, day, engine, clock, entries
):
    fold_at(engine, later)
    clock.now = NOW + timedelta(hours=1)
    with engines.transaction(engine) as session:
        subscribers.by_id(session, reader.id).next_due_at = NOW
    tally = day.rank_due()
    assert (tally.n_letters, tally.skipped) == (0, {rank.GONE: 1})
    (skipped,) = (each for each in entries() if each.edition_date == NOW.date())
    assert (skipped.state, skipped.reason) == (State.SKIPPED, rank.GONE)
    assert day.rank_due().n_subscribers == 0
    with pytest.raises(AppError, match="Letters up to 2026-11-20 are no longer kept"):
        day.rank_edition(NOW.date(), everyone=True)


def test_a_replay_says_which_days_are_gone(later, day, engine):
    fold_at(engine, later)
    with (
        engines.transaction(engine) as session,
        pytest.raises(AppError, match="give --from 2026-11-21 or later"),
    ):
        prepare(session, day.desk.rules, NOW.date(), later.date())


@pytest.mark.parametrize("days", [OLD.days, 239])
def test_no_paper_comes_again_to_who_wants_older_ones(
    days, settings, make_day, make_subscriber, store_papers, retrieval_papers, engine, clock
):
    day = make_day(settings.model_copy(update={"candidate_days": 60}))
    store_papers(*retrieval_papers)
    wish = replace(tuning.USUAL, empty_day=EmptyDay.OLDER)
    person = make_subscriber("retrieval", letter_size=50, tuning=wish)
    assert day.rank_due().n_letters == 1
    now = clock.forward(days=days)
    with engines.transaction(engine) as session:
        session.exec(select(OutboxEntry)).one().state = State.SENT
        add_skipped(session, person, now - timedelta(days=1))
        vouch(session, now)
    day.tidy()
    assert day.rank_due().n_letters == 0


def test_folding_keeps_up_with_ten_million_letters_a_day():
    """Else the database grows for ever, whatever the setting says."""
    n_runs = timedelta(days=1) // scheduler.TIDY_EVERY
    assert n_runs * fold.MOST_BATCHES * fold.BATCH > 10_000_000
