"""Many sign-ups in one transaction come to what they would one by one."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from conftest import NOW
from sqlmodel import select

from app.errors import NotReady, TooMany
from app.pipeline import opt_in
from app.pipeline.intake import Intake
from app.recommend import interests
from app.store import engine as engines
from app.store.tables import Consent, Interest, LetterKind, OutboxEntry, Subscriber

WISH = opt_in.Wish("somebody@example.org", interests.parse("retrieval"))
ASKED = opt_in.Asked("You ask for letters. (Text 1)", "https://papers.example.org/subscribe")


async def hand_in(intakes, wishes):
    """Hand in (address, network) at several doors at once, and in turns; what each was told."""
    waiting = [
        intakes[n % len(intakes)].take(
            replace(WISH, address=address), replace(ASKED, network=network), NOW
        )
        for n, (address, network) in enumerate(wishes)
    ]
    return await asyncio.gather(*waiting, return_exceptions=True)


@pytest.fixture
def take(engine, day):
    def at_once(*wishes, engines_of=(engine,)):
        intakes = [Intake(each, day.desk.head) for each in engines_of]
        return asyncio.run(hand_in(intakes, wishes))

    return at_once


@pytest.fixture
def stored(engine):
    def of(table):
        with engines.transaction(engines.reading(engine)) as session:
            return session.exec(select(table)).all()

    return of


def test_who_is_refused_holds_up_nobody_who_came_with_them(take, stored):
    told = take(*((f"reader{n}@example.org", f"10.0.{n % 3}.0/24") for n in range(30)))

    assert Counter(map(type, told)) == {type(None): 15, TooMany: 15}
    assert [type(each) for each in told[:15]] == [type(None)] * 15
    for table in (Subscriber, Interest, Consent):
        assert len(stored(table)) == 15
    assert Counter(each.kind for each in stored(OutboxEntry)) == {LetterKind.CONFIRM: 15}


def test_one_address_that_comes_many_times_at_once_gets_one_letter(take, stored, make_subscriber):
    reader = make_subscriber()
    known = [(reader.address, f"10.1.{n}.0/24") for n in range(10)]
    new = [(WISH.address, f"10.2.{n}.0/24") for n in range(10)]

    assert take(*(each for pair in zip(new, known, strict=True) for each in pair)) == [None] * 20
    assert len(stored(OutboxEntry)) == len(stored(Consent)) == 1
    assert [each.address for each in stored(Subscriber)] == [reader.address, WISH.address]


def test_two_machines_keep_one_limit(take, engine, stored):
    """Each takes the same networks and addresses, in another order."""
    places = [(f"reader{n}@example.org", f"10.0.{n}.0/24") for n in range(4)]
    asked = [pair for n in range(12) for pair in (places[n % 4], places[-1 - n % 4])]
    other = engines.connect(engine.url.render_as_string(hide_password=False))
    told = take(*asked, engines_of=(engine, other))

    assert Counter(map(type, told)) == {type(None): 20, TooMany: 4}
    assert len(stored(OutboxEntry)) == 4


@pytest.mark.sqlite
def test_a_locked_database_is_told_to_each(engine, settings, day, monkeypatch):
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0)
    impatient = engines.connect(settings.database)
    with engines.transaction(engine) as holder:
        holder.add(Subscriber(address="holder@example.org", created_at=NOW))
        holder.flush()
        intake = Intake(impatient, day.desk.head)
        told = asyncio.run(hand_in([intake], [("a@example.org", "10.0.0.0/24")] * 2))
    assert [type(each) for each in told] == [NotReady, NotReady]
