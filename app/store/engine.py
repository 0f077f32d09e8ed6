"""The engine, tuned so that the outbox's promises hold on SQLite, and the unit of work."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    NoSuchModuleError,
    OperationalError,
)
from sqlmodel import Session

from app.errors import NotReady
from app.store import pooler, writers

# Longer than any of our transactions, shorter than a person's patience.
BUSY_SECONDS = 15
IS_OURS = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
UNREADABLE_URL = "PAPERBOY_DATABASE_URL cannot be read; write it like sqlite:////path/to/file."
_INSTALL = ": pip install '.[postgres]'"
_DRIVER_CURES = {
    "postgresql": _INSTALL,
    "postgresql+psycopg": _INSTALL,
    "postgres": "; write the address as postgresql://…",
}


def connect(url: str) -> Engine:
    """Open an engine for a SQLAlchemy URL, making the folder of a SQLite file if need be."""
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        _make_folder(Path(parsed.database).parent)
    try:
        engine = create_engine(
            url, connect_args=_connect_args(parsed.get_backend_name()), **_pool(parsed)
        )
    except (NoSuchModuleError, ModuleNotFoundError) as e:
        cure = _DRIVER_CURES.get(parsed.drivername, ".")
        raise NotReady(f"The driver for {parsed.drivername} is not installed{cure}") from e
    except ArgumentError:
        raise NotReady(UNREADABLE_URL) from None
    if engine.dialect.name == "postgresql":
        # Before SQLAlchemy asks a question of its own, which fails in some encodings.
        event.listen(engine, "connect", _Postgres().tune, insert=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _tune_sqlite)
        event.listen(engine, "begin", partial(_begin_immediate, writers.line_up(engine)))
    return engine


def connect_existing(name: str) -> Engine:
    """The same for a database that is there: the path of a SQLite file, or a URL.

    Raises NotReady for a file that is not there, where another would be made.
    """
    url = name if "://" in name else f"sqlite:///{name}"
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        raise NotReady(f"There is no file “{parsed.database or name}”.")
    return connect(url)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # Its words may quote a piece of the password.
        raise NotReady(UNREADABLE_URL) from None
    # So would those of a driver, which takes what stands behind the first @ for a host.
    if "@" in (parsed.host or ""):
        raise NotReady("The database's URL has more than one @: write %40 for one in the password.")
    return parsed


def shown_url(url: str) -> str:
    """The URL with its passwords masked, those in the query too. Raises NotReady."""
    parsed = _parsed(url)
    masked = {name: "***" if "pass" in name else text for name, text in parsed.query.items()}
    return parsed.set(query=masked).render_as_string(hide_password=True)


def _pool(parsed: URL) -> dict[str, int]:
    # Forty threads answer pages, and some hold a reading and a writing connection at once: with
    # fewer in all, each could wait for the second that another holds as its first.
    in_memory = parsed.get_backend_name() == "sqlite" and parsed.database in {None, "", ":memory:"}
    return {} if in_memory else {"pool_size": 10, "max_overflow": 90}


def _connect_args(backend: str) -> dict[str, Any]:
    return {"timeout": BUSY_SECONDS, "check_same_thread": False} if backend == "sqlite" else {}


def _make_folder(folder: Path) -> None:
    try:
        # It holds addresses: nobody else on the machine needs to read them.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as e:
        raise NotReady(
            f"The data folder {folder} cannot be made: {e.strerror}. Set PAPERBOY_DATA_DIR."
        ) from e


def _tune_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN comes too late to stop two writers from reading the same row.
    connection.isolation_level = None
    if connection.execute(IS_OURS).fetchone():
        # This is written into the file, which may be another program's, or lost its content.
        connection.execute("PRAGMA journal_mode=WAL")
    for pragma in (
        "foreign_keys=ON",
        # NORMAL may lose the last commits on power loss: a letter sent would be sent again.
        "synchronous=FULL",
        # What somebody wanted deleted must not be read in the file for weeks.
        "secure_delete=ON",
        f"busy_timeout={BUSY_SECONDS * 1000}",
    ):
        connection.execute(f"PRAGMA {pragma}")


@dataclass
class _Postgres:
    """What connections of one engine have in common."""

    is_known: bool = False

    def tune(self, connection: Any, _record: Any) -> None:
        """Raises NotReady for a pooler that lends sessions on, or an encoding without all signs."""
        try:
            self._look(connection)
        except BaseException:
            connection.close()  # nobody else has it yet
            raise

    def _look(self, connection: Any) -> None:
        connection.autocommit = True
        encoding = connection.info.parameter_status("server_encoding")
        if encoding not in {"UTF8", None}:  # a pooler may not tell
            raise NotReady(
                f"The database is of the encoding {encoding}, which cannot hold what people write; "
                "make one with `createdb --encoding=UTF8 --template=template0`."
            )
        if not self.is_known and pooler.stands_between(connection) and pooler.lends(connection):
            raise NotReady(pooler.CURES[pooler.LENDS_LESS])
        self.is_known = True
        # It would wait for ever. Told here, for poolers pass on little of what an address asks for.
        connection.execute(f"SET lock_timeout = '{BUSY_SECONDS}s'")
        connection.autocommit = False


def tables(engine: Engine) -> list[str]:
    """The names of the tables there are. Raises NotReady."""
    try:
        return inspect(reading(engine)).get_table_names()
    except DatabaseError as e:
        raise not_ready(e) from e


def _begin_immediate(line: writers.Line, connection: Any) -> None:
    if connection.get_execution_options().get("readonly"):
        _say(connection, "BEGIN")
        return
    if not writers.wait(line, connection, BUSY_SECONDS):
        raise NotReady(_cure("locked"))
    # A lock upgraded in mid-transaction is refused at once, whatever busy_timeout says.
    _say(connection, "BEGIN IMMEDIATE")


def _say(connection: Connection, word: str) -> None:
    # Straight to the driver: the usual way takes as long as what a small transaction does.
    driver, dialect = cast("Any", connection.connection), connection.dialect
    try:
        driver.execute(word)
    except dialect.loaded_dbapi.Error as e:
        raise DBAPIError.instance(word, None, e, dialect.loaded_dbapi.Error) from e


def reading(engine: Engine) -> Engine:
    """The same engine for a transaction that only reads; on SQLite it waits for no writer."""
    return engine.execution_options(readonly=True)


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """One unit of work: committed at the end, rolled back on any error.

    Raises NotReady where the database is locked, gone, or was never migrated.
    """
    try:
        # Values outlive the transaction: callers read rows after the commit.
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session
    except DatabaseError as e:
        raise not_ready(e) from e


@contextmanager
def begun(engine: Engine) -> Iterator[Session]:
    """The same at less cost, for what asks the database at once: the transaction begins here."""
    try:
        with engine.begin() as connection, _AtHand(connection, expire_on_commit=False) as session:
            yield session
            session.flush()
    except DatabaseError as e:
        raise not_ready(e) from e


class _AtHand(Session):
    """Of one connection, which other sessions look for at length each time they are asked.

    Inside a savepoint it looks too, for only that begins it.
    """

    def connection(self, *args: Any, **kwargs: Any) -> Connection:
        own = None if args or kwargs or self.in_nested_transaction() else self.bind
        return own if isinstance(own, Connection) else super().connection(*args, **kwargs)


def not_ready(error: DatabaseError) -> Exception:
    """The same error as a sentence for the operator, if an operator can cure it."""
    # Its subclasses but one (IntegrityError, DataError, …) are faults of ours and stay as they are.
    if getattr(error.orig, "sqlstate", None) in OLD_SCHEMA_CODES:
        return NotReady(NOT_MIGRATED)
    if getattr(error.orig, "sqlstate", None) in REFUSED_CODES:
        return NotReady(f"PostgreSQL refuses it: {error.orig}.")
    if isinstance(error, OperationalError) or type(error) is DatabaseError:
        return NotReady(_cure(str(error.orig)))
    return error


NOT_MIGRATED = "The database has not been migrated; run `paperboy migrate` first."
HELD = ("locked", "busy", "lock timeout")
# What databases say to statements that know of newer tables than they have.
DAMAGED = ("malformed", "not a database")
# What SQLite says of the disk below it, and what that mostly means.
HINDERED = {
    "readonly": "Let this user write the file and the folder it lies in.",
    "unable to open": "Let this user write the file and the folder it lies in.",
    "is full": "Make room on its disk.",
    "disk I/O error": "See whether its disk is full or failing, or the file was replaced.",
}
OLD_SCHEMA = ("no such table", "no such column", "has no column named")
# insufficient_privilege: a role that is not the owner; read_only_sql_transaction: a standby;
# idle_in_transaction_session_timeout and transaction_timeout: limits of the server
REFUSED_CODES = ("42501", "25006", "25P03", "25P04")
OLD_SCHEMA_CODES = ("42P01", "42703")  # undefined_table, undefined_column: PostgreSQL, appendix A


def _cure(words: str) -> str:
    if any(sign in words for sign in OLD_SCHEMA):
        return NOT_MIGRATED
    if any(sign in words for sign in HELD):
        return "The database is locked by another program; try again when that has finished."
    for sign, cure in pooler.CURES.items():
        if sign in words:
            return cure
    if reason := next((why for sign, why in HINDERED.items() if sign in words), ""):
        return f"The database does not work: {words}. {reason}"
    if any(sign in words for sign in DAMAGED):
        return f"The database file is damaged ({words}); put a backup in its place."
    # psycopg's words take several lines, and mostly end in a question.
    told = " ".join(words.split())
    return f"The database does not work: {told}{'' if told.endswith('?') else '.'}"


def resource_dir(name: str) -> Path:
    """The folder `templates` or `migrations`: inside an installed wheel, or beside the package."""
    package = Path(__file__).parents[1]
    packed = package / f"_{name}"
    return packed if packed.is_dir() else package.parent / name
