"""Papers by the letters in their texts, where no model knows their words."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Text, and_, cast, or_
from sqlmodel import Session, col, select

from app.store.naming import STANDING
from app.store.tables import Paper


class Where(StrEnum):
    """What of a paper is looked through."""

    TEXT = "text"
    AUTHORS = "authors"
    CATEGORIES = "categories"


@dataclass(frozen=True)
class Needle:
    """Pieces of words that all stand somewhere in a paper, in any order; "" stands everywhere."""

    pieces: tuple[str, ...]
    where: Where = Where.TEXT


@dataclass(frozen=True)
class Span:
    """Ids from `first` to `last`, both included; None: without end."""

    first: int | None = None
    last: int | None = None


def holding(
    session: Session, needles: Sequence[Needle], spans: Sequence[Span], limit: int
) -> list[int]:
    """Papers of the spans with all needles, or, if none has all, with some: ids, newest first.

    spans: apart, in their order. Case does not matter, for ASCII at least. Nothing but a first
    sieve: "art" is in "heart" too.
    """
    held = [
        and_(True, *(_holds(session, needle.where, each) for each in needle.pieces))
        for needle in needles
    ]
    ids: list[int] = []
    for wanted in (and_(*held), or_(*held)):
        # Span by span: of several at once SQLite would look through the whole table.
        for span in reversed(spans):
            newest = select(col(Paper.id)).where(_within(span), wanted, STANDING)
            newest = newest.order_by(col(Paper.id).desc()).limit(limit - len(ids))
            ids += [paper_id for paper_id in session.exec(newest) if paper_id is not None]
            if len(ids) == limit:
                break
        if ids or len(held) < 2:
            break
    return ids


def _within(span: Span) -> ColumnElement[bool]:
    edges = []
    if span.first is not None:
        edges.append(col(Paper.id) >= span.first)
    if span.last is not None:
        edges.append(col(Paper.id) <= span.last)
    return and_(True, *edges)


def _holds(session: Session, where: Where, piece: str) -> ColumnElement[bool]:
    columns = {
        Where.TEXT: (col(Paper.title), col(Paper.abstract)),
        Where.AUTHORS: (cast(col(Paper.authors), Text),),
        Where.CATEGORIES: (cast(col(Paper.categories), Text),),
    }
    # SQLite's LIKE ignores case by itself; folding every text first would take twice as long.
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    pattern = f"%{escaped(piece)}%"
    return or_(
        *(
            column.like(pattern, escape="\\") if is_sqlite else column.ilike(pattern, escape="\\")
            for column in columns[where]
        )
    )


def escaped(piece: str) -> str:
    """A piece with its wildcards taken for what they are."""
    return piece.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
