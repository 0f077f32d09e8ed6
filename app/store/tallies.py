"""Counts of letters and votes that are too old to be kept themselves; see store.folding."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date
from enum import StrEnum

from sqlalchemy import func
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from app.store.tables import Tally


class Kind(StrEnum):
    """What is counted, by which names.

    DAILY: daily letters by state; OTHER: all others. SKIPPED: daily ones by reason. FAILED: see
    `health.failure`. VOTE: taps by why they are void, "" for those that count. DOUBT: how often one
    may have gone out twice, without a name.
    """

    DAILY = "daily"
    OTHER = "other"
    SKIPPED = "skipped"
    FAILED = "failed"
    VOTE = "vote"
    DOUBT = "doubt"


Counts = Counter[tuple[date, Kind, str]]


def add(session: Session, counts: Counts) -> None:
    """Add to what is counted already."""
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if on_postgresql else sqlite.insert
    # In one order: two machines must not wait for each other.
    rows = [
        {"day": day, "kind": kind.value, "name": name, "n": n}
        for (day, kind, name), n in sorted(counts.items())
    ]
    new = insert(Tally).values(rows)
    summed = new.on_conflict_do_update(
        index_elements=["day", "kind", "name"], set_={"n": col(Tally.n) + new.excluded.n}
    )
    session.execute(summed)


def until(session: Session) -> date | None:
    """The last edition that was folded: of it and those before nobody can tell who had which."""
    return session.exec(select(func.max(Tally.day))).one()


def total(session: Session, *kinds: Kind, day: date | None = None) -> Counter[str]:
    """The sums of some kinds by name, over all days or of one."""
    rows = select(Tally.name, func.sum(Tally.n)).where(col(Tally.kind).in_(kinds))
    if day is not None:
        rows = rows.where(Tally.day == day)
    return Counter({name: int(n) for name, n in session.exec(rows.group_by(col(Tally.name)))})


def of_days(session: Session, kind: Kind, days: Collection[date]) -> list[tuple[date, str, int]]:
    """Each count of one kind on some days: the day, its name and how many."""
    rows = select(col(Tally.day), Tally.name, Tally.n).where(Tally.kind == kind)
    return list(session.exec(rows.where(col(Tally.day).in_(days)).order_by(col(Tally.name))))


def days(session: Session, limit: int) -> Sequence[date]:
    """The last days of which daily letters were folded, newest first."""
    rows = select(col(Tally.day)).where(Tally.kind == Kind.DAILY).distinct()
    return session.exec(rows.order_by(col(Tally.day).desc()).limit(limit)).all()
