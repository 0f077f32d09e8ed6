from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from conftest import NOW

from app.store import engine as engines
from app.store import heartbeats


def test_the_last_beat_of_each_part_is_known(session):
    assert heartbeats.beat(session, "scheduler", NOW) is None
    later = NOW + timedelta(seconds=30)
    assert heartbeats.beat(session, "scheduler", later) == NOW
    heartbeats.beat(session, "delivery", NOW)
    assert heartbeats.latest(session) == {"scheduler": later, "delivery": NOW}


def test_of_two_that_beat_first_neither_fails(engine):
    def beat():
        with engines.transaction(engine) as session:
            heartbeats.beat(session, "scheduler", NOW + timedelta(seconds=1))

    with ThreadPoolExecutor() as pool:
        with engines.transaction(engine) as session:
            heartbeats.beat(session, "scheduler", NOW)
            other = pool.submit(beat)
        other.result()
    with engines.transaction(engine) as session:
        assert heartbeats.latest(session) == {"scheduler": NOW + timedelta(seconds=1)}


def test_a_beat_follows_a_clock_that_was_set_back(session):
    earlier = NOW - timedelta(hours=2)
    heartbeats.beat(session, "scheduler", NOW)
    assert heartbeats.beat(session, "scheduler", earlier) == NOW
    assert heartbeats.latest(session) == {"scheduler": earlier}


def test_a_mark_only_ever_advances(session):
    marks = [
        heartbeats.advance(session, "sending", NOW + timedelta(hours=hours))
        for hours in (0, 0, -2, 1, 1)
    ]
    assert marks == sorted(set(marks))
    assert marks[3] == NOW + timedelta(hours=1)
