"""The day as a whole: which stations there are, and who runs their shards.

On SQLite every shard runs here, in this process, one after the other.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import structlog

from app.errors import AppError
from app.pipeline import deliver, ingest, rank, tidy
from app.store import engine as engines
from app.store import outbox
from app.wire.smtp import Server

log = structlog.get_logger()


@dataclass
class Day:
    """The stations, with what they need. stop: set it, and whatever runs ends at the next letter.

    lease: see `outbox.reclaim_stale`. sources, data_dir: see `ingest.folders`.
    """

    desk: rank.Desk
    server: Server
    clock: Callable[[], datetime]
    sources: str
    data_dir: Path
    n_connections: int
    lease: timedelta
    stop: threading.Event = field(default_factory=threading.Event)
    _unreadable: set[str] = field(default_factory=set)

    def ingest_sources(self, now: datetime | None = None) -> Iterator[ingest.Report | AppError]:
        """Read every configured source; a bad digest fails alone."""
        for folder in ingest.folders(self.sources, self.data_dir):
            yield from ingest.ingest_folder(self.desk.engine, folder, now or self.clock())

    def ingest_quietly(self) -> None:
        """The same for a tick: log what is new, and each problem once."""
        for report in self.ingest_sources():
            if isinstance(report, AppError):
                if str(report) not in self._unreadable:
                    log.warning("digest_unreadable", reason=str(report))
                self._unreadable.add(str(report))
            elif not report.is_known:
                log.info("digest_read", name=report.name, new=report.n_new)

    def tidy(self) -> tidy.Tidied:
        """Housekeeping; see the station."""
        done = tidy.tidy(self.desk.engine, self.clock(), self.lease)
        if done != tidy.Tidied(0, 0, 0):
            log.info("tidied", **vars(done))
        return done

    def rank_due(self) -> rank.Tally:
        """Put a letter into the outbox for everyone who is due, shard by shard."""
        total = rank.Tally()
        while not self.stop.is_set():
            shard = rank.rank_due_shard(self.desk, self.clock())
            if not shard.n_subscribers:
                break
            total.add(shard)
        if total.n_subscribers:
            log.info("ranked", **vars(total))
        return total

    def rank_edition(self, edition: date | None, everyone: bool) -> rank.Tally:
        """The same for one edition, whatever the hour; see `rank.rank_edition`."""
        total = rank.Tally()
        for shard in rank.rank_edition(self.desk, edition, everyone, self.clock()):
            total.add(shard)
        return total

    def count_waiting(self) -> int:
        """How many letters a delivery run would find."""
        with engines.transaction(engines.reading(self.desk.engine)) as session:
            return outbox.count_due(session, self.clock())

    def post(self, on_settled: Callable[[], None] = lambda: None) -> deliver.Post:
        """What a delivery run needs. on_settled: called after each letter."""
        return deliver.Post(
            engine=self.desk.engine,
            head=self.desk.head,
            server=self.server,
            clock=self.clock,
            n_connections=self.n_connections,
            stop=self.stop,
            on_settled=on_settled,
        )

    async def deliver(self) -> deliver.Tally:
        """Send what waits in the outbox."""
        return await deliver.deliver(self.post())
