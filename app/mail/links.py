"""Every URL in a letter, and the signed tokens in them.

A token is made for one purpose and is worth nothing for another (its purpose is the salt). It
carries facts, not secrets, and the same facts always give the same token: a letter rendered again
has the same bytes. Keys are a list, newest first: new tokens are signed with the first, all verify.
"""

import base64
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from urllib.parse import urlsplit

from itsdangerous import BadSignature, Signer

from app.errors import BadLink

CONFIRM_WITHIN = timedelta(hours=48)
FEEDBACK_WITHIN = timedelta(days=90)


class Purpose(StrEnum):
    """What a token lets its bearer do."""

    CONFIRM = "confirm"
    LETTER = "letter"
    PREFERENCES = "preferences"
    UNSUBSCRIBE = "unsubscribe"


class Verdict(StrEnum):
    """What a reader may say of a paper."""

    LIKE = "like"
    DISLIKE = "dislike"
    SAVE = "save"


class Tokens:
    """Makes and reads tokens: up to four whole numbers and an HMAC-SHA-256 (RFC 2104)."""

    def __init__(self, keys: Sequence[str]) -> None:
        # itsdangerous tries the last key first and signs with it.
        self._keys = list(reversed(keys))

    def _signer(self, purpose: Purpose) -> Signer:
        return Signer(
            self._keys,
            salt=f"paperboy.{purpose}",
            sep=".",
            key_derivation="hmac",
            digest_method=sha256,
        )

    def make(self, purpose: Purpose, *facts: int) -> str:
        """facts: whole numbers from 0 to 2⁶⁴ − 1; the first is the row the token speaks of."""
        packed = struct.pack(f">{len(facts)}Q", *facts)
        text = base64.urlsafe_b64encode(packed.lstrip(b"\0") or b"\0").rstrip(b"=")
        return self._signer(purpose).sign(text).decode()

    def read(self, purpose: Purpose, token: str, n_facts: int) -> tuple[int, ...]:
        """Return the facts. Raises BadLink for a token that is not ours or not for this purpose."""
        try:
            text = self._signer(purpose).unsign(token.encode())
            packed = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
            return struct.unpack(f">{n_facts}Q", packed.rjust(8 * n_facts, b"\0"))
        except (BadSignature, ValueError, struct.error) as e:
            raise BadLink(
                "This link is not one of ours, or it was cut short on its way to you. "
                "Please use the link from the letter itself."
            ) from e


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

    def feedback(self, letter_id: int, rank: int, verdict: Verdict) -> str:
        """One reader's word on the paper that stood at `rank` (from 1) of one letter."""
        token = self.tokens.make(Purpose.LETTER, letter_id)
        return self._url("feedback", token, str(rank), verdict)

    def paper(self, paper_id: int) -> str:
        """Our own page of a paper, for those whose digest gave no link."""
        return self._url("papers", str(paper_id))

    def preferences(self, subscriber_id: int, version: int) -> str:
        """version: the subscriber's own counter; raising it makes the links mailed before void."""
        token = self.tokens.make(Purpose.PREFERENCES, subscriber_id, version)
        return self._url("preferences", token)

    def unsubscribe(self, subscriber_id: int) -> str:
        """Never expires: someone may want out years later."""
        token = self.tokens.make(Purpose.UNSUBSCRIBE, subscriber_id)
        return self._url("unsubscribe", token)

    def _url(self, *parts: str) -> str:
        return "/".join((self.base_url, *parts))


def only_web(url: str) -> str:
    """Return the URL if it leads to the open web by http or https, else ""."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.hostname else ""
