import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select
from structlog.testing import capture_logs

from app import scheduler
from app.papers.paper import Paper
from app.scheduler import REST_MOST, Ticks
from app.store import engine as engines
from app.store import heartbeats
from app.store.tables import OutboxEntry, State
from app.wire.server import Server

# On PostgreSQL the clock only asks, and workers send; see test_worker.
pytestmark = pytest.mark.sqlite
EVERY = timedelta(milliseconds=50)
# Longer than anything here takes; a test that fails waits so long, and no other.
PATIENCE = 120


@pytest.fixture(autouse=True)
def logged():
    with capture_logs() as lines:
        yield lines


async def _until(condition):
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


def _expect(day, until, every=EVERY):
    """Tick until the condition holds; TimeoutError if it does not within PATIENCE."""

    async def run():
        async with Ticks(day, every).running():
            await _until(until)

    asyncio.run(run())


def test_a_due_letter_is_sent_without_anybody_asking(day, letters, sink, stored):
    people = letters(3)
    _expect(day, lambda: len(sink.taken) == 3)
    assert sink.recipients() == sorted(person.address for person in people)
    assert {entry.state for entry in stored()} == {State.SENT}


def test_digests_put_into_the_folder_are_read(day, logged):
    folder = day.data_dir / "digests"
    folder.mkdir()
    (folder / "not-a-digest.txt").write_text("Dear Sir or Madam,\n", encoding="utf-8")
    _expect(day, lambda: any(line["event"] == "digest_unreadable" for line in logged))


def test_each_unreadable_digest_is_told_once(day, logged):
    folder = day.data_dir / "digests"
    folder.mkdir()
    (folder / "not-a-digest.txt").write_text("Dear Sir or Madam,\n", encoding="utf-8")
    for _ in range(3):
        day.ingest_quietly()
    assert [line["event"] for line in logged] == ["digest_unreadable"]


def test_claims_of_a_vanished_sender_are_taken_up_again(day, letters, sink, alter_outbox, stored):
    letters(1)
    day.rank_due()
    alter_outbox(state=State.CLAIMED, claimed_at=day.clock() - day.lease)
    _expect(day, lambda: len(sink.taken) == 1)
    assert [entry.state for entry in stored()] == [State.SENT]


@pytest.fixture
def alter_outbox(engine):
    def alter(**changes):
        with engines.transaction(engine) as session:
            for entry in session.exec(select(OutboxEntry)):
                for name, value in changes.items():
                    setattr(entry, name, value)

    return alter


def test_a_failing_tick_is_logged_and_the_next_one_comes(day, letters, sink, logged):
    letters(1)
    real, day.rank_due = day.rank_due, lambda: 1 / 0

    def heal():
        if any(line["event"] == "tick_failed" for line in logged):
            day.rank_due = real
        return sink.taken

    _expect(day, heal)
    failed = next(line for line in logged if line["event"] == "tick_failed")
    assert failed["job"] == "_rank"


def test_a_day_that_cannot_be_ranked_for_want_of_a_database_is_told_in_a_sentence(
    day, sink, logged, engine
):
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE subscriber RENAME TO elsewhere")
    _expect(day, lambda: any(line["event"] == "tick_failed" for line in logged))
    told = [line for line in logged if line["event"] == "tick_failed"]
    assert any("has not been migrated; run `paperboy migrate`" in line["reason"] for line in told)
    assert not any("exc_info" in line for line in told)


def test_leaving_finishes_the_letters_on_their_way_and_begins_no_other(day, letters, sink, stored):
    people = letters(40)
    day.n_connections = 2
    _expect(day, lambda: len(sink.taken) >= 3)
    n_taken = len(sink.taken)
    states = [entry.state for entry in stored()]
    assert states.count(State.SENT) == n_taken < len(people)
    assert states.count(State.READY) == len(people) - n_taken
    assert {entry.doubtful for entry in stored()} == {0}


def test_leaving_at_once_leaves_nothing_half_done(day, letters, sink, stored):
    letters(5)
    _expect(day, lambda: True)
    states = {entry.state for entry in stored()}
    assert states <= {State.READY, State.SENT}
    assert len(sink.taken) == sum(entry.state == State.SENT for entry in stored())


def test_an_unreachable_server_is_asked_ever_less_often(day, letters, sink, clock, logged):
    letters(1)
    day.rank_due()
    reachable, day.server = day.server, Server("127.0.0.1", 1)
    ticks, waits = Ticks(day, EVERY), []

    async def tick_through_the_outage():
        for _ in range(9):
            asked = _n_unreachable(logged)
            began = clock.now
            while _n_unreachable(logged) == asked:
                await ticks._letters()
                clock.forward(seconds=10)
            waits.append((clock.now - began).total_seconds())
        day.server = reachable
        clock.forward(seconds=REST_MOST.total_seconds())
        await ticks._letters()

    asyncio.run(tick_through_the_outage())
    assert waits == sorted(waits)
    assert max(waits) <= REST_MOST.total_seconds() + 10
    assert sum(waits) > 10 * 60
    assert len(sink.taken) == 1


def test_a_server_that_is_back_is_met_when_the_rest_ends_and_not_at_the_next_tick(
    day, letters, sink, logged, stored, clock, monkeypatch
):
    monkeypatch.setattr(scheduler, "REST_FIRST", timedelta(milliseconds=100))
    people = letters(1)
    day.rank_due()
    began = time.monotonic()
    day.clock = lambda: clock.now + timedelta(seconds=time.monotonic() - began)
    reachable, day.server = day.server, Server("127.0.0.1", 1)

    async def live():
        async with Ticks(day, timedelta(hours=1)).running():
            await _until(lambda: _n_unreachable(logged) >= 2)
            day.server = reachable
            await _until(lambda: sink.taken)

    asyncio.run(live())
    assert sink.recipients() == [person.address for person in people]
    assert [entry.state for entry in stored()] == [State.SENT]


def test_a_rest_that_is_over_when_its_try_ends_is_followed_by_the_next_try(
    day, letters, logged, monkeypatch
):
    monkeypatch.setattr(scheduler, "REST_FIRST", timedelta(0))
    letters(1)
    day.rank_due()
    day.server = Server("127.0.0.1", 1)
    _expect(day, lambda: _n_unreachable(logged) >= 4, every=timedelta(hours=1))
    assert _n_unreachable(logged) >= 4


def _n_unreachable(logged):
    # One line for each connection that was tried.
    return sum(line["event"] == "smtp_unreachable" for line in logged)


def test_papers_that_come_while_it_runs_reach_their_readers(
    day, make_subscriber, store_papers, sink, clock, stored
):
    make_subscriber("retrieval")

    def one_day_later():
        if stored() and clock.now.day == 20:
            # First, or a tick on the new day could come between and find nothing.
            store_papers(
                Paper("On retrieval", "We study retrieval."), at=clock.now + timedelta(days=1)
            )
            clock.forward(days=1)
        return sink.taken

    _expect(day, one_day_later)
    assert [entry.state for entry in stored()] == [State.SKIPPED, State.SENT]


def test_letters_that_wait_are_sent_though_ranking_fails(day, letters, sink, stored):
    people = letters(2)
    day.rank_due()
    day.rank_due = lambda: 1 / 0
    _expect(day, lambda: len(sink.taken) == 2)
    assert sink.recipients() == sorted(person.address for person in people)
    assert [entry.state for entry in stored()] == [State.SENT] * 2


def test_the_clock_says_that_it_ticks(day, engine):
    def beats():
        with engines.transaction(engines.reading(engine)) as session:
            return heartbeats.latest(session)

    _expect(day, lambda: {"scheduler", "ranking", "delivery"} <= set(beats()))
    assert set(beats().values()) == {day.clock()}


def test_it_ticks_on_though_the_clock_was_set_back(day):
    """APScheduler plans by the wall clock, here as it was before it was set back two hours."""
    beats, later = [], datetime.now(UTC) + timedelta(hours=2)
    day.beat = lambda: beats.append(1)

    async def run():
        ticks = Ticks(day, EVERY)
        async with ticks.running():
            await _until(lambda: beats)
            for job in ticks.scheduler.get_jobs():
                job.modify(next_run_time=later)
            n = len(beats)
            await _until(lambda: len(beats) > n + 1)
            return len(beats) - n

    assert asyncio.run(run()) > 1


def test_a_clock_set_forward_takes_no_letter_from_the_one_who_sends_it(
    day, letters, alter_outbox, stored, clock
):
    letters(1)
    day.rank_due()
    alter_outbox(state=State.IN_DATA, claimed_at=clock.now)
    ticks = Ticks(day, EVERY)
    clock.forward(hours=26)
    asyncio.run(ticks._tidy())
    assert [entry.state for entry in stored()] == [State.IN_DATA]


def test_a_rest_that_a_clock_set_back_would_stretch_is_cut_short(day, letters, sink, clock):
    letters(1)
    day.rank_due()
    reachable, day.server = day.server, Server("127.0.0.1", 1)
    ticks = Ticks(day, EVERY)
    asyncio.run(ticks._letters())
    day.server = reachable
    clock.forward(hours=-2)
    day.rank_due()  # what waits is due by the new clock
    asyncio.run(ticks._letters())
    assert len(sink.taken) == 1
