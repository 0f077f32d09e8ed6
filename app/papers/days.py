"""Days as a saved page prints them: "Mar 11", "Mar 8, 2024", "Published on Oct 4, 2026"."""

import re
from datetime import date

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY = re.compile(
    r"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
    r"|January|February|March|April|June|July|August|September|October|November|December)"
    r"\.? (?P<day>\d{1,2})(?:, ?(?P<year>\d{4}))?"
)


def read(text: str, latest: date) -> date | None:
    """The day that `text` names, or None if it is anything else or no day of the calendar.

    Without a year it is the last such day that is not after `latest`.
    """
    found = _DAY.fullmatch(text.strip())
    if found is None:
        return None
    month = MONTHS.index(found["month"][:3].lower()) + 1
    if found["year"]:
        return _day(int(found["year"]), month, int(found["day"]))
    # 29 February comes back after eight years at the latest (1896, 1904).
    for year in range(latest.year, max(latest.year - 9, 0), -1):
        day = _day(year, month, int(found["day"]))
        if day is not None and day <= latest:
            return day
    return None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
