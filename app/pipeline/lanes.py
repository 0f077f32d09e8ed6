"""The lanes of a process: more of them or fewer, as a run goes on.

It claims as much at once as goes with them: who claims more keeps the last letters from others.
"""

import asyncio
from collections.abc import Callable

from app.pipeline import stock as stocks
from app.pipeline.lane import Lane
from app.pipeline.stock import Stock


class Lanes:
    """make: another one. stock: what all of them take letters from."""

    def __init__(self, make: Callable[[], Lane], stock: Stock) -> None:
        self.make, self._stock = make, stock
        self._running: dict[asyncio.Future[None], Lane] = {}

    @property
    def n_running(self) -> int:
        """How many have not ended, nor been told to."""
        return len(self._staying())

    def _staying(self) -> list[tuple[asyncio.Future[None], Lane]]:
        running = self._running.items()
        return [(run, lane) for run, lane in running if not (run.done() or lane.is_dismissed)]

    def add(self, n: int) -> None:
        """Let so many more begin."""
        for _ in range(n):
            self.begin(self.make())
        self._stock.size = stocks.BATCH * self.n_running

    def begin(self, lane: Lane) -> None:
        """Let this one begin."""
        self._running[asyncio.ensure_future(lane.run())] = lane

    async def dismiss(self, n: int) -> None:
        """Let so many end after the letters they have begun, and wait until they have."""
        leaving = self._staying()[-n:]
        for _, lane in leaving:
            lane.is_dismissed = True
        if leaving:
            await asyncio.wait([run for run, _ in leaving])
        self._stock.size = stocks.BATCH * max(self.n_running, 1)

    async def wait(self) -> None:
        """Until none is left. Raises what the first of them raised, once all have ended."""
        failure: BaseException | None = None
        while self._running:
            runs = list(self._running)
            for outcome in await asyncio.gather(*runs, return_exceptions=True):
                failure = failure or (outcome if isinstance(outcome, BaseException) else None)
            for run in runs:
                del self._running[run]
        if failure is not None:
            raise failure
