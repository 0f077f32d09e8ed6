"""Letters that may have arrived, and wait for the operator's word; see `outbox.hold`."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Update, func, update
from sqlmodel import Session, col, select

from app.store import unwanted
from app.store.tables import Letter, OutboxEntry, State

LET_BE = "may have arrived, and was let be"


def held(session: Session) -> Sequence[tuple[OutboxEntry, str]]:
    """Each with the address it went to, the oldest first."""
    rows = select(OutboxEntry, Letter.recipient).join(Letter)
    rows = rows.where(OutboxEntry.state == State.IN_DOUBT)
    found = session.exec(rows.order_by(col(OutboxEntry.due_at), col(OutboxEntry.id)))
    return [(entry, recipient) for entry, recipient in found]


def count(session: Session) -> int:
    """How many there are."""
    rows = select(func.count()).select_from(OutboxEntry)
    return session.exec(rows.where(OutboxEntry.state == State.IN_DOUBT)).one()


def resend(session: Session, entry_ids: Collection[int], now: datetime) -> int:
    """Let these be sent once more, the same to the last byte; return how many still waited.

    Their day begins anew: they are not given up for having waited.
    """
    again = {"state": State.READY, "due_at": now, "first_due_at": now, "settled_at": None}
    return _count(session, _of(entry_ids).values(**again))


def let_be(session: Session, entry_ids: Collection[int], now: datetime) -> int:
    """Never send these again; return how many still waited. Their papers count as sent."""
    failed = {"state": State.FAILED, "settled_at": now, "reason": LET_BE}
    return _count(session, _of(entry_ids).values(**failed))


def _of(entry_ids: Collection[int]) -> Update:
    chosen = col(OutboxEntry.id).in_(entry_ids)
    return update(OutboxEntry).where(chosen, col(OutboxEntry.state) == State.IN_DOUBT)


def _count(session: Session, change: Update) -> int:
    found = session.scalars(change.returning(col(OutboxEntry.id)), execution_options=unwanted.FRESH)
    return len(found.all())
