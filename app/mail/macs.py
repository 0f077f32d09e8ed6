"""HMAC-SHA-256 (RFC 2104) under one key, for many short texts; and base64 for URLs."""

import binascii
from hashlib import sha256

_BLOCK = 64  # bytes, of SHA-256
_INNER, _OUTER = (bytes(each ^ pad for each in range(256)) for pad in (0x36, 0x5C))
_FOR_URLS = bytes.maketrans(b"+/", b"-_")


class Mac:
    """What depends on the key alone is done once: a letter has half a dozen tokens.

    Those of a letter that is being sent take 10 µs so, 18 with copies of an hmac.new, and 35 with
    hmac.digest.
    """

    def __init__(self, key: bytes) -> None:
        block = (key if len(key) <= _BLOCK else sha256(key).digest()).ljust(_BLOCK, b"\0")
        self._inner, self._outer = sha256(block.translate(_INNER)), sha256(block.translate(_OUTER))

    def of(self, text: bytes) -> bytes:
        """The MAC of a text."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text)
        outer.update(inner.digest())
        return outer.digest()


def base64(raw: bytes) -> bytes:
    """RFC 4648 §5, without padding."""
    return binascii.b2a_base64(raw, newline=False).translate(_FOR_URLS, b"=")
