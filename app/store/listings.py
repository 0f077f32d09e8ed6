"""How much papers were read: what the trend is made of."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy import select as any_select
from sqlalchemy.orm import Bundle
from sqlmodel import Session, col, select

from app.recommend.trend import Count, Place
from app.store.naming import STANDING
from app.store.tables import Digest, Entry, Paper, VoteSnapshot


@dataclass(frozen=True)
class Listing:
    """How much a paper was read: its counts of votes and its places in digests, oldest first.

    born: the earliest day we know of it, be it that of its publication, a digest's or our own.
    """

    paper_id: int
    born: date
    counts: tuple[Count, ...] = ()
    places: tuple[Place, ...] = ()

    @property
    def votes(self) -> int | None:
        """The latest count, None where no source counts votes."""
        return self.counts[-1].votes if self.counts else None

    @property
    def positions(self) -> tuple[int, ...]:
        """Its position (from 1) in each digest."""
        return tuple(place.position for place in self.places)


def of(session: Session, first: date, last: date, at: datetime) -> list[Listing]:
    """Papers first seen from `first` to `last`, both included, by their ids.

    Not those that were taken back or off the lists: nobody should be sent one. What was read after
    `at` is left out. A digest without a date counts as of the day it was read. Four queries,
    whatever it finds.
    """
    since, until = col(Paper.first_seen) >= first, col(Paper.first_seen) <= last
    may_go = col(Paper.withdrawn_on).is_(None), col(Paper.unlisted_on).is_(None)
    return _of(session, (since, until, *may_go), at)


def of_papers(session: Session, paper_ids: Sequence[int], at: datetime) -> dict[int, Listing]:
    """The same of some papers, a page of them, by their id."""
    found = _of(session, (col(Paper.id).in_(paper_ids),), at) if paper_ids else []
    return {each.paper_id: each for each in found}


def _of(session: Session, seen: Sequence[ColumnElement[bool]], at: datetime) -> list[Listing]:
    columns = select(col(Paper.id), col(Paper.first_seen), col(Paper.published))
    columns = columns.where(*seen, STANDING)
    counts, places = _counts(session, seen, at), _places(session, seen, at)
    return [
        Listing(
            paper_id=key,
            born=min([first_seen, published or first_seen, *(place.day for place in places[key])]),
            counts=tuple(counts[key]),
            places=tuple(places[key]),
        )
        for key, first_seen, published in session.exec(columns.order_by(col(Paper.id)))
        if key is not None
    ]


def mark(session: Session) -> tuple[int, ...]:
    """Changes whenever a paper, a digest, an entry or a count of votes is stored, or one goes.

    Cheap to ask for.
    """
    return tuple(number or 0 for number in session.connection().execute(_MARK).one())


_NEWEST = (Paper.id, Digest.id, Entry.id, VoteSnapshot.id)
_GONE = (Paper.same_as, Paper.withdrawn_on)
_MARK = any_select(
    *(select(func.max(each)).scalar_subquery() for each in _NEWEST),
    *(
        select(func.count()).where(col(each).is_not(None)).select_from(Paper).scalar_subquery()
        for each in _GONE
    ),
    # An operator who took the wrong one off takes another off, and as many are off as before.
    select(func.sum(Paper.id)).where(col(Paper.unlisted_on).is_not(None)).scalar_subquery(),
)


def _counts(
    session: Session, seen: Sequence[ColumnElement[bool]], at: datetime
) -> Mapping[int, list[Count]]:
    rows = select(VoteSnapshot.paper_id, VoteSnapshot.at, VoteSnapshot.votes).join(Paper)
    rows = rows.where(*seen, col(VoteSnapshot.at) <= at).order_by(col(VoteSnapshot.at))
    found: dict[int, list[Count]] = defaultdict(list)
    for paper_id, read_at, votes in session.exec(rows):
        found[paper_id].append(Count(read_at.date(), votes))
    return found


def _places(
    session: Session, seen: Sequence[ColumnElement[bool]], at: datetime
) -> Mapping[int, list[Place]]:
    read = (*seen, col(Digest.read_at) <= at)
    listed = select(Entry.digest_id).join(Paper).join(Digest).where(*read)
    lengths = select(Entry.digest_id, func.count()).group_by(col(Entry.digest_id))
    length_of = dict(session.exec(lengths.where(col(Entry.digest_id).in_(listed))).all())
    dated: Bundle[Any] = Bundle("dated", col(Digest.date), col(Digest.read_at))
    rows = select(Entry.paper_id, Entry.digest_id, Entry.position, dated)
    rows = rows.join(Paper).join(Digest).where(*read)
    found: dict[int, list[Place]] = defaultdict(list)
    for paper_id, digest_id, position, (day, read_at) in session.exec(
        rows.order_by(col(Digest.read_at), col(Entry.id))
    ):
        found[paper_id].append(Place(day or read_at.date(), position, length_of[digest_id]))
    return found
