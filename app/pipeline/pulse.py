"""Says, while letters are sent, that they are, and how far that has come."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Engine

from app.errors import NotReady
from app.pipeline import restored
from app.store import engine as engines
from app.store import heartbeats, outbox

log = structlog.get_logger()
# A backup made so shortly before the database was lost may pass for the database itself.
EVERY = timedelta(seconds=10)


@dataclass
class Beats:
    """Of one delivery run. path: of the file that `restored.note` keeps.

    sends: whether letters are sent, or may be.
    """

    engine: Engine
    path: Path
    clock: Callable[[], datetime]
    sends: bool = False

    def beat(self) -> None:
        """One beat. Raises NotReady."""
        now = self.clock()
        with engines.transaction(self.engine) as session:
            heartbeats.beat(session, heartbeats.DELIVERY, now)
            self.sends = self.sends or outbox.any_due(session, now)
        if self.sends:
            restored.note(self.engine, self.path, now)

    async def beat_if_can(self) -> None:
        """The same, but a beat that fails is only logged: delivery itself tries on, and says so."""
        try:
            await asyncio.to_thread(self.beat)
        except NotReady as e:
            log.warning("no_heartbeat", reason=str(e))

    async def go_on(self) -> None:
        """Beat until cancelled."""
        while True:
            await asyncio.sleep(EVERY.total_seconds())
            await self.beat_if_can()


@asynccontextmanager
async def beating(beats: Beats) -> AsyncIterator[None]:
    """Beat at the start of a delivery run, while it lasts, and at its end.

    Raises NotReady if the first beat fails.
    """
    await asyncio.to_thread(beats.beat)
    going_on = asyncio.ensure_future(beats.go_on())
    try:
        yield
    finally:
        going_on.cancel()
        await asyncio.wait({going_on})
        await beats.beat_if_can()
