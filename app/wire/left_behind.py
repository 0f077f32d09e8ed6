"""What can only be left behind, for nothing interrupts it: a look-up, a server that drips bytes."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def begun(work: Callable[[], T], name: str) -> Future[T]:
    """What `work` will return, or raise; the end of a process does not wait for its thread."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()  # whoever cancels only stops waiting

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as e:  # noqa: BLE001  (raised again for whoever waits)
            future.set_exception(e)

    Thread(target=run, daemon=True, name=name).start()
    return future
