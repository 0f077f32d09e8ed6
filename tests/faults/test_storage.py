"""The database vanishes, fills up, or is a copy made in the middle of things."""

import random
import resource
import shutil
import signal
import sqlite3

import pytest
from faults.conftest import LEEWAY

from app.store.tables import State

# What is copied, damaged or taken away here is its file.
pytestmark = pytest.mark.sqlite
FILES = ("paperboy.sqlite3", "paperboy.sqlite3-wal")


@pytest.fixture
def is_full(request):
    return request.config.getoption("full")


def test_after_a_power_loss_no_letter_is_lost_and_every_second_copy_was_foretold(
    is_full, prepare, start, slow_sink, settings, engine, let_time_pass, outbox_by_address
):
    """The files as they are on the disk at some moment are what a machine finds when it is back."""
    n_readers, n_losses = (2_000, 50) if is_full else (60, 2)
    people, copy = prepare(n_readers), settings.data_dir / "copy"
    copy.mkdir()
    chance = random.Random(6)  # noqa: S311
    for n in range(n_losses):
        sender = start("run")
        n_more = chance.randint(2, n_readers // n_losses - LEEWAY - 5)
        with slow_sink.held_at(len(slow_sink.taken) + n_more):
            # What is not on the disk now is lost with the power.
            sender.send_signal(signal.SIGSTOP)
        for name in FILES:
            shutil.copy(settings.data_dir / name, copy / name)
        sender.kill()
        assert sender.wait() == -signal.SIGKILL, f"loss {n} came after the end"
        engine.dispose()
        for each in settings.data_dir.glob("paperboy.sqlite3*"):
            each.unlink()
        for name in FILES:
            shutil.copy(copy / name, settings.data_dir / name)
        let_time_pass()
    assert start("run").wait(timeout=300) == 0
    copies, entries = slow_sink.copies(), outbox_by_address()
    assert set(copies) == {person.address for person in people}
    assert {entry.state for entry in entries.values()} == {State.SENT}
    for address, n_copies in copies.items():
        assert n_copies - 1 <= entries[address].doubtful
        assert len({taken.raw for taken in slow_sink.taken if taken.recipient == address}) == 1


@pytest.fixture
def states_at_the_server(slow_sink, watch_ledger):
    """What the ledger says of each letter at the moment its message is there."""
    return watch_ledger(slow_sink)


def test_a_full_disk_stops_letters_and_they_go_on_by_themselves_when_it_has_room(
    is_full, prepare, start, slow_sink, states_at_the_server, outbox_by_address
):
    n_readers = 2_000 if is_full else 60
    people = prepare(n_readers)
    service = start("serve", told={"CLAIM_LEASE": 5, "SMTP_TIMEOUT": 2})
    with slow_sink.held_at(n_readers // 6):
        _, most = resource.prlimit(service.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(service.pid, resource.RLIMIT_FSIZE, (1024, most))
    slow_sink.wait_until_quiet()
    n_before = len(slow_sink.taken)
    assert n_before < n_readers
    resource.prlimit(service.pid, resource.RLIMIT_FSIZE, (most, most))
    slow_sink.wait_for(n_readers)
    service.terminate()
    assert service.wait(timeout=240) == 0
    assert set(states_at_the_server) == {State.IN_DATA}
    copies, entries = slow_sink.copies(), outbox_by_address()
    assert set(copies) == {person.address for person in people}
    for address, n_copies in copies.items():
        assert n_copies - 1 <= entries[address].doubtful


def test_a_database_that_cannot_be_written_lets_no_letter_leave(
    prepare, start, slow_sink, settings
):
    prepare(3)
    for url in ("sqlite:///file:{}?mode=ro&uri=true", "sqlite:///{}-gone"):
        told = {"DATABASE_URL": url.format(settings.data_dir / "paperboy.sqlite3")}
        assert start("run", told=told).wait(timeout=240) == 1
    assert (slow_sink.taken, slow_sink.attempts) == ([], [])


def test_a_locked_database_stops_letters_and_they_go_on_by_themselves(
    is_full, prepare, start, slow_sink, settings, states_at_the_server, outbox_by_address
):
    people = prepare(60)
    service = start("serve")
    holder = sqlite3.connect(settings.data_dir / FILES[0], isolation_level=None, timeout=60)
    with slow_sink.held_at(10):
        holder.execute("BEGIN IMMEDIATE")
    slow_sink.wait_until_quiet(300 if is_full else 2)
    n_before = len(slow_sink.taken)
    assert n_before < 60
    holder.execute("ROLLBACK")
    holder.close()
    slow_sink.wait_for(60)
    service.terminate()
    assert service.wait(timeout=240) == 0
    assert set(states_at_the_server) == {State.IN_DATA}
    assert slow_sink.recipients() == sorted(person.address for person in people)
    assert {entry.state for entry in outbox_by_address().values()} == {State.SENT}
