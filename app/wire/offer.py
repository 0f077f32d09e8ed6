"""What a mail server is told of a message before it is handed over (RFC 5321 §3.3)."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from app.errors import Rejected
from app.mail import message
from app.wire import replies

# RFC 1870 §4; what is longer is no number that Python reads.
_IS_SIZE = re.compile(r"[0-9]{1,20}")


class Offer(NamedTuple):
    """A sender, one recipient, and how many bytes the message has; 0: that is not known."""

    sender: str
    recipient: str
    size: int = 0


def most_bytes(extensions: Mapping[str, str]) -> int:
    """The longest message a server takes, as it said (RFC 1870); 0: it did not say."""
    most = extensions.get("size", "")
    return int(most) if _IS_SIZE.fullmatch(most) else 0


def commands(offer: Offer, extensions: Mapping[str, str], host: str) -> tuple[bytes, bytes]:
    """MAIL and RCPT. Raises Rejected for what the server cannot take, as far as it told."""
    sender, recipient, size = offer
    most, options = most_bytes(extensions), ""
    if 0 < most < size:
        raise Rejected(
            replies.TOO_BIG, f"the letter has {size} bytes, and {host} takes {most} at most"
        )
    if size and "size" in extensions:
        options = f" SIZE={size}"
    if message.needs_smtputf8(sender) or message.needs_smtputf8(recipient):
        if "smtputf8" not in extensions:
            raise Rejected(0, f"the server {host} takes no address with non-ASCII letters")
        options += " SMTPUTF8"
    return f"MAIL FROM:<{sender}>{options}".encode(), f"RCPT TO:<{recipient}>".encode()
