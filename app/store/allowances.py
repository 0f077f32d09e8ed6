"""How fast letters may leave: a bucket for each mail domain and one for all, which time refills.

Buckets are rows, so that they outlast the process and every sender draws from the same ones.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from app.store.tables import Allowance

IN_ALL = ""
# No domain has such a name.
OF_DAY = "(day)"
NOW = timedelta(0)
# How long after it was allowed a letter may leave, and still no minute sees more than the rate.
GOOD_FOR = timedelta(seconds=2)
# A bucket that is further ahead of a clock than this was filled by another, or this one was set.
CLOCKS_DIFFER = timedelta(minutes=1)


@dataclass
class Reckoning:
    """A process's own: how far the buckets' time is ahead of its clock.

    So no bucket waits for a clock that was set back, nor is turned back by a machine whose clock is
    behind: one whose clock is right would take that for time in which it could be filled.
    """

    ahead: timedelta = NOW

    def moment(self, row: Allowance, now: datetime) -> datetime:
        """The bucket's time at `now`."""
        # By less a lane is late that had to wait for others; if that counted it would add up.
        if row.at - (now + self.ahead) > CLOCKS_DIFFER:
            self.ahead = row.at - now
        return now + self.ahead


def take(
    session: Session, domain: str, rate: int, now: datetime, reckoning: Reckoning
) -> timedelta:
    """Allow one letter to a domain, or in all (IN_ALL); else say how long to wait, at least.

    rate: letters in any minute at most.
    """
    row = _row(session, domain, rate, now)
    now = reckoning.moment(row, now)
    tokens = _tokens(row, rate, now)
    if tokens < 1:
        return _seconds((1 - tokens) / _per_second(rate))
    row.tokens = tokens - 1
    row.at = max(row.at, now)
    session.add(row)
    session.flush()
    return NOW


def wait(
    session: Session, domain: str, rate: int, now: datetime, reckoning: Reckoning
) -> timedelta:
    """The same answer, but nothing is taken."""
    row = _row(session, domain, rate, now)
    tokens = _tokens(row, rate, reckoning.moment(row, now))
    return NOW if tokens >= 1 else _seconds((1 - tokens) / _per_second(rate))


def step(rate: int) -> timedelta:
    """How far letters are apart when all of the rate is used."""
    return _seconds(1 / _per_second(rate))


def left_of_day(session: Session, cap: int, day: datetime) -> int:
    """How many letters of the day that began at `day` may still leave; cap: in all of it."""
    row = session.get(Allowance, OF_DAY, with_for_update=True, populate_existing=True)
    return cap if row is None or _is_of_another(row, day) else max(int(row.tokens), 0)


def take_of_day(session: Session, n: int, cap: int, day: datetime) -> None:
    """Count letters as sent that day; n below zero takes them back."""
    row = _of_day(session, cap, day)
    row.tokens = min(row.tokens - n, float(cap))
    session.add(row)
    session.flush()


def _of_day(session: Session, cap: int, day: datetime) -> Allowance:
    row = session.get(Allowance, OF_DAY, with_for_update=True, populate_existing=True)
    if row is None:
        try:
            with session.begin_nested():
                row = Allowance(domain=OF_DAY, tokens=cap, at=day)
                session.add(row)
        except IntegrityError:  # another sender was first
            row = session.get_one(Allowance, OF_DAY, with_for_update=True)
    if _is_of_another(row, day):
        row.tokens, row.at = float(cap), day
    return row


def _is_of_another(row: Allowance, day: datetime) -> bool:
    # A clock that goes back to yesterday must not fill it again; one that was years ahead, it may.
    return row.at < day or row.at - day > timedelta(days=1)


def _row(session: Session, domain: str, rate: int, now: datetime) -> Allowance:
    found = session.get(Allowance, domain, with_for_update=True, populate_existing=True)
    if found is not None:
        return found
    try:
        with session.begin_nested():
            row = Allowance(domain=domain, tokens=_capacity(rate), at=now)
            session.add(row)
    except IntegrityError:  # another sender was first
        return session.get_one(Allowance, domain, with_for_update=True)
    return row


def _tokens(row: Allowance, rate: int, now: datetime) -> float:
    elapsed = max((now - row.at).total_seconds(), 0)
    return min(row.tokens + elapsed * _per_second(rate), float(_capacity(rate)))


def _capacity(rate: int) -> int:
    # Room for lanes that woke up late; what may come at once is taken off the steady flow.
    return 1 + rate // 20


def _per_second(rate: int) -> float:
    """Such that capacity and refill together stay below rate + 1 in a minute and GOOD_FOR."""
    return (rate + 1 - _capacity(rate)) / (60 + GOOD_FOR.total_seconds())


def _seconds(seconds: float) -> timedelta:
    # Rounded up: whoever comes back at that moment must find what was promised.
    return timedelta(seconds=seconds) + timedelta(milliseconds=1)
