"""The linter must see what it is there to see: a letter spoilt in one place is caught for that."""

import re
from dataclasses import replace

import pytest

from app.mail import press

HEADERS = [
    ("\r\nTo:", "\nTo:", "a bare CR or LF"),
    ("\r\nTo:", "\r\nSubject: again\r\nTo:", "subject 2 times"),
    ("\r\nDate: ", "\r\nX-Date: ", "no date"),
    ("reader@example.com", "reader@example.com, b@example.com", "to is"),
    ("<20261121", "<reader@example.com", "message-id is"),
    ("auto-generated", "auto-generated" + " a" * 50, "a line that could be folded"),
    ("<https://papers", "=?utf-8?q?=3Chttps://papers", "list-unsubscribe is"),
    ("One-Click", "Two-Clicks", "list-unsubscribe-post is"),
    ("Subject: Sparse", "Subject: =?utf-8?q?" + "a" * 70 + "?=", "an encoded word over 75"),
    ("text/plain", "text/x-other", "the parts are"),
    ("\r\n\r\n1. Sparse", "\r\n\r\n1. Sparse" + "e" * 80, "a quoted-printable line over 76"),
    ("\r\n\r\n1. Sparse", "\r\n\r\n1. =Sparse", "something that is not quoted-printable"),
    ("\r\nTo: ", "\r\nX-Name: é\r\nTo: ", "not ASCII: x-name"),
    (".daily@", ".confirm@", "a letter of no list with"),
    ("\r\nTo: ", "\r\nX-Long: " + "a" * 999 + "\r\nTo: ", "a line over 998"),
]
SIGNED = [
    ("DKIM-Signature", "X-A: b\r\nDKIM-Signature", "the signature does not stand on top"),
    ("rsa-sha256", "rsa-sha1", "a signature of another sort"),
    (" bh=", " l=10; bh=", "a signature of another sort"),
    (":List-Unsubscribe-Post:", ":", "the signature does not cover {'list-unsubscribe-post'}"),
    ("h=From:From", "h=From", "a second From could be added"),
    ("1. Sparse", "1. Dense", "the signature is of another body"),
]
QUESTION = [
    ("</h1>", "</h1><p><a href='https://x.org'>Papers</a></p>", "a question with 2 links"),
    ("</h1>", "</h1><h2>Papers</h2>", "or with papers"),
]
LABELS = [
    ("color:#7a5a10", "color:#b09a60", "light: contrast #b09a60 on #ffffff"),
    ("color:#7a5a10", "color:#8a6e20", "light: contrast #8a6e20 on #f4f2ee"),
    (".band { color: #e0b650", ".band { color: #7a5a10", "dark: contrast #7a5a10 on #1f2226"),
    (".try { background: #16181b", ".try { background: #8a8a8a", "dark: contrast #e0b650 on"),
]
HTML = [
    ("<h1 ", "<img src='x'><h1 ", "a <img>"),
    ("<h1 ", "<script>1</script><h1 ", "a <script>"),
    ("<h1 ", "<h1 onclick='x' ", "an attribute onclick"),
    ("</h1>", "", "HTML error"),
    ("<h2 ", "<h1>x</h1><h2 ", "headings"),
    ("<h2 ", "<h3>x</h3><h2 ", "leave out a level"),
    ('<html lang="en"', "<html", "no lang or dir"),
    ('role="presentation"', 'role="tab"', "a layout table"),
    ("color:#57606a", "color:#d0d0d0", "light: contrast #d0d0d0 on #ffffff"),
    ("color: #8cbcff", "color: #333333", "dark: contrast #333333 on #1f2226"),
    ("@media (prefers-color-scheme", "@media (color-scheme", "no dark style"),
    ("font-size:14px", "font-size:13px", "13.0 px text"),
    ("line-height:44px", "line-height:40px", "a target 40.0 px high"),
    ("padding:10px 0;color", "padding:0;color", "a target 27.0 px high"),
    ('href="https', 'href="data', "a link to 'data"),
    ("background:#f4f2ee", "background:url(//x)", "a style that reaches out"),
    (">Pause</a>", ">here</a>", "a link called 'here'"),
    (">Save</a>", ">Keep</a>", "a link that is called 'Keep'"),
    (">Unsubscribe</a>", ">Leave</a>", "no unsubscribe link"),
    ("display:none", "display:block", "no preheader"),
    ("345", "3\u200b45", "hidden characters"),
    ('role="article"', 'role="main"', "no article"),
    ('aria-hidden="true"', 'aria-label="x"', "other links in text and HTML"),
    ("/0/trap", "/0/like", "a hidden link that is no trap"),
    ("</a></div>", "</a><a href='https://x.org/trap'>x</a></div>", "2 hidden links"),
    ("<h1 ", "<!--[if mso]><img src='https://x'><![endif]--><h1 ", "a comment that reaches out"),
]
TEXT = [
    ("Pause:", "Pause: https://evil.example", "other links in text and HTML"),
    ("3. Sparse", "3. Dense", "a title that is not in the text"),
    ("/unsubscribe/", "/leave/", "other links in text and HTML"),
]


@pytest.fixture
def rendered(templates, make_daily):
    return press.render(templates, make_daily())


@pytest.mark.parametrize(("before", "after", "fault"), HEADERS)
def test_a_spoilt_message_is_caught(rendered, build, check_message, before, after, fault):
    good = build(rendered).decode()
    assert before in good

    with pytest.raises(AssertionError, match=re.escape(fault)):
        check_message(good.replace(before, after, 1).encode())


@pytest.mark.parametrize(("before", "after", "fault"), HTML)
def test_a_spoilt_page_is_caught(rendered, build, check_message, before, after, fault):
    assert before in rendered.html
    spoilt = replace(rendered, html=rendered.html.replace(before, after, 1))

    with pytest.raises(AssertionError, match=re.escape(fault)):
        check_message(build(spoilt))


@pytest.mark.parametrize(("before", "after", "fault"), TEXT)
def test_a_spoilt_text_is_caught(rendered, build, check_message, before, after, fault):
    assert before in rendered.text
    spoilt = replace(rendered, text=rendered.text.replace(before, after, 1))

    with pytest.raises(AssertionError, match=re.escape(fault)):
        check_message(build(spoilt))


@pytest.mark.parametrize(("before", "after", "fault"), SIGNED)
def test_a_spoilt_signature_is_caught(rendered, build, signer, check_message, before, after, fault):
    good = signer.sign(build(rendered)).decode()
    assert before in good

    with pytest.raises(AssertionError, match=re.escape(fault)):
        check_message(good.replace(before, after, 1).encode())


@pytest.mark.parametrize(("before", "after", "fault"), QUESTION)
def test_a_spoilt_question_is_caught(
    templates, make_confirm, build, check_message, before, after, fault
):
    good = press.render(templates, make_confirm())
    assert before in good.html

    with pytest.raises(AssertionError, match=re.escape(fault)):
        check_message(build(replace(good, html=good.html.replace(before, after, 1)), "confirm"))


@pytest.mark.parametrize(("before", "after", "fault"), LABELS)
def test_a_pale_label_is_caught_in_light_and_dark_in_and_out_of_the_dashed_box(
    templates, make_daily, make_pick, build, check_message, before, after, fault
):
    picks = (make_pick(1, band="strong"), make_pick(2, exploring=True))
    good = press.render(templates, make_daily(picks=picks))
    check_message(build(good))
    assert before in good.html

    with pytest.raises(AssertionError, match=re.escape(fault)):
        check_message(build(replace(good, html=good.html.replace(before, after))))
