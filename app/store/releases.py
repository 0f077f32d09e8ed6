"""Claims given back by those who did not send them; the attempt does not count."""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, TextClause, and_, text, update
from sqlmodel import Session, col

from app.store import outbox, queue, unwanted
from app.store.tables import OutboxEntry, State

_IS_CLAIMED = col(OutboxEntry.state) == State.CLAIMED


def release(session: Session, entry_ids: Sequence[int], unsent_by: str = "") -> int:
    """Give some entries back untouched; return how many were still to be given back.

    unsent_by: their holder, who knows that nothing of them left, whatever was stored of it.
    """
    held = col(OutboxEntry.state).in_(outbox.HELD)
    is_unsent = and_(held, col(OutboxEntry.holder) == unsent_by) if unsent_by else _IS_CLAIMED
    return _give_back(session, col(OutboxEntry.id).in_(entry_ids), is_unsent)


def release_of(session: Session, holder: str) -> int:
    """All that a holder claims, and may not know of; return how many."""
    return _give_back(session, _IS_CLAIMED, col(OutboxEntry.holder) == holder)


def release_ended(session: Session) -> None:
    """What tasks claimed and did not give back before they ended; on PostgreSQL.

    They were not told: the database went away after it had kept the claim.
    """
    _give_back(session, _IS_CLAIMED, text(queue.HOLDER_HAS_ENDED))


def _give_back(session: Session, *which: ColumnElement[bool] | TextClause) -> int:
    attempts = col(OutboxEntry.attempts) - 1
    back = update(OutboxEntry).where(*which).values(state=State.READY, attempts=attempts)
    given = session.execute(back, execution_options=unwanted.FRESH)
    return cast("CursorResult[Any]", given).rowcount
