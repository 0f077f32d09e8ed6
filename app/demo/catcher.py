"""An SMTP server on loopback that takes every letter and delivers none.

Keeps each as it came (.eml) and its HTML part (.html) in a folder, for whoever wants to look.
"""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, Envelope, Session

from app.demo import loopback


@dataclass(frozen=True)
class Caught:
    """One letter as it arrived. path: of its .eml; the .html lies beside it."""

    recipient: str
    message: EmailMessage
    path: Path

    def text(self) -> str:
        """The plain text part."""
        part = self.message.get_body(("plain",))
        return str(part.get_content()) if part else ""


class Catcher:
    """Use as a context manager; `port` is where it listens, `letters` what came, in order."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.letters: list[Caught] = []
        self._controller = loopback.MailController(self, loopback.listening())
        self.port = self._controller.port

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._controller.stop()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Called by aiosmtpd with a whole message."""
        raw = envelope.original_content or b""
        recipient = envelope.rcpt_tos[0]
        # A local part may hold a slash: the name of a file must not.
        safe = "".join(sign if sign.isalnum() or sign in ".-@" else "_" for sign in recipient)
        path = self._folder / f"{len(self.letters) + 1:02}-{safe}.eml"
        message: Any = message_from_bytes(raw, policy=policy.default)
        path.write_bytes(raw)
        html = message.get_body(("html",))
        if html is not None:
            path.with_suffix(".html").write_text(html.get_content(), encoding="utf-8")
        self.letters.append(Caught(recipient, message, path))
        return f"250 caught as {path.name}"

    def latest_for(self, address: str) -> Caught:
        """The last letter that came for an address. Raises LookupError."""
        found = [caught for caught in self.letters if caught.recipient == address]
        if not found:
            raise LookupError(f"no letter came for {address}")
        return found[-1]
