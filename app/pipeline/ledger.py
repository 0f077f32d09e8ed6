"""One thread that writes for all connections, and one commit for all that has gathered.

A durable commit costs a disk flush, however much is in it. With eight connections eight letters
share one, and SQLite never sees two writers of ours at once.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session

from app.store import engine as engines

T = TypeVar("T")
# Bounds how long the first of a batch waits for the last.
MOST_AT_ONCE = 100


class Ledger:
    """Use as an async context manager. `write` returns only after its work is on the disk."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="ledger")

    async def __aenter__(self) -> Self:
        self._thread.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._waiting.put(None)
        await asyncio.to_thread(self._thread.join)

    async def write(self, work: Callable[[Session], T]) -> T:
        """Run `work` in a transaction, shared with others; raise what it or the commit raises."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.put(_Write(work, future))
        return await future

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, is_last = [first], False
            while len(batch) < MOST_AT_ONCE and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    is_last = True
                    break
                batch.append(following)
            self._commit(batch)
            if is_last:
                return

    def _commit(self, batch: "list[_Write]") -> None:
        try:
            with engines.transaction(self._engine) as session:
                for write in batch:
                    write.attempt(session)
        except Exception as e:  # noqa: BLE001  (each waiting caller raises it in its own task)
            for write in batch:
                write.error = e
        for write in batch:
            write.tell()


class _Write:
    def __init__(self, work: Callable[[Session], Any], future: "asyncio.Future[Any]") -> None:
        self._work = work
        self._future = future
        self._loop = future.get_loop()
        self._result: Any = None
        self.error: Exception | None = None

    def attempt(self, session: Session) -> None:
        """Run inside a savepoint, so that one failure leaves its neighbours alone."""
        try:
            with session.begin_nested():
                self._result = self._work(session)
        except DatabaseError as e:
            self.error = engines.not_ready(e)
        except Exception as e:  # noqa: BLE001  (raised in the caller's own task)
            self.error = e

    def tell(self) -> None:
        self._loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        if self._future.cancelled():
            return
        if self.error is not None:
            self._future.set_exception(self.error)
        else:
            self._future.set_result(self._result)
