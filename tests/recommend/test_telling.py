import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.languages import ENGLISH
from app.recommend import telling, voice
from app.recommend.explain import LikedShare, Reason, Share
from app.recommend.interests import Kind
from app.recommend.telling import Told
from app.recommend.voice import TO_READER, to_reader

TITLES = {7: "Attention\nfor Beginners"}
texts = st.text(max_size=8)
some_told = st.builds(
    Told,
    st.integers(1, 30),
    st.integers(1, 2**62),
    st.booleans(),
    texts,
    st.booleans(),
    st.lists(st.builds(lambda *told: [*told], st.sampled_from(sorted(voice.MOULDS)), texts)),
    st.lists(st.builds(lambda *told: [*told], texts, st.integers(-200, 200))),
    texts,
    texts,
)


@given(st.lists(some_told, max_size=3))
def test_what_is_told_of_picks_is_read_as_it_was_stored(picks):
    stored = telling.to_json(picks)

    assert telling.from_json(stored) == [list(each) for each in picks]
    assert telling.paper_ids(stored) == [each.paper_id for each in picks]


@pytest.mark.parametrize("text", ["", "{", "[1]", "[1}\n[2}", '["\n\n"]', "\n"])
def test_what_was_cut_off_is_not_read(text):
    for read in (telling.from_json, telling.paper_ids):
        with pytest.raises(ValueError):  # noqa: PT011  (whose words nobody repeats)
            read(text)


def test_all_that_a_letter_says_of_a_pick_is_told():
    reason = Reason(
        (Share("sparse nets", 0.5), Share("Ada Example", 0.3, kind=Kind.AUTHOR)),
        (LikedShare(7, 0.4, ("graphs", "nets")),),
        fit=0.9,
        band="strong",
    )

    told = telling.of(3, 12, reason, TITLES, to_reader(ENGLISH), by_community=True)

    assert telling.from_json(telling.to_json([told])) == [
        [
            *[3, 12, True, "strong", False],
            [
                ["asked", "sparse nets"],
                ["author", "Ada Example"],
                ["liked, words", "Attention for Beginners", "graphs\nnets"],
            ],
            [["“sparse nets”", 42], ["“Attention\nfor Beginners”", 33], ["Ada Example", 25]],
            "sparse nets\ngraphs\nnets",
            "Ada Example",
        ]
    ]


@pytest.mark.parametrize("exploring", [False, True])
def test_of_what_nobody_weighed_the_letter_says_no_more_than_why(exploring):
    reason = Reason((Share("maths", 1.0),), exploring=exploring)

    told = telling.of(1, 2, reason, {}, TO_READER)

    assert told.points[-1] == ("asked", "maths")
    assert (told.exploring, bool(told.shares), bool(told.terms)) == (exploring,) * 3


def test_what_stored_letters_say_can_still_be_said():
    places = {code: [each.name for each in mould.places] for code, mould in voice.MOULDS.items()}

    assert places == {
        "unsure": [],
        "trending": [],
        "trending alone": [],
        "no word": [],
        "part": ["words", "text"],
        "near": ["text", "words"],
        "asked": ["names"],
        "author": ["names"],
        "category": ["names"],
        "liked": ["title"],
        "liked, others": ["title"],
        "liked, words": ["title", "words"],
        "liked, words, others": ["title", "words"],
        "untitled": [],
        "untitled, others": [],
        "untitled, words": ["words"],
        "untitled, words, others": ["words"],
        "readers liking": [],
        "readers asking": [],
    }


def test_no_two_sentences_go_by_one_code():
    moulds = {
        each
        for name, found in vars(voice).items()
        if name != "MOULDS"
        for each in (found.values() if isinstance(found, dict) else [found])
        if isinstance(each, voice.Mould)
    }

    assert {each.code: each for each in moulds} == voice.MOULDS
    assert len(moulds) == len(voice.MOULDS)
