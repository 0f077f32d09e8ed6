"""The two steps of the outbox that every letter takes at the server's door.

They are the price of each letter, so they are taken for all letters at the door together, and their
statements are put together once.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, cast

from sqlalchemy import Table, bindparam, or_, update
from sqlmodel import Session, col

from app.store import outbox, unwanted
from app.store.tables import OutboxEntry, State


class Sent(NamedTuple):
    """A letter the server took over, and its words."""

    entry_id: int
    at: datetime
    code: int
    reply: str


_id, _state = col(OutboxEntry.id), col(OutboxEntry.state)
# Not by the mapper: nobody holds these rows, and it would cost more than the statement.
_TABLE = cast("Table", OutboxEntry.__table__)  # type: ignore[attr-defined]
_BEGIN = (
    update(_TABLE)
    .where(_id.in_(bindparam("ids", expanding=True)), _state == State.CLAIMED, ~unwanted.IS_SO)
    .values(state=State.IN_DATA, claimed_at=bindparam("now"))
    .returning(_id)
)
# Not IN, which the driver cannot run for many rows at once.
_MAY_BE_SENT = or_(*(_state == state for state in (*outbox.HELD, *outbox.WAITING, State.IN_DOUBT)))
_SENT = (
    update(_TABLE)
    .where(_id == bindparam("entry_id"), _MAY_BE_SENT)
    .values(
        state=State.SENT,
        settled_at=bindparam("at"),
        code=bindparam("with_code"),
        reason=bindparam("reply"),
    )
)


def begin_data(session: Session, entry_ids: Sequence[int], now: datetime) -> set[int]:
    """Note that messages are about to leave; return whose claims are still ours.

    Those are left out whose reader left or paused since the claim, for a batch may take minutes.
    The lease starts anew: a letter late in its batch must not look abandoned while it is sent.
    """
    begun = session.connection().execute(_BEGIN, {"ids": list(entry_ids), "now": now})
    ours = {entry_id for entry_id in begun.scalars() if entry_id is not None}
    if left := [entry_id for entry_id in entry_ids if entry_id not in ours]:
        unwanted.take_out(session, left, [State.CLAIMED], now)
    return ours


def mark_sent(session: Session, sent: Sequence[Sent]) -> int:
    """The server took them over, even if a claim was thought lost by then; return how many."""
    rows = [
        {"entry_id": each.entry_id, "at": each.at, "with_code": each.code, "reply": each.reply}
        for each in sent
    ]
    return session.connection().execute(_SENT, rows).rowcount
