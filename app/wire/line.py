"""A TCP connection to a host, and nothing said on it yet."""

import asyncio
import socket
from typing import Any

from app.wire import left_behind

# Family, kind, protocol, name, address; the last of these is what a socket connects to.
_Address = tuple[int, int, int, str, Any]


async def opened(host: str, port: int, seconds: float) -> socket.socket:
    """Connect to the first of a host's addresses that answers. Raises OSError."""
    try:
        async with asyncio.timeout(seconds):
            return await _first_of(await _look_up(host, port))
    except TimeoutError as e:
        raise OSError("Timed out connecting") from e
    except UnicodeError as e:
        raise OSError("that is no host's name") from e


async def _look_up(host: str, port: int) -> list[_Address]:
    # asyncio asks in a thread that it waits for at the end, and a look-up cannot be interrupted:
    # where no name server answers, a stop would take minutes.
    def ask() -> list[_Address]:
        return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))

    return await asyncio.wrap_future(left_behind.begun(ask, "look up"))


async def _first_of(addresses: list[_Address]) -> socket.socket:
    failure = OSError("it has no address")
    for each in addresses:
        try:
            return await _connected(each)
        except OSError as e:  # also where this machine does not speak its kind, such as IPv6
            failure = e
    raise failure


async def _connected(address: _Address) -> socket.socket:
    family, kind, protocol, _, place = address
    line = socket.socket(family, kind, protocol)
    try:
        line.setblocking(False)
        await asyncio.get_running_loop().sock_connect(line, place)
    except BaseException:
        line.close()
        raise
    return line
