"""PostgreSQL as an operator may have set it up: another role, a standby, an old encoding."""

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import InternalError

from app.errors import NotReady
from app.store import engine as engines
from app.store import migration, sources

pytestmark = pytest.mark.postgres


@pytest.fixture
def as_role(settings, postgres_server):
    """An engine on the test's database as a role of its own, which is told these things."""
    from psycopg import sql

    name = sql.Identifier("guest")
    made = []

    def connect(*told):
        postgres_server.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
        for each in told:
            postgres_server.execute(sql.SQL(each).format(name))
        url = make_url(settings.database_url).set(username="guest")
        made.append(engines.connect(url.render_as_string(hide_password=False)))
        return made[-1]

    yield connect
    for each in made:
        each.dispose()
    postgres_server.execute(sql.SQL("DROP ROLE {}").format(name))


def test_a_role_that_owns_nothing_is_told_so(as_role):
    engine = as_role()
    with pytest.raises(NotReady, match="permission denied for table"):
        migration.require_current(engine)
    with (
        pytest.raises(NotReady, match="permission denied for table source"),
        engines.transaction(engine) as session,
    ):
        sources.named(session, "mine")


def test_a_role_that_may_make_no_tables_is_told_so(as_role, unmigrated, postgres_server):
    url = as_role().url.set(database=make_url(unmigrated.database).database)
    engine = engines.connect(url.render_as_string(hide_password=False))
    with pytest.raises(NotReady, match="permission denied"):
        migration.migrate(engine)
    engine.dispose()


def test_a_server_that_only_reads_is_told_apart(as_role):
    engine = as_role(
        "ALTER ROLE {} SUPERUSER", "ALTER ROLE {} SET default_transaction_read_only=on"
    )
    migration.require_current(engine)
    with (
        pytest.raises(NotReady, match="read-only"),
        engines.transaction(engine) as session,
    ):
        sources.named(session, "mine")


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_hold_every_letter_is_refused(encoding, postgres_server):
    import psycopg

    name = f"of_{encoding.lower()}"
    made = f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
    postgres_server.execute(psycopg.sql.SQL(made))
    engine = engines.connect(postgres_server.url(name))
    try:
        with pytest.raises(NotReady, match=rf"{encoding}.*createdb --encoding=UTF8"):
            migration.migrate(engine)
        with psycopg.connect(postgres_server.url(name).replace("+psycopg", "")) as connection:
            n = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
            assert n.fetchone()[0] == 0
    finally:
        engine.dispose()
        postgres_server.drop(name)


def test_a_transaction_that_the_server_ended_for_its_idleness_is_told():
    """Which of two errors the driver raises then depends on when it reads: this, or a lost line."""
    import psycopg

    ended = psycopg.errors.IdleInTransactionSessionTimeout("idle-in-transaction timeout")
    error = engines.not_ready(InternalError("", None, ended))
    assert isinstance(error, NotReady)
    assert "idle-in-transaction timeout" in str(error)
