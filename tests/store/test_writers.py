"""Writers of one process take turns in the order they came, and no turn is lost."""

import os
from threading import Thread

import pytest
from sqlalchemy import text

from app.errors import NotReady
from app.store import engine as engines
from app.store import sources, writers

pytestmark = pytest.mark.sqlite


def test_a_turn_is_one_writers_at_a_time():
    line = writers.Line()
    assert line.take(0)
    assert not line.take(0)
    line.give()
    assert line.take(0)


def test_whoever_has_waited_longest_is_next():
    line, served = writers.Line(), []
    line.take(0)

    def write(n):
        line.take(60)
        served.append(n)
        line.give()

    threads = [Thread(target=write, args=[n]) for n in range(5)]
    for n, thread in enumerate(threads, 1):
        thread.start()
        while len(line) < n:
            os.sched_yield()
    line.give()
    for thread in threads:
        thread.join()
    assert served == list(range(5))


def test_a_turn_ends_with_its_transaction_however_that_ended(engine, monkeypatch):
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0)
    with engines.transaction(engine) as session:
        sources.named(session, "folder:/one")
    with pytest.raises(NotReady), engines.transaction(engine) as session:
        session.execute(text("SELECT 1 FROM nowhere"))
    with engines.transaction(engine) as session:
        session.execute(text("SELECT 1"))
        session.rollback()
    with engines.transaction(engine) as session:
        assert sources.named(session, "folder:/one").id


def test_who_waits_in_vain_is_told_that_the_database_is_locked(engine, monkeypatch):
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0)
    with engines.transaction(engine) as first:
        sources.named(first, "folder:/one")
        with pytest.raises(NotReady, match="locked"), engines.transaction(engine) as second:
            sources.named(second, "folder:/two")
    with engines.transaction(engine) as session:
        assert sources.named(session, "folder:/two").id


def test_who_only_reads_waits_for_nobody(engine, monkeypatch):
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0)
    with engines.transaction(engine) as first:
        sources.named(first, "folder:/one")
        with engines.transaction(engines.reading(engine)) as second:
            assert second.execute(text("SELECT count(*) FROM source")).scalar() == 0
