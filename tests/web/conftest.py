"""A service over a real, migrated SQLite file, with papers, a reader and a letter in it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import html5lib
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select
from sqlmodel import Session

from app.mail.links import Links
from app.main import create_app
from app.papers.paper import Entry, Paper
from app.pipeline import notices
from app.recommend import explain, interests
from app.settings import Settings
from app.store import engine as engines
from app.store import letters, outbox, papers, sources, subscribers, tables
from app.store.tables import LetterKind, OutboxEntry, State, Status

OWN_PAGES = ("profile", "papers", "community", "saved.bib", "letters", "records", "everything.json")
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)

HOSTILE = (
    "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}</title></textarea>"
    "\u202e\u200b javascript:alert(3)"
)


@dataclass(frozen=True)
class Reader:
    """Somebody with one letter of two papers, and the links in it."""

    id: int
    letter_id: int
    paper_ids: tuple[int, ...]
    letter: str
    preferences: str
    unsubscribe: str
    feed: str
    trap: str

    def feedback(self, verdict: str, rank: int = 1) -> str:
        return f"{self.letter.replace('/letters/', '/feedback/')}/{rank}/{verdict}"


@pytest.fixture
def app(settings: Settings, clock: Callable[[], datetime]) -> Iterator[FastAPI]:
    made = create_app(settings, clock=clock)
    yield made
    made.state.engine.dispose()


@pytest.fixture
def engine(app: FastAPI) -> Engine:
    engine: Engine = app.state.engine
    return engine


@pytest.fixture
def links(app: FastAPI) -> Links:
    found: Links = app.state.letterhead.links
    return found


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    """A browser that follows no redirect and sees a 500 page as a visitor would."""
    return TestClient(
        app,
        base_url="http://localhost:8000",
        follow_redirects=False,
        raise_server_exceptions=False,
        client=("127.0.0.1", 50_000),
    )


@pytest.fixture
def press(client: TestClient) -> Callable[..., Any]:
    """Send a form whose answer sends the browser on, and return the page it comes to."""

    def post(path: str, **form: Any) -> Any:
        answer = client.post(path, **form)
        assert answer.status_code == 303
        page = client.get(answer.headers["location"])
        assert page.status_code == 200
        return page

    return post


@pytest.fixture
def hostile() -> str:
    """Text that is markup, template code and hidden signs at once."""
    return HOSTILE


StorePapers = Callable[..., list[int]]


@pytest.fixture
def store_papers(engine: Engine) -> StorePapers:
    """Store papers as one digest of a day; return their ids. votes: of the first ones."""

    def store(*found: Paper, day: date = TODAY, votes: tuple[int, ...] = ()) -> list[int]:
        with engines.transaction(engine) as session:
            source = sources.named(session, "test")
            digest = tables.Digest(
                source_id=source.id or 0,
                name="made-up.txt",
                fingerprint=f"{day} {found}"[:400],
                layout="test",
                date=day,
                read_at=datetime(day.year, day.month, day.day, 5, tzinfo=UTC),
            )
            session.add(digest)
            session.flush()
            rows = papers.find_or_add(session, found, seen=day)
            counts = (*votes, *[None] * len(found))
            entries = [Entry(p, n + 1, counts[n]) for n, p in enumerate(found)]
            papers.add_entries(session, digest.id or 0, entries, rows)
            for entry, row in zip(entries, rows, strict=True):
                papers.add_votes(session, row.id or 0, entry, digest.read_at)
            return [row.id or 0 for row in rows]

    return store


@pytest.fixture
def two_papers(store_papers: StorePapers) -> list[int]:
    """Invented ones, with and without what a digest may leave out."""
    return store_papers(
        Paper(
            title="Tides of small moons",
            abstract="We watch small moons. They raise tides, and the tides slow them down.",
            authors=("Ada Moon", "Bo Tide"),
            url="https://example.org/moons",
            arxiv_id="2611.00001",
        ),
        Paper(title="Bread as a soft solid"),
        votes=(12,),
    )


MakeReader = Callable[..., Reader]


@pytest.fixture
def make_reader(engine: Engine, links: Links, two_papers: list[int]) -> MakeReader:
    """Somebody active since yesterday, with this morning's letter, unless told otherwise."""

    def make(address: str = "ada@example.org", **changes: object) -> Reader:
        with engines.transaction(engine) as session:
            made_up = {
                "address": address,
                "status": Status.ACTIVE,
                "created_at": NOW - timedelta(days=1),
                "confirmed_at": NOW - timedelta(days=1),
            }
            row = subscribers.add(session, tables.Subscriber(**(made_up | changes)))
            subscribers.set_interests(session, row.id or 0, interests.parse('moons, "soft solid"'))
            subscribers.plan_next(session, row, NOW)
            letter = _letter(session, row, two_papers)
        return Reader(
            id=row.id or 0,
            letter_id=letter.id or 0,
            paper_ids=tuple(two_papers),
            letter=_path(links.letter(letter.id or 0)),
            preferences=_path(links.preferences(row.id or 0, row.version)),
            unsubscribe=_path(links.unsubscribe(row.id or 0)),
            feed=_path(links.feed(row.id or 0, row.version, "atom")),
            trap=_path(links.trap(letter.id or 0)),
        )

    return make


def _letter(session: Session, row: tables.Subscriber, paper_ids: list[int]) -> tables.Letter:
    letter = tables.Letter(
        subscriber_id=row.id or 0,
        kind=LetterKind.DAILY,
        edition_date=TODAY,
        recipient=row.address,
        message_id=f"<{row.id}@example.org>",
        date=NOW - timedelta(hours=2),
        n_candidates=2,
        why="You signed up.",
        version=row.version,
    )
    reason = explain.to_json(explain.Reason(terms=(explain.Share("moons", 0.5),)))
    picks = [
        tables.Pick(letter_id=0, rank=n, paper_id=paper_id, score=0.5, reason=reason)
        for n, paper_id in enumerate(paper_ids, start=1)
    ]
    return letters.add(session, letter, picks)


def _path(url: str) -> str:
    return url.removeprefix("http://localhost:8000")


@pytest.fixture
def reader(make_reader: MakeReader) -> Reader:
    return make_reader()


@pytest.fixture
def entry(make_reader: MakeReader, engine: Engine, clock: Callable[[], datetime]) -> int:
    """Ada's letter of today, sent an hour ago, in the outbox."""
    reader = make_reader()
    with engines.transaction(engine) as session:
        row = OutboxEntry(
            subscriber_id=reader.id,
            kind=LetterKind.DAILY,
            edition_date=clock().date(),
            letter_id=reader.letter_id,
            state=State.SENT,
            due_at=clock() - timedelta(hours=1),
            first_due_at=clock() - timedelta(hours=1),
            settled_at=clock() - timedelta(hours=1),
            attempts=1,
        )
        assert outbox.add(session, row)
        return row.id


@pytest.fixture
def confirm_link(make_reader: MakeReader, links: Links) -> str:
    """Of somebody who has just signed up."""
    pending = make_reader("new@example.org", status=Status.PENDING, confirmed_at=None)
    return _path(links.confirm(pending.id, NOW))


@dataclass(frozen=True)
class Asked:
    """Letters of the reader's that ask for a press, by their ids."""

    move: int
    erase: int


@pytest.fixture
def asked(engine: Engine, reader: Reader) -> Asked:
    """The reader wants to move to new.home@example.org, and to be erased."""
    with engines.transaction(engine) as session:
        row = session.get_one(tables.Subscriber, reader.id)
        for kind, to in ((LetterKind.MOVE, "new.home@example.org"), (LetterKind.ERASE, "")):
            assert notices.queue(session, row, kind, NOW, "example.org", recipient=to)
        ids = {kind: letters.of_edition(session, reader.id, TODAY, kind).id for kind in LetterKind
               if kind in (LetterKind.MOVE, LetterKind.ERASE)}  # fmt: skip
    return Asked(ids[LetterKind.MOVE], ids[LetterKind.ERASE])


@pytest.fixture
def get_paths(reader: Reader, confirm_link: str, links: Links, asked: Asked) -> dict[str, str]:
    """One address that works for each route that answers GET."""
    return {
        "/": "/",
        "/days": "/days?day=2026-11-20",
        "/days/{day}": "/days/2026-11-20",
        "/weeks/{week}": "/weeks/2026-W47",
        "/months/{month}": "/months/2026-11",
        "/papers/{paper_id}": f"/papers/{reader.paper_ids[0]}",
        "/search": "/search?q=moons",
        "/letters/{token}": reader.letter,
        "/subscribe": "/subscribe",
        "/subscribe/sent": "/subscribe/sent",
        "/submit": "/submit",
        "/submit/sent": "/submit/sent?known=1",
        "/confirm/{token}": confirm_link,
        "/feedback/{token}/{rank}/{verdict}": reader.feedback("like"),
        "/preferences": "/preferences",
        "/preferences/sent": "/preferences/sent",
        **{
            f"/feedback/{{token}}/{{rank}}/{{verdict}}/{end}": reader.feedback(f"like/{end}")
            for end in ("saved", "undone")
        },
        "/feedback/{token}/{rank}/mute": reader.feedback("mute"),
        "/feedback/{token}/0/trap": reader.trap,
        "/feedback/{token}/{rank}/why": reader.feedback("why"),
        "/preferences/{token}": reader.preferences,
        "/preferences/{token}/papers/{paper_id}": f"{reader.preferences}/papers/1",
        **{f"/preferences/{{token}}/{page}": f"{reader.preferences}/{page}" for page in OWN_PAGES},
        "/feeds/{token}/picks.{form}": reader.feed,
        "/move/{token}": _path(links.move(asked.move)),
        "/erase/{token}": _path(links.erase(asked.erase)),
        "/unsubscribe/{token}": reader.unsubscribe,
        "/healthz": "/healthz",
        "/readyz": "/readyz",
        "/metrics": "/metrics",
        "/robots.txt": "/robots.txt",
    }


Dump = Callable[[], dict[str, list[tuple[object, ...]]]]


@pytest.fixture
def dump(engine: Engine) -> Dump:
    """Everything in every table."""

    def everything() -> dict[str, list[tuple[object, ...]]]:
        with engines.reading(engine).connect() as connection:
            return {
                table.name: [tuple(row) for row in connection.execute(select(table))]
                for table in tables.metadata.sorted_tables
            }

    return everything


@pytest.fixture
def subscriber(engine: Engine) -> Callable[[int], tables.Subscriber]:
    """Read a subscriber's row anew."""

    def read(subscriber_id: int) -> tables.Subscriber:
        with engines.transaction(engines.reading(engine)) as session:
            row = subscribers.by_id(session, subscriber_id)
            assert row is not None
            return row

    return read


@pytest.fixture
def read_page() -> Callable[[str], object]:
    """Parse a page, and fail on anything a browser would have to mend."""

    def read(html: str) -> object:
        parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
        return parser.parse(html)

    return read


@pytest.fixture
def client_of() -> Callable[[FastAPI], TestClient]:
    """A browser of a visitor to another app, who reads a language of its own first."""

    def make(app: FastAPI, language: str = "xx") -> TestClient:
        return TestClient(
            app,
            base_url="http://localhost:8000",
            follow_redirects=False,
            headers={"accept-language": language},
            client=("127.0.0.1", 50_000),
        )

    return make
