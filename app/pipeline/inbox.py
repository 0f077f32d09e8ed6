"""Digests that come by mail: listings and newsletters, in a mailbox of their own.

A mail is confirmed after its commit, so that a crash in between reads it again, which changes
nothing. One that holds no list of papers is told, and confirmed too: it would come again for ever.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.parser import BytesHeaderParser

from sqlalchemy import Engine

from app.errors import AppError, NotReady, UnreadableDigest
from app.languages import amount
from app.papers import digest as digests
from app.papers.paper import Digest
from app.pipeline import ingest
from app.pipeline.catalogue import SETTING, Listed
from app.pipeline.ingest import Origin, Report
from app.store import engine as engines
from app.store import sources
from app.store.sources import Outcome
from app.store.tables import SourceState
from app.wire import mailbox
from app.wire.mailbox import Place

# A listing of a busy archive is a megabyte or two.
LARGEST = 10_000_000


@dataclass(frozen=True)
class Reader:
    """What reading takes. password: of every mailbox that asks for one. stops: to stop early."""

    engine: Engine
    clock: Callable[[], datetime]
    password: str = field(default="", repr=False)
    stops: Callable[[], bool] = lambda: False


def place(listed: Listed, password: str) -> Place:
    """Where the mails of a source are."""
    return Place(listed.name, password, largest=LARGEST, setting=SETTING)


def read(reader: Reader, listed: Listed) -> Iterator[Report | AppError]:
    """Read what is new in a mailbox, and keep how that went. Raises NotReady for the database."""
    n_mails, n_entries, n_new = 0, 0, 0
    try:
        with mailbox.opened(place(listed, reader.password)) as box:
            for name, raw in box.unread():
                told = _read(reader, listed, raw)
                yield told
                if isinstance(told, UnreadableDigest | Report):
                    box.confirm(name)
                if isinstance(told, Report):
                    n_mails, n_entries = n_mails + 1, n_entries + told.n_entries
                    n_new += told.n_new
                if reader.stops():
                    break
    except NotReady as e:
        _note(reader, listed, Outcome(SourceState.FAILED, str(e)))
        yield AppError(f"{listed.name}: {e}")
        return
    if n_mails:
        papers, mails = amount(n_entries, "paper", "papers"), amount(n_mails, "mail", "mails")
        says = f"{papers} in {mails}, {n_new} of them new."
        _note(reader, listed, Outcome(SourceState.FRESH, says, n_entries, n_new))
    else:
        _note(reader, listed, Outcome(SourceState.EMPTY, "No new mail with papers."))


def _read(reader: Reader, listed: Listed, raw: bytes) -> Report | AppError:
    now = reader.clock()
    return ingest.ingest_bytes(reader.engine, raw, Origin(listed.name, subject(raw)), now)


def _note(reader: Reader, listed: Listed, outcome: Outcome) -> None:
    now = reader.clock()
    with engines.transaction(reader.engine) as session:
        source = sources.named(session, listed.name)
        sources.note(session, source, now.astimezone(UTC).date(), outcome, now)
        sources.note_last(session, source, outcome, now)


def subject(raw: bytes) -> str:
    """What a mail calls itself, as it is written there; never empty."""
    told = BytesHeaderParser().parsebytes(raw[:100_000]).get("Subject")
    return " ".join(str(told or "").split())[:200] or "mail without a subject"


def look(listed: Listed, password: str, now: datetime) -> Iterator[tuple[str, Digest | AppError]]:
    """What the new mails hold; nothing is stored, and they stay new. Raises NotReady."""
    with mailbox.opened(place(listed, password)) as box:
        for _, raw in box.unread():
            try:
                yield subject(raw), digests.read(raw, ingest.day(now))
            except UnreadableDigest as e:
                yield subject(raw), e
