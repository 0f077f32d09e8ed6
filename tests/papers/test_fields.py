"""Fields of foreign answers: the plain value or the empty one, whatever was there."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.papers import fields
from app.papers.paper import fold

ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (37, 37),
        ("37", 37),
        (" 1,028 ", 1028),
        (0, 0),
        (-1, None),
        (True, None),
        (3.5, None),
        ("many", None),
        (None, None),
        (2**31, None),
        ("9" * 5000, None),
        ("²", None),
    ],
)
def test_counts_come_as_numbers_or_as_text(value, count):
    assert fields.count(value) == count


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2026-10-05", date(2026, 10, 5)),
        ("2026-9-7", date(2026, 9, 7)),
        ("2026-10-05T23:59:00.000Z", date(2026, 10, 5)),
        ("2026-10-05T00:00:00-04:00", date(2026, 10, 5)),
        ("2026-13-40", None),
        ("2026-W41", None),
        ("2026-10", None),
        (20261005, None),
        (None, None),
    ],
)
def test_days_lack_their_zeros_at_times(value, day):
    assert fields.day(value) == day


def test_the_first_value_that_is_one_counts():
    assert fields.text(None, 3, " \n", "a\nb", "c") == "a b"
    assert fields.day("", "never", "2026-10-05") == date(2026, 10, 5)
    assert fields.mail_day("", "never", "Mon, 05 Oct 2026 22:30:00 -0700") == date(2026, 10, 5)
    assert fields.link("/a", "javascript:b", "https://example.org/c") == "https://example.org/c"


@pytest.mark.parametrize(
    "address",
    [
        "ftp://example.org/",
        "https://a b",
        'https://a"b',
        "https://<b>",
        "//example.org",
        "https:a",
        "https://a\ud83d.org",
    ],
)
def test_what_is_no_address_of_the_web_is_none(address):
    assert fields.link(address) == ""


@given(st.text(st.sampled_from("ab \n\t\r\x0b\x0c\x1c\x1f\x85\xa0\u2003é"), max_size=400))
def test_long_and_short_texts_are_folded_alike(text):
    assert fold(text) == " ".join(text.split())
    assert fold(text * 3) == " ".join((text * 3).split())


@given(st.text(st.characters(categories=["Cs", "Ll"]), min_size=3))
def test_every_address_can_be_stored(rest):
    address = f"https://{rest}"
    found = fields.link(address)
    assert found in {"", address}
    assert found.encode(errors="replace").decode() == found


@pytest.mark.parametrize(
    ("value", "doi"),
    [
        ("10.1101/2026.10.01.123456", "10.1101/2026.10.01.123456"),
        ("https://doi.org/10.1101/ABC.", "10.1101/abc"),
        ("10.1101/a\0b", "10.1101/ab"),
        ("NA", ""),
        (None, ""),
        (10.1101, ""),
    ],
)
def test_a_doi_is_one_that_can_be_stored(value, doi):
    assert fields.doi(value) == doi


def test_words_that_come_again_are_in_small_letters():
    assert [fields.word(each) for each in (" New  Results", "N" * 99, None)] == [
        "new results",
        "n" * 99,
        "",
    ]


@given(ANYTHING)
def test_nothing_is_too_odd_to_be_read(value):
    for read in (fields.text, fields.doi, fields.word):
        assert "\0" not in read(value)
        read(value).encode()
    for read in (fields.count, fields.day, fields.mail_day, fields.texts):
        read(value)
    link = fields.link(value).lower()
    assert not link or link.startswith("http")
