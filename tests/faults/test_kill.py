import random
import signal
from datetime import timedelta

import pytest
from faults.conftest import LEEWAY
from sqlalchemy import text

from app import assembly
from app.store import engine as engines
from app.store.tables import State


@pytest.fixture
def scale(request):
    """How many readers, and how many kills."""
    return (2_000, 50) if request.config.getoption("full") else (120, 5)


@pytest.fixture
def let_leases_run_out(engine, settings):
    def alter():
        long_ago = assembly.utc_now() - settings.claim_lease - timedelta(seconds=1)
        held = text("UPDATE outbox SET claimed_at = :at WHERE state IN ('claimed', 'in_data')")
        with engines.transaction(engine) as session:
            session.execute(held, {"at": f"{long_ago:%Y-%m-%d %H:%M:%S.%f}"})

    return alter


def test_a_killed_sender_loses_no_letter_and_repeats_at_most_one_a_connection(
    scale, connections, prepare, start, slow_sink, let_leases_run_out, outbox_by_address
):
    n_readers, n_kills = scale
    people = prepare(n_readers)
    chance = random.Random(connections)  # noqa: S311
    for n in range(n_kills):
        sender = start("run", connections=connections)
        n_more = chance.randint(1, n_readers // n_kills - LEEWAY - connections)
        with slow_sink.held_at(len(slow_sink.taken) + n_more):
            sender.send_signal(signal.SIGKILL)
            assert sender.wait() == -signal.SIGKILL, f"kill {n} came after the end"
        let_leases_run_out()
    finishing = [start("run", connections=connections) for _ in range(2)]
    assert [sender.wait() for sender in finishing] == [0, 0]

    copies, entries = slow_sink.copies(), outbox_by_address()
    assert set(copies) == {person.address for person in people}
    assert {entry.state for entry in entries.values()} == {State.SENT}
    assert sum(copies.values()) - len(people) <= connections * n_kills
    for address, n_copies in copies.items():
        assert n_copies - 1 <= entries[address].doubtful
        assert len({taken.raw for taken in slow_sink.taken if taken.recipient == address}) == 1


def test_a_sender_that_freezes_for_longer_than_its_lease_and_goes_on_costs_one_copy_a_connection(
    connections, prepare, start, slow_sink, let_leases_run_out, outbox_by_address
):
    people = prepare(60)
    frozen = start("run", connections=connections)
    with slow_sink.held_at(10):
        slow_sink.wait_until_quiet()  # frozen in a commit it would keep everybody from writing
        frozen.send_signal(signal.SIGSTOP)
        let_leases_run_out()
    other = start("run", connections=connections)
    slow_sink.wait_for(30)
    frozen.send_signal(signal.SIGCONT)
    assert [sender.wait() for sender in (frozen, other)] == [0, 0]

    copies, entries = slow_sink.copies(), outbox_by_address()
    assert set(copies) == {person.address for person in people}
    assert {entry.state for entry in entries.values()} == {State.SENT}
    assert sum(copies.values()) - len(people) <= connections
    for address, n_copies in copies.items():
        assert n_copies - 1 <= entries[address].doubtful
        assert len({taken.raw for taken in slow_sink.taken if taken.recipient == address}) == 1
