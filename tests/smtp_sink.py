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

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from app.demo.catcher import free_port
from app.wire.smtp import Server

DROP = "drop"  # in a script: close the connection instead of answering


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
    saying yes; "*" is for everybody. An answer is a reply line or DROP.
    """

    at_mail: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    at_rcpt: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    at_data: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    password: str = ""
    options: dict[str, object] = field(default_factory=dict)
    most_connections: int = sys.maxsize

    def __post_init__(self) -> None:
        self.taken: list[Taken] = []
        self.attempts: list[str] = []
        self.n_connections = 0
        self.port = free_port()

    def __enter__(self) -> Self:
        extra = dict(self.options)
        if self.password:
            extra |= {
                "authenticator": self._log_in,
                "auth_required": True,
                "auth_require_tls": False,
            }
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, enable_SMTPUTF8=True, **extra
        )
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

    @staticmethod
    async def _hang_up() -> None:
        # aiosmtpd leaves connections half closed when it stops, and Python complains of each.
        talking = asyncio.all_tasks() - {asyncio.current_task()}
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
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
        return responses

    async def handle_MAIL(
        self,
        server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
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
        self.attempts.append(address)
        answer = self._answer(server, self.at_rcpt, address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        recipient = envelope.rcpt_tos[0]
        answer = self._answer(server, self.at_data, recipient)
        if answer.startswith("250"):
            raw = envelope.original_content or b""
            self.taken.append(Taken(envelope.mail_from or "", recipient, raw))
        return answer

    @staticmethod
    def _answer(server: SMTP, script: dict[str, list[str]], address: str) -> str:
        answers = script.get(address) or script.get("*") or ["250 2.0.0 OK"]
        answer = answers[0]
        if script.get(address) or script.get("*"):
            answers.pop(0)
        if answer == DROP and server.transport is not None:
            server.transport.abort()
        return answer
