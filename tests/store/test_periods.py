from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import Session

from app.papers.paper import Entry, Paper
from app.store import papers, periods, sources, tables
from app.store.periods import Order

FIRST, LAST = date(2026, 11, 16), date(2026, 11, 20)


@pytest.fixture
def store(session: Session):
    """Store papers as one digest of a day; counts: the votes of each, or None."""

    def add(day: date, **counts: int | None) -> list[int]:
        digest = tables.Digest(
            source_id=sources.named(session, "test").id or 0,
            name="a.txt",
            fingerprint=f"{day} {counts}",
            layout="test",
            date=day,
            read_at=datetime(day.year, day.month, day.day, 5, tzinfo=UTC),
        )
        session.add(digest)
        session.flush()
        found = [Paper(name) for name in counts]
        rows = papers.find_or_add(session, found, seen=day)
        votes = list(counts.values())
        entries = [Entry(paper, n + 1, votes[n]) for n, paper in enumerate(found)]
        papers.add_entries(session, digest.id or 0, entries, rows)
        for entry, row in zip(entries, rows, strict=True):
            papers.add_votes(session, row.id or 0, entry, digest.read_at)
        return [row.id or 0 for row in rows]

    return add


def test_days_and_their_neighbours_are_those_with_papers(session: Session, store):
    assert periods.days(session) is None
    for day in (FIRST, LAST):
        store(day, **{f"Owls of {day}": None, f"Bats of {day}": None})

    assert periods.days(session) == (FIRST, LAST)
    assert periods.neighbours(session, FIRST, FIRST) == (None, LAST)
    between = FIRST + timedelta(days=1)
    assert periods.neighbours(session, between, between) == (FIRST, LAST)
    assert periods.neighbours(session, FIRST, LAST) == (None, None)


def test_pages_hold_every_paper_of_the_stretch_once_in_each_order(session: Session, store):
    early = store(FIRST, Owls=3, Bats=None, Moles=70)
    late = store(LAST, Newts=70, Toads=1)
    store(LAST + timedelta(days=1), Later=500)

    def pages(order: Order) -> list[list[int]]:
        return [periods.page(session, FIRST, LAST, order, start, 2) for start in (0, 2, 4, 6)]

    owls, bats, moles = early
    newts, toads = late
    assert pages(Order.PLACE) == [[newts, owls], [toads, bats], [moles], []]
    assert pages(Order.VOTES) == [[newts, moles], [owls, toads], [bats], []]
    assert pages(Order.NEWEST) == [[newts, toads], [owls, bats], [moles], []]
    assert periods.count(session, FIRST, LAST) == 5


def test_the_newest_count_of_votes_stands(session: Session, store):
    (owls,) = store(FIRST, Owls=90)
    (bats,) = store(FIRST, Bats=50)
    store(LAST, Owls=20)

    assert periods.page(session, FIRST, LAST, Order.VOTES, 0, 5) == [bats, owls]
