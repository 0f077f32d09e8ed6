"""What may stand between us and PostgreSQL: a pooler, such as PgBouncer.

A lead, a listener and a prepared statement last as long as their session. So a pooler may lend one
of its connections for a whole session only, never for a transaction.
"""

from contextlib import ExitStack, closing
from typing import Any

# What PgBouncer says to a transaction where it lends for a statement only.
LENDS_LESS = "statement pooling mode"
# What it says of a parameter that it would have to keep for each session.
REFUSES = "unsupported startup parameter"
# What it says who has waited for one of its connections in vain.
HAS_NONE = "query_wait_timeout"
CURES = {
    LENDS_LESS: (
        "PAPERBOY_DATABASE_URL names a pooler such as PgBouncer that lends a connection for less "
        "than a session, and locks and listeners last as long as that; set its pool_mode to "
        "session, or name PostgreSQL itself."
    ),
    REFUSES: (
        "PAPERBOY_DATABASE_URL names a pooler such as PgBouncer, and asks for more than it passes "
        "on; leave out the part after the question mark, or name PostgreSQL itself."
    ),
    HAS_NONE: (
        "The pooler that PAPERBOY_DATABASE_URL names had no connection left; raise its "
        "default_pool_size, or name PostgreSQL itself."
    ),
}


def stands_between(connection: Any) -> bool:
    """Whether a connection of psycopg ends at a pooler, which gives out numbers of its own."""
    return bool(_server_of(connection) != connection.info.backend_pid)


def lends(connection: Any) -> bool:
    """Whether the pooler at its end may lend what serves this session to another before its end.

    Without a transaction of its own, `connection` must not keep what serves it. Two others hold
    theirs, for a pooler may give out at once what was given back, or last.
    """
    server = _server_of(connection)
    connect, there = type(connection).connect, connection.info
    with ExitStack() as others:
        for _ in range(2):
            other = others.enter_context(closing(connect(there.dsn, password=there.password)))
            if _server_of(other) == server or _server_of(connection) != server:
                return True
    return False


def _server_of(connection: Any) -> int:
    """The number of the process that answers; begins a transaction where statements do."""
    return int(connection.execute("SELECT pg_backend_pid()").fetchone()[0])
