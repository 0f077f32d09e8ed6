"""Papers, the names they are known by, their entries in digests and their votes."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Text, cast, func, or_
from sqlalchemy import select as any_select
from sqlalchemy.orm import Bundle
from sqlmodel import Session, col, select

from app.papers import identity, paper
from app.store import votes
from app.store.tables import (
    Digest,
    Entry,
    Feedback,
    OutboxEntry,
    Paper,
    PaperName,
    Pick,
    VoteSnapshot,
)

# Below every database's limit of bound values in one statement.
BATCH = 500


def find_or_add(session: Session, papers: Sequence[paper.Paper], seen: date) -> list[Paper]:
    """Return the stored row of each paper, adding those not known yet as first seen on `seen`.

    What an earlier digest left blank (abstract, authors, links) is filled in; nothing is replaced.
    What letters show stays blank while one with the paper is on its way: a second try must have
    the bytes of the first. The next reading of the digest fills it in.
    """
    names = [identity.keys(each) for each in papers]
    known = _rows_by_name(session, [name for each in names for name in each])
    rows = []
    for each, its_names in zip(papers, names, strict=True):
        row = _match(known, its_names)
        if row is None:
            row = _new_row(each, seen)
            session.add(row)
            session.flush()
        else:
            _fill_blanks(session, row, each)
        for name in its_names:
            if name not in known:
                known[name] = row
                session.add(PaperName(name=name, paper_id=row.id or 0))
        rows.append(row)
    session.flush()
    return rows


def find(session: Session, papers: Sequence[paper.Paper]) -> list[Paper | None]:
    """Return the stored row of each paper, None for one not known yet; nothing is changed."""
    names = [identity.keys(each) for each in papers]
    known = _rows_by_name(session, sorted({name for each in names for name in each}))
    return [_match(known, its_names) for its_names in names]


def _rows_by_name(session: Session, names: Sequence[str]) -> dict[str, Paper]:
    found: dict[str, Paper] = {}
    for start in range(0, len(names), BATCH):
        of_batch = col(PaperName.name).in_(names[start : start + BATCH])
        pairs = session.exec(select(PaperName.name, Paper).join(Paper).where(of_batch))
        found.update(pairs.all())
    return found


def _match(known: Mapping[str, Paper], names: Sequence[str]) -> Paper | None:
    for n, name in enumerate(names):  # strongest first
        row = known.get(name)
        if row is not None and not _contradicts(row, names[:n]):
            return row
    return None


def _contradicts(row: Paper, stronger: Sequence[str]) -> bool:
    """Whether the strongest kind of name that both have, of these, is not the same name."""
    own, others = _by_kind(identity.keys(told(row))), _by_kind(stronger)
    strongest = next((kind for kind in others if kind in own), None)
    return strongest is not None and own[strongest] != others[strongest]


def _by_kind(names: Sequence[str]) -> dict[str, str]:
    return {kind: name for kind, _, name in (each.partition(":") for each in names)}


def _new_row(each: paper.Paper, seen: date) -> Paper:
    return Paper(
        title=each.title,
        abstract=each.abstract,
        authors=list(each.authors),
        categories=list(each.categories),
        url=each.url,
        arxiv_id=each.arxiv_id,
        doi=each.doi,
        published=each.published,
        first_seen=seen,
    )


def _fill_blanks(session: Session, row: Paper, each: paper.Paper) -> None:
    shown = ("abstract", "authors", "url")
    others = ("categories", "arxiv_id", "doi", "published")
    blank = [name for name in shown if not getattr(row, name) and getattr(each, name)]
    if blank and _is_on_its_way(session, row.id or 0):
        blank = []
    blank += [name for name in others if not getattr(row, name) and getattr(each, name)]
    for name in blank:
        value = getattr(each, name)
        setattr(row, name, list(value) if name in {"authors", "categories"} else value)


def _is_on_its_way(session: Session, paper_id: int) -> bool:
    entries = select(OutboxEntry.id).join(Pick, col(Pick.letter_id) == col(OutboxEntry.letter_id))
    unsettled = col(OutboxEntry.settled_at).is_(None)
    return (
        session.exec(entries.where(Pick.paper_id == paper_id, unsettled).limit(1)).first()
        is not None
    )


def count(session: Session) -> int:
    """How many papers are stored."""
    return session.exec(select(func.count()).select_from(Paper)).one()


def add_entries(
    session: Session, digest_id: int, entries: Sequence[paper.Entry], rows: Sequence[Paper]
) -> None:
    """Note where each of `rows` stood in a digest; entries and rows go side by side."""
    for entry, row in zip(entries, rows, strict=True):
        session.add(Entry(digest_id=digest_id, paper_id=row.id or 0, position=entry.position))
    session.flush()


def add_votes(session: Session, paper_id: int, entry: paper.Entry, at: datetime) -> bool:
    """Store a snapshot if votes or comments changed since the last one; tell whether they did."""
    if entry.votes is None:
        return False
    return votes.count(session, paper_id, entry.votes, entry.n_comments, at)


def texts(session: Session, first: date, last: date) -> dict[int, paper.Paper]:
    """Every paper first seen from `first` to `last`, both included, by its id.

    And those of before that somebody liked, disliked or saved, for that still tells what they want.
    """
    tags: Bundle[Any] = Bundle("tags", col(Paper.authors), col(Paper.categories))
    columns = select(Paper.id, Paper.title, Paper.abstract, tags)
    seen = col(Paper.first_seen)
    wanted = or_(seen >= first, col(Paper.id).in_(select(Feedback.paper_id)))
    rows = session.exec(columns.where(seen <= last, wanted).order_by(col(Paper.id)))
    return {
        paper_id: paper.Paper(
            title=title, abstract=abstract, authors=tuple(authors), categories=tuple(categories)
        )
        for paper_id, title, abstract, (authors, categories) in rows
        if paper_id is not None
    }


def votes_at(session: Session, paper_ids: Sequence[int], at: datetime) -> dict[int, int]:
    """The latest votes known at a moment, for the papers that have any."""
    found: dict[int, int] = {}
    for start in range(0, len(paper_ids), BATCH):
        of_batch = col(VoteSnapshot.paper_id).in_(paper_ids[start : start + BATCH])
        snapshots = select(VoteSnapshot.paper_id, VoteSnapshot.votes).where(
            of_batch, col(VoteSnapshot.at) <= at
        )
        found.update(session.exec(snapshots.order_by(col(VoteSnapshot.at))).all())
    return found


def by_ids(session: Session, paper_ids: Sequence[int]) -> dict[int, Paper]:
    """Rows by their id; ids that are not there are left out."""
    found: dict[int, Paper] = {}
    for start in range(0, len(paper_ids), BATCH):
        rows = select(Paper).where(col(Paper.id).in_(paper_ids[start : start + BATCH]))
        found.update({row.id: row for row in session.exec(rows) if row.id is not None})
    return found


def shown(session: Session, paper_ids: Sequence[int]) -> dict[int, paper.Paper]:
    """What letters show of papers: title, abstract, authors and link."""
    authors = cast(col(Paper.authors), Text)
    columns = any_select(
        col(Paper.id), col(Paper.title), col(Paper.abstract), authors, col(Paper.url)
    )
    found: dict[int, paper.Paper] = {}
    for start in range(0, len(paper_ids), BATCH):
        rows = columns.where(col(Paper.id).in_(paper_ids[start : start + BATCH]))
        found.update({key: _shown(*facts) for key, *facts in session.execute(rows)})
    return found


# The same papers are asked for with every few letters.
@lru_cache(maxsize=2_000)
def _shown(title: str, abstract: str, authors: str, url: str) -> paper.Paper:
    return paper.Paper(title, abstract, tuple(json.loads(authors)), url)


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
    found = _rows_by_name(session, names)
    first = next((found[name] for name in names if name in found), None)
    if first is None and text.isdecimal() and len(text) < 10:
        return session.get(Paper, int(text))
    return first


def linked(session: Session, text: str) -> int | None:
    """The id of the paper that an arXiv id, a DOI or a link in the text leads to, if any."""
    named = paper.Paper(
        title="", arxiv_id=identity.arxiv_id_in(text) or "", doi=identity.doi_in(text) or ""
    )
    names = identity.keys(named)
    found = _rows_by_name(session, names)
    by_name = next((found[name].id for name in names if name in found), None)
    if by_name is not None or not text.startswith(("http://", "https://")):
        return by_name
    return session.exec(select(Paper.id).where(Paper.url == text).limit(1)).first()


def exported(session: Session) -> Iterator[tuple[Paper, list[tuple[Digest, int]]]]:
    """Every paper with its entries (digest, position), by id, one paper at a time."""
    entries = select(Entry.paper_id, Digest, Entry.position).join(Digest)
    by_paper: dict[int, list[tuple[Digest, int]]] = {}
    for paper_id, digest, position in session.exec(entries.order_by(col(Digest.id))):
        by_paper.setdefault(paper_id, []).append((digest, position))
    for row in session.exec(select(Paper).order_by(col(Paper.id))).yield_per(BATCH):
        yield row, by_paper.get(row.id or 0, [])


def places(session: Session, paper_id: int) -> Sequence[tuple[Entry, Digest]]:
    """Where a paper was listed, newest digest first."""
    rows = select(Entry, Digest).join(Digest).where(Entry.paper_id == paper_id)
    return session.exec(rows.order_by(col(Digest.read_at).desc(), col(Digest.id).desc())).all()


def told(row: Paper) -> paper.Paper:
    """A stored paper as the digests told of it: a plain value for the pure rooms."""
    return paper.Paper(
        title=row.title,
        abstract=row.abstract,
        authors=tuple(row.authors),
        categories=tuple(row.categories),
        url=row.url,
        arxiv_id=row.arxiv_id,
        doi=row.doi,
        published=row.published,
    )
