"""The outbox's letters that wait for their moment, and how to move it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, func, nulls_first, update
from sqlalchemy import select as any_select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from app.store.outbox import WAITING
from app.store.tables import Letter, LetterKind, OutboxEntry, State

SERVICE_CLOSING, FIRST_FINAL = 421, 500
# SQLite takes no more than some thousand values in one statement.
AT_ONCE = 500


def next_due(session: Session) -> datetime | None:
    """When the next waiting letter is due, or was."""
    return min(filter(None, session.execute(_NEXT).one()), default=None)


# One state at a time: the index holds each in the order of its due moments.
_NEXT = any_select(
    *(
        any_select(func.min(col(OutboxEntry.due_at)))
        .where(col(OutboxEntry.state) == state)
        .scalar_subquery()
        for state in WAITING
    )
)


def domains(session: Session, entry_ids: list[int]) -> dict[int, str]:
    """To which mail domain each of these goes, in the same order; only those still waiting."""
    rows = (
        select(OutboxEntry.id, Letter.recipient)
        .join(Letter, isouter=True)
        .where(col(OutboxEntry.id).in_(entry_ids), col(OutboxEntry.state).in_(WAITING))
    )
    found = {key: (to or "").rpartition("@")[2].lower() for key, to in session.exec(rows)}
    return {key: found[key] for key in entry_ids if key in found}


def put_off(session: Session, ids: Sequence[int], until: datetime, reason: str = "") -> None:
    """Let waiting letters wait longer; no attempt was made. reason: to be known by, if any."""
    later = update(OutboxEntry).where(
        col(OutboxEntry.id).in_(ids), col(OutboxEntry.state).in_(WAITING)
    )
    session.execute(later.values({"due_at": until} | ({"reason": reason} if reason else {})))


def put_off_sign_ups(session: Session, now: datetime, until: datetime) -> None:
    """Put off the letters due that ask somebody to confirm."""
    due = col(OutboxEntry.state).in_(WAITING), col(OutboxEntry.due_at) <= now
    asking = update(OutboxEntry).where(*due, col(OutboxEntry.kind) == LetterKind.CONFIRM)
    session.execute(asking.values(due_at=until))


def put_off_all_but(session: Session, n: int, now: datetime, until: datetime, reason: str) -> None:
    """Of the letters due let n stay, and put the others off.

    Letters that somebody asked for come first, then those of readers whose last letter was longest
    ago. Reads every letter that is due.
    """
    sent = aliased(OutboxEntry)
    last = (
        select(func.max(sent.settled_at))
        .where(
            sent.subscriber_id == OutboxEntry.subscriber_id,
            sent.kind == LetterKind.DAILY,
            sent.state == State.SENT,
        )
        .scalar_subquery()
    )
    due = select(OutboxEntry.id).where(
        col(OutboxEntry.state).in_(WAITING), col(OutboxEntry.due_at) <= now
    )
    fair = due.order_by(
        case((col(OutboxEntry.kind) == LetterKind.DAILY, 1), else_=0),
        nulls_first(last),
        col(OutboxEntry.first_due_at),
        col(OutboxEntry.id),
    )
    others = session.scalars(fair.offset(n)).all()
    for first in range(0, len(others), AT_ONCE):
        put_off(session, others[first : first + AT_ONCE], until, reason)


def known_by(session: Session, reason: str) -> tuple[int, datetime | None]:
    """How many letters were put off for this reason, and until when the last."""
    among = col(OutboxEntry.state).in_(WAITING), OutboxEntry.reason == reason
    found = session.exec(select(func.count(), func.max(OutboxEntry.due_at)).where(*among)).one()
    return found[0], found[1]


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
