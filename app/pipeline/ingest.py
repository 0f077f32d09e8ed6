"""Digests into the store: the same one twice changes nothing, an unreadable one leaves no trace."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from hashlib import sha256
from pathlib import Path

import structlog
from sqlalchemy import Engine
from sqlmodel import Session

from app.errors import AppError, UnreadableDigest
from app.papers import digest as digests
from app.papers.paper import Digest, Entry, UnreadLine
from app.store import engine as engines
from app.store import papers, sources, tables

log = structlog.get_logger()
# A saved page is a few hundred kB; what is larger is no digest, and would fill the memory.
LARGEST = 20_000_000


@dataclass(frozen=True)
class Origin:
    """Where a digest comes from. source: as in PAPERBOY_SOURCES; name: of the one file in it.

    grows: a later list of this name is the same digest, which meanwhile has more papers. is_own: a
    file of the operator's, who is believed when a paper was first seen: whoever else could say so,
    a mail or a page, would make new papers too old for any letter.
    """

    source: str
    name: str
    grows: bool = False
    is_own: bool = False


@dataclass(frozen=True)
class Report:
    """What became of one digest. is_known: its papers were all stored by an earlier reading.

    n_left_out: papers that were read and are not wanted: withdrawn, or only replaced.
    """

    name: str
    layout: str
    date: date | None
    n_entries: int
    n_new: int
    unread: tuple[UnreadLine, ...]
    is_known: bool
    n_votes: int = 0
    n_left_out: int = 0


def ingest(engine: Engine, raw: bytes, origin: Origin, now: datetime, seen_from: date) -> Report:
    """Read one digest and store it in one transaction.

    seen_from: the day that a year-less date in it is looked back from.
    Raises UnreadableDigest (nothing is stored then), NotReady.
    """
    found = _read(raw, seen_from)
    with engines.transaction(engine) as session:
        *others, last = digests.by_day(found)
        reports = [
            store(session, part, replace(origin, name=f"{origin.name} {part.date}"), now, day(now))
            for part in others
        ]
        name = f"{origin.name} {last.date}" if others else origin.name
        reports.append(store(session, last, replace(origin, name=name), now, day(now)))
        return _together(reports, origin.name)


def _read(raw: bytes, seen_from: date) -> Digest:
    if len(raw) > LARGEST:
        raise UnreadableDigest(
            f"It is larger than {LARGEST // 1_000_000} MB, so it is no digest. Cut an export into "
            "parts, between two lines."
        )
    return digests.read(raw, seen_from)


def _together(reports: list[Report], name: str) -> Report:
    """The report of a file; of several days as one that has none."""
    *others, last = reports
    if not others:
        return last
    return replace(
        last,
        name=name,
        date=None,
        n_entries=sum(each.n_entries for each in reports),
        n_new=sum(each.n_new for each in reports),
        is_known=all(each.is_known for each in reports),
        n_votes=sum(each.n_votes for each in reports),
    )


def _standing(found: Digest) -> Digest:
    """The digest without the papers that were taken back: nobody should be sent one."""
    standing = tuple(entry for entry in found.entries if not entry.paper.is_withdrawn)
    gone = [entry.paper for entry in found.entries if entry.paper.is_withdrawn]
    return replace(
        found,
        entries=standing,
        n_left_out=found.n_left_out + len(gone),
        changed=(*found.changed, *gone),
    )


def note_changes(session: Session, found: Digest, now: datetime, seen: date) -> None:
    """What a digest says of papers that it does not list: new versions, and what was taken back."""
    papers.add_facts(session, found.changed, seen, now)
    papers.withdraw(session, found.deleted, seen)


def store(session: Session, read: Digest, origin: Origin, now: datetime, seen: date) -> Report:
    """Store what was read. seen: the day on which what is new in it counts as first seen."""
    found = _standing(read)
    fingerprint = digests.fingerprint(found)
    known = sources.digest_with(session, fingerprint)
    last_id = papers.last_id(session)
    stored = papers.find_or_add(session, [entry.paper for entry in found.entries], seen, now)
    n_new = len({row.id for row in stored if row.id and row.id > last_id})
    note_changes(session, found, now, seen)
    _note_listing(found, stored, origin)
    row = known or _enter(session, found, stored, origin, fingerprint, now)
    return Report(
        name=origin.name,
        layout=found.layout,
        date=row.date,
        n_entries=len(found.entries),
        n_new=n_new,
        unread=found.unread,
        is_known=known is not None,
        n_votes=_store_votes(session, row, found.entries, stored, now, is_live=origin.grows),
        n_left_out=found.n_left_out,
    )


def _note_listing(found: Digest, stored: list[tables.Paper], origin: Origin) -> None:
    """What stands beside a paper in its list, and is no count of votes."""
    for entry, row in zip(found.entries, stored, strict=True):
        if entry.stars is not None:
            row.stars = entry.stars
        day = entry.day or found.date
        if entry.announced and day:
            row.announced = min(day, row.announced or day)
        if origin.is_own and entry.first_seen:
            row.first_seen = min(row.first_seen, entry.first_seen)


def _enter(
    session: Session,
    found: Digest,
    stored: list[tables.Paper],
    origin: Origin,
    fingerprint: str,
    now: datetime,
) -> tables.Digest:
    """A new digest, or the one that has grown, with an entry for each paper it had not yet."""
    source = sources.named(session, origin.source)
    row = sources.growing(session, source, origin.name) if origin.grows else None
    if row is None:
        row = tables.Digest(
            source_id=source.id or 0,
            name=origin.name,
            fingerprint=fingerprint,
            layout=found.layout,
            date=found.date,
            read_at=now,
            n_unread=len(found.unread),
        )
    row.fingerprint = fingerprint
    session.add(row)
    session.flush()
    listed = sources.papers_in(session, row)
    known = set(listed)
    pairs = zip(found.entries, stored, strict=True)
    more = [(entry, paper) for entry, paper in pairs if paper.id not in known]
    entries = [entry._replace(position=n) for n, (entry, _) in enumerate(more, len(listed) + 1)]
    papers.add_entries(session, row.id or 0, entries, [paper for _, paper in more])
    return row


def _store_votes(
    session: Session,
    row: tables.Digest,
    entries: tuple[Entry, ...],
    stored: list[tables.Paper],
    now: datetime,
    *,
    is_live: bool,
) -> int:
    """is_live: its counts are those of now; a file may be read again that is long overtaken."""
    votes = [(entry.votes, entry.n_comments) for entry in entries]
    mark = sha256(repr(votes).encode()).hexdigest()[:16]
    seen = row.votes_seen[-1:] if is_live else row.votes_seen
    if mark in seen or all(count is None for count, _ in votes):
        return 0
    row.votes_seen = [*row.votes_seen, mark]
    session.add(row)
    return sum(
        papers.add_votes(session, paper.id or 0, entry, now)
        for entry, paper in zip(entries, stored, strict=True)
    )


def day(now: datetime) -> date:
    """The day a paper that arrives at `now` counts as first seen."""
    return now.astimezone(UTC).date()


def noon(edition: date) -> datetime:
    """A moment of that day, whatever the zone."""
    return datetime.combine(edition, time(12), tzinfo=UTC)


def read_on(path: Path, today: date) -> date:
    """The file's own date, but no later than today: what a year-less date in it is seen from."""
    return min(datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).date(), today)


def ingest_folder(engine: Engine, folder: Path, now: datetime) -> Iterator[Report | AppError]:
    """Read every file of a folder in the order of their names; a bad one fails alone."""
    try:
        paths = sorted(folder.iterdir())
    except OSError as e:
        yield UnreadableDigest(f"The folder {folder} cannot be read: {e.strerror}.")
        return
    for path in paths:
        if _is_digest(path):
            yield ingest_file(engine, path, now, source=f"folder:{folder}")


def look(folder: Path, now: datetime) -> Iterator[tuple[str, Digest | AppError]]:
    """What each file of a folder holds, by its name, or why it cannot be read; nothing is stored.

    Raises AppError where the folder cannot be read.
    """
    try:
        paths = sorted(each for each in folder.iterdir() if _is_digest(each))
    except OSError as e:
        raise UnreadableDigest(f"The folder {folder} cannot be read: {e.strerror}.") from e
    for path in paths:
        try:
            yield path.name, _read(_bytes_of(path), read_on(path, day(now)))
        except AppError as e:
            yield path.name, e
        except OSError as e:
            yield path.name, UnreadableDigest(f"It cannot be read: {e.strerror}.")


def _is_digest(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".")


def _bytes_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def ingest_file(
    engine: Engine, path: Path, now: datetime, source: str = "files"
) -> Report | AppError:
    """Read one file, or return the error that names it."""
    try:
        raw = _bytes_of(path)
        seen_from = read_on(path, day(now))
    except OSError as e:
        return UnreadableDigest(f"{path} cannot be read: {e.strerror}.")
    return ingest_bytes(engine, raw, Origin(source, path.name, is_own=True), now, seen_from)


def ingest_bytes(
    engine: Engine, raw: bytes, origin: Origin, now: datetime, seen_from: date | None = None
) -> Report | AppError:
    """The same for what was read already."""
    try:
        return ingest(engine, raw, origin, now, seen_from or day(now))
    except UnreadableDigest as e:
        e.args = (f"{origin.name}: {e}",)  # its class still says what to do about it
        return e
    except AppError:
        raise
    except Exception as e:
        log.exception("digest_breaks_us", name=origin.name)
        return AppError(f"{origin.name} cannot be read, by a fault of ours: {e}")
