"""A real SMTP server on loopback that records what it takes and misbehaves as told."""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from app.demo import loopback
from app.wire.server import Server

# In a script, instead of an answer: close the connection; take the message, and then close it.
DROP, TAKE_AND_DROP = "drop", "take and drop"
# At go_on: close it after "354", or when some of the message has come.
GO_ON_AND_DROP, DROP_IN_MESSAGE = "go on and drop", "drop in message"
YES = "250 2.0.0 OK"
# Seconds it may take to answer: more than any sender waits.
LONGEST_ANSWER = 1_000


@dataclass(frozen=True)
class Taken:
    """One message the sink answered with 250, as it came over the wire."""

    sender: str
    recipient: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class Sink:
    """Use as a context manager.

    at_mail, at_rcpt, at_data: recipient (at_mail: sender) → answers to give, one a try, before
    saying yes; "*" is for everybody. An answer is a reply line or DROP. at_go_on: the same, before
    the message itself. most_taken: messages a connection may bring before it is told to go.
    """

    at_mail: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    at_rcpt: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    at_data: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    at_go_on: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    password: str = ""
    options: dict[str, object] = field(default_factory=dict)
    most_connections: int = sys.maxsize
    most_taken: int = sys.maxsize
    pipelines: bool = True

    def __post_init__(self) -> None:
        self.taken: list[Taken] = []
        self.attempts: list[str] = []
        self.greeted_by: list[str] = []
        self.n_connections = 0
        self.port = 0

    def __enter__(self) -> Self:
        extra = dict(self.options)
        if self.password:
            extra |= {
                "authenticator": self._log_in,
                "auth_required": True,
                "auth_require_tls": False,
            }
        # Entered again it comes back where it was.
        door = loopback.listening(self.port)
        # By itself it hangs up after five minutes, also while it is the one who lets others wait.
        extra |= {"enable_SMTPUTF8": True, "timeout": LONGEST_ANSWER}
        self._controller = _Controller(self, door, **extra)
        self.port = self._controller.port
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._controller.loop).result(10)
        self._controller.stop()

    async def _hang_up(self) -> None:
        # aiosmtpd leaves connections half closed when it stops, and Python complains of each. It
        # does so, too, of those that are being let in, which have no task of aiosmtpd's yet.
        self._controller.loop.remove_reader(self._controller._socket)
        await asyncio.sleep(0)  # cancelled before this, a socket would have no transport yet
        talking = asyncio.all_tasks() - {asyncio.current_task()}
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
        # TLS would wait for the other side's farewell.
        for transport in list(self._controller.loop._transports.values()):
            transport.abort()
        for _ in range(3):
            await asyncio.sleep(0)

    @property
    def server(self) -> Server:
        return Server(host="127.0.0.1", port=self.port)

    def recipients(self) -> list[str]:
        return sorted(taken.recipient for taken in self.taken)

    def _log_in(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: object
    ) -> AuthResult:
        right = isinstance(given, LoginPassword) and given.password == self.password.encode()
        return AuthResult(success=right, handled=False)  # else we would have to answer

    async def handle_EHLO(
        self,
        _server: SMTP,
        session: Session,
        _envelope: Envelope,
        hostname: str,
        responses: Sequence[str],
    ) -> Sequence[str]:
        if self.n_connections == self.most_connections:
            return ["421 4.7.0 too many connections"]
        self.n_connections += 1
        session.host_name = hostname
        self.greeted_by.append(hostname)
        return [*responses[:1], *(["250-PIPELINING"] if self.pipelines else []), *responses[1:]]

    async def handle_MAIL(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if getattr(session, "n_taken", 0) >= self.most_taken:
            return "421 4.7.0 enough for this connection"
        answer = self._answer(server, self.at_mail, address)
        if answer.startswith("250"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer

    async def handle_RCPT(
        self,
        server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if envelope.rcpt_tos:
            return "452 4.5.3 one recipient at a time"
        self.attempts.append(address)
        answer = self._answer(server, self.at_rcpt, address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        recipient = envelope.rcpt_tos[0]
        answer = self._answer(server, self.at_data, recipient)
        if answer.startswith("250") or answer == TAKE_AND_DROP:
            session.n_taken = getattr(session, "n_taken", 0) + 1
            raw = envelope.original_content or b""
            self.taken.append(Taken(envelope.mail_from or "", recipient, raw))
        return answer

    @staticmethod
    def _answer(server: SMTP, script: dict[str, list[str]], address: str) -> str:
        answers = script.get(address) or script.get("*") or [YES]
        answer = answers[0]
        if script.get(address) or script.get("*"):
            answers.pop(0)
        if answer in {DROP, TAKE_AND_DROP} and server.transport is not None:
            server.transport.abort()
        return answer


class _Server(SMTP):
    async def smtp_DATA(self, arg: str) -> None:
        sink, envelope = self.event_handler, self.envelope
        if envelope is not None and envelope.rcpt_tos:
            fault = sink._answer(self, sink.at_go_on, envelope.rcpt_tos[0])
            if fault in {GO_ON_AND_DROP, DROP_IN_MESSAGE}:
                await self.push("354 go on")
                if fault == DROP_IN_MESSAGE:
                    await self._reader.read(500)
                self.transport.abort()
            elif not fault.startswith("250") and fault != DROP:
                await self.push(fault)
            if fault != YES:
                return
        await super().smtp_DATA(arg)


class _Controller(loopback.MailController):
    def factory(self) -> SMTP:
        return _Server(self.handler, **self.SMTP_kwargs)
