"""Where digests came from, and which ones were read."""

from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

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


def latest_digests(session: Session, limit: int) -> Sequence[tuple[Digest, str, int]]:
    """The digests read last, newest first: each with its source's name and how many entries."""
    n_entries = select(func.count()).where(Entry.digest_id == Digest.id).scalar_subquery()
    rows = select(Digest, Source.name, n_entries).join(Source)
    newest = rows.order_by(col(Digest.read_at).desc(), col(Digest.id).desc())
    return session.exec(newest.limit(limit)).all()


def count_entries(session: Session) -> int:
    """How many entries all digests have together."""
    return session.exec(select(func.count()).select_from(Entry)).one()
