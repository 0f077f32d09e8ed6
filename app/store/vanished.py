"""Letters held by a sender that has vanished: they are taken up again."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, update
from sqlmodel import Session, col

from app.store import outbox, unwanted
from app.store.tables import OutboxEntry, State


def reclaim_stale(
    session: Session, now: datetime, lease: timedelta, *, holds_doubt: bool = False
) -> int:
    """Take up again what was held longer than the lease; return how many.

    One found in_data may have been delivered: it is counted as doubtful and sent once more, with
    the same Message-ID and bytes, so that no edition is lost. holds_doubt: see `outbox.hold`, which
    is where one that may have been delivered for the third time goes in any case.
    """
    stale = col(OutboxEntry.claimed_at) <= now - lease
    return _take_up(session, now, stale, stale, holds_doubt=holds_doubt)


def reclaim_of(
    session: Session, holder: str, now: datetime, since: datetime, *, holds_doubt: bool = False
) -> int:
    """The same for what a holder has left, who is known to be gone: that need not wait so long.

    since: what began to leave later than this stays with it, should it live after all. Of what it
    merely claimed it could then send nothing any more that somebody else sends: beginning asks for
    the state, and changes it.
    """
    of_holder = col(OutboxEntry.holder) == holder
    begun = and_(of_holder, col(OutboxEntry.claimed_at) <= since)
    return _take_up(session, now, begun, of_holder, holds_doubt=holds_doubt)


def _take_up(
    session: Session,
    now: datetime,
    begun: ColumnElement[bool],
    claimed: ColumnElement[bool],
    *,
    holds_doubt: bool,
) -> int:
    again = {"state": State.READY, "due_at": now, "doubtful": col(OutboxEntry.doubtful) + 1}
    gone = outbox.held_in_doubt(now) | {"reason": "its sender vanished while it was on its way"}
    in_data = update(OutboxEntry).where(col(OutboxEntry.state) == State.IN_DATA, begun)
    most = 0 if holds_doubt else outbox.MOST_COPIES - 1
    held = in_data.where(col(OutboxEntry.doubtful) >= most).values(**gone)
    doubt = in_data.values(**again)
    idle = update(OutboxEntry).where(col(OutboxEntry.state) == State.CLAIMED, claimed)
    idle = idle.values(state=State.READY, due_at=now)
    return sum(
        len(
            session.scalars(
                step.returning(col(OutboxEntry.id)), execution_options=unwanted.FRESH
            ).all()
        )
        for step in (held, doubt, idle)
    )
