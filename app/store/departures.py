"""The two steps of the outbox that every letter takes at the server's door.

They are the price of each letter, so they are taken for all letters at the door together, and their
statements are put together once.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple, cast

from sqlalchemy import Table, bindparam, func, or_, update
from sqlmodel import Session, col

from app.store import outbox, unwanted
from app.store.prepared import Prepared
from app.store.tables import OutboxEntry, State


class Sent(NamedTuple):
    """A letter the server took over, and its words."""

    entry_id: int
    at: datetime
    code: int
    reply: str


AT_ONCE = 128
_id, _state = col(OutboxEntry.id), col(OutboxEntry.state)
# Not by the mapper: nobody holds these rows, and it would cost more than the statement.
_TABLE = cast("Table", OutboxEntry.__table__)  # type: ignore[attr-defined]
# Not IN, which the driver cannot run for many rows at once.
_MAY_BE_SENT = or_(*(_state == state for state in (*outbox.HELD, *outbox.WAITING, State.IN_DOUBT)))
_SENT = Prepared(
    update(_TABLE)
    .where(_id == bindparam("entry_id"), _MAY_BE_SENT)
    .values(
        state=State.SENT,
        settled_at=bindparam("at"),
        code=bindparam("with_code"),
        reason=bindparam("reply"),
    )
)


@cache
def _begin(n: int) -> Prepared:
    """For so many entries: a list of any length would be put together anew each time."""
    among = _id.in_([bindparam(f"id{place}") for place in range(n)])
    # A bare column would tempt SQLite to walk through everything that is claimed.
    is_ours = func.coalesce(_state, _state) == State.CLAIMED
    begun = update(_TABLE).where(among, is_ours, ~unwanted.IS_SO)
    return Prepared(begun.values(state=State.IN_DATA, claimed_at=bindparam("now")).returning(_id))


def begin_data(session: Session, entry_ids: Sequence[int], now: datetime) -> set[int]:
    """Note that messages are about to leave; return whose claims are still ours.

    Those are left out whose reader left or paused since the claim, for a batch may take minutes.
    The lease starts anew: a letter late in its batch must not look abandoned while it is sent.
    """
    ours: set[int] = set()
    for start in range(0, len(entry_ids), AT_ONCE):
        ids = entry_ids[start : start + AT_ONCE]
        # Statements of a few lengths, the last place filled with the last again.
        n = 1 << (len(ids) - 1).bit_length()
        told = {f"id{place}": ids[min(place, len(ids) - 1)] for place in range(n)}
        ours |= set(_begin(n).run(session, told | {"now": now}).scalars())
    if left := [entry_id for entry_id in entry_ids if entry_id not in ours]:
        unwanted.take_out(session, left, [State.CLAIMED], now)
    return ours


def mark_sent(session: Session, sent: Sequence[Sent]) -> int:
    """The server took them over, even if a claim was thought lost by then; return how many."""
    told = (
        {"entry_id": each.entry_id, "at": each.at, "with_code": each.code, "reply": each.reply}
        for each in sent
    )
    return _SENT.run(session, *told).rowcount
