"""When each station of the day runs, and nothing else.

A tick only asks; the tables decide who gets what. So a tick that comes late, twice or from a
second machine does no harm, and a missed one is made up for by the next.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from app.errors import AppError
from app.pipeline.plan import Day

log = structlog.get_logger()
INGEST_EVERY = timedelta(minutes=10)
TIDY_EVERY = timedelta(minutes=10)
# After the SMTP server could not be reached: from half a minute, doubling up to ten minutes.
REST_FIRST, REST_MOST = timedelta(seconds=30), timedelta(minutes=10)


class Ticks:
    """The stations as jobs. One run of each at a time; a failed one is logged and comes again."""

    def __init__(self, day: Day, every: timedelta) -> None:
        self._day = day
        self._every = every
        self._rest = timedelta()
        self._rest_until = day.clock()
        self._running: set[asyncio.Future[None]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Tick while inside; on leaving, finish the letters on their way and start no others."""
        scheduler = AsyncIOScheduler(timezone=UTC)
        now = datetime.now(UTC)  # not the day's clock: APScheduler looks at no other
        for job, every in (
            (self._ingest, INGEST_EVERY),
            (self._tidy, TIDY_EVERY),
            (self._letters, self._every),
        ):
            scheduler.add_job(
                self._guarded(job),
                "interval",
                seconds=every.total_seconds(),
                next_run_time=now,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,  # the default drops a run that is a second late
                name=job.__name__,
            )
        scheduler.start()
        try:
            yield
        finally:
            self._day.stop.set()
            scheduler.remove_all_jobs()
            while self._running:  # a job may begin while another is waited for
                await asyncio.gather(*self._running)
            scheduler.shutdown(wait=False)

    def _guarded(self, job: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._running.add(done)
            try:
                await job()
            except AppError as e:
                log.error("tick_failed", job=job.__name__, reason=str(e))
            except Exception:
                log.exception("tick_failed", job=job.__name__)
            finally:
                self._running.discard(done)
                done.set_result(None)

        return run

    async def _ingest(self) -> None:
        await asyncio.to_thread(self._day.ingest_quietly)

    async def _tidy(self) -> None:
        await asyncio.to_thread(self._day.tidy)

    async def _rank(self) -> None:
        await asyncio.to_thread(self._day.rank_due)

    async def _letters(self) -> None:
        # What waits in the outbox must not stay there because ranking failed.
        await self._guarded(self._rank)()
        if self._day.clock() < self._rest_until:
            return
        tally = await self._day.deliver()
        if tally.unreachable:
            self._rest = min(max(self._rest * 2, REST_FIRST), REST_MOST)
            self._rest_until = self._day.clock() + self._rest
        else:
            self._rest = timedelta()
