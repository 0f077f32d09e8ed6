"""What a stored paper says of itself, as digest after digest tells more of it."""

from datetime import date
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, select

from app.papers import paper, sameness
from app.store.tables import OutboxEntry, Paper, Pick, State

# What letters show, and what only pages do.
SHOWN = ("abstract", "authors", "url", "organisation", "code_url")
OTHERS = (
    *("categories", "arxiv_id", "published", "published_doi", "journal", "comment"),
    *("project_url", "thumbnail", "keywords"),
)
_LISTS = {"authors", "categories", "keywords"}
# What a later version may say anew.
_OF_VERSION = ("journal", "comment", "published_doi")


def columns(told: paper.Paper, seen: date) -> dict[str, Any]:
    """The columns of a paper that was not known yet."""
    found: dict[str, Any] = {name: _value(name, told) for name in (*SHOWN, *OTHERS)}
    found |= {"title": told.title, "doi": told.doi, "version": told.version, "first_seen": seen}
    return found | {"withdrawn_on": seen if told.is_withdrawn else None}


def add(session: Session, row: Paper, told: paper.Paper, seen: date) -> None:
    """Fill in what was blank, and note what a later version says; nothing else is replaced.

    What letters show stays blank while one with the paper is on its way, or waits in doubt: a
    second try must have the bytes of the first. The next reading of the digest fills it in.
    """
    _note_version(row, told, seen)
    _note_doi(row, told)
    blank = [name for name in SHOWN if not getattr(row, name) and getattr(told, name)]
    if told.is_withdrawn:  # where the abstract was, a sentence says so
        blank = [name for name in blank if name != "abstract"]
    if blank and _is_on_its_way(session, row.id or 0):
        blank = []
    blank += [name for name in OTHERS if not getattr(row, name) and getattr(told, name)]
    for name in blank:
        _set(row, name, told)


def _set(row: Paper, name: str, told: paper.Paper) -> None:
    setattr(row, name, _value(name, told))


def _value(name: str, told: paper.Paper) -> Any:
    value = getattr(told, name)
    return list(value) if name in _LISTS else value


def _note_version(row: Paper, told: paper.Paper, seen: date) -> None:
    """A paper that was taken back stands again only by a later version."""
    is_later = told.version > row.version
    if told.is_withdrawn:
        row.withdrawn_on = row.withdrawn_on or seen
    elif is_later:
        row.withdrawn_on = None
    if is_later:
        row.version = told.version
        for name in _OF_VERSION:
            if getattr(told, name):
                _set(row, name, told)


def _note_doi(row: Paper, told: paper.Paper) -> None:
    """The preprint's beside the journal's, whichever was told first."""
    if not told.doi or told.doi in {row.doi, row.published_doi}:
        return
    if not row.doi:
        row.doi = told.doi
    elif sameness.is_preprint(told.doi) and not sameness.is_preprint(row.doi):
        row.doi, row.published_doi = told.doi, row.published_doi or row.doi
    elif sameness.is_preprint(row.doi) and not row.published_doi:
        row.published_doi = told.doi


def _is_on_its_way(session: Session, paper_id: int) -> bool:
    entries = select(OutboxEntry.id).join(Pick, col(Pick.letter_id) == col(OutboxEntry.letter_id))
    printed = Pick.paper_id == paper_id, col(Pick.printed_id).is_(None)
    may_go = or_(col(OutboxEntry.settled_at).is_(None), col(OutboxEntry.state) == State.IN_DOUBT)
    return session.exec(entries.where(*printed, may_go).limit(1)).first() is not None
