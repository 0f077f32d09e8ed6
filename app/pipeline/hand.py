"""A further process that sends, as the one that started it sees it; `cli.sender` is its other side.

It is told what to do over its standard input, and stops when that ends: as it does when we are
killed. Over its standard output it tells how it goes, in lines of JSON, an object each: `ready`,
then every few seconds at least `settled` with a number, and `tally` of all so far; at last `ended`.
"""

import asyncio
import json
import secrets
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import structlog

from app.pipeline.outcome import Tally

log = structlog.get_logger()


@dataclass(frozen=True)
class Hiring:
    """How further processes are started, and when.

    environment: theirs. settings: what each reads before all else, secrets and all: a command line
    would show them. most: processes of a run, ours included. enough: letters that each of them is
    to have, or starting it costs more than it brings. silence: who says nothing for so long will
    not go on by itself, and is killed; all run to its end only together.
    """

    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    settings: str = field(repr=False)
    most: int = 1
    enough: int = 5_000
    silence: timedelta = timedelta(minutes=1)


# To start takes longer than to say that all is well, most of all where many do at once.
STARTS_WITHIN = 10


class Hand:
    """One of them.

    holder: see `departures.claim_due`. is_sending: whether it was told to. has_ended: whether it
    said so itself. tally: how it went, as far as it has told.
    """

    def __init__(self, process: Process, holder: str, silence: timedelta) -> None:
        self.holder = holder
        self.is_sending = self.has_ended = False
        self.tally = Tally()
        self._process = process
        self._silence, self._patience = silence, STARTS_WITHIN * silence
        self._to = cast("asyncio.StreamWriter", process.stdin)
        self._from = cast("asyncio.StreamReader", process.stdout)

    async def told(self) -> AsyncIterator[dict[str, Any]]:
        """What it says, until it has ended."""
        while line := await self._line():
            self._patience = self._silence
            if line.endswith(b"\n"):  # else it was killed at it
                yield json.loads(line)
        await self._process.wait()

    async def _line(self) -> bytes:
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                return await self._from.readline()
        except TimeoutError:
            log.warning("sender_silent", pid=self.pid, seconds=self._patience.total_seconds())
            self._process.kill()
            return await self._from.readline()

    @property
    def pid(self) -> int:
        """Its number among all processes."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """Its exit code, once it has ended."""
        return self._process.returncode

    def send(self) -> None:
        """Let it begin."""
        self.is_sending = True
        self.say("go")

    def say(self, line: str) -> None:
        """Put it into the pipe, which has room for all that is ever said."""
        self._to.write(f"{line}\n".encode())

    def let_go(self) -> None:
        """Let it end after the letters on their way."""
        self._to.close()

    async def end(self) -> None:
        """The same, and wait until it has, whatever it still says."""
        self.let_go()
        async for _ in self.told():
            pass


async def hire(hiring: Hiring, n_connections: int, stay: timedelta | None) -> Hand:
    """Start one; it gets ready, and waits for `send`. Raises OSError."""
    process = await asyncio.create_subprocess_exec(
        *hiring.command,
        env=hiring.environment,
        stdin=PIPE,
        stdout=PIPE,
        start_new_session=True,  # Ctrl-C is for us: we tell it
    )
    hand = Hand(process, secrets.token_hex(8), hiring.silence)
    told = {"holder": hand.holder, "n_connections": n_connections}
    hand.say(json.dumps(told | {"stay": None if stay is None else stay.total_seconds()}))
    hand.say(hiring.settings)
    return hand
