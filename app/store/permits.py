"""Limits that hold over all processes: so many acts of one name within a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Integer, String, bindparam, delete, func, insert, select
from sqlalchemy.sql.dml import ReturningInsert
from sqlmodel import Session, col

from app.store import turns
from app.store.tables import Permit

# The longest time any limit looks back.
KEPT_FOR = timedelta(days=31)

# Statements are put together once: that takes longer than they run, and a flood asks for many.
_AT = Permit.metadata.tables["permit"].c.at.type
_NAMED = col(Permit.name) == bindparam("called", type_=String)
_SINCE = _NAMED, col(Permit.at) > bindparam("since")
_COUNT = select(func.count()).where(*_SINCE)
_MOMENTS = select(col(Permit.at)).where(*_SINCE)
_NTH_NEWEST = (
    select(col(Permit.at))
    .where(_NAMED)
    .order_by(col(Permit.at).desc())
    .offset(bindparam("n", type_=Integer))
    .limit(1)
)
_NOTE = insert(Permit)


def _insert_with_room() -> ReturningInsert[tuple[int]]:
    called, at = bindparam("called", type_=String), bindparam("now", type_=_AT)
    has_room = _COUNT.scalar_subquery() < bindparam("most", type_=Integer)
    row = select(called, at).where(has_room)
    return insert(Permit).from_select(["name", "at"], row).returning(col(Permit.id))


_TAKE = _insert_with_room()


def take(session: Session, name: str, limit: int, per: timedelta, now: datetime) -> bool:
    """Permit one more act, and remember it, unless `limit` of this name fell into the last `per`.

    Exact for every window of that length; an act refused is not remembered.
    """
    turns.wait(session, name)
    asked = {"called": name, "since": now - per, "now": now, "most": limit}
    return session.connection().execute(_TAKE, asked).first() is not None


def book(
    session: Session,
    name: str,
    limit: int,
    per: timedelta,
    now: datetime,
    latest: datetime,
    beside: Sequence[str] = (),
) -> datetime | None:
    """Reserve the first moment, from `now` on, at which one more act of this name has room.

    None, and nothing is reserved, where that were after `latest`. As exact as `take`.
    beside: names under which the act is remembered, too, whatever their limits.
    """
    turns.wait(session, name)
    asked = {"called": name, "n": limit - 1}
    earlier = session.connection().execute(_NTH_NEWEST, asked).scalar()
    at = now if earlier is None else max(now, earlier + per)
    if at > latest:
        return None
    session.connection().execute(_NOTE, [{"name": each, "at": at} for each in (name, *beside)])
    return at


def note(session: Session, name: str, now: datetime) -> None:
    """Remember an act that nobody asked leave for."""
    session.connection().execute(_NOTE, {"name": name, "at": now})


def count(session: Session, name: str, per: timedelta, now: datetime) -> int:
    """How many acts of this name were permitted in the last `per`."""
    asked = {"called": name, "since": now - per}
    return session.connection().execute(_COUNT, asked).scalar_one()


def moments(session: Session, name: str, per: timedelta, now: datetime) -> Sequence[datetime]:
    """When they were, as it stands until this transaction ends."""
    turns.wait(session, name)
    asked = {"called": name, "since": now - per}
    return session.connection().execute(_MOMENTS, asked).scalars().all()


def forget(session: Session, before: datetime) -> int:
    """Remove what no limit looks at any more; return how many."""
    old = delete(Permit).where(col(Permit.at) < before).returning(col(Permit.id))
    return len(session.scalars(old, execution_options={"synchronize_session": False}).all())
