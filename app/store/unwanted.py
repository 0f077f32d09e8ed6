"""Letters that wait, or are about to leave, and that nobody wants any more."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, or_, update
from sqlmodel import Session, col, select

from app.store.tables import Letter, LetterKind, OutboxEntry, State, Status, Subscriber, Suppression

# Letters that also somebody who gets no others may have asked for.
FOR_ANYBODY = (LetterKind.LINK, LetterKind.MOVED, LetterKind.ERASE)
# A row seen earlier in the session would else keep its old state.
FRESH = {"synchronize_session": False, "populate_existing": True}


def take_out(session: Session, ids: Sequence[int], states: Sequence[State], now: datetime) -> None:
    """Of these entries, suppress those whose reader left, paused or was suppressed meanwhile."""
    has_left = and_(
        col(Subscriber.status) == Status.UNSUBSCRIBED, col(OutboxEntry.kind).not_in(FOR_ANYBODY)
    )
    has_paused = and_(
        col(OutboxEntry.kind) == LetterKind.DAILY,
        col(Subscriber.paused_until) > col(OutboxEntry.edition_date),
    )
    reader = select(Subscriber.id).where(Subscriber.id == OutboxEntry.subscriber_id)
    suppressed = (
        select(Letter.id)
        .join(Suppression, col(Suppression.address) == col(Letter.recipient))
        .where(Letter.id == OutboxEntry.letter_id)
    )
    left = reader.where(has_left).exists(), "unsubscribed before it was sent"
    for unwanted, reason in (
        (reader.where(or_(has_left, has_paused)), case(left, else_="paused before it was sent")),
        (suppressed, "the address is suppressed"),
    ):
        stop = update(OutboxEntry).where(
            col(OutboxEntry.id).in_(ids), is_still(states), unwanted.exists()
        )
        session.execute(
            stop.values(state=State.SUPPRESSED, reason=reason, settled_at=now),
            execution_options=FRESH,
        )


def is_still(states: Sequence[State]) -> ColumnElement[bool]:
    """In one of these states; for a few ids."""
    # A bare column would tempt SQLite to walk through everything in these states.
    state = col(OutboxEntry.state)
    return func.coalesce(state, state).in_(states)
