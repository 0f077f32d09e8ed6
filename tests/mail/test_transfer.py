import quopri

from hypothesis import given
from hypothesis import strategies as st

from app.mail import transfer

LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"))


@given(LINES)
def test_what_was_encoded_comes_back(text):
    quoted = transfer.quoted_printable(text)

    assert quopri.decodestring(quoted).decode() == text.replace("\n", "\r\n")


@given(LINES)
def test_lines_are_short_ascii_and_end_in_crlf_alone(text):
    quoted = transfer.quoted_printable(text)

    assert quoted.isascii()
    assert max(map(len, quoted.split(b"\r\n"))) <= 76
    assert b"\n" not in quoted.replace(b"\r\n", b"")
    assert not any(line.endswith((b" ", b"\t")) for line in quoted.split(b"\r\n"))
