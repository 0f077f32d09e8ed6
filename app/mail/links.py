"""Every URL and mail address in a letter that leads back to us, and the signed tokens in them.

A token is made for one purpose and is worth nothing for another (its purpose is the salt). It
carries facts, not secrets, and the same facts always give the same token: a letter rendered again
has the same bytes. Keys are a list, newest first: new tokens are signed with the first, all verify.
"""

import base64
import hmac
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from urllib.parse import urlsplit

from itsdangerous import BadSignature, Signer

from app.errors import BadLink, BadValue
from app.languages import english
from app.mail import macs

CONFIRM_WITHIN = timedelta(hours=48)
# What a letter asks to be pressed: to move to another address, to be erased.
ASKED_WITHIN = timedelta(hours=48)
# Who pressed "unsubscribe" by mistake sees it soon.
RETURN_WITHIN = timedelta(minutes=30)
FEEDBACK_WITHIN = timedelta(days=90)
# RFC 5321 §4.5.3.1.1.
LONGEST_LOCAL_PART = 64
# Short enough for a local part; the numbers before it say little without it.
MAIL_MAC_BYTES = 16
MARK_BYTES = 16


class Purpose(StrEnum):
    """What a token lets its bearer do."""

    CONFIRM = "confirm"
    ERASE = "erase"
    FEED = "feed"
    FORM = "form"
    LETTER = "letter"
    OPERATOR = "operator"
    OPERATOR_FORM = "operator form"
    MOVE = "move"
    PREFERENCES = "preferences"
    RETURN = "return"
    TRAP = "trap"
    UNSUBSCRIBE = "unsubscribe"


class MailPurpose(StrEnum):
    """What a mail to an address of ours tells. The value stands before the token there."""

    BOUNCE = "b"
    UNSUBSCRIBE = "u"


class Verdict(StrEnum):
    """What a reader may say of a paper."""

    LIKE = "like"
    DISLIKE = "dislike"
    SAVE = "save"


class Tokens:
    """Makes and reads tokens: up to four whole numbers and an HMAC-SHA-256 (RFC 2104)."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = keys
        self._signers = {each: _signer(keys, f"paperboy.{each}") for each in Purpose}
        # Derived once: itsdangerous would do so for each token, and a letter has half a dozen.
        self._newest = {
            each: macs.Mac(signer.derive_key()) for each, signer in self._signers.items()
        }
        # Of each purpose all keys, the newest first.
        self._mail_keys = {
            each: [signer.derive_key(key) for key in reversed(signer.secret_keys)]
            for each in MailPurpose
            for signer in [_signer(keys, f"paperboy.mail.{each}")]
        }
        self._mark_keys: dict[str, list[bytes]] = {}

    def make(self, purpose: Purpose, *facts: int) -> str:
        """facts: whole numbers from 0 to 2⁶⁴ − 1; the first is the row the token speaks of."""
        packed = struct.pack(f">{len(facts)}Q", *facts)
        text = macs.base64(packed.lstrip(b"\0") or b"\0")
        return (text + b"." + macs.base64(self._newest[purpose].of(text))).decode()

    def read(self, purpose: Purpose, token: str, n_facts: int) -> tuple[int, ...]:
        """Return the facts. Raises BadLink for a token that is not ours or not for this purpose."""
        try:
            text = self._signers[purpose].unsign(token.encode())
            packed = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
            return struct.unpack(f">{n_facts}Q", packed.rjust(8 * n_facts, b"\0"))
        except (BadSignature, ValueError, struct.error) as e:
            raise BadLink(
                english(
                    "This link is not one of ours, or it was cut short on its way to you. "
                    "Please use the link from the letter itself."
                )
            ) from e

    def marks(self, use: str, text: str) -> list[str]:
        """Stand-ins for a text that must not be kept itself, by each key, the newest first.

        They tell an equal text again, and nothing to whoever has no key. use: marks for one use
        say nothing of those for another.
        """
        keys = self._mark_keys.get(use)
        if keys is None:
            signer = _signer(self._keys, f"paperboy.mark.{use}")
            keys = [signer.derive_key(key) for key in reversed(signer.secret_keys)]
            self._mark_keys[use] = keys
        return [hmac.digest(key, text.encode(), "sha256")[:MARK_BYTES].hex() for key in keys]

    def make_mail(self, purpose: MailPurpose, *facts: int) -> str:
        """The same for a mail address: lower-case letters and digits (base32), for some servers
        on the way fold case."""
        packed = b"".join(map(_varint, facts))
        mac = self._mail_macs(purpose, packed)[0]
        return base64.b32encode(packed + mac).decode().rstrip("=").lower()

    def read_mail(self, purpose: MailPurpose, token: str, n_facts: int) -> tuple[int, ...] | None:
        """Return the facts, or None for a token that is not ours or not for this purpose."""
        try:
            raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
        except ValueError:
            return None
        packed, mac = raw[:-MAIL_MAC_BYTES], raw[-MAIL_MAC_BYTES:]
        if not any(hmac.compare_digest(mac, each) for each in self._mail_macs(purpose, packed)):
            return None
        facts = _varints(packed)
        return facts if len(facts) == n_facts else None

    def _mail_macs(self, purpose: MailPurpose, packed: bytes) -> list[bytes]:
        """By each key, the newest first."""
        keys = self._mail_keys[purpose]
        return [hmac.digest(key, packed, "sha256")[:MAIL_MAC_BYTES] for key in keys]


def _signer(keys: Sequence[str], salt: str) -> Signer:
    # itsdangerous tries the last key first and signs with it.
    newest_last = list(reversed(keys))
    return Signer(newest_last, salt, ".", key_derivation="hmac", digest_method=sha256)


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth says that more follow."""
    low = bytearray()
    while number > 0x7F:
        low.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*low, number])


def _varints(packed: bytes) -> tuple[int, ...]:
    numbers, number, shift = [], 0, 0
    for byte in packed:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte <= 0x7F:
            numbers.append(number)
            number = shift = 0
    return tuple(numbers)


def bounce_address(base: str, tokens: Tokens, subscriber_id: int, letter_id: int) -> str:
    """The return path of one letter (VERP): `base` with a token added to its local part.

    Raises BadValue for a base whose local part leaves no room for it.
    """
    return _addressed(base, tokens, MailPurpose.BOUNCE, subscriber_id, letter_id)


def read_bounce_address(tokens: Tokens, address: str) -> tuple[int, int] | None:
    """Whose letter came back, and which: (subscriber, letter). None if it is no such address."""
    match _read_address(tokens, address, MailPurpose.BOUNCE, 2):
        case (subscriber_id, letter_id):
            return subscriber_id, letter_id
    return None


def unsubscribe_address(base: str, tokens: Tokens, subscriber_id: int) -> str:
    """Where a mail, whatever it says, unsubscribes one subscriber. Raises BadValue, as above."""
    return _addressed(base, tokens, MailPurpose.UNSUBSCRIBE, subscriber_id)


def read_unsubscribe_address(tokens: Tokens, address: str) -> int | None:
    """Who wants no more letters. None if it is no such address."""
    match _read_address(tokens, address, MailPurpose.UNSUBSCRIBE, 1):
        case (subscriber_id,):
            return subscriber_id
    return None


def _addressed(base: str, tokens: Tokens, purpose: MailPurpose, *facts: int) -> str:
    local, _, domain = base.rpartition("@")
    longer = f"{local}+{purpose}{tokens.make_mail(purpose, *facts)}"
    if len(longer) > LONGEST_LOCAL_PART:
        raise BadValue(
            "bounce_address", f"“{local}” in {base} is too long: give a mailbox of 12 letters."
        )
    return f"{longer}@{domain}"


def _read_address(
    tokens: Tokens, address: str, purpose: MailPurpose, n_facts: int
) -> tuple[int, ...] | None:
    # The mailbox before the +, and the domain, may have been renamed since.
    found = re.search(rf"\+{purpose}([a-z2-7]+)@", address, re.IGNORECASE)
    return tokens.read_mail(purpose, found[1], n_facts) if found else None


@dataclass(frozen=True)
class Links:
    """Builds absolute URLs. base_url: scheme and host, perhaps a path, without a final slash."""

    base_url: str
    tokens: Tokens

    def confirm(self, subscriber_id: int, issued_at: datetime) -> str:
        """Good for CONFIRM_WITHIN; the moment of issue is in the token, in whole seconds."""
        stamp = int(issued_at.timestamp())
        return self._url("confirm", self.tokens.make(Purpose.CONFIRM, subscriber_id, stamp))

    def letter(self, letter_id: int) -> str:
        """The letter in the browser."""
        return self._url("letters", self.tokens.make(Purpose.LETTER, letter_id))

    def letter_and_feedback(self, letter_id: int) -> tuple[str, str]:
        """`letter` and `feedback_in` at once, for they share their token."""
        token = self.tokens.make(Purpose.LETTER, letter_id)
        return self._url("letters", token), self._url("feedback", token)

    def feedback(self, letter_id: int, rank: int, verdict: Verdict) -> str:
        """One reader's word on the paper that stood at `rank` (from 1) of one letter."""
        return verdict_url(self.feedback_in(letter_id), rank, verdict)

    def feedback_in(self, letter_id: int) -> str:
        """What these links begin with for all the papers of a letter, which share one token."""
        return self._url("feedback", self.tokens.make(Purpose.LETTER, letter_id))

    def trap(self, letter_id: int) -> str:
        """Shown to nobody: who opens it opens every link, as scanners do."""
        return self._url("feedback", self.tokens.make(Purpose.TRAP, letter_id), "0", "trap")

    def paper(self, paper_id: int) -> str:
        """Our own page of a paper, for those whose digest gave no link."""
        return self._url("papers", str(paper_id))

    def preferences(self, subscriber_id: int, version: int) -> str:
        """version: the subscriber's own counter; raising it makes the links mailed before void."""
        token = self.tokens.make(Purpose.PREFERENCES, subscriber_id, version)
        return self._url("preferences", token)

    def move(self, letter_id: int) -> str:
        """Where a letter to a new address leads; good for ASKED_WITHIN."""
        return self._url("move", self.tokens.make(Purpose.MOVE, letter_id))

    def erase(self, letter_id: int) -> str:
        """Where the last question before everything is deleted leads; good for ASKED_WITHIN."""
        return self._url("erase", self.tokens.make(Purpose.ERASE, letter_id))

    def feed(self, subscriber_id: int, version: int, form: str) -> str:
        """Somebody's own feed of their picks. form: "rss", "atom" or "json"."""
        token = self.tokens.make(Purpose.FEED, subscriber_id, version)
        return self._url("feeds", token, f"picks.{form}")

    def unsubscribe(self, subscriber_id: int) -> str:
        """Never expires: someone may want out years later."""
        token = self.tokens.make(Purpose.UNSUBSCRIBE, subscriber_id)
        return self._url("unsubscribe", token)

    def _url(self, *parts: str) -> str:
        return "/".join((self.base_url, *parts))


def verdict_url(start: str, rank: int, verdict: Verdict) -> str:
    """One word on the paper at `rank` of a letter. start: see `Links.feedback_in`."""
    return f"{start}/{rank}/{verdict}"


def why_url(start: str, rank: int) -> str:
    """Why the paper at `rank` is in a letter. start: as above."""
    return f"{start}/{rank}/why"


def only_web(url: str) -> str:
    """Return the URL if it leads to the open web by http or https, else ""."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.hostname else ""
