"""The outbox's waiting letters, through SMTP.

A few lanes work side by side, each with one connection. Per letter: claim and render → offer →
commit "in_data" → transmit → settle. So a crash leaves at most one letter per lane in doubt.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import structlog
from sqlalchemy import Engine
from sqlmodel import Session

from app.errors import AppError, Deferred, DeliveryError, NotReady, Rejected
from app.mail import retry
from app.pipeline import compose
from app.pipeline.ledger import Ledger
from app.store import letters, outbox
from app.store.tables import OutboxEntry
from app.wire import smtp

log = structlog.get_logger()
T = TypeVar("T")
# Claimed and rendered in one commit; what a stop finds unsent is given back.
BATCH = 20
# What the server said of a letter must be written down, or it would be sent again. Each try
# already waits for a locked database as long as the engine does.
SETTLE_TRIES = 30


@dataclass
class Tally:
    """How a delivery run went.

    unreachable: the server's words, if letters wait because no connection could be had.
    """

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    unreachable: str = ""


@dataclass(frozen=True)
class _Ready:
    """A claimed entry and its message."""

    entry: OutboxEntry
    envelope: compose.Envelope


@dataclass
class Post:
    """All that a delivery run needs. on_settled: called after each letter, for a progress bar."""

    engine: Engine
    head: compose.Letterhead
    server: smtp.Server
    clock: Callable[[], datetime]
    n_connections: int = 4
    stop: threading.Event = field(default_factory=threading.Event)
    on_settled: Callable[[], None] = lambda: None


class _NotNow(Exception):
    """Nothing of the letter has left, and it is to wait: the run stops, or lost its connection."""


async def deliver(post: Post) -> Tally:
    """Send every letter that is due, until none is left or `post.stop` is set.

    Raises NotReady if the database fails; whatever was claimed is taken up again after the lease.
    """
    tally, stopping = Tally(), asyncio.Event()
    watch = asyncio.ensure_future(_watch(post.stop, stopping))
    async with Ledger(post.engine) as ledger:
        lanes = [_Lane(post, ledger, tally, stopping).run() for _ in range(post.n_connections)]
        done = await asyncio.gather(*lanes, return_exceptions=True)
        watch.cancel()
        for outcome in done:
            if isinstance(outcome, BaseException):
                raise outcome
        if tally.unreachable and not await ledger.write(
            lambda session: outbox.any_due(session, post.clock())
        ):
            # A server that takes fewer connections than we asked for took every letter.
            tally.unreachable = ""
    if tally.unreachable:
        log.warning("smtp_unreachable", reply=tally.unreachable)
    return tally


async def _watch(stop: threading.Event, stopping: asyncio.Event) -> None:
    """Pass the word on: `stop` may be set by any thread or signal, and outlives the loop."""
    while not stop.is_set():
        await asyncio.sleep(0.1)
    stopping.set()


@dataclass
class _Lane:
    """One connection at a time, and the letters that go through it one after the other."""

    post: Post
    ledger: Ledger
    tally: Tally
    stopping: asyncio.Event
    connection: smtp.Connection | None = None

    async def run(self) -> None:
        try:
            while await self.ledger.write(self._any_due):
                connection = await self._connected()
                await self._send_batch(connection, await self.ledger.write(self._claim))
        except _NotNow:
            return
        except Deferred as e:
            self.tally.unreachable = e.reply
        finally:
            if self.connection is not None and self.connection.is_open:
                await self.connection.close()

    def _any_due(self, session: Session) -> bool:
        return not self.post.stop.is_set() and outbox.any_due(session, self.post.clock())

    async def _connected(self) -> smtp.Connection:
        if self.connection is None or not self.connection.is_open:
            self.connection = await self._unless_stopped(smtp.connect(self.post.server))
        return self.connection

    async def _unless_stopped(self, work: Awaitable[T]) -> T:
        """Wait for work that may be broken off, such as for a server that does not answer."""
        task = asyncio.ensure_future(work)
        told = asyncio.ensure_future(self.stopping.wait())
        try:
            await asyncio.wait({task, told}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            task.cancel()
            await asyncio.wait({task})
            raise _NotNow
        finally:
            told.cancel()

    def _claim(self, session: Session) -> list[_Ready]:
        now = self.post.clock()
        ready = []
        for entry in outbox.claim_due(session, now, BATCH):
            try:
                ready.append(_Ready(entry, _envelope(session, self.post.head, entry)))
            except Exception as e:
                log.exception("letter_cannot_be_made", entry=entry.id)
                outbox.fail(session, entry.id or 0, now, 0, f"the letter cannot be made: {e}")
                self.tally.failed += 1
                self.post.on_settled()
        return ready

    async def _send_batch(self, connection: smtp.Connection, batch: list[_Ready]) -> None:
        for n, ready in enumerate(batch):
            try:
                if self.post.stop.is_set() or not connection.is_open:
                    raise _NotNow
                await self._send(connection, ready)
            except _NotNow:
                await self._give_back(batch[n:])
                return
            self.post.on_settled()

    async def _give_back(self, unsent: list[_Ready]) -> None:
        ids = [ready.entry.id or 0 for ready in unsent]
        await self.ledger.write(lambda session: outbox.release(session, ids))

    async def _send(self, connection: smtp.Connection, ready: _Ready) -> None:
        entry_id, envelope, in_data = ready.entry.id or 0, ready.envelope, False
        try:
            offer = connection.offer(envelope.sender, envelope.recipient)
            await self._unless_stopped(offer)
            in_data = await self.ledger.write(
                lambda session: outbox.begin_data(session, entry_id, self.post.clock())
            )
            if not in_data:
                # Somebody took the claim over; the open transaction is left to QUIT.
                await connection.close()
                return
            code, reply = await connection.transmit(envelope.message)
        except DeliveryError as e:
            await self._record_failure(ready.entry, e, doubtful=in_data and e.code == 0)
            return
        now = self.post.clock()
        await self._settle(lambda session: outbox.mark_sent(session, entry_id, now, code, reply))
        self.tally.sent += 1
        log.info("letter_sent", entry=entry_id, code=code)

    async def _record_failure(
        self, entry: OutboxEntry, failure: DeliveryError, doubtful: bool
    ) -> None:
        now, entry_id = self.post.clock(), entry.id or 0
        code, reply = failure.code, failure.reply
        again = retry.next_attempt(entry.attempts, entry.first_due_at, now)
        if isinstance(failure, Rejected) or again is None:
            await self._settle(
                lambda s: outbox.fail(s, entry_id, now, code, reply, doubtful=doubtful)
            )
            self.tally.failed += 1
            log.warning("letter_failed", entry=entry_id, code=code, reply=reply)
        else:
            await self._settle(
                lambda s: outbox.defer(s, entry_id, again, code, reply, doubtful=doubtful)
            )
            self.tally.deferred += 1
            log.warning("letter_deferred", entry=entry_id, code=code, reply=reply)

    async def _settle(self, work: Callable[[Session], object]) -> None:
        for n in range(1, SETTLE_TRIES + 1):
            try:
                await self.ledger.write(work)
            except NotReady as e:
                log.error("outcome_not_stored_yet", reason=str(e), tries=n)
                if n == SETTLE_TRIES:
                    raise
                await asyncio.sleep(min(n, 10))
            else:
                return


def _envelope(session: Session, head: compose.Letterhead, entry: OutboxEntry) -> compose.Envelope:
    letter = letters.by_id(session, entry.letter_id or 0)
    if letter is None:
        raise AppError("its letter is gone")
    return compose.envelope(session, head, letter)
