"""What each subscriber was told when they asked for letters, and when they confirmed it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, insert
from sqlmodel import Session, col, select

from app.store.tables import Consent

# Put together once: that takes longer than they run.
_FORGET = (
    delete(Consent)
    .where(col(Consent.subscriber_id) == bindparam("whose"), col(Consent.confirmed_at).is_(None))
    .returning(col(Consent.message_id))
)
_ADD = insert(Consent).returning(col(Consent.id))


def ask(session: Session, consent: Consent) -> Consent:
    """Note that somebody asked. It takes the place of what was asked before and never confirmed.

    Where no letter went out for this one, it keeps the Message-ID of the one before: the link in
    that letter is the one that can still be used.
    """
    connection = session.connection()
    before = connection.execute(_FORGET, {"whose": consent.subscriber_id}).scalars().all()
    consent.message_id = consent.message_id or next(iter(before), "")
    consent.id = connection.execute(_ADD, consent.model_dump(exclude={"id"})).scalar_one()
    return consent


def confirm(session: Session, subscriber_id: int, now: datetime) -> None:
    """Note that the mailed link was used; without anything asked, nothing changes."""
    waiting = _unconfirmed(session, subscriber_id)
    if waiting is not None:
        waiting.confirmed_at = now
        session.add(waiting)
        session.flush()


def of_subscriber(session: Session, subscriber_id: int) -> Sequence[Consent]:
    """Everything one subscriber agreed to, or was asked to, oldest first."""
    rows = select(Consent).where(Consent.subscriber_id == subscriber_id)
    return session.exec(rows.order_by(col(Consent.id))).all()


def _unconfirmed(session: Session, subscriber_id: int) -> Consent | None:
    rows = select(Consent).where(
        Consent.subscriber_id == subscriber_id, col(Consent.confirmed_at).is_(None)
    )
    return session.exec(rows.order_by(col(Consent.id).desc())).first()
