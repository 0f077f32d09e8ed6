"""What pages cost, as ratios to a bare route of the same server in the same run.

The live preview is measured by signup.py.

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
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

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
N_CONNECTIONS = 32
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
Request = tuple[str, str, bytes]  # method, path, body


@dataclass
class Way:
    """A kind of request. latencies: seconds on the clock. cpu: the server's seconds."""

    name: str
    requests: Iterator[Request]
    n: int = 0
    n_asked: int = 0
    cpu: float = 0.0
    rates: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second, the median of all rounds."""
        return statistics.median(self.rates)

    @property
    def cpu_ms(self) -> float:
        """CPU ms an answer."""
        return 1_000 * self.cpu / self.n

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
        settings = _settings(Path(folder), options.port)
        ways = _ways(settings)
        child = [sys.executable, __file__, "--serve", folder, "--port", str(options.port)]
        with subprocess.Popen(child) as server:  # noqa: S603  (this very file)
            try:
                _wait_for(options.port)
                for _, way in itertools.product(range(options.rounds), ways):
                    asyncio.run(_ask(way, options.port, server.pid, options.seconds))
            finally:
                server.terminate()
    _tell(ways)


def _settings(folder: Path, port: int) -> Settings:
    return Settings(
        _env_file=None,
        data_dir=folder,
        secret_keys="benchmark" * 5,
        mail_from="Paperboy <paperboy@example.org>",
        base_url=f"http://127.0.0.1:{port}",
    )


def _serve(folder: Path, port: int) -> None:
    app = create_app(_settings(folder, port))

    @app.get("/bare")
    async def bare() -> dict[str, str]:
        return {"hello": "world"}

    freeze()
    uvicorn.run(app, port=port, log_config=None, access_log=False)


def _ways(settings: Settings) -> list[Way]:
    engine = engines.connect(settings.database)
    migration.migrate(engine)
    letter_ids = _stock(engine)
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
    return [
        Way("a bare route", itertools.repeat(("GET", "/bare", b""))),
        Way("a tap in a letter, stored", taps),
        Way("the page after it", (("GET", f"{path}/saved", b"") for _, path, _ in later)),
        Way("today's page", itertools.repeat(("GET", "/", b""))),
        Way("the sign-up form", itertools.repeat(("GET", "/subscribe", b""))),
        Way("a sign-up in a flood", ((*wish, each.encode()) for each in asked)),
        Way("one-click unsubscribing", (("POST", path, one_click) for path in leavers)),
    ]


def _stock(engine: Engine) -> list[int]:
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
    began, spent = time.perf_counter(), _cpu(pid)
    counts = await asyncio.gather(
        *(_connection(way, port, began + seconds) for _ in range(N_CONNECTIONS))
    )
    way.cpu += _cpu(pid) - spent
    way.n += sum(counts)
    way.rates.append(sum(counts) / (time.perf_counter() - began))


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


async def _connection(way: Way, port: int, until: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    n = 0
    while (now := time.perf_counter()) < until:
        method, path, body = next(way.requests)
        # From a thousand networks in turns, as a flood comes.
        whence = f"10.{way.n_asked // 250 % 4}.{way.n_asked % 250}.7"
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
        way.latencies.append(time.perf_counter() - now)
        n += 1
    writer.close()
    return n


def _tell(ways: list[Way]) -> None:
    bare = ways[0]
    # Who waits for others, waits in all ways: the bare route's p99 says how busy the machine is.
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{'':28}{'answers/s':>10}{'÷ bare':>8}{'CPU ms':>9}{'÷ bare':>8}{'p99 ms':>8}")
    for way in ways:
        print(
            f"{way.name:28}{way.rate:10.0f}{way.rate / bare.rate:8.2f}{way.cpu_ms:9.2f}"
            f"{way.cpu_ms / bare.cpu_ms:8.1f}{way.p99_ms:8.0f}"
        )
    tap = ways[1]
    ratio = tap.rate / bare.rate
    flood, leaving = ways[-2:]
    for name, figure, holds in (
        ("P14 tap ≥ 0.3 × a bare route", f"{ratio:.2f}", ratio >= 0.3),
        (f"P14 tap p99 ≤ 100 ms at {N_CONNECTIONS}", f"{tap.p99_ms:.0f} ms", tap.p99_ms <= 100),
        ("G16 flood ≥ 200 a second", f"{flood.rate:.0f}", flood.rate >= 200),
        ("G16 flood p99 ≤ 500 ms", f"{flood.p99_ms:.0f} ms", flood.p99_ms <= 500),
        ("G12 unsubscribing p99 ≤ 300 ms", f"{leaving.p99_ms:.0f} ms", leaving.p99_ms <= 300),
    ):
        print(f"{name}: {figure}, {'hold' if holds else 'miss'}")


if __name__ == "__main__":
    main()
