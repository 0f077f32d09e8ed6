"""The stretches of days that have a page: a day, a week (ISO 8601) and a month, and their names."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What a page shows."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


_WEEK = re.compile(r"\d{4}-W\d{2}", re.ASCII)
_MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class Period:
    """first, last: its days, both included. path: of its page."""

    kind: Kind
    first: date
    last: date

    @property
    def path(self) -> str:
        """The address of its page."""
        if self.kind is Kind.WEEK:
            year, week, _ = self.first.isocalendar()
            return f"/weeks/{year}-W{week:02}"
        return f"/months/{self.first:%Y-%m}" if self.kind is Kind.MONTH else f"/days/{self.first}"


def around(kind: Kind, day: date) -> Period:
    """The day, week or month that a day lies in."""
    if kind is Kind.WEEK:
        monday = day - timedelta(days=day.weekday())
        # The calendar ends on a Friday.
        return Period(kind, monday, monday + min(timedelta(days=6), date.max - monday))
    if kind is Kind.MONTH:
        _, n_days = calendar.monthrange(day.year, day.month)
        return Period(kind, day.replace(day=1), day.replace(day=n_days))
    return Period(kind, day, day)


def read(kind: Kind, text: str) -> Period | None:
    """Read "2026-W47" or "2026-11"; None where it names no such week or month."""
    shape, of_first = (_WEEK, f"{text}-1") if kind is Kind.WEEK else (_MONTH, f"{text}-01")
    if not shape.fullmatch(text):
        return None
    try:
        return around(kind, date.fromisoformat(of_first))
    except ValueError:
        return None
