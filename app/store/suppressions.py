"""Addresses never to mail again, why, and since when."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from app.store.tables import Suppression

# Put together once: that takes longer than it runs.
_HAS = select(Suppression.address).where(col(Suppression.address) == bindparam("whose"))


def add(session: Session, address: str, reason: str, now: datetime) -> bool:
    """Suppress an address; False where it was already, and then the first reason stays."""
    if session.get(Suppression, address) is not None:
        return False
    session.add(Suppression(address=address, reason=reason, since=now))
    session.flush()
    return True


def has(session: Session, address: str) -> bool:
    """Whether the address is suppressed."""
    return session.connection().execute(_HAS, {"whose": address}).first() is not None


def of_address(session: Session, address: str) -> Suppression | None:
    """Why and since when an address is suppressed, if it is."""
    return session.get(Suppression, address)


def all_of(session: Session) -> Sequence[Suppression]:
    """Every suppressed address, the latest first."""
    newest = col(Suppression.since).desc(), col(Suppression.address)
    return session.exec(select(Suppression).order_by(*newest)).all()


def lift(session: Session, address: str) -> bool:
    """Let an address be mailed again; False if it was not suppressed."""
    row = session.get(Suppression, address)
    if row is not None:
        session.delete(row)
        session.flush()
    return row is not None
