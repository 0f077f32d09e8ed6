"""The outbox: one entry per subscriber, kind and edition, and the states it goes through.

A second sender is harmless: each step repeats in its WHERE the state it expects, and a step that
finds another state changes nothing and says so.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import (
    Integer,
    Select,
    bindparam,
    delete,
    func,
    insert,
    literal,
    union_all,
    update,
)
from sqlalchemy import select as any_select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.dml import ReturningUpdate
from sqlmodel import Session, col, select

from app.store import tallies, unwanted
from app.store.tables import Letter, LetterKind, OutboxEntry, State

WAITING = (State.READY, State.DEFERRED)
HELD = (State.CLAIMED, State.IN_DATA)
# A server that takes every letter and hangs up before it says so would else mail it all day, and a
# sender that dies each time it is at one, too.
MOST_COPIES = 3
Choose = Callable[[Session, Sequence[int], datetime], Sequence[int]]


def add(session: Session, entry: OutboxEntry) -> bool:
    """Store an entry; False if the subscriber has one of this kind and edition already."""
    try:
        with session.begin_nested():
            session.add(entry)
    except IntegrityError:
        return False
    return True


def queue(session: Session, letter: Letter, due_at: datetime) -> None:
    """Store a letter, and an entry to be sent from `due_at` on; none of its edition may exist.

    In the two statements this takes: so many letters are asked for in a flood of sign-ups.
    """
    connection = session.connection()
    letter_id = connection.execute(_ADD_LETTER, letter.model_dump(exclude={"id"})).scalar_one()
    entry = {
        "subscriber_id": letter.subscriber_id,
        "kind": letter.kind,
        "edition_date": letter.edition_date,
        "letter_id": letter_id,
        "state": State.READY,
        "due_at": due_at,
        "first_due_at": due_at,
    }
    connection.execute(_ADD, entry)


def of_edition(
    session: Session, subscriber_id: int, day: date, kind: LetterKind = LetterKind.DAILY
) -> OutboxEntry | None:
    """What became of one subscriber's edition."""
    rows = select(OutboxEntry).where(
        OutboxEntry.subscriber_id == subscriber_id,
        OutboxEntry.edition_date == day,
        OutboxEntry.kind == kind,
    )
    return session.exec(rows).first()


def subscribers_with(
    session: Session, days: Collection[date], among: Collection[int] | None = None
) -> set[tuple[int, date]]:
    """Which (subscriber, edition) of these days have their daily entry already.

    among: only these subscribers, a shard of them at most.
    """
    rows = select(col(OutboxEntry.subscriber_id), col(OutboxEntry.edition_date)).where(
        OutboxEntry.kind == LetterKind.DAILY, col(OutboxEntry.edition_date).in_(days)
    )
    if among is not None:
        rows = rows.where(col(OutboxEntry.subscriber_id).in_(among))
    return set(session.exec(rows).all())


def of_subscriber(session: Session, subscriber_id: int) -> Sequence[OutboxEntry]:
    """Everything that was ever to be mailed to one subscriber, latest first."""
    rows = select(OutboxEntry).where(OutboxEntry.subscriber_id == subscriber_id)
    newest = rows.order_by(col(OutboxEntry.edition_date).desc(), col(OutboxEntry.id).desc())
    return session.exec(newest).all()


def forget(session: Session, entry: OutboxEntry) -> bool:
    """Remove a settled or waiting entry with its letter; False while a sender holds it."""
    if entry.state in HELD:
        return False
    session.delete(entry)
    session.flush()
    session.exec(delete(Letter).where(col(Letter.id) == entry.letter_id))
    return True


def claim_due(
    session: Session, now: datetime, limit: int, choose: Choose | None = None, holder: str = ""
) -> Sequence[OutboxEntry]:
    """Mark up to `limit` waiting entries due at `now` as claimed, and return them.

    Two senders never get the same entry. Who left, paused or was suppressed in the meantime is
    taken out first, in the same transaction. Costs as much as the answer is long, and no more.
    choose: which of the oldest to claim; if it chooses none, it must put all of them off.
    holder: who they are to be freed with, see `vanished.reclaim_of`.
    """
    while ids := _oldest(session, now, limit):
        unwanted.take_out(session, ids, WAITING, now)
        chosen = choose(session, ids, now) if choose else ids
        if claimed := _claim(session, chosen, now, holder):
            return claimed
    return []


def _oldest(session: Session, now: datetime, limit: int) -> Sequence[int]:
    return session.scalars(_OLDEST, {"now": now, "limit": limit}).all()


def _select_oldest() -> Select[int]:
    # The index holds each state in the order of its due moments, but not the two together.
    key, limit = (col(OutboxEntry.id), col(OutboxEntry.due_at)), bindparam("limit", type_=Integer)
    by_state = [
        any_select(*key)
        .where(col(OutboxEntry.state) == state, col(OutboxEntry.due_at) <= bindparam("now"))
        .order_by(key[1], key[0])
        .limit(limit)
        .subquery()
        for state in WAITING
    ]
    either = union_all(*(any_select(each.c.id, each.c.due_at) for each in by_state)).subquery()
    return any_select(either.c.id).order_by(either.c.due_at, either.c.id).limit(limit)


def _update_claimed() -> ReturningUpdate[OutboxEntry]:
    ids = col(OutboxEntry.id).in_(bindparam("ids", expanding=True))
    # PostgreSQL: pass by what another sender is about to claim. SQLite has one writer at a time.
    free = any_select(col(OutboxEntry.id)).where(ids, unwanted.is_still(WAITING))
    claim = update(OutboxEntry).where(
        col(OutboxEntry.id).in_(free.with_for_update(skip_locked=True))
    )
    attempts = col(OutboxEntry.attempts) + 1
    held = claim.values(claimed_at=bindparam("now"), holder=bindparam("holder"))
    return held.values(state=State.CLAIMED, attempts=attempts).returning(OutboxEntry)


# Put together once: that takes longer than they run.
_OLDEST, _CLAIM = _select_oldest(), _update_claimed()
_ADD, _ADD_LETTER = insert(OutboxEntry), insert(Letter).returning(col(Letter.id))


def _claim(
    session: Session, ids: Sequence[int], now: datetime, holder: str
) -> Sequence[OutboxEntry]:
    told = {"ids": list(ids), "now": now, "holder": holder}
    claimed = session.scalars(_CLAIM, told, execution_options=unwanted.FRESH)
    return sorted(claimed, key=lambda entry: (entry.due_at, entry.id or 0))


def defer(
    session: Session,
    entry_id: int,
    until: datetime,
    code: int,
    reply: str,
    *,
    doubtful: bool = False,
) -> bool:
    """Not taken this time: due again at `until`. doubtful: it may have arrived all the same."""
    count = col(OutboxEntry.doubtful) + int(doubtful)
    return _step(
        session,
        entry_id,
        HELD,
        {
            "state": State.DEFERRED,
            "due_at": until,
            "code": code,
            "reason": reply,
            "doubtful": count,
        },
    )


def fail(
    session: Session,
    entry_id: int,
    now: datetime,
    code: int,
    reply: str,
    *,
    doubtful: bool = False,
) -> bool:
    """Refused for good, or given up. doubtful: the last attempt may have arrived all the same."""
    return _step(
        session,
        entry_id,
        HELD,
        {
            "state": State.FAILED,
            "settled_at": now,
            "code": code,
            "reason": reply,
            "doubtful": col(OutboxEntry.doubtful) + int(doubtful),
        },
    )


def hold(session: Session, entry_id: int, now: datetime, reply: str) -> bool:
    """It may have arrived: neither sent again nor given up before the operator says so."""
    return _step(session, entry_id, HELD, held_in_doubt(now) | {"code": 0, "reason": reply})


def held_in_doubt(now: datetime) -> dict[str, object]:
    count = col(OutboxEntry.doubtful) + 1
    return {"state": State.IN_DOUBT, "settled_at": now, "doubtful": count}


def count_due(session: Session, now: datetime) -> int:
    """How many letters wait to be sent at `now`."""
    due = select(func.count()).where(col(OutboxEntry.state).in_(WAITING), OutboxEntry.due_at <= now)
    return session.exec(due).one()


def any_due(session: Session, now: datetime) -> bool:
    """Whether a letter waits to be sent at `now`."""
    is_due = col(OutboxEntry.state).in_(WAITING), OutboxEntry.due_at <= now
    return session.exec(select(OutboxEntry.id).where(*is_due).limit(1)).first() is not None


def expire(session: Session, now: datetime, after: timedelta) -> int:
    """Give up waiting entries that were first due longer ago than `after`; return how many."""
    old = update(OutboxEntry).where(
        col(OutboxEntry.state).in_(WAITING), col(OutboxEntry.first_due_at) <= now - after
    )
    last_words = func.coalesce(
        func.nullif(col(OutboxEntry.reason), ""), "no sender got to it in time"
    )
    given_up = old.values(
        state=State.FAILED, settled_at=now, reason=literal("given up: ") + last_words
    )
    found = session.scalars(
        given_up.returning(col(OutboxEntry.id)), execution_options=unwanted.FRESH
    )
    return len(found.all())


def _step(
    session: Session, entry_id: int, expected: State | Sequence[State], values: dict[str, object]
) -> bool:
    states = [expected] if isinstance(expected, State) else list(expected)
    change = update(OutboxEntry).where(
        col(OutboxEntry.id) == entry_id, col(OutboxEntry.state).in_(states)
    )
    found = session.scalars(
        change.values(**values).returning(col(OutboxEntry.id)), execution_options=unwanted.FRESH
    )
    return found.first() is not None


def count_by_state(session: Session, day: date | None = None) -> dict[State, int]:
    """How many entries are in each state, of one edition or of all, those folded since included."""
    counts = select(OutboxEntry.state, func.count()).group_by(col(OutboxEntry.state))
    if day is not None:
        counts = counts.where(OutboxEntry.edition_date == day)
    found = tallies.total(session, tallies.Kind.DAILY, tallies.Kind.OTHER, day=day)
    found.update(dict(session.exec(counts).all()))
    return {State(state): n for state, n in found.items()}
