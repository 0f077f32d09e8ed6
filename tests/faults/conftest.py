"""A service of real processes over a prepared database, and a slow SMTP server that notes all."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from conftest import KEY, MakeSubscriber, StorePapers
from smtp_sink import Sink
from sqlalchemy import Engine, text
from sqlmodel import select

from app import assembly
from app.papers.paper import Paper
from app.settings import Settings
from app.store import engine as engines
from app.store import subscribers
from app.store.tables import OutboxEntry, Subscriber

# Longer than a process takes to start on a busy machine; only a test that fails waits so long.
PATIENCE = 600
# So many messages may come after the one that was awaited, and one more a connection.
LEEWAY = 6


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "connections" in metafunc.fixturenames:
        metafunc.parametrize("connections", [1, 4] if metafunc.config.getoption("full") else [4])


class SlowSink(Sink):
    """Notes each message before it answers, and takes up to 10 ms to do so."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.random = random.Random(20)  # noqa: S311
        self._reached = threading.Event()
        self._awaited = self._held_from = sys.maxsize

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        if len(self.taken) >= self._awaited:
            self._reached.set()
        await asyncio.sleep(self.random.uniform(0, 0.01))
        while len(self.taken) >= self._held_from:
            await asyncio.sleep(0.005)
        return answer

    def wait_for(self, n_messages: int) -> None:
        """Return as soon as so many messages came."""
        self._reached.clear()
        self._awaited = n_messages
        if len(self.taken) < n_messages:
            assert self._reached.wait(PATIENCE), f"only {len(self.taken)} of {n_messages} came"

    @contextmanager
    def held_at(self, n_messages: int) -> Iterator[None]:
        """Wait for so many messages; from a few later on none is answered until the block is left.

        However slow the machine, what is done inside is done before the sender has come to its end.
        """
        self._held_from = n_messages + LEEWAY
        try:
            self.wait_for(n_messages)
            yield
        finally:
            self._held_from = sys.maxsize

    def wait_until_quiet(self, seconds: float = 2) -> None:
        """Return when no message came for so long."""
        n_before = -1
        while n_before != len(self.taken):
            n_before = len(self.taken)
            time.sleep(seconds)

    def die(self) -> None:
        """Break off whatever is going on."""
        self.__exit__(None, None, None)

    def come_back(self) -> None:
        self.__enter__()

    def copies(self) -> Counter[str]:
        return Counter(taken.recipient for taken in self.taken)


@pytest.fixture
def slow_sink() -> Iterator[SlowSink]:
    with SlowSink() as sink:
        yield sink


def wait_until(condition: Callable[[], bool]) -> None:
    patience = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < patience
        time.sleep(0.05)


Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(settings: Settings, slow_sink: SlowSink, tmp_path: Path) -> Iterator[Start]:
    """Start a `paperboy` command as a process of its own; none outlives the test.

    told: settings by their names without PAPERBOY_.
    """
    set_up = {
        "DATA_DIR": settings.data_dir,
        "DATABASE_URL": settings.database_url,
        "SECRET_KEYS": KEY,
        "MAIL_FROM": settings.mail_from,
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": slow_sink.port,
        "PORT": 0,
        "TICK": 1,
        "LOG_LEVEL": "ERROR",
    }
    environment = {f"PAPERBOY_{name}": str(value) for name, value in set_up.items()}
    started = []

    def run(
        *command: str,
        connections: int = 4,
        program: Sequence[str] = ("-m", "app.cli"),
        told: Mapping[str, object] | None = None,
        **pipes: int,
    ) -> subprocess.Popen[bytes]:
        more = {f"PAPERBOY_{name}": str(value) for name, value in (told or {}).items()}
        more["PAPERBOY_SMTP_CONNECTIONS"] = str(connections)
        with (tmp_path / "errors.txt").open("ab") as errors:
            process = subprocess.Popen(
                [sys.executable, *program, *command],
                env=os.environ | environment | more,
                stderr=errors,
                **{"stdout": subprocess.DEVNULL} | pipes,
            )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        with process:  # waits for it, and closes its pipes
            pass


Prepare = Callable[[int], list[Subscriber]]


@pytest.fixture
def prepare(
    settings: Settings, engine: Engine, make_subscriber: MakeSubscriber, store_papers: StorePapers
) -> Prepare:
    """Write today's letters of so many readers, ready to be sent."""

    def write(n: int) -> list[Subscriber]:
        papers = [Paper(f"Retrieval {k}", f"On retrieval of kind {k}.") for k in range(3)]
        store_papers(*papers, at=assembly.utc_now())
        people = [make_subscriber("retrieval", letter_size=3) for _ in range(n)]
        with engines.transaction(engine) as session:
            for person in subscribers.all_of(session):
                subscribers.plan_next(session, person, assembly.utc_now())
        assert assembly.day(settings, engine).rank_edition(None, everyone=True).n_letters == n
        return people

    return write


@pytest.fixture
def outbox_by_address(engine: Engine) -> Callable[[], dict[str, OutboxEntry]]:
    def read() -> dict[str, OutboxEntry]:
        rows = select(Subscriber.address, OutboxEntry).join(OutboxEntry)
        with engines.transaction(engines.reading(engine)) as session:
            return dict(session.exec(rows).all())

    return read


@pytest.fixture
def alter(engine: Engine) -> Callable[..., None]:
    """Change the database behind the service's back."""

    def execute(statement: str, **values: object) -> None:
        with engines.transaction(engine) as session:
            session.execute(text(statement), values)

    return execute


@pytest.fixture
def let_time_pass(settings: Settings, alter: Callable[..., None]) -> Callable[[], None]:
    """Whatever is held by a vanished sender, or deferred, comes up again."""

    def forward() -> None:
        now = assembly.utc_now()
        long_ago = now - settings.claim_lease - timedelta(seconds=1)
        held = "UPDATE outbox SET claimed_at = :at WHERE state IN ('claimed', 'in_data')"
        alter(held, at=f"{long_ago:%Y-%m-%d %H:%M:%S.%f}")
        deferred = "UPDATE outbox SET due_at = :at WHERE state = 'deferred' AND due_at > :at"
        alter(deferred, at=f"{now:%Y-%m-%d %H:%M:%S.%f}")

    return forward


@pytest.fixture
def start_at(start: Start) -> Callable[..., subprocess.Popen[bytes]]:
    """Start `paperboy serve` without its pages, on a clock that starts at a moment.

    Several moments: it lives through each in turn, one tick each, for a line on its input.
    """
    ticking = Path(__file__).with_name("ticking.py")

    def run(*moments: datetime) -> subprocess.Popen[bytes]:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        told = [moment.isoformat() for moment in moments]
        return start(*told, program=[str(ticking)], **pipes)

    return run
