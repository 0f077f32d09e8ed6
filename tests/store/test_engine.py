import re
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from conftest import NOW
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session, select

from app.errors import NotReady
from app.store import engine as engines
from app.store import sources
from app.store.tables import Source, Suppression


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, settings) -> Iterator[Engine]:
    """An engine that waits for no lock."""
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0)
    engine = engines.connect(settings.database)
    yield engine
    engine.dispose()


@pytest.mark.sqlite
@pytest.mark.usefixtures("synced")
@pytest.mark.parametrize(
    ("pragma", "value"),
    [("foreign_keys", 1), ("journal_mode", "wal"), ("synchronous", 2), ("secure_delete", 1)],
)
def test_every_connection_is_durable_and_checks_foreign_keys(engine: Engine, pragma, value):
    with engine.connect() as first, engine.connect().execution_options(readonly=True) as second:
        for connection in (second, first):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


BOTH_WAYS = pytest.mark.parametrize("transaction", [engines.transaction, engines.begun])


@BOTH_WAYS
def test_a_transaction_is_kept_whole(engine: Engine, transaction):
    with transaction(engine) as session:
        sources.named(session, "folder:/one")

    with engines.transaction(engine) as session:
        assert session.exec(select(Source.name)).all() == ["folder:/one"]


@BOTH_WAYS
def test_a_failed_transaction_leaves_nothing(engine: Engine, transaction):
    def fail_half_way() -> None:
        with transaction(engine) as session:
            sources.named(session, "folder:/one")
            raise KeyError("half way")

    with pytest.raises(KeyError):
        fail_half_way()

    with engines.transaction(engine) as session:
        assert session.exec(select(Source)).all() == []


@BOTH_WAYS
def test_a_foreign_key_that_leads_nowhere_is_refused(engine: Engine, transaction):
    with pytest.raises(IntegrityError), transaction(engine) as session:
        session.execute(text("INSERT INTO paper_name (name, paper_id) VALUES ('title:x', 99)"))


@BOTH_WAYS
def test_rows_can_be_read_after_their_transaction(engine: Engine, transaction):
    with transaction(engine) as session:
        source = sources.named(session, "files")

    assert source.name == "files"


def test_times_come_back_aware_and_in_utc(engine: Engine):
    berlin = timezone(timedelta(hours=1))
    with engines.transaction(engine) as session:
        session.add(Suppression(address="a@b.org", reason="", since=NOW.astimezone(berlin)))

    with engines.transaction(engine) as session:
        since = session.exec(select(Suppression.since)).one()
    assert since == NOW
    assert since.utcoffset() == timedelta(0)


def test_a_time_without_zone_is_refused(engine: Engine):
    naive = datetime(2026, 11, 20)  # noqa: DTZ001
    with pytest.raises(Exception, match=r"naive|zone"), engines.transaction(engine) as s:
        s.add(Suppression(address="a@b.org", reason="", since=naive))


@pytest.mark.sqlite
def test_two_writers_take_turns(engine: Engine, settings):
    other = engines.connect(settings.database)
    n_each = 20
    with engines.transaction(engine) as session:
        session.add(Source(name="0"))
    _side_by_side(lambda: _add_up(engine, n_each), lambda: _add_up(other, n_each))

    with engines.transaction(engine) as session:
        assert session.exec(select(Source.name)).one() == str(2 * n_each)
    other.dispose()


def _add_up(engine: Engine, times: int) -> None:
    for _ in range(times):
        with engines.transaction(engine) as session:
            row = session.exec(select(Source)).one()
            row.name = str(int(row.name) + 1)


def _side_by_side(*works: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_reader_waits_for_no_writer(engine: Engine, impatient: Engine):
    with engines.transaction(engine) as writer:
        writer.add(Source(name="being written"))
        writer.flush()
        with engines.transaction(engines.reading(impatient)) as reader:
            assert reader.exec(select(Source)).all() == []


@pytest.mark.sqlite
@BOTH_WAYS
def test_a_locked_database_is_named_and_nothing_is_changed(
    engine: Engine, impatient: Engine, transaction
):
    with engines.transaction(engine) as writer:
        writer.exec(select(Source)).all()  # takes the lock
        with (
            pytest.raises(NotReady, match="locked by another program"),
            transaction(impatient) as session,
        ):
            session.add(Source(name="too late"))
    with engines.transaction(engine) as session:
        assert session.exec(select(Source)).all() == []


def test_what_a_begun_transaction_says_to_its_connection_is_part_of_it(engine: Engine):
    with engines.begun(engine) as session:
        session.add(Source(name="one"))
        session.flush()
        names = session.connection().execute(select(Source.name)).scalars().all()
        with session.begin_nested() as inner:
            session.add(Source(name="two"))
            session.flush()
            inner.rollback()

    assert names == ["one"]
    with engines.transaction(engine) as session:
        assert session.exec(select(Source.name)).all() == ["one"]


def _using(url: str) -> None:
    engine = engines.connect(url)
    try:
        with engines.transaction(engine) as session:
            session.exec(select(Source)).all()
    finally:
        engine.dispose()


def test_an_unmigrated_database_names_the_command(tmp_path: Path):
    with pytest.raises(NotReady, match="run `paperboy migrate` first"):
        _using(f"sqlite:///{tmp_path / 'new.sqlite3'}")


def test_a_file_that_is_no_database_is_named(tmp_path: Path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam, " * 100, encoding="utf-8")
    with pytest.raises(NotReady, match="file is not a database"):
        _using(f"sqlite:///{path}")
    assert path.read_text(encoding="utf-8").startswith("Dear Sir")


@pytest.mark.sqlite
def test_a_read_only_database_is_named(tmp_path: Path, engine: Engine, settings):
    url = f"sqlite:///file:{settings.data_dir / 'paperboy.sqlite3'}?mode=ro&uri=true"
    with pytest.raises(NotReady, match=r"readonly database\. Let this user write the file"):
        _using_to_write(url)


def _using_to_write(url: str) -> None:
    engine = engines.connect(url)
    try:
        with engines.transaction(engine) as session:
            session.add(Source(name="x"))
    finally:
        engine.dispose()


@pytest.mark.sqlite
def test_a_full_disk_is_named_and_nothing_is_half_stored(engine: Engine):
    with engine.connect() as connection:
        n_pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    small = engines.connect(str(engine.url))

    def fill() -> None:
        with engines.transaction(small) as session:
            session.exec(text(f"PRAGMA max_page_count={n_pages}"))
            for n in range(2000):
                session.add(Source(name=f"folder:/{n}" + "x" * 100))

    with pytest.raises(NotReady, match=r"disk is full\. Make room"):
        fill()
    small.dispose()
    with engines.transaction(engine) as session:
        assert session.exec(select(Source)).all() == []


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite3:/x", "://"])
def test_an_address_that_is_none_names_its_setting(url):
    with pytest.raises(NotReady, match=r"PAPERBOY_DATABASE_URL|driver"):
        engines.connect(url)


def test_an_address_that_is_none_is_not_repeated():
    with pytest.raises(NotReady) as problem:
        engines.connect("postgresql//name:hunter2@host/database")
    assert "hunter2" not in str(problem.value)


def test_an_at_sign_in_a_password_is_told_and_the_password_is_not():
    with pytest.raises(NotReady, match="%40") as problem:
        engines.connect("postgresql+psycopg://name:hunter@2@host/database")
    assert not {"hunter", "2@"} & set(str(problem.value).split())


def test_a_missing_folder_is_made(tmp_path: Path):
    engine = engines.connect(f"sqlite:///{tmp_path / 'a' / 'b' / 'paperboy.sqlite3'}")
    engine.dispose()
    assert (tmp_path / "a" / "b").is_dir()


def test_a_folder_that_cannot_be_made_names_its_setting(tmp_path: Path):
    (tmp_path / "a").write_text("in the way", encoding="utf-8")
    with pytest.raises(NotReady, match="PAPERBOY_DATA_DIR"):
        engines.connect(f"sqlite:///{tmp_path / 'a' / 'paperboy.sqlite3'}")


def test_a_driver_that_is_not_installed_is_named():
    with pytest.raises(NotReady, match="driver for oracle"):
        engines.connect("oracle://name@host/database")


def test_what_brings_the_driver_of_postgresql_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(NotReady, match=r"pip install '\.\[postgres\]'"):
        engines.connect("postgresql://nobody@localhost/papers")


def test_an_address_as_many_hosts_hand_it_out_is_told_with_its_cure():
    with pytest.raises(NotReady, match="write the address as postgresql://"):
        engines.connect("postgres://nobody@localhost/papers")


@pytest.mark.sqlite
def test_the_file_is_an_ordinary_sqlite_database(engine: Engine, settings, session: Session):
    session.add(Source(name="files"))
    session.commit()
    with sqlite3.connect(settings.data_dir / "paperboy.sqlite3") as connection:
        names = connection.execute("SELECT name FROM source").fetchall()
    connection.close()
    assert names == [("files",)]


def test_nobody_waits_for_ever_for_what_another_holds(engine: Engine):
    ask = {"sqlite": "PRAGMA busy_timeout", "postgresql": "SHOW lock_timeout"}
    with engine.connect() as connection:
        told = connection.exec_driver_sql(ask[engine.dialect.name]).scalar_one()
    assert told == {"sqlite": 15_000, "postgresql": "15s"}[engine.dialect.name]


@pytest.mark.parametrize("name", ["", " in options", "s: options"])
def test_a_pooler_in_between_is_named_with_the_cure(name):
    words = f"FATAL:  unsupported startup parameter{name}: lock_timeout"
    error = engines.not_ready(OperationalError("", None, Exception(words)))
    assert isinstance(error, NotReady)
    assert "a pooler such as PgBouncer" in str(error)
    assert "or name PostgreSQL itself" in str(error)


def test_a_server_that_is_not_there_is_told_in_one_line():
    words = 'connection to server at "db", port 5432 failed: refused\n\tIs it running on that host?'
    told = str(engines.not_ready(OperationalError("", None, Exception(words))))
    assert told.endswith("failed: refused Is it running on that host?")


@pytest.mark.parametrize("words", ["disk I/O error", "unable to open database file"])
def test_what_sqlite_says_of_the_disk_is_told_with_what_to_look_at(words):
    told = str(engines.not_ready(OperationalError("", None, Exception(words))))
    assert re.fullmatch(rf"The database does not work: {words}\. (See|Let) .+\.", told)
