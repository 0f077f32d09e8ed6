"""Housekeeping: claims of vanished senders, letters too old to send, sign-ups never confirmed.

And whence taps came that are long settled, and what a clock that was set back leaves behind, or
somebody who was erased.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import Engine

from app.errors import BadValue, NotReady
from app.mail import edition, retry
from app.store import engine as engines
from app.store import (
    outbox,
    overtaken,
    permits,
    scrubbing,
    submissions,
    subscribers,
    taps,
    vanished,
)
from app.store.tables import Status, Subscriber

log = structlog.get_logger()
# A confirm link is good for two days; after a week nobody will ask for another with these words.
FORGET_PENDING_AFTER = timedelta(days=7)
# Long enough for an operator to look into votes that were voided.
FORGET_ORIGINS_AFTER = timedelta(days=7)
# What people sent in and nobody could find: an operator may look into it until then.
FORGET_UNKNOWN_AFTER = timedelta(days=30)


@dataclass(frozen=True)
class Tidied:
    """How many claims were taken up again, letters given up, and sign-ups forgotten."""

    reclaimed: int
    given_up: int
    forgotten: int


def tidy(
    engine: Engine,
    now: datetime,
    lease: timedelta,
    *,
    reclaims: bool = True,
    holds_doubt: bool = False,
) -> Tidied:
    """Do all of it in one transaction. reclaims: False leaves claims alone. Raises NotReady.

    holds_doubt: see `outbox.hold`.
    """
    _scrub(engine, now)
    with engines.transaction(engine) as session:
        permits.forget(session, now - permits.KEPT_FOR)
        taps.forget_origins(session, now - FORGET_ORIGINS_AFTER)
        submissions.forget(session, now - FORGET_UNKNOWN_AFTER)
        return Tidied(
            reclaimed=(
                vanished.reclaim_stale(session, now, lease, holds_doubt=holds_doubt)
                if reclaims
                else 0
            ),
            given_up=outbox.expire(session, now, retry.GIVE_UP_AFTER),
            forgotten=subscribers.forget_pending(session, now - FORGET_PENDING_AFTER),
        )


def _scrub(engine: Engine, now: datetime) -> None:
    try:
        if scrubbing.scrub(engine, now):
            log.info("database_scrubbed")
    except NotReady as e:
        log.warning("database_not_scrubbed", reason=str(e))


def follow_clock(engine: Engine, now: datetime) -> None:
    """Plan anew what was planned by a clock that ran ahead of `now`. Raises NotReady.

    From CATCH_UP before it, as it may have been set back while nobody was here, and from the first
    edition that was skipped in the time to come, be it too late by now. Who had letters there gets
    none a second time: the outbox knows their editions.
    """
    with engines.transaction(engine) as session:
        recalled = overtaken.recall(session, now)
        for person in subscribers.all_of(session, Status.ACTIVE):
            if person.next_due_at is not None and person.next_due_at > now:
                try:
                    due_at = _due_from(person, now - edition.CATCH_UP, recalled)
                except (BadValue, ValueError, OverflowError):
                    continue  # ranking will say what is wrong with it
                person.next_due_at = min(person.next_due_at, due_at)
                session.add(person)


def _due_from(person: Subscriber, moment: datetime, recalled: Mapping[int, date]) -> datetime:
    schedule = subscribers.schedule(person)
    due_at, day = edition.next_due(schedule, moment), recalled.get(person.id or 0)
    return due_at if day is None else min(due_at, schedule.moment(day))
