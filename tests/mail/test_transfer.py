import quopri
import re

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


@given(st.lists(st.text(". \nab=é", max_size=200)))
def test_no_line_begins_with_a_dot(parts):
    whole, apart = (
        transfer.quoted_printable("".join(parts)),
        b"".join(map(transfer.piece, parts)),
    )

    for quoted in (whole, apart):
        lines = quoted.split(b"\r\n")
        assert not any(line.startswith(b".") for line in lines)
        assert max(map(len, lines)) <= 76
        assert quopri.decodestring(quoted).decode() == "".join(parts).replace("\n", "\r\n")


@given(LINES)
def test_a_relay_that_folds_blanks_changes_nothing(text):
    quoted = transfer.quoted_printable(text)

    assert not re.search(rb"[ \t][ \t\r]", quoted)


@given(st.lists(LINES))
def test_pieces_joined_are_the_text_encoded(parts):
    joined = b"".join(map(transfer.piece, parts))

    assert quopri.decodestring(joined).decode() == "".join(parts).replace("\n", "\r\n")
    assert max(map(len, joined.split(b"\r\n"))) <= 76
    assert not re.search(rb"[ \t][ \t\r]", joined)


@given(st.text("a. ~", min_size=60, max_size=240))
def test_a_piece_in_plain_ascii_is_cut_anywhere_and_still_a_piece(text):
    encoded = transfer.piece(text)

    assert quopri.decodestring(encoded).decode() == text
    assert max(map(len, encoded.split(b"\r\n"))) <= 76
    assert not re.search(rb"[ \t][ \t\r]|^\.", encoded, re.MULTILINE)
