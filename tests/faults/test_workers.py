"""Several machines on one PostgreSQL: whatever dies among them, every letter is sent."""

import random
import signal
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from conftest import NOW
from faults.conftest import wait_until
from sqlalchemy import Engine
from sqlmodel import func, select

from app import assembly
from app.errors import NotReady
from app.papers.paper import Paper
from app.recommend import tuning
from app.recommend.tuning import EmptyDay
from app.store import engine as engines
from app.store import migration, outbox, subscribers
from app.store.tables import OutboxEntry, State

pytestmark = pytest.mark.postgres
CONNECTIONS, N_WORKERS = 2, 3
# A dead worker is missed after twenty seconds here, looked for every second, and what it held asked
# for at the next tick; the rest is for a machine that has other things to do. Its lease is longer.
LONGEST_WAIT = timedelta(minutes=3)


@pytest.fixture(scope="module")
def server():
    """A PostgreSQL that keeps what it has committed, though it crash."""
    import postgres

    with postgres.running(is_durable=True) as server:
        server.make("empty")
        engine = engines.connect(server.url("empty"))
        migration.migrate(engine)
        engine.dispose()
        yield server


@pytest.fixture
def database_url(server):
    name = server.copy("empty")
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def run(start):
    """Start `paperboy worker` or `scheduler`, in small shards."""
    program = [str(Path(__file__).with_name("working.py"))]

    def begin(role, *told):
        more = {"TICK": 0.5}
        pipes = {"stdout": subprocess.PIPE}
        return start(role, *told, program=program, connections=CONNECTIONS, told=more, **pipes)

    return begin


def say(what: str) -> None:
    """For whoever runs it with -s."""
    sys.stdout.write(f"{what}\n")


def kill(process):
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def all_settled(engine: Engine, n: int) -> bool:
    try:
        with engines.transaction(engines.reading(engine)) as session:
            counts = outbox.count_by_state(session)
            return (
                sum(counts.values()) == n == sum(counts[each] for each in counts if is_over(each))
            )
    except NotReady:
        return False


def is_over(state: State) -> bool:
    return state not in (*outbox.WAITING, *outbox.HELD)


@pytest.fixture
def faults(request):
    """How many readers, and what is killed, one after the other."""
    if not request.config.getoption("full"):
        return 90, ["worker", "scheduler", "crash", "worker"]
    many = ["worker"] * 20 + ["scheduler"] * 5 + ["stop", "crash"] * 3
    random.Random(7).shuffle(many)  # noqa: S311
    return 700, many


class Machines:
    """Three workers and two schedulers, and a new one in the place of each that was killed."""

    def __init__(self, run, server) -> None:
        self._run, self._server = run, server
        self.chance = random.Random(11)  # noqa: S311
        self._starting: list[subprocess.Popen[bytes]] = []
        self.running = {role: [self._start(role) for _ in range(n)] for role, n in ROLES.items()}
        self.kills: list[datetime] = []

    def _start(self, role: str) -> subprocess.Popen[bytes]:
        self._starting.append(self._run(role))
        return self._starting[-1]

    def _wait_for_starts(self) -> None:
        """Of those that were killed meanwhile there is nothing to read."""
        while self._starting:
            self._starting.pop().stdout.readline()

    @contextmanager
    def without(self, what: str):
        """Something is gone while inside, and comes back."""
        self.kills.append(assembly.utc_now())
        if what in self.running:
            some = self.running[what]
            kill(some.pop(self.chance.randrange(len(some))))
        else:
            self._wait_for_starts()
            getattr(self._server, what)()
        yield
        if what in self.running:
            self.running[what].append(self._start(what))
        else:
            self._server.start()


ROLES = {"worker": N_WORKERS, "scheduler": 2}


def test_no_letter_is_lost_whatever_dies_and_few_come_twice(
    faults, due, run, server, engine, slow_sink, outbox_by_address
):
    n_readers, killed = faults
    people = due(n_readers)
    machines = Machines(run, server)
    for n, what in enumerate(killed, start=1):
        # Near the end nobody may be at work any more.
        with slow_sink.held_at(n * (n_readers - 20) // (len(killed) + 1)), machines.without(what):
            pass
    wait_until(lambda: all_settled(engine, n_readers))
    for each in (process for some in machines.running.values() for process in some):
        each.send_signal(signal.SIGTERM)
        assert each.wait(timeout=120) == 0

    copies, entries = slow_sink.copies(), outbox_by_address()
    assert set(copies) == {person.address for person in people}
    assert {entry.state for entry in entries.values()} == {State.SENT}
    n_extra = sum(copies.values()) - len(people)
    n_open = {"worker": CONNECTIONS, "scheduler": 0}
    assert n_extra <= sum(n_open.get(what, N_WORKERS * CONNECTIONS) for what in killed)
    for address, n_copies in copies.items():
        assert n_copies - 1 <= entries[address].doubtful
        assert len({taken.raw for taken in slow_sink.taken if taken.recipient == address}) == 1
    tell_waits(machines.kills, entries.values())
    say(f"{len(killed)} faults, {n_readers} letters: 0 missing, {n_extra} extra")


def test_a_database_that_is_gone_for_minutes_holds_letters_up_and_costs_none(
    request, due, run, server, engine, slow_sink, outbox_by_address
):
    people, machines = due(60), Machines(run, server)
    with ExitStack() as gone:
        with slow_sink.held_at(20):
            gone.enter_context(machines.without("crash"))
            n_before = len(slow_sink.taken)
        slow_sink.wait_until_quiet(300 if request.config.getoption("full") else 2)
        # What had begun may end; nothing else begins.
        assert len(slow_sink.taken) <= n_before + N_WORKERS * CONNECTIONS
    wait_until(lambda: all_settled(engine, len(people)))
    for each in (process for some in machines.running.values() for process in some):
        assert each.poll() is None, "it did not live through it"
        each.send_signal(signal.SIGTERM)
        assert each.wait() == 0

    copies, entries = slow_sink.copies(), outbox_by_address()
    assert set(copies) == {person.address for person in people}
    assert {entry.state for entry in entries.values()} == {State.SENT}
    assert all(n - 1 <= entries[address].doubtful for address, n in copies.items())


def tell_waits(kills, entries):
    """Whose letter a fault held up has it soon after."""
    held = [entry for entry in entries if entry.doubtful or entry.attempts > 1]
    waits = [min(entry.settled_at - at for at in kills if at < entry.settled_at) for entry in held]
    longest = max(waits, default=timedelta())
    seconds = longest.total_seconds()
    say(f"{len(held)} letters were held up, {seconds:.1f} s at most after a fault")
    assert longest < LONGEST_WAIT


@pytest.fixture
def due(engine, make_subscriber, store_papers):
    """So many readers whose letters are due, and not written yet."""

    def make(n):
        papers = [Paper(f"Retrieval {k}", f"On retrieval of kind {k}.") for k in range(3)]
        store_papers(*papers, at=assembly.utc_now())
        people = [make_subscriber("retrieval", letter_size=3) for _ in range(n)]
        with engines.transaction(engine) as session:
            for person in subscribers.all_of(session):
                person.next_due_at = assembly.utc_now() - timedelta(minutes=1)
                session.add(person)
        return people

    return make


@pytest.fixture
def scale(request):
    """How many readers, and days."""
    return (40, 20) if request.config.getoption("full") else (12, 3)


ZONES = ("UTC", "Asia/Tokyo", "America/Nuuk", "Europe/Berlin", "Pacific/Chatham", "Asia/Kolkata")
STEP = timedelta(hours=6)


def test_two_schedulers_and_four_workers_send_everybody_one_letter_a_day(
    scale, run, engine, make_subscriber, store_papers, slow_sink, tmp_path, outbox_by_address
):
    n_readers, n_days = scale
    moment, told = NOW, tmp_path / "now.txt"
    # On a day without a paper for them they want to be told so: a letter it is.
    wishes = {"letter_size": 2, "tuning": replace(tuning.USUAL, empty_day=EmptyDay.NOTE)}
    for n in range(n_readers):
        make_subscriber("retrieval", zone=ZONES[n % len(ZONES)], hour=n % 24, **wishes)
    with engines.transaction(engine) as session:
        for person in subscribers.all_of(session):
            subscribers.plan_next(session, person, NOW)
    tell(told, moment)
    for role in ["scheduler"] * 2 + ["worker"] * 4:
        run(role, str(told))
    for n in range(n_days):
        store_papers(*papers_of(n), at=moment)
        for _ in range(timedelta(days=1) // STEP):
            moment += STEP
            tell(told, moment)
            wait_until(lambda: nobody_waits(engine, moment))  # noqa: B023

    with engines.transaction(engines.reading(engine)) as session:
        entries = session.exec(select(OutboxEntry)).all()
    assert {(entry.state, entry.doubtful) for entry in entries} == {(State.SENT, 0)}
    assert set(Counter(entry.subscriber_id for entry in entries).values()) == {n_days}
    mailed = Counter(taken.message["Message-ID"] for taken in slow_sink.taken)
    assert len(mailed) == n_readers * n_days
    assert set(mailed.values()) == {1}
    say(f"{n_days} days, {n_readers} readers: {len(mailed)} letters, each once")


def tell(path: Path, moment: datetime) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(moment.isoformat(), encoding="ascii")
    draft.replace(path)


def nobody_waits(engine: Engine, now: datetime) -> bool:
    with engines.transaction(engines.reading(engine)) as session:
        n_due = subscribers.count_due(session, now, 1)
        states = (*outbox.WAITING, *outbox.HELD)
        waiting = select(func.count()).where(OutboxEntry.state.in_(states))
        return not n_due and not session.exec(waiting).one()


def papers_of(n: int) -> list[Paper]:
    return [Paper(f"Retrieval {n} {k}", f"On retrieval of kind {k}, day {n}.") for k in range(3)]
