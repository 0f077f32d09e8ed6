"""What tests of several rooms need: a stopped clock, a migrated database, a real SMTP server."""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import linter
import pytest
import reuse
from smtp_sink import Sink
from sqlalchemy import Engine, make_url
from sqlmodel import Session, select

from app import assembly
from app.papers.paper import Entry, Paper
from app.pipeline import opt_in
from app.pipeline.plan import Day
from app.recommend import interests
from app.settings import Settings
from app.store import engine as engines
from app.store import migration, papers, sources, subscribers, tables
from app.store.tables import OutboxEntry, Subscriber

if TYPE_CHECKING:
    import postgres

# Machines differ, and so do their bad days: a test never fails for being slow.
patient = hypothesis.settings(
    deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile("full", patient)
# The same examples every time: who changed nothing that is tested meets no new failure.
hypothesis.settings.register_profile("quick", patient, max_examples=25, derandomize=True)

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
KEY = "a-key-for-the-tests-only"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--full", action="store_true", help="the fault tests in full length: many minutes"
    )
    parser.addoption(
        "--postgres", action="store_true", help="on PostgreSQL, where a test has no wish of its own"
    )


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.load_profile("full" if config.getoption("full") else "quick")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is for --full or --postgres: a skip would look like a test that cannot run.

    The long tests in the browser come first, in a row: they share one Chromium, and none of them
    is left for one worker when the others have nothing to do any more.
    """
    items.sort(key=lambda item: item.path.parent.name != "browser")
    unasked = [name for name in ("full", "postgres") if not config.getoption(name)]
    left = [item for item in items if any(item.get_closest_marker(name) for name in unasked)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **time: float) -> datetime:
        """Move on, by `hours=…` or the like, and return the new moment."""
        self.now += timedelta(**time)
        return self.now


@pytest.fixture(scope="session", autouse=True)
def prepared_once() -> Iterator[None]:
    """Half the time of a test that shows pages or asks the database would go into it."""
    with pytest.MonkeyPatch.context() as patch, reuse.one_loop(patch):
        reuse.compiled_once(patch)
        reuse.never_synced(patch)
        yield


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the disk as the service does: for tests of what outlives a loss of power."""
    monkeypatch.setattr(engines, "_tune_sqlite", reuse.TUNE_SQLITE)


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A test must not read, and never write, what the person running it has set up."""
    import os

    for name in [name for name in os.environ if name.startswith("PAPERBOY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def closed_at_the_end(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As a process that ends does, close whatever connections a test, or what it ran, left open."""
    opened: list[Engine] = []
    connect = engines.connect

    def remembered(url: str) -> Engine:
        opened.append(connect(url))
        return opened[-1]

    monkeypatch.setattr(engines, "connect", remembered)
    yield
    for engine in opened:
        engine.dispose()


@pytest.fixture(autouse=True)
def logged_no_longer_than_the_test() -> Iterator[None]:
    """What it caught is closed at its end, and would complain of what the next ones log."""
    yield
    for handler in [each for each in logging.root.handlers if type(each) is logging.StreamHandler]:
        logging.root.removeHandler(handler)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a migrated database that holds nothing: a copy saves each test half a second."""
    path = tmp_path_factory.mktemp("empty") / "paperboy.sqlite3"
    engine = engines.connect(f"sqlite:///{path}")
    migration.migrate(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path.read_bytes()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator["postgres.Server"]:
    """A PostgreSQL server of our own, with a migrated database to copy."""
    import postgres

    with postgres.running() as server:
        server.make("empty")
        engine = engines.connect(server.url("empty"))
        migration.migrate(engine)
        engine.dispose()
        yield server


@pytest.fixture(scope="session")
def pooled(postgres_server: "postgres.Server") -> Callable[..., AbstractContextManager[str]]:
    """Put a pooler in front of it: the mode it lends in → how an address asks for it."""
    import pgbouncer

    return partial(pgbouncer.running, postgres_server)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database that holds nothing; empty: the usual SQLite file of `tmp_path`."""
    is_of_sqlite = request.node.get_closest_marker("sqlite")
    if request.config.getoption("postgres") and not is_of_sqlite:
        server = request.getfixturevalue("postgres_server")
        name = server.copy("empty")
        yield server.url(name)
        server.drop(name)
        return
    empty = request.getfixturevalue("empty_database")
    (tmp_path / "paperboy.sqlite3").write_bytes(empty)
    yield ""


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """The defaults, over a fresh database of its own."""
    return Settings(
        _env_file=None,
        database_url=database_url,
        data_dir=tmp_path,
        secret_keys=KEY,
        mail_from="Paperboy <paperboy@example.org>",
    )


@pytest.fixture
def unmigrated(
    request: pytest.FixtureRequest, settings: Settings, tmp_path: Path
) -> Iterator[Settings]:
    """The same over a database without tables."""
    if not settings.database_url:
        yield settings.model_copy(update={"data_dir": tmp_path / "fresh"})
        return
    server = request.getfixturevalue("postgres_server")
    name = server.copy("template0")
    yield settings.model_copy(update={"database_url": server.url(name)})
    server.drop(name)


@pytest.fixture
def lose_database(request: pytest.FixtureRequest, settings: Settings) -> Callable[[], None]:
    """Make the database unusable: its file is overwritten, or the server knows it no more."""

    def lose() -> None:
        if settings.database_url:
            name = make_url(settings.database_url).database
            request.getfixturevalue("postgres_server").drop(name)
        else:
            (settings.data_dir / "paperboy.sqlite3").write_bytes(b"no database" * 1000)

    return lose


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    engine = engines.connect(settings.database)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """One transaction for the whole test."""
    with engines.transaction(engine) as session:
        yield session


@pytest.fixture
def sink(check_message: "CheckMessage") -> Iterator[Sink]:
    """Whatever it took has to be without fault, whatever the test was about."""
    with Sink() as sink:
        yield sink
    for taken in sink.taken:
        check_message(taken.raw)


@pytest.fixture
def make_day(engine: Engine, sink: Sink, clock: Clock) -> Callable[..., Day]:
    """The stations of a service with these settings, whose letters go to the sink."""

    def make(settings: Settings, way: Engine = engine) -> Day:
        reached = settings.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": sink.port})
        return assembly.day(reached, way, clock)

    return make


@pytest.fixture
def day(settings: Settings, make_day: Callable[[Settings], Day]) -> Day:
    """The same with the default settings."""
    return make_day(settings)


MakeSubscriber = Callable[..., tables.Subscriber]


@pytest.fixture
def make_subscriber(engine: Engine) -> MakeSubscriber:
    """Store an active subscriber of invented name who typed `words`, and commit."""
    count = 0

    def make(words: str = "sparse retrieval", **changes: Any) -> tables.Subscriber:
        nonlocal count
        count += 1
        made_up = {"address": f"reader{count}@example.org", "interests": interests.parse(words)}
        wish = opt_in.Wish(**(made_up | changes))
        with engines.transaction(engine) as session:
            subscriber = opt_in.note(session, wish, NOW - timedelta(days=30))
            subscribers.activate(session, subscriber, NOW - timedelta(days=30))
            subscribers.plan_next(session, subscriber, NOW - timedelta(days=1))
        return subscriber

    return make


StorePapers = Callable[..., list[int]]


@pytest.fixture
def store_papers(engine: Engine) -> StorePapers:
    """Store papers as one digest read at NOW, and return their ids; votes go side by side."""

    def store(*each: Paper, votes: tuple[int, ...] = (), at: datetime = NOW) -> list[int]:
        entries = [
            Entry(paper, n, votes[n - 1] if votes else None) for n, paper in enumerate(each, 1)
        ]
        with engines.transaction(engine) as session:
            digest = tables.Digest(
                source_id=sources.named(session, "tests").id,
                name="tests",
                fingerprint=sha256(repr(each).encode()).hexdigest(),
                layout="tests",
                read_at=at,
            )
            session.add(digest)
            session.flush()
            rows = papers.find_or_add(session, each, at.date())
            papers.add_entries(session, digest.id, entries, rows)
            for entry, row in zip(entries, rows, strict=True):
                papers.add_votes(session, row.id, entry, at)
            return [row.id for row in rows]

    return store


@pytest.fixture
def retrieval_papers() -> list[Paper]:
    """Five papers a reader of `sparse retrieval` may like, best match first, and five others."""
    about = ("sparse retrieval", "dense retrieval", "code retrieval", "sparse codes", "retrieval")
    near = [
        Paper(f"On {topic} number {n}", f"We study {topic}. It works on {n} collections of text.")
        for n, topic in enumerate(about, start=1)
    ]
    far = [
        Paper(f"Whale songs of year {n}", f"We listened to whales in year {n}. They sang of krill.")
        for n in range(1, 6)
    ]
    return near + far


@pytest.fixture
def letters(
    make_subscriber: MakeSubscriber, store_papers: StorePapers, retrieval_papers: list[Paper]
) -> Callable[[int], list[tables.Subscriber]]:
    """Store so many readers who are due, and papers for all of them."""
    store_papers(*retrieval_papers)
    return lambda n: [make_subscriber("retrieval") for _ in range(n)]


@pytest.fixture
def stored(engine: Engine) -> Callable[[], list[OutboxEntry]]:
    """Read the outbox as it is now."""

    def read() -> list[OutboxEntry]:
        with engines.transaction(engines.reading(engine)) as session:
            return list(session.exec(select(OutboxEntry)))

    return read


CheckMessage = Callable[[bytes], None]


@pytest.fixture(scope="session")
def check_message() -> CheckMessage:
    """Fail with every fault that tests/linter.py finds in a message's bytes."""

    def lint(raw: bytes) -> None:
        if faults := linter.faults(raw):
            raise AssertionError("\n".join(faults))

    return lint


@pytest.fixture
def watch_ledger(settings: Settings) -> Iterator[Callable[[Any], list[tables.State]]]:
    """Note what the ledger says of each letter at the moment its message is at a sink."""
    own = engines.connect(settings.database)

    def watch(sink: Any) -> list[tables.State]:
        seen: list[tables.State] = []
        real = sink.handle_DATA

        async def look(server: Any, session: Any, envelope: Any) -> str:
            rows = select(OutboxEntry.state, OutboxEntry.doubtful).join(Subscriber)
            with engines.transaction(engines.reading(own)) as reader:
                its_own = rows.where(Subscriber.address == envelope.rcpt_tos[0])
                state, n_doubts = reader.exec(its_own).one()
            # Who looks so late that nobody waits for the answer any more finds it noted as a doubt.
            is_too_late = state == tables.State.DEFERRED and n_doubts
            seen.append(tables.State.IN_DATA if is_too_late else state)
            return str(await real(server, session, envelope))

        sink.handle_DATA = look
        return seen

    yield watch
    own.dispose()
