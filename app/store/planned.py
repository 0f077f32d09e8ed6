"""A shard's letters, with their picks and outbox entries, stored a table at a time.

The price of each letter before it is sent; see P12 in benchmarks. So nothing here goes through the
mapper, and what is the same for all is put together once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from app.store.tables import Letter, OutboxEntry, Pick, State

Row = Mapping[str, Any]


class Planned(NamedTuple):
    """The columns of a letter, and of each of its picks but for the letter's id."""

    letter: Row
    picks: Sequence[Row]


def add(session: Session, planned: Sequence[Planned], now: datetime) -> int:
    """Store letters of different subscribers, ready to be sent; return how many there were.

    The unique entry in the outbox decides: where a subscriber's edition has one already, nothing
    is stored.
    """
    if not planned:
        return 0
    connection = session.connection()
    on_postgresql = connection.dialect.name == "postgresql"
    unless_there = postgresql.insert if on_postgresql else sqlite.insert
    made = unless_there(Letter).on_conflict_do_nothing().returning(*_KEY, col(Letter.id))
    letters = connection.execute(made, [each.letter for each in planned]).all()
    if not letters:
        return 0
    entry = {"state": State.READY, "due_at": now, "first_due_at": now, **_FRESH}
    entries = [
        {"subscriber_id": s, "kind": k, "edition_date": d, "letter_id": n, **entry}
        for s, k, d, n in letters
    ]
    put = unless_there(OutboxEntry).on_conflict_do_nothing().returning(col(OutboxEntry.letter_id))
    stored = set(connection.execute(put, entries).scalars())
    if orphans := [row[-1] for row in letters if row[-1] not in stored]:
        connection.execute(delete(Letter).where(col(Letter.id).in_(orphans)))
    picks_of = {(e.letter["subscriber_id"], e.letter["edition_date"]): e.picks for e in planned}
    picks = [
        {"letter_id": n, **pick} for s, _, d, n in letters if n in stored for pick in picks_of[s, d]
    ]
    if picks:
        connection.execute(insert(Pick), picks)
    return len(stored)


_KEY = (col(Letter.subscriber_id), col(Letter.kind), col(Letter.edition_date))
_FRESH = {"attempts": 0, "doubtful": 0, "reason": ""}
