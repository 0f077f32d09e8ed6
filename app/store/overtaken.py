"""Letters that time overtook: by a newer edition, a restored backup, or a clock set back."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import Update, and_, case, delete, or_, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from app.store import outbox, unwanted
from app.store.tables import LetterKind, OutboxEntry, State

SUPERSEDED = "superseded by the next edition"
RESTORED = "due before the database was restored from a backup: sent then, or not at all"


def supersede(session: Session, now: datetime, editions: Mapping[int, date]) -> int:
    """Skip waiting daily letters older than these, each by subscriber id; return how many.

    Who gets today's letter has no use for yesterday's. What a sender holds goes its way.
    """
    total = 0
    for day in set(editions.values()):
        ids = [subscriber_id for subscriber_id, of in editions.items() if of == day]
        old = update(OutboxEntry).where(
            col(OutboxEntry.subscriber_id).in_(ids),
            col(OutboxEntry.kind) == LetterKind.DAILY,
            col(OutboxEntry.edition_date) < day,
            col(OutboxEntry.state).in_(outbox.WAITING),
        )
        skipped = {"state": State.SKIPPED, "settled_at": now, "reason": SUPERSEDED}
        total += _count(session, old.values(**skipped))
    return total


def settle_restored(session: Session, now: datetime, until: datetime) -> int:
    """Skip what was due, or held by a sender, when the restored backup was made; return how many.

    Counted as doubtful, so that its papers are not picked again.
    """
    past = update(OutboxEntry).where(
        col(OutboxEntry.state).in_((*outbox.WAITING, *outbox.HELD)),
        col(OutboxEntry.due_at) <= until,
    )
    doubtful = col(OutboxEntry.doubtful) + 1
    skipped = {"state": State.SKIPPED, "settled_at": now, "reason": RESTORED, "doubtful": doubtful}
    return _count(session, past.values(**skipped))


def recall(session: Session, now: datetime) -> dict[int, date]:
    """Bring back what a clock that ran ahead put into the time to come.

    What waits is due now, and so is what was given up there. An edition that was skipped there
    without a letter is to be seen anew: the first of these is the answer, by subscriber id.
    """
    settled_ahead = col(OutboxEntry.settled_at) > now
    nothing = col(OutboxEntry.state) == State.SKIPPED, col(OutboxEntry.letter_id).is_(None)
    skipped = delete(OutboxEntry).where(settled_ahead, *nothing)
    rows = skipped.returning(col(OutboxEntry.subscriber_id), col(OutboxEntry.edition_date))
    first_days: dict[int, date] = {}
    for subscriber_id, day in session.execute(rows).all():
        first_days[subscriber_id] = min(day, first_days.get(subscriber_id, day))
    waiting = update(OutboxEntry).where(col(OutboxEntry.state).in_(outbox.WAITING))
    first = col(OutboxEntry.first_due_at)
    earlier = case((first > now, now), else_=first)
    ahead = waiting.where(col(OutboxEntry.due_at) > now)
    _count(session, ahead.values(due_at=now, first_due_at=earlier))
    held = update(OutboxEntry).where(
        col(OutboxEntry.state).in_(outbox.HELD), col(OutboxEntry.claimed_at) > now
    )
    _count(session, held.values(claimed_at=now))
    _count(session, _given_up_ahead(now))
    return first_days


def _given_up_ahead(now: datetime) -> Update:
    newer = aliased(OutboxEntry)
    # Its papers may be in the one that took its place.
    has_newer = select(newer.id).where(
        col(newer.subscriber_id) == col(OutboxEntry.subscriber_id),
        col(newer.kind) == LetterKind.DAILY,
        col(newer.edition_date) > col(OutboxEntry.edition_date),
    )
    is_replaced = col(OutboxEntry.kind) == LetterKind.DAILY, has_newer.exists()
    was_old = or_(
        col(OutboxEntry.reason).like("given up:%"), col(OutboxEntry.code).between(400, 499)
    )
    given_up = update(OutboxEntry).where(
        col(OutboxEntry.state) == State.FAILED,
        col(OutboxEntry.settled_at) > now,
        col(OutboxEntry.letter_id).is_not(None),
        was_old,
        ~and_(*is_replaced),
    )
    return given_up.values(state=State.READY, due_at=now, settled_at=None)


def _count(session: Session, change: Update) -> int:
    found = session.scalars(change.returning(col(OutboxEntry.id)), execution_options=unwanted.FRESH)
    return len(found.all())
