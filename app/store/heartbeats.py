"""When each part of the service was last at work."""

from datetime import datetime, timedelta

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, select

from app.store.tables import Heartbeat

SCHEDULER, RANKING, DELIVERY, SENDING = "scheduler", "ranking", "delivery", "sending"


def beat(session: Session, name: str, now: datetime) -> datetime | None:
    """Note that a part is at work now; return when it was before, None if never."""
    row = session.get(Heartbeat, name)
    before = row.at if row else None
    if row:
        row.at = now
        session.flush()
    else:
        put(session, name, now)
    return before


def put(session: Session, name: str, now: datetime) -> None:
    """The same without a look at what was before."""
    # Two programs may be the first at once; neither is to fail for it.
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if on_postgresql else sqlite.insert
    first = insert(Heartbeat).values(name=name, at=now)
    session.execute(first.on_conflict_do_update(index_elements=["name"], set_={"at": now}))


def advance(session: Session, name: str, now: datetime) -> datetime:
    """The same for a beat that only ever grows, whatever the clock does; return the new one."""
    # Two machines may do so at once: read together, the slower would set it back.
    row = session.get(Heartbeat, name, with_for_update=True, populate_existing=True)
    at = max(now, row.at + timedelta(microseconds=1)) if row else now
    beat(session, name, at)
    return at


def forget(session: Session, name: str) -> None:
    """As if it never was at work."""
    row = session.get(Heartbeat, name)
    if row is not None:
        session.delete(row)
        session.flush()


def latest(session: Session) -> dict[str, datetime]:
    """The last beat of each part that ever was at work."""
    return {row.name: row.at for row in session.exec(select(Heartbeat))}
