"""What came back: bounces and complaints, each told once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from app.store.tables import Bounce, BounceKind, OutboxEntry, State


def add(session: Session, bounce: Bounce) -> bool:
    """Store a bounce; False if its report was stored before."""
    try:
        with session.begin_nested():
            session.add(bounce)
    except IntegrityError:
        return False
    return True


def of_subscriber(session: Session, subscriber_id: int) -> Sequence[Bounce]:
    """Everything of one subscriber that came back, latest first."""
    rows = select(Bounce).where(Bounce.subscriber_id == subscriber_id)
    return session.exec(rows.order_by(col(Bounce.at).desc(), col(Bounce.id).desc())).all()


def soft_since(session: Session, subscriber_id: int, after: datetime | None) -> list[datetime]:
    """When letters bounced softly, after a moment or ever: each letter's first time, in order."""
    once = func.coalesce(Bounce.letter_id, -col(Bounce.id))
    rows = select(func.min(Bounce.at).label("at")).where(
        Bounce.subscriber_id == subscriber_id, Bounce.kind == BounceKind.SOFT
    )
    if after is not None:
        rows = rows.where(col(Bounce.at) > after)
    return sorted(session.exec(rows.group_by(once)).all())


def last_arrival(session: Session, subscriber_id: int, until: datetime) -> datetime | None:
    """When the last letter was sent that had not come back by now, of those sent up to `until`."""
    came_back = select(Bounce.id).where(Bounce.letter_id == OutboxEntry.letter_id).exists()
    sent = select(func.max(OutboxEntry.settled_at)).where(
        OutboxEntry.subscriber_id == subscriber_id,
        OutboxEntry.state == State.SENT,
        col(OutboxEntry.settled_at) <= until,
        ~came_back,
    )
    return session.exec(sent).one()


def forget_letter(session: Session, letter_id: int) -> None:
    """Let a letter be deleted; that something came back stays known."""
    of_it = update(Bounce).where(col(Bounce.letter_id) == letter_id)
    session.exec(of_it.values(letter_id=None))


def forget_soft(session: Session, subscriber_id: int) -> None:
    """Begin counting anew."""
    theirs = delete(Bounce).where(col(Bounce.subscriber_id) == subscriber_id)
    session.exec(theirs.where(col(Bounce.kind) == BounceKind.SOFT))
