import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recommend import spelling

WORDS = st.text("abc", max_size=6)


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("", "", 0),
        ("", "ab", 2),
        ("protien", "protein", 1),
        ("kitten", "sitting", 3),
        ("ab", "ba", 1),
    ],
)
def test_a_letter_more_less_changed_or_swapped_is_one_apart(one, other, apart):
    assert spelling.distance(one, other) == spelling.distance(other, one) == apart


@given(WORDS, WORDS)
def test_only_equal_texts_are_nothing_apart(one, other):
    assert (spelling.distance(one, other) == 0) is (one == other)


@given(WORDS, st.lists(WORDS))
def test_near_leaves_out_nothing_that_is_near(typed, known):
    most = spelling.allowed(typed)
    near = {k: spelling.distance(typed, k) for k in known if spelling.distance(typed, k) <= most}

    assert spelling.near(typed, known) == (near if most else {})
