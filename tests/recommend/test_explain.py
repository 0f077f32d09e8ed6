from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recommend import explain, naming, points, voice
from app.recommend.explain import LikedShare, Reason, Share
from app.recommend.interests import Kind

TITLES = {
    7: "Attention for Beginners",
    8: "A Title That Goes On for Longer Than Any List of Shares Has Room",
    9: "書籍" * 40,
}
NEAR = Share("protein folding", 0.3, kind=Kind.PHRASE, near=("chaperones", "misfolding"))
LECUN = Share("Yann LeCun", 0.3, kind=Kind.AUTHOR)

shares = st.floats(-1, 1, allow_nan=False)
liked_shares = st.lists(
    st.builds(LikedShare, st.integers(1), shares, st.lists(st.text()).map(tuple)), max_size=3
).map(tuple)
some_words = st.lists(st.text(), max_size=3).map(tuple)
reasons = st.builds(
    Reason,
    st.lists(
        st.builds(Share, st.text(), shares, some_words, st.sampled_from(Kind), some_words)
    ).map(tuple),
    liked_shares,
    liked_shares,
    shares,
    st.booleans(),
    st.floats(0, 1),
    st.sampled_from(["", "strong", "good", "worth a look"]),
    st.booleans(),
    shares,
)


@given(reasons)
def test_a_reason_is_read_back_as_it_was_written(reason):
    assert explain.from_json(explain.to_json(reason)) == reason


def test_no_field_of_a_reason_is_forgotten():
    share = Share("word", 0.5, ("w",), Kind.PHRASE, ("near",))
    liked = (LikedShare(3, 0.25, ("moons",)),)
    reason = Reason((share,), liked, liked, 0.1, True, 0.9, "good", True, 0.2)
    for part in (reason, share, *liked):
        assert all(getattr(part, each.name) != each.default for each in fields(part) if each.init)
    assert explain.from_json(explain.to_json(reason)) == reason


def test_a_reason_is_stored_without_what_goes_without_saying():
    reason = Reason(terms=(Share("word", 0.0),))

    stored = explain.to_json(reason)

    assert stored == '{"terms":[{"text":"word","share":0.0}]}'
    assert explain.from_json(stored) == reason


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
        (Reason(liked=(LikedShare(6, 0.2),)), "Close to a paper you liked."),
        (Reason((LECUN,)), "You follow Yann LeCun."),
        (
            Reason((Share("cs.LG", 0.3, kind=Kind.CATEGORY),)),
            "In cs.LG, which you asked for.",
        ),
        (
            Reason((NEAR,)),
            "Related to your “protein folding”: it speaks of chaperones and misfolding.",
        ),
        (
            Reason((LECUN, Share("Bo Sample", 0.2, kind=Kind.AUTHOR), Share("maths", 0.2))),
            "You follow Yann LeCun and Bo Sample. You asked for maths.",
        ),
        (
            Reason((NEAR, LECUN, Share("maths", 0.2), Share("diffusion", 0.2))),
            "Related to your “protein folding”: it speaks of chaperones and misfolding. You "
            "follow Yann LeCun.",
        ),
        (Reason((Share("maths", 0.2), Share("image", -0.4))), "You asked for maths."),
        (
            Reason((Share("maths", 0.2),), readers=0.1),
            "You asked for maths. Readers who share your interests tend to like such papers.",
        ),
        (
            Reason((), (LikedShare(7, 0.2),), readers=0.1),
            "Close to “Attention for Beginners”, which you liked. Readers who like what you like "
            "tend to like such papers.",
        ),
        (Reason((Share("maths", 0.2),), readers=0.01), "You asked for maths."),
        (
            Reason(exploring=True),
            "We are less sure of this one: tell us whether you want more of it.",
        ),
        (
            Reason((Share("maths", 0.2),), exploring=True),
            "We are less sure of this one: tell us whether you want more of it. You asked for "
            "maths.",
        ),
        (Reason((Share("maths", 0.2),), trending=True), "Trending now. You asked for maths."),
        (Reason(trending=True), "Trending now; not yet chosen by your own interests."),
        (Reason(), "No word of it is among yours."),
    ],
)
def test_the_sentence_names_the_largest_shares(reason, sentence):
    assert points.sentence(reason, TITLES) == sentence


@given(reasons)
def test_every_reason_has_a_sentence(reason):
    assert points.sentence(reason, TITLES)


def test_a_reason_stored_before_fits_were_is_read():
    stored = (
        '{"terms":[{"text":"maths","share":0.2,"part":[]}],"liked":[],"disliked":[],"rest":0.0,'
        '"trending":false}'
    )

    assert explain.from_json(stored) == Reason((Share("maths", 0.2),))


@pytest.mark.parametrize(
    ("reason", "parts"),
    [
        (Reason((Share("maths", 0.2),)), [("maths", 100)]),
        (
            Reason((Share("protein folding", 0.62), LECUN), (LikedShare(7, 0.08),)),
            [("“protein folding”", 62), ("Yann LeCun", 30), ("“Attention for Beginners”", 8)],
        ),
        (
            Reason((NEAR, Share("sparse nets", 0.2, ("nets",))), rest=0.02),
            [("near “protein folding”", 58), ("nets, of “sparse nets”", 38), ("other", 4)],
        ),
        (
            Reason((Share("maths", 1.1),), disliked=(LikedShare(7, -0.1),)),
            [("maths", 110), ("“Attention for Beginners”, which you disliked", -10)],
        ),
        (
            Reason(tuple(Share(word, 1.0) for word in ("a", "b", "c"))),
            [("a", 34), ("b", 33), ("c", 33)],
        ),
        (
            Reason((), (LikedShare(8, 0.3), LikedShare(9, 0.2), LikedShare(6, 0.5))),
            [
                ("a paper you liked", 50),
                ("“A Title That Goes On for Longer Than…”", 30),
                (f"“{'書籍' * 19}書…”", 20),
            ],
        ),
        (Reason((Share("maths", 1.0),), disliked=(LikedShare(7, -0.95),)), []),
        (Reason((Share("maths", -1.0),)), []),
        (Reason(trending=True), []),
    ],
)
def test_the_largest_shares_are_told_in_percent(reason, parts):
    assert in_percent(reason) == parts


def in_percent(reason):
    return naming.parts(naming.weigh(reason, TITLES), reason.rest)


@given(reasons)
def test_percents_add_up_to_a_hundred(reason):
    assert sum(percent for _, percent in in_percent(reason)) in {0, 100}


@given(reasons)
def test_shares_add_up_to_the_score(reason):
    told = naming.shares(reason, TITLES)

    assert sum(share for _, share in told) == pytest.approx(reason.total, abs=1e-9)


def test_the_beginning_of_a_title_ends_with_a_word():
    title = "Plug & Play Generative Networks: Conditional Iterative Generation of Images"
    assert voice.entitle(voice.TO_READER, "{text}", title) == "Plug & Play Generative Networks…"
