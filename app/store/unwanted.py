"""Letters that wait, or are about to leave, and that nobody wants any more."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Update,
    and_,
    bindparam,
    case,
    func,
    or_,
    update,
)
from sqlmodel import Session, col, select

from app.store.tables import Letter, LetterKind, OutboxEntry, State, Status, Subscriber, Suppression

# Letters that also somebody who gets no others may have asked for.
FOR_ANYBODY = (LetterKind.LINK, LetterKind.MOVED, LetterKind.ERASE)
# A row seen earlier in the session would else keep its old state.
FRESH = {"synchronize_session": False, "populate_existing": True}


# Not IN: its values would be put into the statement anew each time it runs.
_HAS_LEFT = and_(
    col(Subscriber.status) == Status.UNSUBSCRIBED,
    *(col(OutboxEntry.kind) != kind for kind in FOR_ANYBODY),
)
_HAS_PAUSED = and_(
    col(OutboxEntry.kind) == LetterKind.DAILY,
    col(Subscriber.paused_until) > col(OutboxEntry.edition_date),
)
_READER = select(Subscriber.id).where(Subscriber.id == OutboxEntry.subscriber_id)
_GONE = _READER.where(or_(_HAS_LEFT, _HAS_PAUSED)).exists()
_SUPPRESSED = (
    select(Letter.id)
    .join(Suppression, col(Suppression.address) == col(Letter.recipient))
    .where(Letter.id == OutboxEntry.letter_id)
    .exists()
)
# That nobody wants a letter any more.
IS_SO = or_(_GONE, _SUPPRESSED)
_LEFT_OR_PAUSED = case(
    (_READER.where(_HAS_LEFT).exists(), "unsubscribed before it was sent"),
    else_="paused before it was sent",
)


def is_still(states: Sequence[State] | BindParameter[State]) -> ColumnElement[bool]:
    """In one of these states; for a few ids."""
    # A bare column would tempt SQLite to walk through everything in these states.
    state = col(OutboxEntry.state)
    return func.coalesce(state, state).in_(states)


def _stop(why: ColumnElement[bool], reason: object) -> Update:
    among = is_still(bindparam("states", expanding=True))
    stopped = update(OutboxEntry).where(col(OutboxEntry.id).in_(bindparam("ids")), among, why)
    return stopped.values(state=State.SUPPRESSED, reason=reason, settled_at=bindparam("now"))


# Put together once: that takes longer than they run.
_STOPS = _stop(_GONE, _LEFT_OR_PAUSED), _stop(_SUPPRESSED, "the address is suppressed")


def take_out(session: Session, ids: Sequence[int], states: Sequence[State], now: datetime) -> None:
    """Of these entries, suppress those whose reader left, paused or was suppressed meanwhile."""
    told = {"ids": list(ids), "states": list(states), "now": now}
    for stop in _STOPS:
        session.execute(stop, told, execution_options=FRESH)
