"""When arXiv announces, in Eastern US time, whatever the clocks here show."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.papers import calendar

WEEK = [date(2026, 10, 5) + timedelta(days=n) for n in range(7)]  # Monday to Sunday


def test_there_is_no_announcement_on_friday_and_saturday_evenings():
    due = [calendar.evening(day).is_due for day in WEEK]

    assert due == [True, True, True, True, False, False, True]
    assert calendar.evening(WEEK[4]).reason == "weekend"


def test_the_feeds_of_saturday_and_sunday_are_empty():
    due = [calendar.feed(day).is_due for day in WEEK]

    assert due == [True] * 5 + [False] * 2


def test_lists_of_working_days_know_no_holidays():
    assert [calendar.weekday(day).is_due for day in WEEK] == [True] * 5 + [False] * 2
    assert calendar.weekday(date(2026, 9, 7)).is_due


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 1, 1), "New Year's Day"),
        (date(2026, 1, 19), "Martin Luther King Day"),
        (date(2026, 9, 7), "Labor Day"),
        (date(2026, 11, 26), "Thanksgiving"),
        (date(2026, 12, 29), "arXiv's winter holidays"),
    ],
)
def test_a_holiday_has_no_announcement_and_says_which_it_is(day, name):
    assert calendar.evening(day) == calendar.Announcement(
        is_due=False, reason=f"holiday ({name})", is_certain=True
    )
    assert calendar.holiday(day) == name


def test_a_holiday_explains_an_empty_feed_on_it_and_on_the_day_after():
    thanksgiving = date(2026, 11, 26)

    assert "Thanksgiving" in calendar.feed(thanksgiving).reason
    assert "Thanksgiving" in calendar.feed(thanksgiving + timedelta(days=1)).reason
    assert calendar.feed(thanksgiving - timedelta(days=1)).is_due


def test_a_common_day_of_a_listed_year_is_certain():
    assert calendar.evening(date(2026, 10, 5)).is_certain
    assert calendar.is_listed(2026)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2029, 1, 1), "New Year's Day"),
        (date(2027, 1, 18), "Martin Luther King Day"),
        (date(2027, 7, 5), "Independence Day"),  # the 4th is a Sunday
        (date(2027, 9, 6), "Labor Day"),
        (date(2027, 11, 25), "Thanksgiving"),
    ],
)
def test_of_a_year_that_is_not_listed_the_fixed_holidays_are_known_and_nothing_is_certain(
    day, name
):
    found = calendar.evening(day)

    assert (found.is_due, found.reason, found.is_certain) == (False, f"holiday ({name})", False)
    assert not calendar.evening(date(2027, 3, 2)).is_certain
    assert not calendar.is_listed(2027)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 10, 6, 3, 59, tzinfo=UTC), date(2026, 10, 5)),  # summer time there
        (datetime(2026, 10, 6, 4, 0, tzinfo=UTC), date(2026, 10, 6)),
        (datetime(2026, 12, 1, 4, 59, tzinfo=UTC), date(2026, 11, 30)),  # winter time
        (datetime(2026, 12, 1, 5, 0, tzinfo=UTC), date(2026, 12, 1)),
    ],
)
def test_the_day_is_that_of_the_eastern_us(moment, day):
    assert calendar.today(moment) == day


def test_the_evening_is_eight_there_in_summer_and_in_winter():
    assert calendar.announced_at(date(2026, 10, 5)).astimezone(UTC).hour == 0
    assert calendar.announced_at(date(2026, 11, 30)).astimezone(UTC).hour == 1


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 10, 5, 23, 59, tzinfo=UTC), date(2026, 10, 5)),
        (datetime(2026, 10, 6, 0, 0, tzinfo=UTC), date(2026, 10, 6)),
        (datetime(2026, 10, 9, 12, 0, tzinfo=UTC), date(2026, 10, 11)),  # Friday: on Sunday
        (datetime(2026, 11, 26, 12, 0, tzinfo=UTC), date(2026, 11, 29)),  # Thanksgiving
    ],
)
def test_the_next_announcement_is_on_the_next_evening_that_has_one(moment, day):
    assert calendar.next_evening(moment) == day


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        (date(2026, 10, 11), (8, 14), (9, 14)),  # Sunday: Thursday to Friday
        (date(2026, 10, 12), (9, 14), (12, 14)),  # Monday: Friday to Monday
        (date(2026, 10, 13), (12, 14), (13, 14)),
    ],
)
def test_the_deadlines_before_an_announcement(day, start, end):
    found = calendar.submitted(day)

    assert [(each.day, each.hour) for each in found] == [start, end]
    assert str(found[0].tzinfo) == "America/New_York"
