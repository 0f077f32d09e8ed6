"""The signature on a message (RFC 6376): rsa-sha256, relaxed/relaxed, over the very bytes sent.

Only the private-key operation is somebody else's. What surrounds it works on the bytes as they are,
without regular expressions over the body: it then costs a small part of that operation.
"""

import base64
import re
from email.utils import parsedate_to_datetime
from functools import lru_cache
from hashlib import sha256
from textwrap import wrap

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from app.errors import BadValue, NotReady
from app.mail import foreign

# Signed where present. From once more than it is there: a second one, added on the way, breaks the
# signature instead of being what a mail program shows.
SIGNED = (
    *("From", "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"),
    *("List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID", "Auto-Submitted"),
    "Precedence",
)
# RFC 6376 §3.3.3; more bits do not fit into the records of some DNS hosts, and cost four times.
BITS = 2048
_LABELS = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


class Signer:
    """Signs for a domain, under the selector that names its public key in the DNS."""

    def __init__(self, domain: str, selector: str, key_pem: str) -> None:
        """Raises NotReady for a domain, selector or key that nobody could verify."""
        self.domain = _name("PAPERBOY_DKIM_DOMAIN", domain)
        self.selector = _name("PAPERBOY_DKIM_SELECTOR", selector)
        self._key = _read_key(key_pem)

    def sign(self, message: bytes, *, is_relaxed: bool = False) -> bytes:
        """Return the message with its signature on top; the same message gives the same bytes.

        message: CRLF between its lines, and a Date. is_relaxed: its body is already in the form
        that is signed, as `message.build` makes it: finding that out costs more than its hash.
        """
        head, _, body = message.partition(b"\r\n\r\n")
        fields = header_fields(head)
        signed = [name for name in SIGNED if name.lower().encode() in fields]
        value = self._unsigned(
            _seconds(fields[b"date"]), signed, body if is_relaxed else relaxed_body(body)
        )
        to_sign = b"".join(fields.get(name, b"") for name in _once_each(signed))
        to_sign += b"dkim-signature:" + relaxed_value(value)
        signature = self._key.sign(to_sign, padding.PKCS1v15(), hashes.SHA256())
        text = base64.b64encode(signature)
        lines = b"\r\n ".join(text[at : at + 72] for at in range(0, len(text), 72))
        return b"".join((b"DKIM-Signature:", value, lines, b"\r\n", message))

    def _unsigned(self, stamp: int, signed: list[str], body: bytes) -> bytes:
        """The header's value up to and with "b=". No l=: whoever appends text breaks the seal."""
        body_hash = base64.b64encode(sha256(body).digest()).decode()
        lines = [
            " v=1; a=rsa-sha256; c=relaxed/relaxed;",
            f"d={self.domain};",
            f"s={self.selector}; t={stamp};",
            f"h={_folded(tuple(signed))};",
            f"bh={body_hash};",
            "b=",
        ]
        return "\r\n ".join(lines).encode()

    @property
    def record_name(self) -> str:
        """Where the DNS must have the record."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        """The public key as a TXT record."""
        der = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"


def new_key() -> str:
    """Make a key, as PEM."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=BITS)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def public_key(record: str) -> str:
    """The key in a TXT record (RFC 6376 §3.6.1), blanks left out; "" where there is none."""
    return tags(record).get("p", "")


def tags(record: str) -> dict[str, str]:
    """What a TXT record says (RFC 6376 §3.2), blanks left out."""
    found = dict(part.strip().partition("=")[::2] for part in record.split(";"))
    return {name.strip(): "".join(value.split()) for name, value in found.items()}


def relaxed_body(body: bytes) -> bytes:
    """RFC 6376 §3.4.4, for a body whose lines end with CRLF."""
    lines = _squeezed(body)
    if lines.rfind(b" \r\n") >= 0:
        lines = lines.replace(b" \r\n", b"\r\n")
    lines = lines.rstrip(b"\r\n")
    return lines + b"\r\n" if lines else b""


def relaxed_value(value: bytes) -> bytes:
    """RFC 6376 §3.4.2, a header's value without its line end."""
    return _squeezed(value.replace(b"\r\n", b"")).strip(b" ")


def header_fields(head: bytes) -> dict[bytes, bytes]:
    """Name in lower case → the header in relaxed form, with its line end; of several the last."""
    unfolded = head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ").split(b"\r\n")
    parts = (line.partition(b":") for line in unfolded)
    pairs = ((name.rstrip(b" \t").lower(), value) for name, _, value in parts)
    return {name: name + b":" + relaxed_value(value) + b"\r\n" for name, value in pairs}


def _squeezed(text: bytes) -> bytes:
    """One blank for each run of blanks and tabs."""
    text = text.replace(b"\t", b" ")
    # Four times as fast as a regular expression: blanks come in runs in the text part, and the
    # HTML after it is looked through only once, from its end, which Python does faster.
    end = text.rfind(b"  ") + 2
    if end == 1:
        return text
    first, *rest = text[:end].split(b"  ")
    parts = [first, *filter(None, (part.lstrip(b" ") for part in rest))]
    return b" ".join([*parts, text[end:]])


@lru_cache(maxsize=16)
def _folded(names: tuple[str, ...]) -> str:
    """The names, colons between them; there are two or three such lists in all."""
    return "\r\n  ".join(wrap(": ".join(names), 70, break_on_hyphens=False)).replace(": ", ":")


def _once_each(names: list[str]) -> list[bytes]:
    """The names as keys; one asked for once more than it is there stands for nothing."""
    return list(dict.fromkeys(name.lower().encode() for name in names))


def _seconds(date: bytes) -> int:
    """The signature's moment is the letter's own, so that a second try gives the same bytes."""
    return int(parsedate_to_datetime(date.partition(b":")[2].decode()).timestamp())


def _name(setting: str, text: str) -> str:
    try:
        name = foreign.ascii_domain(text).lower()
    except BadValue as e:
        raise NotReady(f"{setting}: {e}") from e
    if not _LABELS.fullmatch(name):
        raise NotReady(f"{setting}: “{text}” is no name of the DNS; write it like example.org.")
    return name


def _read_key(pem: str) -> rsa.RSAPrivateKey:
    name, hint = "PAPERBOY_DKIM_PRIVATE_KEY", "`paperboy doctor --new-key FILE` makes one"
    try:
        # Line ends are often written as \n where a setting has to stay on one line.
        text = pem.replace("\\n", "\n").encode("utf-8", "replace")
        key = serialization.load_pem_private_key(text, password=None)
    except TypeError as e:
        raise NotReady(f"{name} is locked with a password; store it without one.") from e
    except (ValueError, UnsupportedAlgorithm) as e:
        raise NotReady(f"{name} is no private key in PEM form; {hint}.") from e
    if not isinstance(key, rsa.RSAPrivateKey):
        raise NotReady(f"{name} is not an RSA key, the only kind that all receivers read; {hint}.")
    if key.key_size < BITS:
        raise NotReady(f"{name} has {key.key_size} bits, and needs {BITS}; {hint}.")
    return key
