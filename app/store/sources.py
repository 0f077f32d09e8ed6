"""Where digests came from, and which ones were read."""

from sqlalchemy import func
from sqlmodel import Session, select

from app.store.tables import Digest, Entry, Source


def named(session: Session, name: str) -> Source:
    """Find a source by its name, or add it."""
    source = session.exec(select(Source).where(Source.name == name)).first()
    if source is None:
        source = Source(name=name)
        session.add(source)
        session.flush()
    return source


def digest_with(session: Session, fingerprint: str) -> Digest | None:
    """The stored digest that lists the same papers in the same order, if there is one."""
    return session.exec(select(Digest).where(Digest.fingerprint == fingerprint)).first()


def count_entries(session: Session) -> int:
    """How many entries all digests have together."""
    return session.exec(select(func.count()).select_from(Entry)).one()
