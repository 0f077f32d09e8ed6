"""The sockets that the pages are served on."""

import errno
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from app.errors import NotReady

# As on a machine without IPv6, whose "localhost" is an address of it all the same.
_NOT_HERE = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


@contextmanager
def opened(host: str, port: int) -> Iterator[list[socket.socket]]:
    """A bound socket for each address of the host. Raises NotReady if there is none.

    Bound before anything else begins, so that a second service on this port ends at once.
    """
    with ExitStack() as stack:
        try:
            sockets = _bound(stack, host, port)
        except OSError as e:
            raise NotReady(
                f"The pages cannot be served on {host}, port {port}: {e.strerror}. See "
                "PAPERBOY_HOST and PAPERBOY_PORT."
            ) from e
        yield sockets


def _bound(stack: ExitStack, host: str, port: int) -> list[socket.socket]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    places = list(dict.fromkeys((family, place) for family, _, _, _, place in found))
    sockets: list[socket.socket] = []
    for family, place in places:
        try:
            sockets.append(_bind(stack, family, place))
        except OSError as e:
            is_last_hope = not sockets and (family, place) == places[-1]
            if e.errno not in _NOT_HERE or is_last_hope:
                raise
    return sockets


def _bind(stack: ExitStack, family: socket.AddressFamily, place: Any) -> socket.socket:
    # Named, as asyncio sends at once (TCP_NODELAY) only where it reads that this is TCP.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    stack.enter_context(made)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    made.bind(place)
    return made
