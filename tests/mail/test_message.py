import re
from datetime import UTC, date, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BadValue
from app.mail import foreign, letter, message

PLAIN = letter.Rendered("A subject", "", "<p>Hello</p>", "Hello")
ANY_TEXT = st.text(st.characters(categories=None), max_size=200)


def header(raw, name):
    """The bytes of one header, unfolded."""
    found = re.search(rb"(?:^|\r\n)" + name + rb": ((?:[^\r\n]|\r\n )*)", raw)
    return found[1].replace(b"\r\n", b"")


def test_an_unsubscribe_link_of_any_length_leaves_as_it_is(build):
    for length in range(20, 501):
        url = "https://example.org/".ljust(length, "a")

        raw = build(PLAIN, unsubscribe_url=url)

        assert header(raw, b"List-Unsubscribe") == f"<{url}>".encode()
        assert header(raw, b"List-Unsubscribe-Post") == b"List-Unsubscribe=One-Click"


def test_a_mail_address_may_stand_beside_the_unsubscribe_link(build):
    raw = build(PLAIN, unsubscribe_url="https://x.org/u", unsubscribe_mailto="stop@x.org")

    assert header(raw, b"List-Unsubscribe") == (
        b"<https://x.org/u>, <mailto:stop@x.org?subject=unsubscribe>"
    )


def test_a_link_that_does_not_lead_to_the_web_is_told(build):
    with pytest.raises(BadValue, match="not a link by http"):
        build(PLAIN, unsubscribe_url="javascript:x")


def test_a_letter_of_confirmation_belongs_to_no_list(build):
    raw = build(PLAIN, "confirm")

    assert b"\r\nAuto-Submitted: auto-generated\r\n" in raw
    assert not re.search(rb"(?i)\r\n(list-|precedence|feedback-id)", raw)


def test_a_daily_letter_says_which_list_it_is_of(build):
    raw = build(PLAIN)

    assert header(raw, b"List-Id") == b"<daily.example.org>"
    assert header(raw, b"Precedence") == b"bulk"
    assert header(raw, b"Feedback-ID") == b"20261121:daily:letter:paperboy"


@given(subject=ANY_TEXT, text=ANY_TEXT, sender=ANY_TEXT)
def test_whatever_is_said_comes_out_as_it_went_in(build, subject, text, sender):
    clean = foreign.tame(text)
    rendered = letter.Rendered(subject, "", clean, clean)
    name = foreign.tame(re.sub(r"[^\w ]", "", sender))

    raw = build(rendered, sender=f"{name} <paperboy@example.org>")

    read = message_from_bytes(raw, policy=policy.default)
    assert (read["subject"] or "") == foreign.tame(subject)
    assert [str(a.addr_spec) for a in read["from"].addresses] == ["paperboy@example.org"]
    # Not display_name: between two encoded words of a name 3.11 keeps the space of the fold.
    said = str(make_header(decode_header(message_from_bytes(raw)["From"])))
    assert said.removesuffix("<paperboy@example.org>").strip() in {name, "paperboy@example.org"}
    assert [part.get_content().rstrip("\n") for part in read.iter_parts()] == [clean, clean]
    assert not [defect for part in read.walk() for defect in part.defects]
    assert all(len(line) <= 78 for line in raw.split(b"\r\n"))


@given(subject=ANY_TEXT)
def test_no_subject_can_start_a_header_or_end_them(build, subject):
    head = build(letter.Rendered(f"a\r\nBcc: x@y.org\n{subject}\u2028Bcc: z", "", "", "")).split(
        b"\r\n\r\n"
    )[0]

    assert sum(not line.startswith(b" ") for line in head.split(b"\r\n")) == 13
    assert b"\nBcc" not in head


def test_a_subject_that_looks_encoded_is_not_decoded_by_its_reader(build):
    raw = build(letter.Rendered("=?utf-8?q?=0D=0ABcc:_x@y.org?= and more", "", "", ""))

    read = message_from_bytes(raw, policy=policy.default)
    assert read["subject"] == "=?utf-8?q?=0D=0ABcc:_x@y.org?= and more"


def test_the_same_facts_give_the_same_bytes(build):
    assert build(PLAIN) == build(PLAIN)


def test_the_date_is_written_in_utc_whatever_its_zone(build):
    at = datetime(2026, 11, 21, 7, 0, tzinfo=timezone(timedelta(hours=1)))

    assert header(build(PLAIN, date=at), b"Date") == b"Sat, 21 Nov 2026 06:00:00 +0000"


def test_a_message_id_is_the_same_for_ever_and_names_nobody():
    made = message.message_id(date(2026, 11, 21), 7, "daily", "bücher.example")

    assert made == "<20261121.1ee259fa5fd5f8b8.daily@xn--bcher-kva.example>"


def test_no_two_letters_share_a_message_id(request):
    n = 50_000 if request.config.getoption("full") else 1_000
    days = [date(2026, 11, day) for day in range(1, 11)]
    made = {
        message.message_id(day, subscriber_id, kind, "example.org")
        for day in days
        for subscriber_id in range(n)
        for kind in ("daily", "confirm")
    }

    assert len(made) == 20 * n


def test_a_long_address_and_a_long_domain_stay_whole(build):
    recipient = f"{'a' * 64}@{'b' * 60}.{'c' * 60}.example"
    name = message.message_id(date(2026, 11, 21), 7, "daily", f"{'d' * 60}.{'e' * 60}.example")

    raw = build(PLAIN, recipient=recipient, message_id=name)

    assert header(raw, b"To") == recipient.encode()
    assert header(raw, b"Message-ID") == name.encode()


@pytest.mark.parametrize(
    "recipient",
    ["", "a", "@x.org", "a@", "a b@x.org", "a@b>,<c@d", "a@b, c@d", "a@b\r\nBcc: c@d", "<a@b.org>",
     "A <a@b.org>", "a@b.org\u2028x", "a\u202eb@x.org", "é b@x.org", "é>@x.org", "a@ö ö.org"],
)  # fmt: skip
def test_what_is_not_exactly_one_address_is_told(build, recipient):
    with pytest.raises(BadValue):
        build(PLAIN, recipient=recipient)


@pytest.mark.parametrize(
    "sender",
    [
        "",
        "Paperboy",
        "a@b.org, c@d.org",
        "A <a@b.org> <c@d.org>",
        "=?utf-8?q?=0D=0ABcc:?= <a@b.org>",
    ],
)
def test_what_is_not_exactly_one_sender_is_told(build, sender):
    with pytest.raises(BadValue, match="is not like Paperboy <"):
        build(PLAIN, sender=sender)


def test_an_international_domain_travels_in_ascii(build):
    raw = build(PLAIN, recipient="reader@bücher.example", sender="P <p@bücher.example>")

    assert header(raw, b"To") == b"reader@xn--bcher-kva.example"
    assert header(raw, b"From") == b"P <p@xn--bcher-kva.example>"
    assert message.envelope_address("reader@bücher.example") == "reader@xn--bcher-kva.example"


def test_only_a_local_part_beyond_ascii_needs_smtputf8(build):
    assert message.needs_smtputf8("jürgen@example.org")
    assert not message.needs_smtputf8("reader@bücher.example")
    assert header(build(PLAIN, recipient="jürgen@x.org"), b"To") == "jürgen@x.org".encode()


def test_a_quoted_local_part_is_one_address(build):
    raw = build(PLAIN, recipient='"a b,c"@x.org')

    read = message_from_bytes(raw, policy=policy.default)
    assert [a.addr_spec for a in read["to"].addresses] == ['"a b,c"@x.org']


def test_a_naive_date_is_refused(build):
    with pytest.raises(ValueError, match="aware"):
        build(PLAIN, date=datetime(2026, 11, 21, tzinfo=UTC).replace(tzinfo=None))


@pytest.mark.parametrize("name", ["Long " * 30, "L" * 80, "Comma, " * 15])
def test_a_sender_of_many_words_is_folded_and_stays_whole(build, name):
    raw = build(PLAIN, sender=f'"{name.strip()}" <paperboy@example.org>')

    # Not the parser of addresses: Python's puts a blank between encoded words (RFC 2047 §6.2).
    read = str(make_header(decode_header(header(raw, b"From").decode())))
    assert read == f"{name.strip()} <paperboy@example.org>"
    assert all(len(line) <= 76 for line in raw.split(b"\r\n\r\n")[0].split(b"\r\n"))


def test_a_sender_called_nothing_is_an_address(build):
    assert header(build(PLAIN, sender='"  " <p@example.org>'), b"From") == b"p@example.org"
