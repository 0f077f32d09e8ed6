"""When each station of the day runs, and nothing else.

A tick only asks; the tables decide who gets what. So a tick that comes late, twice or from a
second machine does no harm, and a missed one is made up for by the next. Of several schedulers on
one PostgreSQL one ticks; the others ask at each tick whether it is gone.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from app.errors import AppError
from app.pipeline.plan import Day

log = structlog.get_logger()
Job = Callable[[], Coroutine[Any, Any, None]]
INGEST_EVERY = timedelta(minutes=10)
LOOK_UP_EVERY = timedelta(minutes=1)
TIDY_EVERY = timedelta(minutes=10)
LEARN_EVERY = timedelta(minutes=5)
TELL_EVERY = timedelta(minutes=5)
# After the SMTP server could not be reached, from one knock to the next: doubling. No more than 200
# knocks in six hours, so the longest cannot be below 108 seconds, whatever came before it.
REST_FIRST, REST_MOST = timedelta(seconds=15), timedelta(seconds=110)
# The job that ends such a rest.
KNOCK = "knock"
# Clocks that differ by more have been set, or the machine has slept.
JUMP = timedelta(minutes=1)


class _Jumps:
    """Knows when the clock was last set forward, by a clock that nobody can set."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._ahead = self._offset()
        self._seen_at: float | None = None

    def _offset(self) -> float:
        return self._clock().timestamp() - time.monotonic()

    def seen_within(self, span: timedelta) -> bool:
        """Whether it was, since the last question or within `span`."""
        before, self._ahead = self._ahead, self._offset()
        if self._ahead - before > JUMP.total_seconds():
            self._seen_at = time.monotonic()
        seen = self._seen_at
        return seen is not None and time.monotonic() - seen < span.total_seconds()


@dataclass(frozen=True)
class _Rest:
    """How long no connection is tried: from one that failed on, and longer after each."""

    since: datetime
    span: timedelta = timedelta()

    def after(self, began: datetime) -> "_Rest":
        """The next rest, after a try that began then and was in vain.

        A try that itself took long, for want of any answer, is followed by the next all the sooner.
        """
        return _Rest(began, min(max(self.span * 2, REST_FIRST), REST_MOST))

    def left_at(self, now: datetime) -> timedelta:
        """How much of it is left; none if the clock was set back to before it."""
        until = self.since + self.span
        return until - now if self.since <= now < until else timedelta()

    def lasts_at(self, now: datetime) -> bool:
        return self.left_at(now) > timedelta()


async def _follow_clock(scheduler: AsyncIOScheduler, every: timedelta) -> None:
    """Tick on though the clock was set back: APScheduler would wait until it has caught up."""
    while True:
        await asyncio.sleep(every.total_seconds())
        now = datetime.now(UTC)
        for job in (each for each in scheduler.get_jobs() if each.name != KNOCK):
            if job.next_run_time > now + job.trigger.interval + JUMP:
                log.warning("clock_set_back", job=job.name, next_tick=job.next_run_time)
                job.modify(next_run_time=now)


class Ticks:
    """The stations as jobs. One run of each at a time; a failed one is logged and comes again."""

    def __init__(self, day: Day, every: timedelta) -> None:
        self.scheduler = AsyncIOScheduler(timezone=UTC)
        self._day = day
        self._every = every
        self._rest = _Rest(day.clock())
        self._running: set[asyncio.Future[None]] = set()
        self._sending: asyncio.Task[None] | None = None
        self._is_sending = self._is_leaving = False
        self._jumps = _Jumps(day.clock)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Tick while inside; on leaving, finish the letters on their way and start no others."""
        scheduler = self.scheduler
        now = datetime.now(UTC)  # not the day's clock: APScheduler looks at no other
        for job, every in (
            (self._beat, self._every),
            (self._ingest, INGEST_EVERY),
            (self._look_up, LOOK_UP_EVERY),
            (self._learn, LEARN_EVERY),
            (self._tidy, TIDY_EVERY),
            (self._tell, TELL_EVERY),
            (self._rank, self._every),
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
        following = asyncio.ensure_future(_follow_clock(scheduler, self._every))
        try:
            yield
        finally:
            following.cancel()
            self._is_leaving = True
            self._day.stop.set()
            scheduler.remove_all_jobs()
            await asyncio.gather(*self._running)
            scheduler.shutdown(wait=False)
            await asyncio.to_thread(self._day.lead.give_up)

    def _guarded(self, job: Callable[[], Awaitable[None]]) -> Job:
        async def run() -> None:
            # A job that the loop has may begin when nobody waits for it any more: its thread would
            # take the lead that was just given up, and keep it.
            if self._is_leaving:
                return
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._running.add(done)
            try:
                if await asyncio.to_thread(self._day.lead.is_ours):
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
        await asyncio.to_thread(self._day.lay_out)

    async def _look_up(self) -> None:
        await asyncio.to_thread(self._day.look_up)

    async def _beat(self) -> None:
        await asyncio.to_thread(self._day.beat)

    async def _learn(self) -> None:
        await asyncio.to_thread(self._day.learn_quietly)

    async def _tell(self) -> None:
        await asyncio.to_thread(self._day.tell)

    async def _tidy(self) -> None:
        # By a clock set forward, a letter that is being sent looks long abandoned.
        reclaims = not self._jumps.seen_within(self._day.lease)
        await asyncio.to_thread(self._day.tidy, reclaims=reclaims)

    async def _rank(self) -> None:
        tally = await asyncio.to_thread(self._day.see_to_ranking)
        if tally.n_letters and not self._is_sending:
            # Not awaited: who is due in an hour must not wait for the last of these.
            self._sending = asyncio.create_task(self._guarded(self._letters)())

    async def _letters(self) -> None:
        # A run that is going takes up what was written meanwhile.
        if self._is_sending or self._rest.lasts_at(self._day.clock()):
            return
        self._is_sending = True
        try:
            await self._send()
        finally:
            self._is_sending = False

    async def _send(self) -> None:
        began = self._day.clock()
        tally = await self._day.see_to_letters()
        if tally.unreachable:
            self._rest = self._rest.after(began)
            self._knock_after_rest()
        else:
            self._rest = _Rest(began)

    def _knock_after_rest(self) -> None:
        """Be there when it ends: the next tick may be half a minute away."""
        left = self._rest.left_at(self._day.clock())
        self.scheduler.add_job(
            self._guarded(self._letters),
            "date",
            run_date=datetime.now(UTC) + left,
            misfire_grace_time=None,
            max_instances=2,  # the knock before, which asks for this one, is not over yet
            id=KNOCK,
            name=KNOCK,
            replace_existing=True,
        )
