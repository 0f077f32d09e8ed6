"""The outbox's waiting letters, through SMTP.

A few lanes work side by side, each with one connection. Per letter: claim and render → offer →
commit "in_data" → transmit → settle. So a crash leaves at most one letter per lane in doubt.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine
from sqlmodel import Session

from app.errors import Deferred, DeliveryError, Lost, NotReady, Refused
from app.pipeline import claims, compose
from app.pipeline.breaker import Breaker
from app.pipeline.ledger import Ledger
from app.pipeline.outcome import Outcomes, Tally
from app.pipeline.pace import Pace
from app.pipeline.stopping import Stopped, Stopping
from app.store import allowances, outbox, waiting
from app.store.tables import OutboxEntry
from app.wire import smtp

log = structlog.get_logger()
# Claimed and rendered in one commit; what a stop finds unsent is given back.
BATCH = 20


@dataclass(frozen=True)
class _Ready:
    """A claimed entry and its message."""

    entry: OutboxEntry
    envelope: compose.Envelope


@dataclass
class Post:
    """All that a delivery run needs. on_settled: called after each letter, for a progress bar.

    stay: how long to wait at most for letters that only their pace keeps back; None: for them all.
    holds_doubt: see `outbox.hold`.
    """

    engine: Engine
    head: compose.Letterhead
    server: smtp.Server
    clock: Callable[[], datetime]
    n_connections: int = 4
    pace: Pace = field(default_factory=Pace)
    breaker: Breaker = field(default_factory=Breaker)
    stay: timedelta | None = None
    holds_doubt: bool = False
    stop: threading.Event = field(default_factory=threading.Event)
    on_settled: Callable[[], None] = lambda: None
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class _NotNow(Stopped):
    """Nothing of the letter has left, and it is to wait: the run stops, or lost its connection."""


async def deliver(post: Post) -> Tally:
    """Send every letter that is due, until none is left or `post.stop` is set.

    Sends nothing while a brake is on. Raises NotReady if the database fails; whatever was claimed
    is taken up again after the lease.
    """
    tally, stopping = Tally(), Stopping()
    watch = asyncio.ensure_future(stopping.watch(post.stop))
    async with Ledger(post.engine) as ledger:
        try:
            await _send_all(post, ledger, tally, stopping)
            if tally.unreachable and not await ledger.write(
                lambda session: outbox.any_due(session, post.clock())
            ):
                # A server that takes fewer connections than we asked for took every letter.
                tally.unreachable = ""
        finally:
            watch.cancel()
    if tally.unreachable:
        log.warning("smtp_unreachable", reply=tally.unreachable)
    return tally


async def _send_all(post: Post, ledger: Ledger, tally: Tally, stopping: Stopping) -> None:
    is_try = await ledger.write(lambda session: _open(post, session))
    if is_try:
        await _Lane(post, ledger, tally, stopping, is_try=True).run()
        await ledger.write(lambda session: post.breaker.look(session, post.clock()))
    lanes = [_Lane(post, ledger, tally, stopping) for _ in range(post.n_connections)]
    # One knocks before all come: a server that is down for hours is asked as seldom as can be.
    if await lanes[0].reach():
        runs = (lane.run() for lane in lanes)
        for outcome in await asyncio.gather(*runs, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
    tally.held = post.breaker.held


def _open(post: Post, session: Session) -> bool:
    """What is done before the first letter; True if one is to try whether the brake is needed."""
    now = post.clock()
    is_try = outbox.any_due(session, now) and post.breaker.open(session, now)
    if not post.breaker.held:
        post.pace.ration(session, now)
    return is_try


@dataclass
class _Lane:
    """One connection at a time, and the letters that go through it one after the other.

    is_try: one letter only, to see if the brake is still needed.
    """

    post: Post
    ledger: Ledger
    tally: Tally
    stopping: Stopping
    is_try: bool = False
    connection: smtp.Connection | None = None
    settling: asyncio.Future[None] | None = None

    def __post_init__(self) -> None:
        post = self.post
        brake = post.breaker, self.tally, post.stop, self.is_try, post.holds_doubt
        self.outcomes = Outcomes(self.ledger, post.clock, *brake)

    async def reach(self) -> bool:
        """Connect, if there is a letter to send; False if that was not to be."""
        try:
            if await self.ledger.write(lambda s: self._wait(s, self.post.clock())) is not None:
                await self._connected()
        except (Stopped, Deferred) as e:
            await self._cannot_go_on(e)
            return False
        return True

    async def run(self) -> None:
        """Send until nothing is left that may go."""
        began = self.post.clock()
        try:
            while (wait := await self.ledger.write(lambda s: self._wait(s, began))) is not None:
                if wait:
                    await self._rest(wait)
                    continue
                connection = await self._connected()
                await self._send_batch(connection, await self._claimed())
                if self.is_try:
                    return
        except (Stopped, Deferred) as e:
            await self._cannot_go_on(e)
        finally:
            if self.connection is not None and self.connection.is_open:
                await self.connection.close()

    async def _cannot_go_on(self, why: Stopped | Deferred) -> None:
        if isinstance(why, Deferred):
            self.tally.unreachable = why.reply
        if isinstance(why, Refused):
            await self.outcomes.refused(why)

    def _wait(self, session: Session, began: datetime) -> timedelta | None:
        """How long until there may be a letter to send; None: this run has none."""
        now, pace = self.post.clock(), self.post.pace
        if not self.is_try:
            self.post.breaker.look(session, now)
        if self.post.stop.is_set() or self.post.breaker.held:
            return None
        moment = waiting.next_due(session)
        if moment is None or moment > max(now, pace.put_off_until(now)):
            return None
        wait = max(moment - now, pace.wait(session, now))
        has_time = self.post.stay is None or now + wait - began <= self.post.stay
        return wait if has_time or not wait else None

    async def _rest(self, wait: timedelta) -> None:
        await self.stopping.or_do(self.post.sleep(wait.total_seconds()))

    async def _connected(self) -> smtp.Connection:
        if self.connection is not None and self.connection.is_open and self.connection.is_worn:
            await self.connection.close()
        if self.connection is None or not self.connection.is_open:
            self.connection = await self.stopping.or_do(smtp.connect(self.post.server))
        return self.connection

    async def _claimed(self) -> list[_Ready]:
        ready = []
        for entry, made in await self.ledger.write(self._claim):
            if isinstance(made, compose.Envelope):
                ready.append(_Ready(entry, made))
                continue
            log.error("letter_cannot_be_made", entry=entry.id, exc_info=made)
            self.tally.failed += 1
            self.post.on_settled()
        return ready

    def _claim(self, session: Session) -> list[claims.Claim]:
        now, pace = self.post.clock(), self.post.pace
        if pace.is_limited and pace.wait(session, now):
            return []
        choose = pace.choose if pace.is_limited else None
        return claims.take(session, self.post.head, now, 1 if self.is_try else BATCH, choose)

    async def _send_batch(self, connection: smtp.Connection, batch: list[_Ready]) -> None:
        try:
            for n, ready in enumerate(batch):
                try:
                    await self._send_if_open(connection, ready)
                except Stopped:
                    await self._give_back(batch[n:])
                    return
                self.post.on_settled()
        finally:
            await self._settled()

    async def _send_if_open(self, connection: smtp.Connection, ready: _Ready) -> None:
        if self.post.stop.is_set() or self.post.breaker.held:
            raise _NotNow
        if not connection.is_open or connection.is_worn:
            raise _NotNow
        await self._send(connection, ready)

    async def _settled(self) -> None:
        """Wait until what became of the letter before is on the disk."""
        settling, self.settling = self.settling, None
        if settling is not None:
            await settling

    async def _give_back(self, unsent: list[_Ready]) -> None:
        ids = [ready.entry.id or 0 for ready in unsent]

        def release(session: Session) -> None:
            outbox.release(session, ids)
            self.post.pace.give_back(session, len(ids), self.post.clock())

        await self.outcomes.settle(release)

    async def _fitted(self, connection: smtp.Connection, ready: _Ready) -> _Ready:
        """A letter longer than the server takes is shortened."""
        most = connection.most_bytes
        if not 0 < most < len(ready.envelope.message):
            return ready

        log.warning("letter_shortened", entry=ready.entry.id, most=most)
        shorter = await self.ledger.write(
            lambda session: claims.shorten(session, self.post.head, ready.entry, most)
        )
        return _Ready(ready.entry, shorter or ready.envelope)

    async def _send(self, connection: smtp.Connection, ready: _Ready) -> None:
        ready = await self._fitted(connection, ready)
        envelope = ready.envelope
        try:
            offer = connection.offer(envelope.sender, envelope.recipient, len(envelope.message))
            await self.stopping.or_do(offer)
            while wait := await self._write_begin(connection, ready):
                await self._rest(wait)
            if wait is None:
                # Somebody took the claim over; the open transaction is left to QUIT.
                await connection.close()
                return
            # Else a crash would leave two letters of this connection in doubt.
            await self._settled()
            code, reply = await connection.transmit(envelope.message, is_dotless=True)
        except DeliveryError as e:
            if connection.n_taken and not connection.is_open and not isinstance(e, Lost):
                # It had served, and closed before anything of this letter left: on to the next.
                raise _NotNow from e
            await self.outcomes.failed(ready.entry, e)
            return
        # Written while the next is offered, mostly by the commit that notes it is about to leave.
        self.settling = asyncio.ensure_future(self.outcomes.sent(ready.entry, code, reply))

    async def _write_begin(self, connection: smtp.Connection, ready: _Ready) -> timedelta | None:
        try:
            if self.post.pace.is_limited:
                return await self.ledger.write(lambda session: self._begin(session, ready))
            return await self.ledger.join(claims.begin, (ready.entry.id or 0, self.post.clock()))
        except NotReady as e:
            await connection.reset()
            raise _NotNow from e

    def _begin(self, session: Session, ready: _Ready) -> timedelta | None:
        """Note that the letter is about to leave; else how long it must wait, or None: for ever."""
        now, entry, pace = self.post.clock(), ready.entry, self.post.pace
        is_late = now - (entry.claimed_at or now) > allowances.GOOD_FOR
        if is_late:
            domain = ready.envelope.recipient.rpartition("@")[2].lower()
            if wait := pace.allow(session, domain, now):
                return wait
        part = entry.id or 0, now
        return claims.begin(session, [part])(part)
