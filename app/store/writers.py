"""Who may write to a SQLite file next: within one process, whoever has waited longest.

SQLite lets its writers ask again and again after growing pauses, so that under load one of them is
passed by for seconds by others who came later.
"""

from collections import deque
from threading import Lock
from typing import Any

from sqlalchemy import Engine, event

_HAS_TURN = "has the turn to write"


class Line:
    """A lock that goes to whoever has waited longest, and may be given back by another thread."""

    def __init__(self) -> None:
        self._guard, self._is_taken = Lock(), False
        self._waiting: deque[Lock] = deque()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def take(self, seconds: float) -> bool:
        """Wait for one's turn, for so long at most; whether it came."""
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return True
            mine = Lock()
            mine.acquire()
            self._waiting.append(mine)
        return mine.acquire(timeout=seconds) or self._came_at_last(mine)

    def _came_at_last(self, mine: Lock) -> bool:
        with self._guard:
            if mine not in self._waiting:
                return True
            self._waiting.remove(mine)
            return False

    def give(self) -> None:
        """Let the next one in."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False


def line_up(engine: Engine) -> Line:
    """The line for an engine's writers: a connection's turn ends when the pool has it back.

    Not with its commit, of which we are told only before it is done.
    """
    line = Line()

    def give(_connection: Any, record: Any) -> None:
        if record.info.pop(_HAS_TURN, False):
            line.give()

    event.listen(engine, "checkin", give)
    return line


def wait(line: Line, connection: Any, seconds: float) -> bool:
    """Take the turn of a connection that is about to write, unless it has it; whether it came."""
    if connection.info.get(_HAS_TURN):
        return True
    connection.info[_HAS_TURN] = came = line.take(seconds)
    return came
