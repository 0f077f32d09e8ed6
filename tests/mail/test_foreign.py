import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BadValue
from app.mail import foreign

# Lone surrogates too: JSON can bring them in.
ANY_TEXT = st.text(st.characters(categories=None) | st.sampled_from("\r\n\u2028\u202e\u200b\ud800"))


@given(ANY_TEXT)
def test_tamed_text_is_one_line_of_what_can_be_seen(text):
    tamed = foreign.tame(text)

    assert len(tamed.splitlines()) <= 1
    assert {unicodedata.category(c) for c in tamed}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})
    assert tamed == " ".join(tamed.split())
    tamed.encode()


@given(ANY_TEXT)
def test_taming_twice_changes_nothing(text):
    assert foreign.tame(foreign.tame(text)) == foreign.tame(text)


def test_words_stay_apart_where_a_line_ended():
    assert foreign.tame("one\r\ntwo\u2028three\x0bfour\x85five") == "one two three four five"


def test_taming_composes_letters_and_drops_what_turns_them():
    assert foreign.tame("e\u0301t\u202ee\u200b\ufeff\u2066\ud800\0") == "éte"


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "data:text/html,<b>",
     "vbscript:x", "file:///etc/passwd", "//evil.example", "mailto:a@b", "http://", "https:///x",
     "http://[::1", "https://arxiv.org@evil.example/", "https://user:word@evil.example/",
     "https://xn--\u202e.example@x/", "https://\ud800@x", "https://a." + "b" * 3000, "", "x"],
)  # fmt: skip
def test_what_does_not_lead_to_the_web_openly_is_no_link(url):
    assert foreign.href(url) == ""
    assert foreign.host(url) == ""


@pytest.mark.parametrize(
    ("url", "href"),
    [
        ("https://arxiv.org/abs/2610.01234?a=b&c=%20#d", "https://arxiv.org/abs/2610.01234?a=b&c=%20#d"),
        ("https://x.org/a b\"c'<d>", "https://x.org/a%20b%22c'%3Cd%3E"),
        ("https://x.org/é", "https://x.org/%C3%A9"),
        ("https://bücher.example/x", "https://xn--bcher-kva.example/x"),
        ("http://127.0.0.1:8000/x", "http://127.0.0.1:8000/x"),
        ("https://x.org/a\r\n\u202eb", "https://x.org/a%20b"),
    ],
)  # fmt: skip
def test_a_link_is_ascii_without_blanks(url, href):
    assert foreign.href(url) == href


@given(ANY_TEXT)
def test_any_link_is_printable_ascii(text):
    href = foreign.href(f"https://example.org/{text}")

    assert href.isascii()
    assert not set(href) & set(' "<>\\^`{|}')


def test_the_host_is_shown_as_it_is_read():
    assert foreign.host("https://www.biorxiv.org/content/1") == "biorxiv.org"


@pytest.mark.parametrize("domain", ["exa mple.örg", "ö" * 70 + ".org", "ö..org"])
def test_a_domain_that_is_none_is_told(domain):
    with pytest.raises(BadValue, match="is no domain name"):
        foreign.ascii_domain(domain)


def test_a_german_domain_keeps_its_sharp_s():
    assert foreign.ascii_domain("straße.de") == "xn--strae-oqa.de"
