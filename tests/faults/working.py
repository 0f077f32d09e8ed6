"""`paperboy worker` or `scheduler` in small shards, that notices a death soon.

working.py ROLE [FILE]: the file holds the moment it is, for an invented day. Says so once it
has found its database: who finds none at the start ends there, for a supervisor to start anew.
"""

# ruff: noqa: E402  (a process that is told to stop while it imports is to exit cleanly, too)
import signal
import sys

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

import asyncio
from datetime import datetime
from pathlib import Path

from app import assembly, worker
from app.cli import roles
from app.pipeline import demand, rank
from app.store import queue

# Less would take a process for dead that only waits for a slow machine.
STALLED_AFTER = 20.0


def main(role: str, *told: str) -> None:
    queue.STALLED_AFTER = STALLED_AFTER
    worker.RETAKE_AT = "* * * * * *"
    worker.PAUSE_S = 0.2
    rank.SHARD = demand.LETTERS = 10
    settings, engine = assembly.store()
    sys.stdout.write("at work\n")
    sys.stdout.flush()
    clock = assembly.utc_now
    if told:
        clock = lambda: datetime.fromisoformat(Path(told[0]).read_text(encoding="ascii"))  # noqa: E731
    day = assembly.day(settings, engine, clock)
    part = roles._parts(day, settings)[["scheduler", "worker"].index(role)]
    asyncio.run(roles._until_stopped([part]))


if __name__ == "__main__":
    main(*sys.argv[1:])
