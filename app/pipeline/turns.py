"""Whose turn it is to ask a host, over all machines: waits for it, and gives it back."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine

from app.errors import NotReady, TooMany
from app.store import engine as engines
from app.store import hosts

# https://info.arxiv.org/help/api/tou.html: one request every three seconds and a single connection,
# for its feeds and interfaces and for all machines together.
GAPS = {"arxiv.org": timedelta(seconds=3)}
GAP = timedelta(seconds=1)
# Longer than any fetch may take.
LEASE = timedelta(seconds=90)
# A host that wants more rest is asked another time.
LONGEST_STAY = timedelta(seconds=60)


def group(host: str) -> str:
    """The name under which hosts that are one service share their turns."""
    is_arxiv = host == "arxiv.org" or host.endswith(".arxiv.org")
    return "arxiv.org" if is_arxiv else host


@dataclass(frozen=True)
class Turns:
    """Gives turns at hosts. rest: waits so many seconds; true where the service is to stop."""

    engine: Engine
    clock: Callable[[], datetime]
    rest: Callable[[float], bool]
    holder: str = field(default_factory=lambda: secrets.token_hex(8))

    @contextmanager
    def turn(self, host: str) -> Iterator[None]:
        """Hold the host's turn while inside.

        Raises TooMany where it wants a longer rest, NotReady where the service is to stop.
        """
        name = group(host)
        stayed = timedelta()
        while wait := self._take(name):
            if stayed + wait > LONGEST_STAY:
                raise TooMany(f"{host} is not to be asked for another {_whole(wait)} s.", wait)
            if self.rest(wait.total_seconds()):
                raise NotReady("Paperboy stops; what is left is asked for after the next start.")
            stayed += wait
        try:
            yield
        finally:
            with engines.transaction(self.engine) as session:
                hosts.give_back(session, name, self.holder, self.clock(), self._gap(name))

    def _take(self, name: str) -> timedelta:
        with engines.transaction(self.engine) as session:
            return hosts.take(session, name, self.holder, self._gap(name), LEASE, self.clock())

    def _gap(self, name: str) -> timedelta:
        return GAPS.get(name, GAP)

    def leave_alone(self, host: str, wait: timedelta) -> None:
        """Nobody is to ask this host for so long."""
        with engines.transaction(self.engine) as session:
            now = self.clock()
            hosts.rest(session, group(host), now + wait, now)


def _whole(wait: timedelta) -> int:
    return int(wait.total_seconds() + 0.999)
