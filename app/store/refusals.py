"""Refusals of the sender that any machine met lately, so that all of them count together.

A row of the heartbeats each, of which every process keeps its last few: they are rare, and letters
that are not refused cost nothing here.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from app.store import heartbeats
from app.store.tables import Heartbeat, OutboxEntry, State

NAME = "refused/"
_ROW = col(Heartbeat.name).startswith(NAME, autoescape=True)
# Letters that were due longer before they went are not looked for, as only that is indexed.
LATE = timedelta(days=1)
# Processes come and go, and each leaves its own behind.
KEPT = timedelta(days=30)


class Lately(NamedTuple):
    """The newest of all machines. since: when the oldest of them was. n_processes: who met them."""

    n: int
    since: datetime
    n_processes: int


def note(session: Session, process: str, refused: str, now: datetime, most: int) -> None:
    """One more. refused: what it is known by, to all processes. Of each they keep the newest."""
    own = f"{NAME}{process}/"
    heartbeats.put(session, f"{own}{refused}", now)
    _forget(session, _ROW, col(Heartbeat.at) < now - KEPT)
    newest = _newest().where(col(Heartbeat.name).startswith(own, autoescape=True))
    if older := [row.name for row in session.exec(newest.offset(most))]:
        _forget(session, col(Heartbeat.name).in_(older))


def lately(session: Session, now: datetime, most: int) -> Lately:
    """The newest refusals, at most so many, of all that are known by the same the newest."""
    known: dict[str, tuple[str, datetime]] = {}
    for row in session.exec(_newest()):
        process, _, refused = row.name.removeprefix(NAME).partition("/")
        if len(known) < most:
            known.setdefault(refused, (process, row.at))
    processes = {process for process, _ in known.values()}
    return Lately(len(known), min((at for _, at in known.values()), default=now), len(processes))


def _newest() -> SelectOfScalar[Heartbeat]:
    return select(Heartbeat).where(_ROW).order_by(col(Heartbeat.at).desc())


def n_sent(session: Session, since: datetime, most: int) -> int:
    """How many letters a server has taken since a moment, at most so many and one."""
    sent, due_at = OutboxEntry.state == State.SENT, col(OutboxEntry.due_at)
    since_then = due_at >= since - LATE, col(OutboxEntry.settled_at) >= since
    some = select(OutboxEntry.id).where(sent, *since_then).limit(most + 1).subquery()
    return session.exec(select(func.count()).select_from(some)).one()


def forget(session: Session) -> None:
    """Count anew. What another is just noting stays: to wait for it would be to hold it up."""
    _forget(session, _ROW)


def _forget(session: Session, *which: ColumnElement[bool]) -> None:
    free = select(Heartbeat.name).where(*which).with_for_update(skip_locked=True)
    session.execute(delete(Heartbeat).where(col(Heartbeat.name).in_(free)))
