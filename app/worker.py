"""Takes shards off the queue and runs them, until it is told to stop.

One shard of each kind at a time: more is done by more workers, on this machine or others.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import procrastinate
import structlog
from procrastinate import exceptions, jobs
from procrastinate import worker as takers

from app.errors import AppError, NotReady
from app.pipeline import shards
from app.pipeline.plan import Day
from app.store import queue

if TYPE_CHECKING:
    import psycopg

log = structlog.get_logger()
# The tasks that keep the queue itself in order.
TEND = "tend"
KEPT_HOURS = 24
# The sixth column is of seconds.
RETAKE_AT, FORGET_AT = "* * * * * */20", "23 * * * *"
# After the database went away, until it is asked again.
PAUSE_S = 2.0
# So long a connection is tried for, ever more seldom; then anew: the pool's own five minutes would
# leave a worker without work for as long again as the database was away.
RECONNECT_S = 15.0


class Worker:
    """Of one process, which runs no other."""

    def __init__(self, day: Day) -> None:
        self._day = day
        self._app = procrastinate.App(connector=_connector(queue.where(day.desk.engine)))
        self._takers: dict[str, takers.Worker] = {}
        self._add_shards()
        self._add_tending()
        # It reports each task and each lost connection at length; we say in a line what matters.
        logging.getLogger("procrastinate").setLevel(logging.CRITICAL)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Take shards while inside; on leaving, end those at hand early and cleanly.

        Raises NotReady if the queue cannot be reached.
        """
        asyncio.get_running_loop().set_exception_handler(_log_lost)
        try:
            await self._app.open_async()
        except exceptions.ConnectorException as e:
            raise NotReady(f"The queue cannot be reached: {e.__cause__ or e}.") from e
        # Two of them: whom letters are ranked for must not wait for a delivery to end.
        kinds = queue.RANK, queue.DELIVER
        taking = [asyncio.ensure_future(self._take(kind)) for kind in kinds]
        try:
            yield
        finally:
            self._day.stop.set()
            for taker in self._takers.values():
                taker.stop()
            await asyncio.wait(taking)
            await self._app.close_async()

    async def _take(self, kind: str) -> None:
        while not self._day.stop.is_set():
            # Asked to stop, never cancelled: in Python 3.11 a pool that just then hands over a
            # connection loses the cancelling, and who waits for its end waits for ever.
            self._takers[kind] = taker = takers.Worker(
                self._app,
                queues=[kind, TEND],
                install_signal_handlers=False,
                update_heartbeat_interval=queue.STALLED_AFTER / 6,
                stalled_worker_timeout=queue.STALLED_AFTER,
            )
            try:
                await taker.run()
                reason = "a connection was lost"  # it ends without a word of that
            except Exception as e:  # noqa: BLE001  (whatever it is, others go on meanwhile)
                reason = str(e.__cause__ or e)
            if not self._day.stop.is_set():
                log.warning("queue_lost", tasks=kind, reason=reason, again_after=PAUSE_S)
                await asyncio.sleep(PAUSE_S)

    def _add_shards(self) -> None:
        day, app = self._day, self._app

        async def rank() -> None:
            await _quietly(queue.RANK, asyncio.to_thread(shards.rank_one, day))

        async def deliver(context: procrastinate.JobContext) -> None:
            await _quietly(queue.DELIVER, shards.deliver_one(day, _name(context.job)))

        app.task(name=queue.RANK, queue=queue.RANK)(rank)
        app.task(name=queue.DELIVER, queue=queue.DELIVER, pass_context=True)(deliver)

    def _add_tending(self) -> None:
        app, manager = self._app, self._app.job_manager

        async def retake(timestamp: int) -> None:  # noqa: ARG001  (a periodic task is told)
            for job in await manager.get_stalled_jobs(seconds_since_heartbeat=queue.STALLED_AFTER):
                await self._retake(job)

        async def forget(timestamp: int) -> None:  # noqa: ARG001
            await manager.delete_old_jobs(KEPT_HOURS, include_failed=True)

        for cron, task in ((RETAKE_AT, retake), (FORGET_AT, forget)):
            name = task.__name__
            app.periodic(cron=cron)(app.task(name=name, queue=TEND, queueing_lock=name)(task))

    async def _retake(self, job: jobs.Job) -> None:
        manager, name = self._app.job_manager, _name(job)
        log.warning("task_retaken", task=name, of=job.task_name)
        await asyncio.to_thread(shards.free, self._day, name)
        try:
            await manager.retry_job(job)
        except exceptions.ConnectorException:
            # The same work was asked for anew, or another worker has just done all this.
            with suppress(exceptions.ConnectorException):
                await manager.finish_job(job, jobs.Status.FAILED, delete_job=False)


def _log_lost(loop: asyncio.AbstractEventLoop, told: dict[str, Any]) -> None:
    """The end of a task could not be noted: it is given to another, and finds nothing to do."""
    error = told.get("exception")
    if isinstance(error, exceptions.ConnectorException):
        log.warning("task_end_not_noted", reason=str(error.__cause__ or error))
    else:
        loop.default_exception_handler(told)


def _name(job: jobs.Job) -> str:
    """Who holds its letters."""
    return queue.holder(job.id, job.attempts)


async def _quietly(task: str, work: Awaitable[None]) -> None:
    """A failed shard is logged and over: the next tick asks for what is left."""
    try:
        await work
    except AppError as e:
        log.error("shard_failed", task=task, reason=str(e))
    except Exception:
        log.exception("shard_failed", task=task)


def _connector(where: str) -> procrastinate.PsycopgConnector:
    return procrastinate.PsycopgConnector(
        conninfo=where,
        min_size=1,
        max_size=4,
        timeout=RECONNECT_S,
        reconnect_timeout=RECONNECT_S,
        configure=_enter_schema,
    )


async def _enter_schema(connection: "psycopg.AsyncConnection") -> None:
    await connection.execute(f"SET search_path TO {queue.SCHEMA}")
    await connection.commit()
