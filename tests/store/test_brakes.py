from datetime import timedelta

from conftest import NOW

from app.store import brakes

HALF_AN_HOUR = timedelta(minutes=30)


def test_a_brake_holds_until_it_is_taken_off(session):
    brakes.put_on(session, "bounces", "too many", NOW)
    (held,) = brakes.held(session, NOW + timedelta(days=9))
    assert (held.name, held.reason, held.since) == ("bounces", "too many", NOW)
    brakes.take_off(session, "bounces")
    brakes.take_off(session, "bounces")
    assert brakes.held(session, NOW) == []


def test_a_brake_put_on_again_holds_since_the_first_time(session):
    brakes.put_on(session, "bounces", "too many", NOW)
    brakes.put_on(session, "bounces", "still too many", NOW + HALF_AN_HOUR)
    (held,) = brakes.held(session, NOW)
    assert (held.reason, held.since) == ("still too many", NOW)


def test_a_brake_with_an_end_lets_one_caller_try_then(session):
    later = NOW + HALF_AN_HOUR
    brakes.put_on(session, "sender refused", "no", NOW, until=later)
    assert not brakes.take_a_try(session, "sender refused", NOW, later)
    assert brakes.held(session, later) == []
    assert brakes.take_a_try(session, "sender refused", later, later + HALF_AN_HOUR)
    assert not brakes.take_a_try(session, "sender refused", later, later + HALF_AN_HOUR)
    assert [brake.name for brake in brakes.held(session, later)] == ["sender refused"]


def test_a_brake_without_an_end_is_not_tried(session):
    brakes.put_on(session, "bounces", "too many", NOW)
    later = NOW + timedelta(days=9)
    assert not brakes.take_a_try(session, "bounces", later, later + HALF_AN_HOUR)
