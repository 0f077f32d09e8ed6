"""How many votes a paper has: as sources count them, and our own readers' on top.

A source counts its own visitors and knows nothing of ours, so each count of either is kept beside
the last one of the other, and what is shown and weighed is their sum.
"""

from datetime import datetime

from sqlmodel import Session, col, select

from app.store.tables import VoteSnapshot


def count(
    session: Session, paper_id: int, votes: int | None, n_comments: int | None, at: datetime
) -> bool:
    """Store what a source counts now, if that is news; tell whether it is.

    What it does not count (None), but was counted before, is as it was then.
    """
    if votes is None and n_comments is None:
        return False
    last = _last(session, paper_id)
    own = last.own if last else 0
    if last:
        votes = last.votes - own if votes is None else votes
        n_comments = last.n_comments if n_comments is None else n_comments
    if votes is None:
        return False
    if last and (last.votes, last.n_comments) == (votes + own, n_comments):
        return False
    if last and last.at > at:
        return False
    _store(session, last, VoteSnapshot(paper_id=paper_id, at=at, votes=votes + own,
                                       n_comments=n_comments, own=own))  # fmt: skip
    return True


def count_own(session: Session, paper_id: int, own: int, at: datetime) -> None:
    """Store how many of our own readers vote for it now."""
    last = _last(session, paper_id)
    if own == (last.own if last else 0):
        return
    others = last.votes - last.own if last else 0
    # A vote is never lost to a clock that was set back.
    at = max(at, last.at) if last else at
    n_comments = last.n_comments if last else None
    found = VoteSnapshot(
        paper_id=paper_id, at=at, votes=others + own, n_comments=n_comments, own=own
    )
    _store(session, last, found)


def join(
    session: Session,
    paper_id: int,
    last: VoteSnapshot,
    other: VoteSnapshot,
    at: datetime,
    n_twice: int = 0,
) -> None:
    """Store what a paper has, now that it is another's as well; each by its last count.

    Sources count the same visitors, so the most that one saw; readers of ours are other ones, but
    for those that are in both counts, who vote once. n_twice: how many vote for either.
    """
    own = last.own + other.own - (n_twice if last.own and other.own else 0)
    others = max(each.votes - each.own for each in (last, other))
    comments = [each.n_comments for each in (last, other) if each.n_comments is not None]
    found = VoteSnapshot(
        paper_id=paper_id,
        at=max(at, last.at),
        votes=others + own,
        n_comments=max(comments, default=None),
        own=own,
    )
    known = last.votes, last.n_comments, last.own
    if known != (found.votes, found.n_comments, found.own):
        _store(session, last, found)


def _last(session: Session, paper_id: int) -> VoteSnapshot | None:
    newest = col(VoteSnapshot.at).desc()
    of_paper = select(VoteSnapshot).where(VoteSnapshot.paper_id == paper_id)
    return session.exec(of_paper.order_by(newest).limit(1)).first()


def _store(session: Session, last: VoteSnapshot | None, found: VoteSnapshot) -> None:
    if last and last.at == found.at:  # of two at one moment, the later one is the newer
        last.votes, last.n_comments, last.own = found.votes, found.n_comments, found.own
        found = last
    session.add(found)
    session.flush()
