"""What the lanes of a delivery run have come to, noted for all of them in one commit."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session

from app.pipeline import claims
from app.pipeline.pace import Pace
from app.store import allowances, departures
from app.store.departures import Claimed, Sent


class Step(NamedTuple):
    """Of one connection: the letter that was taken, the one about to leave, or both."""

    sent: Sent | None = None
    begun: claims.Begun | None = None


def note(session: Session, steps: Sequence[Step]) -> Callable[[Step], timedelta | None]:
    """Note what each connection has come to; the answer is that of `claims.begin`."""
    if sent := [each.sent for each in steps if each.sent]:
        departures.mark_sent(session, sent)
    begun = [each.begun for each in steps if each.begun]
    answer = claims.begin(session, begun) if begun else None
    return lambda each: answer(each.begun) if answer and each.begun else None


def note_in_pace(
    session: Session, pace: Pace, entry: Claimed, recipient: str, now: datetime, holder: str
) -> timedelta | None:
    """Note that a letter is about to leave; else how long it must wait, or None: for ever."""
    if now - entry.claimed_at > allowances.GOOD_FOR:
        domain = recipient.rpartition("@")[2].lower()
        if wait := pace.allow(session, domain, now):
            return wait
    begun = entry.id, now, holder
    return claims.begin(session, [begun])(begun)
