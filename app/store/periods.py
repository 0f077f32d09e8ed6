"""The papers first seen in a stretch of days, a page at a time, put in order by the database."""

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from app.store.naming import STANDING
from app.store.tables import Entry, Paper, VoteSnapshot

NOWHERE = 1_000_000  # below every place of a digest


class Order(StrEnum):
    """PLACE: as digests printed them. VOTES: most votes first. NEWEST: by day, then by place."""

    PLACE = "place"
    VOTES = "votes"
    NEWEST = "newest"


def days(session: Session) -> tuple[date, date] | None:
    """The first and the last day on which papers were first seen; None before the first paper."""
    seen = col(Paper.first_seen)
    # Two questions: each is one look into the index.
    first, last = (session.exec(select(edge(seen))).one() for edge in (func.min, func.max))
    return (first, last) if first and last else None


def neighbours(session: Session, first: date, last: date) -> tuple[date | None, date | None]:
    """The nearest days before and after a stretch on which papers were first seen."""
    seen = col(Paper.first_seen)
    before = select(func.max(seen)).where(seen < first)
    after = select(func.min(seen)).where(seen > last)
    return session.exec(before).one(), session.exec(after).one()


def count(session: Session, first: date, last: date) -> int:
    """How many papers were first seen from `first` to `last`, both included."""
    papers = select(func.count()).select_from(Paper)
    return session.exec(papers.where(*_within(first, last))).one()


def page(
    session: Session, first: date, last: date, order: Order, start: int, limit: int
) -> list[int]:
    """The ids of some of them, from place `start` (from 0) of the order on."""
    ids = select(col(Paper.id)).where(*_within(first, last)).order_by(*_order(order))
    return [paper_id for paper_id in session.exec(ids.offset(start).limit(limit)) if paper_id]


def _within(first: date, last: date) -> tuple[ColumnElement[bool], ...]:
    since, until = col(Paper.first_seen) >= first, col(Paper.first_seen) <= last
    return since, until, STANDING, col(Paper.unlisted_on).is_(None)


def _order(order: Order) -> tuple[ColumnElement[Any], ...]:
    of_paper = VoteSnapshot.paper_id == col(Paper.id)
    newest = select(col(VoteSnapshot.votes)).where(of_paper).order_by(col(VoteSnapshot.at).desc())
    votes = func.coalesce(newest.limit(1).scalar_subquery(), -1).desc()
    places = select(func.min(col(Entry.position))).where(Entry.paper_id == col(Paper.id))
    # Databases differ on where an empty place goes.
    place = func.coalesce(places.scalar_subquery(), NOWHERE)
    latest = col(Paper.first_seen).desc()
    orders: dict[Order, tuple[ColumnElement[Any], ...]] = {
        Order.PLACE: (place, votes),
        Order.VOTES: (votes, place, latest),
        Order.NEWEST: (latest, place, votes),
    }
    return *orders[order], col(Paper.id).asc()
