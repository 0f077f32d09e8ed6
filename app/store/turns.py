"""Taking turns by name: SQLite lets one write at a time, PostgreSQL has to be asked."""

from sqlalchemy import func, select
from sqlmodel import Session


def wait(session: Session, name: str) -> None:
    """Return when whoever took this turn before has committed; ours ends with the transaction.

    What is read from now on is what they left.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
