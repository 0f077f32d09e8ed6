"""Subscribers and their interests."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, insert
from sqlalchemy import select as any_select
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from app.mail import edition
from app.recommend import interests
from app.recommend.calibration import Band
from app.recommend.tuning import EmptyDay, Tuning
from app.store.tables import (
    Bounce,
    Consent,
    Feedback,
    Interest,
    Letter,
    OutboxEntry,
    Pick,
    Status,
    Subscriber,
    Support,
    Tap,
)

# Put together once: that takes longer than they run.
_BY_ADDRESS = select(Subscriber).where(col(Subscriber.address) == bindparam("address"))
_FORGET_INTERESTS = delete(Interest).where(col(Interest.subscriber_id) == bindparam("whose"))
_ADD_INTERESTS = insert(Interest)


def schedule(subscriber: Subscriber) -> edition.Schedule:
    """The subscriber's zone, hour, days and pause as the pure code wants them."""
    return edition.Schedule(
        zone=edition.parse_zone(subscriber.zone),
        hour=subscriber.hour,
        days=frozenset(subscriber.days.split(",")),
        paused_until=subscriber.paused_until,
    )


def tuning_of(subscriber: Subscriber) -> Tuning:
    """What the subscriber set in the ranking."""
    return Tuning(
        threshold=Band(subscriber.threshold),
        dial=subscriber.dial,
        exploration=subscriber.exploration,
        shares_likes=subscriber.shares_likes,
        empty_day=EmptyDay(subscriber.empty_day),
    )


def tune(subscriber: Subscriber, wanted: Tuning) -> None:
    """Set all of it."""
    for name, value in tuned(wanted).items():
        setattr(subscriber, name, value)


def tuned(wanted: Tuning) -> dict[str, Any]:
    """All of it by the names of our columns."""
    # Not the Band itself: PostgreSQL's driver would store the name of an Enum, not its value.
    return {
        "threshold": wanted.threshold.value,
        "dial": wanted.dial,
        "exploration": wanted.exploration,
        "shares_likes": wanted.shares_likes,
        "empty_day": wanted.empty_day.value,
    }


def add(session: Session, subscriber: Subscriber) -> Subscriber:
    """Store a new subscriber and give it its id."""
    session.add(subscriber)
    session.flush()
    return subscriber


def by_id(session: Session, subscriber_id: int) -> Subscriber | None:
    """Look one up by its id."""
    return session.get(Subscriber, subscriber_id)


def by_ids(session: Session, subscriber_ids: Sequence[int]) -> Sequence[Subscriber]:
    """Look many up, in the order of their ids; those that are gone are left out."""
    rows = select(Subscriber).where(col(Subscriber.id).in_(subscriber_ids))
    return session.exec(rows.order_by(col(Subscriber.id))).all()


def by_address(session: Session, address: str) -> Subscriber | None:
    """Look one up by its normalised address."""
    return session.scalars(_BY_ADDRESS, {"address": address}).first()


def all_of(session: Session, *statuses: Status) -> Sequence[Subscriber]:
    """Everyone, or everyone of these statuses, in the order they came."""
    everyone = select(Subscriber).order_by(col(Subscriber.id))
    if statuses:
        everyone = everyone.where(col(Subscriber.status).in_(statuses))
    return session.exec(everyone).all()


def search(
    session: Session, part: str, limit: int, start: int = 0
) -> tuple[int, Sequence[Subscriber]]:
    """How many addresses hold `part`, and those from the `start`-th on, in the order they came."""
    found = col(Subscriber.address).contains(part.strip().lower(), autoescape=True)
    n = session.exec(select(func.count()).select_from(Subscriber).where(found)).one()
    rows = select(Subscriber).where(found).order_by(col(Subscriber.id))
    return n, session.exec(rows.offset(start).limit(limit)).all()


def due(session: Session, now: datetime, limit: int | None) -> Sequence[Subscriber]:
    """Up to `limit` active subscribers whose letter is due at `now`, longest waiting first."""
    return session.exec(_due(now).limit(limit)).all()


def _due(now: datetime) -> SelectOfScalar[Subscriber]:
    waiting = select(Subscriber).where(
        Subscriber.status == Status.ACTIVE, col(Subscriber.next_due_at) <= now
    )
    return waiting.order_by(col(Subscriber.next_due_at), col(Subscriber.id))


def take_due(session: Session, now: datetime, limit: int) -> Sequence[Subscriber]:
    """The same, for nobody else until this transaction ends; who is another's already is left out.

    On PostgreSQL; SQLite has one writer at a time.
    """
    # Not their keys: a reader's click, which refers to them, need not wait for it.
    oldest = _due(now).limit(limit).with_for_update(skip_locked=True, key_share=True)
    return session.exec(oldest.execution_options(populate_existing=True)).all()


def count_due(session: Session, now: datetime, most: int) -> int:
    """How many there are; it counts no further than `most`."""
    some = _due(now).limit(most).subquery()
    return session.exec(select(func.count()).select_from(some)).one()


def looks_back(session: Session) -> bool:
    """Whether anybody active wants older papers on an empty day."""
    rows = select(Subscriber.id).where(
        Subscriber.status == Status.ACTIVE, Subscriber.empty_day == EmptyDay.OLDER.value
    )
    return session.exec(rows.limit(1)).first() is not None


def plan_next(session: Session, subscriber: Subscriber, after: datetime) -> None:
    """Set the next due moment after `after`; nobody but the active is ever due."""
    active = subscriber.status == Status.ACTIVE
    subscriber.next_due_at = edition.next_due(schedule(subscriber), after) if active else None
    session.add(subscriber)


def plan_anew(session: Session, subscriber: Subscriber, now: datetime) -> None:
    """Set when the next letter is due after a change, so that today's is neither lost nor doubled.

    A letter that was still to come today stays owed, even where its new hour has passed. One that
    was sent is asked for again at worst, and the outbox's unique row refuses it.
    """
    wishes = schedule(subscriber)
    today = edition.day_of(wishes, now)
    owed = subscriber.next_due_at
    if owed is None or edition.day_of(wishes, owed) > today:
        plan_next(session, subscriber, now)
        return
    midnight = datetime.combine(today, time(), wishes.zone).astimezone(UTC)
    plan_next(session, subscriber, min(owed, midnight) - timedelta(seconds=1))
    stale = now - edition.CATCH_UP
    if subscriber.next_due_at and subscriber.next_due_at < stale <= owed:
        # By its new hour it would count as missed, though nobody has missed it.
        subscriber.next_due_at = now


def activate(session: Session, subscriber: Subscriber, now: datetime) -> None:
    """Make a pending or returned subscriber active: the mailed link was used."""
    subscriber.status = Status.ACTIVE
    subscriber.confirmed_at = now
    plan_next(session, subscriber, now)


def unsubscribe(session: Session, subscriber: Subscriber) -> None:
    """Stop all letters at once; the second time changes nothing."""
    subscriber.status = Status.UNSUBSCRIBED
    subscriber.next_due_at = None
    session.add(subscriber)


def move(session: Session, subscriber: Subscriber, address: str) -> None:
    """Change the address; the links mailed to the old one are void from now on."""
    subscriber.address = address
    renew_links(session, subscriber)


def renew_links(session: Session, subscriber: Subscriber) -> None:
    """Make the links to their page and their feeds mailed so far void."""
    subscriber.version += 1
    session.add(subscriber)
    session.flush()


def addresses_of(session: Session, subscriber: Subscriber) -> set[str]:
    """Every address that a letter of theirs went to, and the one they have."""
    recipients = select(Letter.recipient).where(Letter.subscriber_id == subscriber.id).distinct()
    return {subscriber.address, *session.exec(recipients)}


def interests_of(
    session: Session, subscriber_ids: Sequence[int]
) -> dict[int, tuple[interests.Interest, ...]]:
    """What each of them typed, in that order; those who typed nothing are left out."""
    # Columns, not rows of the session: what takes their place may get the same id.
    columns = Interest.subscriber_id, Interest.text, Interest.kind, Interest.negative
    rows = any_select(*map(col, columns), col(Interest.weight)).order_by(col(Interest.id))
    found: dict[int, list[interests.Interest]] = {}
    theirs = rows.where(col(Interest.subscriber_id).in_(subscriber_ids))
    for whose, text, kind, negative, weight in session.execute(theirs):
        interest = interests.Interest(text, interests.Kind(kind), negative, weight)
        found.setdefault(whose, []).append(interest)
    return {subscriber_id: tuple(typed) for subscriber_id, typed in found.items()}


def set_interests(
    session: Session, subscriber_id: int, typed: Iterable[interests.Interest]
) -> None:
    """Replace everything the subscriber typed before."""
    connection = session.connection()
    connection.execute(_FORGET_INTERESTS, {"whose": subscriber_id})
    rows = [
        {
            "subscriber_id": subscriber_id,
            "text": interest.text,
            "kind": interest.kind.value,
            "negative": interest.negative,
            "weight": interest.weight,
        }
        for interest in typed
    ]
    if rows:
        connection.execute(_ADD_INTERESTS, rows)


def remove(session: Session, subscriber: Subscriber) -> None:
    """Delete the subscriber and all that hangs on them: interests, letters, bounces, and so on."""
    letters = select(Letter.id).where(Letter.subscriber_id == subscriber.id)
    session.exec(delete(Interest).where(col(Interest.subscriber_id) == subscriber.id))
    session.exec(delete(Feedback).where(col(Feedback.subscriber_id) == subscriber.id))
    session.exec(delete(OutboxEntry).where(col(OutboxEntry.subscriber_id) == subscriber.id))
    session.exec(delete(Bounce).where(col(Bounce.subscriber_id) == subscriber.id))
    session.exec(delete(Support).where(col(Support.subscriber_id) == subscriber.id))
    session.exec(delete(Consent).where(col(Consent.subscriber_id) == subscriber.id))
    session.exec(delete(Tap).where(col(Tap.letter_id).in_(letters)))
    session.exec(delete(Pick).where(col(Pick.letter_id).in_(letters)))
    session.exec(delete(Letter).where(col(Letter.subscriber_id) == subscriber.id))
    session.delete(subscriber)
    session.flush()


def forget_pending(session: Session, before: datetime) -> int:
    """Remove those who never confirmed and were last asked before a moment; return how many."""
    asked_since = select(OutboxEntry.subscriber_id).where(col(OutboxEntry.first_due_at) >= before)
    silent = select(Subscriber).where(
        Subscriber.status == Status.PENDING,
        col(Subscriber.created_at) < before,
        col(Subscriber.confirmed_at).is_(None),
        col(Subscriber.id).not_in(asked_since),
    )
    found = session.exec(silent).all()
    for subscriber in found:
        remove(session, subscriber)
    return len(found)
