"""How the parts of a letter travel: quoted-printable, RFC 2045 §6.7.

No blank stands beside another, nor at the end of a line: a relay that folds them changes nothing,
and what is to be signed is in the form that is signed (relaxed, RFC 6376 §3.4.4). No line begins
with a dot, which SMTP would have to double.
"""

import binascii
import re

SOFT_BREAK = b"=\r\n"
# On a line of its own, for there may be no room for it on the next.
_QUOTED_DOT = b"=2E" + SOFT_BREAK
# Stands for a blank that has to be encoded. No text of a letter holds it, being tamed.
_BLANK, _ENCODED = b"\x1f", b"=1F"
# So much of what needs no encoding leaves room for the break in its line.
_PIECE = 75
_LINES, _BREAK = re.compile(f".{{1,{_PIECE}}}"), SOFT_BREAK.decode()


def quoted_printable(text: str) -> bytes:
    """Encode as UTF-8 in lines of at most 76 characters, CRLF between them.

    Always quoted-printable, also where base64 would be shorter: a letter should stay readable in
    its source, and filters distrust text in base64.
    """
    quoted = _quoted(text.encode())
    if quoted.startswith(b"."):
        quoted = _QUOTED_DOT + quoted[1:]
    while b"\n." in quoted:
        quoted = quoted.replace(b"\n.", b"\n" + _QUOTED_DOT)
    return quoted


def _quoted(raw: bytes) -> bytes:
    if _BLANK in raw or b"\r" in raw or b"\t" in raw or b" \n" in raw:
        lines = raw.replace(b"\r\n", b"\n").split(b"\n")
        return b"\r\n".join(_quoted_line(line) for line in lines)
    if b"  " not in raw:
        return binascii.b2a_qp(raw).replace(b"\n", b"\r\n")
    apart = raw.replace(b"  ", b" " + _BLANK)
    return binascii.b2a_qp(apart).replace(_ENCODED, b"=20").replace(b"\n", b"\r\n")


def _quoted_line(line: bytes) -> bytes:
    """Each line by itself: with a bare LF inside, binascii would write bare LFs."""
    every = binascii.b2a_qp(line, quotetabs=True, istext=False)
    return every.replace(b"=\n", b"=\r\n")


def piece(text: str) -> bytes:
    """Encode a part of a text so that it may be joined to those before and after it.

    It takes up whole lines, the last of them with a soft break where the text has no line end.
    """
    if not text:
        return b""
    if text.isascii() and text.isprintable() and "=" not in text and "  " not in text:
        lines = text if len(text) <= _PIECE else _BREAK.join(_LINES.findall(text))
        if lines[0] != "." and "\n." not in lines:
            return lines.encode() + SOFT_BREAK
    # One sign more keeps a blank at the end as it is, and leaves room for the break.
    quoted = quoted_printable(f"{text}x")[:-1]
    return quoted if quoted.endswith(b"\r\n") else quoted + SOFT_BREAK
