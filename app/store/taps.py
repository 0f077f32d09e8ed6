"""Taps in letters: each as it came, and what stood before it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, insert, update
from sqlalchemy import select as any_select
from sqlmodel import Session, col, select

from app.mail.links import Verdict
from app.mail.scanners import HandOver, Visit
from app.store import tallies
from app.store.feedback import Said
from app.store.tables import Letter, Means, OutboxEntry, Tap

# No person comes near it; a program that never tires must not fill the database.
MOST = 1_000
# A page that is loaded again, or a button pressed twice, says nothing more.
SAME = timedelta(seconds=10)


class Trace(NamedTuple):
    """A tap as it came, without its row: a letter may have many, and each vote asks for them."""

    letter_id: int
    paper_id: int | None
    verdict: str
    means: Means
    trusted: bool
    network: str
    agent: str
    at: datetime
    before: str = ""
    void: str = ""
    settled: bool = False

    def is_same(self, other: "Trace") -> bool:
        """Whether it says nothing that another, a moment before it, did not."""
        is_soon = timedelta() <= self.at - other.at < SAME
        return is_soon and self == other._replace(at=self.at, before=self.before)


_TRACE = [col(getattr(Tap, name)) for name in Trace._fields]


def traces(session: Session, letter_ids: Iterable[int]) -> dict[int, list[Trace]]:
    """All taps of each of some letters, as they were stored."""
    found: dict[int, list[Trace]] = {each: [] for each in letter_ids}
    rows = any_select(*_TRACE).where(col(Tap.letter_id).in_(list(found))).order_by(col(Tap.id))
    for row in session.connection().execute(rows):
        found[row[0]].append(Trace._make(row))
    return found


def is_repeated(known: Sequence[Trace], trace: Trace) -> bool:
    """Whether the last word on its paper is the same, and the same came a moment ago."""
    last = next((each for each in reversed(known) if each.paper_id == trace.paper_id), None)
    if last is None or last.verdict != trace.verdict:
        return False
    return any(trace.is_same(each) for each in known)


def add_all(session: Session, new: Sequence[Trace]) -> None:
    """Store them as they are."""
    if new:
        session.connection().execute(insert(Tap), [each._asdict() for each in new])


def add(session: Session, tap: Tap) -> bool:
    """Store one, unless the same came a moment ago; False if its letter has too many already."""
    trace = Trace._make(getattr(tap, name) for name in Trace._fields)
    known = traces(session, [tap.letter_id])[tap.letter_id]
    if is_repeated(known, trace):
        return True
    if len(known) >= MOST:
        return False
    session.add(tap)
    session.flush()
    return True


def lock(session: Session, letter_ids: Sequence[int]) -> None:
    """Make whoever else taps in these letters, or settles them, wait for this transaction.

    On PostgreSQL; SQLite has one writer at a time.
    """
    rows = select(Letter.id).where(col(Letter.id).in_(letter_ids)).order_by(col(Letter.id))
    session.exec(rows.with_for_update()).all()


def letters_waiting(session: Session, after: int, limit: int) -> Sequence[int]:
    """Up to `limit` letters with taps that nobody has settled, by id, those after `after`."""
    rows = select(Tap.letter_id).where(col(Tap.settled).is_(False), Tap.letter_id > after)
    return session.exec(rows.distinct().order_by(col(Tap.letter_id)).limit(limit)).all()


def of_letters(session: Session, letter_ids: Sequence[int]) -> dict[int, list[Tap]]:
    """All taps of some letters, in the order they came."""
    rows = select(Tap).where(col(Tap.letter_id).in_(letter_ids))
    found: dict[int, list[Tap]] = {}
    for tap in session.exec(rows.order_by(col(Tap.at), col(Tap.id))):
        found.setdefault(tap.letter_id, []).append(tap)
    return found


def is_sure(session: Session, letter_id: int, paper_id: int, verdict: Verdict) -> bool:
    """Whether more than a script speaks for a verdict that stands, as far as anybody knows yet.

    So it is if it was never tapped: it was given at sign-up, or on the reader's own page.
    """
    rows = select(Tap.means, Tap.settled).where(
        Tap.letter_id == letter_id,
        Tap.paper_id == paper_id,
        Tap.verdict == verdict,
        Tap.void == "",
    )
    found = session.exec(rows).all()
    return not found or any(means == Means.BUTTON or settled for means, settled in found)


def visit(tap: Tap | Trace) -> Visit:
    """The same as the rules against scanners want it."""
    return Visit(
        at=tap.at,
        paper_id=tap.paper_id,
        verdict=Verdict(tap.verdict) if tap.verdict else None,
        by_script=tap.means == Means.SCRIPT,
        is_trusted=tap.trusted,
        network=tap.network,
        agent=tap.agent,
    )


def hand_overs(session: Session, letter_ids: Sequence[int]) -> dict[int, HandOver]:
    """When each of them left, for the last time; without those that never did."""
    rows = select(
        OutboxEntry.letter_id, col(OutboxEntry.claimed_at), col(OutboxEntry.settled_at)
    ).where(col(OutboxEntry.letter_id).in_(letter_ids), col(OutboxEntry.claimed_at).is_not(None))
    return {
        letter_id or 0: HandOver(began, max(ended or began, began))
        for letter_id, began, ended in session.exec(rows)
        if began is not None
    }


def last_before(
    session: Session, letter_id: int, paper_id: int, verdict: Verdict
) -> dict[Verdict, Said] | None:
    """What stood of a paper before the last vote of a verdict that counts; None if there is none.

    A vote that only says again what stands is no change, and is passed over.
    """
    rows = select(Tap.before).where(
        Tap.letter_id == letter_id,
        Tap.paper_id == paper_id,
        Tap.verdict == verdict,
        Tap.void == "",
    )
    for before in session.exec(rows.order_by(col(Tap.id).desc())):
        if verdict not in (standing := read(before)):
            return standing
    return None


def counts(session: Session) -> tuple[int, dict[str, int], int]:
    """How many votes count, how many are void for which reason, and how many nobody has settled.

    Those of letters that were folded since are among them.
    """
    rows = select(col(Tap.void), col(Tap.settled), func.count()).where(Tap.means != Means.TRAP)
    void = dict(tallies.total(session, tallies.Kind.VOTE))
    n_counted, n_waiting = void.pop("", 0), 0
    for reason, settled, n in session.exec(rows.group_by(col(Tap.void), col(Tap.settled))):
        if reason:
            void[reason] = void.get(reason, 0) + n
        elif settled:
            n_counted += n
        else:
            n_waiting += n
    return n_counted, void, n_waiting


def forget_origins(session: Session, before: datetime) -> int:
    """Wipe whence settled taps came that are older than a moment; return how many."""
    old = update(Tap).where(
        col(Tap.settled).is_(True),
        col(Tap.at) < before,
        (col(Tap.network) != "") | (col(Tap.agent) != ""),
    )
    wiped = old.values(network="", agent="").returning(col(Tap.id))
    return len(session.scalars(wiped, execution_options={"synchronize_session": False}).all())


def written(standing: Mapping[Verdict, Said]) -> str:
    """What stood, to be kept in `Tap.before`: "like 2026-11-20T09:00:00+00:00 7,save … -"."""
    return ",".join(
        f"{verdict} {said.at.isoformat()} {said.letter_id or '-'}"
        for verdict, said in sorted(standing.items())
    )


def read(before: str) -> dict[Verdict, Said]:
    """Read what `written` wrote."""
    parts: Iterable[list[str]] = (each.split(" ") for each in before.split(",") if each)
    return {
        Verdict(verdict): Said(
            datetime.fromisoformat(at), None if letter_id == "-" else int(letter_id)
        )
        for verdict, at, letter_id in parts
    }
