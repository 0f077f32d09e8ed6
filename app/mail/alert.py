"""The message that tells the operator of something."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from zlib import crc32

from app.mail import foreign, message

# The same as of letters: quoted-printable lines end there.
POLICY = SMTP.clone(max_line_length=76)


def build(sender: str, to: str, about: str, text: str, now: datetime) -> bytes:
    """sender: "Paperboy <paperboy@example.org>"; to: a bare address. Raises BadValue."""
    name, bare = parseaddr(sender)
    own, theirs = message.envelope_address(bare), message.envelope_address(to)
    mail = EmailMessage(policy=POLICY.clone(utf8=message.needs_smtputf8(theirs)))
    mail["From"] = Address(foreign.tame(name), addr_spec=own)
    mail["To"] = theirs
    mail["Subject"] = foreign.tame(f"Paperboy: {about}")
    mail["Date"] = format_datetime(now.astimezone(UTC))
    nth, domain = int(now.timestamp()) + crc32(about.encode()), own.rpartition("@")[2]
    mail["Message-ID"] = message.message_id(now.date(), 0, "alert", domain, nth)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(f"{foreign.tame(text)}\n", cte="quoted-printable")
    return mail.as_bytes()
