"""Letters as facts, and the picks each of them holds."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple, cast

from sqlalchemy import BindParameter, ColumnElement, Select, Table, bindparam, func, or_
from sqlalchemy import select as any_select
from sqlmodel import Session, col, select

from app.store.naming import PICKED
from app.store.prepared import PreparedByIds
from app.store.tables import Letter, LetterKind, OutboxEntry, Paper, Pick, State


class Choice(NamedTuple):
    """A pick as its letter prints it; `paper_id` is of the row that tells what."""

    rank: int
    paper_id: int
    reason: str
    by_community: bool = False


class Place(NamedTuple):
    """What stands at a rank of a letter, whose letter it is, and of when."""

    subscriber_id: int
    date: datetime
    paper_id: int


def add(session: Session, letter: Letter, picks: Sequence[Pick] = ()) -> Letter:
    """Store a letter and its picks; their letter_id is set here."""
    session.add(letter)
    session.flush()
    for pick in picks:
        pick.letter_id = letter.id or 0
        session.add(pick)
    session.flush()
    return letter


def by_id(session: Session, letter_id: int) -> Letter | None:
    """Look one up by its id."""
    return session.get(Letter, letter_id)


def of_edition(
    session: Session, subscriber_id: int, day: date, kind: LetterKind = LetterKind.DAILY
) -> Letter | None:
    """One subscriber's letter of one day, if there is one."""
    rows = select(Letter).where(
        Letter.subscriber_id == subscriber_id, Letter.edition_date == day, Letter.kind == kind
    )
    return session.exec(rows).first()


def edition_with(session: Session, subscriber_id: int, paper_id: int) -> date | None:
    """The latest edition whose letter to somebody holds a paper, be it sent or on its way."""
    its_rows = select(Paper.id).where(
        or_(col(Paper.id) == paper_id, col(Paper.same_as) == paper_id)
    )
    rows = select(col(Letter.edition_date)).join(Pick)
    rows = rows.join(OutboxEntry, col(OutboxEntry.letter_id) == col(Letter.id)).where(_reached())
    rows = rows.where(Letter.subscriber_id == subscriber_id, col(Pick.paper_id).in_(its_rows))
    return session.exec(rows.order_by(col(Letter.edition_date).desc())).first()


def picks_of(session: Session, letter_id: int) -> Sequence[tuple[Pick, Paper]]:
    """A letter's picks with the papers that they are of by now, by rank."""
    rows = select(Pick, Paper).join(Paper, col(Paper.id) == PICKED)
    rows = rows.where(Pick.letter_id == letter_id)
    return session.exec(rows.order_by(col(Pick.rank))).all()


def by_ids(session: Session, letter_ids: Sequence[int]) -> dict[int, Letter]:
    """Rows by their id; ids that are not there are left out. They are only to be read."""
    # Not by the mapper, which takes as long for a row as half a letter's way through SMTP.
    rows = session.connection().execute(_BY_IDS, {"ids": list(letter_ids)})
    return {row.id: cast("Letter", row) for row in rows}


_LETTERS = cast("Table", Letter.__table__)  # type: ignore[attr-defined]
_BY_IDS = any_select(_LETTERS).where(_LETTERS.c.id.in_(bindparam("ids", expanding=True)))


def choices(session: Session, letter_ids: Sequence[int]) -> dict[int, list[Choice]]:
    """What each of these letters says was picked for it, by rank."""
    found: dict[int, list[Choice]] = {each: [] for each in letter_ids}
    for letter_id, rank, paper_id, reason, by_community in _CHOICES.rows(session, letter_ids):
        found[letter_id].append(Choice(rank, paper_id, reason, bool(by_community)))
    return found


def _select_choices(letter_ids: list[BindParameter[int]]) -> Select[int, int, int, str, bool]:
    of_letter, printed = col(Pick.letter_id), func.coalesce(Pick.printed_id, Pick.paper_id)
    columns = of_letter, col(Pick.rank), printed, col(Pick.reason), col(Pick.by_community)
    return any_select(*columns).where(of_letter.in_(letter_ids)).order_by(of_letter, col(Pick.rank))


_CHOICES = PreparedByIds(_select_choices)


def pick_at(session: Session, letter_id: int, rank: int) -> tuple[Pick, Paper] | None:
    """The pick that stood at `rank` (from 1) of a letter."""
    rows = select(Pick, Paper).join(Paper, col(Paper.id) == PICKED)
    return session.exec(rows.where(Pick.letter_id == letter_id, Pick.rank == rank)).first()


def places(session: Session, wanted: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Place]:
    """What stands at each of these places, (letter id, rank); those with nothing are left out."""
    letter_ids, ranks = map(set, zip(*wanted, strict=True))
    rows = any_select(
        col(Pick.letter_id),
        col(Pick.rank),
        col(Letter.subscriber_id),
        col(Letter.date),
        PICKED,
    ).join(Letter, col(Letter.id) == col(Pick.letter_id))
    found = rows.where(col(Pick.letter_id).in_(letter_ids), col(Pick.rank).in_(ranks))
    return {(row[0], row[1]): Place(*row[2:]) for row in session.connection().execute(found)}


def papers_sent(
    session: Session,
    subscriber_ids: Sequence[int],
    before: datetime | None = None,
    since: date | None = None,
) -> dict[int, set[int]]:
    """The papers that went, or are on their way, to each of them.

    A letter that failed for good, or was overtaken by the next, reached nobody, so its papers may
    be picked again; not so where an attempt ended in doubt. before: only of letters written
    before that moment. since: only of editions of that day or later.
    """
    of_letter, whose = col(OutboxEntry.letter_id), col(OutboxEntry.subscriber_id)
    rows = any_select(whose, PICKED).join(Pick, col(Pick.letter_id) == of_letter)
    rows = rows.where(whose.in_(subscriber_ids), _reached())
    if before is not None:
        rows = rows.join(Letter, col(Letter.id) == of_letter).where(col(Letter.date) < before)
    if since is not None:
        # By its kind, too, for the index has it before the day.
        daily = col(OutboxEntry.kind) == LetterKind.DAILY
        rows = rows.where(daily, col(OutboxEntry.edition_date) >= since)
    sent: dict[int, set[int]] = {}
    for subscriber_id, paper_id in session.execute(rows).all():
        sent.setdefault(subscriber_id, set()).add(paper_id)
    return sent


def _reached() -> ColumnElement[bool]:
    """That an outbox entry went out, or is on its way, or that nobody can tell."""
    arrived = col(OutboxEntry.state).not_in([State.FAILED, State.SKIPPED, State.SUPPRESSED])
    return or_(arrived, col(OutboxEntry.doubtful) > 0)
