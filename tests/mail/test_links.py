import base64
import string
from datetime import timedelta
from itertools import permutations, product

import pytest
from conftest import NOW
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BadLink, BadValue
from app.mail import links
from app.mail.links import Links, MailPurpose, Purpose, Tokens, Verdict

TOKENS = Tokens(["a key for these tests only"])
HEAD = Links("https://papers.example.org/lab", TOKENS)
FACTS = st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=4)


@given(purpose=st.sampled_from(Purpose), facts=FACTS)
def test_a_token_gives_back_its_facts(purpose, facts):
    token = TOKENS.make(purpose, *facts)
    assert TOKENS.read(purpose, token, len(facts)) == tuple(facts)
    assert TOKENS.make(purpose, *facts) == token
    assert set(token) <= set(string.ascii_letters + string.digits + "-_.")


@pytest.mark.parametrize(("made", "read"), [p for p in product(Purpose, Purpose) if p[0] != p[1]])
def test_a_token_is_worth_nothing_for_another_purpose(made, read):
    token = TOKENS.make(made, 7)
    with pytest.raises(BadLink, match="not one of ours"):
        TOKENS.read(read, token, 1)


@given(purpose=st.sampled_from(Purpose), facts=FACTS, n=st.integers(1, 4))
def test_a_token_is_not_read_as_one_of_fewer_facts(purpose, facts, n):
    facts = [2**64 - 1, *facts][:4]
    token = TOKENS.make(purpose, *facts)
    if n < len(facts):
        with pytest.raises(BadLink):
            TOKENS.read(purpose, token, n)


@given(
    purpose=st.sampled_from(Purpose),
    number=st.integers(0, 2**64 - 1),
    at=st.integers(0),
    sign=st.sampled_from(string.ascii_letters + string.digits + "-_."),
)
def test_a_token_altered_in_one_sign_never_speaks_for_anyone_else(purpose, number, at, sign):
    token = TOKENS.make(purpose, number)
    at %= len(token)
    altered = token[:at] + sign + token[at + 1 :]
    try:
        read = TOKENS.read(purpose, altered, 1)
    except BadLink:
        assert altered != token
    else:  # the last sign of a signature holds two bits that say nothing
        assert altered == token or at == len(token) - 1
        assert read == (number,)


def test_no_single_bit_of_a_token_can_be_another():
    n_refused = 0
    for purpose in Purpose:
        token = TOKENS.make(purpose, 2**63, 7, 2026).encode()
        for at, bit in product(range(len(token)), range(8)):
            forged = bytes([*token[:at], token[at] ^ 1 << bit, *token[at + 1 :]]).decode("latin-1")
            try:
                # The last sign of a signature holds two bits that say nothing.
                assert TOKENS.read(purpose, forged, 3) == (2**63, 7, 2026)
                assert at == len(token) - 1
            except BadLink:
                n_refused += 1
    assert n_refused > 5_000


def test_the_signature_of_one_token_is_worth_nothing_under_the_facts_of_another():
    for purpose, (mine, theirs) in product(Purpose, permutations(range(1, 9), 2)):
        facts, _, _ = TOKENS.make(purpose, theirs).partition(".")
        _, _, signature = TOKENS.make(purpose, mine).partition(".")
        with pytest.raises(BadLink):
            TOKENS.read(purpose, f"{facts}.{signature}", 1)


def test_nobody_guesses_a_signature():
    """256 bits in a link, and 128 in a mail address, where two small numbers take a byte each."""
    signature = TOKENS.make(Purpose.UNSUBSCRIBE, 7).rpartition(".")[2]
    in_mail = TOKENS.make_mail(MailPurpose.BOUNCE, 1, 1)
    assert len(base64.urlsafe_b64decode(f"{signature}=")) == 32
    assert len(base64.b32decode(f"{in_mail}===".upper())) == 2 + 16


@given(st.text(max_size=80))
def test_a_made_up_token_is_refused(token):
    for purpose in Purpose:
        with pytest.raises(BadLink, match="not one of ours"):
            TOKENS.read(purpose, token, 1)


@given(st.integers(0, 2**32), st.integers(0, 80))
def test_a_token_cut_short_is_refused(number, length):
    token = TOKENS.make(Purpose.LETTER, number)
    if length < len(token):
        with pytest.raises(BadLink, match="cut short"):
            TOKENS.read(Purpose.LETTER, token[:length], 1)


def test_a_token_of_another_service_is_refused():
    token = Tokens(["the key of somebody else"]).make(Purpose.UNSUBSCRIBE, 7)
    with pytest.raises(BadLink):
        TOKENS.read(Purpose.UNSUBSCRIBE, token, 1)


def test_after_a_change_of_keys_links_mailed_before_still_work():
    old, new = "the key of last year", "the key of this year"
    mailed = Tokens([old]).make(Purpose.UNSUBSCRIBE, 7)
    both = Tokens([new, old])
    assert both.read(Purpose.UNSUBSCRIBE, mailed, 1) == (7,)
    assert both.make(Purpose.UNSUBSCRIBE, 7) == Tokens([new]).make(Purpose.UNSUBSCRIBE, 7)
    with pytest.raises(BadLink):
        Tokens([new]).read(Purpose.UNSUBSCRIBE, mailed, 1)


def test_every_link_leads_to_its_own_page_under_the_base_address():
    base = "https://papers.example.org/lab"
    letter = TOKENS.make(Purpose.LETTER, 3)
    assert HEAD.letter(3) == f"{base}/letters/{letter}"
    assert HEAD.feedback(3, 2, Verdict.SAVE) == f"{base}/feedback/{letter}/2/save"
    assert HEAD.paper(5) == f"{base}/papers/5"
    unsubscribe = TOKENS.make(Purpose.UNSUBSCRIBE, 7)
    assert HEAD.unsubscribe(7) == f"{base}/unsubscribe/{unsubscribe}"
    preferences = TOKENS.make(Purpose.PREFERENCES, 7, 2)
    assert HEAD.preferences(7, 2) == f"{base}/preferences/{preferences}"


def test_a_confirm_link_says_when_it_was_made_in_whole_seconds():
    url = HEAD.confirm(7, NOW + timedelta(microseconds=5))
    token = url.removeprefix("https://papers.example.org/lab/confirm/")
    assert TOKENS.read(Purpose.CONFIRM, token, 2) == (7, int(NOW.timestamp()))
    assert url == HEAD.confirm(7, NOW)


def test_a_raised_version_makes_another_preferences_link():
    assert HEAD.preferences(7, 1) != HEAD.preferences(7, 2)


@pytest.mark.parametrize("url", ["https://arxiv.org/abs/2610.01234", "http://example.org"])
def test_links_to_the_web_stay(url):
    assert links.only_web(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)//https://example.org",
        "data:text/html,x",
        "//example.org/x",
        "/papers/1",
        "https://",
        "https:///x",
        "http://[::1",
        "ftp://example.org",
        "file:///etc/passwd",
        "mailto:a@b.org",
    ],
)
def test_whatever_else_a_digest_links_to_does_not_leave(url):
    assert links.only_web(url) == ""


NUMBERS = st.integers(0, 2**63 - 1)
MAILBOX = "bounce@example.org"


@given(subscriber=NUMBERS, letter=st.integers(0, 2**40))
def test_a_return_path_gives_back_whose_letter_it_is_in_any_case(subscriber, letter):
    address = links.bounce_address("x@example.org", TOKENS, subscriber, letter)
    assert links.read_bounce_address(TOKENS, address) == (subscriber, letter)
    assert links.read_bounce_address(TOKENS, address.upper()) == (subscriber, letter)
    assert len(address.partition("@")[0]) <= 64
    assert set(address) <= set(string.ascii_lowercase + string.digits + "+@.")


def test_a_million_readers_of_ten_thousand_letters_fit_into_a_usual_mailbox():
    address = links.bounce_address("paperboy-bounces@example.org", TOKENS, 10**6, 10**10)
    assert links.read_bounce_address(TOKENS, address) == (10**6, 10**10)
    assert len(address.partition("@")[0]) <= 64


def test_a_mailbox_too_long_for_a_token_is_named():
    with pytest.raises(BadValue, match="too long"):
        links.bounce_address("b" * 60 + "@example.org", TOKENS, 1, 1)


@given(subscriber=NUMBERS)
def test_an_address_to_unsubscribe_by_gives_back_who_wants_to(subscriber):
    address = links.unsubscribe_address(MAILBOX, TOKENS, subscriber)
    assert links.read_unsubscribe_address(TOKENS, address.swapcase()) == subscriber
    assert links.read_bounce_address(TOKENS, address) is None


@given(
    subscriber=st.integers(0, 2**20),
    letter=st.integers(0, 2**30),
    at=st.integers(0),
    bit=st.integers(0, 7),
)
def test_a_return_path_with_one_bit_flipped_speaks_for_nobody_else(subscriber, letter, at, bit):
    address = links.bounce_address(MAILBOX, TOKENS, subscriber, letter)
    raw = bytearray(address.encode())
    start = len("bounce+b")
    raw[start + at % (len(raw) - start - len("@example.org"))] ^= 1 << bit
    forged = raw.decode("latin-1")
    if forged.lower() != address:
        read = links.read_bounce_address(TOKENS, forged)
        # The last sign may hold bits that say nothing.
        assert read is None or read == (subscriber, letter)
    assert links.read_unsubscribe_address(TOKENS, forged) is None


@given(st.text(max_size=80))
def test_a_made_up_return_path_is_refused(text):
    for address in (text, f"bounce+b{text}@example.org", f"bounce+u{text}@example.org"):
        assert links.read_bounce_address(TOKENS, address) is None
        assert links.read_unsubscribe_address(TOKENS, address) is None


@given(purpose=st.sampled_from(MailPurpose), other=st.sampled_from(MailPurpose), facts=FACTS)
def test_a_token_of_a_mail_address_is_worth_nothing_elsewhere(purpose, other, facts):
    token = TOKENS.make_mail(purpose, *facts)
    expected = tuple(facts) if purpose == other else None
    assert TOKENS.read_mail(other, token, len(facts)) == expected
    assert TOKENS.read_mail(other, token, len(facts) + 1) is None
    for link in Purpose:
        with pytest.raises(BadLink):
            TOKENS.read(link, token, len(facts))
        assert TOKENS.read_mail(other, TOKENS.make(link, *facts), len(facts)) is None


def test_after_a_change_of_keys_letters_on_their_way_may_still_come_back():
    old, new = (
        Tokens(["the key of last year"]),
        Tokens(["the key of this year", "the key of last year"]),
    )
    address = links.bounce_address(MAILBOX, old, 7, 3)
    assert links.read_bounce_address(new, address) == (7, 3)
    assert links.bounce_address(MAILBOX, new, 7, 3) != address
    assert links.read_bounce_address(old, links.bounce_address(MAILBOX, new, 7, 3)) is None
