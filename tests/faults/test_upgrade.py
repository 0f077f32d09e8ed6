"""An upgrade that is broken off anywhere loses nothing, and the next one ends it."""

import shutil
import signal
from contextlib import contextmanager

import pytest
from alembic import command
from sqlalchemy import text

from app.store import engine as engines
from app.store import migration

# Migrates, and is killed just before the statement of this number.
KILLED = """
import os, signal, sys
from sqlalchemy import event
from app import settings
from app.store import engine as engines, migration

left = int(sys.argv[1])

def count(*_):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)

engine = engines.connect(settings.load().database)
event.listen(engine, "before_cursor_execute", count)
migration.migrate(engine)
"""


@pytest.fixture
def old(unmigrated):
    """A database of the first Paperboy, with readers."""
    engine = engines.connect(unmigrated.database)
    command.upgrade(migration.alembic_config(engine), "0001")
    add = text(
        "INSERT INTO subscriber (address, status, zone, hour, days, letter_size, version, "
        "created_at) VALUES (:address, 'active', 'UTC', 7, 'mon', 5, 1, :at)"
    )
    with engines.transaction(engine) as session:
        for n in range(30):
            told = {"address": f"reader{n}@example.org", "at": "2026-11-20 09:00:00"}
            session.execute(add, told)
    engine.dispose()
    return engine.url


@pytest.fixture
def copied(request, old, tmp_path):
    """A copy of it for a while, under an address of its own."""

    @contextmanager
    def copy():
        if old.get_backend_name() == "postgresql":
            server = request.getfixturevalue("postgres_server")
            name = server.copy(old.database)
            yield server.url(name)
            server.drop(name)
            return
        path = tmp_path / "killed.sqlite3"
        shutil.copy(old.database, path)
        yield f"sqlite:///{path}"

    return copy


def readers(url):
    engine = engines.connect(url)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            whole = connection.exec_driver_sql("PRAGMA integrity_check").fetchall()
            assert whole == [("ok",)]
        found = text("SELECT address, hour FROM subscriber ORDER BY id")
        rows = connection.execute(found).fetchall()
    engine.dispose()
    return rows


def test_an_upgrade_that_is_killed_at_any_statement_is_ended_by_the_next(
    request, old, copied, start
):
    before, step = readers(old), 1 if request.config.getoption("full") else 40
    for n in range(3, 1_000, step):
        with copied() as url:
            upgrade = start(str(n), program=["-c", KILLED], told={"DATABASE_URL": url})
            code = upgrade.wait(timeout=240)
            assert readers(url) == before
            if code == 0:
                break
            assert code == -signal.SIGKILL
            engine = engines.connect(url)
            migration.migrate(engine)
            migration.require_current(engine)
            engine.dispose()
            assert readers(url) == before
    assert n > 2 * step
