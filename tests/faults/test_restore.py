"""Yesterday's backup in place of the database: nothing that was sent is sent again."""

import signal
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from app.papers.paper import Paper
from app.pipeline import restored
from app.store import engine as engines
from app.store import overtaken, subscribers
from app.store.tables import OutboxEntry, State

DUE = datetime(2026, 11, 23, 7, tzinfo=UTC)
N_READERS = 30


@pytest.fixture
def readers(make_subscriber, store_papers, engine):
    people = [make_subscriber("retrieval", hour=7, letter_size=1) for _ in range(N_READERS)]
    with engines.transaction(engine) as session:
        for person in subscribers.all_of(session):
            subscribers.plan_next(session, person, DUE - timedelta(hours=1))
    store_papers(*(Paper(f"Retrieval {k}", f"Kind {k}.") for k in range(9)), at=DUE)
    return people


@pytest.fixture
def live(start_at, slow_sink):
    """Let the service live from a moment on until so many letters came in all, then end it."""

    def run(since, n_letters, how=signal.SIGTERM):
        service = start_at(since)
        slow_sink.wait_for(n_letters)
        service.send_signal(how)
        assert service.wait(timeout=30) == (0 if how == signal.SIGTERM else -how)

    return run


@pytest.fixture
def make_backup(request, settings, engine, tmp_path):
    """Copy the database, whether the service runs or not; what it returns puts the copy back."""
    if settings.database_url:
        return lambda: _dump(request.getfixturevalue("postgres_server"), engine)
    return lambda: _copy(engine, settings.data_dir / "paperboy.sqlite3", tmp_path / "backup")


def _copy(engine, database, backup):
    """As `sqlite3 paperboy.sqlite3 '.backup copy'` does."""
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(backup)) as target:
        source.backup(target)

    def restore():
        engine.dispose()
        for left in database.parent.glob(f"{database.name}-*"):
            left.unlink()
        backup.replace(database)

    return restore


def _dump(server, engine):
    dumped = server.dump(engine.url.database)

    def restore():
        engine.dispose()
        server.restore(engine.url.database, dumped)

    return restore


def by_edition(engine):
    with engines.transaction(engines.reading(engine)) as session:
        found = {}
        for entry in session.exec(select(OutboxEntry)):
            found.setdefault(entry.edition_date, []).append((entry.state, entry.reason))
        return found


def test_nothing_is_sent_again_after_a_backup_was_restored(
    readers, live, start_at, slow_sink, engine, make_backup
):
    # The backup is made in the middle of the first day's run; the database is lost the next day.
    service = start_at(DUE)
    with slow_sink.held_at(3):
        restore = make_backup()
    slow_sink.wait_for(N_READERS)
    service.send_signal(signal.SIGTERM)
    assert service.wait(timeout=30) == 0
    live(DUE + timedelta(days=1, seconds=5), 2 * N_READERS)
    restore()

    # The third day's hour passes before the service is up again: that one is owed.
    live(DUE + timedelta(days=2, hours=3), 3 * N_READERS)
    assert slow_sink.copies() == {person.address: 3 for person in readers}
    assert len({taken.message["Message-ID"] for taken in slow_sink.taken}) == 3 * N_READERS
    first, second, third = by_edition(engine).values()
    assert (State.SKIPPED, overtaken.RESTORED) in first
    assert {state for state, _ in first} <= {State.SENT, State.SKIPPED}
    assert second == [(State.SKIPPED, overtaken.RESTORED)] * N_READERS
    assert {state for state, _ in third} == {State.SENT}


def test_a_killed_service_is_not_taken_for_a_restored_one(
    readers, live, slow_sink, engine, settings
):
    live(DUE, N_READERS // 2, signal.SIGKILL)
    assert restored.settle(engine, settings.data_dir / restored.FILE, DUE) is None


@pytest.mark.full
def test_without_the_file_the_editions_are_sent_again(
    readers, live, slow_sink, make_backup, settings
):
    restore = make_backup()
    live(DUE, N_READERS)
    restore()
    (settings.data_dir / restored.FILE).unlink()
    live(DUE + timedelta(hours=1), 2 * N_READERS)
    assert set(slow_sink.copies().values()) == {2}
