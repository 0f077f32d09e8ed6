"""When a subscriber's next letter is due, and of which day it is.

An edition is a date in the subscriber's own zone. Whole hours only; on the day the clock springs
forward the missing hour is the one after it (or before it, where midnight is sprung over), on the
day it falls back the first of the two counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import count
from zoneinfo import ZoneInfo, available_timezones

from app.errors import BadValue
from app.languages import Sentence, english

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# Names for the usual choices, as the sign-up page and the command line offer them.
RHYTHMS = {"daily": DAYS, "weekdays": DAYS[:5], "weekly": DAYS[:1]}
# After this long a missed letter is stale: the next edition takes its papers with it.
CATCH_UP = timedelta(hours=12)
# Of a standstill of years no more is told, subscriber by subscriber, than of its last days.
LOOK_BACK = timedelta(days=31)


@dataclass(frozen=True)
class Schedule:
    """hour: 0–23 in `zone`; days: a subset of DAYS; nothing before `paused_until` (a local day)."""

    zone: ZoneInfo
    hour: int
    days: frozenset[str] = frozenset(DAYS)
    paused_until: date | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for what would never be due, and be looked for to the end of time."""
        if not self.days or not self.days <= set(DAYS):
            raise ValueError(f"no days of the week: {','.join(sorted(self.days))!r}")
        if self.hour not in range(24):
            raise ValueError(f"no hour of the day: {self.hour}")

    def moment(self, day: date) -> datetime:
        """The UTC moment at which the edition of `day` is due."""
        local = datetime.combine(day, time(self.hour), tzinfo=self.zone)
        due = local.astimezone(UTC)
        if due.astimezone(self.zone).date() == day:
            return due
        # In Nuuk 23:00 is sprung over once a year, and the hour after it is the next day's.
        earlier = local.replace(fold=1).astimezone(UTC)
        return earlier if earlier.astimezone(self.zone).date() == day else due

    def is_paused(self, day: date) -> bool:
        """Whether no letter is wanted on this local day, whatever the weekday."""
        return self.paused_until is not None and day < self.paused_until

    def has_edition(self, day: date) -> bool:
        """Whether a letter is due on this local day at all."""
        return DAYS[day.weekday()] in self.days and not self.is_paused(day)


@cache
def _zones() -> tuple[str, ...]:
    # Python looks through its folders each time it is asked: 10 ms that every subscriber would pay.
    return tuple(sorted(available_timezones()))


def parse_zone(name: str) -> ZoneInfo:
    """Look up an IANA zone by its exact name. Raises BadValue."""
    if name not in _zones():
        near = [zone for zone in _zones() if name and name.lower() in zone.lower()]
        raise BadValue("zone", _no_zone(name, near[0] if near else ""))
    return ZoneInfo(name)


def _no_zone(name: str, near: str) -> Sentence:
    if near:
        return english(
            "“{typed}” is no time zone we know; did you mean {near}?", typed=name, near=near
        )
    return english(
        "“{typed}” is no time zone we know; write it like Europe/Berlin or UTC.", typed=name
    )


def parse_hour(text: str | int) -> int:
    """Read an hour of the day, "7" or "07:00". Raises BadValue."""
    digits = str(text).strip().removesuffix(":00")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 2 and int(digits) < 24):
        raise BadValue(
            "hour",
            english(
                "“{typed}” is no hour of the day; give a whole number from 0 to 23.", typed=text
            ),
        )
    return int(digits)


def parse_days(text: str) -> frozenset[str]:
    """Read "daily", "weekdays", "weekly" or days such as "mon,thu". Raises BadValue."""
    days = RHYTHMS.get(text.strip().lower())
    if days is None:
        days = tuple(_day(part.strip().lower()) for part in text.split(",") if part.strip())
    if not days or "" in days:
        raise BadValue(
            "days",
            english(
                "“{typed}” names no days; write daily, weekdays, weekly or days like mon,thu.",
                typed=text,
            ),
        )
    return frozenset(days)


def _day(typed: str) -> str:
    """ "mon" for "mon", "mond" or "monday"; "" for anything else."""
    is_it = (name.startswith(typed) and len(typed) >= 3 for name in NAMES)
    return next((day for day, fits in zip(DAYS, is_it, strict=True) if fits), "")


def _editions_from(schedule: Schedule, first: date) -> Iterator[date]:
    days = (first + timedelta(days=n) for n in count())
    return (day for day in days if schedule.has_edition(day))


def next_due(schedule: Schedule, after: datetime) -> datetime:
    """The first due moment (UTC) strictly later than `after`."""
    # Seen from the pause's end, so that a pause of years costs no walk through them.
    first = max(after.astimezone(schedule.zone).date(), schedule.paused_until or date.min)
    editions = _editions_from(schedule, first)
    return next(due for due in map(schedule.moment, editions) if due > after)


def day_of(schedule: Schedule, moment: datetime) -> date:
    """The local day on which an aware moment falls."""
    return moment.astimezone(schedule.zone).date()


def last_due(schedule: Schedule, next_due_at: datetime, now: datetime) -> datetime:
    """The latest due moment up to `now` of a subscriber who was due at `next_due_at`.

    After days of standstill only the last edition counts, and that only within CATCH_UP: a letter
    of papers three days old merges into the next one instead.
    """
    due = next_due_at
    while (following := next_due(schedule, max(due, now - LOOK_BACK))) <= now:
        due = following
    return due


def merged(schedule: Schedule, next_due_at: datetime, last: datetime) -> list[date]:
    """The editions due from `next_due_at` on that the one due at `last` stands for.

    Those of LOOK_BACK at most.
    """
    days, due = set(), next_due_at
    while due < last:
        days.add(day_of(schedule, due))
        due = next_due(schedule, max(due, last - LOOK_BACK))
    return sorted(days - {day_of(schedule, last)})
