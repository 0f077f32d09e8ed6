"""Claimed letters that the lanes of a delivery run share.

What letters say is read for many at once. Each is made into its message shortly before its turn,
while the lanes wait for the server and the disk; so few are kept, and nobody waits for it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import NoReturn

from sqlmodel import Session

from app.pipeline import claims, compose
from app.pipeline.breaker import Breaker
from app.pipeline.claims import Claim
from app.pipeline.ledger import Ledger
from app.pipeline.pace import Pace
from app.store import waiting

# Claimed at once for each lane; what a stop finds unsent is given back. It is four times as many
# from a stock that is used up within seconds: papers are read once for all that are claimed.
BATCH, MOST_BATCHES, SOON = 20, 4, timedelta(seconds=5)
# How long letters are put off at a time that are held while others go.
SIGN_UPS_LATER = timedelta(minutes=30)
NOW = timedelta(0)
# Messages made before the lanes get their turn: a third of a millisecond.
AT_A_TURN = 2


@dataclass
class Stock:
    """may_go: whether letters may still leave. stay: see `post.Post`.

    size: how many are claimed at first. is_try: whatever holds, for it is to be tried. most and
    holder: see `post.Post`.
    """

    ledger: Ledger
    clock: Callable[[], datetime]
    pace: Pace
    breaker: Breaker
    may_go: Callable[[], bool]
    stay: timedelta | None
    size: int
    is_try: bool = False
    most: int = 0
    holder: str = ""
    _n_claimed: int = 0
    _last: tuple[int, datetime] | None = None
    _claims: deque[Claim] = field(default_factory=deque)
    _filling: asyncio.Lock = field(default_factory=asyncio.Lock)
    _was_taken: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_empty(self) -> bool:
        """Whether the next letter is yet to be claimed."""
        return not self._claims

    async def wait(self, began: datetime) -> timedelta | None:
        """How long until there may be a letter to send; None: a run begun then has none."""
        # Not while another lane claims all that is due.
        async with self._filling:
            if self._claims:
                return NOW if self.may_go() else None
            return await self.ledger.write(lambda session: self._wait(session, began))

    async def take(self, began: datetime) -> Claim | timedelta | None:
        """The next letter; where there is none, what `wait` says."""
        async with self._filling:
            if not self.may_go():
                return None
            if not self._claims:
                wait, claimed = await self.ledger.write(lambda session: self._claim(session, began))
                self._claims.extend(claimed)
                self._n_claimed += len(claimed)
                if not claimed:
                    return wait
            return self._pop()

    def at_hand(self) -> Claim | None:
        """The next letter, if it is claimed already and may go."""
        return self._pop() if self._claims and self.may_go() else None

    async def make_ahead(self, head: compose.Letterhead, n: int) -> NoReturn:
        """Make the next `n` messages, a few whenever nobody has anything to do; until cancelled.

        A lane whose server has answered need not wait then, and a processor that never rests makes
        a letter in less time.
        """
        while True:
            unmade = (each for each in islice(self._claims, n) if each.made is None)
            made = [claim.message(head) for claim in islice(unmade, AT_A_TURN)]
            if made:
                await asyncio.sleep(0)
            else:
                self._was_taken.clear()
                await self._was_taken.wait()

    def _pop(self) -> Claim:
        self._was_taken.set()
        return self._claims.popleft()

    def put_back(self, claim: Claim) -> None:
        """What was taken is the next again."""
        self._claims.appendleft(claim)

    def left(self) -> list[Claim]:
        """Take out whatever nobody took."""
        claimed = list(self._claims)
        self._claims.clear()
        return claimed

    def _wait(self, session: Session, began: datetime) -> timedelta | None:
        now = self.clock()
        if not self.is_try:
            self.breaker.look(session, now)
        if not self.may_go() or not self._room():
            return None
        if self.breaker.holds_sign_ups:
            waiting.put_off_sign_ups(session, now, now + SIGN_UPS_LATER)
        moment = waiting.next_due(session)
        if moment is None or moment > max(now, self.pace.put_off_until(now)):
            return None
        wait = max(moment - now, self.pace.wait(session, now))
        has_time = self.stay is None or now + wait - began <= self.stay
        return wait if has_time or not wait else None

    def _claim(self, session: Session, began: datetime) -> tuple[timedelta | None, list[Claim]]:
        wait = self._wait(session, began)
        if wait is None or wait:
            return wait, []
        choose, now = self.pace.choose if self.pace.is_limited else None, self.clock()
        claimed = claims.take(session, now, self._room(), choose, self.holder)
        self._last = len(claimed), now
        return wait, claimed

    def _room(self) -> int:
        """How many may be claimed now: twice as many as were, if those went fast."""
        n, at = self._last or (0, self.clock())
        is_fast = n >= self.size and self.clock() - at < SOON
        size = min(2 * n, MOST_BATCHES * self.size) if is_fast else self.size
        return min(size, self.most - self._n_claimed) if self.most else size
