"""A month of simulated time in which everything goes wrong: every edition is accounted for."""

import asyncio
import gc
import random
import threading
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from conftest import NOW
from smtp_sink import DROP, Sink, Taken
from sqlalchemy import Engine
from sqlmodel import select

from app import assembly
from app.mail import edition
from app.papers.paper import Paper
from app.pipeline.plan import Day
from app.store import brakes, departures, subscribers
from app.store import engine as engines
from app.store.tables import OutboxEntry, State

ZONES = ("UTC", "Asia/Tokyo", "America/Nuuk", "Europe/Berlin", "Pacific/Chatham", "Asia/Kolkata")
STEP = timedelta(hours=1)
REFUSALS = ["451 4.7.1 come back later", "452 4.2.2 mailbox full for now", DROP]


class ForgetfulSink(Sink):
    """Counts copies and keeps nothing else: its memory would pass for the service's."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.copies: Counter[str] = Counter()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        for taken in self.taken:
            self.copies[message_id(taken)] += 1
        self.taken.clear()
        self.attempts.clear()
        return answer


def message_id(taken: Taken) -> str:
    return str(taken.message["Message-ID"])


class Month:
    """The service and its world; `hour` is an hour of both."""

    def __init__(self, settings, engine: Engine, clock, sink: Sink) -> None:
        self.chance = random.Random(37)  # noqa: S311
        self.settings, self.engine, self.clock, self.sink = settings, engine, clock, sink
        self.true = clock.now
        self.skew = timedelta()
        self.down_until = clock.now
        self.day = self.start()

    def start(self) -> Day:
        reached = {"smtp_host": "127.0.0.1", "smtp_port": self.sink.port}
        return assembly.day(self.settings.model_copy(update=reached), self.engine, self.clock)

    def hour(self, calm: bool = False) -> None:
        self.true += STEP
        self.skew = timedelta() if calm else self.skew
        if not calm:
            self.go_wrong()
        self.clock.now = self.true + self.skew
        if self.true >= self.down_until or calm:
            self.tick()

    def tick(self) -> None:
        self.day.tidy()
        self.day.rank_due()
        asyncio.run(self.day.deliver())
        with engines.transaction(self.engine) as session:
            for brake in brakes.all_of(session):  # as an operator would
                brakes.take_off(session, brake.name)

    def go_wrong(self) -> None:
        kinds = [self.refuse, self.hang_up, self.go_down, self.restart, self.set_clock, self.die]
        weights = [0.15, 0.1, 0.05, 0.05, 0.05, 0.1]
        for kind, weight in zip(kinds, weights, strict=True):
            if self.chance.random() < weight:
                kind()

    def refuse(self) -> None:
        self.sink.at_rcpt["*"] = self.chance.choices(REFUSALS, k=self.chance.randint(1, 6))

    def hang_up(self) -> None:
        self.sink.at_data["*"] = ["451 4.3.0 not now"] * self.chance.randint(1, 6)

    def go_down(self) -> None:
        self.down_until = self.true + STEP * self.chance.choice([2, 5, 11, 14, 40])

    def restart(self) -> None:
        self.day = self.start()

    def set_clock(self) -> None:
        steps = [timedelta(hours=-2), timedelta(hours=26), timedelta(0, -100)]
        self.skew = timedelta() if self.skew else self.chance.choice(steps)

    def die(self) -> None:
        """A second sender claims letters, announces one, and is killed before it leaves."""
        self.day.rank_due()
        with engines.transaction(self.engine) as session:
            for n, entry in enumerate(departures.claim_due(session, self.clock.now, 3)):
                if n == 0:
                    departures.begin_data(session, [entry.id], self.clock.now)


@pytest.fixture
def scale(request):
    """How many readers, and days."""
    return (1_000, 30) if request.config.getoption("full") else (40, 6)


@pytest.fixture
def month(settings, engine, clock):
    with ForgetfulSink() as sink:
        yield Month(settings, engine, clock, sink)


def test_every_edition_of_a_month_of_faults_is_sent_once_or_its_reason_is_told(
    scale, month, make_subscriber, store_papers, engine, settings
):
    n_readers, n_days = scale
    people = [
        make_subscriber("retrieval", zone=ZONES[n % len(ZONES)], hour=n % 24, letter_size=2)
        for n in range(n_readers)
    ]
    with engines.transaction(engine) as session:
        for person in subscribers.all_of(session):
            subscribers.plan_next(session, person, NOW)
    sizes, memory = [], []
    for n in range(n_days + 1):
        store_papers(*papers_of(n), at=month.true)
        for _ in range(24):
            month.hour(calm=n == n_days)
        sizes.append(size(settings.data_dir))
        memory.append(resident())

    sent = check_editions(engine, people, NOW, month.true)
    assert sent > 0.5 * n_readers * n_days
    check_copies(engine, month.sink.copies)
    half = n_days // 2
    assert sizes[n_days] - sizes[half] <= 1.5 * (sizes[half] - sizes[0]) + 200_000
    assert memory[n_days] - memory[half] <= 20_000_000


def papers_of(n: int) -> list[Paper]:
    """Some that are asked for, and more that are not: a word that all use says nothing."""
    told = [("Retrieval", 5), ("Proteins", 5), ("Glaciers", 5)]
    return [
        Paper(f"{word} {n} {k}", f"On {word.lower()} of kind {k}, day {n}.")
        for word, most in told
        for k in range(most)
    ]


def check_editions(engine: Engine, people, start: datetime, end: datetime) -> int:
    """Every edition due since has one row, settled, with its reason; return how many were sent."""
    rows: dict[int, dict[date, OutboxEntry]] = {}
    with engines.transaction(engines.reading(engine)) as session:
        for entry in session.exec(select(OutboxEntry)):
            rows.setdefault(entry.subscriber_id, {})[entry.edition_date] = entry
    for person in people:
        schedule = edition.Schedule(ZoneInfo(person.zone), person.hour)
        due, days = edition.next_due(schedule, start), []
        while due <= end:
            days.append(edition.day_of(schedule, due))
            due = edition.next_due(schedule, due)
        assert set(days) <= set(rows[person.id]), f"{person.zone} {person.hour}"
        settled = [rows[person.id][day] for day in days]
        assert {entry.state for entry in settled} <= {State.SENT, State.SKIPPED, State.FAILED}
        assert all(entry.reason for entry in settled)
    every = (entry for of in rows.values() for entry in of.values())
    return sum(entry.state == State.SENT for entry in every)


def check_copies(engine: Engine, copies: Counter[str]) -> None:
    """A letter that was sent came once, and once more at most for each time it was in doubt."""
    from app.store.tables import Letter

    with engines.transaction(engines.reading(engine)) as session:
        found = session.exec(select(Letter.message_id, OutboxEntry).join(OutboxEntry)).all()
    for message_id, entry in found:
        n = copies.pop(message_id, 0)
        least = 1 if entry.state == State.SENT else 0
        assert least <= n <= least + entry.doubtful, (entry.state, entry.reason, n)
    assert not copies


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("paperboy.sqlite3"))


def resident() -> int:
    """Bytes of memory, after throwing away what is no longer used."""
    gc.collect()
    assert threading.active_count() < 30
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096
