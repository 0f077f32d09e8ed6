"""Limits that hold over all processes: so many acts of one name within a time."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from app.store import turns
from app.store.tables import Permit

# The longest time any limit looks back.
KEPT_FOR = timedelta(days=31)


def take(session: Session, name: str, limit: int, per: timedelta, now: datetime) -> bool:
    """Permit one more act, and remember it, unless `limit` of this name fell into the last `per`.

    Exact for every window of that length; an act refused is not remembered.
    """
    turns.wait(session, name)
    if count(session, name, per, now) >= limit:
        return False
    session.add(Permit(name=name, at=now))
    session.flush()
    return True


def book(
    session: Session, name: str, limit: int, per: timedelta, now: datetime, latest: datetime
) -> datetime | None:
    """Reserve the first moment, from `now` on, at which one more act of this name has room.

    None, and nothing is reserved, where that were after `latest`. As exact as `take`.
    """
    turns.wait(session, name)
    newest = select(Permit.at).where(Permit.name == name).order_by(col(Permit.at).desc())
    earlier = session.exec(newest.offset(limit - 1).limit(1)).first()
    at = now if earlier is None else max(now, earlier + per)
    if at > latest:
        return None
    session.add(Permit(name=name, at=at))
    session.flush()
    return at


def note(session: Session, name: str, now: datetime) -> None:
    """Remember an act that nobody asked leave for."""
    session.add(Permit(name=name, at=now))
    session.flush()


def count(session: Session, name: str, per: timedelta, now: datetime) -> int:
    """How many acts of this name were permitted in the last `per`."""
    rows = select(func.count()).where(Permit.name == name, Permit.at > now - per)
    return session.exec(rows).one()


def forget(session: Session, before: datetime) -> int:
    """Remove what no limit looks at any more; return how many."""
    old = delete(Permit).where(col(Permit.at) < before).returning(col(Permit.id))
    return len(session.scalars(old, execution_options={"synchronize_session": False}).all())
