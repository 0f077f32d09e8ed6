"""JSON: two parsers, one answer."""

import json

import answers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import UnreadableDigest
from app.papers import json_text

WHOLE = json.dumps([answers.BIORXIV_ROW, {"votes": [1, -2.5e3, True, None], "name": "Čech"}])
_PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    _PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


def _by_json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return ValueError


def _by_us(text: str) -> object:
    try:
        return json_text.parse(text)
    except UnreadableDigest:
        return ValueError


@given(VALUES, st.booleans())
def test_what_was_written_is_read(value, ascii_only):
    assert json_text.parse(json.dumps(value, ensure_ascii=ascii_only)) == value


@given(answers.mutated(WHOLE))
def test_a_broken_text_means_what_it_means_to_json(text):
    assert _by_us(text) == _by_json(text)


@pytest.mark.parametrize(
    "text",
    [
        r'"\ud800"',  # half of a pair
        '"\ud800"',
        r'"\ud83d\ude00"',
        "[" * 300 + "]" * 300,
        "1" + "0" * 40,
        '{"a": 1, "a": 2}',
        "[Infinity, -Infinity, 1e999]",
    ],
)
def test_odd_json_is_read_as_json_reads_it(text):
    assert json_text.parse(text) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1 }}', "line 1, column 10: Extra data"),
        ("[1]\n[2]", "line 2, column 1: Extra data"),
        ("1" * 5_000, "beyond all measure"),
        ("[" * 100_000, "beyond all measure"),
    ],
)
def test_what_is_no_json_is_refused_with_the_place(text, said):
    with pytest.raises(UnreadableDigest, match=said):
        json_text.parse(text)
