"""What readers said of papers: like, dislike, save."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col, select

from app.mail.links import Verdict
from app.store.tables import Feedback, Paper

# A paper cannot be liked and disliked at once; saving it is another matter.
CONTRARY = {Verdict.LIKE: Verdict.DISLIKE, Verdict.DISLIKE: Verdict.LIKE}


@dataclass
class Opinion:
    """One subscriber's papers by verdict, oldest first."""

    liked: list[int] = field(default_factory=list)
    disliked: list[int] = field(default_factory=list)
    saved: list[int] = field(default_factory=list)


def record(
    session: Session,
    subscriber_id: int,
    paper_id: int,
    verdict: Verdict,
    now: datetime,
    letter_id: int | None = None,
) -> None:
    """Store one verdict; the same twice changes nothing, a contrary one takes its place."""
    if verdict in CONTRARY:
        undo(session, subscriber_id, paper_id, CONTRARY[verdict])
    if given(session, subscriber_id, paper_id, verdict):
        return
    row = Feedback(
        subscriber_id=subscriber_id,
        paper_id=paper_id,
        verdict=verdict,
        letter_id=letter_id,
        at=now,
    )
    session.add(row)
    session.flush()


def undo(session: Session, subscriber_id: int, paper_id: int, verdict: Verdict) -> None:
    """Take one verdict back; if it was never given, nothing changes."""
    session.exec(
        delete(Feedback).where(
            col(Feedback.subscriber_id) == subscriber_id,
            col(Feedback.paper_id) == paper_id,
            col(Feedback.verdict) == verdict,
        )
    )


def has_liked(session: Session, subscriber_id: int) -> bool:
    """Whether any like of theirs stands."""
    rows = select(Feedback.id).where(
        Feedback.subscriber_id == subscriber_id, Feedback.verdict == Verdict.LIKE
    )
    return session.exec(rows).first() is not None


def forget_unlettered(session: Session, subscriber_id: int) -> None:
    """Take back what was said at sign-up, not in a letter."""
    session.exec(
        delete(Feedback).where(
            col(Feedback.subscriber_id) == subscriber_id, col(Feedback.letter_id).is_(None)
        )
    )


def given(session: Session, subscriber_id: int, paper_id: int, verdict: Verdict) -> bool:
    """Whether this verdict stands."""
    rows = select(Feedback.id).where(
        Feedback.subscriber_id == subscriber_id,
        Feedback.paper_id == paper_id,
        Feedback.verdict == verdict,
    )
    return session.exec(rows).first() is not None


def opinions(session: Session, subscriber_ids: Sequence[int]) -> dict[int, Opinion]:
    """What each of them said so far; those who said nothing are left out."""
    rows = select(Feedback).where(col(Feedback.subscriber_id).in_(subscriber_ids))
    found: dict[int, Opinion] = {}
    for row in session.exec(rows.order_by(col(Feedback.at), col(Feedback.id))):
        opinion = found.setdefault(row.subscriber_id, Opinion())
        papers = {
            Verdict.LIKE: opinion.liked,
            Verdict.DISLIKE: opinion.disliked,
            Verdict.SAVE: opinion.saved,
        }[Verdict(row.verdict)]
        papers.append(row.paper_id)
    return found


def standing(session: Session, subscriber_id: int, paper_id: int) -> frozenset[Verdict]:
    """The verdicts one reader gave one paper and did not take back."""
    rows = select(Feedback.verdict).where(
        Feedback.subscriber_id == subscriber_id, Feedback.paper_id == paper_id
    )
    return frozenset(map(Verdict, session.exec(rows)))


def of_subscriber(session: Session, subscriber_id: int) -> Sequence[tuple[Feedback, Paper]]:
    """Everything one reader said, newest first, with the papers."""
    rows = select(Feedback, Paper).join(Paper).where(Feedback.subscriber_id == subscriber_id)
    return session.exec(rows.order_by(col(Feedback.at).desc(), col(Feedback.id).desc())).all()
