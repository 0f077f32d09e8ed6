"""How the readership grows."""

from collections import Counter
from datetime import date, datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.store.tables import Status, Subscriber


def confirmed_by_week(session: Session, since: datetime) -> dict[date, int]:
    """How many confirmed in each week since a moment, by its Monday; weeks without any left out.

    Counted by those who are still known, whatever they are now.
    """
    rows = select(Subscriber.confirmed_at).where(col(Subscriber.confirmed_at) >= since)
    days = (moment.date() for moment in session.exec(rows) if moment)
    return dict(sorted(Counter(day - timedelta(days=day.weekday()) for day in days).items()))


def due_by_hour(session: Session, until: datetime) -> dict[datetime, int]:
    """How many letters are due before a moment and not written yet, by the hour."""
    rows = (
        select(Subscriber.next_due_at, func.count())
        .where(Subscriber.status == Status.ACTIVE, col(Subscriber.next_due_at) <= until)
        .group_by(col(Subscriber.next_due_at))
    )
    counts: Counter[datetime] = Counter()
    for moment, n in session.exec(rows):
        if moment:
            counts[moment.replace(minute=0, second=0, microsecond=0)] += n
    return dict(sorted(counts.items()))
