"""A TCP connection to a host, and nothing said on it yet."""

import asyncio
import socket
from contextlib import suppress
from threading import Thread
from typing import Any

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
    # where no name server answers, a stop would take minutes. This one is left behind.
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[_Address]] = loop.create_future()

    def tell(found: list[_Address] | Exception) -> None:
        if answer.done():
            return
        if isinstance(found, Exception):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def ask() -> None:
        found: list[_Address] | Exception
        try:
            found = list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as e:
            found = e
        with suppress(RuntimeError):  # nobody is left to be told
            loop.call_soon_threadsafe(tell, found)

    Thread(target=ask, daemon=True, name="look up").start()
    return await answer


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
