"""Waiting that a stop breaks off."""

import asyncio
import threading
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


class Stopped(Exception):
    """The work was broken off, and has left nothing behind."""


async def watch(stop: threading.Event, stopping: asyncio.Event) -> None:
    """Pass the word on: `stop` may be set by any thread or signal, and outlives the loop."""
    while not stop.is_set():
        await asyncio.sleep(0.1)
    stopping.set()


async def unless(stopping: asyncio.Event, work: Awaitable[T]) -> T:
    """Wait for work that may be broken off, such as for a server that does not answer.

    Raises Stopped.
    """
    task = asyncio.ensure_future(work)
    told = asyncio.ensure_future(stopping.wait())
    try:
        await asyncio.wait({task, told}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        task.cancel()
        await asyncio.wait({task})
        raise Stopped
    finally:
        told.cancel()
