"""Sending a letter once more, because an operator was asked to."""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col

from app.store.tables import OutboxEntry, State

# What is waiting or held is on its way, and what was skipped has no letter.
SETTLED = (State.SENT, State.FAILED, State.SUPPRESSED)


def again(session: Session, entry_id: int, now: datetime) -> bool:
    """Put a settled letter back into the queue; False if it is not settled, or was never made.

    It goes out with the same Message-ID and bytes, so that mail programs can tell the copy. Whoever
    has left or is suppressed still gets nothing: the claim looks again.
    """
    anew = update(OutboxEntry).where(
        col(OutboxEntry.id) == entry_id,
        col(OutboxEntry.state).in_(SETTLED),
        col(OutboxEntry.letter_id).is_not(None),
    )
    values = {"state": State.READY, "due_at": now, "first_due_at": now, "settled_at": None}
    found = session.scalars(
        anew.values(**values).returning(col(OutboxEntry.id)),
        execution_options={"synchronize_session": False, "populate_existing": True},
    )
    return found.first() is not None
