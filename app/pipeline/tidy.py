"""Housekeeping: claims of vanished senders, letters too old to send, sign-ups never confirmed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from app.mail import retry
from app.store import engine as engines
from app.store import outbox, subscribers

# A confirm link is good for two days; after a week nobody will ask for another with these words.
FORGET_PENDING_AFTER = timedelta(days=7)


@dataclass(frozen=True)
class Tidied:
    """How many claims were taken up again, letters given up, and sign-ups forgotten."""

    reclaimed: int
    given_up: int
    forgotten: int


def tidy(engine: Engine, now: datetime, lease: timedelta) -> Tidied:
    """Do all of it in one transaction. Raises NotReady."""
    with engines.transaction(engine) as session:
        return Tidied(
            reclaimed=outbox.reclaim_stale(session, now, lease),
            given_up=outbox.expire(session, now, retry.GIVE_UP_AFTER),
            forgotten=subscribers.forget_pending(session, now - FORGET_PENDING_AFTER),
        )
