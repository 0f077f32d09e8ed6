import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from conftest import NOW

from app.pipeline import deliver
from app.pipeline.pace import Pace
from app.store import allowances
from app.store import engine as engines
from app.store.tables import State


@pytest.fixture
def send(day, clock, sink):
    """Send at a pace; whoever waits moves the clock. Returns when each message came, by domain."""
    real, moments = sink.handle_DATA, []

    async def note(server, session, envelope):
        moments.append((clock.now, envelope.rcpt_tos[0].partition("@")[2]))
        return await real(server, session, envelope)

    async def wait(seconds):
        clock.forward(seconds=seconds)
        await asyncio.sleep(0)

    def run(pace, stay=None, n_connections=1):
        day.pace, day.n_connections = pace, n_connections
        post = day.post()
        post.sleep, post.stay = wait, stay
        asyncio.run(deliver.deliver(post))
        return moments

    sink.handle_DATA = note
    return run


def _most_in_a_minute(moments):
    return max(
        sum(first <= later < first + timedelta(seconds=60) for later in moments)
        for first in moments
    )


def test_the_rate_is_kept_and_every_letter_leaves(letters, send):
    letters(30)
    moments = [at for at, _ in send(Pace(rate=6))]
    assert len(moments) == 30
    assert _most_in_a_minute(moments) <= 6
    assert timedelta(minutes=4) < moments[-1] - moments[0] < timedelta(minutes=6)


def test_a_domain_that_is_slow_does_not_hold_up_the_others(
    day, make_subscriber, store_papers, retrieval_papers, send, entries
):
    store_papers(*retrieval_papers)
    for n in range(12):
        make_subscriber("retrieval", address=f"r{n}@{'one' if n < 10 else 'two'}.org")
    assert day.rank_due().n_letters == 12
    moments = send(Pace(rate_domain=3))
    assert Counter(domain for _, domain in moments) == {"one.org": 10, "two.org": 2}
    slow = [at for at, domain in moments if domain == "one.org"]
    quick = [at for at, domain in moments if domain == "two.org"]
    assert _most_in_a_minute(slow) <= 3
    assert max(quick) - min(slow) < timedelta(minutes=1)
    assert {(entry.state, entry.attempts) for entry in entries()} == {(State.SENT, 1)}


def test_both_rates_are_kept_at_once(letters, send):
    letters(12)
    moments = [at for at, _ in send(Pace(rate=4, rate_domain=3))]
    assert (len(moments), _most_in_a_minute(moments) <= 3) == (12, True)


def test_a_run_that_may_not_stay_leaves_the_rest_to_the_next(letters, send, clock, entries):
    letters(10)
    n_first = len(send(Pace(rate=2), stay=timedelta(seconds=10)))
    assert 1 <= n_first <= 2
    assert {entry.state for entry in entries()} == {State.SENT, State.READY}
    assert {entry.attempts for entry in entries() if entry.state == State.READY} == {0}
    assert len(send(Pace(rate=2))) == 10


def test_the_pace_outlasts_the_process(letters, send, clock):
    letters(4)
    pace = Pace(rate=1)
    assert len(send(pace, stay=timedelta(0))) == 1
    assert len(send(Pace(rate=1), stay=timedelta(0))) == 1
    clock.forward(minutes=1, seconds=3)
    assert len(send(Pace(rate=1), stay=timedelta(0))) == 2


def test_a_server_slow_to_be_offered_letters_sees_no_more_than_the_rate(
    letters, send, sink, entries
):
    """What was allowed and then waited for a reply must not come in one burst.

    By the moments that the ledger noted: on the way to the server another lane moves the clock.
    """
    letters(12)
    real, offered, all_there = sink.handle_RCPT, [], asyncio.Event()

    async def dawdle(server, session, envelope, address, options):
        offered.append(address)
        if len(offered) == 4:
            all_there.set()
        await all_there.wait()
        return await real(server, session, envelope, address, options)

    sink.handle_RCPT = dawdle
    assert len(send(Pace(rate=2), n_connections=4)) == 12
    assert _most_in_a_minute([entry.claimed_at for entry in entries()]) <= 2


def test_two_machines_that_look_at_the_same_domains_wait_for_each_other_once(engine, clock):
    """Not in a circle: whoever asked first is done before the other begins."""
    paces = [Pace(rate_domain=60) for _ in range(2)]

    def look(pace, *names):
        with engines.transaction(engine) as session:
            return [pace.allow(session, name, clock.now) == allowances.NOW for name in names]

    with ThreadPoolExecutor(2) as machines:
        looks = [
            machines.submit(look, paces[n % 2], *("a.org", "b.org")[:: 1 if n % 2 else -1])
            for n in range(20)
        ]
        allowed = [each.result() for each in looks]
    assert sum(sum(each) for each in allowed) == 2 * 4  # the capacity of either


A_MINUTE = 60


@pytest.mark.parametrize("apart", [timedelta(minutes=3), timedelta(hours=5)])
def test_machines_whose_clocks_differ_share_one_rate(engine, apart):
    paces, n_sent = [Pace(rate=30, rate_domain=30) for _ in range(2)], 0
    with engines.transaction(engine) as session:
        for second in range(2 * A_MINUTE):
            for pace, is_behind in zip(paces, (False, True), strict=True):
                now = NOW + timedelta(seconds=second) - is_behind * apart
                n_sent += pace.allow(session, "example.org", now) == allowances.NOW
    assert 0.85 * 60 <= n_sent <= 62


def test_a_clock_set_back_when_all_was_allowed_stops_no_letter_for_longer(engine):
    pace, earlier = Pace(rate=30), NOW - timedelta(hours=2)
    with engines.transaction(engine) as session:
        while (wait := pace.allow(session, "example.org", NOW)) == allowances.NOW:
            pass
        # Told to come back: by a clock that was set back meanwhile.
        pace.allow(session, "example.org", earlier)
        assert pace.allow(session, "example.org", earlier + wait) == allowances.NOW
        assert pace.wait(session, earlier + wait) > allowances.NOW
