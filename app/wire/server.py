"""The server that letters are handed over to, and the way to its ear: connect, TLS, log-in."""

import asyncio
import socket
from dataclasses import dataclass

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPHeloError,
    SMTPNotSupported,
    SMTPResponseException,
)

from app.errors import Deferred, Refused
from app.wire import replies


@dataclass(frozen=True)
class Patience:
    """How many seconds to wait for each reply, and for a block of the message to leave.

    The defaults are those of RFC 5321 §4.5.3.2. A shorter wait for `taken`, the reply that takes
    the message over, makes second copies.
    """

    greeting: float = 300
    command: float = 300
    go_on: float = 120
    block: float = 180
    taken: float = 600


@dataclass(frozen=True)
class Server:
    """Where letters are handed over. tls: "none", "starttls" (required), "tls". hello: our name."""

    host: str
    port: int
    tls: str = "none"
    username: str = ""
    password: str = ""
    hello: str = ""
    max_per_connection: int = 100
    patience: Patience = Patience()


async def reach(server: Server) -> tuple[asyncio.Transport, dict[str, str]]:
    """Connect, agree on TLS and log in: the open line, and what the server can do.

    The latter is what it said (RFC 5321 §4.1.1.1): keyword, in lower case → value.
    Raises Deferred whatever went wrong: a password the server refuses today says nothing about
    any one letter.
    """
    client = SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username or None,
        password=server.password or None,
        local_hostname=server.hello or socket.gethostname(),  # else the DNS is asked, and may hang
        use_tls=server.tls == "tls",
        start_tls=server.tls == "starttls",
        timeout=server.patience.greeting,
    )
    try:
        await client.connect()
        await _greet(client)
    except (SMTPException, OSError, ValueError) as e:
        client.close()
        raise _cannot_connect(server, e) from e
    except asyncio.CancelledError:
        client.close()
        raise
    if not isinstance(client.transport, asyncio.Transport):  # closed in this very moment
        raise _cannot_connect(server, OSError("connection lost"))
    return client.transport, dict(client.esmtp_extensions)


async def _greet(client: SMTP) -> None:
    # aiosmtplib puts EHLO off until MAIL, which is too late to ask what the server can do.
    if client.is_ehlo_or_helo_needed:
        try:
            await client.ehlo()
        except SMTPHeloError:
            await client.helo()


def _cannot_connect(server: Server, error: Exception) -> Deferred:
    where = f"{server.host}:{server.port}"
    code = error.code if isinstance(error, SMTPResponseException) else 0
    if isinstance(error, SMTPAuthenticationError):
        words = replies.on_one_line(error.message)
        return Refused(code, f"{where} refused the log-in of {server.username}: {words}")
    if isinstance(error, SMTPNotSupported):
        return Deferred(code, f"{where} does not offer what is asked for ({error})")
    return Deferred(code, f"{where} cannot be reached: {replies.on_one_line(str(error))}")
