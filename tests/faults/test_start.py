"""What is found at the start is never dropped or made anew, whatever is wrong with it."""

import sqlite3
from contextlib import closing

import pytest

# What is copied, damaged or taken away here is its file.
pytestmark = pytest.mark.sqlite
HEAD = "paperboy: "


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def cut_to_its_head(path):
    path.write_bytes(path.read_bytes()[:60])


def overwrite(path):
    path.write_bytes(b"Dear Sir or Madam, " * 5_000)


def renew(path):
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()


def swap(path):
    path.unlink()
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE subscriber (note TEXT)")
        database.commit()


def empty(path):
    path.write_bytes(b"")
    path.with_name("sent-until").write_text("2026-11-22T07:05:00Z", encoding="ascii")


FAULTS = {
    cut: "is damaged",
    cut_to_its_head: "is damaged",
    overwrite: "is damaged",
    renew: "of another version of Paperboy",
    swap: "holds tables of another program",
    empty: "is empty, although letters were sent until 22 November 2026, 07:05 UTC",
}


@pytest.fixture
def database(settings, prepare, engine):
    """With readers and letters in it, and all of it in one file."""
    prepare(20)
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return settings.data_dir / "paperboy.sqlite3"


def pytest_generate_tests(metafunc):
    if "fault" in metafunc.fixturenames:
        faults = FAULTS if metafunc.config.getoption("full") else (cut, renew, empty)
        metafunc.parametrize("fault", faults, ids=lambda fault: fault.__name__)


def test_a_database_that_cannot_be_used_is_named_and_left_to_the_last_byte(
    database, start, fault, tmp_path
):
    fault(database)
    before = database.read_bytes()
    commands = [start(name) for name in ("serve", "migrate", "run")]
    assert [command.wait(timeout=240) for command in commands] == [1, 1, 1]
    assert database.read_bytes() == before
    said = (tmp_path / "errors.txt").read_text()
    assert said.count(FAULTS[fault]) >= 2
    assert said.count(HEAD) == len(said.splitlines()) == 3  # a sentence each, and no traceback


@pytest.mark.full
def test_a_database_that_is_locked_at_the_start_is_left_alone_and_serves_when_it_is_free(
    database, start, slow_sink, tmp_path
):
    holder = sqlite3.connect(database, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    before = database.read_bytes()
    assert start("serve").wait(timeout=240) == 1
    holder.close()
    assert database.read_bytes() == before
    assert "locked by another program" in (tmp_path / "errors.txt").read_text()
    service = start("serve")
    slow_sink.wait_for(20)
    service.terminate()
    assert service.wait(timeout=30) == 0
