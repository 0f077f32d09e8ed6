"""The queue on PostgreSQL: its schema, and shards put on it within our own transactions.

Procrastinate's tables lie in a schema of their own. The queue carries work and no truth: a task
that is lost or runs twice changes nothing, for our own tables say what is still to be done.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session

from app.errors import NotReady

SCHEMA = "paperboy_queue"
RANK, DELIVER = "rank", "deliver"
# More than workers can take from one tick to the next; a tick that finds them waiting adds none.
MOST_WAITING = 200
# So long a worker may be silent before its tasks are given to others; it speaks six times as often.
STALLED_AFTER = 60.0
_LOCK = 7269738  # beside the one that migrations take
_NOT_INSTALLED = "PostgreSQL needs more packages: pip install '.[postgres]'."
_HAS_SCHEMA = text("SELECT to_regclass(:name) IS NOT NULL")
_OF_QUEUE = "procrastinate_"


# Of a row that names its holder, as `holder` does.
HOLDER_HAS_ENDED = f"""holder LIKE 'task %' AND NOT EXISTS (
    SELECT FROM {SCHEMA}.procrastinate_jobs AS job
    WHERE job.status = 'doing' AND holder = 'task ' || job.id || '.' || job.attempts
)"""


def holder(job_id: int | None, attempts: int) -> str:
    """The name of a task for what it holds; no other has it, and neither has its next try."""
    return f"task {job_id}.{attempts}"


def is_there(engine: Engine) -> bool:
    """Whether this database has a queue at all: PostgreSQL has, SQLite runs shards in place."""
    return engine.dialect.name == "postgresql"


def where(engine: Engine) -> str:
    """The database's address as PostgreSQL's own library reads it, password and all."""
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def migrate(engine: Engine) -> None:
    """Make the queue's tables, or bring them up to date. Raises NotReady.

    Each step in a transaction of its own, and noted by its name: so a newer Procrastinate brings
    what is missing, and several machines may start at once.
    """
    steps = _steps()
    with engine.begin() as connection:
        _enter(connection)
        if not connection.scalar(_HAS_SCHEMA, {"name": f"{SCHEMA}.{_OF_QUEUE}jobs"}):
            _run(connection, _read("schema.sql"))
            _note(connection, steps)
    for step in steps:
        with engine.begin() as connection:
            _enter(connection)
            if step not in _applied(connection):
                _run(connection, _read("migrations", step))
                _note(connection, [step])


def missing(connection: Connection) -> list[str]:
    """Which steps of `migrate` have not been taken here; all of them where there is no queue."""
    if not connection.scalar(_HAS_SCHEMA, {"name": f"{SCHEMA}.applied"}):
        return _steps()
    applied = _applied(connection)
    return [step for step in _steps() if step not in applied]


def _enter(connection: Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    connection.exec_driver_sql(f"SET LOCAL search_path TO {SCHEMA}")
    connection.exec_driver_sql(
        f"CREATE TABLE IF NOT EXISTS {SCHEMA}.applied "
        "(name text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())"
    )


def _applied(connection: Connection) -> set[str]:
    return set(connection.scalars(text(f"SELECT name FROM {SCHEMA}.applied")))  # noqa: S608


def _note(connection: Connection, steps: Sequence[str]) -> None:
    note = text(f"INSERT INTO {SCHEMA}.applied (name) VALUES (:name)")  # noqa: S608
    connection.execute(note, [{"name": step} for step in steps])


def _run(connection: Connection, script: str) -> None:
    # The driver itself: SQLAlchemy would take the script for one statement with parameters.
    connection.connection.driver_connection.execute(script)  # type: ignore[union-attr]


def _steps() -> list[str]:
    try:
        folder = resources.files("procrastinate.sql") / "migrations"
    except ModuleNotFoundError as e:
        raise NotReady(_NOT_INSTALLED) from e
    return sorted(each.name for each in folder.iterdir() if each.name.endswith(".sql"))


def _read(*path: str) -> str:
    return resources.files("procrastinate.sql").joinpath(*path).read_text(encoding="utf-8")


def add(session: Session, task: str, n: int = 1) -> None:
    """Put tasks on the queue, with whatever else this transaction does."""
    _add(session, task, [None] * n)


def top_up(session: Session, task: str, n: int) -> int:
    """See to it that so many tasks of a name wait, MOST_WAITING at most; return how many it added.

    Those that somebody is working on do not count: if their worker is gone, others go on.
    """
    rows = text(
        f"SELECT queueing_lock FROM {SCHEMA}.procrastinate_jobs "  # noqa: S608
        "WHERE status = 'todo' AND queue_name = :task AND queueing_lock IS NOT NULL"
    )
    waiting = set(session.connection().scalars(rows, {"task": task}))
    numbers = (f"{task} {number}" for number in range(min(n, MOST_WAITING)))
    new = [number for number in numbers if number not in waiting]
    return len(new) if _add(session, task, new) else 0


_TAKEN_AWAY = text(
    f"SELECT count(*) FROM {SCHEMA}.procrastinate_events AS event "  # noqa: S608
    f"JOIN {SCHEMA}.procrastinate_jobs AS job ON job.id = event.job_id "
    "WHERE event.type IN ('deferred_for_retry', 'failed') "
    "AND event.at > now() - interval '1 hour' AND job.queue_name IN (:rank, :deliver)"
)


def count_taken_away(session: Session) -> int:
    """How many shards were taken from workers that had vanished, within an hour.

    Nothing else ends one so: a shard that raises has ended as far as the queue knows.
    """
    if session.get_bind().dialect.name != "postgresql":
        return 0
    found = session.connection().scalar(_TAKEN_AWAY, {"rank": RANK, "deliver": DELIVER})
    return int(found or 0)


def _add(session: Session, task: str, locks: Sequence[str | None]) -> bool:
    """False, and none is added, if another scheduler was first with one of these locks."""
    import procrastinate  # noqa: PLC0415  (of an extra)
    from procrastinate import exceptions, jobs, manager  # noqa: PLC0415

    made = [jobs.Job(queue=task, task_name=task, lock=None, queueing_lock=lock) for lock in locks]
    try:
        with session.begin_nested(), _within_schema(session) as connection:
            if made:
                connector = procrastinate.SyncPsycopgConnector()
                manager.JobManager(connector).batch_defer_jobs(made, connection)
    except exceptions.AlreadyEnqueued:
        return False
    except exceptions.ConnectorException as e:
        # As if it had been a statement of ours.
        raise DatabaseError("the queue", None, e.__cause__ or e) from e
    return True


@contextmanager
def _within_schema(session: Session) -> Iterator[Any]:
    """The driver's connection, while its names are those of the queue."""
    connection = session.connection()
    before = connection.scalar(text("SELECT current_setting('search_path')"))
    path = text("SELECT set_config('search_path', :path, true)")
    connection.execute(path, {"path": f"{SCHEMA}, {before}"})
    yield connection.connection.driver_connection
    connection.execute(path, {"path": before})
