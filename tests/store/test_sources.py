import threading
from contextlib import suppress
from datetime import date, timedelta

import pytest
from conftest import NOW
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlmodel import Session

from app.store import engine as engines
from app.store import sources
from app.store.sources import Outcome, Standing
from app.store.tables import Digest, SourceState


def _digest(session: Session, fingerprint: str) -> Digest:
    digest = Digest(
        source_id=sources.named(session, "files").id,
        name="one.txt",
        fingerprint=fingerprint,
        layout="compact",
        read_at=NOW,
    )
    session.add(digest)
    session.flush()
    return digest


def test_a_source_is_added_once(session: Session):
    assert sources.named(session, "files") is sources.named(session, "files")
    assert sources.named(session, "files").id != sources.named(session, "folder:/x").id


def test_a_digest_is_known_by_its_fingerprint(session: Session):
    digest = _digest(session, "f00d")
    assert sources.digest_with(session, "f00d") is digest
    assert sources.digest_with(session, "beef") is None


def test_the_same_papers_are_one_digest(session: Session):
    _digest(session, "f00d")
    with pytest.raises(IntegrityError):
        _digest(session, "f00d")
    session.rollback()


DAY = date(2026, 11, 20)
FRESH = Outcome(SourceState.FRESH, "25 papers, 20 of them new.", 25, 20)
BUSY = Outcome(SourceState.THROTTLED, "It wants to be left alone.")


def test_a_source_is_asked_by_one_at_a_time(session: Session):
    source = sources.named(session, "hf-daily")
    until = NOW + timedelta(minutes=10)

    assert sources.claim(session, source, NOW, until)
    assert not sources.claim(session, source, NOW, until)
    assert sources.claim(session, source, until, until + timedelta(minutes=10))


def test_no_word_of_a_clock_that_was_set_since_blocks_a_source(session: Session):
    source = sources.named(session, "hf-daily")
    sources.claim(session, source, NOW, NOW + timedelta(days=400))
    assert sources.claim(session, source, NOW, NOW + timedelta(minutes=10))


def test_a_day_once_fresh_stays_so_whatever_comes_later(session: Session):
    source = sources.named(session, "hf-daily")
    sources.note(session, source, DAY, BUSY, NOW)
    sources.note(session, source, DAY, FRESH, NOW + timedelta(hours=1))
    row = sources.note(session, source, DAY, BUSY, NOW + timedelta(hours=2))

    assert (row.state, row.says, row.n_entries) == (SourceState.FRESH, FRESH.says, 25)
    assert (row.n_new, row.n_asked) == (20, 3)


def test_two_machines_that_note_a_day_at_once_both_count(engine: Engine):
    """A folder or a mailbox may be read by hand while the clock's turn reads it."""
    with engines.transaction(engine) as session:
        sources.named(session, "folder:/in")
    both = threading.Barrier(2)
    failed: list[SQLAlchemyError] = []

    def note() -> None:
        try:
            with engines.transaction(engine) as session:
                source = sources.named(session, "folder:/in")
                with suppress(threading.BrokenBarrierError):  # SQLite lets one in at a time
                    both.wait(0.5)
                sources.note(session, source, DAY, Outcome(SourceState.FRESH, "So.", 2, 1), NOW)
        except SQLAlchemyError as e:
            failed.append(e)

    threads = [threading.Thread(target=note) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    with engines.transaction(engine) as session:
        (row,) = sources.days(session, sources.named(session, "folder:/in"), DAY).values()
        assert (row.n_asked, row.n_new) == (2, 2)


def test_the_last_word_and_the_last_good_one_are_kept(session: Session):
    source = sources.named(session, "hf-daily")
    sources.note_last(session, source, FRESH, NOW)
    sources.note_last(session, source, BUSY, NOW + timedelta(hours=2))

    assert (source.state, source.says) == (SourceState.THROTTLED, BUSY.says)
    assert (source.good_at, source.asked_at) == (NOW, NOW + timedelta(hours=2))


def test_days_are_told_the_last_first(session: Session):
    source, other = sources.named(session, "hf-daily"), sources.named(session, "arxiv:cs.LG")
    for back in (2, 0, 1, 9):
        sources.note(session, source, DAY - timedelta(days=back), FRESH, NOW)
    sources.note(session, other, DAY, BUSY, NOW)

    found = sources.days(session, source, DAY - timedelta(days=7))
    assert list(found) == [DAY - timedelta(days=back) for back in (0, 1, 2)]


def test_each_source_is_told_with_its_days_whether_it_was_asked_or_not(session: Session):
    source = sources.named(session, "hf-daily")
    row = sources.note(session, source, DAY, FRESH, NOW)

    found = sources.standings(session, ["arxiv:cs.LG", "hf-daily"], DAY)
    assert found == [Standing("arxiv:cs.LG", None), Standing("hf-daily", source, (row,))]


@pytest.mark.parametrize(
    ("state", "hours_since_good", "failures", "is_silent"),
    [
        (SourceState.FAILED, 37, 1, True),
        (SourceState.STALE, 37, 0, True),
        (SourceState.FAILED, 35, 20, False),
        (SourceState.EMPTY, 37, 0, False),
        (SourceState.UNREADABLE, None, 9, True),
        (SourceState.UNREADABLE, None, 8, False),
    ],
)
def test_a_source_is_silent_when_nothing_good_came_for_long(
    session: Session, state, hours_since_good, failures, is_silent
):
    source = sources.named(session, "hf-daily")
    sources.note_last(session, source, Outcome(state, "So."), NOW)
    source.failures = failures
    source.good_at = hours_since_good and NOW - timedelta(hours=hours_since_good)

    assert bool(sources.silent(session, NOW)) == is_silent
    assert sources.silent(session, NOW + timedelta(days=3)) == {}  # nobody asks it any more
