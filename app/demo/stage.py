"""The demo's service: a throw-away database, the pages on a loopback port, a catching server."""

import secrets
import socket
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
from app.demo import loopback
from app.demo.catcher import Catcher
from app.errors import AppError
from app.pipeline.models import Models
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
        door = loopback.listening(port or WANTED_PORT)
        settings = _settings(folder, door.getsockname()[1], catcher.port)
        engine = engines.connect(settings.database)
        migration.migrate(engine)
        day = assembly.day(settings, engine)
        with _served(settings, day.desk.models, door):
            yield Stage(settings, engine, day, catcher)
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
def _served(settings: Settings, models: Models, door: socket.socket) -> Iterator[None]:
    # What the letters were ranked with, as in `serve`: pages can tell at once what a click changed.
    web = main.create_app(settings, models=models)
    server = uvicorn.Server(uvicorn.Config(web, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, args=[[door]], name="pages")
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
            raise AppError("The pages could not be served; the lines above say why.")
        time.sleep(0.02)
