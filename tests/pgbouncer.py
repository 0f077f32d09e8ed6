"""PgBouncer in front of the tests' PostgreSQL, where it is installed."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count

import psycopg
import pytest
from postgres import PATIENCE_S, Server

FOUND = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
# Of sockets in the server's folder: no port of the machine's is taken.
_numbers = count(6432)


@contextmanager
def running(server: Server, mode: str, **more: str) -> Iterator[str]:
    """Yield how an address asks for it; more: as in its own settings."""
    if FOUND is None:
        pytest.skip("no PgBouncer here: install it (Debian: apt install pgbouncer)")
    number = next(_numbers)
    told = {"pool_mode": mode, "listen_port": number, "unix_socket_dir": server.folder}
    told |= {"auth_type": "any", "logfile": "/dev/null"} | more
    lines = [f"[databases]\n* = host={server.folder} user=postgres\n[pgbouncer]"]
    lines += [f"{name} = {value}" for name, value in told.items()]
    written = server.folder.parent / f"pgbouncer{number}.ini"
    written.write_text("\n".join(lines) + "\n")
    with subprocess.Popen([FOUND, "-q", written], **server.as_whom) as process:
        try:
            _wait(f"host={server.folder} port={number} user=postgres dbname=postgres", process)
            yield f"host={server.folder}&port={number}"
        finally:
            process.kill()


def _wait(where: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < until:
        with suppress(psycopg.OperationalError), psycopg.connect(where, autocommit=True) as it:
            it.execute("SELECT 1")
            return
        time.sleep(0.05)
    raise TimeoutError("PgBouncer does not answer")
