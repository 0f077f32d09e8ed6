import signal

import pytest

from app.store.tables import State


@pytest.fixture
def scale(request):
    """How many readers, and how many stops."""
    return (2_000, 50) if request.config.getoption("full") else (200, 3)


def test_a_stopped_service_ends_cleanly_and_loses_and_repeats_no_letter(
    scale, prepare, start, slow_sink, outbox_by_address
):
    n_readers, n_stops = scale
    people = prepare(n_readers)
    for n in range(n_stops):
        service = start("serve", connections=2)
        with slow_sink.held_at(len(slow_sink.taken) + 5):
            service.send_signal(signal.SIGTERM)
        assert service.wait(timeout=30) == 0
        assert {entry.state for entry in outbox_by_address().values()} <= {State.READY, State.SENT}
        assert len(slow_sink.taken) < n_readers, f"stop {n} came after the end"
    service = start("serve")
    slow_sink.wait_for(n_readers)
    service.send_signal(signal.SIGTERM)
    assert service.wait(timeout=30) == 0

    assert slow_sink.recipients() == sorted(person.address for person in people)
    entries = outbox_by_address().values()
    assert {(entry.state, entry.doubtful) for entry in entries} == {(State.SENT, 0)}


def test_a_stopped_run_gives_back_what_it_holds_and_the_next_one_sends_it(
    scale, prepare, start, slow_sink, outbox_by_address
):
    people = prepare(scale[0])
    run = start("run", "--now", connections=2)
    with slow_sink.held_at(5):
        run.send_signal(signal.SIGTERM)
    assert run.wait(timeout=30) == 128 + signal.SIGTERM
    assert {entry.state for entry in outbox_by_address().values()} <= {State.READY, State.SENT}

    assert start("run", "--now").wait(timeout=240) == 0
    assert slow_sink.recipients() == sorted(person.address for person in people)
