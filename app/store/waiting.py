"""The outbox's letters that wait for their moment, and how to move it."""

from datetime import datetime

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from app.store.outbox import WAITING
from app.store.tables import Letter, OutboxEntry, State

SERVICE_CLOSING, FIRST_FINAL = 421, 500


def next_due(session: Session) -> datetime | None:
    """When the next waiting letter is due, or was."""
    # One state at a time: the index holds each in the order of its due moments.
    first = func.min(col(OutboxEntry.due_at))
    each = [session.scalar(select(first).where(OutboxEntry.state == state)) for state in WAITING]
    return min(filter(None, each), default=None)


def domains(session: Session, entry_ids: list[int]) -> dict[int, str]:
    """To which mail domain each of these goes, in the same order; only those still waiting."""
    rows = (
        select(OutboxEntry.id, Letter.recipient)
        .join(Letter, isouter=True)
        .where(col(OutboxEntry.id).in_(entry_ids), col(OutboxEntry.state).in_(WAITING))
    )
    found = {key: (to or "").rpartition("@")[2].lower() for key, to in session.exec(rows)}
    return {key: found[key] for key in entry_ids if key in found}


def put_off(session: Session, entry_id: int, until: datetime) -> None:
    """Let a waiting letter wait longer; no attempt was made."""
    later = update(OutboxEntry).where(
        col(OutboxEntry.id) == entry_id, col(OutboxEntry.state).in_(WAITING)
    )
    session.execute(later.values(due_at=until))


def hurry_refused(session: Session, now: datetime) -> int:
    """Make due what was deferred because the sender was refused; return how many.

    A final refusal that is about the reader ends as failed: whatever is deferred with such a code
    was refused for our sake.
    """
    code = col(OutboxEntry.code)
    ours = update(OutboxEntry).where(
        col(OutboxEntry.state) == State.DEFERRED,
        (code >= FIRST_FINAL) | (code == SERVICE_CLOSING),
        col(OutboxEntry.due_at) > now,
    )
    found = session.scalars(ours.values(due_at=now).returning(col(OutboxEntry.id)))
    return len(found.all())
