"""One message to the SMTP server, in two steps, and what the server's reply means.

Two steps because of the ledger: the message is offered (MAIL, RCPT), the caller writes down that it
is about to leave, and only then it is transmitted (DATA). A connection lost in the second step
leaves it open whether the message arrived; lost in the first it did not.
"""

import asyncio
import socket
from dataclasses import dataclass
from typing import NoReturn

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPHeloError,
    SMTPNotSupported,
    SMTPResponseException,
)

from app.errors import Deferred, DeliveryError, Rejected
from app.mail import message as mail_message

# RFC 5321 §4.5.3.2; the wait after the final dot is the operator's to set.
OPEN_SECONDS, COMMAND_SECONDS = 60.0, 300.0
SERVICE_CLOSING = 421
# RFC 4954 §6: log in first. Said to every letter alike until the operator has set it right.
ABOUT_THE_SENDER = {530, 535, 538}
LONGEST_REPLY = 1_000


@dataclass(frozen=True)
class Server:
    """Where letters are handed over. tls: "none", "starttls" (required) or "tls"."""

    host: str
    port: int
    tls: str = "none"
    username: str = ""
    password: str = ""
    data_seconds: float = 600.0


class Connection:
    """One open connection; use it for one message at a time. Open it with `connect`."""

    def __init__(self, client: SMTP, server: Server) -> None:
        self._client = client
        self._server = server
        self.is_open = True

    async def offer(self, sender: str, recipient: str) -> None:
        """Name sender and one recipient. Raises Deferred or Rejected; nothing has left then."""
        needs = mail_message.needs_smtputf8(sender) or mail_message.needs_smtputf8(recipient)
        options = ["SMTPUTF8"] if needs else []
        if options and not self._client.supports_extension("smtputf8"):
            raise Rejected(
                0, f"the server {self._server.host} takes no address with non-ASCII letters"
            )
        try:
            await self._client.mail(
                sender, options=options, encoding="utf-8", timeout=COMMAND_SECONDS
            )
            await self._client.rcpt(recipient, encoding="utf-8", timeout=COMMAND_SECONDS)
        except (SMTPException, OSError, ValueError) as e:
            await self._give_up(e)
        except asyncio.CancelledError:
            self.is_open = False
            self._client.close()
            raise

    async def transmit(self, message: bytes) -> tuple[int, str]:
        """Hand the message over and return the server's reply.

        Raises Rejected, or Deferred; a Deferred of code 0 means that the connection was lost and
        the message may have arrived all the same.
        """
        try:
            reply = await self._client.data(message, timeout=self._server.data_seconds)
        except (SMTPException, OSError, ValueError) as e:
            await self._give_up(e)
        return reply.code, _words(reply.message)

    async def close(self) -> None:
        """Say QUIT, if anybody is still listening."""
        self.is_open = False
        try:
            await self._client.quit(timeout=5)
        except (SMTPException, OSError):
            self._client.close()

    async def _give_up(self, error: Exception) -> NoReturn:
        failure = _meaning(error)
        if failure.code in {0, SERVICE_CLOSING}:
            # aiosmtplib still counts itself connected after a 421.
            self.is_open = False
            self._client.close()
        else:
            await self._reset()
        raise failure from error

    async def _reset(self) -> None:
        try:
            await self._client.rset(timeout=COMMAND_SECONDS)
        except (SMTPException, OSError):
            self.is_open = False
            self._client.close()


async def connect(server: Server) -> Connection:
    """Connect, agree on TLS and log in.

    Raises Deferred whatever went wrong: a password the server refuses today says nothing about
    any one letter.
    """
    client = SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username or None,
        password=server.password or None,
        local_hostname=socket.gethostname(),  # the default looks it up in the DNS, and may hang
        use_tls=server.tls == "tls",
        start_tls=server.tls == "starttls",
        timeout=OPEN_SECONDS,
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
    return Connection(client, server)


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
        words = _words(error.message)
        return Deferred(code, f"{where} refused the log-in of {server.username}: {words}")
    if isinstance(error, SMTPNotSupported):
        return Deferred(code, f"{where} does not offer what is asked for ({error})")
    return Deferred(code, f"{where} cannot be reached: {_words(str(error))}")


def _meaning(error: Exception) -> DeliveryError:
    if not isinstance(error, SMTPResponseException):
        return Deferred(0, f"connection lost: {_words(str(error))}")
    if error.code < 200:  # what came was no reply at all
        return Deferred(0, _words(error.message))
    is_final = error.code >= 500 and error.code not in ABOUT_THE_SENDER
    return (Rejected if is_final else Deferred)(error.code, _words(error.message))


def _words(reply: str) -> str:
    """A reply on one line, fit to be stored: servers may send any bytes, and many."""
    return " ".join(reply.encode("utf-8", "replace").decode().split())[:LONGEST_REPLY]
