"""Letters and votes of long ago, folded into counts.

Ids of entries follow their days, near enough: whoever goes by id meets the oldest first, and reads
no further than what it takes.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, func, update
from sqlalchemy import select as any_select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from app.store import health, tallies
from app.store.tables import (
    Letter,
    LetterKind,
    Means,
    OutboxEntry,
    Paper,
    Pick,
    State,
    Subscriber,
    Tap,
    VoteSnapshot,
)
from app.store.tallies import Counts, Kind

SETTLED = (State.SENT, State.FAILED, State.SKIPPED, State.SUPPRESSED)


class _Old(NamedTuple):
    id: int
    letter_id: int | None
    subscriber_id: int
    kind: LetterKind
    day: date
    state: State
    reason: str
    failure: str
    doubtful: int


def oldest(session: Session, last: date) -> date | None:
    """The edition of the first entry that can be folded, of those up to `last`.

    A clock that ran ahead may have left one of a day far off before them.
    """
    rows = select(col(OutboxEntry.edition_date)).where(
        *_can_be(), col(OutboxEntry.edition_date) <= last
    )
    return session.exec(rows.order_by(col(OutboxEntry.id)).limit(1)).first()


def fold(session: Session, last: date, limit: int) -> int:
    """Count and delete up to `limit` entries of editions up to `last`, with all that is of them.

    Feedback and bounces stay, with the number of a letter that is gone. Returns how many there
    were: fewer than `limit` where none is left.
    """
    old = _old(session, last, limit)
    if old:
        letter_ids = [each.letter_id for each in old if each.letter_id is not None]
        tallies.add(session, _counts(old) + _votes(session, old, letter_ids))
        _note_sent(session, old)
        _delete(session, [each.id for each in old], letter_ids)
    return len(old)


def _can_be() -> tuple[ColumnElement[bool], ...]:
    # The newest stays: it knows which numbers were given out, and when a letter last arrived.
    newest = any_select(func.max(col(OutboxEntry.id))).scalar_subquery()
    unsettled = any_select(col(Tap.id)).where(
        col(Tap.letter_id) == col(OutboxEntry.letter_id), col(Tap.settled).is_(False)
    )
    return (
        col(OutboxEntry.state).in_(SETTLED),
        col(OutboxEntry.id) < newest,
        ~unsettled.correlate(OutboxEntry).exists(),
    )


def _old(session: Session, last: date, limit: int) -> list[_Old]:
    columns: list[Any] = [
        OutboxEntry.id,
        OutboxEntry.letter_id,
        OutboxEntry.subscriber_id,
        OutboxEntry.kind,
        OutboxEntry.edition_date,
        OutboxEntry.state,
        OutboxEntry.reason,
        health.failure(),
        OutboxEntry.doubtful,
    ]
    rows = any_select(*columns).where(*_can_be(), col(OutboxEntry.edition_date) <= last)
    first = rows.order_by(col(OutboxEntry.id)).limit(limit)
    return [_Old(*row) for row in session.connection().execute(first)]


def _counts(old: Sequence[_Old]) -> Counts:
    counts: Counts = Counter()
    for each in old:
        is_daily = each.kind == LetterKind.DAILY
        counts[each.day, Kind.DAILY if is_daily else Kind.OTHER, State(each.state)] += 1
        if is_daily and each.state == State.SKIPPED:
            counts[each.day, Kind.SKIPPED, each.reason] += 1
        if each.state == State.FAILED:
            counts[each.day, Kind.FAILED, each.failure] += 1
        if each.doubtful:
            counts[each.day, Kind.DOUBT, ""] += each.doubtful
    return counts


def _votes(session: Session, old: Sequence[_Old], letter_ids: Sequence[int]) -> Counts:
    day_of = {each.letter_id: each.day for each in old}
    rows = select(Tap.letter_id, Tap.void, func.count()).where(
        col(Tap.letter_id).in_(letter_ids), Tap.means != Means.TRAP
    )
    counts: Counts = Counter()
    for letter_id, void, n in session.exec(rows.group_by(col(Tap.letter_id), col(Tap.void))):
        counts[day_of[letter_id], Kind.VOTE, void] += n
    return counts


def _note_sent(session: Session, old: Sequence[_Old]) -> None:
    sent = Counter(
        each.subscriber_id
        for each in old
        if each.kind == LetterKind.DAILY and each.state == State.SENT
    )
    for n in sorted(set(sent.values())):
        ids = sorted(each for each, times in sent.items() if times == n)
        more = update(Subscriber).where(col(Subscriber.id).in_(ids))
        session.execute(
            more.values(n_folded=col(Subscriber.n_folded) + n),
            execution_options={"synchronize_session": False},
        )


def _delete(session: Session, entry_ids: Sequence[int], letter_ids: Sequence[int]) -> None:
    connection = session.connection()
    connection.execute(delete(Tap).where(col(Tap.letter_id).in_(letter_ids)))
    connection.execute(delete(Pick).where(col(Pick.letter_id).in_(letter_ids)))
    connection.execute(delete(OutboxEntry).where(col(OutboxEntry.id).in_(entry_ids)))
    connection.execute(delete(Letter).where(col(Letter.id).in_(letter_ids)))


def fold_votes(session: Session, last: date) -> int:
    """Of papers first seen up to a day keep the last count of votes; return how many went.

    No letter that is kept may show them: it says what their votes were when it was written.
    """
    later = aliased(VoteSnapshot)
    is_passed = any_select(col(later.id)).where(
        col(later.paper_id) == col(VoteSnapshot.paper_id), col(later.at) > col(VoteSnapshot.at)
    )
    passed = (
        any_select(col(VoteSnapshot.id))
        .join(Paper, col(Paper.id) == col(VoteSnapshot.paper_id))
        .where(col(Paper.first_seen) <= last, is_passed.correlate(VoteSnapshot).exists())
    )
    gone = delete(VoteSnapshot).where(col(VoteSnapshot.id).in_(passed))
    return session.connection().execute(gone).rowcount
