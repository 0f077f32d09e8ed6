"""What one reader got: their editions, the latest first, and the picks of late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.store.naming import PICKED
from app.store.tables import Letter, LetterKind, OutboxEntry, Paper, Pick, State


@dataclass(frozen=True)
class Past:
    """One edition and what became of it. letter_id: None where no letter was made."""

    edition: date
    state: State
    reason: str
    letter_id: int | None
    n_papers: int


def editions(
    session: Session, subscriber_id: int, limit: int, start: int = 0
) -> tuple[int, list[Past]]:
    """How many daily editions there were, and those from the `start`-th latest on."""
    theirs = OutboxEntry.subscriber_id == subscriber_id, OutboxEntry.kind == LetterKind.DAILY
    n_papers = (
        select(func.count())
        .where(Pick.letter_id == OutboxEntry.letter_id)
        .correlate(OutboxEntry)
        .scalar_subquery()
    )
    rows = select(OutboxEntry, n_papers).where(*theirs)
    latest = rows.order_by(col(OutboxEntry.edition_date).desc()).offset(start).limit(limit)
    total = session.exec(select(func.count()).select_from(OutboxEntry).where(*theirs)).one()
    return total, [
        Past(entry.edition_date, State(entry.state), entry.reason, entry.letter_id, n)
        for entry, n in session.exec(latest)
    ]


def picks_since(
    session: Session, subscriber_id: int, first: date, limit: int
) -> Sequence[tuple[Letter, Pick, Paper]]:
    """The picks of the daily letters from an edition on, the latest letter first, by rank.

    Each with the paper that it is of by now.
    """
    rows = (
        select(Letter, Pick, Paper)
        .join(Pick, col(Pick.letter_id) == col(Letter.id))
        .join(Paper, col(Paper.id) == PICKED)
        .where(Letter.subscriber_id == subscriber_id, Letter.kind == LetterKind.DAILY)
        .where(Letter.edition_date >= first)
    )
    latest = rows.order_by(col(Letter.edition_date).desc(), col(Pick.rank)).limit(limit)
    return session.exec(latest).all()
