"""Of several schedulers one leads; when it is gone another does."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, text

from app.errors import NotReady
from app.store import engine as engines
from app.store import leading
from app.store.leading import Lead


@pytest.fixture
def leads(engine):
    """Two processes that could lead."""
    both = Lead(engine), Lead(engine)
    yield both
    for each in both:
        each.give_up()


@pytest.mark.postgres
def test_one_leads_and_the_other_waits_until_it_gives_up(leads):
    first, second = leads
    assert first.is_ours()
    assert not second.is_ours()
    assert first.is_ours()
    first.give_up()
    assert second.is_ours()
    assert not first.is_ours()


@pytest.mark.postgres
def test_the_lead_goes_with_its_connection(leads, engine):
    first, second = leads
    assert first.is_ours()
    assert not second.is_ours()
    held = "SELECT pg_terminate_backend(pid, 60000) FROM pg_locks WHERE locktype = 'advisory'"
    with engines.transaction(engine) as session:
        assert session.scalar(text(held))
    assert second.is_ours()
    assert not first.is_ours()


@pytest.mark.postgres
def test_who_is_called_off_while_waiting_for_a_turn_leaves_no_connection_open(engine):
    unlent = []
    event.listen(engine, "detach", lambda connection, _record: unlent.append(connection))
    waiting = text(
        "SELECT pg_cancel_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    )

    def take():
        with leading.in_turn(engine):
            pass

    with leading.in_turn(engine), ThreadPoolExecutor() as pool:
        turn = pool.submit(take)
        with engine.connect() as connection:
            while not (turn.done() or connection.scalar(waiting)):
                pass
        failure = turn.exception()
    assert isinstance(failure, NotReady)
    assert [connection.closed for connection in unlent] == [True, True]


@pytest.mark.sqlite
def test_on_sqlite_everybody_leads(leads):
    assert all(each.is_ours() for each in leads)
