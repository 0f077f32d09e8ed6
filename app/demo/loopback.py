"""Servers on loopback, on a port that is theirs from the moment it is chosen."""

import asyncio
import socket
from collections.abc import Awaitable
from typing import Any

from aiosmtpd.controller import Controller


def listening(wanted: int = 0) -> socket.socket:
    """A socket that listens on loopback: on the wanted port if it is free, else on another.

    A port that is only found to be free may be gone when it is used.
    """
    # Named, as asyncio sends at once (TCP_NODELAY) only where it reads that this is TCP.
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind(("127.0.0.1", wanted))
        opened.listen(128)
    except OSError:
        opened.close()
        if not wanted:
            raise
        return listening()
    return opened


class MailController(Controller):
    """aiosmtpd's, on a socket that listens already. It closes the socket when it stops."""

    def __init__(self, handler: object, socket_: socket.socket, **options: Any) -> None:
        host, port = socket_.getsockname()
        super().__init__(handler, hostname=host, port=port, **options)
        self._socket = socket_

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(
            self._factory_invoker, sock=self._socket, ssl=self.ssl_context
        )
