from datetime import date, timedelta
from hashlib import sha256

from conftest import NOW
from sqlalchemy import Engine, event
from sqlmodel import Session, select

from app.papers.paper import Entry, Paper
from app.recommend.trend import Count, Place
from app.store import listings, papers, sources, tables
from app.store.listings import Listing

TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)
EARLIER, LATER = NOW - timedelta(days=1), NOW + timedelta(hours=1)
OWLS, BATS = Paper("Owls"), Paper("Bats")


def _add(session: Session, *each: Paper, seen: date = TODAY) -> list[tables.Paper]:
    return papers.find_or_add(session, each, seen)


def _digest(session: Session, rows: list[tables.Paper], positions: list[int], **changes) -> None:
    made_up = {"name": "tests", "layout": "tests", "read_at": NOW}
    digest = tables.Digest(
        source_id=sources.named(session, "tests").id,
        fingerprint=sha256(f"{positions} {changes}".encode()).hexdigest(),
        **(made_up | changes),
    )
    session.add(digest)
    session.flush()
    entries = [Entry(papers.told(row), n) for row, n in zip(rows, positions, strict=True)]
    papers.add_entries(session, digest.id, entries, rows)


def test_listings_are_of_the_days_asked_for(session: Session):
    days = [TODAY - timedelta(days=n) for n in (3, 2, 1, 0)]
    rows = [_add(session, Paper(f"Owl {day}"), seen=day)[0] for day in days]

    found = listings.of(session, days[1], days[2], NOW)

    assert found == [Listing(rows[1].id, days[1]), Listing(rows[2].id, days[2])]


def test_a_listing_tells_every_count_and_every_place_oldest_first(session: Session):
    owls, bats = _add(session, OWLS, BATS)
    papers.add_votes(session, owls.id, Entry(OWLS, 1, 7), EARLIER)
    papers.add_votes(session, owls.id, Entry(OWLS, 1, 9), NOW)
    _digest(session, [owls], [5], read_at=NOW)
    _digest(session, [owls, bats], [1, 2], read_at=EARLIER)

    first, second = listings.of(session, TODAY, TODAY, NOW)

    assert first.counts == (Count(YESTERDAY, 7), Count(TODAY, 9))
    assert first.places == (Place(YESTERDAY, 1, 2), Place(TODAY, 5, 1))
    assert (first.votes, first.positions) == (9, (1, 5))
    assert second == Listing(bats.id, YESTERDAY, (), (Place(YESTERDAY, 2, 2),))
    assert (second.votes, second.positions) == (None, (2,))


def test_a_digest_counts_as_of_its_own_date(session: Session):
    (owls,) = _add(session, OWLS)
    _digest(session, [owls], [3], date=TODAY - timedelta(days=4))

    (found,) = listings.of(session, TODAY, TODAY, NOW)

    assert found.places == (Place(TODAY - timedelta(days=4), 3, 1),)


def test_a_paper_is_born_on_the_earliest_day_we_know_of(session: Session):
    old = Paper("Old owls", published=TODAY - timedelta(days=6))
    ahead = Paper("Owls to come", published=TODAY + timedelta(days=6))
    rows = _add(session, OWLS, old, ahead)
    _digest(session, rows[:1], [1], date=TODAY - timedelta(days=2))

    born = [TODAY - timedelta(days=2), TODAY - timedelta(days=6), TODAY]
    assert [each.born for each in listings.of(session, TODAY, TODAY, NOW)] == born


def test_what_was_read_later_is_not_known_yet(session: Session):
    (owls,) = _add(session, OWLS)
    papers.add_votes(session, owls.id, Entry(OWLS, 1, 7), LATER)
    _digest(session, [owls], [1], read_at=LATER)

    assert listings.of(session, TODAY, TODAY, NOW) == [Listing(owls.id, TODAY)]
    (later,) = listings.of(session, TODAY, TODAY, LATER)
    assert (later.votes, later.positions) == (7, (1,))


def test_a_thousand_papers_cost_as_many_queries_as_one(session: Session, engine: Engine):
    rows = _add(session, *(Paper(f"Owl number {n}") for n in range(1000)))
    for row in rows:
        papers.add_votes(session, row.id, Entry(OWLS, 1, row.id), NOW)
    _digest(session, rows, list(range(1, 1001)))
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda _c, _d, sql, *_: asked.append(sql))

    found = listings.of(session, TODAY, TODAY, NOW)

    assert len(found) == 1000
    assert len(asked) == 4
    assert found[-1].places == (Place(TODAY, 1000, 1000),)


def test_the_mark_tells_that_a_list_has_grown_by_a_known_paper(session: Session):
    owls, bats = _add(session, OWLS, BATS)
    _digest(session, [owls], [1])
    before = listings.mark(session)
    digest = session.exec(select(tables.Digest)).one()
    papers.add_entries(session, digest.id, [Entry(BATS, 2)], [bats])
    assert listings.mark(session) != before


def test_the_mark_tells_that_another_paper_is_off_the_lists(session: Session):
    rows = _add(session, OWLS, BATS)
    papers.take_off(session, rows[0].id, [], TODAY)
    before = listings.mark(session)
    rows[0].unlisted_on = None
    papers.take_off(session, rows[1].id, [], TODAY)
    assert listings.mark(session) != before
