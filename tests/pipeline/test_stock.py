import asyncio

import pytest

from app.pipeline import stock
from app.pipeline.breaker import Breaker
from app.pipeline.claims import Claim
from app.pipeline.ledger import Ledger
from app.pipeline.pace import Pace


@pytest.fixture
def claimed(engine, clock):
    """Take all letters; how many each claim brought, so many seconds after the one before."""

    async def take(seconds, size=2, most=0):
        found = []
        async with Ledger(engine) as ledger:
            looks = clock, Pace(), Breaker(), lambda: True, None
            claims = stock.Stock(ledger, *looks, size, most=most)
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
