"""Through a real PgBouncer: for a session it is as good as PostgreSQL itself, for less refused."""

import gc

import pytest
from sqlalchemy import make_url

from app.errors import NotReady
from app.store import engine as engines
from app.store import migration, pooler
from app.store.leading import Lead

pytestmark = pytest.mark.postgres


@pytest.fixture
def through(settings):
    """An engine on the test's database behind such a pooler."""
    made = []

    def connect(place):
        name = make_url(settings.database_url).database
        made.append(engines.connect(f"postgresql+psycopg://postgres@/{name}?{place}"))
        return made[-1]

    yield connect
    for each in made:
        each.dispose()
    gc.collect()  # a connection left open is told of here, and not in another's test


@pytest.fixture(scope="module")
def of_sessions(pooled):
    with pooled("session") as place:
        yield place


def test_a_pooler_that_lends_for_sessions_is_as_good_as_the_server(of_sessions, through):
    engine = through(of_sessions)
    migration.migrate(engine)
    migration.require_current(engine)
    with engine.connect() as connection:
        assert pooler.stands_between(connection.connection.driver_connection)
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar_one() == "15s"


def test_the_lead_is_held_through_a_pooler_and_lent_to_nobody(of_sessions, through, engine):
    first, second = Lead(through(of_sessions)), Lead(engine)
    assert first.is_ours()
    assert not second.is_ours()
    assert first.is_ours()
    first.give_up()
    assert second.is_ours()
    second.give_up()


@pytest.mark.parametrize("mode", ["transaction", "statement"])
@pytest.mark.parametrize("more", [{}, {"server_round_robin": "1"}])
def test_a_pooler_that_lends_for_less_is_refused(mode, more, through, pooled):
    """Though it takes in silence what we ask for, and has several connections to lend."""
    told = more | {"ignore_startup_parameters": "options", "min_pool_size": "3"}
    refused = pytest.raises(NotReady, match="set its pool_mode to session")
    with pooled(mode, **told) as place, refused:
        migration.require_current(through(place))


def test_a_pooler_that_has_too_few_connections_is_named(through, pooled):
    told = {"default_pool_size": "2", "query_wait_timeout": "1"}
    refused = pytest.raises(NotReady, match="raise its default_pool_size")
    with pooled("session", **told) as place, refused:
        migration.require_current(through(place))


def test_what_a_pooler_does_not_pass_on_is_named(of_sessions, through):
    asked = through(f"{of_sessions}&options=-c%20lock_timeout%3D3s")
    with pytest.raises(NotReady, match="leave out the part after the question mark"):
        migration.require_current(asked)


def test_reached_directly_it_is_no_pooler(engine):
    with engine.connect() as connection:
        assert not pooler.stands_between(connection.connection.driver_connection)
