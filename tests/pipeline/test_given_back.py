"""Letters that a run claimed and did not send, however it ended: others may send them at once."""

import asyncio
from collections import Counter
from contextlib import suppress

import pytest
from conftest import NOW

from app.errors import NotReady
from app.pipeline.pace import Pace
from app.pipeline.warm_up import WarmUp
from app.store import engine as engines
from app.store.tables import State


class Few(WarmUp):
    def cap(self, now):
        return 5


@pytest.mark.parametrize("n_connections", [1, 3])
def test_a_run_that_breaks_off_on_a_fault_of_ours_keeps_no_letter(
    day, letters, entries, sink, n_connections
):
    people = letters(12)
    day.n_connections = n_connections
    with pytest.raises(ZeroDivisionError):
        asyncio.run(day.deliver(lambda: 1 // 0))
    states = Counter(entry.state for entry in entries())
    assert set(states) <= {State.SENT, State.READY}
    assert states[State.SENT] == len(sink.taken)
    asyncio.run(day.deliver())
    assert sink.recipients() == sorted(person.address for person in people)


@pytest.mark.parametrize("n", range(5, 11))
def test_what_is_given_back_counts_once_for_the_day_of_a_warm_up(
    n, day, letters, sink, engine, clock, lose_answer
):
    """Wherever the answer to a commit is lost: when letters are claimed, begun or given back."""
    letters(7)
    day.pace, day.n_connections = Pace(warm_up=Few(NOW.date())), 1

    def stop_in_time():
        if len(sink.taken) == 2:
            day.stop.set()

    lose_answer(n)
    with suppress(NotReady):
        asyncio.run(day.deliver(stop_in_time))
    with engines.transaction(engine) as session:
        assert day.pace.warm_up.left(session, clock.now) == 5 - len(sink.taken)
