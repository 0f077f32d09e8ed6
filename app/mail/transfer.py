"""How the parts of a letter travel: quoted-printable, RFC 2045 §6.7.

No blank stands beside another, nor at the end of a line: a relay that folds them changes nothing,
and what is to be signed is in the form that is signed (relaxed, RFC 6376 §3.4.4).
"""

import binascii

SOFT_BREAK = b"=\r\n"
# Stands for a blank that has to be encoded. No text of a letter holds it, being tamed.
_BLANK, _ENCODED = "\x1f", b"=1F"


def quoted_printable(text: str) -> bytes:
    """Encode as UTF-8 in lines of at most 76 characters, CRLF between them.

    Always quoted-printable, also where base64 would be shorter: a letter should stay readable in
    its source, and filters distrust text in base64.
    """
    if _BLANK in text or "\r" in text or "\t" in text or " \n" in text:
        lines = text.replace("\r\n", "\n").split("\n")
        return b"\r\n".join(_quoted_line(line) for line in lines)
    if "  " not in text:
        return binascii.b2a_qp(text.encode()).replace(b"\n", b"\r\n")
    apart = text.replace("  ", f" {_BLANK}").encode()
    return binascii.b2a_qp(apart).replace(_ENCODED, b"=20").replace(b"\n", b"\r\n")


def _quoted_line(line: str) -> bytes:
    """Each line by itself: with a bare LF inside, binascii would write bare LFs."""
    every = binascii.b2a_qp(line.encode(), quotetabs=True, istext=False)
    return every.replace(b"=\n", b"=\r\n")


def piece(text: str) -> bytes:
    """Encode a part of a text so that it may be joined to those before and after it.

    It takes up whole lines, the last of them with a soft break where the text has no line end.
    """
    if not text:
        return b""
    # One sign more keeps a blank at the end as it is, and leaves room for the break.
    quoted = quoted_printable(f"{text}x")[:-1]
    return quoted if quoted.endswith(b"\r\n") else quoted + SOFT_BREAK
