from datetime import timedelta

from conftest import NOW
from sqlmodel import Session

from app.store import suppressions


def test_the_first_reason_stays(session: Session):
    assert suppressions.add(session, "a@b.org", "550 no such person", NOW)
    assert not suppressions.add(session, "a@b.org", "complained", NOW + timedelta(days=1))
    row = suppressions.of_address(session, "a@b.org")
    assert (row.reason, row.since) == ("550 no such person", NOW)
    assert suppressions.has(session, "a@b.org")
    assert not suppressions.has(session, "b@b.org")


def test_all_are_listed_the_latest_first(session: Session):
    for n, address in enumerate(("c@b.org", "a@b.org", "b@b.org")):
        suppressions.add(session, address, "no such person", NOW + timedelta(days=n // 2))
    assert [row.address for row in suppressions.all_of(session)] == [
        "b@b.org",
        "a@b.org",
        "c@b.org",
    ]


def test_a_lifted_address_is_free_and_may_be_suppressed_anew(session: Session):
    suppressions.add(session, "a@b.org", "550 no such person", NOW)
    assert suppressions.lift(session, "a@b.org")
    assert not suppressions.lift(session, "a@b.org")
    assert not suppressions.has(session, "a@b.org")
    assert suppressions.add(session, "a@b.org", "again", NOW)
