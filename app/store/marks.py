"""How far each file `sent-until` has come: one a machine, or one for all that share a data folder.

A row of the heartbeats each. Who keeps no folder leaves one behind at every start: those that have
been still for long go. Their file, should it ever be read again, is of no use by then.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session, col

from app.store import heartbeats
from app.store.tables import Heartbeat

KEPT = timedelta(days=30)
OF_A_FILE = f"{heartbeats.SENDING}/"


def note(session: Session, name: str, at: datetime) -> None:
    """Letters were sent until `at`, as the file of this name is about to say."""
    if heartbeats.beat(session, OF_A_FILE + name, at) is None:
        row = col(Heartbeat.name)
        old = row.startswith(OF_A_FILE, autoescape=True), col(Heartbeat.at) < at - KEPT
        session.execute(delete(Heartbeat).where(*old))


def knows(session: Session, name: str, at: datetime) -> bool:
    """Whether the database knows of all that was sent until `at`; without a name, by anybody."""
    beats = heartbeats.latest(session)
    by_anybody, by_it = beats.get(heartbeats.SENDING), beats.get(OF_A_FILE + name)
    if name and by_it is None:
        return by_anybody is not None and by_anybody - KEPT >= at  # or it would have a row
    known = by_it if name else by_anybody
    return known is not None and known >= at


def forget(session: Session, name: str) -> None:
    """The file was never written."""
    heartbeats.forget(session, OF_A_FILE + name)
