"""The database's revision: bring it up to date, or say that it is not.

Apart from engine.py because Alembic takes a third of a second to import.
"""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine, inspect
from sqlalchemy.exc import DatabaseError

from app.errors import NotReady
from app.store import engine as engines
from app.store import queue


def alembic_config(engine: Engine) -> Config:
    """Alembic's configuration for this engine, wherever the migrations lie."""
    config = Config()
    folder = str(engines.resource_dir("migrations")).replace("%", "%%")
    config.set_main_option("script_location", folder)
    config.attributes["engine"] = engine
    return config


def migrate(engine: Engine) -> str:
    """Bring the database to the newest revision and return that revision's name.

    Raises NotReady, and leaves it as it is, if it cannot be read or is not ours.
    """
    try:
        if (names := engines.tables(engine)) and "alembic_version" not in names:
            raise NotReady(
                f"{engines.shown_url(str(engine.url))} holds tables of another program; give "
                "Paperboy a database of its own."
            )
        if (current := _revision(engine)) is not None:
            _refuse_unknown(engine, current)
        command.upgrade(alembic_config(engine), "head")
        if queue.is_there(engine):
            queue.migrate(engine)
        engine.dispose()  # connections to what was an empty database are not tuned for it
        return _revision(engine) or ""
    except DatabaseError as e:
        raise engines.not_ready(e) from e
    except CommandError as e:
        raise NotReady(f"The database is of another version of Paperboy: {e}.") from e


def require_current(engine: Engine, cure: str = "run `paperboy migrate`") -> None:
    """Raise NotReady unless the tables of the newest revision are there, the queue's too.

    cure: what to do about a database that is older.
    """
    try:
        current = _revision(engine)
    except DatabaseError as e:
        raise engines.not_ready(e) from e
    if current is None:
        raise NotReady("The database has not been migrated; run `paperboy migrate` first.")
    head = ScriptDirectory.from_config(alembic_config(engine)).get_current_head()
    if current != head:
        _refuse_unknown(engine, current)
        raise NotReady(
            f"The database {engines.shown_url(str(engine.url))} is at revision {current}, this "
            f"Paperboy at {head}; {cure}."
        )
    if queue.is_there(engine):
        _require_queue(engine)


def _refuse_unknown(engine: Engine, revision: str) -> None:
    try:
        ScriptDirectory.from_config(alembic_config(engine)).get_revision(revision)
    except CommandError as e:
        raise NotReady(
            f"The database {engines.shown_url(str(engine.url))} is of another version of Paperboy, "
            f"most likely a newer one: this one does not know its revision {revision}. Update "
            "Paperboy, or put a backup in its place."
        ) from e


def _require_queue(engine: Engine) -> None:
    try:
        with engine.connect() as connection:
            missing = queue.missing(connection)
    except DatabaseError as e:
        raise engines.not_ready(e) from e
    if missing:
        raise NotReady(f"The queue lacks {missing[0]}; run `paperboy migrate`.")


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("subscriber"):
            return None
        return MigrationContext.configure(connection).get_current_revision()
