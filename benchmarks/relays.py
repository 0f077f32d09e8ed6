"""Servers on this machine that letters are sent to: one that takes all, and a real Postfix."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOOPBACK = "127.0.0.1"
# Postfix's own test programs; in C, and so the limit of what a sender can be.
HAS_POSTFIX_TOOLS = bool(shutil.which("smtp-source") and shutil.which("smtp-sink"))
_BACKLOG = "1000"
_PATIENCE = 60

_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
myhostname = bench.example.org
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
default_transport = discard:
relay_transport = discard:
local_transport = discard:
alias_maps =
alias_database =
"""
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
"""


@contextmanager
def sink(ours: list[str]) -> Iterator[int]:
    """A server that takes everything and keeps nothing, in a process of its own; gives its port.

    smtp-sink, or where that is not installed `ours`: a command that prints the port it listens on.
    """
    if HAS_POSTFIX_TOOLS:
        port = _free_port()
        # As root it insists on becoming somebody else.
        somebody = ["-u", "nobody"] if os.geteuid() == 0 else []
        command = ["smtp-sink", *somebody, f"{LOOPBACK}:{port}", _BACKLOG]
        with subprocess.Popen(command) as server:  # noqa: S603
            try:
                _wait_for(port)
                yield port
            finally:
                server.kill()
        return
    with subprocess.Popen(ours, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((LOOPBACK, 0))
        return int(found.getsockname()[1])


def _wait_for(port: int) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    sys.exit(f"Nobody listens on {LOOPBACK}:{port}.")


def why_no_postfix() -> str:
    """Why no Postfix can be started here; "" where one can."""
    if not shutil.which("postfix"):
        return "Postfix is not installed"
    if not HAS_POSTFIX_TOOLS:
        return "smtp-source is not installed"
    return "" if os.geteuid() == 0 else "only root may start a Postfix"


@contextmanager
def postfix() -> Iterator["Postfix"]:
    """A Postfix of our own, with its queue on the disk, that throws away what it has queued."""
    with tempfile.TemporaryDirectory(prefix="postfix") as name:
        folder, port = Path(name), _free_port()
        folder.chmod(0o755)
        for part in ("conf", "queue", "data"):
            (folder / part).mkdir()
        shutil.chown(folder / "data", "postfix")
        (folder / "conf/main.cf").write_text(_MAIN.format(folder=folder))
        (folder / "conf/master.cf").write_text(_MASTER.format(port=port))
        _postfix(folder, "start")
        try:
            _wait_for(port)
            yield Postfix(folder, port)
        finally:
            _postfix(folder, "stop")


def _postfix(folder: Path, *words: str) -> None:
    command = ["postfix", "-c", str(folder / "conf"), *words]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603


class Postfix:
    """One that runs."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self.port = port

    def settle(self) -> None:
        """Wait until its queue is empty, so that no round pays for the one before."""
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            if not any(
                each.is_file()
                for part in ("incoming", "active", "deferred")
                for each in (self._folder / "queue" / part).rglob("*")
            ):
                return
            time.sleep(0.1)
