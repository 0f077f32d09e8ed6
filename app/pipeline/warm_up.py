"""A new sender's first days: so many letters a day, and more each day, until it is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlmodel import Session

from app.store import allowances, outbox, waiting

# 50, 100, 200, 500, 1,000 … letters; after these days whoever sends a million is known.
FIRST, DAYS = (50, 100, 200), 13
REASON = "put off by the warm-up"


@dataclass(frozen=True)
class WarmUp:
    """began: its first day; its days are those of UTC."""

    began: date

    def cap(self, now: datetime) -> int | None:
        """How many letters may leave on the day of `now`; None: as many as there are."""
        n = max((now.astimezone(UTC).date() - self.began).days, 0)
        return FIRST[n % 3] * 10 ** (n // 3) if n < DAYS else None

    def left(self, session: Session, now: datetime) -> int | None:
        """How many of them may still leave."""
        cap = self.cap(now)
        return None if cap is None else allowances.left_of_day(session, cap, midnight(now))

    def ration(self, session: Session, now: datetime) -> None:
        """Put off until tomorrow what is due and more than may leave today.

        Those stay whose last letter was longest ago: else the same would be lucky each day.
        """
        left = self.left(session, now)
        if left is not None and outbox.count_due(session, now) > left:
            waiting.put_off_all_but(session, left, now, tomorrow(now), REASON)

    def choose(self, session: Session, ids: Sequence[int], now: datetime) -> list[int]:
        """The first of these letters that may leave today; if none may, put all of them off.

        Take for each `take`; what is not sent after all is given back.
        """
        self.take(session, 0, now)  # makes the row, that other senders wait for
        left = self.left(session, now)
        if left == 0:
            waiting.put_off(session, ids, tomorrow(now), REASON)
        return list(ids if left is None else ids[:left])

    def take(self, session: Session, n: int, now: datetime) -> None:
        """Count letters as sent today, or less than none that were counted and are not."""
        cap = self.cap(now)
        if cap is not None:
            allowances.take_of_day(session, n, cap, midnight(now))


def midnight(now: datetime) -> datetime:
    """When the day of `now` began."""
    return datetime.combine(now.astimezone(UTC).date(), time(), UTC)


def tomorrow(now: datetime) -> datetime:
    """When the next one begins."""
    return midnight(now) + timedelta(days=1)
