from datetime import timedelta
from itertools import pairwise

import pytest
from conftest import NOW
from hypothesis import given
from hypothesis import strategies as st

from app.mail import retry


def _moments(first_due):
    now, attempts = first_due, 1
    while (again := retry.next_attempt(attempts, first_due, now)) is not None:
        yield again
        now, attempts = again, attempts + 1


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 5), (2, 15), (3, 30), (4, 60), (5, 120)])
def test_the_wait_grows_and_is_spread_by_a_tenth_at_most(attempts, minutes):
    wait = retry.next_attempt(attempts, NOW, NOW) - NOW
    assert timedelta(minutes=minutes) <= wait <= timedelta(minutes=minutes * 1.1)


def test_a_letter_is_tried_for_twenty_hours_and_no_longer():
    moments = list(_moments(NOW))
    assert all(earlier < later for earlier, later in pairwise(moments))
    assert moments[-1] - NOW <= timedelta(hours=20)
    assert timedelta(hours=20) - (moments[-1] - NOW) < timedelta(hours=2.2)
    assert 12 <= len(moments) <= 14


def test_a_letter_found_late_is_given_up_at_once():
    assert retry.next_attempt(1, NOW - timedelta(hours=20), NOW) is None


def test_letters_first_due_at_other_moments_are_not_all_tried_together():
    firsts = [NOW - timedelta(seconds=n) for n in range(50)]
    assert len({retry.next_attempt(1, first, NOW) for first in firsts}) > 40


@given(attempts=st.integers(1, 10_000), late=st.timedeltas(timedelta(0), timedelta(days=3)))
def test_the_next_attempt_can_be_foretold(attempts, late):
    again = retry.next_attempt(attempts, NOW - late, NOW)
    assert again == retry.next_attempt(attempts, NOW - late, NOW)
    assert again is None or again > NOW
