"""What a tick reads, from sources and mailbox: what is new is logged, each problem once."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

import structlog

from app.errors import AppError, NotReady
from app.pipeline import discovery, fetch, folder, inbox
from app.pipeline.catalogue import Kind, Listed
from app.pipeline.inquiry import Asker

log = structlog.get_logger()


def read(
    listed: Listed, asker: Asker, reader: inbox.Reader, now: datetime, edition: date | None
) -> Iterator[fetch.Told]:
    """Read one source; the list of one day, if `edition` asks for that. Raises NotReady."""
    if listed.kind is Kind.FOLDER:
        yield from folder.read(asker.engine, listed, now)
    elif not listed.is_web:
        yield from inbox.read(reader, listed)
    elif edition is None:
        yield from fetch.fetch(asker, listed)
    else:
        yield fetch.fetch_day(asker, listed, edition)


@dataclass
class Gathering:
    """Of one process. stop: once it is set, it ends after the source at hand."""

    stop: threading.Event
    _unreadable: set[str] = field(default_factory=set)
    _mailbox_problem: str = ""

    def run(self, read: Callable[[], Iterator[fetch.Told]]) -> None:
        """Read them all. Raises NotReady."""
        try:
            for told in read():
                self._log(told)
                if self.stop.is_set():
                    return
        except NotReady:
            if not self.stop.is_set():  # else what was being asked for was let go
                raise

    def look_up(self, asker: Asker) -> None:
        """Find out which papers people sent in; see `discovery`. Raises NotReady."""
        try:
            n_found = discovery.look_up(asker)
        except NotReady:
            if not self.stop.is_set():
                raise
        else:
            if n_found:
                log.info("submissions_found", n=n_found)

    def learn(self, read: Callable[[], object]) -> None:
        """Read the bounce mailbox; one that is down may come again."""
        try:
            read()
            self._mailbox_problem = ""
        except NotReady as e:
            if str(e) != self._mailbox_problem:
                log.error("mailbox_unreadable", reason=str(e))
            self._mailbox_problem = str(e)

    def _log(self, told: fetch.Told) -> None:
        if isinstance(told, AppError):
            if str(told) not in self._unreadable:
                log.warning("digest_unreadable", reason=str(told))
            self._unreadable.add(str(told))
        elif isinstance(told, fetch.Quiet):
            if told.is_asked:
                log.info("source_quiet", name=told.name, reason=told.says)
        elif not told.is_known:
            log.info("digest_read", name=told.name, new=told.n_new)
