"""The steps of the outbox that every letter takes: it is claimed, about to leave, and taken over.

They are the price of each letter, so they are taken for many letters together, and their statements
are put together once.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    BindParameter,
    Integer,
    Select,
    Table,
    UpdateBase,
    bindparam,
    func,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate
from sqlmodel import Session, col

from app.store import outbox, unwanted
from app.store.outbox import WAITING
from app.store.prepared import Prepared, PreparedByIds
from app.store.tables import LetterKind, OutboxEntry, State

Choose = Callable[[Session, Sequence[int], datetime], Sequence[int]]


class Claimed(NamedTuple):
    """What a sender needs of an entry it claimed, see OutboxEntry."""

    id: int
    subscriber_id: int
    letter_id: int | None
    kind: LetterKind
    due_at: datetime
    first_due_at: datetime
    attempts: int
    doubtful: int
    claimed_at: datetime


class Sent(NamedTuple):
    """A letter the server took over, and its words."""

    entry_id: int
    at: datetime
    code: int
    reply: str


# Not by the mapper, where rows are many and are only read.
_TABLE = cast("Table", OutboxEntry.__table__)  # type: ignore[attr-defined]
_id, _state = col(OutboxEntry.id), col(OutboxEntry.state)
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


def claim_due(
    session: Session, now: datetime, limit: int, choose: Choose | None = None, holder: str = ""
) -> Sequence[Claimed]:
    """Mark up to `limit` waiting entries due at `now` as claimed, and return them.

    Two senders never get the same entry. Who left, paused or was suppressed in the meantime is
    taken out in the same transaction. Costs as much as the answer is long, and no more.
    choose: which of the oldest to claim; if it chooses none, it must put all of them off.
    holder: who they are to be freed with, see `vanished.reclaim_of`.
    """
    while ids := _oldest(session, now, limit):
        if choose:  # it is asked for none that nobody wants: it may count what it lets go
            unwanted.take_out(session, ids, WAITING, now)
        claimed = _claim(session, choose(session, ids, now) if choose else ids, now, holder)
        if not choose and len(claimed) < len(ids):
            unwanted.take_out(session, ids, WAITING, now)
        if claimed:
            return claimed
    return []


def _oldest(session: Session, now: datetime, limit: int) -> Sequence[int]:
    return session.scalars(_OLDEST, {"now": now, "limit": limit}).all()


def _select_oldest() -> Select[int]:
    # The index holds each state in the order of its due moments, but not the two together.
    key, limit = (col(OutboxEntry.id), col(OutboxEntry.due_at)), bindparam("limit", type_=Integer)
    by_state = [
        select(*key)
        .where(col(OutboxEntry.state) == state, col(OutboxEntry.due_at) <= bindparam("now"))
        .order_by(key[1], key[0])
        .limit(limit)
        .subquery()
        for state in WAITING
    ]
    either = union_all(*(select(each.c.id, each.c.due_at) for each in by_state)).subquery()
    return select(either.c.id).order_by(either.c.due_at, either.c.id).limit(limit)


def _update_claimed() -> ReturningUpdate[Any]:
    ids = col(OutboxEntry.id).in_(bindparam("ids", expanding=True))
    wanted = select(col(OutboxEntry.id)).where(ids, unwanted.is_still(WAITING), ~unwanted.IS_SO)
    # PostgreSQL: pass by what another sender is about to claim. SQLite has one writer at a time.
    free = col(OutboxEntry.id).in_(wanted.with_for_update(skip_locked=True))
    attempts = col(OutboxEntry.attempts) + 1
    held = update(_TABLE).where(free).values(claimed_at=bindparam("now"), holder=bindparam("by"))
    told = (_TABLE.c[name] for name in Claimed._fields)
    return held.values(state=State.CLAIMED, attempts=attempts).returning(*told)


# Put together once: that takes longer than they run.
_OLDEST, _CLAIM = _select_oldest(), _update_claimed()


def _claim(session: Session, ids: Sequence[int], now: datetime, holder: str) -> list[Claimed]:
    told = {"ids": list(ids), "now": now, "by": holder}
    claimed = map(Claimed._make, session.connection().execute(_CLAIM, told))
    return sorted(claimed, key=attrgetter("due_at", "id"))


def _begin(ids: list[BindParameter[int]]) -> UpdateBase:
    # A bare column would tempt SQLite to walk through everything that is claimed.
    is_ours = func.coalesce(_state, _state) == State.CLAIMED
    by_us = col(OutboxEntry.holder) == bindparam("by")
    begun = update(_TABLE).where(_id.in_(ids), is_ours, by_us, ~unwanted.IS_SO)
    return begun.values(state=State.IN_DATA, claimed_at=bindparam("now")).returning(_id)


_BEGIN = PreparedByIds(_begin)


def begin_data(
    session: Session, entry_ids: Sequence[int], now: datetime, holder: str = ""
) -> set[int]:
    """Note that messages are about to leave; return whose claims are still the holder's.

    Those are left out whose reader left or paused since the claim, for a batch may take minutes.
    The lease starts anew: a letter late in its batch must not look abandoned while it is sent.
    """
    ours = {entry_id for (entry_id,) in _BEGIN.rows(session, entry_ids, now=now, by=holder)}
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
