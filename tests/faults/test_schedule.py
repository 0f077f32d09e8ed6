"""One edition a local day: several schedulers, repeated runs, missed hours, a busy sender."""

import json
import signal
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from faults.conftest import wait_until

from app import assembly
from app.papers.paper import Paper
from app.store import engine as engines
from app.store import subscribers
from app.store.tables import State

HOUR = 7
# A Monday; the store's own clock stands on the 20th.
FIRST = date(2026, 11, 23)


def at(n_days: int, **later: float) -> datetime:
    """So long after the hour, `n_days` after the first day."""
    due = datetime(FIRST.year, FIRST.month, FIRST.day, HOUR, tzinfo=UTC)
    return due + timedelta(days=n_days, **later)


@pytest.fixture
def readers(make_subscriber, engine):
    """Store so many readers whose first letter is due at the hour of the first day."""

    def make(n, **wish):
        people = [make_subscriber("retrieval", hour=HOUR, **wish) for _ in range(n)]
        with engines.transaction(engine) as session:
            for person in people:
                due_before = at(0) - timedelta(hours=1)
                subscribers.plan_next(session, session.get(type(person), person.id), due_before)
        return people

    return make


@pytest.fixture
def papers_of(store_papers):
    """Store so many papers, for a letter each, of the days in turn; all known from the first on."""

    def store(n):
        papers = [Paper(f"Retrieval {k}", f"On retrieval of kind {k}.") for k in range(n)]
        store_papers(*papers, at=at(0, hours=-1))

    return store


def finish(service):
    service.send_signal(signal.SIGTERM)
    assert service.wait(timeout=30) == 0


def test_four_schedulers_at_once_give_one_edition_a_day(
    request, readers, store_papers, start_at, slow_sink, outbox
):
    n_days, n_readers = (20, 100) if request.config.getoption("full") else (4, 20)
    people = readers(n_readers, letter_size=2)
    moments = [at(n) for n in range(n_days)]
    schedulers = [start_at(*moments) for _ in range(4)]
    for scheduler in schedulers:
        assert json.loads(scheduler.stdout.readline()) == "ready"
    n_runs = 0
    for moment in moments:
        store_papers(
            *(Paper(f"Retrieval {moment} {k}", f"On retrieval {moment} {k}.") for k in range(3)),
            # A word that every paper holds would say nothing of any of them.
            *(Paper(f"Glaciers {moment} {k}", f"On glaciers {moment} {k}.") for k in range(6)),
            at=moment,
        )
        for scheduler in schedulers:
            scheduler.stdin.write(b"\n")
            scheduler.stdin.flush()
        told = [json.loads(scheduler.stdout.readline()) for scheduler in schedulers]
        n_runs += sum(each["ranked"] > 0 for each in told)
        assert sum(each["sent"] for each in told) == n_readers
    assert [scheduler.wait(timeout=30) for scheduler in schedulers] == [0] * 4

    assert n_runs == n_days
    assert slow_sink.copies() == Counter({person.address: n_days for person in people})
    assert Counter((entry.edition_date, entry.state) for entry in outbox()) == {
        (moment.date(), State.SENT): n_readers for moment in moments
    }


@pytest.fixture
def outbox(engine):
    from sqlmodel import select

    from app.store.tables import OutboxEntry

    def read():
        with engines.transaction(engines.reading(engine)) as session:
            return list(session.exec(select(OutboxEntry).order_by(OutboxEntry.edition_date)))

    return read


@pytest.fixture
def due_now(make_subscriber, store_papers, engine):
    """Store so many readers who are due by the clock of this machine."""

    def make(n):
        now = assembly.utc_now()
        store_papers(Paper("Retrieval", "On retrieval."), at=now)
        people = [make_subscriber("retrieval", hour=now.hour) for _ in range(n)]
        with engines.transaction(engine) as session:
            for person in subscribers.all_of(session):
                subscribers.plan_next(session, person, now - timedelta(hours=1))
        return people

    return make


def test_the_daily_command_twice_sends_no_letter_twice(due_now, start, slow_sink, outbox):
    people = due_now(40)
    at_once = [start("run", connections=2) for _ in range(2)]
    assert [run.wait(timeout=240) for run in at_once] == [0, 0]
    assert len(slow_sink.taken) == len(people)
    assert start("run").wait(timeout=240) == 0
    assert start("run", "--now").wait(timeout=240) == 0
    assert slow_sink.recipients() == sorted(person.address for person in people)
    assert {entry.state for entry in outbox()} == {State.SENT}


def test_a_missed_hour_is_caught_up_at_once_within_twelve_hours(
    request, readers, papers_of, start_at, slow_sink, outbox, tmp_path
):
    readers(1, letter_size=1)
    papers_of(8)
    delays = [{"seconds": 1}, {"minutes": 10}, {"hours": 5}, {"hours": 11}]
    is_full = request.config.getoption("full")
    delays = delays if is_full else delays[::3]
    for n, delay in enumerate(delays):
        started = time.monotonic()
        service = start_at(at(n, **delay))
        slow_sink.wait_for(n + 1)
        assert not is_full or time.monotonic() - started < 60
        finish(service)
    late = start_at(at(len(delays), hours=13))
    wait_until(lambda: len(outbox()) > len(delays))
    finish(late)

    assert [(entry.edition_date, entry.state) for entry in outbox()] == [
        *((at(n).date(), State.SENT) for n in range(len(delays))),
        (at(len(delays)).date(), State.SKIPPED),
    ]
    assert outbox()[-1].reason == "missed by more than 12 hours"
    assert "editions_missed" in (tmp_path / "errors.txt").read_text()
    assert len(slow_sink.taken) == len(delays)


def test_after_three_days_down_comes_one_letter_and_every_day_is_accounted_for(
    readers, papers_of, start_at, slow_sink, outbox
):
    readers(3)
    papers_of(8)
    service = start_at(at(3, minutes=5))
    slow_sink.wait_for(3)
    finish(service)

    assert len(slow_sink.taken) == 3
    assert Counter((entry.edition_date, entry.state) for entry in outbox()) == {
        **{(at(n).date(), State.SKIPPED): 3 for n in range(3)},
        (at(3).date(), State.SENT): 3,
    }


def test_an_hour_that_comes_while_the_last_run_is_going_waits_for_nobody(
    make_subscriber, store_papers, engine, start_at, slow_sink, outbox
):
    """The first cohort's letters are still on their way when the second one's hour comes."""
    n = 20
    early = [make_subscriber("retrieval", hour=HOUR) for _ in range(n)]
    late = [make_subscriber("retrieval", hour=HOUR + 1) for _ in range(n)]
    with engines.transaction(engine) as session:
        for person in subscribers.all_of(session):
            subscribers.plan_next(session, person, at(0) - timedelta(hours=1))
    store_papers(Paper("Retrieval", "On retrieval."), at=at(0, hours=-1))
    service = start_at(at(0, minutes=59, seconds=59))
    with slow_sink.held_at(1):
        wait_until(lambda: len(outbox()) == 2 * n)
        assert len(slow_sink.taken) < n
    slow_sink.wait_for(2 * n)
    finish(service)
    assert slow_sink.copies() == Counter(person.address for person in (*early, *late))
    assert {entry.state for entry in outbox()} == {State.SENT}
