"""When a host may be asked: one question at a time and so many seconds apart, by all machines.

The word of a host that wants to be left alone is kept here too, so that it outlasts the process.
"""

from datetime import datetime, timedelta

from sqlalchemy import case, delete, or_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from app.store.tables import Host

NOW = timedelta(0)
# No host is waited for longer: what says otherwise was written by a clock that was set since.
LONGEST = timedelta(days=1, hours=1)


def take(
    session: Session, name: str, holder: str, gap: timedelta, lease: timedelta, now: datetime
) -> timedelta:
    """Begin a question, or else say how long to wait, at least, before trying again.

    gap: from this question to the next, see `give_back`. lease: after so long without a word from
    its holder a question counts as over. Two that ask at once never both begin: the UPDATE repeats
    the state that it expects.
    """
    row = _row(session, name, now)
    is_free = or_(col(Host.free_at) <= now, col(Host.free_at) > now + LONGEST)
    is_alone = or_(col(Host.held_until) <= now, col(Host.held_until) > now + LONGEST)
    begin = update(Host).where(col(Host.name) == name, is_free, is_alone)
    begin = begin.values(free_at=now + gap, held_until=now + lease, holder=holder)
    if session.scalars(begin.returning(col(Host.name))).first() is not None:
        session.expire(row)
        return NOW
    session.refresh(row)
    return max(row.free_at - now, min(row.held_until - now, gap), timedelta(milliseconds=1))


def give_back(
    session: Session, name: str, holder: str, now: datetime, gap: timedelta = NOW
) -> None:
    """The question is over; nothing happens where it counted as over already.

    The next one is a gap from here: when this one reached the host, only the host knows.
    """
    over = update(Host).where(col(Host.name) == name, col(Host.holder) == holder)
    later = case((col(Host.free_at) > now + gap, col(Host.free_at)), else_=now + gap)
    session.execute(over.values(held_until=now, holder="", free_at=later))


def rest(session: Session, name: str, until: datetime, now: datetime) -> None:
    """Leave the host alone until then; an earlier word for longer stands."""
    row = _row(session, name, now)
    row.free_at = max(row.free_at, min(until, now + LONGEST))
    session.add(row)
    session.flush()


def forget(session: Session, name: str) -> None:
    """As if it never was asked."""
    session.execute(delete(Host).where(col(Host.name) == name))


def free_at(session: Session, name: str) -> datetime | None:
    """When it may be asked again; None if it never was."""
    row = session.get(Host, name)
    return row.free_at if row else None


def _row(session: Session, name: str, now: datetime) -> Host:
    found = session.get(Host, name, populate_existing=True)
    if found is not None:
        return found
    try:
        with session.begin_nested():
            row = Host(name=name, free_at=now, held_until=now)
            session.add(row)
    except IntegrityError:  # another machine was first
        return session.get_one(Host, name)
    return row
