"""How the parts of a letter travel: quoted-printable, RFC 2045 §6.7."""

import binascii


def quoted_printable(text: str) -> bytes:
    """Encode as UTF-8 in lines of at most 76 characters, CRLF between them.

    Always quoted-printable, also where base64 would be shorter: a letter should stay readable in
    its source, and filters distrust text in base64.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    # Each line by itself: with a bare LF inside, binascii would write bare LFs.
    return b"\r\n".join(_quoted_line(line) for line in lines)


def _quoted_line(line: str) -> bytes:
    quoted = binascii.b2a_qp(line.encode(), istext=False)
    return quoted.replace(b"=\n", b"=\r\n")
