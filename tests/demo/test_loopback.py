import asyncio
import socket
from contextlib import closing

from app.demo import loopback


def test_two_who_want_the_same_port_get_one_each():
    with closing(loopback.listening()) as first:
        port = first.getsockname()[1]
        with closing(loopback.listening(port)) as second:
            assert second.getsockname()[1] not in {0, port}


def test_a_port_that_is_free_is_given_to_whoever_wants_it():
    with closing(loopback.listening()) as found:
        port = found.getsockname()[1]
    with closing(loopback.listening(port)) as again:
        assert again.getsockname()[1] == port


def test_an_answer_in_two_parts_is_not_held_back():
    """A second write would wait 40 ms for the other side's word that it has the first."""

    async def answering() -> int:
        held: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def connected(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            wire = writer.get_extra_info("socket")
            held.set_result(wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        door = loopback.listening()
        async with await asyncio.start_server(connected, sock=door):
            _, writer = await asyncio.open_connection(*door.getsockname())
            sends_at_once = await held
            writer.close()
        return sends_at_once

    assert asyncio.run(answering())
