import asyncio
import socket
import threading

import pytest

from app.errors import Deferred
from app.wire import line, smtp
from app.wire.server import Patience, Server

HOST, LISTENS, SECONDS = "mail.example.org", socket.AF_INET, 60


def _refused():
    """An address where nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return (LISTENS, socket.SOCK_STREAM, 0, "", unused.getsockname())


@pytest.fixture
def named(monkeypatch):
    """What the name server has to say."""

    def name(answer):
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer())

    return name


def test_a_name_server_that_does_not_answer_keeps_nobody_from_ending(named):
    is_over, answered = threading.Event(), []

    def dawdle():
        is_over.wait(20)
        answered.append(HOST)
        return []

    named(dawdle)
    server = Server(HOST, 25, patience=Patience(greeting=0.05))
    try:
        with pytest.raises(Deferred, match="cannot be reached: Timed out connecting"):
            asyncio.run(smtp.connect(server))
        assert not answered
    finally:
        is_over.set()


def test_an_answer_that_comes_too_late_disturbs_nobody(named):
    is_over, asked = threading.Event(), []

    def dawdle():
        asked.append(threading.current_thread())
        is_over.wait(20)
        return []

    async def give_up_and_hear_it():
        with pytest.raises(OSError, match="Timed out"):
            await line.opened(HOST, 25, 0.05)
        is_over.set()
        asked[0].join(20)
        await asyncio.sleep(0)

    named(dawdle)
    asyncio.run(give_up_and_hear_it())


def test_the_first_address_that_answers_is_taken(named):
    with socket.create_server(("127.0.0.1", 0)) as there:
        found = [
            (-1, socket.SOCK_STREAM, 0, "", ("of no family we know", 25)),
            _refused(),
            (LISTENS, socket.SOCK_STREAM, 0, "", there.getsockname()),
        ]
        named(lambda: found)
        with asyncio.run(line.opened(HOST, 25, SECONDS)) as opened:
            assert opened.getpeername() == there.getsockname()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ([], "it has no address"),
        ([_refused()], "Connect call failed"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "not known"),
        (UnicodeError("label too long"), "no host's name"),
    ],
)
def test_what_keeps_us_from_a_server_is_told(named, answer, words):
    def say():
        if isinstance(answer, Exception):
            raise answer
        return answer

    named(say)
    with pytest.raises(Deferred, match=f"{HOST}:25 cannot be reached: .*{words}"):
        asyncio.run(smtp.connect(Server(HOST, 25)))
