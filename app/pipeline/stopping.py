"""Waiting that a stop breaks off."""

import asyncio
import threading
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


class Stopped(Exception):
    """The work was broken off, and has left nothing behind."""


class Stopping:
    """Breaks off what may be broken off, such as waiting for a server that does not answer."""

    def __init__(self) -> None:
        self._is_set = False
        self._under_way: set[asyncio.Timeout] = set()

    async def watch(self, stop: threading.Event) -> None:
        """Pass the word on: `stop` may be set by any thread or signal, and outlives the loop."""
        while not stop.is_set():
            await asyncio.sleep(0.1)
        self._is_set = True
        for each in self._under_way:
            each.reschedule(asyncio.get_running_loop().time())

    async def or_do(self, work: Awaitable[T]) -> T:
        """Do some work, unless it has to be broken off. Raises Stopped."""
        try:
            async with asyncio.timeout(0 if self._is_set else None) as under_way:
                self._under_way.add(under_way)
                try:
                    return await work
                finally:
                    self._under_way.discard(under_way)
        except TimeoutError:
            if not under_way.expired():
                raise
            raise Stopped from None
