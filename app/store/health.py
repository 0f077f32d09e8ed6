"""Whether letters flow: counts and ages for pages, guards and `paperboy stats`.

Times of letters are those they were due at, for these are indexed and a sender takes the oldest
first. So nothing here reads the whole outbox but the totals.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal_column, or_, union
from sqlmodel import Session, col, select

from app.mail import refusal
from app.store import outbox, tallies
from app.store.tables import (
    Bounce,
    BounceKind,
    Digest,
    LetterKind,
    OutboxEntry,
    State,
    Status,
    Subscriber,
    Suppression,
)

# RFC 3463 §3: what the second number of a code such as 5.1.1 is about.
SUBJECTS = ("other", "address", "mailbox", "server", "network", "protocol", "content", "policy")
# A sender has at most so many letters at once: among these is the one settled last.
LAST = 1_000
# Heartbeats at both ends of the last delivery run that had letters.
RUN_BEGAN, RUN_ENDED = "run began", "run ended"


@dataclass(frozen=True)
class Count:
    """total: of all times. recent: since the moment asked for."""

    total: int = 0
    recent: int = 0


@dataclass(frozen=True)
class Queue:
    """Letters whose time has come and that no sender has taken. oldest: when it was due."""

    n_letters: int
    oldest: datetime | None


@dataclass(frozen=True)
class Reception:
    """How letters were received, each counted once. n_bounced: refused for good, then or later.

    n_turned_away: taken by the relay, and then refused for the sender's sake.
    """

    n_letters: int
    n_bounced: int
    n_turned_away: int
    n_complaints: int


def letters_due(session: Session, since: datetime, until: datetime) -> dict[State, int]:
    """What became of the letters due between two moments. Reads the index alone."""
    # Each state by itself: the index has the state first, and a database may not think of it.
    counts = {state: _count_due(session, state, since, until) for state in State}
    return {state: n for state, n in counts.items() if n}


def _count_due(
    session: Session,
    state: State,
    since: datetime,
    until: datetime,
    *which: ColumnElement[bool],
) -> int:
    among = OutboxEntry.state == state, OutboxEntry.due_at >= since, OutboxEntry.due_at <= until
    return session.exec(select(func.count()).select_from(OutboxEntry).where(*among, *which)).one()


def failures(session: Session, since: datetime) -> dict[str, Count]:
    """Letters failed for good, by what failed: one of SUBJECTS, or what had no reply to tell.

    Those folded since are among them. Reads every failed entry.
    """
    recent = case((col(OutboxEntry.settled_at) >= since, 1), else_=0)
    kind = failure().label("failure")
    rows = select(kind, func.count(), func.sum(recent)).where(OutboxEntry.state == State.FAILED)
    found = session.exec(rows.group_by("failure").order_by("failure"))
    counts = {word: Count(n) for word, n in tallies.total(session, tallies.Kind.FAILED).items()}
    for word, total, n_recent in found:
        counts[word] = Count(counts.get(word, Count()).total + total, n_recent)
    return counts


def failure() -> ColumnElement[str]:
    """What a failed entry failed for: one of SUBJECTS, or what had no reply to tell."""
    words, code = col(OutboxEntry.reason), func.coalesce(OutboxEntry.code, 0)
    told = [(words.like(f"_.{n}.%"), subject) for n, subject in enumerate(SUBJECTS)]
    return case(
        (words.like("given up:%"), "given_up"),
        (words.like("the letter cannot be made%"), "not_made"),
        *told,
        (code < 200, "connection"),
        else_=SUBJECTS[0],
    )


def queue(session: Session, now: datetime) -> Queue:
    """What waits to be sent at `now`. Reads the index alone."""
    firsts = [_first_due(session, state) for state in outbox.WAITING]
    oldest = min((due for due in firsts if due and due <= now), default=None)
    return Queue(outbox.count_due(session, now), oldest)


def _first_due(session: Session, state: State) -> datetime | None:
    first = select(func.min(OutboxEntry.due_at)).where(OutboxEntry.state == state)
    return session.exec(first).one()


def last_success(session: Session) -> datetime | None:
    """When a server last took a letter; None if none ever did. Reads LAST entries."""
    sent = select(OutboxEntry.settled_at).where(OutboxEntry.state == State.SENT)
    last = sent.order_by(col(OutboxEntry.due_at).desc()).limit(LAST).subquery()
    found: datetime | None = session.exec(select(func.max(last.c.settled_at))).one()
    return found


def unsent_since(session: Session, success: datetime | None) -> datetime | None:
    """When the first letter was due that went wrong since the last success.

    One refused for its address is none of them; one that nobody wrote is. Reads those entries.
    """
    wrong = (*outbox.WAITING, *outbox.HELD, State.IN_DOUBT, State.FAILED)
    first = select(func.min(OutboxEntry.first_due_at)).where(col(OutboxEntry.state).in_(wrong))
    first = first.where(or_(col(OutboxEntry.state) != State.FAILED, ~_is_hard()))
    if success is not None:
        first = first.where(col(OutboxEntry.due_at) > success)
    return min(filter(None, (session.exec(first).one(), _first_unwritten(session))), default=None)


def _first_unwritten(session: Session) -> datetime | None:
    first = select(func.min(Subscriber.next_due_at)).where(Subscriber.status == Status.ACTIVE)
    return session.exec(first).one()


def doubtful(session: Session) -> int:
    """How often a letter may have gone out twice, those folded since included.

    Of the others it reads the index alone.
    """
    # Not as a parameter: a database must see that the index holds all that is asked for.
    in_doubt = col(OutboxEntry.doubtful) > literal_column("0")
    kept = session.exec(select(func.sum(OutboxEntry.doubtful)).where(in_doubt)).one() or 0
    return kept + tallies.total(session, tallies.Kind.DOUBT)[""]


def hand_overs(session: Session) -> list[float]:
    """How many seconds each of the last letters took to be handed over. Reads LAST entries.

    From the note that it was to leave until the server's last reply.
    """
    times = select(OutboxEntry.claimed_at, OutboxEntry.settled_at)
    sent = times.where(OutboxEntry.state == State.SENT, col(OutboxEntry.claimed_at).is_not(None))
    last = session.exec(sent.order_by(col(OutboxEntry.due_at).desc()).limit(LAST))
    spans = [(settled - begun).total_seconds() for begun, settled in last if begun and settled]
    return [max(span, 0) for span in spans]


def reports(session: Session, since: datetime) -> dict[BounceKind, Count]:
    """Bounces and complaints that were read, by kind. Reads every one of them."""
    recent = case((col(Bounce.at) >= since, 1), else_=0)
    rows = select(Bounce.kind, func.count(), func.sum(recent)).group_by(col(Bounce.kind))
    found = {BounceKind(kind): Count(total, n) for kind, total, n in session.exec(rows)}
    return {kind: found.get(kind, Count()) for kind in BounceKind}


def since_last(session: Session, n_letters: int) -> datetime | None:
    """When the first of the last `n_letters` sent was due; None if fewer were. Index alone."""
    sent = select(OutboxEntry.due_at).where(OutboxEntry.state == State.SENT)
    newest = sent.order_by(col(OutboxEntry.due_at).desc())
    return session.exec(newest.offset(n_letters - 1).limit(1)).first()


def reception(
    session: Session,
    since: datetime,
    until: datetime,
    settled_after: datetime | None = None,
    kind: LetterKind | None = None,
) -> Reception:
    """How letters due between two moments were received. Reads what went wrong with them.

    Hard bounces only: a full mailbox says nothing of how the list was made. settled_after, kind:
    only of these letters, which reads all of that time. Of a kind only reports count that say on
    which letter.
    """
    which = [col(OutboxEntry.kind) == kind] if kind else []
    if settled_after:
        which.append(col(OutboxEntry.settled_at) > settled_after)
    among = col(OutboxEntry.due_at) >= since, col(OutboxEntry.due_at) <= until, *which
    refused = select(OutboxEntry.letter_id).where(
        OutboxEntry.state == State.FAILED, *among, _is_hard()
    )
    n_refused = session.exec(select(func.count()).select_from(refused.subquery())).one()
    bounced, turned_away, blamed = (
        select(Bounce.letter_id)
        .join(OutboxEntry, col(OutboxEntry.letter_id) == col(Bounce.letter_id))
        .where(Bounce.kind == said, Bounce.at >= since, *among)
        for said in (BounceKind.HARD, BounceKind.SENDER, BounceKind.COMPLAINT)
    )
    nameless = {} if kind else _nameless(session, max(since, settled_after or since))
    return Reception(
        n_letters=_count_due(session, State.SENT, since, until, *which) + n_refused,
        n_bounced=_n_different(session, bounced, refused) + nameless.get(BounceKind.HARD, 0),
        n_turned_away=_n_different(session, turned_away) + nameless.get(BounceKind.SENDER, 0),
        n_complaints=_n_different(session, blamed) + nameless.get(BounceKind.COMPLAINT, 0),
    )


def _is_hard() -> ColumnElement[bool]:
    words = col(OutboxEntry.reason) + " "
    is_hard = or_(*(words.like(f"{code} %") for code in sorted(refusal.HARD_CODES)))
    return and_(func.coalesce(OutboxEntry.code, 0) >= 500, is_hard)


def _n_different(session: Session, *letter_ids: Select[Any]) -> int:
    each = union(*letter_ids).subquery()
    return session.exec(select(func.count()).select_from(each)).one()


def _nameless(session: Session, since: datetime) -> dict[BounceKind, int]:
    """Reports that do not say which letter they are about, by kind."""
    nameless = col(Bounce.letter_id).is_(None), Bounce.at >= since
    rows = select(Bounce.kind, func.count()).where(*nameless).group_by(col(Bounce.kind))
    return {BounceKind(kind): n for kind, n in session.exec(rows)}


def subscribers_by_status(session: Session) -> dict[Status, int]:
    """How many there are of each. Reads every subscriber."""
    rows = select(Subscriber.status, func.count()).group_by(col(Subscriber.status))
    counts = {Status(status): n for status, n in session.exec(rows)}
    return {status: counts.get(status, 0) for status in Status}


def count_unwritten(session: Session, now: datetime) -> int:
    """How many active subscribers' letters are due and not written yet. Reads those."""
    due = Subscriber.status == Status.ACTIVE, col(Subscriber.next_due_at) <= now
    return session.exec(select(func.count()).select_from(Subscriber).where(*due)).one()


def next_due(session: Session) -> datetime | None:
    """When the next letter is to be written."""
    return _first_unwritten(session)


def count_suppressed(session: Session) -> int:
    """How many addresses are never to be mailed again."""
    return session.exec(select(func.count()).select_from(Suppression)).one()


def digests(session: Session) -> tuple[int, datetime | None]:
    """How many digests were read, and when the last."""
    return session.exec(select(func.count(), func.max(Digest.read_at)).select_from(Digest)).one()
