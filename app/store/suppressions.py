"""Addresses never to mail again."""

from datetime import datetime

from sqlmodel import Session

from app.store.tables import Suppression


def add(session: Session, address: str, reason: str, now: datetime) -> None:
    """Suppress an address; the first reason stays."""
    if session.get(Suppression, address) is None:
        session.add(Suppression(address=address, reason=reason, since=now))
        session.flush()


def has(session: Session, address: str) -> bool:
    """Whether the address is suppressed."""
    return session.get(Suppression, address) is not None
