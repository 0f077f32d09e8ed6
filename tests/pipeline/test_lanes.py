import asyncio
from dataclasses import dataclass

from app.pipeline.breaker import Breaker
from app.pipeline.lanes import Lanes
from app.pipeline.ledger import Ledger
from app.pipeline.pace import Pace
from app.pipeline.stock import BATCH, Stock


@dataclass
class Letter:
    """A lane that is at one letter until its server answers."""

    answered: asyncio.Event
    is_dismissed: bool = False

    async def run(self):
        await self.answered.wait()
        while not self.is_dismissed:
            await asyncio.sleep(0)


def test_who_makes_room_for_two_others_at_once_makes_it_for_both(engine, clock):
    async def make_room():
        async with Ledger(engine) as ledger:
            stock = Stock(ledger, clock, Pace(), Breaker(), lambda: True, None, size=0)
            answered = asyncio.Event()
            lanes = Lanes(lambda: Letter(answered), stock)
            lanes.add(6)
            leaving = [asyncio.ensure_future(lanes.dismiss(2)) for _ in range(2)]
            await asyncio.sleep(0)
            n_staying = lanes.n_running
            answered.set()
            await asyncio.gather(*leaving)
            left = n_staying, lanes.n_running, stock.size
            await lanes.dismiss(6)
            await lanes.wait()
            return left

    assert asyncio.run(make_room()) == (2, 2, 2 * BATCH)
