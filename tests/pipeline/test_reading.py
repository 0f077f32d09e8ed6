import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.pipeline.reading import Contents
from app.recommend import explain
from app.recommend.explain import LikedShare, Reason, Share, Stored
from app.store.letters import Choice

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
WORDS = st.text(max_size=8)
REASONS = st.builds(
    Reason,
    st.tuples(st.builds(Share, WORDS, NUMBERS, st.tuples(WORDS))),
    st.tuples(st.builds(LikedShare, st.integers(), NUMBERS, st.tuples(WORDS))),
    rest=NUMBERS,
    trending=st.booleans(),
)


def read(*texts: str) -> list[Stored]:
    choices = [Choice(rank, 1, text) for rank, text in enumerate(texts, start=1)]
    return Contents(choices, {}, {}, {}, {}).reasons


@settings(max_examples=50)
@given(st.lists(REASONS, max_size=3))
@example([Reason(liked=(LikedShare(10**30, 5e-324, ("\ud800", '"\x00')),), rest=-0.0)])
def test_reasons_are_read_to_the_last_digit_as_they_were_stored(given: list[Reason]) -> None:
    texts = [explain.to_json(each) for each in given]

    # As text, for 0.0 equals -0.0.
    assert repr(read(*texts)) == repr([json.loads(each) for each in texts])


@pytest.mark.parametrize(
    "text",
    [
        r'{"terms":[{"text":"half a sign: \ud800","share":1}]}',
        '{"rest":1,"rest":2}',
        '{"rest":Infinity,"fit":1e400}',
        f'{{"rest":{"9" * 40}}}',
    ],
)
def test_what_no_reason_of_ours_says_is_read_as_the_standard_library_does(text: str) -> None:
    assert read(text, "{}") == [json.loads(text), {}]


@pytest.mark.parametrize("text", ["", "{", "{},{}", '{"rest":01}', '{"rest":"\n"}'])
def test_a_broken_reason_is_not_read(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (whose words nobody repeats)
        read(text, "{}")
