"""A database that keeps a commit and goes away before it says so."""

import asyncio
from contextlib import suppress

import pytest

from app.errors import NotReady
from app.store.tables import State

# As many as one run makes, and more.
N_COMMITS = 14


@pytest.mark.parametrize("n", range(1, N_COMMITS))
def test_a_commit_that_is_kept_though_it_seems_lost_holds_no_letter_up(
    n, day, letters, sink, entries, lose_answer
):
    people = letters(5)
    day.n_connections = 2
    lose_answer(n)
    with suppress(NotReady):
        asyncio.run(day.deliver())
    asyncio.run(day.deliver())
    assert {entry.state for entry in entries()} == {State.SENT}
    assert sink.recipients() == sorted(person.address for person in people)
    assert {entry.doubtful for entry in entries()} == {0}
