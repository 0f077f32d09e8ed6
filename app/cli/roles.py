"""`paperboy serve`, `worker` and `scheduler`: the processes of a service, until stopped."""

import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from app.errors import NotReady

if TYPE_CHECKING:
    from types import FrameType

    import uvicorn
    from sqlalchemy import Engine

    from app.pipeline.plan import Day
    from app.settings import Settings

Part = Callable[[], AbstractAsyncContextManager[None]]


def serve(
    host: Annotated[str, typer.Option(help="Address to serve on; default: PAPERBOY_HOST.")] = "",
    port: Annotated[
        int,
        typer.Option(
            min=0,
            max=65535,
            help="Port to serve on; default: PAPERBOY_PORT.",
            show_default=False,
        ),
    ] = 0,
    pages_only: Annotated[
        bool, typer.Option("--pages-only", help="Neither tick nor send: others do.")
    ] = False,
) -> None:
    """Run the pages, the clock and the sending in one process.

    Creates or upgrades the database first. Ctrl-C or SIGTERM stops it cleanly: letters on their
    way are finished, no others are begun.
    """
    signal.signal(signal.SIGTERM, _done)
    signal.signal(signal.SIGINT, _done)
    from app import settings as settings_
    from app.web import door

    settings = settings_.load()
    host = host or settings.host
    with door.opened(host, port or settings.port) as sockets:
        server = _pages(settings, pages_only=pages_only)
        port = sockets[0].getsockname()[1]  # 0 is any that is free
        print(f"Paperboy serves {settings.base_url} on {host}:{port}", flush=True)
        server.run(sockets)
    if not server.started:
        raise typer.Exit(1)


def _pages(settings: "Settings", *, pages_only: bool) -> "uvicorn.Server":
    """All that is served, ready to run: the database is up to date then."""
    import uvicorn

    from app import assembly, main
    from app.pipeline import restored
    from app.store import engine as engines
    from app.store import migration

    engine = engines.connect(settings.database)
    restored.refuse_empty(engine, settings.data_dir / restored.FILE)
    migration.migrate(engine)
    settings, engine = assembly.store(settings)
    day = assembly.day(settings, engine)
    _weigh(settings, engine, is_alone=not pages_only)
    parts = _parts(day, settings)
    lifespan = None if pages_only else lambda _app: _all(parts)
    web = main.create_app(settings, lifespan=lifespan, models=day.desk.models)
    main.freeze()
    return uvicorn.Server(
        uvicorn.Config(
            web,
            log_config=None,
            access_log=False,
            # Anybody can write X-Forwarded-For: only who was named is believed.
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=settings.trusted_proxies or None,
            timeout_graceful_shutdown=10,
        )
    )


def _done(_signal: int, _frame: "FrameType | None") -> None:
    """Exit cleanly: either nothing has begun yet, or the server has stopped.

    While it runs uvicorn takes the signals itself, stops cleanly, and then raises them anew; with
    nobody here the exit code would be that of a killed process.
    """
    sys.exit(0)


def worker() -> None:
    """Rank and send, one of any number of processes.

    They may run on any machine, and share the day's work. Needs PostgreSQL; on SQLite `paperboy
    serve` does it all. Ctrl-C or SIGTERM stops it cleanly: letters on their way are finished, no
    others are begun.
    """
    import asyncio

    settings, day = _begin()
    if not day.has_queue:
        raise NotReady(
            "The database is a SQLite file: run `paperboy serve`, which ranks and sends by itself. "
            "Workers need PostgreSQL in PAPERBOY_DATABASE_URL."
        )
    print(f"Paperboy ranks and sends for {settings.base_url}", flush=True)
    asyncio.run(_until_stopped([_parts(day, settings)[1]]))


def scheduler() -> None:
    """Read the sources and see who is due, without pages.

    On PostgreSQL workers write and send the letters, and a second scheduler waits until the
    first is gone. Ctrl-C or SIGTERM stops it cleanly.
    """
    import asyncio

    settings, day = _begin()
    print(f"Paperboy reads digests and sees who is due for {settings.base_url}", flush=True)
    asyncio.run(_until_stopped([_parts(day, settings)[0]]))


def _begin() -> "tuple[Settings, Day]":
    signal.signal(signal.SIGTERM, _done)
    signal.signal(signal.SIGINT, _done)
    from app import assembly

    settings, engine = assembly.store()
    _weigh(settings, engine, is_alone=False)
    return settings, assembly.day(settings, engine)


def _weigh(settings: "Settings", engine: "Engine", *, is_alone: bool) -> None:
    """Log what an operator should think about."""
    import logging

    from app import environment
    from app.cli import checks
    from app.store import queue

    log = logging.getLogger(__name__)
    for says in environment.idle(type(settings)):
        log.warning(says)
    for finding in checks.to_weigh_at_start(settings):
        log.warning(finding.says)
    if queue.is_there(engine) and not is_alone and not settings.signing_keys:
        log.warning(
            "PAPERBOY_SECRET_KEYS is not set. Every process of the service needs the same, or "
            "links in letters are void; so far each data folder has a key of its own."
        )


def _parts(day: "Day", settings: "Settings") -> list[Part]:
    """The clock, and where there is a queue a worker."""
    from app.scheduler import Ticks

    parts: list[Part] = [Ticks(day, settings.tick).running]
    if day.has_queue:
        from app.worker import Worker

        parts.append(Worker(day).running)
    return parts


@asynccontextmanager
async def _all(parts: list[Part]) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for part in parts:
            await stack.enter_async_context(part())
        yield


async def _until_stopped(parts: list[Part]) -> None:
    import asyncio

    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with _all(parts):
        await stop.wait()
