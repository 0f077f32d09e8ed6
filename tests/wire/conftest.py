"""SMTP servers with TLS, and servers that say whatever a test has them say."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

import pytest
from smtp_sink import Sink

from app.wire.server import Server

HERE = Path(__file__).parent


@pytest.fixture(params=[True, False], ids=["pipelining", "one by one"])
def sink(request: pytest.FixtureRequest) -> Iterator[Sink]:
    """Takes what these tests send, which is no letters."""
    with Sink(pipelines=request.param) as sink:
        yield sink


@pytest.fixture
def tls() -> ssl.SSLContext:
    """What a server called localhost proves its name with; nobody trusts it unless told to."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(HERE / "certificate.pem", HERE / "key.pem")
    return context


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the certificate, as an operator would who made one."""
    monkeypatch.setenv("SSL_CERT_FILE", str(HERE / "certificate.pem"))


Answering = Callable[..., AbstractAsyncContextManager[Server]]


@pytest.fixture
def answering() -> Answering:
    """A server that greets, and answers each command by its verb ("." ends the message).

    answers: verb, or it and the word after it → raw bytes; b"" hangs up; whatever is not told is
    "250 OK".
    """

    @asynccontextmanager
    async def serve(**answers: bytes) -> AsyncIterator[Server]:
        said = {"greeting": b"220 here", "DATA": b"354 go on", "QUIT": b"221 bye"} | answers
        done: set[asyncio.Task[None]] = set()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            done.add(asyncio.current_task())
            verb, in_message = "greeting", False
            while answer := said.get(verb, b"250 OK"):
                if not in_message:
                    writer.write(answer + b"\r\n")
                in_message = in_message or (verb == "DATA" and answer.startswith(b"354"))
                try:
                    line = await reader.readline()
                except ConnectionResetError:  # by who has heard enough
                    break
                if not line or verb == "QUIT":
                    break
                if in_message and line != b".\r\n":
                    continue
                verb, both = (b" ".join(line.split()[:n]).decode().upper() for n in (1, 2))
                verb, in_message = both if both in said else verb, False
            writer.close()
            with suppress(ConnectionResetError):
                await writer.wait_closed()

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        try:
            yield Server("127.0.0.1", server.sockets[0].getsockname()[1])
        finally:
            server.close()
            await asyncio.gather(*done)

    return serve
