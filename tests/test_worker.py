"""Workers on PostgreSQL: a tick asks, the queue tells, and whoever has time ranks and sends."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import pytest
from apscheduler.events import EVENT_JOB_SUBMITTED
from fastapi.testclient import TestClient
from smtp_sink import Sink
from sqlalchemy import make_url, text

from app.main import create_app
from app.pipeline import demand, rank, shards
from app.scheduler import Ticks
from app.store import departures, hosts, queue
from app.store import engine as engines
from app.store.leading import Lead
from app.store.tables import State
from app.wire.server import Server

pytestmark = pytest.mark.postgres
EVERY = timedelta(milliseconds=50)
PATIENCE = 120


@pytest.fixture
def tasks(engine):
    def read(*states):
        rows = text(
            "SELECT task_name FROM paperboy_queue.procrastinate_jobs WHERE status::text = ANY(:in)"
        )
        with engine.connect() as connection:
            return list(connection.scalars(rows, {"in": list(states)}))

    return read


def worker(day):
    # What it is made of is there where PostgreSQL is; every other test goes without.
    from app.worker import Worker

    return Worker(day)


def live(until, *parts):
    """Let these run beside each other until the condition holds."""

    async def run():
        async with AsyncExitStack() as stack, asyncio.timeout(PATIENCE):
            for part in parts:
                await stack.enter_async_context(part.running())
            while not until():
                await asyncio.sleep(0.01)

    asyncio.run(run())


def test_a_due_letter_is_ranked_and_sent_by_a_worker(
    day, make_day, settings, letters, sink, stored
):
    people = letters(3)
    live(lambda: len(sink.taken) == 3, Ticks(make_day(settings), EVERY), worker(day))
    assert sink.recipients() == sorted(person.address for person in people)
    assert {entry.state for entry in stored()} == {State.SENT}


def test_the_day_goes_through_a_pooler_that_lends_for_sessions(
    settings, letters, sink, pooled, make_day
):
    """With a listener that hears of tasks, and the lead's lock."""
    people = letters(3)
    database = make_url(settings.database_url).database
    with pooled("session") as place:
        engine = engines.connect(f"postgresql+psycopg://postgres@/{database}?{place}")
        one, other = (make_day(settings, engine) for _ in range(2))
        live(lambda: len(sink.taken) == 3, Ticks(one, EVERY), worker(one), worker(other))
        assert sink.recipients() == sorted(person.address for person in people)
        engine.dispose()


def test_the_clock_alone_only_asks(day, letters, sink, stored, tasks):
    letters(2)
    live(lambda: tasks("todo"), Ticks(day, EVERY))
    assert not stored()
    assert set(tasks("todo")) == {"rank"}


def test_delivery_is_asked_for_in_the_commit_that_stores_the_letters(day, letters, stored, tasks):
    letters(2)

    def ask_and_fail(session, tally):
        demand.ask_for_ranked(session, tally)
        1 / 0  # noqa: B018

    with pytest.raises(ZeroDivisionError):
        rank.rank_due_shard(day.desk, day.clock(), ask_and_fail)
    assert not stored()
    assert not tasks("todo")
    shards.rank_one(day)
    assert len(stored()) == 2
    assert tasks("todo") == ["deliver"]


def test_shards_ranked_at_once_share_no_reader(
    day, make_day, settings, letters, stored, monkeypatch
):
    """Each holds its readers until it commits; what it leaves, the others take."""
    monkeypatch.setattr(rank, "SHARD", 2)
    letters(5)
    others = [make_day(settings) for _ in range(2)]
    tallies = []

    def rank_another(_session, tally):
        tallies.append(tally)
        if others:
            rank.rank_due_shard(others[0].desk, day.clock(), rank_one_more)

    def rank_one_more(_session, tally):
        tallies.append(tally)
        rank.rank_due_shard(others[1].desk, day.clock(), lambda _, tally: tallies.append(tally))

    rank.rank_due_shard(day.desk, day.clock(), rank_another)
    assert sorted(tally.n_letters for tally in tallies) == [1, 2, 2]
    assert len({entry.subscriber_id for entry in stored()}) == len(stored()) == 5


def test_a_shard_of_delivery_is_a_shard(day, letters, sink, stored, monkeypatch):
    monkeypatch.setattr(demand, "LETTERS", 1)
    day.n_connections = 1
    letters(45)
    day.rank_due()
    asyncio.run(shards.deliver_one(day, "task 1"))
    assert 1 <= len(sink.taken) < 45
    assert {entry.holder for entry in stored() if entry.state == State.SENT} == {"task 1"}
    assert {entry.state for entry in stored()} == {State.SENT, State.READY}


def test_what_a_vanished_worker_held_is_sent_by_the_next(day, letters, sink, stored, engine, clock):
    people = letters(4)
    day.rank_due()
    with engines.transaction(engine) as session:
        gone = departures.claim_due(session, clock.now, 2, holder="task 7")
        departures.begin_data(session, [gone[0].id], clock.now, "task 7")
        alive = departures.claim_due(session, clock.now, 2, holder="task 8")
    clock.forward(seconds=queue.STALLED_AFTER)
    shards.free(day, "task 7")
    asyncio.run(shards.deliver_one(day, "task 9"))
    of = {person.id: person.address for person in people}
    assert sink.recipients() == sorted(of[entry.subscriber_id] for entry in gone)
    now = {entry.id: entry for entry in stored()}
    assert [now[entry.id].doubtful for entry in gone] == [1, 0]
    assert {now[entry.id].state for entry in alive} == {State.CLAIMED}


@pytest.fixture
def stall(engine):
    """Whatever waits was taken by a worker that has been silent for an hour."""

    def alter():
        with engines.transaction(engine) as session:
            session.execute(text("SET LOCAL search_path TO paperboy_queue, public"))
            silent = "INSERT INTO procrastinate_workers VALUES (DEFAULT, now() - interval '1 hour')"
            taken = "UPDATE procrastinate_jobs SET status = 'doing', worker_id = :worker"
            worker = session.scalar(text(f"{silent} RETURNING id"))
            session.execute(text(taken), {"worker": worker})
            return session.scalar(text("SELECT max(id) FROM procrastinate_jobs"))

    return alter


@pytest.mark.parametrize("is_asked_anew", [False, True])
def test_a_task_of_a_vanished_worker_is_taken_by_another(
    day, letters, sink, stored, engine, clock, tasks, stall, monkeypatch, is_asked_anew
):
    monkeypatch.setattr("app.worker.RETAKE_AT", "* * * * * *")
    letters(2)
    day.rank_due()
    demand.ask_to_deliver(day.desk.engine, day.rests, day.clock())
    number = stall()
    if is_asked_anew:
        demand.ask_to_deliver(day.desk.engine, day.rests, day.clock())
    with engines.transaction(engine) as session:
        departures.claim_due(session, clock.now, 2, holder=f"task {number}.0")
    # What is freed is for the next tick to ask for, if it was not asked for already.
    ticking = Ticks(day, EVERY)
    live(lambda: len(sink.taken) == 2 and not tasks("doing"), worker(day), ticking)
    assert {entry.state for entry in stored()} == {State.SENT}


@pytest.mark.parametrize("n", [4, 5])
def test_shards_that_end_their_workers_again_and_again_turn_readiness_red(
    n, day, engine, settings, clock, tasks, stall, monkeypatch
):
    monkeypatch.setattr("app.worker.RETAKE_AT", "* * * * * *")
    with engines.transaction(engine) as session:
        queue.add(session, queue.RANK, n)
    stall()
    live(lambda: tasks("succeeded").count(queue.RANK) == n, worker(day))
    answer = TestClient(create_app(settings, clock=clock)).get("/readyz")
    told = f"{n} shards were taken from workers that vanished within an hour; "
    assert (answer.status_code, told in answer.text) == ((503, True) if n == 5 else (200, False))


def test_what_an_ended_task_was_not_told_that_it_claimed_is_sent_all_the_same(
    day, letters, sink, stored, engine, clock, stall
):
    letters(4)
    day.rank_due()
    demand.ask_to_deliver(engine, day.rests, clock.now)
    number = stall()
    with engines.transaction(engine) as session:
        departures.claim_due(session, clock.now, 2, holder=queue.holder(number, 0))
        ended = departures.claim_due(session, clock.now, 2, holder=queue.holder(number, 1))
        ids = {entry.id for entry in ended}
    demand.ask_to_deliver(engine, day.rests, clock.now)
    asyncio.run(shards.deliver_one(day, queue.holder(number + 1, 0)))
    assert len(sink.taken) == 2
    states = {entry.id: (entry.state, entry.attempts) for entry in stored()}
    assert {states.pop(each) for each in ids} == {(State.SENT, 1)}
    assert set(states.values()) == {(State.CLAIMED, 1)}


def test_a_stopped_worker_finishes_its_letters_and_gives_back_the_others(
    day, make_day, settings, letters, sink, stored, tasks
):
    people, answer = letters(60), sink.handle_DATA
    day.n_connections = 2

    async def answer_when_stopped(*told):
        said = await answer(*told)
        while not day.stop.is_set():
            await asyncio.sleep(0.01)
        return said

    sink.handle_DATA = answer_when_stopped
    live(lambda: len(sink.taken) == 2, Ticks(make_day(settings), EVERY), worker(day))
    states = [entry.state for entry in stored()]
    assert states.count(State.SENT) == len(sink.taken) < len(people)
    assert states.count(State.READY) == len(people) - len(sink.taken)
    assert {entry.doubtful for entry in stored()} == {0}
    assert not tasks("doing")


def test_a_server_that_is_down_is_knocked_at_by_one_worker_and_ever_less_often(
    day, make_day, settings, letters, sink, clock
):
    letters(3)
    day.rank_due()
    machines = [day, make_day(settings)]
    reachable = day.server
    for each in machines:
        each.server = Server("127.0.0.1", 1)
        each.rests = replace(each.rests, name="one")
    waits, last = [], clock.now
    for n in range(400):
        each = machines[n % 2]
        asyncio.run(shards.deliver_one(each, f"task {n}"))
        with engines.transaction(day.desk.engine) as session:
            until = hosts.free_at(session, "smtp one")
        if until - clock.now > timedelta(seconds=10):
            waits.append((until - last).total_seconds())
            last = until
            clock.now = until
        else:
            clock.forward(seconds=1)
        if len(waits) == 6:
            break
    assert waits == [15, 30, 60, 110, 110, 110]
    for each in machines:
        each.server = reachable
    asyncio.run(shards.deliver_one(machines[1], "task last"))
    assert len(sink.taken) == 3
    assert not day.rests.is_known_down()


def test_while_a_server_is_down_no_more_than_one_shard_is_asked_for(
    day, letters, tasks, monkeypatch
):
    monkeypatch.setattr(demand, "LETTERS", 1)
    letters(3)
    day.rank_due()
    day.rests.was_in_vain("task 1", day.clock())
    demand.ask_to_deliver(day.desk.engine, day.rests, day.clock())
    assert tasks("todo") == ["deliver"]
    day.rests.was_let_in()
    demand.ask_to_deliver(day.desk.engine, day.rests, day.clock())
    assert tasks("todo") == ["deliver"] * 3


@pytest.mark.parametrize("steps", range(8))
def test_a_worker_told_to_end_as_a_connection_is_handed_over_ends(day, monkeypatch, steps):
    """So many turns of the loop later; after some of them Python 3.11 loses a cancelling."""
    from psycopg_pool.pool_async import WaitingClient

    hand_over = WaitingClient.set

    async def run():
        handed_over = asyncio.Event()

        async def tell(client, connection):
            is_taken = await hand_over(client, connection)
            handed_over.set()
            return is_taken

        monkeypatch.setattr(WaitingClient, "set", tell)
        async with asyncio.timeout(PATIENCE), worker(day).running():
            await handed_over.wait()
            for _ in range(steps):
                await asyncio.sleep(0)

    asyncio.run(run())


def test_of_two_schedulers_one_ticks_and_the_other_takes_over(make_day, settings, engine):
    both = [make_day(settings) for _ in range(2)]
    beats = []
    for n, each in enumerate(both):
        each.beat = lambda n=n: beats.append(n)

    async def run():
        async with asyncio.timeout(PATIENCE), Ticks(both[1], EVERY).running():
            async with Ticks(both[0], EVERY).running():
                while len(beats) < 5:
                    await asyncio.sleep(0.01)
            first = beats[0]
            assert set(beats) <= {first}
            if first == 0:
                while 1 not in beats:
                    await asyncio.sleep(0.01)

    asyncio.run(run())


def test_a_tick_that_comes_as_the_scheduler_leaves_does_not_take_the_lead_back(day, engine):
    ticks, submitted, other = Ticks(day, EVERY), [], Lead(engine)
    ticks.scheduler.add_listener(submitted.append, EVENT_JOB_SUBMITTED)

    async def leave_before_the_first_job_runs():
        async with ticks.running():
            while not submitted:
                await asyncio.sleep(0)

    asyncio.run(leave_before_the_first_job_runs())
    try:
        assert other.is_ours()
    finally:
        other.give_up()


def test_a_server_that_takes_few_connections_is_none_that_is_down(day, letters, monkeypatch):
    monkeypatch.setattr(demand, "LETTERS", 2)
    letters(5)
    day.rank_due()
    with Sink(most_connections=1) as narrow:
        day.server, day.n_connections = narrow.server, 3
        asyncio.run(shards.deliver_one(day, "task 1"))
    assert len(narrow.taken) == 2
    assert not day.rests.is_known_down()
