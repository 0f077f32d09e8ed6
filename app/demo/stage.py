"""The demo's service: a throw-away database, the pages on a loopback port, a catching server."""

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from sqlalchemy import Engine

from app import assembly, main
from app.choices import Tls
from app.demo.catcher import Catcher, free_port
from app.errors import AppError
from app.pipeline.plan import Day
from app.settings import Settings
from app.store import engine as engines
from app.store import migration

WANTED_PORT = 8000


@dataclass(frozen=True)
class Stage:
    """What the story plays on."""

    settings: Settings
    engine: Engine
    day: Day
    catcher: Catcher


@contextmanager
def built(folder: Path, port: int = 0) -> Iterator[Stage]:
    """Set everything up in a folder, on the wanted port or another free one."""
    with Catcher(folder / "letters") as catcher:
        settings = _settings(folder, free_port(port or WANTED_PORT), catcher.port)
        engine = engines.connect(settings.database)
        migration.migrate(engine)
        with _served(settings):
            yield Stage(settings, engine, assembly.day(settings, engine), catcher)
        engine.dispose()


def _settings(folder: Path, port: int, smtp_port: int) -> Settings:
    # Everything named, so that the operator's own settings stay out of the demo.
    return Settings(
        data_dir=folder,
        database_url=f"sqlite:///{folder / 'demo.sqlite3'}",
        secret_keys=secrets.token_hex(32),
        base_url=f"http://127.0.0.1:{port}",
        host="127.0.0.1",
        port=port,
        mail_from="Paperboy <paperboy@example.org>",
        postal_address="Paperboy demo, on your own machine",
        smtp_host="127.0.0.1",
        smtp_port=smtp_port,
        smtp_username="",
        smtp_password="",
        smtp_tls=Tls.NONE,
        sources="",
        candidate_days=7,
        letter_size=10,
    )


@contextmanager
def _served(settings: Settings) -> Iterator[None]:
    web = main.create_app(settings)
    config = uvicorn.Config(
        web, host="127.0.0.1", port=settings.port, log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="pages")
    thread.start()
    try:
        _wait_for(server, thread)
        yield
    finally:
        server.should_exit = True
        thread.join()


def _wait_for(server: uvicorn.Server, thread: threading.Thread) -> None:
    while not server.started:
        if not thread.is_alive():
            raise AppError("The pages could not be served; is the port taken?")
        time.sleep(0.02)
