import asyncio

import pytest

from app.pipeline import stock
from app.pipeline.breaker import Breaker
from app.pipeline.claims import Claim
from app.pipeline.ledger import Ledger
from app.pipeline.pace import Pace


def _all_of(ledger, clock, size, most=0):
    return stock.Stock(ledger, clock, Pace(), Breaker(), lambda: True, None, size, most=most)


@pytest.fixture
def claimed(engine, clock):
    """Take all letters; how many each claim brought, so many seconds after the one before."""

    async def take(seconds, size=2, most=0):
        found = []
        async with Ledger(engine) as ledger:
            claims = _all_of(ledger, clock, size, most)
            while isinstance(await claims.take(clock()), Claim):
                found.append(1 + len(claims.left()))
                clock.forward(seconds=seconds)
        return found

    return lambda *args, **told: asyncio.run(take(*args, **told))


def test_letters_that_go_within_seconds_are_claimed_more_at_once(letters, claimed):
    letters(24)
    assert claimed(seconds=1) == [2, 4, 8, 8, 2]


def test_letters_that_go_slowly_are_claimed_a_few_at_once(letters, claimed):
    letters(5)
    assert claimed(seconds=60) == [2, 2, 1]


def test_no_more_are_claimed_than_a_run_may_send(letters, claimed):
    letters(9)
    assert claimed(seconds=1, most=5) == [2, 3]


def test_a_few_messages_are_made_before_anybody_asks_for_them(letters, engine, clock, day):
    letters(6)

    async def make():
        async with Ledger(engine) as ledger:
            claims = _all_of(ledger, clock, size=6)
            taken = await claims.take(clock())
            maker = asyncio.ensure_future(claims.make_ahead(day.desk.head, 2))
            for _ in range(9):
                await asyncio.sleep(0)
            then = claims.at_hand()
            for _ in range(9):
                await asyncio.sleep(0)
            maker.cancel()
            return [each.made is not None for each in (taken, then, *claims.left())]

    assert asyncio.run(make()) == [False, True, True, True, False, False]
