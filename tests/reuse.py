"""What a process prepares once, however many services the tests in it start.

A service that runs for months compiles its templates and its SQL once. Tests start a new one each,
and would spend most of their time on that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jinja2
import pytest
import sqlalchemy
from anyio.from_thread import start_blocking_portal
from fastapi.testclient import TestClient

from app.store import engine as engines

TUNE_SQLITE = engines._tune_sqlite


def compiled_once(patch: pytest.MonkeyPatch) -> None:
    """Let environments and engines of one kind share what they compile."""
    _share_templates(patch)
    _share_statements(patch)


@contextmanager
def one_loop(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let test clients share a thread with its event loop: they would start one a request."""
    with start_blocking_portal() as portal:
        patch.setattr(TestClient, "portal", portal)
        yield


def never_synced(patch: pytest.MonkeyPatch) -> None:
    """Let SQLite leave it to the system when to write to disk: no test cuts the power.

    A process that is killed loses nothing by it. A database takes ten times as long with a disk
    that is slow, or busy with others.
    """

    def tune_and_relax(connection: Any, record: Any) -> None:
        TUNE_SQLITE(connection, record)
        connection.execute("PRAGMA synchronous=OFF")

    patch.setattr(engines, "_tune_sqlite", tune_and_relax)


def _share_templates(patch: pytest.MonkeyPatch) -> None:
    compile_source, made = jinja2.Environment.compile, {}

    def compile_once(
        self: jinja2.Environment, source: Any, name: Any = None, filename: Any = None, **how: Any
    ) -> Any:
        if filename is None:  # made up within a test
            return compile_source(self, source, name, filename, **how)
        key = (source, name, filename, tuple(how.items()), tuple(self.filters), *self.extensions)
        if key not in made:
            made[key] = compile_source(self, source, name, filename, **how)
        return made[key]

    patch.setattr(jinja2.Environment, "compile", compile_once)


def _share_statements(patch: pytest.MonkeyPatch) -> None:
    # What is compiled is kept by its dialect, of which every engine makes its own.
    first = sqlalchemy.create_engine("sqlite://", query_cache_size=2000)
    with first.connect():
        pass  # only now does the dialect know the server's version
    begin = sqlalchemy.Engine.__init__

    def begin_like_the_first(self: Any, pool: Any, dialect: Any, *given: Any, **more: Any) -> None:
        alike = type(dialect) is type(first.dialect)
        begin(self, pool, first.dialect if alike else dialect, *given, **more)
        if alike:
            self._compiled_cache = first._compiled_cache

    patch.setattr(sqlalchemy.Engine, "__init__", begin_like_the_first)
    first.dispose()
