"""What tests of several stations need: the whole store at a glance, and a digest's text."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from conftest import Clock, MakeSubscriber, StorePapers
from services import Services
from sqlalchemy import Engine, text
from sqlmodel import select
from structlog.testing import capture_logs

from app.papers.paper import Paper
from app.pipeline import inquiry
from app.pipeline.plan import Day
from app.pipeline.turns import Turns
from app.store import engine as engines
from app.store.tables import OutboxEntry, Subscriber, metadata
from app.wire.addresses import Reach
from app.wire.fetching import Client

Dump = Callable[[], dict[str, list[Any]]]


@pytest.fixture
def dump(engine: Engine) -> Dump:
    """Every row of every table."""

    def everything() -> dict[str, list[Any]]:
        with engines.transaction(engines.reading(engine)) as session:
            return {
                table.name: sorted(map(tuple, session.execute(table.select())), key=repr)
                for table in metadata.sorted_tables
            }

    return everything


DigestText = Callable[..., bytes]


@pytest.fixture(scope="session")
def digest_text() -> DigestText:
    """A digest as a page of cards is saved: votes, title, abstract and small print of each."""

    def write(papers: Sequence[Paper], votes: Sequence[int] | None = None, day: str = "") -> bytes:
        lines = ["Get trending papers in your email inbox!", "Subscribe", "Daily Papers", day]
        for n, paper in enumerate(papers):
            shown = [] if votes is None else [str(votes[n])]
            lines += [*shown, paper.title, paper.abstract, "3 authors", "·", "May 29, 2026"]
        return ("\n".join(lines) + "\n").encode()

    return write


@pytest.fixture(scope="session")
def birds() -> list[Paper]:
    """Three papers in the shape digests have them."""
    return [
        Paper(
            f"How {bird} Find Their Way Home at Night",
            f"We followed two hundred {bird.lower()} over four winters and asked how they find "
            f"their way in the dark. Stars matter more than smells, and landmarks matter most. "
            f"Young {bird.lower()} learn the way from their parents within a single season.",
        )
        for bird in ("Owls", "Nightjars", "Robins")
    ]


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[Any]]:
    """What the stations log, as it was said."""
    with capture_logs() as lines:
        yield lines


Entries = Callable[..., list[OutboxEntry]]


@pytest.fixture
def entries(engine: Engine) -> Entries:
    """The outbox, oldest edition first; of one subscriber, if asked."""

    def read(subscriber: Subscriber | None = None) -> list[OutboxEntry]:
        rows = select(OutboxEntry).order_by(OutboxEntry.edition_date, OutboxEntry.id)
        if subscriber is not None:
            rows = rows.where(OutboxEntry.subscriber_id == subscriber.id)
        with engines.transaction(engine) as session:
            return list(session.exec(rows))

    return read


Letters = Callable[..., list[Subscriber]]


@pytest.fixture
def letters(
    day: Day,
    make_subscriber: MakeSubscriber,
    store_papers: StorePapers,
    retrieval_papers: list[Paper],
) -> Letters:
    """Write letters for so many invented readers, ready to be sent."""

    def write(n: int = 1, **changes: Any) -> list[Subscriber]:
        store_papers(*retrieval_papers)
        people = [make_subscriber("retrieval", **changes) for _ in range(n)]
        assert day.rank_due().n_letters == n
        return people

    return write


Alter = Callable[..., None]


@pytest.fixture
def alter(engine: Engine) -> Alter:
    """Change the database behind the service's back."""

    def execute(statement: str, **values: Any) -> None:
        with engines.transaction(engine) as session:
            session.execute(text(statement), values)

    return execute


@pytest.fixture
def services(clock: Clock) -> Iterator[Services]:
    """The services that digests come from; on no day do they list anything yet."""
    with Services(clock) as services:
        yield services


@pytest.fixture
def asker(engine: Engine, clock: Clock, services: Services) -> inquiry.Asker:
    """Asks them as it would the real ones; waiting moves the clock."""

    def rest(seconds: float) -> bool:
        clock.forward(seconds=seconds)
        return False

    turns = Turns(engine, clock, rest)
    client = Client(Reach(mirrors=services.mirrors), "Paperboy/tests", turn=turns.turn)
    return inquiry.Asker(engine, client, turns, clock, jitter=lambda: 0.5)


@pytest.fixture
def lose_answer(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Keep the n-th commit from now on, and go away before saying so."""

    def lose(n: int) -> None:
        real, left = engine.dialect.do_commit, [n]

        def commit(connection: Any) -> None:
            real(connection)
            left[0] -= 1
            if not left[0]:
                raise engine.dialect.dbapi.OperationalError("the connection is lost")  # type: ignore[union-attr]

        monkeypatch.setattr(engine.dialect, "do_commit", commit)

    return lose
