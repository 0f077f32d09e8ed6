from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BadValue
from app.mail import edition
from app.mail.edition import Schedule

ZONES = sorted(available_timezones())
START = datetime(2026, 1, 1, 3, 30, tzinfo=UTC)
N_DAYS = 400


def _due_moments(schedule, after, until):
    while (after := edition.next_due(schedule, after)) <= until:
        yield after


def _check_one_edition_a_day(schedule, start, n_days):
    dues = list(_due_moments(schedule, start, start + timedelta(days=n_days)))
    days = [edition.day_of(schedule, due) for due in dues]
    assert dues == sorted(set(dues))
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
    assert n_days - 1 <= len(days) <= n_days + 1
    assert all(abs(due.astimezone(schedule.zone).hour - schedule.hour) <= 2 for due in dues)


@pytest.mark.parametrize("part", range(8))
def test_every_zone_has_one_edition_a_local_day(part):
    for n, name in enumerate(ZONES[part::8]):
        # The hours at which clocks are changed, and all others in turn.
        for hour in {2, n % 24}:
            _check_one_edition_a_day(Schedule(ZoneInfo(name), hour), START, N_DAYS)


@given(
    zone=st.sampled_from(ZONES),
    hour=st.integers(0, 23),
    start=st.timedeltas(-timedelta(days=9000), timedelta(days=4000)).map(START.__add__),
)
def test_the_next_edition_is_later_and_within_two_days(zone, hour, start):
    schedule = Schedule(ZoneInfo(zone), hour)
    due = edition.next_due(schedule, start)
    # Where a whole day is left out of the calendar, its edition falls out with it.
    assert start < due <= start + timedelta(hours=51)
    assert due.tzinfo is UTC


@pytest.mark.parametrize(
    ("zone", "hour", "around"),
    [
        ("Australia/Lord_Howe", 2, date(2026, 4, 5)),  # back by half an hour
        ("Australia/Lord_Howe", 2, date(2026, 10, 4)),  # forward by half an hour
        ("Pacific/Chatham", 3, date(2026, 4, 5)),  # at 02:45 UTC+12:45
        ("Pacific/Chatham", 2, date(2026, 9, 27)),
        ("America/Santiago", 0, date(2026, 9, 6)),  # midnight does not exist
        ("Africa/Cairo", 0, date(2026, 4, 24)),  # nor here
        ("Asia/Beirut", 23, date(2026, 10, 24)),  # 23:00 comes twice
        ("America/Havana", 0, date(2026, 11, 1)),  # midnight comes twice
        ("Europe/Berlin", 2, date(2026, 3, 29)),
        ("Europe/Berlin", 2, date(2026, 10, 25)),
        ("Antarctica/Troll", 1, date(2026, 3, 29)),  # forward by two hours
        ("America/Nuuk", 23, date(2026, 3, 28)),  # 23:00 is midnight at once
    ],
)
def test_a_day_on_which_the_clock_is_changed_has_one_edition(zone, hour, around):
    schedule = Schedule(ZoneInfo(zone), hour)
    start = schedule.moment(around - timedelta(days=3)) - timedelta(seconds=1)
    days = [edition.day_of(schedule, due) for due in islice(_forever(schedule, start), 7)]
    assert days == [around + timedelta(days=n) for n in range(-3, 4)]


def _forever(schedule, after):
    while True:
        after = edition.next_due(schedule, after)
        yield after


def test_a_missing_hour_is_the_one_after_it():
    schedule = Schedule(ZoneInfo("Europe/Berlin"), 2)
    assert schedule.moment(date(2026, 3, 29)).astimezone(schedule.zone).hour == 3


def test_of_a_doubled_hour_the_first_counts():
    schedule = Schedule(ZoneInfo("Europe/Berlin"), 2)
    assert schedule.moment(date(2026, 10, 25)) == datetime(2026, 10, 25, 0, tzinfo=UTC)


def test_a_day_left_out_of_the_calendar_has_no_edition():
    # Samoa crossed the date line: there was no 30 December 2011.
    schedule = Schedule(ZoneInfo("Pacific/Apia"), 7)
    start = datetime(2011, 12, 28, 0, tzinfo=UTC)
    days = [edition.day_of(schedule, due).day for due in islice(_forever(schedule, start), 4)]
    assert days == [28, 29, 31, 1]


def test_the_due_moment_itself_is_not_due_again():
    schedule = Schedule(ZoneInfo("UTC"), 7)
    due = datetime(2026, 11, 20, 7, tzinfo=UTC)
    assert edition.next_due(schedule, due - timedelta(microseconds=1)) == due
    assert edition.next_due(schedule, due) == due + timedelta(days=1)


def test_only_chosen_weekdays_have_editions():
    schedule = Schedule(ZoneInfo("Asia/Tokyo"), 7, days=frozenset({"mon", "thu"}))
    dues = islice(_forever(schedule, START), 10)
    assert {edition.day_of(schedule, due).weekday() for due in dues} == {0, 3}


def test_a_pause_ends_on_its_last_day_in_the_persons_own_zone():
    schedule = Schedule(ZoneInfo("Pacific/Auckland"), 7, paused_until=date(2026, 12, 1))
    due = edition.next_due(schedule, datetime(2026, 11, 20, 9, tzinfo=UTC))
    assert edition.day_of(schedule, due) == date(2026, 12, 1)


def test_a_pause_of_the_past_delays_nothing():
    schedule = Schedule(ZoneInfo("UTC"), 7, paused_until=date(2020, 1, 1))
    after = datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert edition.next_due(schedule, after) == datetime(2026, 11, 21, 7, tzinfo=UTC)


def test_a_pause_of_centuries_costs_no_walk_through_them():
    schedule = Schedule(ZoneInfo("UTC"), 7, paused_until=date(9000, 1, 1))
    due = edition.next_due(schedule, datetime(2026, 11, 20, 9, tzinfo=UTC))
    assert due == datetime(9000, 1, 1, 7, tzinfo=UTC)


def test_after_a_standstill_only_the_last_edition_counts():
    schedule = Schedule(ZoneInfo("Europe/Berlin"), 7)
    missed = schedule.moment(date(2026, 11, 17))
    now = datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert edition.last_due(schedule, missed, now) == schedule.moment(date(2026, 11, 20))
    assert edition.last_due(schedule, missed, missed) == missed


def test_editions_missed_in_a_standstill_are_named():
    schedule = Schedule(ZoneInfo("Europe/Berlin"), 7, days=frozenset({"mon", "wed", "fri"}))
    missed, last = (schedule.moment(date(2026, 11, day)) for day in (16, 20))
    assert edition.merged(schedule, missed, last) == [date(2026, 11, 16), date(2026, 11, 18)]
    assert edition.merged(schedule, last, last) == []


def test_a_standstill_of_a_century_costs_no_walk_through_it():
    schedule = Schedule(ZoneInfo("UTC"), 7)
    missed, now = datetime(1926, 11, 20, 7, tzinfo=UTC), datetime(2026, 11, 20, 9, tzinfo=UTC)
    last = edition.last_due(schedule, missed, now)
    assert last == datetime(2026, 11, 20, 7, tzinfo=UTC)
    assert len(edition.merged(schedule, missed, last)) <= edition.LOOK_BACK.days + 1


@pytest.mark.parametrize("name", ["Europe/Berlin", "UTC", "America/Argentina/Ushuaia"])
def test_zones_are_known_by_their_names(name):
    assert edition.parse_zone(name).key == name


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("berlin", "did you mean Europe/Berlin"),
        ("europe/berlin", "did you mean Europe/Berlin"),
        ("Mars/Olympus", "write it like Europe/Berlin"),
        ("", "write it like Europe/Berlin"),
        ("../../etc/passwd", "no time zone"),
        ("/etc/localtime", "no time zone"),
        ("Europe", "no time zone"),
        ("UTC\0", "no time zone"),
        ("\ud800", "no time zone"),
    ],
)
def test_a_zone_that_is_none_is_refused_with_a_hint(name, hint):
    with pytest.raises(BadValue, match=hint) as problem:
        edition.parse_zone(name)
    assert problem.value.field == "zone"


@pytest.mark.parametrize(("text", "hour"), [("7", 7), ("07:00", 7), (" 23 ", 23), (0, 0)])
def test_hours_are_read(text, hour):
    assert edition.parse_hour(text) == hour


@pytest.mark.parametrize(
    "text", ["24", "-1", "7:30", "", "noon", "٧", "²", "7.0", 24, -1, "9" * 5000]
)
def test_what_is_no_whole_hour_is_refused(text):
    with pytest.raises(BadValue, match="0 to 23") as problem:
        edition.parse_hour(text)
    assert problem.value.field == "hour"


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("daily", "mon tue wed thu fri sat sun"),
        ("Weekdays", "mon tue wed thu fri"),
        ("weekly", "mon"),
        ("mon,thu", "mon thu"),
        ("Monday, Thursday", "mon thu"),
        ("sun,sun,", "sun"),
        ("tues,wednes", "tue wed"),
    ],
)
def test_days_are_read(text, days):
    assert edition.parse_days(text) == frozenset(days.split())


@pytest.mark.parametrize("text", ["", ",", "never", "mon;thu", "mon,xyz", "monkeys,thu", "mo", "1"])
def test_what_names_no_days_is_refused(text):
    with pytest.raises(BadValue, match="names no days") as problem:
        edition.parse_days(text)
    assert problem.value.field == "days"
