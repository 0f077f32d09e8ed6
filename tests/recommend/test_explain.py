import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recommend import explain
from app.recommend.explain import LikedShare, Reason, Share

TITLES = {7: "Attention for Beginners"}

shares = st.floats(-1, 1, allow_nan=False)
liked_shares = st.lists(
    st.builds(LikedShare, st.integers(1), shares, st.lists(st.text()).map(tuple)), max_size=3
).map(tuple)
reasons = st.builds(
    Reason,
    st.lists(st.builds(Share, st.text(), shares, st.lists(st.text()).map(tuple))).map(tuple),
    liked_shares,
    liked_shares,
    shares,
    st.booleans(),
)


@given(reasons)
def test_a_reason_is_read_back_as_it_was_written(reason):
    assert explain.from_json(explain.to_json(reason)) == reason


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (
            Reason((Share("protein folding", 0.3), Share("diffusion", 0.2))),
            "You asked for “protein folding” and diffusion.",
        ),
        (Reason((Share("diffusion", 0.3), Share("image", 0.01))), "You asked for diffusion."),
        (
            Reason((Share("protein folding", 0.1, ("protein",)),)),
            "Speaks of protein, from your “protein folding”.",
        ),
        (
            Reason(liked=(LikedShare(7, 0.2, ("attention", "transformers")),)),
            "Close to “Attention for Beginners”, which you liked"
            " (both speak of attention and transformers).",
        ),
        (
            Reason((Share("maths", 0.2),), (LikedShare(7, 0.2),)),
            "You asked for maths. Close to “Attention for Beginners”, which you liked.",
        ),
        (
            Reason(liked=(LikedShare(7, 0.1, ("maths",)),), rest=0.5),
            "Close to “Attention for Beginners”, which you liked (both speak of maths),"
            " and to others.",
        ),
        (Reason(liked=(LikedShare(8, 0.2),)), "Close to a paper you liked."),
        (Reason(trending=True), "Trending now; not yet chosen by your own interests."),
        (Reason(), "No word of it is among yours."),
    ],
)
def test_the_sentence_names_the_largest_shares(reason, sentence):
    assert explain.sentence(reason, TITLES) == sentence


@given(reasons)
def test_every_reason_has_a_sentence(reason):
    assert explain.sentence(reason, TITLES)
