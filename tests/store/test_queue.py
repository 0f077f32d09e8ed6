"""The queue's tables are made, kept up to date, and filled by our own transactions."""

from concurrent.futures import ThreadPoolExecutor
from importlib import resources

import pytest
from sqlalchemy import text
from sqlmodel import Session

from app.errors import NotReady
from app.store import engine as engines
from app.store import migration, queue

pytestmark = pytest.mark.postgres


@pytest.fixture
def tasks(engine):
    def read():
        rows = text("SELECT task_name, queueing_lock FROM paperboy_queue.procrastinate_jobs")
        with engine.connect() as connection:
            return sorted((name, lock or "") for name, lock in connection.execute(rows))

    return read


@pytest.fixture
def alter(engine):
    def execute(*statements):
        with engine.begin() as connection:
            for statement in statements:
                connection.connection.driver_connection.execute(statement)

    return execute


def test_tasks_come_with_their_transaction_or_not_at_all(engine, tasks):
    with engines.transaction(engine) as session:
        queue.add(session, queue.DELIVER, 2)
    with engine.connect() as connection, Session(connection) as session:
        queue.add(session, queue.RANK)
        queue.top_up(session, queue.RANK, 1)
        session.rollback()
    assert tasks() == [("deliver", ""), ("deliver", "")]


def test_no_more_tasks_wait_than_were_asked_for(engine, tasks):
    for n, added in ((2, 2), (3, 1), (3, 0), (0, 0)):
        with engines.transaction(engine) as session:
            assert queue.top_up(session, queue.RANK, n) == added
    with engines.transaction(engine) as session:
        assert queue.top_up(session, queue.DELIVER, 10_000) == queue.MOST_WAITING
    assert [name for name, _ in tasks()].count("rank") == 3


def test_of_two_schedulers_who_ask_at_once_one_is_heard_and_the_other_goes_on(engine, tasks):
    def ask(_):
        with engines.transaction(engine) as session:
            n = queue.top_up(session, queue.RANK, 2)
            queue.add(session, queue.DELIVER)
            path = session.scalar(text("SELECT current_setting('search_path')"))
            assert "queue" not in path
            return n

    with ThreadPoolExecutor(4) as schedulers:
        assert sum(schedulers.map(ask, range(4))) == 2
    assert tasks() == [("deliver", "")] * 4 + [("rank", "rank 0"), ("rank", "rank 1")]


def test_a_queue_of_the_first_version_is_brought_up_to_date(engine, alter, tasks):
    folder = resources.files("procrastinate.sql") / "migrations"
    first = min(each.name for each in folder.iterdir() if each.name.endswith(".sql"))
    enter = "SET LOCAL search_path TO paperboy_queue"
    alter("DROP SCHEMA paperboy_queue CASCADE", "CREATE SCHEMA paperboy_queue")
    alter("CREATE TABLE paperboy_queue.applied (name text PRIMARY KEY, at timestamptz)")
    alter(enter, (folder / first).read_text(encoding="utf-8"))
    alter(f"INSERT INTO paperboy_queue.applied VALUES ('{first}', now())")  # noqa: S608
    with pytest.raises(NotReady, match=r"The queue lacks .* run `paperboy migrate`"):
        migration.require_current(engine)

    migration.migrate(engine)
    migration.require_current(engine)
    with engines.transaction(engine) as session:
        queue.top_up(session, queue.RANK, 1)
    assert tasks() == [("rank", "rank 0")]
    migration.migrate(engine)  # the second time it changes nothing
    assert tasks() == [("rank", "rank 0")]


def test_a_database_without_a_queue_is_not_ready(engine, alter):
    alter("DROP SCHEMA paperboy_queue CASCADE")
    with pytest.raises(NotReady, match="run `paperboy migrate`"):
        migration.require_current(engine)
