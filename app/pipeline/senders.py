"""A delivery run on more than one process, where enough letters wait for that to pay.

Each sends from the same outbox, and the connections are shared out. What is allowed is kept in the
database, for all of them: claims, brakes, allowances. The first process knocks at the server and
lets go of the brake, before there is a second; and it gives up a connection before another opens
one, so that the server never sees more than are set.
"""

import asyncio
from datetime import timedelta

import structlog
from sqlmodel import Session

from app.errors import NotReady
from app.pipeline import hand as hands
from app.pipeline.hand import Hand, Hiring
from app.pipeline.lanes import Lanes
from app.pipeline.ledger import Ledger
from app.pipeline.outcome import Tally
from app.pipeline.post import Post
from app.pipeline.stopping import Stopped, Stopping
from app.store import outbox, releases, vanished

log = structlog.get_logger()
# Letters may be written while a run is going.
LOOK_EVERY = timedelta(seconds=5)


class Senders:
    """All that send for one run: our lanes, and the hands that are hired."""

    def __init__(
        self, post: Post, ledger: Ledger, tally: Tally, stopping: Stopping, lanes: Lanes
    ) -> None:
        self._post, self._ledger, self._tally = post, ledger, tally
        self._stopping, self._lanes = stopping, lanes
        self._hands: list[Hand] = []
        self._employed: list[asyncio.Future[None]] = []
        self._is_over = False

    async def work(self) -> None:
        """Send until nobody finds anything more. Raises NotReady."""
        looking = asyncio.ensure_future(self._hire_if_it_pays())
        try:
            await self._lanes.wait()
            looking.cancel()
            self._let_go(if_idle=True)
            await asyncio.gather(*self._employed)
            await self._lanes.wait()  # there are some anew, if a hand died
        finally:
            self._is_over = True
            looking.cancel()
            self._let_go()
            await asyncio.gather(looking, *self._employed, return_exceptions=True)

    def _let_go(self, *, if_idle: bool = False) -> None:
        for hand in self._hands:
            if not (if_idle and hand.is_sending):
                hand.let_go()

    async def _hire_if_it_pays(self) -> None:
        hiring, n_connections = self._post.hiring, self._post.n_connections
        most = min(hiring.most, n_connections) if hiring else 1
        # A pace that all keep together is slow enough for one.
        while hiring and 1 + len(self._employed) < most and not self._post.pace.is_limited:
            for _ in range(1 + len(self._employed), min(await self._n_that_pay(hiring), most)):
                work = self._employ(hiring, n_connections // most)
                self._employed.append(asyncio.ensure_future(work))
            await asyncio.sleep(LOOK_EVERY.total_seconds())

    async def _n_that_pay(self, hiring: Hiring) -> int:
        if self._post.breaker.held:
            return 1
        now, most = self._post.clock(), hiring.enough * hiring.most
        try:
            n_due = await self._ledger.write(lambda session: outbox.count_due(session, now, most))
        except NotReady:
            return 1  # the lanes say so
        return n_due // hiring.enough

    async def _employ(self, hiring: Hiring, share: int) -> None:
        try:
            hand = await hands.hire(hiring, share, self._post.stay)
        except OSError as e:
            log.warning("sender_not_started", reason=str(e))
            return
        self._hands.append(hand)
        try:
            await self._follow_to_its_end(hand, share)
        finally:
            await hand.end()  # what outlives our loop is killed
            await self._free(hand.holder)
            self._tally.add(hand.tally)
        if not hand.has_ended and not self._post.stop.is_set():
            log.warning("sender_died", pid=hand.pid, code=hand.code)
        if hand.is_sending and not (hand.has_ended or self._is_over):
            self._lanes.add(share)

    async def _follow_to_its_end(self, hand: Hand, share: int) -> None:
        try:
            await self._stopping.or_do(self._follow(hand, share))
        except Stopped:
            hand.let_go()
            await self._follow(hand, share)

    async def _follow(self, hand: Hand, share: int) -> None:
        async for told in hand.told():
            if "ready" in told:
                # Else there is nothing left to send, or the server takes fewer connections.
                if self._lanes.n_running > share and not self._post.stop.is_set():
                    await self._lanes.dismiss(share)
                    hand.send()
                    log.info("sender_joined", pid=hand.pid, connections=share)
                else:
                    hand.let_go()
            for _ in range(told.get("settled", 0)):
                self._post.on_settled()
            if "tally" in told:
                hand.tally = Tally(**told["tally"])
            hand.has_ended = hand.has_ended or "ended" in told

    async def _free(self, holder: str) -> None:
        """Let others send what it held: it has ended, whatever it told.

        Where the database is gone, the lease does it.
        """
        now, holds_doubt = self._post.clock(), self._post.holds_doubt

        def free(session: Session) -> int:
            releases.release_of(session, holder)
            return vanished.reclaim_of(session, holder, now, now, holds_doubt=holds_doubt)

        try:
            n = await self._ledger.write(free)
        except NotReady as e:
            log.warning("claims_not_given_back", reason=str(e))
        else:
            if n:
                log.warning("letters_of_a_dead_sender", in_doubt=n)
