"""One connection of a delivery run, and the letters that go through it.

Per letter: make → offer → commit "in_data" → transmit → settle. So a crash leaves at most one
letter per lane in doubt. The next is made while the server gets ready for one, and offered with its
last byte (RFC 2920); the commit that notes that it is about to leave settles the one before.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlmodel import Session

from app.errors import Deferred, DeliveryError, Lost, NotReady, Refused
from app.pipeline import claims, compose, steps
from app.pipeline.claims import Claim
from app.pipeline.ledger import Ledger
from app.pipeline.outcome import Outcomes, Tally
from app.pipeline.post import Post
from app.pipeline.steps import Step
from app.pipeline.stock import Stock
from app.pipeline.stopping import Stopped, Stopping
from app.store import releases
from app.store.departures import Claimed, Sent
from app.wire import smtp
from app.wire.offer import Offer

log = structlog.get_logger()


class _NotNow(Stopped):
    """Nothing of the letter has left, and it is to wait: the run stops, or lost its connection."""


@dataclass
class Lane:
    """One connection at a time, and the letters that go through it one after the other.

    is_dismissed: set it, and it ends after the letters it has begun.
    """

    post: Post
    ledger: Ledger
    tally: Tally
    stopping: Stopping
    stock: Stock
    is_dismissed: bool = False
    connection: smtp.Connection | None = None
    ahead: Claim | None = None
    sent: Sent | None = None
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
                await self._send_made(found)
                if self.stock.is_try or self._is_in_vain:
                    return
        except (Stopped, Deferred) as e:
            await self._cannot_go_on(e)
        finally:
            self.ledger.company -= 1
            if self.ahead is not None:
                self.stock.put_back(self.ahead)
            try:
                await self._settled()
            finally:
                if self.connection is not None and self.connection.is_open:
                    await self.connection.close()

    @property
    def _is_in_vain(self) -> bool:
        """Whether the server hangs up on whoever has a letter; it is left alone for a while."""
        if why := self.post.breaker.hangs_up:
            server = self.post.server
            self.tally.unreachable = f"{server.host}:{server.port} takes no letter: {why}"
        return bool(why)

    async def _next(self, began: datetime) -> Claim | timedelta | None:
        """A letter, once there is a connection for it; else as `Stock.wait`."""
        if self.ahead is not None:
            if self._is_connected and self.stock.may_go():
                ahead, self.ahead = self.ahead, None
                return ahead
            await self._take_back()
        if self.is_dismissed:
            return None
        if self.stock.is_empty:
            await self._settled()
        if not self._is_connected and (wait := await self.stock.wait(began)) != timedelta(0):
            return wait
        await self._connected()
        return await self.stock.take(began)

    def _following(self) -> Offer | None:
        """The next letter, if there is one at hand."""
        self.ahead = None if self.is_dismissed else self.stock.at_hand()
        if self.ahead is None:
            return None
        made = self.ahead.message(self.post.head)
        return None if isinstance(made, Exception) else _offer(made)

    async def _take_back(self) -> None:
        if self.connection is not None and self.connection.has_offer:
            await self.connection.reset()
        if self.ahead is not None:
            self.stock.put_back(self.ahead)
            self.ahead = None

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

    async def _send_made(self, claim: Claim) -> None:
        entry, made = claim.entry, claim.message(self.post.head)
        if isinstance(made, Exception):
            await self.outcomes.cannot_be_made(entry, made)
            self.post.on_settled()
            return
        try:
            await self._send(await self._connected(), entry, made)
        except (Stopped, Deferred) as e:
            await self.give_back([entry], is_unsent=True)
            if isinstance(e, Deferred):
                raise
        else:
            self.post.on_settled()

    def _settle_apart(self) -> None:
        """Write down that the letter before was taken, by itself."""
        sent, self.sent = self.sent, None
        if sent is not None:
            self.settling = asyncio.ensure_future(self.outcomes.sent(sent))

    async def _settled(self) -> None:
        """Wait until what became of the letter before is on the disk."""
        self._settle_apart()
        settling, self.settling = self.settling, None
        if settling is not None:
            await settling

    async def give_back(self, claimed: Sequence[Claimed], *, is_unsent: bool = False) -> None:
        """Let others claim what is still only claimed; is_unsent: or noted as about to leave."""
        ids = [entry.id for entry in claimed]

        def release(session: Session) -> None:
            # Counted there: it may be written once more, if the answer to the commit was lost.
            n = releases.release(session, ids, self.post.holder if is_unsent else "")
            self.post.pace.give_back(session, n, self.post.clock())

        if ids:
            await self.outcomes.settle(release)

    async def _fitted(
        self, connection: smtp.Connection, entry: Claimed, made: compose.Envelope
    ) -> compose.Envelope:
        """A letter longer than the server takes is shortened."""
        most = connection.most_bytes
        if not 0 < most < len(made.message):
            return made

        log.warning("letter_shortened", entry=entry.id, most=most)
        shorter = await self.ledger.write(
            lambda session: claims.shorten(session, self.post.head, entry, most)
        )
        return shorter or made

    async def _send(
        self, connection: smtp.Connection, entry: Claimed, made: compose.Envelope
    ) -> None:
        made = await self._fitted(connection, entry, made)
        try:
            await self._offered(connection, made)
            while wait := await self._write_begin(connection, entry, made):
                await self._rest(wait)
            if wait is None:
                # Somebody took the claim over; the open transaction is left to QUIT.
                await connection.close()
                return
            # Else a crash would leave two letters of this connection in doubt.
            await self._settled()
            with self.ledger.leave():
                code, reply = await connection.transmit(
                    made.message, self._following, is_dotless=True
                )
        except DeliveryError as e:
            if connection.n_taken and not connection.is_open and not isinstance(e, Lost):
                # It had served, and closed before anything of this letter left: on to the next.
                raise _NotNow from e
            is_lost = not connection.is_open and not isinstance(e, Refused)
            self.post.breaker.counts_heard((e.reply or str(e.code)) if is_lost else "")
            await self.outcomes.failed(entry, e)
            return
        self.sent = self.outcomes.taken(entry, code, reply)
        if not (connection.has_offer and connection.is_answered) or self.post.pace.is_limited:
            # The commit for the next may be some time off.
            self._settle_apart()

    async def _offered(self, connection: smtp.Connection, made: compose.Envelope) -> None:
        if not connection.has_offer:
            await self.stopping.or_do(connection.offer(*_offer(made)))
        elif connection.is_answered:
            await connection.hear_offer()
        else:
            await self.stopping.or_do(connection.hear_offer())

    async def _write_begin(
        self, connection: smtp.Connection, entry: Claimed, made: compose.Envelope
    ) -> timedelta | None:
        now, pace = self.post.clock(), self.post.pace
        try:
            if pace.is_limited:
                paced = pace, entry, made.recipient, now, self.post.holder
                return await self.ledger.write(lambda session: steps.note_in_pace(session, *paced))
            step = Step(self.sent, (entry.id, now, self.post.holder))
            wait = await self.ledger.join(steps.note, step)
        except NotReady as e:
            self._settle_apart()
            await connection.reset()
            raise _NotNow from e
        if step.sent is not None:
            self.sent = None
            self.outcomes.stored(step.sent)
        return wait


def _offer(made: compose.Envelope) -> Offer:
    return Offer(made.sender, made.recipient, len(made.message))
