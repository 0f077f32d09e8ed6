"""The service without its pages, in a process of its own, whose clock is told: ticking.py MOMENT…

With one moment the clock starts there and the service runs until SIGTERM. With several, it stands
still at each; a line on standard input lets one tick happen, and a line of JSON tells what came of
it.
"""

import asyncio
import json
import signal
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

from app import assembly
from app.pipeline.plan import Day
from app.scheduler import Ticks


def live(start: datetime) -> None:
    began = time.monotonic()
    day, tick = service(lambda: start + timedelta(seconds=time.monotonic() - began))

    async def run() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        async with AsyncExitStack() as stack:
            for part in (Ticks(day, tick), *workers(day)):
                await stack.enter_async_context(part.running())
            await stop.wait()

    asyncio.run(run())


def workers(day: Day) -> list[Any]:
    """Where there is a queue, the clock only asks."""
    if not day.has_queue:
        return []
    from app.worker import Worker

    return [Worker(day)]


def tick_through(moments: list[datetime]) -> None:
    stopped = [moments[0]]
    day, _ = service(lambda: stopped[0])
    tell("ready")
    for moment in moments:
        stopped[0] = moment
        sys.stdin.readline()
        day.tidy()
        ranked = day.rank_due()
        sent = asyncio.run(day.deliver())
        tell({"ranked": ranked.n_subscribers, "sent": sent.sent, "skipped": ranked.skipped})


def service(clock: Callable[[], datetime]) -> tuple[Day, timedelta]:
    settings, engine = assembly.store()
    return assembly.day(settings, engine, clock), settings.tick


def tell(what: object) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    told = [datetime.fromisoformat(text) for text in sys.argv[1:]]
    if len(told) == 1:
        live(told[0])
    else:
        tick_through(told)
