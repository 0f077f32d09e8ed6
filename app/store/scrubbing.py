"""What was deleted leaves the database's file too, not only its tables.

SQLite keeps deleted rows until their place is needed, and old pages in its log. `secure_delete`
(see engine) overwrites most of it at once; writing the file anew is what leaves nothing.
PostgreSQL's own vacuum does the like by itself.
"""

import sqlite3
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session

from app.errors import NotReady
from app.store import engine as engines
from app.store import heartbeats

ASKED, DONE = "scrubbing asked for", "scrubbed"
# The file is written anew so often at most: nobody else can write meanwhile.
EVERY = timedelta(hours=12)


def ask(session: Session, now: datetime) -> None:
    """Note that something was deleted of which nothing may stay."""
    heartbeats.beat(session, ASKED, now)


def scrub(engine: Engine, now: datetime) -> bool:
    """Write a SQLite file anew if that was asked for; True if it was done.

    Tried again the next time where somebody is still reading the old pages. Raises NotReady, as
    for a disk too full for a second copy; what was deleted is overwritten all the same.
    """
    with engines.transaction(engines.reading(engine)) as session:
        known = heartbeats.latest(session)
    asked, done = known.get(ASKED), known.get(DONE)
    if asked is None or (done is not None and (asked < done or now - done < EVERY)):
        return False
    if engine.dialect.name == "sqlite" and not _write_anew(engine):
        return False
    with engines.transaction(engine) as session:
        heartbeats.beat(session, DONE, now)
    return True


def _write_anew(engine: Engine) -> bool:
    # Past SQLAlchemy, which would begin a transaction; SQLite writes no file anew inside one.
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        is_busy, *_ = cursor.fetchone() or (True,)
        cursor.close()
    except sqlite3.Error as e:
        raise NotReady(f"The database file cannot be written anew: {e}.") from e
    finally:
        connection.close()
    return not is_busy
