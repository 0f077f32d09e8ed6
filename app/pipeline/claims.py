"""Claimed letters, their messages, and the note that they are about to leave."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from app.errors import AppError
from app.pipeline import compose
from app.store import departures, letters, outbox
from app.store.outbox import Choose
from app.store.tables import OutboxEntry

Claim = tuple[OutboxEntry, compose.Envelope | Exception]


def take(
    session: Session,
    head: compose.Letterhead,
    now: datetime,
    limit: int,
    choose: Choose | None = None,
) -> list[Claim]:
    """Claim letters that are due and make their messages; one that cannot be made has failed."""
    claimed = messages(session, head, outbox.claim_due(session, now, limit, choose))
    for entry, made in claimed:
        if isinstance(made, Exception):
            outbox.fail(session, entry.id or 0, now, 0, f"the letter cannot be made: {made}")
    return claimed


def messages(
    session: Session, head: compose.Letterhead, entries: Sequence[OutboxEntry]
) -> list[Claim]:
    """Each entry with its message, or with why it has none."""
    rows = letters.by_ids(session, [entry.letter_id or 0 for entry in entries])
    made = dict(zip(rows, compose.envelopes(session, head, list(rows.values())), strict=True))
    gone = AppError("its letter is gone")
    return [(entry, made.get(entry.letter_id or 0, gone)) for entry in entries]


def shorten(
    session: Session, head: compose.Letterhead, entry: OutboxEntry, most: int
) -> compose.Envelope | None:
    """Its message in so many bytes at most, as far as that is possible; None if it is gone."""
    row = letters.by_id(session, entry.letter_id or 0)
    return compose.fitting(session, head, row, most) if row else None


Begun = tuple[int, datetime]


def begin(session: Session, begun: Sequence[Begun]) -> Callable[[Begun], timedelta | None]:
    """Note of entries, at a moment, that they are about to leave: now, or None: not any more."""
    now = max(moment for _, moment in begun)
    ours = departures.begin_data(session, [entry_id for entry_id, _ in begun], now)
    return lambda each: timedelta(0) if each[0] in ours else None
