"""What a lab's database grows to: invented days, weighed table by table, and a year by arithmetic.

Letters, with what hangs on them, stay for PAPERBOY_KEEP_LETTERS days and are folded into counts
then; papers and feedback stay. So a year holds so many days of the one and 365 of the other.
`--people N --days N --papers N`: 100, 30 days, 150 new papers a day unless told.
"""

import argparse
import tempfile
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import goals
import invented
from sqlalchemy import Engine, text, update
from sqlmodel import select

from app import assembly, logs
from app.mail.links import Verdict
from app.papers.paper import Entry, Paper
from app.pipeline import fold, opt_in
from app.pipeline.models import Rules
from app.recommend import interests, tuning
from app.recommend.calibration import Band
from app.settings import Settings
from app.store import engine as engines
from app.store import feedback, migration, papers, sources, subscribers
from app.store.tables import Digest, Means, OutboxEntry, Pick, State, Tap

FIRST = datetime(2026, 6, 1, 4, tzinfo=UTC)
GOAL, A_YEAR = 1_000_000_000, 365
# What a server says when it takes a letter over.
TAKEN = "2.0.0 Ok: queued as 4Zk3Qm1vTnz9rXy"
FOLDED = ("letter", "pick", "outbox", "tap")
N_READINGS = 4  # of a list a day, each with other votes
LIKED = 25  # one pick of so many

Bytes = Mapping[str, int]


class Clock:
    """Moves on when told."""

    now = FIRST

    def __call__(self) -> datetime:
        return self.now


def main() -> None:
    """Invent the days, weigh the database, fold all of it and weigh what is left."""
    asked = argparse.ArgumentParser(description="What a lab's database grows to.")
    asked.add_argument("--people", type=int, default=100)
    asked.add_argument("--days", type=int, default=30)
    asked.add_argument("--papers", type=int, default=150)
    told = asked.parse_args()
    logs.configure("WARNING", "console")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            _env_file=None,
            data_dir=Path(folder),
            secret_keys="a-key-for-benchmarks-only",  # noqa: S106
            mail_from="Paperboy <paperboy@example.org>",
        )
        engine, clock = engines.connect(settings.database), Clock()
        migration.migrate(engine)
        day = assembly.day(settings, engine, clock)
        listed = [
            paper._replace(url=f"https://arxiv.example/abs/2606.{n:05}", authors=AUTHORS)
            for n, paper in invented.papers(told.papers * told.days).items()
        ]
        join(engine, told.people, listed[: told.papers])
        for n in range(told.days):
            clock.now = FIRST + timedelta(days=n)
            read(engine, listed[n * told.papers : (n + 1) * told.papers], clock.now)
            clock.now += timedelta(hours=3)
            day.rank_due()
            send(engine, clock.now)
        full = weigh(engine)
        n_letters = count(engine)
        tell(full, n_letters, told, settings.keep_letters)
        check(engine, day.desk.rules, clock.now)
        engine.dispose()


AUTHORS = tuple(f"{name} Sample" for name in ("Ada", "Bo", "Chidi", "Dara", "Eli"))


def join(engine: Engine, n: int, known: list[Paper]) -> None:
    """People with ten interests each, in words of the papers, who want every paper near them."""
    small = set(invented.FUNCTION_WORDS)
    said = [text for text in invented.phrases(known) if not small & set(text.split())]
    with engines.transaction(engine) as session:
        for person in range(n):
            typed = ", ".join(f'"{said[(person * 7 + k * 31) % len(said)]}"' for k in range(10))
            address = f"reader.number{person}@physics.example.edu"
            eager = tuning.Tuning(threshold=Band.LOOK)
            wish = opt_in.Wish(address=address, interests=interests.parse(typed), tuning=eager)
            row = opt_in.note(session, wish, FIRST)
            subscribers.activate(session, row, FIRST)
            subscribers.plan_next(session, row, FIRST - timedelta(hours=1))


def read(engine: Engine, listed: list[Paper], now: datetime) -> None:
    """A digest of the day, read several times as its votes grow."""
    with engines.transaction(engine) as session:
        digest = Digest(
            source_id=sources.named(session, "hf-daily").id,
            name=f"hf-daily {now.date()}",
            fingerprint=sha256(str(now).encode()).hexdigest(),
            layout="hf",
            read_at=now,
        )
        session.add(digest)
        session.flush()
        rows = papers.find_or_add(session, listed, now.date())
        entries = [Entry(paper, n) for n, paper in enumerate(listed, 1)]
        papers.add_entries(session, digest.id or 0, entries, rows)
        for times in range(N_READINGS):
            at = now + timedelta(minutes=30 * times)
            for n, row in enumerate(rows[::3]):
                papers.add_votes(session, row.id or 0, entries[n]._replace(votes=times + n), at)


def send(engine: Engine, now: datetime) -> None:
    """As if all were sent, and some picks of them liked."""
    with engines.transaction(engine) as session:
        ready = select(OutboxEntry.letter_id).where(OutboxEntry.state == State.READY)
        picks = session.exec(select(Pick).where(Pick.letter_id.in_(ready))).all()
        owners = dict(
            session.exec(
                select(OutboxEntry.letter_id, OutboxEntry.subscriber_id).where(
                    OutboxEntry.state == State.READY
                )
            ).all()
        )
        for pick in picks[::LIKED]:
            key = {"letter_id": pick.letter_id, "paper_id": pick.paper_id, "at": now}
            feedback.record(
                session, owners[pick.letter_id], pick.paper_id, Verdict.LIKE, now, pick.letter_id
            )
            session.add(Tap(verdict=Verdict.LIKE, means=Means.BUTTON, settled=True, **key))
        sent = {"state": State.SENT, "claimed_at": now, "settled_at": now, "attempts": 1}
        of_today = update(OutboxEntry).where(OutboxEntry.state == State.READY)
        session.execute(of_today.values(**sent, code=250, reason=TAKEN))


def weigh(engine: Engine) -> dict[str, int]:
    """Bytes by table, its indexes among them."""
    owner = "SELECT coalesce(tbl_name, s.name) FROM sqlite_master m WHERE m.name = s.name"
    asked = f"SELECT ({owner}) AS t, sum(pgsize) FROM dbstat s GROUP BY t"  # noqa: S608
    with engine.connect() as connection:
        return {name or "sqlite": n for name, n in connection.execute(text(asked))}


def count(engine: Engine) -> int:
    """How many letters there are."""
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM letter")).scalar_one())


def tell(full: Bytes, n_letters: int, told: argparse.Namespace, kept_days: int) -> None:
    """The table, and a year of a lab of a thousand."""
    passing = sum(full.get(name, 0) for name in FOLDED)
    lasting = sum(full.values()) - passing
    for name, n in sorted(full.items(), key=lambda each: -each[1]):
        if n > sum(full.values()) / 200:
            print(f"{name:15} {n / 1e6:8.1f} MB {n / told.days / 1e6:8.3f} MB a day")
    a_letter = passing / n_letters
    print(f"{n_letters} letters in {told.days} days: {a_letter:,.0f} bytes a letter that passes,")
    print(f"{lasting / told.days:,.0f} bytes a day that stay")
    scale = 1_000 * n_letters / told.days / told.people
    kept = a_letter * scale * (kept_days + 1)
    stays = lasting / told.days * A_YEAR
    print(
        f"A lab of 1,000, {scale:,.0f} letters a day: {a_letter:,.0f} x {scale:,.0f} x "
        f"{kept_days + 1} days + {lasting / told.days:,.0f} x {A_YEAR} days = "
        f"{kept / 1e6:,.0f} + {stays / 1e6:,.0f} MB"
    )
    figure = kept + stays
    what = "GB of a lab of 1,000 after a year"
    goals.say("R1", what, "< 1", figure / 1e9, figure < GOAL)


def check(engine: Engine, rules: Rules, now: datetime) -> None:
    """Fold everything, as ninety days later, and say what is left of it."""
    later, n = now + timedelta(days=200), 0
    fold.fold(engine, later, 90, rules, threading.Event())  # notes what the clock says, and waits
    while folded := fold.fold(engine, later := later + fold.EVERY, 90, rules, threading.Event()):
        n += folded
    left = weigh(engine)
    kept = {name: left.get(name, 0) for name in (*FOLDED, "tally")}
    print(f"{n} letters folded; pages of {', '.join(kept)} left:", end=" ")
    print(f"{sum(kept.values()) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
