"""How long a mail server that cannot be reached is left alone, by all machines together.

One of them knocks when a rest is over; the others come back when it was let in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from app.store import engine as engines
from app.store import hosts, permits

# From one knock to the next: doubling, to no more than 200 knocks in six hours.
FIRST, MOST = timedelta(seconds=15), timedelta(seconds=110)
# Knocks that were in vain count for so long.
WITHIN = timedelta(minutes=10)
# Whoever knocks and says nothing for so long has died.
LEASE = timedelta(minutes=5)


@dataclass(frozen=True)
class Rests:
    """name: of the server, such as mail.example.org:25."""

    engine: Engine
    name: str
    clock: Callable[[], datetime]

    @property
    def _key(self) -> str:
        return f"smtp {self.name}"

    def is_known_down(self) -> bool:
        """Whether the last knock was in vain. Raises NotReady, as everything here."""
        with engines.transaction(engines.reading(self.engine)) as session:
            return hosts.free_at(session, self._key) is not None

    def may_knock(self, who: str) -> bool:
        """Whether `who` may try to connect: while all is well, or as the one who finds out."""
        if not self.is_known_down():
            return True
        with engines.transaction(self.engine) as session:
            return hosts.take(session, self._key, who, FIRST, LEASE, self.clock()) == hosts.NOW

    def was_let_in(self) -> None:
        """The server answers: nobody rests any more."""
        if self.is_known_down():
            with engines.transaction(self.engine) as session:
                hosts.forget(session, self._key)

    def was_in_vain(self, who: str, began: datetime) -> None:
        """A try that began then was, however long it took."""
        with engines.transaction(self.engine) as session:
            now = self.clock()
            n = permits.count(session, self._key, WITHIN, now)
            permits.note(session, self._key, now)
            hosts.rest(session, self._key, began + min(FIRST * 2 ** min(n, 9), MOST), now)
            hosts.give_back(session, self._key, who, now)
