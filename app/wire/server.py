"""The server that letters are handed over to, and the way to its ear: connect, TLS, log-in."""

import asyncio
import socket
from dataclasses import dataclass

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPHeloError,
    SMTPResponseException,
)

from app.errors import Deferred, Refused
from app.wire import line as lines
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
    try:
        line = await lines.opened(server.host, server.port, server.patience.greeting)
    except OSError as e:
        raise _cannot_connect(server, e) from e
    client = SMTP(
        hostname=server.host,
        sock=line,
        local_hostname=server.hello or socket.gethostname(),  # else the DNS is asked, and may hang
        use_tls=server.tls == "tls",
        start_tls=False,  # see `_agree`
        timeout=server.patience.greeting,
    )
    try:
        await _agree(client, server)
    except (SMTPException, OSError, ValueError) as e:
        client.close()
        raise _cannot_connect(server, e) from e
    except asyncio.CancelledError:
        client.close()
        raise
    if not isinstance(client.transport, asyncio.Transport):  # closed in this very moment
        raise _cannot_connect(server, OSError("connection lost"))
    return client.transport, dict(client.esmtp_extensions)


async def _agree(client: SMTP, server: Server) -> None:
    # aiosmtplib would do it all in `connect`, but it asks a server on after it said goodbye, and
    # then tells of the lost connection instead of why.
    await client.connect()
    await _greet(client)
    if server.tls == "starttls":
        await client.starttls()
        await _greet(client)  # what was said before, anybody may have said
    if server.username:
        await _log_in(client, server)


async def _greet(client: SMTP) -> None:
    try:
        await client.ehlo()
    except SMTPHeloError as e:
        if e.code == replies.SERVICE_CLOSING:
            raise
        await client.helo()


async def _log_in(client: SMTP, server: Server) -> None:
    ways = {"cram-md5": client.auth_crammd5, "plain": client.auth_plain, "login": client.auth_login}
    refusal: SMTPException = SMTPException("it offers no log-in that we know, or none without TLS")
    for way in client.supported_auth_methods:
        try:
            await ways[way](server.username, server.password)
        except SMTPAuthenticationError as e:
            if _is_for_now(e):
                raise
            refusal = e  # some offer what they do not know
        else:
            return
    raise refusal


def _is_for_now(error: SMTPResponseException) -> bool:
    return 400 <= error.code < 500


def _cannot_connect(server: Server, error: Exception) -> Deferred:
    where = f"{server.host}:{server.port}"
    if not isinstance(error, SMTPResponseException):
        return Deferred(0, f"{where} cannot be reached: {replies.on_one_line(str(error))}")
    code, words = error.code, replies.on_one_line(error.message)
    if isinstance(error, SMTPAuthenticationError) and not _is_for_now(error):
        return Refused(code, f"{where} refused the log-in of {server.username}: {words}")
    return Deferred(code, f"{where} cannot be reached: {code} {words}")
