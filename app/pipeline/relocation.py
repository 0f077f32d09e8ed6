"""A service goes on with another database: from a file to PostgreSQL, when readers become many."""

from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import DataError, IntegrityError

from app.errors import NotReady
from app.store import copying, heartbeats, migration
from app.store import engine as engines

# As long as a clock that ticks may be silent.
AT_WORK = timedelta(seconds=90)


def relocate(source: Engine, target: Engine, now: datetime) -> int:
    """Copy everything into a database that holds nothing yet, which is migrated; how many rows.

    Nothing is changed in the first. Raises NotReady where Paperboy still runs on that, where it is
    of another version, and where the second holds anything.
    """
    name = engines.shown_url(str(source.url))
    # Plain `paperboy migrate` is about the other database by now.
    cure = f"run `PAPERBOY_DATABASE_URL={name} paperboy migrate` first, and then this again"
    migration.require_current(source, cure)
    migration.migrate(target)
    try:
        with (
            engines.transaction(engines.reading(source)) as old,
            engines.transaction(target) as new,
        ):
            _refuse_at_work(name, heartbeats.latest(old), now)
            if not copying.is_empty(new):
                raise NotReady(
                    f"{engines.shown_url(str(target.url))} is not empty; only a new database can "
                    "be filled from another."
                )
            return copying.copy(old, new)
    except (DataError, IntegrityError) as e:
        raise NotReady(f"A row cannot be stored there, and nothing was: {e.orig}.") from e
    except (ValueError, LookupError) as e:  # some other program wrote it
        raise NotReady(f"A row cannot be read, and nothing was stored: {e}.") from e


def _refuse_at_work(name: str, beats: dict[str, datetime], now: datetime) -> None:
    # What is sent or said while rows are copied would be unknown to the copy.
    last = beats.get(heartbeats.SCHEDULER)
    if last is not None and now - AT_WORK < last <= now + AT_WORK:
        raise NotReady(
            f"Paperboy was at work on {name} at {last:%H:%M:%S} UTC. Stop it, wait for "
            f"{AT_WORK.total_seconds():.0f} seconds, and run this again."
        )
