"""Several senders at once, and readers who leave while letters are on their way."""

from datetime import timedelta

import pytest
from faults.conftest import wait_until

from app import assembly
from app.store import engine as engines
from app.store import outbox, subscribers
from app.store.tables import State, Subscriber


@pytest.fixture
def is_full(request):
    return request.config.getoption("full")


def test_four_senders_share_the_work_and_send_nothing_twice(
    is_full, prepare, start, slow_sink, outbox_by_address, tmp_path
):
    people = prepare(2_000 if is_full else 200)
    here = set()
    real = slow_sink.handle_EHLO

    async def meet(server, session, envelope, hostname, responses):
        here.add(session.peer)
        return await real(server, session, envelope, hostname, responses)

    slow_sink.handle_EHLO = meet
    senders = [start("run", connections=2) for _ in range(4)]
    with slow_sink.held_at(1):  # or the first would be done before the last has come
        wait_until(lambda: len(here) == 4 * 2)
    assert [sender.wait(timeout=300) for sender in senders] == [0] * 4
    assert slow_sink.recipients() == sorted(person.address for person in people)
    entries = outbox_by_address().values()
    assert {(entry.state, entry.doubtful, entry.attempts) for entry in entries} == {
        (State.SENT, 0, 1)
    }
    assert "locked" not in (tmp_path / "errors.txt").read_text()


def test_two_senders_keep_one_pace(is_full, prepare, start, slow_sink):
    """No minute sees more than the rate; a reduced run sees that no second does, in proportion."""
    rate, n = (300, 900) if is_full else (120, 12)
    prepare(n)
    moments, real = [], slow_sink.handle_DATA

    async def note(server, session, envelope):
        moments.append(assembly.utc_now())
        return await real(server, session, envelope)

    slow_sink.handle_DATA = note
    senders = [start("run", connections=2, told={"SEND_RATE": rate}) for _ in range(2)]
    assert [sender.wait(timeout=600) for sender in senders] == [0, 0]
    assert len(moments) == n
    at_once = 1 + rate // 20 + (0 if is_full else 4)  # each connection's letter may be held up
    seconds = [moment.timestamp() for moment in sorted(moments)]
    for first, start_ in enumerate(seconds):
        for last in range(first, n):
            allowed = at_once + rate / 60 * (seconds[last] - start_ + 2)
            assert last - first + 1 <= min(allowed, rate if seconds[last] - start_ < 60 else n)


def leave(session, person):
    subscribers.unsubscribe(session, person)


def pause(session, person):
    person.paused_until = assembly.utc_now().date() + timedelta(days=7)
    subscribers.plan_next(session, person, assembly.utc_now())


@pytest.mark.parametrize("goes", [leave, pause])
def test_who_goes_during_the_run_gets_nothing_claimed_after(
    is_full, prepare, start, slow_sink, engine, outbox_by_address, goes
):
    n_readers, n_going, connections = (2_000, 200, 4) if is_full else (100, 20, 4)
    people = prepare(n_readers)
    run = start("run", connections=connections)
    going = people[-n_going:]
    with slow_sink.held_at(n_readers // 10), engines.transaction(engine) as session:
        for person in going:
            goes(session, session.get_one(Subscriber, person.id))
            session.flush()
        # Only now no sender can begin another letter: reading alone does not keep writers out.
        begun = {State.IN_DATA, State.SENT}
        entries = (outbox.of_subscriber(session, person.id or 0)[0] for person in going)
        on_the_way = {entry.subscriber_id for entry in entries if entry.state in begun}
    assert run.wait(timeout=300) == 0
    gone = {person.address for person in going}
    allowed = {person.address for person in going if person.id in on_the_way}
    assert gone & set(slow_sink.recipients()) == allowed
    assert set(slow_sink.recipients()) >= {person.address for person in people} - gone
    entries = outbox_by_address()
    assert {entries[address].state for address in gone} <= {State.SUPPRESSED, State.SENT}
    assert State.SUPPRESSED in {entries[address].state for address in gone}
