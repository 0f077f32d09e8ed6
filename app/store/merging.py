"""Two stored papers turn out to be one work: everything of one becomes the other's.

The row that goes keeps what letters printed of it, its votes of then included, so that a letter
written before reads the same ever after; a second try to send it has the bytes of the first.
"""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from app.mail.links import Verdict
from app.store import feedback, submissions, votes
from app.store.tables import Feedback, Paper, Pick, VoteSnapshot, metadata

# These have their own way of moving.
_APART = {Paper.__tablename__, Feedback.__tablename__, VoteSnapshot.__tablename__}


def merge(session: Session, one: Paper, other: Paper, now: datetime) -> tuple[Paper, Paper]:
    """Make one paper of two, and say which row stays and which goes.

    The one with an abstract stays, or else the older. Names, entries, picks, taps, feedback and
    votes are its own from now on. What it tells of itself is left to the caller.
    """
    kept, gone = sorted((one, other), key=lambda row: (not row.abstract, row.id or 0))
    session.flush()
    n_twice = submissions.n_for_both(session, kept.id or 0, gone.id or 0)
    _mark_picks(session, gone)
    _move_pointers(session, kept, gone)
    _move_feedback(session, kept, gone)
    _join_votes(session, kept, gone, now, n_twice)
    kept.first_seen = min(kept.first_seen, gone.first_seen)
    kept.unlisted_on = kept.unlisted_on and gone.unlisted_on  # else a list of the other has it
    for earlier in session.exec(select(Paper).where(Paper.same_as == gone.id)):
        earlier.same_as = kept.id
    gone.same_as = kept.id
    session.flush()
    return kept, gone


def _mark_picks(session: Session, gone: Paper) -> None:
    """Letters go on printing what they printed."""
    unmarked = update(Pick).where(col(Pick.paper_id) == gone.id, col(Pick.printed_id).is_(None))
    session.execute(unmarked.values(printed_id=gone.id))


def _move_pointers(session: Session, kept: Paper, gone: Paper) -> None:
    """Whatever else points to the paper, in whichever table."""
    for table in metadata.sorted_tables:
        columns = [each for each in table.columns if each.references(Paper.__table__.c.id)]  # type: ignore[attr-defined]
        for column in columns if table.name not in _APART else ():
            moved = table.update().where(column == gone.id).values({column.name: kept.id})
            session.execute(moved)


def _move_feedback(session: Session, kept: Paper, gone: Paper) -> None:
    """Of a like and a dislike the later stands, of the same verdict twice the earlier."""
    theirs = select(Feedback).where(col(Feedback.paper_id).in_([kept.id, gone.id]))
    rows = session.exec(theirs.order_by(col(Feedback.at), col(Feedback.id))).all()
    standing: dict[tuple[int, str], Feedback] = {}
    for row in rows:
        contrary = feedback.CONTRARY.get(Verdict(row.verdict))
        if contrary and (beaten := standing.pop((row.subscriber_id, contrary), None)):
            session.delete(beaten)
        if standing.setdefault((row.subscriber_id, row.verdict), row) is not row:
            session.delete(row)
    session.flush()
    for row in standing.values():
        row.paper_id = kept.id or 0
    session.flush()


def _join_votes(session: Session, kept: Paper, gone: Paper, now: datetime, n_twice: int) -> None:
    """What was counted of both is from now on the more of others' votes, and our readers' own.

    Counts of the one are none of the other: side by side, the newest would hide the larger.
    n_twice: readers of ours that vote for either.
    """
    counts = select(VoteSnapshot).order_by(col(VoteSnapshot.at))
    ones = session.exec(counts.where(VoteSnapshot.paper_id == kept.id)).all()
    others = session.exec(counts.where(VoteSnapshot.paper_id == gone.id)).all()
    for row in others:
        if not ones or row.at < ones[0].at:
            own = row.model_dump(exclude={"id", "paper_id", "noted_at"})
            session.add(VoteSnapshot(**own, paper_id=kept.id or 0, noted_at=now))
    session.flush()
    if ones and others:
        votes.join(session, kept.id or 0, ones[-1], others[-1], now, n_twice)
