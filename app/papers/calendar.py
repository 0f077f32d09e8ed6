"""When papers are announced: by arXiv five evenings a week, and not on its holidays.

https://info.arxiv.org/help/availability.html: at 20:00 Eastern US time from Sunday to Thursday; the
feed of a day holds the announcement of the evening before. An announcement that a holiday defers
joins the next. arXiv names its holidays for a year at a time; for a year that is not listed here
the fixed ones are worked out, and nothing is certain.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")
EVENING = time(20, 0)
DEADLINE = time(14, 0)
WEEKEND = "weekend"
_ONE_DAY = timedelta(days=1)
_MONDAY, _THURSDAY, _FRIDAY, _SATURDAY, _SUNDAY = 0, 3, 4, 5, 6
_LISTED = {
    2026: {
        date(2026, 1, 1): "New Year's Day",
        date(2026, 1, 19): "Martin Luther King Day",
        date(2026, 6, 19): "Juneteenth",
        date(2026, 7, 3): "Independence Day",
        date(2026, 9, 7): "Labor Day",
        date(2026, 11, 26): "Thanksgiving",
        date(2026, 12, 25): "Christmas",
        date(2026, 12, 29): "arXiv's winter holidays",
        date(2026, 12, 31): "New Year's Eve",
    }
}


@dataclass(frozen=True)
class Announcement:
    """Whether one is due, and if not, why: "weekend", "holiday (Labor Day)".

    is_certain: False where arXiv's list of holidays was not at hand, or leaves a doubt.
    """

    is_due: bool
    reason: str = ""
    is_certain: bool = True


def evening(day: date) -> Announcement:
    """Is there an announcement on the evening of this day (Eastern US)?"""
    if day.weekday() in {_FRIDAY, _SATURDAY}:
        return Announcement(is_due=False, reason=WEEKEND)
    name = holiday(day)
    is_listed = day.year in _LISTED
    return Announcement(not name, f"holiday ({name})" if name else "", is_listed)


def feed(day: date) -> Announcement:
    """Should the feed of this day (Eastern US) hold papers?

    A holiday empties the feed of the day after; on the holiday itself it may be empty, too. So an
    empty feed is explained on either, and a full one proves nothing wrong.
    """
    if day.weekday() in {_SATURDAY, _SUNDAY}:
        return Announcement(is_due=False, reason=WEEKEND)
    own, before = holiday(day), evening(day - _ONE_DAY)
    if own:
        return Announcement(is_due=False, reason=f"holiday ({own})", is_certain=False)
    is_certain = before.is_certain and day.year in _LISTED
    return Announcement(before.is_due, before.reason, is_certain)


def weekday(day: date) -> Announcement:
    """Whether a list of this day should exist that appears Monday to Friday: Hugging Face's."""
    is_due = day.weekday() not in {_SATURDAY, _SUNDAY}
    return Announcement(is_due, "" if is_due else WEEKEND)


def holiday(day: date) -> str:
    """The holiday on which arXiv announces nothing, else ""."""
    return (_LISTED.get(day.year) or _usual(day.year)).get(day, "")


def is_listed(year: int) -> bool:
    """Whether arXiv's own list of that year is known here."""
    return year in _LISTED


def _usual(year: int) -> dict[date, str]:
    """The holidays that fall on the same day, or the same weekday, every year."""
    return {
        date(year, 1, 1): "New Year's Day",
        _nth(year, 1, _MONDAY, 3): "Martin Luther King Day",
        date(year, 6, 19): "Juneteenth",
        _observed(date(year, 7, 4)): "Independence Day",
        _nth(year, 9, _MONDAY, 1): "Labor Day",
        _nth(year, 11, _THURSDAY, 4): "Thanksgiving",
        date(year, 12, 25): "Christmas",
    }


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _observed(day: date) -> date:
    """The Friday before a Saturday, the Monday after a Sunday."""
    shift = {_SATURDAY: -1, _SUNDAY: 1}.get(day.weekday(), 0)
    return day + timedelta(days=shift)


def today(moment: datetime) -> date:
    """The day that arXiv's clocks show at this moment."""
    return moment.astimezone(EASTERN).date()


def announced_at(day: date) -> datetime:
    """When the papers of that day's evening are announced, if there is an announcement."""
    return datetime.combine(day, EVENING, EASTERN)


def next_evening(moment: datetime) -> date:
    """The first evening after this moment that has an announcement."""
    day = today(moment)
    while announced_at(day) <= moment or not evening(day).is_due:
        day += _ONE_DAY
    return day


def submitted(day: date) -> tuple[datetime, datetime]:
    """Between which deadlines papers came in that are announced on the evening of this day.

    Holidays left aside: after a deferred announcement the interval begins at the one before.
    """
    end = day - timedelta(days=2) if day.weekday() == _SUNDAY else day
    start = end - timedelta(days=3) if end.weekday() == _MONDAY else end - _ONE_DAY
    return (
        datetime.combine(start, DEADLINE, EASTERN),
        datetime.combine(end, DEADLINE, EASTERN),
    )
