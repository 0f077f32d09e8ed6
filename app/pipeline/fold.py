"""Letters, their picks and votes, too old for anything but to be counted.

A week of editions at a time, twice a day at most, and by what the clock said the time before: one
that is wrong for an hour must not cost what everybody was sent, for by it no paper comes twice.
"""

import threading
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import Engine

from app.pipeline.models import Rules
from app.store import engine as engines
from app.store import folding, heartbeats

log = structlog.get_logger()
FOLDED = "folded"
EVERY, AT_ONCE = timedelta(hours=12), timedelta(days=7)
# Short transactions, and so many of them in a run that it keeps up with ten million letters a day.
BATCH, MOST_BATCHES = 500, 200
# Somewhere the day is another than in UTC.
MARGIN = timedelta(days=1)


def fold(engine: Engine, now: datetime, kept_days: int, rules: Rules, stop: threading.Event) -> int:
    """Fold what is older than so many days; return how many letters. Raises NotReady.

    rules: say for how long papers are put into letters; for so long letters are kept in any case,
    since they know who had which. What is left for another run is looked for at the next tick.
    """
    with engines.transaction(engines.reading(engine)) as session:
        before = heartbeats.latest(session).get(FOLDED)
        if before is None and folding.oldest(session, date.max) is None:
            return 0
    if before is None or now < before:
        _note(engine, now)
        return 0
    if now - before < EVERY:
        return 0
    # Not by `now`: a clock that was set forward just so is not believed until it has gone on.
    last = before.date() - timedelta(days=max(kept_days, rules.wider_days)) - MARGIN
    return _fold_until(engine, last, now, timedelta(days=rules.wider_days), stop)


def _fold_until(
    engine: Engine, last: date, now: datetime, printed: timedelta, stop: threading.Event
) -> int:
    with engines.transaction(engines.reading(engine)) as session:
        oldest = folding.oldest(session, last)
    if oldest is None:
        _note(engine, now)
        return 0
    last = min(last, oldest + AT_ONCE - timedelta(days=1))
    n, is_done = _fold_letters(engine, last, stop)
    log.info("letters_folded", n=n, until=str(last))
    if is_done:
        with engines.transaction(engine) as session:
            folding.fold_votes(session, last - printed)
        _note(engine, now)
    return n


def _note(engine: Engine, now: datetime) -> None:
    with engines.transaction(engine) as session:
        heartbeats.beat(session, FOLDED, now)


def _fold_letters(engine: Engine, last: date, stop: threading.Event) -> tuple[int, bool]:
    """How many, and whether none is left."""
    total = 0
    for _ in range(MOST_BATCHES):
        if stop.is_set():
            break
        with engines.transaction(engine) as session:
            n = folding.fold(session, last, BATCH)
        total += n
        if n < BATCH:
            return total, True
    return total, False
