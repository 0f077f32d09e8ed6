"""What a scrape is told where counting all of it takes long."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import DatabaseError

log = structlog.get_logger()
# Seconds; a scrape waits for what takes no longer.
QUICK = 1.0
# What takes longer is counted after an answer, when so many times as long has passed since.
RESTS = 10

Count = Callable[[], bytes]


@dataclass(frozen=True)
class _Counted:
    """An answer, how many seconds it took, and when it was there by the stopwatch."""

    answer: bytes
    took: float
    at: float

    @property
    def is_quick(self) -> bool:
        return self.took <= QUICK


class Scrapes:
    """Keeps the last answer: a scraper gives up after ten seconds, and asks four times a minute.

    stopwatch: seconds from any moment on.
    """

    def __init__(self, stopwatch: Callable[[], float] = time.monotonic) -> None:
        self._stopwatch = stopwatch
        self._counting = threading.Lock()
        self._last: _Counted | None = None

    def answer(self, count: Count) -> bytes:
        """Count, or give what was counted last if that took long; `renew` has to follow."""
        last = self._last
        if last is None or last.is_quick:
            with self._counting:
                last = self._last
                # Whoever waited while another's count took long makes do with that.
                if last is None or last.is_quick:
                    last = self._last = self._counted(count)
        return last.answer

    def renew(self, count: Count) -> None:
        """Count anew what took long, if it is old enough and nobody else is at it.

        A database that fails leaves it as it is.
        """
        last = self._last
        if last is None or last.is_quick or self._stopwatch() - last.at < RESTS * last.took:
            return
        if not self._counting.acquire(blocking=False):
            return
        try:
            self._last = self._counted(count)
        except DatabaseError as e:
            log.warning("metrics_not_counted", reason=str(e.orig))
        finally:
            self._counting.release()

    def _counted(self, count: Count) -> _Counted:
        began = self._stopwatch()
        answer = count()
        ended = self._stopwatch()
        return _Counted(answer, ended - began, ended)
