"""The day as a whole: which stations there are, and who runs their shards.

On SQLite every shard runs here, one after the other; on PostgreSQL on the queue, see `shards`.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import structlog

from app.errors import AppError
from app.mail import scanners
from app.pipeline import (
    alert,
    catalogue,
    deliver,
    demand,
    fetch,
    fold,
    gathering,
    guard,
    inbox,
    ingest,
    learn,
    outcome,
    pulse,
    rank,
    restored,
    rests,
    settle,
    tidy,
)
from app.pipeline.breaker import Breaker
from app.pipeline.catalogue import Listed
from app.pipeline.hand import Hiring
from app.pipeline.inquiry import Asker
from app.pipeline.pace import Pace
from app.pipeline.post import Post
from app.store import chosen, heartbeats, leading, outbox, papers, queue
from app.store import engine as engines
from app.wire.mailbox import Place
from app.wire.server import Server

log = structlog.get_logger()
# A clock may be corrected by so much without anything having to be planned anew.
CORRECTION = timedelta(minutes=10)


@dataclass
class Day:
    """The stations, with what they need. stop: set it, and whatever runs ends at the next letter.

    lease: see `vanished.reclaim_stale`. sources, data_dir: see `catalogue.parse`. asker: asks those
    on the web; inbox: reads those that come by mail. mailbox: where bounces and complaints come
    to, if anywhere. holds_doubt: see `outbox.hold`. ways: how the operator is told of what is
    wrong. scan_time: see `scanners.judge`. keep_letters: for so many days; see the station `fold`.
    hiring: see `post.Post`.
    """

    desk: rank.Desk
    server: Server
    clock: Callable[[], datetime]
    sources: str
    data_dir: Path
    n_connections: int
    lease: timedelta
    asker: Asker
    inbox: inbox.Reader
    pace: Pace = field(default_factory=Pace)
    breaker: Breaker = field(default_factory=Breaker)
    mailbox: Place | None = None
    holds_doubt: bool = False
    ways: alert.Ways = field(default_factory=alert.Ways)
    scan_time: timedelta = scanners.SCAN_TIME
    keep_letters: int = 90
    hiring: Hiring | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    _has_looked_back: bool = False
    _looking_back: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._guard = guard.Guard(self.desk.engine)
        self._gathering = gathering.Gathering(self.stop)
        self.lead = leading.Lead(self.desk.engine)
        where = f"{self.server.host}:{self.server.port}"
        self.rests = rests.Rests(self.desk.engine, where, self.clock)

    @property
    def has_queue(self) -> bool:
        """Whether workers take shards, on any number of machines; else they run in place."""
        return queue.is_there(self.desk.engine)

    def look_back(self) -> None:
        """Before anything else: was the database restored, be it under us? Raises NotReady."""
        with self._looking_back:
            look = restored.settle_again if self._has_looked_back else restored.settle
            found = look(self.desk.engine, self._sent_until, self.clock())
            self._has_looked_back = True
            if found:
                log.warning("database_was_restored", **vars(found))

    @property
    def _sent_until(self) -> Path:
        return self.data_dir / restored.FILE

    def beat(self) -> None:
        """Say that the clock ticks. Raises NotReady."""
        self._beat(heartbeats.SCHEDULER)

    def _beat(self, name: str) -> datetime | None:
        with engines.transaction(self.desk.engine) as session:
            return heartbeats.beat(session, name, self.clock())

    def listed(self) -> list[Listed | AppError]:
        """The sources of the setting and those named on pages, each once. Raises AppError."""
        fixed = catalogue.parse(self.sources, self.data_dir)
        with engines.transaction(engines.reading(self.desk.engine)) as session:
            names = chosen.names(session)
        return list(dict.fromkeys([*fixed, *catalogue.kept(names)]))

    def ingest_sources(self, edition: date | None = None) -> Iterator[fetch.Told]:
        """Read every source that is named; a bad one fails alone. Raises AppError for a wrong list.

        edition: the day whose lists to ask for, and up to which files count, if not today.
        """
        now = self.clock() if edition is None else ingest.noon(edition)
        for listed in self.listed():
            if isinstance(listed, AppError):
                yield listed
            else:
                yield from gathering.read(listed, self.asker, self.inbox, now, edition)

    def ingest_quietly(self) -> None:
        """The same for a tick: log what is new, and each problem once."""
        self._gathering.run(self.ingest_sources)

    def look_up(self) -> None:
        """Find out which papers people sent in; see `discovery`. Raises NotReady."""
        self._gathering.look_up(self.asker)

    def lay_out(self) -> None:
        """Fit and lay out what today's pages and letters go by: then neither has to wait for it."""
        with engines.transaction(engines.reading(self.desk.engine)) as session:
            now = self.clock()
            if papers.count(session):
                self.desk.models.board(session, ingest.day(now), now)

    def learn(self) -> learn.Tally:
        """Read the bounce mailbox, where there is one. Raises NotReady if it cannot be read."""
        if self.mailbox is None:
            return learn.Tally()
        tokens = self.desk.head.links.tokens
        reader = learn.Reader(self.desk.engine, tokens, self.mailbox, self.clock, self.stop)
        tally = learn.read_mailbox(reader)
        self.look()
        if tally.read:
            log.info("reports_read", **vars(tally))
        return tally

    def learn_quietly(self) -> None:
        """The same for a tick: log once that the mailbox is down."""
        self._gathering.learn(self.learn)

    def tidy(self, *, reclaims: bool = True) -> tidy.Tidied:
        """Housekeeping; see the station."""
        self.look_back()
        done = tidy.tidy(
            self.desk.engine,
            self.clock(),
            self.lease,
            reclaims=reclaims,
            holds_doubt=self.holds_doubt,
        )
        if done != tidy.Tidied(0, 0, 0):
            log.info("tidied", **vars(done))
        fold.fold(self.desk.engine, self.clock(), self.keep_letters, self.desk.rules, self.stop)
        return done

    def settle(self) -> settle.Settled:
        """Take back the votes of link scanners; see the station. Raises NotReady."""
        return settle.settle(self.desk.engine, self.clock(), self.scan_time)

    def see_to_ranking(self) -> rank.Tally:
        """Rank who is due; on the queue, which tells of no letters yet. Raises NotReady."""
        if not self.has_queue:
            return self.rank_due()
        self._prepare_ranking()
        demand.ask_to_rank(self.desk.engine, self.clock())
        return rank.Tally()

    async def see_to_letters(self) -> outcome.Tally:
        """Send what waits; on the queue, which tells of none yet. Raises NotReady."""
        if not self.has_queue:
            return await self.deliver(stay=deliver.STAY)
        await asyncio.to_thread(demand.ask_to_deliver, self.desk.engine, self.rests, self.clock())
        return outcome.Tally()

    def rank_due(self) -> rank.Tally:
        """Put a letter into the outbox for everyone who is due, shard by shard, in this process."""
        self._prepare_ranking()
        total = rank.Tally()
        while not self.stop.is_set():
            shard = rank.rank_due_shard(self.desk, self.clock())
            if not shard.n_subscribers:
                break
            total.add(shard)
        self.tell_ranked(total)
        return total

    def _prepare_ranking(self) -> None:
        self.look_back()
        self._follow_clock()
        self.settle()

    def tell_ranked(self, total: rank.Tally) -> None:
        """Log how ranking went, and note for the operator whom it came too late for."""
        if total.n_subscribers:
            log.info("ranked", **vars(total))
        if n := total.skipped[rank.MISSED]:
            log.error("editions_missed", n=n, reason=rank.MISSED)
            self._beat(alert.MISSED)

    def _follow_clock(self) -> None:
        before, now = self._beat(heartbeats.RANKING), self.clock()
        if before and before - now > CORRECTION:
            log.warning("clock_set_back", before=before, now=now)
            tidy.follow_clock(self.desk.engine, now)

    def rank_edition(self, edition: date | None, everyone: bool) -> rank.Tally:
        """The same for one edition, whatever the hour; see `rank.rank_edition`."""
        self.look_back()
        self.settle()
        total = rank.Tally()
        for shard in rank.rank_edition(self.desk, edition, everyone, self.clock()):
            total.add(shard)
        return total

    def count_waiting(self) -> int:
        """How many letters a delivery run would find."""
        with engines.transaction(engines.reading(self.desk.engine)) as session:
            return outbox.count_due(session, self.clock())

    def post(self, on_settled: Callable[[], None] = lambda: None) -> Post:
        """What a delivery run needs. on_settled: called after each letter."""
        return Post(
            engine=self.desk.engine,
            head=self.desk.head,
            server=self.server,
            clock=self.clock,
            n_connections=self.n_connections,
            pace=self.pace,
            breaker=self.breaker,
            holds_doubt=self.holds_doubt,
            stop=self.stop,
            on_settled=on_settled,
            hiring=None if self.has_queue else self.hiring,
        )

    async def deliver(
        self,
        on_settled: Callable[[], None] = lambda: None,
        stay: timedelta | None = None,
        most: int = 0,
        holder: str = "",
    ) -> outcome.Tally:
        """Send what waits in the outbox, and judge how it was received.

        stay, most, holder: see `post.Post`.
        """
        await asyncio.to_thread(self.look_back)
        began = self.clock()
        beats = pulse.Beats(self.desk.engine, self._sent_until, self.clock)

        def settled() -> None:
            beats.sends = True  # it may have been written after the first beat
            on_settled()

        async with pulse.beating(beats):
            post = replace(self.post(settled), stay=stay, most=most)
            tally = await deliver.deliver(replace(post, holder=holder) if holder else post)
        await asyncio.to_thread(self.look)
        if tally.sent or tally.failed or tally.deferred or tally.in_doubt:
            await asyncio.to_thread(self._guard.note_run, began, self.clock())
        return tally

    def tell(self) -> None:
        """Tell the operator what is wrong, where that is new. Raises NotReady."""
        self.look()  # a run may go on for hours
        desk = self.desk
        ways, clock = self.ways, self.clock
        alert.Alerts(desk.engine, desk.head, self.server, ways, clock, self.stop).tell()

    def look(self) -> None:
        """Judge how letters were received so far; it may hold all sending. Raises NotReady."""
        self._guard.look(self.clock())
