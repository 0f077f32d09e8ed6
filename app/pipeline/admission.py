"""How often anybody may ask for letters: so that nobody can use us to flood a mailbox, or us."""

from datetime import datetime, timedelta

import structlog
from sqlmodel import Session

from app.errors import TooMany
from app.languages import english
from app.mail.links import Tokens
from app.store import permits, turns

log = structlog.get_logger()
HOUR, DAY, MONTH = timedelta(hours=1), timedelta(days=1), timedelta(days=30)
# Letters that ask for confirmation: to one address, and to all together.
PER_DAY, PER_MONTH, PER_HOUR = 1, 3, 60
# Sign-ups from one network, whoever they are for.
PER_NETWORK = 5
# A letter leaves at the first tick after its moment, and one tick may come later than another: what
# is counted by moments shall be true of letters that leave.
LATE = timedelta(minutes=2)
# Who waited longer has forgotten that they asked.
LONGEST_QUEUE = timedelta(hours=12)
_LETTERS, _TOLD = "confirm letters", "told of many sign-ups"


def admit(session: Session, tokens: Tokens, network: str, now: datetime) -> None:
    """Count one sign-up from a network; "" is that of the operator, and not counted.

    Until this transaction ends no other is admitted anywhere: many share one, and if each took its
    turns by network and address, two machines could wait for each other.
    Raises TooMany.
    """
    turns.wait(session, _LETTERS)
    if not network:
        return
    name = f"sign-up from {tokens.marks('sign-up', network)[0]}"
    if not permits.take(session, name, PER_NETWORK, HOUR, now):
        raise TooMany(
            english(
                "There were several sign-ups from your network within an hour, and we take no "
                "more of them for now. Please try again in an hour."
            ),
            HOUR,
        )


def book(
    session: Session,
    tokens: Tokens,
    address: str,
    now: datetime,
    answered_at: datetime | None = None,
) -> datetime | None:
    """When a letter that asks for confirmation may go to an address; None if none may.

    answered_at: when the last such letter was answered. Whoever answers wanted it, so that a day
    need not pass before the next.
    """
    name = f"confirm {tokens.marks('confirm', address)[0]}"
    a_day_ago = now - DAY - LATE
    since = max(a_day_ago, answered_at or a_day_ago)
    earlier = permits.moments(session, name, MONTH, now)
    if len(earlier) >= PER_MONTH or sum(at > since for at in earlier) >= PER_DAY:
        return None
    latest = now + LONGEST_QUEUE
    due_at = permits.book(session, _LETTERS, PER_HOUR, HOUR + LATE, now, latest, beside=[name])
    if due_at is None or due_at > now:
        _tell(session, now, due_at)
    return due_at


def is_flooded(session: Session, now: datetime) -> bool:
    """Whether there are, or just were, more sign-ups than letters may go out.

    Twice as long as it is said once, so that a flood of hours is one flood.
    """
    return permits.count(session, _TOLD, 2 * HOUR, now) > 0


def _tell(session: Session, now: datetime, due_at: datetime | None) -> None:
    """Say once an hour that there are more sign-ups than letters may go out."""
    if permits.take(session, _TOLD, 1, HOUR, now):
        log.error("too_many_sign_ups", allowed_an_hour=PER_HOUR, next_letter=due_at)
