from conftest import NOW
from linter import _header_faults, _line_faults

from app.mail import alert


def test_it_is_plain_well_formed_mail():
    text = "Sending is held since 20 November 2026: “zu viele” " + "letters came back. " * 20
    raw = alert.build(
        "Büro <paperboy@bücher.example>", "me@example.org", "held (x)\r\nBcc: y", text, NOW
    )
    assert [*_line_faults(raw), *_header_faults(raw.partition(b"\r\n\r\n")[0])] == []
    assert b"\r\nBcc" not in raw
