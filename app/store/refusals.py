"""Refusals of the sender that any machine met lately, so that all of them count together.

A row of the heartbeats each, of which every process keeps its last few: they are rare, and letters
that are not refused cost nothing here.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func
from sqlmodel import Session, col, select

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


def note(session: Session, process: str, nth: int, now: datetime) -> None:
    """One more. nth: of this process; a number given again takes the place of the one before."""
    heartbeats.put(session, f"{NAME}{process}/{nth}", now)
    _forget(session, _ROW, col(Heartbeat.at) < now - KEPT)


def lately(session: Session, now: datetime, most: int) -> Lately:
    """The newest refusals, at most so many."""
    newest = select(Heartbeat).where(_ROW).order_by(col(Heartbeat.at).desc()).limit(most)
    rows = session.exec(newest).all()
    processes = {row.name.removeprefix(NAME).partition("/")[0] for row in rows}
    return Lately(len(rows), min((row.at for row in rows), default=now), len(processes))


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
