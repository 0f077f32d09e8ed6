import asyncio
from collections import Counter
from datetime import date, timedelta

import pytest
from conftest import NOW
from smtp_sink import Sink

from app import assembly
from app.pipeline import warm_up
from app.pipeline.pace import Pace
from app.pipeline.warm_up import WarmUp
from app.store import allowances, brakes, waiting
from app.store import engine as engines
from app.store.tables import LetterKind, State

TODAY = NOW.date()
MIDNIGHT = warm_up.midnight(NOW)


@pytest.fixture
def warm(day):
    """The service on the first day of its warm-up, with three letters a day instead of fifty."""
    day.pace = Pace(warm_up=Small(TODAY))
    return day


class Small(WarmUp):
    def cap(self, now):
        cap = super().cap(now)
        return None if cap is None else cap * 3 // 50


def _send(day):
    return asyncio.run(day.deliver())


def test_the_cap_grows_from_fifty_to_a_million_and_then_ends():
    plan = WarmUp(date(2026, 11, 23))
    days = [warm_up.midnight(NOW) + timedelta(days=n) for n in range(2, 20)]
    caps = [plan.cap(day) for day in days]
    assert caps[:8] == [50, 50, 100, 200, 500, 1_000, 2_000, 5_000]
    assert caps[8:] == [10_000, 20_000, 50_000, 100_000, 200_000, 500_000] + [None] * 4
    assert plan.cap(days[1] + timedelta(hours=23, minutes=59)) == 50


def test_no_day_sees_more_than_its_cap_and_the_rest_are_put_off(
    warm, letters, sink, entries, clock
):
    letters(8)
    assert _send(warm).sent == 3
    left = [entry for entry in entries() if entry.state != State.SENT]
    assert {(e.state, e.due_at, e.reason) for e in left} == {
        (State.READY, MIDNIGHT + timedelta(days=1), warm_up.REASON)
    }
    clock.forward(hours=2)
    assert _send(warm).sent == 0
    assert sink.n_connections <= warm.n_connections
    clock.now = MIDNIGHT + timedelta(days=1)
    assert _send(warm).sent == 5
    assert len(set(sink.recipients())) == 8


def test_whose_last_letter_was_longest_ago_comes_first(
    warm, letters, sink, clock, store_papers, retrieval_papers
):
    people = letters(9)
    for n in range(1, 4):
        _send(warm)
        assert len(sink.taken) == 3 * n
        # Tomorrow's edition replaces what was put off; the cap stays as small as today's.
        clock.now = clock.forward(days=1)
        warm.pace = Pace(warm_up=Small(clock.now.date()))
        store_papers(*(p._replace(title=f"{p.title}, {n}") for p in retrieval_papers), at=clock.now)
        assert warm.rank_due().n_letters == 9
    assert Counter(sink.recipients()) == {person.address: 1 for person in people}


def test_a_letter_of_confirmation_goes_before_all_others(warm, letters, engine, sink, entries):
    people = letters(6)
    with engines.transaction(engine) as session:
        entry = entries(people[-1])[0]
        entry.kind = LetterKind.CONFIRM
        session.add(entry)
        waiting.put_off_all_but(session, 1, NOW, MIDNIGHT + timedelta(days=1), warm_up.REASON)
    due = [entry.kind for entry in entries() if entry.due_at <= NOW]
    assert due == [LetterKind.CONFIRM]


def test_several_senders_share_one_cap(letters, settings, clock, engine):
    letters(12)
    plan = Small(TODAY)
    with Sink() as sink:

        async def both():
            own = engines.connect(settings.database)
            day = assembly.day(settings, own, clock)
            day.server, day.pace = sink.server, Pace(warm_up=plan)
            other = assembly.day(settings, engine, clock)
            other.server, other.pace = sink.server, Pace(warm_up=plan)
            await asyncio.gather(day.deliver(), other.deliver())
            own.dispose()

        asyncio.run(both())
        assert len(sink.taken) == 3


def test_of_more_letters_than_may_leave_the_first_are_chosen(letters, entries, engine):
    letters(5)
    ids, plan = [entry.id for entry in entries()], Small(TODAY)
    with engines.transaction(engine) as session:
        assert plan.choose(session, ids, NOW) == ids[:3]
        plan.take(session, 2, NOW)
        assert plan.choose(session, ids[2:], NOW) == [ids[2]]
        plan.take(session, 1, NOW)
        assert plan.choose(session, ids[3:], NOW) == []
    later = {entry.id for entry in entries() if entry.due_at == MIDNIGHT + timedelta(days=1)}
    assert later == set(ids[3:])


def test_what_is_given_back_may_be_sent_later_the_same_day(warm, letters, sink, entries):
    people = letters(3)
    warm.n_connections = 1
    settled = 0

    def stop_after_one():
        nonlocal settled
        settled += 1
        warm.stop.set()

    assert asyncio.run(warm.deliver(stop_after_one)).sent == 1
    warm.stop.clear()
    assert _send(warm).sent == 2
    assert sink.recipients() == sorted(person.address for person in people)


def test_with_a_rate_besides_both_hold(warm, letters, sink, entries):
    letters(8)
    warm.pace = Pace(rate=600, rate_domain=600, warm_up=Small(TODAY))
    assert _send(warm).sent == 3
    assert len(sink.taken) == 3


def test_a_clock_set_back_fills_nothing_anew(engine):
    tomorrow = MIDNIGHT + timedelta(days=1)
    with engines.transaction(engine) as session:
        allowances.take_of_day(session, 50, 50, MIDNIGHT)
        allowances.take_of_day(session, 90, 100, tomorrow)
        assert allowances.left_of_day(session, 50, MIDNIGHT) == 10
        allowances.take_of_day(session, 10, 50, MIDNIGHT)
        assert allowances.left_of_day(session, 100, tomorrow) == 0
        years = MIDNIGHT - timedelta(days=900)
        assert allowances.left_of_day(session, 50, years) == 50


def test_nothing_is_put_off_while_sending_is_held(warm, letters, engine, entries):
    letters(8)
    with engines.transaction(engine) as session:
        brakes.put_on(session, "bounces", "too many", NOW)
    assert _send(warm).sent == 0
    assert {entry.reason for entry in entries()} == {""}
