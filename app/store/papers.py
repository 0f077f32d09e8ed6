"""Papers, the names they are known by, their entries in digests and their votes."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, delete, exists, func, insert, or_
from sqlalchemy import select as any_select
from sqlalchemy.orm import Bundle
from sqlmodel import Session, col, select

from app.papers import identity, paper
from app.store import naming, votes
from app.store.arrivals import Arrivals
from app.store.naming import BATCH, STANDING, told
from app.store.tables import Digest, Entry, Feedback, Paper, VoteSnapshot

__all__ = ["told"]


def find_or_add(
    session: Session, papers: Sequence[paper.Paper], seen: date, now: datetime | None = None
) -> list[Paper]:
    """Return the stored row of each paper, adding those not known yet as first seen on `seen`.

    What an earlier digest left blank is filled in, see `facts.add`. A paper that goes by the names
    of two stored ones makes them one. now: when; the end of that day, if it is not told.
    """
    moment = now or datetime.combine(seen, time.max, UTC)
    return Arrivals(session, papers, seen, moment).add()


def add_facts(session: Session, papers: Sequence[paper.Paper], seen: date, now: datetime) -> None:
    """Note what is told of papers that are stored; the others are none of ours."""
    Arrivals(session, papers, seen, now).note()


def withdraw(session: Session, arxiv_ids: Sequence[str], seen: date) -> None:
    """Note that the archive took these papers back."""
    names = [f"arxiv:{arxiv_id}" for arxiv_id in arxiv_ids]
    for row in naming.rows_by_name(session, names).values():
        row.withdrawn_on = row.withdrawn_on or seen
    session.flush()


def _current(session: Session, row: Paper) -> Paper:
    return row if row.same_as is None else session.get_one(Paper, row.same_as)


def count(session: Session) -> int:
    """How many papers are stored."""
    every = select(func.count()).select_from(Paper)
    gone = every.where(col(Paper.same_as).is_not(None))
    # Each by an index; those that stand, asked for at once, would be read abstracts and all.
    return session.exec(every).one() - session.exec(gone).one()


def last_id(session: Session) -> int:
    """The highest id given so far; 0 before the first."""
    return session.exec(select(func.max(col(Paper.id)))).one() or 0


def add_entries(
    session: Session, digest_id: int, entries: Sequence[paper.Entry], rows: Sequence[Paper]
) -> None:
    """Note where each of `rows` stood in a digest; entries and rows go side by side.

    What had been taken off the lists is on one again.
    """
    places = [
        {"digest_id": digest_id, "paper_id": row.id, "position": entry.position}
        for entry, row in zip(entries, rows, strict=True)
    ]
    for row in rows:
        if row.unlisted_on is not None:
            row.unlisted_on = None
    if places:
        session.execute(insert(Entry), places)


def take_off(session: Session, paper_id: int, digest_ids: Sequence[int], day: date) -> bool:
    """Take a paper off some digests; True if no other lists it, and so it goes unlisted."""
    of_paper = col(Entry.paper_id) == paper_id
    session.execute(delete(Entry).where(of_paper, col(Entry.digest_id).in_(digest_ids)))
    if session.exec(select(Entry.id).where(of_paper).limit(1)).first() is not None:
        return False
    row = session.get_one(Paper, paper_id)
    row.unlisted_on = day
    session.add(row)
    session.flush()
    return True


def unlisted(session: Session) -> set[int]:
    """The papers that were taken off the only list they stood on."""
    rows = select(Paper.id).where(col(Paper.unlisted_on).is_not(None))
    return {paper_id for paper_id in session.exec(rows) if paper_id is not None}


def add_votes(session: Session, paper_id: int, entry: paper.Entry, at: datetime) -> bool:
    """Store a snapshot if votes or comments changed since the last one; tell whether they did."""
    return votes.count(session, paper_id, entry.votes, entry.n_comments, at)


def n_comments(session: Session, paper_id: int) -> int | None:
    """How many comments it had when they were last counted; None if nobody counts them."""
    counted = select(VoteSnapshot.n_comments).where(
        VoteSnapshot.paper_id == paper_id, col(VoteSnapshot.n_comments).is_not(None)
    )
    return session.exec(counted.order_by(col(VoteSnapshot.at).desc()).limit(1)).first()


def texts(session: Session, first: date, last: date) -> dict[int, paper.Paper]:
    """Every paper first seen from `first` to `last`, both included, by its id.

    And those of before that somebody liked, disliked or saved, for that still tells what they want.
    """
    tags: Bundle[Any] = Bundle("tags", col(Paper.authors), col(Paper.categories))
    columns = select(Paper.id, Paper.title, Paper.abstract, tags)
    seen = col(Paper.first_seen)
    # Looked up paper by paper: there are few old ones, and much more feedback than papers.
    wanted = or_(seen >= first, exists().where(col(Feedback.paper_id) == col(Paper.id)))
    rows = session.exec(columns.where(seen <= last, wanted, STANDING).order_by(col(Paper.id)))
    return {
        paper_id: paper.Paper(
            title=title, abstract=abstract, authors=tuple(authors), categories=tuple(categories)
        )
        for paper_id, title, abstract, (authors, categories) in rows
        if paper_id is not None
    }


def votes_at(session: Session, paper_ids: Sequence[int], at: datetime) -> dict[int, int]:
    """The latest votes known at a moment, for the papers that have any.

    Not those that came later, from what only then turned out to be the same paper.
    """
    found: dict[int, int] = {}
    for start in range(0, len(paper_ids), BATCH):
        of_batch = col(VoteSnapshot.paper_id).in_(paper_ids[start : start + BATCH])
        snapshots = select(VoteSnapshot.paper_id, VoteSnapshot.votes).where(
            of_batch, col(VoteSnapshot.at) <= at, _noted(at)
        )
        found.update(session.exec(snapshots.order_by(col(VoteSnapshot.at))).all())
    return found


def _noted(at: datetime) -> ColumnElement[bool]:
    return or_(col(VoteSnapshot.noted_at).is_(None), col(VoteSnapshot.noted_at) <= at)


def by_id(session: Session, paper_id: int) -> Paper | None:
    """The paper of an id; of one that turned out to be another, that one."""
    row = session.get(Paper, paper_id)
    return None if row is None else _current(session, row)


def by_ids(session: Session, paper_ids: Sequence[int]) -> dict[int, Paper]:
    """Rows by their id; ids that are not there are left out."""
    found: dict[int, Paper] = {}
    for start in range(0, len(paper_ids), BATCH):
        rows = select(Paper).where(col(Paper.id).in_(paper_ids[start : start + BATCH]))
        found.update({row.id: row for row in session.exec(rows) if row.id is not None})
    return found


def shown(session: Session, paper_ids: Sequence[int]) -> dict[int, paper.Paper]:
    """What letters show of papers: title, abstract, authors, links and organisation."""
    authors = cast(col(Paper.authors), Text)
    texts = col(Paper.id), col(Paper.title), col(Paper.abstract), authors, col(Paper.url)
    columns = any_select(*texts, col(Paper.organisation), col(Paper.code_url))
    found: dict[int, paper.Paper] = {}
    for start in range(0, len(paper_ids), BATCH):
        rows = columns.where(col(Paper.id).in_(paper_ids[start : start + BATCH]))
        found.update({key: _shown(*facts) for key, *facts in session.execute(rows)})
    return found


# The same papers are asked for with every few letters.
@lru_cache(maxsize=2_000)
def _shown(
    title: str, abstract: str, authors: str, url: str, organisation: str, code_url: str
) -> paper.Paper:
    names = tuple(json.loads(authors))
    return paper.Paper(title, abstract, names, url, organisation=organisation, code_url=code_url)


def titles(session: Session, paper_ids: Sequence[int]) -> dict[int, str]:
    """The titles as the digests have them."""
    found: dict[int, str] = {}
    for start in range(0, len(paper_ids), BATCH):
        of_batch = col(Paper.id).in_(paper_ids[start : start + BATCH])
        rows = session.exec(select(col(Paper.id), Paper.title).where(of_batch))
        found.update({key: title for key, title in rows if key is not None})
    return found


def named(session: Session, text: str) -> Paper | None:
    """Find a paper by its arXiv id, DOI, link or whole title, or by its number here."""
    names = identity.keys(
        paper.Paper(
            title=text, arxiv_id=identity.arxiv_id_in(text) or "", doi=identity.doi_in(text) or ""
        )
    )
    found = naming.rows_by_name(session, names)
    first = next((found[name] for name in names if name in found), None)
    if first is None and text.isdecimal() and len(text) < 10:
        return by_id(session, int(text))
    return first


def linked(session: Session, text: str) -> int | None:
    """The id of the paper that an arXiv id, a DOI or a link in the text leads to, if any."""
    named = paper.Paper(
        title="", arxiv_id=identity.arxiv_id_in(text) or "", doi=identity.doi_in(text) or ""
    )
    names = identity.keys(named)
    found = naming.rows_by_name(session, names)
    by_name = next((found[name].id for name in names if name in found), None)
    if by_name is not None or not text.startswith(("http://", "https://")):
        return by_name
    standing = func.coalesce(Paper.same_as, Paper.id)
    return session.exec(select(standing).where(Paper.url == text).limit(1)).first()


def exported(
    session: Session,
) -> Iterator[tuple[Paper, list[tuple[Digest, int]], dict[str, int | None]]]:
    """Every paper with its entries (digest, position) and counts, by id, one paper at a time.

    counts: "votes" and "n_comments" as last counted, None where nobody did.
    """
    counted: dict[int, dict[str, int | None]] = {}
    newest = select(
        VoteSnapshot.paper_id, VoteSnapshot.votes, VoteSnapshot.n_comments, VoteSnapshot.own
    )
    for paper_id, n_votes, n_comments, own in session.exec(newest.order_by(col(VoteSnapshot.at))):
        counted[paper_id] = {"votes": n_votes - own, "n_comments": n_comments}
    entries = select(Entry.paper_id, Digest, Entry.position).join(Digest)
    by_paper: dict[int, list[tuple[Digest, int]]] = {}
    for paper_id, digest, position in session.exec(entries.order_by(col(Digest.id))):
        by_paper.setdefault(paper_id, []).append((digest, position))
    for row in session.exec(select(Paper).where(STANDING).order_by(col(Paper.id))).yield_per(BATCH):
        key = row.id or 0
        yield row, by_paper.get(key, []), counted.get(key, {"votes": None, "n_comments": None})


def places(session: Session, paper_id: int) -> Sequence[tuple[Entry, Digest]]:
    """Where a paper was listed, newest digest first."""
    rows = select(Entry, Digest).join(Digest).where(Entry.paper_id == paper_id)
    return session.exec(rows.order_by(col(Digest.read_at).desc(), col(Digest.id).desc())).all()
