"""How fast letters leave, and when those that must wait come up again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session

from app.pipeline.warm_up import WarmUp
from app.store import allowances, turns, waiting
from app.store.allowances import IN_ALL


@dataclass
class Pace:
    """Letters in any minute at most: in all, and to one mail domain; 0: no limit.

    warm_up: a limit for each day besides, if any.

    Give one to all lanes of a process: it remembers up to when each domain's letters are put off,
    so that each gets a moment of its own, and what time it is for the buckets.
    """

    rate: int = 0
    rate_domain: int = 0
    warm_up: WarmUp | None = None
    _put_off: dict[str, datetime] = field(default_factory=dict)
    _reckoning: allowances.Reckoning = field(default_factory=allowances.Reckoning)

    @property
    def is_limited(self) -> bool:
        """Whether there is any limit."""
        return bool(self.rate or self.rate_domain or self.warm_up)

    def wait(self, session: Session, now: datetime) -> timedelta:
        """How long until a letter may leave, whoever it is for."""
        self._take_turn(session)
        return self._wait(session, IN_ALL, self.rate, now) if self.rate else allowances.NOW

    def put_off_until(self, now: datetime) -> datetime:
        """When the last of the letters put off is due."""
        return max(self._put_off.values(), default=now)

    def choose(self, session: Session, ids: Sequence[int], now: datetime) -> list[int]:
        """The first of these waiting letters that may leave now, allowed; put off those before.

        Call it only where `wait` is zero. What is not sent after all is to be given back.
        """
        self._take_turn(session)
        domains = waiting.domains(session, list(ids))
        today = self.warm_up.choose(session, list(domains), now) if self.warm_up else list(domains)
        chosen = self._choose(session, {key: domains[key] for key in today}, now)
        self.give_back(session, -len(chosen), now)
        return chosen

    def _choose(self, session: Session, domains: dict[int, str], now: datetime) -> list[int]:
        if not (self.rate or self.rate_domain):
            return list(domains)
        for entry_id, domain in domains.items():
            if self.allow(session, domain, now) == allowances.NOW:
                return [entry_id]
            waiting.put_off(session, [entry_id], self._moment(session, domain, now))
        return []

    def ration(self, session: Session, now: datetime) -> None:
        """At the start of a run: whose letters may leave today, if not all may."""
        if self.warm_up:
            self.warm_up.ration(session, now)

    def give_back(self, session: Session, n: int, now: datetime) -> None:
        """Letters that were allowed and have not left, as far as a day's limit counts them."""
        if self.warm_up:
            self.warm_up.take(session, -n, now)

    def allow(self, session: Session, domain: str, now: datetime) -> timedelta:
        """Take the allowance of one letter, or say how long to wait."""
        self._take_turn(session)
        if self.rate and (wait := self._wait(session, IN_ALL, self.rate, now)):
            return wait
        if self.rate_domain and (wait := self._take(session, domain, self.rate_domain, now)):
            return wait
        return self._take(session, IN_ALL, self.rate, now) if self.rate else allowances.NOW

    def _wait(self, session: Session, domain: str, rate: int, now: datetime) -> timedelta:
        return allowances.wait(session, domain, rate, now, self._reckoning)

    def _take(self, session: Session, domain: str, rate: int, now: datetime) -> timedelta:
        return allowances.take(session, domain, rate, now, self._reckoning)

    def _take_turn(self, session: Session) -> None:
        """One sender at a time, over all machines.

        Each else holds the domains it has looked at, and two could wait for each other's for ever.
        """
        if self.is_limited:
            turns.wait(session, "pace")

    def _moment(self, session: Session, domain: str, now: datetime) -> datetime:
        first = now + self._wait(session, domain, self.rate_domain, now)
        step = allowances.step(self.rate_domain)
        moment = max(first, self._put_off.get(domain, first - step) + step)
        self._put_off[domain] = moment
        return moment
