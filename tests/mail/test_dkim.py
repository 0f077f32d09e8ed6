"""What we sign, others can verify: dkimpy, with a DNS that a test answers for."""

import base64
import re
from datetime import UTC, datetime

import dkim as dkimpy
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from dkim.canonicalization import Relaxed
from hypothesis import given
from hypothesis import strategies as st

from app.errors import NotReady
from app.mail import dkim, letter, press

# Lines as others write them: blanks and tabs anywhere, dots, empty lines.
LINES = st.lists(st.text("\t  .a=é", max_size=8).map(str.encode), max_size=12)
# Past, by the clock of whoever runs this: a signature of the future does not verify.
AT = datetime(2020, 11, 21, 6, tzinfo=UTC)
ANY = st.text(st.characters(categories=None), max_size=100)


def pem(key, password=b""):
    lock = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, lock).decode()


@pytest.fixture
def message(templates, make_daily, build):
    """A letter whose text part is indented and whose unsubscribe link is long."""
    url = "https://papers.example.org/unsubscribe/" + "t" * 200
    return build(
        press.quote(templates, make_daily()),
        unsubscribe_url=url,
        unsubscribe_mailto="u@x.org",
        date=AT,
    )


@pytest.fixture
def signed(signer, message):
    return signer.sign(message)


def test_a_signature_verifies_and_leaves_the_message_as_it_was(signed, message, verifies):
    assert signed.endswith(b"\r\n" + message)
    assert verifies(signed)


def test_a_letters_body_is_made_in_the_form_that_is_signed(signer, message, signed):
    assert signer.sign(message, is_relaxed=True) == signed


def test_a_signature_covers_what_receivers_ask_for_and_the_whole_body(signed):
    value = re.sub(rb"\r\n\s+", b"", signed.partition(b"\r\nFrom:")[0]).decode()
    tags = dict(tag.strip().split("=", 1) for tag in value.partition(":")[2].split(";"))

    assert tags.keys() == {"v", "a", "c", "d", "s", "t", "h", "bh", "b"}  # and so no l=
    assert (tags["a"], tags["c"]) == ("rsa-sha256", "relaxed/relaxed")
    assert (tags["d"], tags["s"], tags["t"]) == ("example.org", "paperboy", "1605938400")
    assert tags["h"].lower().split(":") == [
        *("from", "from", "to", "subject", "date", "message-id", "mime-version", "content-type"),
        *("list-id", "list-unsubscribe", "list-unsubscribe-post", "feedback-id"),
        *("auto-submitted", "precedence"),
    ]


def test_a_letter_of_confirmation_is_signed_too(
    templates, make_confirm, build, signer, verifies, check_message
):
    signed = signer.sign(build(press.quote(templates, make_confirm()), "confirm", date=AT))

    assert verifies(signed)
    check_message(signed)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"\r\nFrom: ", b"\r\nFrom: Eve <eve@evil.example>\r\nFrom: "),
        (b"\r\nMessage-ID: ", b"\r\nFrom: Eve <eve@evil.example>\r\nMessage-ID: "),
        (b"DKIM-", b"From: Eve <eve@evil.example>\r\nDKIM-"),
        (b"\r\nSubject: S", b"\r\nSubject: Not S"),
        (b"List-Unsubscribe: <https://papers", b"List-Unsubscribe: <https://evil"),
        (b"List-Unsubscribe-Post: List-Unsubscribe=One", b"List-Unsubscribe-Post: X=One"),
        (b"\r\nFeedback-ID: ", b"\r\nFeedback-ID: 1"),
        (b"1. Sparse", b"1. Dense"),
    ],
)
def test_what_is_altered_on_the_way_fails(signed, verifies, before, after):
    assert before in signed

    assert not verifies(signed.replace(before, after, 1))


def test_what_is_appended_on_the_way_fails(signed, verifies):
    assert not verifies(signed + b"Buy pills\r\n")


def test_white_space_that_relays_change_does_no_harm(signed, verifies):
    folded = signed.replace(b"\r\nTo: ", b"\r\nTO:\r\n\t ").replace(b"\r\nDate: ", b"\r\ndate:")

    assert verifies(folded + b"\r\n\r\n")


def test_the_same_message_gets_the_same_signature(message, signer, key_pem, signed):
    assert dkim.Signer("Example.org", "paperboy", key_pem).sign(message) == signed


def test_a_signed_letter_has_no_fault(signed, check_message):
    check_message(signed)


@given(lines=LINES)
def test_a_body_of_any_shape_is_read_as_others_read_it(lines):
    body = b"".join(line + b"\r\n" for line in lines)

    assert dkim.relaxed_body(body) == Relaxed.canonicalize_body(body)


@pytest.mark.parametrize(
    "body", [b"", b"\r\n", b"\r\n\r\n", b" \t \r\n", b".\r\n", b"a", b"a\r\n \r\n"]
)
def test_a_body_of_next_to_nothing_is_read_as_others_read_it(body):
    assert dkim.relaxed_body(body) == Relaxed.canonicalize_body(body)


@given(lines=LINES, name=st.sampled_from([b"To", b"SUBJECT", b"List-Id ", b"x-y\t"]))
def test_a_folded_header_is_read_as_others_read_it(lines, name):
    value = b"".join(line + b"\r\n " for line in lines) + b"end"
    expected = Relaxed.canonicalize_headers([(name, value + b"\r\n")])

    found = dkim.header_fields(name + b":" + value)

    assert list(found.items()) == [(key, key + b":" + text) for key, text in expected]


@given(text=ANY, subject=ANY)
def test_whatever_is_said_verifies(build, signer, verifies, text, subject):
    text = text.encode("utf-8", "replace").decode().replace("\r", "")

    assert verifies(signer.sign(build(letter.Rendered(subject, "", text, text), date=AT)))


def test_bodies_of_odd_white_space_verify(signer, verifies):
    head = b"From: a@example.org\r\nTo:b@x.org\r\nDate: Sat, 21 Nov 2020 06:00:00 +0000\r\n\r\n"
    for body in (b"", b"\r\n\r\n", b" a  b\t\r\n.\r\n..\r\n\t\r\n", b"a\r\n\r\n \r\n\r\n"):
        assert verifies(signer.sign(head + body)), body


def test_a_domain_of_other_letters_is_signed_for_in_ascii(key_pem):
    signer = dkim.Signer("bücher.example", "paperboy", key_pem)

    assert signer.record_name == "paperboy._domainkey.xn--bcher-kva.example"


def test_the_record_tells_the_public_key(signer):
    found = serialization.load_der_public_key(base64.b64decode(dkim.public_key(signer.record)))

    assert signer.record.startswith("v=DKIM1; k=rsa; p=")
    assert found.key_size == 2048
    assert dkim.public_key(" v=DKIM1 ;p = AB C= ; t=s") == "ABC="
    assert dkim.public_key("v=spf1 -all") == ""


def test_a_key_on_one_line_is_read(key_pem, signer):
    one_line = key_pem.replace("\n", "\\n")

    assert dkim.Signer("example.org", "paperboy", one_line).record == signer.record


BAD_KEYS = {
    "no private key in PEM form": ["garbage", "", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END"],
    "has 1024 bits, and needs 2048": [pem(rsa.generate_private_key(65_537, 1024))],  # noqa: S505
    "not an RSA key": [pem(ec.generate_private_key(ec.SECP256R1()))],
    "locked with a password": [pem(rsa.generate_private_key(65_537, 1024), b"secret")],  # noqa: S505
}


@pytest.mark.parametrize("fault", BAD_KEYS)
def test_a_key_that_cannot_serve_is_told_and_not_shown(fault):
    for bad in BAD_KEYS[fault]:
        with pytest.raises(NotReady, match=f"PAPERBOY_DKIM_PRIVATE_KEY.*{fault}") as told:
            dkim.Signer("example.org", "paperboy", bad)
        assert not bad or bad not in str(told.value)


@pytest.mark.parametrize(
    "name", ["", "a b.org", "a;d=evil.example", "a\r\nBcc: x", "-a.org", "a..b"]
)
def test_a_name_that_is_none_of_the_dns_is_told(key_pem, name):
    with pytest.raises(NotReady, match="PAPERBOY_DKIM_DOMAIN"):
        dkim.Signer(name, "paperboy", key_pem)
    with pytest.raises(NotReady, match="PAPERBOY_DKIM_SELECTOR"):
        dkim.Signer("example.org", name, key_pem)


def test_others_sign_like_us(signer, message, key_pem):
    """The hash of the body and the list of headers are those that dkimpy writes itself."""
    theirs = dkimpy.sign(
        message,
        b"paperboy",
        b"example.org",
        key_pem.encode(),
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=[name.encode() for name in dkim.SIGNED],
    )
    body_hashes = [re.search(rb"bh=([^;]+);", each)[1] for each in (theirs, signer.sign(message))]
    assert body_hashes[0] == body_hashes[1]
