"""A message: the bytes of a letter as SMTP carries them (RFC 5322, 2045–2047).

The lines are put together here and not by EmailMessage: that one writes a long unsubscribe URL as
an encoded word, and mail programs then show no unsubscribe button.
"""

import re
from datetime import UTC, date, datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from hashlib import blake2b

from app.errors import BadValue
from app.mail import foreign
from app.mail.letter import Quoted

MAX_LINE = 76
# The sender's own name in Google's Feedback-ID: 5 to 15 characters, the same in all letters.
FEEDBACK_NAME = "paperboy"
# An address that is fit as it is, as nearly all are.
_ATOM, _LABEL = r"[\w!#$%&'*+/=?^`{|}~-]+", "[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_PLAIN_ADDRESS = re.compile(rf"{_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})*", re.ASCII)


def build(
    letter: Quoted,
    *,
    sender: str,
    recipient: str,
    message_id: str,
    date: datetime,
    kind: str,
    list_id: str = "",
    unsubscribe_url: str = "",
    unsubscribe_mailto: str = "",
) -> bytes:
    """Build a message, ready to be signed, stored and sent as it is; same facts, same bytes.

    Its body is in relaxed form (RFC 6376 §3.4.4), and no line begins with a dot.

    sender: "Paperboy <paperboy@example.org>"; recipient and unsubscribe_mailto: bare addresses;
    date: aware; list_id: a name such as "daily.example.org". Without unsubscribe_url, as for a
    letter of confirmation, there are no list headers at all.
    Raises BadValue for a sender or recipient that is not exactly one address.
    """
    if date.tzinfo is None:
        raise ValueError("the date of a message must be aware")
    boundary = f"=_{blake2b(message_id.encode(), digest_size=16).hexdigest()}"
    lists = ""
    if unsubscribe_url:
        lists = _list_headers(list_id, unsubscribe_url, unsubscribe_mailto)
        lists += f"Feedback-ID: {date:%Y%m%d}:{kind}:letter:{FEEDBACK_NAME}\r\n"
    head = (
        f"From: {_mailbox(sender)}\r\n"
        f"To: {envelope_address(recipient)}\r\n"
        f"Subject: {_words('Subject', letter.subject)}\r\n"
        f"Date: {_moment(date)}\r\n"
        f"Message-ID: {message_id}\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "MIME-Version: 1.0\r\n"
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n'
        f"{lists}{_part_head('plain', boundary)}"
    )
    between, end = _part_head("html", boundary), f"\r\n--{boundary}--\r\n"
    return b"".join((head.encode(), letter.text, between.encode(), letter.html, end.encode()))


def message_id(edition: date, subscriber_id: int, kind: str, domain: str, nth: int = 0) -> str:
    """Name a letter: the same letter has the same name for ever, so that a copy can be told.

    nth: tells letters apart of which one edition may have several.
    """
    facts = f"{edition.isoformat()} {subscriber_id} {kind}" + (f" {nth}" if nth else "")
    name = blake2b(facts.encode(), digest_size=8).hexdigest()
    return f"<{edition:%Y%m%d}.{name}.{kind}@{foreign.ascii_domain(domain)}>"


def needs_smtputf8(recipient: str) -> bool:
    """Whether only a server with SMTPUTF8 (RFC 6531) takes mail for this address."""
    return not recipient.rpartition("@")[0].isascii()


def envelope_address(address: str) -> str:
    """Return an address as SMTP commands want it, its domain in A-labels. Raises BadValue."""
    if _PLAIN_ADDRESS.fullmatch(address):
        return address
    local, _, domain = address.rpartition("@")
    try:
        ascii_address = f"{local}@{foreign.ascii_domain(domain)}"
        # The standard library knows no SMTPUTF8 here, so other letters stand in for their shape.
        Address(addr_spec=re.sub(r"[^\x00-\x7f]", "x", ascii_address))
    except (ValueError, IndexError, MessageError, BadValue) as e:
        raise BadValue("recipient", f"“{address}” is not a mail address.") from e
    if foreign.tame(ascii_address) != ascii_address:
        raise BadValue("recipient", f"“{address}” holds hidden or doubled characters.")
    return ascii_address


def _list_headers(list_id: str, unsubscribe_url: str, unsubscribe_mailto: str) -> str:
    """RFC 2369, 2919 and 8058. A URL is never folded or encoded, however long it is."""
    url = foreign.href(unsubscribe_url)
    if not url:
        raise BadValue("unsubscribe_url", f"“{unsubscribe_url}” is not a link by http or https.")
    ways = f"<{url}>"
    if unsubscribe_mailto:
        ways += f",\r\n <mailto:{envelope_address(unsubscribe_mailto)}?subject=unsubscribe>"
    return (
        f"List-Id: <{foreign.tame(list_id)}>\r\n"
        f"List-Unsubscribe: {ways}\r\n"
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        "Precedence: bulk\r\n"
    )


# Letters of one shard were written at one moment.
@lru_cache(maxsize=1_000)
def _moment(date: datetime) -> str:
    return format_datetime(date.astimezone(UTC))


# Of a day's papers only so many come first in a letter.
@lru_cache(maxsize=4_000)
def _words(name: str, text: str, *, encoded: bool = False) -> str:
    """Fold a header's text, in encoded words where it is not plain ASCII or looks encoded."""
    tamed = foreign.tame(text)
    is_plain = tamed.isascii() and "=?" not in tamed and not encoded
    charset = "us-ascii" if is_plain else "utf-8"
    return Header(tamed, charset, MAX_LINE, name).encode(linesep="\r\n")


@lru_cache(maxsize=16)
def _mailbox(sender: str) -> str:
    """A name, perhaps, and an address, as From wants them."""
    said = BadValue("sender", f"“{sender}” is not like Paperboy <paperboy@example.org>.")
    try:
        parsed = SMTP.header_factory("From", foreign.tame(sender))
    except ValueError as e:  # it hides a line end in an encoded word
        raise said from e
    if len(parsed.addresses) != 1 or parsed.defects:
        raise said
    name = foreign.tame(parsed.addresses[0].display_name)
    address = envelope_address(parsed.addresses[0].addr_spec)
    mailbox = str(Address(name, addr_spec=address))
    if not name.isascii() or (name and len(f"From: {mailbox}") > MAX_LINE):
        # A quoted name cannot be folded everywhere; encoded words can.
        return f"{_words('From', name, encoded=True)}\r\n <{address}>"
    return mailbox


def _part_head(subtype: str, boundary: str) -> str:
    return (
        f"\r\n--{boundary}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
