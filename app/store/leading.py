"""Which process plans the day, where several could: the one that holds a lock of the database.

The lock belongs to a connection of its own, and goes with it: nobody has to notice a death. So a
pooler that lends one connection to many would lend the lock; `pooler` finds it out.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError

from app.store import engine as engines

_TAKE = text("SELECT pg_try_advisory_lock(7269739)")
_WAIT = text("SELECT pg_advisory_lock(7269740)")
_ASK, _RELEASE = text("SELECT 1"), text("SELECT pg_advisory_unlock_all()")
# A machine that lost its power says no word of farewell: after a minute of silence it is gone.
_NOTICE_DEATH = (
    "SET tcp_keepalives_idle = 30",
    "SET tcp_keepalives_interval = 10",
    "SET tcp_keepalives_count = 3",
)


@contextmanager
def in_turn(engine: Engine) -> Iterator[None]:
    """Alone among all machines: others wait here until it is done. On SQLite writers wait anyway.

    Raises NotReady.
    """
    if engine.dialect.name != "postgresql":
        yield
        return
    with ExitStack() as opened:
        try:
            connection = opened.enter_context(closing(_unlent(engine)))
            connection.exec_driver_sql("SET lock_timeout = 0")
            connection.execute(_WAIT)
        except DatabaseError as e:
            raise engines.not_ready(e) from e
        yield


def _unlent(engine: Engine) -> Connection:
    """A connection taken from the pool, which lends it to nobody else and will not close it."""
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    connection.detach()
    return connection


@dataclass
class Lead:
    """Asked for at every tick. On SQLite every process leads: they share a machine and a file."""

    engine: Engine
    _connection: Connection | None = None
    _has_lock: bool = False
    _asking: threading.Lock = field(default_factory=threading.Lock)

    def is_ours(self) -> bool:
        """Take the lead where nobody has it, and say whether we have it. Raises NotReady."""
        if self.engine.dialect.name != "postgresql":
            return True
        with self._asking:
            try:
                return self._is_ours()
            except DatabaseError as e:
                self._let_go()
                raise engines.not_ready(e) from e

    def give_up(self) -> None:
        """Leave it to others at once."""
        with self._asking:
            self._let_go()

    def _is_ours(self) -> bool:
        if self._has_lock and self._connection is not None:
            try:
                # The lock lasts as long as the connection.
                self._connection.execute(_ASK)
            except DatabaseError:
                self._let_go()
        if not self._has_lock:
            self._has_lock = bool(self._connected().scalar(_TAKE))
        return self._has_lock

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = _unlent(self.engine)
            for setting in _NOTICE_DEATH:
                self._connection.exec_driver_sql(setting)
        return self._connection

    def _let_go(self) -> None:
        connection, self._connection, self._has_lock = self._connection, None, False
        if connection is not None:
            with suppress(DatabaseError):  # it may be gone already
                if not connection.invalidated:
                    # The server notices the end of a connection only a moment later.
                    connection.execute(_RELEASE)
            with suppress(DatabaseError):
                connection.close()
