import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, inspect, text

from app.errors import NotReady
from app.store import engine as engines
from app.store import migration, sources
from app.store.tables import metadata


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Engine]:
    """An engine on a database that holds nothing at all."""
    engine = engines.connect(f"sqlite:///{tmp_path / 'bare.sqlite3'}")
    yield engine
    engine.dispose()


def _tables(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def test_the_migrations_make_just_the_tables_of_the_code(engine: Engine):
    command.check(migration.alembic_config(engine))


def test_migrations_go_up_from_nothing_and_down_to_nothing(bare: Engine):
    migration.migrate(bare)
    assert _tables(bare) == {table.name for table in metadata.sorted_tables}
    migration.require_current(bare)

    command.downgrade(migration.alembic_config(bare), "base")
    assert _tables(bare) == set()


def test_migrating_again_changes_nothing(bare: Engine):
    revision = migration.migrate(bare)
    with engines.transaction(bare) as session:
        sources.named(session, "kept")

    assert migration.migrate(bare) == revision
    with engines.transaction(bare) as session:
        assert session.scalar(text("SELECT name FROM source")) == "kept"


def test_two_programs_may_migrate_at_once(bare: Engine):
    other = engines.connect(str(bare.url))
    problems = []

    def migrate(engine: Engine) -> None:
        try:
            migration.migrate(engine)
        except NotReady as e:
            problems.append(e)

    # Alembic's own proxies are not made for threads, so the second starts inside the first's lock.
    with bare.connect() as connection:
        connection.exec_driver_sql("SELECT 1")  # it takes the lock
        thread = threading.Thread(target=migrate, args=[other])
        thread.start()
        connection.commit()
    thread.join()
    other.dispose()
    assert problems == []
    migration.require_current(bare)


def test_a_database_never_migrated_names_the_command(bare: Engine):
    with pytest.raises(NotReady, match="run `paperboy migrate` first"):
        migration.require_current(bare)


def test_a_database_of_a_newer_paperboy_is_left_alone(engine: Engine):
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    newer = "most likely a newer one: .+ revision 9999. Update Paperboy"
    with pytest.raises(NotReady, match=newer):
        migration.require_current(engine)
    with pytest.raises(NotReady, match=newer):
        migration.migrate(engine)


@pytest.mark.parametrize("work", [migration.migrate, migration.require_current])
def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path: Path, work):
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam, " * 100, encoding="utf-8")
    engine = engines.connect(f"sqlite:///{path}")
    with pytest.raises(NotReady, match="file is not a database"):
        work(engine)
    engine.dispose()
    assert path.read_text(encoding="utf-8") == "Dear Sir or Madam, " * 100


def test_a_database_of_another_program_is_left_alone(tmp_path: Path):
    path = tmp_path / "notes.sqlite3"
    with closing(sqlite3.connect(path)) as notes:
        notes.execute("CREATE TABLE note (text TEXT)")
        notes.commit()
    before = path.read_bytes()
    engine = engines.connect(f"sqlite:///{path}")
    with pytest.raises(NotReady, match=r"holds tables of another program; give Paperboy a"):
        migration.migrate(engine)
    engine.dispose()
    assert path.read_bytes() == before


def test_a_database_made_anew_is_written_ahead_from_the_first_letter_on(bare: Engine):
    migration.migrate(bare)
    with engines.transaction(bare) as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
