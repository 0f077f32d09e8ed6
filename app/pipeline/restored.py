"""Was the database put back from a backup? A file outside of it knows how far sending had come.

Whatever was due until then has been sent by the database that is lost, or nobody can tell. So it
is marked as settled, and not sent again; what came due later is sent as after any standstill.
The file also knows which numbers were mailed in links: nobody new gets one of these.

Of several machines each has a file, under a name that the database knows too: what one of them sent
last is settled when that one starts, however many others have looked at their own before.
"""

import os
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Engine
from sqlmodel import Session

from app.errors import BadValue, NotReady
from app.mail import edition
from app.store import engine as engines
from app.store import heartbeats, leading, marks, numbers, outbox, overtaken, subscribers
from app.store.tables import LetterKind, OutboxEntry, State, Subscriber

log = structlog.get_logger()
FILE = "sent-until"
SHARD = 500


@dataclass(frozen=True)
class Mark:
    """What the file holds: sent until `at`, and the highest numbers given out by then.

    name: of the file, so that the database knows it; "" before anything was noted in it.
    """

    at: datetime
    n_subscriber: int = 0
    n_letter: int = 0
    name: str = ""


@dataclass(frozen=True)
class Settled:
    """What a restored backup would have sent again: letters on their way, or editions anew.

    until: how far sending had come. n_subscribers: whose editions were settled.
    """

    until: datetime
    n_letters: int
    n_subscribers: int


def note(engine: Engine, path: Path, now: datetime) -> None:
    """Move the mark on, in the database and then in the file: so the file is never ahead of it.

    Not where the file is ahead, for a backup was put back under us: `settle` must still see that.
    Raises NotReady, but not for the file alone: letters are worth more than the mark.
    """
    before = _readable(path)
    known_as = before.name if before else ""
    name = known_as or secrets.token_hex(8)
    with engines.transaction(engine) as session:
        if before and not marks.knows(session, before.name, before.at):
            return
        at = heartbeats.advance(session, heartbeats.SENDING, now)
        marks.note(session, name, at)
        highest = numbers.given_out(session)
    mark = Mark(at, highest["subscriber"], highest["letter"], name)
    try:
        _write(path, mark)
    except OSError as e:
        log.warning("sent_until_not_kept", path=str(path), reason=e.strerror)
        if not known_as:
            with engines.transaction(engine) as session:
                marks.forget(session, name)


def _readable(path: Path) -> Mark | None:
    try:
        return read(path)
    except NotReady:
        return None


def settle(engine: Engine, path: Path, now: datetime) -> Settled | None:
    """If the file is ahead of the database, mark what was due until then as settled.

    None where the database knows all that was sent from here. Machines that start at once do so one
    after the other. Raises NotReady.
    """
    if _unknown(engine, path) is None:
        return None
    with leading.in_turn(engine):
        mark = _unknown(engine, path)
        return _settle(engine, mark, now) if mark else None


def settle_again(engine: Engine, path: Path, now: datetime) -> Settled | None:
    """The same for who has looked before: a file that went bad since then holds up no letters."""
    return settle(engine, path, now) if _readable(path) else None


def _unknown(engine: Engine, path: Path) -> Mark | None:
    """What the file holds, if the database does not know of it."""
    mark = read(path)
    if mark is None:
        return None
    with engines.transaction(engines.reading(engine)) as session:
        return None if marks.knows(session, mark.name, mark.at) else mark


def _settle(engine: Engine, mark: Mark, now: datetime) -> Settled:
    until = min(mark.at, now)  # a clock that ran ahead may have written it
    n_subscribers = 0
    while n := _settle_editions(engine, now, until):
        n_subscribers += n
    with engines.transaction(engine) as session:
        n_letters = overtaken.settle_restored(session, now, until)
        numbers.pass_over(session, {"subscriber": mark.n_subscriber, "letter": mark.n_letter})
        at = heartbeats.advance(session, heartbeats.SENDING, max(mark.at, now))
        if mark.name:
            marks.note(session, mark.name, at)
    return Settled(until, n_letters, n_subscribers)


def refuse_empty(engine: Engine, path: Path) -> None:
    """Raise NotReady if letters were sent from here, and their database has become an empty one.

    Whoever made it anew would find out by the readers that are gone.
    """
    mark = read(path)
    if mark is not None and not engines.tables(engine):
        raise NotReady(
            f"The database is empty, although letters were sent until {mark.at:%d %B %Y, %H:%M} "
            f"UTC. Put it back from a backup, or delete {path} to begin anew."
        )


def read(path: Path) -> Mark | None:
    """What the file holds; None if there is none. Raises NotReady."""
    try:
        mark = _read(path.read_text(encoding="ascii").split())
    except FileNotFoundError:
        return None
    except OSError as e:
        raise NotReady(f"The file {path} cannot be read: {e.strerror}.") from e
    except ValueError as e:
        raise NotReady(
            f"The file {path} should hold the moment until which letters were sent, such as "
            f"2026-11-22T07:05:00Z. Write one into it, or delete it if none need be remembered."
        ) from e
    return mark if mark.at.tzinfo else replace(mark, at=mark.at.replace(tzinfo=UTC))


def _read(words: list[str]) -> Mark:
    if len(words) > 4:
        raise ValueError
    moment, n_subscriber, n_letter, name = [*words, *("", "0", "0", "")[len(words) :]]
    return Mark(datetime.fromisoformat(moment), int(n_subscriber), int(n_letter), name)


def _write(path: Path, mark: Mark) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    moment = mark.at.astimezone(UTC).isoformat()
    try:
        with draft.open("x", encoding="ascii") as stream:
            stream.write(f"{moment} {mark.n_subscriber} {mark.n_letter} {mark.name}\n")
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _settle_editions(engine: Engine, now: datetime, until: datetime) -> int:
    """The same for a shard of those who seem due; how many they were."""
    with engines.transaction(engine) as session:
        people = subscribers.due(session, until, SHARD)
        for person in people:
            _settle_person(session, person, now, until)
    return len(people)


def _settle_person(session: Session, person: Subscriber, now: datetime, until: datetime) -> None:
    owed = person.next_due_at or until
    try:
        schedule = subscribers.schedule(person)
        last = edition.last_due(schedule, owed, until)
        days = [*edition.merged(schedule, owed, last), edition.day_of(schedule, last)]
        person.next_due_at = edition.next_due(schedule, until)
    except (BadValue, ValueError, OverflowError):
        # Ranking will say what is wrong with their schedule.
        days, person.next_due_at = [], until + timedelta(days=1)
    session.add(person)
    for day in days:
        outbox.add(session, _entry(person, day, now))


def _entry(person: Subscriber, day: date, now: datetime) -> OutboxEntry:
    return OutboxEntry(
        subscriber_id=person.id or 0,
        kind=LetterKind.DAILY,
        edition_date=day,
        state=State.SKIPPED,
        due_at=now,
        first_due_at=now,
        settled_at=now,
        reason=overtaken.RESTORED,
    )
