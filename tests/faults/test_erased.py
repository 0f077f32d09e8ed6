"""Readers who are erased while letters are on their way."""

import pytest

from app import assembly
from app.mail.links import Tokens
from app.pipeline import erasure
from app.store import engine as engines
from app.store import outbox
from app.store.tables import State, Subscriber


@pytest.fixture
def is_full(request):
    return request.config.getoption("full")


def test_who_is_erased_during_the_run_gets_nothing_claimed_after(
    is_full, prepare, start, slow_sink, engine, settings, outbox_by_address, tmp_path
):
    n_readers, n_leaving, connections = (2_000, 200, 4) if is_full else (100, 20, 4)
    people = prepare(n_readers)
    run = start("run", connections=connections)
    slow_sink.wait_for(n_readers // 10)
    leaving, now = people[-n_leaving:], assembly.utc_now()
    tokens = Tokens([settings.secret_keys.get_secret_value()])
    with engines.transaction(engine) as session:
        rows = [session.get_one(Subscriber, person.id) for person in leaving]
        # The transaction begins by writing (BEGIN IMMEDIATE): no sender can begin another letter.
        on_the_way = {
            row.address
            for row in rows
            for entry in outbox.of_subscriber(session, row.id or 0)
            if entry.state in {State.IN_DATA, State.SENT}
        }
        addresses = {row.address for row in rows}
        for row in rows:
            erasure.erase(session, tokens, row, now)
    assert run.wait(timeout=300) == 0
    recipients = set(slow_sink.recipients())
    assert addresses & recipients == on_the_way
    assert recipients >= {person.address for person in people} - addresses
    entries = outbox_by_address()
    assert not addresses & entries.keys()
    assert {entry.state for entry in entries.values()} == {State.SENT}
    said = (tmp_path / "errors.txt").read_text()
    assert not any(address in said for address in addresses)
