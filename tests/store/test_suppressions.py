from datetime import timedelta

from conftest import NOW
from sqlmodel import Session, select

from app.store import suppressions
from app.store.tables import Suppression


def test_the_first_reason_stays(session: Session):
    suppressions.add(session, "a@b.org", "550 no such person", NOW)
    suppressions.add(session, "a@b.org", "complained", NOW + timedelta(days=1))
    (row,) = session.exec(select(Suppression)).all()
    assert (row.reason, row.since) == ("550 no such person", NOW)
    assert suppressions.has(session, "a@b.org")
    assert not suppressions.has(session, "b@b.org")
