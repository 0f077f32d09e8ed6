from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from conftest import NOW
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from app.store import allowances
from app.store import engine as engines
from app.store.allowances import Reckoning
from app.store.tables import Allowance

A_MINUTE = timedelta(seconds=60)


def _take_all(session, domain, rate, moments):
    taken = (
        allowances.take(session, domain, rate, at, Reckoning()) == allowances.NOW for at in moments
    )
    return [moment for moment, is_taken in zip(moments, taken, strict=True) if is_taken]


@pytest.mark.parametrize("rate", [1, 7, 60, 200])
def test_no_minute_sees_more_than_the_rate_and_most_of_it_is_used(session, rate):
    """Whoever asks every quarter of a second for two minutes; each may leave two seconds late."""
    moments = [NOW + timedelta(seconds=n / 4) for n in range(480)]
    taken = _take_all(session, "example.org", rate, moments)
    within = A_MINUTE + allowances.GOOD_FOR
    assert all(later - first >= within for first, later in zip(taken, taken[rate:], strict=False))
    assert len(taken) >= 2 * rate * 0.85


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    rate=st.integers(1, 100),
    gaps=st.lists(st.floats(0, 40, allow_nan=False), min_size=1, max_size=60),
)
def test_no_minute_sees_more_than_the_rate_whenever_letters_come(session, rate, gaps):
    session.exec(delete(Allowance))
    moment, moments = NOW, []
    for gap in gaps:
        moment += timedelta(seconds=gap)
        moments += [moment] * (1 + rate // 8)
    taken = _take_all(session, "", rate, moments)
    assert all(later - first >= A_MINUTE for first, later in zip(taken, taken[rate:], strict=False))


def test_whoever_comes_back_when_told_is_served(session):
    assert allowances.take(session, "", 1, NOW, Reckoning()) == allowances.NOW
    wait = allowances.take(session, "", 1, NOW, Reckoning())
    assert A_MINUTE <= wait <= A_MINUTE + 2 * allowances.GOOD_FOR
    assert allowances.wait(session, "", 1, NOW + wait, Reckoning()) == allowances.NOW
    assert allowances.take(session, "", 1, NOW + wait, Reckoning()) == allowances.NOW


def test_each_domain_has_an_allowance_of_its_own(session):
    assert allowances.take(session, "one.org", 1, NOW, Reckoning()) == allowances.NOW
    assert allowances.take(session, "one.org", 1, NOW, Reckoning()) > allowances.NOW
    assert allowances.take(session, "two.org", 1, NOW, Reckoning()) == allowances.NOW


def test_machines_that_send_at_once_share_one_allowance(engine):
    def take(_):
        with engines.transaction(engine) as session:
            return allowances.take(session, "", 100, NOW, Reckoning()) == allowances.NOW

    with ThreadPoolExecutor(4) as machines:
        assert sum(machines.map(take, range(24))) == 6
