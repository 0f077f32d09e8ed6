"""What one more subscriber costs as there are more of them: asking who is due, ranking, planning.

CPU µs a subscriber in this process, and bytes in the database. At each size all subscribers are
stored and all are due; the first shards are ranked and planned, for every shard is like them
(P10 ranks all of a million). Those who are ranked have three months behind them: a letter a day,
and 50 verdicts. `--full`: to a million; `--url URL`: on a PostgreSQL of its own.
"""

import argparse
import resource
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import goals
import invented
import numpy as np
from sqlalchemy import Engine, func, insert, text
from sqlmodel import Session, select

from app import assembly, logs
from app.mail.links import Verdict
from app.pipeline import due, rank
from app.pipeline.editions import Edition
from app.pipeline.tidings import Tidings
from app.recommend.interests import Kind
from app.settings import Settings
from app.store import engine as engines
from app.store import migration, papers, subscribers
from app.store.tables import (
    Feedback,
    Interest,
    Letter,
    LetterKind,
    OutboxEntry,
    Pick,
    State,
    Status,
    Subscriber,
)

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
N_PAPERS, N_NEW, N_INTERESTS = 5_000, 150, 5
SIZES, FULL = (1_000, 10_000, 100_000), (1_000, 10_000, 100_000, 1_000_000)
N_SHARDS, BATCH = 2, 10_000
# What those who are ranked have behind them.
N_LETTERS, N_PICKS, N_SAID = 90, 10, 50
MOST = 1.3


def main() -> None:
    """Grow one database, and measure at each size."""
    asked = argparse.ArgumentParser(description="What one more subscriber costs.")
    asked.add_argument("--full", action="store_true")
    asked.add_argument("--url", default="")
    told = asked.parse_args()
    logs.configure("ERROR", "console")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            _env_file=None,
            data_dir=Path(folder),
            database_url=told.url,
            secret_keys="a-key-for-benchmarks-only",  # noqa: S106
        )
        engine = engines.connect(settings.database)
        migration.migrate(engine)
        corpus = list(invented.papers(N_PAPERS).values())
        with engines.transaction(engine) as session:
            papers.find_or_add(session, corpus[:-N_NEW], NOW.date() - timedelta(days=60))
            papers.find_or_add(session, corpus[-N_NEW:], NOW.date())
        desk = assembly.day(settings, engine, lambda: NOW).desk
        said = invented.phrases(corpus)
        empty = size(engine)
        grow(engine, SIZES[0], said)
        before = size(engine)
        live(desk, range(1, N_SHARDS * rank.SHARD + 1))
        empty += size(engine) - before
        for n in FULL if told.full else SIZES:
            grow(engine, n, said)
            held = (size(engine) - empty) / n
            rows.append((n, *measure(desk), held))
        engine.dispose()
    print(f"{'subscribers':>12} {'due µs':>8} {'rank µs':>8} {'plan µs':>8} {'bytes':>7}")
    for n, *spent, held in rows:
        print(f"{n:12,} {spent[0]:8.2f} {spent[1]:8.0f} {spent[2]:8.0f} {held:7.0f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory {peak:.2f} GB; ranked and planned: {N_SHARDS} shards at each size")
    first, last = (sum(each[1:4]) for each in (rows[1], rows[-1]))
    what = f"growth: µs a subscriber at {rows[-1][0]:,} ÷ that at {rows[1][0]:,}"
    goals.say("P10", what, f"≤ {MOST}", last / first, last <= MOST * first)


def grow(engine: Engine, n: int, said: list[str]) -> None:
    """Store people until there are n of them."""
    with engines.transaction(engine) as session:
        known = session.exec(select(func.max(Subscriber.id))).one() or 0
    for start in range(known + 1, n + 1, BATCH):
        numbers = range(start, min(start + BATCH, n + 1))
        with engines.transaction(engine) as session:
            session.execute(insert(Subscriber), list(_people(numbers)))
            session.execute(insert(Interest), list(_interests(numbers, said)))


def _people(numbers: range) -> Iterator[dict[str, object]]:
    active = {"status": Status.ACTIVE, "created_at": NOW, "next_due_at": NOW, "threshold": "good"}
    return ({"id": n, "address": f"reader{n}@example.net", **active} for n in numbers)


def _interests(numbers: range, said: list[str]) -> Iterator[dict[str, object]]:
    for n in numbers:
        for k in range(N_INTERESTS):
            words = said[(n * 7 + k * 1009) % len(said)]
            kind = Kind.PHRASE if " " in words else Kind.WORD
            yield {"subscriber_id": n, "text": words, "kind": kind.value}


def live(desk: rank.Desk, readers: range) -> None:
    """Give each of these readers three months of letters, and verdicts on papers that are alike."""
    engine, last, chance = desk.engine, N_PAPERS - N_NEW, np.random.default_rng(3)
    with engines.transaction(engines.reading(engine)) as session:
        rows = desk.models.of(session, NOW.date()).rows[:last]
    for start in range(readers.start, readers.stop, 100):
        some = range(start, min(start + 100, readers.stop))
        numbers = [(n, (n - 1) * N_LETTERS + k + 1, k + 1) for n in some for k in range(N_LETTERS)]
        alike = -(rows @ rows[chance.integers(last, size=len(some))].T).toarray()
        said = dict(zip(some, np.argsort(alike, axis=0)[:N_SAID].T.tolist(), strict=True))
        with engines.transaction(engine) as session:
            session.execute(insert(Letter), [_letter(*each) for each in numbers])
            session.execute(insert(OutboxEntry), [_entry(*each) for each in numbers])
            picks = [
                _pick(number, place, (number * 7 + place * 13) % last + 1)
                for _, number, _ in numbers
                for place in range(N_PICKS)
            ]
            session.execute(insert(Pick), picks)
            session.execute(insert(Feedback), [each for n in some for each in _said(n, said[n])])


def _letter(reader: int, number: int, days: int) -> dict[str, object]:
    sent_at = NOW - timedelta(days=days)
    key = {"id": number, "subscriber_id": reader, "kind": LetterKind.DAILY, "date": sent_at}
    told = {"recipient": f"reader{reader}@example.net", "message_id": f"<{number}@example.org>"}
    return key | told | {"edition_date": sent_at.date(), "told": "x" * 900}


def _entry(reader: int, number: int, days: int) -> dict[str, object]:
    sent_at = NOW - timedelta(days=days)
    key = {"letter_id": number, "subscriber_id": reader, "kind": LetterKind.DAILY}
    told = {"state": State.SENT, "due_at": sent_at, "first_due_at": sent_at, "settled_at": sent_at}
    return key | told | {"edition_date": sent_at.date()}


def _pick(number: int, place: int, paper_id: int) -> dict[str, object]:
    key = {"letter_id": number, "rank": place + 1, "paper_id": paper_id}
    return key | {"score": 0.5, "reason": "x" * 300}


def _said(reader: int, papers: list[int]) -> Iterator[dict[str, object]]:
    """Four likes to a dislike."""
    for n, paper in enumerate(papers):
        verdict = Verdict.LIKE if n % 5 else Verdict.DISLIKE
        key = {"subscriber_id": reader, "paper_id": paper + 1, "verdict": verdict.value}
        yield key | {"at": NOW - timedelta(days=n)}


def measure(desk: rank.Desk) -> tuple[float, float, float]:
    """CPU µs a subscriber of asking who is due, of ranking them, and of planning their letters.

    Undone afterwards, so that the next size finds everybody due.
    """
    today = NOW.date()
    spent = [0.0, 0.0, 0.0]
    n = 0
    with Session(desk.engine) as session:
        desk.models.board(session, today, NOW)
        for _ in range(N_SHARDS):
            shard: list[due.Due] = []
            made: list[Edition] = []
            spent[0] += goals.cpu(lambda into=shard: into.extend(_due(session)))
            spent[1] += goals.cpu(
                lambda of=shard, into=made: into.extend(rank.ranked(session, desk, of, today, NOW))
            )
            spent[2] += goals.cpu(lambda of=shard, to=made: _plan(session, desk, of, to))
            n += len(shard)
        session.rollback()
    return spent[0] / n * 1e6, spent[1] / n * 1e6, spent[2] / n * 1e6


def _due(session: Session) -> list[due.Due]:
    return [due.at(each, NOW) for each in subscribers.due(session, NOW, rank.SHARD)]


def _plan(session: Session, desk: rank.Desk, shard: list[due.Due], made: list[Edition]) -> None:
    for each in shard:
        subscribers.plan_next(session, each.subscriber, NOW)
    found = [
        pair
        for pair in zip(shard, made, strict=True)
        if rank.is_letter(pair[1], pair[0].subscriber)
    ]
    rank.put(session, desk.head, "0123456789abcdef", found, NOW, Tidings())
    session.flush()


def size(engine: Engine) -> int:
    """Bytes of the whole database."""
    asked = {
        "sqlite": "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        "postgresql": "SELECT pg_database_size(current_database())",
    }[engine.dialect.name]
    with engine.connect() as connection:
        return int(connection.execute(text(asked)).scalar_one())


if __name__ == "__main__":
    main()
