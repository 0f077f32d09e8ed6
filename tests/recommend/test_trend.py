from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.recommend import trend
from app.recommend.trend import Count, Place

TODAY = date(2026, 11, 20)


def _ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def _votes(*read: tuple[int, int], born: int | None = None) -> float:
    """The momentum of (days ago, votes), oldest first."""
    counts = [Count(_ago(days), votes) for days, votes in read]
    return trend.momentum(counts, [], _ago(read[0][0] if born is None else born), TODAY)


def _places(*listed: tuple[int, int, int]) -> float:
    """The momentum of (days ago, position, entries)."""
    places = [Place(_ago(days), position, length) for days, position, length in listed]
    return trend.momentum([], places, _ago(9), TODAY)


DAYS = st.integers(-40, 400)
COUNTS = st.lists(st.builds(Count, DAYS.map(_ago), st.integers(-5, 10**7)), max_size=8)
PLACES = st.lists(
    st.builds(Place, DAYS.map(_ago), st.integers(0, 2000), st.integers(0, 2000)), max_size=5
)


@given(COUNTS, PLACES, DAYS.map(_ago))
def test_whatever_was_read_gives_a_part_of_one(counts, places, born):
    assert 0 <= trend.momentum(counts, places, born, TODAY) <= 1


@given(COUNTS, PLACES, DAYS.map(_ago), st.integers(0, 8), st.integers(0, 10**6))
def test_more_votes_from_any_reading_on_never_lower_it(counts, places, born, start, more):
    counts.sort()
    raised = [Count(day, votes + more * (n >= start)) for n, (day, votes) in enumerate(counts)]

    before, after = (trend.momentum(each, places, born, TODAY) for each in (counts, raised))

    assert after >= before - 1e-12


@given(COUNTS, PLACES, DAYS.map(_ago), st.integers(1, 60))
def test_another_place_never_lowers_it_and_a_better_one_raises_it(counts, places, born, position):
    def with_place(at: int) -> float:
        return trend.momentum(counts, [*places, Place(TODAY, at, 60)], born, TODAY)

    without = trend.momentum(counts, places, born, TODAY)
    assert with_place(position) >= with_place(position + 1) >= without


@given(COUNTS, PLACES, st.integers(0, 400))
def test_it_fades_while_nothing_happens(counts, places, age):
    counts = [Count(min(day, TODAY), votes) for day, votes in counts]
    places = [place._replace(day=min(place.day, TODAY)) for place in places]

    days = [trend.momentum(counts, places, _ago(age), TODAY + timedelta(n)) for n in range(4)]

    assert days == sorted(days, reverse=True)


def test_thirty_votes_since_yesterday_are_more_than_two_hundred_of_last_week():
    assert _votes((6, 0), (1, 0), (0, 30)) > _votes((6, 200))
    assert _votes((1, 10), (0, 40)) > _votes((6, 150), (5, 200))


def test_a_paper_of_today_and_one_of_a_week_at_the_same_pace_are_equal():
    week = [(age, 5 * (8 - age)) for age in range(7, -1, -1)]

    assert abs(_votes((0, 5)) - _votes(*week)) < 1e-9
    assert _votes((0, 6)) > _votes(*week) > _votes((0, 4))


def test_votes_first_read_late_were_not_all_given_today():
    assert _votes((0, 40), born=0) > _votes((0, 40), born=5) > _votes((5, 40), born=5)


def test_a_count_that_falls_and_comes_back_gains_nothing():
    level = [(3, 100), (2, 100), (1, 100), (0, 100)]

    assert _votes((3, 100), (2, 20), (1, 100), (0, 20)) == _votes(*level)
    assert _votes((3, 100), (2, 20), (1, 100), (0, 120)) > _votes(*level)


def test_a_future_reading_counts_as_todays():
    assert _votes((-3, 30), born=-3) == _votes((0, 30))
    assert _places((-3, 2, 50)) == _places((0, 2, 50))


def test_without_votes_the_places_decide():
    assert _places((0, 1, 50)) > _places((0, 2, 50)) > _places((0, 50, 50)) > 0
    assert _places((0, 3, 50)) > _places((1, 3, 50))
    assert _places((0, 3, 50)) > _places((0, 3, 800))
    assert trend.momentum([], [], TODAY, TODAY) == 0
    assert _votes((0, 0)) == 0


def test_each_further_listing_counts():
    assert _places((0, 9, 50), (0, 7, 30)) > _places((0, 7, 30))
    assert _places((3, 5, 50), (0, 5, 50)) > _places((0, 5, 50))


def test_a_half_is_the_tenth_place_of_today_or_many_votes_a_day():
    assert _places((0, 10, 50)) == 0.5
    assert abs(_votes((0, trend.MANY)) - 0.5) < 1e-9


def _gained(*read: tuple[int, int], born: int) -> trend.Gain | None:
    return trend.gained([Count(_ago(days), votes) for days, votes in read], _ago(born), TODAY)


def test_a_gain_is_counted_from_the_last_count_of_an_earlier_day():
    assert _gained((2, 10), (1, 12), (0, 13), (0, 52), born=2) == (40, 1, True)
    assert _gained((5, 10), (0, 12), born=5) == (2, 5, False)


def test_what_gains_less_than_before_is_not_rising():
    assert _gained((1, 100), (0, 140), born=4) == (40, 1, True)
    assert _gained((1, 100), (0, 140), born=2) == (40, 1, False)


def test_without_an_earlier_count_or_a_new_vote_there_is_no_gain():
    assert _gained(born=0) is None
    assert _gained((0, 10), (0, 90), born=0) is None
    assert _gained((3, 10), (1, 20), born=3) is None
    assert _gained((1, 10), (0, 7), born=3) is None
