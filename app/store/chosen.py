"""The sources that the operator named on their pages."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from app.store import sources
from app.store.tables import ChosenSource


def all_of(session: Session) -> Sequence[ChosenSource]:
    """In the order in which they were named."""
    rows = select(ChosenSource).order_by(col(ChosenSource.at), col(ChosenSource.name))
    return session.exec(rows).all()


def names(session: Session) -> list[str]:
    """Those that are to be read, without the paused ones."""
    return [row.name for row in all_of(session) if not row.paused]


def add(session: Session, name: str, now: datetime) -> bool:
    """Name one more; False if it is there already."""
    if session.get(ChosenSource, name) is not None:
        return False
    session.add(ChosenSource(name=name, at=now))
    session.flush()
    return True


def pause(session: Session, name: str, *, paused: bool) -> bool:
    """Ask it no more for now, or again; False where that changes nothing."""
    row = session.get(ChosenSource, name)
    if row is None or row.paused == paused:
        return False
    row.paused = paused
    session.add(row)
    sources.lay_aside(session, name)
    return True


def remove(session: Session, name: str) -> bool:
    """Ask it no more; what it brought stays. False if it is not there."""
    row = session.get(ChosenSource, name)
    if row is None:
        return False
    session.delete(row)
    sources.lay_aside(session, name)
    return True
