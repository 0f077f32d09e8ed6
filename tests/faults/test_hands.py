"""Further processes that a delivery run starts, and what becomes of it when one of them ends."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from faults import hiring
from faults.conftest import SlowSink, wait_until
from structlog.testing import capture_logs

from app import assembly
from app.pipeline.hand import Hand
from app.pipeline.lanes import Lanes
from app.pipeline.outcome import Tally
from app.store import outbox
from app.store.tables import OutboxEntry, State

pytestmark = pytest.mark.sqlite
N, CONNECTIONS = 120, 4
PATIENCE = 60


class Meeting(SlowSink):
    """Holds letters until the second process is ready, and then until it is here.

    So it never comes too late, however slow the machine. holds: hold them again from there on, or
    once it and we have sent so many more.
    """

    holds = False
    n_before = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.n_calls = self.n_open = self.most_open = self.n_waiting = 0
        self._is_ready, self._n_to_come, self._n_then = False, sys.maxsize, 0

    def ready(self) -> None:
        """The other is ready, and room is made for it."""
        self._is_ready = True

    def room(self) -> None:
        """There is room: it comes."""
        self._n_to_come = self.n_calls + 1
        self._is_ready = False

    @property
    def both_wait(self) -> bool:
        """Whether it is here, and nobody can go on."""
        return self._has_come and self.n_waiting == CONNECTIONS

    @property
    def _has_come(self) -> bool:
        return self.n_calls >= self._n_to_come

    @property
    def _is_shut(self) -> bool:
        if self._has_come:
            return self.holds and len(self.taken) >= self._n_then + self.n_before
        return len(self.taken) >= 10 and not self._is_ready

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        self.n_calls += 1
        self.n_open += 1
        self.most_open = max(self.most_open, self.n_open)
        if self.n_calls == self._n_to_come:
            self._n_then = len(self.taken)
        return await super().handle_EHLO(server, session, envelope, hostname, responses)

    async def handle_QUIT(self, _server, _session, _envelope):  # noqa: N802
        self.n_open -= 1
        return "221 bye"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        self.n_waiting += 1
        while self._is_shut:
            await asyncio.sleep(0.005)
        self.n_waiting -= 1
        return answer


@pytest.fixture
def slow_sink() -> Iterator[Meeting]:
    with Meeting() as sink:
        yield sink


@pytest.fixture
def day(settings, engine, slow_sink, monkeypatch):
    """One that hires a second process for a few letters."""
    told = {"senders": 2, "smtp_port": slow_sink.port, "log_level": "ERROR"}
    made = assembly.day(settings.model_copy(update=told), engine)
    made.hiring = replace(made.hiring, enough=10)
    made.n_connections = CONNECTIONS
    real = Lanes.dismiss

    async def dismiss(lanes: Lanes, n: int) -> None:
        slow_sink.ready()
        await real(lanes, n)
        slow_sink.room()

    monkeypatch.setattr(Lanes, "dismiss", dismiss)
    return made


Deliver = Callable[..., tuple[Tally, int]]


@pytest.fixture
def deliver(day, slow_sink) -> Deliver:
    """Run, and when both processes wait for answers do what is asked with the other's number, and
    a way to ask how often progress was told.

    Returns the tally, and how often it was in all.
    """

    advances: list[None] = []

    async def when_both_wait(
        act: Callable[..., Awaitable[None]], logged: list[dict[str, object]]
    ) -> None:
        while not slow_sink.both_wait:
            await asyncio.sleep(0.01)
        (pid,) = (line["pid"] for line in logged if line["event"] == "sender_joined")
        await act(int(str(pid)), lambda: len(advances))
        slow_sink.holds = False

    async def run(act: Callable[..., Awaitable[None]] | None) -> tuple[Tally, int]:
        slow_sink.holds = act is not None
        with capture_logs() as logged:
            acting = when_both_wait(act, logged) if act else asyncio.sleep(0)
            async with asyncio.timeout(PATIENCE):
                tally, _ = await asyncio.gather(day.deliver(lambda: advances.append(None)), acting)
        return tally, len(advances)

    return lambda act=None: asyncio.run(run(act))


def test_two_processes_send_each_letter_once_and_are_counted_as_one(
    prepare, deliver, slow_sink, outbox_by_address
):
    people = prepare(N)
    tally, n_told = deliver()
    assert slow_sink.recipients() == sorted(person.address for person in people)
    assert (tally, n_told) == (Tally(sent=N), N)
    assert slow_sink.n_calls > CONNECTIONS
    assert slow_sink.most_open == CONNECTIONS
    entries = outbox_by_address().values()
    assert {(entry.state, entry.doubtful, entry.attempts) for entry in entries} == {
        (State.SENT, 0, 1)
    }


def test_letters_of_a_killed_process_are_sent_by_the_same_run(
    prepare, deliver, slow_sink, outbox_by_address
):
    people = prepare(N)

    async def kill(pid: int, _n_told: Callable[[], int]) -> None:
        os.kill(pid, signal.SIGKILL)

    deliver(kill)
    assert set(slow_sink.recipients()) == {person.address for person in people}
    entries = outbox_by_address().values()
    assert {entry.state for entry in entries} == {State.SENT}
    n_twice = len(slow_sink.taken) - N
    assert n_twice == sum(entry.doubtful for entry in entries) <= CONNECTIONS // 2


def test_what_a_killed_process_had_sent_is_counted(prepare, deliver, slow_sink):
    prepare(N)
    slow_sink.n_before = N // 2

    async def kill_once_told(pid: int, n_told: Callable[[], int]) -> None:
        while n_told() < len(slow_sink.taken) - CONNECTIONS:
            await asyncio.sleep(0.01)
        os.kill(pid, signal.SIGKILL)

    tally, n_told = deliver(kill_once_told)
    # What it did since it last told of it, a letter a connection, may be missing.
    assert N - CONNECTIONS // 2 <= tally.sent <= N
    assert n_told <= N


def test_a_process_that_freezes_holds_up_no_run(
    day, prepare, deliver, slow_sink, outbox_by_address
):
    people = prepare(N)
    day.hiring = replace(day.hiring, silence=timedelta(seconds=8))

    async def freeze(pid: int, _n_told: Callable[[], int]) -> None:
        os.kill(pid, signal.SIGSTOP)

    deliver(freeze)
    assert set(slow_sink.recipients()) == {person.address for person in people}
    entries = outbox_by_address().values()
    assert {entry.state for entry in entries} == {State.SENT}
    n_twice = len(slow_sink.taken) - N
    assert n_twice == sum(entry.doubtful for entry in entries) <= CONNECTIONS // 2


def test_a_stop_ends_both_after_the_letters_on_their_way(
    prepare, day, deliver, slow_sink, outbox_by_address, monkeypatch
):
    prepare(N)
    is_told, real = asyncio.Event(), Hand.let_go
    monkeypatch.setattr(Hand, "let_go", lambda hand: (real(hand), is_told.set()))

    async def stop(_pid: int, _n_told: Callable[[], int]) -> None:
        day.stop.set()
        await is_told.wait()

    tally, n_told = deliver(stop)
    assert tally == Tally(sent=len(slow_sink.taken))
    assert n_told == tally.sent < N
    assert set(slow_sink.copies().values()) == {1}
    entries = outbox_by_address().values()
    assert {entry.state for entry in entries} == {State.READY, State.SENT}
    assert {entry.doubtful for entry in entries} == {0}


def test_a_run_that_breaks_off_waits_for_who_was_hired(
    prepare, day, slow_sink, tmp_path: Path, monkeypatch
):
    prepare(N)
    monkeypatch.chdir(tmp_path)
    day.hiring = replace(day.hiring, command=[sys.executable, "-c", BABBLES])

    async def open_then() -> None:
        while not Path("began").exists():
            await asyncio.sleep(0.01)
        slow_sink.ready()

    async def run() -> None:
        await asyncio.gather(day.deliver(), open_then())

    with pytest.raises(ValueError, match="Expecting value"):
        asyncio.run(run())
    assert Path("ended").exists()


# It takes its time over the letters on their way.
BABBLES = """
import sys, time
from pathlib import Path
print("what is not JSON", flush=True)
Path("began").touch()
sys.stdin.read()
time.sleep(0.2)
Path("ended").touch()
"""


def test_who_was_hired_stops_when_the_first_is_killed(prepare, start, slow_sink, outbox_by_address):
    prepare(N)
    slow_sink.holds = True
    program = [str(Path(__file__).with_name("hiring.py"))]
    first = start(program=program, told={"SENDERS": 2}, stdout=subprocess.PIPE)
    for word, step in (("ready", slow_sink.ready), ("room", slow_sink.room)):
        assert first.stdout.readline().decode().strip() == word
        step()
    wait_until(lambda: slow_sink.both_wait)
    assert {entry.holder == hiring.HOLDER for entry in held(outbox_by_address())} == {True, False}
    first.kill()
    first.wait()
    slow_sink.holds = False
    wait_until(lambda: {entry.holder for entry in held(outbox_by_address())} == {hiring.HOLDER})
    entries = outbox_by_address().values()
    assert State.READY in {entry.state for entry in entries}
    assert {entry.doubtful for entry in entries} == {0}
    assert set(slow_sink.copies().values()) == {1}


def held(entries: dict[str, OutboxEntry]) -> list[OutboxEntry]:
    return [entry for entry in entries.values() if entry.state in outbox.HELD]
