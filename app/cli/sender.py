"""One more process of a delivery run: the other side of `pipeline.hand`. No command of anybody's.

Its standard input is a pipe from the process that started it, and ends with it.
"""

import asyncio
import json
import os
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from app import assembly, logs
from app import settings as settings_
from app.errors import AppError
from app.pipeline import deliver
from app.pipeline.outcome import Tally
from app.pipeline.plan import Day
from app.store import engine as engines

IN, OUT = 0, 1
TELL_EVERY_S = 0.2
# Said even if there is nothing to tell, so that we are known to be well; see `hand.Hiring.silence`.
ALL_IS_WELL_S = 2.0


def main() -> None:
    """Send as we are told, and tell how it went; exit 1 if that was not to be."""
    try:
        told, settings = json.loads(_line()), settings_.of_text(_line())
        logs.configure(settings.log_level, settings.log_format)
        day = assembly.day(settings, engines.connect(settings.database))
        _tell(ready=True)
        tally = Tally()
        if _line():
            asyncio.run(_send(day, told, tally))
    except AppError as e:
        sys.exit(f"paperboy: {e}")
    _tell(tally=asdict(tally), ended=True)


async def _send(day: Day, told: dict[str, Any], tally: Tally) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, day.stop.set)
    loop.add_reader(IN, _stop_at_end, loop, day.stop)
    n_settled, told_at = 0, loop.time()

    def settled() -> None:
        nonlocal n_settled
        n_settled += 1

    def tell() -> None:
        nonlocal n_settled, told_at
        n, n_settled = n_settled, 0
        told_at = loop.time()
        _tell(settled=n, tally=asdict(tally))

    async def go_on() -> None:
        while True:
            await asyncio.sleep(TELL_EVERY_S)
            if n_settled or loop.time() - told_at >= ALL_IS_WELL_S:
                tell()

    stay = None if told["stay"] is None else timedelta(seconds=told["stay"])
    post = replace(day.post(settled), holder=told["holder"], stay=stay, hiring=None)
    telling = asyncio.ensure_future(go_on())
    try:
        await deliver.deliver(replace(post, n_connections=told["n_connections"]), tally)
    finally:
        telling.cancel()
        loop.remove_reader(IN)
        tell()


def _stop_at_end(loop: asyncio.AbstractEventLoop, stop: threading.Event) -> None:
    """Nothing more is said: what there is to read is the end, and would be there for ever."""
    loop.remove_reader(IN)
    stop.set()


def _line() -> bytes:
    """The next line, and not a byte more; empty at the end."""
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(IN, 1)):
        line += byte
    return line


def _tell(**said: object) -> None:
    with suppress(BrokenPipeError):  # nobody is left to hear it
        os.write(OUT, json.dumps(said).encode() + b"\n")


if __name__ == "__main__":
    main()
