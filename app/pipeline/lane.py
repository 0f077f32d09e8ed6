"""One connection of a delivery run, and the letters that go through it.

Per letter: render → offer → commit "in_data" → transmit → settle. So a crash leaves at most one
letter per lane in doubt.
"""

import asyncio
import secrets
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine
from sqlmodel import Session

from app.errors import Deferred, DeliveryError, Lost, NotReady, Refused
from app.pipeline import claims, compose
from app.pipeline.breaker import Breaker
from app.pipeline.claims import Claim
from app.pipeline.ledger import Ledger
from app.pipeline.outcome import Outcomes, Tally
from app.pipeline.pace import Pace
from app.pipeline.stock import Stock
from app.pipeline.stopping import Stopped, Stopping
from app.store import allowances, releases
from app.store.departures import Claimed
from app.wire import smtp

log = structlog.get_logger()


@dataclass
class Post:
    """All that a delivery run needs. on_settled: called after each letter, for a progress bar.

    stay: how long to wait at most for letters that only their pace keeps back; None: for them all.
    most: how many it may claim; 0: all that are due. holder: see `departures.claim_due`; no other
    run has it.
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
    most: int = 0
    holder: str = field(default_factory=lambda: secrets.token_hex(8))
    holds_doubt: bool = False
    stop: threading.Event = field(default_factory=threading.Event)
    on_settled: Callable[[], None] = lambda: None
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(frozen=True)
class _Ready:
    """A claimed entry and its message."""

    entry: Claimed
    envelope: compose.Envelope


class _NotNow(Stopped):
    """Nothing of the letter has left, and it is to wait: the run stops, or lost its connection."""


@dataclass
class Lane:
    """One connection at a time, and the letters that go through it one after the other."""

    post: Post
    ledger: Ledger
    tally: Tally
    stopping: Stopping
    stock: Stock
    connection: smtp.Connection | None = None
    settling: asyncio.Future[None] | None = None

    def __post_init__(self) -> None:
        post, is_try = self.post, self.stock.is_try
        brake = post.breaker, self.tally, post.stop, is_try, post.holds_doubt
        self.outcomes = Outcomes(self.ledger, post.clock, *brake)

    async def reach(self) -> bool:
        """Connect, if there is a letter to send; False if that was not to be."""
        try:
            if await self.stock.wait(self.post.clock()) is not None:
                await self._connected()
        except (Stopped, Deferred) as e:
            await self._cannot_go_on(e)
            return False
        return True

    async def run(self) -> None:
        """Send until nothing is left that may go."""
        began = self.post.clock()
        self.ledger.company += 1
        try:
            while (found := await self._next(began)) is not None:
                if isinstance(found, timedelta):
                    await self._rest(found)
                    continue
                await self._send_claimed(found)
                if self.stock.is_try:
                    return
        except (Stopped, Deferred) as e:
            await self._cannot_go_on(e)
        finally:
            self.ledger.company -= 1
            await self._settled()
            if self.connection is not None and self.connection.is_open:
                await self.connection.close()

    async def _next(self, began: datetime) -> Claim | timedelta | None:
        """A letter, once there is a connection for it; else as `Stock.wait`."""
        if self.stock.is_empty:
            await self._settled()
        if not self._is_connected and (wait := await self.stock.wait(began)) != timedelta(0):
            return wait
        await self._connected()
        return await self.stock.take(began)

    async def _cannot_go_on(self, why: Stopped | Deferred) -> None:
        if isinstance(why, Deferred):
            self.tally.unreachable = why.reply
        if isinstance(why, Refused):
            await self.outcomes.refused(why)

    async def _rest(self, wait: timedelta) -> None:
        if wait:
            await self.stopping.or_do(self.post.sleep(wait.total_seconds()))

    @property
    def _is_connected(self) -> bool:
        found = self.connection
        return found is not None and found.is_open and not found.is_worn

    async def _connected(self) -> smtp.Connection:
        if self.connection is not None and self.connection.is_open and self.connection.is_worn:
            await self.connection.close()
        if self.connection is None or not self.connection.is_open:
            self.connection = await self.stopping.or_do(smtp.connect(self.post.server))
        return self.connection

    async def _send_claimed(self, claim: Claim) -> None:
        try:
            envelope = claim.message(self.post.head)
        except Exception as e:  # noqa: BLE001  (it fails alone)
            await self.outcomes.cannot_be_made(claim.entry, e)
            self.post.on_settled()
            return
        try:
            await self._send(await self._connected(), _Ready(claim.entry, envelope))
        except (Stopped, Deferred) as e:
            await self.give_back([claim.entry])
            if isinstance(e, Deferred):
                raise
        else:
            self.post.on_settled()

    async def _settled(self) -> None:
        """Wait until what became of the letter before is on the disk."""
        settling, self.settling = self.settling, None
        if settling is not None:
            await settling

    async def give_back(self, unsent: Sequence[Claimed]) -> None:
        """Let others claim what was not sent."""
        ids = [entry.id or 0 for entry in unsent]

        def release(session: Session) -> None:
            releases.release(session, ids, self.post.holder)
            self.post.pace.give_back(session, len(ids), self.post.clock())

        if ids:
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
            with self.ledger.leave():
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
