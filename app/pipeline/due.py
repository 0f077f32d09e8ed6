"""Who gets a letter now, and of which edition."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from app.errors import AppError, BadValue
from app.mail import edition
from app.store import outbox, subscribers, tallies
from app.store.tables import Status, Subscriber


@dataclass(frozen=True)
class Due:
    """A subscriber and the edition they should get.

    due_at: None if that edition is not the one they wait for next. is_stale: it was missed too
    long ago. merged: earlier ones that it stands for, missed while nobody was there to send them.
    fault: why their schedule cannot be read, if it cannot; nobody else suffers from it.
    """

    subscriber: Subscriber
    edition: date
    due_at: datetime | None = None
    is_stale: bool = False
    merged: tuple[date, ...] = ()
    fault: str = ""


def at(subscriber: Subscriber, now: datetime) -> Due:
    """The latest edition that one subscriber is due for; see `edition.last_due`."""
    try:
        schedule = subscribers.schedule(subscriber)
        waited_for = subscriber.next_due_at or now
        due_at = edition.last_due(schedule, waited_for, now)
        merged = tuple(edition.merged(schedule, waited_for, due_at))
    except (BadValue, ValueError, OverflowError) as e:
        return Due(subscriber, now.date(), fault=str(e))
    day = edition.day_of(schedule, due_at)
    is_stale = now - due_at > edition.CATCH_UP
    return Due(subscriber, day, due_at, is_stale=is_stale, merged=merged)


def expected(session: Session, day: date | None, everyone: bool, now: datetime) -> list[Due]:
    """Who would get which edition: those due at `now`, or, see `rank.rank_edition`, one day's.

    Raises AppError for a day whose letters were folded since.
    """
    if day is None and not everyone:
        return [at(person, now) for person in subscribers.due(session, now, limit=None)]
    until = tallies.until(session)
    if day is not None and until is not None and day <= until:
        raise AppError(
            f"Letters up to {until} are no longer kept, so nobody can tell who had one of {day}. "
            "Give a later --day."
        )
    active = [on(person, day, now) for person in subscribers.all_of(session, Status.ACTIVE)]
    done = outbox.subscribers_with(session, {each.edition for each in active})
    return [
        each
        for each in active
        if (each.subscriber.id, each.edition) not in done
        and (each.fault or _is_wanted(each, everyone))
    ]


def _is_wanted(each: Due, everyone: bool) -> bool:
    schedule = subscribers.schedule(each.subscriber)
    if everyone:
        # Whatever the weekday; but a pause is their own word.
        return not schedule.is_paused(each.edition)
    return schedule.has_edition(each.edition)


def on(subscriber: Subscriber, day: date | None, now: datetime) -> Due:
    """The edition of a day, or of the subscriber's own local day, whatever the hour."""
    try:
        schedule = subscribers.schedule(subscriber)
    except (BadValue, ValueError) as e:
        return Due(subscriber, day or now.date(), fault=str(e))
    edition_date = day or edition.day_of(schedule, now)
    waited_for = subscriber.next_due_at
    if waited_for is None or edition.day_of(schedule, waited_for) != edition_date:
        return Due(subscriber, edition_date)
    return Due(subscriber, edition_date, waited_for)
