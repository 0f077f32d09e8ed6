"""Of several schedulers one leads; when it is gone another does."""

import pytest
from sqlalchemy import text

from app.store import engine as engines
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


@pytest.mark.sqlite
def test_on_sqlite_everybody_leads(leads):
    assert all(each.is_ours() for each in leads)
