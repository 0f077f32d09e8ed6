"""A shard's letters, with their picks and outbox entries, stored a table at a time.

The price of each letter before it is sent; see P12 in benchmarks. So nothing here goes through the
mapper, and what is the same for all is put together once.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, select

from app.store import bulk
from app.store.tables import Letter, OutboxEntry, Pick, State

Row = Mapping[str, Any]


# The columns of a pick but for the letter's id.
PICK = ("rank", "paper_id", "score", "reason", "team", "by_community")
Chosen = tuple[int, int, float, str, str, bool]


class Planned(NamedTuple):
    """The columns of a letter, and its picks, which are read once."""

    letter: Row
    picks: Iterable[Chosen]


def add(session: Session, planned: Sequence[Planned], now: datetime) -> int:
    """Store letters of different subscribers, ready to be sent; return how many there were.

    The unique entry in the outbox decides: where a subscriber's edition has one already, nothing
    is stored.
    """
    connection = session.connection()
    tried = dict(zip(bulk.numbers(connection, Letter, len(planned)), planned, strict=True))
    n = bulk.add_new(connection, Letter, _letters(tried))
    written = _stored(connection, col(Letter.id), tried, n)
    n = bulk.add_new(connection, OutboxEntry, _entries(written, now))
    ready = _stored(connection, col(OutboxEntry.letter_id), written, n)
    if orphans := written.keys() - ready.keys():
        connection.execute(delete(Letter).where(col(Letter.id).in_(orphans)))
    picks = ((*pick, letter_id) for letter_id, each in ready.items() for pick in each.picks)
    bulk.add(connection, Pick, (*PICK, "letter_id"), picks)
    return len(ready)


def _stored(
    connection: Connection, letter_id: Mapped[Any], tried: dict[int, Planned], n: int
) -> dict[int, Planned]:
    """Which of those tried were stored: n, mostly all of them."""
    if n == len(tried):
        return tried
    found = connection.execute(select(letter_id).where(letter_id.in_(tried))).scalars()
    return {each: tried[each] for each in sorted(found)}


def _letters(tried: Mapping[int, Planned]) -> bulk.Columns:
    rows = [each.letter for each in tried.values()]
    return {"id": list(tried), **{name: [row[name] for row in rows] for name in (rows or [{}])[0]}}


def _entries(written: Mapping[int, Planned], now: datetime) -> bulk.Columns:
    own = {name: [each.letter[name] for each in written.values()] for name in _KEY}
    same = {"state": State.READY, "due_at": now, "first_due_at": now, **_FRESH}
    of_all = {name: [value] * len(written) for name, value in same.items()}
    return {"letter_id": list(written), **own, **of_all}


_KEY = ("subscriber_id", "kind", "edition_date")
_FRESH = {"attempts": 0, "doubtful": 0, "holder": "", "reason": ""}
