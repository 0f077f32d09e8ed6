from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from conftest import NOW
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from app.store import engine as engines
from app.store import permits
from app.store.tables import Permit

AN_HOUR = timedelta(hours=1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(limit=st.integers(1, 6), gaps=st.lists(st.integers(0, 3_000), min_size=1, max_size=40))
def test_no_window_sees_more_than_the_limit_and_whoever_waits_gets_in(session, limit, gaps):
    session.exec(delete(Permit))
    moment, taken = NOW, []
    for gap in gaps:
        moment += timedelta(seconds=gap)
        within = [at for at in taken if moment - at < AN_HOUR]
        is_taken = permits.take(session, "confirm", limit, AN_HOUR, moment)
        assert is_taken == (len(within) < limit)
        taken += [moment] * is_taken


def test_one_name_leaves_another_alone(session):
    assert permits.take(session, "confirm 192.0.2.0/24", 1, AN_HOUR, NOW)
    assert not permits.take(session, "confirm 192.0.2.0/24", 1, AN_HOUR, NOW)
    assert permits.take(session, "confirm 198.51.100.0/24", 1, AN_HOUR, NOW)


def test_only_what_no_limit_looks_at_is_forgotten(session):
    for days in (40, 32, 30, 0):
        session.add(Permit(name="confirm", at=NOW - timedelta(days=days)))
    session.flush()
    assert permits.forget(session, NOW - permits.KEPT_FOR) == 2
    assert permits.count(session, "confirm", permits.KEPT_FOR, NOW) == 2


def test_those_who_ask_at_once_pass_no_more_than_the_limit(engine):
    def take(_):
        with engines.transaction(engine) as session:
            return permits.take(session, "confirm", 7, AN_HOUR, NOW)

    with ThreadPoolExecutor(4) as askers:
        assert sum(askers.map(take, range(40))) == 7


def test_letters_booked_at_once_by_several_machines_keep_one_limit(engine):
    def book(_):
        with engines.transaction(engine) as session:
            latest = NOW + timedelta(days=1)
            return permits.book(session, "confirm", 2, AN_HOUR, NOW, latest)

    with ThreadPoolExecutor(4) as machines:
        booked = sorted(machines.map(book, range(10)))
    assert booked == [NOW + n // 2 * AN_HOUR for n in range(10)]
