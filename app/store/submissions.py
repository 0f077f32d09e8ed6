"""What people sent in, who votes for it, and what became of it."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, delete, func, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from app.papers import paper
from app.store.tables import Submission, SubmissionState, Support

# What may still join a list.
OPEN = (SubmissionState.SENT, SubmissionState.FOUND)
DECIDED = (SubmissionState.ACCEPTED, SubmissionState.DECLINED)
# What an operator may still take up, or leave out.
ACCEPTABLE = (SubmissionState.FOUND, SubmissionState.DECLINED)
DECLINABLE = (SubmissionState.SENT, SubmissionState.FOUND, SubmissionState.UNKNOWN)
# Below every database's limit of bound values in one statement.
BATCH = 500
_FIELDS = set(paper.Paper._fields)


def by_id(session: Session, submission_id: int) -> Submission | None:
    """One submission."""
    return session.get(Submission, submission_id)


def named(session: Session, name: str, sent: str, now: datetime) -> Submission:
    """Find what is asked for by this name, or add it, to be looked up at once."""
    of_name = select(Submission).where(Submission.name == name)
    found = session.exec(of_name).first()
    if found is not None:
        return found
    try:
        with session.begin_nested():
            found = Submission(name=name, sent=sent, at=now, next_at=now)
            session.add(found)
    except IntegrityError:  # somebody else was first
        return session.exec(of_name).one()
    return found


def count(session: Session, *states: SubmissionState) -> int:
    """How many are in one of these states."""
    rows = select(func.count()).select_from(Submission).where(col(Submission.state).in_(states))
    return session.exec(rows).one()


def waits_since(session: Session, moment: datetime) -> bool:
    """Whether one that was first sent after a moment waits for the operator."""
    of_late = Submission.state == SubmissionState.FOUND, col(Submission.at) > moment
    return session.exec(select(Submission.id).where(*of_late).limit(1)).first() is not None


def claim_due(session: Session, now: datetime, until: datetime) -> Submission | None:
    """Take the next one that is to be looked up; nobody else does, until then.

    Two that ask at once never get the same one: the UPDATE repeats the state that it expects.
    """
    is_due = and_(col(Submission.state) == SubmissionState.SENT, col(Submission.next_at) <= now)
    oldest = select(Submission.id).where(is_due).order_by(col(Submission.next_at)).limit(1)
    claim = update(Submission).where(col(Submission.id).in_(oldest), is_due)
    claim = claim.values(next_at=until).returning(col(Submission.id))
    claimed = session.scalars(claim, execution_options={"synchronize_session": False}).first()
    return None if claimed is None else session.get(Submission, claimed, populate_existing=True)


def in_states(
    session: Session, states: Sequence[SubmissionState], limit: int
) -> Sequence[Submission]:
    """Those in one of these states: the first sent first, or the last decided first."""
    rows = select(Submission).where(col(Submission.state).in_(states))
    decided = func.coalesce(col(Submission.decided_at), col(Submission.at)).desc()
    order = decided if set(states) <= set(DECIDED) else col(Submission.at)
    return session.exec(rows.order_by(order, col(Submission.id)).limit(limit)).all()


def support(session: Session, submission_id: int, subscriber_id: int, now: datetime) -> None:
    """Count a reader's vote; the second time changes nothing."""
    if session.get(Support, (submission_id, subscriber_id)) is not None:
        return
    with suppress(IntegrityError), session.begin_nested():  # of two clicks at once, one counts
        session.add(Support(submission_id=submission_id, subscriber_id=subscriber_id, at=now))


def withdraw(session: Session, paper_id: int, subscriber_id: int) -> None:
    """Take a reader's votes for a paper back; if there are none, nothing changes."""
    of_paper = select(Submission.id).where(Submission.paper_id == paper_id)
    theirs = delete(Support).where(col(Support.subscriber_id) == subscriber_id)
    session.exec(theirs.where(col(Support.submission_id).in_(of_paper)))


def n_supporters(session: Session, submission_ids: Sequence[int]) -> dict[int, int]:
    """How many readers vote for each; those nobody votes for are left out."""
    found: dict[int, int] = {}
    for start in range(0, len(submission_ids), BATCH):
        of_batch = col(Support.submission_id).in_(submission_ids[start : start + BATCH])
        rows = select(Support.submission_id, func.count()).where(of_batch)
        found.update(session.exec(rows.group_by(col(Support.submission_id))).all())
    return found


def count_votes(session: Session, paper_id: int) -> int:
    """How many readers vote for a paper, under whatever name it was sent in."""
    voters = select(func.count(func.distinct(col(Support.subscriber_id))))
    rows = voters.select_from(Support).join(Submission)
    return session.exec(rows.where(Submission.paper_id == paper_id)).one()


def n_for_both(session: Session, one: int, other: int) -> int:
    """How many readers vote for either of two papers."""
    both = col(Submission.paper_id).in_([one, other])
    rows = select(Support.subscriber_id).join(Submission).where(both)
    of_both = func.count(func.distinct(col(Submission.paper_id))) == 2
    voters = rows.group_by(col(Support.subscriber_id)).having(of_both).subquery()
    return session.exec(select(func.count()).select_from(voters)).one()


def voted_by(session: Session, subscriber_id: int, paper_ids: Sequence[int]) -> set[int]:
    """Those of some papers that a reader votes for."""
    rows = select(Submission.paper_id).join(Support).where(Support.subscriber_id == subscriber_id)
    found = session.exec(rows.where(col(Submission.paper_id).in_(paper_ids)))
    return {paper_id for paper_id in found if paper_id is not None}


def accepted(session: Session, paper_id: int) -> Submission | None:
    """The submission that brought a paper to a list, if one did."""
    rows = select(Submission).where(Submission.paper_id == paper_id)
    return session.exec(rows.where(Submission.state == SubmissionState.ACCEPTED)).first()


def accepted_among(session: Session, paper_ids: Sequence[int]) -> set[int]:
    """Those of some papers that the community brought."""
    found: set[int] = set()
    for start in range(0, len(paper_ids), BATCH):
        rows = select(Submission.paper_id).where(Submission.state == SubmissionState.ACCEPTED)
        of_batch = col(Submission.paper_id).in_(paper_ids[start : start + BATCH])
        found |= {each for each in session.exec(rows.where(of_batch)) if each is not None}
    return found


def accepted_since(session: Session, since: datetime, limit: int) -> list[int]:
    """The papers that the community brought since a moment, the latest first."""
    rows = select(Submission.paper_id).where(
        Submission.state == SubmissionState.ACCEPTED, col(Submission.decided_at) >= since
    )
    latest = rows.order_by(col(Submission.decided_at).desc(), col(Submission.id).desc())
    found = session.exec(latest.limit(limit))
    return list(dict.fromkeys(each for each in found if each is not None))


def sent_by(session: Session, subscriber_id: int, limit: int) -> Sequence[Submission]:
    """What a reader sent in or voted for, the latest first."""
    rows = select(Submission).join(Support).where(Support.subscriber_id == subscriber_id)
    return session.exec(
        rows.order_by(col(Support.at).desc(), col(Submission.id).desc()).limit(limit)
    ).all()


def forget(session: Session, before: datetime) -> int:
    """Remove what no paper was found for, and was last asked for before a moment; how many."""
    old = select(Submission.id).where(
        Submission.state == SubmissionState.UNKNOWN,
        func.coalesce(col(Submission.decided_at), col(Submission.at)) < before,
    )
    ids = list(session.exec(old))
    session.exec(delete(Support).where(col(Support.submission_id).in_(ids)))
    session.exec(delete(Submission).where(col(Submission.id).in_(ids)))
    return len(ids)


def tell(row: Submission, found: paper.Paper) -> None:
    """Keep the paper as it was found."""
    row.told = {name: _plain(value) for name, value in found._asdict().items() if value}


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def told(row: Submission) -> paper.Paper:
    """The paper as it was found; its title is what was sent until then."""
    kept: dict[str, Any] = {name: row.told[name] for name in row.told if name in _FIELDS}
    kept = {name: tuple(v) if isinstance(v, list) else v for name, v in kept.items()}
    if "published" in kept:
        kept["published"] = date.fromisoformat(kept["published"])
    return paper.Paper(**({"title": row.sent} | kept))
