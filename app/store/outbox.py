"""The outbox: one entry per subscriber, kind and edition, and the states it goes through.

A second sender is harmless: each step repeats in its WHERE the state it expects, and a step that
finds another state changes nothing and says so.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, insert, literal, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from app.store import tallies, unwanted
from app.store.tables import Letter, LetterKind, OutboxEntry, State

WAITING = (State.READY, State.DEFERRED)
HELD = (State.CLAIMED, State.IN_DATA)
# A server that takes every letter and hangs up before it says so would else mail it all day, and a
# sender that dies each time it is at one, too.
MOST_COPIES = 3
_ADD, _ADD_LETTER = insert(OutboxEntry), insert(Letter).returning(col(Letter.id))


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


def count_due(session: Session, now: datetime, most: int | None = None) -> int:
    """How many letters wait to be sent at `now`; it counts no further than `most`."""
    is_due = col(OutboxEntry.state).in_(WAITING), OutboxEntry.due_at <= now
    some = select(OutboxEntry.id).where(*is_due).limit(most).subquery()
    return session.exec(select(func.count()).select_from(some)).one()


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
