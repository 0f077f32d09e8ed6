"""All time zones of this machine: one edition a local day, through every change of clocks."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from app.mail import edition
from app.mail.edition import Schedule

FIRST = date(2026, 1, 1)
N_DAYS = 400
# Half hours, three quarters, midnight and 23:00 sprung over, two hours at once, winter time in
# the month of Ramadan.
ODD = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Nuuk",
    "America/Santiago",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
    "Pacific/Chatham",
)


@pytest.fixture
def seasons(request):
    """Zones, each with the stretches of days to look at: (first day, how many)."""
    zones = [ZoneInfo(name) for name in sorted(available_timezones())]
    if request.config.getoption("full"):
        return [(zone, [(FIRST, N_DAYS)]) for zone in zones]
    odd = [(ZoneInfo(name), [(FIRST, N_DAYS)]) for name in ODD]
    return odd + [(zone, [(day - timedelta(days=2), 5) for day in changes(zone)]) for zone in zones]


def changes(zone):
    """The days on which the zone's clocks are changed."""
    nights = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(N_DAYS)]
    offsets = [night.astimezone(zone).utcoffset() for night in nights]
    pairs = zip(nights, offsets, offsets[1:], strict=False)
    return [night.astimezone(zone).date() for night, one, next_one in pairs if one != next_one]


def test_every_zone_and_hour_has_one_edition_a_local_day(seasons):
    n_dues = 0
    for zone, stretches in seasons:
        for hour in range(24):
            schedule = Schedule(zone, hour)
            for first, n_days in stretches:
                check(schedule, [first + timedelta(days=n) for n in range(n_days)])
                n_dues += n_days
    assert n_dues > 100_000


def check(schedule, days):
    """Walk from due moment to due moment, as the scheduler does."""
    due = schedule.moment(days[0]) - timedelta(seconds=1)
    for day in days:
        before, due = due, edition.next_due(schedule, due)
        local = due.astimezone(schedule.zone)
        assert local.date() == day, f"{schedule.zone.key} {schedule.hour}: {before} → {due}"
        assert abs(local.hour - schedule.hour) <= 2
