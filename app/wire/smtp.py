"""One message to the SMTP server, in two steps, and what the server's reply means.

Two steps because of the ledger: the message is offered (MAIL, RCPT), the caller writes down that it
is about to leave, and only then it is transmitted (DATA). A connection lost after the server said
"go on" leaves it open whether the message arrived; lost before that it did not.
"""

import asyncio
import re
import socket
import sys
from dataclasses import dataclass
from typing import NoReturn

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPHeloError,
    SMTPNotSupported,
    SMTPResponse,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from app.errors import Deferred, DeliveryError, Lost, Refused, Rejected
from app.mail import message as mail_message
from app.mail import refusal

SERVICE_CLOSING, GO_ON, TAKEN, FORWARDED, TOO_BIG = 421, 354, 250, 251, 552
# RFC 4954 §6: log in first. Said to every letter alike until the operator has set it right.
LOG_IN_FIRST = {530, 535, 538}
LONGEST_REPLY = 1_000
_ABOUT_THE_LETTER = re.compile(r"5\.3\.4|5\.6\.")


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
    """Where letters are handed over. tls: "none", "starttls" (required) or "tls"."""

    host: str
    port: int
    tls: str = "none"
    username: str = ""
    password: str = ""
    max_per_connection: int = 100
    patience: Patience = Patience()


class Connection:
    """One open connection; use it for one message at a time. Open it with `connect`.

    n_offered, n_taken: how many messages it was asked to take, and took.
    """

    def __init__(self, client: SMTP, server: Server) -> None:
        self._client = client
        self._server = server
        self._is_open = True
        self.n_offered = self.n_taken = 0

    @property
    def is_open(self) -> bool:
        """Whether the server still listens, as far as is known."""
        return self._is_open and self._client.is_connected

    @property
    def extensions(self) -> dict[str, str]:
        """What the server said it can do (RFC 5321 §4.1.1.1): keyword, in lower case → value."""
        return self._client.esmtp_extensions

    @property
    def most_bytes(self) -> int:
        """The longest message it takes, as it said (RFC 1870); 0: it did not say."""
        most = self.extensions.get("size", "")
        return int(most) if most.isdecimal() else 0

    @property
    def is_worn(self) -> bool:
        """Whether it has had its share: some servers refuse who never lets go."""
        return self.n_offered >= self._server.max_per_connection

    async def offer(self, sender: str, recipient: str, size: int = 0) -> None:
        """Name sender and one recipient. Raises Deferred or Rejected; nothing has left then.

        size: of the message in bytes, for a server that wants to know (RFC 1870).
        """
        options = self._options(sender, recipient, size)
        self.n_offered += 1
        mail = " ".join((f"MAIL FROM:<{sender}>", *options))
        for command, meaning in (
            (mail, self._meaning_at_mail),
            (f"RCPT TO:<{recipient}>", _meaning),
        ):
            try:
                await self._ask(command)
            except (SMTPException, OSError, ValueError) as e:
                await self._give_up(meaning(e), e)
            except asyncio.CancelledError:
                self.drop()
                raise

    async def _ask(self, command: str) -> None:
        # Not aiosmtplib's mail() and rcpt(): they read addresses anew that are known to be good.
        wait = self._server.patience.command
        reply = await self._client.execute_command(command.encode(), timeout=wait)
        if reply.code not in {TAKEN, FORWARDED}:
            raise SMTPResponseException(reply.code, reply.message)

    def _options(self, sender: str, recipient: str, size: int) -> list[str]:
        options, host, most = [], self._server.host, self.most_bytes
        if 0 < most < size:
            raise Rejected(TOO_BIG, f"the letter has {size} bytes, and {host} takes {most} at most")
        if size and self._client.supports_extension("size"):
            options.append(f"SIZE={size}")
        if mail_message.needs_smtputf8(sender) or mail_message.needs_smtputf8(recipient):
            if not self._client.supports_extension("smtputf8"):
                raise Rejected(0, f"the server {host} takes no address with non-ASCII letters")
            options.append("SMTPUTF8")
        return options

    def _meaning_at_mail(self, error: Exception) -> DeliveryError:
        """No recipient was named yet: a final word is about the sender, or the letter's size."""
        failure = _meaning(error)
        if failure.code == SERVICE_CLOSING and not self.n_taken:
            return Refused(failure.code, failure.reply)
        if isinstance(failure, Rejected) and not _is_about_the_letter(failure):
            return Refused(failure.code, failure.reply)
        return failure

    async def transmit(self, message: bytes) -> tuple[int, str]:
        """Hand the message over and return the server's reply.

        Raises Rejected, or Deferred; Lost means that it may have arrived all the same.
        """
        has_begun = False
        try:
            reply = await self._client.execute_command(b"DATA", timeout=self._server.patience.go_on)
            if reply.code != GO_ON:
                raise SMTPDataError(reply.code, reply.message)
            has_begun = True
            reply = await self._hand_over(message)
            if reply.code != TAKEN:
                raise SMTPDataError(reply.code, reply.message)
        except (SMTPException, OSError, ValueError) as e:
            failure = _meaning(e)
            if has_begun and failure.code == 0:
                failure = Lost(0, failure.reply)
            await self._give_up(failure, e)
        self.n_taken += 1
        return reply.code, _words(reply.message)

    async def _hand_over(self, message: bytes) -> SMTPResponse:
        # Not aiosmtplib's data(): it waits for "go on" as long as for the last reply, and does not
        # tell which of them failed to come.
        protocol = self._client.protocol
        if protocol is None:
            raise SMTPServerDisconnected("the connection was lost")
        protocol.write(_on_the_wire(message))
        watch = asyncio.ensure_future(self._watch_the_flow())
        try:
            return await protocol.read_response(timeout=self._server.patience.taken)
        finally:
            watch.cancel()

    async def _watch_the_flow(self) -> None:
        """Hang up on a server that takes no block of the message for too long."""
        left, transport = sys.maxsize, self._client.transport
        while isinstance(transport, asyncio.WriteTransport):
            before, left = left, transport.get_write_buffer_size()
            if left == 0:
                return
            if left >= before:
                transport.abort()  # close() would wait for what is unsent
                return
            await asyncio.sleep(self._server.patience.block)

    async def reset(self) -> None:
        """Take back what was offered."""
        try:
            await self._client.rset(timeout=self._server.patience.command)
        except (SMTPException, OSError):
            self.drop()

    async def close(self) -> None:
        """Say QUIT, if anybody is still listening."""
        self._is_open = False
        try:
            await self._client.quit(timeout=5)
        except (SMTPException, OSError):
            self._client.close()

    def drop(self) -> None:
        """Hang up without a word."""
        self._is_open = False
        self._client.close()

    async def _give_up(self, failure: DeliveryError, error: Exception) -> NoReturn:
        if failure.code in {0, SERVICE_CLOSING}:
            # aiosmtplib may still count itself connected after a 421.
            self.drop()
        else:
            await self.reset()
        raise failure from error


def _on_the_wire(message: bytes) -> bytes:
    """CRLF throughout, dots doubled, and the final one (RFC 5321 §4.5.2)."""
    n_lines = message.count(b"\r\n")
    if message.count(b"\n") != n_lines or message.count(b"\r") != n_lines:
        message = re.sub(rb"\r\n|\r|\n", b"\r\n", message)
    lines = message.removesuffix(b"\r\n").replace(b"\r\n.", b"\r\n..")
    return b"".join((b"." if lines.startswith(b".") else b"", lines, b"\r\n.\r\n"))


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
        return Refused(code, f"{where} refused the log-in of {server.username}: {words}")
    if isinstance(error, SMTPNotSupported):
        return Deferred(code, f"{where} does not offer what is asked for ({error})")
    return Deferred(code, f"{where} cannot be reached: {_words(str(error))}")


def _meaning(error: Exception) -> DeliveryError:
    if not isinstance(error, SMTPResponseException):
        return Deferred(0, f"connection lost: {_words(str(error))}")
    if error.code < 200:  # what came was no reply at all
        return Deferred(0, _words(error.message))
    code, words = error.code, _words(error.message)
    if code < 500:
        return Deferred(code, words)
    rejected = Rejected(code, words)
    kind, _ = refusal.judge(f"{code} {words}")
    is_ours = kind is refusal.Kind.SENDER and not _is_about_the_letter(rejected)
    return Refused(code, words) if is_ours or code in LOG_IN_FIRST else rejected


def _is_about_the_letter(failure: DeliveryError) -> bool:
    return failure.code == TOO_BIG or bool(_ABOUT_THE_LETTER.match(failure.reply))


def _words(reply: str) -> str:
    """A reply on one line, fit to be stored: servers may send any bytes, and many."""
    return " ".join(reply.encode("utf-8", "replace").decode().split())[:LONGEST_REPLY]
