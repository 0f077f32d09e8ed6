"""What readers said of papers: like, dislike, save."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import and_, bindparam, delete, func, insert
from sqlmodel import Session, col, select

from app.mail.links import Verdict
from app.recommend import explain
from app.store.naming import PICKED
from app.store.tables import Feedback, Letter, Paper, Pick, Status, Subscriber

# A paper cannot be liked and disliked at once; saving it is another matter.
CONTRARY = {Verdict.LIKE: Verdict.DISLIKE, Verdict.DISLIKE: Verdict.LIKE}
# What a scale learns from, see `judged`.
LEARN_FROM, MOST_JUDGED = timedelta(days=90), 20_000
# The likes of so many readers teach all that those of more would.
MOST_SHARING = 20_000
_FORGET_UNLETTERED = delete(Feedback).where(
    col(Feedback.subscriber_id) == bindparam("whose"), col(Feedback.letter_id).is_(None)
)


@dataclass(frozen=True)
class Said:
    """When a verdict was given, and in which letter; None: at sign-up."""

    at: datetime
    letter_id: int | None = None


Standing = Mapping[Verdict, Said]


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


def like_all(session: Session, subscriber_id: int, paper_ids: Sequence[int], now: datetime) -> None:
    """Record a like of each, given at sign-up: some hundred, where a library was brought along."""
    if not paper_ids:
        return
    theirs = col(Feedback.subscriber_id) == subscriber_id, col(Feedback.paper_id).in_(paper_ids)
    session.exec(delete(Feedback).where(*theirs, col(Feedback.verdict) == Verdict.DISLIKE.value))
    liked = select(Feedback.paper_id).where(*theirs, Feedback.verdict == Verdict.LIKE.value)
    known = set(session.exec(liked))
    rows = [
        {"subscriber_id": subscriber_id, "paper_id": each, "verdict": Verdict.LIKE.value, "at": now}
        for each in dict.fromkeys(paper_ids)
        if each not in known
    ]
    if rows:
        session.connection().execute(insert(Feedback), rows)


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
    session.connection().execute(_FORGET_UNLETTERED, {"whose": subscriber_id})


def given(session: Session, subscriber_id: int, paper_id: int, verdict: Verdict) -> bool:
    """Whether this verdict stands."""
    rows = select(Feedback.id).where(
        Feedback.subscriber_id == subscriber_id,
        Feedback.paper_id == paper_id,
        Feedback.verdict == verdict,
    )
    return session.exec(rows).first() is not None


def praise(session: Session, since: datetime) -> dict[int, dict[int, datetime]]:
    """When each reader first liked or saved each paper (subscriber id → paper id → moment).

    Papers that they liked or saved before `since` already are left out.
    """
    first = func.min(Feedback.at)
    rows = (
        select(Feedback.subscriber_id, Feedback.paper_id, first)
        .where(col(Feedback.verdict).in_([Verdict.LIKE, Verdict.SAVE]))
        .group_by(col(Feedback.subscriber_id), col(Feedback.paper_id))
        .having(first >= since)
    )
    found: dict[int, dict[int, datetime]] = {}
    for subscriber_id, paper_id, at in session.exec(rows):
        found.setdefault(subscriber_id, {})[paper_id] = at
    return found


def standing(session: Session, subscriber_id: int, paper_id: int) -> frozenset[Verdict]:
    """The verdicts one reader gave one paper and did not take back."""
    rows = select(Feedback.verdict).where(
        Feedback.subscriber_id == subscriber_id, Feedback.paper_id == paper_id
    )
    return frozenset(map(Verdict, session.exec(rows)))


def said_of(session: Session, subscriber_id: int, paper_id: int) -> dict[Verdict, Said]:
    """The same, with when and where each was given."""
    rows = select(Feedback).where(
        Feedback.subscriber_id == subscriber_id, Feedback.paper_id == paper_id
    )
    return {Verdict(row.verdict): Said(row.at, row.letter_id) for row in session.exec(rows)}


def with_vote(
    standing: Mapping[Verdict, Said], verdict: Verdict, said: Said
) -> dict[Verdict, Said]:
    """What stands after a verdict was recorded; see `record`."""
    contrary = CONTRARY.get(verdict)
    kept = {each: known for each, known in standing.items() if each != contrary}
    return {verdict: said} | kept


def put_back(
    session: Session, subscriber_id: int, paper_id: int, standing: Mapping[Verdict, Said]
) -> None:
    """Let exactly this stand of what one reader said of one paper."""
    for verdict, known in said_of(session, subscriber_id, paper_id).items():
        if standing.get(verdict) != known:
            undo(session, subscriber_id, paper_id, verdict)
    for verdict, said in standing.items():
        record(session, subscriber_id, paper_id, verdict, said.at, said.letter_id)


def of_subscriber(session: Session, subscriber_id: int) -> Sequence[tuple[Feedback, Paper]]:
    """Everything one reader said, newest first, with the papers."""
    rows = select(Feedback, Paper).join(Paper).where(Feedback.subscriber_id == subscriber_id)
    return session.exec(rows.order_by(col(Feedback.at).desc(), col(Feedback.id).desc())).all()


def with_verdict(
    session: Session,
    subscriber_id: int,
    verdict: Verdict,
    limit: int | None = None,
    start: int = 0,
) -> Sequence[tuple[Feedback, Paper]]:
    """The papers one reader gave this verdict, newest first, from the `start`-th on."""
    rows = select(Feedback, Paper).join(Paper).where(Feedback.subscriber_id == subscriber_id)
    of_it = rows.where(Feedback.verdict == verdict)
    newest = of_it.order_by(col(Feedback.at).desc(), col(Feedback.id).desc())
    return session.exec(newest.offset(start).limit(limit)).all()


def count_by_verdict(session: Session, subscriber_id: int) -> dict[Verdict, int]:
    """How many papers one reader gave each verdict; those never given are left out."""
    rows = select(Feedback.verdict, func.count()).where(Feedback.subscriber_id == subscriber_id)
    found = session.exec(rows.group_by(col(Feedback.verdict)))
    return {Verdict(verdict): n for verdict, n in found}


def shared_likes(session: Session, until: date) -> list[list[int]]:
    """The papers that each active subscriber who agreed to it likes, without their names.

    Of very many of them, about MOST_SHARING, from one day to the next the same. Not those they
    saved: they were asked for their likes. Only of papers first seen up to and on a day, and only
    what was said before it: so likes cost one new model a day, and a day that is replayed knows
    nothing of what came later. In an order that says nothing of who or when.
    """
    sharing = col(Subscriber.shares_likes), col(Subscriber.status) == Status.ACTIVE
    n = session.exec(select(func.count()).select_from(Subscriber).where(*sharing)).one()
    one_of = max(-(-n // MOST_SHARING), 1)
    rows = (
        select(Feedback.subscriber_id, Feedback.paper_id)
        .join(Subscriber)
        .join(Paper, col(Paper.id) == col(Feedback.paper_id))
        .where(*sharing, col(Subscriber.id) % one_of == 0)
        .where(Feedback.verdict == Verdict.LIKE, Paper.first_seen <= until)
        .where(Feedback.at < datetime.combine(until, time(), UTC))
    )
    liked: dict[int, set[int]] = {}
    for subscriber_id, paper_id in session.exec(rows):
        liked.setdefault(subscriber_id, set()).add(paper_id)
    return sorted(map(sorted, liked.values()))


def judged(session: Session, before: datetime) -> list[tuple[float, bool]]:
    """The fit of recent picks, and whether each was liked or saved: what a scale learns from.

    Only of letters in which something was judged, so that somebody looked at them, and that were
    made in the LEARN_FROM before a moment. Picks of the trend, and those without a fit, are no
    evidence.
    """
    since = before - LEARN_FROM
    looked_at = select(Feedback.letter_id).where(
        col(Feedback.letter_id).is_not(None), Feedback.at < before
    )
    likes = (
        select(Feedback.letter_id, Feedback.paper_id)
        .where(col(Feedback.verdict).in_([Verdict.LIKE, Verdict.SAVE]), Feedback.at < before)
        .distinct()
        .subquery()
    )
    is_liked = and_(likes.c.letter_id == Pick.letter_id, likes.c.paper_id == PICKED)
    rows = (
        select(Pick.reason, likes.c.paper_id)
        .select_from(Pick)
        .join(Letter, col(Letter.id) == col(Pick.letter_id))
        .join(likes, is_liked, isouter=True)
        .where(Letter.date >= since, Letter.date < before, col(Letter.id).in_(looked_at))
        .order_by(col(Letter.date).desc(), col(Letter.id).desc(), col(Pick.rank))
        .limit(MOST_JUDGED)
    )
    told = ((explain.from_json(reason), liked) for reason, liked in session.exec(rows))
    return [(why.fit, liked is not None) for why, liked in told if why.fit and not why.trending]
