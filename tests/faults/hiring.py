"""A delivery run that hires a second process for a few letters, and says when it makes room."""

import asyncio
import sys
from dataclasses import replace

from app import assembly
from app.pipeline.lanes import Lanes

HOLDER = "the first"


def main() -> None:
    settings, engine = assembly.store()
    day = assembly.day(settings, engine)
    day.hiring = replace(day.hiring, enough=10)
    real = Lanes.dismiss

    async def dismiss(lanes: Lanes, n: int) -> None:
        say("ready")
        await real(lanes, n)
        say("room")

    Lanes.dismiss = dismiss
    asyncio.run(day.deliver(holder=HOLDER))


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
