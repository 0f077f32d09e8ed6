"""One thread that writes for all connections, and one commit for all that has gathered.

A durable commit costs a disk flush, however much is in it. With eight connections eight letters
share one, and SQLite never sees two writers of ours at once.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session

from app.store import engine as engines

T = TypeVar("T")
P = TypeVar("P")
# Bounds how long the first of a batch waits for the last.
MOST_AT_ONCE = 100
# So many seconds a letter waits at most for those of other connections, to share a commit.
PATIENCE = 0.01


class Ledger:
    """`write` returns only after its work is on the disk. As an async context manager it ends its
    thread; without, the thread ends with the program, or when the ledger is let go.

    most_at_once: how much may share a commit; whoever else writes waits for all of it.
    company: how many callers `join` again and again.
    """

    def __init__(self, engine: Engine, most_at_once: int = MOST_AT_ONCE) -> None:
        self._engine, self._most_at_once = engine, most_at_once
        self.company = self._n_away = 0
        self._commit_takes = self._latest = 0.0
        self._joining: list[_Part[Any, Any]] = []
        self._n_joined = 0
        self._timer: asyncio.TimerHandle | None = None
        self._thread = ThreadPoolExecutor(1, "ledger")
        self._lock = threading.Lock()
        self._waiting: list[_Write[Any]] = []
        self._is_busy = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self._thread.shutdown)

    async def write(self, work: Callable[[Session], T]) -> T:
        """Run `work` in a transaction, shared with others; raise what it or the commit raises.

        Where the work of another fails, or the database is busy, it may be run twice.
        """
        return await self._written(_Write(work))

    async def join(self, work: Callable[[Session, Sequence[P]], Callable[[P], T]], part: P) -> T:
        """The same for work that is done for all parts together; it answers for each of them.

        It waits for the whole company, but no longer than PATIENCE; and where only those are
        missing who have left, no longer after the last that came than a commit takes.
        """
        return await self._joined(_Part(work, part), n=1)

    async def follow(self, work: Callable[[Session, Sequence[P]], Callable[[P], T]], part: P) -> T:
        """The same for what is in no hurry: written with whoever joins next, or after PATIENCE."""
        return await self._joined(_Part(work, part), n=0)

    @contextmanager
    def leave(self) -> Iterator[None]:
        """For a caller who may be a while: a slow server must not hold up the others."""
        self._n_away += 1
        try:
            yield
        finally:
            self._n_away -= 1

    async def _joined(self, write: "_Part[T, P]", n: int) -> T:
        if self._timer is None:
            self._latest = write.loop.time() + PATIENCE
        with self._lock:
            self._joining.append(write)
            self._n_joined += n
        if n and self._n_joined >= self.company:
            self._begin([])
        elif n and self._n_joined >= self.company - self._n_away:
            self._begin_at(write.loop, write.loop.time() + self._commit_takes)
        elif self._timer is None:
            self._begin_at(write.loop, self._latest)
        return await write.future

    def _begin_at(self, loop: asyncio.AbstractEventLoop, moment: float) -> None:
        if self._timer is not None:
            if self._timer.when() <= loop.time():
                return  # it is due: whoever keeps coming may not put it off
            self._timer.cancel()
        self._timer = loop.call_at(min(moment, self._latest), self._begin, [])

    async def _written(self, write: "_Write[T]") -> T:
        self._begin([write])
        return await write.future

    def _begin(self, writes: "Sequence[_Write[Any]]") -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        with self._lock:
            self._waiting += [*self._joining, *writes]
            self._joining.clear()
            self._n_joined = 0
            if self._waiting and not self._is_busy:
                self._is_busy = True
                self._thread.submit(self._work_off)

    def _work_off(self) -> None:
        while batch := self._next_batch():
            self._commit(batch)

    def _next_batch(self) -> "list[_Write[Any]]":
        with self._lock:
            batch = self._waiting[: self._most_at_once]
            del self._waiting[: self._most_at_once]
            self._is_busy = bool(batch)
            return batch

    def _commit(self, batch: "list[_Write[Any]]") -> None:
        began = time.monotonic()
        try:
            try:
                self._do(batch, _all_at_once)
            except _OneFailedError:
                self._do(batch, _each_by_itself)
        except Exception as e:  # noqa: BLE001  (each waiting caller raises it in its own task)
            for write in batch:
                write.error = e
        self._commit_takes += (time.monotonic() - began - self._commit_takes) / 4
        _tell(batch)

    def _do(self, batch: "list[_Write[Any]]", way: Callable[..., None]) -> None:
        is_joint = all(isinstance(write, _Part) for write in batch)
        begin = engines.begun if is_joint else engines.transaction
        with begin(self._engine) as session:
            way(session, batch)


def _tell(batch: "list[_Write[Any]]") -> None:
    """A loop is woken once for all that it waits for."""
    for loop in {write.loop for write in batch}:
        own = [write for write in batch if write.loop is loop]
        with suppress(RuntimeError):  # it was closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, own)


def _settle(batch: "list[_Write[Any]]") -> None:
    for write in batch:
        write.settle()


class _OneFailedError(Exception):
    """A work failed among others, and nothing is kept."""


def _all_at_once(session: Session, batch: "list[_Write[Any]]") -> None:
    """As it nearly always goes: savepoints would cost as much as the work."""
    joint: dict[Any, list[_Part[Any, Any]]] = {}
    try:
        for write in batch:
            if isinstance(write, _Part):
                joint.setdefault(write.joint, []).append(write)
            else:
                write.do(session)
        for work, parts in joint.items():
            answer = work(session, [each.part for each in parts])
            for each in parts:
                each.result = answer(each.part)
        session.flush()
    except Exception as e:
        raise _OneFailedError from e


def _each_by_itself(session: Session, batch: "list[_Write[Any]]") -> None:
    """Inside savepoints, so that one failure leaves its neighbours alone."""
    for write in batch:
        try:
            with session.begin_nested():
                write.do(session)
        except DatabaseError as e:
            write.error = engines.not_ready(e)
        except Exception as e:  # noqa: BLE001  (raised in the caller's own task)
            write.error = e


class _Write(Generic[T]):
    def __init__(self, work: Callable[[Session], T]) -> None:
        self._work = work
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[T] = self.loop.create_future()
        self.result: T
        self.error: Exception | None = None

    def do(self, session: Session) -> None:
        self.result = self._work(session)

    def settle(self) -> None:
        """Let its caller know. To be called in their loop."""
        if self.future.cancelled():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class _Part(_Write[T], Generic[T, P]):
    def __init__(self, joint: Callable[[Session, Sequence[P]], Callable[[P], T]], part: P) -> None:
        super().__init__(lambda session: joint(session, [part])(part))
        self.joint, self.part = joint, part
