"""Where digests came from, and which ones were read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from app.store.tables import Digest, Entry, Source, SourceDay, SourceState

GOOD = (SourceState.FRESH, SourceState.EMPTY)
# What says that a source is not to be asked for longer was written by a clock that was set since.
LONGEST = timedelta(days=2)
# Longer than a night of maintenance. One that never was good is tried so often: about a day on the
# web, an hour and a half for what is read with every round.
LONGEST_DROUGHT, MOST_FAILURES = timedelta(hours=36), 9


@dataclass(frozen=True)
class Outcome:
    """What a source's answer for a day came to. says: the same for a person."""

    state: SourceState
    says: str
    n_entries: int = 0
    n_new: int = 0


@dataclass(frozen=True)
class Standing:
    """How a source fares. source: None if it was never asked; days: the last first."""

    name: str
    source: Source | None
    days: tuple[SourceDay, ...] = ()


def named(session: Session, name: str) -> Source:
    """Find a source by its name, or add it."""
    source = session.exec(select(Source).where(Source.name == name)).first()
    if source is not None:
        return source
    try:
        with session.begin_nested():
            source = Source(name=name)
            session.add(source)
    except IntegrityError:  # another machine was first
        return session.exec(select(Source).where(Source.name == name)).one()
    return source


def digest_with(session: Session, fingerprint: str) -> Digest | None:
    """The stored digest that lists the same papers in the same order, if there is one."""
    return session.exec(select(Digest).where(Digest.fingerprint == fingerprint)).first()


def growing(session: Session, source: Source, name: str) -> Digest | None:
    """The digest of that name, to which later answers add."""
    mine = select(Digest).where(Digest.source_id == source.id, Digest.name == name)
    return session.exec(mine).first()


def papers_in(session: Session, digest: Digest) -> list[int]:
    """The ids of the papers that a digest lists, in its order."""
    listed = select(Entry.paper_id).where(Entry.digest_id == digest.id)
    return list(session.exec(listed.order_by(col(Entry.position))))


def latest_digests(session: Session, limit: int) -> Sequence[tuple[Digest, str, int]]:
    """The digests read last, newest first: each with its source's name and how many entries."""
    n_entries = select(func.count()).where(Entry.digest_id == Digest.id).scalar_subquery()
    rows = select(Digest, Source.name, n_entries).join(Source)
    newest = rows.order_by(col(Digest.read_at).desc(), col(Digest.id).desc())
    return session.exec(newest.limit(limit)).all()


def count_entries(session: Session) -> int:
    """How many entries all digests have together."""
    return session.exec(select(func.count()).select_from(Entry)).one()


def claim(session: Session, source: Source, now: datetime, until: datetime) -> bool:
    """Whether the caller is to ask this source now; nobody else is, until then.

    Two that ask at once are never both told yes: the UPDATE repeats the state that it expects.
    """
    at = col(Source.next_at)
    is_due = or_(at.is_(None), at <= now, at > now + LONGEST)
    asks = update(Source).where(col(Source.id) == source.id, is_due).values(next_at=until)
    found = session.scalars(asks.returning(col(Source.id))).first()
    session.refresh(source)
    return found is not None


def note_last(session: Session, source: Source, found: Outcome, now: datetime) -> None:
    """Keep a source's last word: its answer for today."""
    source.state, source.says, source.asked_at = found.state, found.says, now
    if found.state in GOOD:
        source.good_at, source.failures = now, 0
    elif found.state is not SourceState.STALE:
        source.failures += 1
    session.add(source)
    session.flush()


def lay_aside(session: Session, name: str) -> None:
    """A source is not in use for now: nobody waits for it, and it is asked at once afterwards.

    Nor is it told of in letters, see `days_since`.
    """
    source = session.exec(select(Source).where(Source.name == name)).first()
    if source is not None:
        source.state, source.failures, source.next_at = None, 0, None
        source.asked_at = None
        session.add(source)
    session.flush()


def note(session: Session, source: Source, day: date, found: Outcome, now: datetime) -> SourceDay:
    """Keep what a source answered for a day, with those of its earlier answers.

    A day that was once fresh stays so, whatever is said of it later.
    """
    row = _day(session, source, day, found.state, now)
    row.n_asked, row.asked_at = row.n_asked + 1, now
    if row.state is not SourceState.FRESH or found.state is SourceState.FRESH:
        row.state, row.says = found.state, found.says
        row.n_entries = max(row.n_entries, found.n_entries, row.n_new + found.n_new)
    row.n_new += found.n_new
    session.add(row)
    session.flush()
    return row


def _day(
    session: Session, source: Source, day: date, state: SourceState, now: datetime
) -> SourceDay:
    """The row of a source's day, which is ours until the commit."""
    key = source.id or 0, day
    row = session.get(SourceDay, key, with_for_update=True)
    if row is not None:
        return row
    try:
        with session.begin_nested():
            row = SourceDay(source_id=key[0], day=day, state=state, asked_at=now)
            session.add(row)
    except IntegrityError:  # another machine was first
        return session.get_one(SourceDay, key, with_for_update=True)
    return row


def days(session: Session, source: Source, since: date) -> dict[date, SourceDay]:
    """What is known of a source's days from `since` on, the last first."""
    rows = select(SourceDay).where(SourceDay.source_id == source.id, col(SourceDay.day) >= since)
    return {row.day: row for row in session.exec(rows.order_by(col(SourceDay.day).desc()))}


def days_since(session: Session, since: date, now: datetime) -> Sequence[tuple[str, SourceDay]]:
    """The days from `since` on of all sources that are still asked, each with its source's name."""
    rows = select(Source.name, SourceDay).join(SourceDay)
    in_use = col(Source.asked_at) > now - LONGEST
    return session.exec(rows.where(in_use, SourceDay.day >= since).order_by(Source.name)).all()


def standings(session: Session, names: Sequence[str], since: date) -> list[Standing]:
    """How the sources of these names fare, in their order, with their days from `since` on."""
    rows = session.exec(select(Source).where(col(Source.name).in_(names)))
    known = {row.name: row for row in rows}
    found = ((name, known.get(name)) for name in names)
    return [
        Standing(name, row, tuple(days(session, row, since).values()) if row else ())
        for name, row in found
    ]


def silent(session: Session, now: datetime) -> dict[str, str]:
    """Sources that brought neither papers nor a good reason for too long, with a sentence each.

    One that has not been asked for days is not in use any more.
    """
    bad = col(Source.state).is_not(None), col(Source.state).not_in(GOOD)
    rows = select(Source).where(*bad, col(Source.asked_at) > now - LONGEST)
    found = (row for row in session.exec(rows.order_by(col(Source.name))) if _is_silent(row, now))
    return {row.name: _silence(row) for row in found}


def _is_silent(row: Source, now: datetime) -> bool:
    if row.good_at is None:
        return row.failures >= MOST_FAILURES
    return now - row.good_at > LONGEST_DROUGHT


def _silence(row: Source) -> str:
    name = row.name.partition("?")[0]  # behind it a feed's address may hold a key
    since = f"{row.good_at:%d %B, %H:%M} UTC" if row.good_at else "it was first asked"
    return f"The source {name} has brought nothing since {since}: {row.says}"
