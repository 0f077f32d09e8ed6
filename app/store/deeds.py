"""What operators did on the pages, for those who ask later."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from app.store.tables import Deed


def add(
    session: Session, now: datetime, who: str, action: str, subject: str = "", detail: str = ""
) -> None:
    """Write down a deed. subject: what it was done to, such as "subscriber 7"; no address."""
    session.add(Deed(at=now, who=who, action=action, subject=subject, detail=detail))
    session.flush()


def latest(session: Session, limit: int, start: int = 0) -> Sequence[Deed]:
    """The deeds from the `start`-th newest on, at most `limit`."""
    newest = select(Deed).order_by(col(Deed.at).desc(), col(Deed.id).desc())
    return session.exec(newest.offset(start).limit(limit)).all()
