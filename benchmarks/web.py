"""What pages cost, as ratios to a bare route of the same server in the same run.

The live preview is asked for as its button without script does, with the whole page; signup.py has
its CPU alone, over a thousand candidates.

A server in a process of its own, asked by 32 connections from this one, way after way in turns
(A B C A B C …). CPU is the server's; seconds on the clock include what asking costs.

    python benchmarks/web.py [--rounds N] [--seconds S]
"""

import argparse
import asyncio
import itertools
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import goals
import invented
import uvicorn
from sqlalchemy import Engine
from sqlmodel import Session

from app import assembly
from app.mail.links import Links, Verdict
from app.main import create_app, freeze
from app.papers.paper import Entry
from app.recommend import explain, interests
from app.settings import Settings
from app.store import engine as engines
from app.store import letters, migration, papers, sources, subscribers, tables
from app.store.tables import LetterKind, Status
from app.web import seals

N_PAPERS, N_READERS, N_PICKS = 1_000, 300, 10
LONG = 6  # letters of a word that says something alone
N_CONNECTIONS = 32
# Sign-ups a second, whether they are answered or not; on more connections than ever wait.
FLOOD, MOST_CONNECTIONS = 200, 200
# Networks that the other sign-ups do not come from.
ENOUGH = 31_000
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
Request = tuple[str, str, bytes]  # method, path, body
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Way:
    """A kind of request. latencies: seconds on the clock. cpu: the server's seconds.

    cpu_asking: this process's own, which shares the machine with it.
    """

    name: str
    requests: Iterator[Request]
    n: int = 0
    n_asked: int = 0
    cpu: float = 0.0
    rates: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    cpu_asking: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second, the median of all rounds."""
        return statistics.median(self.rates)

    @property
    def cpu_ms(self) -> float:
        """CPU ms an answer."""
        return 1_000 * self.cpu / self.n

    @property
    def asking_ms(self) -> float:
        """CPU ms that asking took."""
        return 1_000 * self.cpu_asking / self.n

    @property
    def p99_ms(self) -> float:
        """The slowest hundredth begins here."""
        return 1_000 * sorted(self.latencies)[int(0.99 * (len(self.latencies) - 1))]


def main() -> None:
    """Print every way's figures, then each goal with its figure."""
    asked = argparse.ArgumentParser(description="What pages cost.")
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--seconds", type=float, default=2.0)
    asked.add_argument("--serve", metavar="FOLDER", help=argparse.SUPPRESS)
    asked.add_argument("--port", type=int, default=8399, help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.serve:
        _serve(Path(options.serve), options.port)
        return
    with tempfile.TemporaryDirectory() as folder:
        ways, flood = _ways(settings_in(Path(folder), options.port))
        with serving(Path(folder), options.port) as pid:
            for _, way in itertools.product(range(options.rounds), ways):
                asyncio.run(_ask(way, options.port, pid, options.seconds))
            asyncio.run(_ask_at(FLOOD, flood, options.port, pid, 2 * options.seconds))
    _tell(ways, flood)


@contextmanager
def serving(folder: Path, port: int) -> Iterator[int]:
    """The service in a process of its own, over the database of this folder; its process id."""
    child = [sys.executable, __file__, "--serve", str(folder), "--port", str(port)]
    with subprocess.Popen(child) as server:  # noqa: S603  (this very file)
        try:
            _wait_for(port)
            yield server.pid
        finally:
            server.terminate()


def settings_in(folder: Path, port: int) -> Settings:
    """Of a service on this port that keeps all it has in this folder."""
    return Settings(
        _env_file=None,
        data_dir=folder,
        secret_keys="benchmark" * 5,
        mail_from="Paperboy <paperboy@example.org>",
        base_url=f"http://127.0.0.1:{port}",
    )


def _serve(folder: Path, port: int) -> None:
    app = create_app(settings_in(folder, port))

    @app.get("/bare")
    async def bare() -> dict[str, str]:
        return {"hello": "world"}

    freeze()
    uvicorn.run(app, port=port, log_config=None, access_log=False)


def _ways(settings: Settings) -> tuple[list[Way], Way]:
    """What is asked as fast as it is answered; and the flood that comes at a rate of its own."""
    engine = engines.connect(settings.database)
    migration.migrate(engine)
    letter_ids = stock(engine)
    links = Links("", assembly.tokens(settings))
    taps, later = itertools.tee(
        ("POST", urlsplit(links.feedback(letter_id, rank, verdict)).path, b"means=button")
        for verdict in itertools.cycle(Verdict)
        for letter_id in letter_ids
        for rank in range(1, N_PICKS + 1)
    )
    engine.dispose()
    seal = seals.make(links.tokens, seals.Form.PAGE, datetime.now(UTC) - timedelta(minutes=1))
    wish = "POST", "/subscribe"
    asked = (f"email=victim{n}@example.org&interests=moons&seal={seal}" for n in itertools.count())
    one_click = b"List-Unsubscribe=One-Click"
    leavers = itertools.cycle(urlsplit(links.unsubscribe(n)).path for n in range(1, N_READERS + 1))
    wishes = ((*wish, each.encode()) for each in asked)
    ways = [
        Way("a bare route", itertools.repeat(("GET", "/bare", b""))),
        Way("a tap in a letter, stored", taps),
        Way("the page after it", (("GET", f"{path}/saved", b"") for _, path, _ in later)),
        Way("today's page", itertools.repeat(("GET", "/", b""))),
        Way(
            "the live preview",
            (("POST", "/subscribe/preview", each) for each in itertools.cycle(_typed())),
        ),
        Way("the sign-up form", itertools.repeat(("GET", "/subscribe", b""))),
        Way("a sign-up in a flood", wishes),
        Way("one-click unsubscribing", (("POST", path, one_click) for path in leavers)),
    ]
    return ways, Way(f"sign-ups, {FLOOD} a second", wishes, n_asked=ENOUGH)


def _typed() -> list[bytes]:
    """What people type at sign-up: the two longest words of a title each."""
    titles = [each.title.lower().split() for each in invented.papers(N_PAPERS).values()]
    words = [{word for word in title if len(word) > LONG} for title in titles]
    pairs = [sorted(each, key=lambda word: (len(word), word))[-2:] for each in words if each]
    return [f"interests={'%2C+'.join(each)}".encode() for each in pairs]


def stock(engine: Engine) -> list[int]:
    """Papers of today with a model of them, and readers with a letter each."""
    now = datetime.now(UTC)
    made = list(invented.papers(N_PAPERS).values())
    with engines.transaction(engine) as session:
        digest = tables.Digest(
            source_id=sources.named(session, "benchmark").id or 0,
            name="made-up",
            fingerprint="made-up",
            layout="made-up",
            date=now.date(),
            read_at=now,
        )
        session.add(digest)
        session.flush()
        rows = papers.find_or_add(session, made, seen=now.date())
        entries = [Entry(paper, n, n) for n, paper in enumerate(made, 1)]
        papers.add_entries(session, digest.id or 0, entries, rows)
        ids = [row.id or 0 for row in rows]
        return [_reader(session, n, ids, now) for n in range(N_READERS)]


def _reader(session: Session, n: int, paper_ids: list[int], now: datetime) -> int:
    row = tables.Subscriber(
        address=f"reader{n}@example.org", created_at=now, confirmed_at=now, status=Status.ACTIVE
    )
    subscribers.add(session, row)
    subscribers.set_interests(session, row.id or 0, interests.parse("moons"))
    letter = tables.Letter(
        subscriber_id=row.id or 0,
        kind=LetterKind.DAILY,
        edition_date=now.date(),
        recipient=row.address,
        message_id=f"<{n}@example.org>",
        date=now,
    )
    reason = explain.to_json(explain.Reason())
    chosen = [
        tables.Pick(letter_id=0, rank=rank, paper_id=paper_id, score=0, reason=reason)
        for rank, paper_id in enumerate(paper_ids[n : n + N_PICKS], 1)
    ]
    return letters.add(session, letter, chosen).id or 0


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server does not come up")


async def _ask(way: Way, port: int, pid: int, seconds: float) -> None:
    """Ask with all connections at once for so long."""
    until = time.perf_counter() + seconds

    async def lane() -> int:
        async with _connected(port) as line:
            n = 0
            while (now := time.perf_counter()) < until:
                await _send(way, line, now)
                n += 1
            return n

    await _counted(way, pid, [lane() for _ in range(N_CONNECTIONS)])


async def _ask_at(rate: int, way: Way, port: int, pid: int, seconds: float) -> None:
    """Ask at moments set before, whether the answers to earlier ones are there or not.

    Who waits for a free connection waits for an answer too: it counts from the moment set.
    """
    began = time.perf_counter() + 0.1
    moments = iter([began + n / rate for n in range(int(rate * seconds))])

    async def lane() -> int:
        async with _connected(port) as line:
            n = 0
            for at in moments:
                await asyncio.sleep(max(at - time.perf_counter(), 0))
                await _send(way, line, at)
                n += 1
            return n

    await _counted(way, pid, [lane() for _ in range(MOST_CONNECTIONS)])


async def _counted(way: Way, pid: int, lanes: list[Coroutine[Any, Any, int]]) -> None:
    began, spent, own = time.perf_counter(), _cpu(pid), time.process_time()
    n = sum(await asyncio.gather(*lanes))
    way.cpu += _cpu(pid) - spent
    way.cpu_asking += time.process_time() - own
    way.n += n
    way.rates.append(n / (time.perf_counter() - began))


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


@asynccontextmanager
async def _connected(port: int) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    yield reader, writer
    writer.close()


async def _send(way: Way, line: Line, since: float) -> None:
    """Send the next request and read its answer."""
    reader, writer = line
    method, path, body = next(way.requests)
    # From some thousand networks in turns, as a flood comes: each may sign up five times.
    whence = f"10.{way.n_asked // 250 % 250}.{way.n_asked % 250}.7"
    way.n_asked += 1
    head = (
        f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-forwarded-for: {whence}\r\n"
        "content-type: application/x-www-form-urlencoded\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    answer = await reader.readuntil(b"\r\n\r\n")
    status = int(answer[9:12])
    assert status < 400, f"{method} {path}: {status}"
    lower = answer.lower()
    if (at := lower.find(b"content-length:")) >= 0:
        await reader.readexactly(int(lower[at + 15 : lower.index(b"\r\n", at)]))
    way.latencies.append(time.perf_counter() - since)


def _tell(ways: list[Way], steady: Way) -> None:
    bare = ways[0]
    # Who waits for others, waits in all ways: the bare route's p99 says how busy the machine is.
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    # What asking costs takes its part of the cores: with it elsewhere, there are more answers.
    print(
        f"{'':28}{'answers/s':>10}{'÷ bare':>8}{'CPU ms':>9}{'÷ bare':>8}{'asking':>8}{'p99 ms':>8}"
    )
    for way in (*ways, steady):
        print(
            f"{way.name:28}{way.rate:10.0f}{way.rate / bare.rate:8.2f}{way.cpu_ms:9.2f}"
            f"{way.cpu_ms / bare.cpu_ms:8.1f}{way.asking_ms:8.2f}{way.p99_ms:8.0f}"
        )
    tap = ways[1]
    ratio = tap.rate / bare.rate
    goals.say("P14", "a durable click ÷ a bare route", "≥ 0.3", ratio, ratio >= 0.3)
    flood, leaving = ways[-2:]
    for name, what, way, most in (
        ("P14", f"clicks at {N_CONNECTIONS} connections", tap, 100),
        ("G16", f"sign-ups at {N_CONNECTIONS} connections", flood, 500),
        ("G16", steady.name, steady, 500),
        ("G12", "unsubscribing", leaving, 300),
    ):
        slow = f"ms of the slowest of a hundred: {what}"
        goals.say(name, slow, f"≤ {most}", way.p99_ms, way.p99_ms <= most)
    goals.say("G16", "sign-ups a second in a flood", "≥ 200", flood.rate, flood.rate >= 200)


if __name__ == "__main__":
    main()
